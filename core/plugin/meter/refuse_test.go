package meter

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestRefuse(t *testing.T) {
	i32 := func(n byte) []byte { return []byte{opI32Const, n} }
	three := slices.Concat(i32(0), i32(0), i32(0))
	code := func(code ...[]byte) []byte { return withCode(slices.Concat(code...)...) }
	for name, test := range map[string]struct {
		module []byte
		want   string
	}{
		// The counters.
		"global.get of the fuel":          {code(bytesOf(opGlobalGet, 1, opDrop)), "names global 1, but has only 1"},
		"global.set of the fuel":          {code(bytesOf(opI64Const, 1, opGlobalSet, 1)), "names global 1, but has only 1"},
		"global.set of the depth":         {code(bytesOf(opI64Const, 1, opGlobalSet, 2)), "names global 2, but has only 1"},
		"export of the fuel":              {wasm(vector(sectionExport, slices.Concat(text("mine"), bytesOf(externGlobal, 0)))), "names global 0, but has only 0"},
		"the fuel in an initial value":    {wasm(vector(sectionGlobal, bytesOf(0x7e, 0, opGlobalGet, 0, opEnd))), "names global 0"},
		"export under a name of the host": {wasm(one, vector(sectionExport, slices.Concat(text("postern:fuel"), bytesOf(externFunction, 0))), vector(sectionCode, body())), `exports "postern:fuel", a name that is the host's`},
		"another name of the host":        {wasm(one, vector(sectionExport, slices.Concat(text("postern:global:0"), bytesOf(externFunction, 0))), vector(sectionCode, body())), "a name that is the host's"},
		"call of the added function":      {code(bytesOf(opCall, 1)), "names function 1, but has only 1"},
		"element with the added function": {wasm(vector(sectionTable, bytesOf(0x70, 0, 1)), vector(sectionElement, bytesOf(0, opI32Const, 0, opEnd, 1, 0))), "names function 0"},
		"start of the added function":     {wasm(section(sectionStart, 0)), "names function 0"},
		"export of the added function":    {wasm(vector(sectionExport, slices.Concat(text("f"), bytesOf(externFunction, 0)))), "names function 0"},
		"branch out of the function":      {code(bytesOf(opBr, 1)), "names label 1, but has only 1"},
		"br_table out of the function":    {code(i32(0), bytesOf(0x0e, 1, 0, 1)), "names label 1, but has only 1"},
		"an added type for a block":       {code(bytesOf(opBlock, 1, opEnd)), "names type 1, but has only 1"},

		"no type, in two bytes": {code(bytesOf(opBlock, 0xc0, 0x7f, opEnd)), "names type 16320"},

		// State that the host cannot put back.
		"table.set":           {code(i32(0), bytesOf(0xd0, 0x70, 0x26, 0)), "(table.set)"},
		"table.grow":          {code(bytesOf(0xd0, 0x70), i32(1), bytesOf(0xfc, 0x0f, 0, opDrop)), "(table.grow)"},
		"table.fill":          {code(i32(0), bytesOf(0xd0, 0x70), i32(1), bytesOf(0xfc, 0x11, 0)), "(table.fill)"},
		"table.copy":          {code(three, bytesOf(0xfc, 0x0e, 0, 0)), "(table.copy)"},
		"table.init":          {code(three, bytesOf(0xfc, 0x0c, 0, 0)), "(table.init)"},
		"elem.drop":           {code(bytesOf(0xfc, 0x0d, 0)), "(elem.drop)"},
		"data.drop":           {code(bytesOf(0xfc, 0x09, 0)), "(data.drop)"},
		"mutable v128":        {wasm(vector(sectionGlobal, slices.Concat(bytesOf(0x7b, 1, 0xfd, 0x0c), make([]byte, 16), bytesOf(opEnd)))), "mutable global of type v128"},
		"mutable reference":   {wasm(vector(sectionGlobal, bytesOf(0x70, 1, 0xd0, 0x70, opEnd))), "mutable global of a reference type"},
		"import of a memory":  {wasm(vector(sectionImport, slices.Concat(text("env"), text("memory"), bytesOf(externMemory, 0, 1)))), "imports a memory (env.memory)"},
		"import of a table":   {wasm(vector(sectionImport, slices.Concat(text("env"), text("t"), bytesOf(externTable, 0x70, 0, 1)))), "imports a table (env.t)"},
		"import of a global":  {wasm(vector(sectionImport, slices.Concat(text("env"), text("g"), bytesOf(externGlobal, 0x7f, 0)))), "imports a global (env.g)"},
		"import of something": {wasm(vector(sectionImport, slices.Concat(text("env"), text("t"), bytesOf(externTag, 0, 0)))), "imports a tag (env.t)"},

		// Features.
		"return_call":               {code(bytesOf(opReturnCall, 0)), "tail calls (return_call)"},
		"return_call_indirect":      {code(i32(0), bytesOf(opReturnCallIndirect, 0, 0)), "tail calls (return_call_indirect)"},
		"call_ref":                  {code(bytesOf(opCallRef, 0)), "typed function references (call_ref)"},
		"throw":                     {code(bytesOf(0x08, 0)), "exceptions (throw)"},
		"try_table":                 {code(bytesOf(opTryTable, 0x40, 0, opEnd)), "exceptions (try_table)"},
		"try of an early proposal":  {code(bytesOf(0x06, 0x40, opEnd)), "exceptions of an early proposal (try)"},
		"a tag":                     {wasm(vector(sectionType, typeNone), vector(sectionTag, bytesOf(0, 0))), "exceptions (a tag)"},
		"atomic instruction":        {code(i32(0), bytesOf(prefixAtomic, 0x10, 2, 0, opDrop)), "threads (atomic instruction 0x10)"},
		"shared memory":             {wasm(vector(sectionMemory, bytesOf(3, 1, 2))), "threads (shared memory)"},
		"several memories":          {wasm(vector(sectionMemory, bytesOf(0, 1), bytesOf(0, 1))), "has 2 memories, more than 1"},
		"another memory":            {code(i32(0), bytesOf(0x28, 0x42, 1, 0, opDrop)), "several memories"},
		"64-bit memory":             {wasm(vector(sectionMemory, bytesOf(4, 1))), "64-bit memory (memory64)"},
		"64-bit table":              {wasm(vector(sectionTable, bytesOf(0x70, 4, 1))), "64-bit tables (memory64)"},
		"relaxed SIMD":              {code(bytesOf(prefixVector, 0x80, 0x02)), "relaxed SIMD or later vector instructions (0xfd 0x100)"},
		"GC instruction":            {code(bytesOf(prefixGC, 0x1c)), "GC types"},
		"recursive types":           {wasm(vector(sectionType, bytesOf(0x4e, 1, 0x60, 0, 0))), "typed function references (recursive types)"},
		"struct type":               {wasm(vector(sectionType, bytesOf(0x5f, 0))), "GC types"},
		"anyref":                    {wasm(vector(sectionType, bytesOf(0x60, 1, 0x6e, 0))), "GC types (0x6e)"},
		"reference to a type":       {wasm(vector(sectionType, typeNone, bytesOf(0x60, 1, 0x64, 0, 0))), "typed function references"},
		"exnref":                    {wasm(vector(sectionType, bytesOf(0x60, 1, 0x69, 0))), "exceptions (exnref)"},
		"table with initial value":  {wasm(vector(sectionTable, bytesOf(0x40, 0, 0x70, 0, 1, 0xd0, 0x70, opEnd))), "table with an initial value"},
		"128-bit arithmetic":        {code(bytesOf(0xfc, 0x13)), "128-bit arithmetic"},
		"unknown instruction":       {code(bytesOf(0x27)), "unknown instruction (0x27)"},
		"unknown with a prefix":     {code(bytesOf(0xfc, 0x40)), "unknown instruction (0xfc40)"},
		"unassigned vector":         {code(bytesOf(prefixVector, 0x9a, 0x01)), "unknown instruction (0xfd9a)"},
		"unknown atomic":            {code(bytesOf(prefixAtomic, 0x7f)), "unknown instruction (0xfe7f)"},
		"unknown, number too large": {code(bytesOf(0xfc, 0x80, 0x02)), "unknown instruction (0xfc 0x100)"},

		// Sizes.
		"locals":         {wasm(one, vector(sectionCode, bodyWith([]byte{1, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x7f}))), "more than 4096 locals"},
		"locals in sum":  {wasm(one, vector(sectionCode, bodyWith([]byte{2, 0x80, 0x10, 0x7f, 0x81, 0x10, 0x7e}))), "more than 4096 locals"},
		"functions":      {wasm(vector(sectionType, typeNone), section(sectionFunction, append(appendU32(nil, 100_000), make([]byte, 100_000)...)...)), "has 100000 functions, more than 50000"},
		"memory":         {wasm(vector(sectionMemory, append([]byte{0}, appendU32(nil, 65536)...))), "begins with a memory of 65536 pages"},
		"table":          {wasm(vector(sectionTable, append([]byte{0x70, 0}, appendU32(nil, 1<<20)...))), "tables of 1048576 elements"},
		"tables in sum":  {wasm(vector(sectionTable, append([]byte{0x70, 0}, appendU32(nil, 99_999)...), bytesOf(0x70, 0, 2))), "tables of 100001 elements"},
		"name":           {wasm(vector(sectionImport, slices.Concat(text(strings.Repeat("x", 2000)), text(""), bytesOf(externFunction, 0)))), "a name of more than 1024 bytes"},
		"exported name":  {wasm(vector(sectionExport, slices.Concat(text(strings.Repeat("x", 2000)), bytesOf(externFunction, 0)))), "a name of 2000 bytes"},
		"nesting":        {code(bytes.Repeat([]byte{opBlock, 0x40}, 10_001), bytes.Repeat([]byte{opEnd}, 10_001)), "more than 10000 blocks in each other"},
		"body":           {code(bytes.Repeat([]byte{0x01}, maxBody+1)), "more than 1048576"},
		"parameters":     {wasm(vector(sectionType, slices.Concat(bytesOf(0x60), appendU32(nil, 257), bytes.Repeat([]byte{0x7f}, 257), bytesOf(0)))), "has 257 parameters of a function"},
		"types":          {wasm(vector(sectionType, slices.Repeat([][]byte{typeNone}, 10_001)...)), "has 10001 types, more than 10000"},
		"globals":        {wasm(section(sectionGlobal, append(appendU32(nil, 20_000), make([]byte, 100_000)...)...)), "has 20000 globals"},
		"whole":          {append(wasm(), make([]byte, maxModule)...), "bytes, more than 33554432"},
		"loops":          {wasm(one, vector(sectionCode, bodyWith([]byte{1, 0x80, 0x08, 0x7f}, slices.Concat(bytes.Repeat([]byte{opLoop, 0x40}, 20), bytes.Repeat([]byte{opEnd}, 20))...))), "too many locals in too many loops"},
		"data segments":  {wasm(section(sectionData, append(appendU32(nil, 250_001), make([]byte, 300_000)...)...)), "has 250001 data segments"},
		"elements":       {wasm(section(sectionElement, append(appendU32(nil, 10_001), make([]byte, 20_000)...)...)), "has 10001 element segments"},
		"globals, calls": {manyGlobals(5_000, 1_000), "a function that is too large"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Rewrite(test.module, Options{})
			refused, ok := errors.AsType[*RefusedError](err)
			if !ok || !strings.Contains(refused.What, test.want) {
				t.Errorf("got %v, want a refusal that says %q", err, test.want)
			}
			if ok && !strings.HasPrefix(err.Error(), "the module ") {
				t.Errorf("%q is no sentence", err)
			}
		})
	}
}

// TestGrowth holds that meters cannot make a module grow without limit.
func TestGrowth(t *testing.T) {
	loops := body(bytes.Repeat([]byte{opLoop, 0x40, opEnd}, 100_000)...)
	const functions = 80
	module := wasm(vector(sectionType, typeNone),
		vector(sectionFunction, slices.Repeat([][]byte{{0}}, functions)...),
		vector(sectionCode, slices.Repeat([][]byte{loops}, functions)...))
	if _, err := Rewrite(module, Options{}); err == nil || !strings.Contains(err.Error(), "with its meters") {
		t.Errorf("got %v for a module of %d bytes", err, len(module))
	}
}

// manyGlobals is a module with a function that makes many calls while there are
// many globals.
func manyGlobals(globals, calls int) []byte {
	return wasm(one,
		vector(sectionGlobal, slices.Repeat([][]byte{{0x7f, 1, opI32Const, 0, opEnd}}, globals)...),
		vector(sectionCode, body(bytes.Repeat([]byte{opCall, 0}, calls)...)))
}

func TestMalformed(t *testing.T) {
	whole := read(t, "control")
	modules := map[string][]byte{
		"nothing":                      nil,
		"another magic number":         []byte("\x00asn\x01\x00\x00\x00"),
		"a component":                  []byte("\x00asm\x0d\x00\x01\x00"),
		"section out of order":         wasm(vector(sectionFunction), vector(sectionType)),
		"section twice":                wasm(vector(sectionType), vector(sectionType)),
		"unknown section":              wasm(section(14)),
		"section longer than module":   wasm([]byte{sectionType, 5, 0}),
		"section with more":            wasm(section(sectionType, 0, 0)),
		"empty section":                wasm(section(sectionType)),
		"count beyond the section":     wasm(section(sectionType, 9)),
		"count of five bytes":          wasm(section(sectionType, 0x80, 0x80, 0x80, 0x80, 0x10)),
		"count without an end":         wasm(section(sectionType, 0x80, 0x80, 0x80, 0x80, 0x80, 0)),
		"functions without code":       wasm(one),
		"code without functions":       wasm(vector(sectionCode, body())),
		"function without an end":      wasm(one, vector(sectionCode, bytesOf(2, 0, 0x01))),
		"code after the end":           withCode(opEnd, 0x01),
		"open block":                   wasm(one, vector(sectionCode, bytesOf(4, 0, opBlock, 0x40, opEnd))),
		"br_table without labels":      withCode(0x0e, 0xff, 0xff, 0x03),
		"vector instruction, overlong": withCode(prefixVector, 0x80, 0x00, opDrop),
		"vector instruction, longer":   withCode(prefixVector, 0x80, 0x81, 0x00),
		"another memory in grow":       withCode(opI32Const, 1, opMemoryGrow, 1, opDrop),
		"select of two types":          withCode(0x1c, 2, 0x7f, 0x7f),
		"mutability":                   wasm(vector(sectionGlobal, bytesOf(0x7f, 2, opI32Const, 0, opEnd))),
		"kind of export":               wasm(vector(sectionExport, bytesOf(0, 9, 0))),
		"flags of a limit":             wasm(vector(sectionMemory, bytesOf(8, 1))),
		"a table of numbers":           wasm(vector(sectionTable, bytesOf(0x7f, 0, 1))),
		"constant":                     wasm(vector(sectionGlobal, bytesOf(0x7f, 0, opLocalGet, 0, opEnd))),
	}
	for name, module := range modules {
		if _, err := Rewrite(module, Options{}); err == nil {
			t.Errorf("%s: accepted", name)
		} else if err != errModule {
			t.Errorf("%s: %v, want %v", name, err, errModule)
		}
	}
	for length := range whole {
		if _, err := Rewrite(whole[:length], Options{}); err == nil && !endsSection(whole[:length]) {
			t.Errorf("the first %d bytes of a module are accepted", length)
		}
	}
}

// endsSection reports whether the module ends where a section does.
func endsSection(module []byte) bool {
	r := &reader{data: module, pos: 8}
	for r.more() {
		r.byte()
		length := int(r.u32())
		if length > len(r.data)-r.pos {
			return false
		}
		r.take(length)
	}
	return true
}

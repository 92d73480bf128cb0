package meter

import "strings"

// Sections of a module (core specification section 5.5.2).
const (
	sectionCustom = iota
	sectionType
	sectionImport
	sectionFunction
	sectionTable
	sectionMemory
	sectionGlobal
	sectionExport
	sectionStart
	sectionElement
	sectionCode
	sectionData
	sectionDataCount
	sectionTag
	sections
)

// sectionOrder is the order in which sections stand. Custom ones may stand
// anywhere.
var sectionOrder = [...]byte{
	sectionType, sectionImport, sectionFunction, sectionTable, sectionMemory, sectionTag, sectionGlobal,
	sectionExport, sectionStart, sectionElement, sectionDataCount, sectionCode, sectionData,
}

// module is what is known of a module while it is rewritten.
type module struct {
	Options
	body  [sections][]byte // of each section; nil where there is none
	names []byte           // of the functions, as the custom section "name" has them

	types     []functionType
	functions []uint32 // the type of each, imported ones first
	imported  int      // how many functions are
	tables    int
	elements  int64 // of all tables
	memories  int
	tags      int
	globals   int
	mutable   []uint32 // indices of the guest's own
	segments  int      // element segments
	data      int      // data segments, as the data count section says

	added addition
}

type functionType struct {
	params  int
	results int
	result  []byte // the types of the results
}

// arity is the number of values that go in and out.
func (t functionType) arity() int { return t.params + t.results }

// split finds the sections of a module.
func (m *module) split(code []byte) {
	if len(code) > maxModule {
		refuse("has %d bytes, more than %d", len(code), maxModule)
	}
	r := &reader{data: code}
	if string(r.take(8)) != "\x00asm\x01\x00\x00\x00" {
		malformed()
	}
	order := sectionOrder[:]
	for r.more() {
		id := r.byte()
		body := r.sub()
		if id == sectionCustom {
			if body.name() == "name" {
				m.names = body.data[body.pos:]
			}
			continue
		}
		for {
			if len(order) == 0 {
				malformed()
			}
			next := order[0]
			order = order[1:]
			if next == id {
				break
			}
		}
		m.body[id] = body.data
	}
}

// parse reads all sections but the code.
func (m *module) parse() {
	for _, section := range [...]struct {
		id   byte
		read func(*reader)
	}{
		{sectionType, m.readTypes},
		{sectionImport, m.readImports},
		{sectionFunction, m.readFunctions},
		{sectionTable, m.readTables},
		{sectionMemory, m.readMemories},
		{sectionTag, m.readTags},
		{sectionGlobal, m.readGlobals},
		{sectionExport, m.readExports},
		{sectionStart, m.readStart},
		{sectionElement, m.readElements},
		{sectionDataCount, m.readDataCount},
		{sectionData, m.readData},
	} {
		if body := m.body[section.id]; body != nil {
			r := &reader{data: body}
			section.read(r)
			r.end()
		}
	}
}

func (m *module) readTypes(r *reader) {
	for range r.count(maxTypes, "types") {
		first, group := r.byte(), 1
		switch first {
		case 0x4e:
			m.Features.need(TypedReferences, "recursive types")
			group = r.count(maxTypes-len(m.types), "types")
		case 0x50, 0x4f, 0x5e, 0x5f:
			refuse("uses GC types")
		}
		for range group {
			if first == 0x4e {
				if kind := r.byte(); kind != 0x60 {
					refuse("uses GC types")
				}
			} else if first != 0x60 {
				malformed()
			}
			m.readType(r)
		}
	}
	if len(m.types) > maxTypes {
		refuse("has more than %d types", maxTypes)
	}
}

func (m *module) readType(r *reader) {
	var t functionType
	// A type may refer to those of its own group, which are not read yet.
	t.params = r.count(maxParams, "parameters of a function")
	for range t.params {
		r.valueType(m, maxTypes)
	}
	t.results = r.count(maxParams, "results of a function")
	from := r.pos
	for range t.results {
		r.valueType(m, maxTypes)
	}
	t.result = r.data[from:r.pos:r.pos]
	m.types = append(m.types, t)
}

// valueType steps over a value type and gives its first byte.
func (r *reader) valueType(m *module, types int) byte {
	first := r.byte()
	switch first {
	case 0x7f, 0x7e, 0x7d, 0x7c, 0x7b, 0x70, 0x6f: // i32 i64 f32 f64 v128 funcref externref
	case 0x69:
		m.Features.need(Exceptions, "exnref")
	case 0x63, 0x64:
		m.Features.need(TypedReferences, "a reference type")
		r.heapType(m, types)
	case 0x6a, 0x6b, 0x6c, 0x6d, 0x6e, 0x71, 0x72, 0x73, 0x74:
		refuse("uses GC types (%#x)", first)
	default:
		malformed()
	}
	return first
}

// heapType steps over an abstract heap type or the index of a type.
func (r *reader) heapType(m *module, types int) {
	if r.more() && r.data[r.pos]&0xc0 == 0x40 {
		switch first := r.byte(); first {
		case 0x70, 0x6f: // func, extern
		case 0x69:
			m.Features.need(Exceptions, "exnref")
		default:
			refuse("uses GC types (%#x)", first)
		}
		return
	}
	m.Features.need(TypedReferences, "a reference type")
	r.index(types, "type")
}

const (
	externFunction = iota
	externTable
	externMemory
	externGlobal
	externTag
)

var externNames = [...]string{"function", "table", "memory", "global", "tag"}

// readImports accepts functions only: memory, tables and globals of a guest are
// its own, or the host could not put them back.
func (m *module) readImports(r *reader) {
	for range r.count(maxImports, "imports") {
		from, name := r.name(), r.name()
		if len(from) > maxName || len(name) > maxName {
			refuse("imports a name of more than %d bytes", maxName)
		}
		kind := r.byte()
		if kind > externTag {
			malformed()
		}
		if kind != externFunction && m.Features&keptState == 0 {
			refuse("imports a %s (%s.%s); only functions can be imported", externNames[kind], from, name)
		}
		switch kind {
		case externFunction:
			m.functions = append(m.functions, r.index(len(m.types), "type"))
		case externTable:
			m.readTable(r)
		case externMemory:
			m.readMemory(r)
		case externGlobal:
			r.valueType(m, len(m.types))
			r.byte()
			m.globals++
		case externTag:
			m.readTag(r)
		}
	}
	m.imported = len(m.functions)
}

func (m *module) readFunctions(r *reader) {
	for range r.count(maxFuncs, "functions") {
		m.functions = append(m.functions, r.index(len(m.types), "type"))
	}
}

func (m *module) readTables(r *reader) {
	for range r.count(maxTables, "tables") {
		m.readTable(r)
	}
}

func (m *module) readTable(r *reader) {
	initial := false
	if r.more() && r.data[r.pos] == 0x40 {
		m.Features.need(TypedReferences, "a table with an initial value")
		r.byte()
		r.zero()
		initial = true
	}
	if kind := r.valueType(m, len(m.types)); kind >= 0x7b {
		malformed()
	}
	m.elements += int64(m.readLimits(r, "tables"))
	if m.elements > maxElements {
		refuse("has tables of %d elements, more than %d", m.elements, maxElements)
	}
	if initial {
		r.constant(m)
	}
	m.tables++
}

// readLimits gives the minimum.
func (m *module) readLimits(r *reader, what string) uint32 {
	flags := r.byte()
	switch {
	case flags&0xf8 != 0:
		malformed()
	case flags&4 != 0:
		refuse("uses 64-bit %s (memory64)", what)
	case flags&2 != 0:
		m.Features.need(Threads, "shared "+what)
	}
	least := r.u32()
	if flags&1 != 0 {
		r.u32()
	}
	return least
}

func (m *module) readMemories(r *reader) {
	for range r.count(1, "memories") {
		m.readMemory(r)
	}
}

func (m *module) readMemory(r *reader) {
	if pages := m.readLimits(r, "memory"); pages > maxPages {
		refuse("begins with a memory of %d pages, more than %d", pages, maxPages)
	}
	if m.memories++; m.memories > 1 {
		refuse("has several memories")
	}
}

func (m *module) readTags(r *reader) {
	for range r.count(maxTags, "tags") {
		m.readTag(r)
	}
}

func (m *module) readTag(r *reader) {
	m.Features.need(Exceptions, "a tag")
	r.zero()
	r.index(len(m.types), "type")
	m.tags++
}

// readGlobals finds the mutable globals. Those that cannot be read and written
// through wazero's interface could not be put back after a call.
func (m *module) readGlobals(r *reader) {
	for range r.count(maxGlobals, "globals") {
		kind, mutability := r.valueType(m, len(m.types)), r.byte()
		switch {
		case mutability > 1:
			malformed()
		case mutability == 0:
		case kind >= 0x7c: // i32 i64 f32 f64
			m.mutable = append(m.mutable, uint32(m.globals))
		case kind == 0x7b && m.Features&keptState == 0:
			refuse("has a mutable global of type v128, which cannot be put back after a call")
		case m.Features&keptState == 0:
			refuse("has a mutable global of a reference type, which cannot be put back after a call")
		}
		r.constant(m)
		m.globals++
	}
}

// constant steps over a constant expression (core specification section 3.3.10,
// with the extended constant expressions).
func (r *reader) constant(m *module) {
	for {
		switch r.byte() {
		case opEnd:
			return
		case opGlobalGet:
			r.index(m.globals, "global")
		case opI32Const:
			r.skipSigned(5)
		case opI64Const:
			r.skipSigned(10)
		case 0x43: // f32.const
			r.take(4)
		case 0x44: // f64.const
			r.take(8)
		case 0xd0: // ref.null
			r.heapType(m, len(m.types))
		case 0xd2: // ref.func
			r.index(len(m.functions), "function")
		case prefixVector:
			if r.byte() != 0x0c { // v128.const
				malformed()
			}
			r.take(16)
		case 0x6a, 0x6b, 0x6c, 0x7c, 0x7d, 0x7e: // add sub mul
		case prefixGC:
			refuse("uses GC types")
		default:
			malformed()
		}
	}
}

// readExports refuses the names that are the host's.
func (m *module) readExports(r *reader) {
	for range r.count(maxExports, "exports") {
		name, kind := r.name(), r.byte()
		switch {
		case len(name) > maxName:
			refuse("exports a name of %d bytes, more than %d", len(name), maxName)
		case strings.HasPrefix(name, reserved):
			refuse("exports %q, a name that is the host's", name)
		}
		switch kind {
		case externFunction:
			r.index(len(m.functions), "function")
		case externTable:
			r.index(m.tables, "table")
		case externMemory:
			r.index(m.memories, "memory")
		case externGlobal:
			r.index(m.globals, "global")
		case externTag:
			r.index(m.tags, "tag")
		default:
			malformed()
		}
	}
}

func (m *module) readStart(r *reader) { r.index(len(m.functions), "function") }

func (m *module) readDataCount(r *reader) { m.data = int(min(r.u32(), maxData)) }

// readElements reads element segments, whose flags say which parts follow (core
// specification section 5.5.12).
func (m *module) readElements(r *reader) {
	for range r.count(maxSegments, "element segments") {
		flags := r.u32()
		if flags > 7 {
			malformed()
		}
		passive, indexed, expressions := flags&1 != 0, flags&2 != 0, flags&4 != 0
		if !passive {
			if indexed {
				r.index(m.tables, "table")
			}
			r.constant(m)
		}
		if passive || indexed {
			if !expressions {
				r.zero()
			} else if kind := r.valueType(m, len(m.types)); kind >= 0x7b {
				malformed()
			}
		}
		for range r.count(maxElements, "elements in a segment") {
			if expressions {
				r.constant(m)
			} else {
				r.index(len(m.functions), "function")
			}
		}
		m.segments++
	}
}

func (m *module) readData(r *reader) {
	for range r.count(maxData, "data segments") {
		switch r.u32() {
		case 0:
			r.constant(m)
		case 1:
		case 2:
			r.index(m.memories, "memory")
			r.constant(m)
		default:
			malformed()
		}
		r.take(int(r.u32()))
	}
}

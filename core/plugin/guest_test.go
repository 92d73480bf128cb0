package plugin_test

import (
	"encoding/binary"
	"slices"
	"strings"

	"github.com/postern-id/postern/sdk/hook"
)

// Instructions of WebAssembly that the guests below use.
const (
	opUnreachable = 0x00
	opLoop        = 0x03
	opIf          = 0x04
	opEnd         = 0x0b
	opBr          = 0x0c
	opBrIf        = 0x0d
	opReturn      = 0x0f
	opCall        = 0x10
	opDrop        = 0x1a
	opLocalGet    = 0x20
	opGlobalGet   = 0x23
	opGlobalSet   = 0x24
	opLoad8       = 0x2d
	opStore8      = 0x3a
	opMemorySize  = 0x3f
	opMemoryGrow  = 0x40
	opConst       = 0x41
	opEqz         = 0x45
	opGtU         = 0x4b
	opAdd         = 0x6a
	opSub         = 0x6b
	opAnd         = 0x71
	noResult      = 0x40
)

// Functions that the guests import, by number.
const (
	fnInputLen = iota
	fnInputRead
	fnOutputWrite
	fnFail
	fnLog
	fnExit
	fnRandom
	fnClock
	fnPoll
	fnWrite
	fnABI // the first of the guest's own
	fnDescribe
	fnCall
	fnEvil
)

// guest is a module in parts. Plugin 0 answers its sample and then runs evil; each
// plugin answers its output.
type guest struct {
	manifests string
	outputs   []string
	evil      []byte // code of the call of plugin 0 for everything but the sample
	shared    bool   // evil runs for every plugin, and all answer the first output

	version   int32 // of the interface; zero means 1
	imports   [][2]string
	asks      []string // functions of capabilities; the first is number fnABI if there are no imports
	noExport  string
	exportAs  string // another name of the memory
	exportToo string // another name of postern_describe
	importMem bool
	pages     int
}

const (
	outputsAt  = 1024 // in the guest's memory
	manifestAt = 8192
)

// build assembles the module.
func (g guest) build() []byte {
	i32 := []byte{0x7f}
	types := [][]byte{
		funcType(nil, i32), funcType(i32, nil), funcType([]byte{0x7f, 0x7f}, nil), funcType([]byte{0x7f, 0x7f}, i32),
		funcType(nil, nil), funcType([]byte{0x7f, 0x7e, 0x7f}, i32), funcType([]byte{0x7f, 0x7f, 0x7f, 0x7f}, i32),
	}
	var imports [][]byte
	add := func(module, name string, typ byte) {
		imports = append(imports, slices.Concat(str(module), str(name), []byte{0, typ}))
	}
	const wasi = "wasi_snapshot_preview1"
	add("postern", "input_len", 0)
	add("postern", "input_read", 1)
	add("postern", "output_write", 2)
	add("postern", "fail", 2)
	add("postern", "log", 2)
	add(wasi, "proc_exit", 1)
	add(wasi, "random_get", 3)
	add(wasi, "clock_time_get", 5)
	add(wasi, "poll_oneoff", 6)
	add(wasi, "fd_write", 6)
	for _, extra := range g.imports {
		add(extra[0], extra[1], 4)
	}
	for _, name := range g.asks {
		add("postern", name, 3)
	}
	if g.importMem {
		imports = append(imports, slices.Concat(str("postern"), str("memory"), []byte{2, 0, 1}))
	}
	shift := byte(len(g.imports) + len(g.asks))
	pages := max(g.pages, 2)
	var exports [][]byte
	export := func(name string, kind, index byte) {
		if name != g.noExport {
			exports = append(exports, append(str(name), kind, index))
		}
	}
	memoryName := "memory"
	if g.exportAs != "" {
		memoryName = g.exportAs
	}
	export(memoryName, 2, 0)
	export("postern_abi", 0, fnABI+shift)
	export("postern_describe", 0, fnDescribe+shift)
	export("postern_call", 0, fnCall+shift)
	if g.exportToo != "" {
		export(g.exportToo, 0, fnDescribe+shift)
	}

	module := []byte("\x00asm\x01\x00\x00\x00")
	module = append(module, section(1, types)...)
	module = append(module, section(2, imports)...)
	module = append(module, section(3, [][]byte{{0}, {4}, {3}, {4}})...)
	if !g.importMem {
		module = append(module, section(5, [][]byte{append([]byte{0}, leb(pages)...)})...)
	}
	module = append(module, section(6, [][]byte{
		{0x7f, 0, opConst, 42, opEnd}, // not mutable
		{0x7f, 1, opConst, 0, opEnd},
		{0x7e, 1, 0x42, 0x80, 0x80, 0x80, 0x80, 0x80, 0x01, opEnd},
	})...)
	module = append(module, section(7, exports)...)
	module = append(module, section(10, g.code())...)
	return append(module, section(11, g.data())...)
}

func (g guest) code() [][]byte {
	version := g.version
	if version == 0 {
		version = 1
	}
	first := []byte{opLocalGet, 0, opEqz}
	if g.shared {
		first = konst(1)
	}
	call := slices.Concat(
		// if it is the first plugin and the input is more than the sample's {}, be evil
		first, []byte{opCall, fnInputLen}, konst(10), []byte{opGtU, opAnd, opIf, noResult},
		g.evil, []byte{opEnd},
	)
	if g.shared {
		call = slices.Concat(call, konst(outputsAt), konst(len(g.outputs[0])), []byte{opCall, fnOutputWrite}, konst(0), []byte{opReturn})
	}
	at := outputsAt
	for n, output := range g.outputs {
		call = slices.Concat(call, []byte{opLocalGet, 0}, konst(n), []byte{opSub, opEqz, opIf, noResult},
			konst(at), konst(len(output)), []byte{opCall, fnOutputWrite, opEnd})
		at += len(output)
	}
	return [][]byte{
		function(konst(int(version))),
		function(konst(manifestAt), konst(len(g.manifests)), []byte{opCall, fnOutputWrite}),
		function(call, konst(0)),
		function([]byte{opCall, fnEvil + byte(len(g.imports)+len(g.asks))}), // calls itself
	}
}

func (g guest) data() [][]byte {
	segment := func(at int, text string) []byte {
		return slices.Concat([]byte{0}, konst(at), []byte{opEnd}, str(text))
	}
	return [][]byte{segment(outputsAt, strings.Join(g.outputs, "")), segment(manifestAt, g.manifests)}
}

func konst(n int) []byte { return append([]byte{opConst}, sleb(n)...) }

func function(code ...[]byte) []byte {
	body := append([]byte{0}, append(slices.Concat(code...), opEnd)...)
	return append(leb(len(body)), body...)
}

func funcType(params, results []byte) []byte {
	return slices.Concat([]byte{0x60}, leb(len(params)), params, leb(len(results)), results)
}

func section(id byte, elements [][]byte) []byte {
	body := append(leb(len(elements)), slices.Concat(elements...)...)
	return slices.Concat([]byte{id}, leb(len(body)), body)
}

func str(s string) []byte { return append(leb(len(s)), s...) }
func leb(n int) []byte    { return binary.AppendUvarint(nil, uint64(n)) }

func sleb(n int) (b []byte) {
	for {
		c := byte(n & 0x7f)
		n >>= 7
		if n == 0 && c&0x40 == 0 || n == -1 && c&0x40 != 0 {
			return append(b, c)
		}
		b = append(b, c|0x80)
	}
}

// manifestsOf describes plugins of those ids that implement one hook.
func manifestsOf(hookName string, ids ...string) string {
	var list []hook.Manifest
	for _, id := range ids {
		list = append(list, hook.Manifest{
			ID: id, Version: "1", Description: "For a test.", HostAPI: 1, Hooks: []string{hookName},
			Settings: hook.FromObject(hook.Object{{Name: "type", Value: hook.String("object")}}),
			Samples:  []hook.Sample{{Hook: hookName, Input: hook.FromObject(hook.Object{})}},
		})
	}
	return string(hook.AppendManifests(nil, list))
}

// answer is code that gives a text and ends the call. The text is written to
// memory byte by byte, so that it is not among the outputs of the self-test.
func answer(text string) []byte {
	const at = 50_000
	var code []byte
	for n := range len(text) {
		code = slices.Concat(code, konst(at+n), konst(int(text[n])), []byte{opStore8, 0, 0})
	}
	return slices.Concat(code, konst(at), konst(len(text)), []byte{opCall, fnOutputWrite}, konst(0), []byte{opReturn})
}

// ask is code that calls the first of guest.asks with a request, and gives up the
// length of its answer.
func ask(request string) []byte {
	const at = 60_000
	var code []byte
	for n := range len(request) {
		code = slices.Concat(code, konst(at+n), konst(int(request[n])), []byte{opStore8, 0, 0})
	}
	return slices.Concat(code, konst(at), konst(len(request)), []byte{opCall, fnABI, opDrop})
}

// ifPlugin is code that runs for one plugin only.
func ifPlugin(number int, code []byte) []byte {
	return slices.Concat([]byte{opLocalGet, 0}, konst(number), []byte{opSub, opEqz, opIf, noResult}, code, []byte{opEnd})
}

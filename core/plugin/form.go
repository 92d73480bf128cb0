package plugin

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/postern-id/postern/core/plugin/meter"
	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// ModuleError says why a module is refused, and what its author does about it.
type ModuleError struct {
	What   string
	Advice string // empty where What says enough
}

func (e *ModuleError) Error() string { return e.What }

// Hint is the advice.
func (e *ModuleError) Hint() string { return e.Advice }

func unfit(advice, format string, args ...any) error {
	return &ModuleError{fmt.Sprintf(format, args...), advice}
}

// How each language makes a module of the right form. All of them are named,
// because what was compiled rarely says from what.
const (
	adviseReactor = "build it without a main that runs: Go with -buildmode=c-shared, Rust as a cdylib, C with -Wl,--no-entry"
	adviseTarget  = "use what needs no operating system: Rust for wasm32-unknown-unknown, C with -nostdlib; a plugin asks the host through its SDK"
	adviseFeature = "build it without that: clang has -mno-FEATURE, Rust -C target-feature=-FEATURE, AssemblyScript --disable FEATURE"
	adviseSDK     = "export what sdk/abi.md names, as the SDKs do"
)

// checkHeader names what people give in place of a module.
func checkHeader(code []byte) error {
	const (
		magic     = "\x00asm"
		module    = magic + "\x01\x00\x00\x00"
		component = magic + "\x0d\x00\x01\x00" // version 0x0d, layer 1
	)
	switch {
	case bytes.HasPrefix(code, []byte(module)):
		return nil
	case len(code) == 0:
		return unfit("look whether the build wrote it", "not a WebAssembly module: the file is empty")
	case bytes.HasPrefix(code, []byte(component)):
		return unfit("build a core module: Rust for wasm32-unknown-unknown in place of wasm32-wasip2, and nothing that makes components of modules",
			"not a WebAssembly module, but a component of the component model")
	case bytes.HasPrefix(bytes.TrimSpace(code), []byte("(module")):
		return unfit("translate it with wat2wasm", "not a WebAssembly module, but its text form")
	case bytes.HasPrefix(code, []byte(magic)):
		return unfit("build a module of version 1", "not a WebAssembly module of version 1")
	}
	return unfit("give the .wasm file that the build wrote", `not a WebAssembly module: it does not begin with "\0asm"`)
}

// adviseOn adds advice to what the meter refuses.
func adviseOn(err error) error {
	refused, ok := errors.AsType[*meter.RefusedError](err)
	switch {
	case !ok:
		return unfit("build it again: it may be cut off or damaged", "%s: its sections are malformed", err)
	case strings.HasPrefix(refused.What, "uses "):
		return unfit(adviseFeature, "%s", err)
	case strings.HasPrefix(refused.What, "imports a memory"):
		return unfit("let it have a memory of its own: no --import-memory in C and Rust, no --importMemory in AssemblyScript", "%s", err)
	}
	return err
}

// checkForm reports whether a module is a reactor of sdk/abi.md.
func checkForm(compiled wazero.CompiledModule, random io.Reader) error {
	functions := compiled.ExportedFunctions()
	_, program := functions["_start"]
	if _, reactor := functions[exportStart]; program && !reactor {
		return unfit(adviseReactor, "the module is a program: it exports _start and not %s", exportStart)
	}
	if err := checkImports(compiled, random); err != nil {
		return err
	}
	return checkExports(compiled)
}

// checkImports names what a module wants and the host does not have. What is not
// granted is not linked: the call does not exist.
func checkImports(compiled wazero.CompiledModule, random io.Reader) error {
	offered := map[string][]hostFunction{abiModule: abiFunctions(random), wasiModule: wasiFunctions(random)}
	for _, f := range compiled.ImportedFunctions() {
		from, name, _ := f.Import()
		n := slices.IndexFunc(offered[from], func(o hostFunction) bool { return o.name == name })
		if n < 0 {
			return unfit(adviseOnImport(from, name), "the module imports %s.%s, which does not exist", from, name)
		}
		if o := offered[from][n]; !slices.Equal(o.params, f.ParamTypes()) || !slices.Equal(o.results, f.ResultTypes()) {
			return unfit("declare it as sdk/abi.md says", "the module imports %s.%s as %s, the host has it in the form %s",
				from, name, form(f.ParamTypes(), f.ResultTypes()), form(o.params, o.results))
		}
	}
	return nil
}

// adviseOnImport knows who imports what the host does not have.
func adviseOnImport(from, name string) string {
	switch {
	case from == abiModule:
		return "the host's functions are " + offeredNames()
	case from == wasiModule:
		return "a plugin has no files, no sockets and no processes: " + adviseTarget
	case from == "env" && (name == "abort" || name == "seed" || name == "trace"):
		return "AssemblyScript imports it: give asc --use " + name + "= a function of the module, as the SDK does"
	case from == "env":
		return name + " is defined nowhere in the module: link what has it, or do without"
	case from == "gojs" || from == "go":
		return "it was built for a browser: build it with GOOS=wasip1 in place of GOOS=js"
	case strings.HasPrefix(from, "wasi:"):
		return "it was built for WASI 0.2: " + adviseTarget
	case strings.Contains(from, "wbindgen") || from == "wbg":
		return "wasm-bindgen makes modules for browsers: do without it"
	}
	return "a plugin imports from " + abiModule + ", and what Go's runtime needs from " + wasiModule
}

func offeredNames() string {
	var names []string
	for _, f := range abiFunctions(nil) {
		names = append(names, f.name)
	}
	slices.Sort(names)
	return strings.Join(names, ", ")
}

// form writes the type of a function: "(i32, i32) -> i32".
func form(params, results []api.ValueType) string {
	names := func(types []api.ValueType) string {
		var list []string
		for _, t := range types {
			list = append(list, api.ValueTypeName(t))
		}
		return strings.Join(list, ", ")
	}
	text := "(" + names(params) + ")"
	if len(results) > 0 {
		text += " -> " + names(results)
	}
	return text
}

func checkExports(compiled wazero.CompiledModule) error {
	if _, ok := compiled.ExportedMemories()[exportMemory]; !ok {
		return unfit("export it under that name: C and Rust do so unless told otherwise", "the module does not export its memory as %q", exportMemory)
	}
	functions := compiled.ExportedFunctions()
	for _, want := range []hostFunction{
		{name: exportABI, results: []api.ValueType{i32}},
		{name: exportDescribe},
		{name: exportCall, params: []api.ValueType{i32, i32}, results: []api.ValueType{i32}},
	} {
		f, ok := functions[want.name]
		if !ok {
			return unfit(adviseSDK, "the module does not export %s", want.name)
		}
		if !slices.Equal(f.ParamTypes(), want.params) || !slices.Equal(f.ResultTypes(), want.results) {
			return unfit(adviseSDK, "the module exports %s as %s, and it must be %s",
				want.name, form(f.ParamTypes(), f.ResultTypes()), form(want.params, want.results))
		}
	}
	if f, ok := functions[exportStart]; ok && len(f.ParamTypes())+len(f.ResultTypes()) > 0 {
		return unfit(adviseSDK, "the module exports %s as %s, and it must be ()", exportStart, form(f.ParamTypes(), f.ResultTypes()))
	}
	return nil
}

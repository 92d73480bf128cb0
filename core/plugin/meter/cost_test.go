package meter

import (
	"bytes"
	"context"
	"slices"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// counting is a module with an imported function that exports "f", which takes an
// i32. Its memory may grow to 100 pages.
func counting(locals []byte, code ...[]byte) []byte {
	return wasm(
		vector(sectionType, typeNone, bytesOf(0x60, 1, 0x7f, 0)),
		vector(sectionImport, slices.Concat(text("env"), text("host"), bytesOf(externFunction, 0))),
		vector(sectionFunction, bytesOf(1), bytesOf(0)),
		vector(sectionMemory, bytesOf(1, 2, 100)),
		vector(sectionExport, append(text("f"), externFunction, 1)),
		section(sectionDataCount, 1),
		vector(sectionCode, bodyWith(locals, slices.Concat(code...)...), body()),
		vector(sectionData, append([]byte{1}, append(appendU32(nil, 200), make([]byte, 200)...)...)))
}

// TestCosts holds what calls cost, in functions that can be counted by hand. The
// last end of a function is in no scope.
func TestCosts(t *testing.T) {
	param := []byte{opLocalGet, 0}
	zero := []byte{opI32Const, 0}
	const entry, plain = costPlain, costPlain
	bulk := func(code ...byte) []byte { return slices.Concat(zero, zero, param, code) }
	for name, test := range map[string]struct {
		module []byte
		cost   func(n int64) int64
	}{
		"nothing":  {counting([]byte{0}), func(int64) int64 { return entry }},
		"division": {counting([]byte{0}, param, []byte{opI32Const, 3, 0x6d, opDrop}), func(int64) int64 { return entry + 3*plain + costDivide }},
		"load":     {counting([]byte{0}, zero, []byte{0x28, 2, 0, opDrop}), func(int64) int64 { return entry + 2*plain + costMemory }},
		"call":     {counting([]byte{0}, []byte{opCall, 2}), func(int64) int64 { return entry + costCall + entry }},
		"host":     {counting([]byte{0}, []byte{opCall, 0}), func(int64) int64 { return entry + costImport }},
		"both branches are paid": {
			counting([]byte{0}, param, []byte{opIf, 0x40, 0x01, 0x01, opElse, 0x01, opEnd}),
			func(int64) int64 { return entry + 7*plain },
		},
		"loop": { // until the parameter is zero
			counting([]byte{0}, []byte{opLoop, 0x40}, param, []byte{opI32Const, 1, 0x6b, opLocalTee, 0, opBrIf, 0, opEnd}),
			// The loop's end is in the scope around it.
			func(n int64) int64 { return entry + plain + n*(entry+6*plain) },
		},
		"a loop that is passed by": {
			counting([]byte{0}, []byte{opBlock, 0x40, opBr, 0, opLoop, 0x40, 0x01, 0x01, opEnd, opEnd}),
			func(int64) int64 { return entry + 4*plain },
		},
		"code after a loop": {
			counting([]byte{0}, []byte{opLoop, 0x40, opEnd, 0x01, 0x01}),
			func(int64) int64 { return entry + 3*plain + entry + plain },
		},
		"memory.fill": {counting([]byte{0}, bulk(0xfc, 0x0b, 0)), func(n int64) int64 { return entry + 3*plain + costBulk + n/2 }},
		"memory.copy": {counting([]byte{0}, bulk(0xfc, 0x0a, 0, 0)), func(n int64) int64 { return entry + 3*plain + costBulk + n/2 }},
		"memory.init": {counting([]byte{0}, bulk(0xfc, 0x08, 0, 0)), func(n int64) int64 { return entry + 3*plain + costBulk + n/2 }},
		"memory.grow": {counting([]byte{0}, param, []byte{opMemoryGrow, 0, opDrop}), func(n int64) int64 { return entry + 2*plain + costRuntime + n<<15 }},
	} {
		t.Run(name, func(t *testing.T) {
			both(t, func(t *testing.T, yield bool) {
				g := startWithHost(t, test.module, Options{Yield: yield})
				for _, n := range []int64{1, 2, 20, 100} {
					const fuel = 10 * Slice
					g.fuel(fuel, DefaultDepth)
					if _, err := g.call("f", uint64(n)); err != nil {
						t.Fatal(err)
					}
					if got, want := fuel-g.left(), test.cost(n); got != want {
						t.Errorf("f(%d) uses %d, want %d", n, got, want)
					}
				}
			})
		})
	}
}

// startWithHost offers the function that counting imports.
func startWithHost(t *testing.T, code []byte, o Options) *guest {
	t.Helper()
	rewritten, err := Rewrite(code, o)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithCoreFeatures(features))
	t.Cleanup(func() { _ = r.Close(ctx) })
	host := r.NewHostModuleBuilder("env")
	host.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(func(context.Context, api.Module, []uint64) {}), nil, nil).Export("host")
	if _, err := host.Instantiate(ctx); err != nil {
		t.Fatal(err)
	}
	m, err := r.InstantiateWithConfig(ctx, rewritten.Code, wazero.NewModuleConfig())
	if err != nil {
		t.Fatal(err)
	}
	return &guest{m, rewritten.Mutable}
}

// TestLongest holds that no length makes the fuel go round to the positive.
func TestLongest(t *testing.T) {
	for name, code := range map[string][]byte{
		"memory.grow": {opLocalGet, 0, opMemoryGrow, 0, opDrop},
		"memory.fill": {opI32Const, 0, opI32Const, 0, opLocalGet, 0, 0xfc, 0x0b, 0},
	} {
		both(t, func(t *testing.T, yield bool) {
			g := startWithHost(t, counting([]byte{0}, code), Options{Yield: yield})
			g.fuel(1_000, DefaultDepth)
			if _, err := g.call("f", 1<<32-1); firstLine(err) != "wasm error: unreachable" || g.left() >= 0 {
				t.Errorf("%s: got %v, %d left", name, err, g.left())
			}
		})
	}
}

// TestInitialGlobals holds what a module begins with, and that the guest's mutable
// globals are found among others.
func TestInitialGlobals(t *testing.T) {
	module := wasm(one,
		vector(sectionGlobal,
			bytesOf(0x7f, 0, opI32Const, 1, opEnd),
			bytesOf(0x7e, 1, opI64Const, 2, opEnd),
			bytesOf(0x7f, 0, opI32Const, 3, opEnd),
			bytesOf(0x7f, 1, opI32Const, 4, opEnd)),
		vector(sectionExport, append(text("own"), externGlobal, 3)),
		vector(sectionCode, body(opI32Const, 9, opGlobalSet, 3)))
	both(t, func(t *testing.T, yield bool) {
		const fuel = 5 * Slice
		g := start(t, module, Options{Yield: yield, StartFuel: fuel, StartDepth: 123})
		if g.mutable != 2 || g.get(GlobalName(0)) != 2 || g.get(GlobalName(1)) != 4 || g.get("own") != 4 {
			t.Errorf("%d mutable globals, %d and %d", g.mutable, g.get(GlobalName(0)), g.get(GlobalName(1)))
		}
		if g.left() != fuel || g.get(DepthGlobal) != 123 || yield && g.get(FuelGlobal) != Slice {
			t.Errorf("begins with %d of fuel, %d in reserve, %d of the stack", g.get(FuelGlobal), g.get(BudgetGlobal), g.get(DepthGlobal))
		}
	})
}

// TestCustomSections holds that names are kept where they are well formed, and
// nothing else is.
func TestCustomSections(t *testing.T) {
	custom := func(name string, content ...byte) []byte {
		return section(sectionCustom, append(text(name), content...)...)
	}
	functions := bytesOf(1, 5, 1, 0, 2, 'm', 'e') // function 0 is "me"
	for name, test := range map[string]struct {
		section []byte
		kept    bool
	}{
		"names":             {custom("name", functions...), true},
		"names and others":  {custom("name", slices.Concat(bytesOf(0, 2, 1, 'x'), functions, bytesOf(2, 1, 0))...), true},
		"too many names":    {custom("name", 1, 9, 0xff, 0xff, 0xff, 0xff, 0x0f, 0, 2, 'm', 'e'), false},
		"no UTF-8":          {custom("name", 1, 5, 1, 0, 2, 'm', 0xff), false},
		"names cut short":   {custom("name", functions[:5]...), false},
		"debug information": {custom(".debug_info", functions...), false},
		"source map":        {custom("sourceMappingURL", functions...), false},
	} {
		rewritten, err := Rewrite(wasm(test.section, one, vector(sectionCode, body())), Options{})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		last := custom("name", functions...)
		if kept := bytes.HasSuffix(rewritten.Code, last); kept != test.kept || bytes.Contains(rewritten.Code, []byte("debug")) {
			t.Errorf("%s: kept %v, want %v", name, kept, test.kept)
		}
		if _, err := wazero.NewRuntime(t.Context()).CompileModule(t.Context(), rewritten.Code); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

package meter

import (
	"context"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// FuzzRewrite holds what checkRewrite does for any bytes.
func FuzzRewrite(f *testing.F) {
	for _, name := range []string{"attacks", "control"} {
		f.Add(read(f, name), false)
		f.Add(read(f, name), true)
	}
	f.Add(withCode(opI32Const, 0, opDrop), true)
	f.Add(wasm(vector(sectionGlobal, bytesOf(0x7f, 1, 0x41, 0, 0x0b), bytesOf(0x7e, 0, 0x42, 1, 0x0b)), vector(sectionExport, append(text("g"), externGlobal, 0))), false)
	f.Add(wasm(one, vector(sectionCode, body(opLoop, 0x40, opBr, 0, opEnd)), section(sectionCustom, append(text("name"), 1, 4, 1, 0, 1, 'f')...)), true)
	f.Add(wasm(vector(sectionMemory, bytesOf(1, 1, 2)), vector(sectionData, append(bytesOf(0, 0x41, 0, 0x0b), text("data")...))), true)
	f.Fuzz(func(t *testing.T, code []byte, yield bool) { checkRewrite(t, code, yield) })
}

// TestMutants holds what checkRewrite does for the specification's modules with a
// few bytes changed, of which many are still modules.
func TestMutants(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(corpusDir(t), "v2", "testdata", "*.wasm"))
	if err != nil || len(files) == 0 {
		t.Fatal("no modules: ", err)
	}
	each := 8
	if testing.Short() {
		each = 1
	}
	random := rand.New(rand.NewPCG(1, 2))
	accepted, valid := 0, 0
	for _, file := range files {
		code, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if len(code) == 0 || len(code) > 20_000 {
			continue
		}
		for range each {
			mutant := slices.Clone(code)
			for range 1 + random.IntN(3) {
				mutant[random.IntN(len(mutant))] = byte(random.Uint32())
			}
			isAccepted, isValid := checkRewrite(t, mutant, random.IntN(2) == 0)
			if t.Failed() {
				t.Fatalf("%s as %x", filepath.Base(file), mutant)
			}
			if isAccepted {
				accepted++
			}
			if isValid {
				valid++
			}
		}
	}
	t.Logf("%d mutants were accepted, %d of them valid", accepted, valid)
	if valid < 100*each {
		t.Errorf("only %d mutants were valid: the test tests little", valid)
	}
}

// checkRewrite holds that rewriting does not panic; that a module that is accepted
// is valid afterwards if and only if it was before; that it exports what it
// exported; and that its functions do the same.
func checkRewrite(t *testing.T, code []byte, yield bool) (accepted, valid bool) {
	rewritten, err := Rewrite(code, Options{Yield: yield, StartFuel: 10_000, StartDepth: 10_000})
	if err != nil {
		return false, false // and wazero must not see it: it would believe the sizes that are claimed
	}
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfigInterpreter().WithCoreFeatures(features).WithMemoryLimitPages(16))
	defer r.Close(ctx)
	before, errBefore := r.CompileModule(ctx, withoutCustom(code))
	after, errAfter := r.CompileModule(ctx, rewritten.Code)
	if (errBefore == nil) != (errAfter == nil) {
		t.Errorf("before: %v, after: %v", errBefore, errAfter)
	}
	if errBefore != nil || errAfter != nil {
		return true, false
	}
	for name, was := range before.ExportedFunctions() {
		is := after.ExportedFunctions()[name]
		if is == nil || !slices.Equal(is.ParamTypes(), was.ParamTypes()) || !slices.Equal(is.ResultTypes(), was.ResultTypes()) {
			t.Errorf("the function %q is not exported as it was", name)
		}
	}
	if got, want := len(after.ExportedMemories()), len(before.ExportedMemories()); got != want {
		t.Errorf("%d memories are exported, not %d", got, want)
	}
	if len(before.ImportedFunctions()) == 0 {
		compareRuns(t, r, before, after, rewritten.Mutable)
	}
	return true, true
}

// compareRuns calls the functions of both, as far as fuel and depth reach.
func compareRuns(t *testing.T, r wazero.Runtime, before, after wazero.CompiledModule, mutable int) {
	const fuel, depth = 20_000, 20_000
	ctx := context.Background()
	config := wazero.NewModuleConfig().WithName("").WithStartFunctions()
	m, err := r.InstantiateModule(ctx, after, config)
	if err != nil {
		return // its start traps, or did not have the fuel
	}
	defer m.Close(ctx)
	was, err := r.InstantiateModule(ctx, before, config)
	if err != nil {
		t.Fatalf("only the original cannot be instantiated: %v", err)
	}
	defer was.Close(ctx)
	g := &guest{m, mutable}
	for n := range mutable {
		if g.ExportedGlobal(GlobalName(n)) == nil {
			t.Fatalf("global %d of %d is not exported", n, mutable)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(before.ExportedFunctions())) {
		args := make([]uint64, 0, 8)
		for i, kind := range before.ExportedFunctions()[name].ParamTypes() {
			if kind == api.ValueTypeExternref || kind == 0x70 {
				args = append(args, 0)
				continue
			}
			if args = append(args, uint64(i)); kind == 0x7b { // v128
				args = append(args, 1)
			}
		}
		g.fuel(fuel, depth)
		got, err := g.call(name, args...)
		if g.get(FuelGlobal) < 0 || g.get(DepthGlobal) < 0 {
			return // the original would go on
		}
		want, wantErr := was.ExportedFunction(name).Call(ctx, args...)
		if firstLine(err) != firstLine(wantErr) || !slices.Equal(got, want) && !hasReference(before.ExportedFunctions()[name]) {
			t.Fatalf("%q gives %v, %v; it gave %v, %v", name, got, err, want, wantErr)
		}
		if err != nil {
			return // a trap leaves the depth as it is
		}
		if left := g.get(DepthGlobal); left != depth {
			t.Fatalf("%q left %d of the stack, of %d", name, left, depth)
		}
	}
}

func hasReference(f api.FunctionDefinition) bool {
	return slices.Contains(f.ResultTypes(), api.ValueTypeExternref) || slices.Contains(f.ResultTypes(), 0x70)
}

// withoutCustom leaves custom sections out of a module whose sections are well
// formed.
func withoutCustom(code []byte) []byte {
	r := &reader{data: code}
	out := slices.Clone(r.take(8))
	for r.more() {
		from := r.pos
		id := r.byte()
		r.sub()
		if id != sectionCustom {
			out = append(out, r.data[from:r.pos]...)
		}
	}
	return out
}

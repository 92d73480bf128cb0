package meter

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

// plain makes an instance of a module as it is.
func plain(t testing.TB, code []byte) api.Module {
	t.Helper()
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithCoreFeatures(features))
	t.Cleanup(func() { _ = r.Close(ctx) })
	m, err := r.InstantiateWithConfig(ctx, code, wazero.NewModuleConfig().WithStartFunctions())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// firstLine is what an error says without its trace.
func firstLine(err error) string {
	if err == nil {
		return ""
	}
	line, _, _ := strings.Cut(err.Error(), "\n")
	return line
}

// TestSameResults holds that a module does the same with meters and without, and
// that it gives back all of the stack that it took.
func TestSameResults(t *testing.T) {
	both(t, func(t *testing.T, yield bool) {
		code := read(t, "control")
		want := plain(t, code)
		got := start(t, code, Options{Yield: yield, StartFuel: 1000, StartDepth: 1000})
		names := []string{}
		for name := range want.ExportedFunctionDefinitions() {
			names = append(names, name)
		}
		slices.Sort(names) // the memory is not put back between calls
		for _, name := range names {
			for n := range uint64(12) {
				const depth = 100_000
				got.fuel(1<<40, depth)
				wantResults, wantErr := want.ExportedFunction(name).Call(context.Background(), n)
				results, err := got.call(name, n)
				if firstLine(err) != firstLine(wantErr) || !slices.Equal(results, wantResults) {
					t.Errorf("%s(%d): got %v, %v; want %v, %v", name, n, results, err, wantResults, wantErr)
				}
				if left := got.get(DepthGlobal); err == nil && left != depth {
					t.Errorf("%s(%d): %d of %d of the stack are left", name, n, left, depth)
				}
				if left := got.left(); left >= 1<<40 || left < 0 {
					t.Errorf("%s(%d): used %d of fuel", name, n, 1<<40-left)
				}
			}
		}
	})
}

// TestUsedFuel holds that the fuel that a call uses depends on the call alone, is
// the same in both forms, and grows with the work.
func TestUsedFuel(t *testing.T) {
	used := map[string]map[bool][]int64{}
	both(t, func(t *testing.T, yield bool) {
		code := read(t, "control")
		for range 2 {
			g := start(t, code, Options{Yield: yield, StartFuel: 1000, StartDepth: 1000})
			for _, name := range []string{"nested loops", "recursion", "bulk memory", "memory.grow"} {
				if used[name] == nil {
					used[name] = map[bool][]int64{}
				}
				for _, n := range []uint64{1, 2, 20} {
					const fuel = 5 * Slice
					g.fuel(fuel, DefaultDepth)
					if _, err := g.call(name, n); err != nil {
						t.Fatal(name, err)
					}
					used[name][yield] = append(used[name][yield], fuel-g.left())
				}
			}
		}
	})
	for name, forms := range used {
		trapping, yielding := forms[false], forms[true]
		if !slices.Equal(trapping, yielding) || !slices.Equal(trapping[:3], trapping[3:]) {
			t.Errorf("%s: used %v, yielding %v, in two runs each", name, trapping, yielding)
		}
		if trapping[0] <= 0 || trapping[1] < trapping[0] || trapping[2] <= trapping[1] {
			t.Errorf("%s: used %v for 1, 2 and 20", name, trapping[:3])
		}
	}
}

// TestExactFuel holds that a call succeeds with just the fuel that it uses and
// fails with one less.
func TestExactFuel(t *testing.T) {
	both(t, func(t *testing.T, yield bool) {
		g := start(t, read(t, "control"), Options{Yield: yield, StartFuel: 1000, StartDepth: 1000})
		for _, n := range []uint64{5, 25} { // within a slice and beyond
			g.fuel(1<<40, DefaultDepth)
			if _, err := g.call("recursion", n); err != nil {
				t.Fatal(err)
			}
			used := 1<<40 - g.left()
			g.fuel(used, DefaultDepth)
			if _, err := g.call("recursion", n); err != nil || g.left() != 0 {
				t.Errorf("%v with just enough, %d left", err, g.left())
			}
			g.fuel(used-1, DefaultDepth)
			if _, err := g.call("recursion", n); err == nil || g.get(FuelGlobal) >= 0 {
				t.Errorf("%v with one too little, %d left", err, g.left())
			}
		}
	})
}

func TestStartSection(t *testing.T) {
	both(t, func(t *testing.T, yield bool) {
		code := read(t, "control")
		rewritten, err := Rewrite(code, Options{Yield: yield, StartFuel: 20, StartDepth: 1000})
		if err != nil {
			t.Fatal(err)
		}
		ctx := context.Background()
		r := wazero.NewRuntime(ctx)
		defer r.Close(ctx)
		if _, err := r.Instantiate(ctx, rewritten.Code); err == nil || !strings.Contains(err.Error(), "unreachable") {
			t.Errorf("got %v, want a trap because the start has too little fuel", err)
		}
	})
}

func TestDeterminism(t *testing.T) {
	both(t, func(t *testing.T, yield bool) {
		for _, name := range []string{"control", "attacks"} {
			o := Options{Yield: yield, StartFuel: 7}
			first, err := Rewrite(read(t, name), o)
			if err != nil {
				t.Fatal(err)
			}
			for range 20 { // maps are read in another order each time
				again, err := Rewrite(read(t, name), o)
				if err != nil || !bytes.Equal(first.Code, again.Code) {
					t.Fatal("another result for the same input: ", err)
				}
			}
		}
	})
}

package meter

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/experimental"

	"github.com/postern-id/postern/core/needs"
)

const features = api.CoreFeaturesV2 | experimental.CoreFeaturesExtendedConst

// read gives a module of testdata.
func read(t testing.TB, name string) []byte {
	t.Helper()
	code, err := os.ReadFile(filepath.Join("testdata", name+".wasm"))
	if err != nil {
		t.Fatal(err)
	}
	return code
}

// TestReassemble holds that the modules of testdata are what their text says.
func TestReassemble(t *testing.T) {
	texts, err := filepath.Glob("testdata/*.wat")
	if err != nil || len(texts) == 0 {
		t.Fatal("no modules in testdata: ", err)
	}
	needs.Program(t, "wat2wasm")
	for _, text := range texts {
		got, err := exec.Command("wat2wasm", text, "--enable-tail-call", "--enable-extended-const", "--output=-").Output()
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if name := strings.TrimSuffix(filepath.Base(text), ".wat"); !bytes.Equal(got, read(t, name)) {
			t.Errorf("%s.wasm is not what %s says", name, text)
		}
	}
}

// guest is an instance of a rewritten module.
type guest struct {
	api.Module
	mutable int
}

// start makes an instance, in wazero's compiler where there is one.
func start(t testing.TB, code []byte, o Options) *guest {
	t.Helper()
	rewritten, err := Rewrite(code, o)
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithCoreFeatures(features).WithMemoryLimitPages(512))
	t.Cleanup(func() { _ = r.Close(ctx) })
	m, err := r.InstantiateWithConfig(ctx, rewritten.Code, wazero.NewModuleConfig().WithStartFunctions())
	if err != nil {
		t.Fatal(err)
	}
	return &guest{m, rewritten.Mutable}
}

func (g *guest) get(name string) int64 {
	value := g.ExportedGlobal(name)
	if value == nil {
		return 0 // as the budget of a form without slices
	}
	return int64(value.Get())
}

func (g *guest) set(name string, n int64) {
	if value, ok := g.ExportedGlobal(name).(api.MutableGlobal); ok {
		value.Set(uint64(n))
	}
}

// fuel gives the guest so much fuel and depth.
func (g *guest) fuel(fuel, depth int64) {
	slice, reserve := Options{Yield: g.ExportedGlobal(BudgetGlobal) != nil}.Split(fuel)
	g.set(FuelGlobal, slice)
	g.set(BudgetGlobal, reserve)
	g.set(DepthGlobal, depth)
}

func (g *guest) left() int64 { return g.get(FuelGlobal) + g.get(BudgetGlobal) }

func (g *guest) call(name string, args ...uint64) ([]uint64, error) {
	return g.ExportedFunction(name).Call(context.Background(), args...)
}

// both runs a test for the form that only traps and for the yielding one.
func both(t *testing.T, run func(t *testing.T, yield bool)) {
	t.Run("trap", func(t *testing.T) { run(t, false) })
	t.Run("yield", func(t *testing.T) { run(t, true) })
}

func TestAttacks(t *testing.T) {
	both(t, func(t *testing.T, yield bool) {
		g := start(t, read(t, "attacks"), Options{Yield: yield})
		for name, ends := range map[string]string{
			"loop":                      FuelGlobal,
			"loop with a parameter":     FuelGlobal,
			"loop by br_if":             FuelGlobal,
			"loop by br_table":          FuelGlobal,
			"loop in a block in a loop": FuelGlobal,
			"loop with a call":          FuelGlobal,
			"recursion":                 DepthGlobal,
			"recursion with a value":    DepthGlobal,
			"mutual recursion":          DepthGlobal,
			"indirect recursion":        DepthGlobal,
			"exponential recursion":     FuelGlobal,
			"directed acyclic graph":    FuelGlobal,
			"memory.fill":               FuelGlobal,
			"memory.copy":               FuelGlobal,
			"memory.fill in one go":     FuelGlobal,
			"memory.grow":               FuelGlobal,
			"memory.grow in one go":     FuelGlobal,
		} {
			t.Run(name, func(t *testing.T) {
				const fuel = 3 * Slice
				g.fuel(fuel, DefaultDepth)
				args := make([]uint64, len(g.ExportedFunction(name).Definition().ParamTypes()))
				if name == "exponential recursion" {
					args[0] = 90
				}
				_, err := g.call(name, args...)
				if err == nil || !strings.Contains(err.Error(), "unreachable") {
					t.Errorf("got %v, want a trap of the meter", err)
				}
				for _, global := range []string{FuelGlobal, DepthGlobal} {
					if below := g.get(global) < 0; below != (global == ends) {
						t.Errorf("%s is %d after the trap", global, g.get(global))
					}
				}
				if left := g.left(); ends == FuelGlobal && left > 0 {
					t.Errorf("%d of fuel are left", left)
				}
			})
		}
	})
}

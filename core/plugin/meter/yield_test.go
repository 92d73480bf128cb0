package meter

import (
	"runtime"
	"testing"
	"time"
)

// TestYieldToCollector holds that a garbage collection completes beside a guest
// that does not end, and that the guest ends when it is told to. Without slices
// this would take until the guest's fuel is used up, which is hours here.
func TestYieldToCollector(t *testing.T) {
	for _, name := range []string{"loop", "loop with a call", "exponential recursion", "directed acyclic graph", "memory.fill"} {
		t.Run(name, func(t *testing.T) {
			g := start(t, read(t, "attacks"), Options{Yield: true})
			g.fuel(1<<60, DefaultDepth)
			done := make(chan error)
			go func() {
				args := make([]uint64, len(g.ExportedFunction(name).Definition().ParamTypes()))
				if len(args) > 0 {
					args[0] = 90
				}
				_, err := g.call(name, args...)
				done <- err
			}()
			for range 3 {
				runtime.GC()
			}
			g.set(StopGlobal, 1)
			select {
			case err := <-done:
				if err == nil || g.get(BudgetGlobal) <= 0 {
					t.Errorf("got %v with %d in reserve, want to be stopped", err, g.get(BudgetGlobal))
				}
			case <-time.After(time.Minute):
				t.Fatal("the guest did not stop")
			}
		})
	}
}

// TestTrapEndsBesideCollector holds that the form without slices lets a collection
// complete because its fuel ends it.
func TestTrapEndsBesideCollector(t *testing.T) {
	g := start(t, read(t, "attacks"), Options{})
	g.fuel(100*Slice, DefaultDepth)
	done := make(chan error)
	go func() {
		_, err := g.call("loop")
		done <- err
	}()
	runtime.GC()
	if err := <-done; err == nil || g.get(FuelGlobal) >= 0 {
		t.Errorf("got %v with %d left", err, g.get(FuelGlobal))
	}
}

// TestStopFlag holds that a guest that needs no slice is not stopped, and one that
// needs one is.
func TestStopFlag(t *testing.T) {
	g := start(t, read(t, "control"), Options{Yield: true, StartFuel: 1000, StartDepth: 1000})
	g.set(StopGlobal, 1)
	g.fuel(2*Slice, DefaultDepth)
	if _, err := g.call("recursion", 5); err != nil {
		t.Errorf("within a slice: %v", err)
	}
	g.fuel(100*Slice, DefaultDepth)
	if _, err := g.call("recursion", 25); err == nil {
		t.Error("it took another slice")
	}
	g.set(StopGlobal, 0)
	g.fuel(100*Slice, DefaultDepth)
	if _, err := g.call("recursion", 25); err != nil {
		t.Error(err)
	}
}

// TestWithoutMemory holds that the yielding form does not need a memory.
func TestWithoutMemory(t *testing.T) {
	module := wasm(one,
		vector(sectionExport, append(text("loop"), externFunction, 0)),
		vector(sectionCode, body(opLoop, 0x40, opBr, 0, opEnd)))
	both(t, func(t *testing.T, yield bool) {
		g := start(t, module, Options{Yield: yield})
		g.fuel(3*Slice, DefaultDepth)
		if _, err := g.call("loop"); err == nil || g.get(FuelGlobal) >= 0 {
			t.Errorf("got %v, %d of fuel are left", err, g.left())
		}
	})
}

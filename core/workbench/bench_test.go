package workbench

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/sdk/hook"
)

// TestMeasure holds that each figure is there, and that a sample stands for an
// input that was not given. It asserts no times.
func TestMeasure(t *testing.T) {
	var told strings.Builder
	b, err := Measure(t.Context(), asks, Trials{Time: 10 * time.Millisecond, Tell: func(what string, done float64) {
		told.WriteString(what + "\n")
		if done < 0 || done > 1 {
			t.Errorf("%s: %f", what, done)
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	if b.Plugin != "asks" || b.Hook != hook.ClaimsMap || b.Input != len(`{"settings":{}}`) || b.Output == 0 || b.CPUs < 1 {
		t.Errorf("%+v", b)
	}
	for name, f := range map[string]Figures{"module": b.Module, "floor": b.Floor} {
		if f.Size <= 0 || f.Metered <= f.Size || f.CompileCold <= 0 || f.CompileCached <= 0 || f.SelfTest <= 0 || f.Instance <= 0 ||
			f.Median <= 0 || f.P99 < f.Median || f.PerSecond <= 0 || f.Calls <= 0 || f.Fuel <= 0 || f.Memory <= 0 || f.Resident < 0 {
			t.Errorf("%s: %+v", name, f)
		}
	}
	if b.Floor.Fuel >= b.Module.Fuel {
		t.Errorf("the least module uses %d, the other %d", b.Floor.Fuel, b.Module.Fuel)
	}
	for _, want := range []string{"compiling", "loading from the cache", "making instances"} {
		if !strings.Contains(told.String(), want) {
			t.Errorf("not told: %s", want)
		}
	}
	if _, err := json.Marshal(b); err != nil {
		t.Error(err)
	}
}

func TestMeasureRefuses(t *testing.T) {
	short := time.Millisecond
	_, err := Measure(t.Context(), "testdata/none.wasm", Trials{Time: short})
	wants(t, err, "there is no module", "postern plugin build")
	_, err = Measure(t.Context(), fileWith(t, "p.wasm", "x"), Trials{Time: short})
	wants(t, err, "p.wasm: not a WebAssembly module", "give the .wasm file")
	_, err = Measure(t.Context(), fickle, Trials{Time: short})
	wants(t, err, "more than one hook", "--hook")
	_, err = Measure(t.Context(), asks, Trials{Call: Call{Input: []byte(`{}`)}, Time: short})
	wants(t, err, "no further call was recorded", "--calls")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Measure(ctx, asks, Trials{Time: time.Hour}); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

// TestFloor holds that the least module answers every hook, so that each can be
// compared with it.
func TestFloor(t *testing.T) {
	m := open(t, fileWith(t, "floor.wasm", string(floor)), nil)
	for _, name := range hook.Names {
		if o, err := m.Run(t.Context(), Call{Hook: name, Input: []byte(`{}`)}); err != nil || string(o.Output) != `{}` {
			t.Errorf("%s: %s, %v", name, o.Output, err)
		}
	}
}

package workbench

import (
	"context"
	_ "embed"
	"fmt"
	"os"
	"time"

	"github.com/postern-id/postern/core/plugin"
)

// floor is a module that reads its input and answers an empty object: what it costs
// the host costs any plugin. It is made from floor.wat.
//
//go:embed floor.wasm
var floor []byte

// Trials is what a [Bench] measures.
type Trials struct {
	Call Call // never live; no Input: a sample of the hook
	Time time.Duration
	// Tell hears what is being done, and how far it is, from 0 to 1; nil is legal.
	Tell func(what string, done float64)
}

// Bench is what a module costs, beside what the least module costs.
type Bench struct {
	Plugin string  `json:"plugin"`
	Hook   string  `json:"hook"`
	Input  int     `json:"input_size"`
	Output int     `json:"output_size"`
	CPUs   int     `json:"cpus"`
	Module Figures `json:"module"`
	Floor  Figures `json:"floor"`
}

// Figures are what a module costs. Times are in nanoseconds, sizes in bytes.
type Figures struct {
	Size          int           `json:"size"`
	Metered       int           `json:"metered_size"`
	CompileCold   time.Duration `json:"compile_cold_ns"`
	CompileCached time.Duration `json:"compile_cached_ns"`
	Start         time.Duration `json:"start_ns"`         // of the guest itself
	SelfTest      time.Duration `json:"self_test_ns"`     // that and the samples
	Instance      time.Duration `json:"instance_ns"`      // to make one more
	Median        time.Duration `json:"call_p50_ns"`      // with metering and reset
	P99           time.Duration `json:"call_p99_ns"`      // likewise
	PerSecond     float64       `json:"calls_per_second"` // on all CPUs
	Calls         int           `json:"calls"`            // that were measured for p50 and p99
	Fuel          int64         `json:"fuel_per_call"`
	Memory        int           `json:"memory"`          // that every call begins with
	Resident      int64         `json:"resident_memory"` // of one more instance, estimated; 0: unknown
}

// Measure loads a module twice and calls it, and does the same with the least
// module.
func Measure(ctx context.Context, file string, t Trials) (b Bench, err error) {
	code, err := readModule(file)
	if err != nil {
		return Bench{}, err
	}
	t.Call.Live = false // what waits for the world is not measured
	if b.Module, err = b.measure(ctx, code, &t); err != nil {
		return Bench{}, fmt.Errorf("%s: %w", file, err)
	}
	least := t
	least.Call.Plugin, least.Call.Calls = "", nil
	other := Bench{}
	if b.Floor, err = other.measure(ctx, floor, &least); err != nil {
		return Bench{}, fmt.Errorf("the least module: %w", err)
	}
	return b, nil
}

// measure fills the figures of one module, and what b says of its call.
func (b *Bench) measure(ctx context.Context, code []byte, t *Trials) (f Figures, err error) {
	cache, err := os.MkdirTemp("", "postern-bench-")
	if err != nil {
		return Figures{}, err
	}
	defer os.RemoveAll(cache)
	options := plugin.TrialOptions{CacheDir: cache}
	t.tell("compiling", 0)
	cold, err := plugin.Try(ctx, code, options)
	if err != nil {
		return Figures{}, err
	}
	f.CompileCold = cold.Facts().CompileTime
	if err := cold.Close(ctx); err != nil {
		return Figures{}, err
	}
	t.tell("loading from the cache", 0)
	warm, err := plugin.Try(ctx, code, options)
	if err != nil {
		return Figures{}, err
	}
	defer warm.Close(ctx)
	facts := warm.Facts()
	f.Size, f.Metered, f.Memory = facts.Size, facts.Metered, facts.Memory
	f.CompileCached, f.Start, f.SelfTest = facts.CompileTime, facts.StartOwn, facts.StartTime
	return f, b.calls(ctx, &Module{Code: code, trial: warm}, t, &f)
}

func (b *Bench) calls(ctx context.Context, m *Module, t *Trials, f *Figures) error {
	if err := m.choose(&t.Call); err != nil {
		return err
	}
	if t.Call.Input == nil {
		if err := m.sample(&t.Call); err != nil {
			return err
		}
	}
	run, _, err := m.prepare(&t.Call)
	if err != nil {
		return err
	}
	ran, err := m.trial.Run(ctx, run)
	if err != nil {
		return explain(err, false)
	}
	run.Again = true
	measured, err := m.trial.Measure(ctx, run, plugin.Effort{Time: t.Time, Tell: t.tell})
	if err != nil {
		return explain(err, false)
	}
	b.Plugin, b.Hook, b.Input, b.Output, b.CPUs = run.Plugin, run.Hook, len(run.Input), len(ran.Output), measured.CPUs
	f.Instance, f.Median, f.P99, f.Calls = measured.Instance, measured.Median, measured.P99, measured.Calls
	f.PerSecond, f.Fuel, f.Resident = measured.PerSecond, measured.Fuel, measured.Resident
	return nil
}

func (t *Trials) tell(what string, done float64) {
	if t.Tell != nil {
		t.Tell(what, done)
	}
}

// sample takes the input of a call from the manifest.
func (m *Module) sample(call *Call) error {
	for _, manifest := range m.trial.Manifests() {
		for _, sample := range manifest.Samples {
			if manifest.ID != call.Plugin || sample.Hook != call.Hook {
				continue
			}
			call.Input = sample.Input.AppendJSON(nil)
			if call.Calls == nil {
				call.Calls = appendCalls(nil, sample.Calls)
			}
			return nil
		}
	}
	return wrong("give one with --input", "plugin %s has no sample for %s", call.Plugin, call.Hook)
}

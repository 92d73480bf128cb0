package c_test

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/postern-id/postern/core/plugin"
	"github.com/postern-id/postern/sdk/hook"
	"github.com/postern-id/postern/sdk/hook/replay"
)

// try loads a module as the server does: metered, tested on its samples.
func try(t *testing.T, name string) *plugin.Trial {
	t.Helper()
	code, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	trial, err := plugin.Try(t.Context(), code, plugin.TrialOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := trial.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return trial
}

// checkCases plays the cases of a folder to a module in the server's sandbox.
func checkCases(t *testing.T, trial *plugin.Trial, dir string) {
	t.Helper()
	cases, err := replay.Load(os.DirFS(dir))
	if err != nil || len(cases) == 0 {
		t.Fatalf("%d cases in %s: %v", len(cases), dir, err)
	}
	for _, c := range cases {
		t.Run(c.File, func(t *testing.T) {
			ran, err := trial.Run(t.Context(), plugin.Run{Plugin: c.Plugin, Hook: c.Hook, Input: c.Input.AppendJSON(nil), Plays: c.Calls})
			if err := errors.Join(c.Check(ran.Output, err), ran.Left); err != nil {
				t.Error(err)
			}
		})
	}
}

// checkForgets holds that a plugin that counts calls knows nothing of those before.
func checkForgets(t *testing.T, trial *plugin.Trial) {
	t.Helper()
	outputs := map[string]bool{}
	for range 3 {
		ran, err := trial.Run(t.Context(), plugin.Run{Plugin: "memory", Hook: hook.ClaimsMap, Input: []byte(`{"user":{"name":"alice"}}`)})
		if err != nil {
			t.Fatal(err)
		}
		outputs[string(ran.Output)] = true
	}
	if len(outputs) != 1 {
		t.Errorf("the calls gave %v", outputs)
	}
}

// checkArena holds that a call begins with an empty arena, so that the calls of the
// samples, between which the host puts nothing back, leave no trace in the memory that
// all others begin with.
func checkArena(t *testing.T, name, input string) {
	t.Helper()
	code, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	runtime := wazero.NewRuntime(t.Context())
	defer runtime.Close(t.Context())
	const i32 = api.ValueTypeI32
	host := runtime.NewHostModuleBuilder("postern")
	for name, f := range map[string]struct {
		params, results []api.ValueType
		call            api.GoModuleFunc
	}{
		"input_len":    {nil, []api.ValueType{i32}, func(_ context.Context, _ api.Module, stack []uint64) { stack[0] = uint64(len(input)) }},
		"input_read":   {[]api.ValueType{i32}, nil, func(_ context.Context, m api.Module, stack []uint64) { m.Memory().WriteString(uint32(stack[0]), input) }},
		"output_write": {[]api.ValueType{i32, i32}, nil, func(context.Context, api.Module, []uint64) {}},
		"fail":         {[]api.ValueType{i32, i32}, nil, func(context.Context, api.Module, []uint64) { t.Error("the call fails") }},
	} {
		host.NewFunctionBuilder().WithGoModuleFunction(f.call, f.params, f.results).Export(name)
	}
	if _, err := host.Instantiate(t.Context()); err != nil {
		t.Fatal(err)
	}
	module, err := runtime.InstantiateWithConfig(t.Context(), code, wazero.NewModuleConfig().WithStartFunctions())
	if err != nil {
		t.Fatal(err)
	}
	var sizes []uint32
	for range 3 {
		for range 200 {
			if _, err := module.ExportedFunction("postern_call").Call(t.Context(), 0, 0); err != nil {
				t.Fatal(err)
			}
		}
		sizes = append(sizes, module.Memory().Size())
	}
	if sizes[0] != sizes[2] || int(sizes[0]) < len(input) {
		t.Errorf("the memory grows: %v", sizes)
	}
}

package c_test

import (
	"context"
	"os"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
)

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

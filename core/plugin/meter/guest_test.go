package meter

import (
	"bytes"
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"
	"github.com/tetratelabs/wazero/imports/wasi_snapshot_preview1"

	"github.com/postern-id/postern/plugins"
	"github.com/postern-id/postern/sdk/hook"
)

// goGuest is the shipped module, which is written in Go, with just enough of a
// host (sdk/abi.md) to call it.
type goGuest struct {
	*guest
	input, output []byte
	failure       string
	// plays are the answers to the calls of the host, in their order.
	plays  []hook.HostCall
	answer []byte
}

const guestFuel = 1 << 40

func startGo(t testing.TB, o *Options) *goGuest {
	t.Helper()
	ctx := context.Background()
	r := wazero.NewRuntimeWithConfig(ctx, wazero.NewRuntimeConfig().WithCoreFeatures(features))
	t.Cleanup(func() { _ = r.Close(ctx) })
	wasi_snapshot_preview1.MustInstantiate(ctx, r)
	g := &goGuest{}
	part := func(m api.Module, stack []uint64) []byte {
		b, ok := m.Memory().Read(uint32(stack[0]), uint32(stack[1]))
		if !ok {
			panic("out of the memory")
		}
		return b
	}
	const i32 = api.ValueTypeI32
	host := r.NewHostModuleBuilder("postern")
	type function struct {
		params, results []api.ValueType
		call            func(m api.Module, stack []uint64)
	}
	functions := map[string]function{
		"input_len":    {nil, []api.ValueType{i32}, func(_ api.Module, stack []uint64) { stack[0] = uint64(len(g.input)) }},
		"input_read":   {[]api.ValueType{i32}, nil, func(m api.Module, stack []uint64) { m.Memory().Write(uint32(stack[0]), g.input) }},
		"output_write": {[]api.ValueType{i32, i32}, nil, func(m api.Module, stack []uint64) { g.output = append(g.output, part(m, stack)...) }},
		"fail":         {[]api.ValueType{i32, i32}, nil, func(m api.Module, stack []uint64) { g.failure = string(part(m, stack)) }},
		"log":          {[]api.ValueType{i32, i32}, nil, func(api.Module, []uint64) {}},
		"answer_read":  {[]api.ValueType{i32}, nil, func(m api.Module, stack []uint64) { m.Memory().Write(uint32(stack[0]), g.answer) }},
	}
	for _, capability := range hook.Capabilities {
		if capability == hook.Clock {
			continue
		}
		functions[strings.ReplaceAll(capability, ".", "_")] = function{[]api.ValueType{i32, i32}, []api.ValueType{i32}, func(_ api.Module, stack []uint64) {
			g.play(capability)
			stack[0] = uint64(len(g.answer))
		}}
	}
	for name, f := range functions {
		host.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(func(_ context.Context, m api.Module, stack []uint64) {
			f.call(m, stack)
		}), f.params, f.results).Export(name)
	}
	if _, err := host.Instantiate(ctx); err != nil {
		t.Fatal(err)
	}
	code := plugins.Builtin()
	g.guest = &guest{}
	if o != nil {
		rewritten, err := Rewrite(code, *o)
		if err != nil {
			t.Fatal(err)
		}
		code, g.mutable = rewritten.Code, rewritten.Mutable
	}
	m, err := r.InstantiateWithConfig(ctx, code, wazero.NewModuleConfig().WithStartFunctions())
	if err != nil {
		t.Fatal(err)
	}
	g.Module = m
	g.must(t, "_initialize")
	return g
}

// play answers a call as the sample has it.
func (g *goGuest) play(capability string) {
	if len(g.plays) == 0 || g.plays[0].Capability != capability {
		panic("the sample has no call of " + capability + " here")
	}
	g.answer, g.plays = g.plays[0].Answer.AppendJSON(nil), g.plays[1:]
}

func (g *goGuest) must(t testing.TB, name string, args ...uint64) {
	t.Helper()
	g.fuel(guestFuel, DefaultDepth)
	g.output = g.output[:0]
	results, err := g.call(name, args...)
	if err != nil || len(results) > 0 && results[0] != 0 && name == "postern_call" {
		t.Fatalf("%s%v: %v %v %s", name, args, results, err, g.failure)
	}
}

// outputs runs all samples of all plugins.
func (g *goGuest) outputs(t testing.TB) (outputs [][]byte, used []int64) {
	g.must(t, "postern_describe")
	outputs = append(outputs, bytes.Clone(g.output))
	manifests, err := hook.ParseManifests(g.output)
	if err != nil {
		t.Fatal(err)
	}
	for number, manifest := range manifests {
		for _, sample := range manifest.Samples {
			g.input, g.plays = sample.Input.AppendJSON(nil), sample.Calls
			g.must(t, "postern_call", uint64(number), uint64(slices.Index(manifest.Hooks, sample.Hook)))
			outputs = append(outputs, bytes.Clone(g.output))
			used = append(used, guestFuel-g.left())
		}
	}
	return outputs, used
}

// TestGoGuest holds that a real module gives the same answers with meters, from
// the same fuel each time.
func TestGoGuest(t *testing.T) {
	if testing.Short() {
		t.Skip("compiles a large module several times")
	}
	want, _ := startGo(t, nil).outputs(t)
	if len(want) < 3 {
		t.Fatalf("only %d outputs", len(want))
	}
	both(t, func(t *testing.T, yield bool) {
		var first []int64
		for range 2 {
			g := startGo(t, &Options{Yield: yield})
			got, used := g.outputs(t)
			if !slices.EqualFunc(got, want, bytes.Equal) {
				t.Errorf("got %s, want %s", got, want)
			}
			if first == nil {
				first = used
			}
			if !slices.Equal(used, first) || used[0] <= 0 {
				t.Errorf("used %v of fuel, before %v", used, first)
			}
			if left := g.get(DepthGlobal); left != DefaultDepth {
				t.Errorf("%d of the stack are left", left)
			}
		}
	})
}

// TestSize holds that meters do not make a module much larger.
func TestSize(t *testing.T) {
	both(t, func(t *testing.T, yield bool) {
		rewritten, err := Rewrite(plugins.Builtin(), Options{Yield: yield})
		if err != nil {
			t.Fatal(err)
		}
		ratio := float64(len(rewritten.Code)) / float64(len(plugins.Builtin()))
		t.Logf("%.3f times the size", ratio)
		if ratio > 1.15 {
			t.Errorf("%.3f times the size", ratio)
		}
	})
}

// BenchmarkGuest runs a sample of the shipped module without meters and with.
func BenchmarkGuest(b *testing.B) {
	for name, o := range map[string]*Options{"plain": nil, "trap": {}, "yield": {Yield: true}} {
		b.Run(name, func(b *testing.B) {
			g := startGo(b, o)
			g.must(b, "postern_describe")
			manifests, err := hook.ParseManifests(g.output)
			if err != nil {
				b.Fatal(err)
			}
			sample := manifests[0].Samples[0]
			g.input, g.plays = sample.Input.AppendJSON(nil), sample.Calls
			f := g.ExportedFunction("postern_call")
			stack := []uint64{0, uint64(slices.Index(manifests[0].Hooks, sample.Hook))}
			for b.Loop() {
				g.fuel(guestFuel, DefaultDepth)
				g.output = g.output[:0]
				call := [2]uint64{stack[0], stack[1]}
				if err := f.CallWithStack(context.Background(), call[:]); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(guestFuel-g.left()), "fuel/op")
		})
	}
}

func BenchmarkRewrite(b *testing.B) {
	code := plugins.Builtin()
	b.SetBytes(int64(len(code)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Rewrite(code, Options{}); err != nil {
			b.Fatal(err)
		}
	}
}

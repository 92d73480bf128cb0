package c_test

import (
	"context"
	"errors"
	"os"
	"testing"

	"github.com/tetratelabs/wazero"
	"github.com/tetratelabs/wazero/api"

	"github.com/postern-id/postern/sdk/hook"
	"github.com/postern-id/postern/sdk/hook/replay"
)

// guest is an instance of a module with a host that plays calls. The server's own host
// is tested elsewhere; this one shows that the module does as WebAssembly what its
// sources do natively.
type guest struct {
	t      *testing.T
	module api.Module

	input, output, answer []byte
	failure               error
	player                *replay.Player
	draws                 byte
}

type guestKey struct{}

// capabilities are the imports that take a request.
var capabilities = map[string]string{
	"http_fetch": hook.HTTPFetch, "jwt_verify": hook.JWTVerify, "kv": hook.KV, "secret_get": hook.SecretGet,
	"oidc_exchange": hook.OIDCExchange, "oauth_exchange": hook.OAuthExchange, "ldap_bind": hook.LDAPBind, "ldap_search": hook.LDAPSearch,
}

// compiled is a module that was compiled once for many instances, with the host.
func compiled(t *testing.T, name string) (wazero.Runtime, wazero.CompiledModule) {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	runtime := wazero.NewRuntime(t.Context())
	t.Cleanup(func() { runtime.Close(context.Background()) })
	linkHost(t, runtime)
	module, err := runtime.CompileModule(t.Context(), text)
	if err != nil {
		t.Fatal(err)
	}
	return runtime, module
}

func linkHost(t *testing.T, runtime wazero.Runtime) {
	t.Helper()
	const i32, i64 = api.ValueTypeI32, api.ValueTypeI64
	builder := runtime.NewHostModuleBuilder("postern")
	add := func(name string, params, results []api.ValueType, call func(g *guest, stack []uint64)) {
		builder.NewFunctionBuilder().WithGoModuleFunction(api.GoModuleFunc(func(ctx context.Context, _ api.Module, stack []uint64) {
			call(ctx.Value(guestKey{}).(*guest), stack)
		}), params, results).Export(name)
	}
	text := []api.ValueType{i32, i32}
	add("input_len", nil, []api.ValueType{i32}, func(g *guest, stack []uint64) { stack[0] = uint64(len(g.input)) })
	add("input_read", []api.ValueType{i32}, nil, func(g *guest, stack []uint64) { copy(g.view(stack[0], len(g.input)), g.input) })
	add("output_write", text, nil, func(g *guest, stack []uint64) { g.output = append(g.output, g.view(stack[0], int(stack[1]))...) })
	add("fail", text, nil, func(g *guest, stack []uint64) { g.failure = errors.New(string(g.view(stack[0], int(stack[1])))) })
	add("log", text, nil, func(g *guest, stack []uint64) { g.view(stack[0], int(stack[1])) })
	add("random", text, nil, func(g *guest, stack []uint64) {
		for i := range g.view(stack[0], int(stack[1])) {
			g.draws++
			g.view(stack[0], int(stack[1]))[i] = g.draws
		}
	})
	add("clock", nil, []api.ValueType{i64}, func(g *guest, stack []uint64) {
		now, err := g.player.Now()
		g.check(err)
		stack[0] = uint64(now)
	})
	add("answer_read", []api.ValueType{i32}, nil, func(g *guest, stack []uint64) { copy(g.view(stack[0], len(g.answer)), g.answer) })
	for name, capability := range capabilities {
		add(name, text, []api.ValueType{i32}, func(g *guest, stack []uint64) {
			answer, err := g.player.Answer(capability, g.view(stack[0], int(stack[1])))
			g.check(err)
			g.answer = answer
			stack[0] = uint64(len(answer))
		})
	}
	if _, err := builder.Instantiate(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func (g *guest) check(err error) {
	if err != nil {
		g.t.Error(err)
	}
}

// view gives a part of the guest's memory.
func (g *guest) view(pointer uint64, length int) []byte {
	view, ok := g.module.Memory().Read(uint32(pointer), uint32(length))
	if !ok {
		g.t.Fatal("a pointer outside of the memory")
	}
	return view
}

func instantiate(t *testing.T, runtime wazero.Runtime, module wazero.CompiledModule) *guest {
	t.Helper()
	instance, err := runtime.InstantiateModule(t.Context(), module, wazero.NewModuleConfig().WithName("").WithStartFunctions())
	if err != nil {
		t.Fatal(err)
	}
	return &guest{t: t, module: instance}
}

func (g *guest) run(function string, params ...uint64) (status uint64) {
	g.output, g.failure = nil, nil
	results, err := g.module.ExportedFunction(function).Call(context.WithValue(g.t.Context(), guestKey{}, g), params...)
	g.check(err)
	if len(results) > 0 {
		status = results[0]
	}
	if status != 0 && g.failure == nil {
		g.t.Errorf("%s gave %d without a reason", function, status)
	}
	return status
}

func (g *guest) describe() []hook.Manifest {
	g.run("postern_describe")
	manifests, err := hook.ParseManifests(g.output)
	if err != nil {
		g.t.Fatalf("%v: %s, %v", err, g.output, g.failure)
	}
	return manifests
}

func (g *guest) play(t *testing.T, c *replay.Case) {
	t.Helper()
	g.t = t
	plugin, number, err := c.Find(g.describe())
	if err != nil {
		t.Fatal(err)
	}
	g.player, g.input = replay.NewPlayer(c.Calls), c.Input.AppendJSON(nil)
	g.run("postern_call", uint64(plugin), uint64(number))
	if err := errors.Join(c.Check(g.output, g.failure), g.player.End()); err != nil {
		t.Error(err)
	}
}

func readCases(t *testing.T, dir string) []replay.Case {
	t.Helper()
	cases, err := replay.Load(os.DirFS(dir))
	if err != nil || len(cases) == 0 {
		t.Fatalf("%d cases in %s: %v", len(cases), dir, err)
	}
	return cases
}

// checkCases plays the cases of a folder to a module, each to an instance of its own,
// and the samples of its manifests.
func checkCases(t *testing.T, name, dir string) {
	t.Helper()
	runtime, module := compiled(t, name)
	for _, c := range readCases(t, dir) {
		t.Run(c.File, func(t *testing.T) {
			g := instantiate(t, runtime, module)
			g.play(t, &c)
			if err := g.module.Close(t.Context()); err != nil {
				t.Error(err)
			}
		})
	}
	g := instantiate(t, runtime, module)
	for _, m := range g.describe() {
		for number, name := range m.Hooks {
			for _, sample := range m.Samples {
				if sample.Hook != name {
					continue
				}
				g.player, g.input = replay.NewPlayer(sample.Calls), sample.Input.AppendJSON(nil)
				if status := g.run("postern_call", 0, uint64(number)); status != 0 {
					t.Errorf("a sample for %s fails: %v", name, g.failure)
				}
			}
		}
	}
}

// checkMemory holds that a call begins with an empty arena: a guest whose memory grew
// is made anew by the host, so calls must not make it grow one by one.
func checkMemory(t *testing.T, name string) {
	t.Helper()
	runtime, module := compiled(t, name)
	g := instantiate(t, runtime, module)
	cases := readCases(t, "../vectors/cases")
	for i := range cases {
		g.play(t, &cases[i])
	}
	size := g.module.Memory().Size()
	for range 20 {
		for i := range cases {
			g.play(t, &cases[i])
		}
	}
	if grown := g.module.Memory().Size(); grown != size {
		t.Errorf("the memory grew from %d to %d bytes", size, grown)
	}
}

// checkRemembers holds that the plugin "memory" would know of the calls before if its
// host did not put its memory back, as this one does not: a host that passes with it
// does.
func checkRemembers(t *testing.T, name string) {
	t.Helper()
	runtime, module := compiled(t, name)
	g := instantiate(t, runtime, module)
	call := replay.Case{Plugin: "memory", Hook: hook.ClaimsMap}
	plugin, number, err := call.Find(g.describe())
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`{"set":{"remembered":1,"names":"a"}}`, `{"set":{"remembered":2,"names":"aa"}}`} {
		g.input = []byte(`{"user":{"name":"a"}}`)
		g.run("postern_call", uint64(plugin), uint64(number))
		if string(g.output) != want {
			t.Errorf("gives %s, want %s", g.output, want)
		}
	}
}

package plugin_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/plugin"
	"github.com/postern-id/postern/core/plugin/plugintest"
	"github.com/postern-id/postern/sdk/hook"
)

// world is what a plugin asks in these tests.
type world struct {
	mu     sync.Mutex
	asked  []string
	caller core.PluginCaller
	answer string
	code   string
	takes  time.Duration
}

func (w *world) Call(ctx context.Context, caller *core.PluginCaller, capability string, request []byte) ([]byte, string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.asked = append(w.asked, capability+" "+string(request))
	w.caller = *caller
	select {
	case <-time.After(w.takes):
	case <-ctx.Done():
		return []byte(`{"error":{"code":"timeout","message":"it took too long"}}`), hook.CodeTimeout
	}
	return []byte(w.answer), w.code
}

const vectorsFolder = "../../sdk/vectors/go"

// asks makes a host in which the plugin of the vectors is bound as "p" with the
// grants, and gives a function that lets it take steps.
func asks(t *testing.T, w *world, change func(*core.PluginInstance), more func(*plugin.Options)) func(steps ...string) (string, error) {
	t.Helper()
	s := &shelf{}
	s.install(plugintest.GoModule(t, vectorsFolder), func(c *core.PluginConfig) {
		c.Instances[0].Plugin = "vectors"
		c.Bindings = c.Bindings[:1]
		if change != nil {
			change(&c.Instances[0])
		}
	})
	h := hostOf(t, s, func(o *plugin.Options) {
		if w != nil {
			o.Capabilities = w
		}
		if more != nil {
			more(o)
		}
	})
	return func(steps ...string) (string, error) {
		config := *s.config.Load()
		config.Instances = slices.Clone(config.Instances)
		config.Instances[0].Settings = hook.FromObject(hook.Object{{Name: "calls", Value: hook.Strings(steps)}}).AppendJSON(nil)
		config.Generation++
		s.config.Store(&config)
		claims, _, err := h.MapClaims(t.Context(), inputFor("c"))
		results, _ := claims.Get("v_calls")
		return string(results.AppendJSON(nil)), err
	}
}

func grant(pairs ...string) func(*core.PluginInstance) {
	return func(i *core.PluginInstance) {
		for n := 0; n < len(pairs); n += 2 {
			i.Grants = append(i.Grants, core.PluginGrant{Capability: pairs[n], Target: pairs[n+1]})
		}
	}
}

// TestNotGranted holds item 134: what was not granted is not carried out, the author
// reads why, and the operator sees it counted and once in the audit log.
func TestNotGranted(t *testing.T) {
	w, counts, events := &world{answer: `{}`}, &tally{}, &eventLog{}
	ask := asks(t, w, grant(hook.KV, ""), func(o *plugin.Options) { o.Observer, o.Record = counts, events.add })
	for _, test := range []struct{ step, capability string }{
		{"http.fetch", hook.HTTPFetch}, {"jwt.verify", hook.JWTVerify}, {"secret.get", hook.SecretGet},
		{"oidc.exchange", hook.OIDCExchange}, {"oauth.exchange", hook.OAuthExchange}, {"ldap.bind", hook.LDAPBind}, {"ldap.search", hook.LDAPSearch},
	} {
		for range 3 {
			got, err := ask(test.step)
			if want := `[{"step":"` + test.step + `","error":"denied"}]`; err != nil || got != want {
				t.Errorf("%s: %s, %v; want %s", test.step, got, err, want)
			}
		}
		if n := counts.of("host p vectors " + test.capability + " denied"); n != 3 {
			t.Errorf("%s: counted %d denials", test.capability, n)
		}
	}
	if len(w.asked) > 0 {
		t.Errorf("the world was asked %v", w.asked)
	}
	if got, err := ask("kv.get"); err != nil || got != `[{"step":"kv.get","result":{"found":false,"value":""}}]` {
		t.Errorf("what was granted: %s, %v", got, err)
	}
	var denied []string
	for _, e := range events.take() {
		if e.Type == core.EventPluginDenied {
			denied = append(denied, e.Detail["capability"])
			if e.Detail["hook"] != hook.ClaimsMap {
				t.Errorf("at %q", e.Detail["hook"])
			}
		}
	}
	if len(denied) != 7 {
		t.Errorf("recorded %v", denied)
	}
}

func TestClock(t *testing.T) {
	at := time.UnixMilli(1_800_000_000_123)
	clock := func(o *plugin.Options) { o.Now = func() time.Time { return at } }
	if got, err := asks(t, nil, grant(hook.Clock, ""), clock)("clock"); err != nil || got != `[{"step":"clock","result":1800000000123}]` {
		t.Errorf("granted: %s, %v", got, err)
	}
	_, err := asks(t, nil, nil, clock)("clock")
	if reasonOf(err) != plugin.ReasonDenied || !strings.Contains(err.Error(), "postern plugin grant p clock") {
		t.Errorf("not granted: %v", err)
	}
}

// TestWorld holds what the host keeps of a call of a capability: who asks, how long
// it may take and how much may come back.
func TestWorld(t *testing.T) {
	secrets := []core.PluginSecret{{Name: "api", Sealed: []byte("sealed")}}
	with := func(i *core.PluginInstance) {
		grant(hook.KV, "", hook.SecretGet, "api")(i)
		i.Secrets, i.Limits.Wait = secrets, 300*time.Millisecond
	}
	w := &world{answer: `{"found":true,"value":"v"}`}
	ask := asks(t, w, with, nil)
	if got, err := ask("kv.get", "kv.get"); err != nil || strings.Count(got, `"value":"v"`) != 2 {
		t.Errorf("%s, %v", got, err)
	}
	if len(w.asked) != 2 || w.asked[0] != `kv {"op":"get","key":"count"}` {
		t.Errorf("asked %q", w.asked)
	}
	if c := w.caller; c.Instance != "p" || c.Plugin != "vectors" || c.Hook != hook.ClaimsMap || len(c.Grants) != 2 || len(c.Secrets) != 1 || c.Login != nil {
		t.Errorf("the caller is %+v", c)
	}

	w.takes = 200 * time.Millisecond
	got, err := ask("kv.get", "kv.get", "kv.get")
	if err != nil || strings.Count(got, `"result"`) != 1 || strings.Count(got, `"error":"timeout"`) != 2 {
		t.Errorf("three that take too long together: %s, %v", got, err)
	}

	w.takes, w.answer = 0, `{"value":"`+strings.Repeat("x", 1<<20)+`"}`
	if got, err := ask("kv.get"); err != nil || got != `[{"step":"kv.get","error":"too_large"}]` {
		t.Errorf("a large answer: %s, %v", got, err)
	}
	w.answer, w.code = `{"error":{"code":"denied","message":"not that secret"}}`, hook.CodeDenied
	if got, err := ask("secret.get"); err != nil || got != `[{"step":"secret.get","error":"denied"}]` {
		t.Errorf("another target: %s, %v", got, err)
	}
	w.answer, w.code = `{"found":true}`, ""
	before := len(w.asked)
	got, err = ask(slices.Repeat([]string{"kv.get"}, 70)...)
	if err != nil || strings.Count(got, `"error":"limit"`) != 6 || len(w.asked)-before != 64 {
		t.Errorf("70 calls: %d were carried out, %v", len(w.asked)-before, err)
	}
}

// TestLoginHandsOver holds that the host's half of an upstream sign-in reaches the
// capabilities and not the plugin.
func TestLoginHandsOver(t *testing.T) {
	s, w := &shelf{}, &world{answer: `{"claims":{"sub":"u1"}}`}
	s.install(plugintest.GoModule(t, vectorsFolder), func(c *core.PluginConfig) {
		c.Instances[0].Plugin = "vectors"
		c.Instances[0].Settings = []byte(`{"calls":["oidc.exchange"]}`)
		grant(hook.OIDCExchange, "issuer.example")(&c.Instances[0])
		c.Bindings = []core.PluginBinding{{ID: "1", Instance: "p", Hook: hook.ConnectorLogin}, {ID: "2", Instance: "p", Hook: hook.ConnectorPassword}, {ID: "3", Instance: "p", Hook: hook.EventSink}}
	})
	h := hostOf(t, s, func(o *plugin.Options) { o.Capabilities = w })
	login := &core.UpstreamLogin{Code: "the code", CodeVerifier: "the verifier", Nonce: "n", RedirectURI: "https://id.example/callback"}
	out, err := h.Login(t.Context(), "p", &hook.LoginInput{Phase: hook.PhaseFinish, Parameters: hook.Object{{Name: "subject", Value: hook.String("bob")}}}, login)
	if err != nil || out.Identity == nil || out.Identity.Subject != "bob" {
		t.Fatalf("%+v, %v", out, err)
	}
	if w.caller.Login != login || w.caller.Hook != hook.ConnectorLogin {
		t.Errorf("the caller is %+v", w.caller)
	}
	if all := strings.Join(w.asked, "") + string(out.AppendJSON(nil)); strings.Contains(all, "the code") || strings.Contains(all, "the verifier") {
		t.Errorf("the plugin knows the code: %s", all)
	}
	if out, err := h.Password(t.Context(), "p", &hook.PasswordInput{Name: "bob", Password: "wrong", Address: "192.0.2.1"}); err != nil || !out.Deny || out.Identity != nil {
		t.Errorf("a wrong password: %+v, %v", out, err)
	}
	if err := h.Deliver(t.Context(), "p", &hook.Event{ID: "e1", Type: "signin.succeeded"}); err != nil {
		t.Errorf("an event: %v", err)
	}
	if _, err := h.Login(t.Context(), "nobody", &hook.LoginInput{Phase: hook.PhaseBegin}, nil); reasonOf(err) != plugin.ReasonUnavailable {
		t.Errorf("an instance that there is not: %v", err)
	}
}

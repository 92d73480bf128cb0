package plugin_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/plugin"
	"github.com/postern-id/postern/plugins"
	"github.com/postern-id/postern/plugins/miniorange"
	"github.com/postern-id/postern/sdk/hook"
)

// answering makes a host of plugins p0, p1, ... that give these outputs whatever
// they are asked, bound for all clients in that order.
func answering(t *testing.T, hookName string, change func(*core.PluginConfig), outputs ...string) (*plugin.Host, *eventLog) {
	t.Helper()
	ids := []string{"p0", "p1", "p2"}[:len(outputs)]
	config := configOf(ids...)
	if change != nil {
		change(config)
	}
	events := &eventLog{}
	o := options(guest{manifests: manifestsOf(hookName, ids...), outputs: outputs}.build(), &fakeSource{config: config}, sharedCache)
	o.Record = events.add
	h, err := plugin.New(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close(context.Background()) })
	return h, events
}

// TestRefuseProtectedClaims holds item 132.
func TestRefuseProtectedClaims(t *testing.T) {
	for _, claim := range hook.Protected {
		for name, output := range map[string]string{
			"set":    `{"set":{"email":"x","` + claim + `":"mallory"},"remove":[]}`,
			"remove": `{"remove":["email","` + claim + `"]}`,
			// The same name, written so that a comparison of bytes misses it.
			"set_escaped": `{"set":{"\u00` + hexOf(claim[0]) + claim[1:] + `":null}}`,
		} {
			t.Run("132_"+name+"_"+claim, func(t *testing.T) {
				h, events := answering(t, hook.ClaimsMap, nil, output)
				in := claimsInput()
				claims, origins, err := h.MapClaims(t.Context(), in)
				failure, ok := errors.AsType[*plugin.CallError](err)
				if !ok || failure.Reason != plugin.ReasonProtected || failure.Claim != claim || claims != nil || origins != nil {
					t.Fatalf("got %s, %v", claims.AppendJSON(nil), err)
				}
				list := events.take()
				if len(list) != 1 || list[0].Type != core.EventPluginFailed || list[0].Detail["claim"] != claim || list[0].ID == "" {
					t.Errorf("events %+v", list)
				}
			})
		}
	}
}

func hexOf(c byte) string {
	const digits = "0123456789abcdef"
	return string([]byte{digits[c>>4], digits[c&15]})
}

func TestMapClaims(t *testing.T) {
	h, _ := answering(t, hook.ClaimsMap, nil,
		`{"set":{"email":"new@example.com","team":"a","z":1},"remove":["name","absent"]}`,
		`{"set":{"team":"b"},"remove":["z"]}`,
	)
	in := claimsInput()
	in.Claims = hook.Object{
		{Name: "iss", Value: hook.String("i")}, {Name: "email", Value: hook.String("e")}, {Name: "name", Value: hook.String("n")},
	}
	before := string(in.Claims.AppendJSON(nil))
	claims, origins, err := h.MapClaims(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(claims.AppendJSON(nil)), `{"iss":"i","email":"new@example.com","team":"b"}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if string(in.Claims.AppendJSON(nil)) != before {
		t.Error("the caller's claims were changed")
	}
	want := []hook.Origin{
		{Claim: "name", Instance: "p0", Plugin: "p0", Removed: true}, {Claim: "email", Instance: "p0", Plugin: "p0"},
		{Claim: "z", Instance: "p1", Plugin: "p1", Removed: true}, {Claim: "team", Instance: "p1", Plugin: "p1"},
	}
	if !reflect.DeepEqual(origins, want) {
		t.Errorf("origins %+v, want %+v", origins, want)
	}
}

func TestMapClaimsOpenAndClosed(t *testing.T) {
	for _, failOpen := range []bool{false, true} {
		h, events := answering(t, hook.ClaimsMap, func(c *core.PluginConfig) {
			for i := range c.Bindings {
				c.Bindings[i].FailOpen = failOpen
			}
		}, `{"set":{"iss":"mallory"}}`, `{"set":{"second":true}}`)
		claims, _, err := h.MapClaims(t.Context(), inputFor("c"))
		if (err == nil) != failOpen || len(events.take()) != 1 {
			t.Errorf("open %v: %v, %d events", failOpen, err, len(events.take()))
		}
		if failOpen && string(claims.AppendJSON(nil)) != `{"second":true}` {
			t.Errorf("got %s", claims.AppendJSON(nil))
		}
	}
}

func TestNothingBound(t *testing.T) {
	h := newHost(t, []byte("no module at all"), &fakeSource{config: &core.PluginConfig{}})
	in := claimsInput()
	claims, origins, err := h.MapClaims(t.Context(), in)
	if err != nil || origins != nil || !reflect.DeepEqual(claims, in.Claims) {
		t.Errorf("MapClaims: %v, %v, %v", claims, origins, err)
	}
	if doc, bound, err := h.ShapeAccount(t.Context(), accountInput()); doc != nil || bound || err != nil {
		t.Errorf("ShapeAccount: %s, %v, %v", doc, bound, err)
	}
	out, err := h.DecideScopes(t.Context(), &hook.ScopeInput{Scopes: []string{"openid"}})
	if err != nil || !reflect.DeepEqual(out, hook.ScopeOutput{Scopes: []string{"openid"}}) {
		t.Errorf("DecideScopes: %+v, %v", out, err)
	}
	if err := h.Ready(t.Context()); err != nil {
		t.Errorf("Ready: %v", err)
	}
	allocations := testing.AllocsPerRun(100, func() {
		if _, _, err := h.MapClaims(t.Context(), in); err != nil {
			t.Fatal(err)
		}
	})
	if allocations > 0 {
		t.Errorf("%v allocations when nothing is bound", allocations)
	}
}

func TestShapeAccountByteForByte(t *testing.T) {
	const text = " {\n\"z\" : 1.50e+1, \"a\":\"\\u0041\\/\" }\n"
	h, _ := answering(t, hook.AccountShape, nil, text)
	doc, bound, err := h.ShapeAccount(t.Context(), accountInput())
	if err != nil || !bound || string(doc) != text {
		t.Errorf("%q, %v, %v", doc, bound, err)
	}
}

func TestShapeAccountRefuses(t *testing.T) {
	for _, output := range []string{
		`{"a":1,"a":2}`, `[]`, `"x"`, `{"a":NaN}`, "{\"a\":\"\xff\"}", `{"a":"\ud800"}`, `{"a":1}{}`, ``,
		`{"a":` + strings.Repeat("[", 1000) + strings.Repeat("]", 1000) + `}`,
	} {
		module := guest{
			manifests: manifestsOf(hook.AccountShape, "evil", "good"), outputs: []string{`{}`, `{}`},
			evil: answer(output),
		}.build()
		host := newHost(t, module, &fakeSource{config: configOf("evil")})
		doc, bound, err := host.ShapeAccount(t.Context(), accountInput())
		if reasonOf(err) != plugin.ReasonOutput || !bound || doc != nil {
			t.Errorf("%.40q: %q, %v, %v", output, doc, bound, err)
		}
	}
}

// TestShapeAccountOfTheClient holds that a binding to the client goes before one
// to all.
func TestShapeAccountOfTheClient(t *testing.T) {
	h, _ := answering(t, hook.AccountShape, func(c *core.PluginConfig) {
		for i := range c.Bindings {
			if c.Bindings[i].Instance == "p1" {
				c.Bindings[i].ClientID = "special"
			}
		}
	}, `{"for":"all"}`, `{"for":"special"}`)
	for client, want := range map[string]string{"special": `{"for":"special"}`, "other": `{"for":"all"}`} {
		in := accountInput()
		in.Client.ID = client
		if doc, _, err := h.ShapeAccount(t.Context(), in); err != nil || string(doc) != want {
			t.Errorf("%s: %s, %v", client, doc, err)
		}
	}
}

// TestRefuseWiderScopes holds item 137.
func TestRefuseWiderScopes(t *testing.T) {
	asked := []string{"openid", "email", "phone"}
	for name, test := range map[string]struct {
		outputs []string
		want    hook.ScopeOutput
		reason  plugin.Reason
	}{
		"nothing said":      {[]string{`{}`}, hook.ScopeOutput{Scopes: asked}, ""},
		"narrowed":          {[]string{`{"scopes":["phone","openid"]}`}, hook.ScopeOutput{Scopes: []string{"openid", "phone"}}, ""},
		"none left":         {[]string{`{"scopes":[]}`}, hook.ScopeOutput{Scopes: []string{}}, ""},
		"twice the same":    {[]string{`{"scopes":["openid","openid"]}`}, hook.ScopeOutput{Scopes: []string{"openid"}}, ""},
		"both narrow":       {[]string{`{"scopes":["openid","email"]}`, `{"scopes":["email"]}`}, hook.ScopeOutput{Scopes: []string{"email"}}, ""},
		"wider than asked":  {[]string{`{"scopes":["openid","admin"]}`}, hook.ScopeOutput{Deny: true}, plugin.ReasonWider},
		"union of two":      {[]string{`{"scopes":["openid"]}`, `{"scopes":["openid","email"]}`}, hook.ScopeOutput{Deny: true}, plugin.ReasonWider},
		"deny wins, first":  {[]string{`{"deny":true,"reason":"No."}`, `{"scopes":["openid"]}`}, hook.ScopeOutput{Deny: true, Reason: "No."}, ""},
		"deny wins, second": {[]string{`{"scopes":["openid"],"fresh":true}`, `{"deny":true,"reason":"a\nb\u001b[31m"}`}, hook.ScopeOutput{Deny: true, Reason: "a b [31m"}, ""},
		"all demands": {
			[]string{`{"fresh":true,"acr":"2"}`, `{"consent":true,"acr":"2"}`, `{}`},
			hook.ScopeOutput{Scopes: asked, Fresh: true, Consent: true, ACR: "2"}, "",
		},
		"two classes":      {[]string{`{"acr":"2"}`, `{"acr":"3"}`}, hook.ScopeOutput{Deny: true}, plugin.ReasonConflict},
		"not the message":  {[]string{`{}`, `{"scope":["openid"]}`}, hook.ScopeOutput{Deny: true}, plugin.ReasonOutput},
		"scopes of null":   {[]string{`{"scopes":null}`}, hook.ScopeOutput{Deny: true}, plugin.ReasonOutput},
		"a case apart":     {[]string{`{"scopes":["OpenID"]}`}, hook.ScopeOutput{Deny: true}, plugin.ReasonWider},
		"after it deny":    {[]string{`{"scopes":["admin"]}`, `{"deny":true}`}, hook.ScopeOutput{Deny: true}, plugin.ReasonWider},
		"failure is final": {[]string{`[`, `{}`}, hook.ScopeOutput{Deny: true}, plugin.ReasonOutput},
	} {
		t.Run("137_"+strings.ReplaceAll(name, " ", "_"), func(t *testing.T) {
			ids := []string{"evil", "p1", "p2"}[:len(test.outputs)]
			safe := make([]string, len(ids))
			var code []byte
			for n, output := range test.outputs { // bad answers only after the self-test
				safe[n] = `{}`
				code = append(code, ifPlugin(n, answer(output))...)
			}
			config := configOf(ids...)
			for i := range config.Bindings {
				config.Bindings[i].FailOpen = true // must not matter for policies
			}
			events := &eventLog{}
			o := options(guest{manifests: manifestsOf(hook.ScopePolicy, ids...), outputs: safe, evil: code, shared: true}.build(),
				&fakeSource{config: config}, sharedCache)
			o.Record = events.add
			h, err := plugin.New(t.Context(), o)
			if err != nil {
				t.Fatal(err)
			}
			defer h.Close(context.Background())
			out, err := h.DecideScopes(t.Context(), &hook.ScopeInput{Scopes: asked, GrantType: core.GrantAuthorizationCode})
			if reasonOf(err) != test.reason || !reflect.DeepEqual(out, test.want) {
				t.Errorf("got %+v, %v; want %+v, %q", out, err, test.want, test.reason)
			}
			if failed := len(events.take()) == 1; failed != (test.reason != "") {
				t.Errorf("events %+v", events.take())
			}
			// What is explained is what is decided.
			said, again, err := h.ExplainScopes(t.Context(), &hook.ScopeInput{Scopes: asked, GrantType: core.GrantAuthorizationCode})
			if reasonOf(err) != test.reason || !reflect.DeepEqual(again, test.want) {
				t.Errorf("explained %+v, %v; want %+v, %q", again, err, test.want, test.reason)
			}
			for i, d := range said {
				last := i == len(said)-1
				if d.Instance != ids[i] || d.Plugin != ids[i] || (d.Failure != nil) != (last && test.reason != "") || d.Output.Deny != (last && out.Deny && err == nil) {
					t.Errorf("instance %d said %+v", i, d)
				}
			}
			if ended := out.Deny; len(said) == 0 || !ended && len(said) != len(ids) {
				t.Errorf("%d instances were asked", len(said))
			}
		})
	}
}

// TestExplainScopes holds that each answer is told with what it was about, and that a
// shadow's is told and changes nothing.
func TestExplainScopes(t *testing.T) {
	config := configOf("evil", "p1", "p2")
	for i := range config.Bindings {
		config.Bindings[i].Shadow = config.Bindings[i].Instance == "p1"
	}
	code := slices.Concat(ifPlugin(0, answer(`{"scopes":["openid","email"]}`)), ifPlugin(1, answer(`{"deny":true,"reason":"No."}`)), ifPlugin(2, answer(`{"acr":"2"}`)))
	module := guest{manifests: manifestsOf(hook.ScopePolicy, "evil", "p1", "p2"), outputs: []string{`{}`, `{}`, `{}`}, evil: code, shared: true}.build()
	h, err := plugin.New(t.Context(), options(module, &fakeSource{config: config}, sharedCache))
	if err != nil {
		t.Fatal(err)
	}
	defer h.Close(context.Background())
	said, out, err := h.ExplainScopes(t.Context(), &hook.ScopeInput{Scopes: []string{"openid", "email", "phone"}, GrantType: core.GrantAuthorizationCode})
	left := []string{"openid", "email"}
	want := []hook.Decision{
		{Instance: "evil", Plugin: "evil", Asked: []string{"openid", "email", "phone"}, Output: hook.ScopeOutput{Scopes: left}},
		{Instance: "p1", Plugin: "p1", Shadow: true, Asked: left, Output: hook.ScopeOutput{Deny: true, Reason: "No."}},
		{Instance: "p2", Plugin: "p2", Asked: left, Output: hook.ScopeOutput{ACR: "2"}},
	}
	if err != nil || !reflect.DeepEqual(out, hook.ScopeOutput{Scopes: left, ACR: "2"}) || !reflect.DeepEqual(said, want) {
		t.Errorf("got  %+v, %+v, %v\nwant %+v", said, out, err, want)
	}
}

// TestRefuseBrokenSource holds that nothing is decided when it is not known what
// is bound.
func TestRefuseBrokenSource(t *testing.T) {
	h := newHost(t, plugins.Builtin(), &fakeSource{err: errors.New("database is gone")})
	if _, _, err := h.MapClaims(t.Context(), claimsInput()); err == nil {
		t.Error("MapClaims answers")
	}
	if _, _, err := h.ShapeAccount(t.Context(), accountInput()); err == nil {
		t.Error("ShapeAccount answers")
	}
	if out, err := h.DecideScopes(t.Context(), &hook.ScopeInput{Scopes: []string{"openid"}}); err == nil || !out.Deny || out.Scopes != nil {
		t.Errorf("DecideScopes answers %+v", out)
	}
	if h.Ready(t.Context()) == nil || h.Warm(t.Context()) == nil {
		t.Error("the host is ready")
	}
}

// TestRefuseWhatIsNotThere holds that a binding that leads nowhere fails.
func TestRefuseWhatIsNotThere(t *testing.T) {
	for name, change := range map[string]func(*core.PluginConfig){
		"no such instance": func(c *core.PluginConfig) { c.Instances = nil },
		"no such plugin":   func(c *core.PluginConfig) { c.Instances[0].Plugin = "absent" },
		"no such hook":     func(c *core.PluginConfig) { c.Instances[0].Plugin = "scopes" },
		"no such module":   func(c *core.PluginConfig) { c.Instances[0].Module = "0123" },
		"broken settings":  func(c *core.PluginConfig) { c.Instances[0].Settings = []byte(`{`) },
	} {
		config := configOf("miniorange")
		change(config)
		h := newHost(t, plugins.Builtin(), &fakeSource{config: config})
		if claims, _, err := h.MapClaims(t.Context(), claimsInput()); reasonOf(err) != plugin.ReasonUnavailable || claims != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, bound, err := h.ShapeAccount(t.Context(), accountInput()); reasonOf(err) != plugin.ReasonUnavailable || !bound {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestBindings holds who is asked for which client, in which order, and that a
// change of the configuration is seen at once.
func TestBindings(t *testing.T) {
	source := &fakeSource{config: configOf("p0", "p1", "p2")}
	h := newHost(t, guest{
		manifests: manifestsOf(hook.ClaimsMap, "p0", "p1", "p2"),
		outputs:   []string{`{"set":{"a":0}}`, `{"set":{"b":1}}`, `{"set":{"c":2}}`},
	}.build(), source)
	bind := func(pairs ...[2]string) {
		config := configOf("p0", "p1", "p2")
		config.Bindings = nil
		for _, pair := range pairs {
			config.Bindings = append(config.Bindings, core.PluginBinding{Instance: pair[0], ClientID: pair[1], Hook: hook.ClaimsMap})
		}
		source.config = config
	}
	for _, test := range []struct {
		bindings [][2]string
		client   string
		want     string
	}{
		{[][2]string{{"p2", ""}, {"p0", ""}}, "x", `{"c":2,"a":0}`},
		{[][2]string{{"p1", "x"}, {"p0", ""}, {"p2", "x"}}, "x", `{"b":1,"a":0,"c":2}`},
		{[][2]string{{"p1", "x"}, {"p0", ""}, {"p2", "x"}}, "y", `{"a":0}`},
		{[][2]string{{"p1", "x"}}, "y", `{}`},
		{[][2]string{{"p0", ""}, {"p1", "x"}, {"p0", "x"}}, "x", `{"a":0,"b":1}`},
	} {
		bind(test.bindings...)
		claims, _, err := h.MapClaims(t.Context(), inputFor(test.client))
		if got := string(claims.AppendJSON(nil)); err != nil || got != test.want {
			t.Errorf("%v for %s: %s, %v; want %s", test.bindings, test.client, got, err, test.want)
		}
	}
}

// TestBuiltin holds that the shipped plugins say the same inside the sandbox and
// outside.
func TestBuiltin(t *testing.T) {
	h := newHost(t, plugins.Builtin(), &fakeSource{config: configOf("miniorange")})
	for range 3 {
		native, err := miniorange.Account(accountInput())
		if err != nil {
			t.Fatal(err)
		}
		doc, bound, err := h.ShapeAccount(t.Context(), accountInput())
		if want := string(native.AppendJSON(nil)); err != nil || !bound || string(doc) != want {
			t.Fatalf("%s, %v; want %s", doc, err, want)
		}
		claims, origins, err := h.MapClaims(t.Context(), claimsInput())
		if groups, _ := claims.Get("groups"); err != nil || len(origins) == 0 || groups.Strings()[0] != "confluence-users" {
			t.Fatalf("%s, %v", claims.AppendJSON(nil), err)
		}
	}
}

func TestBuiltinScopes(t *testing.T) {
	config := configOf("scopes")
	config.Instances[0].Settings = []byte(`{"rules":[{"scopes":["email"],"groups":["staff"]},{"clients":["wiki"],"scopes":["openid"],"groups":["staff"],"otherwise":"deny","reason":"Staff only."}]}`)
	h := newHost(t, plugins.Builtin(), &fakeSource{config: config})
	in := &hook.ScopeInput{Client: hook.Client{ID: "x"}, Scopes: []string{"openid", "email"}, User: hook.User{Groups: []string{"guests"}}}
	out, err := h.DecideScopes(t.Context(), in)
	if err != nil || !reflect.DeepEqual(out, hook.ScopeOutput{Scopes: []string{"openid"}}) {
		t.Errorf("%+v, %v", out, err)
	}
	in.Client.Name = "wiki"
	out, err = h.DecideScopes(t.Context(), in)
	if err != nil || !reflect.DeepEqual(out, hook.ScopeOutput{Deny: true, Reason: "Staff only."}) {
		t.Errorf("%+v, %v", out, err)
	}
}

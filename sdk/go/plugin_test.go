package postern_test

import (
	"errors"
	"reflect"
	"slices"
	"testing"

	postern "github.com/postern-id/postern/sdk/go"
	"github.com/postern-id/postern/sdk/hook"
)

func testModule() *postern.Module {
	return postern.NewModule(
		postern.Plugin{
			Manifest: hook.Manifest{ID: "all", Version: "1", Settings: hook.FromObject(nil)},
			Claims: func(in *hook.ClaimsInput) (*hook.ClaimsOutput, error) {
				return &hook.ClaimsOutput{Set: hook.Object{{Name: "who", Value: hook.String(in.User.Name)}}}, nil
			},
			Account: func(in *hook.AccountInput) (hook.Object, error) {
				return hook.Object{{Name: "z", Value: hook.String(in.User.Name)}, {Name: "a", Value: hook.Bool(true)}}, nil
			},
			Scopes: func(in *hook.ScopeInput) (*hook.ScopeOutput, error) {
				return &hook.ScopeOutput{Scopes: in.Scopes[:1]}, nil
			},
		},
		postern.Plugin{
			Manifest: hook.Manifest{ID: "account", Hooks: []string{"wrong"}, Settings: hook.FromObject(nil)},
			Account:  func(*hook.AccountInput) (hook.Object, error) { return nil, errors.New("no account") },
		},
		connector(),
		postern.Plugin{
			Manifest: hook.Manifest{ID: "silent", Settings: hook.FromObject(nil)},
			Claims:   func(*hook.ClaimsInput) (*hook.ClaimsOutput, error) { return nil, nil },
			Scopes:   func(*hook.ScopeInput) (*hook.ScopeOutput, error) { return nil, nil },
		},
	)
}

func connector() postern.Plugin {
	return postern.Plugin{
		Manifest: hook.Manifest{ID: "connector"},
		Event: func(in *hook.EventInput) error {
			if in.Event.Type == "" {
				return errors.New("no type")
			}
			return nil
		},
		Password: func(in *hook.PasswordInput) (*hook.PasswordOutput, error) {
			return &hook.PasswordOutput{Identity: &hook.Identity{Subject: in.Name + in.Password}}, nil
		},
		LoginFinish: func(in *hook.LoginInput) (*hook.LoginOutput, error) {
			return &hook.LoginOutput{Identity: &hook.Identity{Subject: "s", Claims: in.Data}}, nil
		},
		LoginBegin: func(in *hook.LoginInput) (*hook.LoginOutput, error) {
			return &hook.LoginOutput{Redirect: &hook.LoginRedirect{Issuer: in.LoginHint}}, nil
		},
	}
}

func TestDescribe(t *testing.T) {
	manifests, err := hook.ParseManifests(testModule().Describe())
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{
		"all": {hook.ClaimsMap, hook.AccountShape, hook.ScopePolicy}, "account": {hook.AccountShape},
		"connector": {hook.ConnectorLogin, hook.ConnectorPassword, hook.EventSink},
		"silent":    {hook.ClaimsMap, hook.ScopePolicy},
	}
	for _, m := range manifests {
		if m.HostAPI != postern.HostAPI || !reflect.DeepEqual(m.Hooks, want[m.ID]) {
			t.Errorf("%s: host API %d, hooks %v, want %v", m.ID, m.HostAPI, m.Hooks, want[m.ID])
		}
	}
	if len(manifests) != len(want) {
		t.Errorf("%d manifests", len(manifests))
	}
}

// TestDescribeFillsIn holds that the smallest plugin has what the host asks for: a
// schema, and for each hook a sample that the plugin can answer.
func TestDescribeFillsIn(t *testing.T) {
	module := postern.NewModule(postern.Plugin{
		Manifest: hook.Manifest{ID: "small", Samples: []hook.Sample{{Hook: hook.ScopePolicy, Input: hook.FromObject(nil)}}},
		Claims:   func(*hook.ClaimsInput) (*hook.ClaimsOutput, error) { return nil, nil },
		Account:  func(*hook.AccountInput) (hook.Object, error) { return nil, nil },
		Scopes:   func(*hook.ScopeInput) (*hook.ScopeOutput, error) { return nil, nil },
	})
	manifests, err := hook.ParseManifests(module.Describe())
	if err != nil {
		t.Fatal(err)
	}
	m := manifests[0]
	if got := string(m.Settings.AppendJSON(nil)); got != `{"type":"object","additionalProperties":false}` {
		t.Errorf("settings %s", got)
	}
	if len(m.Samples) != 3 || m.Samples[0].Hook != hook.ScopePolicy {
		t.Fatalf("samples %+v", m.Samples)
	}
	for _, sample := range m.Samples {
		for number, name := range m.Hooks {
			if name != sample.Hook {
				continue
			}
			if _, err := module.Call(0, number, sample.Input.AppendJSON(nil)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

func TestCall(t *testing.T) {
	for _, test := range []struct {
		plugin, hook int
		input, want  string // empty: it must fail
	}{
		{0, 0, `{"user":{"name":"bob"}}`, `{"set":{"who":"bob"}}`},
		{0, 1, `{"user":{"name":"bob"}}`, `{"z":"bob","a":true}`},
		{0, 2, `{"scopes":["a","b"]}`, `{"scopes":["a"]}`},
		{2, 0, `{"phase":"begin","login_hint":"i"}`, `{"redirect":{"issuer":"i"}}`},
		{2, 0, `{"phase":"finish","data":{"a":1}}`, `{"identity":{"subject":"s","claims":{"a":1}}}`},
		{2, 0, `{"phase":"middle"}`, ""},
		{2, 0, `{}`, ""},
		{2, 1, `{"name":"a","password":"b"}`, `{"identity":{"subject":"ab"}}`},
		{2, 1, `[]`, ""},
		{2, 2, `{"event":{}}`, ""},
		{2, 2, `{"event":[]}`, ""},
		{2, 3, `{}`, ""},
		{3, 0, `{}`, `{}`},
		{3, 1, `{}`, `{}`},
		{1, 0, `{}`, ""},
		{0, 0, `{`, ""},
		{0, 1, `[]`, ""},
		{0, 2, `{"scopes":null}`, ""},
		{0, 3, `{}`, ""},
		{0, -1, `{}`, ""},
		{4, 0, `{}`, ""},
		{-1, 0, `{}`, ""},
	} {
		got, err := testModule().Call(test.plugin, test.hook, []byte(test.input))
		if (err != nil) != (test.want == "") || string(got) != test.want {
			t.Errorf("Call(%d, %d, %s) = %s, %v; want %s", test.plugin, test.hook, test.input, got, err, test.want)
		}
	}
}

// TestEventGivesNothing holds that a sink that took the event writes nothing.
func TestEventGivesNothing(t *testing.T) {
	got, err := testModule().Call(2, 2, []byte(`{"event":{"type":"a"}}`))
	if len(got) != 0 || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}

// TestHalfAConnector holds that a phase without a function fails, and that none of
// the others passes for it.
func TestHalfAConnector(t *testing.T) {
	half := connector()
	half.LoginBegin = nil
	module := postern.NewModule(half)
	if out, err := module.Call(0, 0, []byte(`{"phase":"begin"}`)); err == nil {
		t.Errorf("begin gives %s", out)
	}
	if _, err := module.Call(0, 0, []byte(`{"phase":"finish"}`)); err != nil {
		t.Errorf("finish: %v", err)
	}
}

// TestEveryHook holds that a plugin may implement all, in the order of hook.Names.
func TestEveryHook(t *testing.T) {
	all := connector()
	all.Claims = func(*hook.ClaimsInput) (*hook.ClaimsOutput, error) { return nil, nil }
	all.Account = func(*hook.AccountInput) (hook.Object, error) { return nil, nil }
	all.Scopes = func(*hook.ScopeInput) (*hook.ScopeOutput, error) { return nil, nil }
	all.Event = func(*hook.EventInput) error { return nil }
	module := postern.NewModule(all)
	manifests, err := hook.ParseManifests(module.Describe())
	if err != nil || !slices.Equal(manifests[0].Hooks, hook.Names[:]) || len(manifests[0].Samples) != len(hook.Names) {
		t.Fatalf("%+v, %v", manifests, err)
	}
	for number, sample := range manifests[0].Samples {
		if _, err := module.Call(0, number, sample.Input.AppendJSON(nil)); err != nil || sample.Hook != hook.Names[number] {
			t.Errorf("%s: %v", sample.Hook, err)
		}
	}
}

func TestRegister(t *testing.T) {
	module := postern.Register(postern.Plugin{Manifest: hook.Manifest{ID: "one", Settings: hook.FromObject(nil)}})
	manifests, err := hook.ParseManifests(module.Describe())
	if err != nil || len(manifests) != 1 || manifests[0].ID != "one" {
		t.Errorf("%+v, %v", manifests, err)
	}
}

package postern_test

import (
	"errors"
	"reflect"
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
		postern.Plugin{
			Manifest: hook.Manifest{ID: "silent", Settings: hook.FromObject(nil)},
			Claims:   func(*hook.ClaimsInput) (*hook.ClaimsOutput, error) { return nil, nil },
			Scopes:   func(*hook.ScopeInput) (*hook.ScopeOutput, error) { return nil, nil },
		},
	)
}

func TestDescribe(t *testing.T) {
	manifests, err := hook.ParseManifests(testModule().Describe())
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{
		"all": {hook.ClaimsMap, hook.AccountShape, hook.ScopePolicy}, "account": {hook.AccountShape},
		"silent": {hook.ClaimsMap, hook.ScopePolicy},
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
		{2, 0, `{}`, `{}`},
		{2, 1, `{}`, `{}`},
		{1, 0, `{}`, ""},
		{0, 0, `{`, ""},
		{0, 1, `[]`, ""},
		{0, 2, `{"scopes":null}`, ""},
		{0, 3, `{}`, ""},
		{0, -1, `{}`, ""},
		{3, 0, `{}`, ""},
		{-1, 0, `{}`, ""},
	} {
		got, err := testModule().Call(test.plugin, test.hook, []byte(test.input))
		if (err != nil) != (test.want == "") || string(got) != test.want {
			t.Errorf("Call(%d, %d, %s) = %s, %v; want %s", test.plugin, test.hook, test.input, got, err, test.want)
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

package admin_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// What is asked for stands beside what was given, and what nobody asked for apart.
func TestInstances(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.install("v1", directory("1.0.0"))
	w.instance("directory")
	if _, err := w.BindPlugin(ctx, actor, admin.Bind{Plugin: "scopes"}); err != nil {
		t.Fatal(err)
	}
	wide, port := core.PluginGrant{Capability: "http.fetch", Target: "*.example.org"}, core.PluginGrant{Capability: "http.fetch", Target: "b.example.org:8443"}
	ldap, clock := core.PluginGrant{Capability: "ldap.search", Target: "dc.example.org:636"}, core.PluginGrant{Capability: "clock"}
	other := core.PluginGrant{Capability: "http.fetch", Target: "c.example.com"}
	for _, g := range []core.PluginGrant{wide, port, ldap, clock, other} {
		if err := w.Grant(ctx, actor, "directory", g.Capability, g.Target, true); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"api_key", "coming"} {
		if err := w.SetSecret(ctx, actor, "directory", name, []byte("x"), true); err != nil {
			t.Fatal(err)
		}
	}
	all, err := w.Instances(ctx)
	if err != nil || len(all) != 2 || all[0].Name != "directory" || all[1].Name != "scopes" {
		t.Fatalf("%+v, %v", all, err)
	}
	if s := all[1]; len(s.Asked) != 0 || len(s.Bindings) != 1 || s.Bindings[0].Hook != core.HookScopes || !slices.Equal(s.Hooks, []string{core.HookScopes}) {
		t.Errorf("got %+v", s)
	}
	got, err := w.FindInstance(ctx, "directory")
	if err != nil || got.Version != "1.0.0" || len(got.Hooks) != 3 || len(got.Bindings) != 0 {
		t.Fatalf("%+v, %v", got, err)
	}
	want := []struct {
		what   string
		given  bool
		grants []core.PluginGrant
	}{
		{"http.fetch for a.example.org (Reads the directory)", true, []core.PluginGrant{wide}},
		{"http.fetch for b.example.org:8443 (Reads the directory)", true, []core.PluginGrant{port}},
		{"ldap.search (Searches people)", true, []core.PluginGrant{ldap}},
		{"kv", false, nil},
		{"secret.get for api_key", false, nil},
		{"the secret api_key (Key of the directory)", true, nil},
		{"the secret spare", false, nil},
	}
	if len(got.Asked) != len(want) {
		t.Fatalf("asked for %+v", got.Asked)
	}
	for i, a := range got.Asked {
		if a.String() != want[i].what || a.Given != want[i].given || !slices.Equal(a.Grants, want[i].grants) {
			t.Errorf("got %+v, want %+v", a, want[i])
		}
		if (a.Secret == "api_key") != a.SetAt.Equal(w.now) {
			t.Errorf("%s was set at %s", a, a.SetAt)
		}
	}
	if u := got.Unasked; !slices.Equal(u.Grants, []core.PluginGrant{clock, other}) || len(u.Secrets) != 1 || u.Secrets[0].Name != "coming" {
		t.Errorf("not asked for: %+v", u)
	}
	if _, err := w.FindInstance(ctx, "nothing"); !errors.Is(err, core.ErrNotFound) {
		t.Error(err)
	}
}

// An instance of which nothing is known any more is shown all the same.
func TestInstanceOfNothing(t *testing.T) {
	w := newWorld(t)
	w.install("v1", plugin("p", "1.0.0"))
	w.instance("p")
	if err := w.Grant(t.Context(), actor, "p", "kv", "", true); err != nil {
		t.Fatal(err)
	}
	if err := w.store.Apply(t.Context(), core.DeleteReleases{Plugin: "p"}); err != nil {
		t.Fatal(err)
	}
	got, err := w.FindInstance(t.Context(), "p")
	if err != nil || got.Version != "" || len(got.Asked) != 0 || len(got.Unasked.Grants) != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestSetSettings(t *testing.T) {
	w := newWorld(t)
	p := plugin("p", "1.0.0")
	p.Settings = []byte("key")
	w.install("v1", p)
	if _, err := w.CreateInstance(t.Context(), actor, "", "p", []byte(`{"key":1}`)); err != nil {
		t.Fatal(err)
	}
	w.event(core.EventPluginConfigured)
	set := func(settings string) error { return w.SetSettings(t.Context(), actor, "p", []byte(settings)) }
	for settings, want := range map[string]string{
		"":   `the settings are no JSON object | give a JSON object, such as {"group_prefix": true}`,
		"[]": `the settings are no JSON object | give a JSON object, such as {"group_prefix": true}`,
		"{}": `the settings do not suit plugin "p": settings must have "key" | run 'postern plugin inspect p' to see what they may be`,
	} {
		if got := says(t, set(settings)); !slices.Equal(got, []string{want}) {
			t.Errorf("%s: got %q", settings, got)
		}
	}
	if err := set(`{"key":1}`); err != nil {
		t.Error(err)
	}
	w.silent()
	if err := set(`{"key":2,"more":3}`); err != nil || string(w.stored("p").Settings) != `{"key":2,"more":3}` {
		t.Errorf("%s, %v", w.stored("p").Settings, err)
	}
	if detail := w.event(core.EventPluginConfigured); detail["change"] != "settings" || detail["fields"] != "key more" {
		t.Errorf("recorded %v", detail)
	}
	if err := w.SetSettings(t.Context(), actor, "nothing", []byte("{}")); !errors.Is(err, core.ErrNotFound) {
		t.Error(err)
	}
}

func TestReleases(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.run("v1", plugin("p", "1.0.0"), plugin("q", "1.0.0"))
	w.modules["v2"] = []admin.Plugin{plugin("p", "2.0.0")}
	if _, err := w.InstallPlugin(ctx, actor, admin.Install{Code: []byte("v2"), Source: "oci://r/p:2", Signed: true, Signer: "acme", Pin: digest("v2")}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.RollbackPlugin(ctx, actor, admin.Rollback{Plugin: "p"}); err != nil {
		t.Fatal(err)
	}
	releases, err := w.Releases(ctx, "p")
	if err != nil || len(releases) != 3 {
		t.Fatalf("%+v, %v", releases, err)
	}
	for i, want := range []admin.Release{
		{PluginRelease: core.PluginRelease{Version: "1.0.0", Module: digest("v1")}, Size: 2, Source: "v1.wasm", Running: true},
		{PluginRelease: core.PluginRelease{Version: "2.0.0", Module: digest("v2")}, Size: 2, Source: "oci://r/p:2", Signer: "acme", Pinned: true},
		{PluginRelease: core.PluginRelease{Version: "1.0.0", Module: digest("v1")}, Size: 2, Source: "v1.wasm"},
	} {
		got := releases[i]
		if got.ID == "" || got.CreatedAt.IsZero() || got.Plugin != "p" {
			t.Errorf("got %+v", got)
		}
		got.PluginRelease = core.PluginRelease{Version: got.Version, Module: got.Module}
		if got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
	if got := says(t, second(w.Releases(ctx, "scopes"))); got[0] != `the plugin "scopes" comes with Postern: it was not installed | it changes with Postern itself` {
		t.Errorf("got %q", got)
	}
	if _, err := w.Releases(ctx, "nothing"); !errors.Is(err, core.ErrNotFound) {
		t.Error(err)
	}
}

func second[T any](_ T, err error) error { return err }

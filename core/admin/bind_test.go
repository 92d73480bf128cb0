package admin_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

func TestCreateInstance(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	needy := plugin("needy", "1.0.0")
	needy.Settings = []byte("key")
	w.install("v1", needy)
	for _, tt := range []struct {
		name, plugin, settings string
		want                   []string
	}{
		{"A b", "needy", `{"key":1}`, []string{"instance"}},
		{"", "needy", "", []string{"settings"}},
		{"-", "needy", "[]", []string{"instance", "settings"}},
	} {
		_, err := w.CreateInstance(ctx, actor, tt.name, tt.plugin, []byte(tt.settings))
		if got := problems(t, err); !slices.Equal(got, tt.want) {
			t.Errorf("%+v: problems with %v", tt, got)
		}
	}
	made, err := w.CreateInstance(ctx, actor, "", "needy", []byte(`{"key":1}`))
	if err != nil || made.Name != "needy" || made.Module != digest("v1") {
		t.Fatalf("%+v, %v", made, err)
	}
	if detail := w.event(core.EventPluginConfigured); detail["change"] != "created" || detail["instance"] != "needy" {
		t.Errorf("recorded %v", detail)
	}
	if got := w.stored("needy"); got.Plugin != "needy" || got.Module != digest("v1") || string(got.Settings) != `{"key":1}` {
		t.Errorf("stored %+v", got)
	}
	if _, err := w.CreateInstance(ctx, actor, "needy", "scopes", nil); !errors.Is(err, core.ErrConflict) {
		t.Error(err)
	}
	if _, err := w.CreateInstance(ctx, actor, "", "nothing", nil); !errors.Is(err, core.ErrNotFound) {
		t.Error(err)
	}
}

// What a plugin needs is told before it is bound, with the commands that give it;
// when all of them were run it is bound.
func TestBindWhatItNeeds(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.install("v1", directory("1.0.0"))
	bind := func() ([]core.PluginBinding, error) {
		return w.BindPlugin(ctx, actor, admin.Bind{Plugin: "directory"})
	}
	needs := []string{
		`plugin "directory" needs http.fetch for a.example.org (Reads the directory) | postern plugin grant directory http.fetch a.example.org`,
		`plugin "directory" needs http.fetch for b.example.org:8443 (Reads the directory) | postern plugin grant directory http.fetch b.example.org:8443`,
		`plugin "directory" needs ldap.search (Searches people) | postern plugin grant directory ldap.search HOST:PORT`,
		`plugin "directory" needs the secret api_key (Key of the directory) | postern plugin secret set directory api_key`,
	}
	_, err := bind()
	first := `the instance "directory" must exist before it can be given what plugin "directory" needs | postern plugin create directory directory`
	if got := says(t, err); !slices.Equal(got, append([]string{first}, needs...)) {
		t.Errorf("got %s", strings.Join(got, "\n"))
	}
	if config := w.config(); len(config.Instances) != 0 {
		t.Errorf("made %+v", config.Instances)
	}
	w.instance("directory")
	for _, give := range []func() error{
		func() error { return w.Grant(ctx, actor, "directory", "http.fetch", "a.example.org", false) },
		func() error { return w.Grant(ctx, actor, "directory", "http.fetch", "*.example.org:8443", false) },
		func() error { return w.Grant(ctx, actor, "directory", "ldap.search", "dc.example.org:636", false) },
		func() error { return w.SetSecret(ctx, actor, "directory", "api_key", []byte("x"), false) },
	} {
		_, err := bind()
		if got := says(t, err); !slices.Equal(got, needs) {
			t.Errorf("got %s\nwant %s", strings.Join(got, "\n"), strings.Join(needs, "\n"))
		}
		if err := give(); err != nil {
			t.Fatal(err)
		}
		needs = needs[1:]
	}
	// How people sign in is left to connectors.
	bound, err := bind()
	if err != nil || len(bound) != 2 || bound[0].Hook != core.HookClaims || bound[1].Hook != core.HookEvents {
		t.Errorf("%v, %v", bound, err)
	}
}

func TestBindShadow(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	bound, err := w.BindPlugin(ctx, actor, admin.Bind{Plugin: "scopes", Shadow: true})
	if err != nil || len(bound) != 1 || !bound[0].Shadow || !w.config().Bindings[0].Shadow {
		t.Fatalf("%+v, %v", bound, err)
	}
	if detail := w.event(core.EventPluginBound); detail["shadow"] != "true" || detail["fail_open"] != "" {
		t.Errorf("recorded %v", detail)
	}
	sink := plugin("sink", "1.0.0")
	sink.Hooks = []string{core.HookClaims, core.HookLogin, core.HookPassword, core.HookEvents}
	w.install("sink", sink)
	w.connector(admin.NewConnector{Name: "sink", Plugin: "sink"})
	_, err = w.BindPlugin(ctx, actor, admin.Bind{Plugin: "sink", Shadow: true, ClientID: w.client(admin.NewClient{Name: "web"}).ID, Hooks: sink.Hooks[:3]})
	if got := problems(t, err); !slices.Equal(got, []string{"shadow", "shadow"}) {
		t.Errorf("problems with %v", got)
	}
	_, err = w.BindPlugin(ctx, actor, admin.Bind{Plugin: "sink", Shadow: true, Instance: "other", Hooks: sink.Hooks[3:]})
	if got := problems(t, err); !slices.Equal(got, []string{"shadow"}) {
		t.Errorf("problems with %v", got)
	}
	_, err = w.BindPlugin(ctx, actor, admin.Bind{Plugin: "sink", Shadow: true})
	if got := problems(t, err); !slices.Equal(got, []string{"shadow", "shadow", "shadow", "hooks"}) {
		t.Errorf("problems with %v", got)
	}
}

// Nobody is offered what is bound before there is a connector; after it, it is bound to
// clients too, of its organisation. Events are of all.
func TestBindConnectors(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	client := w.client(admin.NewClient{Name: "web"})
	upstream := plugin("upstream", "1.0.0")
	upstream.Hooks = []string{core.HookClaims, core.HookLogin, core.HookPassword, core.HookEvents}
	w.install("upstream", upstream)
	for _, hook := range upstream.Hooks[1:3] {
		_, err := w.BindPlugin(ctx, actor, admin.Bind{Plugin: "upstream", Hooks: []string{hook}})
		want := `nobody can sign in with "upstream" before it is a connector | run 'postern connector create upstream --plugin upstream'`
		if got := says(t, err); !slices.Equal(got, []string{want}) {
			t.Errorf("%s: %v", hook, got)
		}
		_, err = w.BindPlugin(ctx, actor, admin.Bind{Plugin: "upstream", Hooks: []string{hook}, FailOpen: true})
		if got := problems(t, err); !slices.Equal(got, []string{"fail_open", "hooks"}) {
			t.Errorf("%s: problems with %v", hook, got)
		}
	}
	_, err := w.BindPlugin(ctx, actor, admin.Bind{Plugin: "upstream", Hooks: upstream.Hooks[3:], ClientID: client.ID})
	if got := problems(t, err); !slices.Equal(got, []string{"client"}) {
		t.Errorf("problems with %v", got)
	}
	// Without names it is bound to what can be bound there.
	bound, err := w.BindPlugin(ctx, actor, admin.Bind{Plugin: "upstream", ClientID: client.ID})
	if err != nil || len(bound) != 1 || bound[0].Hook != core.HookClaims {
		t.Errorf("%+v, %v", bound, err)
	}
	if bound, err = w.BindPlugin(ctx, actor, admin.Bind{Plugin: "upstream"}); err != nil || len(bound) != 2 {
		t.Errorf("%+v, %v", bound, err)
	}

	upstream.ID, upstream.Hooks = "login", upstream.Hooks[1:3]
	w.install("login", upstream)
	w.connector(admin.NewConnector{Name: "login", Plugin: "login", Clients: []string{client.ID}})
	second := w.client(admin.NewClient{Name: "second"})
	if bound, err = w.BindPlugin(ctx, actor, admin.Bind{Plugin: "login", ClientID: second.ID}); err != nil || len(bound) != 2 {
		t.Errorf("%+v, %v", bound, err)
	}
	if _, err := w.CreateOrganisation(ctx, actor, core.Organisation{Name: "acme"}); err != nil {
		t.Fatal(err)
	}
	foreign := w.client(admin.NewClient{Name: "foreign", Org: "acme"})
	_, err = w.BindPlugin(ctx, actor, admin.Bind{Plugin: "login", ClientID: foreign.ID})
	if got := problems(t, err); !slices.Equal(got, []string{"clients"}) {
		t.Errorf("problems with %v", got)
	}
}

// Other settings leave what the instance was granted, and the audit log says what
// changed without its values.
func TestBindSettings(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.install("v1", directory("1.0.0"))
	w.instance("directory")
	for _, host := range []string{"a.example.org", "b.example.org:8443"} {
		if err := w.Grant(ctx, actor, "directory", "http.fetch", host, false); err != nil {
			t.Fatal(err)
		}
	}
	err := errors.Join(w.Grant(ctx, actor, "directory", "ldap.search", "dc.example.org:636", false),
		w.SetSecret(ctx, actor, "directory", "api_key", []byte("x"), false),
		w.SetLimits(ctx, actor, "directory", core.PluginLimits{MemoryMiB: 8}))
	if err != nil {
		t.Fatal(err)
	}
	before := w.stored("directory")
	w.event(core.EventPluginConfigured)
	_, err = w.BindPlugin(ctx, actor, admin.Bind{Plugin: "directory", Settings: []byte(`{"base": "secret value", "a\u001bb": 1, "c d": 2}`)})
	if err != nil {
		t.Fatal(err)
	}
	if detail := w.event(core.EventPluginConfigured); detail["change"] != "settings" || detail["fields"] != "(other) base" {
		t.Errorf("recorded %v", detail)
	}
	after := w.stored("directory")
	if !slices.Equal(after.Grants, before.Grants) || len(after.Secrets) != 1 || after.Limits != before.Limits || after.Module != before.Module || !after.CreatedAt.Equal(before.CreatedAt) {
		t.Errorf("before %+v, after %+v", before, after)
	}
}

// A preset's instance is recorded as every other.
func TestPresetInstance(t *testing.T) {
	w := newWorld(t)
	w.client(admin.NewClient{Name: "wiki", Preset: admin.PresetConfluence})
	if detail := w.event(core.EventPluginConfigured); detail["instance"] != "miniorange" || detail["change"] != "created" {
		t.Errorf("recorded %v", detail)
	}
	w.client(admin.NewClient{Name: "second", Preset: admin.PresetConfluence})
	if config := w.config(); len(config.Instances) != 1 || len(config.Bindings) != 4 {
		t.Errorf("%+v", config)
	}
}

package admin_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

func TestRollback(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	runs := func(code string) {
		t.Helper()
		found, err := w.FindPlugin(ctx, "p")
		if err != nil || found.Module != digest(code) || w.stored("p").Module != digest(code) {
			t.Errorf("%v, %v, want %s", found, err, code)
		}
	}
	back := func(to string) (*admin.Installed, error) {
		return w.RollbackPlugin(ctx, actor, admin.Rollback{Plugin: "p", To: to})
	}
	w.run("v1", plugin("p", "1.0.0"))
	w.instance("p")
	w.run("v2", plugin("p", "2.0.0"))
	w.run("v3", plugin("p", "3.0.0"))
	runs("v3")
	w.event(core.EventPluginInstalled)

	got, err := back("")
	if err != nil || got.Digest != digest("v2") || !slices.Equal(got.Upgraded, []string{"p"}) || got.Plugins[0].Source != "v2.wasm" {
		t.Fatalf("%+v, %v", got, err)
	}
	runs("v2")
	if detail := w.event(core.EventPluginRolledBack); detail["version"] != "2.0.0" || detail["version_before"] != "3.0.0" || detail["digest"] != digest("v2") || detail["instances"] != "p" {
		t.Errorf("recorded %v", detail)
	}
	// Once more is the one before that, not forward again.
	if _, err := back(""); err != nil {
		t.Fatal(err)
	}
	runs("v1")
	w.event(core.EventPluginRolledBack)
	_, err = back("")
	if got := says(t, err); !strings.HasPrefix(got[0], `no release of "p" came before 1.0.0 | name the one to run: 1.0.0 (`) {
		t.Errorf("got %q", got)
	}
	for _, to := range []string{"3.0.0", digest("v2")[:6], "sha256:" + strings.ToUpper(digest("v3"))} {
		if _, err := back(to); err != nil {
			t.Errorf("%s: %v", to, err)
		}
		w.event(core.EventPluginRolledBack)
	}
	runs("v3")
	if got, err := back("3.0.0"); err != nil || !got.Unchanged {
		t.Errorf("%+v, %v", got, err)
	}
	w.silent()
	if _, err := back("4.0.0"); !slices.Equal(problems(t, err), []string{"to"}) {
		t.Error(err)
	}
	if _, err := back(digest("v2")[:5]); !slices.Equal(problems(t, err), []string{"to"}) {
		t.Error(err)
	}
	w.run("v3 again", plugin("p", "3.0.0"))
	_, err = back("3.0.0")
	if got := says(t, err); !strings.Contains(got[0], `several releases "3.0.0" | give the beginning of its digest: 3.0.0 (`+digest("v3")[:12]+"), 3.0.0 (") {
		t.Errorf("got %q", got)
	}
}

func TestRollbackRefuses(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	old := plugin("p", "1.0.0")
	old.Settings = []byte("old")
	old.Secrets = []core.PluginSecretWish{{Name: "token"}}
	w.run("v1", old)
	w.run("v2", plugin("p", "2.0.0"))
	if _, err := w.BindPlugin(ctx, actor, admin.Bind{Plugin: "p"}); err != nil {
		t.Fatal(err)
	}
	w.event(core.EventPluginBound)
	_, err := w.RollbackPlugin(ctx, actor, admin.Rollback{Plugin: "p"})
	want := []string{
		`instance "p" cannot run version 1.0.0: the settings do not suit plugin "p": settings must have "old" | give it other settings together with that version: --settings p=FILE`,
		`instance "p" cannot run version 1.0.0: it needs the secret token | postern plugin secret set p token --ahead`,
	}
	if got := says(t, err); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	if got := w.stored("p"); got.Module != digest("v2") || len(w.config().Releases) != 2 {
		t.Errorf("something changed: %+v", got)
	}
	w.silent()
	if err := w.SetSecret(ctx, actor, "p", "token", []byte("x"), true); err != nil {
		t.Fatal(err)
	}
	settings := map[string][]byte{"p": []byte(`{"old":1}`)}
	if _, err := w.RollbackPlugin(ctx, actor, admin.Rollback{Plugin: "p", Settings: settings}); err != nil {
		t.Fatal(err)
	}
	if got := w.stored("p"); got.Module != digest("v1") || string(got.Settings) != `{"old":1}` {
		t.Errorf("stored %+v", got)
	}
	// What this version of the host no longer accepts does not come back.
	delete(w.modules, "v2")
	w.modules["v2"] = nil
	if _, err := w.RollbackPlugin(ctx, actor, admin.Rollback{Plugin: "p", To: "2.0.0"}); !errors.Is(err, core.ErrNotFound) {
		t.Error(err)
	}
	for plugin, want := range map[string]string{"miniorange": "plugin", "nothing": ""} {
		_, err := w.RollbackPlugin(ctx, actor, admin.Rollback{Plugin: plugin})
		if want == "" && !errors.Is(err, core.ErrNotFound) || want != "" && !slices.Equal(problems(t, err), []string{want}) {
			t.Errorf("%s: %v", plugin, err)
		}
	}
}

func TestRemovePlugin(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.run("old", plugin("p", "1.0.0"))
	w.run("both", plugin("p", "2.0.0"), plugin("q", "2.0.0"))
	w.instance("q")
	if _, err := w.BindPlugin(ctx, actor, admin.Bind{Plugin: "p", Instance: "x"}); err != nil {
		t.Fatal(err)
	}
	w.event(core.EventPluginBound)
	_, err := w.RemovePlugin(ctx, actor, "p", false)
	want := []string{`the plugin has the instance "x", which is bound to claims.map/v1 | postern plugin unbind x --forget`}
	if got := says(t, err); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	w.silent()
	removed, err := w.RemovePlugin(ctx, actor, "p", true)
	if err != nil || !slices.Equal(removed, []string{"x"}) {
		t.Fatalf("%v, %v", removed, err)
	}
	// The module that another plugin runs stays.
	config := w.config()
	if len(config.Modules) != 1 || config.Modules[0].Digest != digest("both") || len(config.Releases) != 1 || config.Releases[0].Plugin != "q" ||
		len(config.Bindings) != 0 || len(config.Instances) != 1 {
		t.Errorf("left: %+v", config)
	}
	events, err := w.store.Events(ctx, core.EventFilter{Type: core.EventPluginUnbound})
	if err != nil || len(events) != 2 {
		t.Errorf("%d unbound, %v", len(events), err)
	}
	if detail := w.event(core.EventPluginRemoved); detail["plugin"] != "p" || detail["digest"] != digest("both") || detail["version"] != "2.0.0" || detail["instances"] != "x" {
		t.Errorf("recorded %v", detail)
	}
	if _, err := w.UnbindPlugin(ctx, actor, admin.Unbind{Instance: "q", Forget: true}); err != nil {
		t.Fatal(err)
	}
	if removed, err := w.RemovePlugin(ctx, actor, "q", false); err != nil || removed != nil {
		t.Errorf("%v, %v", removed, err)
	}
	if config := w.config(); len(config.Modules)+len(config.Releases) != 0 {
		t.Errorf("left: %+v", config)
	}
	if _, err := w.RemovePlugin(ctx, actor, "q", true); !errors.Is(err, core.ErrNotFound) {
		t.Error(err)
	}
	if _, err := w.RemovePlugin(ctx, actor, "scopes", true); !slices.Equal(problems(t, err), []string{"plugin"}) {
		t.Error(err)
	}
}

func TestReloadPlugins(t *testing.T) {
	w := newWorld(t)
	before := w.config().Reload
	if err := w.ReloadPlugins(t.Context(), actor); err != nil || w.config().Reload != before+1 {
		t.Errorf("reload %d after %d, %v", w.config().Reload, before, err)
	}
	w.event(core.EventPluginReloaded)
}

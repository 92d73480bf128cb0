package app_test

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/plugin/plugintest"
	"github.com/postern-id/postern/core/vault"
	"github.com/postern-id/postern/plugins"
	"github.com/postern-id/postern/sdk/hook"
)

// The catalogue has the shipped plugins and the release that runs of each installed
// one, in the words of its module.
func TestCatalogue(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	manifest := func(version string) hook.Manifest {
		return hook.Manifest{
			ID: "directory", Version: version, Description: "Asks a directory.", HostAPI: 1, Hooks: []string{hook.ClaimsMap},
			Capabilities: []hook.CapabilityWish{{Name: hook.HTTPFetch, Targets: []string{"a.example"}, Reason: "Asks it.", Optional: true}},
			Secrets:      []hook.SecretWish{{Name: "key", Description: "Its key."}},
		}
	}
	old, current := manifest("1.0.0"), manifest("2.0.0")
	broken := strings.Repeat("c", 64)
	var changes []core.Change
	for i, m := range []struct {
		digest, plugin, version string
		manifests               []byte
	}{
		{strings.Repeat("a", 64), "directory", "1.0.0", hook.AppendManifests(nil, []hook.Manifest{old})},
		{strings.Repeat("b", 64), "directory", "2.0.0", hook.AppendManifests(nil, []hook.Manifest{{ID: "other"}, current})},
		{broken, "broken", "3.0.0", []byte(`[{"member of a later version": 1}]`)},
	} {
		changes = append(changes,
			core.AddModule{Module: core.PluginModule{Digest: m.digest, Size: 1, Source: "here", Signer: "acme", Manifests: m.manifests}, Code: []byte{0}},
			core.AddRelease{Release: core.PluginRelease{ID: core.ID(rune('a' + i)), Plugin: m.plugin, Version: m.version, Module: m.digest}})
	}
	if err := w.app.Store.Apply(ctx, changes...); err != nil {
		t.Fatal(err)
	}
	plugins, err := w.app.Admin.KnownPlugins(ctx)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, p := range plugins {
		ids = append(ids, p.ID)
	}
	shipped, installed := ids[:len(ids)-2], ids[len(ids)-2:]
	if !slices.Contains(shipped, "miniorange") || !slices.Equal(installed, []string{"broken", "directory"}) {
		t.Fatalf("got %v", ids)
	}
	got := plugins[len(plugins)-1]
	if got.Version != "2.0.0" || got.Module != strings.Repeat("b", 64) || got.Source != "here" || got.Signer != "acme" || !slices.Equal(got.Hooks, []string{core.HookClaims}) {
		t.Errorf("got %+v", got)
	}
	if c := got.Capabilities; len(c) != 1 || c[0].Name != "http.fetch" || !slices.Equal(c[0].Targets, []string{"a.example"}) || c[0].Reason != "Asks it." || !c[0].Optional {
		t.Errorf("got %+v", c)
	}
	if s := got.Secrets; !slices.Equal(s, []core.PluginSecretWish{{Name: "key", Description: "Its key."}}) {
		t.Errorf("got %+v", s)
	}
	list := slices.Concat([]byte("["), got.Manifest, []byte("]"))
	if again, err := hook.ParseManifests(list); err != nil || len(again) != 1 || again[0].Version != "2.0.0" {
		t.Errorf("the manifest is %s: %v", got.Manifest, err)
	}
	// What cannot be read any more can still be removed.
	if unread := plugins[len(plugins)-2]; unread.Version != "3.0.0" || unread.Module != broken || !strings.Contains(unread.Description, "cannot be read") {
		t.Errorf("got %+v", unread)
	}
	if _, err := w.app.Admin.RemovePlugin(ctx, cli, "broken", false); err != nil {
		t.Error(err)
	}
}

// From a file to a claim: a module is installed, bound and serves; what is no module,
// or has a plugin of ours, is not.
func TestInstallAndServe(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	for text, code := range map[string][]byte{
		"the module cannot be used":                  []byte("no module"),
		`the plugin "miniorange" comes with Postern`: plugins.Builtin(),
	} {
		_, err := w.app.Admin.InstallPlugin(ctx, cli, admin.Install{Code: code})
		if wrong, ok := errors.AsType[*admin.InvalidError](err); !ok || !strings.HasPrefix(wrong.Problems[0].Text, text) {
			t.Errorf("got %v, want %s", err, text)
		}
	}
	code := plugintest.GoModule(t, "../../examples/plugin-department")
	installed, err := w.app.Admin.InstallPlugin(ctx, cli, admin.Install{Code: code, Source: "guest.wasm"})
	if err != nil || len(installed.Wishes) != 0 || installed.Plugins[0].ID != "department" {
		t.Fatalf("%+v, %v", installed, err)
	}
	alice := w.user("alice", func(u *admin.NewUser) { u.Attributes = map[string]string{"department": "R&D"} })
	rp := w.registerPreset("web", "web", nil)
	bind := admin.Bind{Plugin: "department", ClientID: rp.client.ID, Settings: []byte(`{"unknown": 1}`)}
	_, err = w.app.Admin.BindPlugin(ctx, cli, bind)
	if _, ok := errors.AsType[*admin.InvalidError](err); !ok {
		t.Errorf("settings against the schema of an installed module: %v", err)
	}
	bind.Settings = nil
	if _, err := w.app.Admin.BindPlugin(ctx, cli, bind); err != nil {
		t.Fatal(err)
	}
	explanation, err := w.app.Admin.Explain(ctx, admin.Inquiry{User: alice, Client: rp.client})
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(explanation.UserInfo.JSON), `"department":"R&D"`) {
		t.Errorf("got %s", explanation.UserInfo.JSON)
	}
	again, err := w.app.Admin.InstallPlugin(ctx, cli, admin.Install{Code: code})
	if err != nil || !again.Unchanged {
		t.Errorf("%+v, %v", again, err)
	}
}

// Secrets of plugins are sealed under the master key, each for its place.
func TestPluginSecretsAreSealed(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	if _, err := w.app.Admin.BindPlugin(ctx, cli, admin.Bind{Plugin: "miniorange"}); err != nil {
		t.Fatal(err)
	}
	secret := []byte("correct horse battery staple")
	if err := w.app.Admin.SetSecret(ctx, cli, "miniorange", "key", secret, true); err != nil {
		t.Fatal(err)
	}
	config, err := w.app.Admin.PluginConfig(ctx)
	if err != nil {
		t.Fatal(err)
	}
	sealed := config.Instances[0].Secrets[0].Sealed
	if bytes.Contains(sealed, secret) {
		t.Error("the secret is stored in clear")
	}
	keys, err := vault.Open(w.dir, "")
	if err != nil {
		t.Fatal(err)
	}
	if opened, err := keys.Unseal(sealed, core.SecretPurpose("miniorange", "key")); err != nil || !bytes.Equal(opened, secret) {
		t.Errorf("opened %q, %v", opened, err)
	}
	if _, err := keys.Unseal(sealed, core.SecretPurpose("other", "key")); err == nil {
		t.Error("it opens in another place")
	}
}

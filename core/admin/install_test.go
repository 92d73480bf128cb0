package admin_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// run installs code as a module with the plugins.
func (w *world) run(code string, plugins ...admin.Plugin) {
	w.t.Helper()
	w.modules[code] = plugins
	if _, err := w.InstallPlugin(w.t.Context(), actor, admin.Install{Code: []byte(code), Source: code + ".wasm"}); err != nil {
		w.t.Fatal(err)
	}
}

func TestInstall(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.modules["two"] = []admin.Plugin{plugin("one", "1.0.0"), directory("2.0.0")}
	input := admin.Install{Code: []byte("two"), Source: "ghcr.io/acme/two:1", Remote: true, Signed: true, Signer: "acme", Pin: "sha256:" + strings.ToUpper(digest("two"))}
	installed, err := w.InstallPlugin(ctx, actor, input)
	if err != nil {
		t.Fatal(err)
	}
	if installed.Digest != digest("two") || len(installed.Plugins) != 2 || installed.Unchanged || len(installed.Upgraded) != 0 || installed.Plugins[0].Signer != "acme" {
		t.Errorf("got %+v", installed)
	}
	// It grants nothing, and says what was asked for.
	var wishes []string
	for _, need := range installed.Wishes {
		wishes = append(wishes, need.Command())
	}
	want := []string{
		"postern plugin grant directory http.fetch a.example.org", "postern plugin grant directory http.fetch b.example.org:8443",
		"postern plugin grant directory ldap.search HOST:PORT", "postern plugin grant directory kv",
		"postern plugin grant directory secret.get api_key", "postern plugin secret set directory api_key", "postern plugin secret set directory spare",
	}
	if !slices.Equal(wishes, want) {
		t.Errorf("got %s", strings.Join(wishes, "\n"))
	}
	config := w.config()
	if len(config.Modules) != 1 || len(config.Releases) != 2 || len(config.Instances) != 0 {
		t.Fatalf("stored %+v", config)
	}
	if m := config.Modules[0]; m.Digest != digest("two") || m.Size != 3 || m.Source != input.Source || m.Signer != "acme" || string(m.Manifests) != `[{"id":"one"},{"id":"directory"}]` {
		t.Errorf("stored %+v", m)
	}
	if code, err := w.store.PluginCode(ctx, digest("two")); err != nil || string(code) != "two" {
		t.Errorf("stored %q, %v", code, err)
	}
	detail := w.event(core.EventPluginInstalled)
	if detail["digest"] != digest("two") || detail["source"] != input.Source || detail["signer"] != "acme" || detail["version"] == "" || detail["digest_before"] != "" {
		t.Errorf("recorded %v", detail)
	}

	again, err := w.InstallPlugin(ctx, actor, input)
	if err != nil || !again.Unchanged || again.Digest != digest("two") {
		t.Errorf("%+v, %v", again, err)
	}
	w.silent()
}

func TestInstallRefuses(t *testing.T) {
	w := newWorld(t)
	w.modules["good"] = []admin.Plugin{plugin("good", "1.0.0")}
	w.modules["shipped"] = []admin.Plugin{plugin("good", "1.0.0"), plugin("scopes", "9.0.0")}
	odd := directory("1\n2")
	odd.ID = "Odd; rm"
	odd.Capabilities = []core.PluginWish{
		{Name: "telnet"}, {Name: "http.fetch", Targets: []string{"$(reboot)"}}, {Name: "secret.get", Targets: []string{"other"}},
	}
	odd.Secrets = []core.PluginSecretWish{{Name: "a b"}}
	w.modules["odd"] = []admin.Plugin{odd}
	for _, tt := range []struct {
		name  string
		input admin.Install
		want  []string // text and hint
	}{
		{"nothing", admin.Install{}, []string{"the module is empty | build it again, and look at the size of the file"}},
		{"too large", admin.Install{Code: make([]byte, 32<<20+1)}, []string{"the module is larger than 32 MiB | build it without debug information"}},
		{"no WebAssembly", admin.Install{Code: []byte("?")}, []string{"the module cannot be used: [31mit is no WebAssembly at all | nothing was changed; its author sees more with 'postern plugin inspect FILE'"}},
		{"another digest", admin.Install{Code: []byte("good"), Pin: digest("evil")}, []string{"the module is not the one that was asked for: its digest is " + digest("good") + " | get it again, or ask whoever told you the digest which one is right"}},
		{"no digest", admin.Install{Code: []byte("good"), Pin: "sha256:12"}, []string{`"sha256:12" is no digest | write 64 hexadecimal digits, with or without sha256: before them`}},
		{"unsigned", admin.Install{Code: []byte("good"), Remote: true, Unproven: "it has\nno signature"}, []string{"no trusted key signed the module: it has no signature | have it signed by a key that is trusted here, or add --allow-unsigned"}},
		{"signed by somebody", admin.Install{Code: []byte("good"), Remote: true, Signer: "mallory"}, []string{"no trusted key signed the module | have it signed by a key that is trusted here, or add --allow-unsigned"}},
		{"odd source", admin.Install{Code: []byte("good"), Source: "a\nb"}, []string{"source holds characters that cannot be shown | leave out control characters and line breaks"}},
		{"a shipped plugin's id", admin.Install{Code: []byte("shipped")}, []string{`the plugin "scopes" comes with Postern | give yours another id, or install the module's other plugins alone`}},
		{"no such plugin", admin.Install{Code: []byte("shipped"), Plugins: []string{"good", "bad"}}, []string{`the module has no plugin "bad" | it has good, scopes`}},
		{"no such instance", admin.Install{Code: []byte("good"), Settings: map[string][]byte{"x": nil}}, []string{`there are settings for "x", which is no instance of these plugins | run 'postern plugin list' to see the instances`}},
		{"odd manifest", admin.Install{Code: []byte("odd")}, []string{
			`plugin "Odd; rm" of the module cannot be used: it has no usual name | nothing was changed; its author sees more with 'postern plugin inspect FILE'`,
			`plugin "Odd; rm" of the module cannot be used: its version is missing or no short word | nothing was changed; its author sees more with 'postern plugin inspect FILE'`,
			`plugin "Odd; rm" of the module cannot be used: there is no capability "telnet" | nothing was changed; its author sees more with 'postern plugin inspect FILE'`,
			`plugin "Odd; rm" of the module cannot be used: it asks for http.fetch, but "$(reboot)" is no host | nothing was changed; its author sees more with 'postern plugin inspect FILE'`,
			`plugin "Odd; rm" of the module cannot be used: it asks for secret.get for other, which is none of its secrets | nothing was changed; its author sees more with 'postern plugin inspect FILE'`,
			`plugin "Odd; rm" of the module cannot be used: "a b" is no name of a secret | nothing was changed; its author sees more with 'postern plugin inspect FILE'`,
		}},
	} {
		installed, err := w.InstallPlugin(t.Context(), actor, tt.input)
		if got := says(t, err); !slices.Equal(got, tt.want) || installed != nil {
			t.Errorf("%s: got %q", tt.name, got)
		}
	}
	if config := w.config(); len(config.Modules)+len(config.Releases) != 0 {
		t.Errorf("stored %+v", config)
	}
	w.silent()
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := w.InstallPlugin(ended, actor, admin.Install{Code: []byte("?")}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	// An unsigned one from elsewhere, and part of a module, if that is said.
	for _, input := range []admin.Install{
		{Code: []byte("good"), Remote: true, AllowUnsigned: true, Signer: "mallory"},
		{Code: []byte("shipped"), Plugins: []string{"good"}},
	} {
		if _, err := w.InstallPlugin(t.Context(), actor, input); err != nil {
			t.Error(err)
		}
		if detail := w.event(core.EventPluginInstalled); detail["signer"] != "" {
			t.Errorf("a signature that nobody checked is recorded: %v", detail)
		}
	}
	for _, m := range w.config().Modules {
		if m.Signer != "" {
			t.Errorf("a signature that nobody checked is kept: %+v", m)
		}
	}
}

// The same bytes from elsewhere change what is known of where they came from.
func TestInstallAgain(t *testing.T) {
	w := newWorld(t)
	w.run("v1", plugin("p", "1.0.0"))
	w.instance("p")
	w.event(core.EventPluginConfigured)
	install := func(input admin.Install) core.PluginModule {
		t.Helper()
		input.Code = []byte("v1")
		installed, err := w.InstallPlugin(t.Context(), actor, input)
		if err != nil || !installed.Unchanged || len(installed.Replaced) != 0 {
			t.Errorf("%+v, %v", installed, err)
		}
		if c := w.config(); len(c.Modules) != 1 || len(c.Releases) != 1 {
			t.Fatalf("stored %+v", c)
		}
		return w.config().Modules[0]
	}
	install(admin.Install{Source: "v1.wasm"})
	w.silent()
	if m := install(admin.Install{Source: "oci://r/p:1", Remote: true, Signed: true, Signer: "acme", Pin: digest("v1")}); m.Source != "oci://r/p:1" || m.Signer != "acme" || !m.Pinned {
		t.Errorf("stored %+v", m)
	}
	if detail := w.event(core.EventPluginInstalled); detail["change"] != "source" || detail["plugin"] != "p" || detail["source"] != "oci://r/p:1" || detail["signer"] != "acme" || detail["pinned"] != "true" {
		t.Errorf("recorded %v", detail)
	}
	// Without the signature they are still what acme signed, and the pin is given up.
	if m := install(admin.Install{Source: "copy.wasm"}); m.Source != "copy.wasm" || m.Signer != "acme" || m.Pinned {
		t.Errorf("stored %+v", m)
	}
	w.event(core.EventPluginInstalled)
	if found, err := w.FindPlugin(t.Context(), "p"); err != nil || found.Version != "1.0.0" {
		t.Errorf("%+v, %v", found, err)
	}
}

// What was signed is not replaced by what nobody signed, wherever that comes from.
func TestStaysSigned(t *testing.T) {
	w := newWorld(t)
	for _, version := range []string{"1", "2", "3"} {
		w.modules["v"+version] = []admin.Plugin{plugin("p", version), plugin("q", version)}
	}
	install := func(input admin.Install) error {
		_, err := w.InstallPlugin(t.Context(), actor, input)
		return err
	}
	signed := admin.Install{Code: []byte("v1"), Signed: true, Signer: "acme", Plugins: []string{"p"}}
	if err := errors.Join(install(admin.Install{Code: []byte("v1")}), install(signed), install(signed)); err != nil {
		t.Fatal(err)
	}
	want := []string{
		`plugin "p" runs a module that acme signed, and no trusted key signed this one: it has no signature | have it signed by a key that is trusted here, or add --allow-unsigned`,
		`plugin "q" runs a module that acme signed, and no trusted key signed this one: it has no signature | have it signed by a key that is trusted here, or add --allow-unsigned`,
	}
	if got := says(t, install(admin.Install{Code: []byte("v2"), Unproven: "it has no signature"})); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
	for _, next := range []admin.Install{
		{Code: []byte("v2"), Signed: true, Signer: "another"},
		{Code: []byte("v3"), AllowUnsigned: true},
		{Code: []byte("v1")}, // back to what acme signed
	} {
		if err := install(next); err != nil {
			t.Error(err)
		}
	}
	w.modules["v4"] = []admin.Plugin{plugin("p", "4")}
	if err := install(admin.Install{Code: []byte("v4")}); err == nil {
		t.Error("what is signed once is signed no longer")
	}
}

// A new version runs for all instances or for none.
func TestUpgrade(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	old := plugin("p", "1.0.0")
	old.Hooks = []string{core.HookClaims, core.HookAccount}
	w.run("v1", old)
	for _, name := range []string{"a", "b"} {
		if _, err := w.BindPlugin(ctx, actor, admin.Bind{Plugin: "p", Instance: name}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Grant(ctx, actor, "a", "http.fetch", "*.example.org", true); err != nil {
		t.Fatal(err)
	}
	w.event(core.EventPluginInstalled)

	next := plugin("p", "2.0.0")
	next.Settings = []byte("key")
	next.Capabilities = []core.PluginWish{{Name: "http.fetch", Targets: []string{"*.x.example.org"}}, {Name: "clock", Optional: true}}
	next.Secrets = []core.PluginSecretWish{{Name: "token"}}
	w.modules["v2"] = []admin.Plugin{next}
	input := admin.Install{Code: []byte("v2"), Settings: map[string][]byte{"a": []byte(`{"key":1}`)}}
	_, err := w.InstallPlugin(ctx, actor, input)
	want := []string{
		`instance "a" is bound to account.shape/v1, which version 2.0.0 does not have | postern plugin unbind a --hook account.shape/v1`,
		`instance "a" cannot run version 2.0.0: it needs the secret token | postern plugin secret set a token --ahead`,
		`instance "b" cannot run version 2.0.0: the settings do not suit plugin "p": settings must have "key" | give it other settings together with that version: --settings b=FILE`,
		`instance "b" is bound to account.shape/v1, which version 2.0.0 does not have | postern plugin unbind b --hook account.shape/v1`,
		`instance "b" cannot run version 2.0.0: it needs http.fetch for *.x.example.org | postern plugin grant b http.fetch '*.x.example.org' --ahead`,
		`instance "b" cannot run version 2.0.0: it needs the secret token | postern plugin secret set b token --ahead`,
	}
	if got := says(t, err); !slices.Equal(got, want) {
		t.Errorf("got %s", strings.Join(got, "\n"))
	}
	if config := w.config(); len(config.Modules) != 1 || len(config.Releases) != 1 || w.stored("a").Module != digest("v1") || string(w.stored("a").Settings) != "{}" {
		t.Errorf("something changed: %+v", config)
	}
	w.silent()

	// What the hints say mends it.
	mend := []error{w.Grant(ctx, actor, "b", "http.fetch", "*.x.example.org", true)}
	for _, name := range []string{"a", "b"} {
		_, err := w.UnbindPlugin(ctx, actor, admin.Unbind{Instance: name, Hook: core.HookAccount})
		mend = append(mend, err, w.SetSecret(ctx, actor, name, "token", []byte("x"), true))
	}
	if err := errors.Join(mend...); err != nil {
		t.Fatal(err)
	}
	input.Settings["b"] = []byte(`{"key":2}`)
	w.event(core.EventPluginSecretSet)
	installed, err := w.InstallPlugin(ctx, actor, input)
	if replaced := installed.Replaced; len(replaced) != 1 || replaced[0].Version != "1.0.0" || replaced[0].Plugin != "p" {
		t.Errorf("replaced %+v", replaced)
	}
	if err != nil || !slices.Equal(installed.Upgraded, []string{"a", "b"}) || len(installed.Wishes) != 2 || installed.Wishes[0].Command() != "postern plugin grant a clock" {
		t.Fatalf("%+v, %v", installed, err)
	}
	for name, settings := range map[string]string{"a": `{"key":1}`, "b": `{"key":2}`} {
		if got := w.stored(name); got.Module != digest("v2") || string(got.Settings) != settings || len(got.Grants) != 1 || len(got.Secrets) != 1 {
			t.Errorf("%s: %+v", name, got)
		}
	}
	detail := w.event(core.EventPluginInstalled)
	if detail["version"] != "2.0.0" || detail["version_before"] != "1.0.0" || detail["digest_before"] != digest("v1") || detail["instances"] != "a b" {
		t.Errorf("recorded %v", detail)
	}
	if bound, err := w.BindPlugin(ctx, actor, admin.Bind{Plugin: "p", Instance: "c", Settings: []byte(`{"key":3}`)}); bound != nil || len(problems(t, err)) != 3 {
		t.Errorf("the new version binds without what it needs: %v", err)
	}

	// Settings alone are no release.
	input.Settings = map[string][]byte{"a": []byte(`{"key":9}`)}
	installed, err = w.InstallPlugin(ctx, actor, input)
	if err != nil || installed.Unchanged || len(installed.Upgraded) != 0 || string(w.stored("a").Settings) != `{"key":9}` || len(w.config().Releases) != 2 {
		t.Errorf("%+v, %v", installed, err)
	}
	w.event(core.EventPluginConfigured)
}

// An instance that serves nothing does not stand in the way for what it lacks.
func TestUpgradeIdle(t *testing.T) {
	w := newWorld(t)
	w.run("v1", plugin("directory", "0.1.0"))
	w.instance("directory")
	w.modules["v2"] = []admin.Plugin{directory("1.0.0")}
	installed, err := w.InstallPlugin(t.Context(), actor, admin.Install{Code: []byte("v2")})
	if err != nil || !slices.Equal(installed.Upgraded, []string{"directory"}) || len(installed.Wishes) != 7 || w.stored("directory").Module != digest("v2") {
		t.Errorf("%+v, %v", installed, err)
	}
	if _, err := w.BindPlugin(t.Context(), actor, admin.Bind{Plugin: "directory"}); len(problems(t, err)) != 4 {
		t.Errorf("got %v", err)
	}
}

// Instances of another plugin of the module stay with theirs.
func TestUpgradePart(t *testing.T) {
	w := newWorld(t)
	w.run("v1", plugin("p", "1.0.0"), plugin("q", "1.0.0"))
	w.instance("p")
	w.instance("q")
	w.modules["v2"] = []admin.Plugin{plugin("p", "2.0.0"), plugin("q", "2.0.0")}
	if _, err := w.InstallPlugin(t.Context(), actor, admin.Install{Code: []byte("v2"), Plugins: []string{"p"}}); err != nil {
		t.Fatal(err)
	}
	if p, q := w.stored("p"), w.stored("q"); p.Module != digest("v2") || q.Module != digest("v1") {
		t.Errorf("p runs %s, q runs %s", p.Module, q.Module)
	}
	if found, err := w.FindPlugin(t.Context(), "q"); err != nil || found.Version != "1.0.0" {
		t.Errorf("%+v, %v", found, err)
	}
}

// While a version is looked at, somebody changes one of its instances.
func TestUpgradeOfWhatChanges(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.run("v1", plugin("p", "1.0.0"))
	w.instance("p")
	w.modules["v2"] = []admin.Plugin{plugin("p", "2.0.0")}
	w.meanwhile = func() {
		w.meanwhile = nil
		if err := w.Grant(ctx, actor, "p", "clock", "", true); err != nil {
			t.Fatal(err)
		}
	}
	upgrade := func() error {
		_, err := w.InstallPlugin(ctx, actor, admin.Install{Code: []byte("v2")})
		return err
	}
	if got := problems(t, upgrade()); !slices.Equal(got, []string{"plugin"}) {
		t.Errorf("problems with %v", got)
	}
	if config := w.config(); len(config.Modules) != 1 || w.stored("p").Module != digest("v1") {
		t.Errorf("something changed: %+v", config)
	}
	if err := upgrade(); err != nil {
		t.Fatal(err)
	}
	if got := w.stored("p"); got.Module != digest("v2") || len(got.Grants) != 1 {
		t.Errorf("stored %+v", got)
	}
}

// A newer Postern may ship a plugin of an id that was installed before: that one stays
// until it is removed.
func TestShippedLater(t *testing.T) {
	w := newWorld(t)
	ctx := t.Context()
	w.run("mine", plugin("p", "1.0.0"))
	w.instance("p")
	shipped := plugin("p", "9.0.0")
	shipped.Module = core.BuiltinModule
	w.shipped = []admin.Plugin{shipped}
	if found, err := w.FindPlugin(ctx, "p"); err != nil || found.Version != "1.0.0" {
		t.Errorf("%+v, %v", found, err)
	}
	w.modules["mine 2"] = []admin.Plugin{plugin("p", "2.0.0")}
	if _, err := w.InstallPlugin(ctx, actor, admin.Install{Code: []byte("mine 2")}); !errors.Is(err, core.ErrConflict) {
		t.Errorf("got %v", err)
	}
	if _, err := w.RemovePlugin(ctx, actor, "p", true); err != nil {
		t.Fatal(err)
	}
	if found, err := w.FindPlugin(ctx, "p"); err != nil || found.Version != "9.0.0" {
		t.Errorf("%+v, %v", found, err)
	}
}

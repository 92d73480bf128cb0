package admin_test

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// catalogue knows two plugins, like the shipped module, and those that the store
// says run. Code is a key of the world's modules. A plugin's schema is the name of a
// member that its settings must have.
type catalogue struct{ *world }

func (c catalogue) Plugins(ctx context.Context) ([]admin.Plugin, error) {
	list := []admin.Plugin{
		{ID: "miniorange", Module: core.BuiltinModule, Hooks: []string{core.HookClaims, core.HookAccount}},
		{ID: "scopes", Module: core.BuiltinModule, Hooks: []string{core.HookScopes}},
	}
	list = append(list, c.shipped...)
	config, err := c.store.Plugins(ctx)
	if err != nil {
		return nil, err
	}
	running := map[string]string{}
	for _, r := range config.Releases {
		running[r.Plugin] = r.Module
	}
	for id, digest := range running {
		code, err := c.store.PluginCode(ctx, digest)
		if err != nil {
			return nil, err
		}
		plugin := c.find(string(code), id)
		plugin.Module = digest
		list = append(list, plugin)
	}
	return list, nil
}

func (c catalogue) find(code, id string) admin.Plugin {
	for _, p := range c.modules[code] {
		if p.ID == id {
			return p
		}
	}
	panic("no plugin " + id + " in " + code)
}

func (c catalogue) ValidateSettings(_ context.Context, module, plugin string, settings []byte) error {
	if c.meanwhile != nil {
		c.meanwhile()
	}
	if strings.Contains(string(settings), "wrong") {
		return errors.New("there is no setting \"wrong\".\n")
	}
	for code := range c.modules {
		if digest(code) != module {
			continue
		}
		if member := string(c.find(code, plugin).Settings); !strings.Contains(string(settings), `"`+member+`"`) && member != "" {
			return fmt.Errorf("settings must have %q", member)
		}
		return nil
	}
	if module != core.BuiltinModule {
		return errors.New("nobody knows the module " + module)
	}
	return nil
}

func (c catalogue) Examine(_ context.Context, code []byte) ([]admin.Plugin, error) {
	plugins, known := c.modules[string(code)]
	if !known {
		return nil, errors.New("\x1b[31mit is no WebAssembly\nat all.")
	}
	plugins = slices.Clone(plugins)
	for i := range plugins {
		plugins[i].Manifest = []byte(`{"id":"` + plugins[i].ID + `"}`)
	}
	return plugins, nil
}

// digest is the one that a module is known by.
func digest(code string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(code))) }

// sealer makes secrets unreadable to a test that looks for them.
type sealer struct{}

func (sealer) Seal(plaintext []byte, purpose string) []byte {
	sealed := []byte(purpose + "|")
	for _, b := range plaintext {
		sealed = append(sealed, ^b)
	}
	return sealed
}

// plugin is one that wants nothing, for claims.
func plugin(id, version string) admin.Plugin {
	return admin.Plugin{ID: id, Version: version, HostAPI: 1, Hooks: []string{core.HookClaims}}
}

// directory asks for all kinds of things.
func directory(version string) admin.Plugin {
	return admin.Plugin{
		ID: "directory", Version: version, HostAPI: 1, Hooks: []string{core.HookClaims, core.HookPassword, core.HookEvents},
		Capabilities: []core.PluginWish{
			{Name: "http.fetch", Targets: []string{"a.example.org", "b.example.org:8443"}, Reason: "Reads the directory.\x07"},
			{Name: "ldap.search", Reason: "Searches people."},
			{Name: "kv", Optional: true},
			{Name: "secret.get", Targets: []string{"api_key"}, Optional: true},
		},
		Secrets: []core.PluginSecretWish{{Name: "api_key", Description: "Key of the directory."}, {Name: "spare", Optional: true}},
	}
}

// install stores code as a module that runs for the plugins.
func (w *world) install(code string, plugins ...admin.Plugin) {
	w.t.Helper()
	w.modules[code] = plugins
	changes := []core.Change{core.AddModule{Module: core.PluginModule{Digest: digest(code), Size: len(code)}, Code: []byte(code)}}
	for _, p := range plugins {
		changes = append(changes, core.AddRelease{Release: core.PluginRelease{
			ID: core.NewID(w.now, rand.Reader), Plugin: p.ID, Version: p.Version, Module: digest(code), CreatedAt: w.now,
		}})
	}
	if err := w.store.Apply(w.t.Context(), changes...); err != nil {
		w.t.Fatal(err)
	}
}

// instance makes an instance of an installed plugin, named like it.
func (w *world) instance(plugin string) {
	w.t.Helper()
	if _, err := w.CreateInstance(w.t.Context(), actor, "", plugin, nil); err != nil {
		w.t.Fatal(err)
	}
}

// stored gives the instance as it is stored.
func (w *world) stored(name string) core.PluginInstance {
	w.t.Helper()
	for _, i := range w.config().Instances {
		if i.Name == name {
			return i
		}
	}
	w.t.Fatalf("there is no instance %s", name)
	return core.PluginInstance{}
}

func (w *world) config() *core.PluginConfig {
	w.t.Helper()
	config, err := w.PluginConfig(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	return config
}

// event gives the newest event of the type, and lets a second pass, so that the next
// one is newer.
func (w *world) event(kind core.EventType) map[string]string {
	w.t.Helper()
	events, err := w.store.Events(w.t.Context(), core.EventFilter{Type: kind, Since: w.now, Limit: 1})
	if err != nil || len(events) != 1 {
		w.t.Fatalf("%s was not recorded: %v", kind, err)
	}
	w.now = w.now.Add(time.Second)
	return events[0].Detail
}

// silent says that nothing was recorded since the last event that was looked at.
func (w *world) silent() {
	w.t.Helper()
	events, err := w.store.Events(w.t.Context(), core.EventFilter{Since: w.now})
	if err != nil || len(events) != 0 {
		w.t.Errorf("recorded %+v, %v", events, err)
	}
}

// says gives text and hint of each problem, a line each, and checks their form.
func says(t *testing.T, err error) []string {
	t.Helper()
	problems(t, err)
	wrong, _ := errors.AsType[*admin.InvalidError](err)
	var all []string
	for _, p := range wrong.Problems {
		all = append(all, p.Text+" | "+p.Hint)
	}
	return all
}

// Preview answers with what it was asked. It refuses what is no object, and fails where the
// message says so.
func (c catalogue) Preview(_ context.Context, plugin *admin.Plugin, input admin.Preview, limits core.PluginLimits) (*admin.Previewed, error) {
	switch text := string(input.Input); {
	case !strings.HasPrefix(text, "{"):
		return nil, &admin.PreviewError{Field: "input", Text: "the message is no JSON object:\x1b[31m x"}
	case strings.Contains(text, "fail"):
		return nil, errors.New("no room")
	}
	return &admin.Previewed{Plugin: plugin.ID, Output: fmt.Appendf(nil, "%s %s %d", input.Input, input.Settings, limits.MemoryMiB)}, nil
}

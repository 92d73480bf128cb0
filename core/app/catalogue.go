package app

import (
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/plugin"
	"github.com/postern-id/postern/core/vault"
	"github.com/postern-id/postern/sdk/hook"
)

// catalogue tells admin which plugins there are.
type catalogue struct{ app *App }

// Plugins implements [admin.Plugins].
func (c catalogue) Plugins(ctx context.Context) ([]admin.Plugin, error) {
	host, err := c.app.host()
	if err != nil {
		return nil, err
	}
	manifests, err := host.Manifests()
	if err != nil {
		return nil, err
	}
	list := make([]admin.Plugin, len(manifests))
	for i := range manifests {
		list[i] = describe(&manifests[i], core.BuiltinModule)
	}
	config, err := c.app.Store.Plugins(ctx)
	if err != nil {
		return nil, err
	}
	return append(list, installed(config)...), nil
}

// ValidateSettings implements [admin.Plugins].
func (c catalogue) ValidateSettings(ctx context.Context, module, id string, settings []byte) error {
	if module == core.BuiltinModule {
		host, err := c.app.host()
		if err != nil {
			return err
		}
		return host.ValidateSettings(ctx, id, settings)
	}
	manifests, err := c.manifests(ctx, module)
	if err != nil {
		return err
	}
	return plugin.CheckSettings(manifests, id, settings)
}

// manifests gives what a module says of its plugins: the shipped one, an installed
// one, or the one that was examined last.
func (c catalogue) manifests(ctx context.Context, module string) ([]hook.Manifest, error) {
	if module == core.BuiltinModule {
		host, err := c.app.host()
		if err != nil {
			return nil, err
		}
		return host.Manifests()
	}
	if last := c.app.examined.Load(); last != nil && last.digest == module {
		return last.manifests, nil
	}
	config, err := c.app.Store.Plugins(ctx)
	if err != nil {
		return nil, err
	}
	for i := range config.Modules {
		if config.Modules[i].Digest == module {
			return hook.ParseManifests(config.Modules[i].Manifests)
		}
	}
	return nil, fmt.Errorf("the module %s is not installed", module)
}

// examined is a module that was tried, before it is installed.
type examined struct {
	digest    string
	manifests []hook.Manifest
}

// Examine implements [admin.Plugins]. The module is tried in a sandbox of its own,
// and what is compiled for that is there when the server loads it.
func (c catalogue) Examine(ctx context.Context, code []byte) ([]admin.Plugin, error) {
	found, err := examine(ctx, code, plugin.TrialOptions{CacheDir: c.app.cacheDir(), Logger: c.app.logger, Now: c.app.now, Rand: c.app.rand})
	if err != nil {
		return nil, err
	}
	c.app.examined.Store(found)
	return found.plugins(), nil
}

// Examine tries a module and says which plugins it has. It needs no data directory.
func Examine(ctx context.Context, code []byte) ([]admin.Plugin, error) {
	found, err := examine(ctx, code, plugin.TrialOptions{})
	if err != nil {
		return nil, &FileError{What: "the module cannot be used: " + err.Error(), Advice: "'postern plugin inspect FILE' shows more", Err: err}
	}
	return found.plugins(), nil
}

func examine(ctx context.Context, code []byte, o plugin.TrialOptions) (*examined, error) {
	trial, err := plugin.Try(ctx, code, o)
	if err != nil {
		return nil, err
	}
	found := &examined{plugin.Digest(code), trial.Manifests()}
	return found, trial.Close(ctx)
}

func (e *examined) plugins() []admin.Plugin {
	list := make([]admin.Plugin, len(e.manifests))
	for i := range e.manifests {
		list[i] = describe(&e.manifests[i], e.digest)
	}
	return list
}

// installed gives the plugins of the releases that run, from what their modules said
// when they were installed.
func installed(config *core.PluginConfig) []admin.Plugin {
	running := map[string]core.PluginRelease{}
	var ids []string
	for _, release := range config.Releases { // the last of a plugin runs
		if _, known := running[release.Plugin]; !known {
			ids = append(ids, release.Plugin)
		}
		running[release.Plugin] = release
	}
	slices.Sort(ids)
	list := make([]admin.Plugin, len(ids))
	for i, id := range ids {
		list[i] = released(config, running[id])
	}
	return list
}

// released describes a release. One whose description cannot be read any more, as
// after a downgrade of Postern, stays in the list, so that it can be removed.
func released(config *core.PluginConfig, release core.PluginRelease) admin.Plugin {
	plugin := admin.Plugin{ID: release.Plugin, Version: release.Version, Module: release.Module}
	m := slices.IndexFunc(config.Modules, func(m core.PluginModule) bool { return m.Digest == release.Module })
	if m < 0 {
		plugin.Description = "(its module is missing)"
		return plugin
	}
	module := &config.Modules[m]
	manifests, err := hook.ParseManifests(module.Manifests)
	if err != nil {
		plugin.Description = fmt.Sprintf("(its description cannot be read: %s)", err)
	} else if i := slices.IndexFunc(manifests, func(m hook.Manifest) bool { return m.ID == release.Plugin }); i >= 0 {
		plugin = describe(&manifests[i], module.Digest)
	}
	plugin.Source, plugin.Signer = module.Source, module.Signer
	return plugin
}

// describe gives a manifest in admin's words.
func describe(m *hook.Manifest, module string) admin.Plugin {
	list := hook.AppendManifests(nil, []hook.Manifest{*m})
	plugin := admin.Plugin{
		ID: m.ID, Version: m.Version, Description: m.Description, Module: module, HostAPI: m.HostAPI, Hooks: m.Hooks,
		Settings: m.Settings.AppendJSON(nil), Manifest: list[1 : len(list)-1], // without the brackets
	}
	for _, preset := range m.Presets {
		plugin.Presets = append(plugin.Presets, admin.PluginPreset{
			Name: preset.Name, Title: preset.Title, Icon: preset.Icon, Settings: preset.Settings.AppendJSON(nil), Targets: preset.Targets,
		})
	}
	for _, wish := range m.Capabilities {
		plugin.Capabilities = append(plugin.Capabilities, core.PluginWish(wish))
	}
	for _, wish := range m.Secrets {
		plugin.Secrets = append(plugin.Secrets, core.PluginSecretWish(wish))
	}
	return plugin
}

// sealer implements [admin.Sealer] and [admin.Unsealer].
type sealer struct {
	vault *vault.Vault
	rand  io.Reader
}

func (s sealer) Seal(plaintext []byte, purpose string) []byte {
	return s.vault.Seal(plaintext, purpose, s.rand)
}

func (s sealer) Unseal(sealed []byte, purpose string) ([]byte, error) {
	return s.vault.Unseal(sealed, purpose)
}

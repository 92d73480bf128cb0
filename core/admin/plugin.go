package admin

import (
	"context"

	"github.com/postern-id/postern/core"
)

// Plugins knows the plugins that can be bound, and runs modules to see what they are.
type Plugins interface {
	// Plugins gives the shipped plugins and the installed ones, of these the release
	// that runs.
	Plugins(ctx context.Context) ([]Plugin, error)
	// ValidateSettings checks settings, a JSON object, against the schema of a plugin
	// of the module: core.BuiltinModule, the digest of an installed one, or of one
	// that Examine accepted before.
	ValidateSettings(ctx context.Context, module, plugin string, settings []byte) error
	// Examine loads a module, tries it on its samples, and says which plugins it has.
	// What its author did wrong is an error that says so in one clause.
	Examine(ctx context.Context, code []byte) ([]Plugin, error)
	// Preview has a plugin answer a message, with no world and no secrets. A
	// [PreviewError] says what is wrong with the message or the settings.
	Preview(ctx context.Context, plugin *Plugin, input Preview, limits core.PluginLimits) (*Previewed, error)
}

// Plugin is what a module says of one of its plugins.
type Plugin struct {
	ID           string
	Version      string
	Description  string
	Module       string // digest, or core.BuiltinModule
	Source       string // where an installed module came from
	Signer       string // name of the key that signed it; empty: nobody
	HostAPI      int
	Hooks        []string
	Capabilities []core.PluginWish
	Secrets      []core.PluginSecretWish
	Settings     []byte // JSON Schema
	Presets      []PluginPreset
	// Manifest is all that the module says of it, a JSON object.
	Manifest []byte
}

// PluginPreset is a way to use a plugin: settings to begin with, for one product.
type PluginPreset struct {
	Name  string
	Title string // "Okta (issuer: https://ORGANISATION.okta.com)"
	Icon  string // name of a built-in icon, or empty
	// Settings are a JSON object that the operator's are laid over.
	Settings []byte
	// Targets are what each capability that reaches out is needed for.
	Targets []string
}

// FindPlugin gives the plugin of that id.
func (s *Service) FindPlugin(ctx context.Context, id string) (*Plugin, error) {
	return s.findPlugin(ctx, id, "")
}

// pluginOf gives the plugin that the instance runs.
func (s *Service) pluginOf(ctx context.Context, instance *core.PluginInstance) (*Plugin, error) {
	return s.findPlugin(ctx, instance.Plugin, instance.Module)
}

// findPlugin prefers the one of the module.
func (s *Service) findPlugin(ctx context.Context, id, module string) (*Plugin, error) {
	plugins, err := s.KnownPlugins(ctx)
	if err != nil {
		return nil, err
	}
	if plugin := pluginAmong(plugins, id, module); plugin != nil {
		return plugin, nil
	}
	return nil, &MissingError{What: "plugin", Name: id}
}

// pluginAmong prefers the one of the module; nil if there is none. Of a shipped plugin
// and an installed one of the same id, which a newer version of Postern may bring
// about, the installed one is meant: it was there first.
func pluginAmong(plugins []Plugin, id, module string) *Plugin {
	var best *Plugin
	for i := range plugins {
		p := &plugins[i]
		switch {
		case p.ID != id:
		case p.Module == module:
			return p
		case best == nil || best.Module == core.BuiltinModule:
			best = p
		}
	}
	return best
}

// KnownPlugins gives the plugins that can be bound.
func (s *Service) KnownPlugins(ctx context.Context) ([]Plugin, error) {
	if s.Plugins == nil {
		return nil, nil
	}
	plugins, err := s.Plugins.Plugins(ctx)
	return plugins, wrap("read the plugins", err)
}

// PluginConfig gives modules, releases, instances, bindings and connectors.
func (s *Service) PluginConfig(ctx context.Context) (*core.PluginConfig, error) {
	config, err := s.Store.Plugins(ctx)
	return config, wrap("read the plugins", err)
}

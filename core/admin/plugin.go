package admin

import (
	"context"

	"github.com/postern-id/postern/core"
)

// Plugins knows the plugins that can be bound.
type Plugins interface {
	Plugins(ctx context.Context) ([]Plugin, error)
	// ValidateSettings checks settings, a JSON object, against the plugin's schema.
	ValidateSettings(ctx context.Context, plugin string, settings []byte) error
}

// Plugin is what a module says of one of its plugins.
type Plugin struct {
	ID           string
	Version      string
	Description  string
	Module       string // core.BuiltinModule
	HostAPI      int
	Hooks        []string
	Capabilities []string
	Secrets      []string // names
	Settings     []byte   // JSON Schema
}

// FindPlugin gives the plugin of that id.
func (s *Service) FindPlugin(ctx context.Context, id string) (*Plugin, error) {
	plugins, err := s.KnownPlugins(ctx)
	if err != nil {
		return nil, err
	}
	for i := range plugins {
		if plugins[i].ID == id {
			return &plugins[i], nil
		}
	}
	return nil, &MissingError{What: "plugin", Name: id}
}

// KnownPlugins gives the plugins that can be bound.
func (s *Service) KnownPlugins(ctx context.Context) ([]Plugin, error) {
	if s.Plugins == nil {
		return nil, nil
	}
	plugins, err := s.Plugins.Plugins(ctx)
	return plugins, wrap("read the plugins", err)
}

// PluginConfig gives the instances and bindings.
func (s *Service) PluginConfig(ctx context.Context) (*core.PluginConfig, error) {
	return s.Store.Plugins(ctx)
}

func instanceOf(config *core.PluginConfig, name string) *core.PluginInstance {
	for i := range config.Instances {
		if config.Instances[i].Name == name {
			return &config.Instances[i]
		}
	}
	return nil
}

package admin

import (
	"context"
	"slices"

	"github.com/postern-id/postern/core"
)

// Instance is a plugin instance beside what its plugin asks for.
type Instance struct {
	core.PluginInstance
	Version  string   // of the plugin; empty if nothing here has it any more
	Hooks    []string // of the plugin
	Asked    []Asked
	Unasked  Unasked
	Bindings []core.PluginBinding
}

// Unasked is what an instance was given and its plugin does not ask for: ahead of a
// version to come, or for one that is gone.
type Unasked struct {
	Grants  []core.PluginGrant
	Secrets []core.PluginSecret
}

// Instances gives all plugin instances, by name. The caller must not change them.
func (s *Service) Instances(ctx context.Context) ([]Instance, error) {
	plugins, err := s.KnownPlugins(ctx)
	if err != nil {
		return nil, err
	}
	config, err := s.PluginConfig(ctx)
	if err != nil {
		return nil, err
	}
	list := make([]Instance, len(config.Instances))
	for i := range config.Instances {
		list[i] = stateOf(plugins, config, &config.Instances[i])
	}
	return list, nil
}

// FindInstance gives the plugin instance of that name.
func (s *Service) FindInstance(ctx context.Context, name string) (*Instance, error) {
	list, err := s.Instances(ctx)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(list, func(i Instance) bool { return i.Name == name })
	if i < 0 {
		return nil, &MissingError{What: "plugin instance", Name: name}
	}
	return &list[i], nil
}

func stateOf(plugins []Plugin, config *core.PluginConfig, instance *core.PluginInstance) Instance {
	state := Instance{PluginInstance: *instance, Bindings: selectBindings(config, Unbind{Instance: instance.Name})}
	plugin := pluginAmong(plugins, instance.Plugin, instance.Module)
	if plugin == nil {
		plugin = &Plugin{ID: instance.Plugin}
	}
	state.Version, state.Hooks, state.Asked = plugin.Version, plugin.Hooks, askedOf(plugin, instance)
	for _, grant := range instance.Grants {
		gives := func(a Asked) bool { return slices.Contains(a.Grants, grant) }
		if !slices.ContainsFunc(state.Asked, gives) {
			state.Unasked.Grants = append(state.Unasked.Grants, grant)
		}
	}
	for _, secret := range instance.Secrets {
		if secretOf(plugin, secret.Name) == nil {
			state.Unasked.Secrets = append(state.Unasked.Secrets, secret)
		}
	}
	return state
}

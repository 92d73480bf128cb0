package plugin

import (
	"slices"
	"sync/atomic"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/sdk/hook"
)

// bound is a plugin instance that serves a hook.
type bound struct {
	instance string
	plugin   string
	module   string
	settings hook.Value
	broken   error // the settings cannot be read
	failOpen bool
	specific bool // bound to the client by its id
}

// plan is a configuration made ready to be looked up.
type plan struct {
	config *core.PluginConfig
	hooks  map[string]*bindings
}

// bindings are those of one hook, in the order in which they run.
type bindings struct {
	all     []bound
	clients map[string][]bound // those of all, and the client's own
}

// planner keeps the plan of the newest configuration.
type planner struct{ newest atomic.Pointer[plan] }

// of gives what serves the hook for the client. It costs two map look-ups as long
// as the configuration stays.
func (p *planner) of(config *core.PluginConfig, hookName, clientID string) []bound {
	current := p.newest.Load()
	if current == nil || current.config != config {
		current = newPlan(config)
		p.newest.Store(current)
	}
	b := current.hooks[hookName]
	if b == nil {
		return nil
	}
	if own, ok := b.clients[clientID]; ok {
		return own
	}
	return b.all
}

func newPlan(config *core.PluginConfig) *plan {
	p := &plan{config: config, hooks: map[string]*bindings{}}
	instances := make(map[string]bound, len(config.Instances))
	for i := range config.Instances {
		in := &config.Instances[i]
		b := bound{instance: in.Name, plugin: in.Plugin, module: in.Module}
		b.settings = hook.FromObject(nil)
		if len(in.Settings) > 0 {
			var settings hook.Object
			settings, b.broken = hook.ParseObject(in.Settings)
			b.settings = hook.FromObject(settings)
		}
		instances[in.Name] = b
	}
	for i := range config.Bindings {
		binding := &config.Bindings[i]
		b, ok := instances[binding.Instance]
		if !ok {
			b = bound{instance: binding.Instance} // fails when it is called
		}
		b.failOpen, b.specific = binding.FailOpen, binding.ClientID != ""
		p.add(binding.Hook, binding.ClientID, b)
	}
	return p
}

// add keeps the order. An instance that is bound to a hook for all clients and
// for one runs once for that one.
func (p *plan) add(hookName, clientID string, b bound) {
	of := p.hooks[hookName]
	if of == nil {
		of = &bindings{clients: map[string][]bound{}}
		p.hooks[hookName] = of
	}
	if clientID != "" {
		own, ok := of.clients[clientID]
		if !ok {
			own = slices.Clone(of.all)
		}
		of.clients[clientID] = appendOnce(own, b)
		return
	}
	of.all = appendOnce(of.all, b)
	for id, own := range of.clients {
		of.clients[id] = appendOnce(own, b)
	}
}

func appendOnce(list []bound, b bound) []bound {
	for i := range list {
		if list[i].instance == b.instance {
			// Whoever binds twice gets the stricter of both.
			list[i].failOpen = list[i].failOpen && b.failOpen
			list[i].specific = list[i].specific || b.specific
			return list
		}
	}
	return append(list, b)
}

package plugin

import (
	"slices"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/sdk/hook"
)

// served is a plugin instance with the module that answers for it.
type served struct {
	instance string
	plugin   string
	settings hook.Value
	broken   error // the settings cannot be read
	grants   []core.PluginGrant
	secrets  []core.PluginSecret
	memory   int // bytes
	cpu      time.Duration
	wait     time.Duration
	waits    bool // it has a grant to wait for the world
	loading  *loading
	// before is the instance as it was served last, with a module that runs. It goes
	// on until the new module is there, and for good if that is no good.
	before  *served
	breaker *breaker
}

// current gives the instance as it can be served now; itself if nothing can.
func (s *served) current() *served {
	if s.before != nil && s.loading.ready() == nil {
		return s.before
	}
	return s
}

// bound is an instance that serves a hook.
type bound struct {
	*served
	failOpen bool
	shadow   bool
	specific bool // bound to the client by its id
}

// plan is a configuration made ready to be looked up.
type plan struct {
	config    *core.PluginConfig
	instances map[string]*served
	hooks     map[string]*bindings
}

// bindings are those of one hook, in the order in which they run.
type bindings struct {
	all     []bound
	clients map[string][]bound // those of all, and the client's own
}

// of gives what serves the hook for the client. It costs two map look-ups.
func (p *plan) of(hookName, clientID string) []bound {
	b := p.hooks[hookName]
	if b == nil {
		return nil
	}
	if own, ok := b.clients[clientID]; ok {
		return own
	}
	return b.all
}

// newPlan makes a plan. get loads modules; before is the plan so far, or nil.
func newPlan(config *core.PluginConfig, before *plan, get func(edition) *loading) *plan {
	p := &plan{config: config, hooks: map[string]*bindings{}, instances: map[string]*served{}}
	needed := map[string]bool{}
	for i := range config.Bindings {
		needed[config.Bindings[i].Instance] = true
	}
	for i := range config.Instances {
		if in := &config.Instances[i]; needed[in.Name] {
			p.instances[in.Name] = serve(in, before, get(editionOf(in, config)))
		}
	}
	for i := range config.Bindings {
		binding := &config.Bindings[i]
		s, ok := p.instances[binding.Instance]
		if !ok {
			// Fails when it is called.
			s = &served{instance: binding.Instance, loading: failed(ErrUnknownPlugin), breaker: &breaker{}}
		}
		p.add(binding.Hook, binding.ClientID, bound{
			served: s, failOpen: binding.FailOpen, shadow: binding.Shadow, specific: binding.ClientID != "",
		})
	}
	return p
}

// editionOf gives the module that an instance runs. The shipped one is never loaded
// anew: it cannot have changed.
func editionOf(in *core.PluginInstance, config *core.PluginConfig) edition {
	if in.Module == core.BuiltinModule {
		return edition{digest: in.Module}
	}
	return edition{in.Module, config.Reload}
}

func serve(in *core.PluginInstance, before *plan, from *loading) *served {
	s := &served{
		instance: in.Name, plugin: in.Plugin, settings: hook.FromObject(nil), grants: in.Grants, secrets: in.Secrets,
		memory: defaultMemory, cpu: defaultCPU, wait: defaultWait, loading: from, breaker: &breaker{},
	}
	if in.Limits.MemoryMiB > 0 {
		s.memory = min(in.Limits.MemoryMiB<<20, maxMemory)
	}
	if in.Limits.CPU > 0 {
		s.cpu = in.Limits.CPU
	}
	if in.Limits.Wait > 0 {
		s.wait = in.Limits.Wait
	}
	s.waits = slices.ContainsFunc(in.Grants, func(g core.PluginGrant) bool { return slices.Contains(blocking, g.Capability) })
	if len(in.Settings) > 0 {
		var settings hook.Object
		settings, s.broken = hook.ParseObject(in.Settings)
		s.settings = hook.FromObject(settings)
	}
	if before == nil {
		return s
	}
	if last := before.instances[in.Name]; last != nil {
		if last.loading == from {
			s.breaker = last.breaker // the same module goes on as it was
		}
		if last = last.current(); last.loading != from && last.loading.ready() != nil && last.plugin == in.Plugin {
			s.before = last
		}
	}
	return s
}

// settle forgets what was served before where that is not needed any more, and
// gives the modules that are.
func (p *plan) settle() (settled *plan, needed map[*loading]bool) {
	settled = &plan{config: p.config, instances: map[string]*served{}, hooks: map[string]*bindings{}}
	needed = map[*loading]bool{}
	for name, s := range p.instances {
		if s.before != nil && s.loading.ready() != nil {
			again := *s
			again.before = nil
			s = &again
		}
		settled.instances[name] = s
		needed[s.loading] = true
		if s.before != nil {
			needed[s.before.loading] = true
		}
	}
	renew := func(list []bound) []bound {
		list = slices.Clone(list)
		for i := range list {
			if s := settled.instances[list[i].instance]; s != nil {
				list[i].served = s
			}
		}
		return list
	}
	for name, b := range p.hooks {
		again := &bindings{all: renew(b.all), clients: map[string][]bound{}}
		for id, own := range b.clients {
			again.clients[id] = renew(own)
		}
		settled.hooks[name] = again
	}
	return settled, needed
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
			list[i].shadow = list[i].shadow && b.shadow
			list[i].specific = list[i].specific || b.specific
			return list
		}
	}
	return append(list, b)
}

package wire

import (
	"encoding/json"
	"slices"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/sdk/api"
)

// object gives JSON as it is, an empty object where there is none.
func object(text []byte) json.RawMessage {
	if len(text) == 0 {
		return json.RawMessage("{}")
	}
	return text
}

// Plugin gives what a module says of one of its plugins.
func Plugin(p *admin.Plugin) api.Plugin {
	return api.Plugin{
		ID: p.ID, Version: p.Version, Description: p.Description, Module: p.Module, Source: p.Source, Signer: p.Signer, HostAPI: p.HostAPI, Hooks: list(p.Hooks),
		Capabilities: Each(p.Capabilities, func(w *core.PluginWish) api.PluginWish {
			return api.PluginWish{Name: w.Name, Targets: list(w.Targets), Reason: w.Reason, Optional: w.Optional}
		}),
		Secrets:  Each(p.Secrets, func(w *core.PluginSecretWish) api.PluginSecretWish { return api.PluginSecretWish(*w) }),
		Settings: object(p.Settings), Manifest: object(p.Manifest),
		Presets: Each(p.Presets, func(s *admin.PluginPreset) api.PluginPreset {
			return api.PluginPreset{Name: s.Name, Title: s.Title, Icon: s.Icon, Settings: object(s.Settings), Targets: list(s.Targets)}
		}),
	}
}

// AdminPlugin is the way back.
func AdminPlugin(p *api.Plugin) admin.Plugin {
	return admin.Plugin{
		ID: p.ID, Version: p.Version, Description: p.Description, Module: p.Module, Source: p.Source, Signer: p.Signer, HostAPI: p.HostAPI, Hooks: p.Hooks,
		Capabilities: Each(p.Capabilities, func(w *api.PluginWish) core.PluginWish { return core.PluginWish(*w) }),
		Secrets:      Each(p.Secrets, func(w *api.PluginSecretWish) core.PluginSecretWish { return core.PluginSecretWish(*w) }),
		Settings:     p.Settings, Manifest: p.Manifest,
		Presets: Each(p.Presets, func(s *api.PluginPreset) admin.PluginPreset {
			return admin.PluginPreset{Name: s.Name, Title: s.Title, Icon: s.Icon, Settings: s.Settings, Targets: s.Targets}
		}),
	}
}

// Need gives what a plugin asks for and an instance has not.
func Need(n *admin.Need) api.Need { return api.Need(*n) }

// AdminNeed is the way back.
func AdminNeed(n *api.Need) admin.Need { return admin.Need(*n) }

func asked(a *admin.Asked) api.Asked {
	return api.Asked{Need: Need(&a.Need), Given: a.Given, Grants: Each(a.Grants, grant), SetAt: at(a.SetAt)}
}

func adminAsked(a *api.Asked) admin.Asked {
	return admin.Asked{Need: AdminNeed(&a.Need), Given: a.Given, Grants: Each(a.Grants, coreGrant), SetAt: a.SetAt}
}

func grant(g *core.PluginGrant) api.Grant { return api.Grant(*g) }

func coreGrant(g *api.Grant) core.PluginGrant { return core.PluginGrant(*g) }

func secret(s *core.PluginSecret) api.SetSecret {
	return api.SetSecret{Name: s.Name, UpdatedAt: at(s.UpdatedAt)}
}

func coreSecret(s *api.SetSecret) core.PluginSecret {
	return core.PluginSecret{Name: s.Name, UpdatedAt: s.UpdatedAt}
}

// Limits give what bounds each call.
func Limits(l core.PluginLimits) api.Limits {
	return api.Limits{Memory: l.MemoryMiB, CPU: l.CPU.Milliseconds(), Wait: l.Wait.Milliseconds()}
}

// CoreLimits are the way back.
func CoreLimits(l api.Limits) core.PluginLimits {
	return core.PluginLimits{MemoryMiB: l.Memory, CPU: time.Duration(l.CPU) * time.Millisecond, Wait: time.Duration(l.Wait) * time.Millisecond}
}

// Instance gives a plugin instance beside what its plugin asks for.
func Instance(i *admin.Instance) api.Instance {
	return api.Instance{
		Name: i.Name, Version: string(admin.VersionOf(i.UpdatedAt)), Plugin: i.Plugin, Module: i.Module, Release: i.Version, Hooks: list(i.Hooks),
		Settings: object(i.Settings), Limits: Limits(i.Limits), Grants: Each(i.Grants, grant), Secrets: Each(i.Secrets, secret), Asked: Each(i.Asked, asked),
		Unasked:  api.Unasked{Grants: Each(i.Unasked.Grants, grant), Secrets: Each(i.Unasked.Secrets, secret)},
		Bindings: Each(i.Bindings, Binding), CreatedAt: at(i.CreatedAt), UpdatedAt: at(i.UpdatedAt),
	}
}

// AdminInstance is the way back. Of secrets it has no more than the names.
func AdminInstance(i *api.Instance) admin.Instance {
	return admin.Instance{
		PluginInstance: core.PluginInstance{
			Name: i.Name, Plugin: i.Plugin, Module: i.Module, Settings: i.Settings, Grants: Each(i.Grants, coreGrant), Secrets: Each(i.Secrets, coreSecret),
			Limits: CoreLimits(i.Limits), CreatedAt: i.CreatedAt, UpdatedAt: i.UpdatedAt,
		},
		Version: i.Release, Hooks: i.Hooks, Asked: Each(i.Asked, adminAsked),
		Unasked:  admin.Unasked{Grants: Each(i.Unasked.Grants, coreGrant), Secrets: Each(i.Unasked.Secrets, coreSecret)},
		Bindings: Each(i.Bindings, CoreBinding),
	}
}

// Binding gives which hook an instance serves.
func Binding(b *core.PluginBinding) api.Binding {
	return api.Binding{
		ID: string(b.ID), Instance: b.Instance, Hook: b.Hook, Client: b.ClientID, Position: b.Position, FailOpen: b.FailOpen, Shadow: b.Shadow,
		CreatedAt: at(b.CreatedAt),
	}
}

// CoreBinding is the way back.
func CoreBinding(b *api.Binding) core.PluginBinding {
	return core.PluginBinding{
		ID: core.ID(b.ID), Instance: b.Instance, Hook: b.Hook, ClientID: b.Client, Position: b.Position, FailOpen: b.FailOpen, Shadow: b.Shadow,
		CreatedAt: b.CreatedAt,
	}
}

// Bind gives what is to be bound.
func Bind(b *api.NewBinding) admin.Bind {
	return admin.Bind{
		Plugin: b.Plugin, Instance: b.Instance, Hooks: b.Hooks, ClientID: b.Client, Settings: b.Settings, Position: b.Position, FailOpen: b.FailOpen,
		Shadow: b.Shadow,
	}
}

// BindingToMake is the way back.
func BindingToMake(b *admin.Bind) api.NewBinding {
	return api.NewBinding{
		Plugin: b.Plugin, Instance: b.Instance, Hooks: b.Hooks, Client: b.ClientID, Settings: b.Settings, Position: b.Position, FailOpen: b.FailOpen,
		Shadow: b.Shadow,
	}
}

// Installed gives what runs from now on.
func Installed(i *admin.Installed) api.Installed {
	return api.Installed{
		Digest: i.Digest, Plugins: Each(i.Plugins, Plugin), Upgraded: list(i.Upgraded), Unchanged: i.Unchanged, Wishes: Each(i.Wishes, Need),
		Replaced: Each(i.Replaced, func(r *core.PluginRelease) api.Release { return Release(&admin.Release{PluginRelease: *r}) }),
	}
}

// AdminInstalled is the way back.
func AdminInstalled(i *api.Installed) admin.Installed {
	return admin.Installed{
		Digest: i.Digest, Plugins: Each(i.Plugins, AdminPlugin), Upgraded: i.Upgraded, Unchanged: i.Unchanged, Wishes: Each(i.Wishes, AdminNeed),
		Replaced: Each(i.Replaced, func(r *api.Release) core.PluginRelease { return AdminRelease(r).PluginRelease }),
	}
}

// Release gives a release with what is known of its module.
func Release(r *admin.Release) api.Release {
	return api.Release{
		ID: string(r.ID), Plugin: r.Plugin, Version: r.Version, Module: r.Module, Size: r.Size, Source: r.Source, Signer: r.Signer, Pinned: r.Pinned,
		Running: r.Running, CreatedAt: at(r.CreatedAt),
	}
}

// AdminRelease is the way back.
func AdminRelease(r *api.Release) admin.Release {
	return admin.Release{
		PluginRelease: core.PluginRelease{ID: core.ID(r.ID), Plugin: r.Plugin, Version: r.Version, Module: r.Module, CreatedAt: r.CreatedAt},
		Size:          r.Size, Source: r.Source, Signer: r.Signer, Pinned: r.Pinned, Running: r.Running,
	}
}

// PluginConfig gives what the plugin host serves, besides instances and connectors.
func PluginConfig(c *core.PluginConfig) api.PluginConfig {
	return api.PluginConfig{
		Generation: c.Generation, Reload: c.Reload, Bindings: Each(c.Bindings, Binding),
		Modules: Each(c.Modules, func(m *core.PluginModule) api.Module {
			return api.Module{Digest: m.Digest, Size: m.Size, Source: m.Source, Signer: m.Signer, Pinned: m.Pinned, CreatedAt: at(m.CreatedAt)}
		}),
		Releases: Each(c.Releases, func(r *core.PluginRelease) api.Release { return Release(&admin.Release{PluginRelease: *r}) }),
		Orders:   orders(c.Bindings),
	}
}

// orders gives the version of the order of each hook.
func orders(bindings []core.PluginBinding) map[string]string {
	versions := map[string]string{}
	for _, b := range bindings {
		if _, there := versions[b.Hook]; !there {
			of := slices.DeleteFunc(slices.Clone(bindings), func(other core.PluginBinding) bool { return other.Hook != b.Hook })
			versions[b.Hook] = string(admin.OrderVersion(of))
		}
	}
	return versions
}

// CorePluginConfig is the way back.
func CorePluginConfig(c *api.PluginConfig) core.PluginConfig {
	return core.PluginConfig{
		Generation: c.Generation, Reload: c.Reload, Bindings: Each(c.Bindings, CoreBinding),
		Modules: Each(c.Modules, func(m *api.Module) core.PluginModule {
			return core.PluginModule{Digest: m.Digest, Size: m.Size, Source: m.Source, Signer: m.Signer, Pinned: m.Pinned, CreatedAt: m.CreatedAt}
		}),
		Releases: Each(c.Releases, func(r *api.Release) core.PluginRelease { return AdminRelease(r).PluginRelease }),
	}
}

package admin

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
)

// Rollback names a release of a plugin that ran before.
type Rollback struct {
	Plugin string
	// To is a version, or the beginning of a module's digest; "" is the release before
	// the one that runs.
	To string
	// Settings are new settings of instances, by name, if those of today do not suit.
	Settings map[string][]byte
}

// Release says that a module was made the one to run for a plugin, and what is known
// of that module.
type Release struct {
	core.PluginRelease
	Size    int // bytes
	Source  string
	Signer  string
	Pinned  bool
	Running bool
}

// Releases gives the history of an installed plugin, the newest first. Going back to
// a version is an entry of its own.
func (s *Service) Releases(ctx context.Context, plugin string) ([]Release, error) {
	config, err := s.PluginConfig(ctx)
	if err != nil {
		return nil, err
	}
	var list []Release
	for _, r := range slices.Backward(config.Releases) {
		if r.Plugin != plugin {
			continue
		}
		release := Release{PluginRelease: r, Running: len(list) == 0}
		if m := moduleOf(config, r.Module); m != nil {
			release.Size, release.Source, release.Signer, release.Pinned = m.Size, m.Source, m.Signer, m.Pinned
		}
		list = append(list, release)
	}
	if len(list) == 0 {
		return nil, s.notInstalled(ctx, plugin)
	}
	return list, nil
}

// moduleOf gives the installed module of that digest, nil if there is none.
func moduleOf(config *core.PluginConfig, digest string) *core.PluginModule {
	for i := range config.Modules {
		if config.Modules[i].Digest == digest {
			return &config.Modules[i]
		}
	}
	return nil
}

// RollbackPlugin makes a release that was installed before the one that runs, under
// the same conditions as [Service.InstallPlugin].
func (s *Service) RollbackPlugin(ctx context.Context, actor Actor, input Rollback) (*Installed, error) {
	config, err := s.PluginConfig(ctx)
	if err != nil {
		return nil, err
	}
	running := runningRelease(config, input.Plugin)
	if running == nil {
		return nil, s.notInstalled(ctx, input.Plugin)
	}
	release, err := findRelease(config, running, input.To)
	if err != nil {
		return nil, err
	}
	plugin, err := s.releasedPlugin(ctx, config, release)
	if err != nil {
		return nil, err
	}
	plugins := []Plugin{*plugin}
	moves, err := s.plan(ctx, config, plugins, input.Settings)
	if err != nil {
		return nil, err
	}
	back := outcome(config, release.Module, plugins, moves)
	if back.Unchanged {
		return back, nil
	}
	return back, s.applyMoves(ctx, "roll the plugin back", s.moveChanges(actor, core.EventPluginRolledBack, moves[0], nil))
}

// notInstalled says why something cannot be done with a plugin.
func (s *Service) notInstalled(ctx context.Context, plugin string) error {
	if _, err := s.FindPlugin(ctx, plugin); err != nil {
		return err
	}
	return invalid("plugin", "it changes with Postern itself", "the plugin %q comes with Postern: it was not installed", plugin)
}

// releasedPlugin gives the plugin as its stored module has it. The module is examined
// again: this version of Postern may not be the one that accepted it.
func (s *Service) releasedPlugin(ctx context.Context, config *core.PluginConfig, release *core.PluginRelease) (*Plugin, error) {
	code, err := s.Store.PluginCode(ctx, release.Module)
	if err != nil {
		return nil, wrap("read the module", err)
	}
	plugins, err := s.examine(ctx, code, release.Module)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(plugins, func(p Plugin) bool { return p.ID == release.Plugin })
	if i < 0 {
		return nil, &MissingError{What: "plugin", Name: release.Plugin}
	}
	if m := moduleOf(config, release.Module); m != nil {
		plugins[i].Source, plugins[i].Signer = m.Source, m.Signer
	}
	return &plugins[i], nil
}

// findRelease gives the release that to names, of the plugin of the running one.
func findRelease(config *core.PluginConfig, running *core.PluginRelease, to string) (*core.PluginRelease, error) {
	releases := releasesOf(config, running.Plugin)
	if to == "" {
		return releaseBefore(releases, running)
	}
	found := releasesNamed(releases, to)
	switch len(found) {
	case 0:
		return nil, invalid("to", "it has "+releaseNames(releases), "the plugin %q has no release %q", running.Plugin, shown(to))
	case 1:
		return found[0], nil
	default:
		return nil, invalid("to", "give the beginning of its digest: "+releaseNames(found), "the plugin %q has several releases %q", running.Plugin, shown(to))
	}
}

// releasesOf gives the releases of a plugin in the order in which their modules came
// first: going back and forth does not change what was before what.
func releasesOf(config *core.PluginConfig, plugin string) []*core.PluginRelease {
	var releases []*core.PluginRelease
	for i := range config.Releases {
		r := &config.Releases[i]
		if r.Plugin == plugin && !slices.ContainsFunc(releases, func(o *core.PluginRelease) bool { return o.Module == r.Module }) {
			releases = append(releases, r)
		}
	}
	return releases
}

func releaseBefore(releases []*core.PluginRelease, running *core.PluginRelease) (*core.PluginRelease, error) {
	i := slices.IndexFunc(releases, func(r *core.PluginRelease) bool { return r.Module == running.Module })
	if i == 0 {
		return nil, invalid("to", "name the one to run: "+releaseNames(releases), "no release of %q came before %s", running.Plugin, running.Version)
	}
	return releases[i-1], nil
}

// releasesNamed gives those of a version, or else those whose digest begins so.
func releasesNamed(releases []*core.PluginRelease, to string) []*core.PluginRelease {
	const shortest = 6
	named := func(matches func(*core.PluginRelease) bool) []*core.PluginRelease {
		return slices.DeleteFunc(slices.Clone(releases), func(r *core.PluginRelease) bool { return !matches(r) })
	}
	if found := named(func(r *core.PluginRelease) bool { return r.Version == to }); len(found) > 0 {
		return found
	}
	digest := strings.TrimPrefix(strings.ToLower(to), "sha256:")
	return named(func(r *core.PluginRelease) bool {
		return len(digest) >= shortest && strings.HasPrefix(r.Module, digest)
	})
}

func releaseNames(releases []*core.PluginRelease) string {
	names := make([]string, len(releases))
	for i, r := range releases {
		names[i] = fmt.Sprintf("%s (%s)", r.Version, r.Module[:min(12, len(r.Module))])
	}
	return strings.Join(names, ", ")
}

// RemovePlugin deletes an installed plugin with its releases, and the modules that
// nothing else runs. It is refused while there are instances, unless it is forced:
// then they are deleted with bindings, secrets and values. It gives their names.
func (s *Service) RemovePlugin(ctx context.Context, actor Actor, plugin string, force bool) ([]string, error) {
	config, err := s.PluginConfig(ctx)
	if err != nil {
		return nil, err
	}
	running := runningRelease(config, plugin)
	if running == nil {
		return nil, s.notInstalled(ctx, plugin)
	}
	var p problems
	var names []string
	var changes []core.Change
	for _, instance := range instancesOf(config, plugin) {
		bound := selectBindings(config, Unbind{Instance: instance.Name})
		hint := "postern plugin unbind " + instance.Name + " --forget"
		if connectorOf(config, instance.Name) != nil {
			hint = "postern connector delete " + instance.Name + " --forget"
		}
		p.add("plugin", hint, "the plugin has the instance %q, %s", instance.Name, boundText(bound))
		names = append(names, instance.Name)
		changes = append(changes, asRead(core.KindOfInstance, instance.Name, instance.UpdatedAt))
		changes = append(append(changes, s.unbindChanges(actor, bound)...), s.forgetChanges(actor, instance, connectorOf(config, instance.Name))...)
	}
	if err := p.err(); err != nil && !force {
		return nil, err
	}
	changes = append(changes, core.DeleteReleases{Plugin: plugin})
	for _, digest := range orphans(config, plugin) {
		changes = append(changes, core.DeleteModule{Digest: digest})
	}
	detail := withoutEmpty(map[string]string{
		"plugin": plugin, "version": running.Version, "digest": running.Module, "instances": strings.Join(names, " "),
	})
	changes = append(changes, s.record(actor, s.Now(), core.Event{Type: core.EventPluginRemoved, Detail: detail}))
	return names, s.applyMoves(ctx, "remove the plugin", changes)
}

func boundText(bindings []core.PluginBinding) string {
	if len(bindings) == 0 {
		return "which is not bound"
	}
	var hooks []string
	for _, b := range bindings {
		hooks = append(hooks, b.Hook)
	}
	slices.Sort(hooks)
	return "which is bound to " + strings.Join(slices.Compact(hooks), ", ")
}

// orphans gives the modules that only this plugin ran.
func orphans(config *core.PluginConfig, plugin string) []string {
	var digests []string
	for _, release := range releasesOf(config, plugin) {
		if !slices.ContainsFunc(config.Releases, func(r core.PluginRelease) bool { return r.Module == release.Module && r.Plugin != plugin }) {
			digests = append(digests, release.Module)
		}
	}
	return digests
}

// ReloadPlugins makes every server load all modules anew.
func (s *Service) ReloadPlugins(ctx context.Context, actor Actor) error {
	record := s.record(actor, s.Now(), core.Event{Type: core.EventPluginReloaded})
	return wrap("reload the plugins", s.apply(ctx, core.ReloadPlugins{}, record))
}

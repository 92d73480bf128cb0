package admin

import (
	"bytes"
	"context"
	"errors"
	"maps"
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
)

// move says that another module is to run for a plugin.
type move struct {
	plugin    *Plugin             // as that module has it
	was       *core.PluginRelease // what runs now; nil: nothing
	instances []instanceMove
}

type instanceMove struct {
	before *core.PluginInstance
	after  core.PluginInstance
}

// plan says what is to move so that the plugins run as their module has them, with
// new settings for some instances; what runs like that already is left out. It
// refuses, with every reason, if an instance could not run it.
func (s *Service) plan(ctx context.Context, config *core.PluginConfig, plugins []Plugin, settings map[string][]byte) ([]move, error) {
	var p problems
	var moves []move
	unknown := maps.Clone(settings)
	for i := range plugins {
		m := move{plugin: &plugins[i], was: runningRelease(config, plugins[i].ID)}
		for _, before := range instancesOf(config, m.plugin.ID) {
			after := *before
			after.Module = m.plugin.Module
			if given, ok := settings[before.Name]; ok {
				after.Settings = given
				delete(unknown, before.Name)
			}
			if after.Module != before.Module || !bytes.Equal(after.Settings, before.Settings) {
				s.checkInstanceMove(ctx, &p, config, m.plugin, &after)
				m.instances = append(m.instances, instanceMove{before, after})
			}
		}
		if m.released() || len(m.instances) > 0 {
			moves = append(moves, m)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(unknown)) {
		p.add("settings", "run 'postern plugin list' to see the instances", "there are settings for %q, which is no instance of these plugins", shown(name))
	}
	return moves, p.err()
}

// checkInstanceMove says why an instance could not run the plugin's other version. One
// that serves nothing may lack what it needs: it is bound when it has it.
func (s *Service) checkInstanceMove(ctx context.Context, p *problems, config *core.PluginConfig, plugin *Plugin, instance *core.PluginInstance) {
	var wrong problems
	if s.checkSettings(ctx, &wrong, plugin, instance.Settings); len(wrong) > 0 {
		p.add("settings", "give it other settings together with that version: --settings "+instance.Name+"=FILE",
			"instance %q cannot run version %s: %s", instance.Name, plugin.Version, wrong[0].Text)
	}
	bound := selectBindings(config, Unbind{Instance: instance.Name})
	if len(bound) == 0 {
		return
	}
	var lost []string
	for _, b := range bound {
		if !slices.Contains(plugin.Hooks, b.Hook) && !slices.Contains(lost, b.Hook) {
			lost = append(lost, b.Hook)
			p.add("hooks", "postern plugin unbind "+instance.Name+" --hook "+b.Hook,
				"instance %q is bound to %s, which version %s does not have", instance.Name, b.Hook, plugin.Version)
		}
	}
	for _, need := range required(needsOf(plugin, instance)) {
		need.Ahead = true
		p.add(need.field(), need.Command(), "instance %q cannot run version %s: it needs %s", instance.Name, plugin.Version, need)
	}
}

// moveChanges note the release, move the instances to it, and record it all.
func (s *Service) moveChanges(actor Actor, kind core.EventType, m move, detail map[string]string) []core.Change {
	var changes []core.Change
	if m.released() {
		changes = append(changes, core.AddRelease{Release: s.newRelease(m)})
	}
	var moved []string
	for _, i := range m.instances {
		changes = append(changes, s.replaceInstance(i.before, i.after))
		if i.after.Module != i.before.Module {
			moved = append(moved, i.before.Name)
		}
		if !bytes.Equal(i.before.Settings, i.after.Settings) {
			changes = append(changes, s.settingsRecord(actor, i.before, i.after.Settings))
		}
	}
	if !m.released() && len(moved) == 0 {
		return changes
	}
	detail = withoutEmpty(detail, map[string]string{
		"plugin": m.plugin.ID, "version": m.plugin.Version, "digest": m.plugin.Module, "instances": strings.Join(moved, " "),
	})
	if m.was != nil {
		detail["version_before"], detail["digest_before"] = m.was.Version, m.was.Module
	}
	return append(changes, s.record(actor, s.Now(), core.Event{Type: kind, Detail: detail}))
}

// released reports whether another module is to run than before.
func (m *move) released() bool { return m.was == nil || m.was.Module != m.plugin.Module }

// newRelease comes after the last release of the plugin, whatever the clock says.
func (s *Service) newRelease(m move) core.PluginRelease {
	now := s.Now()
	if m.was != nil {
		now = later(now, m.was.CreatedAt)
	}
	return core.PluginRelease{ID: s.newID(now), Plugin: m.plugin.ID, Version: m.plugin.Version, Module: m.plugin.Module, CreatedAt: now}
}

// withoutEmpty joins what is said.
func withoutEmpty(details ...map[string]string) map[string]string {
	all := map[string]string{}
	for _, detail := range details {
		maps.Copy(all, detail)
	}
	maps.DeleteFunc(all, func(_, value string) bool { return value == "" })
	return all
}

// applyMoves applies changes to what was read before, if there are any.
func (s *Service) applyMoves(ctx context.Context, what string, changes []core.Change) error {
	if len(changes) == 0 {
		return nil
	}
	err := s.apply(ctx, changes...)
	if errors.Is(err, core.ErrConflict) || errors.Is(err, core.ErrNotFound) {
		return invalid("plugin", "repeat the command", "somebody else changed the plugin, or what is bound of it, at the same time")
	}
	return wrap(what, err)
}

// runningRelease gives the last release of the plugin, nil if it was never installed.
func runningRelease(config *core.PluginConfig, plugin string) *core.PluginRelease {
	for i := range slices.Backward(config.Releases) {
		if config.Releases[i].Plugin == plugin {
			return &config.Releases[i]
		}
	}
	return nil
}

// instancesOf gives the instances of an installed plugin.
func instancesOf(config *core.PluginConfig, plugin string) []*core.PluginInstance {
	var own []*core.PluginInstance
	for i := range config.Instances {
		if instance := &config.Instances[i]; instance.Plugin == plugin && instance.Module != core.BuiltinModule {
			own = append(own, instance)
		}
	}
	return own
}

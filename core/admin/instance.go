package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
)

// Bounds of what an instance may be given.
const (
	maxMemoryMiB = 256
	minCPU       = time.Millisecond
	maxCPU       = time.Second
	minWait      = 10 * time.Millisecond
	maxWait      = 30 * time.Second
)

// CreateInstance makes an instance that serves nothing yet, so that it can be
// granted what it needs before it is bound. Name "" is the plugin's id, and without
// settings it has an empty object.
func (s *Service) CreateInstance(ctx context.Context, actor Actor, name, plugin string, settings []byte) (*core.PluginInstance, error) {
	of, err := s.FindPlugin(ctx, plugin)
	if err != nil {
		return nil, err
	}
	config, err := s.PluginConfig(ctx)
	if err != nil {
		return nil, err
	}
	if name == "" {
		name = of.ID
	}
	if instanceOf(config, name) != nil {
		return nil, taken("instance", "plugin instance", name)
	}
	instance := newInstance(name, of.ID, of.Module, settings, s.Now())
	var p problems
	checkInstanceName(&p, name)
	s.checkSettings(ctx, &p, of, instance.Settings)
	if err := p.err(); err != nil {
		return nil, err
	}
	err = s.apply(ctx, core.SaveInstance{Instance: instance, New: true}, s.createdRecord(actor, &instance))
	if errors.Is(err, core.ErrConflict) {
		return nil, taken("instance", "plugin instance", name)
	}
	return &instance, wrap("make the plugin instance", err)
}

func newInstance(name, plugin, module string, settings []byte, now time.Time) core.PluginInstance {
	if len(settings) == 0 {
		settings = []byte("{}")
	}
	return core.PluginInstance{Name: name, Plugin: plugin, Module: module, Settings: settings, CreatedAt: now, UpdatedAt: now}
}

// SetSettings replaces the settings of the instance.
func (s *Service) SetSettings(ctx context.Context, actor Actor, instance string, settings []byte) error {
	return s.UpdateInstance(ctx, actor, instance, "", func(i *core.PluginInstance) { i.Settings = settings })
}

// SetLimits bounds each call of the instance. Zero fields stand for the host's
// defaults.
func (s *Service) SetLimits(ctx context.Context, actor Actor, instance string, limits core.PluginLimits) error {
	return s.UpdateInstance(ctx, actor, instance, "", func(i *core.PluginInstance) { i.Limits = limits })
}

// UpdateInstance lets edit change settings and limits of a copy of the instance, checks them
// and stores them. Whatever else it changes is put back.
func (s *Service) UpdateInstance(ctx context.Context, actor Actor, instance string, was Version, edit func(*core.PluginInstance)) error {
	_, err := changing(ctx, s, "plugin instance", instance, was, s.instanceAt(instance), func(before *core.PluginInstance, _ time.Time) (*core.PluginInstance, error) {
		draft, after := *before, *before
		draft.Settings = slices.Clone(before.Settings)
		edit(&draft)
		after.Settings, after.Limits = draft.Settings, draft.Limits
		return before, s.updateInstance(ctx, actor, before, &after)
	})
	return err
}

func (s *Service) updateInstance(ctx context.Context, actor Actor, before, after *core.PluginInstance) error {
	plugin, err := s.pluginOf(ctx, before)
	if err != nil {
		return err
	}
	p := checkPluginLimits(after.Limits)
	var records []core.Change
	if !bytes.Equal(before.Settings, after.Settings) {
		s.checkSettings(ctx, &p, plugin, after.Settings)
		records = append(records, s.settingsRecord(actor, before, after.Settings))
	}
	if before.Limits != after.Limits {
		records = append(records, s.limitsRecord(actor, before, after.Limits))
	}
	if err := p.err(); err != nil || len(records) == 0 {
		return err
	}
	return s.applyInstance(ctx, "change the plugin instance", before.Name, append([]core.Change{s.replaceInstance(before, *after)}, records...)...)
}

func (s *Service) limitsRecord(actor Actor, before *core.PluginInstance, limits core.PluginLimits) core.Record {
	record := s.instanceRecord(actor, core.EventPluginConfigured, before, map[string]string{
		"change": "limits", "before": limitsText(before.Limits), "after": limitsText(limits),
	})
	record.Event.Fields = changesOf([]field{
		{name: "limits.memory_mib", before: before.Limits.MemoryMiB, after: limits.MemoryMiB},
		{name: "limits.cpu", before: before.Limits.CPU, after: limits.CPU},
		{name: "limits.wait", before: before.Limits.Wait, after: limits.Wait},
	})
	return record
}

// checkPluginLimits refuses parts of a millisecond too, which are not kept.
func checkPluginLimits(limits core.PluginLimits) problems {
	const hint = "0 is the host's default"
	var p problems
	if limits.MemoryMiB < 0 || limits.MemoryMiB > maxMemoryMiB {
		p.add("memory", hint, "%d MiB of memory is not between 1 and %d", limits.MemoryMiB, maxMemoryMiB)
	}
	for _, l := range []struct {
		field              string
		given, least, most time.Duration
	}{{"cpu", limits.CPU, minCPU, maxCPU}, {"wait", limits.Wait, minWait, maxWait}} {
		switch {
		case l.given == 0:
		case l.given < l.least || l.given > l.most:
			p.add(l.field, hint, "%s of %s is not between %s and %s", l.field, l.given, l.least, l.most)
		case l.given%time.Millisecond != 0:
			p.add(l.field, "round it", "%s of %s is not a whole number of milliseconds", l.field, l.given)
		}
	}
	return p
}

func limitsText(l core.PluginLimits) string {
	parts := []string{"memory default", "cpu default", "wait default"}
	if l.MemoryMiB > 0 {
		parts[0] = fmt.Sprintf("memory %d MiB", l.MemoryMiB)
	}
	if l.CPU > 0 {
		parts[1] = "cpu " + l.CPU.String()
	}
	if l.Wait > 0 {
		parts[2] = "wait " + l.Wait.String()
	}
	return strings.Join(parts, ", ")
}

func checkInstanceName(p *problems, name string) {
	if !keyName.MatchString(name) {
		p.add("instance", keyNameHint, "%q is no name of a plugin instance", shown(name))
	}
}

func (s *Service) checkSettings(ctx context.Context, p *problems, plugin *Plugin, settings []byte) {
	if settingsOf(settings) == nil {
		p.add("settings", `give a JSON object, such as {"group_prefix": true}`, "the settings are no JSON object")
		return
	}
	if err := s.Plugins.ValidateSettings(ctx, plugin.Module, plugin.ID, settings); err != nil {
		for _, one := range each(err) {
			p.add("settings", "run 'postern plugin inspect "+plugin.ID+"' to see what they may be", "the settings do not suit plugin %q: %s", plugin.ID, clean(one.Error()))
		}
	}
}

// each gives the errors that one is made of, or the one.
func each(err error) []error {
	if several, ok := err.(interface{ Unwrap() []error }); ok {
		return several.Unwrap()
	}
	return []error{err}
}

// settingsOf gives the members; nil if it is no JSON object.
func settingsOf(settings []byte) map[string]json.RawMessage {
	var object map[string]json.RawMessage
	if json.Unmarshal(settings, &object) != nil {
		return nil
	}
	return object
}

// changedSettings names the members at the top that differ, for the audit log: their
// values may be anything.
func changedSettings(before, after []byte) string {
	const most = 16
	was, is := settingsOf(before), settingsOf(after)
	var names []string
	for name, value := range was {
		if !bytes.Equal(value, is[name]) {
			names = append(names, name)
		}
	}
	for name := range is {
		if _, there := was[name]; !there {
			names = append(names, name)
		}
	}
	for i, name := range names {
		if !attributeName.MatchString(name) {
			names[i] = "(other)"
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if len(names) > most {
		names = append(names[:most], "(more)")
	}
	return strings.Join(names, " ")
}

func instanceOf(config *core.PluginConfig, name string) *core.PluginInstance {
	for i := range config.Instances {
		if config.Instances[i].Name == name {
			return &config.Instances[i]
		}
	}
	return nil
}

// findInstance gives the instance of that name. The caller must not change it.
func (s *Service) findInstance(ctx context.Context, name string) (*core.PluginInstance, error) {
	config, err := s.PluginConfig(ctx)
	if err != nil {
		return nil, err
	}
	instance := instanceOf(config, name)
	if instance == nil {
		return nil, &MissingError{What: "plugin instance", Name: name}
	}
	return instance, nil
}

// replaceInstance gives the change from what was read. The time of the last change
// always moves on, because the store tells by it whether anybody was faster.
func (s *Service) replaceInstance(before *core.PluginInstance, after core.PluginInstance) core.SaveInstance {
	after.UpdatedAt = later(s.Now(), before.UpdatedAt)
	return core.SaveInstance{Instance: after, Was: before.UpdatedAt}
}

// later gives now, or the millisecond after a moment that is not before it.
func later(now, than time.Time) time.Time {
	if now.UnixMilli() > than.UnixMilli() {
		return now
	}
	return than.Add(time.Millisecond)
}

// instanceAt gives the instance with when it was last changed.
func (s *Service) instanceAt(name string) func(context.Context) (*core.PluginInstance, time.Time, error) {
	return func(ctx context.Context) (*core.PluginInstance, time.Time, error) {
		instance, err := s.findInstance(ctx, name)
		if err != nil {
			return nil, time.Time{}, err
		}
		return instance, instance.UpdatedAt, nil
	}
}

// onInstance does something to an instance in the state in which it is, and again if
// somebody else changed it meanwhile.
func (s *Service) onInstance(ctx context.Context, name string, do func(before *core.PluginInstance) error) error {
	return doing(ctx, s, "plugin instance", name, s.instanceAt(name), func(before *core.PluginInstance, _ time.Time) error { return do(before) })
}

// applyInstance applies changes to an instance that was read before.
func (s *Service) applyInstance(ctx context.Context, what, instance string, changes ...core.Change) error {
	err := s.apply(ctx, changes...)
	if errors.Is(err, core.ErrNotFound) {
		return &MissingError{What: "plugin instance", Name: instance}
	}
	return wrap(what, err)
}

func (s *Service) createdRecord(actor Actor, i *core.PluginInstance) core.Record {
	return s.instanceRecord(actor, core.EventPluginConfigured, i, map[string]string{"change": "created"})
}

func (s *Service) settingsRecord(actor Actor, before *core.PluginInstance, after []byte) core.Record {
	names := changedSettings(before.Settings, after)
	record := s.instanceRecord(actor, core.EventPluginConfigured, before, map[string]string{"change": "settings", "fields": names})
	// Nobody knows which settings of a plugin are for the eyes of few.
	for _, name := range strings.Fields(names) {
		record.Event.Fields = append(record.Event.Fields, core.FieldChange{Field: "settings." + name})
	}
	return record
}

// instanceRecord adds which instance it is to the detail.
func (s *Service) instanceRecord(actor Actor, kind core.EventType, i *core.PluginInstance, detail map[string]string) core.Record {
	detail["instance"], detail["plugin"] = i.Name, i.Plugin
	return s.record(actor, s.Now(), core.Event{Type: kind, Detail: detail})
}

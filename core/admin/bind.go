package admin

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
)

// DefaultPosition is where a binding stands among those of its hook if nobody
// says otherwise: there is room before and after it.
const DefaultPosition = 100

// Bind describes which hooks a plugin is to serve.
type Bind struct {
	Plugin   string // id of the plugin
	Instance string // "" is an instance named like the plugin
	Hooks    []string
	ClientID string // "" is all clients
	// Settings replace those of the instance; nil leaves them, or gives a new
	// instance none.
	Settings []byte
	Position int  // 0 is DefaultPosition
	FailOpen bool // claims.map/v1 alone
}

// BindPlugin makes the instance if there is none and binds it. Without Hooks it
// is bound to every hook that the plugin has.
func (s *Service) BindPlugin(ctx context.Context, actor Actor, input Bind) ([]core.PluginBinding, error) {
	plugin, err := s.FindPlugin(ctx, input.Plugin)
	if err != nil {
		return nil, err
	}
	config, err := s.Store.Plugins(ctx)
	if err != nil {
		return nil, wrap("read the plugins", err)
	}
	input, err = s.checkBind(ctx, plugin, config, input)
	if err != nil {
		return nil, err
	}
	now := s.Now()
	changes := instanceChanges(config, plugin, input, now)
	var bindings []core.PluginBinding
	for _, hook := range input.Hooks {
		adding := s.bindChanges(actor, now, core.PluginBinding{
			Instance: input.Instance, Hook: hook, ClientID: input.ClientID, Position: input.Position, FailOpen: input.FailOpen,
		})
		bindings = append(bindings, adding[0].(core.AddBinding).Binding)
		changes = append(changes, adding...)
	}
	err = s.Store.Apply(ctx, changes...)
	if errors.Is(err, core.ErrConflict) {
		return nil, alreadyBound(input.Instance)
	}
	return bindings, wrap("bind the plugin", err)
}

// checkBind fills in what was left out and checks all of it.
func (s *Service) checkBind(ctx context.Context, plugin *Plugin, config *core.PluginConfig, input Bind) (Bind, error) {
	if input.Instance == "" {
		input.Instance = plugin.ID
	}
	if input.Position == 0 {
		input.Position = DefaultPosition
	}
	if len(input.Hooks) == 0 {
		input.Hooks = plugin.Hooks
	}
	if input.ClientID != "" {
		if _, err := s.clientByID(ctx, input.ClientID); err != nil {
			return input, err
		}
	}
	var p problems
	if !keyName.MatchString(input.Instance) {
		p.add("instance", keyNameHint, "%q is no name of a plugin instance", shown(input.Instance))
	}
	if there := instanceOf(config, input.Instance); there != nil && there.Plugin != plugin.ID {
		p.add("instance", "choose another name", "the instance %q is of plugin %q", input.Instance, there.Plugin)
	}
	checkHooks(&p, plugin, input)
	if input.Settings != nil {
		checkSettings(ctx, &p, s.Plugins, plugin.ID, input.Settings)
	}
	for _, b := range config.Bindings {
		if b.Instance == input.Instance && b.ClientID == input.ClientID && slices.Contains(input.Hooks, b.Hook) {
			p = append(p, alreadyBound(input.Instance).Problems...)
			break
		}
	}
	return input, p.err()
}

func checkHooks(p *problems, plugin *Plugin, input Bind) {
	for _, hook := range input.Hooks {
		if !slices.Contains(plugin.Hooks, hook) {
			p.add("hooks", "it has "+strings.Join(plugin.Hooks, ", "), "plugin %q has no hook %q", plugin.ID, shown(hook))
		}
		if input.FailOpen && hook != core.HookClaims {
			p.add("fail_open", "bind "+core.HookClaims+" on its own", "%s cannot fail open", shown(hook))
		}
	}
}

func checkSettings(ctx context.Context, p *problems, plugins Plugins, plugin string, settings []byte) {
	var object map[string]json.RawMessage
	if err := json.Unmarshal(settings, &object); err != nil || object == nil {
		p.add("settings", `give a JSON object, such as {"group_prefix": true}`, "the settings are no JSON object")
		return
	}
	if err := plugins.ValidateSettings(ctx, plugin, settings); err != nil {
		p.add("settings", "", "the settings do not suit plugin %q: %s", plugin, err)
	}
}

func alreadyBound(instance string) *InvalidError {
	return &InvalidError{Problems: []Problem{{
		Field: "hooks", Text: fmt.Sprintf("the instance %q is bound there already", instance), Hint: "unbind it first", Taken: true,
	}}}
}

// instanceChanges saves the instance if it is new or gets other settings.
func instanceChanges(config *core.PluginConfig, plugin *Plugin, input Bind, now time.Time) []core.Change {
	there := instanceOf(config, input.Instance)
	if there != nil && input.Settings == nil {
		return nil
	}
	instance := newInstance(input.Instance, plugin.ID, plugin.Module, input.Settings, now)
	if there != nil {
		instance.CreatedAt = there.CreatedAt
	}
	return []core.Change{core.SaveInstance{Instance: instance}}
}

// bindChanges gives the change that adds the binding, first, and its record.
func (s *Service) bindChanges(actor Actor, now time.Time, b core.PluginBinding) []core.Change {
	b.ID, b.CreatedAt = s.newID(now), now
	return []core.Change{core.AddBinding{Binding: b}, s.bindRecord(actor, core.EventPluginBound, &b)}
}

// Unbind selects bindings; empty fields select all.
type Unbind struct {
	Instance   string // required
	Hook       string
	ClientID   string
	AllClients bool // only the binding to all clients
	// Forget deletes the instance with its settings too; no other field may
	// narrow the selection then.
	Forget bool
}

// UnbindPlugin removes the bindings that input selects and returns them. It is
// an error if there is none, unless the instance itself is deleted.
func (s *Service) UnbindPlugin(ctx context.Context, actor Actor, input Unbind) ([]core.PluginBinding, error) {
	config, err := s.Store.Plugins(ctx)
	if err != nil {
		return nil, wrap("read the plugins", err)
	}
	if instanceOf(config, input.Instance) == nil {
		return nil, &MissingError{What: "plugin instance", Name: input.Instance}
	}
	if input.Forget && (input.Hook != "" || input.ClientID != "" || input.AllClients) {
		return nil, invalid("forget", "", "an instance is deleted with all of its bindings")
	}
	removed := selectBindings(config, input)
	if len(removed) == 0 && !input.Forget {
		return nil, invalid("hooks", "", "the instance %q is not bound there", input.Instance)
	}
	var changes []core.Change
	for i := range removed {
		changes = append(changes, core.RemoveBinding{ID: removed[i].ID}, s.bindRecord(actor, core.EventPluginUnbound, &removed[i]))
	}
	if input.Forget {
		gone := s.record(actor, s.Now(), core.Event{Type: core.EventPluginUnbound, Detail: map[string]string{"instance": input.Instance, "deleted": "true"}})
		changes = append(changes, core.DeleteInstance{Name: input.Instance}, gone)
	}
	return removed, wrap("unbind the plugin", s.Store.Apply(ctx, changes...))
}

func selectBindings(config *core.PluginConfig, input Unbind) []core.PluginBinding {
	var selected []core.PluginBinding
	for _, b := range config.Bindings {
		if b.Instance == input.Instance && (input.Hook == "" || b.Hook == input.Hook) &&
			(input.ClientID == "" || b.ClientID == input.ClientID) && (!input.AllClients || b.ClientID == "") {
			selected = append(selected, b)
		}
	}
	return selected
}

func (s *Service) bindRecord(actor Actor, kind core.EventType, b *core.PluginBinding) core.Record {
	return s.record(actor, s.Now(), core.Event{Type: kind, ClientID: b.ClientID, Detail: map[string]string{
		"instance": b.Instance, "hook": b.Hook, "binding": string(b.ID),
	}})
}

package admin

import (
	"cmp"
	"context"
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
	// Shadow runs the plugin and notes what it would have changed. Not for connectors
	// and event sinks.
	Shadow bool
}

// BindPlugin makes the instance if there is none and binds it. Without Hooks it
// is bound to every hook that the plugin has and that can be bound there; to those by
// which people sign in only if there is a connector. An instance that lacks something
// that the plugin needs is not bound: each problem then has the command that gives it.
func (s *Service) BindPlugin(ctx context.Context, actor Actor, input Bind) (bindings []core.PluginBinding, err error) {
	name := cmp.Or(input.Instance, input.Plugin)
	err = doing(ctx, s, "plugin instance", name, func(ctx context.Context) (*core.PluginInstance, time.Time, error) {
		config, err := s.PluginConfig(ctx)
		if err != nil {
			return nil, time.Time{}, err
		}
		if there := instanceOf(config, name); there != nil {
			return there, there.UpdatedAt, nil
		}
		return nil, time.Time{}, nil
	}, func(there *core.PluginInstance, _ time.Time) (err error) {
		bindings, err = s.bind(ctx, actor, input, there)
		return err
	})
	return bindings, err
}

// bind is [Service.BindPlugin] of the instance as it was read; nil if there is none.
func (s *Service) bind(ctx context.Context, actor Actor, input Bind, there *core.PluginInstance) ([]core.PluginBinding, error) {
	plugin, err := s.FindPlugin(ctx, input.Plugin)
	if err != nil {
		return nil, err
	}
	config, err := s.PluginConfig(ctx)
	if err != nil {
		return nil, err
	}
	fillIn(&input, plugin, config)
	if there != nil && there.Plugin == plugin.ID && there.Module != plugin.Module {
		if plugin, err = s.pluginOf(ctx, there); err != nil {
			return nil, err
		}
	}
	if err := s.checkBind(ctx, plugin, config, there, input); err != nil {
		return nil, err
	}
	now := s.Now()
	changes := s.instanceChanges(actor, there, plugin, input, now)
	var bindings []core.PluginBinding
	for _, hook := range input.Hooks {
		adding := s.bindChanges(actor, now, core.PluginBinding{
			Instance: input.Instance, Hook: hook, ClientID: input.ClientID, Position: input.Position, FailOpen: input.FailOpen, Shadow: input.Shadow,
		})
		bindings = append(bindings, adding[0].(core.AddBinding).Binding)
		changes = append(changes, adding...)
	}
	return bindings, bindFailed(input.Instance, s.apply(ctx, changes...))
}

func bindFailed(instance string, err error) error {
	conflict, taken := errors.AsType[*core.ConflictError](err)
	switch {
	case taken && conflict.What == "plugin instance":
		return core.ErrStale // somebody else made it
	case taken:
		return alreadyBound(instance)
	}
	return wrap("bind the plugin", err)
}

// fillIn says what was left out.
func fillIn(input *Bind, plugin *Plugin, config *core.PluginConfig) {
	if input.Instance == "" {
		input.Instance = plugin.ID
	}
	if input.Position == 0 {
		input.Position = DefaultPosition
	}
	if len(input.Hooks) > 0 {
		return
	}
	connector := connectorOf(config, input.Instance)
	for _, hook := range plugin.Hooks {
		if (input.ClientID == "" || forOneClient(hook)) && (connector != nil || !signsIn(hook)) {
			input.Hooks = append(input.Hooks, hook)
		}
	}
	if len(input.Hooks) == 0 {
		input.Hooks = plugin.Hooks // the check says why none of them will do
	}
}

// forOneClient reports whether a hook can be bound to a client. Events are of all.
func forOneClient(hook string) bool { return hook != core.HookEvents }

// signsIn reports whether people sign in elsewhere by the hook.
func signsIn(hook string) bool { return hook == core.HookLogin || hook == core.HookPassword }

// shadowed reports whether the hook can run without effect.
func shadowed(hook string) bool {
	return hook == core.HookClaims || hook == core.HookAccount || hook == core.HookScopes
}

// OnlySignsIn reports whether a plugin of these hooks is for a connector alone.
func OnlySignsIn(hooks []string) bool {
	return len(hooks) > 0 && !slices.ContainsFunc(hooks, func(hook string) bool { return !signsIn(hook) })
}

func (s *Service) checkBind(ctx context.Context, plugin *Plugin, config *core.PluginConfig, there *core.PluginInstance, input Bind) error {
	var client *core.Client
	if input.ClientID != "" {
		var err error
		if client, err = s.clientByID(ctx, input.ClientID); err != nil {
			return err
		}
	}
	var p problems
	checkInstanceName(&p, input.Instance)
	if there != nil && there.Plugin != plugin.ID {
		p.add("instance", "choose another name", "the instance %q is of plugin %q", input.Instance, there.Plugin)
	}
	checkHooks(&p, plugin, input)
	if slices.ContainsFunc(input.Hooks, signsIn) {
		checkConnected(&p, connectorOf(config, input.Instance), client, input)
	}
	switch {
	case input.Settings != nil:
		s.checkSettings(ctx, &p, plugin, input.Settings)
	case there == nil:
		s.checkSettings(ctx, &p, plugin, []byte("{}"))
	}
	for _, b := range config.Bindings {
		if b.Instance == input.Instance && b.ClientID == input.ClientID && slices.Contains(input.Hooks, b.Hook) {
			p = append(p, alreadyBound(input.Instance).Problems...)
			break
		}
	}
	if len(p) == 0 {
		checkNeeds(&p, plugin, there, input.Instance)
	}
	return p.err()
}

func checkHooks(p *problems, plugin *Plugin, input Bind) {
	for _, hook := range input.Hooks {
		if !slices.Contains(plugin.Hooks, hook) {
			p.add("hooks", "it has "+strings.Join(plugin.Hooks, ", "), "plugin %q has no hook %q", plugin.ID, shown(hook))
		}
		if input.FailOpen && hook != core.HookClaims {
			p.add("fail_open", "bind "+core.HookClaims+" on its own", "%s cannot fail open", shown(hook))
		}
		if input.Shadow && !shadowed(hook) {
			p.add("shadow", "bind other hooks on their own", "%s cannot run as a shadow", shown(hook))
		}
		if input.ClientID != "" && !forOneClient(hook) {
			p.add("client", "bind it to all clients", "%s cannot be bound to one client", shown(hook))
		}
	}
}

// checkConnected refuses what would offer nothing to anybody.
func checkConnected(p *problems, connector *core.Connector, client *core.Client, input Bind) {
	if connector == nil {
		p.add("hooks", "run 'postern connector create "+input.Instance+" --plugin "+input.Plugin+"'", "nobody can sign in with %q before it is a connector", input.Instance)
		return
	}
	if client != nil {
		checkAdmits(p, client, connector)
	}
}

// checkNeeds lists what the instance must be given first. One that does not exist
// must be made before.
func checkNeeds(p *problems, plugin *Plugin, there *core.PluginInstance, name string) {
	instance := &core.PluginInstance{Name: name}
	if there != nil {
		instance = there
	}
	needs := required(needsOf(plugin, instance))
	if len(needs) > 0 && there == nil {
		p.add("instance", "postern plugin create "+name+" "+plugin.ID, "the instance %q must exist before it can be given what plugin %q needs", name, plugin.ID)
	}
	for _, need := range needs {
		p.add(need.field(), need.Command(), "plugin %q needs %s", plugin.ID, need)
	}
}

func alreadyBound(instance string) *InvalidError {
	return &InvalidError{Problems: []Problem{{
		Field: "hooks", Text: fmt.Sprintf("the instance %q is bound there already", instance), Hint: "unbind it first", Taken: true,
	}}}
}

// instanceChanges saves the instance if it is new or gets other settings.
func (s *Service) instanceChanges(actor Actor, there *core.PluginInstance, plugin *Plugin, input Bind, now time.Time) []core.Change {
	switch {
	case there == nil:
		instance := newInstance(input.Instance, plugin.ID, plugin.Module, input.Settings, now)
		return []core.Change{core.SaveInstance{Instance: instance, New: true}, s.createdRecord(actor, &instance)}
	case input.Settings == nil:
		return []core.Change{asRead(core.KindOfInstance, there.Name, there.UpdatedAt)}
	default:
		after := *there
		after.Settings = input.Settings
		return []core.Change{s.replaceInstance(there, after), s.settingsRecord(actor, there, input.Settings)}
	}
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
func (s *Service) UnbindPlugin(ctx context.Context, actor Actor, input Unbind) (removed []core.PluginBinding, err error) {
	err = s.onInstance(ctx, input.Instance, func(of *core.PluginInstance) (err error) {
		removed, err = s.unbind(ctx, actor, input, of)
		return err
	})
	return removed, err
}

func (s *Service) unbind(ctx context.Context, actor Actor, input Unbind, of *core.PluginInstance) ([]core.PluginBinding, error) {
	config, err := s.PluginConfig(ctx)
	if err != nil {
		return nil, err
	}
	if input.Forget && (input.Hook != "" || input.ClientID != "" || input.AllClients) {
		return nil, invalid("forget", "leave out what narrows it", "an instance is deleted with all of its bindings")
	}
	if input.Forget && connectorOf(config, input.Instance) != nil {
		return nil, invalid("forget", "run 'postern connector delete "+input.Instance+" --forget'", "the instance %q is a connector: the links of its people would go too", input.Instance)
	}
	removed := selectBindings(config, input)
	if len(removed) == 0 && !input.Forget {
		return nil, invalid("hooks", "run 'postern plugin show "+input.Instance+"' to see where it is", "the instance %q is not bound there", input.Instance)
	}
	changes := append([]core.Change{asRead(core.KindOfInstance, of.Name, of.UpdatedAt)}, s.unbindChanges(actor, removed)...)
	if input.Forget {
		changes = append(changes, s.forgetChanges(actor, of, connectorOf(config, of.Name))...)
	}
	return removed, s.applyInstance(ctx, "unbind the plugin", of.Name, changes...)
}

func (s *Service) unbindChanges(actor Actor, removed []core.PluginBinding) []core.Change {
	var changes []core.Change
	for i := range removed {
		changes = append(changes, core.RemoveBinding{ID: removed[i].ID}, s.bindRecord(actor, core.EventPluginUnbound, &removed[i]))
	}
	return changes
}

// forgetChanges delete an instance whose bindings are removed with it, and the connector
// that it is, if it is one.
func (s *Service) forgetChanges(actor Actor, of *core.PluginInstance, connector *core.Connector) []core.Change {
	var changes []core.Change
	if connector != nil {
		changes = s.disconnectChanges(actor, connector, of.Plugin)
	}
	return append(changes, core.DeleteInstance{Name: of.Name}, s.record(actor, s.Now(), core.Event{
		Type: core.EventPluginUnbound, Detail: map[string]string{"instance": of.Name, "deleted": "true"},
	}))
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
	detail := map[string]string{"instance": b.Instance, "hook": b.Hook, "binding": string(b.ID)}
	if b.Shadow {
		detail["shadow"] = "true"
	}
	if b.FailOpen {
		detail["fail_open"] = "true"
	}
	return s.record(actor, s.Now(), core.Event{Type: kind, ClientID: b.ClientID, Detail: detail})
}

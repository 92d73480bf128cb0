package admin

import (
	"bytes"
	"context"
	"slices"
	"time"

	"github.com/postern-id/postern/core"
)

// ConnectorEdit says what is to change about a connector; zero fields leave it.
type ConnectorEdit struct {
	// Edit changes a copy of it. Name, organisation, times and Disabled are put back.
	Edit func(*core.Connector)
	// Settings, JSON objects, are laid over those of the instance in their order.
	Settings [][]byte
	// Clients are the client IDs that it serves from now on; with AllClients it serves
	// all.
	Clients    []string
	AllClients bool
	Position   int
}

// UpdateConnector changes a connector. What lets it sign people in further stays as it
// is: secrets and grants are the instance's.
func (s *Service) UpdateConnector(ctx context.Context, actor Actor, name string, input ConnectorEdit) (*Connector, error) {
	return changing(ctx, s, "connector", name, "", s.connectorAt(name), func(before *Connector, now time.Time) (*Connector, error) {
		return s.updateConnector(ctx, actor, before, now, input)
	})
}

// connectorAt gives the connector with when it, or its instance, was last changed.
func (s *Service) connectorAt(name string) func(context.Context) (*Connector, time.Time, error) {
	return func(ctx context.Context) (*Connector, time.Time, error) {
		connector, err := s.FindConnector(ctx, name)
		if err != nil {
			return nil, time.Time{}, err
		}
		return connector, connector.Plugin.UpdatedAt, nil
	}
}

func (s *Service) updateConnector(ctx context.Context, actor Actor, before *Connector, now time.Time, input ConnectorEdit) (*Connector, error) {
	config, err := s.PluginConfig(ctx)
	if err != nil {
		return nil, err
	}
	plugin, err := s.pluginOf(ctx, &before.Plugin.PluginInstance)
	if err != nil {
		return nil, err
	}
	clients, err := s.clientsByID(ctx, input.Clients)
	if err != nil {
		return nil, err
	}
	after := editedConnector(&before.Connector, input.Edit)
	var p problems
	checkConnector(&p, config, plugin, after)
	for _, client := range clients {
		checkAdmits(&p, client, after)
	}
	if len(clients) > 0 && input.AllClients {
		p.add("clients", "give one of them", "some clients and all clients exclude each other")
	}
	settings := s.laidOver(ctx, &p, plugin, &before.Plugin.PluginInstance, input.Settings)
	if err := p.err(); err != nil {
		return nil, err
	}
	changes := s.editChanges(actor, before, after, settings, now)
	changes = append(changes, s.rebind(actor, plugin, before, input)...)
	if len(changes) == 0 {
		return before, nil
	}
	if err := s.applyConnector(ctx, "change the connector", before, changes); err != nil {
		return nil, err
	}
	return s.FindConnector(ctx, before.Instance)
}

// applyConnector applies changes to a connector as it was read.
func (s *Service) applyConnector(ctx context.Context, what string, before *Connector, changes []core.Change) error {
	changes = append([]core.Change{asRead(core.KindOfInstance, before.Instance, before.Plugin.UpdatedAt)}, changes...)
	return connectorFailed(what, &before.Connector, s.apply(ctx, ofOrganisation(before.Org, changes)...))
}

// editedConnector gives a copy that edit changed, with everything put back that edit
// may not change.
func editedConnector(before *core.Connector, edit func(*core.Connector)) *core.Connector {
	after := *before
	if edit == nil {
		return &after
	}
	after.Domains = slices.Clone(before.Domains)
	edit(&after)
	after.Instance, after.Org, after.Disabled, after.CreatedAt, after.UpdatedAt = before.Instance, before.Org, before.Disabled, before.CreatedAt, before.UpdatedAt
	slices.Sort(after.Domains)
	return &after
}

// laidOver gives the settings that the instance is to have.
func (s *Service) laidOver(ctx context.Context, p *problems, plugin *Plugin, instance *core.PluginInstance, over [][]byte) []byte {
	if len(over) == 0 {
		return instance.Settings
	}
	merged := layered(append([][]byte{instance.Settings}, over...)...)
	s.checkSettings(ctx, p, plugin, merged)
	return merged
}

func (s *Service) editChanges(actor Actor, before *Connector, after *core.Connector, settings []byte, now time.Time) []core.Change {
	var changes []core.Change
	instance := &before.Plugin.PluginInstance
	if !bytes.Equal(instance.Settings, settings) {
		changed := *instance
		changed.Settings = settings
		changes = append(changes, s.replaceInstance(instance, changed), s.settingsRecord(actor, instance, settings))
	}
	if len(changesOf(connectorFields(&before.Connector, after))) > 0 {
		after.UpdatedAt = now
		changes = append(changes, core.SaveConnector{Connector: *after},
			s.connectorRecord(actor, instance.Plugin, &before.Connector, after, "updated"))
	}
	return changes
}

// rebind gives the changes after which the connector serves the clients that are meant,
// at their place. Bindings to other hooks stay.
func (s *Service) rebind(actor Actor, plugin *Plugin, before *Connector, input ConnectorEdit) []core.Change {
	if len(input.Clients) == 0 && !input.AllClients && input.Position == 0 {
		return nil
	}
	bound := slices.DeleteFunc(slices.Clone(before.Plugin.Bindings), func(b core.PluginBinding) bool { return !signsIn(b.Hook) })
	clients := input.Clients
	if len(clients) == 0 && !input.AllClients {
		clients = boundClients(bound)
	}
	position := input.Position
	if position == 0 && len(bound) > 0 {
		position = bound[0].Position
	}
	wanted := missingBindings(&core.PluginConfig{}, plugin, NewConnector{Name: before.Instance, Clients: clients, Position: position})
	same := func(a core.PluginBinding) func(core.PluginBinding) bool {
		return func(b core.PluginBinding) bool {
			return a.Hook == b.Hook && a.ClientID == b.ClientID && a.Position == b.Position
		}
	}
	var gone []core.PluginBinding
	for _, b := range bound {
		if !slices.ContainsFunc(wanted, same(b)) {
			gone = append(gone, b)
		}
	}
	changes := s.unbindChanges(actor, gone)
	for _, b := range wanted {
		if !slices.ContainsFunc(bound, same(b)) {
			changes = append(changes, s.bindChanges(actor, s.Now(), b)...)
		}
	}
	return changes
}

// boundClients gives none for all clients.
func boundClients(bindings []core.PluginBinding) []string {
	var clients []string
	for _, b := range bindings {
		if b.ClientID == "" {
			return nil
		}
		clients = append(clients, b.ClientID)
	}
	return clients
}

// EnableConnector offers it to people. It must have what its plugin needs.
func (s *Service) EnableConnector(ctx context.Context, actor Actor, name string) error {
	return doing(ctx, s, "connector", name, s.connectorAt(name), func(connector *Connector, now time.Time) error {
		if !connector.Disabled {
			return nil
		}
		return s.enableConnector(ctx, actor, connector, now)
	})
}

func (s *Service) enableConnector(ctx context.Context, actor Actor, connector *Connector, now time.Time) error {
	var p problems
	for _, need := range connector.Missing {
		p.add(need.field(), need.Command(), "plugin %q needs %s", need.Plugin, need)
	}
	if err := p.err(); err != nil {
		return err
	}
	return s.switchConnector(ctx, actor, connector, now, false)
}

// DisableConnector offers it to nobody any more. Links stay, and so do the sessions of
// those who signed in with it.
func (s *Service) DisableConnector(ctx context.Context, actor Actor, name string) error {
	return doing(ctx, s, "connector", name, s.connectorAt(name), func(connector *Connector, now time.Time) error {
		if connector.Disabled {
			return nil
		}
		return s.switchConnector(ctx, actor, connector, now, true)
	})
}

func (s *Service) switchConnector(ctx context.Context, actor Actor, connector *Connector, now time.Time, disabled bool) error {
	after := connector.Connector
	after.Disabled, after.UpdatedAt = disabled, now
	change := "enabled"
	if disabled {
		change = "disabled"
	}
	return s.applyConnector(ctx, "change the connector", connector, []core.Change{
		core.SaveConnector{Connector: after}, s.connectorRecord(actor, connector.Plugin.Plugin, &connector.Connector, &after, change),
	})
}

// DeleteConnector deletes the connector with its links and its bindings to sign-in, and
// if forget is set the plugin instance too.
func (s *Service) DeleteConnector(ctx context.Context, actor Actor, name string, forget bool) error {
	return doing(ctx, s, "connector", name, s.connectorAt(name), func(connector *Connector, _ time.Time) error {
		bindings := slices.DeleteFunc(slices.Clone(connector.Plugin.Bindings), func(b core.PluginBinding) bool { return !forget && !signsIn(b.Hook) })
		changes := s.unbindChanges(actor, bindings)
		if forget {
			changes = append(changes, s.forgetChanges(actor, &connector.Plugin.PluginInstance, &connector.Connector)...)
		} else {
			changes = append(changes, s.disconnectChanges(actor, &connector.Connector, connector.Plugin.Plugin)...)
		}
		return s.applyConnector(ctx, "delete the connector", connector, changes)
	})
}

func (s *Service) disconnectChanges(actor Actor, c *core.Connector, plugin string) []core.Change {
	return []core.Change{core.DeleteConnector{Instance: c.Instance}, s.record(actor, s.Now(), core.Event{
		Type: core.EventConnectorDeleted, Org: c.Org, Detail: map[string]string{"connector": c.Instance, "plugin": plugin, "organisation": c.Org},
	})}
}

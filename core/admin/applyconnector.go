package admin

import (
	"context"
	"slices"

	"github.com/postern-id/postern/core"
)

func (d *DeclaredConnector) apply(ctx context.Context, w *work) error {
	w.row.Org, w.row.Name, w.members = orDefault(d.Org), d.Name, slices.Clone(d.Members)
	begun := len(w.trial.changes)
	config, err := w.PluginConfig(ctx)
	if err != nil {
		return err
	}
	there, instance := connectorOf(config, d.Name), instanceOf(config, d.Name)
	if err := w.may(ApplyStep{Org: w.row.Org, Made: there == nil, Name: d.Name}); err != nil {
		return err
	}
	if _, err := w.free(ctx, core.ManagedInstance, d.Name); err != nil {
		return err
	}
	switch {
	case there != nil && there.Org != w.row.Org:
		return invalid("organisation", "choose another name", "the connector %q is of another organisation", d.Name)
	case instance != nil && d.Plugin != "" && instance.Plugin != d.Plugin:
		return invalid("plugin", "choose another name", "the instance %q is of plugin %q", d.Name, instance.Plugin)
	}
	clients, err := d.clients(ctx, w)
	if err != nil {
		return err
	}
	if there == nil {
		err = d.create(ctx, w, clients)
	} else {
		err = d.update(ctx, w, clients)
	}
	if err == nil {
		err = d.finish(ctx, w)
	}
	if err != nil {
		return err
	}
	return w.done(ctx, d.Name, there == nil, begun)
}

// clients gives the client_ids of those that are said.
func (d *DeclaredConnector) clients(ctx context.Context, w *work) ([]string, error) {
	if d.Clients == nil {
		return nil, nil
	}
	w.members = append(w.members, "clients")
	var ids []string
	var p problems
	for _, name := range *d.Clients {
		client, err := w.FindClientAnywhere(ctx, name)
		if err != nil {
			if p.missing("clients", err); len(p) == 0 {
				return nil, err
			}
			continue
		}
		ids = append(ids, client.ID)
		w.members = append(w.members, core.MemberClients+client.ID)
	}
	return ids, p.err()
}

func (d *DeclaredConnector) create(ctx context.Context, w *work, clients []string) error {
	input := NewConnector{
		Name: d.Name, Plugin: d.Plugin, Preset: d.Preset, Org: d.Org, Clients: clients, Position: d.Position, Edit: d.Edit, Secrets: map[string][]byte{},
	}
	if d.Settings != nil {
		input.Settings = [][]byte{d.Settings}
	}
	if d.Grants != nil {
		input.Grants = *d.Grants
	}
	for name, value := range d.Secrets {
		input.Secrets[name] = []byte(value)
	}
	_, err := w.CreateConnector(ctx, w.a.actor, input)
	return err
}

func (d *DeclaredConnector) update(ctx context.Context, w *work, clients []string) error {
	edit := ConnectorEdit{Edit: d.Edit, Position: d.Position, Clients: clients, AllClients: d.Clients != nil && len(clients) == 0}
	_, err := w.UpdateConnector(ctx, w.a.actor, d.Name, edit)
	if err != nil || d.Settings == nil {
		return err
	}
	instance, err := w.findInstance(ctx, d.Name)
	if err != nil {
		return err
	}
	plugin, err := w.pluginOf(ctx, instance)
	if err != nil {
		return err
	}
	var p problems
	preset := choosePreset(&p, plugin, d.Preset)
	if err := p.err(); err != nil {
		return err
	}
	return w.settle(ctx, d.Name, layered(preset.Settings, d.Settings))
}

// finish gives the connector what it may use and keep, and turns it on or off.
func (d *DeclaredConnector) finish(ctx context.Context, w *work) error {
	if d.Settings != nil {
		w.members = append(w.members, "settings")
	}
	if err := w.grants(ctx, d.Name, d.Grants); err != nil {
		return err
	}
	if err := w.secrets(ctx, d.Name, d.Secrets); err != nil {
		return err
	}
	switch {
	case d.Disabled == nil:
	case *d.Disabled:
		if err := w.DisableConnector(ctx, w.a.actor, d.Name); err != nil {
			return err
		}
	default:
		if err := w.EnableConnector(ctx, w.a.actor, d.Name); err != nil {
			return err
		}
	}
	connector, err := w.FindConnector(ctx, d.Name)
	if err != nil {
		return err
	}
	for _, need := range connector.Missing {
		w.row.Notes = append(w.row.Notes, "is disabled, and needs "+need.String())
	}
	return nil
}

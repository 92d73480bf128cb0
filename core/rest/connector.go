package rest

import (
	"context"
	"net/http"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/desk"
	"github.com/postern-id/postern/core/wire"
	"github.com/postern-id/postern/sdk/api"
)

const tagConnectors = "connectors"

// ConnectorPath names a connector.
type ConnectorPath struct {
	Connector string `path:"connector" maxLength:"64" doc:"Name of the connector."`
}

type oneConnector struct{ ConnectorPath }

type onceConnector struct {
	ConnectorPath
	IfMatch
	Once
}

type changeConnector struct {
	ConnectorPath
	IfMatch
}

func (r *routes) connectors() {
	get(r, operation{
		id: "list-connectors", path: "/connectors", tag: tagConnectors, summary: "List where people of an organisation sign in elsewhere",
		needs: core.ReadConnectors, desk: []string{"Connectors"},
	}, func(ctx context.Context, d *desk.Desk, in *struct{ OrganisationFilter }) (*Answer[api.Page[api.Connector]], error) {
		all, err := d.Connectors(ctx, in.Organisation)
		return listed(all, r.connector, err)
	})
	send(r, http.MethodPost, operation{
		id: "create-connector", path: "/connectors", tag: tagConnectors, summary: "Make a connector with its plugin instance",
		more: "One that lacks something is disabled: its members missing say what.", needs: core.WriteConnectors, desk: []string{"CreateConnector"},
		status: http.StatusCreated,
	}, r.createConnector)
	get(r, operation{
		id: "get-connector", path: "/connectors/{connector}", tag: tagConnectors, summary: "Read a connector", needs: core.ReadConnectors,
		desk: []string{"FindConnector"},
	}, func(ctx context.Context, d *desk.Desk, in *oneConnector) (*Object[api.Connector], error) {
		return r.aConnector(d.FindConnector(ctx, in.Connector))
	})
	patch[changeConnector, api.Connector](r, operation{
		id: "update-connector", path: "/connectors/{connector}", tag: tagConnectors, summary: "Change a connector", needs: core.WriteConnectors,
		desk: []string{"UpdateConnector"},
	}, r.updateConnector)
	do(r, http.MethodPost, operation{
		id: "enable-connector", path: "/connectors/{connector}/enable", tag: tagConnectors, summary: "Offer a connector to people", needs: core.WriteConnectors,
		desk: []string{"EnableConnector"},
	}, func(ctx context.Context, d *desk.Desk, in *onceConnector) error {
		return d.EnableConnector(ctx, in.Connector)
	})
	do(r, http.MethodPost, operation{
		id: "disable-connector", path: "/connectors/{connector}/disable", tag: tagConnectors, summary: "Offer a connector to nobody",
		more: "Links stay, and so do sessions.", needs: core.WriteConnectors, desk: []string{"DisableConnector"},
	}, func(ctx context.Context, d *desk.Desk, in *onceConnector) error {
		return d.DisableConnector(ctx, in.Connector)
	})
	do(r, http.MethodDelete, operation{
		id: "delete-connector", path: "/connectors/{connector}", tag: tagConnectors, summary: "Delete a connector with the links of its people",
		needs: core.WriteConnectors, desk: []string{"DeleteConnector"},
	}, r.deleteConnector)
	get(r, contents("get-connector-contents", "/connectors/{connector}", tagConnectors, core.ReadConnectors, "ConnectorContents"),
		func(ctx context.Context, d *desk.Desk, in *oneConnector) (*Answer[api.Page[api.Content]], error) {
			all, err := d.ConnectorContents(ctx, in.Connector)
			return listed(all, wire.Content, err)
		})
}

func (r *routes) createConnector(ctx context.Context, d *desk.Desk, _ *struct{ Once }, sent *api.NewConnector) (*Object[api.Connector], error) {
	edit, err := creating(sent.Connector, wire.ConnectorSettings, wire.SetConnector)
	if err != nil {
		return nil, below(err, "connector")
	}
	input := wire.NewConnector(sent)
	input.Edit = edit.apply
	made, err := d.CreateConnector(ctx, input)
	if err := edit.wrong(err); err != nil {
		return nil, within(err, "connector", sortedNames(fieldsOf(typeConnectorSettings))...)
	}
	return r.aConnector(made, nil)
}

func (r *routes) updateConnector(ctx context.Context, d *desk.Desk, in *changeConnector, sent api.Patch) (*Object[api.Connector], error) {
	return onRead(ctx, func() (*Object[api.Connector], error) { return r.patchConnector(ctx, d, in, sent) })
}

func (r *routes) patchConnector(ctx context.Context, d *desk.Desk, in *changeConnector, sent api.Patch) (*Object[api.Connector], error) {
	before, err := d.FindConnector(ctx, in.Connector)
	if err != nil {
		return nil, err
	}
	current := r.connector(before)
	after, err := merge(current, sent)
	if err != nil {
		return nil, err
	}
	change := admin.ConnectorEdit{Edit: func(c *core.Connector) { wire.SetConnector(c, &after.ConnectorSettings) }}
	if settings := sent.Member("settings"); settings != nil {
		change.Settings = [][]byte{settings}
	}
	if sent.Member("clients") != nil {
		change.Clients, change.AllClients = after.Clients, len(after.Clients) == 0
	}
	if after.Position != current.Position {
		change.Position = after.Position
	}
	if callOf(ctx).was == "" {
		d = d.If(admin.Version(current.Version))
	}
	return r.aConnector(d.UpdateConnector(ctx, in.Connector, change))
}

type deleteConnector struct {
	ConnectorPath
	Forget bool `query:"forget" doc:"Delete the plugin instance too, with its settings and secrets."`
	IfMatch
}

func (r *routes) deleteConnector(ctx context.Context, d *desk.Desk, in *deleteConnector) error {
	return d.DeleteConnector(ctx, in.Connector, in.Forget)
}

func (r *routes) connector(c *admin.Connector) api.Connector {
	return wire.Connector(r.server.Issuer, c)
}

func (r *routes) aConnector(connector *admin.Connector, err error) (*Object[api.Connector], error) {
	if err != nil {
		return nil, err
	}
	told := r.connector(connector)
	return object(told.Version, told), nil
}

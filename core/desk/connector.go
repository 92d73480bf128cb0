package desk

import (
	"context"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// CreateConnector is [admin.Service.CreateConnector]. Only who may write plugins makes one of
// an instance that is there.
func (d *Desk) CreateConnector(ctx context.Context, input admin.NewConnector) (*admin.Connector, error) {
	if err := d.may(core.WriteConnectors, orDefault(input.Org)); err != nil {
		return nil, err
	}
	if err := d.governs(ctx, orDefault(input.Org), core.WriteConnectors); err != nil {
		return nil, err
	}
	input.Fresh = input.Fresh || !d.who.May(core.WritePlugins, wholeServer)
	return d.admin.CreateConnector(ctx, d.who.Actor, input)
}

// Connectors is [admin.Service.Connectors]; without an organisation it is for who may see
// all.
func (d *Desk) Connectors(ctx context.Context, org string) ([]admin.Connector, error) {
	if err := d.may(core.ReadConnectors, org); err != nil {
		return nil, err
	}
	return d.admin.Connectors(ctx, org)
}

// FindConnector is [admin.Service.FindConnector].
func (d *Desk) FindConnector(ctx context.Context, name string) (*admin.Connector, error) {
	if err := d.connector(ctx, name, core.ReadConnectors); err != nil {
		return nil, err
	}
	return d.admin.FindConnector(ctx, name)
}

// UpdateConnector is [admin.Service.UpdateConnector].
func (d *Desk) UpdateConnector(ctx context.Context, name string, input admin.ConnectorEdit) (*admin.Connector, error) {
	if err := d.connector(ctx, name, core.WriteConnectors); err != nil {
		return nil, err
	}
	return d.admin.UpdateConnector(ctx, d.who.Actor, name, input)
}

// EnableConnector is [admin.Service.EnableConnector].
func (d *Desk) EnableConnector(ctx context.Context, name string) error {
	if err := d.connector(ctx, name, core.WriteConnectors); err != nil {
		return err
	}
	return d.admin.EnableConnector(ctx, d.who.Actor, name)
}

// DisableConnector is [admin.Service.DisableConnector].
func (d *Desk) DisableConnector(ctx context.Context, name string) error {
	if err := d.connector(ctx, name, core.WriteConnectors); err != nil {
		return err
	}
	return d.admin.DisableConnector(ctx, d.who.Actor, name)
}

// DeleteConnector is [admin.Service.DeleteConnector].
func (d *Desk) DeleteConnector(ctx context.Context, name string, forget bool) error {
	if err := d.connector(ctx, name, core.WriteConnectors); err != nil {
		return err
	}
	return d.admin.DeleteConnector(ctx, d.who.Actor, name, forget)
}

// ConnectorContents is [admin.Service.ConnectorContents].
func (d *Desk) ConnectorContents(ctx context.Context, name string) ([]core.Content, error) {
	if err := d.connector(ctx, name, core.ReadConnectors); err != nil {
		return nil, err
	}
	return d.admin.ConnectorContents(ctx, name)
}

// SignInPlugins is [admin.Service.SignInPlugins]; whoever may see any connectors may see
// which there can be.
func (d *Desk) SignInPlugins(ctx context.Context) ([]admin.Plugin, error) {
	if err := d.mayAnywhere(core.ReadConnectors); err != nil {
		return nil, err
	}
	return d.admin.SignInPlugins(ctx)
}

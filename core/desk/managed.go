package desk

import (
	"context"
	"errors"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// Apply is [admin.Service.Apply]. Each object needs the permissions that it needs by hand,
// those that are as the file says already too. What options.Guard says does not count.
func (d *Desk) Apply(ctx context.Context, declarations []admin.Declaration, options admin.ApplyOptions) (*admin.ApplyReport, error) {
	if len(d.who.Roles) == 0 {
		return nil, &DeniedError{Permission: core.WriteOrganisations}
	}
	options.Guard = func(step admin.ApplyStep) error { return d.step(ctx, step) }
	return d.admin.Apply(ctx, d.who.Actor, declarations, options)
}

// step refuses what the caller could not do by hand.
func (d *Desk) step(ctx context.Context, step admin.ApplyStep) error {
	switch step.Kind {
	case core.ManagedOrganisation:
		if step.Made || step.Gone {
			return d.may(core.WriteOrganisations, wholeServer)
		}
		if err := d.may(core.WriteOrganisations, step.Org); err != nil {
			return err
		}
		return d.governs(ctx, step.Org, core.WriteOrganisations)
	case core.ManagedGroup:
		return d.may(core.WriteGroups, step.Org)
	case core.ManagedClient:
		return d.stepClient(step)
	case core.ManagedConnector:
		return d.stepConnector(ctx, step)
	}
	return d.may(core.WritePlugins, wholeServer)
}

func (d *Desk) stepClient(step admin.ApplyStep) error {
	if err := d.may(core.WriteClients, step.Org); err != nil {
		return err
	}
	for _, client := range []*core.Client{step.Before, step.After} {
		if client == nil {
			continue
		}
		if err := d.mayReach(client); err != nil {
			return err
		}
	}
	return nil
}

// stepConnector is as [Desk.CreateConnector] and [Desk.UpdateConnector]: an instance that
// is there and is no connector yet is for who may write plugins.
func (d *Desk) stepConnector(ctx context.Context, step admin.ApplyStep) error {
	if err := d.may(core.WriteConnectors, step.Org); err != nil {
		return err
	}
	if err := d.governs(ctx, step.Org, core.WriteConnectors); err != nil {
		return err
	}
	if !step.Made {
		err := d.connector(ctx, step.Name, core.WriteConnectors)
		if _, missing := errors.AsType[*admin.MissingError](err); missing {
			return nil // made by the same file
		}
		return err
	}
	_, err := d.admin.FindInstance(ctx, step.Name)
	if errors.Is(err, core.ErrNotFound) {
		return nil
	}
	return errors.Join(err, d.may(core.WritePlugins, wholeServer))
}

// Managed is [admin.Service.Managed], of what the caller may read.
func (d *Desk) Managed(ctx context.Context, filter core.ManagedFilter) ([]admin.Managed, error) {
	all, err := d.admin.Managed(ctx, filter)
	if err != nil {
		return nil, err
	}
	var seen []admin.Managed
	for _, m := range all {
		if d.who.May(readsManaged(m.Kind), m.Org) {
			seen = append(seen, m)
		}
	}
	return seen, nil
}

func readsManaged(kind core.ManagedKind) core.Permission {
	switch kind {
	case core.ManagedOrganisation:
		return core.ReadOrganisations
	case core.ManagedGroup:
		return core.ReadGroups
	case core.ManagedClient:
		return core.ReadClients
	case core.ManagedConnector:
		return core.ReadConnectors
	}
	return core.ReadPlugins
}

// Release is [admin.Service.Release], for owners of the server: whoever keeps the file
// decided otherwise.
func (d *Desk) Release(ctx context.Context, kind core.ManagedKind, id string) error {
	if err := d.may(core.WriteRoles, wholeServer); err != nil {
		return err
	}
	return d.admin.Release(ctx, d.who.Actor, kind, id)
}

package desk

import (
	"context"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// Organisations gives those that the caller may see.
func (d *Desk) Organisations(ctx context.Context) ([]core.Organisation, error) {
	all, err := d.admin.Organisations(ctx)
	if err != nil {
		return nil, err
	}
	var seen []core.Organisation
	for _, org := range all {
		if d.may(core.ReadOrganisations, org.Name) == nil {
			seen = append(seen, org)
		}
	}
	return seen, nil
}

// UpdateOrganisation is [admin.Service.UpdateOrganisation].
func (d *Desk) UpdateOrganisation(ctx context.Context, name string, was admin.Version, edit func(*core.Organisation)) (*core.Organisation, error) {
	if err := d.may(core.WriteOrganisations, name); err != nil {
		return nil, err
	}
	return d.admin.UpdateOrganisation(ctx, d.who.Actor, name, was, edit)
}

// CreateOrganisation is [admin.Service.CreateOrganisation].
func (d *Desk) CreateOrganisation(ctx context.Context, org core.Organisation) (*core.Organisation, error) {
	if err := d.may(core.WriteOrganisations, wholeServer); err != nil {
		return nil, err
	}
	return d.admin.CreateOrganisation(ctx, d.who.Actor, org)
}

// Organisation is [admin.Service.Organisation].
func (d *Desk) Organisation(ctx context.Context, name string) (*core.Organisation, error) {
	if err := d.may(core.ReadOrganisations, name); err != nil {
		return nil, err
	}
	return d.admin.Organisation(ctx, name)
}

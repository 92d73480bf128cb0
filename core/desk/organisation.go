package desk

import (
	"context"
	"reflect"

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

// UpdateOrganisation is [admin.Service.UpdateOrganisation]. Where somebody of the
// organisation may something elsewhere that the caller may not, its rules and its theme, and
// whether it is disabled, are for administrators of the whole server.
func (d *Desk) UpdateOrganisation(ctx context.Context, name string, was admin.Version, edit func(*core.Organisation)) (*core.Organisation, error) {
	if err := d.may(core.WriteOrganisations, name); err != nil {
		return nil, err
	}
	return d.admin.UpdateOrganisationIf(ctx, d.who.Actor, name, was, edit, func(before, after *core.Organisation) error {
		if reflect.DeepEqual(before.Rules, after.Rules) && before.Theme == after.Theme && before.Disabled == after.Disabled {
			return nil
		}
		return d.governs(ctx, name, core.WriteOrganisations)
	})
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

// DeleteOrganisation is [admin.Service.DeleteOrganisation].
func (d *Desk) DeleteOrganisation(ctx context.Context, name string) error {
	if err := d.mayRemove(name); err != nil {
		return err
	}
	return d.admin.DeleteOrganisation(ctx, d.who.Actor, name)
}

// mayRemove is for administrators of the whole server; others do not learn of an
// organisation that they do not see.
func (d *Desk) mayRemove(name string) error {
	if err := d.may(core.ReadOrganisations, name); err != nil {
		return err
	}
	return d.may(core.WriteOrganisations, wholeServer)
}

// OrganisationContents is [admin.Service.OrganisationContents].
func (d *Desk) OrganisationContents(ctx context.Context, name string) ([]core.Content, error) {
	if err := d.may(core.ReadOrganisations, name); err != nil {
		return nil, err
	}
	return d.admin.OrganisationContents(ctx, name)
}

// Counts is [admin.Service.Counts]; without an organisation it is for who may see all.
func (d *Desk) Counts(ctx context.Context, org string) (core.Counts, error) {
	if err := d.may(core.ReadOrganisations, org); err != nil {
		return core.Counts{}, err
	}
	return d.admin.Counts(ctx, org)
}

package remote

import (
	"context"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/wire"
	"github.com/postern-id/postern/sdk/api"
)

// Organisation is as of [desk.Desk].
func (d *Desk) Organisation(ctx context.Context, name string) (*core.Organisation, error) {
	org, err := d.api.GetOrganisation(ctx, name)
	return one(d, org, err, wire.CoreOrganisation)
}

// Organisations is as of [desk.Desk].
func (d *Desk) Organisations(ctx context.Context) ([]core.Organisation, error) {
	return all(d, func(after string) (*api.Page[api.Organisation], error) {
		return d.api.ListOrganisations(ctx, api.ListOrganisationsQuery{Limit: pageSize, After: after})
	}, wire.CoreOrganisation)
}

// CreateOrganisation is as of [desk.Desk].
func (d *Desk) CreateOrganisation(ctx context.Context, org core.Organisation) (*core.Organisation, error) {
	made, err := d.api.CreateOrganisation(ctx, api.NewOrganisation{Name: org.Name, OrganisationRules: wire.OrganisationRules(&org)})
	return one(d, made, err, wire.CoreOrganisation)
}

// UpdateOrganisation is as of [desk.Desk].
func (d *Desk) UpdateOrganisation(ctx context.Context, name string, was admin.Version, edit func(*core.Organisation)) (*core.Organisation, error) {
	return edited(ctx, d, was, edit, object[api.Organisation, core.Organisation]{
		what: "organisation", name: name, turn: wire.CoreOrganisation, back: wire.Organisation,
		version: func(o *api.Organisation) string { return o.Version },
		read:    func(ctx context.Context) (*api.Organisation, error) { return d.api.GetOrganisation(ctx, name) },
		send: func(ctx context.Context, patch api.Patch, version api.Option) (*api.Organisation, error) {
			return d.api.UpdateOrganisation(ctx, name, patch, version)
		},
	})
}

// DeleteOrganisation is as of [desk.Desk].
func (d *Desk) DeleteOrganisation(ctx context.Context, name string) error {
	return d.told(d.api.DeleteOrganisation(ctx, name))
}

// OrganisationContents is as of [desk.Desk].
func (d *Desk) OrganisationContents(ctx context.Context, name string) ([]core.Content, error) {
	page, err := d.api.GetOrganisationContents(ctx, name)
	return listed(d, page, err, wire.CoreContent)
}

// Counts is as of [desk.Desk].
func (d *Desk) Counts(ctx context.Context, org string) (core.Counts, error) {
	counts, err := d.api.GetCounts(ctx, api.GetCountsQuery{Organisation: orAll(org)})
	if err != nil {
		return core.Counts{}, d.told(err)
	}
	return wire.CoreCounts(*counts), nil
}

package rest

import (
	"context"
	"net/http"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/desk"
	"github.com/postern-id/postern/core/wire"
	"github.com/postern-id/postern/sdk/api"
)

const tagOrganisations = "organisations"

// OrganisationPath names an organisation.
type OrganisationPath struct {
	Organisation string `path:"organisation" maxLength:"64" doc:"Name of the organisation."`
}

type oneOrganisation struct{ OrganisationPath }

type changeOrganisation struct {
	OrganisationPath
	IfMatch
}

func (r *routes) organisations() {
	get(r, operation{
		id: "list-organisations", path: "/organisations", tag: tagOrganisations, summary: "List the organisations that you may see",
		needs: core.ReadOrganisations, desk: []string{"Organisations"},
	}, func(ctx context.Context, d *desk.Desk, in *struct{ Paging }) (*Answer[api.Page[api.Organisation]], error) {
		all, err := d.Organisations(ctx)
		if err != nil {
			return nil, err
		}
		return pageOf(r, "organisations", all, in.Paging, func(o *core.Organisation) string { return o.Name }, wire.Organisation)
	})
	send(r, http.MethodPost, operation{
		id: "create-organisation", path: "/organisations", tag: tagOrganisations, summary: "Make an organisation",
		more: "Of the whole server.", needs: core.WriteOrganisations, desk: []string{"CreateOrganisation"}, status: http.StatusCreated,
	}, func(ctx context.Context, d *desk.Desk, _ *struct{ Once }, sent *api.NewOrganisation) (*Object[api.Organisation], error) {
		org := core.Organisation{Name: sent.Name}
		wire.SetOrganisation(&org, &sent.OrganisationRules)
		return anOrganisation(d.CreateOrganisation(ctx, org))
	})
	get(r, operation{
		id: "get-organisation", path: "/organisations/{organisation}", tag: tagOrganisations, summary: "Read an organisation",
		needs: core.ReadOrganisations, desk: []string{"Organisation"},
	}, func(ctx context.Context, d *desk.Desk, in *oneOrganisation) (*Object[api.Organisation], error) {
		return anOrganisation(d.Organisation(ctx, in.Organisation))
	})
	patch[changeOrganisation, api.Organisation](r, operation{
		id: "update-organisation", path: "/organisations/{organisation}", tag: tagOrganisations, summary: "Change an organisation",
		more: "Nobody of a disabled organisation can sign in or refresh.", needs: core.WriteOrganisations, desk: []string{"UpdateOrganisation"},
	}, updateOrganisation)
	do(r, http.MethodDelete, operation{
		id: "delete-organisation", path: "/organisations/{organisation}", tag: tagOrganisations, summary: "Delete an organisation with everything in it",
		more: "Of the whole server. See get-organisation-contents first.", needs: core.WriteOrganisations, desk: []string{"DeleteOrganisation"},
	}, func(ctx context.Context, d *desk.Desk, in *changeOrganisation) error {
		return d.DeleteOrganisation(ctx, in.Organisation)
	})
	get(r, contents("get-organisation-contents", "/organisations/{organisation}", tagOrganisations, core.ReadOrganisations, "OrganisationContents"),
		func(ctx context.Context, d *desk.Desk, in *oneOrganisation) (*Answer[api.Page[api.Content]], error) {
			all, err := d.OrganisationContents(ctx, in.Organisation)
			return listed(all, wire.Content, err)
		})
	get(r, operation{
		id: "get-counts", path: "/counts", tag: tagOrganisations, summary: "Say how many there are of everything", needs: core.ReadOrganisations,
		desk: []string{"Counts"},
	}, func(ctx context.Context, d *desk.Desk, in *struct{ OrganisationFilter }) (*Answer[api.Counts], error) {
		counts, err := d.Counts(ctx, orAll(in.Organisation))
		return told(wire.Counts(counts), err)
	})
}

func updateOrganisation(ctx context.Context, d *desk.Desk, in *changeOrganisation, sent api.Patch) (*Object[api.Organisation], error) {
	was, err := version(in.IfMatch.IfMatch)
	if err != nil {
		return nil, err
	}
	edit := editing(sent, wire.Organisation, func(o *core.Organisation, to *api.Organisation) { wire.SetOrganisation(o, &to.OrganisationRules) })
	org, err := d.UpdateOrganisation(ctx, in.Organisation, was, edit.apply)
	return anOrganisation(org, edit.wrong(err))
}

func anOrganisation(org *core.Organisation, err error) (*Object[api.Organisation], error) {
	if err != nil {
		return nil, err
	}
	told := wire.Organisation(org)
	return object(told.Version, told), nil
}

package rest

import (
	"context"
	"net/http"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/desk"
	"github.com/postern-id/postern/core/wire"
	"github.com/postern-id/postern/sdk/api"
)

const tagGroups = "groups"

type findGroups struct {
	OrganisationFilter
	Name string `query:"name" maxLength:"400" doc:"Exactly the group of that name: a list of one or none."`
	Paging
}

func (r *routes) groups() {
	get(r, operation{
		id: "list-groups", path: "/groups", tag: tagGroups, summary: "List the groups of an organisation",
		needs: core.ReadGroups, desk: []string{"Groups", "FindGroup"},
	}, r.listGroups)
	send(r, http.MethodPost, operation{
		id: "create-group", path: "/groups", tag: tagGroups, summary: "Make a group without members",
		needs: core.WriteGroups, desk: []string{"CreateGroup"}, status: http.StatusCreated,
	}, func(ctx context.Context, d *desk.Desk, _ *struct{ Once }, sent *api.NewGroup) (*Object[api.Group], error) {
		return aGroup(d.CreateGroup(ctx, sent.Organisation, sent.Name, sent.DisplayName))
	})
}

func (r *routes) listGroups(ctx context.Context, d *desk.Desk, in *findGroups) (*Answer[api.Page[api.Group]], error) {
	if in.Name != "" {
		group, err := d.FindGroup(ctx, in.Organisation, in.Name)
		return oneOf(group, err, "group", wire.Group)
	}
	all, err := d.Groups(ctx, in.Organisation)
	if err != nil {
		return nil, err
	}
	return pageOf(r, listOf("groups", in.Organisation), all, in.Paging, func(g *core.Group) string { return g.Name }, wire.Group)
}

func aGroup(group *core.Group, err error) (*Object[api.Group], error) {
	if err != nil {
		return nil, err
	}
	told := wire.Group(group)
	return object(told.Version, told), nil
}

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

// GroupPath names a group.
type GroupPath struct {
	Group string `path:"group" maxLength:"36" doc:"Identifier of the group."`
}

func (p GroupPath) id() core.ID { return core.ID(p.Group) }

type oneGroup struct{ GroupPath }

type changeGroup struct {
	GroupPath
	IfMatch
}

type findGroups struct {
	OrganisationFilter
	Name       string `query:"name" maxLength:"400" doc:"Exactly the group of that name: a list of one or none."`
	Search     string `query:"search" maxLength:"200" doc:"Part of a name or display name, regardless of case."`
	ExternalID string `query:"external_id" maxLength:"255" doc:"Exactly the group of that external identifier."`
	Paging
}

func (r *routes) groups() {
	get(r, operation{
		id: "list-groups", path: "/groups", tag: tagGroups, summary: "List the groups of an organisation",
		needs: core.ReadGroups, desk: []string{"Groups", "FindGroups", "FindGroup"},
	}, r.listGroups)
	send(r, http.MethodPost, operation{
		id: "create-group", path: "/groups", tag: tagGroups, summary: "Make a group, perhaps with members",
		needs: core.WriteGroups, desk: []string{"CreateGroup", "ProvisionGroup"}, status: http.StatusCreated,
	}, func(ctx context.Context, d *desk.Desk, _ *struct{ Once }, sent *api.NewGroup) (*Object[api.Group], error) {
		return aGroup(d.ProvisionGroup(ctx, wire.NewGroup(sent)))
	})
	get(r, operation{
		id: "get-group", path: "/groups/{group}", tag: tagGroups, summary: "Read a group", needs: core.ReadGroups, desk: []string{"GroupByID"},
	}, func(ctx context.Context, d *desk.Desk, in *oneGroup) (*Object[api.Group], error) {
		return aGroup(d.GroupByID(ctx, in.id()))
	})
	patch[changeGroup, api.Group](r, operation{
		id: "update-group", path: "/groups/{group}", tag: tagGroups, summary: "Change a group",
		more: "A new name goes wherever the group is named.", needs: core.WriteGroups, desk: []string{"UpdateGroup"},
	}, func(ctx context.Context, d *desk.Desk, in *changeGroup, sent api.Patch) (*Object[api.Group], error) {
		was, err := version(in.IfMatch.IfMatch)
		if err != nil {
			return nil, err
		}
		edit := editing(sent, wire.Group, wire.SetGroup)
		group, err := d.UpdateGroup(ctx, in.id(), was, edit.apply)
		return aGroup(group, edit.wrong(err))
	})
	do(r, http.MethodDelete, operation{
		id: "delete-group", path: "/groups/{group}", tag: tagGroups, summary: "Delete a group with its memberships", needs: core.WriteGroups,
		desk: []string{"DeleteGroup"},
	}, func(ctx context.Context, d *desk.Desk, in *changeGroup) error {
		group, err := d.GroupByID(ctx, in.id())
		if err != nil {
			return err
		}
		return d.DeleteGroup(ctx, group.Org, group.Name)
	})
	get(r, contents("get-group-contents", "/groups/{group}", tagGroups, core.ReadGroups, "GroupContents"),
		func(ctx context.Context, d *desk.Desk, in *oneGroup) (*Answer[api.Page[api.Content]], error) {
			all, err := d.GroupContents(ctx, in.id())
			return listed(all, wire.Content, err)
		})
	r.members()
}

func (r *routes) listGroups(ctx context.Context, d *desk.Desk, in *findGroups) (*Answer[api.Page[api.Group]], error) {
	if in.Name != "" && in.Organisation != everywhere {
		group, err := d.FindGroup(ctx, in.Organisation, in.Name)
		return oneOf(group, err, "group", wire.Group)
	}
	filter := core.GroupFilter{Org: orAll(in.Organisation), Search: in.Search, ExternalID: in.ExternalID, Limit: in.Limit + 1}
	list := listOf("groups", in.Organisation, in.Name, in.Search, in.ExternalID)
	if in.After != "" {
		place, err := r.cursors().open(list, in.After, 2)
		if err != nil {
			return nil, err
		}
		filter.After, filter.AfterID = place[0], core.ID(place[1])
	}
	rows, err := d.FindGroups(ctx, filter)
	return pageEnd(r, list, rows, in.Limit, func(g *core.Group) []string { return []string{g.Name, string(g.ID)} }, wire.Group, err)
}

func aGroup(group *core.Group, err error) (*Object[api.Group], error) {
	if err != nil {
		return nil, err
	}
	told := wire.Group(group)
	return object(told.Version, told), nil
}

// MemberPath names a user in a group.
type MemberPath struct {
	GroupPath
	User string `path:"user" maxLength:"36" doc:"Identifier of the user."`
}

func (r *routes) members() {
	get(r, operation{
		id: "list-members", path: "/groups/{group}/members", tag: tagGroups, summary: "List who is in a group", needs: core.ReadGroups, desk: []string{"Members"},
	}, func(ctx context.Context, d *desk.Desk, in *struct {
		GroupPath
		Paging
	}) (*Answer[api.Page[api.User]], error) {
		group, err := d.GroupByID(ctx, in.id())
		if err != nil {
			return nil, err
		}
		all, err := d.Members(ctx, group)
		if err != nil {
			return nil, err
		}
		return pageOf(r, listOf("members", in.Group), all, in.Paging, func(u *core.User) string { return core.FoldName(u.Name) }, wire.User)
	})
	send(r, http.MethodPost, operation{
		id: "change-members", path: "/groups/{group}/members", tag: tagGroups, summary: "Put users into a group and take others out, all at once",
		more: "Who is a member stays one, and who is none stays out.", needs: core.WriteGroups, desk: []string{"ChangeMembers"},
	}, func(ctx context.Context, d *desk.Desk, in *struct {
		GroupPath
		Once
	}, sent *api.MemberChange) (*Object[api.Group], error) {
		group, err := d.GroupByID(ctx, in.id())
		if err != nil {
			return nil, err
		}
		if err := d.ChangeMembers(ctx, group, wire.IDs(sent.Add), wire.IDs(sent.Remove)); err != nil {
			return nil, err
		}
		return aGroup(d.GroupByID(ctx, in.id()))
	})
	do(r, http.MethodPut, operation{
		id: "add-member", path: "/groups/{group}/members/{user}", tag: tagGroups, summary: "Put a user into a group", more: "Needs users:read too.",
		needs: core.WriteGroups, desk: []string{"AddMember"},
	}, func(ctx context.Context, d *desk.Desk, in *struct{ MemberPath }) error {
		return member(ctx, d, in.MemberPath, d.AddMember)
	})
	do(r, http.MethodDelete, operation{
		id: "remove-member", path: "/groups/{group}/members/{user}", tag: tagGroups, summary: "Take a user out of a group", more: "Needs users:read too.",
		needs: core.WriteGroups, desk: []string{"RemoveMember"},
	}, func(ctx context.Context, d *desk.Desk, in *struct{ MemberPath }) error {
		return member(ctx, d, in.MemberPath, d.RemoveMember)
	})
}

func member(ctx context.Context, d *desk.Desk, in MemberPath, change func(context.Context, *core.Group, *core.User) error) error {
	group, err := d.GroupByID(ctx, in.id())
	if err != nil {
		return err
	}
	user, err := d.User(ctx, core.ID(in.User))
	if err != nil {
		return err
	}
	return change(ctx, group, user)
}

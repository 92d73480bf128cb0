package remote

import (
	"context"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/wire"
	"github.com/postern-id/postern/sdk/api"
)

// CreateGroup is as of [desk.Desk].
func (d *Desk) CreateGroup(ctx context.Context, org, name, displayName string) (*core.Group, error) {
	made, err := d.api.CreateGroup(ctx, api.NewGroup{Organisation: org, Name: name, DisplayName: displayName})
	return one(d, made, err, wire.CoreGroup)
}

// FindGroup is as of [desk.Desk].
func (d *Desk) FindGroup(ctx context.Context, org, name string) (*core.Group, error) {
	page, err := d.api.ListGroups(ctx, api.ListGroupsQuery{Organisation: org, Name: name})
	return only(d, page, err, wire.CoreGroup, "group", name)
}

// FindGroups is as of [desk.Desk].
func (d *Desk) FindGroups(ctx context.Context, filter core.GroupFilter) ([]core.Group, error) {
	query := api.ListGroupsQuery{Organisation: orAll(filter.Org), Search: filter.Search, ExternalID: filter.ExternalID, Limit: pageSize}
	return all(d, func(after string) (*api.Page[api.Group], error) {
		query.After = after
		return d.api.ListGroups(ctx, query)
	}, wire.CoreGroup)
}

// everywhere stands for all organisations in a query.
const everywhere = "*"

// orAll gives the organisation of a query, all of them for "".
func orAll(org string) string {
	if org == "" {
		return everywhere
	}
	return org
}

// UpdateGroup is as of [desk.Desk].
func (d *Desk) UpdateGroup(ctx context.Context, id core.ID, was admin.Version, edit func(*core.Group)) (*core.Group, error) {
	return edited(ctx, d, was, edit, object[api.Group, core.Group]{
		what: "group", name: string(id), turn: wire.CoreGroup, back: wire.Group,
		version: func(g *api.Group) string { return g.Version },
		read:    func(ctx context.Context) (*api.Group, error) { return d.api.GetGroup(ctx, string(id)) },
		send: func(ctx context.Context, patch api.Patch, version api.Option) (*api.Group, error) {
			return d.api.UpdateGroup(ctx, string(id), patch, version)
		},
	})
}

// DeleteGroup is as of [desk.Desk].
func (d *Desk) DeleteGroup(ctx context.Context, org, name string) error {
	group, err := d.FindGroup(ctx, org, name)
	if err != nil {
		return err
	}
	return d.told(d.api.DeleteGroup(ctx, string(group.ID)))
}

// GroupContents is as of [desk.Desk].
func (d *Desk) GroupContents(ctx context.Context, id core.ID) ([]core.Content, error) {
	page, err := d.api.GetGroupContents(ctx, string(id))
	return listed(d, page, err, wire.CoreContent)
}

// Members is as of [desk.Desk].
func (d *Desk) Members(ctx context.Context, group *core.Group) ([]core.User, error) {
	return all(d, func(after string) (*api.Page[api.User], error) {
		return d.api.ListMembers(ctx, string(group.ID), api.ListMembersQuery{Limit: pageSize, After: after})
	}, wire.CoreUser)
}

// AddMember is as of [desk.Desk].
func (d *Desk) AddMember(ctx context.Context, group *core.Group, user *core.User) error {
	return d.told(d.api.AddMember(ctx, string(group.ID), string(user.ID)))
}

// RemoveMember is as of [desk.Desk].
func (d *Desk) RemoveMember(ctx context.Context, group *core.Group, user *core.User) error {
	return d.told(d.api.RemoveMember(ctx, string(group.ID), string(user.ID)))
}

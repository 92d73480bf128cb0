package desk

import (
	"context"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// CreateGroup is [admin.Service.CreateGroup].
func (d *Desk) CreateGroup(ctx context.Context, org, name, displayName string) (*core.Group, error) {
	if err := d.may(core.WriteGroups, orDefault(org)); err != nil {
		return nil, err
	}
	return d.admin.CreateGroup(ctx, d.who.Actor, org, name, displayName)
}

// DeleteGroup is [admin.Service.DeleteGroup].
func (d *Desk) DeleteGroup(ctx context.Context, org, name string) error {
	if err := d.may(core.WriteGroups, orDefault(org)); err != nil {
		return err
	}
	return d.admin.DeleteGroup(ctx, d.who.Actor, org, name)
}

// FindGroup is [admin.Service.FindGroup].
func (d *Desk) FindGroup(ctx context.Context, org, name string) (*core.Group, error) {
	if err := d.may(core.ReadGroups, orDefault(org)); err != nil {
		return nil, err
	}
	return d.admin.FindGroup(ctx, org, name)
}

// Groups is [admin.Service.Groups].
func (d *Desk) Groups(ctx context.Context, org string) ([]core.Group, error) {
	if err := d.may(core.ReadGroups, orDefault(org)); err != nil {
		return nil, err
	}
	return d.admin.Groups(ctx, org)
}

// Members is [admin.Service.Members].
func (d *Desk) Members(ctx context.Context, group *core.Group) ([]core.User, error) {
	stored, err := d.group(ctx, group.ID, core.ReadGroups)
	if err != nil {
		return nil, err
	}
	return d.admin.Members(ctx, stored)
}

// AddMember is [admin.Service.AddMember].
func (d *Desk) AddMember(ctx context.Context, group *core.Group, user *core.User) error {
	stored, err := d.group(ctx, group.ID, core.WriteGroups)
	if err != nil {
		return err
	}
	return d.admin.AddMember(ctx, d.who.Actor, stored, user)
}

// RemoveMember is [admin.Service.RemoveMember].
func (d *Desk) RemoveMember(ctx context.Context, group *core.Group, user *core.User) error {
	stored, err := d.group(ctx, group.ID, core.WriteGroups)
	if err != nil {
		return err
	}
	return d.admin.RemoveMember(ctx, d.who.Actor, stored, user)
}

// ChangeMembers is [admin.Service.ChangeMembers].
func (d *Desk) ChangeMembers(ctx context.Context, group *core.Group, add, remove []core.ID) error {
	stored, err := d.group(ctx, group.ID, core.WriteGroups)
	if err != nil {
		return err
	}
	return d.admin.ChangeMembers(ctx, d.who.Actor, stored, add, remove)
}

// ProvisionGroup is [admin.Service.ProvisionGroup].
func (d *Desk) ProvisionGroup(ctx context.Context, input admin.NewGroup) (*core.Group, error) {
	if err := d.may(core.WriteGroups, orDefault(input.Org)); err != nil {
		return nil, err
	}
	return d.admin.ProvisionGroup(ctx, d.who.Actor, input)
}

// UpdateGroup is [admin.Service.UpdateGroup].
func (d *Desk) UpdateGroup(ctx context.Context, id core.ID, was admin.Version, edit func(*core.Group)) (*core.Group, error) {
	if _, err := d.group(ctx, id, core.WriteGroups); err != nil {
		return nil, err
	}
	return d.admin.UpdateGroup(ctx, d.who.Actor, id, was, edit)
}

// ReviseGroup is [admin.Service.ReviseGroup].
func (d *Desk) ReviseGroup(ctx context.Context, id core.ID, was admin.Version, r admin.GroupRevision) (*core.Group, error) {
	if _, err := d.group(ctx, id, core.WriteGroups); err != nil {
		return nil, err
	}
	return d.admin.ReviseGroup(ctx, d.who.Actor, id, was, r)
}

// GroupByID is [admin.Service.GroupByID].
func (d *Desk) GroupByID(ctx context.Context, id core.ID) (*core.Group, error) {
	return d.group(ctx, id, core.ReadGroups)
}

// FindGroups is [admin.Service.FindGroups]; without an organisation it is for who may see
// all.
func (d *Desk) FindGroups(ctx context.Context, filter core.GroupFilter) ([]core.Group, error) {
	if err := d.may(core.ReadGroups, filter.Org); err != nil {
		return nil, err
	}
	return d.admin.FindGroups(ctx, filter)
}

// CountGroups is [admin.Service.CountGroups]; without an organisation it is for who may see
// all.
func (d *Desk) CountGroups(ctx context.Context, filter core.GroupFilter) (int, error) {
	if err := d.may(core.ReadGroups, filter.Org); err != nil {
		return 0, err
	}
	return d.admin.CountGroups(ctx, filter)
}

// GroupContents is [admin.Service.GroupContents].
func (d *Desk) GroupContents(ctx context.Context, id core.ID) ([]core.Content, error) {
	if _, err := d.group(ctx, id, core.ReadGroups); err != nil {
		return nil, err
	}
	return d.admin.GroupContents(ctx, id)
}

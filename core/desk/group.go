package desk

import (
	"context"

	"github.com/postern-id/postern/core"
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
	if err := d.may(core.ReadGroups, group.Org); err != nil {
		return nil, err
	}
	return d.admin.Members(ctx, group)
}

// AddMember is [admin.Service.AddMember].
func (d *Desk) AddMember(ctx context.Context, group *core.Group, user *core.User) error {
	if err := d.may(core.WriteGroups, group.Org); err != nil {
		return err
	}
	return d.admin.AddMember(ctx, d.who.Actor, group, user)
}

// RemoveMember is [admin.Service.RemoveMember].
func (d *Desk) RemoveMember(ctx context.Context, group *core.Group, user *core.User) error {
	if err := d.may(core.WriteGroups, group.Org); err != nil {
		return err
	}
	return d.admin.RemoveMember(ctx, d.who.Actor, group, user)
}

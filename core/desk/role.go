package desk

import (
	"context"
	"slices"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// RoleHolders is [admin.Service.RoleHolders].
func (d *Desk) RoleHolders(ctx context.Context, org string) ([]admin.RoleHolder, error) {
	if err := d.may(core.ReadRoles, org); err != nil {
		return nil, err
	}
	return d.admin.RoleHolders(ctx, org)
}

// RolesOf is [admin.Service.RolesOf]. Everybody may see their own.
func (d *Desk) RolesOf(ctx context.Context, holder core.ID) ([]core.RoleGrant, error) {
	if !d.isCaller(holder) {
		if _, err := d.holder(ctx, holder, core.ReadRoles); err != nil {
			return nil, err
		}
	}
	return d.admin.RolesOf(ctx, holder)
}

// GrantRole is [admin.Service.GrantRole]. Nobody gives a role that reaches further than
// their own, and nobody touches who may more.
func (d *Desk) GrantRole(ctx context.Context, holder core.ID, org string, role core.Role) error {
	if err := d.mayAppoint(ctx, holder, org); err != nil {
		return err
	}
	if known := slices.Contains(core.Roles(), role); known && !d.contains(core.RoleGrant{Org: org, Role: role}) {
		return &DeniedError{Permission: core.WriteRoles, Org: org, Above: true}
	}
	return d.admin.GrantRole(ctx, d.who.Actor, holder, org, role)
}

// RevokeRole is [admin.Service.RevokeRole].
func (d *Desk) RevokeRole(ctx context.Context, holder core.ID, org string) error {
	if err := d.mayAppoint(ctx, holder, org); err != nil {
		return err
	}
	return d.admin.RevokeRole(ctx, d.who.Actor, holder, org)
}

// mayAppoint refuses who may not say who has which role in the organisation, and whose
// role it would be that they do not see or that may more.
func (d *Desk) mayAppoint(ctx context.Context, id core.ID, org string) error {
	if err := d.may(core.WriteRoles, org); err != nil {
		return err
	}
	holder, err := d.admin.Holder(ctx, id)
	if holder, err = within(d, holder, err, core.WriteRoles, func(*admin.Holder) string { return org }, "user or service account", string(id)); err != nil {
		return err
	}
	if !d.who.Sees(holder.Org) {
		return &admin.MissingError{What: "user or service account", Name: string(id)}
	}
	return d.mayTouch(ctx, asHolder(holder), core.WriteRoles, d.who.Covers)
}

// holder gives a user or a service account whom the caller may deal with so.
func (d *Desk) holder(ctx context.Context, id core.ID, permission core.Permission) (*admin.Holder, error) {
	holder, err := d.admin.Holder(ctx, id)
	return within(d, holder, err, permission, func(h *admin.Holder) string { return h.Org }, "user or service account", string(id))
}

// asHolder gives of whom [Desk.mayTouch] is asked.
func asHolder(h *admin.Holder) *core.APIHolder {
	if h.Program {
		return &core.APIHolder{Account: &core.ServiceAccount{ID: h.ID, Org: h.Org}}
	}
	return &core.APIHolder{User: &core.User{ID: h.ID, Org: h.Org, Admin: h.Admin}}
}

func (d *Desk) isCaller(id core.ID) bool { return id != "" && id == d.who.ID }

package remote

import (
	"context"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/wire"
	"github.com/postern-id/postern/sdk/api"
)

// RoleHolders is as of [desk.Desk].
func (d *Desk) RoleHolders(ctx context.Context, org string) ([]admin.RoleHolder, error) {
	page, err := d.api.ListRoles(ctx, api.ListRolesQuery{Organisation: org})
	return listed(d, page, err, wire.AdminRoleHolder)
}

// RolesOf is as of [desk.Desk].
func (d *Desk) RolesOf(ctx context.Context, holder core.ID) ([]core.RoleGrant, error) {
	page, err := d.api.ListHolderRoles(ctx, string(holder))
	return listed(d, page, err, wire.CoreRoleGrant)
}

// GrantRole is as of [desk.Desk].
func (d *Desk) GrantRole(ctx context.Context, holder core.ID, org string, role core.Role) error {
	return d.told(d.api.GrantRole(ctx, string(holder), api.GrantRoleQuery{Organisation: org}, api.NewRole{Role: string(role)}))
}

// RevokeRole is as of [desk.Desk].
func (d *Desk) RevokeRole(ctx context.Context, holder core.ID, org string) error {
	return d.told(d.api.RevokeRole(ctx, string(holder), api.RevokeRoleQuery{Organisation: org}))
}

// CreateServiceAccount is as of [desk.Desk].
func (d *Desk) CreateServiceAccount(ctx context.Context, input admin.NewServiceAccount) (*core.ServiceAccount, error) {
	made, err := d.api.CreateServiceAccount(ctx, api.NewServiceAccount{Organisation: input.Org, Name: input.Name, Description: input.Description})
	return one(d, made, err, wire.CoreServiceAccount)
}

// FindServiceAccount is as of [desk.Desk].
func (d *Desk) FindServiceAccount(ctx context.Context, org, name string) (*core.ServiceAccount, error) {
	page, err := d.api.ListServiceAccounts(ctx, api.ListServiceAccountsQuery{Organisation: org, Name: name})
	return only(d, page, err, wire.CoreServiceAccount, "service account", name)
}

// ServiceAccounts is as of [desk.Desk].
func (d *Desk) ServiceAccounts(ctx context.Context, org string) ([]core.ServiceAccount, error) {
	page, err := d.api.ListServiceAccounts(ctx, api.ListServiceAccountsQuery{Organisation: org})
	return listed(d, page, err, wire.CoreServiceAccount)
}

// UpdateServiceAccount is as of [desk.Desk].
func (d *Desk) UpdateServiceAccount(ctx context.Context, id core.ID, was admin.Version, edit func(*core.ServiceAccount)) (*core.ServiceAccount, error) {
	return edited(ctx, d, was, edit, object[api.ServiceAccount, core.ServiceAccount]{
		what: "service account", name: string(id), turn: wire.CoreServiceAccount, back: wire.ServiceAccount,
		version: func(a *api.ServiceAccount) string { return a.Version },
		read: func(ctx context.Context) (*api.ServiceAccount, error) {
			return d.api.GetServiceAccount(ctx, string(id))
		},
		send: func(ctx context.Context, patch api.Patch, version api.Option) (*api.ServiceAccount, error) {
			return d.api.UpdateServiceAccount(ctx, string(id), patch, version)
		},
	})
}

// DeleteServiceAccount is as of [desk.Desk].
func (d *Desk) DeleteServiceAccount(ctx context.Context, id core.ID) error {
	return d.told(d.api.DeleteServiceAccount(ctx, string(id)))
}

// ServiceAccountContents is as of [desk.Desk].
func (d *Desk) ServiceAccountContents(ctx context.Context, id core.ID) ([]core.Content, error) {
	page, err := d.api.GetServiceAccountContents(ctx, string(id))
	return listed(d, page, err, wire.CoreContent)
}

// CreateAPIToken is as of [desk.Desk].
func (d *Desk) CreateAPIToken(ctx context.Context, input admin.NewAPIToken) (*core.APIToken, string, error) {
	made, err := d.api.CreateAPIToken(ctx, string(input.Holder), wire.APITokenToMake(&input))
	if err != nil {
		return nil, "", d.told(err)
	}
	token := wire.CoreAPIToken(&made.APIToken)
	return &token, made.Token, nil
}

// APITokens is as of [desk.Desk].
func (d *Desk) APITokens(ctx context.Context, holder core.ID) ([]core.APIToken, error) {
	page, err := d.api.ListAPITokens(ctx, string(holder))
	return listed(d, page, err, wire.CoreAPIToken)
}

// RevokeAPIToken is as of [desk.Desk].
func (d *Desk) RevokeAPIToken(ctx context.Context, id, token core.ID) error {
	return d.told(d.api.RevokeAPIToken(ctx, string(id), string(token)))
}

// Home gives the organisation of whoever calls, if their roles are of that one alone; empty
// if they reach further.
func (d *Desk) Home(ctx context.Context) (string, error) {
	me, err := d.api.GetCaller(ctx)
	if err != nil {
		return "", d.told(err)
	}
	home := ""
	for _, grant := range me.Roles {
		if grant.Organisation == "" || home != "" && grant.Organisation != home {
			return "", nil
		}
		home = grant.Organisation
	}
	return home, nil
}

package desk

import (
	"context"
	"slices"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// CreateServiceAccount is [admin.Service.CreateServiceAccount].
func (d *Desk) CreateServiceAccount(ctx context.Context, input admin.NewServiceAccount) (*core.ServiceAccount, error) {
	if err := d.may(core.WriteAccounts, orDefault(input.Org)); err != nil {
		return nil, err
	}
	return d.admin.CreateServiceAccount(ctx, d.who.Actor, input)
}

// ServiceAccount is [admin.Service.ServiceAccount].
func (d *Desk) ServiceAccount(ctx context.Context, id core.ID) (*core.ServiceAccount, error) {
	return d.account(ctx, id, core.ReadAccounts)
}

// FindServiceAccount is [admin.Service.FindServiceAccount].
func (d *Desk) FindServiceAccount(ctx context.Context, org, name string) (*core.ServiceAccount, error) {
	if err := d.may(core.ReadAccounts, orDefault(org)); err != nil {
		return nil, err
	}
	return d.admin.FindServiceAccount(ctx, org, name)
}

// ServiceAccounts is [admin.Service.ServiceAccounts].
func (d *Desk) ServiceAccounts(ctx context.Context, org string) ([]core.ServiceAccount, error) {
	if err := d.may(core.ReadAccounts, orDefault(org)); err != nil {
		return nil, err
	}
	return d.admin.ServiceAccounts(ctx, org)
}

// UpdateServiceAccount is [admin.Service.UpdateServiceAccount].
func (d *Desk) UpdateServiceAccount(ctx context.Context, id core.ID, was admin.Version, edit func(*core.ServiceAccount)) (*core.ServiceAccount, error) {
	if err := d.program(ctx, id, core.WriteAccounts); err != nil {
		return nil, err
	}
	return d.admin.UpdateServiceAccount(ctx, d.who.Actor, id, was, edit)
}

// DeleteServiceAccount is [admin.Service.DeleteServiceAccount].
func (d *Desk) DeleteServiceAccount(ctx context.Context, id core.ID) error {
	if err := d.program(ctx, id, core.WriteAccounts); err != nil {
		return err
	}
	return d.admin.DeleteServiceAccount(ctx, d.who.Actor, id)
}

// ServiceAccountContents is [admin.Service.ServiceAccountContents].
func (d *Desk) ServiceAccountContents(ctx context.Context, id core.ID) ([]core.Content, error) {
	if _, err := d.account(ctx, id, core.ReadAccounts); err != nil {
		return nil, err
	}
	return d.admin.ServiceAccountContents(ctx, id)
}

// CreateAPIToken is [admin.Service.CreateAPIToken]. People who have a role make tokens for
// themselves; nobody makes one for another person, but whoever may read the data directory.
// Who may write service accounts makes tokens for those that may no more than they do. A
// token is made by a token only if that may write service accounts, and the new one may no
// more than it.
func (d *Desk) CreateAPIToken(ctx context.Context, input admin.NewAPIToken) (*core.APIToken, string, error) {
	if err := d.mayIssue(ctx, &input); err != nil {
		return nil, "", err
	}
	return d.admin.CreateAPIToken(ctx, d.who.Actor, input)
}

func (d *Desk) mayIssue(ctx context.Context, input *admin.NewAPIToken) error {
	if d.who.Only != nil {
		if err := d.mayNarrow(input.Permissions); err != nil {
			return err
		}
	}
	if d.isCaller(input.Holder) && d.who.Only == nil && len(d.who.Roles) > 0 {
		return nil
	}
	holder, err := d.holder(ctx, input.Holder, core.WriteAccounts)
	switch {
	case err != nil:
		return err
	case !holder.Program && !d.isCaller(holder.ID) && d.who.ID != "":
		return &DeniedError{Permission: core.WriteAccounts, Org: holder.Org, Above: true}
	}
	return d.mayTouch(ctx, asHolder(holder), core.WriteAccounts, d.contains)
}

// mayNarrow refuses a token that may more than the one that it is made by.
func (d *Desk) mayNarrow(permissions []core.Permission) error {
	if len(permissions) == 0 {
		permissions = core.Permissions() // it is not narrowed at all
	}
	for _, permission := range permissions {
		if !slices.Contains(d.who.Only, permission) {
			return &DeniedError{Permission: permission}
		}
	}
	return nil
}

// APITokens is [admin.Service.APITokens]. Everybody may see their own.
func (d *Desk) APITokens(ctx context.Context, holder core.ID) ([]core.APIToken, error) {
	if !d.isCaller(holder) {
		if _, err := d.ofHolder(ctx, holder, core.ReadUsers, core.ReadAccounts); err != nil {
			return nil, err
		}
	}
	return d.admin.APITokens(ctx, holder)
}

// RevokeAPIToken is [admin.Service.RevokeAPIToken]. Everybody may revoke their own.
func (d *Desk) RevokeAPIToken(ctx context.Context, id, token core.ID) error {
	if !d.isCaller(id) {
		holder, err := d.ofHolder(ctx, id, core.HelpUsers, core.WriteAccounts)
		if err != nil {
			return err
		}
		if err := d.mayTouch(ctx, asHolder(holder), core.WriteAccounts, d.who.Covers); err != nil {
			return err
		}
	}
	return d.admin.RevokeAPIToken(ctx, d.who.Actor, id, token)
}

// ofHolder gives a user or a service account whom the caller may deal with so, by the
// permission for the one or for the other.
func (d *Desk) ofHolder(ctx context.Context, id core.ID, ofUser, ofAccount core.Permission) (*admin.Holder, error) {
	holder, err := d.admin.Holder(ctx, id)
	permission := ofUser
	if err == nil && holder.Program {
		permission = ofAccount
	}
	return within(d, holder, err, permission, func(h *admin.Holder) string { return h.Org }, "user or service account", string(id))
}

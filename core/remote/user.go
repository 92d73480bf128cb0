package remote

import (
	"context"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/wire"
	"github.com/postern-id/postern/sdk/api"
)

// User is as of [desk.Desk].
func (d *Desk) User(ctx context.Context, id core.ID) (*core.User, error) {
	user, err := d.api.GetUser(ctx, string(id))
	return one(d, user, err, wire.CoreUser)
}

// FindUser is as of [desk.Desk].
func (d *Desk) FindUser(ctx context.Context, org, login string) (*core.User, error) {
	page, err := d.api.ListUsers(ctx, api.ListUsersQuery{Organisation: org, Login: login})
	return only(d, page, err, wire.CoreUser, "user", login)
}

// Users is as of [desk.Desk].
func (d *Desk) Users(ctx context.Context, filter core.UserFilter) ([]core.User, error) {
	return d.users(ctx, filter.Org, filter)
}

// AllUsers is as of [desk.Desk].
func (d *Desk) AllUsers(ctx context.Context, filter core.UserFilter) ([]core.User, error) {
	return d.users(ctx, orAll(filter.Org), filter)
}

func (d *Desk) users(ctx context.Context, org string, filter core.UserFilter) ([]core.User, error) {
	query := api.ListUsersQuery{
		Organisation: org, Group: filter.Group, Search: filter.Search, ExternalID: filter.ExternalID, Administrators: filter.Admins, Limit: pageSize,
	}
	if filter.Disabled != nil {
		query.State = map[bool]string{true: "disabled", false: "enabled"}[*filter.Disabled]
	}
	return all(d, func(after string) (*api.Page[api.User], error) {
		query.After = after
		return d.api.ListUsers(ctx, query)
	}, wire.CoreUser)
}

// UserContents is as of [desk.Desk].
func (d *Desk) UserContents(ctx context.Context, id core.ID) ([]core.Content, error) {
	page, err := d.api.GetUserContents(ctx, string(id))
	return listed(d, page, err, wire.CoreContent)
}

// UserConsents is as of [desk.Desk].
func (d *Desk) UserConsents(ctx context.Context, id core.ID) ([]core.Consent, error) {
	page, err := d.api.ListUserConsents(ctx, string(id))
	return listed(d, page, err, func(c *api.Consent) core.Consent { return wire.CoreConsent(id, c) })
}

// CreateUser is as of [desk.Desk].
func (d *Desk) CreateUser(ctx context.Context, input admin.NewUser) (*admin.CreatedUser, error) {
	made, err := d.api.CreateUser(ctx, wire.UserToMake(&input))
	return one(d, made, err, wire.AdminCreatedUser)
}

// InviteUser is as of [desk.Desk].
func (d *Desk) InviteUser(ctx context.Context, input admin.NewUser, byHand bool) (*admin.Invited, error) {
	made, err := d.api.InviteUser(ctx, api.NewInvitation{User: wire.UserToMake(&input), ByHand: byHand})
	return one(d, made, err, wire.AdminInvited)
}

// UpdateUser is as of [desk.Desk].
func (d *Desk) UpdateUser(ctx context.Context, id core.ID, was admin.Version, edit func(*core.User)) (*core.User, error) {
	return edited(ctx, d, was, edit, object[api.User, core.User]{
		what: "user", name: string(id), turn: wire.CoreUser, back: wire.User,
		version: func(u *api.User) string { return u.Version },
		read:    func(ctx context.Context) (*api.User, error) { return d.api.GetUser(ctx, string(id)) },
		send: func(ctx context.Context, patch api.Patch, version api.Option) (*api.User, error) {
			return d.api.UpdateUser(ctx, string(id), patch, version)
		},
	})
}

// SetPassword is as of [desk.Desk].
func (d *Desk) SetPassword(ctx context.Context, id core.ID, password string) error {
	return d.told(d.api.SetPassword(ctx, string(id), api.NewPassword{Password: password}))
}

// DisableUser is as of [desk.Desk].
func (d *Desk) DisableUser(ctx context.Context, id core.ID) error {
	return d.told(d.api.DisableUser(ctx, string(id)))
}

// EnableUser is as of [desk.Desk].
func (d *Desk) EnableUser(ctx context.Context, id core.ID) error {
	return d.told(d.api.EnableUser(ctx, string(id)))
}

// DeleteUser is as of [desk.Desk].
func (d *Desk) DeleteUser(ctx context.Context, id core.ID) error {
	return d.told(d.api.DeleteUser(ctx, string(id)))
}

// SignOutUser is as of [desk.Desk].
func (d *Desk) SignOutUser(ctx context.Context, id core.ID) error {
	return d.told(d.api.SignOutUser(ctx, string(id)))
}

// WithdrawConsent is as of [desk.Desk].
func (d *Desk) WithdrawConsent(ctx context.Context, id core.ID, clientID string) error {
	return d.told(d.api.WithdrawConsent(ctx, string(id), clientID))
}

// InviteAgain is as of [desk.Desk].
func (d *Desk) InviteAgain(ctx context.Context, id core.ID, byHand bool) (*admin.Invited, error) {
	made, err := d.api.InviteAgain(ctx, string(id), api.AgainInvitation{ByHand: byHand})
	return one(d, made, err, wire.AdminInvited)
}

// ResetLink is as of [desk.Desk].
func (d *Desk) ResetLink(ctx context.Context, id core.ID, send bool) (admin.Handed, error) {
	made, err := d.api.CreateResetLink(ctx, string(id), api.NewResetLink{Send: send})
	if err != nil {
		return admin.Handed{}, d.told(err)
	}
	return wire.AdminHanded(made), nil
}

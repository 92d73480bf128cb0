package desk

import (
	"context"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// User gives a user.
func (d *Desk) User(ctx context.Context, id core.ID) (*core.User, error) {
	return d.user(ctx, id, core.ReadUsers)
}

// FindUser is [admin.Service.FindUser].
func (d *Desk) FindUser(ctx context.Context, org, login string) (*core.User, error) {
	if err := d.may(core.ReadUsers, orDefault(org)); err != nil {
		return nil, err
	}
	return d.admin.FindUser(ctx, org, login)
}

// Users is [admin.Service.Users].
func (d *Desk) Users(ctx context.Context, filter core.UserFilter) ([]core.User, error) {
	if err := d.may(core.ReadUsers, orDefault(filter.Org)); err != nil {
		return nil, err
	}
	return d.admin.Users(ctx, filter)
}

// CreateUser is [admin.Service.CreateUser]. Only an owner of the server makes an
// administrator of the server.
func (d *Desk) CreateUser(ctx context.Context, input admin.NewUser) (*admin.CreatedUser, error) {
	if err := d.mayMake(&input); err != nil {
		return nil, err
	}
	return d.admin.CreateUser(ctx, d.who.Actor, input)
}

// InviteUser is [admin.Service.InviteUser].
func (d *Desk) InviteUser(ctx context.Context, input admin.NewUser, byHand bool) (*admin.Invited, error) {
	if err := d.mayMake(&input); err != nil {
		return nil, err
	}
	return d.admin.InviteUser(ctx, d.who.Actor, input, byHand)
}

func (d *Desk) mayMake(input *admin.NewUser) error {
	if err := d.may(core.WriteUsers, orDefault(input.Org)); err != nil || !input.Admin {
		return err
	}
	return d.mayMakeOwner()
}

// mayMakeOwner is for owners of the server, and for a token of one only if it may
// everything: the new one may.
func (d *Desk) mayMakeOwner() error {
	if err := d.may(core.WriteRoles, wholeServer); err != nil {
		return err
	}
	if !d.contains(core.RoleGrant{Role: core.RoleOwner}) {
		return &DeniedError{Permission: core.WriteRoles, Above: true}
	}
	return nil
}

// UpdateUser is [admin.Service.UpdateUser]. Only an owner of the server says who administers
// the server. Links that let somebody in are sent to the address, so it is a way in.
func (d *Desk) UpdateUser(ctx context.Context, id core.ID, was admin.Version, edit func(*core.User)) (*core.User, error) {
	if err := d.person(ctx, id, core.WriteUsers); err != nil {
		return nil, err
	}
	return d.admin.UpdateUserIf(ctx, d.who.Actor, id, was, edit, func(before, after *core.User) error { return d.mayMakeOf(ctx, before, after) })
}

// mayMakeOf refuses what is about to be made of a user where writing users is too little.
func (d *Desk) mayMakeOf(ctx context.Context, before, after *core.User) error {
	if before.Admin != after.Admin {
		if err := d.mayMakeOwner(); err != nil {
			return err
		}
	}
	if before.Email != after.Email || before.EmailVerified != after.EmailVerified {
		return d.entered(ctx, before.ID, core.WriteUsers)
	}
	return nil
}

// ReviseUser is [admin.Service.ReviseUser]: it takes what each of the changes takes that it
// makes.
func (d *Desk) ReviseUser(ctx context.Context, id core.ID, was admin.Version, r admin.UserRevision) (*core.User, error) {
	if err := d.person(ctx, id, core.WriteUsers); err != nil {
		return nil, err
	}
	if r.Password != "" {
		if err := d.entered(ctx, id, core.WriteUsers); err != nil {
			return nil, err
		}
	}
	return d.admin.ReviseUser(ctx, d.who.Actor, id, was, r, func(before, after *core.User) error {
		if before.Disabled != after.Disabled {
			if err := d.person(ctx, id, core.HelpUsers); err != nil {
				return err
			}
		}
		return d.mayMakeOf(ctx, before, after)
	})
}

// SetPassword is [admin.Service.SetPassword].
func (d *Desk) SetPassword(ctx context.Context, id core.ID, password string) error {
	if err := d.entered(ctx, id, core.WriteUsers); err != nil {
		return err
	}
	return d.admin.SetPassword(ctx, d.who.Actor, id, password)
}

// DisableUser is [admin.Service.DisableUser].
func (d *Desk) DisableUser(ctx context.Context, id core.ID) error {
	if err := d.person(ctx, id, core.HelpUsers); err != nil {
		return err
	}
	return d.admin.DisableUser(ctx, d.who.Actor, id)
}

// EnableUser is [admin.Service.EnableUser].
func (d *Desk) EnableUser(ctx context.Context, id core.ID) error {
	if err := d.person(ctx, id, core.HelpUsers); err != nil {
		return err
	}
	return d.admin.EnableUser(ctx, d.who.Actor, id)
}

// DeleteUser is [admin.Service.DeleteUser].
func (d *Desk) DeleteUser(ctx context.Context, id core.ID) error {
	if err := d.person(ctx, id, core.WriteUsers); err != nil {
		return err
	}
	return d.admin.DeleteUser(ctx, d.who.Actor, id)
}

// SignOutUser is [admin.Service.SignOutUser].
func (d *Desk) SignOutUser(ctx context.Context, id core.ID) error {
	if err := d.person(ctx, id, core.HelpUsers); err != nil {
		return err
	}
	return d.admin.SignOutUser(ctx, d.who.Actor, id)
}

// WithdrawConsent is [admin.Service.WithdrawConsent].
func (d *Desk) WithdrawConsent(ctx context.Context, id core.ID, clientID string) error {
	if err := d.person(ctx, id, core.HelpUsers); err != nil {
		return err
	}
	return d.admin.WithdrawConsent(ctx, d.who.Actor, id, clientID)
}

// InviteAgain is [admin.Service.InviteAgain].
func (d *Desk) InviteAgain(ctx context.Context, id core.ID, byHand bool) (*admin.Invited, error) {
	if err := d.entered(ctx, id, core.HelpUsers); err != nil {
		return nil, err
	}
	return d.admin.InviteAgain(ctx, d.who.Actor, id, byHand)
}

// ResetLink is [admin.Service.ResetLink].
func (d *Desk) ResetLink(ctx context.Context, id core.ID, send bool) (admin.Handed, error) {
	if err := d.entered(ctx, id, core.HelpUsers); err != nil {
		return admin.Handed{}, err
	}
	return d.admin.ResetLink(ctx, d.who.Actor, id, send)
}

// UserSessions is [admin.Service.UserSessions].
func (d *Desk) UserSessions(ctx context.Context, id core.ID) ([]core.Session, error) {
	if err := d.look(ctx, id, core.ReadUsers); err != nil {
		return nil, err
	}
	return d.admin.UserSessions(ctx, id)
}

// EndUserSession is [admin.Service.EndUserSession].
func (d *Desk) EndUserSession(ctx context.Context, id, session core.ID) error {
	if err := d.person(ctx, id, core.HelpUsers); err != nil {
		return err
	}
	return d.admin.EndUserSession(ctx, d.who.Actor, id, session)
}

// UserDevices is [admin.Service.UserDevices].
func (d *Desk) UserDevices(ctx context.Context, id core.ID) ([]core.Device, error) {
	if err := d.look(ctx, id, core.ReadUsers); err != nil {
		return nil, err
	}
	return d.admin.UserDevices(ctx, id)
}

// ForgetDevice is [admin.Service.ForgetDevice].
func (d *Desk) ForgetDevice(ctx context.Context, id, device core.ID) error {
	if err := d.person(ctx, id, core.HelpUsers); err != nil {
		return err
	}
	return d.admin.ForgetDevice(ctx, d.who.Actor, id, device)
}

// ForgetDevices is [admin.Service.ForgetDevices].
func (d *Desk) ForgetDevices(ctx context.Context, id core.ID) error {
	if err := d.person(ctx, id, core.HelpUsers); err != nil {
		return err
	}
	return d.admin.ForgetDevices(ctx, d.who.Actor, id)
}

// UserProofs is [admin.Service.UserProofs].
func (d *Desk) UserProofs(ctx context.Context, id core.ID) (admin.Proofs, error) {
	if err := d.look(ctx, id, core.ReadUsers); err != nil {
		return admin.Proofs{}, err
	}
	return d.admin.UserProofs(ctx, id)
}

// RemoveAuthenticator is [admin.Service.RemoveAuthenticator].
func (d *Desk) RemoveAuthenticator(ctx context.Context, id, authenticator core.ID) error {
	if err := d.entered(ctx, id, core.HelpUsers); err != nil {
		return err
	}
	return d.admin.RemoveAuthenticator(ctx, d.who.Actor, id, authenticator)
}

// ResetProofs is [admin.Service.ResetProofs].
func (d *Desk) ResetProofs(ctx context.Context, id core.ID) (removed int, err error) {
	if err := d.entered(ctx, id, core.HelpUsers); err != nil {
		return 0, err
	}
	return d.admin.ResetProofs(ctx, d.who.Actor, id)
}

// NewRecoveryCodes is [admin.Service.NewRecoveryCodes].
func (d *Desk) NewRecoveryCodes(ctx context.Context, id core.ID) ([]string, error) {
	if err := d.entered(ctx, id, core.HelpUsers); err != nil {
		return nil, err
	}
	return d.admin.NewRecoveryCodes(ctx, d.who.Actor, id)
}

// UserLinks is [admin.Service.UserLinks].
func (d *Desk) UserLinks(ctx context.Context, id core.ID) ([]core.Link, error) {
	if err := d.look(ctx, id, core.ReadUsers); err != nil {
		return nil, err
	}
	return d.admin.UserLinks(ctx, id)
}

// LinkUser is [admin.Service.LinkUser].
func (d *Desk) LinkUser(ctx context.Context, id core.ID, connector, subject string) (*core.Link, error) {
	if err := d.entered(ctx, id, core.WriteUsers); err != nil {
		return nil, err
	}
	return d.admin.LinkUser(ctx, d.who.Actor, id, connector, subject)
}

// UnlinkUser is [admin.Service.UnlinkUser].
func (d *Desk) UnlinkUser(ctx context.Context, id core.ID, connector, subject string) error {
	if err := d.person(ctx, id, core.HelpUsers); err != nil {
		return err
	}
	return d.admin.UnlinkUser(ctx, d.who.Actor, id, connector, subject)
}

// AllUsers is [admin.Service.AllUsers]; without an organisation it is for who may see all.
func (d *Desk) AllUsers(ctx context.Context, filter core.UserFilter) ([]core.User, error) {
	if err := d.may(core.ReadUsers, filter.Org); err != nil {
		return nil, err
	}
	return d.admin.AllUsers(ctx, filter)
}

// CountUsers is [admin.Service.CountUsers]; without an organisation it is for who may see
// all.
func (d *Desk) CountUsers(ctx context.Context, filter core.UserFilter) (int, error) {
	if err := d.may(core.ReadUsers, filter.Org); err != nil {
		return 0, err
	}
	return d.admin.CountUsers(ctx, filter)
}

// UserContents is [admin.Service.UserContents].
func (d *Desk) UserContents(ctx context.Context, id core.ID) ([]core.Content, error) {
	if err := d.look(ctx, id, core.ReadUsers); err != nil {
		return nil, err
	}
	return d.admin.UserContents(ctx, id)
}

// UserConsents is [admin.Service.UserConsents].
func (d *Desk) UserConsents(ctx context.Context, id core.ID) ([]core.Consent, error) {
	if err := d.look(ctx, id, core.ReadUsers); err != nil {
		return nil, err
	}
	return d.admin.UserConsents(ctx, id)
}

// LiveSessions is [admin.Service.LiveSessions]; without an organisation it is for who may
// see all.
func (d *Desk) LiveSessions(ctx context.Context, filter core.SessionFilter) ([]core.LiveSession, error) {
	if err := d.may(core.ReadUsers, filter.Org); err != nil {
		return nil, err
	}
	return d.admin.LiveSessions(ctx, filter)
}

package remote

import (
	"context"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/wire"
	"github.com/postern-id/postern/sdk/api"
)

// UserSessions is as of [desk.Desk].
func (d *Desk) UserSessions(ctx context.Context, id core.ID) ([]core.Session, error) {
	page, err := d.api.ListUserSessions(ctx, string(id))
	return listed(d, page, err, wire.CoreSession)
}

// EndUserSession is as of [desk.Desk].
func (d *Desk) EndUserSession(ctx context.Context, id, session core.ID) error {
	return d.told(d.api.EndUserSession(ctx, string(id), string(session)))
}

// UserDevices is as of [desk.Desk].
func (d *Desk) UserDevices(ctx context.Context, id core.ID) ([]core.Device, error) {
	page, err := d.api.ListUserDevices(ctx, string(id))
	return listed(d, page, err, wire.CoreDevice)
}

// ForgetDevice is as of [desk.Desk].
func (d *Desk) ForgetDevice(ctx context.Context, id, device core.ID) error {
	return d.told(d.api.ForgetDevice(ctx, string(id), string(device)))
}

// ForgetDevices is as of [desk.Desk].
func (d *Desk) ForgetDevices(ctx context.Context, id core.ID) error {
	return d.told(d.api.ForgetDevices(ctx, string(id)))
}

// UserProofs is as of [desk.Desk].
func (d *Desk) UserProofs(ctx context.Context, id core.ID) (admin.Proofs, error) {
	proofs, err := d.api.GetUserProofs(ctx, string(id))
	if err != nil {
		return admin.Proofs{}, d.told(err)
	}
	return wire.AdminProofs(proofs), nil
}

// RemoveAuthenticator is as of [desk.Desk].
func (d *Desk) RemoveAuthenticator(ctx context.Context, id, authenticator core.ID) error {
	return d.told(d.api.RemoveAuthenticator(ctx, string(id), string(authenticator)))
}

// ResetProofs is as of [desk.Desk].
func (d *Desk) ResetProofs(ctx context.Context, id core.ID) (removed int, err error) {
	done, err := d.api.ResetUserProofs(ctx, string(id))
	if err != nil {
		return 0, d.told(err)
	}
	return done.Removed, nil
}

// NewRecoveryCodes is as of [desk.Desk].
func (d *Desk) NewRecoveryCodes(ctx context.Context, id core.ID) ([]string, error) {
	made, err := d.api.CreateRecoveryCodes(ctx, string(id))
	if err != nil {
		return nil, d.told(err)
	}
	return made.Codes, nil
}

// UserLinks is as of [desk.Desk].
func (d *Desk) UserLinks(ctx context.Context, id core.ID) ([]core.Link, error) {
	page, err := d.api.ListUserLinks(ctx, string(id))
	return listed(d, page, err, wire.CoreLink)
}

// LinkUser is as of [desk.Desk].
func (d *Desk) LinkUser(ctx context.Context, id core.ID, connector, subject string) (*core.Link, error) {
	link, err := d.api.LinkUser(ctx, string(id), api.NewLink{Connector: connector, Subject: subject})
	return one(d, link, err, wire.CoreLink)
}

// UnlinkUser is as of [desk.Desk].
func (d *Desk) UnlinkUser(ctx context.Context, id core.ID, connector, subject string) error {
	return d.told(d.api.UnlinkUser(ctx, string(id), connector, api.UnlinkUserQuery{Subject: subject}))
}

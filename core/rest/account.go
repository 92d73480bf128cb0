package rest

import (
	"context"
	"net/http"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/desk"
	"github.com/postern-id/postern/core/wire"
	"github.com/postern-id/postern/sdk/api"
)

const (
	pathUser  = "/users/{user}"
	tagHelp   = "help"
	tagAccess = "sign-in"
)

type onceUser struct {
	UserPath
	Once
}

// switchUser is for what is done to an account as it was seen.
type switchUser struct {
	UserPath
	IfMatch
	Once
}

// help declares what is done for people who cannot sign in, or should not.
func (r *routes) help() {
	do(r, http.MethodPost, operation{
		id: "disable-user", path: pathUser + "/disable", tag: tagUsers, summary: "Keep a user from signing in",
		more: "Their sessions end and their grants are revoked.", needs: core.HelpUsers, desk: []string{"DisableUser"},
	}, func(ctx context.Context, d *desk.Desk, in *switchUser) error { return d.DisableUser(ctx, in.id()) })
	do(r, http.MethodPost, operation{
		id: "enable-user", path: pathUser + "/enable", tag: tagUsers, summary: "Let a disabled user sign in again",
		needs: core.HelpUsers, desk: []string{"EnableUser"},
	}, func(ctx context.Context, d *desk.Desk, in *switchUser) error { return d.EnableUser(ctx, in.id()) })
	do(r, http.MethodPost, operation{
		id: "sign-out-user", path: pathUser + "/sign-out", tag: tagHelp, summary: "End the sessions of a user and revoke their grants",
		needs: core.HelpUsers, desk: []string{"SignOutUser"},
	}, func(ctx context.Context, d *desk.Desk, in *onceUser) error { return d.SignOutUser(ctx, in.id()) })
	send(r, http.MethodPut, operation{
		id: "set-password", path: pathUser + "/password", tag: tagHelp, summary: "Give a user another password",
		more: "Their sessions end and their grants are revoked.", needs: core.WriteUsers, desk: []string{"SetPassword"},
	}, func(ctx context.Context, d *desk.Desk, in *changeUser, sent *api.NewPassword) (*Nothing, error) {
		return &Nothing{}, d.SetPassword(ctx, in.id(), sent.Password)
	})
	send(r, http.MethodPost, operation{
		id: "create-reset-link", path: pathUser + "/reset-link", tag: tagHelp, summary: "Make a link with which a user sets a new password",
		more: "It does not stand in for a second factor.", needs: core.HelpUsers, desk: []string{"ResetLink"}, status: http.StatusCreated,
	}, func(ctx context.Context, d *desk.Desk, in *onceUser, sent *api.NewResetLink) (*Answer[api.Handed], error) {
		handed, err := d.ResetLink(ctx, in.id(), sent.Send)
		return told(wire.Handed(&handed), err)
	})
	get(r, operation{
		id: "list-user-consents", path: pathUser + "/consents", tag: tagHelp, summary: "List what a user allowed clients", needs: core.ReadUsers,
		desk: []string{"UserConsents"},
	}, func(ctx context.Context, d *desk.Desk, in *oneUser) (*Answer[api.Page[api.Consent]], error) {
		all, err := d.UserConsents(ctx, in.id())
		return listed(all, wire.Consent, err)
	})
	do(r, http.MethodDelete, operation{
		id: "withdraw-consent", path: pathUser + "/consents/{client}", tag: tagHelp, summary: "Take back what a user allowed a client",
		more: "The grants that rest on it are revoked.", needs: core.HelpUsers, desk: []string{"WithdrawConsent"},
	}, func(ctx context.Context, d *desk.Desk, in *struct {
		UserPath
		ClientPath
	}) error {
		return d.WithdrawConsent(ctx, in.id(), in.Client)
	})
	r.invitations()
}

func (r *routes) invitations() {
	send(r, http.MethodPost, operation{
		id: "invite-user", path: "/invitations", tag: tagUsers, summary: "Make a user, who chooses a password or a passkey on a page",
		more: "The link to the page is sent, or in this answer alone.", needs: core.WriteUsers, desk: []string{"InviteUser"}, status: http.StatusCreated,
	}, func(ctx context.Context, d *desk.Desk, _ *struct{ Once }, sent *api.NewInvitation) (*Answer[api.Invitation], error) {
		return invited(d.InviteUser(ctx, wire.NewUser(&sent.User), sent.ByHand))
	})
	send(r, http.MethodPost, operation{
		id: "invite-again", path: pathUser + "/invitation", tag: tagUsers, summary: "Give a user who has not come yet another invitation",
		more: "The one before works no more.", needs: core.HelpUsers, desk: []string{"InviteAgain"}, status: http.StatusCreated,
	}, func(ctx context.Context, d *desk.Desk, in *onceUser, sent *api.AgainInvitation) (*Answer[api.Invitation], error) {
		return invited(d.InviteAgain(ctx, in.id(), sent.ByHand))
	})
}

// access declares what says where somebody is signed in, and with what they sign in.
func (r *routes) access() {
	get(r, operation{
		id: "list-sessions", path: "/sessions", tag: tagAccess, summary: "List where people are signed in, the newest first", needs: core.ReadUsers,
		desk: []string{"LiveSessions"},
	}, r.listSessions)
	get(r, operation{
		id: "list-user-sessions", path: pathUser + "/sessions", tag: tagAccess, summary: "List where a user is signed in",
		needs: core.ReadUsers, desk: []string{"UserSessions"},
	}, func(ctx context.Context, d *desk.Desk, in *oneUser) (*Answer[api.Page[api.Session]], error) {
		all, err := d.UserSessions(ctx, in.id())
		return listed(all, wire.Session, err)
	})
	do(r, http.MethodDelete, operation{
		id: "end-user-session", path: pathUser + "/sessions/{session}", tag: tagAccess, summary: "End a session of a user",
		needs: core.HelpUsers, desk: []string{"EndUserSession"},
	}, func(ctx context.Context, d *desk.Desk, in *struct {
		UserPath
		Session string `path:"session" maxLength:"36" doc:"Identifier of the session."`
	}) error {
		return d.EndUserSession(ctx, in.id(), core.ID(in.Session))
	})
	get(r, operation{
		id: "list-user-devices", path: pathUser + "/devices", tag: tagAccess, summary: "List the browsers that a user trusts with the second factor",
		needs: core.ReadUsers, desk: []string{"UserDevices"},
	}, func(ctx context.Context, d *desk.Desk, in *oneUser) (*Answer[api.Page[api.Device]], error) {
		all, err := d.UserDevices(ctx, in.id())
		return listed(all, wire.Device, err)
	})
	do(r, http.MethodDelete, operation{
		id: "forget-device", path: pathUser + "/devices/{device}", tag: tagAccess, summary: "Trust a browser of a user no more",
		needs: core.HelpUsers, desk: []string{"ForgetDevice"},
	}, func(ctx context.Context, d *desk.Desk, in *struct {
		UserPath
		Device string `path:"device" maxLength:"36" doc:"Identifier of the browser."`
	}) error {
		return d.ForgetDevice(ctx, in.id(), core.ID(in.Device))
	})
	do(r, http.MethodDelete, operation{
		id: "forget-devices", path: pathUser + "/devices", tag: tagAccess, summary: "Trust no browser of a user any more",
		needs: core.HelpUsers, desk: []string{"ForgetDevices"},
	}, func(ctx context.Context, d *desk.Desk, in *oneUser) error { return d.ForgetDevices(ctx, in.id()) })
	r.proofs()
	r.links()
}

func (r *routes) proofs() {
	get(r, operation{
		id: "get-user-proofs", path: pathUser + "/authenticators", tag: tagAccess, summary: "Read what a user enrolled",
		needs: core.ReadUsers, desk: []string{"UserProofs"},
	}, func(ctx context.Context, d *desk.Desk, in *oneUser) (*Answer[api.Proofs], error) {
		proofs, err := d.UserProofs(ctx, in.id())
		return told(wire.Proofs(&proofs), err)
	})
	do(r, http.MethodDelete, operation{
		id: "remove-authenticator", path: pathUser + "/authenticators/{authenticator}", tag: tagAccess, summary: "Remove an authenticator of a user",
		more: "With the last one go the recovery codes and the browsers that they trust.", needs: core.HelpUsers, desk: []string{"RemoveAuthenticator"},
	}, func(ctx context.Context, d *desk.Desk, in *struct {
		UserPath
		Authenticator string `path:"authenticator" maxLength:"36" doc:"Identifier of the authenticator."`
	}) error {
		return d.RemoveAuthenticator(ctx, in.id(), core.ID(in.Authenticator))
	})
	act(r, http.MethodDelete, operation{
		id: "reset-user-proofs", path: pathUser + "/authenticators", tag: tagAccess, summary: "Remove everything that a user enrolled",
		needs: core.HelpUsers, desk: []string{"ResetProofs"},
	}, func(ctx context.Context, d *desk.Desk, in *oneUser) (*Answer[api.Removed], error) {
		removed, err := d.ResetProofs(ctx, in.id())
		return told(api.Removed{Removed: removed}, err)
	})
	act(r, http.MethodPost, operation{
		id: "create-recovery-codes", path: pathUser + "/recovery-codes", tag: tagAccess, summary: "Give a user new recovery codes",
		more: "They are in this answer alone.", needs: core.HelpUsers, desk: []string{"NewRecoveryCodes"}, status: http.StatusCreated,
	}, func(ctx context.Context, d *desk.Desk, in *onceUser) (*Answer[api.RecoveryCodes], error) {
		codes, err := d.NewRecoveryCodes(ctx, in.id())
		return told(api.RecoveryCodes{Codes: codes}, err)
	})
}

func (r *routes) links() {
	get(r, operation{
		id: "list-user-links", path: pathUser + "/links", tag: tagAccess, summary: "List where else a user is known",
		needs: core.ReadUsers, desk: []string{"UserLinks"},
	}, func(ctx context.Context, d *desk.Desk, in *oneUser) (*Answer[api.Page[api.Link]], error) {
		all, err := d.UserLinks(ctx, in.id())
		return listed(all, wire.Link, err)
	})
	send(r, http.MethodPost, operation{
		id: "link-user", path: pathUser + "/links", tag: tagAccess, summary: "Take a person at a provider for a user",
		needs: core.WriteUsers, desk: []string{"LinkUser"}, status: http.StatusCreated,
	}, func(ctx context.Context, d *desk.Desk, in *onceUser, sent *api.NewLink) (*Answer[api.Link], error) {
		link, err := d.LinkUser(ctx, in.id(), sent.Connector, sent.Subject)
		if err != nil {
			return nil, err
		}
		return told(wire.Link(link), nil)
	})
	do(r, http.MethodDelete, operation{
		id: "unlink-user", path: pathUser + "/links/{connector}", tag: tagAccess, summary: "Take a person at a provider for a user no more",
		needs: core.HelpUsers, desk: []string{"UnlinkUser"},
	}, func(ctx context.Context, d *desk.Desk, in *struct {
		UserPath
		Connector string `path:"connector" maxLength:"64" doc:"Name of the connector."`
		Subject   string `query:"subject" required:"true" maxLength:"255" doc:"As the provider wrote it."`
	}) error {
		return d.UnlinkUser(ctx, in.id(), in.Connector, in.Subject)
	})
}

type findSessions struct {
	OrganisationFilter
	User string `query:"user" maxLength:"36" doc:"Only those of the user of that identifier."`
	Paging
}

func (r *routes) listSessions(ctx context.Context, d *desk.Desk, in *findSessions) (*Answer[api.Page[api.LiveSession]], error) {
	filter := core.SessionFilter{Org: orAll(in.Organisation), UserID: core.ID(in.User), Limit: in.Limit + 1}
	list := listOf("sessions", in.Organisation, in.User)
	if in.After != "" {
		place, err := r.cursors().open(list, in.After, 1)
		if err != nil {
			return nil, err
		}
		filter.Before = core.ID(place[0])
	}
	rows, err := d.LiveSessions(ctx, filter)
	return pageEnd(r, list, rows, in.Limit, func(s *core.LiveSession) []string { return []string{string(s.Session.ID)} }, wire.LiveSession, err)
}

package account

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/ticket"
)

// AskReset sends who has that login name or e-mail address a link to choose a new
// password, if there is such an account and it may have one. Nothing tells whether there
// is: neither the answer nor the time that it takes nor what is written. The error is a
// *[core.SignInRefused] for an address that asks too often.
func (e *Entry) AskReset(ctx context.Context, login string, from *Visitor) error {
	user, err := e.Store.UserByLogin(ctx, from.org(), login)
	if err != nil && !errors.Is(err, core.ErrNotFound) {
		return fmt.Errorf("read the user: %w", err)
	}
	if err != nil {
		user = nil
	}
	limit, err := e.limitOf(ctx, user, from.org(), login, from.Event.IP)
	if err != nil {
		return err
	}
	defer limit.leave()
	if wait := limit.closed(); wait > 0 {
		return e.throttled(ctx, from, core.TicketReset, wait)
	}
	a := ask{purpose: core.TicketReset, template: core.MailReset, user: user, org: registrationOrg(from.Client)}
	if a.reason, err = e.recoverable(ctx, user); err != nil {
		return err
	}
	if user != nil {
		a.org = user.Org
	}
	if a.reason == "" {
		a.to = user.Email
		a.words = map[string]string{core.WordName: user.DisplayName(), core.WordLogin: user.Name}
	}
	return e.answer(ctx, from, limit, a)
}

// recoverable says why somebody may not recover their account; empty if they may. It reads
// as much for who is not there.
func (e *Entry) recoverable(ctx context.Context, user *core.User) (reason string, err error) {
	name, id := core.DefaultOrganisation, core.ID("")
	if user != nil {
		name, id = user.Org, user.ID
	}
	org, errOrg := e.Store.Organisation(ctx, name)
	links, errLinks := e.Store.Links(ctx, id)
	if err := errors.Join(errOrg, errLinks); err != nil {
		return "", fmt.Errorf("read whether somebody may recover: %w", err)
	}
	switch {
	case user == nil:
		return "unknown_user", nil
	case user.Disabled:
		return "user_disabled", nil
	case org.Disabled:
		return "organisation_disabled", nil
	case user.Email == "":
		return "no_address", nil
	case !org.Rules.SignIn.Allows(core.MethodPassword):
		return "method_not_allowed", nil
	case user.PasswordHash == "" && len(links) > 0:
		// Their provider says who they are. A password here would be a way around it.
		return "no_password", nil
	}
	return "", nil
}

func (e *Entry) mayReset(h *Holder) error {
	if !h.Org.Rules.SignIn.Allows(core.MethodPassword) {
		return h.refuse(ticket.Closed, "method_not_allowed")
	}
	return nil
}

// chosen is what somebody proves who they are with, having chosen it just now.
type chosen struct {
	method string
	amr    []string
	acr    string
}

// Reset sets the new password. Whoever was signed in to the account is not any more, no
// browser is trusted, and no other link works; a second factor stays what it is. An error
// with a method FieldProblem is about the password, a *[ticket.Refused] about the link.
func (e *Entry) Reset(ctx context.Context, credential, password string, from *Visitor) (*Entered, error) {
	h, err := e.Look(ctx, core.TicketReset, credential, from)
	if err != nil {
		return nil, err
	}
	hash, err := e.Hasher.HashFor(ctx, &h.User, password)
	if err != nil {
		return nil, err
	}
	now := e.Now()
	changes := slices.Concat(
		[]core.Change{
			core.SetPassword{UserID: h.User.ID, Hash: hash, At: now},
			core.ClearFailures{Key: "account:" + string(h.User.ID)}, core.ClearFailures{Key: accountKey(&h.User, "", "")},
			e.record(from, now, core.EventPasswordSet, h.User.ID, map[string]string{"name": h.User.Name, "reason": "recovery"}),
		},
		forget(h.User.ID, now), e.proved(h, from, now),
		e.notice(&h.User, h.User.Email, core.MailNoticePassword, from, nil, now),
	)
	if err := e.use(ctx, h, from, now, changes...); err != nil {
		return nil, err
	}
	return e.enter(ctx, h, chosen{core.MethodPassword, []string{core.AMRPassword}, core.ACROne})
}

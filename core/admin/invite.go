package admin

import (
	"context"
	"maps"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/ticket"
)

// Handed says how somebody gets a link.
type Handed struct {
	// Link is to be handed over, to them alone: whoever has it takes the account over. It
	// is empty if it was sent, and shown this once.
	Link string
	// SentTo is the e-mail address that it was sent to; empty if it is to be handed over.
	SentTo    string
	ExpiresAt time.Time
}

// Invited is what [Service.InviteUser] made.
type Invited struct {
	CreatedUser
	Handed
}

// InviteUser makes a user without a password, who chooses one, or a passkey, on the page
// that a link leads to. The link is sent if there is an address and a way to send it,
// unless it is wanted by hand.
func (s *Service) InviteUser(ctx context.Context, actor Actor, input NewUser, byHand bool) (*Invited, error) {
	if input.Password != "" {
		return nil, invalid("password", "make the user with it, without an invitation", "who is invited chooses the password")
	}
	user, err := s.newUser(ctx, input)
	if err != nil {
		return nil, err
	}
	if err := s.mayBeInvited(ctx, user); err != nil {
		return nil, err
	}
	handed, changes := s.handOver(actor, core.TicketInvite, user, !byHand && s.reaches(user))
	created, err := s.makeUser(ctx, actor, user, changes...)
	if err != nil {
		return nil, err
	}
	return &Invited{*created, handed}, nil
}

// InviteAgain gives another invitation to a user who has neither a password nor a
// passkey. The one before works no more.
func (s *Service) InviteAgain(ctx context.Context, actor Actor, id core.ID, byHand bool) (*Invited, error) {
	user, err := s.userByID(ctx, id)
	if err != nil {
		return nil, err
	}
	if err := s.mayBeInvited(ctx, user); err != nil {
		return nil, err
	}
	enrolled, err := s.Store.Enrolled(ctx, id)
	switch {
	case err != nil:
		return nil, wrap("read what the user enrolled", err)
	case user.PasswordHash != "":
		return nil, invalid("user", "run 'postern user reset-link "+user.Name+"' for who has forgotten it", "%q has a password", user.Name)
	case enrolled.Passkeys > 0:
		return nil, invalid("user", "run 'postern user mfa reset "+user.Name+"' first if they have lost it", "%q has a passkey", user.Name)
	}
	handed, changes := s.handOver(actor, core.TicketInvite, user, !byHand && s.reaches(user))
	if err := s.applyUser(ctx, "invite the user", user, changes); err != nil {
		return nil, err
	}
	return &Invited{CreatedUser{User: *user}, handed}, nil
}

// ResetLink makes a link with which the user sets a new password. It does not stand in
// for a second factor. It is handed over, or sent to the user's address.
func (s *Service) ResetLink(ctx context.Context, actor Actor, id core.ID, send bool) (Handed, error) {
	user, err := s.userByID(ctx, id)
	if err != nil {
		return Handed{}, err
	}
	org, err := s.activeOrg(ctx, user)
	switch {
	case err != nil:
		return Handed{}, err
	case !org.Rules.SignIn.Allows(core.MethodPassword):
		return Handed{}, invalid("user", "run 'postern user invite --again "+user.Name+"', and they enrol a passkey", "nobody of the organisation %q signs in with a password", org.Name)
	case send && user.Email == "":
		return Handed{}, invalid("email", "run 'postern user update "+user.Name+" --email ADDRESS', or hand the link over", "%q has no e-mail address", user.Name)
	case send && !s.reaches(user):
		return Handed{}, invalid("email", "set mail_smtp, or hand the link over", "this server sends no mail")
	}
	handed, changes := s.handOver(actor, core.TicketReset, user, send)
	return handed, s.applyUser(ctx, "make the link", user, changes)
}

// mayBeInvited refuses whom an invitation would lead nowhere.
func (s *Service) mayBeInvited(ctx context.Context, user *core.User) error {
	org, err := s.activeOrg(ctx, user)
	if err != nil {
		return err
	}
	if rules := org.Rules.SignIn; !rules.Allows(core.MethodPassword) && !rules.Allows(core.MethodPasskey) {
		return invalid("user", "make the user with 'postern user create'", "the rules of the organisation %q allow neither a password nor a passkey, which is what one chooses with an invitation", org.Name)
	}
	return nil
}

// activeOrg gives the user's organisation, if they may sign in at all.
func (s *Service) activeOrg(ctx context.Context, user *core.User) (*core.Organisation, error) {
	org, err := s.Organisation(ctx, user.Org)
	switch {
	case err != nil:
		return nil, err
	case user.Disabled:
		return nil, invalid("user", "run 'postern user enable "+user.Name+"' first", "%q is disabled", user.Name)
	case org.Disabled:
		return nil, invalid("user", "run 'postern org update "+org.Name+" --disabled=false' first", "the organisation %q is disabled", org.Name)
	}
	return org, nil
}

// reaches reports whether a mail gets to the user.
func (s *Service) reaches(user *core.User) bool {
	return user.Email != "" && s.Mails != nil && s.Mails.Ready()
}

// notice tells the user of something that was done to the account, if a mail gets there.
func (s *Service) notice(user *core.User, now time.Time, template string, words map[string]string) []core.Change {
	if !s.reaches(user) {
		return nil
	}
	all := map[string]string{core.WordName: user.DisplayName(), core.WordTime: now.UTC().Format(time.RFC3339)}
	maps.Copy(all, words)
	mail := core.Mail{Org: user.Org, UserID: user.ID, To: user.Email, Template: template, Locale: user.Profile.Locale}
	return []core.Change{s.Mails.Compose(now, mail, all)}
}

// handOver makes a ticket for the user, the mail that brings it if it is sent, and the
// record of it.
func (s *Service) handOver(actor Actor, purpose core.TicketPurpose, user *core.User, send bool) (Handed, []core.Change) {
	now := s.Now()
	wanted := core.Ticket{Purpose: purpose, UserID: user.ID, Org: user.Org}
	if send {
		wanted.Email = user.Email
	}
	maker := ticket.Maker{Issuer: strings.TrimSuffix(s.Issuer, "/"), Rand: s.Rand}
	made, link := maker.Make(wanted, now)
	kind, way := core.EventTicketSent, "link"
	if purpose == core.TicketInvite {
		kind = core.EventUserInvited
	}
	handed := Handed{Link: link, ExpiresAt: made.ExpiresAt}
	changes := []core.Change{core.SaveTicket{Ticket: made}}
	if send {
		way, handed.Link, handed.SentTo = "mail", "", user.Email
		mail := core.Mail{Org: user.Org, UserID: user.ID, To: user.Email, Template: string(purpose), Locale: user.Profile.Locale, ExpiresAt: made.ExpiresAt}
		changes = append(changes, s.Mails.Compose(now, mail, map[string]string{
			core.WordLink: link, core.WordName: user.DisplayName(), core.WordLogin: user.Name,
		}))
	}
	detail := map[string]string{"name": user.Name, "purpose": string(purpose), "way": way}
	return handed, append(changes, s.userRecord(actor, now, kind, user, detail))
}

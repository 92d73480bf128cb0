package account

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/ticket"
)

// Entry is the way of people to an account of their own, or back to one: recovery,
// invitation, registration, and the proof of an address. Its fields are set before the
// first call; its methods may be called at once.
type Entry struct {
	Store  EntryStore
	Hasher Hasher
	// Passkeys makes passkeys for who gets an account; nil: there are passwords alone.
	Passkeys Passkeys
	// Synced says of a passkey whether it may be on several devices; needed with Passkeys.
	Synced  func(*core.Authenticator) bool
	Mail    Mailer
	Tickets *ticket.Maker
	Policy  RegistrationPolicy // nil: whoever has an address that may registers
	Now     func() time.Time
	Rand    io.Reader

	asking askers
}

// EntryStore is what Entry reads and writes. What does not exist is [core.ErrNotFound].
type EntryStore interface {
	Apply(ctx context.Context, changes ...core.Change) error
	Client(ctx context.Context, id string) (*core.Client, error)
	Enrolled(ctx context.Context, userID core.ID) (core.Enrolled, error)
	Failures(ctx context.Context, keys ...string) ([]core.Failures, error)
	Group(ctx context.Context, org, name string) (*core.Group, error)
	Links(ctx context.Context, userID core.ID) ([]core.Link, error)
	Organisation(ctx context.Context, name string) (*core.Organisation, error)
	Ticket(ctx context.Context, id core.ID) (*core.Ticket, error)
	User(ctx context.Context, id core.ID) (*core.User, error)
	UserByLogin(ctx context.Context, org, login string) (*core.User, error)
}

// Hasher makes of a password what is stored of it.
type Hasher interface {
	// HashFor hashes a password of the user, who need not be stored yet. A password that
	// breaks the rules is an error with a method FieldProblem.
	HashFor(ctx context.Context, user *core.User, password string) (string, error)
}

// Passkeys makes passkeys.
type Passkeys interface {
	// PasskeyCreation gives what the browser is asked (publicKey of WebAuthn).
	PasskeyCreation(ctx context.Context, challenge []byte, user *core.User) (json.RawMessage, error)
	// AddPasskey gives the changes that add what the browser made. What does not fit is
	// a *[core.SignInRefused].
	AddPasskey(ctx context.Context, user *core.User, challenge []byte, expires time.Time, response []byte, name string, event core.Event) ([]core.Change, core.Authenticator, error)
}

// RegistrationPolicy may refuse who registers.
type RegistrationPolicy interface {
	// Decide is asked before the account is made. Words, if it denies, are for the
	// person. An error denies.
	Decide(ctx context.Context, d Draft) (deny bool, words string, err error)
}

// Draft is an account that is not there yet.
type Draft struct {
	User    core.User
	Org     core.Organisation
	Client  *core.Client // whose sign-in led here; nil: Postern itself
	Address string       // IP
	Now     time.Time
}

// Visitor is somebody of whom nothing is known but where they come from.
type Visitor struct {
	Client  *core.Client // whose sign-in they left for this; nil: Postern itself
	Request core.ID      // that sign-in; empty: none
	Browser core.Hash
	// Here is who is signed in with the browser, nil if nobody is.
	Here   *core.SignedIn
	Locale string // BCP 47, of the page that they see
	// UserAgent is of the browser.
	UserAgent string
	Event     core.Event
}

// org is where the visitor's account is looked for; empty: anywhere.
func (v *Visitor) org() string {
	if v.Client == nil || v.Client.Shared {
		return ""
	}
	return v.Client.Org
}

// Entered is somebody who came in.
type Entered struct {
	Proof *core.Proof
	// Request is the sign-in to go on with; empty: none.
	Request core.ID
	Purpose core.TicketPurpose
}

// Doors say which of the ways work for a client; nil is Postern itself.
type Doors struct {
	Recover  bool
	Register bool
}

// Doors gives the ways that are open to who wants to sign in at the client.
func (e *Entry) Doors(ctx context.Context, client *core.Client) (Doors, error) {
	if !e.Mail.Ready() {
		return Doors{}, nil
	}
	org, err := e.Store.Organisation(ctx, registrationOrg(client))
	if err != nil {
		return Doors{}, fmt.Errorf("read the organisation: %w", err)
	}
	rules := org.Rules.SignIn
	if client != nil {
		rules = rules.And(client.SignIn)
	}
	// People of any organisation may sign in to Postern itself, and to a shared client.
	anybody := client == nil || client.Shared
	return Doors{
		Recover:  anybody || !org.Disabled && rules.Allows(core.MethodPassword),
		Register: registrable(org) && (rules.Allows(core.MethodPassword) || e.passkeys(rules)),
	}, nil
}

func (e *Entry) passkeys(rules core.SignInRules) bool {
	return e.Passkeys != nil && rules.Allows(core.MethodPasskey)
}

// record makes an audit event of what the visitor does.
func (e *Entry) record(from *Visitor, now time.Time, kind core.EventType, userID core.ID, detail map[string]string) core.Record {
	event := from.Event
	event.ID, event.At, event.Type, event.UserID, event.Detail = core.NewID(now, e.Rand), now, kind, userID, map[string]string{}
	maps.Copy(event.Detail, detail)
	if browser := core.BrowserName(from.UserAgent); browser != "" {
		event.Detail["browser"] = browser
	}
	return core.Record{Event: event}
}

// Holder is who came with a link that works.
type Holder struct {
	Ticket core.Ticket
	// User is whom it is for; it has no more than ID and address where the account is yet
	// to be made.
	User core.User
	Org  core.Organisation

	secret   string
	clientID string // whose sign-in a registration began at
}

// Look says whom a link is for, as long as it works: nothing is used up, as programs that
// look for viruses open links too. An error that is a *[ticket.Refused] has been recorded.
func (e *Entry) Look(ctx context.Context, purpose core.TicketPurpose, credential string, from *Visitor) (*Holder, error) {
	holder, err := e.find(ctx, purpose, credential, from)
	return holder, e.refused(ctx, from, err)
}

// refused records a refusal, where it is one, and passes it on.
func (e *Entry) refused(ctx context.Context, from *Visitor, err error) error {
	refusal, ok := errors.AsType[*ticket.Refused](err)
	if !ok {
		return err
	}
	detail := map[string]string{"reason": refusal.Reason, "purpose": string(refusal.Purpose)}
	// Whoever goes away before the answer was refused all the same.
	ctx = context.WithoutCancel(ctx)
	if err := e.Store.Apply(ctx, e.record(from, e.Now(), core.EventTicketRefused, refusal.UserID, detail)); err != nil {
		return fmt.Errorf("record a refused ticket: %w", err)
	}
	return refusal
}

func (e *Entry) find(ctx context.Context, purpose core.TicketPurpose, credential string, from *Visitor) (*Holder, error) {
	found, err := ticket.Find(ctx, e.Store, purpose, credential, e.Now())
	if err != nil {
		return nil, err
	}
	h := &Holder{Ticket: *found, secret: credential}
	org, err := e.Store.Organisation(ctx, found.Org)
	if err != nil {
		return nil, fmt.Errorf("read the organisation of a ticket: %w", err)
	}
	h.Org = *org
	if purpose == core.TicketRegister {
		return h, e.mayRegister(ctx, h, from)
	}
	user, err := e.Store.User(ctx, found.UserID)
	if errors.Is(err, core.ErrNotFound) {
		return nil, h.refuse(ticket.Used, "user_gone")
	}
	if err != nil {
		return nil, fmt.Errorf("read the user of a ticket: %w", err)
	}
	h.User = *user
	return h, e.fits(ctx, h, from)
}

// fits refuses a ticket that is right, but does not go with how things are by now.
func (e *Entry) fits(ctx context.Context, h *Holder, from *Visitor) error {
	switch {
	case from.Here != nil && from.Here.User.ID != h.User.ID:
		return h.refuse(ticket.Other, "signed_in_other")
	case h.User.Org != h.Ticket.Org:
		return h.refuse(ticket.Closed, "organisation_changed")
	case h.User.Disabled:
		return h.refuse(ticket.Closed, "user_disabled")
	case h.Org.Disabled:
		return h.refuse(ticket.Closed, "organisation_disabled")
	case h.Ticket.Purpose != core.TicketEmail && h.Ticket.Email != "" && h.Ticket.Email != h.User.Email:
		return h.refuse(ticket.Closed, "address_changed")
	}
	switch h.Ticket.Purpose {
	case core.TicketReset:
		return e.mayReset(h)
	case core.TicketInvite:
		return e.mayTakeOver(ctx, h)
	case core.TicketEmail:
		return mayChange(h)
	}
	return nil
}

func (h *Holder) refuse(kind ticket.Kind, reason string) error {
	return &ticket.Refused{Kind: kind, Purpose: h.Ticket.Purpose, Reason: reason, UserID: h.Ticket.UserID}
}

// proved gives the changes that note the address as verified: the link was mailed to it,
// and came back.
func (e *Entry) proved(h *Holder, from *Visitor, now time.Time) []core.Change {
	if h.Ticket.Email == "" || h.User.EmailVerified {
		return nil
	}
	return []core.Change{
		core.SetEmail{UserID: h.User.ID, Was: h.User.Email, Email: h.User.Email, Verified: true, At: now},
		e.record(from, now, core.EventEmailVerified, h.User.ID, nil),
	}
}

// use applies what a link allows, with the end of the ticket: of many that come with it
// one succeeds.
func (e *Entry) use(ctx context.Context, h *Holder, from *Visitor, now time.Time, changes ...core.Change) error {
	used := []core.Change{
		core.UseTicket{ID: h.Ticket.ID},
		e.record(from, now, core.EventTicketUsed, h.User.ID, map[string]string{"purpose": string(h.Ticket.Purpose)}),
	}
	err := e.Store.Apply(ctx, append(used, changes...)...)
	if errors.Is(err, core.ErrConflict) {
		if _, taken := errors.AsType[*core.ConflictError](err); taken {
			return err
		}
		return e.refused(ctx, from, h.refuse(ticket.Used, "ticket_gone"))
	}
	return err
}

// enter proves who somebody is by what they chose just now.
func (e *Entry) enter(ctx context.Context, h *Holder, chosen chosen) (*Entered, error) {
	user, err := e.Store.User(ctx, h.User.ID)
	if err != nil {
		return nil, fmt.Errorf("read the user who came in: %w", err)
	}
	proof := &core.Proof{User: user, Method: chosen.method, AMR: chosen.amr, ACR: chosen.acr}
	return &Entered{Proof: proof, Request: h.Ticket.RequestID, Purpose: h.Ticket.Purpose}, nil
}

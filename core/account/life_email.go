package account

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/ticket"
)

// RefusedMail says that no mail can be sent, or that there is nothing to send one about.
const RefusedMail Refusal = "mail"

// AskVerify sends a person who is signed in a link to prove that their address is theirs.
// The error is a *[core.SignInRefused] if they got several just now.
func (e *Entry) AskVerify(ctx context.Context, from *Visitor) error {
	user := &from.Here.User
	if user.Email == "" || user.EmailVerified || !e.Mail.Ready() {
		return &RefusedError{RefusedMail}
	}
	return e.askOwn(ctx, from, ask{purpose: core.TicketVerify, template: core.MailVerify, to: user.Email})
}

// askOwn sends a mail that somebody asks for who is signed in: they may know why they do
// not get one.
func (e *Entry) askOwn(ctx context.Context, from *Visitor, a ask) error {
	a.user, a.org, a.words = &from.Here.User, from.Here.Org.Name, map[string]string{}
	limit, err := e.limitOf(ctx, a.user, "", "", from.Event.IP)
	if err != nil {
		return err
	}
	defer limit.leave()
	wait := max(limit.closed(), limit.wait(limit.account, mailsOfAccount))
	if wait > 0 {
		return e.throttled(ctx, from, a.purpose, wait)
	}
	return e.answer(ctx, from, limit, a)
}

// Verify notes that the address is the person's. They have to be signed in: else the owner
// of an address could be talked into verifying it for the account of somebody else.
func (e *Entry) Verify(ctx context.Context, credential string, from *Visitor) (*Holder, error) {
	h, err := e.Look(ctx, core.TicketVerify, credential, from)
	if err != nil {
		return nil, err
	}
	if from.Here == nil {
		return nil, e.refused(ctx, from, h.refuse(ticket.Other, "signed_out"))
	}
	now := e.Now()
	return h, e.use(ctx, h, from, now, e.proved(h, from, now)...)
}

// AskEmail sends a link to what is to be the new address of a person who is signed in. The
// account keeps the old one until it comes back. Nothing tells whether the new one is
// somebody else's. Errors are *[InvalidError], *[RefusedError], and as of [Entry.AskVerify].
func (e *Entry) AskEmail(ctx context.Context, address string, from *Visitor) error {
	user := &from.Here.User
	address = strings.TrimSpace(address)
	switch wrong := checkAddress(address, nil); {
	case from.Here.Org.Rules.KeepEmail:
		return &RefusedError{RefusedKept}
	case !e.Mail.Ready():
		return &RefusedError{RefusedMail}
	case wrong == "" && address == user.Email:
		return &InvalidError{[]core.FieldProblem{{Field: "email", Kind: core.FieldSame, Value: address}}}
	case wrong != "":
		return &InvalidError{[]core.FieldProblem{{Field: "email", Kind: wrong, Value: address}}}
	}
	other, err := e.Store.UserByLogin(ctx, user.Org, address)
	if err != nil && !errors.Is(err, core.ErrNotFound) {
		return fmt.Errorf("read the user: %w", err)
	}
	data, errData := json.Marshal(change{Was: user.Email})
	if errData != nil {
		return errData
	}
	a := ask{purpose: core.TicketEmail, template: core.MailEmail, to: address, data: data}
	if err == nil && other.ID != user.ID {
		a.silent, a.reason = true, "address_known"
	}
	return e.askOwn(ctx, from, a)
}

// change is what a ticket for a new address keeps.
type change struct {
	Was string `json:"was"` // the address that it takes the place of
}

// mayChange refuses a new address where the old one is another by now.
func mayChange(h *Holder) error {
	var asked change
	if err := json.Unmarshal(h.Ticket.Data, &asked); err != nil {
		return fmt.Errorf("read the data of a ticket: %w", err)
	}
	switch {
	case asked.Was != h.User.Email:
		return h.refuse(ticket.Closed, "address_changed")
	case h.Org.Rules.KeepEmail:
		return h.refuse(ticket.Closed, "address_kept")
	}
	return nil
}

// ChangeEmail makes the address of the link that of the account, verified, and tells the
// old one. The person has to be signed in, as for [Entry.Verify].
func (e *Entry) ChangeEmail(ctx context.Context, credential string, from *Visitor) (*Holder, error) {
	h, err := e.Look(ctx, core.TicketEmail, credential, from)
	if err != nil {
		return nil, err
	}
	if from.Here == nil {
		return nil, e.refused(ctx, from, h.refuse(ticket.Other, "signed_out"))
	}
	now, was := e.Now(), h.User.Email
	changes := slices.Concat(
		[]core.Change{
			core.SetEmail{UserID: h.User.ID, Was: was, Email: h.Ticket.Email, Verified: true, At: now},
			// They were mailed to the old address.
			core.DeleteTickets{UserID: h.User.ID},
			e.record(from, now, core.EventEmailChanged, h.User.ID, nil),
		},
		e.notice(&h.User, was, core.MailNoticeEmail, from, map[string]string{core.WordEmail: h.Ticket.Email}, now),
	)
	err = e.use(ctx, h, from, now, changes...)
	if _, taken := errors.AsType[*core.ConflictError](err); taken {
		return nil, e.refused(ctx, from, h.refuse(ticket.Closed, "address_known"))
	}
	return h, err
}

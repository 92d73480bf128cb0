package account_test

import (
	"errors"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/account"
	"github.com/postern-id/postern/core/ticket"
)

func TestVerify(t *testing.T) {
	w := newLife(t)
	ada := w.user("ada", nil)
	session := w.session(ada)
	if err := w.AskVerify(t.Context(), w.as(session)); err != nil {
		t.Fatal(err)
	}
	text := w.one(core.MailVerify, ada.Email).ticket()
	if _, err := w.Look(t.Context(), core.TicketVerify, text, w.from()); err != nil {
		t.Errorf("looked at by nobody: %v", err)
	}
	_, err := w.Verify(t.Context(), text, w.from())
	w.refused(err, ticket.Other, "signed_out")
	_, err = w.Verify(t.Context(), text, w.as(w.session(w.user("bob", nil))))
	w.refused(err, ticket.Other, "signed_in_other")
	if w.again(ada).EmailVerified {
		t.Fatal("verified by somebody else")
	}
	if _, err = w.Verify(t.Context(), text, w.as(session)); err != nil {
		t.Fatal(err)
	}
	if !w.again(ada).EmailVerified {
		t.Error("not verified")
	}
	if event := w.last(core.EventEmailVerified); event.UserID != ada.ID {
		t.Errorf("the event: %+v", event)
	}
	_, err = w.Verify(t.Context(), text, w.as(session))
	w.refused(err, ticket.Used, "ticket_gone")
	if !w.live(session) {
		t.Error("signed out")
	}
}

func TestAskVerifyRefused(t *testing.T) {
	for name, edit := range map[string]func(*core.User){
		"verified": func(u *core.User) { u.EmailVerified = true },
		"none":     func(u *core.User) { u.Email = "" },
	} {
		w := newLife(t)
		err := w.AskVerify(t.Context(), w.as(w.session(w.user("ada", edit))))
		if refused, ok := errors.AsType[*account.RefusedError](err); !ok || refused.Kind != account.RefusedMail || len(w.sent()) != 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
	w := newLife(t)
	from := w.as(w.session(w.user("ada", nil)))
	for range 3 {
		if err := w.AskVerify(t.Context(), from); err != nil {
			t.Fatal(err)
		}
	}
	err := w.AskVerify(t.Context(), from)
	if refused, ok := errors.AsType[*core.SignInRefused](err); !ok || refused.Kind != core.SignInThrottled || refused.RetryAfter <= 0 || len(w.sent()) != 3 {
		t.Errorf("the fourth: %v", err)
	}
}

func TestChangeEmail(t *testing.T) {
	w := newLife(t)
	ada := w.user("ada", func(u *core.User) { u.EmailVerified = true })
	session := w.session(ada)
	if err := w.AskReset(t.Context(), "ada", w.from()); err != nil {
		t.Fatal(err)
	}
	old := w.one(core.MailReset, ada.Email).ticket()
	if err := w.AskEmail(t.Context(), "new@example.com", w.as(session)); err != nil {
		t.Fatal(err)
	}
	mail := w.one(core.MailEmail, "new@example.com")
	if now := w.again(ada); now.Email != ada.Email || !now.EmailVerified {
		t.Errorf("changed before it is confirmed: %+v", now)
	}
	_, err := w.ChangeEmail(t.Context(), mail.ticket(), w.from())
	w.refused(err, ticket.Other, "signed_out")
	_, err = w.ChangeEmail(t.Context(), mail.ticket(), w.as(w.session(w.user("bob", nil))))
	w.refused(err, ticket.Other, "signed_in_other")
	if _, err := w.ChangeEmail(t.Context(), mail.ticket(), w.as(session)); err != nil {
		t.Fatal(err)
	}
	if now := w.again(ada); now.Email != "new@example.com" || !now.EmailVerified {
		t.Errorf("afterwards: %+v", now)
	}
	notice := w.one(core.MailNoticeEmail, ada.Email)
	if notice.words[core.WordEmail] != "new@example.com" || notice.UserID != ada.ID {
		t.Errorf("the notice: %+v %v", notice.Mail, notice.words)
	}
	if event := w.last(core.EventEmailChanged); event.UserID != ada.ID {
		t.Errorf("the event: %+v", event)
	}
	_, err = w.Reset(t.Context(), old, thePassword, w.from())
	w.refused(err, ticket.Used, "ticket_gone")
	_, err = w.ChangeEmail(t.Context(), mail.ticket(), w.as(session))
	w.refused(err, ticket.Used, "ticket_gone")
}

// Nothing tells whose the new address is, until its owner comes with the link.
func TestChangeEmailTaken(t *testing.T) {
	w := newLife(t)
	ada, bob := w.user("ada", nil), w.user("bob", nil)
	session := w.session(ada)
	for _, address := range []string{"BOB@example.com", "free@example.com"} {
		if err := w.AskEmail(t.Context(), address, w.as(session)); err != nil {
			t.Fatal(err)
		}
		// The account page shows what waits.
		tickets, err := w.store.Tickets(t.Context(), ada.ID)
		if err != nil || len(tickets) != 1 || tickets[0].Email != address {
			t.Errorf("%s: tickets %+v, %v", address, tickets, err)
		}
	}
	text := w.one(core.MailEmail, "free@example.com").ticket()
	w.apply(core.SetEmail{UserID: bob.ID, Was: bob.Email, Email: "free@example.com", At: w.clock()})
	_, err := w.ChangeEmail(t.Context(), text, w.as(session))
	w.refused(err, ticket.Closed, "address_known")
	if w.again(ada).Email != ada.Email {
		t.Error("the address was changed")
	}
}

func TestAskEmailRefused(t *testing.T) {
	for address, want := range map[string]core.FieldProblemKind{
		"": core.FieldMissing, "ada": core.FieldForm, "ada@example.com": core.FieldSame, " ada@example.com ": core.FieldSame, "ada@example.com\nx": core.FieldForm,
	} {
		w := newLife(t)
		err := w.AskEmail(t.Context(), address, w.as(w.session(w.user("ada", nil))))
		if invalid, ok := errors.AsType[*account.InvalidError](err); !ok || invalid.Problems[0].Field != "email" || invalid.Problems[0].Kind != want || len(w.sent()) != 0 {
			t.Errorf("%q: %v", address, err)
		}
	}
	w := newLife(t)
	w.rules(func(r *core.OrgRules) { r.KeepEmail = true })
	err := w.AskEmail(t.Context(), "new@example.com", w.as(w.session(w.user("ada", nil))))
	if refused, ok := errors.AsType[*account.RefusedError](err); !ok || refused.Kind != account.RefusedKept {
		t.Errorf("an address that is kept: %v", err)
	}
}

func TestChangeEmailDoesNotFit(t *testing.T) {
	for name, c := range map[string]struct {
		meanwhile func(*life, *core.User)
		kind      ticket.Kind
		reason    string
	}{
		"changed since": {func(w *life, u *core.User) {
			w.apply(core.SetEmail{UserID: u.ID, Was: u.Email, Email: "x@example.com"})
		}, ticket.Closed, "address_changed"},
		"kept since": {func(w *life, _ *core.User) { w.rules(func(r *core.OrgRules) { r.KeepEmail = true }) }, ticket.Closed, "address_kept"},
		"expired":    {func(w *life, _ *core.User) { w.advance(24 * time.Hour) }, ticket.Expired, "ticket_expired"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newLife(t)
			ada := w.user("ada", nil)
			session := w.session(ada)
			if err := w.AskEmail(t.Context(), "new@example.com", w.as(session)); err != nil {
				t.Fatal(err)
			}
			text := w.one(core.MailEmail, "new@example.com").ticket()
			c.meanwhile(w, ada)
			_, err := w.ChangeEmail(t.Context(), text, w.as(session))
			w.refused(err, c.kind, c.reason)
		})
	}
}

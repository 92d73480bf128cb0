package account_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/account"
	"github.com/postern-id/postern/core/ticket"
)

func TestReset(t *testing.T) {
	w := newLife(t)
	ada := w.user("ada", func(u *core.User) { u.Profile.DisplayName, u.Profile.Locale = "Ada Lovelace", "fr" })
	session := w.session(ada)
	w.apply(core.AddDevice{Device: core.Device{ID: core.NewID(w.clock(), zero{}), UserID: ada.ID, CreatedAt: w.clock(), ExpiresAt: w.clock().Add(time.Hour)}})
	w.apply(core.CountFailure{Keys: []string{"account:" + string(ada.ID)}, At: w.clock(), Window: time.Hour})

	from := w.from()
	from.Request = "a request"
	if err := w.AskReset(t.Context(), " ADA@example.com ", from); err != nil {
		t.Fatal(err)
	}
	mail := w.one(core.MailReset, "ada@example.com")
	if mail.Locale != "fr" || mail.words[core.WordName] != "Ada Lovelace" || mail.words[core.WordLogin] != "ada" || mail.UserID != ada.ID || mail.ExpiresAt != w.clock().Add(30*time.Minute) {
		t.Errorf("the mail: %+v %v", mail.Mail, mail.words)
	}
	other := w.invite(ada, "")

	h, err := w.Look(t.Context(), core.TicketReset, mail.ticket(), w.from())
	if err != nil || h.User.ID != ada.ID || h.Org.Name != ada.Org {
		t.Fatalf("%+v, %v", h, err)
	}
	if _, err := w.Reset(t.Context(), mail.ticket(), "short", w.from()); !isWeak(err) {
		t.Errorf("a weak password: %v", err)
	}
	entered, err := w.Reset(t.Context(), mail.ticket(), thePassword, w.from())
	if err != nil {
		t.Fatal(err)
	}
	if p := entered.Proof; p.User.ID != ada.ID || p.ACR != core.ACROne || !slices.Equal(p.AMR, []string{core.AMRPassword}) || p.Method != core.MethodPassword || entered.Request != "a request" {
		t.Errorf("entered: %+v, %+v", entered, p)
	}
	after := w.again(ada)
	if after.PasswordHash != "hash of "+thePassword || !after.EmailVerified || entered.Proof.User.PasswordHash != after.PasswordHash {
		t.Errorf("afterwards: %+v", after)
	}
	if w.live(session) {
		t.Error("the session from before stands")
	}
	if devices, err := w.store.Devices(t.Context(), ada.ID); err != nil || len(devices) != 0 {
		t.Errorf("trusted browsers: %v, %v", devices, err)
	}
	if counts, err := w.store.Failures(t.Context(), "account:"+string(ada.ID)); err != nil || len(counts) != 0 {
		t.Errorf("failures: %v, %v", counts, err)
	}
	_, err = w.Look(t.Context(), core.TicketInvite, other, w.from())
	w.refused(err, ticket.Used, "ticket_gone")
	_, err = w.Reset(t.Context(), mail.ticket(), thePassword, w.from())
	w.refused(err, ticket.Used, "ticket_gone")
	w.one(core.MailNoticePassword, "ada@example.com")
	if used := w.last(core.EventTicketUsed); used.UserID != ada.ID || used.Detail["purpose"] != "reset" || used.IP != "192.0.2.1" {
		t.Errorf("the event: %+v", used)
	}
}

func isWeak(err error) bool {
	_, ok := errors.AsType[interface {
		error
		FieldProblem() core.FieldProblem
	}](err)
	return ok
}

// Of many that come with one link one succeeds.
func TestResetOnce(t *testing.T) {
	w := newLife(t)
	w.user("ada", nil)
	if err := w.AskReset(t.Context(), "ada", w.from()); err != nil {
		t.Fatal(err)
	}
	text := w.one(core.MailReset, "ada@example.com").ticket()
	results := make(chan error)
	for i := range 20 {
		go func() {
			_, err := w.Reset(t.Context(), text, fmt.Sprintf("%s %d", thePassword, i), w.from())
			results <- err
		}()
	}
	won := 0
	for range 20 {
		err := <-results
		if err == nil {
			won++
			continue
		}
		if refusal, ok := errors.AsType[*ticket.Refused](err); !ok || refusal.Kind != ticket.Used {
			t.Errorf("refused with %v", err)
		}
	}
	if won != 1 {
		t.Errorf("%d of 20 succeeded", won)
	}
}

// Who may not recover gets no mail, and the answer leaves as much behind.
func TestAskResetForNobody(t *testing.T) {
	for name, c := range map[string]struct {
		login  string
		edit   func(*core.User)
		rules  func(*core.OrgRules)
		linked bool
		reason string
	}{
		"unknown":           {login: "nobody", reason: "unknown_user"},
		"nonsense":          {login: "\x00\r\n<script>", reason: "unknown_user"},
		"nothing":           {login: "", reason: "unknown_user"},
		"disabled":          {login: "ada", edit: func(u *core.User) { u.Disabled = true }, reason: "user_disabled"},
		"without address":   {login: "ada", edit: func(u *core.User) { u.Email = "" }, reason: "no_address"},
		"passkeys alone":    {login: "ada", rules: func(r *core.OrgRules) { r.SignIn.Methods = []string{core.MethodPasskey} }, reason: "method_not_allowed"},
		"somebody upstream": {login: "ada", edit: noPassword, linked: true, reason: "no_password"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newLife(t)
			ada := w.user("ada", c.edit)
			if c.rules != nil {
				w.rules(c.rules)
			}
			if c.linked {
				w.link(ada)
			}
			if err := w.AskReset(t.Context(), c.login, w.from()); err != nil {
				t.Fatal(err)
			}
			if mails := w.sent(); len(mails) != 0 {
				t.Errorf("mails: %+v", mails)
			}
			if last := w.last(core.EventTicketRefused); last.Detail["reason"] != c.reason || last.Detail["purpose"] != "reset" {
				t.Errorf("the audit log says %v, want %s", last.Detail, c.reason)
			}
			if tickets, err := w.store.Tickets(t.Context(), ada.ID); err != nil || len(tickets) != 0 {
				t.Errorf("tickets: %v, %v", tickets, err)
			}
		})
	}
}

// A passkey that was lost is recovered by a password, where people may have one.
func TestResetWithoutPassword(t *testing.T) {
	w := newLife(t)
	w.user("ada", noPassword)
	if err := w.AskReset(t.Context(), "ada", w.from()); err != nil {
		t.Fatal(err)
	}
	w.one(core.MailReset, "ada@example.com")
}

// Three mails in ten minutes, then none; a mail that was sent stays good.
func TestAskResetThrottled(t *testing.T) {
	w := newLife(t)
	ada := w.user("ada", nil)
	var last string
	for range 3 {
		if err := w.AskReset(t.Context(), "ada", w.from()); err != nil {
			t.Fatal(err)
		}
		last = w.one(core.MailReset, "ada@example.com").ticket()
	}
	// By whatever name.
	for _, login := range []string{"ada", "ADA@EXAMPLE.com", " Ada "} {
		if err := w.AskReset(t.Context(), login, w.from()); err != nil {
			t.Fatal(err)
		}
	}
	if mails := w.sent(); len(mails) != 0 {
		t.Errorf("mails beyond the limit: %+v", mails)
	}
	if said := w.last(core.EventTicketRefused); said.Detail["reason"] != "account_throttled" || said.UserID != ada.ID {
		t.Errorf("the audit log says %+v", said)
	}
	if _, err := w.Look(t.Context(), core.TicketReset, last, w.from()); err != nil {
		t.Errorf("the last link that was sent: %v", err)
	}
	w.advance(10 * time.Minute)
	if err := w.AskReset(t.Context(), "ada", w.from()); err != nil {
		t.Fatal(err)
	}
	w.one(core.MailReset, "ada@example.com")
}

// Who asks for many at once gets no more.
func TestAskResetAtOnce(t *testing.T) {
	w := newLife(t)
	w.user("ada", nil)
	done := make(chan error)
	for range 12 {
		go func() { done <- w.AskReset(t.Context(), "ada", w.from()) }()
	}
	for range 12 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
	if mails := w.sent(); len(mails) != 3 {
		t.Errorf("%d mails", len(mails))
	}
}

// Who asks for many is told to wait, and others at another address are not.
func TestAskResetAddressThrottled(t *testing.T) {
	w := newLife(t)
	for i := range 30 {
		if err := w.AskReset(t.Context(), fmt.Sprintf("name%d", i), w.from()); err != nil {
			t.Fatal(err)
		}
	}
	err := w.AskReset(t.Context(), "one more", w.from())
	refusal, ok := errors.AsType[*core.SignInRefused](err)
	if !ok || refusal.Kind != core.SignInThrottled || refusal.RetryAfter <= 0 || refusal.RetryAfter > 10*time.Minute {
		t.Errorf("%v", err)
	}
	for ip, heard := range map[string]bool{"192.0.2.1": false, "::ffff:192.0.2.1": false, "192.0.2.2": true, "2001:db8::1": true} {
		from := w.from()
		from.Event.IP = ip
		if err := w.AskReset(t.Context(), "another", from); (err == nil) != heard {
			t.Errorf("%s: %v", ip, err)
		}
	}
	w.advance(10 * time.Minute)
	if err := w.AskReset(t.Context(), "one more", w.from()); err != nil {
		t.Errorf("later: %v", err)
	}
}

// A link that is right but does not go with how things are by now.
func TestResetDoesNotFit(t *testing.T) {
	for name, c := range map[string]struct {
		meanwhile func(*life, *core.User)
		kind      ticket.Kind
		reason    string
	}{
		"expired":         {func(w *life, _ *core.User) { w.advance(30 * time.Minute) }, ticket.Expired, "ticket_expired"},
		"disabled":        {func(w *life, u *core.User) { u.Disabled = true; w.apply(core.UpdateUser{User: *u}) }, ticket.Closed, "user_disabled"},
		"another address": {func(w *life, u *core.User) { u.Email = "new@example.com"; w.apply(core.UpdateUser{User: *u}) }, ticket.Closed, "address_changed"},
		"passwords no more": {func(w *life, _ *core.User) {
			w.rules(func(r *core.OrgRules) { r.SignIn.Methods = []string{core.MethodPasskey} })
		}, ticket.Closed, "method_not_allowed"},
		"deleted": {func(w *life, u *core.User) { w.apply(core.DeleteUser{ID: u.ID}) }, ticket.Used, "ticket_gone"},
		"asked again": {func(w *life, u *core.User) {
			if err := w.AskReset(w.t.Context(), u.Name, w.from()); err != nil {
				w.t.Fatal(err)
			}
		}, ticket.Used, "ticket_gone"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newLife(t)
			ada := w.user("ada", nil)
			if err := w.AskReset(t.Context(), "ada", w.from()); err != nil {
				t.Fatal(err)
			}
			text := w.one(core.MailReset, ada.Email).ticket()
			c.meanwhile(w, ada)
			_, err := w.Look(t.Context(), core.TicketReset, text, w.from())
			w.refused(err, c.kind, c.reason)
			_, err = w.Reset(t.Context(), text, thePassword, w.from())
			w.refused(err, c.kind, c.reason)
			if found, err := w.store.User(t.Context(), ada.ID); err == nil && found.PasswordHash != "old" {
				t.Error("the password was set")
			}
		})
	}
}

// A link that was forwarded is not for whoever is signed in.
func TestResetOfSomebodyElse(t *testing.T) {
	w := newLife(t)
	ada, bob := w.user("ada", nil), w.user("bob", nil)
	if err := w.AskReset(t.Context(), "ada", w.from()); err != nil {
		t.Fatal(err)
	}
	text := w.one(core.MailReset, "ada@example.com").ticket()
	bobs, adas := w.session(bob), w.session(ada)
	_, err := w.Reset(t.Context(), text, thePassword, w.as(bobs))
	w.refused(err, ticket.Other, "signed_in_other")
	if _, err := w.Reset(t.Context(), text, thePassword, w.as(adas)); err != nil {
		t.Errorf("she herself: %v", err)
	}
	if !w.live(bobs) {
		t.Error("the other one was signed out")
	}
}

// People of another organisation are strangers to a client.
func TestAskResetAtClient(t *testing.T) {
	w := newLife(t)
	w.apply(core.CreateOrganisation{Organisation: core.Organisation{Name: "acme", DisplayName: "Acme", CreatedAt: w.clock()}})
	w.user("ada", nil)
	for _, c := range []struct {
		client core.Client
		mails  int
	}{
		{core.Client{Org: "acme", Name: "Files"}, 0},
		{core.Client{Org: "acme", Name: "Files", Shared: true}, 1},
		{core.Client{Org: core.DefaultOrganisation, Name: "Files"}, 1},
	} {
		from := w.from()
		from.Client = &c.client
		if err := w.AskReset(t.Context(), "ada", from); err != nil {
			t.Fatal(err)
		}
		mails := w.sent()
		if len(mails) != c.mails {
			t.Errorf("%+v: %d mails", c.client, len(mails))
		}
		for _, m := range mails {
			if m.words[core.WordClient] != "Files" || m.Org != core.DefaultOrganisation {
				t.Errorf("the mail: %+v %v", m.Mail, m.words)
			}
		}
	}
}

func TestDoors(t *testing.T) {
	open := func(r *core.OrgRules) { r.Registration.Open = true }
	keys := []string{core.MethodPasskey}
	for name, c := range map[string]struct {
		client *core.Client
		rules  func(*core.OrgRules)
		edit   func(*life)
		want   account.Doors
	}{
		"as it comes":         {nil, nil, nil, account.Doors{Recover: true}},
		"registration":        {nil, open, nil, account.Doors{Recover: true, Register: true}},
		"no mail":             {nil, open, func(w *life) { w.mails.Delivers = false }, account.Doors{}},
		"a client":            {&core.Client{Org: core.DefaultOrganisation}, open, nil, account.Doors{Recover: true, Register: true}},
		"a client of another": {&core.Client{Org: "acme"}, open, nil, account.Doors{Recover: true}},
		"passkeys alone": {&core.Client{Org: core.DefaultOrganisation}, func(r *core.OrgRules) { open(r); r.SignIn.Methods = keys }, nil,
			account.Doors{Register: true}},
		"passkeys alone at the client": {&core.Client{Org: core.DefaultOrganisation, SignIn: core.SignInRules{Methods: keys}}, open, nil, account.Doors{Register: true}},
		"passkeys, where there are none": {nil, func(r *core.OrgRules) { open(r); r.SignIn.Methods = keys }, func(w *life) { w.Passkeys = nil },
			account.Doors{Recover: true}},
		"upstream alone": {&core.Client{Org: core.DefaultOrganisation}, func(r *core.OrgRules) { open(r); r.SignIn.Methods = []string{core.MethodUpstream} }, nil,
			account.Doors{}},
	} {
		t.Run(name, func(t *testing.T) {
			w := newLife(t)
			w.apply(core.CreateOrganisation{Organisation: core.Organisation{Name: "acme", CreatedAt: w.clock()}})
			if c.rules != nil {
				w.rules(c.rules)
			}
			if c.edit != nil {
				c.edit(w)
			}
			got, err := w.Doors(t.Context(), c.client)
			if err != nil || got != c.want {
				t.Errorf("%+v, %v; want %+v", got, err, c.want)
			}
		})
	}
}

// zero is a generator for tests that need none.
type zero struct{}

func (zero) Read(b []byte) (int, error) { clear(b); return len(b), nil }

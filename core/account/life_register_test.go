package account_test

import (
	"errors"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/account"
	"github.com/postern-id/postern/core/ticket"
)

// open lets people register.
func open(r *core.OrgRules) { r.Registration.Open = true }

// register asks for a link to the address and gives its ticket.
func (w *life) register(address string) string {
	w.t.Helper()
	if err := w.AskRegister(w.t.Context(), address, w.from()); err != nil {
		w.t.Fatal(err)
	}
	return w.one(core.MailRegister, address).ticket()
}

func TestRegister(t *testing.T) {
	w := newLife(t)
	w.rules(func(r *core.OrgRules) {
		open(r)
		r.Registration.Groups = []string{"guests", "friends", "guests"}
	})
	w.apply(core.CreateGroup{Group: core.Group{ID: "g", Org: core.DefaultOrganisation, Name: "friends", CreatedAt: w.clock()}})
	client := core.Client{ID: "files", Org: core.DefaultOrganisation, Name: "Files", CreatedAt: w.clock()}
	w.apply(core.CreateClient{Client: client})
	from := w.from()
	from.Client, from.Request = &client, "a request"
	if err := w.AskRegister(t.Context(), " Ada.Lovelace+id@Example.com ", from); err != nil {
		t.Fatal(err)
	}
	mail := w.one(core.MailRegister, "Ada.Lovelace+id@Example.com")
	if _, err := w.store.UserByLogin(t.Context(), "", "ada.lovelace+id@example.com"); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("there is an account before the link was used: %v", err)
	}
	h, err := w.Look(t.Context(), core.TicketRegister, mail.ticket(), w.from())
	if err != nil || h.User.Email != "Ada.Lovelace+id@Example.com" {
		t.Fatalf("%+v, %v", h, err)
	}
	w.advance(time.Hour)
	entered, err := w.Register(t.Context(), mail.ticket(), account.Choice{Name: " Ada Lovelace ", Password: thePassword}, w.from())
	if err != nil {
		t.Fatal(err)
	}
	if p := entered.Proof; p.Method != core.MethodInvite || p.ACR != core.ACROne || entered.Request != "a request" || p.User.ID != h.User.ID {
		t.Errorf("entered: %+v, %+v", entered, p)
	}
	made := w.again(&h.User)
	want := core.User{
		ID: h.User.ID, Org: core.DefaultOrganisation, Name: "ada.lovelace", Email: "Ada.Lovelace+id@Example.com", EmailVerified: true,
		PasswordHash: "hash of " + thePassword, PasswordAt: w.clock(), Profile: core.Profile{DisplayName: "Ada Lovelace", Locale: "de"},
		Groups: []string{"friends", "guests"}, CreatedAt: w.clock(), UpdatedAt: w.clock(),
	}
	if made.Attributes = nil; !reflect.DeepEqual(*made, want) {
		t.Errorf("made %+v\nwant %+v", *made, want)
	}
	if len(w.asked) != 1 || w.asked[0].User.Email != want.Email || w.asked[0].User.Profile.DisplayName != "Ada Lovelace" || w.asked[0].Client == nil || w.asked[0].Client.ID != "files" || w.asked[0].Address != "192.0.2.1" {
		t.Errorf("the policy was asked: %+v", w.asked)
	}
	if event := w.last(core.EventUserRegistered); event.UserID != made.ID || event.Detail["name"] != "ada.lovelace" {
		t.Errorf("the event: %+v", event)
	}
	_, err = w.Register(t.Context(), mail.ticket(), account.Choice{Password: thePassword}, w.from())
	w.refused(err, ticket.Used, "ticket_gone")
}

func TestRegisterWithPasskey(t *testing.T) {
	w := newLife(t)
	w.rules(open)
	text := w.register("ada@example.com")
	h, err := w.Look(t.Context(), core.TicketRegister, text, w.from())
	if err != nil {
		t.Fatal(err)
	}
	ways, err := w.Ways(t.Context(), h)
	if err != nil {
		t.Fatal(err)
	}
	entered, err := w.Register(t.Context(), text, account.Choice{Response: answerTo(t, ways)}, w.from())
	if err != nil || entered.Proof.ACR != core.ACRPhishingResistant {
		t.Fatalf("%+v, %v", entered, err)
	}
	keys, err := w.store.Authenticators(t.Context(), h.User.ID)
	if made := w.again(&h.User); err != nil || len(keys) != 1 || made.PasswordHash != "" {
		t.Errorf("made %+v with %+v, %v", made, keys, err)
	}
}

// Who has an account gets a mail that says so, and no ticket.
func TestRegisterKnown(t *testing.T) {
	w := newLife(t)
	w.rules(open)
	ada := w.user("ada", func(u *core.User) { u.Profile.Locale = "fr" })
	if err := w.AskRegister(t.Context(), "ADA@example.com", w.from()); err != nil {
		t.Fatal(err)
	}
	mail := w.one(core.MailRegisterKnown, "ADA@example.com")
	if mail.words[core.WordLink] != "https://id.example/login" || mail.Locale != "fr" {
		t.Errorf("the mail: %+v %v", mail.Mail, mail.words)
	}
	if tickets, err := w.store.Tickets(t.Context(), ada.ID); err != nil || len(tickets) != 0 {
		t.Errorf("tickets: %v, %v", tickets, err)
	}
	if event := w.last(core.EventTicketRefused); event.Detail["reason"] != "address_known" {
		t.Errorf("the event: %+v", event)
	}
}

func TestRegisterAddress(t *testing.T) {
	for _, c := range []struct {
		address string
		domains []string
		want    core.FieldProblemKind
	}{
		{"ada@example.com", nil, ""},
		{"ada@example.com", []string{"example.org", "example.com"}, ""},
		{"ada@EXAMPLE.com", []string{"example.com"}, ""},
		{"", nil, core.FieldMissing},
		{"   ", nil, core.FieldMissing},
		{"ada", nil, core.FieldForm},
		{"ada@example.com\r\nBcc: eve@example.com", nil, core.FieldForm},
		{"ada@example.com", []string{"example.org"}, core.FieldDomain},
		{"ada@sub.example.com", []string{"example.com"}, core.FieldDomain},
		{"ada@notexample.com", []string{"example.com"}, core.FieldDomain},
	} {
		w := newLife(t)
		w.rules(func(r *core.OrgRules) { open(r); r.Registration.Domains = c.domains })
		err := w.AskRegister(t.Context(), c.address, w.from())
		var got core.FieldProblemKind
		if invalid, ok := errors.AsType[*account.InvalidError](err); ok {
			got = invalid.Problems[0].Kind
		} else if err != nil {
			t.Fatal(err)
		}
		if mails := w.sent(); got != c.want || (len(mails) == 1) != (c.want == "") {
			t.Errorf("%q of %v: %q, want %q; %d mails", c.address, c.domains, got, c.want, len(mails))
		}
	}
}

// Nobody registers where it is not open.
func TestRegisterClosed(t *testing.T) {
	w := newLife(t)
	if err := w.AskRegister(t.Context(), "ada@example.com", w.from()); !errors.Is(err, core.ErrNotFound) || len(w.sent()) != 0 {
		t.Errorf("as it comes: %v", err)
	}
	w.rules(open)
	w.mails.Delivers = false
	if err := w.AskRegister(t.Context(), "ada@example.com", w.from()); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("without mail: %v", err)
	}
}

func TestRegisterDoesNotFit(t *testing.T) {
	for name, c := range map[string]struct {
		meanwhile func(*life)
		kind      ticket.Kind
		reason    string
	}{
		"closed":      {func(w *life) { w.rules(func(r *core.OrgRules) { r.Registration.Open = false }) }, ticket.Closed, "registration_closed"},
		"domain":      {func(w *life) { w.rules(func(r *core.OrgRules) { r.Registration.Domains = []string{"example.org"} }) }, ticket.Closed, "domain_not_allowed"},
		"made since":  {func(w *life) { w.user("ada", nil) }, ticket.Used, "address_known"},
		"expired":     {func(w *life) { w.advance(24 * time.Hour) }, ticket.Expired, "ticket_expired"},
		"asked again": {func(w *life) { w.register("Ada@example.com") }, ticket.Used, "ticket_gone"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newLife(t)
			w.rules(open)
			text := w.register("ada@example.com")
			c.meanwhile(w)
			_, err := w.Register(t.Context(), text, account.Choice{Password: thePassword}, w.from())
			w.refused(err, c.kind, c.reason)
		})
	}
}

// Who is signed in has an account.
func TestRegisterSignedIn(t *testing.T) {
	w := newLife(t)
	w.rules(open)
	text, bob := w.register("ada@example.com"), w.session(w.user("bob", nil))
	_, err := w.Register(t.Context(), text, account.Choice{Password: thePassword}, w.as(bob))
	w.refused(err, ticket.Other, "signed_in_other")
}

// What the policy refuses is not made, and its words are for the person. The link stays.
func TestRegisterPolicy(t *testing.T) {
	w := newLife(t)
	w.rules(open)
	text := w.register("ada@example.com")
	w.deny = denial("Not on Wednesdays.")
	_, err := w.Register(t.Context(), text, account.Choice{Password: thePassword}, w.from())
	if denied, ok := errors.AsType[*account.Denied](err); !ok || denied.Words != "Not on Wednesdays." {
		t.Errorf("denied: %v", err)
	}
	if event := w.last(core.EventRegisterRefused); event.Detail["reason"] != "policy_denied" || event.Detail["policy"] != "Not on Wednesdays." {
		t.Errorf("the event: %+v", event)
	}
	w.deny = errPolicy
	if _, err = w.Register(t.Context(), text, account.Choice{Password: thePassword}, w.from()); !errors.Is(err, errPolicy) {
		t.Errorf("a policy that breaks: %v", err)
	}
	if _, err := w.store.UserByLogin(t.Context(), "", "ada@example.com"); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("the account was made: %v", err)
	}
	w.deny = nil
	if _, err := w.Register(t.Context(), text, account.Choice{Password: thePassword}, w.from()); err != nil {
		t.Error(err)
	}
}

// A name that is taken gets a number; nobody chooses one, so nobody learns which are.
func TestRegisterName(t *testing.T) {
	for address, want := range map[string]string{
		"ada@example.com":                          `^ada$`,
		"taken@example.com":                        `^taken-[0-9]{6}$`,
		"TAKEN+more@example.com":                   `^taken-[0-9]{6}$`,
		"o'neill@example.com":                      `^o-neill$`,
		"___@example.com":                          `^user$`,
		strings.Repeat("x", 64) + "@a.example.com": `^x{56}$`,
		"user@example.org":                         `^user$`,
	} {
		w := newLife(t)
		w.rules(open)
		w.user("taken", func(u *core.User) { u.Email = "other@example.com" })
		text := w.register(address)
		entered, err := w.Register(t.Context(), text, account.Choice{Password: thePassword}, w.from())
		if err != nil {
			t.Errorf("%s: %v", address, err)
			continue
		}
		if name := entered.Proof.User.Name; !regexp.MustCompile(want).MatchString(name) {
			t.Errorf("%s is called %s, want %s", address, name, want)
		}
	}
}

// Many who come at once with one name, and with groups that are not there yet, all get in.
func TestRegisterAtOnce(t *testing.T) {
	w := newLife(t)
	w.Policy = nil
	w.rules(func(r *core.OrgRules) { open(r); r.Registration.Groups = []string{"new"} })
	texts := make([]string, 3)
	for i := range texts {
		texts[i] = w.register(fmt.Sprintf("ada@%d.example.com", i))
	}
	errs := make(chan error)
	for _, text := range texts {
		go func() {
			_, err := w.Register(t.Context(), text, account.Choice{Password: thePassword}, w.from())
			errs <- err
		}()
	}
	for range texts {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	group, err := w.store.Group(t.Context(), core.DefaultOrganisation, "new")
	if err != nil || group.Members != len(texts) {
		t.Errorf("%+v, %v", group, err)
	}
}

// The answer leaves as much behind for who has an account as for who has not.
func TestSameWrites(t *testing.T) {
	w := newLife(t)
	w.rules(open)
	w.user("ada", nil)
	log := &writes{Store: w.store}
	w.Entry.Store = log
	kinds := func(ask func() error) []string {
		t.Helper()
		log.kinds = nil
		if err := ask(); err != nil {
			t.Fatal(err)
		}
		w.sent()
		return slices.DeleteFunc(slices.Clone(log.kinds), func(kind string) bool { return kind == "core.EndMail" })
	}
	registered := kinds(func() error { return w.AskRegister(t.Context(), "ada@example.com", w.from()) })
	unknown := kinds(func() error { return w.AskRegister(t.Context(), "eve@example.com", w.from()) })
	if !slices.Equal(registered, unknown) {
		t.Errorf("registration: %v for who is known, %v for who is not", registered, unknown)
	}
	known := kinds(func() error { return w.AskReset(t.Context(), "ada", w.from()) })
	unknown = kinds(func() error { return w.AskReset(t.Context(), "eve", w.from()) })
	known = slices.DeleteFunc(known, func(kind string) bool { return kind == "core.SendMail" })
	if !slices.Equal(known, unknown) {
		t.Errorf("recovery: %v for who is known, %v for who is not", known, unknown)
	}
}

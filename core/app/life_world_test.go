package app_test

import (
	"context"
	"crypto/rand"
	"net/url"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/ticket"
)

// letter is a mail that was queued, opened.
type letter struct {
	core.Mail
	link   string
	ticket string
}

// letters takes the mails out of the queue, the newest first.
func (w *world) letters() []letter {
	w.t.Helper()
	mails, err := w.app.Store.Mails(context.Background(), 1000)
	if err != nil {
		w.t.Fatal(err)
	}
	var all []letter
	for _, m := range mails {
		words, err := w.app.Words(m)
		if err != nil {
			w.t.Fatal(err)
		}
		if err := w.app.Store.Apply(context.Background(), core.EndMail{ID: m.ID}); err != nil {
			w.t.Fatal(err)
		}
		one := letter{Mail: m, link: words[core.WordLink]}
		if u, err := url.Parse(one.link); err == nil {
			one.ticket = u.Query().Get("ticket")
		}
		w.hide(one.ticket)
		all = append(all, one)
	}
	return all
}

// letter is the only mail in the queue: of that template, to that address.
func (w *world) letter(template, to string) letter {
	w.t.Helper()
	all := w.letters()
	if len(all) != 1 || all[0].Template != template || all[0].To != to {
		w.t.Fatalf("mails: %+v, want one %s to %s", all, template, to)
	}
	return all[0]
}

// forgets asks for a new password and gives the link.
func (w *world) forgets(b *browser, username, address string) letter {
	w.t.Helper()
	if p := b.get("/recover").press("recover", map[string]string{"username": username}); p.status != 200 {
		w.t.Fatalf("status %d:\n%s", p.status, p.body)
	}
	return w.letter(core.MailReset, address)
}

// handed makes a ticket for the user and gives its link, as an administrator does.
func (w *world) handed(purpose core.TicketPurpose, user *core.User, edit func(*core.Ticket)) letter {
	w.t.Helper()
	wanted := core.Ticket{Purpose: purpose, UserID: user.ID, Org: user.Org}
	if edit != nil {
		edit(&wanted)
	}
	made, link := (&ticket.Maker{Issuer: w.issuer, Rand: rand.Reader}).Make(wanted, w.clock.Now())
	if err := w.app.Store.Apply(context.Background(), core.SaveTicket{Ticket: made}); err != nil {
		w.t.Fatal(err)
	}
	_, credential, _ := strings.Cut(link, "ticket=")
	w.hide(credential)
	return letter{link: link, ticket: credential}
}

func openToAll(r *core.OrgRules) { r.Registration.Open = true }

// found reads the user anew.
func (w *world) found(user *core.User) *core.User {
	w.t.Helper()
	again, err := w.app.Store.User(context.Background(), user.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return again
}

// invited makes a user who has nothing to sign in with.
func invited(u *admin.NewUser) { u.Password, u.EmailVerified = "", false }

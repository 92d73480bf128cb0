package app_test

import (
	"testing"
	"time"

	"github.com/postern-id/postern/core"
)

// TestHelpDesk: what an administrator does for people who have lost something works at the
// server's pages, and what they had before does not.
func TestHelpDesk(t *testing.T) {
	w := newWorld(t)
	alice := w.user("alice")
	admin := w.app.Admin
	mine := w.person("alice")
	mine.enrolsApp(w, "Phone")

	// The phone is lost: a code of the administrator's stands in for it, once.
	codes, err := admin.NewRecoveryCodes(t.Context(), cli, alice.ID)
	if err != nil || len(codes) != 10 {
		t.Fatalf("codes %v, %v", codes, err)
	}
	w.hide(codes...)
	signIn := func(b *browser) *page {
		t.Helper()
		p := b.get("/login").signIn("alice", thePassword)
		if find(p.document(), "recovery") == nil {
			t.Fatalf("no second factor is asked for at %s (status %d):\n%s", p.url, p.status, p.body)
		}
		return p
	}
	w.clock.advance(time.Minute) // so that the next session is newer
	elsewhere := newBrowser(t, w.issuer)
	if p := signIn(elsewhere).press("recovery", map[string]string{"code": codes[0]}); p.url.Path != "/account" {
		t.Fatalf("with a code at %s (status %d):\n%s", p.url, p.status, p.body)
	}
	if p := signIn(newBrowser(t, w.issuer)).press("recovery", map[string]string{"code": codes[0]}); p.url.Path == "/account" {
		t.Error("a code worked twice")
	}

	// One session ends, and the other goes on.
	sessions, err := admin.UserSessions(t.Context(), alice.ID)
	if err != nil || len(sessions) < 2 {
		t.Fatalf("sessions %v, %v", sessions, err)
	}
	newest := sessions[0]
	if newest.ACR != core.ACRTwo {
		t.Errorf("the newest is of class %s", newest.ACR)
	}
	if err := admin.EndUserSession(t.Context(), cli, alice.ID, newest.ID); err != nil {
		t.Fatal(err)
	}
	if p := elsewhere.get("/account"); p.url.Path == "/account" {
		t.Error("the session goes on")
	}
	if p := mine.get("/account"); p.url.Path != "/account" {
		t.Errorf("the other session is at %s", p.url)
	}

	// All is lost: the password alone is left, and who was signed in is no more.
	if removed, err := admin.ResetProofs(t.Context(), cli, alice.ID); err != nil || removed != 1 {
		t.Fatalf("removed %d, %v", removed, err)
	}
	if p := mine.get("/account"); p.url.Path == "/account" {
		t.Error("a session outlived the reset")
	}
	if p := newBrowser(t, w.issuer).get("/login").signIn("alice", thePassword); p.url.Path != "/account" {
		t.Errorf("after the reset at %s (status %d):\n%s", p.url, p.status, p.body)
	}
	w.checkSecrets()
}

// TestHelpDeskLinks: a link that is handed over does what it is for, and the one before it
// does not.
func TestHelpDeskLinks(t *testing.T) {
	w := newWorld(t)
	alice := w.user("alice")
	before, err := w.app.Admin.ResetLink(t.Context(), cli, alice.ID, false)
	if err != nil {
		t.Fatal(err)
	}
	link, err := w.app.Admin.ResetLink(t.Context(), cli, alice.ID, false)
	if err != nil {
		t.Fatal(err)
	}
	b := newBrowser(t, w.issuer)
	if p := b.get(before.Link); find(p.document(), "password") != nil {
		t.Errorf("the link before leads to:\n%s", p.body)
	}
	p := b.get(link.Link)
	if field := find(p.document(), "password"); field == nil {
		t.Fatalf("status %d:\n%s", p.status, p.body)
	}
	again := b.get(link.Link) // looking at it does not use it up
	if field := find(again.document(), "password"); field == nil {
		t.Fatalf("status %d:\n%s", again.status, again.body)
	}
	if _, err := w.app.Admin.ResetLink(t.Context(), cli, "nobody", false); err == nil {
		t.Error("a link for nobody")
	}
}

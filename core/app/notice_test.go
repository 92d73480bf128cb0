package app_test

import (
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

const (
	firefoxLinux   = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"
	firefoxWindows = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0"
)

// TestNoticeOfNewBrowser: people are told of a sign-in with a browser that is new, and of
// no other.
func TestNoticeOfNewBrowser(t *testing.T) {
	w := newWorld(t)
	alice := w.user("alice")
	carol := w.user("carol", func(u *admin.NewUser) { u.EmailVerified = false })
	signIn := func(name, agent string) {
		t.Helper()
		w.clock.advance(13 * time.Hour) // whatever sessions there were are gone
		if _, err := w.app.Store.Sweep(t.Context(), w.clock.Now()); err != nil {
			t.Fatal(err)
		}
		b := newBrowser(t, w.issuer)
		b.header.Set("User-Agent", agent)
		if p := b.get("/login").signIn(name, thePassword); p.url.Path != "/account" {
			t.Fatalf("%s is at %s (status %d):\n%s", name, p.url, p.status, p.body)
		}
	}
	none := func(why string) {
		t.Helper()
		if mails := w.letters(); len(mails) != 0 {
			t.Errorf("%s: %+v", why, mails)
		}
	}
	signIn("alice", firefoxLinux)
	none("the first sign-in")
	signIn("alice", firefoxLinux)
	none("the same browser")
	signIn("alice", firefoxWindows)
	mail := w.letter(core.MailNoticeDevice, "alice@example.com")
	if mail.UserID != alice.ID || mail.link != w.issuer+"/account/security" || mail.ticket != "" {
		t.Errorf("mail %+v", mail)
	}
	signIn("alice", firefoxWindows)
	none("the same new browser")

	signIn("carol", firefoxLinux)
	signIn("carol", firefoxWindows)
	none("an address that nobody proved")
	if _, err := w.app.Admin.UpdateUser(t.Context(), cli, carol.ID, "", func(u *core.User) { u.EmailVerified = true }); err != nil {
		t.Fatal(err)
	}
	signIn("carol", firefoxWindows)
	none("a browser of before the address was proved")
	w.checkSecrets()
}

// What a person reads of it says with which browser it was, and from where.
func TestNoticesAreRead(t *testing.T) {
	w := newWorld(t)
	alice := w.user("alice")
	b := w.person("alice")
	b.enrolsApp(w, "Phone")
	codes, err := w.app.Admin.NewRecoveryCodes(t.Context(), cli, alice.ID)
	if err != nil {
		t.Fatal(err)
	}
	w.hide(codes...)
	w.letters()
	w.clock.advance(time.Minute)
	other := newBrowser(t, w.issuer)
	other.header.Set("User-Agent", firefoxWindows)
	if p := other.get("/login").signIn("alice", thePassword).press("recovery", map[string]string{"code": codes[0]}); p.url.Path != "/account" {
		t.Fatalf("at %s (status %d):\n%s", p.url, p.status, p.body)
	}
	mails, err := w.app.Store.Mails(t.Context(), 10)
	if err != nil || len(mails) != 1 || mails[0].Template != core.MailNoticeRecovery {
		t.Fatalf("mails %+v, %v", mails, err)
	}
	p := b.get("/mailbox")
	for _, words := range []string{"A recovery code was used", "Firefox (Windows)", "127.0.0.1"} {
		if !strings.Contains(p.body, words) {
			t.Errorf("the mail does not say %q:\n%s", words, p.body)
		}
	}
	for _, secret := range codes {
		if strings.Contains(p.body, secret) {
			t.Error("a code is in the mail")
		}
	}
	w.checkSecrets()
}

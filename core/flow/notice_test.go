package flow_test

import (
	"context"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/flow"
)

// User-Agent headers, and what they are called.
const (
	firefox     = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"
	newer       = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
	onWindows   = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0"
	safari      = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15"
	nameWindows = "Firefox (Windows)"
)

// known gives the person an address that is theirs, and a first sign-in with Firefox.
func (w *world) known(name string) {
	w.t.Helper()
	user := *w.user(name)
	user.EmailVerified, user.Profile.Locale = true, "de"
	w.apply(core.UpdateUser{User: user})
	w.using(firefox).authorize("fast").at(flow.PathLogin).signIn(name).grant("fast")
	if n := w.mailsQueued(); n != 0 {
		w.t.Fatalf("%d mails with the first sign-in", n)
	}
	w.now = w.now.Add(time.Minute)
}

func (w *world) using(agent string) *browser {
	b := w.browser()
	b.agent = agent
	return b
}

// Somebody is told once of each browser that is new.
func TestNoticeOfBrowser(t *testing.T) {
	w := newWorld(t)
	w.addClient("fast", skipConsent)
	w.known("ann")
	for _, c := range []struct {
		name, agent string
		mails       int
	}{
		{"the same", firefox, 0},
		{"a newer version", newer, 0},
		{"another system", onWindows, 1},
		{"that again", onWindows, 0},
		{"another browser", safari, 1},
		{"one that is not known", "something", 1},
		{"another such", "else", 0},
		{"the first one", firefox, 0},
	} {
		w.using(c.agent).authorize("fast").at(flow.PathLogin).signIn("ann").grant("fast")
		if n := w.mailsQueued(); n != c.mails {
			t.Fatalf("%s: %d mails, want %d", c.name, n, c.mails)
		}
		w.now = w.now.Add(49 * time.Hour)
		if _, err := w.store.Sweep(t.Context(), w.now); err != nil { // neither session nor mail is left
			t.Fatal(err)
		}
	}
}

func TestNoticeSays(t *testing.T) {
	w := newWorld(t)
	w.addClient("fast", func(c *core.Client) { c.SkipConsent, c.DisplayName = true, "Wiki" })
	w.known("ann")
	b := w.using(onWindows).authorize("fast").at(flow.PathLogin)
	w.commits.Store(0)
	b.signIn("ann").grant("fast")
	if n := w.commits.Load(); n != 1 {
		t.Errorf("%d commits, want that of the sign-in alone", n)
	}
	mails, err := w.store.Mails(t.Context(), 10)
	if err != nil || len(mails) != 1 {
		t.Fatal(mails, err)
	}
	if m := mails[0]; m.Template != core.MailNoticeDevice || m.To != "ann@example.org" || m.UserID != w.user("ann").ID || m.Org != "built-in" || m.Locale != "de" {
		t.Errorf("mail %+v", m)
	}
	want := map[string]string{
		"name": "ann", "browser": nameWindows, "address": "192.0.2.1", "time": w.now.Format(time.RFC3339), "client": "Wiki", "link": issuer + "/account/security",
	}
	if got := w.mailed(); !maps.Equal(got, want) {
		t.Errorf("words %v, want %v", got, want)
	}
}

// Nobody is told, and nothing is read for it.
func TestNoNotice(t *testing.T) {
	edit := func(change func(*core.User)) func(*world) {
		return func(w *world) {
			user := *w.user("ann")
			change(&user)
			w.apply(core.UpdateUser{User: user})
		}
	}
	for name, prepare := range map[string]func(*world){
		"address that nobody proved": edit(func(u *core.User) { u.EmailVerified = false }),
		"no address":                 edit(func(u *core.User) { u.Email = "" }),
		"no way to send mails":       func(w *world) { w.mails.ready = false },
		"no mails at all":            func(w *world) { w.Mails = nil },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			w.addClient("fast", skipConsent)
			w.known("ann")
			prepare(w)
			w.browsers.Store(0)
			w.using(safari).authorize("fast").at(flow.PathLogin).signIn("ann").grant("fast")
			if n := w.mailsQueued(); n != 0 || w.browsers.Load() != 0 {
				t.Errorf("%d mails, asked %d times", n, w.browsers.Load())
			}
		})
	}
}

// A provider tells of what its own page saw; a session that is made stronger is no
// sign-in with another browser.
func TestNoticeOfWhichSignIns(t *testing.T) {
	w := newWorld(t)
	w.signsInElsewhere()
	w.addClient("fast", skipConsent)
	w.known("ann")
	w.using(safari).authorize("fast").at(flow.PathLogin).with("hub").returns("hub", "ann").grant("fast")
	if n := w.mailsQueued(); n != 0 {
		t.Errorf("%d mails for a sign-in at a provider", n)
	}
	app, codes := w.enrolApp("ann"), w.enrolCodes("ann")
	b := w.using(onWindows).authorize("fast").at(flow.PathLogin).signIn("ann").at(flow.PathFactor)
	if n := w.mailsQueued(); n != 0 {
		t.Errorf("%d mails before the second factor", n)
	}
	b.types(app).grant("fast")
	if n := w.mailsQueued(); n != 1 || w.mailed()["browser"] != nameWindows {
		t.Errorf("%d mails after it: %v", n, w.mailed())
	}
	w.now = w.now.Add(time.Minute)
	// A recovery code has a notice of its own, which says as much.
	c := w.using("curl/8").authorize("fast").at(flow.PathLogin).signIn("ann").at(flow.PathFactor)
	c.factor(flow.FactorForm{Method: core.MethodRecovery, Code: codes[0]}).grant("fast")
	mails, err := w.store.Mails(t.Context(), 10)
	if err != nil || len(mails) != 2 || mails[0].Template != core.MailNoticeRecovery || w.mailed()["browser"] != "curl" {
		t.Errorf("mails %+v, %v", mails, err)
	}
	if link := w.mailed()["link"]; link != issuer+"/account/security" || strings.Contains(link, "?") {
		t.Errorf("link %q", link)
	}
}

// directory knows ann's password.
type directory struct{ w *world }

func (d directory) SignIn(context.Context, core.PasswordAttempt) (*core.Proof, error) {
	return &core.Proof{
		User: d.w.user("ann"), Method: core.MethodPassword, AMR: []string{core.AMRPassword}, ACR: core.ACROne, Upstream: &core.Upstream{Connector: "hub"},
	}, nil
}

// What a directory checks was typed here: it saw no browser.
func TestNoticeOfDirectory(t *testing.T) {
	w := newWorld(t)
	w.signsInElsewhere()
	w.addClient("fast", skipConsent)
	w.known("ann")
	w.Passwords = directory{w}
	w.using(safari).authorize("fast").at(flow.PathLogin).signIn("ann").grant("fast")
	if n := w.mailsQueued(); n != 1 || w.mailed()["browser"] != "Safari (macOS)" {
		t.Errorf("%d mails: %v", n, w.mailed())
	}
}

// A sign-in of which nobody knows whether to tell does not happen.
func TestNoticeFails(t *testing.T) {
	w := newWorld(t)
	w.addClient("fast", skipConsent)
	w.known("ann")
	b := w.using(safari).authorize("fast").at(flow.PathLogin)
	w.Store = blind{w.Store}
	if out := b.Dispatcher.Login(t.Context(), b.step(), "ann", people["ann"].password, b.from()); out.Error == nil || out.Error.Status != 500 || out.Cookies.SetSession != "" {
		t.Errorf("%+v", out)
	}
}

// blind knows no browsers.
type blind struct{ flow.Store }

func (blind) SignedInWith(context.Context, core.ID, string) (bool, error) {
	return false, context.DeadlineExceeded
}

// Whoever enrols a second factor on the way in may be somebody who knows the password
// alone: its owner is told, as they are of one that is enrolled in a session.
func TestNoticeOfEnrolment(t *testing.T) {
	w := newWorld(t)
	w.addClient("fast", skipConsent)
	w.requireTwo()
	enrol := func(name string) {
		b := w.using(firefox).authorize("fast").at(flow.PathLogin).signIn(name).at(flow.PathEnrol).enrol(flow.EnrolForm{Method: core.MethodTOTP})
		shown := page[*flow.TOTPPage](b)
		b.enrol(flow.EnrolForm{Method: core.MethodTOTP, Seed: shown.Seed, Code: w.appOf(shown.URI).code(), Name: "My phone"})
		page[*flow.CodesPage](b)
	}
	enrol("ann")
	mails, err := w.store.Mails(t.Context(), 10)
	if err != nil || len(mails) != 1 || mails[0].Template != core.MailNoticeAdded || mails[0].To != "ann@example.org" || mails[0].UserID != w.user("ann").ID {
		t.Fatalf("mails %+v, %v", mails, err)
	}
	want := map[string]string{
		"name": "ann", "browser": "Firefox (Linux)", "address": "192.0.2.1", "time": w.now.Format(time.RFC3339), "method": "totp",
		"authenticator": "My phone", "link": issuer + "/account/security",
	}
	if words := w.mailed(); !maps.Equal(words, want) {
		t.Errorf("words %v, want %v", words, want)
	}
	w.mails.ready = false
	enrol("ben")
	if n := w.mailsQueued(); n != 1 {
		t.Errorf("%d mails where none is sent", n)
	}
}

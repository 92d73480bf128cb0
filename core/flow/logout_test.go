package flow_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/flow"
)

// signedIn gives a browser with a session, and an ID token of it.
func signedIn(t *testing.T) (*world, *browser, core.ID) {
	w := newWorld(t)
	w.addClient("fast", skipConsent)
	b := w.browser()
	b.authorize("fast").at(flow.PathLogin).signIn("ann")
	session := b.grant("fast").Grant.SessionID
	w.hints["token"] = flow.Hint{Subject: w.user("ann").ID, SessionID: session, ClientID: "fast"}
	w.events()
	return w, b, session
}

func TestLogoutByHint(t *testing.T) {
	for _, c := range []struct {
		name  string
		pairs []string
		want  string // empty for the page
	}{
		{"hint alone", nil, ""},
		{"hint and state", []string{"state", "s"}, ""},
		{"redirect without state", []string{"post_logout_redirect_uri", "https://fast.example/bye"}, "https://fast.example/bye"},
		{"redirect with state", []string{"post_logout_redirect_uri", "https://fast.example/bye", "state", "a b&c", "client_id", "fast"}, "https://fast.example/bye?state=a+b%26c"},
		{"all parameters", []string{
			"post_logout_redirect_uri", "https://fast.example/bye", "state", "s", "client_id", "fast", "logout_hint", "ben", "ui_locales", "fr-CA de",
		}, "https://fast.example/bye?state=s"},
		{"query of its own", []string{"post_logout_redirect_uri", "https://fast.example/bye?from=us", "state", "s"}, "https://fast.example/bye?from=us&state=s"},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, b, _ := signedIn(t)
			b.logout(append([]string{"id_token_hint", "token"}, c.pairs...)...)
			if b.last.Redirect != c.want {
				t.Errorf("sent to %q, want %q", b.last.Redirect, c.want)
			}
			if c.want == "" {
				page[*flow.SignedOutPage](b)
			}
			if b.session != "" || b.who() != "" {
				t.Error("still signed in")
			}
			w.recorded("signout")
			b.authorize("fast", "prompt", "none").denied("fast", "login_required")
		})
	}
}

// Another session than the hint's is ended only if the person says so; then the
// client that asked gets them back.
func TestLogoutOfAnotherSession(t *testing.T) {
	w, b, _ := signedIn(t)
	b.authorize("fast", "prompt", "login").at(flow.PathLogin).signIn("ben").grant("fast")
	w.events()
	b.logout("id_token_hint", "token", "post_logout_redirect_uri", "https://fast.example/bye", "state", "s")
	if asked := page[*flow.LogoutPage](b); asked.Client.ID != "fast" || asked.User.Name != "ben" {
		t.Errorf("page %+v", asked)
	}
	if b.who() != "ben" || !slices.Equal(b.last.FormTargets, []string{"https://fast.example"}) {
		t.Errorf("signed in as %q, targets %q", b.who(), b.last.FormTargets)
	}
	w.recorded()
	if b.confirm(); b.last.Redirect != "https://fast.example/bye?state=s" || b.who() != "" {
		t.Errorf("sent to %q, signed in as %q", b.last.Redirect, b.who())
	}
	w.recorded("signout")
}

func TestLogoutOfNobody(t *testing.T) {
	w, b, _ := signedIn(t)
	other := w.browser()
	other.logout("id_token_hint", "token", "post_logout_redirect_uri", "https://fast.example/bye")
	if other.last.Redirect != "https://fast.example/bye" {
		t.Errorf("got %+v", other.last)
	}
	page[*flow.SignedOutPage](other.logout())
	if b.who() != "ann" {
		t.Error("a browser without the session ended it")
	}
	w.recorded()
}

func TestConfirmLogout(t *testing.T) {
	w, b, _ := signedIn(t)
	b.logout()
	step := b.step()
	ben := w.browser().authorize("fast").at(flow.PathLogin).signIn("ben")
	w.events()
	for name, forged := range map[string]string{"nothing": "", "another session": step, "part": step[:strings.Index(step, ".")]} {
		if ben.got(ben.ConfirmLogout(t.Context(), forged, ben.from())).shown("step_forged"); ben.who() != "ben" {
			t.Errorf("87 %s: signed out", name)
		}
		w.recorded("step.refused step_forged")
	}
	w.now = w.now.Add(30 * time.Minute)
	b.got(b.ConfirmLogout(t.Context(), step, b.from())).shown("request_expired")
	w.recorded("step.refused request_expired")
	b.logout().confirm()
	page[*flow.SignedOutPage](b)
	w.recorded("signout")
	b.got(b.ConfirmLogout(t.Context(), step, b.from()))
	page[*flow.SignedOutPage](b)
	w.recorded()
}

// Whose page it is, in which language and for whom, goes with every outcome.
func TestAudience(t *testing.T) {
	w, b, _ := signedIn(t)
	b.logout("client_id", "fast", "ui_locales", "fr-CA de")
	if a := b.last.For; !slices.Equal(a.Locales, []string{"fr-CA", "de"}) || a.Person == nil || a.Person.Name != "ann" || a.Org == "" {
		t.Errorf("signing out: %+v", a)
	}
	b = w.browser()
	b.authorize("fast", "ui_locales", "pt-BR")
	if a := b.last.For; !slices.Equal(a.Locales, []string{"pt-BR"}) || a.Person != nil || a.Org == "" {
		t.Errorf("signing in: %+v", a)
	}
	b.authorize("nobody", "ui_locales", "pt-BR")
	if a := b.last.For; b.last.Error == nil || a.Person != nil || a.Org != "" {
		t.Errorf("unknown client: %+v", a)
	}
}

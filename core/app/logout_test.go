package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

// logoutURL is a request to sign out: name and value in turn.
func (w *world) logoutURL(pairs ...string) string {
	values := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	return w.issuer + oauth.PathEndSession + "?" + values.Encode()
}

// TestLogoutByClient: OpenID Connect RP-Initiated Logout 1.0 section 2, with every
// parameter, by GET and by POST, with ID tokens that have long expired.
func TestLogoutByClient(t *testing.T) {
	w := newWorld(t)
	w.user("alice")
	rp := w.register("wiki", func(c *core.Client) { c.PostLogoutRedirectURIs = []string{theFarewell} })
	const state = "a state of the longest that the conformance suite sends: 0123456789012345678901234567890123456789012345678901234567890123"
	want := theFarewell + "?" + url.Values{"state": {state}}.Encode()
	for name, send := range map[string]func(b *browser, target string) *page{
		"get": func(b *browser, target string) *page { return b.get(target) },
		"post": func(b *browser, target string) *page {
			to, query, _ := strings.Cut(target, "?")
			form, err := url.ParseQuery(query)
			if err != nil {
				t.Fatal(err)
			}
			b.header.Set("Origin", "https://rp.example")
			b.header.Set("Sec-Fetch-Site", "cross-site")
			return b.post(to, form)
		},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBrowser(t, w.issuer)
			hint := rp.redeem(rp.code(b, "alice")).text("id_token")
			w.clock.advance(11 * time.Hour)
			if !b.signedIn() {
				t.Fatal("the session is over")
			}
			p := send(b, w.logoutURL("id_token_hint", hint, "client_id", rp.client.ID, "post_logout_redirect_uri", theFarewell,
				"state", state, "logout_hint", "alice", "ui_locales", "de fr-CA"))
			if p.location == nil || p.location.String() != want || b.signedIn() {
				t.Errorf("status %d, to %v, want %s", p.status, p.location, want)
			}
			silent := b.get(rp.authorizeURL("prompt", "none"))
			if silent.location == nil || silent.location.Query().Get("error") != "login_required" {
				t.Errorf("prompt=none is answered with %v", silent.location)
			}
			// The hint still tells where to go when nobody is signed in.
			again := send(b, w.logoutURL("id_token_hint", hint, "post_logout_redirect_uri", theFarewell))
			if again.location == nil || again.location.String() != theFarewell {
				t.Errorf("the second time: status %d, to %v", again.status, again.location)
			}
		})
	}
	w.checkSecrets()
}

// TestLogoutAsked: without an ID token the person is asked, and comes to our own page.
func TestLogoutAsked(t *testing.T) {
	w := newWorld(t)
	w.user("alice")
	rp := w.register("wiki", func(c *core.Client) { c.PostLogoutRedirectURIs = []string{theFarewell} })
	for name, pairs := range map[string][]string{
		"no parameters": nil,
		"state alone":   {"state", "s"},
		"client":        {"client_id", rp.client.ID, "ui_locales", "de"},
		"hints":         {"logout_hint", "alice", "ui_locales", "xx"},
	} {
		b := newBrowser(t, w.issuer)
		rp.code(b, "alice")
		asks := b.get(w.logoutURL(pairs...))
		if !asks.has("logout") || !b.signedIn() {
			t.Errorf("%s: status %d", name, asks.status)
		}
		if named := strings.Contains(asks.body, "wiki"); named != (name == "client") {
			t.Errorf("%s: the client is named: %t", name, named)
		}
		if done := asks.press("logout", nil); done.status != http.StatusOK || done.location != nil || !done.has("signin") || b.signedIn() {
			t.Errorf("%s: status %d, to %v", name, done.status, done.location)
		}
	}
	b := newBrowser(t, w.issuer)
	rp.code(b, "alice")
	if p := b.get(w.logoutURL("logout_hint", "alice") + "&logout_hint=alice"); p.status != http.StatusBadRequest || !b.signedIn() {
		t.Errorf("a parameter twice: status %d", p.status)
	}
}

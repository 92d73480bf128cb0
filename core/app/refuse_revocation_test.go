package app_test

import (
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/core/store/sqlite"
)

// 61: revocation (RFC 7009).

func revocationRefusals() []refusal {
	bad := func(name string, status int, code, reason string, change func(f *family, c *tokenCall)) refusal {
		return refusal{name, func(t *testing.T, w *world) {
			f := newFamily(t, w, "web")
			c := f.rp.callRevoke(f.token())
			change(f, c)
			w.refuses(c, status, code, reason)
			w.serves(f.set.text("access_token"))
			f.rotate()
		}}
	}
	const invalid, client = "invalid_request", "invalid_client"
	return []refusal{
		{"061_token_of_another_client", foreignRevocation},
		{"061_store_fails", revocationWithoutStore},
		bad("061_unauthenticated", http.StatusUnauthorized, client, "client_auth_missing", func(_ *family, c *tokenCall) { c.header.Del("Authorization") }),
		bad("061_by_name_alone", http.StatusUnauthorized, client, "client_auth_method", func(f *family, c *tokenCall) {
			c.header.Del("Authorization")
			c.form.Set("client_id", f.rp.client.ID)
		}),
		bad("061_with_wrong_secret", http.StatusUnauthorized, client, "client_secret_wrong", func(f *family, c *tokenCall) {
			c.header.Set("Authorization", basic(f.rp.client.ID, "wrong"))
		}),
		bad("061_no_token", http.StatusBadRequest, invalid, "no_token", func(_ *family, c *tokenCall) { c.form.Del("token") }),
		bad("061_two_tokens", http.StatusBadRequest, invalid, "parameter_repeated", func(f *family, c *tokenCall) { c.form.Add("token", f.token()) }),
		bad("061_token_in_the_query", http.StatusBadRequest, invalid, "parameters_in_query", func(_ *family, c *tokenCall) { c.query = "token=x" }),
		bad("061_JSON", http.StatusBadRequest, invalid, "", func(f *family, c *tokenCall) {
			c.header.Set("Content-Type", "application/json")
			c.body = `{"token":"` + f.token() + `"}`
		}),
		bad("061_ID_token", http.StatusBadRequest, "unsupported_token_type", "unsupported_token_type", func(f *family, c *tokenCall) {
			c.form.Set("token", f.set.text("id_token"))
		}),
	}
}

// callRevoke makes a good revocation request.
func (rp *relyingParty) callRevoke(token string) *tokenCall {
	c := rp.call(url.Values{"token": {token}})
	c.path = oauth.PathRevoke
	return c
}

// revoked checks a success: status 200, and nothing that could tell what it was.
func (a answer) revoked(t *testing.T) {
	t.Helper()
	if a.status != http.StatusOK || len(a.body) != 0 || a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("status %d, %v: %s", a.status, a.header, a.body)
	}
}

func foreignRevocation(t *testing.T, w *world) {
	f := newFamily(t, w, "web")
	other, spa := w.register("other", nil), w.registerPreset("spa", "spa", nil)
	for _, rp := range []*relyingParty{other, spa} {
		for _, token := range []string{f.token(), f.set.text("access_token")} {
			w.recorded(core.EventTokenRefused, "token_of_other_client", func() { w.send(rp.callRevoke(token)).revoked(t) })
		}
	}
	w.serves(f.set.text("access_token"))
	f.rotate()
}

// revocationWithoutStore has a database that takes no revocation: the client must hear that
// the token still works (CVE-2020-15223).
func revocationWithoutStore(t *testing.T, w *world) {
	f := newFamily(t, w, "web")
	c, err := sqlite.Open(filepath.Join(w.dir, "postern.db"))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, statement := range []string{
		`CREATE TRIGGER no_revoke BEFORE UPDATE OF revoked_at ON grants BEGIN SELECT RAISE(ABORT, 'no'); END`,
		`CREATE TRIGGER no_delete BEFORE DELETE ON access_tokens BEGIN SELECT RAISE(ABORT, 'no'); END`,
	} {
		if _, err := c.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	for _, token := range []string{f.token(), f.set.text("access_token")} {
		w.recorded(core.EventTokenRefused, "server_error", func() {
			a := w.send(f.rp.callRevoke(token))
			a.isRefusal(t, http.StatusServiceUnavailable, "temporarily_unavailable")
			if a.header.Get("Retry-After") == "" {
				t.Errorf("%v", a.header)
			}
		})
	}
	w.serves(f.set.text("access_token"))
	f.rotate()
}

func TestRevocation(t *testing.T) {
	t.Parallel()
	for _, preset := range []string{"web", "spa"} {
		w := newWorld(t)
		f := newFamily(t, w, preset)
		if document := w.resource(oauth.PathDiscovery, ""); document.text("revocation_endpoint") != w.issuer+"/api/login/oauth/revoke" {
			t.Errorf("discovery: %s", document.body)
		}
		// An access token alone.
		first := f.set.text("access_token")
		f.rotate()
		w.recorded(core.EventTokenRevoked, "", func() { w.send(f.rp.callRevoke(first)).revoked(t) })
		w.deniesAccess(first, "unknown_token")
		w.serves(f.set.text("access_token"))
		// A refresh token with all that hangs on it; again is no error.
		used := f.rotate()
		w.recorded(core.EventTokenRevoked, "", func() { w.send(f.rp.callRevoke(used)).revoked(t) })
		f.dead()
		w.send(f.rp.callRevoke(used)).revoked(t)
		w.send(f.rp.callRevoke("nothing")).revoked(t)
		w.restart()
		w.clock.advance(time.Second)
		f.dead()
		if p := f.browser.get("/account"); !p.has("account") && !strings.Contains(p.body, "alice") {
			t.Errorf("the browser is signed out: status %d at %s", p.status, p.url)
		}
		w.checkSecrets()
	}
}

package app_test

import (
	"net/http"
	"testing"

	"github.com/postern-id/postern/core"
)

// mod_auth_openidc, the relying party of Apache, against a running server.

// checkTold holds what the application behind Apache is told of alice.
func checkTold(t *testing.T, told http.Header, alice *core.User) {
	t.Helper()
	for name, want := range map[string]string{
		"OIDC_CLAIM_sub": string(alice.ID), "OIDC_CLAIM_email": alice.Email, "OIDC_CLAIM_email_verified": "1",
		"OIDC_CLAIM_given_name": alice.Profile.GivenName, "OIDC_CLAIM_preferred_username": alice.Name,
		"Environment-Subject": string(alice.ID), "Environment-User": alice.Name,
	} {
		if got := told.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestApache(t *testing.T) {
	w := newWorld(t)
	alice := w.user("alice")
	for _, test := range []struct {
		name, alg string
		lines     []string
	}{
		{"basic", "RS256", []string{"OIDCProviderTokenEndpointAuth client_secret_basic"}},
		{"post", "RS256", []string{"OIDCProviderTokenEndpointAuth client_secret_post"}},
		{"ES256", "ES256", []string{"OIDCIDTokenSignedResponseAlg ES256"}},
		{"PS256", "PS256", []string{"OIDCIDTokenSignedResponseAlg PS256"}},
		{"form_post", "RS256", []string{"OIDCResponseMode form_post"}},
		{"by POST", "RS256", []string{"OIDCUserInfoTokenMethod post_param"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			site := w.newApache(t, func(_ *apacheSite, c *core.Client) { c.IDTokenAlg = test.alg }, func(*apacheSite) []string { return test.lines })
			server := newBrowser(t, w.issuer)
			told := site.enter(w, server)
			checkTold(t, told, alice)
			checkApacheRefresh(t, w, site, told, alice)
			checkApacheLogout(t, site, server)
		})
	}
	w.checkSecrets()
}

// checkApacheRefresh has the module use its refresh token, twice.
func checkApacheRefresh(t *testing.T, w *world, site *apacheSite, told http.Header, alice *core.User) {
	t.Helper()
	for range 2 {
		access, refresh := told.Get("OIDC_access_token"), told.Get("OIDC_refresh_token")
		if access == "" || refresh == "" {
			t.Fatalf("no tokens: %v", told)
		}
		told = site.get(site.command("refresh", site.address+"/app/", "access_token", access)).told()
		w.hide(told.Get("OIDC_access_token"), told.Get("OIDC_refresh_token"))
		if told.Get("OIDC_access_token") == access || told.Get("OIDC_refresh_token") == refresh {
			t.Error("the tokens did not rotate")
		}
		checkTold(t, told, alice)
	}
}

// checkApacheLogout signs out at the site, which has the server sign out and gets the
// person back.
func checkApacheLogout(t *testing.T, site *apacheSite, server *browser) {
	t.Helper()
	leaving := site.get(site.command("logout", site.address+"/out"))
	if leaving.location == nil {
		t.Fatalf("it does not go to the server: status %d:\n%s", leaving.status, leaving.body)
	}
	p := server.get(leaving.location.String())
	if p.location == nil || p.location.String() != site.address+"/out" {
		t.Errorf("signed out: status %d, to %v:\n%s", p.status, p.location, p.body)
	}
	if site.signedIn() {
		t.Error("the site still knows alice")
	}
	if p := server.get(site.get("/app/").location.String()); !p.has("login") {
		t.Errorf("after the sign-out: status %d at %s", p.status, p.url)
	}
}

package connectortest_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/plugins/connectortest"
	"github.com/postern-id/postern/sdk/hook"
)

// gitlab is the discovery document of a GitLab at a host, without what nobody here reads.
func gitlab(host string) string {
	return strings.ReplaceAll(`{
	"issuer": "https://HOST",
	"authorization_endpoint": "https://HOST/oauth/authorize",
	"token_endpoint": "https://HOST/oauth/token",
	"revocation_endpoint": "https://HOST/oauth/revoke",
	"introspection_endpoint": "https://HOST/oauth/introspect",
	"userinfo_endpoint": "https://HOST/oauth/userinfo",
	"jwks_uri": "https://HOST/oauth/discovery/keys",
	"scopes_supported": ["api", "read_api", "read_user", "openid", "profile", "email"],
	"response_types_supported": ["code"],
	"response_modes_supported": ["query", "fragment", "form_post"],
	"grant_types_supported": ["authorization_code", "password", "client_credentials", "device_code", "refresh_token"],
	"token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
	"subject_types_supported": ["public"],
	"id_token_signing_alg_values_supported": ["RS256"],
	"claim_types_supported": ["normal"],
	"claims_supported": ["iss", "sub", "aud", "exp", "iat", "sub_legacy", "name", "nickname", "preferred_username", "email", "email_verified", "website", "profile", "picture", "groups", "groups_direct"],
	"code_challenge_methods_supported": ["plain", "S256"]
}`, "HOST", host)
}

func newGitLab(t *testing.T, host string) (*connectortest.World, *connectortest.OpenID, connectortest.Instance) {
	t.Helper()
	w := connectortest.New(t)
	p := w.OpenID("https://"+host+"/.well-known/openid-configuration", gitlab(host))
	p.Claims = map[string]any{
		"sub": "574", "auth_time": time.Now().Add(-time.Hour).Unix(), "sub_legacy": "90a9", "name": "Jane Doe", "nickname": "jane", "preferred_username": "jane",
		"email": "jane@example.com", "email_verified": true, "profile": "https://" + host + "/jane", "picture": "https://" + host + "/uploads/avatar.png",
		"groups_direct": []string{"example/staff"},
	}
	p.UserInfo = map[string]any{
		"sub": "574", "sub_legacy": "90a9", "name": "Jane Doe", "nickname": "jane", "preferred_username": "jane", "email": "jane@example.com", "email_verified": true,
		"groups": []string{"example/staff", "example/staff/it"}, "https://gitlab.org/claims/groups/owner": []string{"example/staff"},
	}
	p.Token = map[string]any{"created_at": time.Now().Unix(), "refresh_token": "8257e65c97202ed1726cf9571600918f3bffb2544b26e00a61df9897668c33a1"}
	p.Refuse = func(rw http.ResponseWriter, code string) {
		status := http.StatusBadRequest
		if code == "invalid_client" {
			status = http.StatusUnauthorized
		}
		connectortest.Send(rw, status, "application/json; charset=utf-8", `{"error":"`+code+`","error_description":"Client authentication failed due to unknown client, no client authentication included, or unsupported authentication method."}`)
	}
	return w, p, connectortest.Instance{
		Plugin: "gitlab", Settings: `{"client_id":"client"}`,
		Grants: []string{"oidc.exchange " + host}, Secrets: map[string]string{"client_secret": p.ClientSecret},
	}
}

func TestGitLab(t *testing.T) {
	w, _, i := newGitLab(t, "gitlab.com")
	s := w.SignIn(i, hook.LoginInput{Prompt: "select_account"})
	who := identity(t, s)
	if who.Subject != "574" || who.Name != "jane" || !who.EmailVerified || strings.Join(who.Groups, " ") != "example/staff example/staff/it" {
		t.Errorf("got %+v", who)
	}
	if s.Asked.Get("prompt") != "login" || s.Asked.Has("max_age") {
		t.Errorf("asked %v", s.Asked)
	}
}

func TestGitLabOfOnesOwn(t *testing.T) {
	w, _, i := newGitLab(t, "git.example.com")
	i.Settings = `{"client_id":"client","issuer":"https://git.example.com","groups":"owner","allowed_groups":["example/staff"]}`
	if who := identity(t, w.SignIn(i, hook.LoginInput{})); strings.Join(who.Groups, " ") != "example/staff" {
		t.Errorf("got %+v", who)
	}
	i.Settings = `{"client_id":"client","issuer":"https://git.example.com","groups":"owner","allowed_groups":["example/staff/it"]}`
	if s := w.SignIn(i, hook.LoginInput{}); s.Output == nil || !s.Output.Deny {
		t.Errorf("got %v, %+v", s.Err, s.Output)
	}
	i.Settings = `{"client_id":"client","issuer":"https://<host>"}`
	failed(t, w.SignIn(i, hook.LoginInput{}), "settings.issuer must be written like")
}

func TestGitLabRefuses(t *testing.T) {
	w, p, i := newGitLab(t, "gitlab.com")
	p.ClientSecret = "another"
	failed(t, w.SignIn(i, hook.LoginInput{}), "gitlab.com refuses the code: invalid_client")
	w, p, i = newGitLab(t, "gitlab.com")
	p.UserInfo = map[string]any{"sub": "575"}
	failed(t, w.SignIn(i, hook.LoginInput{}), "about somebody else")
	// Whoever is not signed in at GitLab's end sees a page of GitLab; whoever gives up
	// there comes back with an error, which the host reads.
	w, p, i = newGitLab(t, "gitlab.com")
	p.Decide = func(url.Values) url.Values { return url.Values{"error": {"access_denied"}} }
	failed(t, w.SignIn(i, hook.LoginInput{}), "the code was exchanged already")
}

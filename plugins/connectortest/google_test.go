package connectortest_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/postern-id/postern/plugins/connectortest"
	"github.com/postern-id/postern/sdk/hook"
)

// google is Google's discovery document.
const google = `{
	"issuer": "https://accounts.google.com",
	"authorization_endpoint": "https://accounts.google.com/o/oauth2/v2/auth",
	"device_authorization_endpoint": "https://oauth2.googleapis.com/device/code",
	"token_endpoint": "https://oauth2.googleapis.com/token",
	"userinfo_endpoint": "https://openidconnect.googleapis.com/v1/userinfo",
	"revocation_endpoint": "https://oauth2.googleapis.com/revoke",
	"jwks_uri": "https://www.googleapis.com/oauth2/v3/certs",
	"response_types_supported": ["code", "token", "id_token", "code token", "code id_token", "token id_token", "code token id_token", "none"],
	"subject_types_supported": ["public"],
	"id_token_signing_alg_values_supported": ["RS256"],
	"scopes_supported": ["openid", "email", "profile"],
	"token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
	"claims_supported": ["aud", "email", "email_verified", "exp", "family_name", "given_name", "iat", "iss", "name", "picture", "sub"],
	"code_challenge_methods_supported": ["plain", "S256"]
}`

func newGoogle(t *testing.T) (*connectortest.World, *connectortest.OpenID, connectortest.Instance) {
	t.Helper()
	w := connectortest.New(t)
	p := w.OpenID("https://accounts.google.com/.well-known/openid-configuration", google)
	p.Callback = url.Values{"scope": {"email profile openid"}, "authuser": {"0"}, "hd": {"example.com"}, "prompt": {"none"}}
	p.Claims = map[string]any{
		"azp": "client", "sub": "10769150350006150715113082367", "hd": "example.com", "email": "jsmith@example.com", "email_verified": true,
		"name": "Jane Smith", "given_name": "Jane", "family_name": "Smith", "picture": "https://lh3.googleusercontent.com/a/x=s96-c",
	}
	p.Refuse = func(rw http.ResponseWriter, code string) {
		connectortest.Send(rw, http.StatusBadRequest, "application/json; charset=utf-8", `{"error":"`+code+`","error_description":"Bad Request"}`)
	}
	return w, p, connectortest.Instance{
		Plugin: "google", Settings: `{"client_id":"client","hosted_domains":["example.com"]}`,
		Grants: []string{"oidc.exchange accounts.google.com"}, Secrets: map[string]string{"client_secret": p.ClientSecret},
	}
}

func TestGoogle(t *testing.T) {
	w, p, i := newGoogle(t)
	s := w.SignIn(i, hook.LoginInput{LoginHint: "jsmith@example.com"})
	who := identity(t, s)
	if who.Subject != "10769150350006150715113082367" || who.Email != "jsmith@example.com" || !who.EmailVerified || who.Name != "" || who.DisplayName != "Jane Smith" {
		t.Errorf("got %+v", who)
	}
	if s.Asked.Get("hd") != "example.com" || s.Asked.Get("prompt") != "select_account" || s.Asked.Get("login_hint") != "jsmith@example.com" {
		t.Errorf("asked %v", s.Asked)
	}
	if asked := w.Requests("https://openidconnect.googleapis.com/v1/userinfo"); len(asked) != 0 {
		t.Errorf("UserInfo was asked %d times, and the ID token has it all", len(asked))
	}
	if form := p.Redeemed()[0].Form; form.Get("client_secret") != p.ClientSecret {
		t.Errorf("the token request was %v", form)
	}
}

// TestGoogleHostedDomain holds that the claim decides, not what the browser brings.
func TestGoogleHostedDomain(t *testing.T) {
	for name, hd := range map[string]any{"personal": nil, "another": "evil.example", "a list": []string{"example.com"}} {
		w, p, i := newGoogle(t)
		p.Claims["hd"] = hd
		s := w.SignIn(i, hook.LoginInput{})
		if s.Err != nil || s.Output == nil || !s.Output.Deny || s.Output.Reason == "" {
			t.Errorf("%s: %v, %+v", name, s.Err, s.Output)
		}
	}
}

func TestGoogleRefuses(t *testing.T) {
	w, p, i := newGoogle(t)
	p.ClientSecret = "another"
	failed(t, w.SignIn(i, hook.LoginInput{}), "oauth2.googleapis.com refuses the code: invalid_client Bad Request")
	w, p, i = newGoogle(t)
	p.Claims["iss"] = "accounts.google.com"
	failed(t, w.SignIn(i, hook.LoginInput{}), "the ID token of accounts.google.com")
}

package connectortest_test

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/postern-id/postern/plugins/connectortest"
	"github.com/postern-id/postern/sdk/hook"
)

// apple is Apple's discovery document.
const apple = `{
	"issuer": "https://appleid.apple.com",
	"authorization_endpoint": "https://appleid.apple.com/auth/authorize",
	"token_endpoint": "https://appleid.apple.com/auth/token",
	"revocation_endpoint": "https://appleid.apple.com/auth/revoke",
	"jwks_uri": "https://appleid.apple.com/auth/keys",
	"response_types_supported": ["code"],
	"response_modes_supported": ["query", "fragment", "form_post"],
	"subject_types_supported": ["pairwise"],
	"id_token_signing_alg_values_supported": ["RS256"],
	"scopes_supported": ["openid", "email", "name"],
	"token_endpoint_auth_methods_supported": ["client_secret_post"],
	"claims_supported": ["aud", "email", "email_verified", "exp", "iat", "is_private_email", "iss", "nonce", "nonce_supported", "real_user_status", "sub", "transfer_sub"]
}`

const posted = `{"name":{"firstName":"Jane","lastName":"Doe"},"email":"victim@example.com"}`

func newApple(t *testing.T) (*connectortest.World, *connectortest.OpenID, connectortest.Instance) {
	t.Helper()
	w := connectortest.New(t)
	p := w.OpenID("https://appleid.apple.com/.well-known/openid-configuration", apple)
	key := connectortest.NewKey(t)
	p.ClientID = "com.example.signin"
	p.Callback = url.Values{"user": {posted}}
	p.Claims = map[string]any{
		"sub": "001234.a0b1c2d3e4f5a0b1c2d3e4f5a0b1c2d3.1234", "email": "x7f2k9@privaterelay.appleid.com", "email_verified": "true",
		"is_private_email": "true", "auth_time": time.Now().Unix(), "nonce_supported": true, "real_user_status": 2,
	}
	p.Token = map[string]any{"token_type": "bearer", "scope": nil, "refresh_token": "r1234"}
	p.Authenticate = func(r *http.Request, form url.Values) bool { return isApplesSecret(key, r, form) }
	p.Refuse = func(rw http.ResponseWriter, code string) {
		connectortest.Send(rw, http.StatusBadRequest, "application/json;charset=ISO8859-1", `{"error":"`+code+`"}`)
	}
	// Apple takes a request for a name or an address only if it may post the answer.
	p.Decide = func(asked url.Values) url.Values {
		if asked.Get("scope") != "openid" && asked.Get("response_mode") != "form_post" {
			return url.Values{"error": {"invalid_request"}}
		}
		return nil
	}
	return w, p, connectortest.Instance{
		Plugin: "apple", Settings: `{"client_id":"com.example.signin","team_id":"TEAM123456","key_id":"KEY1234567"}`,
		Grants: []string{"oidc.exchange appleid.apple.com"}, Secrets: map[string]string{"private_key": key.PEM},
	}
}

// isApplesSecret holds a client secret to what Apple documents of it.
func isApplesSecret(key *connectortest.Key, r *http.Request, form url.Values) bool {
	header, claims, signed := key.Read(form.Get("client_secret"))
	if !signed || r.Header.Get("Authorization") != "" || form.Get("client_id") != "com.example.signin" {
		return false
	}
	issued, _ := claims["iat"].(float64)
	expires, _ := claims["exp"].(float64)
	now := float64(time.Now().Unix())
	const sixMonths = 15777000
	return header["kid"] == "KEY1234567" && claims["iss"] == "TEAM123456" && claims["sub"] == "com.example.signin" && claims["aud"] == "https://appleid.apple.com" &&
		issued <= now+5 && expires > now && expires-issued <= sixMonths
}

func TestApple(t *testing.T) {
	w, _, i := newApple(t)
	s := w.SignIn(i, hook.LoginInput{LoginHint: "jane", Prompt: "login"})
	who := identity(t, s)
	if who.Subject != "001234.a0b1c2d3e4f5a0b1c2d3e4f5a0b1c2d3.1234" || who.Email != "x7f2k9@privaterelay.appleid.com" || !who.EmailVerified || who.DisplayName != "Jane Doe" {
		t.Errorf("got %+v", who)
	}
	if private, _ := who.Attributes.Get("private_email"); private.Text() != "true" {
		t.Errorf("got %+v", who.Attributes)
	}
	if !s.Posted || s.Asked.Get("scope") != "openid name email" || s.Asked.Has("prompt") || s.Asked.Has("login_hint") {
		t.Errorf("posted: %v, asked %v", s.Posted, s.Asked)
	}
}

// TestAppleAgain holds that whoever comes again is the same person without a name, and
// that the posted address is nobody's.
func TestAppleAgain(t *testing.T) {
	w, p, i := newApple(t)
	p.Callback = nil
	if who := identity(t, w.SignIn(i, hook.LoginInput{})); who.DisplayName != "" || who.Email != "x7f2k9@privaterelay.appleid.com" {
		t.Errorf("got %+v", who)
	}
	p.Callback = url.Values{"user": {posted}}
	p.Claims["email"], p.Claims["email_verified"], p.Claims["is_private_email"] = nil, nil, nil
	if who := identity(t, w.SignIn(i, hook.LoginInput{})); who.Email != "" || who.EmailVerified {
		t.Errorf("got %+v", who)
	}
}

func TestAppleWithoutNames(t *testing.T) {
	w, p, i := newApple(t)
	p.Callback = nil
	i.Settings = `{"client_id":"com.example.signin","team_id":"TEAM123456","key_id":"KEY1234567","scopes":[]}`
	s := w.SignIn(i, hook.LoginInput{})
	identity(t, s)
	if s.Posted || s.Asked.Has("response_mode") {
		t.Errorf("posted: %v, asked %v", s.Posted, s.Asked)
	}
}

func TestAppleRefuses(t *testing.T) {
	w, _, i := newApple(t)
	i.Secrets = map[string]string{"private_key": connectortest.NewKey(t).PEM}
	failed(t, w.SignIn(i, hook.LoginInput{}), "appleid.apple.com refuses the code: invalid_client")
	i.Secrets = map[string]string{"private_key": "no key"}
	failed(t, w.SignIn(i, hook.LoginInput{}), "private_key")
	w, _, i = newApple(t)
	i.Settings = `{"client_id":"com.example.signin","team_id":"TEAM123456","key_id":"OTHER12345"}`
	failed(t, w.SignIn(i, hook.LoginInput{}), "invalid_client")
	i.Settings = `{"client_id":"com.example.signin","team_id":"team","key_id":"KEY1234567"}`
	failed(t, w.SignIn(i, hook.LoginInput{}), "settings.team_id must be written like")
	w, p, i := newApple(t)
	p.Claims["nonce"] = "another"
	failed(t, w.SignIn(i, hook.LoginInput{}), "nonce is not of this sign-in")
	// In June 2025 Apple's document named another issuer for a day; nobody was to be
	// signed in on that.
	p.Claims["nonce"], p.Claims["iss"] = nil, "https://account.apple.com"
	failed(t, w.SignIn(i, hook.LoginInput{}), "the ID token of appleid.apple.com")
}

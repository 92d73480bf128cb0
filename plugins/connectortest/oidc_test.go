package connectortest_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core/jose"
	"github.com/postern-id/postern/plugins/connectortest"
	"github.com/postern-id/postern/sdk/hook"
)

// keycloak is a discovery document of Keycloak 26, without what nobody here reads.
const keycloak = `{
	"issuer": "https://sso.example.com/realms/corp",
	"authorization_endpoint": "https://sso.example.com/realms/corp/protocol/openid-connect/auth",
	"token_endpoint": "https://sso.example.com/realms/corp/protocol/openid-connect/token",
	"userinfo_endpoint": "https://sso.example.com/realms/corp/protocol/openid-connect/userinfo",
	"end_session_endpoint": "https://sso.example.com/realms/corp/protocol/openid-connect/logout",
	"jwks_uri": "https://sso.example.com/realms/corp/protocol/openid-connect/certs",
	"grant_types_supported": ["authorization_code", "refresh_token"],
	"response_types_supported": ["code", "none", "id_token"],
	"subject_types_supported": ["public", "pairwise"],
	"id_token_signing_alg_values_supported": ["PS384", "RS384", "EdDSA", "ES384", "HS256", "HS512", "ES256", "RS256", "HS384", "ES512", "PS256", "PS512", "RS512"],
	"response_modes_supported": ["query", "fragment", "form_post"],
	"token_endpoint_auth_methods_supported": ["private_key_jwt", "client_secret_basic", "client_secret_post", "tls_client_auth", "client_secret_jwt"],
	"authorization_response_iss_parameter_supported": true,
	"code_challenge_methods_supported": ["plain", "S256"]
}`

func newKeycloak(t *testing.T) (*connectortest.World, *connectortest.OpenID, connectortest.Instance) {
	t.Helper()
	w := connectortest.New(t)
	p := w.OpenID("https://sso.example.com/realms/corp/.well-known/openid-configuration", keycloak)
	p.Callback = url.Values{"session_state": {"8e6a"}, "iss": {"https://sso.example.com/realms/corp"}}
	p.Claims = map[string]any{
		"sub": "f8d2a3c1-3b0e-4c1c-9a57-0b2c1b6d2a11", "typ": "ID", "azp": "client", "acr": "1", "auth_time": time.Now().Unix(),
		"preferred_username": "jane", "email": "jane@example.com", "email_verified": true, "name": "Jane Doe",
	}
	p.UserInfo = map[string]any{"sub": "f8d2a3c1-3b0e-4c1c-9a57-0b2c1b6d2a11", "groups": []string{"/staff", "/staff/it"}}
	return w, p, connectortest.Instance{
		Plugin: "oidc", Settings: `{"issuer":"https://sso.example.com/realms/corp","client_id":"client"}`,
		Grants: []string{"oidc.exchange sso.example.com"}, Secrets: map[string]string{"client_secret": p.ClientSecret},
	}
}

// identity gives who signed in, or fails the test.
func identity(t *testing.T, s *connectortest.SignIn) *hook.Identity {
	t.Helper()
	if s.Err != nil || s.Output == nil || s.Output.Identity == nil {
		t.Fatalf("nobody signed in: %v, %+v", s.Err, s.Output)
	}
	return s.Output.Identity
}

// failed holds that nobody signed in, for a reason.
func failed(t *testing.T, s *connectortest.SignIn, why string) {
	t.Helper()
	if s.Err == nil || !strings.Contains(s.Err.Error(), why) || s.Output != nil {
		t.Errorf("got %v, %+v; want %q", s.Err, s.Output, why)
	}
}

func TestOIDC(t *testing.T) {
	w, p, i := newKeycloak(t)
	s := w.SignIn(i, hook.LoginInput{LoginHint: "jane", Prompt: "login", UILocales: []string{"de"}})
	who := identity(t, s)
	if who.Subject != "f8d2a3c1-3b0e-4c1c-9a57-0b2c1b6d2a11" || who.Name != "jane" || !who.EmailVerified || strings.Join(who.Groups, " ") != "/staff /staff/it" || who.ACR != "1" {
		t.Errorf("got %+v", who)
	}
	for name, want := range map[string]string{"scope": "openid profile email", "login_hint": "jane", "prompt": "login", "max_age": "0", "ui_locales": "de", "client_id": "client"} {
		if got := s.Asked.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	if s.Tokens.Access != p.AccessToken() || s.Tokens.EndSession != "https://sso.example.com/realms/corp/protocol/openid-connect/logout" {
		t.Errorf("the host got %+v", s.Tokens)
	}
	if len(p.Redeemed()) != 1 {
		t.Errorf("%d codes were redeemed", len(p.Redeemed()))
	}
}

// TestOIDCRefusesWhatDoesNotHold holds that a connector signs nobody in on a wrong answer
// of the provider, whatever is wrong with it.
func TestOIDCRefusesWhatDoesNotHold(t *testing.T) {
	for name, test := range map[string]struct {
		wrong func(w *connectortest.World, p *connectortest.OpenID, i *connectortest.Instance)
		why   string
	}{
		"another key": {func(w *connectortest.World, p *connectortest.OpenID, _ *connectortest.Instance) {
			p.Key = w.Ring(jose.RS256)
		}, "the ID token"},
		"another issuer": {claim("iss", "https://sso.example.com/realms/other"), "the ID token"},
		"another client": {claim("aud", "other"), "the ID token"},
		"another nonce":  {claim("nonce", "n"), "nonce is not of this sign-in"},
		"no nonce":       {claim("nonce", nil), "nonce is not of this sign-in"},
		"expired":        {claim("exp", time.Now().Add(-time.Hour).Unix()), "the ID token"},
		"no subject":     {claim("sub", nil), "sub is empty"},
		"a logout token": {func(_ *connectortest.World, p *connectortest.OpenID, _ *connectortest.Instance) {
			p.Token = map[string]any{"id_token": nil}
		}, "gave no id_token"},
		"another UserInfo": {func(_ *connectortest.World, p *connectortest.OpenID, _ *connectortest.Instance) {
			p.UserInfo = map[string]any{"sub": "eve"}
		}, "about somebody else"},
		"another provider": {func(_ *connectortest.World, p *connectortest.OpenID, _ *connectortest.Instance) {
			p.Callback = url.Values{"iss": {"https://evil.example"}}
		}, "from another issuer"},
		"no provider": {func(_ *connectortest.World, p *connectortest.OpenID, _ *connectortest.Instance) { p.Callback = nil }, "has no iss"},
		"a wrong secret": {func(_ *connectortest.World, p *connectortest.OpenID, _ *connectortest.Instance) {
			p.ClientSecret = "other"
		}, "invalid_client"},
		"no secret": {func(_ *connectortest.World, _ *connectortest.OpenID, i *connectortest.Instance) { i.Secrets = nil }, "the secret client_secret of the instance"},
		"no grant": {func(_ *connectortest.World, _ *connectortest.OpenID, i *connectortest.Instance) {
			i.Grants = []string{"oidc.exchange other.example"}
		}, "may not exchange codes at sso.example.com"},
		"another document": {func(_ *connectortest.World, _ *connectortest.OpenID, i *connectortest.Instance) {
			i.Settings = `{"issuer":"https://sso.example.com/realms/corp/","client_id":"client"}`
		}, "is of another one"},
	} {
		t.Run(name, func(t *testing.T) {
			w, p, i := newKeycloak(t)
			test.wrong(w, p, &i)
			failed(t, w.SignIn(i, hook.LoginInput{}), test.why)
		})
	}
}

func claim(name string, value any) func(*connectortest.World, *connectortest.OpenID, *connectortest.Instance) {
	return func(_ *connectortest.World, p *connectortest.OpenID, _ *connectortest.Instance) {
		p.Claims[name] = value
	}
}

// TestOIDCClientAuthentication holds that each way of it reaches the token endpoint.
func TestOIDCClientAuthentication(t *testing.T) {
	for method, inForm := range map[string]bool{"client_secret_basic": false, "client_secret_post": true} {
		w, p, i := newKeycloak(t)
		i.Settings = `{"issuer":"https://sso.example.com/realms/corp","client_id":"client","auth_method":"` + method + `"}`
		identity(t, w.SignIn(i, hook.LoginInput{}))
		if got := p.Redeemed()[0].Form.Has("client_secret"); got != inForm {
			t.Errorf("%s: the secret is in the form: %v", method, got)
		}
	}
}

// TestOIDCPrivateKey holds that a client may sign instead of having a secret (RFC 7523
// section 2.2).
func TestOIDCPrivateKey(t *testing.T) {
	w, p, i := newKeycloak(t)
	key := connectortest.NewKey(t)
	p.Authenticate = func(r *http.Request, form url.Values) bool {
		header, claims, signed := key.Read(form.Get("client_assertion"))
		expires, _ := claims["exp"].(float64)
		return signed && header["kid"] == "k1" && claims["iss"] == "client" && claims["sub"] == "client" && claims["jti"] != "" &&
			claims["aud"] == "https://sso.example.com/realms/corp/protocol/openid-connect/token" && expires > float64(time.Now().Unix()) &&
			form.Get("client_assertion_type") == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer" && !form.Has("client_secret")
	}
	i.Settings = `{"issuer":"https://sso.example.com/realms/corp","client_id":"client","auth_method":"private_key_jwt","key_id":"k1"}`
	i.Secrets = map[string]string{"private_key": key.PEM}
	identity(t, w.SignIn(i, hook.LoginInput{}))
	i.Secrets["private_key"] = connectortest.NewKey(t).PEM
	failed(t, w.SignIn(i, hook.LoginInput{}), "invalid_client")
}

// TestOIDCFormPost holds that a posted answer is as good.
func TestOIDCFormPost(t *testing.T) {
	w, _, i := newKeycloak(t)
	i.Settings = `{"issuer":"https://sso.example.com/realms/corp","client_id":"client","response_mode":"form_post"}`
	s := w.SignIn(i, hook.LoginInput{})
	identity(t, s)
	if !s.Posted || s.Asked.Get("response_mode") != "form_post" {
		t.Errorf("posted: %v, asked %v", s.Posted, s.Asked)
	}
}

func TestOIDCDenies(t *testing.T) {
	w, _, i := newKeycloak(t)
	i.Settings = `{"issuer":"https://sso.example.com/realms/corp","client_id":"client","allowed_groups":["/admins"]}`
	s := w.SignIn(i, hook.LoginInput{})
	if s.Err != nil || s.Output == nil || !s.Output.Deny || s.Output.Identity != nil || s.Output.Reason == "" {
		t.Errorf("got %v, %+v", s.Err, s.Output)
	}
}

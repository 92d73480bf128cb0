package connectortest_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/postern-id/postern/plugins/connectortest"
	"github.com/postern-id/postern/plugins/oauth2"
	"github.com/postern-id/postern/sdk/hook"
)

const forgeToken = "forge-access-token-1"

// newForge is a provider of OAuth 2 that says who somebody is to whoever has the token.
func newForge(t *testing.T) (*connectortest.World, *connectortest.Server, connectortest.Instance) {
	t.Helper()
	w := connectortest.New(t)
	s := &connectortest.Server{ClientID: "postern", ClientSecret: "forge-client-secret", Answer: func(rw http.ResponseWriter, _ connectortest.Redeemed) {
		connectortest.Send(rw, 200, "application/json", `{"access_token":"`+forgeToken+`","token_type":"Bearer","expires_in":3600,"refresh_token":"forge-refresh-token-1"}`)
	}}
	w.AddServer(s, "https://forge.example.com/oauth/authorize", "https://forge.example.com/oauth/token")
	return w, s, connectortest.Instance{
		Plugin: "oauth2", Secrets: map[string]string{"client_secret": "forge-client-secret"}, Grants: []string{"oauth.exchange forge.example.com", "http.fetch api.forge.example.com"},
		Settings: `{"client_id":"postern","authorization_endpoint":"https://forge.example.com/oauth/authorize","token_endpoint":"https://forge.example.com/oauth/token",
			"userinfo_endpoint":"https://api.forge.example.com/me","scopes":["profile"],"paths":{"subject":"user.id","name":"user.login","email":"user.mail","email_verified":"user.ok"}}`,
	}
}

// forPerson answers whoever has the token.
func forPerson(w *connectortest.World, method, address, body string) {
	w.Handle(method+" "+address, func(rw http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+forgeToken {
			connectortest.Send(rw, 401, "application/json", `{"error":"invalid_token"}`)
			return
		}
		connectortest.Send(rw, 200, "application/json", body)
	})
}

func TestOAuth2(t *testing.T) {
	w, s, i := newForge(t)
	forPerson(w, "GET", "https://api.forge.example.com/me", `{"user":{"id":4711,"login":"jane","mail":"jane@example.com","ok":true}}`)
	signIn := w.SignIn(i, hook.LoginInput{})
	if who := identity(t, signIn); who.Subject != "4711" || who.Name != "jane" || who.Email != "jane@example.com" || !who.EmailVerified {
		t.Errorf("got %+v", who)
	}
	if form := s.Redeemed()[0].Form; form.Has("client_secret") || form.Get("code_verifier") == "" {
		t.Errorf("the token request has %v", form)
	}
	i.Settings = strings.Replace(i.Settings, `"client_id"`, `"pkce":false,"auth_method":"client_secret_post","client_id"`, 1)
	identity(t, w.SignIn(i, hook.LoginInput{}))
	if form := s.Redeemed()[1].Form; !form.Has("client_secret") || form.Has("code_verifier") {
		t.Errorf("the second token request has %v", form)
	}
}

func TestOAuth2Fails(t *testing.T) {
	const address = "https://api.forge.example.com/me"
	says := func(status int, contentType, body string) func(*connectortest.World, *connectortest.Server, *connectortest.Instance) {
		return func(w *connectortest.World, _ *connectortest.Server, _ *connectortest.Instance) {
			w.Serve(address, status, contentType, body)
		}
	}
	for name, test := range map[string]struct {
		wrong func(*connectortest.World, *connectortest.Server, *connectortest.Instance)
		why   string
	}{
		"a wrong secret": {func(_ *connectortest.World, s *connectortest.Server, _ *connectortest.Instance) {
			s.ClientSecret = "other"
		}, "invalid_client"},
		"a wrong code": {func(_ *connectortest.World, s *connectortest.Server, _ *connectortest.Instance) {
			s.Decide = func(url.Values) url.Values { return url.Values{"code": {"stolen"}} }
		}, "invalid_grant"},
		"a token of another type": {func(_ *connectortest.World, s *connectortest.Server, _ *connectortest.Instance) {
			s.Answer = func(rw http.ResponseWriter, _ connectortest.Redeemed) {
				connectortest.Send(rw, 200, "application/json", `{"access_token":"t","token_type":"mac"}`)
			}
		}, "instead of Bearer"},
		"a token endpoint with a member twice": {func(_ *connectortest.World, s *connectortest.Server, _ *connectortest.Instance) {
			s.Answer = func(rw http.ResponseWriter, _ connectortest.Redeemed) {
				connectortest.Send(rw, 200, "application/json", `{"access_token":"a","access_token":"b","token_type":"Bearer"}`)
			}
		}, "forge.example.com"},
		"not found":       {says(404, "text/html", "<html>"), "has the status 404"},
		"nobody":          {says(200, "application/json", `{"user":{"id":0}}`), "nobody's name"},
		"a page":          {says(200, "text/html", "<html>"), "is no JSON"},
		"a giant answer":  {says(200, "application/json", `{"user":"`+strings.Repeat("x", 300<<10)+`"}`), "too_large"},
		"deep nesting":    {says(200, "application/json", strings.Repeat("[", 1000)+strings.Repeat("]", 1000)), "is no JSON"},
		"the token in it": {says(200, "application/json", `{"user":{"id":"`+forgeToken+`"}}`), "repeats what the host put into the request"},
		"not granted": {func(_ *connectortest.World, _ *connectortest.Server, i *connectortest.Instance) {
			i.Grants = i.Grants[:1]
		}, "postern plugin grant"},
	} {
		t.Run(name, func(t *testing.T) {
			w, s, i := newForge(t)
			test.wrong(w, s, &i)
			signIn := w.SignIn(i, hook.LoginInput{})
			failed(t, signIn, test.why)
			if seen := signIn.Log + signIn.Err.Error(); strings.Contains(seen, forgeToken) || strings.Contains(seen, "forge-client-secret") {
				t.Errorf("it tells a secret: %s", seen)
			}
		})
	}
}

// TestOAuth2Presets signs in at each provider with what its preset says, granted as the
// preset says.
func TestOAuth2Presets(t *testing.T) {
	for _, preset := range oauth2.Plugin().Manifest.Presets {
		if len(preset.Targets) == 0 {
			continue
		}
		t.Run(preset.Name, func(t *testing.T) {
			settings := slices.Clone(preset.Settings.Object())
			settings.Set("client_id", hook.String("postern"))
			at := func(name string) string {
				v, _ := settings.Get(name)
				address, _, _ := strings.Cut(v.Text(), "?")
				return address
			}
			w, s, i := newForge(t)
			w.AddServer(s, at("authorization_endpoint"), at("token_endpoint"))
			method := at("userinfo_method")
			if method == "" {
				method = "GET"
			}
			forPerson(w, method, at("userinfo_endpoint"), `{"id":"u1","uuid":"u1","account_id":"u1"}`)
			if emails, ok := settings.Get("emails"); ok {
				endpoint, _ := emails.Object().Get("endpoint")
				address, _, _ := strings.Cut(endpoint.Text(), "?")
				forPerson(w, "GET", address, `{"values":[{"email":"u1@example.com","is_primary":true,"is_confirmed":true}]}`)
			}
			i.Settings, i.Grants = string(settings.AppendJSON(nil)), nil
			for _, target := range preset.Targets {
				i.Grants = append(i.Grants, "oauth.exchange "+target, "http.fetch "+target)
			}
			if who := identity(t, w.SignIn(i, hook.LoginInput{})); who.Subject != "u1" {
				t.Errorf("got %+v", who)
			}
		})
	}
}

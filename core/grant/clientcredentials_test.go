package grant

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/sdk/hook"
)

// service is a client that acts for itself, and that people could sign in to.
func service() core.Client {
	c := client("service", core.AuthBasic)
	c.GrantTypes = append(c.GrantTypes, core.GrantClientCredentials)
	c.Scopes = []string{"openid", "profile", "email", "address", "phone", "offline_access", "reports.read", "reports.write"}
	return c
}

func own(more ...string) request {
	return request{authorization: basic("service", secret), params: append([]string{"grant_type", "client_credentials"}, more...)}
}

func newServiceWorld(t *testing.T) *world {
	w := newWorld(t)
	w.memory.clients["service"] = service()
	return w
}

func TestClientCredentials(t *testing.T) {
	t.Parallel()
	w := newServiceWorld(t)
	mark := w.mark()
	got := w.get(own())
	if got.Scope != "reports.read reports.write" || got.TokenType != "Bearer" || got.ExpiresIn != 3600 || got.RefreshToken != "" || got.IDToken != "" || !w.lives(got.AccessToken) {
		t.Errorf("answer %+v", got)
	}
	events := w.eventsSince(mark)
	if len(events) != 1 || events[0].Type != core.EventTokenIssued || events[0].ClientID != "service" || events[0].UserID != "" || events[0].GrantID == "" ||
		events[0].Detail["grant_type"] != "client_credentials" || events[0].Detail["scopes"] != got.Scope {
		t.Errorf("audit events %+v", events)
	}
	if got := w.get(own("scope", "reports.write")); got.Scope != "reports.write" {
		t.Errorf("scope %q", got.Scope)
	}
	if len(w.memory.refresh) != 0 || len(w.memory.grants) != 2 {
		t.Errorf("%d refresh tokens, %d grants", len(w.memory.refresh), len(w.memory.grants))
	}
	for _, g := range w.memory.grants {
		if g.UserID != "" || g.SessionID != "" || !g.CodeHash.IsZero() || g.ClientID != "service" {
			t.Errorf("grant %+v", g)
		}
	}
}

// TestClientCredentialsPolicy holds what a policy is asked, and what its answers do.
func TestClientCredentialsPolicy(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		out          hook.ScopeOutput
		err          error
		scope        string
		code, reason string
	}{
		"nothing said":          {hook.ScopeOutput{Scopes: []string{"reports.read", "reports.write"}}, nil, "reports.read reports.write", "", ""},
		"narrowed":              {hook.ScopeOutput{Scopes: []string{"reports.write"}}, nil, "reports.write", "", ""},
		"137 widened":           {hook.ScopeOutput{Scopes: []string{"reports.write", "openid", "admin"}}, nil, "reports.write", "", ""},
		"nothing left":          {hook.ScopeOutput{Scopes: []string{}}, nil, "", oauth.CodeInvalidScope, "no_scope_left"},
		"137 denied":            {hook.ScopeOutput{Deny: true, Reason: "not from there"}, nil, "", oauth.CodeUnauthorizedClient, "policy_denied"},
		"wants a sign-in":       {hook.ScopeOutput{Fresh: true, Scopes: []string{"reports.read"}}, nil, "", oauth.CodeUnauthorizedClient, "policy_wants_new_sign_in"},
		"wants consent":         {hook.ScopeOutput{Consent: true, Scopes: []string{"reports.read"}}, nil, "", oauth.CodeUnauthorizedClient, "policy_wants_consent"},
		"98 wants another acr":  {hook.ScopeOutput{ACR: "1", Scopes: []string{"reports.read"}}, nil, "", oauth.CodeUnauthorizedClient, "policy_wants_stronger_sign_in"},
		"137 fails":             {hook.ScopeOutput{}, errTest, "", oauth.CodeServerError, "server_error"},
		"fails with an opening": {hook.ScopeOutput{Scopes: []string{"reports.read"}}, errTest, "", oauth.CodeServerError, "server_error"},
	} {
		w := newServiceWorld(t)
		var seen *hook.ScopeInput
		w.endpoint.Policy = policyFunc(func(in *hook.ScopeInput) (hook.ScopeOutput, error) { seen = in; return test.out, test.err })
		mark := w.mark()
		body, refusal := w.send(own())
		want := `{"settings":null,"grant_type":"client_credentials","user":{},"organisation":{},"client":{"id":"service","name":"service"},` +
			`"scopes":["reports.read","reports.write"],"address":"192.0.2.7","authentication":{},"time":"2026-03-04T12:00:00Z"}`
		if got := string(seen.AppendJSON(nil)); got != want {
			t.Errorf("%s: the policy was asked\n%s, want\n%s", name, got, want)
		}
		if test.code == "" {
			if refusal != nil || parseAnswer(t, body).Scope != test.scope {
				t.Errorf("%s: %s, %v", name, body, refusal)
			}
			continue
		}
		w.wantRefusal(mark, refusal, test.code, test.reason, core.EventTokenRefused, secret)
		if e := w.eventsSince(mark)[0]; e.Detail["policy"] != test.out.Reason || strings.Contains(string(refusal.Body()), "not from there") || e.UserID != "" {
			t.Errorf("%s: audit event %+v, answer %s", name, e, refusal.Body())
		}
		if len(w.memory.grants) != 0 || len(w.memory.access) != 0 {
			t.Errorf("%s: something was issued", name)
		}
	}
}

func clientCredentialsRefusals() []refusalTest {
	changed := func(change func(*core.Client), more ...string) func(*world) request {
		return func(w *world) request {
			c := service()
			change(&c)
			w.memory.clients["service"] = c
			return own(more...)
		}
	}
	asks := func(scope string) func(*world) request { return changed(func(*core.Client) {}, "scope", scope) }
	return []refusalTest{
		{"047_client_credentials_not_registered", func(*world) request {
			return request{authorization: basic("wiki", secret), params: []string{"grant_type", "client_credentials"}}
		}, oauth.CodeUnauthorizedClient, "grant_type_not_registered", ""},
		{"044_client_credentials_of_public_client", func(w *world) request {
			c := service()
			c.AuthMethods = []string{core.AuthNone}
			w.memory.clients["service"] = c
			return request{params: []string{"grant_type", "client_credentials", "client_id", "service"}}
		}, oauth.CodeUnauthorizedClient, "public_client", ""},
		{"053_client_credentials_wrong_secret", func(w *world) request {
			w.memory.clients["service"] = service()
			r := own()
			r.authorization = basic("service", strings.Repeat("x", 43))
			return r
		}, oauth.CodeInvalidClient, "client_secret_wrong", ""},
		{"054_client_credentials_of_disabled_client", changed(func(c *core.Client) { c.Disabled = true }), oauth.CodeInvalidClient, "client_disabled", ""},
		{"049_scope_not_assigned", asks("reports.read admin"), oauth.CodeInvalidScope, "scope_not_own", ""},
		{"049_openid", asks("openid reports.read"), oauth.CodeInvalidScope, "scope_not_own", ""},
		{"049_offline_access", asks("reports.read offline_access"), oauth.CodeInvalidScope, "scope_not_own", ""},
		{"049_profile", asks("profile"), oauth.CodeInvalidScope, "scope_not_own", ""},
		{"049_email", asks("email"), oauth.CodeInvalidScope, "scope_not_own", ""},
		{"049_address", asks("address"), oauth.CodeInvalidScope, "scope_not_own", ""},
		{"049_phone", asks("phone"), oauth.CodeInvalidScope, "scope_not_own", ""},
		{"049_malformed", asks(`reports"read`), oauth.CodeInvalidScope, "scope_malformed", ""},
		{"049_no_scope_of_its_own", changed(func(c *core.Client) { c.Scopes = []string{"openid", "email"} }), oauth.CodeInvalidScope, "scope_missing", ""},
		{"049_openid_alone_assigned", changed(func(c *core.Client) { c.Scopes = []string{"openid"} }, "scope", "openid"), oauth.CodeInvalidScope, "scope_not_own", ""},
	}
}

// refuseOwnGrantOnDatabase holds that nobody can make more of a client's own grant, and
// that it ends with its client and when it is revoked.
func refuseOwnGrantOnDatabase(t *testing.T) {
	t.Parallel()
	s := openStore(t, newDatabase(t))
	if err := s.Apply(t.Context(), core.CreateClient{Client: service()}); err != nil {
		t.Fatal(err)
	}
	w := newWorldOn(t, s)
	first, second := w.get(own()), w.get(own("scope", "reports.read"))
	credential, _ := core.ParseCredential(core.KindAccess, first.AccessToken)
	access, err := s.Access(t.Context(), credential.ID)
	if err != nil || access.User.ID != "" || access.Org.Name != "" || access.Client.ID != "service" || !slices.Equal(access.Token.Scopes, []string{"reports.read", "reports.write"}) {
		t.Fatalf("access %+v, %v", access, err)
	}
	// The identifier of a grant is that of its code, and its code has no secret.
	code := core.Credential{Kind: core.KindCode, ID: access.Grant.ID}
	if _, refusal := w.send(request{authorization: basic("service", secret), params: redeem(code.String())}); refusal == nil || refusal.Reason != "unknown_code" {
		t.Errorf("its grant as a code: %v", refusal)
	}
	token := core.Credential{Kind: core.KindRefresh, ID: credential.ID, Secret: credential.Secret}
	if _, refusal := w.send(request{authorization: basic("service", secret), params: renew(token.String())}); refusal == nil || refusal.Reason != "unknown_refresh_token" {
		t.Errorf("it as a refresh token: %v", refusal)
	}
	// Signing out and deleting people is none of its business.
	if err := s.Apply(t.Context(), core.EndSession{ID: session, At: noon}, core.DeleteUser{ID: alice().ID}); err != nil || !w.lives(first.AccessToken) {
		t.Errorf("it ended with a person: %v", err)
	}
	if err := s.Apply(t.Context(), core.RevokeGrant{ID: access.Grant.ID, At: noon, Reason: "revoked"}); err != nil || w.lives(first.AccessToken) || !w.lives(second.AccessToken) {
		t.Errorf("revoking one: %v", err)
	}
	// The store keeps its grant for as long as the token lives.
	if _, err := s.Sweep(t.Context(), noon.Add(time.Hour-time.Second)); err != nil || !w.lives(second.AccessToken) {
		t.Errorf("it was swept away: %v", err)
	}
	if err := s.Apply(t.Context(), core.DeleteClient{ID: "service"}); err != nil {
		t.Fatal(err)
	}
	credential, _ = core.ParseCredential(core.KindAccess, second.AccessToken)
	if _, err := s.Access(t.Context(), credential.ID); !errors.Is(err, core.ErrNotFound) {
		t.Errorf("it outlived its client: %v", err)
	}
}

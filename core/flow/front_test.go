package flow_test

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/flow"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/core/token"
	"github.com/postern-id/postern/sdk/hook"
)

// unsigned signs with nothing, so that a test can read the payload.
type unsigned struct{ err error }

func (s unsigned) Sign(alg, typ string, payload []byte) (string, error) {
	return alg + "." + typ + "." + string(payload), s.err
}

// front gives the world tokens of the front channel, and a client of all response types.
func (w *world) front(edit func(*core.Client)) {
	w.Tokens = &token.Issuer{Issuer: issuer, Keys: unsigned{}, Rand: w.Rand}
	w.addClient("fast", func(c *core.Client) {
		c.SkipConsent, c.ResponseTypes = true, oauth.ResponseTypes()
		c.GrantTypes = append(c.GrantTypes, core.GrantImplicit)
		if edit != nil {
			edit(c)
		}
	})
}

// fragment gives the parameters of the response in the fragment.
func (b *browser) fragment(client string) url.Values {
	b.t.Helper()
	text, found := strings.CutPrefix(b.last.Redirect, "https://"+client+".example/cb#")
	values, err := url.ParseQuery(text)
	if !found || err != nil || values.Get("iss") != issuer || values.Get("state") != "st at&e=é\"<" {
		b.t.Fatalf("no answer to %s: %+v", client, b.last)
	}
	return values
}

// stored gives the grant of an access token.
func (w *world) stored(accessToken string) *core.Access {
	w.t.Helper()
	presented, ok := core.ParseCredential(core.KindAccess, accessToken)
	if !ok {
		w.t.Fatalf("no access token: %q", accessToken)
	}
	access, err := w.store.Access(w.t.Context(), presented.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return access
}

func TestFrontChannel(t *testing.T) {
	w := newWorld(t)
	w.front(nil)
	b := w.browser()
	b.authorize("fast").at(flow.PathLogin).signIn("ann").grant("fast")
	w.events()
	for kind, want := range map[string][]string{
		"id_token":            {"id_token", "iss", "state"},
		"token id_token":      {"access_token", "expires_in", "id_token", "iss", "scope", "state", "token_type"},
		"code id_token":       {"code", "id_token", "iss", "state"},
		"code token":          {"access_token", "code", "expires_in", "iss", "scope", "state", "token_type"},
		"code id_token token": {"access_token", "code", "expires_in", "id_token", "iss", "scope", "state", "token_type"},
	} {
		w.commits.Store(0)
		answer := b.authorize("fast", "response_type", kind).fragment("fast")
		var names []string
		for name := range answer {
			names = append(names, name)
		}
		if slices.Sort(names); !slices.Equal(names, want) || w.commits.Load() != 1 {
			t.Errorf("%s: %q in %d commits", kind, names, w.commits.Load())
		}
		hasCode := strings.Contains(kind, "code")
		if hasCode {
			w.recorded("code.issued")
		} else {
			w.recorded("token.issued")
		}
		if !answer.Has("access_token") {
			continue
		}
		grant := w.stored(answer.Get("access_token")).Grant
		if grant.SessionID == "" || grant.UserID != w.user("ann").ID || grant.CodeHash.IsZero() == hasCode || grant.CodeExpiresAt.IsZero() == hasCode {
			t.Errorf("%s: %+v", kind, grant)
		}
	}
}

// What hangs on a session ends with it, also what never had a code.
func TestFrontChannelEndsWithTheSession(t *testing.T) {
	w := newWorld(t)
	w.front(nil)
	b := w.browser()
	answer := b.authorize("fast", "response_type", "id_token token").at(flow.PathLogin).signIn("ann").fragment("fast")
	b.logout().confirm()
	if access := w.stored(answer.Get("access_token")); !access.Grant.Revoked() {
		t.Error("the access token lives on")
	}
	if code, _ := core.ParseCredential(core.KindCode, "code_"+strings.Repeat("A", 64)); code.Hash().IsZero() {
		t.Error("a code has the hash of none")
	}
}

// Nothing is written if the tokens cannot be made, and the request can be tried again.
func TestFrontChannelFails(t *testing.T) {
	w := newWorld(t)
	w.front(nil)
	b := w.browser()
	b.authorize("fast", "response_type", "id_token").at(flow.PathLogin)
	for _, tokens := range []flow.Tokens{nil, &token.Issuer{Keys: unsigned{errors.New("no key")}, Rand: w.Rand}} {
		w.Tokens = tokens
		failed := w.browser()
		failed.binding, failed.session, failed.last = b.binding, b.session, b.last
		if failed.signIn("ann"); failed.last.Error == nil || failed.last.Error.Code != oauth.CodeServerError {
			t.Errorf("%+v", failed.last)
		}
	}
	w.Tokens = &token.Issuer{Issuer: issuer, Keys: unsigned{}, Rand: w.Rand}
	b.signIn("ann").fragment("fast")
}

func TestErrorsOfTheFrontChannel(t *testing.T) {
	w := newWorld(t)
	w.front(nil)
	b := w.browser()
	for _, kind := range []string{"id_token", "id_token token", "code id_token", "code token"} {
		answer := b.authorize("fast", "response_type", kind, "prompt", "none").fragment("fast")
		if answer.Get("error") != oauth.CodeLoginRequired || answer.Has("code") || answer.Has("id_token") {
			t.Errorf("%s: %v", kind, answer)
		}
	}
	b.authorize("fast", "response_type", "id_token", "response_mode", "form_post", "prompt", "none")
	if b.last.Form == nil || b.last.Form.Action != "https://fast.example/cb" {
		t.Errorf("%+v", b.last)
	}
}

const twoClaims = `{"userinfo":{"badge":null,"name":null},"id_token":{"email":{"essential":true}}}`

func TestConsentToClaims(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	b.authorize("rp", "scope", "openid", "claims", twoClaims).at(flow.PathLogin).signIn("ann").at(flow.PathConsent)
	shown := page[*flow.ConsentPage](b)
	if !slices.Equal(shown.Scopes, []string{"openid"}) || !slices.Equal(shown.Claims, []string{"*", "email", "name"}) {
		t.Errorf("shown %q and %q", shown.Scopes, shown.Claims)
	}
	if grant := b.consent(true).grant("rp").Grant; string(grant.Claims) != twoClaims || !slices.Equal(grant.Scopes, []string{"openid"}) {
		t.Errorf("granted %q with %s", grant.Scopes, grant.Claims)
	}
	// It is remembered, and covers no other claim.
	b.authorize("rp", "scope", "openid", "claims", `{"userinfo":{"name":null}}`).grant("rp")
	b.authorize("rp", "scope", "openid", "claims", `{"userinfo":{"nickname":null}}`).at(flow.PathConsent)
	b.consent(false).denied("rp", oauth.CodeAccessDenied)
	b.authorize("rp", "scope", "openid email", "claims", twoClaims).at(flow.PathConsent)
	if shown := page[*flow.ConsentPage](b); !slices.Equal(shown.Claims, []string{"*", "name"}) {
		t.Errorf("shown %q besides the scope email", shown.Claims)
	}
	if got := b.authorize("rp", "scope", "openid").grant("rp").Grant.Claims; got != nil {
		t.Errorf("a request without claims has %s", got)
	}
}

// The policy decides about claims by their scopes.
func TestPolicyTakesClaims(t *testing.T) {
	w := newWorld(t)
	w.addClient("fast", skipConsent)
	w.decidesAlways(hook.ScopeOutput{Scopes: []string{"openid", "profile"}})
	b := w.browser()
	grant := b.authorize("fast", "scope", "openid", "claims", twoClaims).at(flow.PathLogin).signIn("ann").grant("fast").Grant
	if string(grant.Claims) != `{"userinfo":{"badge":null,"name":null}}` || !slices.Equal(grant.Scopes, []string{"openid"}) {
		t.Errorf("granted %q with %s", grant.Scopes, grant.Claims)
	}
	if asked := w.policy.asked[0].Scopes; !slices.Equal(asked, []string{"openid", "email", "profile"}) {
		t.Errorf("the policy was asked about %q", asked)
	}
}

// The request may name the person by sub; a pairwise client by its own name for them.
func TestSubjectOfTheRequest(t *testing.T) {
	w := newWorld(t)
	w.front(func(c *core.Client) { c.Metadata.SubjectType = core.SubjectPairwise })
	w.Subject = token.Subjects{Key: [32]byte{5}}.Of
	client, err := w.store.Client(t.Context(), "fast")
	if err != nil {
		t.Fatal(err)
	}
	ann, ben := w.Subject(client, w.user("ann").ID), w.Subject(client, w.user("ben").ID)
	sub := func(values string) string { return `{"id_token":{"sub":` + values + `}}` }
	b := w.browser()
	b.authorize("fast").at(flow.PathLogin).signIn("ann").grant("fast")
	for _, claims := range []string{sub(`{"value":"` + ann + `"}`), sub(`{"values":["` + ben + `","` + ann + `"]}`), sub(`null`)} {
		b.authorize("fast", "claims", claims, "prompt", "none").grant("fast")
	}
	w.hints["ann's"] = flow.Hint{Subject: core.ID(ann), ClientID: "fast"}
	b.authorize("fast", "id_token_hint", "ann's", "prompt", "none").grant("fast")
	for _, claims := range []string{
		sub(`{"value":"` + ben + `"}`), sub(`{"value":"` + string(w.user("ann").ID) + `"}`), sub(`{"values":["nobody"]}`),
		`{"userinfo":{"sub":{"value":"` + ben + `"}}}`,
	} {
		b.authorize("fast", "claims", claims, "prompt", "none").denied("fast", oauth.CodeLoginRequired)
	}
	b.authorize("fast", "id_token_hint", "ann's", "claims", sub(`{"value":"`+ben+`"}`), "prompt", "none").denied("fast", oauth.CodeLoginRequired)
	b.authorize("fast", "claims", sub(`{"value":"`+ben+`"}`)).at(flow.PathLogin).signIn("ann").denied("fast", oauth.CodeLoginRequired)
	b.authorize("fast", "claims", sub(`{"value":"`+ben+`"}`)).at(flow.PathLogin).signIn("ben").grant("fast")
}

func TestEssentialClass(t *testing.T) {
	w := newWorld(t)
	w.addClient("fast", skipConsent)
	b := w.browser()
	acr := func(values string) string { return `{"id_token":{"acr":{"essential":true,"values":[` + values + `]}}}` }
	b.authorize("fast", "claims", acr(`"phr","1"`)).at(flow.PathLogin).signIn("ann").grant("fast")
	b.authorize("fast", "claims", acr(`"urn:x"`)).denied("fast", "unmet_authentication_requirements")
	b.authorize("fast", "claims", `{"id_token":{"acr":{"values":["phr"]}}}`).grant("fast")
	b.authorize("fast", "acr_values", "phr").grant("fast")
}

func TestDefaultMaxAge(t *testing.T) {
	w := newWorld(t)
	w.addClient("fast", func(c *core.Client) { c.SkipConsent, c.Metadata.DefaultMaxAge = true, new(600) })
	b := w.browser()
	b.authorize("fast").at(flow.PathLogin).signIn("ann").grant("fast")
	w.now = w.now.Add(10 * time.Minute)
	b.authorize("fast").grant("fast")
	w.now = w.now.Add(time.Second)
	b.authorize("fast", "prompt", "none").denied("fast", oauth.CodeLoginRequired)
	b.authorize("fast", "prompt", "none", "max_age", "3600").grant("fast")
	b.authorize("fast").at(flow.PathLogin).signIn("ann").grant("fast")
}

// requestObjects resolves what it was told.
type requestObjects struct {
	resolve func(*core.Client, oauth.Params) (oauth.Params, *oauth.Error)
	asked   int
}

func (r *requestObjects) Resolve(_ context.Context, client *core.Client, p oauth.Params) (oauth.Params, *oauth.Error) {
	r.asked++
	return r.resolve(client, p)
}

func TestRequestObject(t *testing.T) {
	w := newWorld(t)
	w.addClient("fast", skipConsent)
	b := w.browser()
	b.authorize("fast", "request", "e30.e30.").denied("fast", oauth.CodeRequestNotSupported)
	objects := &requestObjects{resolve: func(client *core.Client, p oauth.Params) (oauth.Params, *oauth.Error) {
		if client.ID != "fast" || !p.Has("request") {
			t.Errorf("%s, %v", client.ID, p.Values())
		}
		values := p.Values()
		values.Del("request")
		values.Set("nonce", "of the object")
		values.Set("scope", "openid profile")
		return oauth.ParamsOf(values), nil
	}}
	w.Requests = objects
	grant := b.authorize("fast", "request", "e30.e30.").at(flow.PathLogin).signIn("ann").grant("fast").Grant
	if grant.Nonce != "of the object" || !slices.Equal(grant.Scopes, []string{"openid", "profile"}) || objects.asked != 1 {
		t.Errorf("%+v after %d questions", grant, objects.asked)
	}
	// Requests without one, and those of nobody, are not its matter.
	b.authorize("fast").grant("fast")
	b.authorize("nobody", "request_uri", "https://nobody.example/object").shown("client_unknown")
	w.editClient("fast", func(c *core.Client) { c.Disabled = true })
	b.authorize("fast", "request_uri", "https://fast.example/object").shown("client_disabled")
	if objects.asked != 1 {
		t.Errorf("asked %d times", objects.asked)
	}
}

func TestRequestObjectRefused(t *testing.T) {
	w := newWorld(t)
	w.addClient("fast", skipConsent)
	w.Requests = &requestObjects{resolve: func(*core.Client, oauth.Params) (oauth.Params, *oauth.Error) {
		return oauth.Params{}, oauth.Refuse("invalid_request_object", "request_object_expired", "The request object has expired.")
	}}
	b := w.browser()
	b.authorize("fast", "request", "e30.e30.").denied("fast", "invalid_request_object")
	w.recorded("authorize.refused request_object_expired")
	b.authorize("fast", "request", "e30.e30.", "redirect_uri", "https://evil.example/").shown("redirect_uri_unregistered")
}

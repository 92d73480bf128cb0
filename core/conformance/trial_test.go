package conformance_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

// trial is a module in one variant.
type trial struct {
	*testing.T
	*world
	variant
	metadata document
}

// complain fails the trial for what there is to complain about.
func (x *trial) complain(what string, c complaints) {
	x.Helper()
	report(x.T, c.about(what))
}

// keys fetches and checks the keys of the server.
func (x *trial) keys() document {
	x.Helper()
	got := x.get(x.T, x.metadata.text("jwks_uri"))
	x.complain("keys", got.isJSON(http.StatusOK))
	x.complain("keys", checkKeys(got.json))
	return got.json
}

// expectation begins what the relying party expects of an ID token.
func (x *trial) expectation(c *client) expectation {
	alg := c.IDTokenAlg
	if alg == "" {
		alg = "RS256"
	}
	return expectation{issuer: x.issuer, client: c.id, alg: alg, now: x.clock.Now()}
}

// checkErrorPage wants a page that shows an error and leads nowhere.
func (x *trial) checkErrorPage(p *page) {
	x.Helper()
	known := []string{"invalid_request", "invalid_request_object", "invalid_request_uri", "unauthorized_client", "unsupported_response_type", "invalid_scope", "server_error"}
	if p.Location != nil || p.Has("response") || p.Has("login") {
		x.Fatalf("no error page: status %d at %s, to %v", p.Status, p.URL, p.Location)
	}
	if p.Status < 400 || p.Status > 499 {
		x.Errorf("the error page has the status %d", p.Status)
	}
	if !slices.Contains(known, p.Text("code")) {
		x.Errorf("the error page shows the code %q", p.Text("code"))
	}
}

// checkError wants an error at the redirect URI with one of the codes.
func (x *trial) checkError(a *arrival, codes ...string) {
	x.Helper()
	if got := a.params.Get("error"); !slices.Contains(codes, got) {
		x.Errorf("the error is %q, not one of %v: %v", got, codes, a.params)
	}
}

// silentErrors are those of prompt=none without somebody who is signed in.
var silentErrors = []string{"login_required", "interaction_required", "account_selection_required", "consent_required"}

// userInfo asks for the claims, in one of the ways of RFC 6750 section 2.
func (x *trial) userInfo(method, accessToken, where string) answered {
	x.Helper()
	var content string
	if where == "body" {
		content = url.Values{"access_token": {accessToken}}.Encode()
	}
	r := must(http.NewRequest(method, x.metadata.text("userinfo_endpoint"), strings.NewReader(content)))
	if where == "body" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	} else {
		r.Header.Set("Authorization", "Bearer "+accessToken)
	}
	return x.send(x.T, r)
}

// checkUserInfo wants an answer about the subject, with the claims of the scopes.
func (x *trial) checkUserInfo(got answered, subject string, scopes ...string) {
	x.Helper()
	x.complain("userinfo", got.isJSON(http.StatusOK))
	if got.json == nil {
		return
	}
	if sub := got.json.text("sub"); sub != subject || sub == "" {
		x.Errorf("userinfo is about %q, the ID token about %q", sub, subject)
	}
	x.complain("userinfo", checkStandardClaims(got.json))
	x.complain("userinfo", checkScopes(got.json, scopes))
}

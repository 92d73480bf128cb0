package conformance_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
)

// signIn is what a client has after it did everything that its response type takes.
type signIn struct {
	*arrival
	tokens  document // of the token endpoint; nil without a code
	idToken string   // of the token endpoint, else of the authorization endpoint
	claims  document // of it
	access  string   // the access token, from where the ID token is; empty if there is none
	info    document // of UserInfo; nil without an access token
}

// more is what a module expects of the ID tokens besides.
type more func(*expectation)

// signIn sends the request, and does the rest of the flow with every check.
func (p *person) signIn(c *client, request url.Values, edit ...more) *signIn {
	p.x.Helper()
	return p.x.finish(p.authorize(c, request), edit...)
}

// finish goes from the answer to tokens, ID tokens and UserInfo.
func (x *trial) finish(a *arrival, edit ...more) *signIn {
	x.Helper()
	if a.params.Has("error") {
		x.Fatalf("the client got an error: %v", a.params)
	}
	s := &signIn{arrival: a, access: a.params.Get("access_token")}
	if a.params.Has("id_token") {
		s.idToken = a.params.Get("id_token")
		s.claims = x.idToken(a.c, s.idToken, append([]more{a.front}, edit...)...)
	}
	if x.yields("code") {
		front := s.claims
		x.redeemed(s, a.c.redeem(a.params.Get("code")), edit...)
		if front != nil && (front.text("sub") != s.claims.text("sub") || front.text("iss") != s.claims.text("iss")) {
			x.Errorf("two ID tokens: %v and %v", front, s.claims)
		}
	}
	if s.claims == nil {
		x.Fatal("there is no ID token")
	}
	if s.access != "" {
		got := x.userInfo(http.MethodGet, s.access, "header")
		if got.json != nil {
			x.checkUserInfo(got, s.claims.text("sub"))
		}
		s.info = got.json
	}
	return s
}

// front is what comes with an ID token from the authorization endpoint.
func (a *arrival) front(want *expectation) {
	want.front = true
	want.access, want.code = a.params.Get("access_token"), a.params.Get("code")
	want.nonce = a.asked.Get("nonce")
	if a.asked.Get("response_type") == "id_token" {
		want.scopes = strings.Fields(a.asked.Get("scope"))
	}
}

// redeemed takes the answer of the token endpoint to a code.
func (x *trial) redeemed(s *signIn, got answered, edit ...more) {
	x.Helper()
	x.complain("token endpoint", checkTokens(got))
	if got.json == nil || got.json.text("id_token") == "" {
		x.FailNow()
	}
	s.tokens, s.access, s.idToken = got.json, got.json.text("access_token"), got.json.text("id_token")
	back := func(want *expectation) {
		want.access, want.code, want.nonce = s.access, s.params.Get("code"), s.asked.Get("nonce")
	}
	s.claims = x.idToken(s.c, s.idToken, append([]more{back}, edit...)...)
}

// idToken verifies an ID token, and gives its claims.
func (x *trial) idToken(c *client, text string, edit ...more) document {
	x.Helper()
	want := x.expectation(c)
	for _, f := range edit {
		f(&want)
	}
	j, err := parseJWT(text)
	if err != nil {
		x.Fatalf("the ID token is none: %v", err)
	}
	if want.alg != "none" {
		if err := j.verify(x.keys()); err != nil {
			x.Errorf("ID token: %v", err)
		}
	} else if len(j.signature) > 0 {
		x.Error("an unsigned ID token has a signature")
	}
	x.complain("ID token", checkIDToken(j, want))
	return j.claims
}

// redeem exchanges a code.
func (c *client) redeem(code string, edits ...string) answered {
	c.x.Helper()
	form := url.Values{"grant_type": {core.GrantAuthorizationCode}, "code": {code}, "redirect_uri": {c.RedirectURIs[0]}}
	return c.tokenRequest(edited(form, edits...))
}

// refresh exchanges a refresh token.
func (c *client) refresh(token string) answered {
	c.x.Helper()
	return c.tokenRequest(url.Values{"grant_type": {core.GrantRefreshToken}, "refresh_token": {token}})
}

// checkTokens checks a success of the token endpoint (RFC 6749 section 5.1, OpenID
// Connect Core section 3.1.3.3).
func checkTokens(got answered) complaints {
	c := got.isJSON(http.StatusOK)
	c.unless(got.header.Get("Cache-Control") == "no-store", "the answer may be kept: %q", got.header.Get("Cache-Control"))
	known := []string{"access_token", "token_type", "expires_in", "refresh_token", "id_token", "scope"}
	for name := range got.json {
		c.unless(slices.Contains(known, name), "%s is not known", name)
	}
	expires, isNumber := got.json["expires_in"].(float64)
	c.unless(isNumber && expires > 0, "expires_in is %v", got.json["expires_in"])
	c.unless(strings.EqualFold(got.json.text("token_type"), "Bearer"), "token_type is %v", got.json["token_type"])
	c.unless(got.json.text("id_token") != "", "id_token is missing")
	c.unless(unguessable(got.json.text("access_token")), "access_token can be guessed")
	for _, name := range [...]string{"access_token", "refresh_token"} {
		c.unless(!got.json.has(name) || visible(got.json.text(name)), "%s has characters that are not allowed", name)
	}
	return c
}

// visible reports whether all characters are VSCHAR (RFC 6749 appendix A).
func visible(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' })
}

// checkTokenError wants a refusal of the token endpoint (RFC 6749 section 5.2).
func checkTokenError(got answered, codes ...string) complaints {
	status := http.StatusBadRequest
	if got.json.text("error") == "invalid_client" {
		status = http.StatusUnauthorized
	}
	c := got.isJSON(status)
	for name := range got.json {
		c.unless(slices.Contains([]string{"error", "error_description", "error_uri"}, name), "%s is not known", name)
	}
	c.unless(slices.Contains(codes, got.json.text("error")), "the error is %v, not one of %v", got.json["error"], codes)
	c.unless(!got.json.has("error_description") || printable(got.json.text("error_description")), "error_description has characters that are not allowed")
	return c
}

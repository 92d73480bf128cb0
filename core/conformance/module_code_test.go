package conformance_test

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"reflect"
	"time"
)

func withCode(v variant) bool { return v.yields("code") }

// codeModules are those about codes and refresh tokens.
func codeModules() []module {
	return []module{
		{name: "oidcc-codereuse", plans: "B H", run: codeReuse(0)},
		{name: "oidcc-codereuse-30seconds", plans: "B H", run: codeReuse(30 * time.Second)},
		{name: "oidcc-ensure-request-with-valid-pkce-succeeds", plans: "B H", run: pkce},
		{name: "oidcc-refresh-token", plans: "B H D", run: refreshToken, only: withCode},
	}
}

// codeReuse: RFC 6749 section 4.1.2 refuses the second use, and SHOULD revoke what the
// first one gave.
func codeReuse(after time.Duration) func(*trial) {
	return func(x *trial) {
		c := x.client()
		s := x.person().signIn(c, c.request())
		x.clock.advance(after)
		x.complain("second use", checkTokenError(c.redeem(s.params.Get("code")), "invalid_grant"))
		if got := x.userInfo(http.MethodGet, s.access, "header"); got.status != http.StatusUnauthorized {
			x.Errorf("the access token of the first use still works: %d", got.status)
		}
	}
}

func pkce(x *trial) {
	const verifier = "a-code-verifier-that-has-at-least-43-characters-in-it"
	sum := sha256.Sum256([]byte(verifier))
	challenge := base64.RawURLEncoding.EncodeToString(sum[:])
	c, p := x.client(), x.person()
	request := c.request("code_challenge", challenge, "code_challenge_method", "S256")
	a := p.authorize(c, request)
	x.complain("no verifier", checkTokenError(c.redeem(a.params.Get("code")), "invalid_grant", "invalid_request"))
	s := &signIn{arrival: a}
	x.redeemed(s, c.redeem(a.params.Get("code"), "code_verifier", verifier))
	x.checkUserInfo(x.userInfo(http.MethodGet, s.access, "header"), s.claims.text("sub"))
}

// refreshToken: OpenID Connect Core sections 11 and 12.
func refreshToken(x *trial) {
	c, other := x.client(), x.client()
	request := c.request("scope", "openid offline_access", "prompt", "consent")
	s := x.person().signIn(c, request)
	first := s.tokens.text("refresh_token")
	if first == "" {
		x.Fatal("there is no refresh token")
	}
	x.clock.advance(later)
	got := c.refresh(first)
	refreshed := x.checkRefreshed(s, got)
	if again := got.json.text("refresh_token"); again != "" {
		first = again
	}
	x.checkUserInfo(x.userInfo(http.MethodGet, refreshed, "header"), s.claims.text("sub"))
	x.complain("another client", checkTokenError(other.refresh(first), "invalid_grant"))
	x.checkRefreshed(s, c.refresh(first))
}

// checkRefreshed wants an ID token that says what the first one said, and gives the new
// access token.
func (x *trial) checkRefreshed(s *signIn, got answered) string {
	x.Helper()
	x.complain("refresh", checkTokens(got))
	if got.json == nil || got.json.text("id_token") == "" {
		x.FailNow()
	}
	claims := x.idToken(s.c, got.json.text("id_token"), func(want *expectation) {
		want.refreshed, want.nonce, want.access = true, s.asked.Get("nonce"), got.json.text("access_token")
	})
	for _, name := range [...]string{"iss", "sub", "aud", "azp", "auth_time", "acr", "sid"} {
		if !reflect.DeepEqual(claims[name], s.claims[name]) {
			x.Errorf("%s was %v, and is %v", name, s.claims[name], claims[name])
		}
	}
	if claims["iat"].(float64) < s.claims["iat"].(float64) {
		x.Errorf("iat was %v, and is %v", s.claims["iat"], claims["iat"])
	}
	if got.json.text("access_token") == s.access {
		x.Error("the access token is the old one")
	}
	return got.json.text("access_token")
}

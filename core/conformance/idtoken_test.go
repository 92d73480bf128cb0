package conformance_test

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"
	"time"
)

// expectation is what a relying party knows before it looks at an ID token.
type expectation struct {
	issuer, client string
	alg            string
	now            time.Time
	nonce          string // of the request; empty: there was none
	access, code   string // that came with it, or empty
	front          bool   // from the authorization endpoint
	refreshed      bool   // for a refresh token: the nonce may be missing
	authTime       bool   // it was asked for
	acrs           []string
	scopes         []string // whose claims belong into it
	claims         []string // that were asked for one by one
}

// protocolClaims may be in any ID token.
var protocolClaims = []string{
	"iss", "sub", "aud", "exp", "iat", "nbf", "jti", "nonce", "auth_time", "acr", "amr", "azp", "at_hash", "c_hash", "s_hash", "sid",
}

// checkIDToken checks a token whose signature was checked (OpenID Connect Core sections
// 3.1.3.7, 3.2.2.11 and 3.3.2.11).
func checkIDToken(j jwt, want expectation) complaints {
	claims := j.claims
	c := checkStandardClaims(claims)
	c.unless(j.header.text("alg") == want.alg, "alg is %q, not %q", j.header.text("alg"), want.alg)
	c.unless(want.alg == "none" || j.header.text("kid") != "", "there is no kid")
	c.unless(!j.header.has("typ") || j.header.text("typ") == "JWT", "typ is %q", j.header.text("typ"))
	c.unless(claims.text("iss") == want.issuer, "iss is %q", claims.text("iss"))
	audience := append(claims.list("aud"), claims.text("aud"))
	c.unless(slices.Contains(audience, want.client), "aud is %v", claims["aud"])
	c.unless(!claims.has("azp") || claims.text("azp") == want.client, "azp is %q", claims.text("azp"))
	c.unless(len(claims.list("aud")) < 2 || claims.has("azp"), "azp is missing beside several aud")
	c.unless(len(claims.text("sub")) > 0 && len(claims.text("sub")) <= 255, "sub is %q", claims.text("sub"))
	c = append(c, checkTimes(claims, want.now)...)
	c.unless(claims.text("nonce") == want.nonce || want.refreshed && !claims.has("nonce"), "nonce is %q, not %q", claims.text("nonce"), want.nonce)
	c.unless(!want.authTime || claims.has("auth_time"), "auth_time is missing")
	c.unless(len(want.acrs) == 0 || slices.Contains(want.acrs, claims.text("acr")), "acr is %q, not of %v", claims.text("acr"), want.acrs)
	c = append(c, checkHash(claims, "at_hash", want.alg, want.access, want.front)...)
	c = append(c, checkHash(claims, "c_hash", want.alg, want.code, want.front)...)
	for name := range claims {
		c.unless(slices.Contains(protocolClaims, name) || want.asksFor(name), "%s was not asked for", name)
	}
	return c
}

// asksFor reports whether the claim belongs into the token.
func (want expectation) asksFor(claim string) bool {
	return slices.Contains(want.claims, claim) ||
		slices.ContainsFunc(want.scopes, func(scope string) bool { return slices.Contains(scopeClaims[scope], claim) })
}

func checkTimes(claims document, now time.Time) complaints {
	var c complaints
	at := func(name string) time.Time { n, _ := claims[name].(float64); return time.Unix(int64(n), 0) }
	c.unless(claims.has("exp") && at("exp").After(now), "exp is %v", claims["exp"])
	c.unless(claims.has("iat") && !at("iat").After(now) && at("iat").After(now.Add(-5*time.Minute)), "iat is %v", claims["iat"])
	c.unless(!claims.has("nbf") || !at("nbf").After(now), "nbf is %v", claims["nbf"])
	c.unless(!claims.has("auth_time") || !at("auth_time").After(now), "auth_time is %v", claims["auth_time"])
	return c
}

// checkHash wants the hash of a value that came with the token from the authorization
// endpoint, and the right one wherever there is one.
func checkHash(claims document, name, alg, value string, front bool) complaints {
	var c complaints
	c.unless(!front || value == "" || claims.has(name), "%s is missing", name)
	c.unless(value == "" || !claims.has(name) || claims.text(name) == halfHash(alg, value), "%s is wrong", name)
	return c
}

func TestIDTokenRules(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	want := expectation{
		issuer: "https://op.example", client: "rp", alg: "RS256", now: now, nonce: "n", access: "a", code: "c", front: true,
		authTime: true, acrs: []string{"x"}, scopes: []string{"email"}, claims: []string{"name"},
	}
	right := document{
		"iss": "https://op.example", "aud": "rp", "sub": "s", "exp": 1_800_000_060.0, "iat": 1_800_000_000.0, "auth_time": 1_799_999_999.0,
		"nonce": "n", "acr": "x", "at_hash": halfHash("RS256", "a"), "c_hash": halfHash("RS256", "c"), "email": "e", "name": "x",
	}
	check := func(change document) complaints {
		claims := maps.Clone(right)
		for name, value := range change {
			if claims[name] = value; value == nil {
				delete(claims, name)
			}
		}
		var header document
		json.Unmarshal([]byte(`{"alg":"RS256","kid":"k","typ":"JWT"}`), &header)
		return checkIDToken(jwt{header: header, claims: claims}, want)
	}
	for _, change := range []document{nil, {"aud": []any{"rp"}}, {"aud": []any{"rp", "y"}, "azp": "rp"}, {"sid": "s", "amr": []any{"pwd"}}} {
		if c := check(change); c != nil {
			t.Error(change, c)
		}
	}
	for name, values := range map[string][]any{
		"iss": {nil, "https://op.example/"}, "aud": {nil, "other", []any{"rp", "y"}}, "azp": {"other"}, "sub": {nil, ""}, "nonce": {nil, "m"},
		"exp": {nil, 1_800_000_000.0, "1"}, "iat": {nil, 1_800_000_001.0, 1_799_999_000.0}, "nbf": {1_800_000_001.0}, "auth_time": {nil, 1_800_000_001.0},
		"acr": {nil, "y"}, "at_hash": {nil, "x"}, "c_hash": {nil, "x"}, "phone_number": {"1"}, "given_name": {"x"},
	} {
		for _, value := range values {
			if check(document{name: value}) == nil {
				t.Errorf("no complaint about %s %v", name, value)
			}
		}
	}
	if c := checkIDToken(jwt{header: document{"alg": "none"}, claims: right}, want); !c.has("alg is") || !c.has("kid") {
		t.Error(c)
	}
}

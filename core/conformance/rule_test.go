package conformance_test

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/postern-id/postern/core/browser"
)

// The rules that are no module's own are held to wrong answers, so that what they let
// pass says something.

func jsonAnswer(status int, object document) answered {
	return answered{
		status: status, json: object, body: must(json.Marshal(object)),
		header: http.Header{"Content-Type": {"application/json"}, "Cache-Control": {"no-store"}},
	}
}

func TestTokenAnswerRules(t *testing.T) {
	const secret = "Zx81kLm20pQrS7tUvW3yAbCdEfGhIj"
	right := document{"access_token": secret, "token_type": "Bearer", "expires_in": 60.0, "id_token": "x", "refresh_token": secret, "scope": "openid"}
	if c := checkTokens(jsonAnswer(http.StatusOK, right)); c != nil {
		t.Fatal(c)
	}
	for name, value := range map[string]any{
		"access_token": "short", "token_type": "mac", "expires_in": "60", "id_token": nil, "refresh_token": "a\x00b", "surprise": true,
	} {
		wrong := maps.Clone(right)
		wrong[name] = value
		if checkTokens(jsonAnswer(http.StatusOK, wrong)) == nil {
			t.Errorf("no complaint about %s %v", name, value)
		}
	}
	for name, got := range map[string]answered{
		"status": jsonAnswer(http.StatusCreated, right),
		"cached": {status: http.StatusOK, json: right, header: http.Header{"Content-Type": {"application/json"}}},
		"HTML":   {status: http.StatusOK, json: right, header: http.Header{"Content-Type": {"text/html"}, "Cache-Control": {"no-store"}}},
	} {
		if checkTokens(got) == nil {
			t.Errorf("no complaint about %s", name)
		}
	}
}

func TestTokenErrorRules(t *testing.T) {
	for _, tt := range []struct {
		got  answered
		want string // empty: nothing to complain about
	}{
		{jsonAnswer(400, document{"error": "invalid_grant", "error_description": "No."}), ""},
		{jsonAnswer(401, document{"error": "invalid_client"}), ""},
		{jsonAnswer(400, document{"error": "invalid_client"}), "status"},
		{jsonAnswer(200, document{"error": "invalid_grant"}), "status"},
		{jsonAnswer(400, document{"error": "invalid_scope"}), "not one of"},
		{jsonAnswer(400, document{"error": "invalid_grant", "hint": "x"}), "hint"},
		{jsonAnswer(400, document{"error": "invalid_grant", "error_description": "a\nb"}), "characters"},
	} {
		if c := checkTokenError(tt.got, "invalid_grant", "invalid_client"); tt.want == "" && c != nil || tt.want != "" && !c.has(tt.want) {
			t.Errorf("%d %v: %v, want %q", tt.got.status, tt.got.json, c, tt.want)
		}
	}
}

func TestLogoutTokenRules(t *testing.T) {
	now := time.Unix(1_800_000_000, 0)
	want := expectation{issuer: "https://op.example", client: "rp", alg: "RS256", now: now}
	idToken := document{"sub": "s", "sid": "i"}
	event := map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}}
	right := document{
		"iss": "https://op.example", "aud": "rp", "iat": 1_800_000_000.0, "exp": 1_800_000_060.0, "jti": "j", "events": event, "sub": "s", "sid": "i",
	}
	header := document{"alg": "RS256", "typ": "logout+jwt"}
	if c := checkLogoutToken(jwt{header: header, claims: right}, want, idToken); c != nil {
		t.Fatal(c)
	}
	for name, value := range map[string]any{
		"iss": "x", "aud": "x", "iat": nil, "exp": 1_799_999_999.0, "jti": "", "events": map[string]any{"x": map[string]any{}},
		"sub": "other", "sid": "other", "nonce": "n",
	} {
		wrong := maps.Clone(right)
		wrong[name] = value
		if checkLogoutToken(jwt{header: header, claims: wrong}, want, idToken) == nil {
			t.Errorf("no complaint about %s %v", name, value)
		}
	}
	if checkLogoutToken(jwt{header: document{"alg": "none", "typ": "JWT"}, claims: right}, want, idToken) == nil {
		t.Error("no complaint about the header")
	}
}

func TestWhereAPageGoesOn(t *testing.T) {
	for body, want := range map[string]string{
		`<meta http-equiv="refresh" content="0; url=https://rp.example/x?a=1&amp;b=2">`: "https://rp.example/x?a=1&b=2",
		`<meta http-equiv="Refresh" content="3;URL=https://rp.example/">`:               "https://rp.example/",
		`<meta http-equiv="refresh" content="3">`:                                       "",
		`<meta name="refresh" content="0; url=https://rp.example/">`:                    "",
	} {
		at := &page{Browser: browser.New(t, "https://op.example"), Body: body}
		got := ""
		if u := refreshed(at); u != nil {
			got = u.String()
		}
		if got != want {
			t.Errorf("%s goes to %q, want %q", body, got, want)
		}
	}
	if !sameURL("https://a.example/x?a=1&b=2", "https://a.example/x?b=2&a=1") || sameURL("https://a.example/x?a=1", "https://a.example/x?a=2") ||
		sameURL("https://a.example/x", "https://a.example/y") {
		t.Error("sameURL compares something else")
	}
}

func TestImagePolicy(t *testing.T) {
	for policy, want := range map[string]bool{
		"default-src 'none'; img-src 'self' https://rp.example": true, "img-src https:": true,
		"img-src 'self' data:": false, "default-src 'none'": false, "img-src https://rp.example.evil.example": false,
	} {
		if allowsImage(policy, rpOrigin) != want {
			t.Errorf("%q: %v", policy, !want)
		}
	}
}

func TestSessionState(t *testing.T) {
	cookies := []*http.Cookie{
		{Name: "session", Value: "secret", Secure: true, HttpOnly: true},
		{Name: "state", Value: "browser state", Secure: true, SameSite: http.SameSiteNoneMode},
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for _, c := range cookies {
			http.SetCookie(w, c)
		}
	}))
	defer server.Close()
	b := browser.New(t, server.URL)
	b.Get("/")
	d := &departure{person: &person{Browser: b}, c: &client{id: "rp"}}
	state := func(cookie string) string {
		sum := sha256.Sum256([]byte("rp " + rpOrigin + " " + cookie + " salt"))
		return hex.EncodeToString(sum[:]) + ".salt"
	}
	if !d.unchanged(state("browser state")) || d.unchanged(state("browser state")+"y") || d.unchanged("salt") || d.unchanged(state("secret")) {
		t.Error("the hash is another one")
	}
	cookies[1].Value = "another"
	b.Get("/")
	if d.unchanged(state("browser state")) {
		t.Error("the cookie changed, and the session did not")
	}
}

// A response that goes to a registered URI with a query of its own keeps that apart.
func TestOwnQuery(t *testing.T) {
	r := newResponse(must(url.Parse(callback+"?foo=bar&code=x")), callback+"?foo=bar", nil)
	if r.params.Has("foo") || r.params.Get("code") != "x" || r.place != inQuery {
		t.Errorf("%v in %s", r.params, r.place)
	}
}

func TestLeadsTo(t *testing.T) {
	for registered, targets := range map[string]map[string]bool{
		callback:              {callback: true, callback + "?code=x": true, callback + "#code=x": true, callback + "/x": false, rpOrigin + "/": false},
		callback + "?foo=bar": {callback + "?foo=bar&code=x": true, callback + "?foo=bar#x": true, callback + "?foo=barn": false, callback + "?code=x": false},
	} {
		for target, want := range targets {
			if leadsTo(must(url.Parse(target)), registered) != want {
				t.Errorf("%s, registered %s: %v", target, registered, !want)
			}
		}
	}
}

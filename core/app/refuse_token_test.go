package app_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

// tokenCall is a request to the token endpoint before it is sent, for a test to
// make one thing of it wrong.
type tokenCall struct {
	method, path, query string
	header              http.Header
	form                url.Values
	body                string // instead of the form
}

// call makes a good token request: the client authenticates as it is registered.
func (rp *relyingParty) call(form url.Values) *tokenCall {
	c := &tokenCall{method: http.MethodPost, path: oauth.PathToken, header: http.Header{}, form: form}
	c.header.Set("Content-Type", "application/x-www-form-urlencoded")
	switch {
	case rp.client.Public():
		form.Set("client_id", rp.client.ID)
	case slices.Contains(rp.client.AuthMethods, core.AuthBasic):
		c.header.Set("Authorization", basic(rp.client.ID, rp.secret))
	default:
		form.Set("client_id", rp.client.ID)
		form.Set("client_secret", rp.secret)
	}
	return c
}

// callCode makes a good token request with a code.
func (rp *relyingParty) callCode(code string) *tokenCall {
	return rp.call(url.Values{
		"grant_type": {"authorization_code"}, "code": {code},
		"redirect_uri": {rp.client.RedirectURIs[0]}, "code_verifier": {theVerifier},
	})
}

// callRefresh makes a good token request with a refresh token.
func (rp *relyingParty) callRefresh(token string) *tokenCall {
	return rp.call(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}})
}

func basic(id, secret string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret))
}

// inBody authenticates with the secret in the body.
func (c *tokenCall) inBody(id, secret string) {
	c.header.Del("Authorization")
	c.form.Set("client_id", id)
	c.form.Set("client_secret", secret)
}

// request is for one sending.
func (c *tokenCall) request(w *world) *http.Request {
	w.t.Helper()
	body := c.body
	if body == "" {
		body = c.form.Encode()
	}
	r, err := http.NewRequest(c.method, w.issuer+c.path, strings.NewReader(body))
	if err != nil {
		w.t.Fatal(err)
	}
	r.URL.RawQuery, r.Header = c.query, c.header.Clone()
	return r
}

func (w *world) send(c *tokenCall) answer {
	w.t.Helper()
	return w.do(c.request(w))
}

// refuses sends a token request that must be refused, with one audit event.
func (w *world) refuses(c *tokenCall, status int, code, reason string) {
	w.t.Helper()
	w.recorded(core.EventTokenRefused, reason, func() {
		w.t.Helper()
		w.send(c).isRefusal(w.t, status, code)
	})
}

// isRefusal checks a refusal of the token endpoint (RFC 6749 section 5.2).
func (a answer) isRefusal(t *testing.T, status int, code string) {
	t.Helper()
	if a.status != status || a.text("error") != code {
		t.Errorf("status %d, want %d %s: %s", a.status, status, code, a.body)
	}
	if a.json["access_token"] != nil || a.json["refresh_token"] != nil || a.json["id_token"] != nil {
		t.Errorf("tokens were issued: %s", a.body)
	}
	if got := a.header.Get("Content-Type"); got != "application/json" {
		t.Errorf("Content-Type %q", got)
	}
	if got := a.header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control %q", got)
	}
	if got := a.header.Get("WWW-Authenticate"); (status == http.StatusUnauthorized) != strings.HasPrefix(got, "Basic realm=") {
		t.Errorf("status %d with WWW-Authenticate %q", status, got)
	}
}

// succeeds sends a token request that must be answered.
func (w *world) succeeds(c *tokenCall) answer {
	w.t.Helper()
	a := w.send(c)
	if a.status != http.StatusOK || a.text("access_token") == "" {
		w.t.Fatalf("status %d: %s", a.status, a.body)
	}
	return a
}

// serves checks that the access token is good at both resources.
func (w *world) serves(accessToken string) {
	w.t.Helper()
	for _, path := range []string{oauth.PathUserInfo, oauth.PathAccount} {
		if a := w.resource(path, accessToken); a.status != http.StatusOK || a.text("sub") == "" {
			w.t.Errorf("%s: status %d: %s", path, a.status, a.body)
		}
	}
}

// deniesAccess checks that the access token is good at no resource, with one
// audit event for each try.
func (w *world) deniesAccess(accessToken, reason string) {
	w.t.Helper()
	for _, path := range []string{oauth.PathUserInfo, oauth.PathAccount} {
		w.recorded(core.EventResourceRefused, reason, func() {
			w.t.Helper()
			a := w.resource(path, accessToken)
			challenge := a.header.Get("WWW-Authenticate")
			if a.status != http.StatusUnauthorized || !strings.Contains(challenge, `error="invalid_token"`) {
				w.t.Errorf("%s: status %d, challenge %q: %s", path, a.status, challenge, a.body)
			}
			if a.text("sub") != "" {
				w.t.Errorf("%s tells who it is: %s", path, a.body)
			}
		})
	}
}

// each runs f as a part of the test that has a name of its own.
func (w *world) each(name string, f func()) {
	outer := w.t
	outer.Run(name, func(t *testing.T) {
		w.t = t
		defer func() { w.t = outer }()
		f()
	})
}

// race sends each of the requests n times, all at once. The answers stand in the
// order of the requests, n of each.
func (w *world) race(n int, calls ...*tokenCall) []answer {
	w.t.Helper()
	var (
		answers = make([]answer, n*len(calls))
		errs    = make([]error, n*len(calls))
		wait    sync.WaitGroup
		begin   = make(chan struct{})
	)
	for i := range answers {
		r := calls[i/n].request(w)
		wait.Go(func() {
			<-begin
			answers[i], errs[i] = exchange(r)
		})
	}
	close(begin)
	wait.Wait()
	for i, err := range errs {
		if err != nil {
			w.t.Fatal(err)
		}
		w.hide(answers[i].text("access_token"), answers[i].text("refresh_token"), answers[i].text("id_token"))
	}
	return answers
}

// withRefresh registers a client that gets refresh tokens without a question.
func withRefresh(c *core.Client) { c.OfflineWithoutPrompt = true }

// offlineScope asks for a refresh token.
const offlineScope = "openid profile email offline_access"

// tokens signs alice in and redeems the code.
func (rp *relyingParty) tokens(b *browser, edits ...string) answer {
	b.t.Helper()
	code := rp.code(b, "alice", append([]string{"scope", offlineScope}, edits...)...)
	a := rp.w.succeeds(rp.callCode(code))
	if rp.client.OfflineWithoutPrompt && a.text("refresh_token") == "" {
		b.t.Fatalf("no refresh token: %s", a.body)
	}
	return a
}

// redemption is a request with a good code and one thing wrong. Afterwards the
// code must still be good: nothing else was wrong, and a refusal burns no code.
type redemption struct {
	name    string
	preset  string // "web" if empty
	edit    func(*core.Client)
	ask     []string // changes the authorization request
	without string   // a parameter that the good request does not have
	spoil   func(rp *relyingParty, c *tokenCall)
	status  int
	code    string
	reason  string
}

func (r redemption) refusal() refusal {
	return refusal{r.name, func(t *testing.T, w *world) {
		w.user("alice")
		rp := w.registerPreset("rp", orWeb(r.preset), r.edit)
		code := rp.code(newBrowser(t, w.issuer), "alice", r.ask...)
		good := func() *tokenCall {
			c := rp.callCode(code)
			c.form.Del(r.without)
			return c
		}
		bad := good()
		r.spoil(rp, bad)
		w.refuses(bad, r.status, r.code, r.reason)
		w.succeeds(good())
	}}
}

func orWeb(preset string) string {
	if preset == "" {
		return "web"
	}
	return preset
}

// put sets a form parameter, or takes it out.
func put(name, value string) func(*relyingParty, *tokenCall) {
	return func(_ *relyingParty, c *tokenCall) {
		if value == "" {
			c.form.Del(name)
		} else {
			c.form.Set(name, value)
		}
	}
}

func tokenRefusals() []refusal {
	list := slices.Concat(codeRefusals(), pkceRefusals(), formRefusals(), limitRefusals(), timingRefusals(), disabledRefusals())
	for _, r := range slices.Concat(redirectRedemptions(), verifierRedemptions(), authRedemptions(), basicRedemptions(), formRedemptions()) {
		list = append(list, r.refusal())
	}
	return list
}

// 31 to 33, 35, 36: codes.

func codeRefusals() []refusal {
	return []refusal{
		{"031_code_reused", func(t *testing.T, w *world) { reuseCode(t, w, 0) }},
		{"031_code_reused_after_30_seconds", func(t *testing.T, w *world) { reuseCode(t, w, 30*time.Second) }},
		{"031_code_reused_after_it_expired", func(t *testing.T, w *world) { reuseCode(t, w, 10*time.Minute) }},
		{"031_code_reused_after_refreshes", codeReusedAfterRefreshes},
		{"031_code_reused_spares_other_grants", codeReusedSparesOthers},
		{"032_50_parallel_redemptions", func(t *testing.T, w *world) { raceCode(t, w, "web") }},
		{"032_50_parallel_redemptions_of_a_public_client", func(t *testing.T, w *world) { raceCode(t, w, "spa") }},
		{"033_code_of_other_confidential_client", func(t *testing.T, w *world) { strangersCode(t, w, "web", "web") }},
		{"033_code_of_confidential_client_by_public_one", func(t *testing.T, w *world) { strangersCode(t, w, "web", "spa") }},
		{"033_code_of_public_client_by_confidential_one", func(t *testing.T, w *world) { strangersCode(t, w, "spa", "web") }},
		{"033_code_of_other_public_client", func(t *testing.T, w *world) { strangersCode(t, w, "native", "spa") }},
		{"035_code_expired_to_the_second", codeExpired},
		{"036_code_not_to_the_letter", alteredCode},
		{"036_refresh_token_not_to_the_letter", alteredRefreshToken},
		{"036_access_token_not_to_the_letter", alteredAccessToken},
		{"042_two_access_tokens", twoAccessTokens},
	}
}

func (w *world) reuse(c *tokenCall) {
	w.t.Helper()
	w.recorded(core.EventReuseDetected, "code_reused", func() {
		w.t.Helper()
		w.send(c).isRefusal(w.t, http.StatusBadRequest, "invalid_grant")
	})
}

func reuseCode(t *testing.T, w *world, later time.Duration) {
	w.user("alice")
	rp := w.register("rp", withRefresh)
	code := rp.code(newBrowser(t, w.issuer), "alice", "scope", offlineScope)
	first := w.succeeds(rp.callCode(code))
	w.serves(first.text("access_token"))
	w.clock.advance(later)
	w.reuse(rp.callCode(code))
	w.deniesAccess(first.text("access_token"), "grant_revoked")
	w.refuses(rp.callRefresh(first.text("refresh_token")), http.StatusBadRequest, "invalid_grant", "grant_revoked")
	w.reuse(rp.callCode(code))
}

func codeReusedAfterRefreshes(t *testing.T, w *world) {
	w.user("alice")
	rp := w.register("rp", withRefresh)
	code := rp.code(newBrowser(t, w.issuer), "alice", "scope", offlineScope)
	first := w.succeeds(rp.callCode(code))
	second := w.succeeds(rp.callRefresh(first.text("refresh_token")))
	third := w.succeeds(rp.callRefresh(second.text("refresh_token")))
	w.reuse(rp.callCode(code))
	for _, set := range []answer{first, second, third} {
		w.deniesAccess(set.text("access_token"), "grant_revoked")
		w.refuses(rp.callRefresh(set.text("refresh_token")), http.StatusBadRequest, "invalid_grant", "grant_revoked")
	}
}

func codeReusedSparesOthers(t *testing.T, w *world) {
	w.user("alice")
	rp, b := w.register("rp", withRefresh), newBrowser(t, w.issuer)
	other := rp.tokens(b)
	code := rp.code(b, "alice")
	w.succeeds(rp.callCode(code))
	w.reuse(rp.callCode(code))
	w.serves(other.text("access_token"))
	w.succeeds(rp.callRefresh(other.text("refresh_token")))
}

const contestants = 50

func raceCode(t *testing.T, w *world, preset string) {
	w.user("alice")
	rp := w.registerPreset("rp", preset, nil)
	code := rp.code(newBrowser(t, w.issuer), "alice")
	before := len(w.events(core.EventFilter{Limit: 1000}))
	won := 0
	for _, a := range w.race(contestants, rp.callCode(code)) {
		if a.status == http.StatusOK {
			won++
			continue
		}
		a.isRefusal(t, http.StatusBadRequest, "invalid_grant")
	}
	if won != 1 {
		t.Errorf("%d redemptions succeeded", won)
	}
	if got := len(w.events(core.EventFilter{Limit: 1000})) - before; got != contestants {
		t.Errorf("%d audit events for %d requests", got, contestants)
	}
	if issued := w.events(core.EventFilter{Type: core.EventTokenIssued}); len(issued) != 1 {
		t.Errorf("%d events tell of tokens", len(issued))
	}
}

func strangersCode(t *testing.T, w *world, owner, thief string) {
	w.user("alice")
	mine, theirs := w.registerPreset("mine", owner, nil), w.registerPreset("theirs", thief, nil)
	code := mine.code(newBrowser(t, w.issuer), "alice")
	w.refuses(theirs.callCode(code), http.StatusBadRequest, "invalid_grant", "code_of_other_client")
	w.succeeds(mine.callCode(code))
}

func codeExpired(t *testing.T, w *world) {
	w.user("alice")
	rp, b := w.register("rp", nil), newBrowser(t, w.issuer)
	code := rp.code(b, "alice")
	w.clock.advance(time.Minute - time.Millisecond)
	w.succeeds(rp.callCode(code))
	code = rp.code(b, "alice")
	w.clock.advance(time.Minute)
	w.refuses(rp.callCode(code), http.StatusBadRequest, "invalid_grant", "code_expired")
}

// alterations change a credential: none of what they give may be accepted.
func alterations() map[string]func(string) string {
	swap := func(s string, at int, with ...byte) string {
		for _, c := range with {
			if s[at] != c {
				return s[:at] + string(c) + s[at+1:]
			}
		}
		return s
	}
	return map[string]func(string) string{
		"cut_short":        func(s string) string { return s[:len(s)-1] },
		"cut_by_a_group":   func(s string) string { return s[:len(s)-4] },
		"prefix_alone":     func(s string) string { return s[:strings.Index(s, "_")+1] },
		"one_more":         func(s string) string { return s + "A" },
		"a_group_more":     func(s string) string { return s + "AAAA" },
		"twice":            func(s string) string { return s + s },
		"padding":          func(s string) string { return s + "=" },
		"padding_of_group": func(s string) string { return s[:len(s)-2] + "==" },
		"line_feed":        func(s string) string { return s[:20] + "\n" + s[20:] },
		"line_feed_at_end": func(s string) string { return s + "\r\n" },
		"blank_before":     func(s string) string { return " " + s },
		"blank_after":      func(s string) string { return s + " " },
		"other_secret":     func(s string) string { return swap(s, len(s)-1, 'A', 'B') },
		"other_identifier": func(s string) string { return swap(s, strings.Index(s, "_")+10, 'A', 'B') },
		"illegal_letter":   func(s string) string { return swap(s, len(s)-7, '+') },
		"other_kind":       func(s string) string { return "x" + s },
		"capitals":         func(s string) string { return strings.ToUpper(s) },
		"without_prefix":   func(s string) string { return s[strings.Index(s, "_")+1:] },
	}
}

func alteredCode(t *testing.T, w *world) {
	w.user("alice")
	rp := w.register("rp", nil)
	code := rp.code(newBrowser(t, w.issuer), "alice")
	for name, alter := range alterations() {
		w.each(name, func() { w.refuses(rp.callCode(alter(code)), http.StatusBadRequest, "invalid_grant", "") })
	}
	w.succeeds(rp.callCode(code))
}

func alteredRefreshToken(t *testing.T, w *world) {
	w.user("alice")
	rp := w.register("rp", withRefresh)
	token := rp.tokens(newBrowser(t, w.issuer)).text("refresh_token")
	for name, alter := range alterations() {
		w.each(name, func() { w.refuses(rp.callRefresh(alter(token)), http.StatusBadRequest, "invalid_grant", "") })
	}
	w.succeeds(rp.callRefresh(token))
}

func alteredAccessToken(t *testing.T, w *world) {
	w.user("alice")
	rp := w.register("rp", nil)
	token := rp.tokens(newBrowser(t, w.issuer)).text("access_token")
	for name, alter := range alterations() {
		w.each(name, func() {
			altered := alter(token)
			w.recorded(core.EventResourceRefused, "", func() {
				if a := w.resourceByForm(oauth.PathUserInfo, altered); a.status != http.StatusUnauthorized {
					w.t.Errorf("status %d: %s", a.status, a.body)
				}
			})
			// A header can neither hold line breaks nor blanks at its ends.
			if strings.TrimSpace(altered) == altered && !strings.Contains(altered, "\n") {
				w.deniesAccess(altered, "")
			}
		})
	}
	w.serves(token)
}

func twoAccessTokens(t *testing.T, w *world) {
	w.user("alice")
	rp := w.register("rp", nil)
	token := rp.tokens(newBrowser(t, w.issuer)).text("access_token")
	for _, path := range []string{oauth.PathUserInfo, oauth.PathAccount} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			r, err := http.NewRequest(method, w.issuer+path, http.NoBody)
			if err != nil {
				t.Fatal(err)
			}
			r.Header["Authorization"] = []string{"Bearer " + token, "Bearer " + token}
			w.recorded(core.EventResourceRefused, "authorization_repeated", func() {
				if a := w.do(r); a.status != http.StatusBadRequest || a.text("error") != "invalid_request" {
					t.Errorf("%s: status %d: %s", path, a.status, a.body)
				}
			})
		}
	}
	w.serves(token)
}

// resourceByForm presents the access token in the body (RFC 6750 section 2.2).
func (w *world) resourceByForm(path, accessToken string) answer {
	w.t.Helper()
	r, err := http.NewRequest(http.MethodPost, w.issuer+path, strings.NewReader(url.Values{"access_token": {accessToken}}.Encode()))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return w.do(r)
}

// 34, 37 to 41: what is bound to the code.

func redirectRedemptions() []redemption {
	const second = "https://rp.example/second"
	two := func(c *core.Client) { c.RedirectURIs = []string{theCallback, second} }
	bad := func(name string, spoil func(*relyingParty, *tokenCall), reason string) redemption {
		return redemption{name: name, edit: two, spoil: spoil, status: http.StatusBadRequest, code: "invalid_grant", reason: reason}
	}
	return []redemption{
		bad("034_other_registered_redirect_uri", put("redirect_uri", second), "other_redirect_uri"),
		bad("034_unregistered_redirect_uri", put("redirect_uri", "https://evil.example/cb"), "other_redirect_uri"),
		bad("034_redirect_uri_with_a_slash_more", put("redirect_uri", theCallback+"/"), "other_redirect_uri"),
		bad("034_redirect_uri_in_capitals", put("redirect_uri", "https://RP.example/cb"), "other_redirect_uri"),
		bad("034_redirect_uri_missing", put("redirect_uri", ""), "no_redirect_uri"),
		{name: "034_redirect_uri_that_was_not_sent_before", ask: []string{"redirect_uri", ""}, without: "redirect_uri",
			spoil: put("redirect_uri", "https://evil.example/cb"), status: http.StatusBadRequest, code: "invalid_grant", reason: "other_redirect_uri"},
	}
}

func verifierRedemptions() []redemption {
	bad := func(name, verifier, reason string) redemption {
		return redemption{name: name, spoil: put("code_verifier", verifier), status: http.StatusBadRequest, code: "invalid_grant", reason: reason}
	}
	public := bad("039_challenge_without_verifier_of_public_client", "", "verifier_missing")
	public.preset = "spa"
	return []redemption{
		bad("037_verifier_missing", "", "verifier_missing"),
		bad("037_verifier_wrong", strings.Repeat("a", 43), "verifier_wrong"),
		bad("037_verifier_is_the_challenge", challengeOf(theVerifier), "verifier_wrong"),
		bad("037_verifier_in_capitals", strings.ToUpper(theVerifier), "verifier_wrong"),
		bad("037_verifier_short", theVerifier[:42], "verifier_malformed"),
		bad("037_verifier_long", strings.Repeat("a", 129), "verifier_malformed"),
		bad("037_verifier_with_illegal_character", theVerifier+"+", "verifier_malformed"),
		bad("037_verifier_with_line_feed", theVerifier+"\n", "verifier_malformed"),
		bad("037_verifier_with_umlaut", theVerifier+"ä", "verifier_malformed"),
		{name: "038_verifier_without_challenge", ask: []string{"code_challenge", "", "code_challenge_method", ""}, without: "code_verifier",
			spoil: put("code_verifier", theVerifier), status: http.StatusBadRequest, code: "invalid_grant", reason: "verifier_without_challenge"},
		bad("039_challenge_without_verifier", "", "verifier_missing"),
		public,
	}
}

// askedWrongly is an authorization request that is refused at the redirect URI.
func askedWrongly(name, preset string, edit func(*core.Client), reason string, edits ...string) refusal {
	return refusal{name, func(t *testing.T, w *world) {
		w.user("alice")
		rp, b := w.registerPreset("rp", preset, edit), newBrowser(t, w.issuer)
		rp.code(b, "alice")
		w.recorded(core.EventAuthorizeRefused, reason, func() {
			wantErrorRedirect(t, w, b.get(rp.authorizeURL(edits...)), "invalid_request")
		})
		rp.code(b, "alice")
	}}
}

// wantErrorRedirect checks an error response (RFC 6749 section 4.1.2.1) with the
// issuer in it (RFC 9207 section 2).
func wantErrorRedirect(t *testing.T, w *world, p *page, code string) {
	t.Helper()
	if p.location == nil || !strings.HasPrefix(p.location.String(), theCallback+"?") {
		t.Errorf("status %d, to %v: %s", p.status, p.location, p.body)
		return
	}
	q := p.location.Query()
	if q.Get("error") != code || q.Get("state") != "the-state" || q.Get("iss") != w.issuer || q.Has("code") {
		t.Errorf("answered %s, want %s", p.location, code)
	}
}

func pkceRefusals() []refusal {
	required := func(c *core.Client) { c.RequirePKCE = true }
	none := []string{"code_challenge", "", "code_challenge_method", ""}
	return []refusal{
		askedWrongly("040_method_plain", "web", nil, "challenge_method", "code_challenge_method", "plain", "code_challenge", theVerifier),
		askedWrongly("040_method_plain_by_default", "web", nil, "challenge_method", "code_challenge_method", ""),
		askedWrongly("040_method_plain_of_public_client", "spa", nil, "challenge_method", "code_challenge_method", "plain"),
		askedWrongly("040_method_in_small_letters", "web", nil, "challenge_method", "code_challenge_method", "s256"),
		askedWrongly("040_method_unknown", "web", nil, "challenge_method", "code_challenge_method", "S512"),
		askedWrongly("040_method_without_challenge", "web", nil, "challenge_missing", "code_challenge", ""),
		askedWrongly("040_challenge_too_short", "web", nil, "challenge_malformed", "code_challenge", challengeOf(theVerifier)[:42]),
		askedWrongly("040_challenge_padded", "web", nil, "challenge_malformed", "code_challenge", challengeOf(theVerifier)+"="),
		askedWrongly("041_public_client_without_pkce", "spa", nil, "challenge_missing", none...),
		askedWrongly("041_native_client_without_pkce", "native", nil, "challenge_missing", none...),
		askedWrongly("041_client_that_must_without_pkce", "web", required, "challenge_missing", none...),
	}
}

// 42 to 45: client authentication.

func authRedemptions() []redemption {
	const assertion = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
	twice := func(name string, spoil func(*relyingParty, *tokenCall), reason string) redemption {
		return redemption{name: name, spoil: spoil, status: http.StatusBadRequest, code: "invalid_request", reason: reason}
	}
	bad := func(name, preset string, methods []string, reason string, spoil func(*relyingParty, *tokenCall)) redemption {
		edit := func(c *core.Client) {
			if methods != nil {
				c.AuthMethods = methods
			}
		}
		return redemption{name: name, preset: preset, edit: edit, spoil: spoil, status: http.StatusUnauthorized, code: "invalid_client", reason: reason}
	}
	asBasic := func(rp *relyingParty, c *tokenCall) {
		c.form.Del("client_id")
		c.form.Del("client_secret")
		c.header.Set("Authorization", basic(rp.client.ID, rp.secret))
	}
	inBody := func(rp *relyingParty, c *tokenCall) { c.inBody(rp.client.ID, rp.secret) }
	asPublic := func(rp *relyingParty, c *tokenCall) {
		c.header.Del("Authorization")
		c.form.Del("client_secret")
		c.form.Set("client_id", rp.client.ID)
	}
	asserted := func(rp *relyingParty, c *tokenCall) {
		asPublic(rp, c)
		c.form.Set("client_assertion_type", assertion)
		c.form.Set("client_assertion", "e30.e30.e30")
	}
	secretOf := func(secret string) func(*relyingParty, *tokenCall) {
		return func(rp *relyingParty, c *tokenCall) { c.form.Set("client_secret", secret) }
	}
	return []redemption{
		twice("042_basic_and_secret_in_body", secretOf("another"), "client_auth_twice"),
		twice("042_basic_and_the_same_secret_in_body", func(rp *relyingParty, c *tokenCall) { c.form.Set("client_secret", rp.secret) }, "client_auth_twice"),
		twice("042_basic_and_assertion", func(_ *relyingParty, c *tokenCall) {
			c.form.Set("client_assertion_type", assertion)
			c.form.Set("client_assertion", "e30.e30.e30")
		}, "client_auth_twice"),
		twice("042_secret_in_body_and_assertion", func(rp *relyingParty, c *tokenCall) {
			asserted(rp, c)
			c.form.Set("client_secret", rp.secret)
		}, "client_auth_twice"),
		twice("042_bearer_and_secret_in_body", func(rp *relyingParty, c *tokenCall) {
			inBody(rp, c)
			c.header.Set("Authorization", "Bearer at_"+strings.Repeat("A", 64))
		}, "client_auth_twice"),
		twice("042_basic_and_other_client_id_in_body", put("client_id", "somebody"), "client_id_mismatch"),
		twice("042_two_authorization_headers", func(_ *relyingParty, c *tokenCall) {
			c.header.Add("Authorization", basic("somebody", "else"))
		}, "authorization_repeated"),

		bad("043_body_where_basic_is_registered", "", []string{core.AuthBasic}, "client_auth_method", inBody),
		bad("043_basic_where_body_is_registered", "", []string{core.AuthPost}, "client_auth_method", asBasic),
		bad("043_none_where_a_secret_is_registered", "", nil, "client_auth_method", asPublic),
		bad("043_nothing_at_all", "", nil, "client_auth_missing", func(_ *relyingParty, c *tokenCall) { c.header.Del("Authorization") }),
		bad("043_assertion", "", nil, "client_auth_method", asserted),
		bad("043_bearer", "", nil, "client_auth_unsupported", func(_ *relyingParty, c *tokenCall) {
			c.header.Set("Authorization", "Bearer at_"+strings.Repeat("A", 64))
		}),
		bad("043_wrong_secret", "", nil, "client_secret_wrong", func(rp *relyingParty, c *tokenCall) {
			c.header.Set("Authorization", basic(rp.client.ID, rp.secret[:len(rp.secret)-1]))
		}),
		bad("043_secret_of_another_client", "", nil, "client_secret_wrong", func(rp *relyingParty, c *tokenCall) {
			c.header.Set("Authorization", basic(rp.client.ID, rp.w.register("other", nil).secret))
		}),
		bad("043_unknown_client", "", nil, "client_unknown", func(rp *relyingParty, c *tokenCall) {
			c.header.Set("Authorization", basic("nobody", rp.secret))
		}),

		bad("044_public_client_with_secret_in_body", "spa", nil, "client_auth_method", secretOf("any")),
		bad("044_public_client_with_basic", "spa", nil, "client_auth_method", func(rp *relyingParty, c *tokenCall) {
			c.form.Del("client_id")
			c.header.Set("Authorization", basic(rp.client.ID, "any"))
		}),
		bad("044_public_client_with_empty_basic", "native", nil, "client_auth_method", func(rp *relyingParty, c *tokenCall) {
			c.header.Set("Authorization", basic(rp.client.ID, ""))
		}),
		bad("044_public_client_with_assertion", "spa", nil, "client_auth_method", asserted),
	}
}

func basicRedemptions() []redemption {
	bad := func(name, reason string, header func(rp *relyingParty) string) redemption {
		return redemption{name: name, status: http.StatusUnauthorized, code: "invalid_client", reason: reason, spoil: func(rp *relyingParty, c *tokenCall) {
			c.header.Set("Authorization", header(rp))
		}}
	}
	of := func(credentials string) func(*relyingParty) string {
		return func(rp *relyingParty) string {
			text := strings.NewReplacer("ID", rp.client.ID, "SECRET", rp.secret).Replace(credentials)
			return "Basic " + base64.StdEncoding.EncodeToString([]byte(text))
		}
	}
	const malformed = "client_auth_malformed"
	return []redemption{
		bad("045_basic_with_bad_percent_encoding", malformed, of("ID:SECRET%zz")),
		bad("045_basic_with_bad_percent_encoding_of_the_id", malformed, of("ID%:SECRET")),
		bad("045_basic_cut_within_percent_encoding", malformed, of("ID:SECRET%4")),
		bad("045_basic_without_colon", malformed, of("IDSECRET")),
		bad("045_basic_without_id", malformed, of(":SECRET")),
		bad("045_basic_not_utf8", malformed, of("ID:SECRET\xff\xfe")),
		bad("045_basic_not_utf8_when_decoded", malformed, of("ID:SECRET%ff%fe")),
		bad("045_basic_with_nul", malformed, of("ID:SECRET\x00")),
		bad("045_basic_with_nul_when_decoded", malformed, of("ID:SECRET%00")),
		bad("045_basic_not_base64", malformed, func(*relyingParty) string { return "Basic !!!!" }),
		bad("045_basic_base64_with_spare_bits", malformed, func(*relyingParty) string { return "Basic YTpiYl==" }),
		bad("045_basic_empty", malformed, func(*relyingParty) string { return "Basic " }),
		bad("045_basic_too_long", "client_auth_unsupported", of("ID:"+strings.Repeat("a", 8<<10))),
		bad("045_other_scheme", "client_auth_unsupported", func(*relyingParty) string { return `Digest username="x"` }),
	}
}

// 47, 48, 50, 51: the request itself.

func formRedemptions() []redemption {
	bad := func(name, code, reason string, spoil func(*relyingParty, *tokenCall)) redemption {
		return redemption{name: name, spoil: spoil, status: http.StatusBadRequest, code: code, reason: reason}
	}
	wrongType := func(contentType string) func(*relyingParty, *tokenCall) {
		return func(_ *relyingParty, c *tokenCall) { c.header["Content-Type"] = []string{contentType} }
	}
	twice := func(name string) redemption {
		return bad("051_duplicate_"+name, "invalid_request", "parameter_repeated", func(_ *relyingParty, c *tokenCall) {
			c.body = c.form.Encode() + "&" + url.Values{name: {c.form.Get(name)}}.Encode()
		})
	}
	return []redemption{
		bad("050_password", "unsupported_grant_type", "unsupported_grant_type", func(_ *relyingParty, c *tokenCall) {
			c.form = url.Values{"grant_type": {"password"}, "username": {"alice"}, "password": {thePassword}}
		}),
		bad("047_client_credentials", "unauthorized_client", "grant_type_not_registered", put("grant_type", "client_credentials")),
		bad("050_token_exchange", "unsupported_grant_type", "unsupported_grant_type", put("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange")),
		bad("050_jwt_bearer", "unsupported_grant_type", "unsupported_grant_type", put("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer")),
		bad("050_implicit", "unsupported_grant_type", "unsupported_grant_type", put("grant_type", "implicit")),
		bad("050_grant_type_in_capitals", "unsupported_grant_type", "unsupported_grant_type", put("grant_type", "AUTHORIZATION_CODE")),
		bad("051_no_grant_type", "invalid_request", "no_grant_type", put("grant_type", "")),
		bad("051_no_code", "invalid_request", "no_code", put("code", "")),
		bad("051_json_body", "invalid_request", "content_type", func(rp *relyingParty, c *tokenCall) {
			c.header.Set("Content-Type", "application/json")
			c.body = fmt.Sprintf(`{"grant_type":"authorization_code","code":%q,"redirect_uri":%q,"code_verifier":%q}`, c.form.Get("code"), theCallback, theVerifier)
		}),
		bad("051_form_that_is_said_to_be_json", "invalid_request", "content_type", wrongType("application/json")),
		bad("051_form_that_is_said_to_be_multipart", "invalid_request", "content_type", wrongType("multipart/form-data; boundary=x")),
		bad("051_form_that_is_said_to_be_text", "invalid_request", "content_type", wrongType("text/plain")),
		bad("051_form_in_another_charset", "invalid_request", "content_type", wrongType("application/x-www-form-urlencoded; charset=utf-16")),
		bad("051_form_without_content_type", "invalid_request", "content_type", wrongType("")),
		bad("051_bad_percent_encoding", "invalid_request", "parameters_malformed", func(_ *relyingParty, c *tokenCall) { c.body = c.form.Encode() + "&x=%zz" }),
		bad("051_not_utf8", "invalid_request", "parameters_malformed", func(_ *relyingParty, c *tokenCall) { c.body = c.form.Encode() + "&x=%ff" }),
		bad("051_nul", "invalid_request", "parameters_malformed", func(_ *relyingParty, c *tokenCall) { c.body = c.form.Encode() + "&x=%00" }),
		bad("051_too_many_parameters", "invalid_request", "parameters_too_many", func(_ *relyingParty, c *tokenCall) {
			c.body = c.form.Encode()
			for i := range 200 {
				c.body += fmt.Sprintf("&x%d=1", i)
			}
		}),
		bad("051_parameters_in_the_query", "invalid_request", "parameters_in_query", func(_ *relyingParty, c *tokenCall) {
			c.query, c.form = c.form.Encode(), url.Values{}
		}),
		bad("051_one_parameter_in_the_query", "invalid_request", "parameters_in_query", func(_ *relyingParty, c *tokenCall) { c.query = "x=1" }),
		twice("code"), twice("grant_type"), twice("redirect_uri"), twice("code_verifier"),
		bad("051_duplicate_client_id", "invalid_request", "parameter_repeated", func(rp *relyingParty, c *tokenCall) {
			id := url.Values{"client_id": {rp.client.ID}}.Encode()
			c.body = c.form.Encode() + "&" + id + "&" + id
		}),
		bad("051_code_at_the_refresh_path", "unsupported_grant_type", "wrong_path", func(_ *relyingParty, c *tokenCall) { c.path = oauth.PathRefresh }),
	}
}

func formRefusals() []refusal {
	return []refusal{
		{"047_refresh_token_not_registered", func(t *testing.T, w *world) {
			w.user("alice")
			rp := w.register("rp", withRefresh)
			set := rp.tokens(newBrowser(t, w.issuer))
			w.editClient(rp, func(c *core.Client) { c.GrantTypes = []string{core.GrantAuthorizationCode} })
			w.refuses(rp.callRefresh(set.text("refresh_token")), http.StatusBadRequest, "unauthorized_client", "grant_type_not_registered")
			// Who may not refresh gets no refresh token.
			if a := rp.w.succeeds(rp.callCode(rp.code(newBrowser(t, w.issuer), "alice", "scope", offlineScope))); a.text("refresh_token") != "" {
				t.Errorf("a refresh token: %s", a.body)
			}
		}},
		{"047_authorization_code_not_registered", func(t *testing.T, w *world) {
			w.user("alice")
			rp := w.register("rp", nil)
			code := rp.code(newBrowser(t, w.issuer), "alice")
			w.editClient(rp, func(c *core.Client) { c.GrantTypes = []string{core.GrantRefreshToken} })
			w.refuses(rp.callCode(code), http.StatusBadRequest, "unauthorized_client", "grant_type_not_registered")
		}},
		{"048_scope_wider_than_the_grant", func(t *testing.T, w *world) {
			w.user("alice")
			rp := w.register("rp", withRefresh)
			set := rp.tokens(newBrowser(t, w.issuer))
			for _, scope := range []string{"phone", offlineScope + " phone", "admin", "*"} {
				c := rp.callRefresh(set.text("refresh_token"))
				c.form.Set("scope", scope)
				w.refuses(c, http.StatusBadRequest, "invalid_scope", "scope_not_granted")
			}
			narrow := rp.callRefresh(set.text("refresh_token"))
			narrow.form.Set("scope", "openid")
			a := w.succeeds(narrow)
			if got := a.text("scope"); got != "openid" {
				t.Errorf("scope %q", got)
			}
			if info := w.resource(oauth.PathUserInfo, a.text("access_token")); info.status != http.StatusOK || info.json["email"] != nil {
				t.Errorf("UserInfo with scope openid: %s", info.body)
			}
		}},
		{"051_other_methods", func(t *testing.T, w *world) {
			w.user("alice")
			rp := w.register("rp", nil)
			code := rp.code(newBrowser(t, w.issuer), "alice")
			for _, method := range []string{http.MethodGet, http.MethodHead, http.MethodPut, http.MethodDelete, http.MethodPatch} {
				w.each(method, func() {
					c := rp.callCode(code)
					c.method = method
					if method == http.MethodGet {
						c.query, c.form = c.form.Encode(), url.Values{}
					}
					w.recorded(core.EventRequestRefused, "method", func() {
						a := w.send(c)
						if a.status != http.StatusMethodNotAllowed || !strings.Contains(a.header.Get("Allow"), http.MethodPost) {
							w.t.Errorf("status %d, Allow %q: %s", a.status, a.header.Get("Allow"), a.body)
						}
						if method != http.MethodHead && a.text("error") != "invalid_request" {
							w.t.Errorf("answered %s", a.body)
						}
					})
				})
			}
			w.succeeds(rp.callCode(code))
		}},
	}
}

func (w *world) editClient(rp *relyingParty, edit func(*core.Client)) {
	w.t.Helper()
	if _, err := w.app.Admin.UpdateClient(context.Background(), cli, rp.client.ID, "", edit); err != nil {
		w.t.Fatal(err)
	}
}

// exchange sends a request from any goroutine.
func exchange(r *http.Request) (answer, error) {
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	a := answer{status: response.StatusCode, header: response.Header}
	if a.body, err = io.ReadAll(response.Body); err != nil {
		return a, err
	}
	_ = json.Unmarshal(a.body, &a.json) // what is no JSON has no members
	return a, nil
}

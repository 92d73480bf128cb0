package app_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/jose"
	"github.com/postern-id/postern/core/oauth"
)

func authorizeRefusals() []refusal {
	return slices.Concat(clientRefusals(), redirectRefusals(), registrationRefusals(), loopbackRefusals(), duplicateRefusals(),
		requestRefusals(), stateRefusals(), hintRefusals(), openRedirectRefusals(), responseRefusals(), forwardedRefusals())
}

// at lets the browser speak for the part of the test that runs.
func (b *browser) at(w *world) *browser {
	b.t = w.t
	return b
}

// signedIn gives a browser in which somebody is signed in, so that a request that
// is not refused gets its code at once.
func (rp *relyingParty) signedIn(username string) *browser {
	b := newBrowser(rp.w.t, rp.w.issuer)
	rp.code(b, username)
	return b
}

// showsError checks an error page: no redirect, no cookie, the code as text, and
// nothing of what was sent.
func (p *page) showsError(status int, code string, sent ...string) {
	t := p.browser.t
	t.Helper()
	if p.status != status || p.location != nil || len(p.header["Set-Cookie"]) > 0 {
		t.Errorf("status %d, to %v, cookies %v", p.status, p.location, p.header["Set-Cookie"])
	}
	if got := p.text("code"); got != code {
		t.Errorf("error code %q, want %q: %s", got, code, p.body)
	}
	for _, s := range sent {
		if s != "" && strings.Contains(html.UnescapeString(p.body), s) {
			t.Errorf("the page repeats %q: %s", s, p.body)
		}
	}
	p.isPrivate()
}

// isPrivate checks what keeps a page to itself (RFC 9700 sections 4.2 and 4.16).
func (p *page) isPrivate() {
	t := p.browser.t
	t.Helper()
	if got := p.header.Get("Referrer-Policy"); got != "no-referrer" {
		t.Errorf("%s: Referrer-Policy %q", p.url.Path, got)
	}
	if got := p.header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("%s: Cache-Control %q", p.url.Path, got)
	}
	if got := p.header.Get("X-Content-Type-Options"); got != "nosniff" {
		t.Errorf("%s: X-Content-Type-Options %q", p.url.Path, got)
	}
	if p.location != nil {
		return
	}
	policies := p.header["Content-Security-Policy"]
	if len(policies) != 1 || p.header.Get("X-Frame-Options") != "DENY" {
		t.Fatalf("%s: Content-Security-Policy %q, X-Frame-Options %q", p.url.Path, policies, p.header.Get("X-Frame-Options"))
	}
	directives := strings.Split(policies[0], "; ")
	for _, want := range []string{"frame-ancestors 'none'", "default-src 'none'", "base-uri 'none'"} {
		if !slices.Contains(directives, want) {
			t.Errorf("%s: Content-Security-Policy %q without %s", p.url.Path, policies[0], want)
		}
	}
	if strings.Contains(policies[0], "unsafe") || strings.Contains(policies[0], "evil") {
		t.Errorf("%s: Content-Security-Policy %q", p.url.Path, policies[0])
	}
}

// untold checks that nothing of what strangers sent is in the log or the audit log. What an
// administrator made of a field may have it as a part: they chose it. So may the one thing
// that an event says was refused: in plain signs, short, and an address without its query.
func (w *world) untold(sent ...string) {
	w.t.Helper()
	events := w.events(core.EventFilter{Limit: 100_000})
	for i := range events {
		if events[i].Actor == cli.Name {
			events[i].Fields = nil
		}
		for _, name := range []string{"redirect_uri", "scope", "response_type", "code_challenge_method"} {
			value, is := events[i].Detail[name]
			if events[i].Type != core.EventAuthorizeRefused || !is {
				continue
			}
			if len(value) > 200 || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r > '~' }) || name == "redirect_uri" && strings.ContainsAny(value, "?#@") {
				w.t.Errorf("the audit log keeps %s=%q", name, value)
			}
			events[i].Detail = maps.Clone(events[i].Detail)
			delete(events[i].Detail, name)
		}
	}
	told := w.log.String() + fmt.Sprint(events)
	for _, s := range sent {
		if s != "" && strings.Contains(told, s) {
			w.t.Errorf("%q is in the log", s)
		}
	}
}

// shown sends an authorization request that must end at an error page.
func (w *world) shown(b *browser, target, reason string, sent ...string) {
	w.t.Helper()
	w.recorded(core.EventAuthorizeRefused, reason, func() {
		w.t.Helper()
		b.at(w).get(target).showsError(http.StatusBadRequest, oauth.CodeInvalidRequest, sent...)
	})
	w.untold(sent...)
}

// 16 to 19: requests that are refused at the redirect URI.

// asked is a wrong authorization request: pairs of name and value, and how it is
// answered. The mode is query if it is empty.
type asked struct {
	name, code, reason, mode string
	edits                    []string
}

// misasked is a case of wrong requests of somebody who is signed in. The session
// stands afterwards.
func misasked(name string, edit func(*core.Client), list ...asked) refusal {
	return refusal{name, func(t *testing.T, w *world) {
		w.user("alice")
		good := w.register("good", nil)
		rp := w.register("rp", edit)
		b := good.signedIn("alice")
		for _, a := range list {
			w.each(a.name, func() {
				w.recorded(core.EventAuthorizeRefused, a.reason, func() {
					w.t.Helper()
					b.at(w).get(rp.authorizeURL(a.edits...)).answersError(w, a.mode, a.code)
				})
			})
		}
		good.code(b.at(w), "alice")
	}}
}

// response gives an authorization response, and how it was sent.
func (p *page) response() (mode, target string, values url.Values) {
	p.browser.t.Helper()
	if form := find(p.document(), "response"); form != nil {
		values = url.Values{}
		walk(form, func(n *html.Node) {
			if n.Data == "input" {
				values.Add(attribute(n, "name"), attribute(n, "value"))
			}
		})
		return oauth.ModeFormPost, attribute(form, "action"), values
	}
	if p.location == nil {
		p.browser.t.Errorf("no response, but status %d: %s", p.status, p.body)
		return "", "", url.Values{}
	}
	if raw := p.location.String(); strings.ContainsAny(raw, "\r\n") {
		p.browser.t.Errorf("the address has line breaks: %q", raw)
	}
	mode, encoded := oauth.ModeQuery, p.location.RawQuery
	bare := *p.location
	bare.RawQuery, bare.Fragment, bare.RawFragment = "", "", ""
	if p.location.Fragment != "" {
		mode, encoded = oauth.ModeFragment, p.location.EscapedFragment()
	}
	values, err := url.ParseQuery(encoded)
	if err != nil {
		p.browser.t.Error(err)
	}
	return mode, bare.String(), values
}

// answersError checks an error response to theCallback: state and issuer are in
// it (RFC 6749 section 4.1.2.1, RFC 9207 section 2), and nothing else is.
func (p *page) answersError(w *world, mode, code string) {
	t := p.browser.t
	t.Helper()
	if mode == "" {
		mode = oauth.ModeQuery
	}
	gotMode, target, values := p.response()
	if gotMode != mode || target != theCallback {
		t.Errorf("answered by %s to %q, want %s", gotMode, target, mode)
	}
	if mode != oauth.ModeFormPost && p.status != http.StatusSeeOther {
		t.Errorf("status %d", p.status)
	}
	if values.Get("error") != code || values.Get("state") != "the-state" || values.Get("iss") != w.issuer {
		t.Errorf("answered %v, want %s", values, code)
	}
	for name, all := range values {
		if !slices.Contains([]string{"error", "error_description", "state", "iss"}, name) || len(all) != 1 {
			t.Errorf("the response has %s=%q", name, all)
		}
	}
	p.isPrivate()
}

func requestRefusals() []refusal {
	bad := func(reason string, name string, values ...string) []asked {
		var list []asked
		for _, value := range values {
			list = append(list, asked{name: value, code: "invalid_request", reason: reason, edits: []string{name, value}})
		}
		return list
	}
	kind := func(mode string, edits ...string) asked {
		return asked{name: strings.Join(edits, " "), code: "unsupported_response_type", reason: "response_type", mode: mode, edits: edits}
	}
	unregistered := func(mode string, edits ...string) asked {
		return asked{name: strings.Join(edits, " "), code: "unauthorized_client", reason: "response_type_unregistered", mode: mode, edits: edits}
	}
	inQuery := func(kind string) asked {
		return asked{name: kind, code: "invalid_request", reason: "response_mode", mode: "fragment", edits: []string{"response_type", kind, "response_mode", "query"}}
	}
	return []refusal{
		misasked("016_response_type", nil,
			asked{name: "missing", code: "invalid_request", reason: "response_type_missing", edits: []string{"response_type", ""}},
			asked{name: "missing_by_form_post", code: "invalid_request", reason: "response_type_missing", mode: "form_post", edits: []string{"response_type", "", "response_mode", "form_post"}},
			kind("", "response_type", "none"), kind("", "response_type", "unknown"), kind("", "response_type", "CODE"), kind("", "response_type", "code code"),
			kind("", "response_type", " code"), kind("", "response_type", "code none"),
			kind("fragment", "response_type", "token"), kind("fragment", "response_type", "id_token id_token"), kind("fragment", "response_type", "none token"),
			kind("form_post", "response_type", "token", "response_mode", "form_post"),
			kind("fragment", "response_type", "none", "response_mode", "fragment"),
			unregistered("fragment", "response_type", "id_token"), unregistered("fragment", "response_type", "code token"),
			unregistered("fragment", "response_type", "code id_token"), unregistered("fragment", "response_type", "token id_token code"),
			unregistered("form_post", "response_type", "id_token", "response_mode", "form_post"),
		),
		misasked("016_response_type_unregistered", func(c *core.Client) { c.GrantTypes = []string{core.GrantRefreshToken} },
			asked{name: "code", code: "unauthorized_client", reason: "response_type_unregistered"}),
		misasked("017_response_mode_query_with_token", nil, inQuery("id_token"), inQuery("token"), inQuery("id_token token"), inQuery("code id_token"), inQuery("code token")),
		misasked("017_response_mode_unknown", nil, bad("response_mode", "response_mode", "unknown", "QUERY", "query.jwt", "form_post ", "web_message", "okta_post_message")...),
		misasked("018_prompt_none_with_others", nil, bad("prompt_none", "prompt", "none login", "login none", "none consent", "none select_account", "none login consent select_account")...),
		misasked("018_prompt_unknown", nil, bad("prompt_unknown", "prompt", "create", "NONE", "None", "none,login", "none\tlogin", "login\n")...),
		misasked("019_max_age", nil, bad("max_age", "max_age", "-1", "1e9", "9223372036854775808", "18446744073709551616", "-9223372036854775809", strings.Repeat("9", 400),
			"4294967296", "9223372037", "1.5", "+1", " 1", "1 ", "0x10", "1_000", "١", "one", "NaN", "Infinity", "1000000000", "-0")...),
	}
}

// 20: state and nonce.

func stateRefusals() []refusal {
	return []refusal{
		{"020_state_returns_intact", stateReturns},
		{"020_state_through_the_sign_in", stateThroughSignIn},
		{"020_state_that_could_not_return", stateRefused},
		{"020_state_and_markup_on_error_pages", markupOnErrorPages},
		{"020_nonce", nonceReturns},
	}
}

const longest = 4 << 10

// states are states that somebody could break out of something with.
func states() map[string]string {
	varied := make([]byte, 0, longest)
	for len(varied) < longest {
		varied = append(varied, byte(' '+len(varied)%95))
	}
	return map[string]string{
		"4_KiB":        string(varied),
		"4_KiB_quotes": strings.Repeat(`"`, longest),
		"script":       `"><script>alert(1)</script>`,
		"attribute":    `x" autofocus onfocus="alert(1)`,
		"apostrophe":   `'><img src=x onerror=alert(1)>`,
		"entity":       "&quot;&gt;&lt;script&gt;&#39;",
		"parameters":   "x&code=forged&iss=https://evil.example#code=forged",
		"percent":      "%0d%0aX-Injected: yes %2522",
		"plus":         "a+b c%20d",
		"umlaut":       "äöü € 😀 \u202e \u2028",
		"crlf":         "x\r\nX-Injected: yes\r\n\r\n<html>",
		"line_feed":    "x\ny",
		"tab":          "x\ty\x01\x7f",
	}
}

func stateReturns(t *testing.T, w *world) {
	w.user("alice")
	rp := w.register("rp", nil)
	b := rp.signedIn("alice")
	for name, state := range states() {
		for _, mode := range []string{"query", "fragment", "form_post"} {
			if mode == "form_post" && strings.ContainsAny(state, "\r\n") {
				continue // see stateRefused
			}
			w.each(name+"_by_"+mode, func() {
				p := b.at(w).get(rp.authorizeURL("state", state, "response_mode", mode))
				p.carries(w, mode, state, "code")
				w.recorded(core.EventAuthorizeRefused, "prompt_none", func() {
					stranger := newBrowser(w.t, w.issuer)
					stranger.get(rp.authorizeURL("state", state, "response_mode", mode, "prompt", "none")).carries(w, mode, state, "error")
				})
			})
		}
	}
	w.untold("X-Injected", "<script>")
}

// carries checks that a response, with that parameter, has the state to the byte
// and nothing that broke out of it.
func (p *page) carries(w *world, mode, state, parameter string) {
	t := p.browser.t
	t.Helper()
	gotMode, target, values := p.response()
	if gotMode != mode || target != theCallback || !values.Has(parameter) {
		t.Errorf("by %s to %q: %v", gotMode, target, values)
	}
	if got := values["state"]; len(got) != 1 || got[0] != state {
		t.Errorf("state %q, want %q", got, state)
	}
	if len(values["iss"]) != 1 || len(values["code"]) > 1 {
		t.Errorf("the state broke out: %v", values)
	}
	if p.header.Get("X-Injected") != "" {
		t.Error("the state became a header")
	}
	for _, element := range []string{"<script>alert", "<img src=x", "onfocus=\""} {
		if strings.Contains(p.body, element) {
			t.Errorf("the state became markup: %s", p.body)
		}
	}
	w.hide(values.Get("code"))
}

// stateThroughSignIn keeps the state while the person signs in and consents.
func stateThroughSignIn(t *testing.T, w *world) {
	w.user("alice")
	rp := w.register("rp", func(c *core.Client) { c.SkipConsent = false })
	for name, state := range states() {
		w.each(name, func() {
			p := newBrowser(w.t, w.issuer).get(rp.authorizeURL("state", state, "prompt", "consent")).signIn("alice", thePassword)
			if strings.Contains(p.body, "<script>alert") {
				w.t.Errorf("the state is on a page: %s", p.body)
			}
			p.press("allow", nil).carries(w, "query", state, "code")
			p = newBrowser(w.t, w.issuer).get(rp.authorizeURL("state", state)).press("cancel", nil)
			p.carries(w, "query", state, "error")
		})
	}
}

func stateRefused(t *testing.T, w *world) {
	w.user("alice")
	rp := w.register("rp", nil)
	b := rp.signedIn("alice")
	tooLong := strings.Repeat("s", longest+1)
	w.each("too_long", func() {
		for _, mode := range []string{"query", "fragment", "form_post"} {
			w.shown(b, rp.authorizeURL("state", tooLong, "response_mode", mode), "state_malformed", tooLong)
		}
	})
	for name, state := range map[string]string{"crlf": "a\r\nX-Injected: yes", "line_feed": "before\nafter", "carriage_return": "before\rafter"} {
		w.each(name+"_by_form_post", func() {
			w.shown(b, rp.authorizeURL("state", state, "response_mode", "form_post"), "state_malformed", state, "X-Injected")
		})
	}
	w.each("nul", func() { w.shown(b, rp.authorizeURL("state", "a\x00b"), "parameters_malformed") })
	w.each("not_utf8", func() { w.shown(b, rp.authorizeURL("state", "a\xffb"), "parameters_malformed") })
	w.each("bad_encoding", func() { w.shown(b, rp.authorizeURL("state", "")+"&state=%zz", "parameters_malformed") })
}

func markupOnErrorPages(t *testing.T, w *world) {
	w.user("alice")
	rp := w.register("rp", nil)
	b := rp.signedIn("alice")
	for name, state := range states() {
		if name == "line_feed" || name == "tab" {
			continue // too short to be told from the page itself
		}
		w.each(name, func() {
			w.shown(b, rp.authorizeURL("state", state, "redirect_uri", "https://evil.example/"), "redirect_uri_unregistered", state, "evil.example", "X-Injected")
			w.shown(b, rp.authorizeURL("state", state, "client_id", state), "client_unknown", state)
			w.shown(b, rp.authorizeURL("state", state)+"&state=x", "parameter_repeated", state)
		})
	}
}

func nonceReturns(t *testing.T, w *world) {
	w.user("alice")
	rp := w.register("rp", nil)
	b := rp.signedIn("alice")
	for name, nonce := range states() {
		w.each(name, func() {
			set := w.succeeds(rp.callCode(rp.code(b.at(w), "alice", "nonce", nonce)))
			if got := claimsOf(w.t, set.text("id_token"))["nonce"]; got != nonce {
				w.t.Errorf("nonce %q, want %q", got, nonce)
			}
		})
	}
	w.each("too_long", func() {
		w.recorded(core.EventAuthorizeRefused, "nonce_too_long", func() {
			b.at(w).get(rp.authorizeURL("nonce", strings.Repeat("n", longest+1))).answersError(w, "query", "invalid_request")
		})
	})
}

func claimsOf(t *testing.T, idToken string) map[string]any {
	t.Helper()
	parts := strings.Split(idToken, ".")
	if len(parts) != 3 {
		t.Fatalf("no ID token: %q", idToken)
	}
	claims := map[string]any{}
	if err := json.Unmarshal([]byte(unencoded(t, parts[1])), &claims); err != nil {
		t.Fatal(err)
	}
	return claims
}

// 25: hints.

func hintRefusals() []refusal {
	return []refusal{
		forged("025_id_token_hint_alg_none", algNone),
		forged("025_id_token_hint_of_foreign_key", foreignKeys),
		{"025_id_token_hint_of_other_user", hintOfOther},
		{"025_forged_hint_is_no_hint", forgedHintIsNone},
	}
}

// foreignKeys signs what the server would have signed, with keys of its own.
func foreignKeys(f *forger) map[string]string {
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		f.w.t.Fatal(err)
	}
	ecKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		f.w.t.Fatal(err)
	}
	tokens := map[string]string{}
	for alg, key := range map[string]crypto.Signer{jose.EdDSA: edKey, jose.ES256: ecKey} {
		_, kid := f.key(alg)
		tokens[alg+"_with_our_kid"] = sign(f.w.t, key, f.headed(map[string]any{"alg": alg, "kid": kid}), f.payload)
		tokens[alg+"_with_other_kid"] = sign(f.w.t, key, f.headed(map[string]any{"alg": alg, "kid": "foreign"}), f.payload)
		tokens[alg+"_without_kid"] = sign(f.w.t, key, f.headed(map[string]any{"alg": alg, "kid": nil}), f.payload)
	}
	return tokens
}

// hintOfOther has bob in the browser where the client expects alice.
func hintOfOther(t *testing.T, w *world) {
	w.user("alice")
	w.user("bob")
	rp := w.register("rp", nil)
	hint := rp.tokens(newBrowser(t, w.issuer)).text("id_token")
	b := rp.signedIn("bob")
	session := b.cookies["__Host-postern-session"]
	w.recorded(core.EventAuthorizeRefused, "prompt_none", func() {
		b.get(rp.authorizeURL("id_token_hint", hint, "prompt", "none")).answersError(w, "", "login_required")
	})
	p := b.get(rp.authorizeURL("id_token_hint", hint))
	if !p.has("login") || b.cookies["__Host-postern-session"] != session {
		t.Fatalf("not asked to sign in, but status %d, to %v", p.status, p.location)
	}
	p.signIn("bob", thePassword).answersError(w, "", "login_required")
	refused := w.events(core.EventFilter{Type: core.EventAuthorizeRefused})
	if len(refused) != 2 || !slices.ContainsFunc(refused, func(e core.Event) bool { return e.Detail["reason"] == "hint_other_user" }) {
		t.Errorf("audit events %v", refused)
	}
	if rp.code(b, "alice", "id_token_hint", hint) == "" {
		t.Error("alice gets no code")
	}
}

// forgedHintIsNone: a hint that is not trusted can neither stop a sign-in nor
// choose its user.
func forgedHintIsNone(t *testing.T, w *world) {
	f := newForger(t, w)
	bob := w.user("bob")
	for name, token := range foreignKeys(f) {
		token = changedSubject(f, token, string(bob.ID))
		w.each(name, func() {
			p := f.browser.at(w).get(f.rp.authorizeURL("id_token_hint", token))
			if p.location == nil || !p.location.Query().Has("code") {
				w.t.Fatalf("status %d, to %v", p.status, p.location)
			}
			set := w.succeeds(f.rp.callCode(p.location.Query().Get("code")))
			if got := claimsOf(w.t, set.text("id_token"))["sub"]; got == string(bob.ID) {
				w.t.Error("the hint chose the user")
			}
			w.recorded(core.EventAuthorizeRefused, "prompt_none", func() {
				newBrowser(w.t, w.issuer).get(f.rp.authorizeURL("id_token_hint", token, "prompt", "none")).answersError(w, "", "login_required")
			})
		})
	}
}

// changedSubject has another user in a token whose signature is wrong anyhow.
func changedSubject(f *forger, token, subject string) string {
	parts := strings.Split(token, ".")
	return parts[0] + "." + encoded(f.claiming(map[string]any{"sub": subject})) + "." + parts[2]
}

// 26: nothing that is sent along chooses where a person goes.

// elsewhere are addresses that careless servers take for their own.
var elsewhere = []string{
	"//evil.example", `/\evil.example`, `\/evil.example`, "https:evil.example", "https:/evil.example", "https://evil.example/x", "/\t/evil.example", "///evil.example",
	"/%09/evil.example", "%2f%2fevil.example", "//evil.example%2f..", "https://127.0.0.1@evil.example", "javascript:alert('evil.example')", "/%5cevil.example", "evil.example",
}

var wishes = []string{
	"continue", "rd", "next", "redirect", "redirect_uri", "redirect_url", "return", "return_to", "returnTo", "goto", "url", "target", "dest", "back", "service", "RelayState", "r",
}

func openRedirectRefusals() []refusal {
	return []refusal{
		{"026_open_redirect_by_parameters", openRedirect},
		{"026_open_redirect_by_path", func(t *testing.T, w *world) {
			for _, path := range []string{
				"//evil.example", "//evil.example/login", "/\\evil.example", "/%09/evil.example", "/%2f%2fevil.example", "/%5cevil.example", "/https:evil.example", "//evil.example/..",
				"/login//evil.example", "/login/", "//login", "/./login", "/x/../login", "/assets/..//evil.example", "/assets//evil.example", "//evil.example/%2e%2e", "/login/oauth/authorize/", "/LOGIN",
			} {
				w.each(path, func() {
					b := newBrowser(w.t, w.issuer)
					p := b.send(http.MethodGet, w.issuer+path, nil)
					if p.location != nil || p.status == http.StatusOK || strings.Contains(p.body, "evil") {
						w.t.Errorf("status %d, to %v: %s", p.status, p.location, p.body)
					}
				})
			}
		}},
		{"026_open_redirect_after_sign_out", openRedirectAfterSignOut},
	}
}

// staysHere checks that an answer leads nowhere else.
func (p *page) staysHere() {
	t := p.browser.t
	t.Helper()
	if strings.Contains(html.UnescapeString(p.body), "evil.example") {
		t.Errorf("%s: the page leads elsewhere: %s", p.url.Path, p.body)
	}
	if to := p.location; to != nil && (strings.Contains(to.String(), "evil") || !strings.HasPrefix(to.String(), theCallback) && !strings.HasPrefix(to.String(), p.browser.origin+"/")) {
		t.Errorf("%s: to %s", p.url.Path, to)
	}
	for name, values := range p.header {
		if strings.Contains(strings.Join(values, " "), "evil") {
			t.Errorf("%s: %s: %s", p.url.Path, name, values)
		}
	}
}

func openRedirect(t *testing.T, w *world) {
	w.user("alice")
	rp := w.register("rp", func(c *core.Client) { c.SkipConsent = false })
	for _, evil := range elsewhere {
		w.each(evil, func() {
			wish := url.Values{}
			for _, name := range wishes {
				wish.Set(name, evil)
			}
			b := newBrowser(w.t, w.issuer)
			// step sends a request and the redirects that it leads to, with the wish
			// in the query or in the form.
			step := func(method, target string, form url.Values) *page {
				p := b.send(method, target, form)
				for p.staysHere(); p.location != nil && strings.HasPrefix(p.location.String(), w.issuer+"/"); p.staysHere() {
					p = b.send(http.MethodGet, wishing(p.location.String(), wish), nil)
				}
				return p
			}
			press := func(p *page, id string, fill map[string]string) *page {
				target, form := p.submission(id, fill)
				for name, values := range wish {
					form[name] = values
				}
				return step(http.MethodPost, target, form)
			}
			login := map[string]string{"username": "alice", "password": thePassword}
			own := wish
			wish = url.Values{}
			for name, values := range own {
				if name != "redirect_uri" { // a parameter of the authorization request
					wish[name] = values
				}
			}
			first := wishing(rp.authorizeURL("prompt", "login consent"), wish)
			wish = own
			consent := press(step(http.MethodGet, first, nil), "login", login)
			if p := press(consent, "allow", nil); p.location == nil || !p.location.Query().Has("code") {
				w.t.Errorf("no code: status %d, to %v", p.status, p.location)
			}
			press(step(http.MethodGet, first, nil), "cancel", nil)
			step(http.MethodGet, wishing(w.issuer+"/", wish), nil)
			step(http.MethodGet, wishing(w.issuer+"/login", wish), nil)
			press(step(http.MethodGet, wishing(w.issuer+"/api/logout", wish), nil), "logout", nil)
			press(step(http.MethodGet, wishing(w.issuer+"/login", wish), nil), "login", login)
			// Error pages.
			for _, path := range []string{"/consent", "/select", "/login?step=x", "/setup", "/setup?token=x", "/nothing"} {
				step(http.MethodGet, wishing(w.issuer+path, wish), nil)
				step(http.MethodPost, w.issuer+strings.SplitN(path, "?", 2)[0], wish)
			}
		})
	}
}

func wishing(target string, wish url.Values) string {
	if strings.Contains(target, "?") {
		return target + "&" + wish.Encode()
	}
	return target + "?" + wish.Encode()
}

func openRedirectAfterSignOut(t *testing.T, w *world) {
	w.user("alice")
	rp := w.register("rp", func(c *core.Client) { c.PostLogoutRedirectURIs = []string{theFarewell} })
	b := newBrowser(t, w.issuer)
	hint := rp.tokens(b).text("id_token")
	refused := func(reason string, edits ...string) {
		w.t.Helper()
		w.recorded(core.EventRequestRefused, reason, func() {
			w.t.Helper()
			values := url.Values{}
			for i := 0; i < len(edits); i += 2 {
				values.Set(edits[i], edits[i+1])
			}
			p := b.at(w).get(w.issuer + "/api/logout?" + values.Encode())
			if p.status != http.StatusOK || p.location != nil || !p.has("logout") {
				w.t.Errorf("status %d, to %v", p.status, p.location)
			}
			p.staysHere()
		})
	}
	for _, uri := range append(elsewhere, theFarewell+"/", theFarewell+"?x=evil.example", "https://rp.example.evil.example/bye", theCallback, "https://rp.example/bye#evil", "HTTPS://rp.example/bye") {
		w.each(uri, func() {
			refused("post_logout_redirect_uri_unregistered", "id_token_hint", hint, "post_logout_redirect_uri", uri)
			refused("hint_missing", "client_id", rp.client.ID, "post_logout_redirect_uri", uri)
			refused("hint_missing", "post_logout_redirect_uri", uri)
			refused("hint_untrusted", "id_token_hint", hint+"A", "post_logout_redirect_uri", uri)
		})
	}
	// Nobody was signed out. Where nobody is signed in, nobody is sent anywhere either.
	rp.code(b.at(w), "alice")
	stranger := newBrowser(t, w.issuer)
	w.recorded(core.EventRequestRefused, "hint_missing", func() {
		p := stranger.get(w.issuer + "/api/logout?" + url.Values{"post_logout_redirect_uri": {theFarewell}}.Encode())
		if p.location != nil {
			t.Errorf("to %v", p.location)
		}
	})
}

// 27 to 29: every response.

func responseRefusals() []refusal {
	return []refusal{
		{"027_iss_in_every_response", issInResponses},
		{"027_mix_up", mixUp},
		{"028_see_other_after_post", seeOther},
		{"029_headers", headers},
	}
}

func issInResponses(t *testing.T, w *world) {
	w.user("alice")
	rp := w.register("rp", func(c *core.Client) { c.SkipConsent = false })
	if metadata := w.resource(oauth.PathDiscovery, ""); metadata.json["authorization_response_iss_parameter_supported"] != true || metadata.text("issuer") != w.issuer {
		t.Errorf("discovery: %s", metadata.body)
	}
	for _, mode := range []string{"query", "fragment", "form_post"} {
		for name, ask := range map[string]func(*browser) *page{
			"refused":   func(b *browser) *page { return b.get(rp.authorizeURL("response_mode", mode, "max_age", "-1")) },
			"silent":    func(b *browser) *page { return b.get(rp.authorizeURL("response_mode", mode, "prompt", "none")) },
			"cancelled": func(b *browser) *page { return b.get(rp.authorizeURL("response_mode", mode)).press("cancel", nil) },
			"denied": func(b *browser) *page {
				return b.get(rp.authorizeURL("response_mode", mode, "prompt", "consent")).signIn("alice", thePassword).press("deny", nil)
			},
			"issued": func(b *browser) *page {
				return b.get(rp.authorizeURL("response_mode", mode, "prompt", "consent")).signIn("alice", thePassword).press("allow", nil)
			},
		} {
			w.each(name+"_by_"+mode, func() {
				gotMode, _, values := ask(newBrowser(w.t, w.issuer)).response()
				if gotMode != mode || values.Has("error") == values.Has("code") || len(values["iss"]) != 1 || values.Get("iss") != w.issuer {
					w.t.Errorf("by %s: %v", gotMode, values)
				}
				w.hide(values.Get("code"))
			})
		}
	}
}

// mixUp has a relying party with two servers (RFC 9700 section 4.4): the answer of
// the one where it waits for the other's is told apart by iss, and its code is worth
// nothing at the other.
func mixUp(t *testing.T, w *world) {
	attacker := newWorld(t)
	responses := map[*world]url.Values{}
	parties := map[*world]*relyingParty{}
	for _, server := range []*world{w, attacker} {
		server.user("alice")
		parties[server] = server.register("rp", nil)
		p := parties[server].signedIn("alice").get(parties[server].authorizeURL())
		_, _, responses[server] = p.response()
		server.hide(responses[server].Get("code"))
	}
	accepts := func(expected *world, response url.Values) bool {
		return response.Get("iss") == expected.resource(oauth.PathDiscovery, "").text("issuer")
	}
	if !accepts(w, responses[w]) || !accepts(attacker, responses[attacker]) {
		t.Errorf("an honest answer is refused: %v", responses)
	}
	if accepts(w, responses[attacker]) || accepts(attacker, responses[w]) {
		t.Errorf("a foreign answer is accepted: %v", responses)
	}
	w.refuses(parties[w].callCode(responses[attacker].Get("code")), http.StatusBadRequest, "invalid_grant", "")
	w.succeeds(parties[w].callCode(responses[w].Get("code")))
	attacker.checkSecrets()
}

func seeOther(t *testing.T, w *world) {
	w.user("alice")
	rp := w.register("rp", func(c *core.Client) {
		c.SkipConsent, c.PostLogoutRedirectURIs = false, []string{theFarewell}
	})
	login := map[string]string{"username": "alice", "password": thePassword}
	// sends presses the button and follows nothing.
	sends := func(p *page, id string, fill map[string]string) *page {
		t.Helper()
		target, form := p.submission(id, fill)
		answer := p.browser.send(http.MethodPost, target, form)
		if answer.status != http.StatusSeeOther || answer.location == nil {
			t.Fatalf("%s at %s: status %d, to %v", id, p.url.Path, answer.status, answer.location)
		}
		if strings.Contains(answer.location.String(), url.QueryEscape(thePassword)) || len(answer.body) > 0 {
			t.Errorf("%s at %s: to %v with %q", id, p.url.Path, answer.location, answer.body)
		}
		answer.isPrivate()
		return answer
	}
	b := newBrowser(t, w.issuer)
	query := strings.SplitN(rp.authorizeURL("prompt", "login consent"), "?", 2)[1]
	begun := b.postRaw(oauth.PathAuthorize, query)
	if begun.status != http.StatusSeeOther || !strings.HasPrefix(begun.location.String(), w.issuer+oauth.PathAuthorize+"?") {
		t.Errorf("authorize by POST: status %d, to %v", begun.status, begun.location)
	}
	sends(b.get(rp.authorizeURL()), "cancel", nil)
	consent := b.get(sends(b.get(begun.location.String()), "login", login).location.String())
	if got := sends(consent, "allow", nil).location.Query(); !got.Has("code") {
		t.Errorf("no code: %v", got)
	}
	if got := sends(b.get(rp.authorizeURL("prompt", "consent")), "deny", nil).location.Query().Get("error"); got != "access_denied" {
		t.Errorf("error %q", got)
	}
	sends(b.get(rp.authorizeURL("prompt", "select_account")), "continue", nil)
	sends(b.get(rp.authorizeURL("prompt", "select_account")), "other", nil)
	sends(newBrowser(t, w.issuer).get("/login"), "login", login)
	sends(newBrowser(t, w.issuer).get("/login"), "cancel", nil)
	// A sign-out that comes from the relying party, by POST.
	if p := b.postRaw(oauth.PathEndSession, "client_id="+rp.client.ID); p.status != http.StatusSeeOther {
		t.Errorf("logout by POST: status %d", p.status)
	}
	other := newBrowser(t, w.issuer)
	hint := w.succeeds(rp.callCode(codeOf(t, other.get(rp.authorizeURL()).signIn("alice", thePassword)))).text("id_token")
	// The hint is of another session, so the person is asked, and returns.
	asks := b.get(oauth.PathEndSession + "?" + url.Values{"id_token_hint": {hint}, "post_logout_redirect_uri": {theFarewell}}.Encode())
	if got := sends(asks, "logout", nil).location.String(); got != theFarewell {
		t.Errorf("to %s", got)
	}
}

func codeOf(t *testing.T, p *page) string {
	t.Helper()
	if p.location == nil || !p.location.Query().Has("code") {
		t.Fatalf("no code: status %d, to %v: %s", p.status, p.location, p.body)
	}
	return p.location.Query().Get("code")
}

func headers(t *testing.T, w *world) {
	w.user("alice")
	rp := w.register("rp", func(c *core.Client) { c.SkipConsent = false })
	login := map[string]string{"username": "alice", "password": thePassword}
	b := newBrowser(t, w.issuer)
	check := func(p *page, status int) *page {
		t.Helper()
		if p.status != status {
			t.Errorf("%s: status %d, want %d", p.url.Path, p.status, status)
		}
		p.isPrivate()
		return p
	}
	get := func(target string, status int) *page {
		t.Helper()
		return check(b.send(http.MethodGet, target, nil), status)
	}
	press := func(p *page, id string, fill map[string]string, status int) *page {
		t.Helper()
		target, form := p.submission(id, fill)
		return check(b.send(http.MethodPost, target, form), status)
	}
	page := get(get(rp.authorizeURL(), 303).location.String(), 200)
	press(page, "login", nil, 422)
	press(page, "login", map[string]string{"username": "alice", "password": "wrong"}, 422)
	consent := get(press(page, "login", login, 303).location.String(), 200)
	press(consent, "allow", nil, 303)
	get(rp.authorizeURL(), 303)
	get(rp.authorizeURL("prompt", "none", "max_age", "0"), 303)
	get(rp.authorizeURL("response_mode", "form_post"), 200)
	get(rp.authorizeURL("response_mode", "form_post", "max_age", "-1"), 200)
	get(rp.authorizeURL("client_id", "evil"), 400)
	get(rp.authorizeURL()+"&state=x", 400)
	get(get(rp.authorizeURL("prompt", "select_account"), 303).location.String(), 200)
	get("/login?step=x", 400)
	get("/select", 400)
	get("/consent", 400)
	get("/setup", 403)
	get("/nothing", 404)
	check(b.send(http.MethodDelete, "/login", nil), 405)
	get("/", 303)
	for _, path := range []string{"", "/security", "/security/app", "/security/password", "/sessions", "/applications", "/activity", "/data", "/data/delete"} {
		get("/account"+path, 200)
	}
	b.header.Set("Sec-Fetch-Site", "cross-site")
	press(page, "login", login, 403)
	b.header.Del("Sec-Fetch-Site")
	press(get("/api/logout", 200), "logout", nil, 200)
	get("/", 200)
	check(b.postRaw(oauth.PathAuthorize, "a=b&a=c"), 400)
	check(b.sendBody(http.MethodPost, "/login", "text/plain", "x"), 400)
}

// 30: what a request says about where it went and where it comes from.

func forwardedRefusals() []refusal {
	return []refusal{{"030_forwarded_headers_of_a_stranger", forwarded}}
}

func forwarded(t *testing.T, w *world) {
	w.user("alice")
	rp := w.register("rp", func(c *core.Client) { c.SkipConsent, c.PostLogoutRedirectURIs = false, []string{theFarewell} })
	metadata := w.resource(oauth.PathDiscovery, "").body
	lies := map[string]http.Header{}
	for name, value := range map[string]string{
		"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Server": "evil.example", "X-Host": "evil.example", "X-Original-Host": "evil.example",
		"X-Forwarded-Proto": "https", "X-Forwarded-Scheme": "https", "X-Forwarded-Ssl": "on", "Front-End-Https": "on", "X-Url-Scheme": "https",
		"X-Forwarded-Port": "6666", "X-Forwarded-Prefix": "/evil", "X-Forwarded-Path": "/evil", "X-Script-Name": "/evil", "X-Original-Url": "/evil", "X-Rewrite-Url": "/evil", "Base-Url": "https://evil.example",
		"X-Forwarded-For": "6.6.6.6", "X-Real-Ip": "6.6.6.6", "True-Client-Ip": "6.6.6.6", "Cf-Connecting-Ip": "6.6.6.6", "X-Client-Ip": "6.6.6.6", "Client-Ip": "6.6.6.6", "X-Cluster-Client-Ip": "6.6.6.6",
		"Forwarded": `for=6.6.6.6;host=evil.example;proto=https;by=6.6.6.6`, "Via": "1.1 evil.example", "X-Request-Id": "evil", "X-Http-Method-Override": "DELETE",
	} {
		lies[name] = http.Header{name: {value}}
	}
	all := http.Header{}
	for name, lie := range lies {
		all[name] = lie[name]
	}
	lies["all"] = all
	for name, lie := range lies {
		w.each(name, func() {
			b := newBrowser(w.t, w.issuer)
			b.header = lie.Clone()
			// As a browser says it; Origin and Host could not agree.
			b.header.Set("Sec-Fetch-Site", "same-origin")
			w.unimpressed(b, rp, metadata)
		})
	}
	for _, e := range w.events(core.EventFilter{Limit: 100_000}) {
		if e.IP != "" && e.IP != "127.0.0.1" {
			t.Errorf("%s from %q", e.Type, e.IP)
		}
		if strings.Contains(fmt.Sprint(e), "evil") || strings.Contains(fmt.Sprint(e), "6.6.6.6") {
			t.Errorf("the audit log believes it: %v", e)
		}
	}
	w.untold("evil", "6.6.6.6")
}

// unimpressed goes through a sign-in and a sign-out of a browser that lies.
func (w *world) unimpressed(b *browser, rp *relyingParty, metadata []byte) {
	t := w.t
	t.Helper()
	step := func(p *page) *page {
		t.Helper()
		if text := p.body + fmt.Sprint(p.header, p.location); strings.Contains(text, "evil") || strings.Contains(text, "6.6.6.6") || strings.Contains(text, ":6666") {
			t.Errorf("%s believes it: %s", p.url.Path, text)
		}
		for _, line := range p.header["Set-Cookie"] {
			if strings.Contains(strings.ToLower(line), "domain") || !strings.Contains(line, "; Path=/;") {
				t.Errorf("%s: cookie %s", p.url.Path, line)
			}
		}
		// To here by path alone, else to what is registered.
		if to := p.header.Get("Location"); to != "" && !strings.HasPrefix(to, theCallback) && (to[0] != '/' || strings.HasPrefix(to, "//")) {
			t.Errorf("%s: to %s", p.url.Path, to)
		}
		if p.header.Get("Strict-Transport-Security") != "" {
			t.Errorf("%s believes in https", p.url.Path)
		}
		return p
	}
	next := func(p *page) *page {
		t.Helper()
		for step(p); p.location != nil && strings.HasPrefix(p.location.String(), b.origin+"/"); step(p) {
			p = b.send(http.MethodGet, p.location.String(), nil)
		}
		return p
	}
	press := func(p *page, id string, fill map[string]string) *page {
		t.Helper()
		target, form := p.submission(id, fill)
		return next(b.send(http.MethodPost, target, form))
	}
	if p := step(b.send(http.MethodGet, oauth.PathDiscovery, nil)); p.body != string(metadata) {
		t.Errorf("discovery became %s", p.body)
	}
	step(b.send(http.MethodGet, "/", nil))
	wrong := press(next(b.send(http.MethodGet, rp.authorizeURL("prompt", "consent"), nil)), "login", map[string]string{"username": "nobody", "password": "wrong password"})
	p := press(press(wrong, "login", map[string]string{"username": "alice", "password": thePassword}), "allow", nil)
	code := codeOf(t, p)
	if got := p.location.Query().Get("iss"); got != w.issuer {
		t.Errorf("iss %q", got)
	}
	c := rp.callCode(code)
	for name, values := range b.header {
		c.header[name] = values
	}
	set := w.succeeds(c)
	if got := claimsOf(t, set.text("id_token"))["iss"]; got != w.issuer {
		t.Errorf("the ID token is of %q", got)
	}
	next(b.send(http.MethodGet, rp.authorizeURL("client_id", "nobody"), nil))
	press(next(b.send(http.MethodGet, "/api/logout", nil)), "logout", nil)
}

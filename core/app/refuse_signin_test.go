package app_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"runtime"
	"runtime/metrics"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/authn"
	command "github.com/postern-id/postern/core/cli"
	"github.com/postern-id/postern/core/oauth"
)

func signInRefusals() []refusal {
	return slices.Concat(sessionRefusals(), stepRefusals(), crossSiteRefusals(), accountRefusals(), throttleRefusals(), passwordRefusals())
}

const (
	sessionCookie = "__Host-postern-session"
	browserCookie = "__Host-postern-browser"
)

// withConsent registers a client that everybody is asked about.
func withConsent(c *core.Client) { c.SkipConsent = false }

func credentials(username, password string) map[string]string {
	return map[string]string{"username": username, "password": password}
}

// with gives a browser that has these cookies alone: names and values.
func (w *world) with(cookies ...string) *browser {
	w.t.Helper()
	b := newBrowser(w.t, w.issuer)
	for i := 0; i < len(cookies); i += 2 {
		b.cookies[cookies[i]] = cookies[i+1]
	}
	return b
}

// knows says who is signed in with this session cookie; empty for nobody.
func (w *world) knows(session string) string {
	w.t.Helper()
	p := w.with(sessionCookie, session).get("/")
	if p.status != http.StatusOK {
		w.t.Fatalf("the front page: status %d", p.status)
	}
	if !p.has("logout") {
		return ""
	}
	for _, name := range []string{"alice", "bob", "mallory"} {
		if strings.Contains(p.body, name+"@example.com") {
			return name
		}
	}
	return "somebody"
}

// sessionOf reads the session of the browser from the store.
func (w *world) sessionOf(b *browser) *core.SignedIn {
	w.t.Helper()
	cookie, ok := core.ParseCredential(core.KindSession, b.cookies[sessionCookie])
	if !ok {
		w.t.Fatalf("no session cookie: %v", b.cookies)
	}
	w.hide(b.cookies[sessionCookie])
	found, err := w.app.Store.SignedIn(context.Background(), cookie.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	return found
}

// 84, 88 to 90: sessions.

func sessionRefusals() []refusal {
	return []refusal{
		{"084_session_fixation", sessionFixation},
		{"084_session_changes_at_sign_in", sessionChanges},
		{"084_session_ends_at_password_change", func(t *testing.T, w *world) {
			alice := w.user("alice")
			b := w.register("rp", nil).signedIn("alice")
			if err := w.app.Admin.SetPassword(context.Background(), cli, alice.ID, "another "+thePassword); err != nil {
				t.Fatal(err)
			}
			if got := w.knows(b.cookies[sessionCookie]); got != "" {
				t.Errorf("%s is still signed in", got)
			}
		}},
		{"084_session_ends_at_change_of_privilege", func(t *testing.T, w *world) {
			w.user("root", func(u *admin.NewUser) { u.Admin = true })
			alice := w.user("alice")
			rp := w.register("rp", nil)
			for _, privileged := range []bool{true, false} {
				b := rp.signedIn("alice")
				if _, err := w.app.Admin.UpdateUser(context.Background(), cli, alice.ID, "", func(u *core.User) { u.Admin = privileged }); err != nil {
					t.Fatal(err)
				}
				if got := w.knows(b.cookies[sessionCookie]); got != "" {
					t.Errorf("administrator %v: %s is still signed in", privileged, got)
				}
			}
		}},
		{"088_cookies", cookieAttributes},
		{"088_no_session_in_addresses", sessionInAddresses},
		{"088_two_cookies_of_one_name", func(t *testing.T, w *world) {
			w.user("alice")
			b := w.register("rp", nil).signedIn("alice")
			own := b.cookies[sessionCookie]
			for _, header := range []string{
				sessionCookie + "=" + own + "; " + sessionCookie + "=" + own, sessionCookie + "=x; " + sessionCookie + "=" + own, sessionCookie + "=; " + sessionCookie + "=" + own,
			} {
				other := newBrowser(t, w.issuer)
				other.header.Set("Cookie", header)
				if other.get("/").has("logout") {
					t.Errorf("signed in with %d cookies", strings.Count(header, "="))
				}
			}
		}},
		{"089_two_users_on_one_browser", twoUsers},
		{"089_next_user_without_sign_out", nextUser},
		{"090_prompt_login_cancelled", promptCancelled},
	}
}

// sessionFixation has cookies of an attacker in the browser of alice.
func sessionFixation(t *testing.T, w *world) {
	w.user("alice")
	w.user("mallory")
	rp := w.register("rp", nil)
	attacker := rp.signedIn("mallory")
	invented := core.NewCredential(core.KindSession, core.NewID(w.clock.Now(), rand.Reader), rand.Reader).String()
	for name, planted := range map[string]string{"invented": invented, "attacker's": attacker.cookies[sessionCookie]} {
		w.each(name, func() {
			victim := w.with(sessionCookie, planted, browserCookie, attacker.cookies[browserCookie])
			victim.get(rp.authorizeURL("prompt", "login")).signIn("alice", thePassword)
			if got := w.knows(victim.cookies[sessionCookie]); got != "alice" {
				w.t.Fatalf("%q is signed in", got)
			}
			if victim.cookies[sessionCookie] == planted || w.knows(planted) != "" {
				w.t.Errorf("the planted session stands: %q", w.knows(planted))
			}
			before, _ := core.ParseCredential(core.KindSession, planted)
			if after := w.sessionOf(victim).Session.ID; after == before.ID {
				w.t.Errorf("the session keeps its identifier %s", after)
			}
		})
	}
}

func sessionChanges(t *testing.T, w *world) {
	w.user("alice")
	rp := w.register("rp", nil)
	b := rp.signedIn("alice")
	for _, ask := range [][]string{{"prompt", "login"}, {"max_age", "0"}} {
		cookie, before := b.cookies[sessionCookie], w.sessionOf(b)
		w.clock.advance(time.Minute)
		b.get(rp.authorizeURL(ask...)).signIn("alice", thePassword)
		after := w.sessionOf(b)
		if b.cookies[sessionCookie] == cookie || after.Session.ID == before.Session.ID || after.Session.Hash == before.Session.Hash {
			t.Errorf("%v: the session is the same", ask)
		}
		if w.knows(cookie) != "" {
			t.Errorf("%v: the session before still stands", ask)
		}
	}
	// A second sign-in beside it.
	cookie := b.cookies[sessionCookie]
	b.get(rp.authorizeURL("prompt", "select_account")).press("other", nil).signIn("alice", thePassword)
	if b.cookies[sessionCookie] == cookie || w.knows(cookie) != "" {
		t.Error("another account: the session is the same")
	}
}

func cookieAttributes(t *testing.T, w *world) {
	w.user("alice")
	rp := w.register("rp", withConsent)
	b := newBrowser(t, w.issuer)
	seen := map[string]int{}
	send := func(method, target string, form url.Values) *page {
		p := b.send(method, target, form)
		for {
			for _, line := range p.header["Set-Cookie"] {
				seen[checkCookie(t, line)]++
			}
			if p.location == nil || !strings.HasPrefix(p.location.String(), w.issuer+"/") {
				return p
			}
			p = b.send(http.MethodGet, p.location.String(), nil)
		}
	}
	press := func(p *page, id string, fill map[string]string) *page {
		target, form := p.submission(id, fill)
		return send(http.MethodPost, target, form)
	}
	press(press(send(http.MethodGet, rp.authorizeURL(), nil), "login", credentials("alice", thePassword)), "allow", nil)
	send(http.MethodGet, rp.authorizeURL(), nil)
	press(send(http.MethodGet, rp.authorizeURL("prompt", "login"), nil), "login", credentials("alice", "wrong password"))
	send(http.MethodGet, "/", nil)
	press(send(http.MethodGet, "/api/logout", nil), "logout", nil)
	if len(b.cookies) != 0 {
		t.Errorf("cookies after the sign-out: %v", b.cookies)
	}
	if seen[sessionCookie] != 2 || seen[browserCookie] != 2 || len(seen) != 2 {
		t.Errorf("cookies were set %v times", seen)
	}
}

// checkCookie checks a Set-Cookie line, and gives the cookie's name.
func checkCookie(t *testing.T, line string) string {
	t.Helper()
	parts := strings.Split(line, "; ")
	name, value, _ := strings.Cut(parts[0], "=")
	if !strings.HasPrefix(name, "__Host-") {
		t.Errorf("cookie %s has no prefix", name)
	}
	for _, want := range []string{"Path=/", "Secure", "HttpOnly", "SameSite=Lax"} {
		if !slices.Contains(parts, want) {
			t.Errorf("cookie %s without %s: %s", name, want, parts[1:])
		}
	}
	for _, attribute := range parts[1:] {
		if strings.HasPrefix(strings.ToLower(attribute), "domain") || attribute == "SameSite=None" {
			t.Errorf("cookie %s has %s", name, attribute)
		}
	}
	if gone := slices.Contains(parts, "Max-Age=0"); gone != (value == "") {
		t.Errorf("cookie %s with %d characters has %s", name, len(value), parts[1:])
	}
	return name
}

func sessionInAddresses(t *testing.T, w *world) {
	w.user("alice")
	rp := w.register("rp", withConsent)
	b := newBrowser(t, w.issuer)
	var addresses []string
	note := func(p *page) *page {
		addresses = append(addresses, p.url.String())
		if p.location != nil {
			addresses = append(addresses, p.location.String())
		}
		walk(p.document(), func(n *html.Node) {
			addresses = append(addresses, attribute(n, "href"), attribute(n, "action"), attribute(n, "src"))
		})
		return p
	}
	consent := note(note(b.get(rp.authorizeURL("prompt", "login consent"))).signIn("alice", thePassword))
	note(consent.press("allow", nil))
	note(b.get("/"))
	note(b.get("/api/logout"))
	note(b.get(rp.authorizeURL("prompt", "select_account")))
	session, browser := b.cookies[sessionCookie], b.cookies[browserCookie]
	for _, address := range addresses {
		if strings.Contains(address, session) || strings.Contains(address, browser) || strings.Contains(address, string(w.sessionOf(b).Session.ID)) {
			t.Errorf("the session is in an address: %.40s", address)
		}
	}
	// Nor is one taken from there.
	for _, query := range []string{sessionCookie, "session", "sid", "session_id", "PHPSESSID"} {
		stranger := newBrowser(t, w.issuer)
		if stranger.get("/?" + query + "=" + url.QueryEscape(session)).has("logout") {
			t.Errorf("signed in by ?%s=", query)
		}
		stranger.get(rp.authorizeURL("prompt", "none", query, session)).answersError(w, "", "login_required")
	}
	if newBrowser(t, w.issuer).get("/;" + sessionCookie + "=" + session).has("logout") {
		t.Error("signed in by a path parameter")
	}
}

// twoUsers: alice signs out, bob signs in at the same browser.
func twoUsers(t *testing.T, w *world) {
	alice, bob := w.user("alice"), w.user("bob")
	rp := w.register("rp", withRefresh)
	b := newBrowser(t, w.issuer)
	first := rp.tokens(b)
	session := b.cookies[sessionCookie]
	// Alice leaves a page behind.
	left := b.get(rp.authorizeURL("prompt", "login"))
	b.get("/api/logout").press("logout", nil)
	if len(b.cookies) != 0 || w.knows(session) != "" {
		t.Fatalf("alice is still known: %v", b.cookies)
	}
	w.recorded(core.EventAuthorizeRefused, "prompt_none", func() {
		b.get(rp.authorizeURL("prompt", "none")).answersError(w, "", "login_required")
	})
	w.deniesAccess(first.text("access_token"), "grant_revoked")
	w.refuses(rp.callRefresh(first.text("refresh_token")), http.StatusBadRequest, "invalid_grant", "grant_revoked")

	second := w.succeeds(rp.callCode(rp.code(b, "bob", "scope", offlineScope)))
	if got := claimsOf(t, second.text("id_token")); got["sub"] != string(bob.ID) {
		t.Errorf("the ID token is of %v", got["sub"])
	}
	if info := w.resource(oauth.PathUserInfo, second.text("access_token")); info.text("sub") != string(bob.ID) || strings.Contains(string(info.body), "alice") {
		t.Errorf("UserInfo: %s", info.body)
	}
	silent := w.succeeds(rp.callCode(rp.code(b, "", "prompt", "none")))
	if got := claimsOf(t, silent.text("id_token"))["sub"]; got != string(bob.ID) || got == string(alice.ID) {
		t.Errorf("prompt=none gives %v", got)
	}
	w.recorded(core.EventAuthorizeRefused, "prompt_none", func() {
		b.get(rp.authorizeURL("prompt", "none", "id_token_hint", first.text("id_token"))).answersError(w, "", "login_required")
	})
	if strings.Contains(b.get("/").body, "alice") {
		t.Error("the front page tells of alice")
	}
	left.refusesStep(w, "login", credentials("bob", thePassword), "step_forged")
	w.serves(second.text("access_token"))
}

// refusesStep presses the button of a page whose step is not to be done.
func (p *page) refusesStep(w *world, id string, fill map[string]string, reason string) {
	w.t.Helper()
	target, form := p.submission(id, fill)
	p.browser.at(w).refused(w, http.MethodPost, target, form, core.EventStepRefused, reason)
}

// refused sends what must end at an error page, with one audit event and no change
// of cookies.
func (b *browser) refused(w *world, method, target string, form url.Values, kind core.EventType, reason string) {
	w.t.Helper()
	status := http.StatusBadRequest
	if reason == "cross_origin" || reason == "step_missing" {
		status = http.StatusForbidden
	}
	w.recorded(kind, reason, func() {
		w.t.Helper()
		b.at(w).send(method, target, form).showsError(status, "invalid_request")
	})
}

// nextUser: bob signs in while alice is signed in.
func nextUser(t *testing.T, w *world) {
	w.user("alice")
	bob := w.user("bob")
	rp := w.register("rp", withConsent)
	b := newBrowser(t, w.issuer)
	codeOf(t, b.get(rp.authorizeURL()).signIn("alice", thePassword).press("allow", nil))
	session := b.cookies[sessionCookie]
	// The consent page of alice is open in another tab.
	open := b.get(rp.authorizeURL("prompt", "consent"))
	consent := b.get(rp.authorizeURL("prompt", "select_account")).press("other", nil).signIn("bob", thePassword)
	if !consent.has("allow") || strings.Contains(consent.body, "alice") {
		t.Fatalf("bob is not asked for consent, or sees alice's: status %d, to %v", consent.status, consent.location)
	}
	if w.knows(session) != "" {
		t.Error("alice's session stands")
	}
	// Bob's click is no consent of alice, and hers is none of his.
	if p := open.press("allow", nil); !p.has("login") {
		t.Errorf("status %d, to %v", p.status, p.location)
	}
	consents, err := w.app.Store.Consent(context.Background(), bob.ID, rp.client.ID)
	if err == nil {
		t.Errorf("bob consented to %v", consents.Scopes)
	}
	set := w.succeeds(rp.callCode(codeOf(t, consent.press("allow", nil))))
	if got := claimsOf(t, set.text("id_token"))["sub"]; got != string(bob.ID) {
		t.Errorf("the ID token is of %v", got)
	}
}

func promptCancelled(t *testing.T, w *world) {
	w.user("alice")
	w.user("bob")
	rp := w.register("rp", nil)
	b := newBrowser(t, w.issuer)
	before := claimsOf(t, rp.tokens(b).text("id_token"))
	for _, ask := range [][]string{{"prompt", "login"}, {"max_age", "0"}, {"prompt", "login", "login_hint", "bob"}} {
		w.clock.advance(time.Minute)
		cookies, session := fmt.Sprint(b.cookies), *w.sessionOf(b)
		p := b.get(rp.authorizeURL(ask...))
		w.recorded(core.EventSignInCancelled, "cancelled", func() {
			p.press("cancel", nil).answersError(w, "", "access_denied")
		})
		if fmt.Sprint(b.cookies) != cookies || fmt.Sprint(*w.sessionOf(b)) != fmt.Sprint(session) {
			t.Errorf("%v: the session is another", ask)
		}
		after := claimsOf(t, w.succeeds(rp.callCode(rp.code(b, "", "prompt", "none"))).text("id_token"))
		for _, claim := range []string{"sub", "sid", "auth_time", "acr"} {
			if fmt.Sprint(after[claim]) != fmt.Sprint(before[claim]) {
				t.Errorf("%v: %s is %v, was %v", ask, claim, after[claim], before[claim])
			}
		}
		p.refusesStep(w, "login", credentials("alice", thePassword), "request_finished")
		p.refusesStep(w, "cancel", nil, "request_finished")
	}
	// A wrong password before does not matter.
	p := b.get(rp.authorizeURL("prompt", "login")).signIn("alice", "wrong password")
	w.recorded(core.EventSignInCancelled, "cancelled", func() { p.press("cancel", nil).answersError(w, "", "access_denied") })
	rp.code(b, "", "prompt", "none")
}

// 85, 86: steps.

func stepRefusals() []refusal {
	return []refusal{
		{"085_link_of_an_attacker", attackersLink},
		{"085_browser_of_an_attacker", attackersBrowser},
		{"086_steps_skipped", stepsSkipped},
		{"086_empty_posts", emptyPosts},
		{"086_steps_swapped", stepsSwapped},
		{"086_back_button", backButton},
		{"086_try_another_way", tryAnotherWay},
		{"086_used_links", usedLinks},
		{"086_parallel_answers", parallelAnswers},
		{"086_changed_links", changedLinks},
	}
}

// stages gives a page of every step, each of a request of its own: login and
// select in a browser where alice is signed in, consent where she signed in for it.
func (w *world) stages(rp *relyingParty, b *browser) map[string]*page {
	w.t.Helper()
	stages := map[string]*page{
		"login":   b.get(rp.authorizeURL("prompt", "login")),
		"select":  b.get(rp.authorizeURL("prompt", "select_account")),
		"consent": b.get(rp.authorizeURL("prompt", "consent")),
	}
	for name, p := range stages {
		if p.url.Path != "/"+name {
			w.t.Fatalf("at %s instead of %s", p.url, name)
		}
	}
	return stages
}

// buttons are those that do something.
func buttons() map[string][]string {
	return map[string][]string{"login": {"login", "cancel"}, "select": {"continue", "other"}, "consent": {"allow", "deny"}}
}

// attackersLink: the attacker begins, the victim gets the link.
func attackersLink(t *testing.T, w *world) {
	w.user("alice")
	w.user("mallory")
	rp := w.register("rp", withConsent)
	attacker := newBrowser(t, w.issuer)
	attacker.get("/login").signIn("mallory", thePassword)
	stages := w.stages(rp, attacker)
	signedIn := newBrowser(t, w.issuer)
	signedIn.get("/login").signIn("alice", thePassword)
	begun := newBrowser(t, w.issuer)
	begun.get(rp.authorizeURL())
	victims := map[string]*browser{"without_cookies": newBrowser(t, w.issuer), "that_has_begun": begun, "signed_in": signedIn}
	for who, victim := range victims {
		reason := "step_forged"
		if who == "without_cookies" {
			reason = "browser_unknown"
		}
		for name, p := range stages {
			w.each(who+"_"+name, func() {
				victim.refused(w, http.MethodGet, p.url.String(), nil, core.EventStepRefused, reason)
				for _, button := range buttons()[name] {
					target, form := p.submission(button, credentials("alice", thePassword))
					victim.refused(w, http.MethodPost, target, form, core.EventStepRefused, reason)
				}
			})
		}
	}
	if w.knows(signedIn.cookies[sessionCookie]) != "alice" {
		t.Error("alice is signed out")
	}
	// The links are good where they come from.
	codeOf(t, stages["consent"].browser.at(w).get(stages["consent"].url.String()).press("allow", nil))
}

// attackersBrowser: the attacker's browser cookie was planted as well, and the
// victim signs in for the attacker's request. The attacker has no session.
func attackersBrowser(t *testing.T, w *world) {
	w.user("alice")
	rp := w.register("rp", withConsent)
	attacker := newBrowser(t, w.issuer)
	login := attacker.get(rp.authorizeURL())
	victim := w.with(browserCookie, attacker.cookies[browserCookie])
	consent := victim.get(login.url.String()).signIn("alice", thePassword)
	if !consent.has("allow") {
		t.Fatalf("status %d, to %v", consent.status, consent.location)
	}
	// The attacker knows every link, that of the consent page too.
	for _, p := range []*page{attacker.get(login.url.String()), attacker.get(consent.url.String())} {
		if !p.has("login") || strings.Contains(p.body, "alice") {
			t.Errorf("the attacker is at %s: %s", p.url.Path, p.body)
		}
	}
	target, form := consent.submission("allow", nil)
	if p := attacker.follow(http.MethodPost, target, form); !p.has("login") {
		t.Errorf("status %d, to %v", p.status, p.location)
	}
	if n := len(w.events(core.EventFilter{Type: core.EventConsentGiven})) + len(w.events(core.EventFilter{Type: core.EventCodeIssued})); n != 0 {
		t.Errorf("%d consents and codes", n)
	}
	codeOf(t, consent.press("allow", nil))
}

func stepsSkipped(t *testing.T, w *world) {
	w.user("alice")
	rp := w.register("rp", withConsent)
	b := newBrowser(t, w.issuer)
	p := b.get(rp.authorizeURL())
	link := p.field("step")
	for target, actions := range map[string][]string{"/consent": {"allow", "deny"}, "/select": {"continue", "other"}} {
		for _, action := range actions {
			for _, step := range []string{link, "", "x", "x.y", strings.Repeat("A", 40_000)} {
				kind, reason := core.EventStepRefused, "step_forged"
				if step == "" {
					kind, reason = core.EventRequestRefused, "step_missing"
				}
				b.refused(w, http.MethodPost, target, url.Values{"step": {step}, "action": {action}}, kind, reason)
			}
		}
	}
	b.refused(w, http.MethodGet, "/consent?step="+url.QueryEscape(link), nil, core.EventStepRefused, "step_other")
	b.refused(w, http.MethodGet, "/select?step="+url.QueryEscape(link), nil, core.EventStepRefused, "step_other")
	// A stage that does not exist.
	for _, path := range []string{"/finish", "/callback", "/login/finish", "/consent/finish", "/issue", "/mfa"} {
		if p := b.send(http.MethodPost, path, url.Values{"step": {link}}); p.status != http.StatusNotFound {
			t.Errorf("%s: status %d", path, p.status)
		}
	}
	if n := len(w.events(core.EventFilter{Type: core.EventCodeIssued})); n != 0 {
		t.Errorf("%d codes", n)
	}
	// The link to the consent page, which is not the page's own, allows nothing.
	consent := p.signIn("alice", thePassword)
	again := b.post("/consent", url.Values{"step": {consent.url.Query().Get("step")}, "action": {"allow"}})
	if !again.has("allow") || len(w.events(core.EventFilter{Type: core.EventConsentGiven})) != 0 {
		t.Errorf("allowed without the page: status %d, to %v", again.status, again.location)
	}
	codeOf(t, consent.press("allow", nil))
}

func emptyPosts(t *testing.T, w *world) {
	w.user("alice")
	rp := w.register("rp", withConsent)
	b := newBrowser(t, w.issuer)
	b.get("/login").signIn("alice", thePassword)
	stages := w.stages(rp, b)
	stranger := newBrowser(t, w.issuer)
	for name, p := range stages {
		w.each(name, func() {
			path := "/" + name
			b.refused(w, http.MethodPost, path, url.Values{}, core.EventRequestRefused, "step_missing")
			stranger.refused(w, http.MethodPost, path, url.Values{}, core.EventRequestRefused, "step_missing")
			w.recorded(core.EventRequestRefused, "content_type", func() {
				b.at(w).sendBody(http.MethodPost, path, "application/json", "{}").showsError(http.StatusBadRequest, "invalid_request")
			})
			b.refused(w, http.MethodPost, path+"?step="+url.QueryEscape(p.field("step")), url.Values{}, core.EventRequestRefused, "parameters_in_query")
			step := url.Values{"step": {p.field("step")}}
			if name == "login" {
				w.recorded(core.EventSignInFailed, "empty", func() {
					if again := b.at(w).send(http.MethodPost, path, step); again.status != http.StatusUnprocessableEntity || !again.has("login") {
						w.t.Errorf("status %d", again.status)
					}
				})
				return
			}
			b.refused(w, http.MethodPost, path, step, core.EventRequestRefused, "action_missing")
			step.Set("action", "finish")
			b.refused(w, http.MethodPost, path, step, core.EventRequestRefused, "action_missing")
		})
	}
	b.at(w)
	codeOf(t, stages["consent"].press("allow", nil))
	codeOf(t, stages["select"].press("continue", nil))
}

func stepsSwapped(t *testing.T, w *world) {
	w.user("alice")
	rp := w.register("rp", withConsent)
	b := newBrowser(t, w.issuer)
	b.get("/login").signIn("alice", thePassword)
	stages := w.stages(rp, b)
	farewell := b.get("/api/logout").field("step")
	for name, p := range stages {
		for other := range stages {
			if other == name {
				continue
			}
			w.each(name+"_at_"+other, func() {
				b.refused(w, http.MethodGet, "/"+other+"?step="+url.QueryEscape(p.field("step")), nil, core.EventStepRefused, "step_other")
				for _, button := range buttons()[other] {
					if name == "select" && button == "cancel" {
						continue // who may select may cancel
					}
					_, form := stages[other].submission(button, credentials("alice", thePassword))
					form.Set("step", p.field("step"))
					b.refused(w, http.MethodPost, "/"+other, form, core.EventStepRefused, "step_forged")
				}
			})
		}
		w.each(name+"_at_logout", func() {
			b.refused(w, http.MethodPost, "/api/logout", url.Values{"step": {p.field("step")}}, core.EventStepRefused, "step_forged")
		})
		w.each("logout_at_"+name, func() {
			for _, button := range buttons()[name] {
				_, form := p.submission(button, credentials("alice", thePassword))
				form.Set("step", farewell)
				b.refused(w, http.MethodPost, "/"+name, form, core.EventStepRefused, "step_forged")
			}
		})
	}
	b.at(w)
	codeOf(t, stages["consent"].press("allow", nil))
	codeOf(t, stages["select"].press("continue", nil))
	codeOf(t, stages["login"].signIn("alice", thePassword))
}

// backButton goes back to pages of steps that are done.
func backButton(t *testing.T, w *world) {
	w.user("alice")
	w.user("bob")
	rp := w.register("rp", withConsent)
	b := newBrowser(t, w.issuer)
	login := b.get(rp.authorizeURL())
	consent := login.signIn("alice", thePassword)
	session := b.cookies[sessionCookie]
	// Before the consent: whatever is typed at the old page, the step is done.
	for name, p := range map[string]*page{
		"looked_at": b.get(login.url.String()), "same_user": login.signIn("alice", thePassword),
		"other_user": login.signIn("bob", thePassword), "wrong_password": login.signIn("alice", "wrong password"),
	} {
		if !p.has("allow") || b.cookies[sessionCookie] != session {
			t.Errorf("%s: status %d, to %v", name, p.status, p.location)
		}
	}
	if n := len(w.events(core.EventFilter{Type: core.EventSignedIn})); n != 1 {
		t.Errorf("%d sign-ins", n)
	}
	codeOf(t, consent.press("allow", nil))
	// After it: everything is over.
	login.refusesStep(w, "login", credentials("alice", thePassword), "request_finished")
	login.refusesStep(w, "cancel", nil, "request_finished")
	consent.refusesStep(w, "allow", nil, "request_finished")
	consent.refusesStep(w, "deny", nil, "request_finished")
	for _, p := range []*page{login, consent} {
		b.refused(w, http.MethodGet, p.url.String(), nil, core.EventStepRefused, "request_finished")
	}
	if n := len(w.events(core.EventFilter{Type: core.EventCodeIssued})); n != 1 {
		t.Errorf("%d codes", n)
	}
}

// tryAnotherWay goes round in circles between two steps: it leads nowhere else.
func tryAnotherWay(t *testing.T, w *world) {
	w.user("alice")
	rp := w.register("rp", nil)
	b := rp.signedIn("alice")
	session, codes := b.cookies[sessionCookie], len(w.events(core.EventFilter{Type: core.EventCodeIssued}))
	selection := b.get(rp.authorizeURL("prompt", "select_account"))
	for range 8 {
		login := selection.press("other", nil)
		if !login.has("login") || !login.signIn("alice", "wrong password").has("login") {
			t.Fatalf("at %s", login.url)
		}
		if again := b.get(selection.url.String()); !again.has("other") {
			t.Fatalf("at %s", again.url)
		}
	}
	if n := len(w.events(core.EventFilter{Type: core.EventCodeIssued})); n != codes || b.cookies[sessionCookie] != session {
		t.Errorf("%d codes", n-codes)
	}
	codeOf(t, selection.press("continue", nil))
}

// usedLinks replays the links of requests that ended in every way that there is,
// and of one that expired.
func usedLinks(t *testing.T, w *world) {
	w.user("alice")
	rp := w.register("rp", withConsent)
	b := newBrowser(t, w.issuer)
	b.get("/login").signIn("alice", thePassword)
	for stage, ends := range map[string][]string{"login": {"cancel"}, "consent": {"allow", "deny"}} {
		for _, end := range ends {
			w.each(stage+"_"+end, func() {
				p := w.stages(rp, b.at(w))[stage]
				p.press(end, nil)
				for _, button := range buttons()[stage] {
					p.refusesStep(w, button, credentials("alice", thePassword), "request_finished")
				}
				b.refused(w, http.MethodGet, p.url.String(), nil, core.EventStepRefused, "request_finished")
			})
		}
	}
	b.at(w)
	stages, farewell := w.stages(rp, b), b.get("/api/logout")
	w.clock.advance(30 * time.Minute)
	for stage, p := range stages {
		w.each("expired_"+stage, func() {
			for _, button := range buttons()[stage] {
				p.refusesStep(w, button, credentials("alice", thePassword), "request_expired")
			}
			b.refused(w, http.MethodGet, p.url.String(), nil, core.EventStepRefused, "request_expired")
		})
	}
	farewell.refusesStep(w, "logout", nil, "request_expired")
	if w.knows(b.at(w).cookies[sessionCookie]) != "alice" {
		t.Error("alice is signed out")
	}
}

// parallelAnswers: of many answers to one step one counts.
func parallelAnswers(t *testing.T, w *world) {
	w.user("alice")
	for name, edit := range map[string]func(*core.Client){"login": nil, "consent": withConsent} {
		rp := w.register("rp-"+name, edit)
		b := newBrowser(t, w.issuer)
		p, button := b.get(rp.authorizeURL()), "login"
		if name == "consent" {
			p, button = p.signIn("alice", thePassword), "allow"
		}
		target, form := p.submission(button, credentials("alice", thePassword))
		if name == "consent" {
			form.Del("username")
			form.Del("password")
		}
		codes := 0
		for _, a := range b.race(w, 20, target, form) {
			if location := a.header.Get("Location"); strings.Contains(location, "code=") {
				codes++
			} else if a.status != http.StatusBadRequest {
				t.Errorf("%s: status %d, to %s", name, a.status, location)
			}
		}
		issued := slices.DeleteFunc(w.events(core.EventFilter{Type: core.EventCodeIssued}), func(e core.Event) bool { return e.ClientID != rp.client.ID })
		if codes != 1 || len(issued) != 1 {
			t.Errorf("%s: %d codes, %d events", name, codes, len(issued))
		}
	}
	if n := len(w.events(core.EventFilter{Type: core.EventSignedIn})); n != 2 {
		t.Errorf("%d sign-ins", n)
	}
}

// request makes a request for sending it from any goroutine.
func (b *browser) request(target string, form url.Values) *http.Request {
	b.t.Helper()
	r, err := http.NewRequest(http.MethodPost, target, strings.NewReader(form.Encode()))
	if err != nil {
		b.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", b.origin)
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	return r
}

// race posts the same form n times at once.
func (b *browser) race(w *world, n int, target string, form url.Values) []answer {
	requests := make([]*http.Request, n)
	for i := range requests {
		requests[i] = b.request(target, form)
	}
	return w.atOnce(requests)
}

// atOnce sends the requests at once.
func (w *world) atOnce(requests []*http.Request) []answer {
	w.t.Helper()
	var (
		answers = make([]answer, len(requests))
		errs    = make([]error, len(requests))
		wait    sync.WaitGroup
		begin   = make(chan struct{})
	)
	for i, r := range requests {
		wait.Go(func() {
			<-begin
			answers[i], errs[i] = exchange(r)
		})
	}
	close(begin)
	wait.Wait()
	for _, err := range errs {
		if err != nil {
			w.t.Fatal(err)
		}
	}
	return answers
}

func changedLinks(t *testing.T, w *world) {
	w.user("alice")
	rp := w.register("rp", withConsent)
	b := newBrowser(t, w.issuer)
	b.get("/login").signIn("alice", thePassword)
	for stage, p := range w.stages(rp, b) {
		link := p.field("step")
		text, mac, _ := strings.Cut(link, ".")
		plain := unencoded(t, text)
		for name, changed := range map[string]string{
			"other_purpose": encoded(strings.Replace(plain, stage, "consent\x00", 1)) + "." + mac, "later": encoded(strings.Replace(plain, "\n1", "\n9", 1)) + "." + mac,
			"more_scopes": encoded(plain+" phone") + "." + mac, "no_signature": text + ".", "signature_alone": "." + mac, "cut": link[:len(link)-1], "longer": link + "A",
			"padded": link + "=", "blank": link + " ", "line_feed": text + ".\n" + mac, "swapped": mac + "." + text, "twice": link + "." + link,
			"zero_signature": text + "." + strings.Repeat("A", 43),
		} {
			w.each(stage+"_"+name, func() {
				b.refused(w, http.MethodGet, "/"+stage+"?step="+url.QueryEscape(changed), nil, core.EventStepRefused, "step_forged")
				for _, button := range buttons()[stage] {
					target, form := p.submission(button, credentials("alice", thePassword))
					form.Set("step", changed)
					b.refused(w, http.MethodPost, target, form, core.EventStepRefused, "step_forged")
				}
			})
		}
	}
}

// 87: other sites.

func crossSiteRefusals() []refusal {
	return []refusal{
		{"087_forms_of_other_sites", crossSite},
		{"087_forms_without_token", withoutToken},
		{"087_get_changes_nothing", getChangesNothing},
		{"087_sign_out_by_other_sites", crossSiteSignOut},
	}
}

// offer is a form that changes something, and what it does when it may.
type offer struct {
	page   *page
	button string
	fill   map[string]string
	done   func(*page) bool
}

// offers gives every form that there is, in browsers of their own.
func (w *world) offers() map[string]offer {
	w.t.Helper()
	rp := w.register("rp", withConsent)
	signedIn := func() *browser {
		b := newBrowser(w.t, w.issuer)
		b.get("/login").signIn("alice", thePassword)
		return b
	}
	toClient := func(parameter string) func(*page) bool {
		return func(p *page) bool { return p.location != nil && p.location.Query().Has(parameter) }
	}
	at := func(path string) func(*page) bool { return func(p *page) bool { return p.url.Path == path } }
	token, open, err := w.app.Admin.OpenSetup(context.Background())
	if err != nil || !open {
		w.t.Fatalf("set-up is open: %v, %v", open, err)
	}
	w.hide(token)
	asks := func(prompt string) string { return rp.authorizeURL("prompt", strings.TrimSpace(prompt+" consent")) }
	device := w.device("tv", nil)
	return map[string]offer{
		"login":           {newBrowser(w.t, w.issuer).get(asks("")), "login", credentials("alice", thePassword), at("/consent")},
		"login_here":      {newBrowser(w.t, w.issuer).get("/login"), "login", credentials("alice", thePassword), at("/account")},
		"login_again":     {signedIn().get(asks("login")), "login", credentials("alice", thePassword), at("/consent")},
		"cancel":          {newBrowser(w.t, w.issuer).get(asks("")), "cancel", nil, toClient("error")},
		"select_continue": {signedIn().get(asks("select_account")), "continue", nil, at("/consent")},
		"select_other":    {signedIn().get(asks("select_account")), "other", nil, at("/login")},
		"allow":           {signedIn().get(asks("")), "allow", nil, toClient("code")},
		"deny":            {signedIn().get(asks("")), "deny", nil, toClient("error")},
		"logout":          {signedIn().get("/api/logout"), "logout", nil, func(p *page) bool { return p.status == http.StatusOK && p.has("signin") }},
		"device_code":     {signedIn().get("/login/oauth/device"), "continue", map[string]string{"user_code": device.begin("openid").user}, func(p *page) bool { return p.has("allow") }},
		"device_allow":    {device.begin("openid").types(signedIn()), "allow", nil, func(p *page) bool { return p.has("account") }},
		"device_deny":     {device.begin("openid").types(signedIn()), "deny", nil, func(p *page) bool { return p.status == http.StatusOK && !p.has("deny") }},
		"setup": {newBrowser(w.t, w.issuer).get("/setup?token=" + token), "setup", map[string]string{"username": "root", "email": "root@example.com", "password": thePassword},
			func(p *page) bool { return p.status == http.StatusOK && !p.has("setup") }},
	}
}

// strangers are the headers of forms that other sites send.
func strangers(issuer string) map[string]http.Header {
	return map[string]http.Header{
		"cross_site":             {"Sec-Fetch-Site": {"cross-site"}},
		"cross_site_own_origin":  {"Sec-Fetch-Site": {"cross-site"}, "Origin": {issuer}},
		"cross_site_null":        {"Sec-Fetch-Site": {"cross-site"}, "Origin": {"null"}},
		"same_site":              {"Sec-Fetch-Site": {"same-site"}},
		"unknown_site":           {"Sec-Fetch-Site": {"other"}},
		"origin_null":            {"Origin": {"null"}},
		"origin_foreign":         {"Origin": {"https://evil.example"}},
		"origin_with_our_prefix": {"Origin": {issuer + ".evil.example"}},
		"origin_other_port":      {"Origin": {"http://127.0.0.1:1"}},
		"origin_userinfo":        {"Origin": {"http://" + strings.TrimPrefix(issuer, "http://") + "@evil.example"}},
		"origin_malformed":       {"Origin": {"evil"}},
	}
}

func crossSite(t *testing.T, w *world) {
	w.user("alice")
	for name, o := range w.offers() {
		b := o.page.browser
		target, form := o.page.submission(o.button, o.fill)
		for who, header := range strangers(w.issuer) {
			w.each(name+"_"+who, func() {
				cookies := fmt.Sprint(b.cookies)
				b.header = header
				b.refused(w, http.MethodPost, target, form, core.EventRequestRefused, "cross_origin")
				if fmt.Sprint(b.cookies) != cookies {
					w.t.Errorf("cookies became %v", b.cookies)
				}
			})
		}
		// Nothing was done: the form still does it. Our own pages send no referrer,
		// so browsers send the origin null with their forms.
		w.each(name+"_ours", func() {
			b.header = http.Header{"Sec-Fetch-Site": {"same-origin"}, "Origin": {"null"}}
			if p := b.at(w).follow(http.MethodPost, target, form); !o.done(p) {
				w.t.Errorf("status %d at %s, to %v: %s", p.status, p.url, p.location, p.body)
			}
		})
	}
}

func withoutToken(t *testing.T, w *world) {
	w.user("alice")
	for name, o := range w.offers() {
		b := o.page.browser
		target, good := o.page.submission(o.button, o.fill)
		for _, token := range []string{"", "forged"} {
			w.each(name+"_"+token, func() {
				form := url.Values{}
				for field, values := range good {
					form[field] = values
				}
				for _, field := range []string{"step", "token"} {
					if form.Has(field) {
						form.Set(field, token)
					}
				}
				cookies := fmt.Sprint(b.cookies)
				kind, status, code := core.EventStepRefused, http.StatusBadRequest, "invalid_request"
				if token == "" {
					kind, status = core.EventRequestRefused, http.StatusForbidden
				}
				if name == "setup" {
					kind, status, code = core.EventSetupRefused, http.StatusForbidden, "access_denied"
				}
				if name == "logout" && token == "" {
					// What a relying party sends: the person is asked.
					if p := b.at(w).follow(http.MethodPost, target, form); !p.has("logout") || w.knows(b.cookies[sessionCookie]) != "alice" {
						w.t.Errorf("status %d: %s", p.status, p.body)
					}
					return
				}
				w.recorded(kind, "", func() { b.at(w).send(http.MethodPost, target, form).showsError(status, code, "forged") })
				if fmt.Sprint(b.cookies) != cookies {
					w.t.Errorf("cookies became %v", b.cookies)
				}
			})
		}
		w.each(name+"_good", func() {
			if p := b.at(w).follow(http.MethodPost, target, good); !o.done(p) {
				w.t.Errorf("status %d at %s, to %v: %s", p.status, p.url, p.location, p.body)
			}
		})
	}
}

// getChangesNothing sends by GET what the forms send by POST.
func getChangesNothing(t *testing.T, w *world) {
	w.user("alice")
	for name, o := range w.offers() {
		b := o.page.browser
		target, form := o.page.submission(o.button, o.fill)
		w.each(name, func() {
			cookies, events := fmt.Sprint(b.cookies), len(w.events(core.EventFilter{Limit: 10_000}))
			b.header = http.Header{"X-Http-Method-Override": {"POST"}, "X-Method-Override": {"POST"}}
			for _, query := range []string{form.Encode(), form.Encode() + "&_method=POST"} {
				p := b.at(w).send(http.MethodGet, target+"?"+query, nil)
				if p.status != http.StatusOK || p.location != nil || !p.has(o.button) {
					w.t.Errorf("status %d, to %v: %s", p.status, p.location, p.body)
				}
			}
			if fmt.Sprint(b.cookies) != cookies || len(w.events(core.EventFilter{Limit: 10_000})) != events {
				w.t.Errorf("something happened: cookies %v", b.cookies)
			}
			for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodPatch} {
				w.recorded(core.EventRequestRefused, "method", func() {
					if p := b.send(method, target, form); p.status != http.StatusMethodNotAllowed {
						w.t.Errorf("%s: status %d", method, p.status)
					}
				})
			}
			b.header = http.Header{}
			if p := b.follow(http.MethodPost, target, form); !o.done(p) {
				w.t.Errorf("status %d at %s, to %v: %s", p.status, p.url, p.location, p.body)
			}
		})
	}
}

func crossSiteSignOut(t *testing.T, w *world) {
	w.user("alice")
	rp := w.register("rp", func(c *core.Client) { c.PostLogoutRedirectURIs = []string{theFarewell} })
	b := rp.signedIn("alice")
	other := newBrowser(t, w.issuer)
	hint := rp.tokens(other).text("id_token") // of another session of hers
	for who, header := range strangers(w.issuer) {
		w.each(who, func() {
			b.header = header
			for _, form := range []url.Values{
				{}, {"client_id": {rp.client.ID}}, {"id_token_hint": {hint}, "post_logout_redirect_uri": {theFarewell}}, {"logout": {"logout"}}, {"action": {"logout"}, "confirm": {"yes"}},
			} {
				for _, p := range []*page{b.at(w).get("/api/logout?" + form.Encode()), b.follow(http.MethodPost, "/api/logout", form)} {
					if p.status != http.StatusOK || !p.has("logout") || w.knows(b.cookies[sessionCookie]) != "alice" {
						w.t.Errorf("%v: status %d, to %v", form, p.status, p.location)
					}
				}
			}
		})
	}
	if n := len(w.events(core.EventFilter{Type: core.EventSignedOut})); n != 0 {
		t.Errorf("%d sign-outs", n)
	}
}

// 91: what a failure tells.

func accountRefusals() []refusal {
	return []refusal{
		{"091_same_answer", sameAnswer},
		{"091_same_time", sameTime},
		{"091_same_page_for_every_hint", func(t *testing.T, w *world) {
			w.user("alice")
			w.disabledUser("carol")
			rp := w.register("rp", nil)
			var before string
			for _, hint := range []string{"alice", "carol", "nobod", "x@y.z"} {
				got := masked(newBrowser(t, w.issuer).get(rp.authorizeURL("login_hint", hint)), hint)
				if before != "" && got != before {
					t.Errorf("%s: %s\nbefore: %s", hint, got, before)
				}
				before = got
			}
		}},
	}
}

func (w *world) disabledUser(name string) *core.User {
	w.t.Helper()
	user := w.user(name)
	if err := w.app.Admin.DisableUser(context.Background(), cli, user.ID); err != nil {
		w.t.Fatal(err)
	}
	return user
}

var changing = regexp.MustCompile(`(?m)^(Date|X-Request-Id): .*\n`)

// masked is all that a page tells but what is new each time and what was typed.
func masked(p *page, username string) string {
	var header strings.Builder
	if err := p.header.WriteSubset(&header, nil); err != nil {
		p.browser.t.Fatal(err)
	}
	text := strings.ReplaceAll(header.String(), "\r\n", "\n")
	body := strings.ReplaceAll(p.body, p.field("step"), "STEP")
	return strconv.Itoa(p.status) + "\n" + changing.ReplaceAllString(text, "") + "\n" + strings.ReplaceAll(body, `value="`+username+`"`, `value="NAME"`)
}

// failure is a sign-in that must fail, and what the audit log alone may tell.
type failure struct {
	name, username, password string
	kind                     core.EventType
	reason                   string
}

// failures makes users of all kinds and gives how they fail. All names have five
// letters: the length of a page is no secret.
func (w *world) failures() []failure {
	w.t.Helper()
	ctx := context.Background()
	w.user("alice")
	w.disabledUser("carol")
	w.user("david", func(u *admin.NewUser) { u.Password = "" })
	if _, err := w.app.Admin.CreateOrganisation(ctx, cli, core.Organisation{Name: "other", DisplayName: "Other"}); err != nil {
		w.t.Fatal(err)
	}
	w.user("erika", func(u *admin.NewUser) { u.Org = "other" })
	return []failure{
		{"wrong_password", "alice", "wrong password", core.EventSignInFailed, "wrong_password"},
		{"wrong_user", "nobod", "wrong password", core.EventSignInFailed, "unknown_user"},
		{"wrong_user_with_a_good_password", "nobod", thePassword, core.EventSignInFailed, "unknown_user"},
		{"disabled_user", "carol", thePassword, core.EventSignInFailed, "user_disabled"},
		{"disabled_user_with_wrong_password", "carol", "wrong password", core.EventSignInFailed, "wrong_password"},
		{"user_without_password", "david", "wrong password", core.EventSignInFailed, "no_password"},
		{"user_of_another_organisation", "erika", thePassword, core.EventSignInFailed, "unknown_user"},
	}
}

func sameAnswer(t *testing.T, w *world) {
	rp := w.register("rp", nil)
	list := w.failures()
	// Two who have to wait, one of whom exists.
	w.user("frank")
	for _, name := range []string{"frank", "nopal"} {
		for range patienceOfAccounts {
			newBrowser(t, w.issuer).get(rp.authorizeURL()).signIn(name, "wrong password")
		}
	}
	list = append(list,
		failure{"throttled_user", "frank", "wrong password", core.EventSignInThrottled, "account_throttled"},
		failure{"throttled_user_with_the_right_password", "frank", thePassword, core.EventSignInThrottled, "account_throttled"},
		failure{"throttled_nobody", "nopal", "wrong password", core.EventSignInThrottled, "account_throttled"},
	)
	var first string
	for _, f := range list {
		w.each(f.name, func() {
			b := newBrowser(w.t, w.issuer)
			p := b.get(rp.authorizeURL())
			var got *page
			w.recorded(f.kind, f.reason, func() { got = p.signIn(f.username, f.password) })
			if got.status != http.StatusUnprocessableEntity || !got.has("login") || b.cookies[sessionCookie] != "" {
				w.t.Errorf("status %d, to %v", got.status, got.location)
			}
			if strings.Contains(got.body, f.password) {
				w.t.Errorf("the password is on the page: %s", got.body)
			}
			text := masked(got, f.username)
			if first == "" {
				first = text
			}
			if text != first {
				w.t.Errorf("answered\n%s\nwant\n%s", text, first)
			}
		})
	}
	w.clock.advance(time.Hour)
	rp.code(newBrowser(t, w.issuer), "alice")
}

// realPasswords starts the server again with hashes that cost what they should.
func (w *world) realPasswords() {
	w.t.Helper()
	params := authn.DefaultParams()
	w.passwords = &params
	w.restart()
}

// sameTime compares the fastest of several tries, of so many as it takes on a machine
// that has other things to do: a way that leaves the hash out is a hundred times as
// fast, however often it is tried.
func sameTime(t *testing.T, w *world) {
	w.realPasswords()
	rp := w.register("rp", nil)
	fastest := map[string]time.Duration{}
	list := w.failures()
	list = append(list, failure{name: "too_long", username: "alice", password: strings.Repeat("x", 2000)}, failure{name: "too_long_for_nobody", username: "nobod", password: strings.Repeat("x", 2000)})
	different := func() (list []string) {
		reference := fastest["wrong_password"]
		for name, took := range fastest {
			if took < reference/2 || took > 2*reference {
				list = append(list, fmt.Sprintf("%s takes %v, a wrong password %v", name, took, reference))
			}
		}
		return list
	}
	const least, most = 6, 60
	for round := range most {
		if round >= least && len(different()) == 0 {
			break
		}
		w.clock.advance(25 * time.Hour) // nobody has to wait
		for _, f := range list {
			b := newBrowser(t, w.issuer)
			request := b.request(b.get(rp.authorizeURL()).submission("login", credentials(f.username, f.password)))
			begin := time.Now()
			a, err := exchange(request)
			took := time.Since(begin)
			if err != nil || a.status != http.StatusUnprocessableEntity {
				t.Fatalf("%s: status %d, %v", f.name, a.status, err)
			}
			if old, ok := fastest[f.name]; !ok || took < old {
				fastest[f.name] = took
			}
		}
	}
	for _, what := range different() {
		t.Error(what)
	}
}

// 92: who has to wait.

func throttleRefusals() []refusal {
	return []refusal{
		{"092_one_count_for_every_name_of_an_account", oneCountPerAccount},
		{"092_one_count_for_every_case_of_nobody", oneCountPerName},
		{"092_one_count_for_an_address", oneCountPerAddress},
		{"092_success_of_one_account_spares_no_other", successSparesNoOther},
	}
}

// tries signs in with a new browser, and wants that status.
func (w *world) tries(username, password string, status int, headers ...string) *page {
	w.t.Helper()
	b := newBrowser(w.t, w.issuer)
	p := b.get("/login")
	for i := 0; i < len(headers); i += 2 {
		b.header.Set(headers[i], headers[i+1])
	}
	target, form := p.submission("login", credentials(username, password))
	if p = b.send(http.MethodPost, target, form); p.status != status {
		w.t.Fatalf("%q: status %d, want %d", username, p.status, status)
	}
	return p
}

// patienceOfAccounts is how many failures of an account cost nothing, that of
// addresses how many of an address.
const (
	patienceOfAccounts  = 5
	patienceOfAddresses = 100
)

func oneCountPerAccount(t *testing.T, w *world) {
	w.user("alice", func(u *admin.NewUser) { u.Email = "Alice.Liddell@Example.com" })
	rp := w.register("rp", nil)
	names := []string{"alice", "ALICE", "Alice.Liddell@Example.com", "alice.liddell@example.com", " aLiCe ", "ALICE.LIDDELL@EXAMPLE.COM"}
	for _, name := range names {
		w.each(strings.TrimSpace(name), func() {
			for range 3 { // every name finds her
				w.tries(name, thePassword, http.StatusSeeOther)
			}
		})
	}
	for _, name := range names[:patienceOfAccounts] {
		w.tries(name, "wrong password", http.StatusUnprocessableEntity)
	}
	for _, name := range names {
		w.recorded(core.EventSignInThrottled, "account_throttled", func() { w.tries(name, thePassword, http.StatusUnprocessableEntity) })
	}
	// At a client as well as at the front door.
	p := newBrowser(t, w.issuer).get(rp.authorizeURL())
	w.recorded(core.EventSignInThrottled, "account_throttled", func() {
		if p := p.signIn("alice", thePassword); p.status != http.StatusUnprocessableEntity {
			t.Errorf("status %d", p.status)
		}
	})
	// It is a wait, and tries during it make it no longer.
	w.clock.advance(time.Second)
	w.tries("alice", thePassword, http.StatusSeeOther)
	// Her own success is the end of it.
	w.tries("alice", "wrong password", http.StatusUnprocessableEntity)
	w.tries("alice", thePassword, http.StatusSeeOther)
}

func oneCountPerName(_ *testing.T, w *world) {
	for i, name := range []string{"nobody", "NOBODY", " Nobody", "nobody ", "nObOdY", "NoBody", "nobody"} {
		kind, reason := core.EventSignInFailed, "unknown_user"
		if i >= patienceOfAccounts {
			kind, reason = core.EventSignInThrottled, "account_throttled"
		}
		w.recorded(kind, reason, func() { w.tries(name, thePassword, http.StatusUnprocessableEntity) })
	}
}

// oneCountPerAddress: everybody here comes from a loopback address, which is no
// exception, and what a header says about it changes nothing.
func oneCountPerAddress(t *testing.T, w *world) {
	w.user("alice")
	for i := range patienceOfAddresses {
		from := fmt.Sprintf("10.0.0.%d", i)
		w.tries(fmt.Sprintf("nobody%d", i), "wrong password", http.StatusUnprocessableEntity, "X-Forwarded-For", from, "X-Real-Ip", from, "Forwarded", "for="+from)
	}
	for _, name := range []string{"alice", "alice@example.com", "nobody", "nobody1"} {
		w.recorded(core.EventSignInThrottled, "address_throttled", func() {
			p := w.tries(name, thePassword, http.StatusTooManyRequests, "X-Forwarded-For", "10.1.1.1")
			if seconds, err := strconv.Atoi(p.header.Get("Retry-After")); err != nil || seconds < 1 || seconds > 60 {
				t.Errorf("Retry-After %q", p.header.Get("Retry-After"))
			}
			if !p.has("login") || p.browser.cookies[sessionCookie] != "" {
				t.Errorf("%s", p.body)
			}
		})
	}
	w.clock.advance(time.Second)
	w.tries("alice", thePassword, http.StatusSeeOther)
}

// successSparesNoOther: who guesses at others and signs in with an account of
// their own in between gains nothing.
func successSparesNoOther(_ *testing.T, w *world) {
	w.user("alice")
	w.user("mallory")
	for range patienceOfAccounts {
		w.tries("alice", "wrong password", http.StatusUnprocessableEntity)
		w.tries("mallory", thePassword, http.StatusSeeOther)
	}
	w.recorded(core.EventSignInThrottled, "account_throttled", func() { w.tries("alice", thePassword, http.StatusUnprocessableEntity) })
	// The refused try counts for the address.
	for i := range patienceOfAddresses - patienceOfAccounts - 1 {
		if i%10 == 0 {
			w.tries("mallory", thePassword, http.StatusSeeOther)
		}
		w.tries(fmt.Sprintf("nobody%d", i), "wrong password", http.StatusUnprocessableEntity)
	}
	w.recorded(core.EventSignInThrottled, "address_throttled", func() { w.tries("mallory", thePassword, http.StatusTooManyRequests) })
}

// 94, 95: passwords.

func passwordRefusals() []refusal {
	return []refusal{
		{"094_passwords_that_may_not_be", badPasswords},
		{"094_passwords_at_the_command_line_and_at_setup", badPasswordsElsewhere},
		{"094_passwords_in_full", passwordsInFull},
		{"094_passwords_composed_and_decomposed", composedPasswords},
		{"095_200_parallel_sign_ins", manySignIns},
	}
}

// badPassword is in no way a password.
func badPasswordList() map[string]string {
	return map[string]string{
		"1_MiB": strings.Repeat("x", 1<<20), "1025_bytes": strings.Repeat("x", 1025), "1025_bytes_of_umlauts": strings.Repeat("ä", 512) + "x",
		"nul": "correct horse\x00battery staple", "nul_at_the_end": thePassword + "\x00", "nul_alone": strings.Repeat("\x00", 12),
		"not_utf8": "correct horse \xff\xfe staple", "control": "correct horse \x1b[31m staple", "line_feed": "correct horse\nstaple", "short": "seven77", "short_umlauts": "äöüäöüä",
		// Eight code points that are four characters.
		"short_decomposed": strings.Repeat("a\u0308", 4),
	}
}

func badPasswords(_ *testing.T, w *world) {
	ctx := context.Background()
	alice := w.user("alice")
	before := len(w.events(core.EventFilter{Limit: 1000}))
	for name, password := range badPasswordList() {
		w.each(name, func() {
			_, err := w.app.Admin.CreateUser(ctx, cli, admin.NewUser{Name: "mallory", Email: "mallory@example.com", Password: password})
			w.isProblem(err, "password")
			w.isProblem(w.app.Admin.SetPassword(ctx, cli, alice.ID, password), "password")
		})
	}
	if got := len(w.events(core.EventFilter{Limit: 1000})); got != before {
		w.t.Errorf("%d changes", got-before)
	}
	w.tries("alice", thePassword, http.StatusSeeOther)
	// What nobody can have is wrong like any other, or no form at all.
	for name, status := range map[string]int{
		"1_MiB": http.StatusRequestEntityTooLarge, "1025_bytes": http.StatusUnprocessableEntity, "1025_bytes_of_umlauts": http.StatusUnprocessableEntity,
		"nul": http.StatusBadRequest, "nul_at_the_end": http.StatusBadRequest, "not_utf8": http.StatusBadRequest, "control": http.StatusUnprocessableEntity, "short": http.StatusUnprocessableEntity,
	} {
		kind, reason := core.EventSignInFailed, "wrong_password"
		switch status {
		case http.StatusRequestEntityTooLarge:
			kind, reason = core.EventRequestRefused, "body_too_large"
		case http.StatusBadRequest:
			kind, reason = core.EventRequestRefused, "parameters_malformed"
		}
		w.each("sign_in_"+name, func() {
			w.recorded(kind, reason, func() {
				begin := time.Now()
				w.tries("alice", badPasswordList()[name], status)
				if took := time.Since(begin); took > 2*time.Second {
					w.t.Errorf("it took %v", took)
				}
			})
		})
		w.clock.advance(25 * time.Hour)
	}
	w.tries("alice", thePassword, http.StatusSeeOther)
}

func badPasswordsElsewhere(_ *testing.T, w *world) {
	token, _, err := w.app.Admin.OpenSetup(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	w.hide(token)
	for name, password := range badPasswordList() {
		w.each(name, func() {
			p := newBrowser(w.t, w.issuer).get("/setup?token=" + token)
			target, form := p.submission("setup", map[string]string{"username": "root", "email": "root@example.com", "password": password})
			got := p.browser.send(http.MethodPost, target, form)
			if !slices.Contains([]int{http.StatusUnprocessableEntity, http.StatusBadRequest, http.StatusRequestEntityTooLarge}, got.status) {
				w.t.Errorf("status %d: %s", got.status, got.body)
			}
			if strings.Contains(html.UnescapeString(got.body), password) {
				w.t.Errorf("the password is on the page: %s", got.body)
			}
			if strings.ContainsAny(password, "\n\x00") {
				return // a line is what the command reads
			}
			var out, complaint strings.Builder
			arguments := []string{"user", "create", "root", "--email", "root@example.com", "--data", w.dir, "--password-stdin"}
			if code := command.Run(context.Background(), arguments, command.Streams{In: strings.NewReader(password + "\n"), Out: &out, Err: &complaint}); code == 0 || !strings.Contains(complaint.String(), "password") {
				w.t.Errorf("exit code %d: %s%s", code, out.String(), complaint.String())
			}
		})
	}
	users, err := w.app.Admin.Users(context.Background(), core.UserFilter{})
	if err != nil || len(users) != 0 {
		w.t.Errorf("%d users, %v", len(users), err)
	}
}

// passwordsInFull: every byte counts, wherever hashes used to cut.
func passwordsInFull(_ *testing.T, w *world) {
	for i, length := range []int{56, 72, 73, 100, 255, 256, 1024} {
		password := strings.Repeat("0123456789", 103)[:length-1] + "a"
		w.hide(password)
		name := fmt.Sprintf("user%d", i)
		w.user(name, func(u *admin.NewUser) { u.Password = password })
		w.each(strconv.Itoa(length), func() {
			for _, wrong := range []string{password[:length-1] + "b", password[:length-1], password + "a", password[:8], password[1:]} {
				w.tries(name, wrong, http.StatusUnprocessableEntity)
				w.clock.advance(time.Second)
			}
			w.clock.advance(time.Hour)
			w.tries(name, password, http.StatusSeeOther)
		})
	}
	// And every character: none is taken for another.
	w.user("alice", func(u *admin.NewUser) { u.Password = "  Straße № 1  " })
	for _, wrong := range []string{"Straße № 1", " Straße № 1 ", "  straße № 1  ", "  Strasse № 1  ", "  Straße No 1  ", "  STRASSE № 1  "} {
		w.each(wrong, func() {
			w.tries("alice", wrong, http.StatusUnprocessableEntity)
			w.clock.advance(25 * time.Hour)
		})
	}
	w.tries("alice", "  Straße № 1  ", http.StatusSeeOther)
}

// composedPasswords: two keyboards may write one password in two ways (RFC 8265
// section 4.2).
func composedPasswords(_ *testing.T, w *world) {
	const composed, decomposed = "caf\u00e9 cr\u00e8me br\u00fbl\u00e9e", "cafe\u0301 cre\u0300me bru\u0302le\u0301e"
	w.hide(composed, decomposed)
	w.user("alice", func(u *admin.NewUser) { u.Password = composed })
	w.user("bob", func(u *admin.NewUser) { u.Password = decomposed })
	for _, name := range []string{"alice", "bob"} {
		for _, password := range []string{composed, decomposed} {
			w.tries(name, password, http.StatusSeeOther)
		}
		w.tries(name, "cafe creme brulee", http.StatusUnprocessableEntity)
	}
}

// manySignIns sends more sign-ins at once than are checked in good time.
func manySignIns(t *testing.T, w *world) {
	w.realPasswords()
	w.user("alice")
	rp := w.register("rp", nil)
	// So many are checked or wait.
	places := 33 * runtime.GOMAXPROCS(0)
	requests := make([]*http.Request, max(200, 3*places))
	for i := range requests {
		b := newBrowser(t, w.issuer)
		requests[i] = b.request(b.get(rp.authorizeURL()).submission("login", credentials("alice", thePassword)))
	}
	highest := w.watchMemory()
	count := map[int]int{}
	for _, a := range w.atOnce(requests) {
		count[a.status]++
		location := a.header.Get("Location")
		if a.status == http.StatusSeeOther && !strings.Contains(location, "code=") {
			t.Errorf("to %s", location)
		}
		seconds, err := strconv.Atoi(a.header.Get("Retry-After"))
		if a.status == http.StatusServiceUnavailable && (err != nil || seconds < 1 || seconds > 60 || !strings.Contains(string(a.body), `id="login"`)) {
			t.Errorf("Retry-After %q: %s", a.header.Get("Retry-After"), a.body)
		}
	}
	if used, all := highest(), uint64(len(requests))*19<<20; used > all/3 {
		t.Errorf("%d MiB were used, all at once are %d MiB", used>>20, all>>20)
	}
	in, away := count[http.StatusSeeOther], count[http.StatusServiceUnavailable]
	if in+away != len(requests) || in < places || away == 0 {
		t.Errorf("%d places: answered %v", places, count)
	}
	busy := w.events(core.EventFilter{Type: core.EventSignInThrottled, Limit: 10_000})
	busy = slices.DeleteFunc(busy, func(e core.Event) bool { return e.Detail["reason"] != "busy" })
	if len(busy) != away {
		t.Errorf("%d audit events for %d who were sent away", len(busy), away)
	}
	// Whoever was sent away comes back and is let in; nothing is left over.
	w.tries("alice", thePassword, http.StatusSeeOther)
	if a := w.resource("/readyz", ""); a.status != http.StatusOK {
		t.Errorf("not ready: status %d", a.status)
	}
}

// watchMemory gives the most memory that the heap had, beyond what it has now,
// until it is asked.
func (w *world) watchMemory() func() uint64 {
	// What garbage lies about depends on all tests that run meanwhile.
	heap := func() uint64 {
		live := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
		metrics.Read(live)
		return live[0].Value.Uint64()
	}
	before := heap()
	var highest atomic.Uint64
	done, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		for {
			highest.Store(max(highest.Load(), heap()))
			select {
			case <-done:
				return
			case <-time.After(10 * time.Millisecond):
			}
		}
	}()
	return func() uint64 {
		close(done)
		<-ended
		return highest.Load() - min(before, highest.Load())
	}
}

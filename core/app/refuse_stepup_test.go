package app_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
)

const (
	firstCookie  = "__Host-postern-first"
	deviceCookie = "__Host-postern-device"

	essentialTwo = `{"id_token":{"acr":{"essential":true,"value":"2"}}}`
)

// TestRefuseStepUp runs what must be refused between a first factor and a second one, as
// TestRefuse does.
func TestRefuseStepUp(t *testing.T) {
	for _, r := range []refusal{
		{"084_no_session_before_the_second_factor", noSessionByPassword},
		{"084_session_changes_at_step_up", sessionChangesAtStepUp},
		{"084_session_changes_at_enrolment", sessionChangesAtEnrolment},
		{"084_ended_session_is_not_raised", endedSessionStays},
		{"085_second_factor_of_an_attacker", attackersSecondFactor},
		{"085_mail_of_an_attacker", attackersMail},
		{"086_second_factor_skipped", secondFactorSkipped},
		{"086_empty_posts_and_swapped_steps", secondFactorSwapped},
		{"086_back_button", backToFirstFactor},
		{"086_parallel_second_factors", parallelSecondFactors},
		{"087_second_factor_by_other_sites", crossSiteSecondFactor},
		{"087_link_of_a_mail_looked_at", mailLinkLookedAt},
		{"088_cookies_of_factors", factorCookies},
		{"089_trusted_browser_of_somebody_else", trustedBySomebodyElse},
		{"089_first_factor_of_somebody_else", firstOfSomebodyElse},
		{"090_cancelled_at_the_second_factor", cancelledAtSecondFactor},
		{"093_wrong_codes_lock_nobody_out", wrongCodesLockNobodyOut},
		{"098_acr_by_less", acrByLess},
		{"098_acr_by_trusted_browser", acrByTrustedBrowser},
		{"098_max_age_by_step_up", maxAgeByStepUp},
		{"098_rules_of_the_client", rulesOfTheClient},
		{"098_methods_of_the_client", methodsOfTheClient},
	} {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			r.run(t, w)
			w.checkSecrets()
		})
	}
}

// hasApp makes a user who has an app, and gives its seed.
func (w *world) hasApp(name string) (secret string) {
	w.t.Helper()
	w.user(name)
	_, secret = w.person(name).enrolsApp(w, "Phone")
	w.clock.advance(time.Minute)
	return secret
}

// types sends the code that the app shows now, and asks to trust the browser.
func (p *page) types(w *world, secret string, trust ...string) *page {
	w.t.Helper()
	if !p.has("totp") {
		w.t.Fatalf("no second factor is asked for: status %d at %s, to %v\n%s", p.status, p.url, p.location, p.body)
	}
	fill := map[string]string{"code": w.codeOf(secret)}
	if len(trust) > 0 {
		fill["trust"] = trust[0]
	}
	return p.press("totp", fill)
}

func (w *world) count(kind core.EventType) int {
	w.t.Helper()
	return len(w.events(core.EventFilter{Type: kind, Limit: 100_000}))
}

// copied is a browser with the same cookies.
func (w *world) copied(b *browser, without ...string) *browser {
	w.t.Helper()
	other := newBrowser(w.t, w.issuer)
	maps.Copy(other.cookies, b.cookies)
	for _, name := range without {
		delete(other.cookies, name)
	}
	return other
}

func noSessionByPassword(t *testing.T, w *world) {
	secret := w.hasApp("alice")
	w.user("mallory")
	rp := w.register("rp", nil)
	planted := rp.signedIn("mallory").cookies[sessionCookie]
	for name, before := range map[string]string{"none": "", "planted": planted} {
		w.each(name, func() {
			b := newBrowser(w.t, w.issuer)
			if before != "" {
				b.cookies[sessionCookie] = before
			}
			signedIn := w.count(core.EventSignedIn)
			p := b.get(rp.authorizeURL("prompt", "login")).signIn("alice", thePassword)
			if b.cookies[sessionCookie] != before || w.count(core.EventSignedIn) != signedIn {
				w.t.Fatal("a password alone is a session")
			}
			for _, path := range []string{"/", "/account", "/account/security"} {
				if strings.Contains(b.get(path).body, "alice@example.com") {
					w.t.Errorf("%s is shown", path)
				}
			}
			w.clock.advance(time.Minute)
			codeOf(w.t, p.types(w, secret))
			after := b.cookies[sessionCookie]
			if after == before || w.knows(after) != "alice" || before != "" && w.knows(before) != "" {
				w.t.Error("the session is the one from before")
			}
			w.clock.advance(time.Minute)
		})
	}
}

func sessionChangesAtStepUp(t *testing.T, w *world) {
	w.user("alice")
	rp := w.register("rp", nil)
	b := rp.signedIn("alice")
	_, secret := w.person("alice").enrolsApp(w, "Phone")
	before, cookie := w.sessionOf(b), b.cookies[sessionCookie]
	w.clock.advance(time.Minute)
	set := w.succeeds(rp.callCode(codeOf(t, b.get(rp.authorizeURL("claims", essentialTwo)).types(w, secret))))
	after := w.sessionOf(b)
	if b.cookies[sessionCookie] == cookie || after.Session.ID == before.Session.ID || after.Session.Hash == before.Session.Hash || w.knows(cookie) != "" {
		t.Error("the session is the one from before the second factor")
	}
	claims := claimsOf(t, set.text("id_token"))
	if claims["acr"] != "2" || claims["sid"] != string(after.Session.ID) || claims["auth_time"] != float64(before.Session.AuthTime.Unix()) {
		t.Errorf("claims %v", claims)
	}
}

func sessionChangesAtEnrolment(t *testing.T, w *world) {
	w.user("alice")
	rp := w.register("rp", nil)
	b := rp.signedIn("alice")
	cookie := b.cookies[sessionCookie]
	p := b.get(rp.authorizeURL("claims", essentialTwo))
	secret := p.text("secret")
	w.hide(strings.ReplaceAll(secret, " ", ""))
	codes := p.press("totp", map[string]string{"code": w.codeOf(secret)})
	if !codes.has("codes") || b.cookies[sessionCookie] == cookie || w.knows(cookie) != "" {
		t.Fatalf("status %d at %s: the session is the one from before\n%s", codes.status, codes.url, codes.body)
	}
	w.hide(codes.codes()...)
	set := w.succeeds(rp.callCode(codeOf(t, codes.press("continue", nil))))
	if claims := claimsOf(t, set.text("id_token")); claims["acr"] != "2" {
		t.Errorf("claims %v", claims)
	}
}

// endedSessionStays: alice is signed out everywhere while somebody types a code at one of
// her browsers.
func endedSessionStays(t *testing.T, w *world) {
	w.user("alice")
	rp := w.register("rp", nil)
	b := rp.signedIn("alice")
	_, secret := w.person("alice").enrolsApp(w, "Phone")
	w.clock.advance(time.Minute)
	p := b.get(rp.authorizeURL("claims", essentialTwo))
	if err := w.app.Store.Apply(context.Background(), core.EndSessions{UserID: w.sessionOf(b).User.ID, At: w.clock.Now()}); err != nil {
		t.Fatal(err)
	}
	if after := p.types(w, secret); !after.has("login") || w.knows(b.cookies[sessionCookie]) != "" {
		t.Errorf("status %d at %s, to %v", after.status, after.url, after.location)
	}
}

// attackersSecondFactor: whatever somebody else's browser has of the request, it is no
// second factor there.
func attackersSecondFactor(t *testing.T, w *world) {
	secret := w.hasApp("alice")
	w.user("mallory")
	rp := w.register("rp", nil)
	victim := newBrowser(t, w.issuer)
	login := victim.get(rp.authorizeURL())
	p := login.signIn("alice", thePassword)
	target, form := p.submission("totp", map[string]string{"code": w.codeOf(secret)})
	stranger := newBrowser(t, w.issuer)
	stranger.refused(w, http.MethodPost, target, form, core.EventStepRefused, "browser_unknown")
	begun := newBrowser(t, w.issuer)
	begun.get(rp.authorizeURL())
	begun.refused(w, http.MethodPost, target, form, core.EventStepRefused, "step_forged")
	begun.refused(w, http.MethodGet, p.url.String(), nil, core.EventStepRefused, "step_forged")
	// The attacker planted the cookie to which the request is bound: the password was
	// typed for a request of theirs. Without what the browser got for it they begin anew.
	attacker := w.copied(victim, firstCookie)
	if again := attacker.follow(http.MethodPost, target, form); !again.has("login") || attacker.cookies[sessionCookie] != "" {
		t.Errorf("the attacker is at %s, to %v", again.url, again.location)
	}
	if again := attacker.get(p.url.String()); !again.has("login") || strings.Contains(again.body, "alice") {
		t.Errorf("the attacker sees %s", again.body)
	}
	attacker.cookies[firstCookie] = core.NewCredential(core.KindFirst, core.NewID(w.clock.Now(), zeros{}), zeros{}).String()
	if again := attacker.follow(http.MethodPost, target, form); !again.has("login") || attacker.cookies[sessionCookie] != "" {
		t.Errorf("with a cookie of their own the attacker is at %s, to %v", again.url, again.location)
	}
	codeOf(t, p.types(w, secret))
}

// withMail lets people sign in by mail.
func (w *world) withMail() {
	w.t.Helper()
	w.rules(func(r *core.OrgRules) {
		r.SignIn.Methods = []string{core.MethodPassword, core.MethodEmail, core.MethodTOTP}
	})
}

// attackersMail: the victim opens a mail that the attacker asked for.
func attackersMail(t *testing.T, w *world) {
	w.user("alice")
	w.withMail()
	rp := w.register("rp", nil)
	attacker := newBrowser(t, w.issuer)
	sent := attacker.get(rp.authorizeURL()).press("email", map[string]string{"username": "alice"})
	mail := w.letters()[0]
	victim := newBrowser(t, w.issuer)
	for _, p := range []*page{victim.get(mail.link), victim.post("/login/link", url.Values{"ticket": {mail.ticket}})} {
		if p.status != http.StatusGone || p.has("use") || victim.cookies[sessionCookie] != "" {
			t.Errorf("status %d at %s: %s", p.status, p.url, p.body)
		}
	}
	if n := w.count(core.EventSignedIn); n != 0 || attacker.cookies[sessionCookie] != "" {
		t.Errorf("%d sign-ins", n)
	}
	// The link to the page for the code is the attacker's alone.
	begun := newBrowser(t, w.issuer)
	begun.get(rp.authorizeURL())
	begun.refused(w, http.MethodGet, sent.url.String(), nil, core.EventStepRefused, "step_forged")
	codeOf(t, attacker.get(mail.link).press("use", nil))
}

// secondFactorSkipped goes on without it in every way that there is.
func secondFactorSkipped(t *testing.T, w *world) {
	secret := w.hasApp("alice")
	rp := w.register("rp", withConsent)
	b := newBrowser(t, w.issuer)
	login := b.get(rp.authorizeURL())
	p := login.signIn("alice", thePassword)
	codes, given := w.count(core.EventCodeIssued), w.count(core.EventConsentGiven)
	for _, link := range []string{p.field("step"), login.field("step")} {
		for path, actions := range map[string][]string{"/consent": {"allow"}, "/select": {"continue"}, "/enrol": {"totp", "passkey", "codes"}} {
			for _, action := range actions {
				b.refused(w, http.MethodPost, path, url.Values{"step": {link}, "action": {action}}, core.EventStepRefused, "step_forged")
			}
			b.refused(w, http.MethodGet, path+"?step="+url.QueryEscape(link), nil, core.EventStepRefused, "step_other")
		}
	}
	for _, method := range []string{"passkey", "recovery"} {
		form := url.Values{"step": {p.field("step")}, "action": {method}, "code": {w.codeOf(secret)}, "response": {"{}"}}
		if method == "recovery" { // there are codes, and this is none of them
			if again := b.follow(http.MethodPost, "/factor", form); again.status != http.StatusUnprocessableEntity {
				t.Errorf("%s: status %d", method, again.status)
			}
			continue
		}
		b.refused(w, http.MethodPost, "/factor", form, core.EventStepRefused, "method_not_allowed")
	}
	// Another request of the same browser does not have it either.
	if other := b.get(rp.authorizeURL()); !other.has("login") {
		t.Errorf("at %s, to %v", other.url, other.location)
	}
	b.get(rp.authorizeURL("prompt", "none")).answersError(w, "", "login_required")
	if n, m := w.count(core.EventCodeIssued), w.count(core.EventConsentGiven); n != codes || m != given || b.cookies[sessionCookie] != "" {
		t.Errorf("%d codes, %d consents", n-codes, m-given)
	}
	codeOf(t, p.types(w, secret).press("allow", nil))
}

func secondFactorSwapped(t *testing.T, w *world) {
	secret := w.hasApp("alice")
	w.user("bob")
	w.withMail()
	rp := w.register("rp", nil)
	strict := w.register("strict", func(c *core.Client) { c.SignIn.Require = core.ACRTwo })
	b := newBrowser(t, w.issuer)
	mailed := b.get(rp.authorizeURL()).press("email", map[string]string{"username": "bob"})
	enrol := newBrowser(t, w.issuer)
	stages := map[string]*page{
		"/factor":     b.get(rp.authorizeURL()).signIn("alice", thePassword),
		"/login/mail": mailed,
		"/enrol":      enrol.get(strict.authorizeURL()).signIn("bob", thePassword),
	}
	for path, p := range stages {
		w.each(strings.Trim(path, "/"), func() {
			from := p.browser
			if p.url.Path != path {
				w.t.Fatalf("at %s instead of %s", p.url, path)
			}
			from.refused(w, http.MethodPost, path, url.Values{}, core.EventRequestRefused, "step_missing")
			step := url.Values{"step": {p.field("step")}}
			from.refused(w, http.MethodPost, path, step, core.EventRequestRefused, "action_missing")
			step.Set("action", "finish")
			from.refused(w, http.MethodPost, path, step, core.EventRequestRefused, "action_missing")
			from.refused(w, http.MethodPost, path+"?step="+url.QueryEscape(p.field("step")), url.Values{}, core.EventRequestRefused, "parameters_in_query")
			for other, action := range map[string]string{"/factor": "totp", "/login/mail": "code", "/enrol": "totp", "/consent": "allow", "/select": "continue"} {
				if other == path {
					continue
				}
				form := url.Values{"step": {p.field("step")}, "action": {action}, "code": {"12345678"}}
				from.refused(w, http.MethodPost, other, form, core.EventStepRefused, "step_forged")
				from.refused(w, http.MethodGet, other+"?step="+url.QueryEscape(p.field("step")), nil, core.EventStepRefused, "step_other")
			}
		})
	}
	b.at(w)
	codeOf(t, stages["/factor"].types(w, secret))
}

// backToFirstFactor goes back and forth between the factors.
func backToFirstFactor(t *testing.T, w *world) {
	secret := w.hasApp("alice")
	bobs := w.hasApp("bob")
	rp := w.register("rp", withConsent)
	b := newBrowser(t, w.issuer)
	login := b.get(rp.authorizeURL())
	alices := login.signIn("alice", thePassword)
	// Back, and signed in as bob: the page that was alice's asks for bob's factor now.
	login.signIn("bob", thePassword)
	if p := alices.types(w, secret); !p.has("totp") || b.cookies[sessionCookie] != "" {
		t.Fatalf("alice's code is bob's: status %d, to %v", p.status, p.location)
	}
	for range 4 {
		if p := b.get(login.url.String()); !p.has("login") {
			t.Fatalf("back at %s", p.url)
		}
		if p := login.signIn("alice", "wrong password"); !p.has("login") || b.cookies[sessionCookie] != "" {
			t.Fatalf("at %s", p.url)
		}
	}
	w.clock.advance(time.Minute)
	consent := b.get(alices.url.String()).types(w, bobs)
	if w.knows(b.cookies[sessionCookie]) != "bob" {
		t.Fatalf("%q is signed in", w.knows(b.cookies[sessionCookie]))
	}
	// The factor is behind: its page leads on to the consent, and nobody signs in again.
	signedIn := w.count(core.EventSignedIn)
	for name, p := range map[string]*page{"looked_at": b.get(alices.url.String()), "sent_again": alices.press("totp", map[string]string{"code": w.codeOf(bobs)})} {
		if !p.has("allow") {
			t.Errorf("%s: at %s", name, p.url)
		}
	}
	if n := w.count(core.EventSignedIn); n != signedIn {
		t.Errorf("%d more sign-ins", n-signedIn)
	}
	codeOf(t, consent.press("allow", nil))
	alices.refusesStep(w, "totp", map[string]string{"code": "123456"}, "request_finished")
	alices.refusesStep(w, "cancel", nil, "request_finished")
}

func parallelSecondFactors(t *testing.T, w *world) {
	secret := w.hasApp("alice")
	rp := w.register("rp", nil)
	b := newBrowser(t, w.issuer)
	p := b.get(rp.authorizeURL()).signIn("alice", thePassword)
	before := w.count(core.EventSignedIn)
	target, form := p.submission("totp", map[string]string{"code": w.codeOf(secret)})
	codes := 0
	for _, a := range b.race(w, 20, target, form) {
		if strings.Contains(a.header.Get("Location"), "code=") {
			codes++
		}
	}
	if n := w.count(core.EventSignedIn) - before; codes != 1 || n != 1 {
		t.Errorf("%d codes, %d sign-ins by one code of the app", codes, n)
	}
}

func crossSiteSecondFactor(t *testing.T, w *world) {
	secret := w.hasApp("alice")
	w.user("bob")
	w.withMail()
	rp := w.register("rp", nil)
	strict := w.register("strict", func(c *core.Client) { c.SignIn.Require = core.ACRTwo })
	b, enrol, mailed := newBrowser(t, w.issuer), newBrowser(t, w.issuer), newBrowser(t, w.issuer)
	code := mailed.get(rp.authorizeURL()).press("email", map[string]string{"username": "bob"})
	mail := w.letters()[0]
	link := mailed.get(mail.link)
	for name, o := range map[string]offer{
		"factor": {page: b.get(rp.authorizeURL()).signIn("alice", thePassword), button: "totp", fill: map[string]string{"code": w.codeOf(secret)}},
		"enrol":  {page: enrol.get(strict.authorizeURL()).signIn("bob", thePassword), button: "totp", fill: map[string]string{"code": "123456"}},
		"code":   {page: code, button: "use", fill: map[string]string{"code": "12345678"}},
		"link":   {page: link, button: "use"},
	} {
		target, form := o.page.submission(o.button, o.fill)
		for who, header := range strangers(w.issuer) {
			w.each(name+"_"+who, func() {
				from := o.page.browser
				cookies := fmt.Sprint(from.cookies)
				from.header = header
				from.refused(w, http.MethodPost, target, form, core.EventRequestRefused, "cross_origin")
				if from.header = (http.Header{}); fmt.Sprint(from.cookies) != cookies {
					w.t.Errorf("cookies became %v", from.cookies)
				}
			})
		}
		o.page.browser.at(w)
	}
	codeOf(t, link.press("use", nil))
}

// mailLinkLookedAt: programs that look for viruses, and previews, open links.
func mailLinkLookedAt(t *testing.T, w *world) {
	w.user("alice")
	w.withMail()
	rp := w.register("rp", nil)
	b := newBrowser(t, w.issuer)
	b.get(rp.authorizeURL()).press("email", map[string]string{"username": "alice"})
	mail := w.letters()[0]
	events := len(w.events(core.EventFilter{Limit: 100_000}))
	for range 3 {
		newBrowser(t, w.issuer).get(mail.link)
		if p := b.get(mail.link); !p.has("use") || b.cookies[sessionCookie] != "" {
			t.Fatalf("status %d: %s", p.status, p.body)
		}
	}
	if n := len(w.events(core.EventFilter{Limit: 100_000})); n != events {
		t.Errorf("%d more audit events", n-events)
	}
	p := b.get(mail.link)
	codeOf(t, p.press("use", nil))
	if again := b.get(mail.link); again.status != http.StatusGone {
		t.Errorf("status %d for a link that was used", again.status)
	}
	if again := p.press("use", nil); again.status != http.StatusGone {
		t.Errorf("status %d for the button of a link that was used", again.status)
	}
}

func factorCookies(t *testing.T, w *world) {
	secret := w.hasApp("alice")
	w.rules(func(r *core.OrgRules) { r.RememberDays = 30 })
	rp := w.register("rp", nil)
	b := newBrowser(t, w.issuer)
	login := b.get(rp.authorizeURL())
	target, form := login.submission("login", credentials("alice", thePassword))
	answer := b.send(http.MethodPost, target, form)
	seen := map[string]bool{}
	note := func(p *page) {
		for _, line := range p.header["Set-Cookie"] {
			seen[checkCookie(t, line)] = true
		}
	}
	note(answer)
	p := b.get(answer.location.String())
	first := b.cookies[firstCookie]
	w.hide(first)
	target, form = p.submission("totp", map[string]string{"code": w.codeOf(secret), "trust": "yes"})
	note(b.send(http.MethodPost, target, form))
	w.hide(b.cookies[deviceCookie])
	if !seen[firstCookie] || !seen[deviceCookie] || !seen[sessionCookie] || b.cookies[firstCookie] != "" || b.cookies[deviceCookie] == "" {
		t.Errorf("cookies set %v, kept %v", seen, slices.Sorted(maps.Keys(b.cookies)))
	}
	for _, address := range []string{p.url.String(), answer.location.String(), p.body} {
		if strings.Contains(address, first) {
			t.Error("the cookie of a first factor is in an address or a page")
		}
	}
	// No cookie stands for another.
	device := b.cookies[deviceCookie]
	for _, name := range []string{sessionCookie, browserCookie, firstCookie} {
		other := w.with(name, device)
		if other.get("/").has("logout") {
			t.Errorf("a trusted browser is signed in by %s", name)
		}
	}
}

// trusted signs somebody in, and has the browser trusted.
func (w *world) trusted(rp *relyingParty, username, secret string) *browser {
	w.t.Helper()
	b := newBrowser(w.t, w.issuer)
	p := b.get(rp.authorizeURL()).signIn(username, thePassword)
	codeOf(w.t, p.types(w, secret, "yes"))
	w.hide(b.cookies[deviceCookie])
	if b.cookies[deviceCookie] == "" {
		w.t.Fatal("the browser is not trusted")
	}
	w.clock.advance(time.Minute)
	return b
}

func trustedBySomebodyElse(t *testing.T, w *world) {
	secret := w.hasApp("alice")
	bobs := w.hasApp("bob")
	w.rules(func(r *core.OrgRules) { r.RememberDays = 30 })
	rp := w.register("rp", nil)
	b := w.trusted(rp, "alice", secret)
	b.get("/api/logout").press("logout", nil)
	p := b.get(rp.authorizeURL()).signIn("bob", thePassword)
	if !p.has("totp") || b.cookies[sessionCookie] != "" {
		t.Fatalf("bob is spared his second factor by alice's browser: to %v", p.location)
	}
	codeOf(t, p.types(w, bobs))
	// Nor does hers outlive what she takes back.
	w.clock.advance(time.Minute)
	codeOf(t, w.with(deviceCookie, b.cookies[deviceCookie]).get(rp.authorizeURL()).signIn("alice", thePassword))
	user := w.sessionOf(rp.signedInWith("alice", b.cookies[deviceCookie])).User
	if err := w.app.Store.Apply(context.Background(), core.DeleteDevices{UserID: user.ID}); err != nil {
		t.Fatal(err)
	}
	if p := w.with(deviceCookie, b.cookies[deviceCookie]).get(rp.authorizeURL()).signIn("alice", thePassword); !p.has("totp") {
		t.Errorf("a browser that is trusted no more: to %v", p.location)
	}
}

// signedInWith is signedIn in a trusted browser.
func (rp *relyingParty) signedInWith(username, device string) *browser {
	b := rp.w.with(deviceCookie, device)
	rp.code(b, username)
	return b
}

// firstOfSomebodyElse: alice types her password and walks away, bob comes.
func firstOfSomebodyElse(t *testing.T, w *world) {
	secret := w.hasApp("alice")
	bob := w.user("bob")
	rp := w.register("rp", nil)
	b := newBrowser(t, w.issuer)
	left := b.get(rp.authorizeURL()).signIn("alice", thePassword)
	set := w.succeeds(rp.callCode(rp.code(b, "bob")))
	if got := claimsOf(t, set.text("id_token"))["sub"]; got != string(bob.ID) {
		t.Errorf("the ID token is of %v", got)
	}
	b.get("/api/logout").press("logout", nil)
	if p := left.browser.get(left.url.String()); p.has("totp") || strings.Contains(p.body, "alice") {
		t.Errorf("alice's first factor outlives the sign-out of bob: %s", p.body)
	}
	// Nobody finishes it later either.
	again := newBrowser(t, w.issuer)
	p := again.get(rp.authorizeURL()).signIn("alice", thePassword)
	w.clock.advance(10 * time.Minute)
	if late := p.types(w, secret); !late.has("login") || again.cookies[sessionCookie] != "" {
		t.Errorf("after ten minutes: at %s, to %v", late.url, late.location)
	}
}

func cancelledAtSecondFactor(t *testing.T, w *world) {
	secret := w.hasApp("alice")
	rp := w.register("rp", nil)
	b := newBrowser(t, w.issuer)
	codeOf(t, b.get(rp.authorizeURL()).signIn("alice", thePassword).types(w, secret))
	w.user("bob")
	weak := rp.signedIn("bob")
	_, bobs := w.person("bob").enrolsApp(w, "Phone")
	w.clock.advance(time.Minute)
	for name, c := range map[string]struct {
		b    *browser
		page func() *page
	}{
		"prompt_login": {b, func() *page { return b.get(rp.authorizeURL("prompt", "login")).signIn("alice", thePassword) }},
		"step_up":      {weak, func() *page { return weak.get(rp.authorizeURL("claims", essentialTwo)) }},
	} {
		w.each(name, func() {
			session := *w.sessionOf(c.b)
			cookie := c.b.cookies[sessionCookie]
			p := c.page()
			w.recorded(core.EventSignInCancelled, "cancelled", func() { p.press("cancel", nil).answersError(w, "", "access_denied") })
			if c.b.cookies[sessionCookie] != cookie || fmt.Sprint(*w.sessionOf(c.b)) != fmt.Sprint(session) {
				w.t.Error("the session is another")
			}
			p.refusesStep(w, "totp", map[string]string{"code": w.codeOf(bobs)}, "request_finished")
			rp.code(c.b, "", "prompt", "none")
		})
	}
}

// wrongCodesLockNobodyOut: somebody who knows the password keeps guessing codes. The
// owner waits, but never longer than the longest wait behind the last guess.
func wrongCodesLockNobodyOut(t *testing.T, w *world) {
	secret := w.hasApp("alice")
	rp := w.register("rp", nil)
	attacker := newBrowser(t, w.issuer)
	ended := 0
	for range 12 {
		p := attacker.get(rp.authorizeURL("prompt", "login")).signIn("alice", thePassword)
		for range 5 {
			if !p.has("totp") {
				break
			}
			guess := fmt.Sprintf("%06d", 7)
			if guess == w.codeOf(secret) {
				guess = "000008"
			}
			if p = p.press("totp", map[string]string{"code": guess}); attacker.cookies[sessionCookie] != "" {
				t.Fatal("a guess is a session")
			}
		}
		if p.has("login") {
			ended++
		}
		w.clock.advance(7 * time.Minute)
	}
	if ended == 0 {
		t.Error("five wrong codes do not end the hope of a request")
	}
	w.clock.advance(30 * time.Minute)
	codeOf(t, newBrowser(t, w.issuer).get(rp.authorizeURL()).signIn("alice", thePassword).types(w, secret))
}

// acrByLess: what is essential is not had by an older, or a weaker, sign-in.
func acrByLess(t *testing.T, w *world) {
	w.user("alice")
	w.withMail()
	rp := w.register("rp", nil)
	byPassword := rp.signedIn("alice")
	byMail := newBrowser(t, w.issuer)
	byMail.get(rp.authorizeURL()).press("email", map[string]string{"username": "alice"})
	codeOf(t, byMail.get(w.letters()[0].link).press("use", nil))
	for name, b := range map[string]*browser{"password": byPassword, "mail": byMail} {
		w.each(name, func() {
			p := b.at(w).get(rp.authorizeURL("claims", essentialTwo))
			if p.location != nil || p.url.Path != "/enrol" {
				w.t.Errorf("at %s, to %v", p.url, p.location)
			}
			b.get(rp.authorizeURL("claims", essentialTwo, "prompt", "none")).answersError(w, "", "interaction_required")
			set := w.succeeds(rp.callCode(rp.code(b, "")))
			if acr := claimsOf(w.t, set.text("id_token"))["acr"]; acr != "1" {
				w.t.Errorf("acr %v", acr)
			}
		})
		b.at(w)
	}
	// Nobody gives what nobody has.
	w.rules(func(r *core.OrgRules) { r.SignIn.Methods = []string{core.MethodPassword, core.MethodEmail} })
	byPassword.get(rp.authorizeURL("claims", essentialTwo)).answersError(w, "", "unmet_authentication_requirements")
	byPassword.get(rp.authorizeURL("claims", strings.Replace(essentialTwo, `"2"`, `"urn:x"`, 1))).answersError(w, "", "unmet_authentication_requirements")
}

func acrByTrustedBrowser(t *testing.T, w *world) {
	secret := w.hasApp("alice")
	w.rules(func(r *core.OrgRules) { r.RememberDays, r.SignIn.Require = 30, core.ACRTwo })
	rp := w.register("rp", nil)
	device := w.trusted(rp, "alice", secret).cookies[deviceCookie]
	spared := rp.signedInWith("alice", device)
	if acr := w.sessionOf(spared).Session.ACR; acr != "1" {
		t.Errorf("a trusted browser is a factor: acr %s", acr)
	}
	for name, ask := range map[string][]string{
		"essential": {"claims", essentialTwo}, "prompt_login": {"prompt", "login"}, "max_age": {"max_age", "0"}, "wish": {"acr_values", "2"},
	} {
		w.each(name, func() {
			b := w.with(deviceCookie, device)
			p := b.get(rp.authorizeURL(ask...)).signIn("alice", thePassword)
			if !p.has("totp") || b.cookies[sessionCookie] != "" {
				w.t.Errorf("a new sign-in: at %s, to %v", p.url, p.location)
			}
		})
	}
	if p := spared.get(rp.authorizeURL("claims", essentialTwo)); !p.has("totp") {
		t.Errorf("a session: at %s, to %v", p.url, p.location)
	}
	spared.get(rp.authorizeURL("claims", essentialTwo, "prompt", "none")).answersError(w, "", "login_required")
}

// maxAgeByStepUp: a second factor does not make the first one any younger.
func maxAgeByStepUp(t *testing.T, w *world) {
	w.user("alice")
	rp := w.register("rp", nil)
	b := rp.signedIn("alice")
	_, secret := w.person("alice").enrolsApp(w, "Phone")
	w.clock.advance(20 * time.Minute)
	codeOf(t, b.get(rp.authorizeURL("claims", essentialTwo)).types(w, secret))
	w.clock.advance(time.Minute)
	if p := b.get(rp.authorizeURL("max_age", "600", "claims", essentialTwo)); !p.has("login") {
		t.Errorf("at %s, to %v", p.url, p.location)
	}
	b.get(rp.authorizeURL("max_age", "600", "prompt", "none")).answersError(w, "", "login_required")
}

func rulesOfTheClient(t *testing.T, w *world) {
	secret := w.hasApp("alice")
	w.rules(func(r *core.OrgRules) { r.RememberDays = 30 })
	rp := w.register("rp", nil)
	strict := w.register("strict", func(c *core.Client) { c.SignIn.Require = core.ACRTwo })
	device := w.trusted(rp, "alice", secret).cookies[deviceCookie]
	b := rp.signedInWith("alice", device)
	p := b.get(strict.authorizeURL())
	if !p.has("totp") {
		t.Fatalf("at %s, to %v", p.url, p.location)
	}
	b.get(strict.authorizeURL("prompt", "none")).answersError(w, "", "login_required")
	w.clock.advance(time.Minute)
	set := w.succeeds(strict.callCode(codeOf(t, p.types(w, secret))))
	if acr := claimsOf(t, set.text("id_token"))["acr"]; acr != "2" {
		t.Errorf("acr %v", acr)
	}
}

func methodsOfTheClient(t *testing.T, w *world) {
	w.user("alice")
	rp := w.register("rp", nil)
	picky := w.register("picky", func(c *core.Client) { c.SignIn.Methods = []string{core.MethodPasskey, core.MethodUpstream} })
	b := rp.signedIn("alice")
	p := b.get(picky.authorizeURL())
	if p.location != nil || p.url.Path != "/login" || p.has("password") {
		t.Errorf("a session by password at a client that allows none: at %s, to %v", p.url, p.location)
	}
	b.get(picky.authorizeURL("prompt", "none")).answersError(w, "", "login_required")
	form := url.Values{"step": {p.field("step")}, "action": {"login"}, "username": {"alice"}, "password": {thePassword}}
	session := b.cookies[sessionCookie]
	if again := b.follow(http.MethodPost, "/login", form); again.status != http.StatusUnprocessableEntity || b.cookies[sessionCookie] != session {
		t.Errorf("a password is taken: status %d, to %v", again.status, again.location)
	}
}

package app_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/authn/authntest"
)

// TestRefuseFactors runs what must be refused of who signs in by what they have, as
// TestRefuse does. The server has a name: there are no passkeys for an address.
func TestRefuseFactors(t *testing.T) {
	for _, r := range slices.Concat(tellingRefusals(), factorCodeRefusals(), passkeyRefusals()) {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			w := newNamedWorld(t)
			r.run(t, w)
			w.checkSecrets()
		})
	}
}

func newNamedWorld(t *testing.T) *world {
	t.Helper()
	listener, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	listener.Close()
	w := &world{t: t, clock: &clock{now: time.Now().Truncate(time.Millisecond)}, log: &journal{}, dir: freshData(t), issuer: "http://localhost:" + port}
	w.start()
	t.Cleanup(func() { w.stop() })
	return w
}

// key is a browser of the tests with a software authenticator beside it.
type key struct {
	*browser
	authntest.Browser
}

func (w *world) key() *key {
	return &key{browser: newBrowser(w.t, w.issuer), Browser: authntest.Browser{Origin: w.issuer}}
}

// asked gives what the button of a page asks the browser for.
func (p *page) asked() []byte {
	p.browser.t.Helper()
	button := find(p.document(), "passkey")
	if button == nil {
		p.browser.t.Fatalf("no passkey is asked for at %s (status %d):\n%s", p.url, p.status, p.body)
	}
	return []byte(attribute(button, "data-options"))
}

// enrolsPasskey adds a passkey to the account of who is signed in.
func (k *key) enrolsPasskey() {
	k.t.Helper()
	p := k.get("/account/security/passkey")
	response, err := k.Create(p.asked())
	if err != nil {
		k.t.Fatal(err)
	}
	if p = p.press("passkey", map[string]string{"name": "Key", "response": string(response)}); p.status != http.StatusOK {
		k.t.Fatalf("the passkey is not added: status %d at %s:\n%s", p.status, p.url, p.body)
	}
}

// holder makes a user with a passkey, and gives the browser that has it, signed out.
func (w *world) holder(name string) (*core.User, *key) {
	w.t.Helper()
	user, k := w.user(name), w.key()
	k.browser = w.person(name)
	k.enrolsPasskey()
	k.browser = newBrowser(w.t, w.issuer)
	return user, k
}

// touches answers the page with the passkey.
func (k *key) touches(p *page) *page {
	k.t.Helper()
	response, err := k.Get(p.asked())
	if err != nil {
		k.t.Fatal(err)
	}
	return p.press("passkey", map[string]string{"response": string(response)})
}

// byPassword proves the first factor, and gives the page that asks for the second.
func (b *browser) byPassword(target, name string) *page {
	b.t.Helper()
	p := b.get(target).signIn(name, thePassword)
	if p.url.Path != "/factor" {
		b.t.Fatalf("%s is at %s (status %d):\n%s", name, p.url, p.status, p.body)
	}
	return p
}

// withApp makes a user with an app that shows codes, and gives its secret.
func (w *world) withApp(name string) (*core.User, string) {
	w.t.Helper()
	user := w.user(name)
	p, secret := w.person(name).enrolsApp(w, "Phone")
	if len(w.authenticators(user.ID)) != 1 {
		w.t.Fatalf("no app is enrolled: status %d\n%s", p.status, p.body)
	}
	w.clock.advance(time.Minute)
	return user, secret
}

// wrongCode is one that the app does not show now.
func (w *world) wrongCode(secret string) string {
	for n := range 10 {
		code := strings.Repeat(string(rune('0'+n)), 6)
		if !slices.Contains([]string{w.codeAt(secret, -1), w.codeAt(secret, 0), w.codeAt(secret, 1)}, code) {
			return code
		}
	}
	panic("three codes are not ten")
}

// codeAt is the code of some steps from now.
func (w *world) codeAt(secret string, steps int) string {
	d := time.Duration(steps) * 30 * time.Second
	w.clock.advance(d)
	defer w.clock.advance(-d)
	return w.codeOf(secret)
}

// stays checks that nobody is signed in with this browser.
func (p *page) stays(status int) *page {
	p.browser.t.Helper()
	if p.status != status || p.location != nil || p.browser.cookies[sessionCookie] != "" {
		p.browser.t.Errorf("at %s: status %d, want %d, session %q:\n%s", p.url, p.status, status, p.browser.cookies[sessionCookie], p.body)
	}
	return p
}

// 91, 92: nothing tells who has an account.

func tellingRefusals() []refusal {
	return []refusal{
		{"091_passkey_options", optionsTellNobody},
		{"091_mail_to_sign_in", signInMailTellsNobody},
		{"091_code_of_a_mail", mailCodeTellsNobody},
		{"092_mails_to_all_names_of_one", refuseMailFlood},
	}
}

// withoutWords is what a page asks the browser for, but for the challenge.
func withoutChallenge(options []byte) string {
	return regexp.MustCompile(`"challenge":"[^"]{43}"`).ReplaceAllString(string(options), `"challenge":"X"`)
}

func optionsTellNobody(t *testing.T, w *world) {
	w.holder("alice")
	w.user("ben")
	rp := w.register("rp", nil)
	want := withoutChallenge(newBrowser(t, w.issuer).get("/login").asked())
	if strings.Contains(want, "allowCredentials") || !strings.Contains(want, `"challenge":"X"`) {
		t.Errorf("asked with %s", want)
	}
	for _, name := range []string{"alice", "ben", "nobody"} {
		p := newBrowser(t, w.issuer).get(rp.authorizeURL("login_hint", name))
		if got := withoutChallenge(p.asked()); got != want {
			t.Errorf("%s is asked with %s, nobody with %s", name, got, want)
		}
		if got := withoutChallenge(p.signIn(name, "wrong horse").asked()); got != want {
			t.Errorf("after a wrong password, %s is asked with %s", name, got)
		}
	}
}

func byMail(r *core.OrgRules) {
	r.SignIn.Methods = []string{core.MethodPassword, core.MethodPasskey, core.MethodTOTP, core.MethodEmail}
}

func signInMailTellsNobody(t *testing.T, w *world) {
	names := w.fates()
	w.rules(byMail)
	names = slices.DeleteFunc(names, func(n string) bool { return strings.HasPrefix(n, "<") })
	w.same(names, func(name string) *page {
		return newBrowser(t, w.issuer).get("/login").press("email", map[string]string{"username": name})
	})
	for _, mail := range w.letters() {
		if mail.To != "alice@example.com" || mail.Template != core.MailSignIn {
			t.Errorf("a mail %s to %s", mail.Template, mail.To)
		}
	}
}

func mailCodeTellsNobody(t *testing.T, w *world) {
	w.user("alice")
	w.rules(byMail)
	pages := map[string]*page{}
	for _, name := range []string{"alice", "nobody"} {
		pages[name] = newBrowser(t, w.issuer).get("/login").press("email", map[string]string{"username": name})
	}
	for i := range 7 {
		w.same([]string{"alice", "nobody"}, func(name string) *page {
			if !pages[name].has("use") {
				return pages[name]
			}
			pages[name] = pages[name].press("use", map[string]string{"code": "1234567"})
			return pages[name]
		})
		if i == 4 {
			break // the ticket is gone
		}
	}
	if pages["alice"].has("use") || pages["alice"].url.Path != "/login" {
		t.Errorf("after five codes: at %s\n%s", pages["alice"].url, pages["alice"].body)
	}
}

func refuseMailFlood(t *testing.T, w *world) {
	w.user("alice")
	w.rules(byMail)
	for _, name := range []string{"alice", "ALICE", "alice@example.com", " Alice@EXAMPLE.com ", "aLiCe"} {
		if p := newBrowser(t, w.issuer).get("/login").press("email", map[string]string{"username": name}); !p.has("use") {
			t.Fatalf("%s: status %d\n%s", name, p.status, p.body)
		}
	}
	if mails := w.letters(); len(mails) != 3 {
		t.Errorf("%d mails to alice, want 3", len(mails))
	}
}

// 92, 94, 96, 97: codes.

func factorCodeRefusals() []refusal {
	return []refusal{
		{"092_password_clears_no_codes", refuseClearedCodes},
		{"092_passkey_clears_no_codes", refuseCodesClearedByPasskey},
		{"093_codes_are_slowed_down", refuseGuessedCodes},
		{"094_codes_are_bounded", refuseHugeCodes},
		{"096_code_twice", refuseCodeTwice},
		{"096_code_in_a_race", refuseCodeRace},
		{"096_one_step_only", refuseOtherSteps},
		{"096_five_tries", refuseSixthCode},
		{"096_no_session_before", refuseHalfSession},
		{"097_recovery_code_twice", refuseRecoveryTwice},
		{"097_recovery_code_in_a_race", refuseRecoveryRace},
	}
}

func refuseClearedCodes(t *testing.T, w *world) {
	_, secret := w.withApp("alice")
	for range 5 {
		p := newBrowser(t, w.issuer).byPassword("/login", "alice")
		p.press("totp", map[string]string{"code": w.wrongCode(secret)}).stays(http.StatusUnprocessableEntity)
	}
	p := newBrowser(t, w.issuer).byPassword("/login", "alice").press("totp", map[string]string{"code": w.codeOf(secret)}).stays(http.StatusTooManyRequests)
	if p.header.Get("Retry-After") == "" {
		t.Error("nobody says how long to wait")
	}
	w.clock.advance(30 * time.Second)
	if p := newBrowser(t, w.issuer).byPassword("/login", "alice").press("totp", map[string]string{"code": w.codeOf(secret)}); p.browser.cookies[sessionCookie] == "" {
		t.Errorf("after the wait: status %d at %s\n%s", p.status, p.url, p.body)
	}
}

func refuseCodesClearedByPasskey(t *testing.T, w *world) {
	_, k := w.holder("alice")
	k.browser = newBrowser(t, w.issuer)
	k.touches(k.get("/login"))
	p, secret := k.enrolsApp(w, "Phone")
	if p.status != http.StatusOK {
		t.Fatalf("no app: status %d\n%s", p.status, p.body)
	}
	w.clock.advance(time.Minute)
	for range 5 {
		newBrowser(t, w.issuer).byPassword("/login", "alice").press("totp", map[string]string{"code": w.wrongCode(secret)}).stays(http.StatusUnprocessableEntity)
	}
	k.browser = newBrowser(t, w.issuer)
	if k.touches(k.byPassword("/login", "alice")); k.cookies[sessionCookie] == "" {
		t.Fatal("the passkey is no second factor")
	}
	newBrowser(t, w.issuer).byPassword("/login", "alice").press("totp", map[string]string{"code": w.codeOf(secret)}).stays(http.StatusTooManyRequests)
}

// Who has the password and guesses codes is heard less and less often, and the owner
// never waits for long.
func refuseGuessedCodes(t *testing.T, w *world) {
	_, secret := w.withApp("alice")
	heard := 0
	for range 40 {
		p := newBrowser(t, w.issuer).byPassword("/login", "alice").press("totp", map[string]string{"code": w.wrongCode(secret)})
		if p.status == http.StatusUnprocessableEntity {
			heard++
		}
		w.clock.advance(time.Minute)
	}
	if heard < 5 || heard > 12 {
		t.Errorf("%d of 40 guesses were heard", heard)
	}
	w.clock.advance(30 * time.Minute)
	if p := newBrowser(t, w.issuer).byPassword("/login", "alice").press("totp", map[string]string{"code": w.codeOf(secret)}); p.browser.cookies[sessionCookie] == "" {
		t.Errorf("the owner: status %d\n%s", p.status, p.body)
	}
}

func refuseHugeCodes(t *testing.T, w *world) {
	_, secret := w.withApp("alice")
	for name, code := range map[string]string{
		"100 kB": strings.Repeat("1", 100_000), "NUL": w.codeOf(secret) + "\x00", "not UTF-8": w.codeOf(secret) + "\xff", "a seventh digit": w.codeOf(secret) + "0",
	} {
		for _, method := range []string{"totp", "recovery"} {
			b := newBrowser(t, w.issuer)
			p := b.byPassword("/login", "alice")
			if method == "recovery" && !p.has("recovery") {
				t.Fatal("no recovery code is asked for")
			}
			target, values := p.submission(method, nil)
			values.Set("code", code)
			if q := b.post(target, values); q.status < 400 || q.status >= 500 || b.cookies[sessionCookie] != "" {
				t.Errorf("%s as %s: status %d", name, method, q.status)
			}
			w.clock.advance(time.Hour)
		}
	}
}

func refuseCodeTwice(t *testing.T, w *world) {
	alice, secret := w.withApp("alice")
	code := w.codeOf(secret)
	if p := newBrowser(t, w.issuer).byPassword("/login", "alice").press("totp", map[string]string{"code": code}); p.browser.cookies[sessionCookie] == "" {
		t.Fatalf("status %d\n%s", p.status, p.body)
	}
	for range 2 {
		p := newBrowser(t, w.issuer).byPassword("/login", "alice")
		w.recorded(core.EventSignInFailed, "code_reused", func() {
			p.press("totp", map[string]string{"code": code}).stays(http.StatusUnprocessableEntity)
		})
		w.clock.advance(20 * time.Second)
	}
	if events := w.events(core.EventFilter{Type: core.EventSignInFailed, UserID: alice.ID}); len(events) != 2 || events[0].Detail["method"] != "totp" {
		t.Errorf("recorded %+v", events)
	}
}

func refuseCodeRace(t *testing.T, w *world) {
	_, secret := w.withApp("alice")
	w.oneOf(t, "totp", w.codeOf(secret))
}

// oneOf sends the code from 20 browsers at once, and sees that one of them is signed in.
func (w *world) oneOf(t *testing.T, method, code string) {
	t.Helper()
	var requests []*http.Request
	for range 20 {
		b := newBrowser(t, w.issuer)
		target, values := b.byPassword("/login", "alice").submission(method, map[string]string{"code": code})
		requests = append(requests, b.request(target, values))
	}
	signedIn := 0
	for _, a := range w.atOnce(requests) {
		if slices.ContainsFunc(a.header.Values("Set-Cookie"), func(c string) bool { return strings.HasPrefix(c, sessionCookie+"=session_") }) {
			signedIn++
		}
	}
	if signedIn != 1 {
		t.Errorf("%d are signed in with one code", signedIn)
	}
}

func refuseOtherSteps(t *testing.T, w *world) {
	_, secret := w.withApp("alice")
	for _, steps := range []int{-3, -2, 2, 3} {
		w.clock.advance(time.Hour)
		newBrowser(t, w.issuer).byPassword("/login", "alice").press("totp", map[string]string{"code": w.codeAt(secret, steps)}).stays(http.StatusUnprocessableEntity)
	}
	for _, steps := range []int{-1, 0, 1} {
		w.clock.advance(time.Hour)
		if p := newBrowser(t, w.issuer).byPassword("/login", "alice").press("totp", map[string]string{"code": w.codeAt(secret, steps)}); p.browser.cookies[sessionCookie] == "" {
			t.Errorf("the code of %d steps from now: status %d\n%s", steps, p.status, p.body)
		}
	}
}

func refuseSixthCode(t *testing.T, w *world) {
	_, secret := w.withApp("alice")
	rp := w.register("rp", nil)
	b := newBrowser(t, w.issuer)
	first := b.byPassword(rp.authorizeURL(), "alice")
	p := first
	for range 4 {
		p = p.press("totp", map[string]string{"code": w.wrongCode(secret)}).stays(http.StatusUnprocessableEntity)
	}
	p = p.press("totp", map[string]string{"code": w.wrongCode(secret)})
	if p.url.Path != "/login" || p.has("totp") || b.cookies[sessionCookie] != "" {
		t.Fatalf("after five codes: at %s (status %d)\n%s", p.url, p.status, p.body)
	}
	w.clock.advance(5 * time.Minute)
	first.refusesStep(w, "totp", map[string]string{"code": w.codeOf(secret)}, "")
	// From the first factor on, the person goes on with what they wanted.
	p = p.signIn("alice", thePassword).press("totp", map[string]string{"code": w.codeOf(secret)})
	if p.location == nil || p.location.Query().Get("code") == "" {
		t.Errorf("begun anew: status %d at %s\n%s", p.status, p.url, p.body)
	}
}

func refuseHalfSession(t *testing.T, w *world) {
	w.withApp("alice")
	rp := w.register("rp", nil)
	b := newBrowser(t, w.issuer)
	p := b.byPassword(rp.authorizeURL(), "alice").stays(http.StatusOK)
	if p := b.get("/account"); p.url.Path != "/login" {
		t.Errorf("the account is open at %s", p.url)
	}
	if p := b.get(rp.authorizeURL("prompt", "none")); p.location == nil || p.location.Query().Get("error") != "login_required" {
		t.Errorf("prompt=none: status %d, %s", p.status, p.location)
	}
	// Nothing but a factor gets on from there.
	for _, action := range []string{"totp", "recovery", "passkey", "", "login", "skip"} {
		_, values := p.submission("totp", map[string]string{"code": ""})
		values.Set("action", action)
		if q := b.post("/factor", values); q.status < 400 || b.cookies[sessionCookie] != "" {
			t.Errorf("action %q: status %d", action, q.status)
		}
	}
}

// recoveryCodes makes a user with an app, and gives the codes that came with it.
func (w *world) recoveryCodes(name string) []string {
	w.t.Helper()
	w.user(name)
	p, _ := w.person(name).enrolsApp(w, "Phone")
	codes := p.codes()
	if len(codes) != 10 {
		w.t.Fatalf("%d recovery codes: status %d\n%s", len(codes), p.status, p.body)
	}
	w.hide(codes...)
	w.clock.advance(time.Minute)
	return codes
}

func refuseRecoveryTwice(t *testing.T, w *world) {
	codes := w.recoveryCodes("alice")
	if p := newBrowser(t, w.issuer).byPassword("/login", "alice").press("recovery", map[string]string{"code": strings.ToUpper(codes[0])}); p.browser.cookies[sessionCookie] == "" {
		t.Fatalf("status %d\n%s", p.status, p.body)
	}
	p := newBrowser(t, w.issuer).byPassword("/login", "alice")
	w.recorded(core.EventSignInFailed, "code_reused", func() {
		p.press("recovery", map[string]string{"code": codes[0]}).stays(http.StatusUnprocessableEntity)
	})
	// Those of somebody else, and those of a letter less, are none.
	for _, code := range []string{w.recoveryCodes("ben")[0], codes[1][:18], codes[1] + "a"} {
		newBrowser(t, w.issuer).byPassword("/login", "alice").press("recovery", map[string]string{"code": code}).stays(http.StatusUnprocessableEntity)
	}
}

func refuseRecoveryRace(t *testing.T, w *world) {
	w.oneOf(t, "recovery", w.recoveryCodes("alice")[0])
}

// 99: passkeys.

func passkeyRefusals() []refusal {
	return []refusal{
		{"099_assertions", refuseAssertions},
		{"099_challenges", refuseChallenges},
		{"099_counter", refuseCounters},
		{"099_passkey_of_another", refuseForeignPasskeys},
		{"099_unregistered", refuseUnknownPasskeys},
		{"099_new_passkeys", refuseCreations},
		{"099_disabled", refusePasskeyOfDisabled},
		{"099_address", refusePasskeysForAddresses},
	}
}

// refusesPasskey answers the page of the browser, which must be refused.
func (k *key) refusesPasskey(w *world, p *page, response []byte, reason string) *page {
	k.t.Helper()
	var answer *page
	w.recorded(core.EventSignInFailed, reason, func() {
		answer = p.press("passkey", map[string]string{"response": string(response)}).stays(http.StatusUnprocessableEntity)
	})
	return answer
}

func setMember(name string, value any) func(map[string]any) {
	return func(members map[string]any) { members[name] = value }
}

func refuseAssertions(t *testing.T, w *world) {
	_, k := w.holder("alice")
	rp := w.register("rp", nil)
	type twist = authntest.Twist
	flags := func(flags byte) func([]byte) []byte {
		return func(b []byte) []byte { b[32] = flags; return b }
	}
	rpID := func(id string) func([]byte) []byte {
		return func(b []byte) []byte { hash := sha256.Sum256([]byte(id)); copy(b, hash[:]); return b }
	}
	port := w.issuer[strings.LastIndex(w.issuer, ":"):]
	for name, c := range map[string]struct {
		twist  twist
		reason string
	}{
		"another origin":      {twist{ClientData: setMember("origin", "https://evil.example")}, "wrong_origin"},
		"a suffix":            {twist{ClientData: setMember("origin", "http://badlocalhost"+port)}, "wrong_origin"},
		"a longer host":       {twist{ClientData: setMember("origin", "http://localhost.evil.example"+port)}, "wrong_origin"},
		"another port":        {twist{ClientData: setMember("origin", "http://localhost:1")}, "wrong_origin"},
		"another scheme":      {twist{ClientData: setMember("origin", "https://localhost"+port)}, "wrong_origin"},
		"capitals":            {twist{ClientData: setMember("origin", "http://LOCALHOST"+port)}, "wrong_origin"},
		"another frame":       {twist{ClientData: setMember("crossOrigin", true)}, "cross_origin"},
		"another challenge":   {twist{ClientData: setMember("challenge", strings.Repeat("A", 43))}, "wrong_challenge"},
		"create":              {twist{ClientData: setMember("type", "webauthn.create")}, "wrong_ceremony"},
		"another RP ID":       {twist{Data: rpID("evil.example")}, "wrong_rp_id"},
		"the RP ID of suffix": {twist{Data: rpID("badlocalhost")}, "wrong_rp_id"},
		"nobody verified":     {twist{Data: flags(authntest.Present)}, "user_not_verified"},
		"nobody present":      {twist{Data: flags(authntest.Verified)}, "user_not_present"},
		"became synced":       {twist{Data: flags(authntest.Present | authntest.Verified | authntest.BackupEligible)}, "backup_flags_changed"},
		"tampered signature":  {twist{Signature: func(b []byte) []byte { b[len(b)-1] ^= 1; return b }}, "wrong_signature"},
		"tampered counter":    {twist{SentData: func(b []byte) []byte { b[36]++; return b }}, "wrong_signature"},
		"client data twice":   {twist{RawClientData: func(b []byte) []byte { return append([]byte(`{"origin":"x",`), b[1:]...) }}, "malformed"},
		"a member twice":      {twist{}, "malformed"},
		"no user handle":      {twist{Response: setMember("userHandle", "")}, "wrong_user_handle"},
		"another user handle": {twist{Response: setMember("userHandle", "AAAA")}, "wrong_user_handle"},
		"20 KiB":              {twist{Credential: setMember("x", strings.Repeat("x", 20<<10))}, "malformed"},
		"deep":                {twist{Credential: setMember("x", json.RawMessage(strings.Repeat("[", 99)+strings.Repeat("]", 99)))}, "malformed"},
	} {
		w.each(name, func() {
			k.browser = newBrowser(w.t, w.issuer)
			p := k.get(rp.authorizeURL())
			k.Twist = c.twist
			response, err := k.Get(p.asked())
			if err != nil {
				w.t.Fatal(err)
			}
			if name == "a member twice" {
				response = append([]byte(`{"type":"public-key",`), response[1:]...)
			}
			k.refusesPasskey(w, p, response, c.reason)
			w.clock.advance(time.Minute)
		})
	}
	k.Twist, k.browser = authntest.Twist{}, newBrowser(t, w.issuer)
	if p := k.touches(k.get(rp.authorizeURL())); p.location == nil || p.location.Query().Get("code") == "" {
		t.Errorf("as it should be: status %d at %s\n%s", p.status, p.url, p.body)
	}
}

// A challenge is that of one page in one browser, and works once.
func refuseChallenges(t *testing.T, w *world) {
	_, k := w.holder("alice")
	rp := w.register("rp", nil)
	p := k.get(rp.authorizeURL())
	response, err := k.Get(p.asked())
	if err != nil {
		t.Fatal(err)
	}
	other := w.key()
	w.each("in another browser", func() {
		q := other.get(rp.authorizeURL())
		other.refusesPasskey(w, q, response, "wrong_challenge")
		target, values := q.submission("passkey", map[string]string{"response": string(response)})
		values.Set("ceremony", p.field("ceremony"))
		w.recorded(core.EventSignInFailed, "ceremony_forged", func() { other.post(target, values).stays(http.StatusUnprocessableEntity) })
	})
	w.each("of another request", func() {
		q := k.get(rp.authorizeURL("state", "another"))
		target, values := q.submission("passkey", map[string]string{"response": string(response)})
		values.Set("ceremony", p.field("ceremony"))
		w.recorded(core.EventSignInFailed, "ceremony_forged", func() { k.post(target, values).stays(http.StatusUnprocessableEntity) })
	})
	w.each("none", func() {
		target, values := p.submission("passkey", map[string]string{"response": string(response)})
		for _, ceremony := range []string{"", "x", values.Get("step"), values.Get("ceremony") + "x"} {
			values.Set("ceremony", ceremony)
			w.recorded(core.EventSignInFailed, "ceremony_forged", func() { k.post(target, values).stays(http.StatusUnprocessableEntity) })
		}
	})
	w.each("twice", func() {
		target, values := p.submission("passkey", map[string]string{"response": string(response)})
		var requests []*http.Request
		for range 20 {
			requests = append(requests, k.request(target, values))
		}
		signedIn := 0
		for _, a := range w.atOnce(requests) {
			if strings.Contains(fmt.Sprint(a.header.Values("Set-Cookie")), sessionCookie+"=session_") {
				signedIn++
			}
		}
		if signedIn != 1 {
			w.t.Errorf("%d are signed in with one answer", signedIn)
		}
	})
	w.each("too late", func() {
		k.browser = newBrowser(w.t, w.issuer)
		q := k.get(rp.authorizeURL())
		w.clock.advance(time.Hour)
		if q = k.touches(q); q.status < 400 || k.cookies[sessionCookie] != "" {
			w.t.Errorf("status %d at %s", q.status, q.url)
		}
	})
}

func refuseCounters(t *testing.T, w *world) {
	alice, k := w.holder("alice")
	k.touches(k.get("/login"))
	if k.cookies[sessionCookie] == "" {
		t.Fatal("the passkey does not sign in")
	}
	copied := *k.Passkeys[0]
	k.browser = newBrowser(t, w.issuer)
	k.touches(k.get("/login"))
	// The copy of a key counts for itself.
	thief := w.key()
	thief.Passkeys = []*authntest.Passkey{&copied}
	p := thief.get("/login")
	response, err := thief.Get(p.asked())
	if err != nil {
		t.Fatal(err)
	}
	thief.refusesPasskey(w, p, response, "counter_regression")
	if one := w.authenticators(alice.ID)[0]; one.Counter != 2 {
		t.Errorf("the counter is %d", one.Counter)
	}
}

func refuseForeignPasskeys(t *testing.T, w *world) {
	_, anns := w.holder("alice")
	_, k := w.holder("ben")
	id, handle := base64.RawURLEncoding.EncodeToString(anns.Passkeys[0].ID), base64.RawURLEncoding.EncodeToString(anns.Passkeys[0].UserHandle)
	asAlices := func(m map[string]any) { m["id"], m["rawId"] = id, id }
	for name, c := range map[string]struct {
		twist  authntest.Twist
		reason string
	}{
		"her handle":  {authntest.Twist{Response: setMember("userHandle", handle)}, "wrong_user_handle"},
		"her passkey": {authntest.Twist{Credential: asAlices}, "wrong_user_handle"},
		"both":        {authntest.Twist{Credential: asAlices, Response: setMember("userHandle", handle)}, "wrong_signature"},
	} {
		w.each(name, func() {
			k.browser = newBrowser(w.t, w.issuer)
			p := k.get("/login")
			k.Twist = c.twist
			response, err := k.Get(p.asked())
			if err != nil {
				w.t.Fatal(err)
			}
			k.refusesPasskey(w, p, response, c.reason)
		})
	}
	// Nor is his a second factor of hers.
	k.Twist, k.browser = authntest.Twist{}, newBrowser(t, w.issuer)
	p := k.byPassword("/login", "alice")
	if _, err := k.Get(p.asked()); err != authntest.ErrNoPasskey {
		t.Errorf("the page asks for a passkey of his: %v", err)
	}
	var options struct{ Challenge string }
	if err := json.Unmarshal(p.asked(), &options); err != nil {
		t.Fatal(err)
	}
	response, err := k.Sign(k.Passkeys[0], options.Challenge)
	if err != nil {
		t.Fatal(err)
	}
	k.refusesPasskey(w, p, response, "unknown_passkey")
}

func refuseUnknownPasskeys(t *testing.T, w *world) {
	alice, k := w.holder("alice")
	if err := w.app.Store.Apply(context.Background(), core.DeleteAuthenticator{UserID: alice.ID, ID: w.authenticators(alice.ID)[0].ID}); err != nil {
		t.Fatal(err)
	}
	p := k.get("/login")
	response, err := k.Get(p.asked())
	if err != nil {
		t.Fatal(err)
	}
	q := k.refusesPasskey(w, p, response, "unknown_passkey")
	// The browser may forget it.
	if got := attribute(find(q.document(), "passkey"), "data-unknown"); got != base64.RawURLEncoding.EncodeToString(k.Passkeys[0].ID) {
		t.Errorf("the page names %q as unknown", got)
	}
}

func refuseCreations(t *testing.T, w *world) {
	alice := w.user("alice")
	k := w.key()
	k.browser = w.person("alice")
	type twist = authntest.Twist
	port := w.issuer[strings.LastIndex(w.issuer, ":"):]
	for name, c := range map[string]struct {
		twist  twist
		reason string
	}{
		"another origin":    {twist{ClientData: setMember("origin", "http://badlocalhost"+port)}, "wrong_origin"},
		"another frame":     {twist{ClientData: setMember("crossOrigin", true)}, "cross_origin"},
		"another challenge": {twist{ClientData: setMember("challenge", "AAAA")}, "wrong_challenge"},
		"get":               {twist{ClientData: setMember("type", "webauthn.get")}, "wrong_ceremony"},
		"another RP ID": {twist{Data: func(b []byte) []byte {
			hash := sha256.Sum256([]byte("badlocalhost"))
			copy(b, hash[:])
			return b
		}}, "wrong_rp_id"},
		"nobody verified":   {twist{Data: func(b []byte) []byte { b[32] &^= authntest.Verified; return b }}, "user_not_verified"},
		"a certificate":     {twist{Attestation: func(b []byte) []byte { return bytes.Replace(b, []byte("none"), []byte("appl"), 1) }}, "attestation_refused"},
		"client data twice": {twist{RawClientData: func(b []byte) []byte { return append([]byte(`{"origin":"x",`), b[1:]...) }}, "malformed"},
	} {
		w.each(name, func() {
			p := k.get("/account/security/passkey")
			k.Twist = c.twist
			response, err := k.Create(p.asked())
			if err != nil {
				w.t.Fatal(err)
			}
			k.Passkeys = nil
			w.recorded(core.EventStepRefused, c.reason, func() {
				if q := p.press("passkey", map[string]string{"name": "Key", "response": string(response)}); q.status != http.StatusUnprocessableEntity {
					w.t.Errorf("status %d at %s", q.status, q.url)
				}
			})
		})
	}
	if have := w.authenticators(alice.ID); len(have) != 0 {
		t.Errorf("enrolled %+v", have)
	}
}

func refusePasskeyOfDisabled(t *testing.T, w *world) {
	alice, k := w.holder("alice")
	if err := w.app.Admin.DisableUser(context.Background(), cli, alice.ID); err != nil {
		t.Fatal(err)
	}
	p := k.get("/login")
	response, err := k.Get(p.asked())
	if err != nil {
		t.Fatal(err)
	}
	k.refusesPasskey(w, p, response, "user_disabled")
}

// No browser makes a passkey for an address, so none is asked for there.
func refusePasskeysForAddresses(t *testing.T, _ *world) {
	w := newWorld(t)
	p := newBrowser(t, w.issuer).get("/login")
	if p.status != http.StatusOK || p.has("passkey") {
		t.Errorf("status %d\n%s", p.status, p.body)
	}
	q := newBrowser(t, w.issuer)
	target, values := q.get("/login").submission("login", map[string]string{"username": "x", "password": "x"})
	values.Set("action", "passkey")
	values.Set("response", "{}")
	if p := q.post(target, values); p.status < 400 || p.status >= 500 {
		t.Errorf("status %d\n%s", p.status, p.body)
	}
}

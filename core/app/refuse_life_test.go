package app_test

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// TestRefuseLife runs what must be refused on the ways to an account, as TestRefuse does.
func TestRefuseLife(t *testing.T) {
	for _, r := range slices.Concat(enumerationRefusals(), linkRefusals(), addressRefusals(), setupRefusals()) {
		t.Run(r.name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			r.run(t, w)
			w.checkSecrets()
		})
	}
}

// 91: nothing tells who has an account.

func enumerationRefusals() []refusal {
	return []refusal{
		{"091_recovery", recoveryTellsNobody},
		{"091_recovery_throttled", throttledRecovery},
		{"091_registration", registrationTellsNobody},
		{"091_new_address", newAddressTellsNobody},
	}
}

// answered is an answer without what is different in any two of them.
func (p *page) answered(typed string) string {
	body := strings.ReplaceAll(p.body, typed, "TYPED")
	body = regexp.MustCompile(`value="[A-Za-z0-9_.-]{40,}"`).ReplaceAllString(body, `value="STEP"`)
	body = regexp.MustCompile(`step=[A-Za-z0-9_.-]{40,}`).ReplaceAllString(body, "step=STEP")
	body = regexp.MustCompile(`challenge&#34;:&#34;[A-Za-z0-9_-]{43}`).ReplaceAllString(body, "challenge")
	header := maps.Clone(p.header)
	for _, name := range []string{"Date", "Content-Length", "X-Request-Id"} {
		delete(header, name)
	}
	return fmt.Sprintln(p.status, header, body)
}

// same checks that all answers are one, and that each left as many events behind.
func (w *world) same(names []string, ask func(name string) *page) {
	w.t.Helper()
	first := ""
	for i, name := range names {
		before := len(w.events(core.EventFilter{Limit: 100_000}))
		got := ask(name).answered(name)
		if n := len(w.events(core.EventFilter{Limit: 100_000})) - before; n != 1 {
			w.t.Errorf("%q leaves %d events behind", name, n)
		}
		if i == 0 {
			first = got
		} else if got != first {
			w.t.Errorf("the answer to %q:\n%s\nto %q:\n%s", name, got, names[0], first)
		}
	}
}

// fates makes accounts that recover, and such that do not, and gives their names and
// those of nobody.
func (w *world) fates() []string {
	w.t.Helper()
	w.user("alice")
	w.user("verified", func(u *admin.NewUser) { u.EmailVerified = false })
	w.user("invited", invited)
	w.user("addressless", func(u *admin.NewUser) { u.Email, u.EmailVerified = "", false })
	disabled := w.user("disabled")
	if err := w.app.Admin.DisableUser(context.Background(), cli, disabled.ID); err != nil {
		w.t.Fatal(err)
	}
	return []string{"alice", "verified", "invited", "addressless", "disabled", "nobody", "alice@example.com", "ALICE@Example.COM", "nobody@example.com", "<b>nobody</b>"}
}

func recoveryTellsNobody(t *testing.T, w *world) {
	names := w.fates()
	rp := w.register("rp", nil)
	for name, from := range map[string]func(b *browser) *page{
		"alone":         func(b *browser) *page { return b.get("/recover") },
		"from_a_client": func(b *browser) *page { return b.get(rp.authorizeURL()).press("recover", nil) },
	} {
		w.each(name, func() {
			w.same(names, func(name string) *page {
				b := newBrowser(w.t, w.issuer)
				p := from(b)
				if strings.HasPrefix(name, "<") { // what is typed comes back escaped
					q := p.press("recover", map[string]string{"username": name})
					q.body = strings.ReplaceAll(q.body, "&lt;b&gt;nobody&lt;/b&gt;", name)
					return q
				}
				return p.press("recover", map[string]string{"username": name})
			})
			w.letters()
		})
	}
}

// Whether somebody had their mails already shows nowhere; a flood from one address does.
func throttledRecovery(t *testing.T, w *world) {
	w.user("alice")
	ask := func(name string) *page {
		return newBrowser(w.t, w.issuer).get("/recover").press("recover", map[string]string{"username": name})
	}
	w.same([]string{"alice", "alice", "alice", "alice", "alice", "nobody", "nobody", "nobody", "nobody", "nobody"}, ask)
	if mails := w.letters(); len(mails) != 3 {
		t.Errorf("%d mails to alice", len(mails))
	}
	for range 20 {
		ask("nobody")
	}
	w.same([]string{"alice", "nobody"}, ask)
	if p := ask("alice"); p.status != http.StatusTooManyRequests || p.header.Get("Retry-After") == "" {
		t.Errorf("a flood: status %d", p.status)
	}
}

func registrationTellsNobody(t *testing.T, w *world) {
	w.fates()
	w.rules(openToAll)
	names := []string{"alice@example.com", "nobody@example.com", "disabled@example.com", "Invited@example.com", "invited@EXAMPLE.com"}
	w.same(names, func(name string) *page {
		return newBrowser(w.t, w.issuer).get("/register").press("register", map[string]string{"email": name})
	})
	for _, mail := range w.letters() {
		known := mail.Template == core.MailRegisterKnown
		if known == strings.HasPrefix(mail.To, "nobody") || known != (mail.ticket == "") {
			t.Errorf("%s gets %s, with ticket %v", mail.To, mail.Template, mail.ticket != "")
		}
	}
}

func newAddressTellsNobody(t *testing.T, w *world) {
	w.user("alice")
	w.user("bob")
	b := newBrowser(t, w.issuer)
	b.get("/login").signIn("alice", thePassword)
	w.same([]string{"bob@example.com", "nobody@example.com"}, func(name string) *page {
		return b.get("/email").press("change", map[string]string{"email": name})
	})
	w.letter(core.MailEmail, "nobody@example.com")
}

// 100: links.

func linkRefusals() []refusal {
	return []refusal{
		{"100_used_once", linkUsedOnce},
		{"100_used_by_many_at_once", linkRaced},
		{"100_expires_to_the_second", linkExpires},
		{"100_looked_at", linkLookedAt},
		{"100_of_another_purpose", linkOfAnotherPurpose},
		{"100_of_another_person", linkOfAnotherPerson},
		{"100_none_at_all", noLink},
		{"100_other_host", linkToAnotherHost},
		{"100_ends_sessions", resetEndsAll},
		{"100_second_factor_stays", secondFactorStays},
		{"100_after_another_address", linkToOldAddress},
		{"100_invitation_to_who_came_in", staleInvitation},
		{"100_from_another_site", linkFromAnotherSite},
		{"100_secrets_at_rest", linksAtRest},
	}
}

// set fills in the form of a link to reset.
func (b *browser) set(mail letter, password string) *page {
	b.t.Helper()
	return b.post("/reset", url.Values{"ticket": {mail.ticket}, "password": {password}, "action": {"password"}})
}

// signsIn reports whether the password works.
func (w *world) signsIn(username, password string) bool {
	w.t.Helper()
	b := newBrowser(w.t, w.issuer)
	b.get("/login").signIn(username, password)
	return b.cookies[sessionCookie] != ""
}

const newPassword = "another correct horse"

func linkUsedOnce(t *testing.T, w *world) {
	w.user("alice")
	mail := w.forgets(newBrowser(t, w.issuer), "alice", "alice@example.com")
	form := newBrowser(t, w.issuer).get(mail.link)
	form.press("set", map[string]string{"password": newPassword})
	for name, again := range map[string]func() *page{
		"the_form":           func() *page { return form.press("set", map[string]string{"password": "a third one, and long"}) },
		"another_browser":    func() *page { return newBrowser(t, w.issuer).set(mail, "a third one, and long") },
		"the_link_once_more": func() *page { return newBrowser(t, w.issuer).get(mail.link) },
	} {
		w.each(name, func() {
			w.recorded(core.EventTicketRefused, "ticket_gone", func() {
				if p := again(); p.status != http.StatusGone || p.has("set") {
					w.t.Errorf("status %d:\n%s", p.status, p.body)
				}
			})
		})
	}
	if w.signsIn("alice", "a third one, and long") || !w.signsIn("alice", newPassword) {
		t.Error("the password is not the one that was set first")
	}
}

func linkRaced(t *testing.T, w *world) {
	w.rules(openToAll)
	alice, carol := w.user("alice"), w.user("carol", invited)
	newBrowser(t, w.issuer).get("/register").press("register", map[string]string{"email": "new@example.com"})
	for path, mail := range map[string]letter{
		"/register/confirm": w.letter(core.MailRegister, "new@example.com"),
		"/reset":            w.handed(core.TicketReset, alice, nil),
		"/invite":           w.handed(core.TicketInvite, carol, nil),
	} {
		w.each(path, func() {
			var mu sync.Mutex
			won, wg := 0, sync.WaitGroup{}
			for range 50 {
				wg.Go(func() {
					p := newBrowser(w.t, w.issuer).send(http.MethodPost, path, url.Values{"ticket": {mail.ticket}, "password": {newPassword}, "action": {"password"}})
					mu.Lock()
					defer mu.Unlock()
					switch {
					case p.status == http.StatusSeeOther:
						won++
					case p.status != http.StatusGone && p.status != http.StatusServiceUnavailable:
						w.t.Errorf("status %d:\n%s", p.status, p.body)
					}
				})
			}
			wg.Wait()
			if won != 1 {
				w.t.Errorf("%d of 50 came in", won)
			}
		})
	}
}

func linkExpires(t *testing.T, w *world) {
	for purpose, life := range map[core.TicketPurpose]time.Duration{core.TicketReset: 30 * time.Minute, core.TicketInvite: 7 * 24 * time.Hour} {
		w.each(string(purpose), func() {
			edit := func(*admin.NewUser) {}
			if purpose == core.TicketInvite {
				edit = invited
			}
			user := w.user("user-"+string(purpose), edit)
			mail := w.handed(purpose, user, nil)
			w.clock.advance(life - time.Second)
			if p := newBrowser(w.t, w.issuer).get(mail.link); p.status != http.StatusOK {
				w.t.Errorf("in its last second: status %d", p.status)
			}
			w.clock.advance(time.Second)
			path := map[core.TicketPurpose]string{core.TicketReset: "/reset", core.TicketInvite: "/invite"}[purpose]
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				w.recorded(core.EventTicketRefused, "ticket_expired", func() {
					target, form := mail.link, url.Values(nil)
					if method == http.MethodPost {
						target, form = path, url.Values{"ticket": {mail.ticket}, "password": {newPassword}, "action": {"password"}}
					}
					if p := newBrowser(w.t, w.issuer).send(method, target, form); p.status != http.StatusGone {
						w.t.Errorf("%s: status %d", method, p.status)
					}
				})
			}
			if w.signsIn(user.Name, newPassword) {
				w.t.Error("the password was set")
			}
		})
	}
}

// Programs that open links in mails use nothing up.
func linkLookedAt(t *testing.T, w *world) {
	alice := w.user("alice", func(u *admin.NewUser) { u.EmailVerified = false })
	mine := func(ticket *core.Ticket) { ticket.Email = alice.Email }
	scanner := newBrowser(t, w.issuer)
	b := newBrowser(t, w.issuer)
	b.get("/login").signIn("alice", thePassword)
	verify, reset := w.handed(core.TicketVerify, alice, mine), w.handed(core.TicketReset, alice, mine)
	before := map[core.ID]bool{}
	for _, e := range w.events(core.EventFilter{Limit: 100_000}) {
		before[e.ID] = true
	}
	for range 3 {
		for _, mail := range []letter{verify, reset} {
			scanner.get(mail.link)
			b.get(mail.link)
			for _, method := range []string{http.MethodHead, http.MethodOptions} {
				scanner.send(method, mail.link, nil)
			}
		}
	}
	for _, e := range w.events(core.EventFilter{Limit: 100_000}) {
		if !before[e.ID] && e.Type != core.EventRequestRefused { // a method that is not taken
			t.Errorf("looking left %s behind", e.Type)
		}
	}
	if after := w.found(alice); after.EmailVerified {
		t.Error("the address is verified")
	}
	if p := b.get(verify.link).press("use", nil); p.status != http.StatusOK || !w.found(alice).EmailVerified {
		t.Errorf("the button: status %d", p.status)
	}
	if p := b.set(reset, newPassword); !w.signsIn("alice", newPassword) {
		t.Errorf("the form: status %d", p.status)
	}
}

func linkOfAnotherPurpose(t *testing.T, w *world) {
	w.rules(openToAll)
	alice := w.user("alice", invited)
	paths := map[core.TicketPurpose]string{
		core.TicketReset: "/reset", core.TicketInvite: "/invite", core.TicketRegister: "/register/confirm", core.TicketVerify: "/verify", core.TicketEmail: "/email",
	}
	forms := map[string]string{"/reset": "password", "/invite": "password", "/register/confirm": "password", "/verify": "use", "/email": "use"}
	session := newBrowser(t, w.issuer)
	session.get(w.handed(core.TicketReset, alice, nil).link).press("set", map[string]string{"password": thePassword})
	for purpose := range paths {
		mail := w.handed(purpose, alice, func(ticket *core.Ticket) {
			ticket.Email, ticket.Data = alice.Email, []byte(`{"was":"alice@example.com"}`)
		})
		for other, path := range paths {
			if other == purpose {
				continue
			}
			w.each(string(purpose)+" at "+path, func() {
				form := url.Values{"ticket": {mail.ticket}, "password": {newPassword}, "action": {forms[path]}}
				w.recorded(core.EventTicketRefused, "ticket_purpose", func() {
					if p := session.send(http.MethodPost, path, form); p.status != http.StatusNotFound {
						w.t.Errorf("status %d:\n%s", p.status, p.body)
					}
				})
			})
		}
	}
	if w.signsIn("alice", newPassword) {
		t.Error("the password was set")
	}
}

// Whose a link is, the link says, and nothing in the form does.
func linkOfAnotherPerson(t *testing.T, w *world) {
	alice := w.user("alice")
	w.user("bob")
	mail := w.forgets(newBrowser(t, w.issuer), "bob", "bob@example.com")
	b := newBrowser(t, w.issuer)
	b.post("/reset", url.Values{
		"ticket": {mail.ticket}, "password": {newPassword}, "action": {"password"},
		"user": {string(alice.ID)}, "user_id": {string(alice.ID)}, "id": {string(alice.ID)}, "username": {"alice"}, "email": {"alice@example.com"},
	})
	if w.signsIn("alice", newPassword) || !w.signsIn("alice", thePassword) || !w.signsIn("bob", newPassword) {
		t.Error("the link of bob was good for alice")
	}
	if got := w.knows(b.cookies[sessionCookie]); got != "bob" {
		t.Errorf("%q is signed in", got)
	}
	// The secret of one with the identifier of the other.
	w.letters()
	one, two := w.handed(core.TicketReset, alice, nil), w.forgets(newBrowser(t, w.issuer), "bob", "bob@example.com")
	mine, _ := core.ParseCredential(core.KindTicket, two.ticket)
	theirs, _ := core.ParseCredential(core.KindTicket, one.ticket)
	mixed := core.Credential{Kind: core.KindTicket, ID: theirs.ID, Secret: mine.Secret}
	w.recorded(core.EventTicketRefused, "ticket_forged", func() {
		if p := newBrowser(t, w.issuer).set(letter{ticket: mixed.String()}, "a third one, and long"); p.status != http.StatusNotFound {
			t.Errorf("a mixed link: status %d", p.status)
		}
	})
	if w.signsIn("alice", "a third one, and long") {
		t.Error("the password was set")
	}
}

func noLink(t *testing.T, w *world) {
	alice := w.user("alice")
	// There is one, but whoever asked for it does not have it.
	w.forgets(newBrowser(t, w.issuer), "alice", "alice@example.com")
	for _, text := range []string{"", "x", string(alice.ID), "alice", "ticket_", "ticket_" + strings.Repeat("A", 64)} {
		for _, path := range []string{"/reset", "/invite"} {
			w.each(path+text, func() {
				form := url.Values{"ticket": {text}, "password": {newPassword}, "action": {"password"}, "username": {"alice"}}
				if p := newBrowser(w.t, w.issuer).send(http.MethodPost, path, form); p.status != http.StatusNotFound && p.status != http.StatusGone {
					w.t.Errorf("status %d", p.status)
				}
			})
		}
	}
	if w.signsIn("alice", newPassword) {
		t.Error("the password was set")
	}
}

// What a request says of the server's name is in no link.
func linkToAnotherHost(t *testing.T, w *world) {
	w.rules(openToAll)
	w.user("alice")
	headers := map[string]string{
		"Host": "evil.example", "X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "X-Forwarded-Prefix": "/evil",
		"Forwarded": "host=evil.example;proto=https", "X-Original-Host": "evil.example", "X-Host": "evil.example",
	}
	for name, value := range headers {
		w.each(name, func() {
			b := newBrowser(w.t, w.issuer)
			b.header.Set(name, value)
			b.header.Set("Origin", w.issuer)
			b.post("/recover", url.Values{"username": {"alice"}})
			b.post("/register", url.Values{"email": {"new@example.com"}})
			for _, mail := range w.letters() {
				if !strings.HasPrefix(mail.link, w.issuer+"/") || strings.Contains(mail.link, "evil") {
					w.t.Errorf("%s leads to %.40s", mail.Template, mail.link)
				}
			}
			w.clock.advance(11 * time.Minute)
		})
	}
}

func resetEndsAll(t *testing.T, w *world) {
	alice := w.user("alice")
	rp := w.register("rp", func(c *core.Client) {
		c.GrantTypes, c.OfflineWithoutPrompt = []string{core.GrantAuthorizationCode, core.GrantRefreshToken}, true
	})
	b := newBrowser(t, w.issuer)
	tokens := rp.redeem(rp.code(b, "alice", "scope", "openid offline_access"))
	if tokens.text("refresh_token") == "" {
		t.Fatalf("no refresh token: %s", tokens.body)
	}
	other := w.handed(core.TicketVerify, alice, nil)
	w.forgets(b, "alice", "alice@example.com") // in the very browser that is signed in
	w.clock.advance(11 * time.Minute)
	mail := w.forgets(b, "alice", "alice@example.com")
	elsewhere := newBrowser(t, w.issuer)
	elsewhere.set(mail, newPassword)
	if got := w.knows(b.cookies[sessionCookie]); got != "" {
		t.Errorf("%s is still signed in", got)
	}
	if a := rp.refresh(tokens.text("refresh_token")); a.status == http.StatusOK {
		t.Error("the refresh token works still")
	}
	if a := w.resource("/api/userinfo", tokens.text("access_token")); a.status == http.StatusOK {
		t.Error("the access token works still")
	}
	if p := elsewhere.get(other.link); p.status != http.StatusGone {
		t.Errorf("another link works still: status %d", p.status)
	}
	if got := w.knows(elsewhere.cookies[sessionCookie]); got != "alice" {
		t.Errorf("%q is signed in who set the password", got)
	}
}

// A link in a mail stands in for the password, and for nothing else.
func secondFactorStays(t *testing.T, w *world) {
	alice := w.user("alice")
	owner := w.person("alice")
	_, secret := owner.enrolsApp(w, "Phone")
	w.clock.advance(time.Minute)
	b := newBrowser(t, w.issuer)
	w.letters()
	p := b.set(w.forgets(b, "alice", "alice@example.com"), newPassword)
	if !p.has("totp") || b.cookies[sessionCookie] != "" {
		t.Fatalf("status %d at %s:\n%s", p.status, p.url, p.body)
	}
	if n := len(w.authenticators(alice.ID)); n != 1 {
		t.Errorf("%d authenticators", n)
	}
	if wrong := p.press("totp", map[string]string{"code": "000000"}); b.cookies[sessionCookie] != "" {
		t.Errorf("signed in with a wrong code: status %d", wrong.status)
	}
	p.press("totp", map[string]string{"code": w.codeOf(secret)})
	if got := w.knows(b.cookies[sessionCookie]); got != "alice" {
		t.Errorf("%q is signed in", got)
	}
}

func linkToOldAddress(t *testing.T, w *world) {
	alice := w.user("alice")
	mail := w.forgets(newBrowser(t, w.issuer), "alice", "alice@example.com")
	// By the store alone, so that the link is there still.
	err := w.app.Store.Apply(context.Background(), core.SetEmail{UserID: alice.ID, Was: alice.Email, Email: "alice@example.org", Verified: true, At: w.clock.Now()})
	if err != nil {
		t.Fatal(err)
	}
	w.recorded(core.EventTicketRefused, "address_changed", func() {
		if p := newBrowser(t, w.issuer).set(mail, newPassword); p.status != http.StatusGone {
			t.Errorf("status %d", p.status)
		}
	})
	if w.signsIn("alice", newPassword) {
		t.Error("the password was set")
	}
}

// An invitation is no way into an account that somebody has by now.
func staleInvitation(t *testing.T, w *world) {
	alice := w.user("alice", invited)
	first := w.handed(core.TicketInvite, alice, nil)
	reset := w.handed(core.TicketReset, alice, nil)
	newBrowser(t, w.issuer).set(reset, thePassword)
	w.hide(thePassword)
	second := w.handed(core.TicketInvite, alice, nil)
	for text, reason := range map[string]string{first.ticket: "ticket_gone", second.ticket: "account_taken_over"} {
		w.recorded(core.EventTicketRefused, reason, func() {
			form := url.Values{"ticket": {text}, "password": {newPassword}, "action": {"password"}}
			if p := newBrowser(t, w.issuer).send(http.MethodPost, "/invite", form); p.status != http.StatusGone {
				t.Errorf("status %d", p.status)
			}
		})
	}
	if w.signsIn("alice", newPassword) {
		t.Error("the password was set")
	}
}

// A form that another site sends does nothing, even with a link that is good: whoever has
// one for their own account could sign others in to it.
func linkFromAnotherSite(t *testing.T, w *world) {
	w.rules(openToAll)
	mallory := w.user("mallory")
	carol := w.user("carol", invited)
	forms := map[string]url.Values{
		"/recover":  {"username": {"mallory"}, "action": {"recover"}},
		"/register": {"email": {"new@example.com"}, "action": {"register"}},
		"/reset":    {"ticket": {w.handed(core.TicketReset, mallory, nil).ticket}, "password": {newPassword}, "action": {"password"}},
		"/invite":   {"ticket": {w.handed(core.TicketInvite, carol, nil).ticket}, "password": {newPassword}, "action": {"password"}},
		"/verify":   {"ticket": {w.handed(core.TicketVerify, mallory, nil).ticket}, "action": {"use"}},
		"/email":    {"email": {"new@example.com"}, "action": {"email"}},
	}
	for path, form := range forms {
		w.each(path, func() {
			b := newBrowser(w.t, w.issuer)
			b.header.Set("Sec-Fetch-Site", "cross-site")
			b.header.Set("Origin", "https://evil.example")
			w.recorded(core.EventRequestRefused, "cross_origin", func() {
				if p := b.send(http.MethodPost, path, form); p.status != http.StatusForbidden {
					w.t.Errorf("status %d", p.status)
				}
			})
			if b.cookies[sessionCookie] != "" {
				w.t.Error("somebody is signed in")
			}
		})
	}
	if mails := w.letters(); len(mails) != 0 {
		t.Errorf("mails: %v", mails)
	}
}

// Who has the database has no link.
func linksAtRest(t *testing.T, w *world) {
	w.rules(openToAll)
	w.user("alice")
	b := newBrowser(t, w.issuer)
	b.get("/recover").press("recover", map[string]string{"username": "alice"})
	b.get("/register").press("register", map[string]string{"email": "new@example.com"})
	mails, err := w.app.Store.Mails(context.Background(), 10)
	if err != nil || len(mails) != 2 {
		t.Fatalf("%d mails, %v", len(mails), err)
	}
	var secrets [][]byte
	for _, m := range mails {
		words, err := w.app.Words(m)
		if err != nil {
			t.Fatal(err)
		}
		_, credential, _ := strings.Cut(words[core.WordLink], "ticket=ticket_")
		parsed, ok := core.ParseCredential(core.KindTicket, "ticket_"+credential)
		if !ok {
			t.Fatalf("no ticket in the mail")
		}
		secrets = append(secrets, []byte(credential), parsed.Secret[:], []byte(credential[24:]))
	}
	err = filepath.WalkDir(w.dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(name)
		for _, secret := range secrets {
			if bytes.Contains(content, secret) {
				t.Errorf("a link is in %s", filepath.Base(name))
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// 101: addresses.

func addressRefusals() []refusal {
	return []refusal{
		{"101_new_address_unproved", unprovedAddress},
		{"101_confirmed_by_somebody_else", confirmedBySomebodyElse},
		{"101_verified_by_form", verifiedByForm},
		{"101_old_address_is_told", oldAddressIsTold},
	}
}

// emailAt is what a client learns of the address.
func (w *world) emailAt(rp *relyingParty, username string) (address string, verified any) {
	w.t.Helper()
	tokens := rp.redeem(rp.code(newBrowser(w.t, w.issuer), username))
	info := w.resource("/api/userinfo", tokens.text("access_token"))
	return info.text("email"), info.json["email_verified"]
}

func unprovedAddress(t *testing.T, w *world) {
	w.user("alice")
	rp := w.register("rp", nil)
	b := newBrowser(t, w.issuer)
	b.get("/login").signIn("alice", thePassword)
	b.get("/email").press("change", map[string]string{"email": "victim@example.org"})
	mail := w.letter(core.MailEmail, "victim@example.org")
	if address, verified := w.emailAt(rp, "alice"); address != "alice@example.com" || verified != true {
		t.Errorf("before it is confirmed: %s, verified %v", address, verified)
	}
	if p := b.get("/email?" + url.Values{"ticket": {mail.ticket}}.Encode()); !p.has("use") {
		t.Fatalf("status %d:\n%s", p.status, p.body)
	}
	if address, _ := w.emailAt(rp, "alice"); address != "alice@example.com" {
		t.Errorf("after the link was looked at: %s", address)
	}
	b.get(mail.link).press("use", nil)
	if address, verified := w.emailAt(rp, "alice"); address != "victim@example.org" || verified != true {
		t.Errorf("afterwards: %s, verified %v", address, verified)
	}
}

// The owner of an address cannot be talked into giving it to the account of another: they
// are not signed in to that.
func confirmedBySomebodyElse(t *testing.T, w *world) {
	mallory := w.user("mallory", func(u *admin.NewUser) { u.Email, u.EmailVerified = "victim@example.org", false })
	w.user("alice")
	attacker, victim, nobody := newBrowser(t, w.issuer), newBrowser(t, w.issuer), newBrowser(t, w.issuer)
	attacker.get("/login").signIn("mallory", thePassword)
	victim.get("/login").signIn("alice", thePassword)
	attacker.get("/email").press("change", map[string]string{"email": "other@example.org"})
	for path, mail := range map[string]letter{
		"/verify": w.handed(core.TicketVerify, mallory, func(ticket *core.Ticket) { ticket.Email = mallory.Email }),
		"/email":  w.letter(core.MailEmail, "other@example.org"),
	} {
		form := url.Values{"ticket": {mail.ticket}, "action": {"use"}}
		w.each(path, func() {
			w.recorded(core.EventTicketRefused, "signed_in_other", func() {
				if p := victim.at(w).send(http.MethodPost, path, form); p.status != http.StatusForbidden {
					w.t.Errorf("status %d", p.status)
				}
			})
			if p := nobody.at(w).post(path, form); !p.has("login") {
				w.t.Errorf("who is not signed in comes to %s", p.url)
			}
		})
	}
	if after := w.found(mallory); after.EmailVerified || after.Email != "victim@example.org" {
		t.Errorf("afterwards: %+v", after)
	}
}

// No form that people send says that an address is verified.
func verifiedByForm(t *testing.T, w *world) {
	w.rules(openToAll)
	alice, bob := w.user("alice", func(u *admin.NewUser) { u.EmailVerified = false }), w.user("bob", invited)
	more := url.Values{"email_verified": {"true"}, "verified": {"true"}, "email": {"victim@example.org"}, "admin": {"true"}, "groups": {"admins"}}
	send := func(path string, form url.Values) {
		maps.Copy(form, more)
		newBrowser(t, w.issuer).post(path, form)
	}
	send("/reset", url.Values{"ticket": {w.handed(core.TicketReset, alice, nil).ticket}, "password": {newPassword}, "action": {"password"}})
	send("/invite", url.Values{"ticket": {w.handed(core.TicketInvite, bob, nil).ticket}, "password": {newPassword}, "action": {"password"}})
	for _, user := range []*core.User{alice, bob} {
		if after := w.found(user); after.PasswordHash == user.PasswordHash || after.EmailVerified || after.Email != user.Email || after.Admin || len(after.Groups) != 0 {
			t.Errorf("afterwards: %+v", after)
		}
	}
	w.letters()
	newBrowser(t, w.issuer).get("/register").press("register", map[string]string{"email": "new@example.com"})
	send("/register/confirm", url.Values{"ticket": {w.letter(core.MailRegister, "new@example.com").ticket}, "password": {newPassword}, "action": {"password"}})
	made, err := w.app.Admin.FindUser(context.Background(), "", "new@example.com")
	if err != nil || made.Email != "new@example.com" || made.Admin || len(made.Groups) != 0 {
		t.Errorf("made %+v, %v", made, err)
	}
}

func oldAddressIsTold(t *testing.T, w *world) {
	w.user("alice")
	b := newBrowser(t, w.issuer)
	b.get("/login").signIn("alice", thePassword)
	b.get("/email").press("change", map[string]string{"email": "thief@example.org"})
	b.get(w.letter(core.MailEmail, "thief@example.org").link).press("use", nil)
	w.letter(core.MailNoticeEmail, "alice@example.com")
}

// 102: the first administrator.

func setupRefusals() []refusal {
	return []refusal{
		{"102_setup_raced", setupRaced},
		{"102_setup_dead_after_use", setupDead},
		{"102_no_default_password", noDefaultPassword},
	}
}

// setupForm makes the first administrator of that name.
func setupForm(token, username string) url.Values {
	return url.Values{"token": {token}, "username": {username}, "name": {"Root"}, "email": {username + "@example.com"}, "password": {thePassword}}
}

func (w *world) administrators() (names []string) {
	w.t.Helper()
	users, err := w.app.Store.Users(context.Background(), core.UserFilter{})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, user := range users {
		if user.Admin {
			names = append(names, user.Name)
		}
	}
	return names
}

func (w *world) setupToken() string {
	w.t.Helper()
	token, open, err := w.app.Admin.OpenSetup(context.Background())
	if err != nil || !open {
		w.t.Fatalf("set-up is open %v, %v", open, err)
	}
	w.hide(token, thePassword)
	return token
}

func setupRaced(t *testing.T, w *world) {
	token := w.setupToken()
	var mu sync.Mutex
	won, wg := 0, sync.WaitGroup{}
	for i := range 50 {
		wg.Go(func() {
			p := newBrowser(t, w.issuer).send(http.MethodPost, "/setup", setupForm(token, fmt.Sprintf("root%d", i)))
			mu.Lock()
			defer mu.Unlock()
			switch p.status {
			case http.StatusOK:
				won++
			case http.StatusForbidden, http.StatusServiceUnavailable:
			default:
				t.Errorf("status %d:\n%s", p.status, p.body)
			}
		})
	}
	wg.Wait()
	if names := w.administrators(); won != 1 || len(names) != 1 {
		t.Errorf("%d of 50 won, administrators %v", won, names)
	}
}

func setupDead(t *testing.T, w *world) {
	old := w.setupToken()
	token := w.setupToken()
	w.recorded(core.EventSetupRefused, "link_unknown", func() {
		if p := newBrowser(t, w.issuer).send(http.MethodPost, "/setup", setupForm(old, "early")); p.status != http.StatusForbidden {
			t.Errorf("an older link: status %d", p.status)
		}
	})
	if p := newBrowser(t, w.issuer).post("/setup", setupForm(token, "root")); p.status != http.StatusOK {
		t.Fatalf("status %d:\n%s", p.status, p.body)
	}
	for name, text := range map[string]string{"the_link": token, "an_older_one": old, "none": "", "another": "setup_" + strings.Repeat("A", 64)} {
		w.each(name, func() {
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				w.recorded(core.EventSetupRefused, "setup_closed", func() {
					target, form := "/setup?"+url.Values{"token": {text}}.Encode(), url.Values(nil)
					if method == http.MethodPost {
						target, form = "/setup", setupForm(text, "second")
					}
					if p := newBrowser(w.t, w.issuer).send(method, target, form); p.status != http.StatusForbidden || p.has("password") {
						w.t.Errorf("%s: status %d:\n%s", method, p.status, p.body)
					}
				})
			}
		})
	}
	// Nor after the server was started anew.
	w.restart()
	if _, open, err := w.app.Admin.OpenSetup(context.Background()); open || err != nil {
		t.Errorf("set-up is open again: %v, %v", open, err)
	}
	if names := w.administrators(); !slices.Equal(names, []string{"root"}) {
		t.Errorf("administrators %v", names)
	}
}

// Nobody can sign in to a server that nobody set up.
func noDefaultPassword(t *testing.T, w *world) {
	users, err := w.app.Store.Users(context.Background(), core.UserFilter{})
	if err != nil || len(users) != 0 {
		t.Errorf("a fresh server has users: %v, %v", users, err)
	}
	for _, name := range []string{"admin", "administrator", "root", "postern", "built-in/admin"} {
		for _, password := range []string{"123", "admin", "password", "postern", "123456"} {
			if w.signsIn(name, password) {
				t.Errorf("%s signs in with %q", name, password)
			}
		}
	}
	for _, form := range []url.Values{{"username": {"root"}, "password": {thePassword}}, setupForm("", "root"), setupForm("setup_"+strings.Repeat("A", 64), "root")} {
		if p := newBrowser(t, w.issuer).send(http.MethodPost, "/setup", form); p.status != http.StatusForbidden {
			t.Errorf("without the link: status %d", p.status)
		}
	}
	if names := w.administrators(); len(names) != 0 {
		t.Errorf("administrators %v", names)
	}
}

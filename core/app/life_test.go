package app_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// A person comes from an invitation to an application, without a script.
func TestInvitedWithoutScript(t *testing.T) {
	w := newWorld(t)
	alice := w.user("alice", invited)
	mail := w.handed(core.TicketInvite, alice, func(ticket *core.Ticket) { ticket.Email = alice.Email })
	b := newBrowser(t, w.issuer)
	p := b.get(mail.link)
	if p.status != http.StatusOK || !p.has("create") || !strings.Contains(p.body, "alice@example.com") {
		t.Fatalf("status %d:\n%s", p.status, p.body)
	}
	p.isPrivate()
	// What was wrong is said beside the field, and what was typed stays.
	p = p.press("create", map[string]string{"name": "Alice L.", "password": "short"})
	if p.status != http.StatusUnprocessableEntity || p.field("name") != "Alice L." || !strings.Contains(p.body, "8 characters or more") {
		t.Fatalf("status %d:\n%s", p.status, p.body)
	}
	p = p.press("create", map[string]string{"password": thePassword})
	if got := w.knows(b.cookies[sessionCookie]); got != "alice" {
		t.Fatalf("%q is signed in, at %s with status %d:\n%s", got, p.url, p.status, p.body)
	}
	after := w.found(alice)
	if !after.EmailVerified || after.Profile.DisplayName != "Alice L." {
		t.Errorf("afterwards: %+v", after)
	}
	rp := w.register("rp", nil)
	tokens := rp.redeem(rp.code(b, "alice"))
	if info := w.resource("/api/userinfo", tokens.text("access_token")); info.text("email") != "alice@example.com" || info.json["email_verified"] != true {
		t.Errorf("the application learns %v", info.json)
	}
	// Another browser, and the password alone.
	other := newBrowser(t, w.issuer)
	other.get("/login").signIn("alice@example.com", thePassword)
	if got := w.knows(other.cookies[sessionCookie]); got != "alice" {
		t.Errorf("%q is signed in", got)
	}
	if p := newBrowser(t, w.issuer).get(mail.link); p.status != http.StatusGone || p.has("create") || !strings.Contains(p.text("reason"), "once") || !strings.Contains(p.text("hint"), "you can sign in") || !p.press("next", nil).has("login") {
		t.Errorf("the link once more: status %d:\n%s", p.status, p.body)
	}
	w.checkSecrets()
}

// Who forgot their password gets on to the application that they came from.
func TestRecoveredWithoutScript(t *testing.T) {
	w := newWorld(t)
	w.user("alice")
	rp := w.register("rp", nil)
	b := newBrowser(t, w.issuer)
	p := b.get(rp.authorizeURL()).press("recover", nil)
	if p.url.Path != "/recover" || !strings.Contains(p.body, "rp") {
		t.Fatalf("at %s:\n%s", p.url, p.body)
	}
	if again := p.press("recover", map[string]string{"username": "  "}); again.status != http.StatusUnprocessableEntity {
		t.Errorf("nothing typed: status %d", again.status)
	}
	if sent := p.press("recover", map[string]string{"username": "alice"}); sent.status != http.StatusOK || !strings.Contains(sent.body, "30 minutes") {
		t.Fatalf("status %d:\n%s", sent.status, sent.body)
	}
	mail := w.letter(core.MailReset, "alice@example.com")
	changed := "another " + thePassword
	w.hide(changed)
	p = b.get(mail.link).press("set", map[string]string{"password": changed})
	if p.location == nil || !strings.HasPrefix(p.location.String(), theCallback+"?code=") && p.location.Query().Get("code") == "" {
		t.Fatalf("status %d at %s, to %v:\n%s", p.status, p.url, p.location, p.body)
	}
	w.letter(core.MailNoticePassword, "alice@example.com")
	// In another browser the link leads to the account itself.
	w.clock.advance(11 * time.Minute)
	mail = w.forgets(b, "alice", "alice@example.com")
	other := newBrowser(t, w.issuer)
	other.get(mail.link).press("set", map[string]string{"password": thePassword})
	if got := w.knows(other.cookies[sessionCookie]); got != "alice" {
		t.Errorf("%q is signed in", got)
	}
	w.checkSecrets()
}

// Somebody new makes an account and gets on to the application that they came from.
func TestRegisteredWithoutScript(t *testing.T) {
	w := newWorld(t)
	rp := w.register("rp", nil)
	b := newBrowser(t, w.issuer)
	if p := b.get(rp.authorizeURL()); p.has("new") || p.has("register") || strings.Contains(p.body, "/register") {
		t.Errorf("registration is offered where it is not open:\n%s", p.body)
	}
	if p := b.get("/register"); p.status != http.StatusNotFound {
		t.Errorf("the page where it is not open: status %d", p.status)
	}
	w.rules(func(r *core.OrgRules) {
		openToAll(r)
		r.Registration.Domains, r.Registration.Groups = []string{"example.com"}, []string{"guests"}
	})
	p := b.get(rp.authorizeURL()).press("register", nil)
	if p.url.Path != "/register" {
		t.Fatalf("at %s:\n%s", p.url, p.body)
	}
	for _, address := range []string{"alice@elsewhere.example", "alice", ""} {
		again := p.press("register", map[string]string{"email": address})
		if again.status != http.StatusUnprocessableEntity || again.field("email") != address {
			t.Errorf("%q: status %d:\n%s", address, again.status, again.body)
		}
	}
	if sent := p.press("register", map[string]string{"email": "alice@example.com"}); sent.status != http.StatusOK || !strings.Contains(sent.body, "24 hours") {
		t.Fatalf("status %d:\n%s", sent.status, sent.body)
	}
	mail := w.letter(core.MailRegister, "alice@example.com")
	p = b.get(mail.link).press("create", map[string]string{"name": "Alice", "password": thePassword})
	if p.location == nil || p.location.Query().Get("code") == "" {
		t.Fatalf("status %d at %s, to %v:\n%s", p.status, p.url, p.location, p.body)
	}
	if p := b.get(mail.link); p.status != http.StatusGone || !strings.Contains(p.text("hint"), "you can sign in") || p.press("next", nil).url.Path != "/account" {
		t.Errorf("the link once more: status %d:\n%s", p.status, p.body)
	}
	code := p.location.Query().Get("code")
	w.hide(code, thePassword)
	tokens := rp.redeem(code)
	info := w.resource("/api/userinfo", tokens.text("access_token"))
	if info.text("email") != "alice@example.com" || info.json["email_verified"] != true || info.text("name") != "Alice" || info.text("preferred_username") != "alice" {
		t.Errorf("the application learns %v", info.json)
	}
	w.checkSecrets()
}

// Somebody changes their address; the old one is told.
func TestChangedAddressWithoutScript(t *testing.T) {
	w := newWorld(t)
	alice := w.user("alice")
	b := newBrowser(t, w.issuer)
	b.get("/login").signIn("alice", thePassword)
	p := b.get("/email")
	if again := p.press("change", map[string]string{"email": "alice@example.com"}); again.status != http.StatusUnprocessableEntity {
		t.Errorf("the address that it is: status %d", again.status)
	}
	if sent := p.press("change", map[string]string{"email": "alice@example.org"}); sent.status != http.StatusOK {
		t.Fatalf("status %d:\n%s", sent.status, sent.body)
	}
	mail := w.letter(core.MailEmail, "alice@example.org")
	// In a browser where nobody is signed in, somebody signs in first and comes back.
	other := newBrowser(t, w.issuer)
	p = other.get(mail.link).signIn("alice", thePassword)
	if p.url.Path != "/email" || !p.has("use") || !strings.Contains(p.body, "alice@example.org") {
		t.Fatalf("at %s:\n%s", p.url, p.body)
	}
	if done := p.press("use", nil); done.status != http.StatusOK || !done.has("continue") {
		t.Fatalf("status %d:\n%s", done.status, done.body)
	}
	if after := w.found(alice); after.Email != "alice@example.org" || !after.EmailVerified {
		t.Errorf("afterwards: %+v", after)
	}
	w.letter(core.MailNoticeEmail, "alice@example.com")
	if p := other.get(mail.link); p.status != http.StatusGone || p.has("use") {
		t.Errorf("the link once more: status %d", p.status)
	}
	// A sign-in of some minutes ago is not enough to ask.
	w.clock.advance(6 * time.Minute)
	if p := b.get("/email"); !p.has("login") || p.has("change") {
		t.Errorf("at %s:\n%s", p.url, p.body)
	}
	w.checkSecrets()
}

// A link for somebody else than who is signed in says so, and how to go on.
func TestForwardedLink(t *testing.T) {
	w := newWorld(t)
	w.rules(openToAll)
	alice, carol := w.user("alice"), w.user("carol", invited)
	w.user("bob")
	b := newBrowser(t, w.issuer)
	b.get("/login").signIn("bob", thePassword)
	elsewhere := newBrowser(t, w.issuer)
	elsewhere.get("/register").press("register", map[string]string{"email": "new@example.com"})
	for purpose, mail := range map[core.TicketPurpose]letter{
		core.TicketReset:  w.handed(core.TicketReset, alice, nil),
		core.TicketInvite: w.handed(core.TicketInvite, carol, nil),
		core.TicketVerify: w.handed(core.TicketVerify, alice, func(ticket *core.Ticket) { ticket.Email = alice.Email }),
		core.TicketEmail: w.handed(core.TicketEmail, alice, func(ticket *core.Ticket) {
			ticket.Email, ticket.Data = "x@example.com", []byte(`{"was":"alice@example.com"}`)
		}),
		core.TicketRegister: w.letter(core.MailRegister, "new@example.com"),
	} {
		p := b.get(mail.link)
		if p.status != http.StatusForbidden || !strings.Contains(p.text("reason"), "Alice Liddell") || !p.has("next") || p.has("create") || p.has("set") || p.has("use") {
			t.Errorf("%s: status %d:\n%s", purpose, p.status, p.body)
		}
		if p = p.press("next", nil); !p.has("logout") {
			t.Errorf("%s leads to %s", purpose, p.url)
		}
	}
	if got := w.knows(b.cookies[sessionCookie]); got != "bob" {
		t.Errorf("%q is signed in", got)
	}
}

// What a link of each kind says once it does not work.
func TestDeadLinks(t *testing.T) {
	w := newWorld(t)
	w.rules(openToAll)
	alice := w.user("alice")
	b := newBrowser(t, w.issuer)
	for path, purpose := range map[string]core.TicketPurpose{
		"/reset": core.TicketReset, "/invite": core.TicketInvite, "/register/confirm": core.TicketRegister, "/verify": core.TicketVerify, "/email": core.TicketEmail,
	} {
		next := map[string]string{"/invite": "/login", "/reset": "/recover", "/register/confirm": "/register", "/verify": "/account", "/email": "/account"}[path]
		mail := w.handed(purpose, alice, nil)
		w.clock.advance(8 * 24 * time.Hour)
		for text, want := range map[string]struct {
			status int
			words  string
		}{mail.ticket: {http.StatusGone, "expired"}, "ticket_x": {http.StatusNotFound, "does not work"}, "": {http.StatusNotFound, "does not work"}} {
			if path+text == "/email" {
				continue // the page that asks for a new address
			}
			p := b.get(path + "?" + url.Values{"ticket": {text}}.Encode())
			if p.status != want.status || !strings.Contains(p.body, want.words) || !p.has("hint") {
				t.Errorf("%s %.10q: status %d:\n%s", path, text, p.status, p.body)
			}
			p.isPrivate()
			leads := slices.Contains(p.itself().References("a", "href"), w.issuer+next)
			if !p.has("next") || !leads {
				t.Errorf("%s does not lead to %q:\n%s", path, next, p.body)
			}
		}
	}
}

// Somebody proves the address that an administrator gave them.
func TestVerifiedAddressWithoutScript(t *testing.T) {
	w := newWorld(t)
	alice := w.user("alice", func(u *admin.NewUser) { u.EmailVerified = false })
	b := newBrowser(t, w.issuer)
	b.get("/login").signIn("alice", thePassword)
	account := b.get("/account")
	if sent := account.press("verify", nil); sent.status != http.StatusOK || !strings.Contains(sent.body, "alice@example.com") {
		t.Fatalf("status %d at %s:\n%s", sent.status, sent.url, sent.body)
	}
	if done := b.get(w.letter(core.MailVerify, "alice@example.com").link).press("use", nil); done.status != http.StatusOK || !done.has("continue") {
		t.Fatalf("status %d:\n%s", done.status, done.body)
	}
	if !w.found(alice).EmailVerified {
		t.Error("the address is not verified")
	}
	if p := b.get("/account"); p.has("verify") {
		t.Errorf("it is to be proved once more:\n%s", p.body)
	}
	if p := account.press("verify", nil); p.url.Path != "/account" || len(w.letters()) != 0 {
		t.Errorf("the button of before: status %d at %s", p.status, p.url)
	}
	// Mails come so often and no more.
	w.user("bob", func(u *admin.NewUser) { u.EmailVerified = false })
	other := newBrowser(t, w.issuer)
	other.get("/login").signIn("bob", thePassword)
	for i := range 4 {
		p := other.get("/account").press("verify", nil)
		if want := map[bool]int{true: http.StatusOK, false: http.StatusUnprocessableEntity}[i < 3]; p.status != want {
			t.Errorf("mail %d: status %d", i+1, p.status)
		}
	}
	w.checkSecrets()
}

// What an organisation demands of a sign-in it demands of who comes in for the first time.
func TestInvitedWhereTwoFactorsAreDemanded(t *testing.T) {
	w := newWorld(t)
	w.rules(func(r *core.OrgRules) { r.SignIn.Require = core.ACRTwo })
	alice := w.user("alice", invited)
	b := newBrowser(t, w.issuer)
	p := b.get(w.handed(core.TicketInvite, alice, nil).link).press("create", map[string]string{"password": thePassword})
	if p.url.Path != "/enrol" || w.knows(b.cookies[sessionCookie]) != "" {
		t.Fatalf("at %s, signed in is %q:\n%s", p.url, w.knows(b.cookies[sessionCookie]), p.body)
	}
}

// A policy plugin that denies registration is heard before there is an account, and its
// words are for who registers.
func TestRegistrationPolicy(t *testing.T) {
	w := newWorld(t)
	w.rules(openToAll)
	rules := []byte(`{"rules":[{"when":{"grant_types":["registration"]},"then":{"deny":"Ask the front desk for an account."}}]}`)
	if _, err := w.app.Admin.BindPlugin(t.Context(), cli, admin.Bind{Plugin: "access", Settings: rules}); err != nil {
		t.Fatal(err)
	}
	b := newBrowser(t, w.issuer)
	b.get("/register").press("register", map[string]string{"email": "new@example.com"})
	p := b.get(w.letter(core.MailRegister, "new@example.com").link)
	p = p.press("create", map[string]string{"name": "New Person", "password": thePassword})
	if p.status != http.StatusForbidden || !strings.Contains(string(p.body), "Ask the front desk for an account.") {
		t.Errorf("status %d:\n%s", p.status, p.body)
	}
	if users, err := w.app.Store.Users(t.Context(), core.UserFilter{}); err != nil || len(users) != 0 {
		t.Errorf("%d users, %v", len(users), err)
	}
	if denied := w.events(core.EventFilter{Type: core.EventRegisterRefused}); len(denied) != 1 || denied[0].Detail["reason"] != "policy_denied" {
		t.Errorf("%+v", denied)
	}
	// Who signs in is another matter.
	w.user("alice")
	if p := newBrowser(t, w.issuer).get("/login").signIn("alice", thePassword); p.url.Path != "/account" {
		t.Errorf("alice is at %s", p.url)
	}
}

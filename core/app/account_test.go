package app_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/authn/authntest"
)

// done checks that the page says that something was done.
func (p *page) done(words string) *page {
	p.browser.t.Helper()
	if p.status != http.StatusOK || !strings.Contains(p.text("notice"), words) {
		p.browser.t.Fatalf("status %d at %s, the page says %q, want %q:\n%s", p.status, p.url, p.text("notice"), words, p.body)
	}
	return p
}

// TestAccountProfile: what people say of themselves is what applications hear.
func TestAccountProfile(t *testing.T) {
	w := newWorld(t)
	alice := w.user("alice")
	rp := w.register("wiki", nil)
	b := w.person("alice")
	p := b.get("/account")
	wrong := p.press("save", map[string]string{"name": "Ada Lovelace", "website": "example.org", "phone_number": "call me", "birthdate": "1815"})
	if wrong.status != http.StatusUnprocessableEntity || !wrong.has("website-problem") || !wrong.has("phone_number-problem") || wrong.has("birthdate-problem") ||
		wrong.field("website") != "example.org" || wrong.field("name") != "Ada Lovelace" {
		t.Fatalf("status %d:\n%s", wrong.status, wrong.body)
	}
	wrong.press("save", map[string]string{"website": "https://example.org", "phone_number": "+44 20 1234"}).done("Your profile is saved")
	b.upload(b.get("/account"), squarePNG(t)).done("Your picture is saved")

	info := w.resource("/api/userinfo", rp.redeem(rp.code(b, "alice")).text("access_token"))
	picture := w.asUser(alice.ID).Profile.Picture
	if info.json["name"] != "Ada Lovelace" || info.json["website"] != "https://example.org" || info.json["birthdate"] != "1815" || info.json["picture"] != picture ||
		!strings.HasPrefix(picture, w.issuer+"/avatar/") {
		t.Errorf("UserInfo: %s", info.body)
	}
	if shown := b.get("/account/activity"); !strings.Contains(shown.body, strings.TrimPrefix(picture, w.issuer)) {
		t.Error("the pages do not show the picture")
	}

	// Language and appearance count at once, here and where alice signs in next.
	b.get("/account").press("settings", map[string]string{"locale": "de", "appearance": "dark"})
	if page := b.get("/account"); !strings.Contains(page.body, `<html lang="de"`) || !strings.Contains(page.body, `data-appearance="dark"`) {
		t.Errorf("the page is %.200s", page.body)
	}
	other := w.person("alice")
	if page := other.get("/account/data"); !strings.Contains(page.body, `<html lang="de"`) {
		t.Errorf("elsewhere the page is %.200s", page.body)
	}
	target, form := b.get("/account").submission("settings", map[string]string{"locale": "tlh", "appearance": "dark"})
	if page := b.post(target, form); page.status != http.StatusBadRequest {
		t.Errorf("in Klingon: status %d", page.status)
	}
}

// TestAccountMails: who has an unconfirmed address gets a link, and may have another address.
func TestAccountMails(t *testing.T) {
	w := newWorld(t)
	alice := w.user("alice", func(u *admin.NewUser) { u.EmailVerified = false })
	b := w.person("alice")
	p := b.get("/account")
	if !p.has("change-email") || !p.has("verify") {
		t.Fatalf("the page:\n%s", p.body)
	}
	for range 3 {
		if sent := b.get("/account").press("verify", nil); sent.status != http.StatusOK || sent.has("problem") || !strings.Contains(sent.body, "alice@example.com") {
			t.Fatalf("status %d\n%s", sent.status, sent.body)
		}
	}
	if often := b.get("/account").press("verify", nil); often.status != http.StatusUnprocessableEntity || !often.has("problem") {
		t.Errorf("a fourth time: status %d\n%s", often.status, often.body)
	}
	if mails, err := w.app.Store.Mails(t.Context(), 10); err != nil || len(mails) != 3 || mails[0].Template != core.MailVerify || mails[0].UserID != alice.ID {
		t.Errorf("mails %+v, %v", mails, err)
	}
	w.rules(func(r *core.OrgRules) { r.KeepEmail = true })
	if p = b.get("/account"); p.has("change-email") {
		t.Error("an address is offered to be changed that the organisation keeps")
	}
}

// TestAccountActivity: people know their own sign-ins by the browser.
func TestAccountActivity(t *testing.T) {
	w := newWorld(t)
	alice := w.user("alice")
	w.user("bob")
	newBrowser(t, w.issuer).get("/login").signIn("alice", "wrong")
	b := newBrowser(t, w.issuer)
	b.header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0")
	b.get("/login").signIn("alice", thePassword)
	w.person("bob")
	if _, err := w.app.Admin.UpdateUser(t.Context(), admin.Actor{Name: "cli:root", IP: "203.0.113.9"}, alice.ID, "", func(u *core.User) { u.Profile.Title = "Dr" }); err != nil {
		t.Fatal(err)
	}
	p := b.get("/account/activity")
	for _, words := range []string{"You signed in", "<bdi>Firefox (Linux)</bdi>", "<bdi>127.0.0.1</bdi>", "A sign-in failed", "The account was changed", "By an administrator"} {
		if !strings.Contains(p.body, words) {
			t.Errorf("the page does not say %q:\n%s", words, p.body)
		}
	}
	if strings.Contains(p.body, "bob") || strings.Contains(p.body, "203.0.113.9") || strings.Count(p.body, "You signed in") != 1 {
		t.Errorf("the page says too much:\n%s", p.body)
	}
	for range 40 {
		w.clock.advance(time.Second)
		target, form := b.get("/account").submission("save", map[string]string{"nickname": w.clock.Now().Format("15h04m05s")})
		b.post(target, form)
	}
	p = b.get("/account/activity")
	if strings.Contains(p.body, "You signed in") || !strings.Contains(p.press("more", nil).body, "You signed in") {
		t.Errorf("older things are not on the next page:\n%s", p.body)
	}
}

// TestActivitySaysWho: what others did is not said to be the person's own doing, and what
// they did themselves is.
func TestActivitySaysWho(t *testing.T) {
	w := newWorld(t)
	if p := newBrowser(t, w.issuer).send(http.MethodPost, "/setup", setupForm(w.setupToken(), "root")); p.status != http.StatusOK {
		t.Fatalf("status %d:\n%s", p.status, p.body)
	}
	b := newBrowser(t, w.issuer)
	p := b.get("/login").signIn("root", thePassword).browser.get("/account/activity")
	if !strings.Contains(p.body, "You set this server up and created the account") || strings.Contains(p.body, "The account was created") ||
		strings.Contains(p.body, "By an administrator") {
		t.Errorf("after set-up:\n%s", p.body)
	}
	root, err := w.app.Store.UserByLogin(t.Context(), "", "root")
	if err != nil {
		t.Fatal(err)
	}
	handed, err := w.app.Admin.ResetLink(t.Context(), cli, root.ID, false)
	if err != nil {
		t.Fatal(err)
	}
	w.hide(handed.Link)
	if err := w.app.Admin.SignOutUser(t.Context(), cli, root.ID); err != nil {
		t.Fatal(err)
	}
	p = b.get("/login").signIn("root", thePassword).browser.get("/account/activity")
	for _, words := range []string{"You were signed out", "A link to your account was made"} {
		if !strings.Contains(p.body, words) {
			t.Errorf("the page does not say %q:\n%s", words, p.body)
		}
	}
	if strings.Contains(p.body, "You signed out") || strings.Contains(p.body, "by e-mail") || strings.Count(p.body, "By an administrator") != 2 {
		t.Errorf("after the help desk:\n%s", p.body)
	}
	w.checkSecrets()
}

// TestAccountSessions: whoever is signed out elsewhere is.
func TestAccountSessions(t *testing.T) {
	w := newWorld(t)
	w.user("alice")
	rp := w.register("wiki", withRefresh)
	b, second, third := w.person("alice"), w.person("alice"), newBrowser(t, w.issuer)
	b.header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0")
	set := rp.tokens(third)
	p := b.get("/account/sessions")
	if strings.Count(p.body, `value="end"`) != 2 {
		t.Fatalf("sessions:\n%s", p.body)
	}
	p.press("end-"+string(w.sessionOf(second).Session.ID), nil).done("The session has ended")
	if second.signedIn() || !b.signedIn() {
		t.Error("the wrong session has ended")
	}
	b.get("/account/sessions").press("end-others", nil).done("signed out everywhere else")
	if third.signedIn() || !b.signedIn() {
		t.Error("the wrong session has ended")
	}
	w.deniesAccess(set.text("access_token"), "grant_revoked")
	w.refuses(rp.callRefresh(set.text("refresh_token")), http.StatusBadRequest, "invalid_grant", "grant_revoked")
	if p = b.get("/account/sessions"); p.has("end-others") || !p.has("logout") {
		t.Errorf("one session is left:\n%s", p.body)
	}
}

// TestAccountApplications: an application that lost its access has none, and is asked for
// again.
func TestAccountApplications(t *testing.T) {
	w := newWorld(t)
	w.user("alice")
	rp := w.register("wiki", func(c *core.Client) { c.SkipConsent = false; withRefresh(c) })
	b := newBrowser(t, w.issuer)
	p := b.get(rp.authorizeURL("scope", offlineScope, "prompt", "consent")).signIn("alice", thePassword).press("allow", nil)
	set := rp.redeem(p.location.Query().Get("code"))
	w.hide(p.location.Query().Get("code"))
	p = b.get("/account/applications")
	if !strings.Contains(p.body, "Your profile") {
		t.Errorf("the page does not say what the application gets:\n%s", p.body)
	}
	p.press("withdraw-"+rp.client.ID, nil).done("no access any more")
	w.deniesAccess(set.text("access_token"), "grant_revoked")
	w.refuses(rp.callRefresh(set.text("refresh_token")), http.StatusBadRequest, "invalid_grant", "grant_revoked")
	if p = b.get(rp.authorizeURL()); !p.has("allow") {
		t.Errorf("alice is not asked again: status %d\n%s", p.status, p.body)
	}
	if p = b.get("/account/activity"); !strings.Contains(p.body, "access of <bdi>wiki</bdi> back") {
		t.Errorf("what happened:\n%s", p.body)
	}
	if !b.signedIn() {
		t.Error("alice is signed out")
	}
}

// TestAccountCredentials: an app, its codes, and a password that alice forgot.
func TestAccountCredentials(t *testing.T) {
	w := newWorld(t)
	alice := w.user("alice")
	b := w.person("alice")
	p, _ := b.enrolsApp(w, "My phone")
	p.press("continue", nil).done("It is added")
	id := string(w.authenticators(alice.ID)[0].ID)
	p = b.get("/account/security")
	if !strings.Contains(p.body, "My phone") || !strings.Contains(p.text("codes-left"), "10") {
		t.Errorf("the page:\n%s", p.body)
	}
	wrong := p.press("rename-"+id, map[string]string{"name": " "})
	if wrong.status != http.StatusUnprocessableEntity || !wrong.has("name-"+id+"-problem") {
		t.Errorf("no name: status %d\n%s", wrong.status, wrong.body)
	}
	p.press("rename-"+id, map[string]string{"name": "Alice's \"Phone\""}).done("The name is changed")
	p = b.get("/account/security").press("remove-"+id, nil).done("It is removed")
	if p.has("make-codes") || p.has("remove-"+id) || len(w.authenticators(alice.ID)) != 0 {
		t.Errorf("something is left:\n%s", p.body)
	}

	// Long after the sign-in the current password is asked for.
	other := w.person("alice")
	w.clock.advance(time.Hour)
	p = b.get("/account/security/password")
	if weak := p.press("set", map[string]string{"current": thePassword, "password": "short"}); weak.status != http.StatusUnprocessableEntity || !weak.has("password-problem") {
		t.Errorf("a weak one: status %d\n%s", weak.status, weak.body)
	}
	w.hide("another good one")
	p.press("set", map[string]string{"current": thePassword, "password": "another good one"}).done("Your password is set")
	if other.signedIn() || !b.signedIn() {
		t.Error("the wrong sessions have ended")
	}
	if p := newBrowser(t, w.issuer).get("/login").signIn("alice", thePassword); p.status != http.StatusUnprocessableEntity {
		t.Errorf("the old password: status %d", p.status)
	}
	if p := newBrowser(t, w.issuer).get("/login").signIn("alice", "another good one"); p.status != http.StatusOK {
		t.Errorf("the new password: status %d", p.status)
	}
	if p := b.get("/account/activity"); !strings.Contains(p.body, "The password was set") || !strings.Contains(p.body, "Alice&#39;s &#34;Phone&#34;") {
		t.Errorf("what happened:\n%s", p.body)
	}
	w.checkSecrets()
}

// TestAccountPasskey enrols a passkey at a server whose host has a name.
func TestAccountPasskey(t *testing.T) {
	w := newWorld(t)
	w.stop()
	w.issuer = strings.Replace(w.issuer, "127.0.0.1", "localhost", 1)
	w.start()
	alice := w.user("alice")
	b := w.person("alice")
	machine := &authntest.Browser{Origin: w.issuer}
	enrol := func(p *page, name string) *page {
		button := find(p.document(), "passkey")
		if button == nil {
			t.Fatalf("status %d:\n%s", p.status, p.body)
		}
		made, err := machine.Create([]byte(attribute(button, "data-options")))
		if err != nil {
			t.Fatal(err)
		}
		return p.press("passkey", map[string]string{"response": string(made), "name": name})
	}
	first := b.get("/account/security/passkey")
	if policy := first.header.Get("Content-Security-Policy"); !strings.Contains(policy, "script-src 'self'") {
		t.Errorf("the script may not run: %s", policy)
	}
	if p := first.press("passkey", map[string]string{"name": "x"}); p.status != http.StatusUnprocessableEntity || !p.has("passkey") {
		t.Errorf("without a script: status %d\n%s", p.status, p.body)
	}
	old := b.cookies[sessionCookie]
	p := enrol(first, "Laptop")
	if len(p.codes()) != 10 || w.knows(old) != "" {
		t.Fatalf("status %d:\n%s", p.status, p.body)
	}
	list := w.authenticators(alice.ID)
	if len(list) != 1 || list[0].Name != "Laptop" || string(list[0].Handle) != string(machine.Passkeys[0].ID) {
		t.Fatalf("enrolled %+v", list)
	}
	// The challenge is used up, and was that session's.
	target, form := first.submission("passkey", map[string]string{"response": "{}", "name": "again"})
	form.Set("step", b.get("/account").field("step"))
	if p := b.post(target, form); p.status != http.StatusUnprocessableEntity || len(w.authenticators(alice.ID)) != 1 {
		t.Errorf("an old challenge: status %d\n%s", p.status, p.body)
	}
	p = b.get("/account/security")
	signal := find(p.document(), "signal")
	if signal == nil || attribute(signal, "data-rp") != "localhost" || !strings.Contains(p.body, "Laptop") {
		t.Errorf("the page:\n%s", p.body)
	}
	p.press("remove-"+string(list[0].ID), nil).done("It is removed")
}

// TestAccountExportAndDeletion walks to the end of an account.
func TestAccountExportAndDeletion(t *testing.T) {
	w := newWorld(t)
	w.user("root", func(u *admin.NewUser) { u.Admin = true })
	alice := w.user("alice")
	rp := w.register("wiki", nil)
	b := w.person("alice")
	set := rp.redeem(rp.code(b, "alice"))
	target, form := b.get("/account/data").submission("export", nil)
	p := b.post(target, form)
	var document struct {
		Account struct {
			Name string `json:"user_name"`
		}
		Applications []struct{ Name string }
	}
	if err := json.Unmarshal([]byte(p.body), &document); err != nil || document.Account.Name != "alice" || len(document.Applications) != 1 {
		t.Fatalf("%v: %s", err, p.body)
	}
	if p.header.Get("Cache-Control") != "no-store" || !strings.HasPrefix(p.header.Get("Content-Disposition"), "attachment") || strings.Contains(p.body, alice.PasswordHash) {
		t.Errorf("%v", p.header)
	}

	p = b.get("/account/data").press("delete", nil)
	if wrong := p.press("delete", map[string]string{"confirm": "bob"}); wrong.status != http.StatusUnprocessableEntity || !wrong.has("confirm-problem") {
		t.Errorf("status %d\n%s", wrong.status, wrong.body)
	}
	p = p.press("delete", map[string]string{"confirm": "Alice"})
	if p.status != http.StatusOK || b.cookies[sessionCookie] != "" {
		t.Errorf("status %d, cookies %v\n%s", p.status, b.cookies, p.body)
	}
	if _, err := w.app.Store.User(t.Context(), alice.ID); err == nil {
		t.Error("the account is still there")
	}
	w.deniesAccess(set.text("access_token"), "")
	if p := newBrowser(t, w.issuer).get("/login").signIn("alice", thePassword); p.status != http.StatusUnprocessableEntity {
		t.Errorf("signs in again: status %d", p.status)
	}
	if p := b.post(target, form); p.status != http.StatusBadRequest {
		t.Errorf("with the old form: status %d", p.status)
	}
	mails, err := w.app.Store.Mails(t.Context(), 10)
	if err != nil || len(mails) != 1 || mails[0].Template != core.MailNoticeDeleted || mails[0].To != "alice@example.com" {
		t.Errorf("mails %+v, %v", mails, err)
	}
	if e := w.events(core.EventFilter{Type: core.EventUserDeleted}); len(e) != 1 || e[0].UserID != alice.ID {
		t.Errorf("recorded %+v", e)
	}
	w.checkSecrets()
}

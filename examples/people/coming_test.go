package people_test

import (
	"strings"
	"testing"

	"github.com/postern-id/postern/examples/walk"
)

const (
	gracesPassword = "nanoseconds are this long"
	gracesNew      = "it is easier to apologise"
)

// TestComing walks with Grace, who makes an account of her own, has to have a second
// factor, forgets her password, and loses her phone.
func TestComing(t *testing.T) {
	h := newHouse(t)
	root, grace := h.browser(), h.browser()
	root.setsUp()
	h.run("org", "rules", "built-in", "--self-registration", "--self-registration-domain", "example.com", "--self-registration-group", "guests")

	grace.registers(root)
	h.run("client", "update", "Wiki", "--require-sign-in", "2")
	phone := grace.mustEnrol()
	grace.goesBack(phone)
	other := h.browser()
	other.forgets(root, grace, phone)
	other.guesses(phone)
	h.run("user", "mfa", "reset", "grace", "--yes")
	other.beginsAnew(other.Authenticator())
}

// registers makes an account from the sign-in page of the wiki, where it goes on.
func (b tab) registers(root tab) {
	b.t.Helper()
	b.wants("", "#register", "")
	b.Click("#register", "#email", "b01-register")
	b.says("Wiki", "Addresses at example.com")
	b.Enter("#email", "grace@elsewhere.example")
	b.Click("#register", "#problem", "b02-register-wrong")
	b.keeps("#email", "grace@elsewhere.example")
	b.Enter("#email", "root@example.com")
	b.Click("#register", "#back", "")
	known := strings.Replace(b.Text("main"), "root@", "", 1)
	if told := root.mail("root@example.com", "b03-mail-to-somebody-known"); !strings.Contains(told.Text, "you have one already") {
		b.t.Errorf("who has an account is told:\n%s", told.Text)
	}

	b.wants("", "#register", "")
	b.Click("#register", "#email", "")
	b.Enter("#email", "grace@example.com")
	b.Click("#register", "#back", "b04-register-sent")
	if unknown := strings.Replace(b.Text("main"), "grace@", "", 1); unknown != known {
		b.t.Errorf("the page tells who has an account:\n%s\n%s", known, unknown)
	}
	link := root.mail("grace@example.com", "").Link
	b.Open(link, "#create", "b05-register-link")
	b.says("grace@example.com")
	b.fill("#name", "Grace Hopper", "#password", "grace@example.com")
	b.Click("#create", "#problem", "b06-register-link-wrong")
	b.keeps("#name", "Grace Hopper")
	b.Enter("#password", gracesPassword)
	b.Click("#create", "#allow", "b07-consent")
	b.Click("#allow", "#in", "")
	b.knows("1", "pwd")
	if c := b.learns(); c.Email != "grace@example.com" || c.Name != "Grace Hopper" {
		b.t.Errorf("the wiki learns %+v", c)
	}
	b.Open(link, "#next", "b08-register-link-used")
	b.says("This link was used already", "you can sign in")
}

// mustEnrol is asked to set up an app at the wiki, which wants two factors now.
func (b tab) mustEnrol() *app {
	b.t.Helper()
	b.wants("", "#totp", "b09-enrol")
	b.says("Protect your account")
	b.Click("#totp", "#code", "")
	b.Press("#type", "#secret")
	b.Picture("b10-enrol-app")
	phone := b.scan()
	b.Enter("#code", phone.wrong())
	b.Click("#totp", "#code-problem", "b11-enrol-app-wrong")
	b.Enter("#code", phone.code())
	b.Click("#totp", "#codes", "b12-recovery-codes")
	b.recoveryCodes()
	b.Click("#continue", "#in", "")
	b.knows("2", "pwd otp mfa")
	return phone
}

// goesBack uses the button of the browser after every step, and sends forms twice.
func (b tab) goesBack(phone *app) {
	b.t.Helper()
	b.signOut("")
	b.wants("", "#login", "")
	b.fill("#username", "grace", "#password", gracesPassword)
	b.Click("#login", "#totp", "")
	b.Back("#login", "")
	b.fill("#username", "grace", "#password", gracesPassword)
	b.Click("#login", "#totp", "")
	b.Enter("#code", phone.code())
	b.Click("#totp", "#in", "")
	b.knows("2", "pwd otp mfa")
	b.Back("main", "b13-back")
	b.wants("", "#in", "")
	b.knows("2", "pwd otp mfa")
}

// forgets sets a new password in another browser, which ends what there was.
func (b tab) forgets(root, before tab, phone *app) {
	b.t.Helper()
	b.wants("", "#recover", "")
	b.Click("#recover", "#username", "b14-recover")
	b.Enter("#username", "nobody")
	b.Click("#recover", "#back", "")
	nobody := strings.ReplaceAll(b.Text("main"), "nobody", "")
	b.wants("", "#recover", "")
	b.Click("#recover", "#username", "")
	b.Enter("#username", "grace")
	b.Click("#recover", "#back", "b15-recover-sent")
	if grace := strings.ReplaceAll(b.Text("main"), "grace", ""); grace != nobody {
		b.t.Errorf("the page tells who has an account:\n%s\n%s", nobody, grace)
	}
	link := root.mail("grace@example.com", "b16-mailbox").Link
	b.Open(link, "#set", "b17-new-password")
	b.keeps("#username", "grace")
	b.Enter("#password", "short")
	b.Click("#set", "#problem", "b18-new-password-wrong")
	b.Enter("#password", gracesNew)
	b.Click("#set", "#totp", "")
	b.Enter("#code", phone.code())
	b.Click("#totp", "#in", "")
	before.Open(b.house.issuer+"/account", "#login", "")
	b.Open(link, "#next", "b19-link-used")
	b.Click("#next", "#recover", "")
	before.fill("#username", "grace", "#password", gracesPassword)
	before.Click("#login", "#problem", "")
}

// guesses codes until there are no more tries.
func (b tab) guesses(phone *app) {
	b.t.Helper()
	b.signOut("")
	b.wants("", "#login", "")
	b.fill("#username", "grace", "#password", gracesNew)
	b.Click("#login", "#totp", "")
	for range 4 {
		b.Enter("#code", phone.wrong())
		b.Click("#totp", "#problem", "")
	}
	b.Enter("#code", phone.wrong())
	b.Click("#totp", "#login", "b20-too-many")
	b.says("too many tries", "Wiki")
	b.fill("#username", "grace", "#password", gracesNew)
	b.Click("#login", "#totp", "")
	b.Enter("#code", phone.code())
	b.Click("#totp", "#problem", "b21-wait") // which no code helps
	b.says("Wait")
	b.Click("#cancel", "#in", "")
}

// beginsAnew has no factors left, after a call to the help desk, and makes a passkey.
func (b tab) beginsAnew(key *walk.Authenticator) {
	b.t.Helper()
	b.wants("", "#login", "")
	b.fill("#username", "grace", "#password", gracesNew)
	b.Click("#login", "#passkey", "b22-enrol-again")
	key.While(func() { b.Click("#passkey", "#codes, #name", "b23-enrol-passkey") })
	if b.Has("#name") {
		key.While(func() { b.Click("#passkey", "#codes", "") })
	}
	b.recoveryCodes()
	b.Click("#continue", "#in", "")
	b.knows("phr", "pwd hwk user mfa")
	b.Open(b.house.issuer+"/account/activity", "main", "b24-activity")
	b.says("By an administrator", "A way to sign in was added", "A link was sent")
}

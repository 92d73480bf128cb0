package people_test

import (
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/postern-id/postern/examples/walk"
)

const (
	rootsPassword = "a long enough password"
	adasPassword  = "correct horse battery staple"
)

// TestLife walks with Ada from the invitation to the end of her account, as README.md
// tells it. Pictures of every page stay in screenshots/.
func TestLife(t *testing.T) {
	h := newHouse(t)
	root, ada := h.browser(), h.browser()
	key := ada.Authenticator()
	root.setsUp()
	h.run("org", "rules", "built-in", "--remember-days", "30",
		"--sign-in-method", "password", "--sign-in-method", "passkey", "--sign-in-method", "email", "--sign-in-method", "totp")
	h.run("user", "invite", "ada", "--email", "ada@example.com", "--name", "Ada Byron", "--group", "staff")

	ada.acceptsWith(key, root.mail("ada@example.com", "a02-mailbox").Link, root)
	ada.comesToTheWiki()
	ada.writesProfile()
	phone, codes := ada.addsFactors(root)
	ada.signsInWithBoth(phone)
	ada.isRemembered(key)
	other := h.browser()
	other.signsInWithRecoveryCode(codes[0])
	other.signsInByMail(root, ada, phone)
	ada.endsTheOther(other)
	ada.withdraws()
	ada.changesAddress(root)
	ada.readsGerman()
	ada.takesData()
	ada.leaves(root)
}

// setsUp makes the first administrator.
func (b tab) setsUp() {
	b.t.Helper()
	b.Open(b.house.setup, "#setup", "")
	b.fill("#username", "root", "#name", "Ruth Root", "#email", "root@example.com", "#password", rootsPassword)
	b.Click("#setup", "#signin", "a01-set-up")
	b.says("invite people")
}

// acceptsWith follows the invitation, chooses wrongly first, and then a passkey.
func (b tab) acceptsWith(key *walk.Authenticator, link string, other tab) {
	b.t.Helper()
	b.Open(link, "#create", "a03-invitation")
	b.says("Welcome to", "ada@example.com")
	b.fill("#name", "Ada Lovelace", "#password", "short")
	b.Click("#create", "#problem", "a04-invitation-wrong")
	b.says("Use 8 characters or more.")
	b.keeps("#name", "Ada Lovelace", "#username", "ada")
	key.While(func() { b.Click("#passkey", "#logout", "a05-account") })
	b.says("Ada Lovelace", "ada@example.com", "Confirmed")
	if names := key.Passkeys(); !slices.Equal(names, []string{"ada"}) {
		b.t.Errorf("passkeys of %q", names)
	}
	b.Open(link, "#next", "a06-invitation-used")
	b.says("This link was used already", "you can sign in")
	b.Click("#next", "#logout", "")
	other.Open(link, "#hint", "")
	other.says("This link was used already")
	if other.Has("#create") {
		b.t.Error("an invitation works twice")
	}
}

// comesToTheWiki goes to an application, which learns that a passkey was used.
func (b tab) comesToTheWiki() {
	b.t.Helper()
	b.wants("", "#allow", "a07-consent")
	b.says("Wiki", "Ada Lovelace", "Your e-mail address")
	b.Click("#allow", "#in", "")
	b.knows("phr", "hwk user mfa")
}

// writesProfile types what is wrong, loses none of it, and adds a picture.
func (b tab) writesProfile() {
	b.t.Helper()
	b.Open(b.house.issuer+"/account", "#save", "")
	b.fill("#nickname", "Countess", "#website", "javascript:alert(1)", "#phone_number", "call me")
	b.Click("#save", "#problem", "a08-profile-wrong")
	b.keeps("#nickname", "Countess", "#website", "javascript:alert(1)", "#phone_number", "call me")
	b.fill("#website", "https://example.com/ada", "#phone_number", "+44 20 7946 0000")
	b.Click("#save", "#notice", "")
	b.Attach("#picture", b.drawing())
	b.Click("#set-picture", "#remove-picture", "a09-profile")
	b.wants("", "#in", "")
	if c := b.learns(); !strings.HasPrefix(c.Picture, b.house.issuer+"/avatar/") || c.Name != "Ada Lovelace" || c.Email != "ada@example.com" {
		b.t.Errorf("the wiki learns %+v", c)
	}
}

// drawing is a file with a picture.
func (b tab) drawing() string {
	b.t.Helper()
	picture := image.NewRGBA(image.Rect(0, 0, 320, 240))
	for y := range 240 {
		for x := range 320 {
			picture.SetRGBA(x, y, color.RGBA{uint8(x * 255 / 320), uint8(y), 160, 255})
		}
	}
	name := filepath.Join(b.t.TempDir(), "ada.png")
	file, err := os.Create(name)
	if err != nil {
		b.t.Fatal(err)
	}
	defer file.Close()
	if err := png.Encode(file, picture); err != nil {
		b.t.Fatal(err)
	}
	return name
}

// addsFactors sets up an app, with the codes that come with it, and a password. Each is
// told by mail.
func (b tab) addsFactors(root tab) (phone *app, codes []string) {
	b.t.Helper()
	security := b.house.issuer + "/account/security"
	b.Open(security, "#add-app", "a10-security")
	b.says("Passkey")
	b.Click("#add-app", "#totp", "a11-app")
	b.Press("#type", "#secret")
	phone = b.scan()
	b.fill("#code", phone.wrong(), "#name", "Phone")
	b.Click("#totp", "#code-problem", "a12-app-wrong")
	b.keeps("#name", "Phone")
	b.Enter("#code", phone.code())
	b.Click("#totp", "#codes", "a13-recovery-codes")
	b.Narrow("a14-recovery-codes-narrow")
	codes = b.recoveryCodes()
	b.Click("#continue", "#add-app", "")
	b.says("Phone", "10 codes are left")
	root.mail("ada@example.com", "")

	b.Click("#change-password", "#set", "")
	b.Enter("#password", "ada@example.com")
	b.Click("#set", "#problem", "a15-password-wrong")
	b.Enter("#password", adasPassword)
	b.Click("#set", "#notice", "a16-security")
	if told := root.mail("ada@example.com", ""); !strings.Contains(told.Text, "password") {
		b.t.Errorf("of a new password is told:\n%s", told.Text)
	}
	return phone, codes
}

// signsInWithBoth signs in with password and app, and has the browser remembered.
func (b tab) signsInWithBoth(phone *app) {
	b.t.Helper()
	b.signOut("a17-sign-out")
	b.wants("", "#login", "a18-sign-in")
	b.says("Wiki", "Forgot your password?")
	b.Dark("a19-sign-in-dark")
	b.Narrow("a20-sign-in-narrow")
	b.fill("#username", "ada", "#password", "not the password")
	b.Click("#login", "#problem", "a21-sign-in-wrong")
	b.keeps("#username", "ada")
	b.Enter("#password", adasPassword)
	b.Click("#login", "#totp", "a22-factor")
	b.says("Confirm that it is you", "Ada Lovelace")
	b.Press("#trust", "#trust:checked")
	b.Enter("#code", phone.wrong())
	b.Click("#totp", "#problem", "a23-factor-wrong")
	if !b.Has("#trust:checked") {
		b.t.Error("that the browser is to be trusted is forgotten with a wrong code")
	}
	b.Enter("#code", phone.code())
	b.Click("#totp", "#in", "")
	b.knows("2", "pwd otp mfa")
}

// isRemembered is asked for a password alone, until the application wants more.
func (b tab) isRemembered(key *walk.Authenticator) {
	b.t.Helper()
	b.signOut("")
	b.wants("", "#login", "")
	b.fill("#username", "ADA@example.com", "#password", adasPassword)
	b.Click("#login", "#in", "")
	b.knows("1", "pwd")
	b.wants("acr_values=2", "#totp", "a24-step-up")
	b.Click("#cancel", "#in", "")
	if got := b.Text("#in"); got != "access_denied" {
		b.t.Errorf("who cancels comes back with %s", got)
	}
	b.wants(url.Values{"claims": {`{"id_token":{"acr":{"essential":true,"values":["phr"]}}}`}}.Encode(), "#passkey", "a25-step-up-passkey")
	if b.Has("#totp") {
		b.t.Error("a code is asked for where nothing but a passkey is enough")
	}
	key.While(func() { b.Click("#passkey", "#in", "") })
	b.knows("phr", "pwd hwk user mfa")

	b.signOut("")
	key.While(func() { b.wants("", "#in", "") }) // chosen in the field for the name
	b.knows("phr", "hwk user mfa")
}

// signsInWithRecoveryCode is Ada without her phone and her laptop.
func (b tab) signsInWithRecoveryCode(code string) {
	b.t.Helper()
	for _, first := range []bool{true, false} {
		b.wants("", "#login", "")
		b.fill("#username", "ada", "#password", adasPassword)
		b.Click("#login", "#lost", "")
		b.Press("#lost", "#recovery-code")
		b.Enter("#recovery-code", strings.ToUpper(code))
		if first {
			b.Click("#recovery", "#in", "")
			b.knows("2", "pwd otp mfa")
			b.signOut("")
			continue
		}
		b.Click("#recovery", "#problem", "a26-recovery-code-used")
		b.says("was used already")
		b.Click("#cancel", "#in", "")
	}
}

// signsInByMail takes a link to where it does not work, and to where it does.
func (b tab) signsInByMail(root, elsewhere tab, phone *app) {
	b.t.Helper()
	b.wants("", "#login", "")
	b.Click("#email", "#problem", "a27-mail-to-nobody")
	if !b.Has("#password") {
		b.t.Error("the form lost its field for the password")
	}
	b.Enter("#username", "ada")
	b.Click("#email", "#use", "a28-mail-sent")
	b.Enter("#code", "12345678")
	b.Click("#use", "#problem", "a29-mail-code-wrong")
	sent := root.mail("ada@example.com", "a30-mailbox")
	elsewhere.Open(sent.Link, "#next", "a31-link-elsewhere")
	elsewhere.says("Open this link where you asked for it")
	b.Open(sent.Link, "#use", "a32-link")
	b.Click("#use", "#totp", "")
	b.Enter("#code", phone.code())
	b.Click("#totp", "#in", "")
	b.knows("2", "otp mca mfa")
	b.Open(sent.Link, "#next", "a33-link-used")
	b.says("This link was used already")
}

// endsTheOther ends the session of the other browser, which notices.
func (b tab) endsTheOther(other tab) {
	b.t.Helper()
	other.Open(b.house.issuer+"/account/sessions", "#end-others", "")
	b.Open(b.house.issuer+"/account/sessions", "#end-others", "a34-sessions")
	b.Click("#end-others", "#notice", "")
	if b.Has("#end-others") {
		b.t.Errorf("there are others still:\n%s", b.Text("main"))
	}
	other.Open(b.house.issuer+"/account", "#login", "")
}

// withdraws takes back what the wiki may see.
func (b tab) withdraws() {
	b.t.Helper()
	b.Open(b.house.issuer+"/account/applications", "#application-"+b.house.wiki.id, "")
	b.Press("#manage-"+b.house.wiki.id, "#withdraw-"+b.house.wiki.id)
	b.Picture("a35-applications")
	b.Click("#withdraw-"+b.house.wiki.id, "#notice", "a36-applications-none")
	if b.Has("#application-" + b.house.wiki.id) {
		b.t.Error("the wiki has access still")
	}
	b.wants("", "#deny", "")
	b.Click("#deny", "#in", "")
}

// changesAddress proves a new address; the old one is told.
func (b tab) changesAddress(root tab) {
	b.t.Helper()
	b.Open(b.house.issuer+"/account", "#change-email", "")
	b.Click("#change-email", "#change", "a37-address")
	b.Enter("#email", "ada@example.com")
	b.Click("#change", "#problem", "a38-address-wrong")
	b.keeps("#email", "ada@example.com")
	b.Enter("#email", "countess@example.com")
	b.Click("#change", "#back", "a39-address-sent")
	if back := b.Text("#back"); back != "Back" {
		b.t.Errorf("who is signed in is offered to %q", back)
	}
	link := root.mail("countess@example.com", "").Link
	root.Open(link, "#reason, #login", "")
	if root.Has("#use") {
		b.t.Error("the link is for whoever has it")
	}
	b.Open(link, "#use", "a40-address-link")
	b.Click("#use", "#continue", "a41-address-changed")
	b.Open(link, "#hint", "")
	b.says("This link was used already")
	if told := root.mail("ada@example.com", ""); !strings.Contains(told.Text, "address") {
		b.t.Errorf("the old address is told:\n%s", told.Text)
	}
	b.Open(b.house.issuer+"/account", "#address", "")
	b.says("countess@example.com", "Confirmed")
}

// readsGerman has the pages in German, and dark, wherever she signs in.
func (b tab) readsGerman() {
	b.t.Helper()
	b.Open(b.house.issuer+"/account", "#settings", "")
	b.Choose("#locale", "de")
	b.Choose("#appearance", "dark")
	b.Click("#settings", "#notice", "a42-german-dark")
	b.Narrow("a43-german-dark-narrow")
	b.says("Ihr Profil", "Abmelden")
	for _, page := range []struct{ path, picture, words string }{
		{"/security", "a44-german-security", "Wiederherstellungscodes"}, {"/sessions", "a45-german-sessions", "Dieser Browser"},
		{"/applications", "a46-german-applications", "Anwendungen"}, {"/activity", "a47-german-activity", "Sie haben sich angemeldet"},
	} {
		b.Open(b.house.issuer+"/account"+page.path, "main", page.picture)
		b.says(page.words)
	}
	if lang := walk.Ask[string](b.Tab, "document.documentElement.lang"); lang != "de" {
		b.t.Errorf("the page is in %q", lang)
	}
}

// takesData downloads what the server knows of her.
func (b tab) takesData() {
	b.t.Helper()
	b.Open(b.house.issuer+"/account/data", "#export", "a48-data")
	got := string(b.Download("#export"))
	if !json.Valid([]byte(got)) || !strings.Contains(got, "countess@example.com") || !strings.Contains(got, "Phone") {
		b.t.Errorf("the data are %s", got)
	}
	if strings.Contains(got, "$argon2id$") {
		b.t.Error("the hash of the password is among the data")
	}
}

// leaves deletes the account. Nothing of it is left to sign in with.
func (b tab) leaves(root tab) {
	b.t.Helper()
	b.Open(b.house.issuer+"/account/data", "#delete", "")
	b.Click("#delete", "#confirm", "a49-delete")
	b.Enter("#confirm", "somebody else")
	b.Click("#delete", "#confirm-problem", "a50-delete-wrong")
	b.Enter("#confirm", "ada")
	b.Click("#delete", "main", "a51-deleted")
	if told := root.mail("countess@example.com", "a52-mailbox"); !strings.Contains(told.Text, "gelöscht") {
		b.t.Errorf("of the deletion is told:\n%s", told.Text)
	}
	b.Open(b.house.issuer+"/account", "#login", "")
	b.fill("#username", "ada", "#password", adasPassword)
	b.Click("#login", "#problem", "")
	if out := b.house.run("user", "list"); strings.Contains(out, "ada") {
		b.t.Errorf("there are\n%s", out)
	}
}

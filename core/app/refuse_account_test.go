package app_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io/fs"
	"maps"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// ownAccountRefusals are about what people do with their own accounts.
func ownAccountRefusals() []refusal {
	return []refusal{
		{"084_session_changes_with_rights", refuseOldSessions},
		{"087_account_forms", refuseAccountForms},
		{"097_credentials_need_a_new_sign_in", refuseStaleCredentials},
		{"097_enrolment_that_proves_nothing", refuseWrongEnrolments},
		{"097_recovery_codes_are_kept_as_hashes", refuseReadableCodes},
		{"097_last_way_in", refuseLastWayIn},
		{"101_profile_cannot_verify", refuseMassAssignment},
		{"101_what_the_organisation_keeps", refuseKept},
		{"119_account_of_somebody_else", refuseOthersAccounts},
		{"124_pictures", refusePictures},
		{"120_profile_has_no_other_fields", refuseMassAssignment},
	}
}

// person is somebody who is signed in to the server itself.
func (w *world) person(name string) *browser {
	w.t.Helper()
	b := newBrowser(w.t, w.issuer)
	if p := b.get("/login").signIn(name, thePassword); p.url.Path != "/account" {
		w.t.Fatalf("%s is at %s (status %d):\n%s", name, p.url, p.status, p.body)
	}
	w.hide(b.cookies[sessionCookie])
	return b
}

// asUser reads a user once more.
func (w *world) asUser(id core.ID) *core.User {
	w.t.Helper()
	user, err := w.app.Store.User(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return user
}

func (w *world) authenticators(id core.ID) []core.Authenticator {
	w.t.Helper()
	list, err := w.app.Store.Authenticators(w.t.Context(), id)
	if err != nil {
		w.t.Fatal(err)
	}
	return list
}

// codeOf gives the code that an app shows now (RFC 6238).
func (w *world) codeOf(secret string) string {
	w.t.Helper()
	seed, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ReplaceAll(secret, " ", ""))
	if err != nil || len(seed) < 16 {
		w.t.Fatalf("the secret %q: %v", secret, err)
	}
	mac := hmac.New(sha1.New, seed)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(w.clock.Now().Unix()/30)))
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 15
	return fmt.Sprintf("%06d", binary.BigEndian.Uint32(sum[at:])&0x7fffffff%1_000_000)
}

// enrolsApp adds an app, and gives the page that comes next with the seed of the app.
func (b *browser) enrolsApp(w *world, name string) (*page, string) {
	b.t.Helper()
	p := b.get("/account/security/app")
	secret := p.text("secret")
	w.hide(strings.ReplaceAll(secret, " ", ""))
	return p.press("totp", map[string]string{"code": w.codeOf(secret), "name": name}), secret
}

// codes are the recovery codes on a page.
func (p *page) codes() []string {
	return strings.Fields(p.text("codes"))
}

func refuseOldSessions(t *testing.T, w *world) {
	alice := w.user("alice")
	b := w.person("alice")
	var page *page
	changes := []struct {
		name string
		do   func()
	}{
		{"an app is added", func() { page, _ = b.enrolsApp(w, "Phone") }},
		{"recovery codes are made", func() { page = b.get("/account/security").press("make-codes", nil) }},
		{"an app is removed", func() {
			page = b.get("/account/security").press("remove-"+string(w.authenticators(alice.ID)[0].ID), nil)
		}},
		{"the password is set", func() {
			page = b.get("/account/security/password").press("set", map[string]string{"password": "another " + thePassword})
			w.hide("another " + thePassword)
		}},
	}
	for _, c := range changes {
		old := b.cookies[sessionCookie]
		c.do()
		if page.status != http.StatusOK {
			t.Fatalf("%s: status %d\n%s", c.name, page.status, page.body)
		}
		if b.cookies[sessionCookie] == old || w.knows(old) != "" {
			t.Errorf("%s: the old session lives", c.name)
		}
		if w.knows(b.cookies[sessionCookie]) != "alice" {
			t.Errorf("%s: alice is signed out", c.name)
		}
		w.hide(b.cookies[sessionCookie])
	}
}

// ownForms are the forms on the pages of who has something of everything: where each is
// sent, with what.
func (w *world) ownForms(b *browser) map[string]offer {
	w.t.Helper()
	forms := map[string]offer{}
	for _, path := range []string{"", "/security", "/security/app", "/security/password", "/sessions", "/applications", "/data", "/data/delete"} {
		p := b.get("/account" + path)
		if p.status != http.StatusOK {
			w.t.Fatalf("%s: status %d\n%s", path, p.status, p.body)
		}
		walk(p.document(), func(n *html.Node) {
			if id := attribute(n, "id"); n.Data == "button" && attribute(n, "name") == "action" && id != "logout" {
				forms[attribute(n, "value")] = offer{page: p, button: id}
			}
		})
	}
	return forms
}

// wealthy makes alice, who has an app, a trusted browser, another session and an
// application, and gives her browser and the secret of the app.
func (w *world) wealthy() (user *core.User, b *browser, secret string) {
	w.t.Helper()
	alice := w.user("alice")
	rp := w.register("wiki", func(c *core.Client) { c.SkipConsent = false })
	consent := newBrowser(w.t, w.issuer).get(rp.authorizeURL()).signIn("alice", thePassword)
	consent.press("allow", nil)
	b = w.person("alice")
	_, secret = b.enrolsApp(w, "Phone")
	device := core.Device{ID: core.NewID(w.clock.Now(), zeros{}), UserID: alice.ID, UserAgent: "x", CreatedAt: w.clock.Now(), ExpiresAt: w.clock.Now().Add(time.Hour)}
	other := device
	other.ID, other.Hash = core.NewID(w.clock.Now().Add(time.Millisecond), zeros{}), core.HashSecret("other")
	if err := w.app.Store.Apply(w.t.Context(), core.AddDevice{Device: device}, core.AddDevice{Device: other}); err != nil {
		w.t.Fatal(err)
	}
	return alice, b, secret
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// state is all that alice has, to see whether anything of it has changed.
func (w *world) state(id core.ID) string {
	w.t.Helper()
	store := w.app.Store
	sessions, err1 := store.Sessions(w.t.Context(), id)
	devices, err2 := store.Devices(w.t.Context(), id)
	codes, err3 := store.RecoveryCodes(w.t.Context(), id)
	consents, err4 := store.Consents(w.t.Context(), id)
	user, err5 := store.User(w.t.Context(), id)
	if err := errors.Join(err1, err2, err3, err4, err5); err != nil {
		w.t.Fatal(err)
	}
	return fmt.Sprintf("%+v %+v %+v %+v %+v %+v", user, sessions, devices, codes, consents, w.authenticators(id))
}

func refuseAccountForms(t *testing.T, w *world) {
	alice, b, _ := w.wealthy()
	w.user("bob")
	bob := w.person("bob")
	forms := w.ownForms(b)
	want := []string{"codes", "delete", "end", "end_others", "export", "forget", "forget_all", "password", "picture", "profile", "remove", "rename", "settings", "totp", "withdraw"}
	if got := slices.Sorted(maps.Keys(forms)); !slices.Equal(got, want) {
		t.Fatalf("forms %q, want %q", got, want)
	}
	before := w.state(alice.ID)
	for name, o := range forms {
		target, form := o.page.submission(o.button, map[string]string{"confirm": "alice", "password": "a new one of hers", "name": "x"})
		if name == "picture" {
			continue // see refusePictures
		}
		w.each(name, func() {
			bare := maps.Clone(form)
			bare.Del("step")
			b.refused(w, http.MethodPost, target, bare, core.EventRequestRefused, "step_missing")
			b.header.Set("Sec-Fetch-Site", "cross-site")
			b.refused(w, http.MethodPost, target, form, core.EventRequestRefused, "cross_origin")
			b.header.Del("Sec-Fetch-Site")
			bob.refused(w, http.MethodPost, target, form, core.EventStepRefused, "step_forged")
			newBrowser(w.t, w.issuer).refused(w, http.MethodPost, target, form, core.EventStepRefused, "session_unknown")
			none := maps.Clone(form)
			none.Set("action", "nothing")
			b.refused(w, http.MethodPost, target, none, core.EventRequestRefused, "action_missing")
			b.get(target + "?" + form.Encode())
		})
	}
	if after := w.state(alice.ID); after != before {
		t.Errorf("something has changed:\n%s\n%s", before, after)
	}
	// The address of somebody else's page says nothing to who is not signed in.
	for _, path := range []string{"", "/security", "/security/app", "/sessions", "/activity", "/data/delete"} {
		if p := newBrowser(t, w.issuer).get("/account" + path); !p.has("login") || strings.Contains(p.body, "alice") {
			t.Errorf("/account%s: status %d\n%s", path, p.status, p.body)
		}
	}
}

// refuseStaleCredentials: whoever finds a browser open changes nothing, and the password
// alone does not help who knows it where there is a second factor.
func refuseStaleCredentials(t *testing.T, w *world) {
	alice, b, secret := w.wealthy()
	forms := w.ownForms(b)
	later := func() { w.clock.advance(5*time.Minute + time.Second) }
	later()
	before := w.authenticators(alice.ID)
	for action, back := range map[string]string{
		"remove": "/account/security", "codes": "/account/security", "totp": "/account/security/app", "export": "/account/data", "delete": "/account/data/delete",
	} {
		w.each(action, func() {
			target, form := forms[action].page.submission(forms[action].button, map[string]string{"confirm": "alice", "code": "000000"})
			p := b.post(target, form)
			if !p.has("login") || p.url.Path != "/login" || p.header.Get("Content-Disposition") != "" {
				w.t.Fatalf("status %d at %s:\n%s", p.status, p.url, p.body)
			}
			if p = p.signIn("alice", thePassword); p.url.Path != "/factor" {
				w.t.Errorf("after the password at %s", p.url)
			}
			if again := b.post(target, form); !again.has("login") {
				w.t.Errorf("the password alone: status %d at %s", again.status, again.url)
			}
			// What comes of the form is its page: nothing was done.
			if p = p.press("totp", map[string]string{"code": w.codeOf(secret)}); p.url.Path != back || p.status != http.StatusOK {
				w.t.Errorf("after the sign-in at %s, status %d, want %s", p.url, p.status, back)
			}
			w.hide(b.cookies[sessionCookie])
			if after := w.authenticators(alice.ID); len(after) != 1 || after[0].ID != before[0].ID {
				w.t.Errorf("authenticators: %+v", after)
			}
			forms = w.ownForms(b)
			later()
		})
	}
	for _, path := range []string{"/account/security/app", "/account/data/delete"} {
		if p := b.get(path); !p.has("login") {
			t.Errorf("%s is shown to who signed in long ago: status %d", path, p.status)
		}
	}
	// Who is asked for the current password has to know it.
	p := b.get("/account/security/password")
	if !p.has("current") {
		t.Fatalf("nobody asks for the current password:\n%s", p.body)
	}
	for current, problem := range map[string]string{"": "current-problem", "wrong": "current-problem", thePassword + " ": "current-problem"} {
		if p := p.press("set", map[string]string{"current": current, "password": "a new one of hers"}); p.status != http.StatusUnprocessableEntity || !p.has(problem) {
			t.Errorf("%q: status %d\n%s", current, p.status, p.body)
		}
	}
	if after := w.asUser(alice.ID); after.PasswordHash != alice.PasswordHash {
		t.Error("another password is set")
	}
}

func refuseWrongEnrolments(t *testing.T, w *world) {
	alice := w.user("alice")
	w.user("bob")
	b, bob := w.person("alice"), w.person("bob")
	p := b.get("/account/security/app")
	secret, code := p.text("secret"), w.codeOf(p.text("secret"))
	for name, fill := range map[string]map[string]string{
		"no code":           {"code": ""},
		"a wrong code":      {"code": fmt.Sprintf("%06d", (atoi(t, code)+1)%1_000_000)},
		"no number":         {"code": "abcdef"},
		"a seed of another": {"code": w.codeOf(bob.get("/account/security/app").text("secret")), "seed": bob.get("/account/security/app").field("seed")},
		"a seed of ours":    {"code": code, "seed": "AAAA"},
	} {
		fill["name"] = "My phone"
		wrong := p.press("totp", fill)
		if wrong.status != http.StatusUnprocessableEntity || !wrong.has("code-problem") || wrong.field("name") != "My phone" {
			t.Errorf("%s: status %d\n%s", name, wrong.status, wrong.body)
		}
		if fill["seed"] == "" && wrong.text("secret") != secret {
			t.Errorf("%s: the app that was scanned is of no use any more", name)
		}
	}
	w.clock.advance(2 * time.Minute) // codes of another time
	if wrong := p.press("totp", map[string]string{"code": code}); wrong.status != http.StatusUnprocessableEntity {
		t.Errorf("an old code: status %d", wrong.status)
	}
	if list := w.authenticators(alice.ID); len(list) != 0 {
		t.Errorf("enrolled: %+v", list)
	}
	right := p.press("totp", map[string]string{"code": w.codeOf(secret), "name": "My phone"})
	if list := w.authenticators(alice.ID); right.status != http.StatusOK || len(list) != 1 || list[0].Name != "My phone" {
		t.Errorf("status %d, enrolled %+v", right.status, list)
	}
}

func atoi(t *testing.T, digits string) (n int) {
	t.Helper()
	if _, err := fmt.Sscanf(digits, "%d", &n); err != nil {
		t.Fatal(err)
	}
	return n
}

func refuseReadableCodes(t *testing.T, w *world) {
	w.user("alice")
	b := w.person("alice")
	p, _ := b.enrolsApp(w, "Phone")
	first := p.codes()
	if len(first) != 10 || !p.has("continue") {
		t.Fatalf("the first app comes with the codes %q:\n%s", first, p.body)
	}
	p.isPrivate()
	p = b.get("/account/security").press("make-codes", nil)
	second := p.codes()
	for _, code := range slices.Concat(first, second) {
		w.hide(code, strings.ReplaceAll(code, "-", ""))
		if len(code) != 19 || slices.Contains(first, code) == slices.Contains(second, code) {
			t.Errorf("the code %q", code)
		}
		if strings.Contains(b.get("/account/security").body, code) {
			t.Error("a code is shown again")
		}
	}
	// Nothing in the data directory has them, however it is written.
	w.stop()
	err := filepath.WalkDir(w.dir, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := os.ReadFile(path)
		for _, code := range second {
			if bytes.Contains(bytes.ToLower(content), []byte(code)) || bytes.Contains(bytes.ToLower(content), []byte(strings.ReplaceAll(code, "-", ""))) {
				t.Errorf("%s has a recovery code", filepath.Base(path))
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	w.start()
}

func refuseLastWayIn(t *testing.T, w *world) {
	alice := w.user("alice")
	b := w.person("alice")
	b.enrolsApp(w, "Phone")
	w.rules(func(r *core.OrgRules) { r.SignIn.Require = core.ACRTwo })
	id := string(w.authenticators(alice.ID)[0].ID)
	p := b.get("/account/security").press("remove-"+id, nil)
	if p.status != http.StatusUnprocessableEntity || !p.has("problem") || len(w.authenticators(alice.ID)) != 1 {
		t.Errorf("status %d\n%s", p.status, p.body)
	}
}

// rules changes the rules of the organisation.
func (w *world) rules(edit func(*core.OrgRules)) {
	w.t.Helper()
	org, err := w.app.Store.Organisation(w.t.Context(), core.DefaultOrganisation)
	if err != nil {
		w.t.Fatal(err)
	}
	changed := *org
	edit(&changed.Rules)
	if err := w.app.Store.Apply(w.t.Context(), core.UpdateOrganisation{Organisation: changed}); err != nil {
		w.t.Fatal(err)
	}
}

func refuseMassAssignment(t *testing.T, w *world) {
	made := w.user("alice")
	user := *made
	user.EmailVerified = false
	if err := w.app.Store.Apply(t.Context(), core.UpdateUser{User: user}); err != nil {
		t.Fatal(err)
	}
	rp := w.register("wiki", nil)
	b := w.person("alice")
	before := w.asUser(made.ID)
	target, form := b.get("/account").submission("save", map[string]string{"name": "Alice of the profile"})
	for _, name := range []string{
		"email_verified", "EmailVerified", "verified", "user[email_verified]", "email", "admin", "Admin", "disabled", "groups", "org", "id", "sub", "login", "username",
		"password_hash", "phone_number_verified", "PhoneVerified", "attributes", "external_id", "picture", "tag", "preferred_username",
	} {
		form.Set(name, "true")
	}
	form.Set("phone_number", "+1 555 0100")
	if p := b.post(target, form); p.status != http.StatusOK || !p.has("notice") {
		t.Fatalf("status %d\n%s", p.status, p.body)
	}
	after := w.asUser(made.ID)
	if after.Profile.DisplayName != "Alice of the profile" || after.Profile.Phone != "+1 555 0100" {
		t.Errorf("what may be changed is not: %+v", after.Profile)
	}
	changed := *after
	changed.Profile.DisplayName, changed.Profile.Phone = before.Profile.DisplayName, before.Profile.Phone
	changed.UpdatedAt, changed.LastSignInAt = before.UpdatedAt, before.LastSignInAt
	if !reflect.DeepEqual(&changed, before) {
		t.Errorf("more has changed than may: %+v\n%+v", after, before)
	}
	set := rp.redeem(rp.code(b, "alice"))
	if info := w.resource("/api/userinfo", set.text("access_token")); info.json["email_verified"] != false || info.json["name"] != "Alice of the profile" {
		t.Errorf("UserInfo: %s", info.body)
	}
}

func refuseKept(t *testing.T, w *world) {
	alice, b, _ := w.wealthy()
	b.get("/account")
	forms := w.ownForms(b)
	w.rules(func(r *core.OrgRules) {
		r.KeepProfile, r.KeepAccount, r.KeepEmail = true, true, true
		r.SignIn.Methods = []string{core.MethodPassword}
	})
	before := w.asUser(alice.ID).Profile
	p := b.get("/account")
	if p.has("save") || p.has("set-picture") {
		t.Error("the profile can be edited")
	}
	for action, fill := range map[string]map[string]string{
		"profile": {"name": "Me"}, "totp": {"code": "123456"}, "codes": nil, "delete": {"confirm": "alice"},
	} {
		target, form := forms[action].page.submission(forms[action].button, fill)
		if p := b.post(target, form); p.status != http.StatusUnprocessableEntity || !p.has("problem") {
			t.Errorf("%s: status %d\n%s", action, p.status, p.body)
		}
	}
	if after := w.asUser(alice.ID).Profile; after != before || len(w.authenticators(alice.ID)) != 1 {
		t.Errorf("something has changed: %+v", after)
	}
	// How pages look is the person's own matter.
	if p := b.get("/account").press("settings", map[string]string{"appearance": "dark", "locale": "de"}); p.status != http.StatusOK {
		t.Errorf("settings: status %d", p.status)
	}
}

func refuseOthersAccounts(t *testing.T, w *world) {
	alice, b, _ := w.wealthy()
	w.user("bob")
	bob := w.person("bob")
	bob.enrolsApp(w, "Bob's")
	bobs := w.ownForms(bob)
	before := w.state(alice.ID)
	sessions, err := w.app.Store.Sessions(t.Context(), alice.ID)
	if err != nil {
		t.Fatal(err)
	}
	devices, err := w.app.Store.Devices(t.Context(), alice.ID)
	if err != nil {
		t.Fatal(err)
	}
	consents, err := w.app.Store.Consents(t.Context(), alice.ID)
	if err != nil || len(consents) != 1 {
		t.Fatal(consents, err)
	}
	step := bob.get("/account").field("step")
	for name, form := range map[string]url.Values{
		"/account/security rename":       {"action": {"rename"}, "id": {string(w.authenticators(alice.ID)[0].ID)}, "name": {"Mine"}},
		"/account/security remove":       {"action": {"remove"}, "id": {string(w.authenticators(alice.ID)[0].ID)}},
		"/account/security forget":       {"action": {"forget"}, "id": {string(devices[0].ID)}},
		"/account/sessions end":          {"action": {"end"}, "id": {string(sessions[0].ID)}},
		"/account/applications withdraw": {"action": {"withdraw"}, "client_id": {consents[0].ClientID}},
		"/account/sessions nothing":      {"action": {"end"}},
		"/account/security nothing":      {"action": {"remove"}, "id": {"' OR '1'='1"}},
	} {
		path, _, _ := strings.Cut(name, " ")
		step = bob.get("/account").field("step")
		form.Set("step", step)
		if p := bob.post(path, form); p.status != http.StatusNotFound {
			t.Errorf("%s: status %d\n%s", name, p.status, p.body)
		}
	}
	if after := w.state(alice.ID); after != before {
		t.Errorf("bob changed something of alice's:\n%s\n%s", before, after)
	}
	for _, path := range []string{"", "/security", "/sessions", "/applications", "/activity", "/data/delete"} {
		if body := bob.get("/account" + path).body; strings.Contains(body, "alice") || strings.Contains(body, "Phone\n") {
			t.Errorf("/account%s tells bob of alice", path)
		}
	}
	document := bob.follow(http.MethodPost, w.issuer+"/account/data", url.Values{"step": {step}, "action": {"export"}})
	if document.header.Get("Content-Type") != "application/json" || strings.Contains(document.body, "alice") || strings.Contains(document.body, string(alice.ID)) {
		t.Errorf("the export of bob: %s", document.body)
	}
	_, _ = bobs, b
}

// upload sends the form of the picture.
func (b *browser) upload(p *page, file []byte) *page {
	b.t.Helper()
	_, form := p.submission("set-picture", nil)
	return b.uploads(form.Get("step"), file)
}

func (b *browser) uploads(step string, file []byte) *page {
	b.t.Helper()
	var body bytes.Buffer
	w := multipart.NewWriter(&body)
	part, err := w.CreatePart(textproto.MIMEHeader{
		"Content-Disposition": {`form-data; name="picture"; filename="../../me.svg"`}, "Content-Type": {"image/svg+xml"},
	})
	if err == nil {
		_, err = part.Write(file)
	}
	if err = errors.Join(err, w.WriteField("step", step), w.WriteField("action", "picture"), w.Close()); err != nil {
		b.t.Fatal(err)
	}
	p := b.sendBody(http.MethodPost, "/account", w.FormDataContentType(), body.String())
	if p.location != nil {
		return b.get(p.location.String())
	}
	return p
}

func squarePNG(t *testing.T) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := png.Encode(&out, image.NewGray(image.Rect(0, 0, 400, 300))); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func refusePictures(t *testing.T, w *world) {
	alice := w.user("alice")
	b := w.person("alice")
	good := squarePNG(t)
	for name, file := range map[string][]byte{
		"a program":  []byte(`<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`),
		"a page":     []byte(`<!doctype html><script>alert(1)</script>`),
		"nothing":    nil,
		"half":       good[:len(good)/2],
		"10 MB":      append(bytes.Clone(good), make([]byte, 10<<20)...),
		"a web page": []byte("GIF89a<script>alert(1)</script>"),
	} {
		if p := b.upload(b.get("/account"), file); p.status != http.StatusUnprocessableEntity || !p.has("picture-problem") {
			t.Errorf("%s: status %d\n%s", name, p.status, p.body)
		}
	}
	step := b.get("/account").field("step")
	w.user("bob")
	if p := w.person("bob").uploads(step, good); p.status != http.StatusBadRequest {
		t.Errorf("with the form of another: status %d", p.status)
	}
	if p := b.uploads("", good); p.status != http.StatusForbidden {
		t.Errorf("without a step: status %d", p.status)
	}
	if p := newBrowser(t, w.issuer).uploads(step, good); !p.has("login") {
		t.Errorf("of nobody: status %d", p.status)
	}
	b.header.Set("Sec-Fetch-Site", "cross-site")
	if p := b.uploads(step, good); p.status != http.StatusForbidden {
		t.Errorf("from another site: status %d", p.status)
	}
	b.header.Del("Sec-Fetch-Site")
	if w.asUser(alice.ID).Profile.Picture != "" {
		t.Fatal("a picture is set")
	}
	if p := b.upload(b.get("/account"), good); p.status != http.StatusOK || !p.has("notice") {
		t.Fatalf("status %d\n%s", p.status, p.body)
	}
	address := w.asUser(alice.ID).Profile.Picture
	if !strings.HasPrefix(address, w.issuer+"/avatar/") {
		t.Fatalf("the picture is at %q", address)
	}
	p := newBrowser(t, w.issuer).get(address)
	if p.status != http.StatusOK || p.header.Get("Content-Type") != "image/jpeg" || p.header.Get("X-Content-Type-Options") != "nosniff" ||
		!strings.Contains(p.header.Get("Content-Security-Policy"), "sandbox") {
		t.Errorf("status %d, %v", p.status, p.header)
	}
	for _, id := range []string{"", "x", "../account", string(alice.ID), strings.TrimPrefix(address, w.issuer+"/avatar/") + "x"} {
		if p := newBrowser(t, w.issuer).get("/avatar/" + url.PathEscape(id)); p.status != http.StatusNotFound {
			t.Errorf("%q: status %d", id, p.status)
		}
	}
	if p := b.get("/account").press("remove-picture", nil); p.status != http.StatusOK {
		t.Errorf("remove: status %d\n%s", p.status, p.body)
	}
	if p := newBrowser(t, w.issuer).get(address); p.status != http.StatusNotFound || w.asUser(alice.ID).Profile.Picture != "" {
		t.Errorf("a picture that was removed: status %d", p.status)
	}
}

// TestAccountOfTheLastAdministrator: somebody has to administer the server.
func TestAccountOfTheLastAdministrator(t *testing.T) {
	w := newWorld(t)
	alice := w.user("alice", func(u *admin.NewUser) { u.Admin = true })
	b := w.person("alice")
	p := b.get("/account/data/delete")
	if p.status != http.StatusUnprocessableEntity || p.has("confirm") || !p.has("problem") {
		t.Errorf("status %d\n%s", p.status, p.body)
	}
	if p := b.post("/account/data/delete", url.Values{"step": {p.field("step")}, "action": {"delete"}, "confirm": {"alice"}}); p.status != http.StatusUnprocessableEntity {
		t.Errorf("status %d\n%s", p.status, p.body)
	}
	if w.asUser(alice.ID).Name != "alice" {
		t.Error("nobody administers the server any more")
	}
}

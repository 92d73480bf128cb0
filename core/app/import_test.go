package app_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/authn/authntest"
	"github.com/postern-id/postern/core/intake"
)

// moves imports an export of the tests of package intake into the running server.
func (w *world) moves(options admin.ImportOptions, source string, names ...string) *admin.ImportReport {
	w.t.Helper()
	var files []intake.File
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join("..", "intake", "testdata", filepath.FromSlash(name)))
		if err != nil {
			w.t.Fatal(err)
		}
		if strings.HasSuffix(name, ".gz") {
			data = unzipped(w.t, data)
		}
		files = append(files, intake.File{Name: name, Data: data})
	}
	plan, err := intake.Read(source, files...)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, user := range plan.Users {
		w.hide(user.PasswordHash, user.Password)
		for _, app := range user.TOTP {
			w.hide(string(app.Seed))
		}
	}
	for _, client := range plan.Clients {
		w.hide(client.Secret)
	}
	report, err := w.desk().Import(context.Background(), plan, options)
	if err != nil {
		w.t.Fatal(err)
	}
	return report
}

func unzipped(t *testing.T, data []byte) []byte {
	t.Helper()
	reader, err := gzip.NewReader(bytes.NewReader(data))
	if err == nil {
		data, err = io.ReadAll(reader)
	}
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// came gives a user of an organisation.
func (w *world) came(org, name string) *core.User {
	w.t.Helper()
	user, err := w.desk().FindUser(context.Background(), org, name)
	if err != nil {
		w.t.Fatal(err)
	}
	return user
}

// upgrades fails unless the old password works through the sign-in page, and is hashed
// anew by that; and works then too.
func (w *world) upgrades(org, name, password, was string) {
	w.t.Helper()
	if password != "password" { // which is in many words
		w.hide(password)
	}
	if got := w.came(org, name).PasswordHash; !strings.HasPrefix(got, was) {
		w.t.Errorf("%s came with %.30q, want %s", name, got, was)
	}
	if w.signsIn(name, password+"!") {
		w.t.Errorf("%s signs in with another password", name)
	}
	for range 2 {
		if !w.signsIn(name, password) {
			w.t.Errorf("%s does not sign in with the old password", name)
		}
		if got := w.came(org, name).PasswordHash; !strings.HasPrefix(got, "$argon2id$v=19$m=64,t=1,p=1$") {
			w.t.Errorf("the password of %s is kept as %.30q", name, got)
		}
	}
}

func result(t *testing.T, report *admin.ImportReport, kind, name string) admin.ImportRow {
	t.Helper()
	for _, row := range report.Rows {
		if row.Kind == kind && row.Name == name {
			return row
		}
	}
	t.Fatalf("nothing is said of the %s %s", kind, name)
	return admin.ImportRow{}
}

// From Casdoor: people with each of its kinds of hashes sign in with their old passwords.
func TestImportCasdoor(t *testing.T) {
	w := newWorld(t)
	report := w.moves(admin.ImportOptions{}, "casdoor", "casdoor.json")
	for _, row := range report.Rows {
		if (row.Result == admin.ImportRefused) != (row.Reason != "") {
			t.Errorf("row %+v", row)
		}
	}
	for name, hash := range map[string]struct{ kind, was string }{
		"bob": {"salt", "$casdoor-sha256$"}, "dave": {"md5-salt", "$casdoor-md5$"}, "erin": {"pbkdf2-salt", "$pbkdf2-sha256$i=27500$"},
		"frank": {"argon2id", "$argon2id$v=19$m=65536,t=1,p=2$"}, "grace": {"pbkdf2-django", "$pbkdf2-sha256$i=260000$"}, "heidi": {"plain", "$argon2id$v=19$m=64,t=1,p=1$"},
		"ivan": {"salt", "$casdoor-sha256$"},
	} {
		w.upgrades("acme", name, "the old password, "+hash.kind, hash.was)
	}
	w.upgrades("legacy-org", "olivia", "the old password, salt", "$casdoor-sha256$b3JnLXNhbHQtMjAyNA,$")
	if w.signsIn("carol", "the old password, sha512-salt") {
		t.Error("carol signs in, although she is disabled there")
	}
	if err := w.desk().EnableUser(t.Context(), w.came("acme", "carol").ID); err != nil {
		t.Fatal(err)
	}
	w.upgrades("acme", "carol", "the old password, sha512-salt", "$casdoor-sha512$")
	if row := result(t, report, "user", "judy"); row.Result != admin.ImportCreated || w.came("acme", "judy").Email != "" {
		t.Errorf("judy came as %+v", row)
	}
	for name, reason := range map[string]string{"mallory smith": "is no user name", "niaj": "deleted there"} {
		if row := result(t, report, "user", name); row.Result != admin.ImportRefused || !strings.Contains(row.Reason, reason) {
			t.Errorf("%s: %+v", name, row)
		}
	}
	if boss := w.came(core.DefaultOrganisation, "admin"); boss.Admin {
		t.Error("an administrator there is one here")
	}
	w.checkSecrets()
}

// An application goes on with its client id and secret, its people with their app.
func TestImportedApplication(t *testing.T) {
	w := newWorld(t)
	report := w.moves(admin.ImportOptions{}, "casdoor", "casdoor.json")
	client, err := w.desk().Client(t.Context(), "7a8bf4b3b1e5d3c0f9a2")
	if err != nil {
		t.Fatal(err)
	}
	if client.Org != "acme" || client.Preset != admin.PresetConfluence || !slices.Equal(client.RedirectURIs, []string{"https://wiki.example.org/plugins/servlet/oauth/callback"}) {
		t.Errorf("client %+v", client)
	}
	rp := &relyingParty{w: w, client: client, secret: "1f0c6d9b4a3e8f72c5d1b0a9e8f7c6d5b4a39281"}
	b := newBrowser(t, w.issuer)
	p := b.get(rp.authorizeURL("code_challenge", "", "code_challenge_method", "")).signIn("alice", "the old password, bcrypt")
	if !p.has("totp") {
		t.Fatalf("no second factor is asked for: status %d at %s\n%s", p.status, p.url, p.body)
	}
	seed := []byte("Hello!\xde\xad\xbe\xefHello!\xde\xad\xbe\xef")
	p = p.press("totp", map[string]string{"code": authntest.Code(seed, w.clock.Now())})
	if p.status != http.StatusSeeOther && p.status != http.StatusFound || p.location == nil || p.location.Query().Get("code") == "" {
		t.Fatalf("status %d at %s, to %v\n%s", p.status, p.url, p.location, p.body)
	}
	tokens := rp.redeem(p.location.Query().Get("code"), "code_verifier", "")
	info := w.resource("/api/userinfo", tokens.text("access_token"))
	if info.text("email") != "alice@example.org" || info.json["email_verified"] != true {
		t.Errorf("the application learns %v", info.json)
	}
	if got := w.came("acme", "alice").PasswordHash; !strings.HasPrefix(got, "$argon2id$") {
		t.Errorf("the password of alice is kept as %.30q", got)
	}
	if row := result(t, report, "client", "broken (aaaaaaaaaaaaaaaaaaaa)"); row.Result != admin.ImportRefused || !strings.Contains(row.Reason, "redirect URI is missing") {
		t.Errorf("the client with a pattern: %+v", row)
	}
	w.checkSecrets()
}

// Connectors come disabled, with their secrets and what is left to do; people are linked.
func TestImportedConnectors(t *testing.T) {
	w := newWorld(t)
	report := w.moves(admin.ImportOptions{}, "casdoor", "casdoor.json")
	for name, plugin := range map[string]string{"provider-github-acme": "github", "provider-google-acme": "google", "intranet": "oauth2", "ldap-acme-directory": "ldap"} {
		row := result(t, report, "connector", name)
		if row.Result != admin.ImportCreated || !slices.ContainsFunc(row.Notes, func(note string) bool { return strings.Contains(note, "postern connector enable "+name) }) {
			t.Errorf("%s: %+v", name, row)
			continue
		}
		connector, err := w.desk().FindConnector(t.Context(), name)
		if err != nil || !connector.Disabled || connector.Plugin.Plugin != plugin || connector.Org != "acme" {
			t.Errorf("%s: %+v, %v", name, connector, err)
		}
	}
	links, err := w.desk().UserLinks(t.Context(), w.came("acme", "alice").ID)
	if err != nil || len(links) != 2 || links[0].Connector != "provider-github-acme" || links[0].Subject != "583231" {
		t.Errorf("links %+v, %v", links, err)
	}
	dry := w.moves(admin.ImportOptions{DryRun: true}, "casdoor", "casdoor.json")
	if created, updated := dry.Count(admin.ImportCreated), dry.Count(admin.ImportUpdated); created+updated != 0 {
		t.Errorf("a second import would create %d and update %d: %+v", created, updated, dry.Rows)
	}
	w.checkSecrets()
}

// A dry run into an empty server says what the import then does, also of people whose
// password is hashed on the way in, into an organisation that is not here yet.
func TestImportDryRun(t *testing.T) {
	t.Parallel()
	for name, source := range map[string]string{"casdoor.json": "casdoor", "casdoor-3.158.0/casdoor.json.gz": "casdoor", "keycloak-realm.json": "keycloak", "keycloak-26.7.3/single.json.gz": "keycloak", "dex.yaml": "dex", "dex-all.yaml": "dex"} {
		w := newWorld(t)
		dry := w.moves(admin.ImportOptions{DryRun: true}, source, name)
		if done := w.moves(admin.ImportOptions{}, source, name); !reflect.DeepEqual(dry.Rows, done.Rows) {
			t.Errorf("%s: the dry run said\n%+v\nthe run\n%+v", source, dry.Rows, done.Rows)
		}
	}
}

// A second import leaves a password that was used here, and takes one that was not.
func TestImportAgainAfterSignIn(t *testing.T) {
	w := newWorld(t)
	w.moves(admin.ImportOptions{}, "casdoor", "casdoor.json")
	w.upgrades("acme", "bob", "the old password, salt", "$casdoor-sha256$")
	kept, waiting := w.came("acme", "bob").PasswordHash, w.came("acme", "dave").PasswordHash
	w.clock.advance(time.Hour)
	report := w.moves(admin.ImportOptions{}, "casdoor", "casdoor.json")
	if got := w.came("acme", "bob").PasswordHash; got != kept || result(t, report, "user", "bob").Result != admin.ImportUnchanged {
		t.Errorf("the password of bob became %.30q", got)
	}
	if got := w.came("acme", "dave").PasswordHash; got != waiting {
		t.Errorf("the password of dave became %.30q", got)
	}
}

// From Keycloak: alice and bob have hashes that Keycloak made, the others are of its forms.
func TestImportKeycloak(t *testing.T) {
	w := newWorld(t)
	w.moves(admin.ImportOptions{KeepIDs: true}, "keycloak", "keycloak-realm.json")
	w.upgrades("acme-realm", "bob", "password", "$argon2id$v=19$m=7168,t=5,p=1$")
	w.upgrades("acme-realm", "dave", "the old password, sha1", "$pbkdf2-sha1$")
	w.upgrades("acme-realm", "erin", "the old password, old form", "$pbkdf2-sha256$")
	w.upgrades("acme-realm", "frank", "the old password, plain", "$argon2id$")
	if alice := w.came("acme-realm", "alice"); alice.ID != "826731b2-bf17-4bd9-b45c-6a26c76ddaae" {
		t.Errorf("alice has the identifier %s", alice.ID)
	}
	b := newBrowser(t, w.issuer)
	p := b.get("/login").signIn("alice", "password")
	if !p.has("totp") {
		t.Fatalf("no second factor is asked for: status %d at %s\n%s", p.status, p.url, p.body)
	}
	p.press("totp", map[string]string{"code": authntest.Code([]byte("F9dTkWvnQ2L0xPbR4sHy"), w.clock.Now())})
	if who := w.sessionOf(b).User; who.Name != "alice" {
		t.Errorf("%s is signed in", who.Name)
	}
	w.checkSecrets()
}

// From what Casdoor 3 exported itself: an organisation for each of its kinds of hashes.
func TestImportRealCasdoor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.moves(admin.ImportOptions{KeepIDs: true}, "casdoor", "casdoor-3.158.0/casdoor.json.gz")
	for kind, was := range map[string]string{
		"plain": "$argon2id$v=19$m=64,t=1,p=1$", "sha512-salt": "$casdoor-sha512$", "md5-salt": "$casdoor-md5$", "bcrypt": "$2a$10$",
		"pbkdf2-salt": "$pbkdf2-sha256$i=27500$", "argon2id": "$argon2id$v=19$m=65536,t=1,p=2$", "pbkdf2-django": "$pbkdf2-sha256$i=260000$",
	} {
		w.upgrades("org-"+kind, "user-"+kind, "the old password, "+kind, was)
	}
	w.upgrades("org-salt", "user-salt", "the-new-password,salt", "$casdoor-sha256$")
	w.upgrades("salted-org", "Sally", "the old password, salted", "$casdoor-sha256$")
	// The organisation had another kind of hash when she came to it.
	w.upgrades("org-md5-salt", "late", "the old password, late", "$2a$10$")
	if w.signsIn("cleo", "the old password, bcrypt") {
		t.Error("cleo signs in, although her organisation is closed")
	}
	if p := newBrowser(t, w.issuer).get("/login").signIn("alice", "the old password, bcrypt"); !p.has("totp") {
		t.Errorf("no second factor is asked for: status %d at %s\n%s", p.status, p.url, p.body)
	}
	w.checkSecrets()
}

// From what Keycloak 26 exported itself: each person has the hash of another algorithm.
func TestImportRealKeycloak(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const folder = "keycloak-26.7.3/"
	w.moves(admin.ImportOptions{KeepIDs: true}, "keycloak", folder+"acme-realm.json.gz", folder+"acme-users-0.json", folder+"acme-users-1.json", folder+"acme-users-2.json")
	for name, was := range map[string]string{
		"anna": "$argon2id$v=19$m=7168,t=5,p=1$", "bert": "$pbkdf2-sha512$i=210000$", "cleo": "$pbkdf2-sha256$i=27500$", "emil": "$argon2id$v=19$m=7168,t=5,p=1$",
	} {
		w.upgrades("acme-realm", name, "the password of "+name, was)
	}
	if w.signsIn("emil", "an older password of emil") {
		t.Error("emil signs in with a password of his history")
	}
	if w.signsIn("dora", "the password of dora") {
		t.Error("dora signs in, although she is disabled there")
	}
	if err := w.desk().EnableUser(t.Context(), w.came("acme-realm", "dora").ID); err != nil {
		t.Fatal(err)
	}
	w.upgrades("acme-realm", "dora", "the password of dora", "$pbkdf2-sha1$i=1300000$")
	if !w.signsIn("frau@example.org", "the password of frau") {
		t.Error("somebody whose name is an address does not sign in")
	}
	p := newBrowser(t, w.issuer).get("/login").signIn("greta", "the password of greta")
	if !p.has("totp") {
		t.Errorf("no second factor is asked for: status %d at %s\n%s", p.status, p.url, p.body)
	}
	w.checkSecrets()
}

// From Dex: people sign in by their address, as they did.
func TestImportDex(t *testing.T) {
	w := newWorld(t)
	w.moves(admin.ImportOptions{}, "dex", "dex.yaml")
	w.upgrades(core.DefaultOrganisation, "jane@example.com", "password", "$2a$10$")
	if !w.signsIn("admin@example.com", "password") {
		t.Error("the administrator does not sign in by the address")
	}
	client, err := w.desk().Client(t.Context(), "example-app")
	if err != nil || !client.SecretHash.Matches(core.HashClientSecret("ZXhhbXBsZS1hcHAtc2VjcmV0")) {
		t.Errorf("client %+v, %v", client, err)
	}
	w.checkSecrets()
}

// Every connector of Dex that becomes one suits the plugin that it is one of.
func TestImportDexConnectors(t *testing.T) {
	w := newWorld(t)
	report := w.moves(admin.ImportOptions{}, "dex", "dex-all.yaml")
	for _, name := range strings.Fields("github gitlab google microsoft sso oauth ldap") {
		if row := result(t, report, "connector", name); row.Result != admin.ImportCreated {
			t.Errorf("%s: %+v", name, row)
		}
	}
	if row := result(t, report, "user", "other"); row.Result != admin.ImportCreated || w.came("", "other").Email != "" {
		t.Errorf("the second of an address: %+v", row)
	}
	w.checkSecrets()
}

func TestImportCSV(t *testing.T) {
	w := newWorld(t)
	w.moves(admin.ImportOptions{}, "csv", "people.csv")
	w.upgrades(core.DefaultOrganisation, "alice", "correct horse", "$2b$04$")
	if bob := w.came("", "bob"); !bob.Disabled {
		t.Error("bob is not disabled")
	}
}

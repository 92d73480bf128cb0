package intake_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/intake"
	"github.com/postern-id/postern/core/store/sqlite"
)

// readTestdata makes a plan of files of testdata.
func readTestdata(t *testing.T, source string, names ...string) *admin.ImportPlan {
	t.Helper()
	var files []intake.File
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, intake.File{Name: name, Data: data})
	}
	plan, err := intake.Read(source, files...)
	if err != nil {
		t.Fatal(err)
	}
	if plan.Source != source {
		t.Errorf("source %q", plan.Source)
	}
	return plan
}

// casdoorDatabase makes the database that Casdoor's own mapper made, of its dump.
func casdoorDatabase(t *testing.T) string {
	t.Helper()
	script, err := os.ReadFile(filepath.Join("testdata", "casdoor.sql"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "casdoor.db")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	conn, err := sqlite.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Script(string(script)); err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

func userOf(t *testing.T, plan *admin.ImportPlan, name string) admin.ImportUser {
	t.Helper()
	at := slices.IndexFunc(plan.Users, func(u admin.ImportUser) bool { return u.Name == name })
	if at < 0 {
		t.Fatalf("the plan has no user %q", name)
	}
	return plan.Users[at]
}

func clientOf(t *testing.T, plan *admin.ImportPlan, id string) admin.ImportClient {
	t.Helper()
	at := slices.IndexFunc(plan.Clients, func(c admin.ImportClient) bool { return c.ID == id })
	if at < 0 {
		t.Fatalf("the plan has no client %q", id)
	}
	return plan.Clients[at]
}

func connectorOf(t *testing.T, plan *admin.ImportPlan, name string) (admin.ImportConnector, map[string]any) {
	t.Helper()
	at := slices.IndexFunc(plan.Connectors, func(c admin.ImportConnector) bool { return c.Name == name })
	if at < 0 {
		t.Fatalf("the plan has no connector %q: %+v", name, plan.Connectors)
	}
	var settings map[string]any
	if err := json.Unmarshal(plan.Connectors[at].Settings, &settings); err != nil {
		t.Fatal(err)
	}
	return plan.Connectors[at], settings
}

// mentions reports whether one of the texts has the part.
func mentions(texts []string, part string) bool {
	return slices.ContainsFunc(texts, func(text string) bool { return strings.Contains(text, part) })
}

func leftOf(plan *admin.ImportPlan, kind, name string) string {
	for _, row := range plan.Left {
		if row.Kind == kind && row.Name == name {
			return row.Reason
		}
	}
	return ""
}

func TestCasdoorUsers(t *testing.T) {
	plan := readTestdata(t, "casdoor", "casdoor.json")
	alice := userOf(t, plan, "alice")
	if alice.Org != "acme" || alice.ID != "7c9e6679-7425-40de-944b-e07fc1f90002" || alice.Email != "alice@example.org" || !alice.EmailVerified || alice.Disabled {
		t.Errorf("alice is %+v", alice)
	}
	if p := alice.Profile; p.DisplayName != "Alice Liddell" || p.GivenName != "Alice" || p.FamilyName != "Liddell" || p.Phone != "+41 44 668 18 00" || p.CountryCode != "CH" ||
		p.Title != "Editor" || p.Affiliation != "Press" || p.Website != "https://alice.example.org/" || p.Birthdate != "1990-12-31" || p.Locale != "en" || p.Tag != "staff" ||
		p.Address.Street != "Rämistrasse 1\n8001 Zürich" || p.Picture != "" {
		t.Errorf("profile %+v", p)
	}
	if !reflect.DeepEqual(alice.Attributes, map[string]string{"department": "press"}) {
		t.Errorf("attributes %v", alice.Attributes)
	}
	if want := []string{"confluence-users", "editors", "role:writer", "role:reader"}; !slices.Equal(alice.Groups, want) {
		t.Errorf("groups %v, want %v", alice.Groups, want)
	}
	if want := []admin.ImportTOTP{{Seed: []byte("Hello!\xde\xad\xbe\xefHello!\xde\xad\xbe\xef")}}; !reflect.DeepEqual(alice.TOTP, want) {
		t.Errorf("apps %q", alice.TOTP)
	}
	if want := []admin.ImportLink{{Connector: "provider-github-acme", Subject: "583231"}, {Connector: "provider-google-acme", Subject: "108204268033311374519"}}; !slices.Equal(alice.Links, want) {
		t.Errorf("links %+v", alice.Links)
	}
	if !mentions(alice.Notes, "recovery codes were left out") {
		t.Errorf("notes %v", alice.Notes)
	}
	bob := userOf(t, plan, "bob")
	if want := []admin.ImportLink{{Connector: "provider-github-acme", Subject: "1024025"}}; !slices.Equal(bob.Links, want) || !slices.Equal(bob.Groups, []string{"confluence-users", "role:writer", "role:reader"}) {
		t.Errorf("bob has links %+v and groups %v", bob.Links, bob.Groups)
	}
	if carol := userOf(t, plan, "carol"); !carol.Disabled {
		t.Error("carol is not disabled")
	}
	if boss := userOf(t, plan, "admin"); boss.Org != "built-in" || !mentions(boss.Notes, "postern role grant") {
		t.Errorf("the administrator is %+v", boss)
	}
	if olivia := userOf(t, plan, "olivia"); olivia.Org != "legacy-org" {
		t.Errorf("olivia is in %q", olivia.Org)
	}
	if leftOf(plan, "user", "niaj") == "" {
		t.Error("nothing is said of a deleted user")
	}
}

// Each hash was made by Casdoor's own code.
func TestCasdoorPasswords(t *testing.T) {
	plan := readTestdata(t, "casdoor", "casdoor.json")
	for name, scheme := range map[string]string{
		"alice": "$2a$10$", "bob": "$casdoor-sha256$,", "carol": "$casdoor-sha512$,", "dave": "$casdoor-md5$,", "erin": "$pbkdf2-sha256$i=27500$,", "frank": "$argon2id$v=19$m=65536,t=1,p=2$",
		"grace": "$pbkdf2-sha256$i=260000$", "ivan": "$casdoor-sha256$,", "olivia": "$casdoor-sha256$b3JnLXNhbHQtMjAyNA,$",
	} {
		if user := userOf(t, plan, name); !strings.HasPrefix(user.PasswordHash, scheme) || user.Password != "" || mentions(user.Notes, "password") {
			t.Errorf("%s has %q, notes %v", name, user.PasswordHash, user.Notes)
		}
	}
	if heidi := userOf(t, plan, "heidi"); heidi.Password != "the old password, plain" || heidi.PasswordHash != "" {
		t.Errorf("heidi is %+v", heidi)
	}
	if judy := userOf(t, plan, "judy"); judy.Password != "" || judy.PasswordHash != "" || !mentions(judy.Notes, "the export hides it") {
		t.Errorf("judy is %+v", judy)
	}
}

func TestCasdoorApplications(t *testing.T) {
	plan := readTestdata(t, "casdoor", "casdoor.json")
	wiki := clientOf(t, plan, "7a8bf4b3b1e5d3c0f9a2")
	if wiki.Org != "acme" || wiki.Name != "confluence" || wiki.DisplayName != "Confluence" || wiki.Secret != "1f0c6d9b4a3e8f72c5d1b0a9e8f7c6d5b4a39281" || wiki.Preset != "confluence" ||
		len(wiki.RedirectURIs) != 2 || wiki.ClientURI != "https://wiki.example.org" || wiki.LogoURI != "" || wiki.AccessTTL != 0 || wiki.RefreshTTL.Hours() != 168 {
		t.Errorf("client %+v", wiki)
	}
	for _, part := range []string{"preset confluence", "implicit", "client_credentials", "password grant"} {
		if !mentions(wiki.Notes, part) {
			t.Errorf("the notes %v do not mention %s", wiki.Notes, part)
		}
	}
	if grafana := clientOf(t, plan, "59b1c2d3e4f5a6b7c8d9"); grafana.Name != "My-Grafana" || grafana.Preset != "web" || grafana.AccessTTL.Hours() != 8 || !mentions(grafana.Notes, "is called My-Grafana here") {
		t.Errorf("client %+v", grafana)
	}
	if leftOf(plan, "application", "app-built-in") == "" || leftOf(plan, "permission", "permission-wiki") == "" || leftOf(plan, "certs", "1 of them") == "" {
		t.Errorf("left %+v", plan.Left)
	}
}

func TestCasdoorProviders(t *testing.T) {
	plan := readTestdata(t, "casdoor", "casdoor.json")
	github, settings := connectorOf(t, plan, "provider-github-acme")
	if github.Org != "acme" || github.Plugin != "github" || settings["client_id"] != "Iv1.8a61f9b3a7aba766" || github.Secrets["client_secret"] != "the secret of github" {
		t.Errorf("connector %+v", github)
	}
	if google, _ := connectorOf(t, plan, "provider-google-acme"); len(google.Secrets) != 0 || !mentions(google.Notes, "no client secret") {
		t.Errorf("connector %+v", google)
	}
	custom, settings := connectorOf(t, plan, "intranet")
	want := map[string]any{
		"client_id": "casdoor", "authorization_endpoint": "https://sso.example.org/authorize", "token_endpoint": "https://sso.example.org/token",
		"userinfo_endpoint": "https://sso.example.org/me", "scopes": []any{"profile", "email"},
		"paths": map[string]any{"subject": "data.id", "name": "data.login", "display_name": "data.name", "email": "data.email", "picture": "data.avatar"},
	}
	if custom.Plugin != "oauth2" || !reflect.DeepEqual(settings, want) {
		t.Errorf("connector %+v", custom)
	}
	ldap, settings := connectorOf(t, plan, "ldap-acme-directory")
	want = map[string]any{
		"url": "ldaps://ldap.example.org:636", "user_base": "ou=people,dc=example,dc=org", "bind_dn": "cn=reader,dc=example,dc=org",
		"user_filter": "(&(objectClass=posixAccount)(|(uid={0})(mail={0})))",
	}
	if ldap.Plugin != "ldap" || !reflect.DeepEqual(settings, want) || ldap.Secrets["bind_password"] != "the password of the reader" {
		t.Errorf("connector %+v", ldap)
	}
	if !strings.Contains(leftOf(plan, "provider", "provider_wechat"), "no connector for WeChat") || !strings.Contains(leftOf(plan, "provider", "provider_mail"), "smtp") {
		t.Errorf("left %+v", plan.Left)
	}
}

func TestCasdoorOrganisations(t *testing.T) {
	plan := readTestdata(t, "casdoor", "casdoor.json")
	if len(plan.Organisations) != 3 || plan.Organisations[1].Name != "acme" || plan.Organisations[1].DisplayName != "Acme" || plan.Organisations[1].Logo != "https://acme.example.org/logo.png" || plan.Organisations[0].Favicon != "" || !mentions(plan.Organisations[1].Notes, "master password") {
		t.Errorf("organisations %+v", plan.Organisations)
	}
	if org := plan.Organisations[2]; org.Name != "legacy-org" || !mentions(org.Notes, "is called legacy-org here") {
		t.Errorf("organisation %+v", org)
	}
	var groups []string
	for _, group := range plan.Groups {
		groups = append(groups, group.Org+"/"+group.Name)
	}
	if want := []string{"acme/confluence-users", "acme/editors", "acme/role:writer", "acme/role:reader"}; !slices.Equal(groups, want) {
		t.Errorf("groups %v", groups)
	}
	if leftOf(plan, "role", "old") != "it is disabled there" {
		t.Errorf("left %+v", plan.Left)
	}
}

// The database and the document say the same, where the one is and where it was sent.
func TestCasdoorDatabase(t *testing.T) {
	want := readTestdata(t, "casdoor", "casdoor.json")
	path := casdoorDatabase(t)
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for what, file := range map[string]intake.File{"sent": {Name: "casdoor.db", Data: data}, "there": {Name: "casdoor.db", Data: data[:100], Path: path}} {
		plan, err := intake.Read("casdoor", file)
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		for _, part := range []struct {
			name      string
			got, want any
		}{
			{"organisations", plan.Organisations, want.Organisations}, {"groups", plan.Groups, want.Groups}, {"clients", plan.Clients, want.Clients},
			{"connectors", plan.Connectors, want.Connectors}, {"users", plan.Users, want.Users}, {"left", plan.Left, want.Left},
		} {
			if !reflect.DeepEqual(part.got, part.want) {
				t.Errorf("%s: the database has the %s\n%+v\nthe document\n%+v", what, part.name, part.got, part.want)
			}
		}
	}
}

// A document that somebody wrote by hand has passwords as they are.
func TestCasdoorTemplate(t *testing.T) {
	plan, err := intake.Read("casdoor", intake.File{Name: "init_data.json", Data: []byte(`{
		"organizations": [{"name": "acme", "passwordType": "bcrypt"}, {"name": ""}, null],
		"applications": [{"name": ""}], "providers": [{"name": ""}], "groups": [{"name": ""}], "roles": [{"name": ""}], "ldaps": [{"host": ""}],
		"users": [{"owner": "acme", "name": "ann", "password": "her password", "newField": {"a": 1}, "score": 2000}, {"name": ""}],
		"newKind": [{}, {}]
	}`)})
	if err != nil {
		t.Fatal(err)
	}
	ann := userOf(t, plan, "ann")
	if ann.ID != "acme/ann" || ann.Password != "her password" || !mentions(ann.Notes, "newField") || mentions(ann.Notes, "score") {
		t.Errorf("ann is %+v", ann)
	}
	if len(plan.Users) != 1 || len(plan.Organisations) != 1 || len(plan.Clients)+len(plan.Connectors)+len(plan.Groups) != 0 || leftOf(plan, "newKind", "2 of them") == "" {
		t.Errorf("plan %+v", plan)
	}
}

func TestCasdoorRefuses(t *testing.T) {
	other := filepath.Join(t.TempDir(), "other.db")
	if err := os.WriteFile(other, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	conn, err := sqlite.Open(other)
	if err != nil {
		t.Fatal(err)
	}
	if err := conn.Script("CREATE TABLE t (x)"); err != nil {
		t.Fatal(err)
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	stranger, err := os.ReadFile(other)
	if err != nil {
		t.Fatal(err)
	}
	for what, c := range map[string]struct{ data, problem string }{
		"nothing":             {"", "neither JSON nor a database"},
		"broken":              {"{\n \"users\": [\n}", "line 3"},
		"another document":    {`{"x": [1]}`, "no export of Casdoor"},
		"users are no list":   {`{"users": {}}`, "users is no list"},
		"a user is no object": {`{"users": ["x"]}`, "users[0] is no object"},
		"a broken database":   {"SQLite format 3\x00" + strings.Repeat("x", 5000), "cannot be read"},
		"another database":    {string(stranger), "no database of Casdoor"},
	} {
		_, err := intake.Read("casdoor", intake.File{Name: "f", Data: []byte(c.data)})
		wrong, is := errors.AsType[*intake.FormError](err)
		if !is || !strings.Contains(err.Error(), c.problem) || !strings.HasPrefix(err.Error(), "f: ") {
			t.Errorf("%s: %v", what, err)
			continue
		}
		if strings.HasSuffix(wrong.Hint(), ".") {
			t.Errorf("%s: hint %q", what, wrong.Hint())
		}
	}
	if _, err := intake.Read("casdoor", intake.File{Name: "a", Data: []byte(`{"users":[]}`)}, intake.File{Name: "b"}); err == nil || !strings.Contains(err.Error(), "second") {
		t.Errorf("two files: %v", err)
	}
}

// What a table of a stranger computes, or a module of it, is not read.
func TestCasdoorDatabaseComputes(t *testing.T) {
	path := casdoorDatabase(t)
	conn, err := sqlite.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, statement := range []string{
		`CREATE TABLE organization_computed (a, b AS (zeroblob(1000000000)))`, `INSERT INTO organization_computed (a) VALUES (1)`,
		`ALTER TABLE "role" ADD COLUMN more AS (zeroblob(1000000000))`, `CREATE VIRTUAL TABLE invitation USING fts5(a)`, `INSERT INTO invitation VALUES ('x')`,
	} {
		if _, err := conn.Exec(statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := conn.Close(); err != nil {
		t.Fatal(err)
	}
	plan, err := intake.Read("casdoor", intake.File{Name: "casdoor.db", Data: []byte("SQLite format 3\x00"), Path: path})
	if err != nil {
		t.Fatal(err)
	}
	if len(plan.Users) == 0 || slices.ContainsFunc(plan.Groups, func(g admin.ImportGroup) bool { return strings.HasPrefix(g.Name, "role:") }) || leftOf(plan, "invitations", "1 of them") != "" {
		t.Errorf("groups %+v, left %+v", plan.Groups, plan.Left)
	}
}

func FuzzRead(f *testing.F) {
	for _, name := range []string{"casdoor.json"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add("casdoor", data)
	}
	f.Add("keycloak", []byte(`{"realm":"r","users":[{"username":"a","credentials":[{"type":"password","secretData":"{}","credentialData":"{}"}]}],"groups":[{"name":"g","subGroups":[{}]}]}`))
	f.Add("dex", []byte("staticPasswords:\n- email: a@example.org\n  hash: x\n"))
	f.Add("csv", []byte("name;groups\nann;a|b\n"))
	f.Fuzz(func(t *testing.T, source string, data []byte) {
		if strings.HasPrefix(string(data), "SQLite format 3") {
			return // is the library's to read, and slow
		}
		plan, err := intake.Read(source, intake.File{Name: "f", Data: data})
		if err != nil {
			return
		}
		if _, err := json.Marshal(plan); err != nil {
			t.Error(err)
		}
		for _, row := range plan.Left {
			if row.Reason == "" || row.Result != admin.ImportRefused {
				t.Errorf("row %+v", row)
			}
		}
	})
}

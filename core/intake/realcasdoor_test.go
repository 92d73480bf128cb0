package intake_test

import (
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/intake"
)

// realCasdoor reads what Casdoor made: its export, and its database.
func realCasdoor(t *testing.T) (export, database *admin.ImportPlan) {
	t.Helper()
	file := made(t, "casdoor-3.158.0/casdoor.db.gz")[0]
	file.Path = filepath.Join(t.TempDir(), "casdoor.db")
	if err := os.WriteFile(file.Path, file.Data, 0o600); err != nil {
		t.Fatal(err)
	}
	database, err := intake.Read("casdoor", file)
	if err != nil {
		t.Fatal(err)
	}
	return readMade(t, "casdoor", "casdoor-3.158.0/casdoor.json.gz"), database
}

// The database says the same as the export, in another order.
func TestCasdoorDatabaseAndExport(t *testing.T) {
	export, database := realCasdoor(t)
	for _, plan := range []*admin.ImportPlan{export, database} {
		slices.SortFunc(plan.Organisations, func(a, b admin.ImportOrganisation) int { return strings.Compare(a.Name, b.Name) })
		slices.SortFunc(plan.Groups, func(a, b admin.ImportGroup) int { return strings.Compare(a.Name, b.Name) })
		slices.SortFunc(plan.Connectors, func(a, b admin.ImportConnector) int { return strings.Compare(a.Name, b.Name) })
		slices.SortFunc(plan.Clients, func(a, b admin.ImportClient) int { return strings.Compare(a.ID, b.ID) })
		slices.SortFunc(plan.Users, func(a, b admin.ImportUser) int { return strings.Compare(a.ID, b.ID) })
		for i := range plan.Users {
			slices.Sort(plan.Users[i].Groups)
		}
		// Records and sessions are not in the file of the database that is kept here, and its
		// rules are not in the export.
		plan.Left = slices.DeleteFunc(plan.Left, func(r admin.ImportRow) bool {
			return slices.Contains([]string{"records", "sessions", "enforcerPolicies", "permission_rules", "casbin_api_rules", "casbin_user_rules"}, r.Kind)
		})
		slices.SortFunc(plan.Left, func(a, b admin.ImportRow) int { return strings.Compare(a.Kind+a.Name, b.Kind+b.Name) })
	}
	if !reflect.DeepEqual(export, database) {
		t.Errorf("the export:\n%+v\nthe database:\n%+v", export, database)
	}
}

func TestCasdoorRealExport(t *testing.T) {
	plan, _ := realCasdoor(t)
	alice := userOf(t, plan, "alice")
	if want := (core.Address{Street: "Rämistrasse 1\nc/o Hatter", Locality: "Zürich", Region: "ZH", PostalCode: "8001", Country: "CH"}); alice.Profile.Address != want {
		t.Errorf("alice lives at %+v", alice.Profile.Address)
	}
	if want := []admin.ImportLink{{Connector: "google-login", Subject: "108204268033311374519"}, {Connector: "intranet", Subject: "intra-7"}}; !slices.Equal(alice.Links, want) {
		t.Errorf("alice is linked %+v", alice.Links)
	}
	for _, note := range []string{
		"the account at github was left out", "recovery codes were left out", "identity card", "real name was left out", "from which addresses the person may sign in", "keeps there for other services",
	} {
		if !mentions(alice.Notes, note) {
			t.Errorf("nothing says %q of alice: %q", note, alice.Notes)
		}
	}
	salted := plan.Organisations[slices.IndexFunc(plan.Organisations, func(o admin.ImportOrganisation) bool { return o.Name == "salted-org" })]
	for _, note := range []string{"is called salted-org here", "master password", "default password", "from which addresses"} {
		if !mentions(salted.Notes, note) {
			t.Errorf("nothing says %q of the organisation: %q", note, salted.Notes)
		}
	}
	named := func(name string) admin.ImportClient {
		return plan.Clients[slices.IndexFunc(plan.Clients, func(c admin.ImportClient) bool { return c.Name == name })]
	}
	for name, note := range map[string]string{"confluence": "one of its tags", "jira-app": "SAML was left out", "closed-app": "passwords are turned off", "app-salt": "tokens live shorter here"} {
		if notes := named(name).Notes; !mentions(notes, note) {
			t.Errorf("nothing says %q of %s: %q", note, name, notes)
		}
	}
	if shared := named("shared"); !shared.Shared || shared.Org != core.DefaultOrganisation {
		t.Errorf("the shared application %+v", shared)
	}
	for _, name := range []string{"github-login", "github-login-org-bcrypt"} {
		if connector, _ := connectorOf(t, plan, name); connector.Secrets["client_secret"] != "throw-away-github-login" {
			t.Errorf("connector %+v", connector)
		}
	}
	for _, row := range [][2]string{{"ldap", "BuildIn LDAP Server"}, {"permission", "may-wiki"}, {"user", "ghost"}, {"role", "off"}, {"provider", "wechat"}, {"provider", "sms"}, {"provider", "saml-idp"}} {
		if leftOf(plan, row[0], row[1]) == "" {
			t.Errorf("nothing is said of the %s %s", row[0], row[1])
		}
	}
}

// A redirect URI there is a pattern. One that matches a single address is that address.
func TestCasdoorPatterns(t *testing.T) {
	const document = `{"applications":[{"name":"a","organization":"o","clientId":"a","redirectUris":["^https://a\\.example\\.org/cb$","https://a.example.org/x?y=1","https://.*\\.example\\.org/cb","https://a\\.example\\.org/(x|y)"]}]}`
	plan, err := intake.Read("casdoor", intake.File{Name: "f", Data: []byte(document)})
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"https://a.example.org/cb", "https://a.example.org/x?y=1", `https://.*\.example\.org/cb`, `https://a\.example\.org/(x|y)`}
	if got := clientOf(t, plan, "a").RedirectURIs; !slices.Equal(got, want) {
		t.Errorf("redirect URIs %q", got)
	}
}

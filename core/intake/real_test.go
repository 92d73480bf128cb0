package intake_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/intake"
)

// made gives files that another program made; see testdata/README.md.
func made(t *testing.T, names ...string) (files []intake.File) {
	t.Helper()
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join("testdata", filepath.FromSlash(name)))
		if err != nil {
			t.Fatal(err)
		}
		if strings.HasSuffix(name, ".gz") {
			reader, err := gzip.NewReader(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			if data, err = io.ReadAll(reader); err != nil {
				t.Fatal(err)
			}
		}
		files = append(files, intake.File{Name: strings.TrimSuffix(name, ".gz"), Data: data})
	}
	return files
}

func readMade(t *testing.T, source string, names ...string) *admin.ImportPlan {
	t.Helper()
	plan, err := intake.Read(source, made(t, names...)...)
	if err != nil {
		t.Fatal(err)
	}
	return plan
}

// ofOrg keeps what belongs to one organisation.
func ofOrg(plan *admin.ImportPlan, org string) *admin.ImportPlan {
	plan.Organisations = slices.DeleteFunc(plan.Organisations, func(o admin.ImportOrganisation) bool { return o.Name != org })
	plan.Groups = slices.DeleteFunc(plan.Groups, func(g admin.ImportGroup) bool { return g.Org != org })
	plan.Connectors = slices.DeleteFunc(plan.Connectors, func(c admin.ImportConnector) bool { return c.Org != org })
	plan.Clients = slices.DeleteFunc(plan.Clients, func(c admin.ImportClient) bool { return c.Org != org })
	plan.Users = slices.DeleteFunc(plan.Users, func(u admin.ImportUser) bool { return u.Org != org })
	plan.Left = slices.DeleteFunc(plan.Left, func(r admin.ImportRow) bool { return r.Org != org })
	return plan
}

var keycloakDirectory = []string{
	"keycloak-26.7.3/acme-users-1.json", "keycloak-26.7.3/acme-realm.json.gz", "keycloak-26.7.3/acme-users-0.json", "keycloak-26.7.3/acme-users-2.json",
}

// The file of all realms says the same as the files of one.
func TestKeycloakKindsOfExport(t *testing.T) {
	directory, single := readMade(t, "keycloak", keycloakDirectory...), readMade(t, "keycloak", "keycloak-26.7.3/single.json.gz")
	var realms []string
	for _, org := range single.Organisations {
		realms = append(realms, org.Name)
	}
	if !slices.Equal(realms, []string{"second", "master", "acme-realm"}) || !single.Organisations[0].Disabled {
		t.Errorf("organisations %+v", single.Organisations)
	}
	single = ofOrg(single, "acme-realm")
	for _, plan := range []*admin.ImportPlan{directory, single} {
		slices.SortFunc(plan.Users, func(a, b admin.ImportUser) int { return strings.Compare(a.Name, b.Name) })
		slices.SortFunc(plan.Groups, func(a, b admin.ImportGroup) int { return strings.Compare(a.Name, b.Name) })
		slices.SortFunc(plan.Left, func(a, b admin.ImportRow) int { return strings.Compare(a.Kind+a.Name, b.Kind+b.Name) })
	}
	if !reflect.DeepEqual(directory, single) {
		t.Errorf("of the directory:\n%+v\nof the file:\n%+v", directory, single)
	}
}

// Of the realm of administrators nothing becomes a group that lets somebody in here.
func TestKeycloakMaster(t *testing.T) {
	plan := ofOrg(readMade(t, "keycloak", "keycloak-26.7.3/single.json.gz"), "master")
	if boss := userOf(t, plan, "admin"); len(boss.Groups) != 0 || !mentions(boss.Notes, "administrator of all realms") || boss.PasswordHash == "" {
		t.Errorf("the administrator %+v", boss)
	}
	if len(plan.Groups) != 0 || len(plan.Clients) != 0 {
		t.Errorf("groups %+v, clients %+v", plan.Groups, plan.Clients)
	}
}

func TestKeycloakRealExport(t *testing.T) {
	plan := readMade(t, "keycloak", keycloakDirectory...)
	for name, groups := range map[string][]string{
		"anna": {"staff/press", "wiki-users", "role:chief", "role:wiki:space-admin", "role:editor", "role:reader"},
		"bert": {"staff/press/Müller & Söhne/Nord", "role:wiki:space-admin", "role:editor", "role:reader"}, "boss": nil,
	} {
		got := userOf(t, plan, name).Groups
		slices.Sort(got)
		if slices.Sort(groups); !slices.Equal(got, groups) {
			t.Errorf("%s is in %q, want %q", name, got, groups)
		}
	}
	for name, note := range map[string]string{
		"anna": "department has several values", "boss": "is an administrator there (realm-admin)", "cleo": "UPDATE_PASSWORD", "fritz": "account at fb was left out",
		"greta": "an app that shows codes was left out", "no.password": "CONFIGURE_TOTP",
	} {
		if notes := userOf(t, plan, name).Notes; !mentions(notes, note) {
			t.Errorf("%s: %q", name, notes)
		}
	}
	if fritz := userOf(t, plan, "fritz"); !slices.Equal(fritz.Links, []admin.ImportLink{{Connector: "github", Subject: "583231", Name: "octocat"}, {Connector: "corp", Subject: "corp-7", Name: "fritz@corp"}}) {
		t.Errorf("fritz is linked %+v", fritz.Links)
	}
	for name, want := range map[string]string{
		"google": `{"client_id":"g-id","hosted_domains":["example.org"]}`, "ms": `{"client_id":"ms-id","tenant":"contoso"}`,
		"corp": `{"auth_method":"client_secret_post","client_id":"corp-id","issuer":"https://corp.example.org","scopes":["profile","groups"]}`,
		"kc":   `{"client_id":"kc-id","issuer":"https://kc.example.org/realms/x"}`,
	} {
		connector, _ := connectorOf(t, plan, name)
		if string(connector.Settings) != want || connector.Secrets["client_secret"] != "throw-away-"+name {
			t.Errorf("%s has %s, secrets %v", name, connector.Settings, connector.Secrets)
		}
	}
	if directory, settings := connectorOf(t, plan, "directory"); settings["user_filter"] != "(&(employeeType=active)(uid={0}))" || directory.Secrets["bind_password"] != "throw-away-bind" {
		t.Errorf("directory %v, %v", settings, directory.Secrets)
	}
	wiki := clientOf(t, plan, "wiki")
	if wiki.Secret != "throw-away-secret-of-the-wiki-0001" || !slices.Equal(wiki.RedirectURIs, []string{"https://wiki.example.org/plugins/servlet/oauth/callback", "https://wiki.example.org/*"}) ||
		!slices.Equal(wiki.PostLogoutRedirectURIs, []string{"https://wiki.example.org/bye", "https://wiki.example.org/other"}) || wiki.BackchannelLogoutURI != "https://wiki.example.org/bc" {
		t.Errorf("wiki %+v", wiki)
	}
	if native := clientOf(t, plan, "cli.native"); native.Preset != admin.PresetNative || !native.RequirePKCE || !mentions(native.Notes, "device grant") {
		t.Errorf("native %+v", native)
	}
	for _, row := range [][2]string{
		{"client", "api"}, {"client", "robot"}, {"client", "https://saml.example.org/metadata"}, {"service account", "service-account-robot"}, {"identity provider", "fb"},
		{"identity provider", "saml"}, {"organization", "1 of them"}, {"smtp server", "1 of them"},
	} {
		if leftOf(plan, row[0], row[1]) == "" {
			t.Errorf("nothing is said of the %s %s", row[0], row[1])
		}
	}
	if slices.ContainsFunc(plan.Groups, func(g admin.ImportGroup) bool { return strings.Contains(g.Name, "uma_protection") }) {
		t.Errorf("Keycloak's own role is a group: %+v", plan.Groups)
	}
}

// What the console of Keycloak exports has no people and hides secrets; the files of people
// alone have no realm. Both say so.
func TestKeycloakPartialExport(t *testing.T) {
	plan := readMade(t, "keycloak", "keycloak-26.7.3/partial.json.gz")
	if wiki := clientOf(t, plan, "wiki"); wiki.Secret != "" || len(plan.Users) != 0 || !mentions(plan.Organisations[0].Notes, "has no users") {
		t.Errorf("wiki %+v, notes %q", wiki, plan.Organisations[0].Notes)
	}
	if corp, _ := connectorOf(t, plan, "corp"); len(corp.Secrets) != 0 || !mentions(corp.Notes, "has no client secret") {
		t.Errorf("corp %+v", corp)
	}
	people := readMade(t, "keycloak", "keycloak-26.7.3/acme-users-0.json")
	if len(people.Users) != 5 || !mentions(people.Organisations[0].Notes, "file of the realm itself is missing") {
		t.Errorf("%d users, notes %q", len(people.Users), people.Organisations[0].Notes)
	}
}

// Lifetimes that a client has of its own come along, as do providers that let in few.
func TestKeycloakMore(t *testing.T) {
	realm := map[string]any{"realm": "r", "clients": []any{
		map[string]any{"clientId": "a-realm", "redirectUris": []string{"https://a.example.org/cb"}, "attributes": map[string]string{"access.token.lifespan": "90", "frontchannel.logout.url": "https://a.example.org/out"}},
		map[string]any{"name": "nobody"},
	}, "identityProviders": []any{
		map[string]any{"alias": "Git Hub", "providerId": "github", "config": map[string]string{"clientId": "x", "baseUrl": "https://git.example.org/", "filteredByClaim": "true"}},
		map[string]any{"alias": "git-hub", "providerId": "google", "config": map[string]string{"clientId": "x", "hostedDomain": "*"}},
	}, "users": []any{
		map[string]any{"email": "nobody@example.org"},
		map[string]any{"username": "ann", "federatedIdentities": []any{map[string]any{"identityProvider": "Git Hub", "userId": "7"}}},
	}}
	document, err := json.Marshal(realm)
	if err != nil {
		t.Fatal(err)
	}
	plan, err := intake.Read("keycloak", intake.File{Name: "f", Data: document})
	if err != nil {
		t.Fatal(err)
	}
	if a := clientOf(t, plan, "a-realm"); a.AccessTTL != 90*time.Second || !mentions(a.Notes, "front-channel") {
		t.Errorf("client %+v", a)
	}
	if google, settings := connectorOf(t, plan, "git-hub"); google.Plugin != "google" || settings["hosted_domains"] != nil {
		t.Errorf("google %+v", google)
	}
	github := plan.Connectors[0]
	if github.Name == "git-hub" || !strings.Contains(string(github.Settings), `"url":"https://git.example.org"`) || !mentions(github.Notes, "only who has a certain claim") {
		t.Errorf("github %+v %s", github, github.Settings)
	}
	if ann := userOf(t, plan, "ann"); len(ann.Links) != 1 || ann.Links[0].Connector != github.Name {
		t.Errorf("ann is linked %+v", ann.Links)
	}
	if leftOf(plan, "row", "users") == "" || leftOf(plan, "row", "clients") == "" {
		t.Errorf("left %+v", plan.Left)
	}
}

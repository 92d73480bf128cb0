package intake_test

import (
	"encoding/json"
	"errors"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/intake"
)

func TestKeycloakUsers(t *testing.T) {
	plan := readTestdata(t, "keycloak", "keycloak-realm.json")
	if len(plan.Organisations) != 1 || plan.Organisations[0].Name != "acme-realm" || plan.Organisations[0].DisplayName != "Acme" || plan.Organisations[0].Disabled {
		t.Errorf("organisations %+v", plan.Organisations)
	}
	alice := userOf(t, plan, "alice")
	if alice.Org != "acme-realm" || alice.ID != "826731b2-bf17-4bd9-b45c-6a26c76ddaae" || alice.Email != "alice@example.org" || !alice.EmailVerified || alice.Disabled ||
		alice.Profile.DisplayName != "Alice Liddell" || alice.Profile.GivenName != "Alice" || alice.Profile.Phone != "+41 44 668 18 00" || alice.Profile.Locale != "de" ||
		!reflect.DeepEqual(alice.Attributes, map[string]string{"department": "press"}) {
		t.Errorf("alice is %+v", alice)
	}
	if want := []string{"staff/press", "role:reader", "role:writer", "role:wiki:editor"}; !slices.Equal(alice.Groups, want) {
		t.Errorf("groups %v, want %v", alice.Groups, want)
	}
	if want := []admin.ImportTOTP{{Name: "phone", Seed: []byte("F9dTkWvnQ2L0xPbR4sHy")}, {Seed: []byte("Hello!\xde\xad\xbe\xefHello!\xde\xad\xbe\xef")}}; !reflect.DeepEqual(alice.TOTP, want) {
		t.Errorf("apps %q", alice.TOTP)
	}
	if want := []admin.ImportLink{{Connector: "github", Subject: "583231", Name: "alice"}}; !slices.Equal(alice.Links, want) {
		t.Errorf("links %+v", alice.Links)
	}
	for _, part := range []string{"six digits", "passkeys", "saml-old", "UPDATE_PASSWORD", "administrator there (manage-users)", "department has several values"} {
		if !mentions(alice.Notes, part) {
			t.Errorf("the notes %q do not mention %s", alice.Notes, part)
		}
	}
	if bob := userOf(t, plan, "bob"); !slices.Equal(bob.Groups, []string{"staff", "role:writer", "role:reader", "role:wiki:editor"}) {
		t.Errorf("bob is in %v", bob.Groups)
	}
	if carol := userOf(t, plan, "carol"); !carol.Disabled {
		t.Error("carol is not disabled")
	}
	if leftOf(plan, "service account", "service-account-batch") == "" {
		t.Errorf("left %+v", plan.Left)
	}
}

// The hashes of alice and bob were made by Keycloak.
func TestKeycloakPasswords(t *testing.T) {
	plan := readTestdata(t, "keycloak", "keycloak-realm.json")
	for name, want := range map[string]string{
		"alice": "$pbkdf2-sha256$i=27500$P5rtFkGtPfoaryJ6PizUJw$JsfNbCOIdZUbyBJ+BT+VoGI91Ec2rWLOvkLPDaX8e9k",
		"bob":   "$argon2id$v=19$m=7168,t=5,p=1$Cf9AYCE5pAbb4CKEF0GUTA$BruFLfFkjH/8erZ26NnrbkOrWiZuQyDRCHD9o0R6Scg",
		"carol": "$pbkdf2-sha512$i=2100$", "dave": "$pbkdf2-sha1$i=2000$", "erin": "$pbkdf2-sha256$i=2750$",
	} {
		if user := userOf(t, plan, name); !strings.HasPrefix(user.PasswordHash, want) {
			t.Errorf("%s has %q, notes %v", name, user.PasswordHash, user.Notes)
		}
	}
	if frank := userOf(t, plan, "frank"); frank.Password != "the old password, plain" {
		t.Errorf("frank is %+v", frank)
	}
	grace := userOf(t, plan, "grace")
	if grace.PasswordHash != "" || !mentions(grace.Notes, `"bcrypt" are not known`) || !mentions(grace.Notes, "kerberos") || !mentions(grace.Notes, "directory") {
		t.Errorf("grace is %+v", grace)
	}
}

func TestKeycloakClients(t *testing.T) {
	plan := readTestdata(t, "keycloak", "keycloak-realm.json")
	wiki := clientOf(t, plan, "wiki")
	if wiki.Secret != "QnVwSx6gC2nJr8yTt4dLkP0aHeZmV1Fo" || wiki.Preset != "confluence" || wiki.DisplayName != "Wiki" || wiki.ClientURI != "https://wiki.example.org/" || !wiki.SkipConsent ||
		!slices.Equal(wiki.RedirectURIs, []string{"https://wiki.example.org/plugins/servlet/oauth/callback", "https://wiki.example.org/*"}) ||
		!slices.Equal(wiki.PostLogoutRedirectURIs, []string{"https://wiki.example.org/plugins/servlet/oauth/callback", "https://wiki.example.org/bye"}) ||
		wiki.BackchannelLogoutURI != "https://wiki.example.org/backchannel-logout" || !mentions(wiki.Notes, "mappers") || !mentions(wiki.Notes, "password grant") {
		t.Errorf("client %+v", wiki)
	}
	if spa := clientOf(t, plan, "spa"); spa.Preset != "spa" || spa.Secret != "" || spa.SkipConsent || !spa.RequirePKCE {
		t.Errorf("client %+v", spa)
	}
	if len(plan.Clients) != 2 {
		t.Errorf("clients %+v", plan.Clients)
	}
	for _, id := range []string{"https://saml.example.org", "batch", "api"} {
		if leftOf(plan, "client", id) == "" {
			t.Errorf("nothing is said of the client %s", id)
		}
	}
}

func TestKeycloakConnectors(t *testing.T) {
	plan := readTestdata(t, "keycloak", "keycloak-realm.json")
	if github, settings := connectorOf(t, plan, "github"); github.Plugin != "github" || settings["client_id"] != "Iv1.8a61f9b3a7aba766" || len(github.Secrets) != 0 {
		t.Errorf("connector %+v", github)
	}
	corp, settings := connectorOf(t, plan, "corp")
	want := map[string]any{"client_id": "keycloak", "issuer": "https://sso.example.org", "auth_method": "client_secret_post", "scopes": []any{"profile", "email", "groups"}}
	if corp.Plugin != "oidc" || corp.DisplayName != "Corporate" || !reflect.DeepEqual(settings, want) || corp.Secrets["client_secret"] != "the secret of corp" {
		t.Errorf("connector %+v", corp)
	}
	directory, settings := connectorOf(t, plan, "acme-directory")
	want = map[string]any{
		"url": "ldaps://ldap.example.org", "user_base": "ou=people,dc=example,dc=org", "bind_dn": "cn=reader,dc=example,dc=org",
		"user_filter": "(&(objectClass=person)(uid={0}))", "attributes": map[string]any{"name": "uid", "subject": "entryUUID"},
	}
	if directory.Plugin != "ldap" || !reflect.DeepEqual(settings, want) {
		t.Errorf("connector %+v", directory)
	}
	for kind, name := range map[string]string{"identity provider": "saml-old", "user federation": "kerberos", "authentication flow": "browser with terms", "smtp server": "1 of them"} {
		if leftOf(plan, kind, name) == "" {
			t.Errorf("nothing is said of the %s %s: %+v", kind, name, plan.Left)
		}
	}
	if leftOf(plan, "authentication flow", "browser") != "" {
		t.Error("a flow that every realm has is mentioned")
	}
}

func TestKeycloakGroups(t *testing.T) {
	plan := readTestdata(t, "keycloak", "keycloak-realm.json")
	var groups []string
	for _, group := range plan.Groups {
		groups = append(groups, group.Name)
	}
	if want := []string{"role:writer", "role:reader", "role:wiki:editor", "staff", "staff/press"}; !slices.Equal(groups, want) {
		t.Errorf("groups %v", groups)
	}
}

// A realm may be in several files, in any order.
func TestKeycloakInSeveralFiles(t *testing.T) {
	data, err := os.ReadFile("testdata/keycloak-realm.json")
	if err != nil {
		t.Fatal(err)
	}
	var members map[string]json.RawMessage
	var users []json.RawMessage
	if err := json.Unmarshal(data, &members); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(members["users"], &users); err != nil {
		t.Fatal(err)
	}
	file := func(name string, value any) intake.File {
		data, err := json.Marshal(value)
		if err != nil {
			t.Fatal(err)
		}
		return intake.File{Name: name, Data: data}
	}
	delete(members, "users")
	realm := file("realm", members)
	first, second := file("users-0", map[string]any{"realm": "Acme_Realm", "users": users[:3]}), file("users-1", map[string]any{"realm": "Acme_Realm", "users": users[3:]})
	want := readTestdata(t, "keycloak", "keycloak-realm.json")
	for _, files := range [][]intake.File{{realm, first, second}, {first, second, realm}, {file("all", []any{members}), first, second}} {
		plan, err := intake.Read("keycloak", files...)
		if err != nil {
			t.Fatal(err)
		}
		byName := func(a, b admin.ImportUser) int { return strings.Compare(a.Name, b.Name) }
		slices.SortFunc(plan.Users, byName)
		if !reflect.DeepEqual(plan, want) {
			t.Errorf("from %s first:\n%+v\nwant\n%+v", files[0].Name, plan, want)
		}
	}
	alone, err := intake.Read("keycloak", realm)
	if err != nil || len(alone.Users) != 0 || !mentions(alone.Organisations[0].Notes, "--users realm_file") {
		t.Errorf("a realm without users: %+v, %v", alone.Organisations, err)
	}
}

func TestKeycloakRefuses(t *testing.T) {
	for data, problem := range map[string]string{"": "no realm", "[1]": "no realm", "{}": "does not name its realm", `{"realm":"x","clients":1}`: "no realm"} {
		_, err := intake.Read("keycloak", intake.File{Name: "f", Data: []byte(data)})
		if _, is := errors.AsType[*intake.FormError](err); !is || !strings.Contains(err.Error(), problem) {
			t.Errorf("%q: %v", data, err)
		}
	}
}

// Costs and kinds of hashes that are not known are said, and nothing of them is guessed.
func TestKeycloakHashes(t *testing.T) {
	argon2 := func(kind, version, memory string) string {
		return `{"hashIterations":5,"algorithm":"argon2","additionalParameters":{"hashLength":["32"],"memory":["` + memory + `"],"type":["` + kind + `"],"version":["` + version + `"],"parallelism":["1"]}}`
	}
	const secret = `{"value":"BruFLfFkjH/8erZ26NnrbkOrWiZuQyDRCHD9o0R6Scg=","salt":"Cf9AYCE5pAbb4CKEF0GUTA=="}`
	for _, c := range []struct{ secret, details, problem string }{
		{secret, argon2("id", "1.3", "7168"), ""},
		{secret, argon2("d", "1.3", "7168"), "Argon2d of version 1.3"},
		{secret, argon2("id", "1.0", "7168"), "version 1.0"},
		{secret, argon2("id", "1.3", "x"), "costs of the hash are malformed"},
		{secret, argon2("id", "1.3", "99999999"), "out of bounds"},
		{secret, `{"hashIterations":-1,"algorithm":"pbkdf2-sha256"}`, "-1 iterations"},
		{secret, `{`, `algorithm "" are not known`},
		{`{"value":"!","salt":""}`, `{"hashIterations":1,"algorithm":"pbkdf2"}`, "no hash"},
		{`{}`, `{"hashIterations":1,"algorithm":"pbkdf2"}`, "no hash"},
	} {
		document, err := json.Marshal(map[string]any{"realm": "r", "users": []any{map[string]any{
			"username": "ann", "credentials": []any{map[string]any{"type": "password", "secretData": c.secret, "credentialData": c.details}},
		}}})
		if err != nil {
			t.Fatal(err)
		}
		plan, err := intake.Read("keycloak", intake.File{Name: "f", Data: document})
		if err != nil {
			t.Fatal(err)
		}
		ann := userOf(t, plan, "ann")
		if (ann.PasswordHash == "") != (c.problem != "") || !mentions(append(ann.Notes, ""), c.problem) {
			t.Errorf("%s with %s: %q, notes %v", c.secret, c.details, ann.PasswordHash, ann.Notes)
		}
	}
}

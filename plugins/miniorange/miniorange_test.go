package miniorange_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/postern-id/postern/plugins/miniorange"
	"github.com/postern-id/postern/sdk/hook"
)

var update = flag.Bool("update", false, "write the golden files")

var allScopes = []string{"address", "phone", "openid", "profile", "offline_access", "email"}

func alice() hook.User {
	return hook.User{
		ID: "0694bc10-537e-41a8-ba9c-09e94317e6ba", Name: "alice", Email: "alice@example.com", EmailVerified: true,
		DisplayName: "Alice Liddell", GivenName: "Alice", FamilyName: "Liddell", Locale: "en", Phone: "2025550123",
		PhoneVerified: true, CountryCode: "US", Location: "Berlin", Address: []string{"Street 1", "Berlin"}, Tag: "staff",
		Groups: []string{"confluence-users"}, Attributes: hook.Object{{Name: "department", Value: hook.String("R&D")}},
		CreatedAt: "2026-11-23T17:30:11Z", UpdatedAt: "2026-11-23T17:30:19Z", LastSignInAt: "2026-11-23T17:30:19Z",
		LastSignInIP: "127.0.0.1",
	}
}

func builtIn() hook.Organisation {
	return hook.Organisation{Name: "built-in", DisplayName: "Built-in organisation", CreatedAt: "2026-11-23T17:29:00Z"}
}

func settings(t *testing.T, text string) hook.Value {
	t.Helper()
	v, err := hook.Parse([]byte(text))
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// TestAccountGolden compares with an answer whose order was checked against a
// running Casdoor.
func TestAccountGolden(t *testing.T) {
	out, err := miniorange.Account(&hook.AccountInput{
		Settings: settings(t, `{}`), User: alice(), Organisation: builtIn(), Scopes: allScopes,
	})
	if err != nil {
		t.Fatal(err)
	}
	got := out.AppendJSON(nil)
	if *update {
		var indented bytes.Buffer
		if err := json.Indent(&indented, got, "", "  "); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile("testdata/account.json", append(indented.Bytes(), '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	golden, err := os.ReadFile("testdata/account.json")
	if err != nil {
		t.Fatal(err)
	}
	var want bytes.Buffer
	if err := json.Compact(&want, golden); err != nil {
		t.Fatal(err)
	}
	if string(got) != strings.TrimSpace(want.String()) {
		t.Errorf("got  %s\nwant %s", got, want.String())
	}
}

// TestAccountScopes holds that a scope that was not granted shows nothing, and
// that no key is ever absent.
func TestAccountScopes(t *testing.T) {
	byScope := map[string][]string{
		"profile": {
			"name", "data.name", "data.createdTime", "data.updatedTime", "data.displayName", "data.firstName", "data.lastName",
			"data.tag", "data.language", "data.lastSigninTime", "data.lastSigninIp", "data.properties", "data.groups",
		},
		"email":   {"data.email", "data.emailVerified"},
		"phone":   {"data.phone", "data.countryCode"},
		"address": {"data.address", "data.location"},
	}
	full := account(t, allScopes)
	none := account(t, []string{"openid"})
	for scope, names := range byScope {
		got := account(t, []string{"openid", scope})
		for name, value := range got {
			want := none[name]
			if slices.Contains(names, name) {
				want = full[name]
				if want == none[name] {
					t.Errorf("%s of scope %s is shown without it: %s", name, scope, want)
				}
			}
			if value != want {
				t.Errorf("scope %s: %s is %s, want %s", scope, name, value, want)
			}
		}
		if len(got) != len(full) {
			t.Errorf("scope %s: %d keys, want %d", scope, len(got), len(full))
		}
	}
	for _, secret := range []string{"Alice", "alice", "Liddell", "2025550123", "Berlin", "confluence-users", "R&D", "127.0.0.1"} {
		for name, value := range none {
			if strings.Contains(value, secret) {
				t.Errorf("without scopes, %s says %s", name, value)
			}
		}
	}
}

// account gives the members of the account and of its data, as JSON, by name.
func account(t *testing.T, scopes []string) map[string]string {
	t.Helper()
	out, err := miniorange.Account(&hook.AccountInput{Settings: settings(t, `{}`), User: alice(), Organisation: builtIn(), Scopes: scopes})
	if err != nil {
		t.Fatal(err)
	}
	members := map[string]string{}
	for _, member := range out {
		if member.Name != "data" {
			members[member.Name] = string(member.Value.AppendJSON(nil))
		}
		for _, inner := range member.Value.Object() {
			members[member.Name+"."+inner.Name] = string(inner.Value.AppendJSON(nil))
		}
	}
	return members
}

func TestAccountHasNoSecretAndNoErrorKey(t *testing.T) {
	out, err := miniorange.Account(&hook.AccountInput{User: alice(), Organisation: builtIn(), Scopes: allScopes})
	if err != nil {
		t.Fatal(err)
	}
	text := strings.ToLower(string(out.AppendJSON(nil)))
	for _, word := range []string{"password", "secret", "recovery", "token", "hash", "error", "invalid_"} {
		if strings.Contains(text, word) {
			t.Errorf("the account contains %q: %s", word, text)
		}
	}
}

func TestClaims(t *testing.T) {
	unverified := alice()
	unverified.EmailVerified = false
	bare := hook.User{ID: "1", Name: "bob"}
	for name, test := range map[string]struct {
		target   hook.Target
		settings string
		user     hook.User
		scopes   []string
		want     string
	}{
		"everything granted": {
			hook.TargetIDToken, `{}`, alice(), allScopes,
			`{"set":{"name":"alice","preferred_username":"alice","displayName":"Alice Liddell","email":"alice@example.com","email_verified":true,` +
				`"given_name":"Alice","family_name":"Liddell","groups":["confluence-users"]}}`,
		},
		"UserInfo keeps the full name": {
			hook.TargetUserInfo, `{}`, bare, allScopes, `{"set":{"preferred_username":"bob","groups":[]}}`,
		},
		"access token": {hook.TargetAccessToken, `{}`, alice(), allScopes, `{}`},
		"openid alone": {hook.TargetIDToken, `{}`, alice(), []string{"openid"}, `{}`},
		"email alone": {
			hook.TargetIDToken, `{}`, alice(), []string{"openid", "email"},
			`{"set":{"email":"alice@example.com","email_verified":true}}`,
		},
		"login by e-mail": {
			hook.TargetIDToken, `{"login":"email"}`, hook.User{Name: "bob", Email: "bob@example.com", EmailVerified: true}, []string{"profile", "email"},
			`{"set":{"name":"bob@example.com","preferred_username":"bob@example.com","email":"bob@example.com","email_verified":true,"groups":[]}}`,
		},
		"login by e-mail without the scope": {
			hook.TargetIDToken, `{"login":"email"}`, hook.User{Name: "bob", Email: "bob@example.com", EmailVerified: true}, []string{"profile"},
			`{"set":{"groups":[]},"remove":["name","preferred_username"]}`,
		},
		"login by an e-mail that is not verified": {
			hook.TargetIDToken, `{"login":"email"}`, hook.User{Name: "bob", Email: "alice@example.com"}, []string{"profile", "email"},
			`{"set":{"email":"alice@example.com","email_verified":false,"groups":[]},"remove":["name","preferred_username"]}`,
		},
	} {
		out, err := miniorange.Claims(&hook.ClaimsInput{
			Target: test.target, Settings: settings(t, test.settings), User: test.user, Organisation: builtIn(), Scopes: test.scopes,
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if got := string(out.AppendJSON(nil)); got != test.want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, test.want)
		}
		for _, member := range out.Set {
			if hook.IsProtected(member.Name) {
				t.Errorf("%s: sets the host's %s", name, member.Name)
			}
		}
	}
}

func TestGroups(t *testing.T) {
	groups := []string{"confluence-users", "confluence-admins", "staff", "secret"}
	for text, want := range map[string][]string{
		`{}`:                                  groups,
		`{"group_names":"bare"}`:              groups,
		`{"group_names":"organisation"}`:      {"built-in/confluence-users", "built-in/confluence-admins", "built-in/staff", "built-in/secret"},
		`{"include_groups":["confluence-*"]}`: {"confluence-users", "confluence-admins"},
		`{"include_groups":[]}`:               {},
		`{"include_groups":["*"],"exclude_groups":["secret","*-admins"]}`:                                                   {"confluence-users", "confluence-admins", "staff"},
		`{"exclude_groups":["confluence-*"]}`:                                                                               {"staff", "secret"},
		`{"rename_groups":{"staff":"everybody","secret":"everybody"},"group_names":"organisation","include_groups":["s*"]}`: {"everybody"},
	} {
		user := alice()
		user.Groups = groups
		out, err := miniorange.Claims(&hook.ClaimsInput{
			Target: hook.TargetIDToken, Settings: settings(t, text), User: user, Organisation: builtIn(), Scopes: allScopes,
		})
		if err != nil {
			t.Fatal(err)
		}
		told, _ := out.Set.Get("groups")
		if got := told.Strings(); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", text, got, want)
		}
		doc, err := miniorange.Account(&hook.AccountInput{Settings: settings(t, text), User: user, Organisation: builtIn(), Scopes: allScopes})
		if err != nil {
			t.Fatal(err)
		}
		data, _ := doc.Get("data")
		if inAccount, _ := data.Object().Get("groups"); !reflect.DeepEqual(inAccount, told) {
			t.Errorf("%s: the account says %s, the claims %s", text, inAccount.AppendJSON(nil), told.AppendJSON(nil))
		}
	}
}

// With the full name as the name, the login name stays where the standard has it.
func TestFullNameAsName(t *testing.T) {
	for text, want := range map[string]string{`{}`: "alice", `{"name":"login"}`: "alice", `{"name":"full"}`: "Alice Liddell"} {
		out, err := miniorange.Claims(&hook.ClaimsInput{Target: hook.TargetIDToken, Settings: settings(t, text), User: alice(), Scopes: allScopes})
		if err != nil {
			t.Fatal(err)
		}
		name, _ := out.Set.Get("name")
		login, _ := out.Set.Get("preferred_username")
		if name.Text() != want || login.Text() != "alice" {
			t.Errorf("%s: name %q, preferred_username %q", text, name.Text(), login.Text())
		}
	}
	out, err := miniorange.Claims(&hook.ClaimsInput{Target: hook.TargetIDToken, Settings: settings(t, `{"name":"full"}`), User: alice(), Scopes: []string{"openid", "email"}})
	if err != nil {
		t.Fatal(err)
	}
	if _, told := out.Set.Get("name"); told {
		t.Error("the name is told without the scope profile")
	}
}

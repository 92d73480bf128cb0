package intake_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/intake"
)

// A file of another program is refused by name: a realm of Keycloak would else be an export
// of Casdoor in which nobody has a name.
func TestFileOfAnotherProgram(t *testing.T) {
	files := map[string]string{"casdoor": "casdoor.json", "keycloak": "keycloak-realm.json", "dex": "dex.yaml", "csv": "people.csv"}
	problems := map[[2]string]string{
		{"casdoor", "keycloak"}: "it is a realm of Keycloak", {"casdoor", "dex"}: "neither JSON nor a database", {"casdoor", "csv"}: "neither JSON nor a database",
		{"keycloak", "casdoor"}: "it is an export of Casdoor", {"keycloak", "dex"}: "no realm of Keycloak", {"keycloak", "csv"}: "no realm of Keycloak",
		{"dex", "casdoor"}: "it is an export of Casdoor", {"dex", "keycloak"}: "it is a realm of Keycloak", {"dex", "csv"}: "nothing to move in",
		{"csv", "casdoor"}: "it is an export of Casdoor", {"csv", "keycloak"}: "it is a realm of Keycloak", {"csv", "dex"}: "neither a column name",
	}
	for pair, problem := range problems {
		name := files[pair[1]]
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		plan, err := intake.Read(pair[0], intake.File{Name: name, Data: data})
		wrong, is := errors.AsType[*intake.FormError](err)
		if !is || !strings.Contains(err.Error(), problem) {
			t.Errorf("%s given %s: %v, %v, want %q", pair[0], name, plan, err, problem)
			continue
		}
		if strings.HasPrefix(problem, "it is") && !strings.HasSuffix(wrong.Hint(), pair[1]) {
			t.Errorf("%s given %s: the hint is %q", pair[0], name, wrong.Hint())
		}
	}
	database := "SQLite format 3\x00" + strings.Repeat("\x00", 100)
	for _, source := range []string{"keycloak", "dex", "csv"} {
		_, err := intake.Read(source, intake.File{Name: "f", Data: []byte(database)})
		if _, is := errors.AsType[*intake.FormError](err); !is {
			t.Errorf("%s given a database: %v", source, err)
		}
	}
}

// A file that was cut is refused wherever the cut is, or what is left of it is whole: no
// object is read in half. Tables and YAML have no end that is missing; their rows do.
func TestCutFile(t *testing.T) {
	for source, name := range map[string]string{"casdoor": "casdoor.json", "keycloak": "keycloak-realm.json"} {
		data, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		data = []byte(strings.TrimSpace(string(data)))
		for at := 0; at < len(data); at += 97 {
			if plan, err := intake.Read(source, intake.File{Name: name, Data: data[:at]}); err == nil {
				t.Fatalf("%s cut at %d of %d is read: %+v", name, at, len(data), plan)
			}
		}
	}
}

// Two names there never become one here, whichever comes first.
func TestNamesStayApart(t *testing.T) {
	document := func(orgs ...string) string {
		var lists, users []string
		for _, org := range orgs {
			lists = append(lists, `{"owner":"admin","name":"`+org+`","passwordType":"plain"}`)
			users = append(users, `{"owner":"`+org+`","name":"ann","id":"`+org+`-1","password":"x"}`)
		}
		return `{"organizations":[` + strings.Join(lists, ",") + `],"users":[` + strings.Join(users, ",") + `]}`
	}
	orgs := []string{"acme", "Acme", "AC me", "组织", "人事", strings.Repeat("long-", 20) + "a", strings.Repeat("long-", 20) + "b"}
	place := map[string]string{}
	for range 2 {
		plan, err := intake.Read("casdoor", intake.File{Name: "f", Data: []byte(document(orgs...))})
		if err != nil {
			t.Fatal(err)
		}
		taken := map[string]bool{}
		for _, user := range plan.Users {
			name := strings.TrimSuffix(user.ID, "-1")
			if user.Org == "" || len(user.Org) > 64 || taken[user.Org] {
				t.Errorf("%q is at %q", name, user.Org)
			}
			taken[user.Org] = true
			if was := place[name]; was != "" && was != user.Org {
				t.Errorf("%q is at %q, and was at %q in another order", name, user.Org, was)
			}
			place[name] = user.Org
		}
		if place["acme"] != "acme" || !strings.HasPrefix(place["Acme"], "acme-") {
			t.Errorf("places %v", place)
		}
		for i, org := range plan.Organisations {
			if org.Name != place[orgs[i]] || (org.Name != orgs[i]) != mentions(org.Notes, "is called "+org.Name+" here") {
				t.Errorf("organisation %+v of %q", org, orgs[i])
			}
		}
		for i := range len(orgs) / 2 {
			orgs[i], orgs[len(orgs)-1-i] = orgs[len(orgs)-1-i], orgs[i]
		}
	}
}

// What has no name is said; what says nothing at all, as in Casdoor's template, is not.
func TestNameless(t *testing.T) {
	const document = `{"organizations":[{"owner":"","name":"","passwordOptions":[],"disableSignin":false}],
		"users":[{"owner":"acme","name":"","email":"nobody@example.org"},{"owner":"acme","name":"ann","password":"$2a$10$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e"},null],
		"groups":[{"owner":"acme"}],"ldaps":[{"id":"1"}],"third_party_links":[{"owner":"acme","providerId":"1"}]}`
	plan, err := intake.Read("casdoor", intake.File{Name: "f", Data: []byte(document)})
	if err != nil {
		t.Fatal(err)
	}
	for _, where := range []string{"users[0]", "groups[0]", "ldaps[0]", "third_party_links[0]"} {
		if leftOf(plan, "row", where) == "" {
			t.Errorf("nothing is said of %s: %+v", where, plan.Left)
		}
	}
	if len(plan.Organisations) != 0 || leftOf(plan, "row", "organizations[0]") != "" || len(plan.Groups) != 0 {
		t.Errorf("organisations %+v, groups %+v, left %+v", plan.Organisations, plan.Groups, plan.Left)
	}
	// A hash is never the password itself: whoever has the export could sign in with it.
	if ann := userOf(t, plan, "ann"); ann.Password != "" || ann.PasswordHash != "" || !mentions(ann.Notes, "nothing says how it is hashed") {
		t.Errorf("ann %+v", ann)
	}
}

// What everybody holds there is held by everybody here.
func TestCasdoorRolesOfAll(t *testing.T) {
	const document = `{"organizations":[{"name":"acme"},{"name":"other"}],"users":[{"owner":"acme","name":"ann"},{"owner":"other","name":"bob"}],
		"roles":[{"owner":"acme","name":"a","groups":["acme/*"]},{"owner":"acme","name":"b","users":["acme/*"],"isEnabled":true},{"owner":"acme","name":"c","roles":["acme/b"]},
		{"owner":"acme","name":"d","users":["acme/*"],"isEnabled":false},{"owner":"acme","name":"e","roles":["acme/d"]},{"owner":"acme","name":"f","roles":["acme/f"]}]}`
	plan, err := intake.Read("casdoor", intake.File{Name: "f", Data: []byte(document)})
	if err != nil {
		t.Fatal(err)
	}
	if got := strings.Join(userOf(t, plan, "ann").Groups, " "); got != "role:a role:b role:c" {
		t.Errorf("ann has %q", got)
	}
	if got := userOf(t, plan, "bob").Groups; len(got) != 0 {
		t.Errorf("bob has %q", got)
	}
}

package intake_test

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/intake"
)

func TestCSV(t *testing.T) {
	plan := readTestdata(t, "csv", "people.csv")
	alice := userOf(t, plan, "alice")
	want := admin.ImportUser{
		ID: "alice", Name: "alice", Email: "alice@example.org", EmailVerified: true, PasswordHash: "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e",
		Profile: core.Profile{DisplayName: "Alice Liddell", Phone: "+41 44 668 18 00"}, Attributes: map[string]string{"department": "press"}, Groups: []string{"confluence-users", "editors"},
	}
	if !reflect.DeepEqual(alice, want) {
		t.Errorf("alice is %+v", alice)
	}
	if bob := userOf(t, plan, "bob"); bob.Profile.DisplayName != `Bob "the builder"` || !bob.Disabled || bob.EmailVerified || !strings.HasPrefix(bob.PasswordHash, "$pbkdf2-sha256$i=1000$") {
		t.Errorf("bob is %+v", bob)
	}
	if carol := userOf(t, plan, "carol@example.org"); carol.Email != "carol@example.org" || carol.ID != "carol@example.org" {
		t.Errorf("carol is %+v", carol)
	}
	if dave := userOf(t, plan, "dave"); dave.PasswordHash != "" || !mentions(dave.Notes, "no scheme that is known") {
		t.Errorf("dave is %+v", dave)
	}
	if len(plan.Users) != 4 || len(plan.Groups) != 2 {
		t.Errorf("users %+v, groups %+v", plan.Users, plan.Groups)
	}
	if leftOf(plan, "column", "Shoe size") == "" || !strings.Contains(leftOf(plan, "row", "people.csv:7"), "neither a name") || !strings.Contains(leftOf(plan, "row", "people.csv:8"), "11 cells") {
		t.Errorf("left %+v", plan.Left)
	}
}

func TestCSVForms(t *testing.T) {
	for data, want := range map[string][]admin.ImportUser{
		"name,email\nann,ann@example.org\n":           {{ID: "ann", Name: "ann", Email: "ann@example.org", Attributes: map[string]string{}}},
		"\xef\xbb\xbfname\temail\r\nann\t\r\n":        {{ID: "ann", Name: "ann", Attributes: map[string]string{}}},
		"id,name,organisation,password\n7,Ann,acme,x": {{ID: "7", Org: "acme", Name: "Ann", Password: "x", Attributes: map[string]string{}}},
		"name,street,country\nann,\"1, Main St\",CH":  {{ID: "ann", Name: "ann", Attributes: map[string]string{}, Profile: core.Profile{Address: core.Address{Street: "1, Main St", Country: "CH"}}}},
		"name,groups\nann,\" a ; b ;\"":               {{ID: "ann", Name: "ann", Attributes: map[string]string{}, Groups: []string{"a", "b"}}},
		"name\n":                                      nil,
		// An empty cell between tabs is one, and Excel says what is between its columns.
		"name\temail\tlocale\n\tann@example.org\tde\n": {{ID: "ann@example.org", Name: "ann@example.org", Email: "ann@example.org", Attributes: map[string]string{}, Profile: core.Profile{Locale: "de"}}},
		"sep=;\r\nNAME;E-Mail\r\nann;\r\n":             {{ID: "ann", Name: "ann", Attributes: map[string]string{}}},
		"name,\"attribute.a;b;c\"\rann,x\r":            {{ID: "ann", Name: "ann", Attributes: map[string]string{"a;b;c": "x"}}},
		// Blanks around a password are part of it; between groups may be a new line.
		"name,password,groups\nann, pass word ,\"a\r\nb,c|d\"": {{ID: "ann", Name: "ann", Password: " pass word ", Attributes: map[string]string{}, Groups: []string{"a", "b", "c", "d"}}},
		"name,display_name\nann,\"Ann\"\"s\nhouse\"":           {{ID: "ann", Name: "ann", Attributes: map[string]string{}, Profile: core.Profile{DisplayName: "Ann\"s\nhouse"}}},
	} {
		plan, err := intake.Read("csv", intake.File{Name: "f", Data: []byte(data)})
		if err != nil || !slices.EqualFunc(plan.Users, want, func(a, b admin.ImportUser) bool { return reflect.DeepEqual(a, b) }) {
			t.Errorf("%q: %+v, %v", data, plan, err)
		}
	}
}

// A row that was cut, or whose cells are those of other columns, is not taken; nor is one
// that says in other words who is disabled.
func TestCSVRows(t *testing.T) {
	const table = "name,email,disabled\nann,ann@example.org,no\nben,ben@example.org,WAHR\ncy,cy@example.org,off\ndan,dan@exam"
	plan, err := intake.Read("csv", intake.File{Name: "f", Data: []byte(table)})
	if err != nil {
		t.Fatal(err)
	}
	if len(plan.Users) != 2 || plan.Users[1].Name != "cy" || plan.Users[1].Disabled {
		t.Errorf("users %+v", plan.Users)
	}
	for where, reason := range map[string]string{"f:3": "neither yes nor no", "f:5": "2 cells, and there are 3 columns"} {
		if got := leftOf(plan, "row", where); !strings.Contains(got, reason) || strings.Contains(got, "WAHR") {
			t.Errorf("%s: %q", where, got)
		}
	}
}

// A table as long as that of a large company is read at once, with thousands of groups.
func TestCSVOfManyPeople(t *testing.T) {
	var b strings.Builder
	b.WriteString("name,email,groups,password_hash\n")
	const people = 30_000
	for i := range people {
		fmt.Fprintf(&b, "user%d,user%d@example.org,all;group %d;group %d,$2a$10$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e\n", i, i, i%5000, i%7)
	}
	plan, err := intake.Read("csv", intake.File{Name: "f", Data: []byte(b.String())})
	if err != nil || len(plan.Users) != people || len(plan.Groups) != 5001 || len(plan.Left) != 0 {
		t.Errorf("%d users, %d groups, %d left, %v", len(plan.Users), len(plan.Groups), len(plan.Left), err)
	}
}

func TestCSVRefuses(t *testing.T) {
	for data, problem := range map[string]string{
		"":                       "no line that names the columns",
		"shoe size\n38\n":        "neither a column name nor a column email",
		"name\n\xff\n":           "not UTF-8",
		"name,email\nann,\"open": "line 2",
	} {
		_, err := intake.Read("csv", intake.File{Name: "f", Data: []byte(data)})
		if _, is := errors.AsType[*intake.FormError](err); !is || !strings.Contains(err.Error(), problem) {
			t.Errorf("%q: %v", data, err)
		}
	}
	if _, err := intake.Read("ldif", intake.File{}); err == nil || !strings.Contains(err.Error(), "casdoor, keycloak, dex, csv") {
		t.Errorf("another program: %v", err)
	}
	if _, err := intake.Read("csv"); err == nil {
		t.Error("no file is an export")
	}
}

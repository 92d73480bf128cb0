package remote_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/wire"
	"github.com/postern-id/postern/sdk/api"
)

// many is a plan with so many users.
func many(users int) *admin.ImportPlan {
	plan := &admin.ImportPlan{
		Source:        "casdoor",
		Organisations: []admin.ImportOrganisation{{Name: "acme", DisplayName: "Acme", Disabled: true, Notes: []string{"n"}}},
		Groups:        []admin.ImportGroup{{Org: "acme", Name: "staff", DisplayName: "Staff"}},
		Connectors:    []admin.ImportConnector{{Org: "acme", Name: "work", Plugin: "oidc", Preset: "okta", Settings: json.RawMessage(`{"a":1}`), Secrets: map[string]string{"s": "x"}}},
		Clients: []admin.ImportClient{{
			Org: "acme", ID: "wiki", Name: "Wiki", Secret: "s", Preset: "web", RedirectURIs: []string{"https://wiki.example/cb"}, PostLogoutRedirectURIs: []string{"https://wiki.example/bye"},
			BackchannelLogoutURI: "https://wiki.example/out", Scopes: []string{"x"}, RequirePKCE: true, SkipConsent: true, Shared: true, Disabled: true, AllowedGroups: []string{"staff"},
			LogoURI: "l", ClientURI: "c", PolicyURI: "p", TermsURI: "t", AccessTTL: time.Minute, RefreshTTL: time.Hour, Notes: []string{"n"}, DisplayName: "The wiki",
		}},
		Left: []admin.ImportRow{{Kind: "permission", Org: "acme", Name: "p", Reason: "none here"}},
	}
	for i := range users {
		plan.Users = append(plan.Users, admin.ImportUser{
			Org: "acme", ID: fmt.Sprint(i), Name: fmt.Sprint("user", i), Email: "e", EmailVerified: true, Disabled: true, PasswordHash: "h", Password: "p",
			Profile: core.Profile{DisplayName: "U", Address: core.Address{Locality: "Bern"}}, Attributes: map[string]string{"a": "b"}, Groups: []string{"staff"},
			TOTP: []admin.ImportTOTP{{Name: "phone", Seed: []byte{1, 2}}}, Links: []admin.ImportLink{{Connector: "work", Subject: "s", Name: "n"}}, Notes: []string{"n"},
		})
	}
	return plan
}

// The server reads the plan that was sent.
func TestImportOnTheWire(t *testing.T) {
	options := admin.ImportOptions{DryRun: true, Org: "acme", Adopt: true, KeepIDs: true}
	document, err := json.Marshal(wire.ToImport(many(2), options))
	if err != nil {
		t.Fatal(err)
	}
	var read api.Import
	if err := json.Unmarshal(document, &read); err != nil {
		t.Fatal(err)
	}
	plan, back := wire.Import(&read)
	if !reflect.DeepEqual(plan, many(2)) || !reflect.DeepEqual(back, options) {
		t.Errorf("%+v with %+v became\n%+v with %+v", many(2), options, plan, back)
	}
}

// Many people are sent in parts, and reported as if they had been sent at once.
func TestImportInParts(t *testing.T) {
	for _, test := range []struct {
		users, requests int
		into            string
		failing         int // request; 0: none
	}{{0, 1, "", 0}, {3, 1, "", 0}, {1200, 3, "", 0}, {1200, 3, "acme", 0}, {1200, 2, "", 2}} {
		requests := 0
		desk := at(t, func(w http.ResponseWriter, r *http.Request) {
			requests++
			var sent api.Import
			if err := json.NewDecoder(r.Body).Decode(&sent); err != nil {
				t.Error(err)
			}
			if requests == test.failing {
				refuse(w, api.Problem{Type: "/problems/missing", Status: 404, Detail: "there is no such path"})
				return
			}
			answer := api.ImportReport{Source: sent.Source, Rows: []api.ImportRow{}}
			add := func(kind string, count int) {
				for range count {
					answer.Rows = append(answer.Rows, api.ImportRow{Kind: kind, Name: "x", Result: "created"})
				}
			}
			if sent.Into == "" {
				add("organisation", len(sent.Organisations))
			}
			add("group", len(sent.Groups))
			add("connector", len(sent.Connectors))
			add("client", len(sent.Clients))
			add("user", len(sent.Users))
			add("permission", len(sent.Left))
			json.NewEncoder(w).Encode(answer)
		})
		report, err := desk.Import(t.Context(), many(test.users), admin.ImportOptions{Org: test.into})
		counts := map[string]int{}
		for _, row := range report.Rows {
			counts[row.Kind]++
		}
		want := map[string]int{"organisation": 1, "group": 1, "connector": 1, "client": 1, "user": test.users, "permission": 1}
		if test.into != "" {
			delete(want, "organisation")
		}
		if test.users == 0 {
			delete(want, "user")
		}
		if test.failing != 0 {
			want["user"] = 500
			delete(want, "permission")
		}
		if (err != nil) != (test.failing != 0) || test.failing != 0 && !errors.Is(err, core.ErrNotFound) || requests != test.requests || !reflect.DeepEqual(counts, want) {
			t.Errorf("%+v: %d requests, %v, %v", test, requests, counts, err)
		}
	}
}

// Users who clash are sent together, wherever they are in the plan, and reported where they
// are in it: else a dry run would not meet what the run meets.
func TestImportClashesInOnePart(t *testing.T) {
	const far = 1100
	plan := &admin.ImportPlan{Source: "csv"}
	for i := range far + 100 {
		plan.Users = append(plan.Users, admin.ImportUser{ID: fmt.Sprint(i), Name: fmt.Sprint("user", i), Org: "acme"})
	}
	u := plan.Users
	u[far].Name, u[far+1].Email, u[far+2].ID, u[far+3].Org, u[far+3].Name = "USER7", "User8", "9", "other", "user10"
	u[11].Links, u[far+4].Links = []admin.ImportLink{{Connector: "c", Subject: "s"}}, []admin.ImportLink{{Connector: "c", Subject: "s"}}
	pairs := map[string][2]int{"name": {7, far}, "address": {8, far + 1}, "identifier": {9, far + 2}, "organisation": {10, far + 3}, "link": {11, far + 4}}
	for _, into := range []string{"", "acme"} {
		part := map[string]int{} // of each row, by identifier and name
		requests := 0
		desk := at(t, func(w http.ResponseWriter, r *http.Request) {
			var sent api.Import
			if err := json.NewDecoder(r.Body).Decode(&sent); err != nil || len(sent.Users) > 500 {
				t.Errorf("%d users, %v", len(sent.Users), err)
			}
			answer := api.ImportReport{Source: sent.Source, Rows: []api.ImportRow{}}
			for _, user := range sent.Users {
				part[user.ID+user.Name] = requests
				answer.Rows = append(answer.Rows, api.ImportRow{Kind: "user", Name: user.Name, Result: "created"})
			}
			requests++
			json.NewEncoder(w).Encode(answer)
		})
		report, err := desk.Import(t.Context(), plan, admin.ImportOptions{DryRun: true, Org: into})
		if err != nil || len(report.Rows) != len(u) {
			t.Fatalf("%d rows, %v", len(report.Rows), err)
		}
		for i, row := range report.Rows {
			if row.Name != u[i].Name {
				t.Fatalf("row %d is of %q, not of %q", i, row.Name, u[i].Name)
			}
		}
		for what, pair := range pairs {
			a, b := &u[pair[0]], &u[pair[1]]
			together := part[a.ID+a.Name] == part[b.ID+b.Name]
			if together != (what != "organisation" || into != "") {
				t.Errorf("into %q: the same %s, together %v", into, what, together)
			}
		}
	}
}

// A server that reports less than was sent is no reason to crash.
func TestImportReportsTooLittle(t *testing.T) {
	desk := at(t, func(w http.ResponseWriter, _ *http.Request) {
		json.NewEncoder(w).Encode(api.ImportReport{Rows: []api.ImportRow{}})
	})
	if report, err := desk.Import(t.Context(), many(3), admin.ImportOptions{}); err == nil || report == nil {
		t.Errorf("%+v, %v", report, err)
	}
}

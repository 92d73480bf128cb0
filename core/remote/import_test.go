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

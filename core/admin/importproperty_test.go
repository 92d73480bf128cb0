package admin_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// chance makes plans whose objects clash with each other, and with what is here, as often
// as not.
type chance struct{ *rand.Rand }

func pick[T any](c chance, of ...T) T { return of[c.IntN(len(of))] }

func (c chance) some(of ...string) (chosen []string) {
	for _, one := range of {
		if c.IntN(3) == 0 {
			chosen = append(chosen, one)
		}
	}
	return chosen
}

func (c chance) plan() *admin.ImportPlan {
	plan := &admin.ImportPlan{Source: "elsewhere"}
	org := func() string { return pick(c, "", core.DefaultOrganisation, "acme", "other", "nowhere", "Bad Name") }
	for range c.IntN(4) {
		plan.Organisations = append(plan.Organisations, admin.ImportOrganisation{Name: org(), DisplayName: pick(c, "", "Acme", "a\nb"), Disabled: c.IntN(4) == 0})
	}
	for range c.IntN(6) {
		plan.Groups = append(plan.Groups, admin.ImportGroup{Org: org(), Name: pick(c, "staff", "Staff", "press", "a;b", ""), DisplayName: pick(c, "", "Staff")})
	}
	for range c.IntN(5) {
		settings := pick(c, `{"client_id":"x"}`, `{"client_id":"y","issuer":"https://idp.example.org"}`, `{}`, `{"z":1}`, ``)
		plan.Connectors = append(plan.Connectors, admin.ImportConnector{
			Org: org(), Name: pick(c, "work", "Work", "home", "here"), DisplayName: pick(c, "", "Work", strings.Repeat("long", 40)), Plugin: pick(c, "provider", "provider", "nothing", ""),
			Settings: json.RawMessage(settings), Secrets: map[string]string{"client_secret": pick(c, "", "s")},
		})
	}
	for range c.IntN(6) {
		plan.Clients = append(plan.Clients, admin.ImportClient{
			Org: org(), ID: pick(c, "one", "two", "three", "is here", "here", "postern-x"), Name: pick(c, "", "wiki", "Wiki", "bad name"),
			Secret: pick(c, "", "short", "0123456789abcdef0123456789abcdef"), Preset: pick(c, "", "web", "spa", "confluence", "unknown"),
			RedirectURIs: c.some("https://a.example/cb", "https://b.example/cb", "http://a.example/cb", "app:/cb"), AllowedGroups: c.some("staff", "nobody"),
		})
	}
	for range c.IntN(12) {
		plan.Users = append(plan.Users, c.user(org()))
	}
	return plan
}

func (c chance) user(org string) admin.ImportUser {
	user := admin.ImportUser{
		Org: org, ID: pick(c, "1", "2", "3", "4", "5", "", "5bf2d2a1-9c50-4b4e-8d5f-4c3f0e2a9a01", "5bf2d2a1-9c50-4b4e-8d5f-4c3f0e2a9a02"),
		Name: pick(c, "ann", "Ann", "ben", "cy", "dan@example.org", "bad name", ""), Email: pick(c, "", "ann@example.org", "Ann@example.org", "dan@example.org", "no address"),
		EmailVerified: c.IntN(2) == 0, Disabled: c.IntN(4) == 0, PasswordHash: pick(c, "", "", bcryptHash, "$unknown$"), Groups: c.some("staff", "press", "new", "a,b"),
		Profile: core.Profile{Title: pick(c, "", "Editor"), Phone: pick(c, "", "no phone"), ExternalID: pick(c, "", "x")},
	}
	if user.PasswordHash == "" {
		user.Password = pick(c, "", "short", "long enough it is")
	}
	if c.IntN(3) == 0 {
		user.TOTP = []admin.ImportTOTP{{Name: "phone", Seed: []byte(pick(c, "short", "0123456789abcdefghij"))}}
	}
	for range c.IntN(3) {
		user.Links = append(user.Links, admin.ImportLink{Connector: pick(c, "work", "home", "here", "none"), Subject: pick(c, "7", "8", "")})
	}
	return user
}

// What the dry run says is what then happens, whatever the plan, and a dry run after that
// says that there is nothing left to do.
func TestDryRunSaysWhatHappens(t *testing.T) {
	for seed := range uint64(6) {
		c := chance{rand.New(rand.NewPCG(seed, 8))}
		w := newWorld(t)
		w.install("v1", provider())
		w.user(admin.NewUser{Name: "ben", Email: "ben@example.org"})
		w.client(admin.NewClient{Name: "here"})
		if _, err := w.CreateConnector(t.Context(), actor, admin.NewConnector{Name: "here", Plugin: "provider", Settings: settings(`{"client_id":"x"}`)}); err != nil {
			t.Fatal(err)
		}
		for run := range 12 {
			options := admin.ImportOptions{Adopt: c.IntN(2) == 0, KeepIDs: c.IntN(2) == 0, Org: pick(c, "", "", core.DefaultOrganisation)}
			plan, asked := c.plan(), options
			asked.DryRun = true
			dry, done := w.imports(plan, asked), w.imports(plan, options)
			if !reflect.DeepEqual(dry.Rows, done.Rows) {
				t.Fatalf("seed %d, run %d, with %+v: the dry run said\n%s\nthe run\n%s", seed, run, options, lines(dry), lines(done))
			}
			again := w.imports(plan, asked)
			for _, row := range again.Rows {
				if row.Result == admin.ImportCreated || row.Result == admin.ImportUpdated {
					t.Errorf("seed %d, run %d, with %+v: once more it would be %+v, after\n%s", seed, run, options, row, lines(done))
				}
			}
		}
	}
}

// lines gives a report to read.
func lines(report *admin.ImportReport) string {
	var b strings.Builder
	for _, row := range report.Rows {
		fmt.Fprintf(&b, "%s %s of %s: %s %s %q\n", row.Kind, row.Name, row.Org, row.Result, row.Reason, row.Notes)
	}
	return b.String()
}

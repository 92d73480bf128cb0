package admin_test

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/store/sqlite"
)

// whole is a plan of objects that take many statements each.
func whole() *admin.ImportPlan {
	plan := &admin.ImportPlan{
		Source: "elsewhere", Organisations: []admin.ImportOrganisation{{Name: "acme", DisplayName: "Acme"}}, Groups: []admin.ImportGroup{{Org: "acme", Name: "staff"}},
		Connectors: []admin.ImportConnector{{Org: "acme", Name: "work", Plugin: "provider", Settings: json.RawMessage(`{"client_id":"x"}`), Secrets: map[string]string{"client_secret": "s", "spare": "t"}}},
		Clients: []admin.ImportClient{{
			Org: "acme", ID: "wiki", Preset: "confluence", Secret: "0123456789abcdef0123456789abcdef", RedirectURIs: []string{"https://wiki.example.org/plugins/servlet/oauth/callback"},
		}},
	}
	for _, name := range []string{"ann", "ben"} {
		plan.Users = append(plan.Users, admin.ImportUser{
			Org: "acme", ID: name, Name: name, Email: name + "@example.org", PasswordHash: bcryptHash, Groups: []string{"staff", "new of " + name},
			TOTP: []admin.ImportTOTP{{Name: "phone", Seed: []byte("0123456789abcdefghij")}}, Links: []admin.ImportLink{{Connector: "work", Subject: name}},
		})
	}
	return plan
}

// fails makes the database refuse the row of a table that comes after so many.
func (w *world) fails(table string, after int) (heals func()) {
	w.t.Helper()
	do := func(statement string) {
		conn, err := sqlite.Open(w.path())
		if err == nil {
			err = conn.Script(statement)
		}
		if err == nil {
			err = conn.Close()
		}
		if err != nil {
			w.t.Fatal(err)
		}
	}
	do(fmt.Sprintf(`CREATE TRIGGER fails BEFORE INSERT ON "%s" WHEN (SELECT count(*) FROM "%s") >= %d BEGIN SELECT RAISE(ABORT, 'disk on fire'); END`, table, table, after))
	return func() { do(`DROP TRIGGER fails`) }
}

// path is where the database is.
func (w *world) path() string { return filepath.Join(w.folder, "postern.db") }

// tables gives those of the database, each with its number of rows.
func (w *world) tables() map[string]int {
	w.t.Helper()
	conn, err := sqlite.OpenReader(w.path())
	if err != nil {
		w.t.Fatal(err)
	}
	var names []string
	err = conn.Query(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND sql NOT LIKE 'CREATE VIRTUAL%'`, func(r *sqlite.Row) error {
		names = append(names, r.Text())
		return nil
	})
	counts := map[string]int{}
	for _, name := range names {
		if err == nil {
			err = conn.Query(`SELECT count(*) FROM "`+name+`"`, func(r *sqlite.Row) error {
				counts[name] = int(r.Int())
				return nil
			})
		}
	}
	if err == nil {
		err = conn.Close()
	}
	if err != nil {
		w.t.Fatal(err)
	}
	return counts
}

// isWhole fails where an object is there in half.
func (w *world) isWhole(when string) {
	w.t.Helper()
	users, err := w.store.Users(w.t.Context(), core.UserFilter{Org: "acme"})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, user := range users {
		proofs, err := w.UserProofs(w.t.Context(), user.ID)
		if err != nil {
			w.t.Fatal(err)
		}
		links, err := w.store.Links(w.t.Context(), user.ID)
		if err != nil {
			w.t.Fatal(err)
		}
		there, err := w.store.User(w.t.Context(), user.ID)
		if err != nil || len(proofs.Authenticators) != 1 || len(links) != 1 || there.PasswordHash != bcryptHash || !slices.Equal(there.Groups, []string{"new of " + user.Name, "staff"}) {
			w.t.Errorf("%s: %s has %d apps, %d links, is in %q: %v", when, user.Name, len(proofs.Authenticators), len(links), there.Groups, err)
		}
	}
	config := w.config()
	if connected, instances := len(config.Connectors), len(config.Instances); connected > instances {
		w.t.Errorf("%s: %d connectors, %d instances", when, connected, instances)
	}
	for _, instance := range config.Instances {
		if instance.Name == "work" && (len(instance.Secrets) != 2 || len(config.Connectors) != 1) {
			w.t.Errorf("%s: the instance of the connector has %d secrets, there are %d connectors", when, len(instance.Secrets), len(config.Connectors))
		}
	}
	clients, err := w.store.Clients(w.t.Context(), "acme")
	if err != nil {
		w.t.Fatal(err)
	}
	if bound := slices.ContainsFunc(config.Bindings, func(b core.PluginBinding) bool { return b.ClientID == "wiki" }); bound != (len(clients) == 1) {
		w.t.Errorf("%s: %d clients, bound %v", when, len(clients), bound)
	}
}

// Whatever row the database refuses, no object is there in half, and another run makes the
// rest.
func TestImportFailsAtEachStatement(t *testing.T) {
	fresh := func() *world {
		w := newWorld(t)
		w.install("v1", provider())
		return w
	}
	reference := fresh()
	before := reference.tables()
	reference.imports(whole(), admin.ImportOptions{})
	reference.isWhole("at once")
	after, tried := reference.tables(), 0
	for table, rows := range after {
		// The first and the last row that the import adds: each of them is in another object.
		for _, at := range slices.Compact([]int{before[table], rows - 1}) {
			if rows == before[table] || strings.Contains(table, "generation") {
				continue
			}
			tried++
			w, when := fresh(), fmt.Sprintf("row %d of %s", at, table)
			heals := w.fails(table, at)
			report, err := w.Import(t.Context(), actor, whole(), admin.ImportOptions{})
			if err == nil || report == nil {
				t.Errorf("%s: the import did not fail", when)
			}
			w.isWhole(when)
			heals()
			w.imports(whole(), admin.ImportOptions{})
			w.isWhole(when + ", healed")
			counts := w.tables()
			for _, table := range []string{"users", "clients", "groups", "connectors", "links", "authenticators"} {
				if counts[table] != after[table] {
					t.Errorf("%s: then there are %d %s, want %d", when, counts[table], table, after[table])
				}
			}
		}
	}
	if tried < 8 {
		t.Errorf("%d rows were refused in all: %v, before %v", tried, after, before)
	}
}

package store

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

// What one person did is looked up, not looked for: anybody who is signed in may ask.
func TestActivityHasAnIndex(t *testing.T) {
	text, args := eventsQuery(core.EventFilter{UserID: "ann", Activity: true, Limit: 10})
	plan := planOf(t, text, args...)
	if !strings.Contains(plan, "USING INDEX events_of_people (user_id=?)") || strings.Contains(plan, "B-TREE") {
		t.Error(plan)
	}
}

// So is each sign-in: the log has all of them.
func TestBrowsersHaveAnIndex(t *testing.T) {
	plan := planOf(t, selectBrowser, "ann", "Firefox (Linux)")
	if !strings.Contains(plan, "INDEX events_of_browsers (user_id=? AND <expr>=?)") {
		t.Error(plan)
	}
}

// What who is gone was called is looked up, not looked for.
func TestNamesAreLookedUp(t *testing.T) {
	if plan := planOf(t, selectUserWas, "ann"); !strings.Contains(plan, "USING INDEX events_of_people (user_id=?)") || strings.Contains(plan, "B-TREE") {
		t.Error(plan)
	}
	if plan := planOf(t, selectAccountWas, "robot", "a", "b"); !strings.Contains(plan, "(id>? AND id<?)") {
		t.Error(plan)
	}
	if plan := planOf(t, selectCalled, "[]"); strings.Contains(plan, "SCAN u") || strings.Contains(plan, "SCAN a") {
		t.Error(plan)
	}
}

// An administrator of one organisation reads its part of the log.
func TestEventsOfAnOrganisationHaveAnIndex(t *testing.T) {
	text, args := eventsQuery(core.EventFilter{Org: "acme", Before: "x"})
	plan := planOf(t, text, args...)
	if !strings.Contains(plan, "USING INDEX events_by_org (org=? AND id<?)") || strings.Contains(plan, "B-TREE") {
		t.Error(plan)
	}
}

// A page of a list is read from where the last one ended, and not sorted first.
func TestPagesHaveIndexes(t *testing.T) {
	for _, org := range []string{"", "acme"} {
		for what, query := range map[string]func() (string, []any){
			"users": func() (string, []any) {
				return usersQuery(core.UserFilter{Org: org, After: "m", AfterID: "x", Limit: 10})
			},
			"groups": func() (string, []any) {
				return groupsQuery(core.GroupFilter{Org: org, After: "m", AfterID: "x", Limit: 10})
			},
			"clients": func() (string, []any) {
				return clientsQuery(core.ClientFilter{Org: org, After: "m", AfterID: "x", Limit: 10})
			},
			"sessions": func() (string, []any) { return sessionsQuery(core.SessionFilter{Org: org, Before: "x"}) },
		} {
			text, args := query()
			if plan := planOf(t, text, args...); strings.Contains(plan, "B-TREE") || !strings.Contains(plan, "SEARCH") {
				t.Errorf("%s of %q: %s", what, org, plan)
			}
		}
	}
}

// Whoever passes over rows counts them in an index, and reads those of the page alone.
func TestRowsArePassedOverInAnIndex(t *testing.T) {
	text, args := usersQuery(core.UserFilter{Org: "acme", Limit: 10, Offset: 5000})
	if plan := planOf(t, text, args...); !strings.Contains(plan, "COVERING INDEX sqlite_autoindex_users_2 (org=?)") || !strings.Contains(plan, "SEARCH u USING INDEX sqlite_autoindex_users_2 (org=? AND name_folded>?)") {
		t.Errorf("users: %s", plan)
	}
	text, args = groupsQuery(core.GroupFilter{Org: "acme", Limit: 10, Offset: 5000})
	if plan := planOf(t, text, args...); !strings.Contains(plan, "COVERING INDEX sqlite_autoindex_groups_2 (org=?)") || !strings.Contains(plan, "SEARCH g USING INDEX sqlite_autoindex_groups_2 (org=? AND name>?)") {
		t.Errorf("groups: %s", plan)
	}
	q := selectedUsers(core.UserFilter{Org: "acme"})
	if plan := planOf(t, `SELECT count(*) FROM users u`+q.where(), q.args...); !strings.Contains(plan, "COVERING INDEX") {
		t.Errorf("counted: %s", plan)
	}
}

// How often people signed in is counted without reading the log.
func TestSignInsAreCountedInAnIndex(t *testing.T) {
	plan := planOf(t, countSignIns, "acme", string(core.EventSignedIn), "x", "y")
	if !strings.Contains(plan, "COVERING INDEX events_of_signins (type=? AND id>? AND id<?)") {
		t.Error(plan)
	}
}

// Whoever administers is known by looking up, at each request.
func TestHoldersAreLookedUp(t *testing.T) {
	for _, text := range []string{selectAPIHolder, selectHolder} {
		if plan := planOf(t, text, "x"); strings.Contains(plan, "SCAN") && !strings.Contains(plan, "SCAN CONSTANT ROW") {
			t.Error(plan)
		}
	}
}

// An organisation is counted without reading what others have.
func TestCountsHaveIndexes(t *testing.T) {
	text, args := countThings("acme", time.Unix(1, 0))
	for _, index := range []string{"users_disabled (org=?)", "sqlite_autoindex_users_2 (org=?)", "sqlite_autoindex_groups_2 (org=?)", "sqlite_autoindex_clients_2 (org=?)"} {
		if plan := planOf(t, text, args...); !strings.Contains(plan, index) {
			t.Errorf("no %s: %s", index, plan)
		}
	}
}

// planOf says how SQLite answers a query.
func planOf(t *testing.T, query string, args ...any) string {
	t.Helper()
	s, err := Open(t.Context(), Options{Path: filepath.Join(t.TempDir(), "postern.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var plan strings.Builder
	err = s.read(t.Context(), func(c *sqlite.Conn) error {
		return c.Query("EXPLAIN QUERY PLAN "+query, func(r *sqlite.Row) error {
			r.Skip(3)
			plan.WriteString(r.Text() + "\n")
			return nil
		}, args...)
	})
	if err != nil {
		t.Fatal(err)
	}
	return plan.String()
}

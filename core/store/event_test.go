package store

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/store/sqlite"
)

// What one person did is looked up, not looked for: anybody who is signed in may ask.
func TestActivityHasAnIndex(t *testing.T) {
	plan := planOf(t, selectActivity, "", "ann", "", "", 0, 10)
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

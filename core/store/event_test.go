package store

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/store/sqlite"
)

// What one person did is looked up, not looked for: anybody who is signed in may ask.
func TestActivityHasAnIndex(t *testing.T) {
	s, err := Open(t.Context(), Options{Path: filepath.Join(t.TempDir(), "postern.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	var plan strings.Builder
	err = s.read(t.Context(), func(c *sqlite.Conn) error {
		return c.Query("EXPLAIN QUERY PLAN "+selectActivity, func(r *sqlite.Row) error {
			r.Skip(3)
			plan.WriteString(r.Text() + "\n")
			return nil
		}, "", "ann", "", "", 0, 10)
	})
	if err != nil || !strings.Contains(plan.String(), "USING INDEX events_of_people (user_id=?)") || strings.Contains(plan.String(), "B-TREE") {
		t.Errorf("%s%v", plan.String(), err)
	}
}

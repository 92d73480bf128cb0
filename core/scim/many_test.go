package scim_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// What a page has may lie anywhere among more rows than are read at once.
func TestListsMany(t *testing.T) {
	if testing.Short() {
		t.Skip("it makes many users")
	}
	w := newWorld(t)
	const many = 1203
	for i := range many {
		_, err := w.admin.CreateUser(t.Context(), admin.Actor{Name: "cli:tester"}, admin.NewUser{
			Name: fmt.Sprintf("u%04d", i), Profile: core.Profile{Title: fmt.Sprint("t", i%3)},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	seen := map[string]bool{}
	for start := 1; start <= many; start += 200 {
		got := w.find("/Users", "startIndex", fmt.Sprint(start), "count", "500", "attributes", "userName").has(float64(many), "totalResults")
		for name := range strings.FieldsSeq(got.names()) {
			seen[name] = true
		}
		if size := got.at("itemsPerPage"); size != 200.0 && start+200 <= many {
			t.Errorf("from %d there are %v", start, size)
		}
	}
	if len(seen) != many {
		t.Errorf("%d were listed", len(seen))
	}
	got := w.find("/Users", "filter", `title eq "t1"`, "startIndex", "400", "count", "3").has(401.0, "totalResults")
	if got.names() != "u1198 u1201" {
		t.Errorf("the last are %s", got.names())
	}
}

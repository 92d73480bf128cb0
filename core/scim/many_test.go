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
	counted := &applied{Store: w.store}
	w.admin.Store = counted
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
	// The rows of a page are read, and no others.
	if counted.read != many {
		t.Errorf("%d users were read, for %d on the pages", counted.read, many)
	}
	counted.read = 0
	w.find("/Users", "count", "0").has(float64(many), "totalResults").has(0.0, "itemsPerPage").has([]any{}, "Resources")
	w.find("/Users", "startIndex", "9000000000").has(float64(many), "totalResults").has([]any{}, "Resources")
	w.find("/Users", "filter", `userName eq "u0007"`).has("u0007", "Resources.0.userName")
	if counted.read > 0 {
		t.Errorf("%d users were read for no page", counted.read)
	}
	for query, want := range map[string]string{
		"startIndex=1&count=2":                                                  "u0000 u0001",
		"startIndex=601&count=2":                                                "u0600 u0601",
		"startIndex=1203&count=2":                                               "u1202",
		"startIndex=1204&count=2":                                               "",
		"sortBy=userName&startIndex=601&count=2":                                "u0600 u0601",
		"sortBy=USERNAME&sortOrder=descending&count=2":                          "u1202 u1201",
		"sortBy=userName&sortOrder=descending&startIndex=1202&count=5":          "u0001 u0000",
		"sortBy=userName&sortOrder=descending&startIndex=1204":                  "",
		"sortBy=userName&sortOrder=descending&count=2&filter=title+eq+%22t1%22": "u1201 u1198",
		"sortBy=userName&startIndex=2&count=2&filter=title+eq+%22t1%22":         "u0004 u0007",
	} {
		if names := w.ask("GET", "/Users?"+query, "").names(); names != want {
			t.Errorf("%s gives %s, not %s", query, names, want)
		}
	}
	got := w.find("/Users", "filter", `title eq "t1"`, "startIndex", "400", "count", "3").has(401.0, "totalResults")
	if got.names() != "u1198 u1201" {
		t.Errorf("the last are %s", got.names())
	}
}

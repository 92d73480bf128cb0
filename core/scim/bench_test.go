package scim_test

import (
	"crypto/rand"
	"fmt"
	"net/url"
	"testing"

	"github.com/postern-id/postern/core"
)

// BenchmarkList asks for a hundred of ten thousand users: wherever the page is, what it
// costs is the page.
func BenchmarkList(b *testing.B) {
	w := newWorld(b)
	const many = 10_000
	changes := make([]core.Change, many)
	for i := range changes {
		changes[i] = core.CreateUser{User: core.User{
			ID: core.NewID(w.now, rand.Reader), Org: w.org, Name: fmt.Sprintf("u%05d", i), Email: fmt.Sprintf("u%d@example.org", i),
			Profile: core.Profile{DisplayName: "Somebody", ExternalID: fmt.Sprint(i)}, CreatedAt: w.now, UpdatedAt: w.now,
		}}
	}
	if err := w.store.Apply(b.Context(), changes...); err != nil {
		b.Fatal(err)
	}
	for name, query := range map[string]string{
		"first page":   "startIndex=1&count=100",
		"last page":    "startIndex=9901&count=100",
		"by a name":    "filter=" + url.QueryEscape(`userName eq "u05000"`),
		"by all names": "filter=" + url.QueryEscape(`userName ew "5000"`),
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				w.ask("GET", "/Users?"+query, "").is(200)
			}
		})
	}
}

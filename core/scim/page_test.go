package scim

import (
	"errors"
	"strings"
	"testing"
)

// large makes a group with so many members.
func large(members int) row {
	return func(want wish) (object, error) {
		group := object{"id": "1"}
		if want.members {
			group["members"] = make([]any, members)
		}
		return group, nil
	}
}

// An answer has so many resources to be sorted, and members of groups, and no more.
func TestPageHasAnEnd(t *testing.T) {
	tooMany := func(err error, what string) {
		t.Helper()
		if refusal, is := errors.AsType[*Error](err); !is || refusal.Type != typeTooMany || refusal.Status != 400 || !strings.Contains(refusal.Detail, what) {
			t.Errorf("%v, not that there are too many %s", err, what)
		}
	}
	take := func(p *page, l *listing, members int) error {
		p.total++
		return p.take(l, large(members), wish{members: l.shown.wants("members")})
	}
	l := &listing{shown: projection{rt: groupType()}}
	p := &page{query: query{start: 1, count: 3}}
	for range 2 {
		if err := take(p, l, mostMembers/2); err != nil {
			t.Fatal(err)
		}
	}
	tooMany(take(p, l, 1), "members")

	p = &page{query: query{start: 1, count: 3}}
	without := &listing{shown: projection{rt: groupType(), without: []string{"members"}}}
	for range 5 { // those behind the page are not even made
		if err := take(p, without, mostMembers+1); err != nil || len(p.found) > 3 {
			t.Fatalf("%v, with %d on the page", err, len(p.found))
		}
	}

	sorted := &page{query: query{start: 1, count: 3, sortBy: "id"}, found: make([]object, mostSorted)}
	tooMany(take(sorted, without, 0), "sorted")
}

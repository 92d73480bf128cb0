package remote

import (
	"cmp"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// importParts gives the users of each part, by their places in the plan; one part at least.
// Those that clash with each other are in one part, as far as there is room: a dry run
// makes nothing that the next part could meet. All go into one organisation, or, if that is
// empty, into their own.
func importParts(users []admin.ImportUser, into string) (parts [][]int) {
	var part []int
	for _, clashing := range clashes(users, into) {
		if len(part) > 0 && len(part)+len(clashing) > importAtOnce {
			parts, part = append(parts, part), nil
		}
		for part = append(part, clashing...); len(part) > importAtOnce; part = part[importAtOnce:] {
			parts = append(parts, part[:importAtOnce:importAtOnce])
		}
	}
	if len(part) > 0 || len(parts) == 0 {
		parts = append(parts, part)
	}
	return parts
}

// clashes gives the users that have a name, an address, an identifier or an account at a
// provider in common, each as a list of places in their order; most lists have one.
func clashes(users []admin.ImportUser, into string) [][]int {
	root := make([]int, len(users)) // of the list that each is in: its first user
	find := func(at int) int {
		for root[at] != at {
			root[at] = root[root[at]]
			at = root[at]
		}
		return at
	}
	first := map[[3]string]int{}
	for at := range users {
		root[at] = at
		for _, key := range importKeys(&users[at], into) {
			other, seen := first[key]
			if !seen {
				first[key] = at
				continue
			}
			a, b := find(at), find(other)
			root[max(a, b)] = min(a, b)
		}
	}
	of := map[int]int{} // the list of each root
	var lists [][]int
	for at := range users {
		list, begun := of[find(at)]
		if !begun {
			list = len(lists)
			of[find(at)], lists = list, append(lists, nil)
		}
		lists[list] = append(lists[list], at)
	}
	return lists
}

// importKeys are what nobody else may have.
func importKeys(user *admin.ImportUser, into string) (keys [][3]string) {
	org := cmp.Or(into, user.Org, core.DefaultOrganisation)
	for _, login := range []string{user.Name, user.Email} {
		if login != "" {
			keys = append(keys, [3]string{"login", org, core.FoldName(login)})
		}
	}
	if user.ID != "" {
		keys = append(keys, [3]string{"id", "", user.ID})
	}
	for _, link := range user.Links {
		keys = append(keys, [3]string{"link", link.Connector, link.Subject})
	}
	return keys
}

package intake

import (
	"maps"
	"slices"
	"strings"
)

// casdoorHolders says who holds which roles, which are numbered as in the export. An export
// may have as many users as it likes, so nothing here is searched for each of them.
type casdoorHolders struct {
	byUser, byGroup, byRole map[string][]int // by "owner/name"
}

// heldBy reads who holds the roles that are not disabled.
func heldBy(roles []casdoorRole) casdoorHolders {
	h := casdoorHolders{map[string][]int{}, map[string][]int{}, map[string][]int{}}
	for i := range roles {
		if !roles[i].enabled() {
			continue
		}
		for _, of := range []struct {
			holders map[string][]int
			names   []string
		}{{h.byUser, roles[i].Users}, {h.byGroup, roles[i].Groups}, {h.byRole, roles[i].Roles}} {
			for _, name := range of.names {
				of.holders[name] = append(of.holders[name], i)
			}
		}
	}
	return h
}

func (r *casdoorRole) enabled() bool { return r.IsEnabled == nil || bool(*r.IsEnabled) }

// rolesOf gives the roles of a user, "owner/name": by name, by a group, because everybody has
// them, and by a role that another one holds; in the order of the export.
func (d *casdoorData) rolesOf(user string, groups []string) []string {
	owner, _, _ := strings.Cut(user, "/")
	var queue []int
	for _, name := range []string{user, "*", owner + "/*"} {
		queue = append(queue, d.holders.byUser[name]...)
	}
	for _, group := range slices.Concat(groups, []string{"*", owner + "/*"}) {
		queue = append(queue, d.holders.byGroup[group]...)
	}
	has := map[int]bool{}
	for ; len(queue) > 0; queue = queue[1:] {
		if at := queue[0]; !has[at] {
			has[at] = true
			queue = append(queue, d.holders.byRole[string(d.roles[at].Owner)+"/"+string(d.roles[at].Name)]...)
		}
	}
	var names []string
	for _, at := range slices.Sorted(maps.Keys(has)) {
		names = append(names, roleGroup(string(d.roles[at].Name)))
	}
	return names
}

package scim

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/desk"
)

func groupSchema() *schema {
	return &schema{urnGroup, "Group", "A set of users", []attribute{
		{name: "displayName", description: "The name of the group", required: true, unique: true},
		{name: "members", description: "The users in it", kind: kindComplex, many: true, subs: []attribute{
			{name: "value", description: "The id of the user", exact: true, may: immutable},
			{name: "$ref", kind: kindReference, exact: true, may: immutable, refers: []string{"User"}},
			{name: "type", may: immutable, values: []string{"User"}},
		}},
	}}
}

func groupType() *resourceType {
	return &resourceType{
		name: "Group", description: "Groups of people", endpoint: endpointGroups, schema: groupSchema(), common: commonAttributes(), unheld: []string{"members.display"},
	}
}

// maxGroupName is how many characters the name of a group has.
const maxGroupName = 100

// groupName makes the name of a group of what SCIM calls it: names are joined by commas and
// semicolons for clients, so they have none themselves.
func groupName(shown string) string {
	name := strings.Join(strings.Fields(strings.NewReplacer(",", " ", ";", " ").Replace(shown)), " ")
	if runes := []rune(name); len(runes) > maxGroupName {
		name = strings.TrimSpace(string(runes[:maxGroupName]))
	}
	return name
}

// shownName is what SCIM calls a group: what the name was made of, or the name. A display
// name that somebody gave it besides says nothing to a program.
func shownName(g *core.Group) string {
	if g.DisplayName != "" && groupName(g.DisplayName) == g.Name {
		return g.DisplayName
	}
	return g.Name
}

// rename calls a group so, if it is called otherwise.
func rename(g *core.Group, shown string) {
	if shown == shownName(g) && g.Name != "" {
		return
	}
	g.Name, g.DisplayName = groupName(shown), ""
	if g.Name != shown {
		g.DisplayName = shown
	}
}

// groupResource makes the resource of a group. One without members says so: clients that
// compare who is in it take what is missing for unknown.
func (v *visit) groupResource(g *core.Group, members []core.User) object {
	values := make([]any, len(members))
	for i := range members {
		id := members[i].ID
		values[i] = object{"value": string(id), "$ref": v.location(endpointUsers, id), "type": "User"}
	}
	resource := object{"schemas": []any{urnGroup}, "id": string(g.ID), "displayName": shownName(g), "members": values}
	put(resource, "externalId", g.ExternalID)
	resource["meta"] = v.meta(v.model.group, g.ID, g.CreatedAt, g.UpdatedAt, groupVersion(g))
	return resource
}

// groupVersion is one of the members too: a group was changed when they were.
func groupVersion(g *core.Group) string {
	return version(g.ID, g.Name, g.DisplayName, g.ExternalID, g.UpdatedAt.UnixMilli())
}

// memberIDs gives the identifiers of the users that a resource names as members. What is no
// identifier is left as it is: nobody has it.
func memberIDs(resource object) []core.ID {
	var ids []core.ID
	for _, member := range list(resource, "members") {
		id := text(member, "value")
		if ref := text(member, "$ref"); id == "" {
			id = ref[strings.LastIndexByte(ref, '/')+1:]
		}
		ids = append(ids, core.ID(id))
	}
	return ids
}

// groups is the store of the resources of groups.
type groups struct{ *visit }

func (s groups) resourceType() *resourceType { return s.model.group }

func (groups) index() []string {
	return []string{"id", "displayName", "externalId", "members.value"}
}

// byID gives a group of the organisation; one of another is not there.
func (s groups) byID(ctx context.Context, id core.ID) (*core.Group, error) {
	group, err := s.desk.GroupByID(ctx, id)
	if err != nil {
		return nil, err
	}
	if group.Org != s.org {
		return nil, missing("group", string(id))
	}
	return group, nil
}

func (s groups) get(ctx context.Context, id core.ID, want wish) (object, error) {
	group, err := s.byID(ctx, id)
	if err != nil {
		return nil, err
	}
	return s.resource(ctx, group, want)
}

func (s groups) resource(ctx context.Context, group *core.Group, want wish) (object, error) {
	var members []core.User
	if want.members {
		var err error
		if members, err = s.desk.Members(ctx, group); err != nil {
			return nil, err
		}
	}
	resource := s.groupResource(group, members)
	if !want.members {
		delete(resource, "members") // nobody looked
	}
	return resource, nil
}

func (s groups) create(ctx context.Context, resource object) (object, error) {
	var group core.Group
	rename(&group, text(resource, "displayName"))
	made, err := s.desk.ProvisionGroup(ctx, admin.NewGroup{
		Org: s.org, Name: group.Name, DisplayName: group.DisplayName, ExternalID: text(resource, "externalId"), Members: memberIDs(resource),
	})
	if err != nil {
		return nil, err
	}
	return s.resource(ctx, made, everything())
}

// change makes the group what edit makes of its resource, all of it or nothing.
func (s groups) change(ctx context.Context, id core.ID, when precondition, edit func(object) (object, error)) (object, error) {
	group, err := s.byID(ctx, id)
	if err != nil {
		return nil, err
	}
	if !when.allows(groupVersion(group)) {
		return nil, unchanged()
	}
	members, err := s.desk.Members(ctx, group)
	if err != nil {
		return nil, err
	}
	after, err := edit(s.groupResource(group, members))
	if err != nil {
		return nil, err
	}
	r := admin.GroupRevision{Edit: func(g *core.Group) {
		rename(g, text(after, "displayName"))
		g.ExternalID = text(after, "externalId")
	}}
	r.Add, r.Remove = difference(members, memberIDs(after))
	if _, err := s.desk.ReviseGroup(ctx, id, admin.VersionOf(group.UpdatedAt), r); err != nil {
		return nil, err
	}
	return s.get(ctx, id, everything())
}

// difference gives who has to come and who has to go.
func difference(have []core.User, want []core.ID) (add, remove []core.ID) {
	wanted := map[core.ID]bool{}
	for _, id := range want {
		wanted[id] = true
	}
	for i := range have {
		if id := have[i].ID; wanted[id] {
			delete(wanted, id)
		} else {
			remove = append(remove, id)
		}
	}
	for id := range wanted {
		add = append(add, id)
	}
	slices.Sort(add)
	return add, remove
}

func (s groups) delete(ctx context.Context, id core.ID, when precondition) error {
	group, err := s.byID(ctx, id)
	if err != nil {
		return err
	}
	if !when.allows(groupVersion(group)) {
		return unchanged()
	}
	at := s.desk
	if when.says() {
		at = at.If(admin.VersionOf(group.UpdatedAt))
	}
	return at.DeleteGroup(ctx, s.org, group.Name)
}

// orderedBy is nothing: rows have the order of their names, in which capitals matter.
func (groups) orderedBy() string { return "" }

func (s groups) count(ctx context.Context) (int, error) {
	return s.desk.CountGroups(ctx, core.GroupFilter{Org: s.org})
}

func (s groups) page(ctx context.Context, offset, limit int, each func(row) error) error {
	found, err := s.desk.FindGroups(ctx, core.GroupFilter{Org: s.org, Offset: offset, Limit: limit})
	if err != nil {
		return err
	}
	_, err = s.eachOf(ctx, found, func(make row) (bool, error) { return true, each(make) })
	return err
}

func (s groups) rows(ctx context.Context, keys []key, each func(row) (bool, error)) error {
	if keys == nil {
		return s.pages(ctx, core.GroupFilter{}, func(found []core.Group) (bool, error) { return s.eachOf(ctx, found, each) })
	}
	var all []core.Group
	for _, k := range keys {
		found, err := s.byKey(ctx, k)
		if err != nil {
			return err
		}
		all = append(all, found...)
	}
	slices.SortFunc(all, func(a, b core.Group) int { return cmp.Compare(a.Name, b.Name) })
	all = slices.CompactFunc(all, func(a, b core.Group) bool { return a.ID == b.ID })
	_, err := s.eachOf(ctx, all, each)
	return err
}

// pages reads the groups that the filter selects, a page at a time.
func (s groups) pages(ctx context.Context, filter core.GroupFilter, each func([]core.Group) (more bool, err error)) error {
	filter.Org, filter.Limit = s.org, rowsAtOnce
	for {
		found, err := s.desk.FindGroups(ctx, filter)
		if err != nil {
			return err
		}
		more, err := each(found)
		if err != nil || !more || len(found) < rowsAtOnce {
			return err
		}
		filter.After = found[len(found)-1].Name
	}
}

func (s groups) eachOf(ctx context.Context, found []core.Group, each func(row) (bool, error)) (more bool, err error) {
	for i := range found {
		more, err := each(func(want wish) (object, error) { return s.resource(ctx, &found[i], want) })
		if err != nil || !more {
			return false, err
		}
	}
	return true, nil
}

func (s groups) byKey(ctx context.Context, k key) (found []core.Group, err error) {
	switch k.path {
	case "externalId":
		return s.desk.FindGroups(ctx, core.GroupFilter{Org: s.org, ExternalID: k.value})
	case "displayName":
		err = s.pages(ctx, core.GroupFilter{Search: k.value}, func(some []core.Group) (bool, error) {
			found = append(found, some...)
			return true, nil
		})
		return found, err
	}
	id, wrong := core.ParseID(k.value)
	if wrong != nil {
		return nil, nil
	}
	if k.path == "members.value" {
		return s.ofMember(ctx, id)
	}
	group, err := s.byID(ctx, id)
	if isMissing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return []core.Group{*group}, nil
}

// ofMember gives the groups that a user is in.
func (s groups) ofMember(ctx context.Context, id core.ID) (found []core.Group, err error) {
	user, err := s.user(ctx, id)
	if isMissing(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	for _, name := range user.Groups {
		group, err := s.group(ctx, name)
		switch {
		case isMissing(err): // it was deleted since
		case err != nil:
			return nil, err
		default:
			found = append(found, *group)
		}
	}
	return found, nil
}

// isMissing reports whether what was asked for is not there.
func isMissing(err error) bool {
	refusal, is := errors.AsType[*Error](err)
	return is && refusal.Status == http.StatusNotFound || errors.Is(err, core.ErrNotFound)
}

// groupsOf gives the groups of a user. A caller who may not see groups sees none.
func (v *visit) groupsOf(ctx context.Context, user *core.User) ([]any, error) {
	var groups []any
	for _, name := range user.Groups {
		group, err := v.group(ctx, name)
		switch _, denied := errors.AsType[*desk.DeniedError](err); {
		case denied:
			return nil, nil
		case isMissing(err):
			continue // it was deleted since
		case err != nil:
			return nil, err
		}
		groups = append(groups, object{"value": string(group.ID), "display": shownName(group), "type": "direct", "$ref": v.location(endpointGroups, group.ID)})
	}
	return groups, nil
}

// group gives the group of the name, read once.
func (v *visit) group(ctx context.Context, name string) (*core.Group, error) {
	if known := v.groups[name]; known != nil {
		return known, nil
	}
	group, err := v.desk.FindGroup(ctx, v.org, name)
	if err == nil {
		v.groups[name] = group
	}
	return group, err
}

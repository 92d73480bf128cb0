package scim

import (
	"context"
	"slices"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// joining is who comes into a group and who goes.
type joining struct{ add, remove []core.ID }

// joiningOf gives what the operations of a patch do to the members of a group, if they do
// nothing else and name everybody. Then nobody need know who else is in the group: services
// add the members of large groups in small portions.
func joiningOf(rt *resourceType, operations []operation) (joining, bool) {
	var j joining
	for _, o := range operations {
		ids, only := namedMembers(rt, o)
		if !only {
			return joining{}, false
		}
		// The last operation counts.
		from, to := &j.remove, &j.add
		if o.op == opRemove {
			from, to = to, from
		}
		*from = slices.DeleteFunc(*from, func(id core.ID) bool { return slices.Contains(ids, id) })
		*to = append(*to, ids...)
	}
	return j, true
}

// namedMembers gives whom an operation adds or removes; false if it is about anything else,
// or cannot be read.
func namedMembers(rt *resourceType, o operation) (ids []core.ID, only bool) {
	to, err := parsePath(o.path)
	if err != nil || o.op == opReplace || to.sub != "" {
		return nil, false
	}
	f, is := rt.find(to.attribute)
	if !is || f.attribute == nil || f.attribute.name != "members" || f.sub != nil {
		return nil, false
	}
	if to.filter != nil {
		return namedBy(to.filter, f.attribute, o.op == opRemove)
	}
	value, err := read(f.attribute, o.value)
	if err != nil || value == nil {
		return nil, false // without a value all members go
	}
	return memberIDs(object{"members": value}), true
}

// namedBy gives the members that a filter names one by one.
func namedBy(e expression, members *attribute, remove bool) ([]core.ID, bool) {
	switch e := e.(type) {
	case *disjunction:
		left, isLeft := namedBy(e.left, members, remove)
		right, isRight := namedBy(e.right, members, remove)
		return append(left, right...), isLeft && isRight
	case *comparison:
		id, is := e.value.(string)
		sub := members.sub(e.path)
		return []core.ID{core.ID(id)}, remove && is && e.op == opEqual && sub != nil && sub.name == "value"
	}
	return nil, false
}

// join puts users into a group and takes others out, and gives the version that it has then.
func (s groups) join(ctx context.Context, id core.ID, when precondition, j joining) (string, error) {
	group, err := s.byID(ctx, id)
	if err != nil {
		return "", err
	}
	if !when.allows(groupVersion(group)) {
		return "", unchanged()
	}
	var seen admin.Version // without a precondition, others may come and go meanwhile
	if when.says() {
		seen = admin.VersionOf(group.UpdatedAt)
	}
	changed, err := s.desk.ReviseGroup(ctx, id, seen, admin.GroupRevision{Add: j.add, Remove: j.remove})
	if err != nil {
		return "", err
	}
	return groupVersion(changed), nil
}

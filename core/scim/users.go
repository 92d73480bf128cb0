package scim

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/desk"
)

// users is the store of the resources of people.
type users struct{ *visit }

func (s users) resourceType() *resourceType { return s.model.user }

func (s users) get(ctx context.Context, id core.ID, want wish) (object, error) {
	user, err := s.user(ctx, id)
	if err != nil {
		return nil, err
	}
	return s.resource(ctx, user, want)
}

// user gives a user of the organisation; one of another is not there.
func (v *visit) user(ctx context.Context, id core.ID) (*core.User, error) {
	user, err := v.desk.User(ctx, id)
	if err != nil {
		return nil, err
	}
	if user.Org != v.org {
		return nil, missing("user", string(id))
	}
	return user, nil
}

func (s users) resource(ctx context.Context, user *core.User, want wish) (object, error) {
	var groups []any
	if want.groups {
		var err error
		if groups, err = s.groupsOf(ctx, user); err != nil {
			return nil, err
		}
	}
	return s.userResource(user, groups), nil
}

func (s users) create(ctx context.Context, resource object) (object, error) {
	user := core.User{}
	s.model.writeUser(resource, &user)
	active, is := resource["active"].(bool)
	created, err := s.desk.CreateUser(ctx, admin.NewUser{
		Org: s.org, Name: user.Name, Email: user.Email, Password: text(resource, "password"), Profile: user.Profile,
		Attributes: user.Attributes, Disabled: is && !active,
	})
	if err != nil {
		return nil, err
	}
	return s.resource(ctx, &created.User, everything())
}

// change makes the user what edit makes of its resource, all of it or nothing.
func (s users) change(ctx context.Context, id core.ID, when precondition, edit func(object) (object, error)) (object, error) {
	user, err := s.user(ctx, id)
	if err != nil {
		return nil, err
	}
	if !when.allows(userVersion(user)) {
		return nil, unchanged()
	}
	before, err := s.resource(ctx, user, everything())
	if err != nil {
		return nil, err
	}
	after, err := edit(before)
	if err != nil {
		return nil, err
	}
	_, err = s.desk.ReviseUser(ctx, id, admin.VersionOf(user.UpdatedAt), admin.UserRevision{Password: text(after, "password"), Edit: func(u *core.User) {
		s.model.writeUser(after, u)
		if active, is := after["active"].(bool); is {
			u.Disabled = !active
		}
	}})
	if err != nil {
		return nil, err
	}
	return s.get(ctx, id, everything())
}

func (s users) delete(ctx context.Context, id core.ID, when precondition) error {
	user, err := s.user(ctx, id)
	if err != nil {
		return err
	}
	if !when.allows(userVersion(user)) {
		return unchanged()
	}
	at := s.desk
	if when.says() {
		at = at.If(admin.VersionOf(user.UpdatedAt))
	}
	return at.DeleteUser(ctx, id)
}

func (users) index() []string {
	return []string{"id", "userName", "externalId", "emails.value", "groups.value"}
}

func (users) orderedBy() string { return "userName" }

func (s users) count(ctx context.Context) (int, error) {
	return s.desk.CountUsers(ctx, core.UserFilter{Org: s.org})
}

func (s users) page(ctx context.Context, offset, limit int, each func(row) error) error {
	found, err := s.desk.Users(ctx, core.UserFilter{Org: s.org, Offset: offset, Limit: limit})
	if err != nil {
		return err
	}
	_, err = s.eachOf(ctx, found, func(make row) (bool, error) { return true, each(make) })
	return err
}

// rowsAtOnce is how many rows are read at a time.
const rowsAtOnce = 500

func (s users) rows(ctx context.Context, keys []key, each func(row) (bool, error)) error {
	if keys != nil {
		found, err := s.byKeys(ctx, keys)
		if err != nil {
			return err
		}
		_, err = s.eachOf(ctx, found, each)
		return err
	}
	filter := core.UserFilter{Org: s.org, Limit: rowsAtOnce}
	for {
		found, err := s.desk.Users(ctx, filter)
		if err != nil {
			return err
		}
		more, err := s.eachOf(ctx, found, each)
		if err != nil || !more || len(found) < rowsAtOnce {
			return err
		}
		last := found[len(found)-1]
		filter.After, filter.AfterID = core.FoldName(last.Name), last.ID
	}
}

func (s users) eachOf(ctx context.Context, found []core.User, each func(row) (bool, error)) (more bool, err error) {
	for i := range found {
		more, err := each(func(want wish) (object, error) { return s.resource(ctx, &found[i], want) })
		if err != nil || !more {
			return false, err
		}
	}
	return true, nil
}

// byKeys gives the users that any of the keys leads to, ordered by name.
func (s users) byKeys(ctx context.Context, keys []key) ([]core.User, error) {
	var all []core.User
	for _, k := range keys {
		found, err := s.byKey(ctx, k)
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	slices.SortFunc(all, func(a, b core.User) int {
		return cmp.Or(cmp.Compare(core.FoldName(a.Name), core.FoldName(b.Name)), cmp.Compare(a.ID, b.ID))
	})
	return slices.CompactFunc(all, func(a, b core.User) bool { return a.ID == b.ID }), nil
}

func (s users) byKey(ctx context.Context, k key) ([]core.User, error) {
	var user *core.User
	var err error
	switch k.path {
	case "externalId":
		return s.desk.Users(ctx, core.UserFilter{Org: s.org, ExternalID: k.value})
	case "groups.value":
		return s.inGroup(ctx, k.value)
	case "id":
		id, wrong := core.ParseID(k.value)
		if wrong != nil {
			return nil, nil
		}
		user, err = s.user(ctx, id)
	default: // a name or an address
		user, err = s.desk.FindUser(ctx, s.org, k.value)
	}
	switch {
	case isMissing(err):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return []core.User{*user}, nil
}

// inGroup gives the users in a group. A caller who may not see groups finds nobody by them.
func (s users) inGroup(ctx context.Context, value string) ([]core.User, error) {
	id, err := core.ParseID(value)
	if err != nil {
		return nil, nil
	}
	group, err := groups(s).byID(ctx, id)
	_, denied := errors.AsType[*desk.DeniedError](err)
	switch {
	case denied, isMissing(err):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return s.desk.Users(ctx, core.UserFilter{Org: s.org, Group: group.Name})
}

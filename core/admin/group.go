package admin

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/postern-id/postern/core"
)

// maxChangedMembers is how many memberships one change begins and ends.
const maxChangedMembers = 10_000

// NewGroup describes a group to be made.
type NewGroup struct {
	Org         string // "" is the default organisation
	Name        string
	DisplayName string
	ExternalID  string    // of who provisions it; empty: nobody does
	Members     []core.ID // users of the organisation
}

// CreateGroup makes an empty group. Org "" is the default organisation.
func (s *Service) CreateGroup(ctx context.Context, actor Actor, org, name, displayName string) (*core.Group, error) {
	return s.ProvisionGroup(ctx, actor, NewGroup{Org: org, Name: name, DisplayName: displayName})
}

// ProvisionGroup makes a group with its members at once.
func (s *Service) ProvisionGroup(ctx context.Context, actor Actor, input NewGroup) (*core.Group, error) {
	now := s.Now()
	group := &core.Group{
		ID: s.newID(now), Org: orDefault(input.Org), Name: input.Name, DisplayName: input.DisplayName, ExternalID: input.ExternalID, CreatedAt: now, UpdatedAt: now,
	}
	if err := checkGroup(group).err(); err != nil {
		return nil, err
	}
	if _, err := s.Organisation(ctx, group.Org); err != nil {
		return nil, err
	}
	record := s.groupRecord(actor, now, core.EventGroupCreated, group, "")
	record.Event.Fields = changesOf(groupFields(&core.Group{}, group))
	joining, err := s.joining(ctx, actor, group, input.Members)
	if err != nil {
		return nil, err
	}
	err = s.apply(ctx, append([]core.Change{core.CreateGroup{Group: *group}, record}, joining...)...)
	group.Members = len(joining) / 2
	return group, groupFailed("create the group", group, err)
}

// UpdateGroup lets edit change name, display name and external identifier. A new name goes
// wherever the group is named: at clients, in the rules of the organisation, in what
// connectors made of it.
func (s *Service) UpdateGroup(ctx context.Context, actor Actor, id core.ID, was Version, edit func(*core.Group)) (*core.Group, error) {
	return s.ReviseGroup(ctx, actor, id, was, GroupRevision{Edit: edit})
}

// GroupByID gives the group of that identifier.
func (s *Service) GroupByID(ctx context.Context, id core.ID) (*core.Group, error) {
	group, err := s.Store.GroupByID(ctx, id)
	return found(group, err, "group", string(id))
}

func checkGroup(group *core.Group) problems {
	var p problems
	checkGroupName(&p, "name", group.Name)
	checkLine(&p, "display_name", group.DisplayName)
	checkLine(&p, "external_id", group.ExternalID)
	return p
}

func groupFailed(what string, group *core.Group, err error) error {
	conflict, ok := errors.AsType[*core.ConflictError](err)
	switch {
	case ok && conflict.What == "group name":
		return taken("name", conflict.What, group.Name)
	case ok:
		return taken("external_id", conflict.What, group.ExternalID)
	case errors.Is(err, core.ErrNotFound):
		return &MissingError{What: "group", Name: group.Name}
	}
	return wrap(what, err)
}

// DeleteGroup deletes the group and its memberships. Its members' next refresh
// is decided on without it.
func (s *Service) DeleteGroup(ctx context.Context, actor Actor, org, name string) error {
	read := groupAt(func(ctx context.Context) (*core.Group, error) { return s.FindGroup(ctx, org, name) })
	return doing(ctx, s, "group", name, read, func(group *core.Group, _ time.Time) error {
		err := s.apply(ctx, asRead(core.KindOfGroup, string(group.ID), group.UpdatedAt), core.DeleteGroup{ID: group.ID},
			s.groupRecord(actor, s.Now(), core.EventGroupDeleted, group, ""))
		return groupFailed("delete the group", group, err)
	})
}

// groupAt gives the group that is read with when it was last changed.
func groupAt(read func(context.Context) (*core.Group, error)) func(context.Context) (*core.Group, time.Time, error) {
	return func(ctx context.Context) (*core.Group, time.Time, error) {
		group, err := read(ctx)
		if err != nil {
			return nil, time.Time{}, err
		}
		return group, group.UpdatedAt, nil
	}
}

// FindGroup gives the group of exactly that name.
func (s *Service) FindGroup(ctx context.Context, org, name string) (*core.Group, error) {
	group, err := s.Store.Group(ctx, orDefault(org), name)
	return found(group, err, "group", name)
}

// Groups gives the groups of an organisation.
func (s *Service) Groups(ctx context.Context, org string) ([]core.Group, error) {
	return s.Store.Groups(ctx, orDefault(org))
}

// Members gives the users of a group.
func (s *Service) Members(ctx context.Context, group *core.Group) ([]core.User, error) {
	return s.Store.Members(ctx, group.ID)
}

// AddMember puts the user into the group. A member stays one.
func (s *Service) AddMember(ctx context.Context, actor Actor, group *core.Group, user *core.User) error {
	if user.Org != group.Org {
		return invalid("user", "", "user %q and group %q are of different organisations", user.Name, group.Name)
	}
	return s.changeMember(ctx, actor, core.EventMemberAdded, core.AddMember{GroupID: group.ID, UserID: user.ID}, group, user)
}

// RemoveMember takes the user out of the group. What the user may have only as
// a member is refused or narrowed at the next refresh, where groups are read
// again.
func (s *Service) RemoveMember(ctx context.Context, actor Actor, group *core.Group, user *core.User) error {
	return s.changeMember(ctx, actor, core.EventMemberRemoved, core.RemoveMember{GroupID: group.ID, UserID: user.ID}, group, user)
}

// ChangeMembers puts users into the group and takes others out, all at once. Who is a
// member stays one, and who is none stays out.
func (s *Service) ChangeMembers(ctx context.Context, actor Actor, group *core.Group, add, remove []core.ID) error {
	now := later(s.Now(), group.UpdatedAt)
	changes, err := s.moving(ctx, actor, group, add, remove, now)
	if err != nil || len(changes) == 0 {
		return err
	}
	err = s.apply(ctx, append(changes, core.TouchGroup{ID: group.ID, At: now})...)
	if errors.Is(err, core.ErrNotFound) {
		return &MissingError{What: "group", Name: group.Name} // or a member of it, since
	}
	return wrap("change the group", err)
}

// moving gives the changes that put users into the group and take others out.
func (s *Service) moving(ctx context.Context, actor Actor, group *core.Group, add, remove []core.ID, now time.Time) ([]core.Change, error) {
	is, err := s.membersAmong(ctx, group, slices.Concat(add, remove))
	if err != nil {
		return nil, err
	}
	remove = slices.DeleteFunc(unique(remove), func(id core.ID) bool { return !is[id] })
	add = slices.DeleteFunc(unique(add), func(id core.ID) bool { return is[id] && !slices.Contains(remove, id) })
	if len(add)+len(remove) > maxChangedMembers {
		return nil, invalid("members", "change fewer at once", "more than %d members are changed", maxChangedMembers)
	}
	var changes []core.Change
	for _, id := range remove {
		changes = append(changes, core.RemoveMember{GroupID: group.ID, UserID: id}, s.groupRecord(actor, now, core.EventMemberRemoved, group, id))
	}
	joining, err := s.joining(ctx, actor, group, add)
	return append(changes, joining...), err
}

// membersAmong gives which of the users are members. A few are looked at one by one: who
// provisions a large group often adds its members so.
func (s *Service) membersAmong(ctx context.Context, group *core.Group, users []core.ID) (map[core.ID]bool, error) {
	const few = 100
	is := map[core.ID]bool{}
	if len(users) > few {
		members, err := s.Members(ctx, group)
		for i := range members {
			is[members[i].ID] = true
		}
		return is, wrap("read the members", err)
	}
	for _, id := range users {
		user, err := s.Store.User(ctx, id)
		missing, err := absent(user, err)
		if err != nil {
			return nil, wrap("read the user", err)
		}
		is[id] = !missing && user.Org == group.Org && slices.Contains(user.Groups, group.Name)
	}
	return is, nil
}

// joining gives the changes that put users of the group's organisation into it, each with
// its record.
func (s *Service) joining(ctx context.Context, actor Actor, group *core.Group, users []core.ID) ([]core.Change, error) {
	if users = unique(users); len(users) > maxChangedMembers {
		return nil, invalid("members", "add fewer at once", "more than %d members are added", maxChangedMembers)
	}
	var p problems
	var changes []core.Change
	now := s.Now()
	for _, id := range users {
		user, err := s.Store.User(ctx, id)
		missing, err := absent(user, err)
		switch {
		case err != nil:
			return nil, wrap("read the user", err)
		case missing || user.Org != group.Org:
			p.add("members", "", "the organisation %q has no user %q", group.Org, shown(string(id)))
			continue
		}
		changes = append(changes, core.AddMember{GroupID: group.ID, UserID: id}, s.groupRecord(actor, now, core.EventMemberAdded, group, id))
	}
	return changes, p.err()
}

func unique(ids []core.ID) []core.ID { return slices.Compact(slices.Sorted(slices.Values(ids))) }

func (s *Service) changeMember(ctx context.Context, actor Actor, kind core.EventType, change core.Change, group *core.Group, user *core.User) error {
	now := later(s.Now(), group.UpdatedAt)
	err := s.apply(ctx, change, s.groupRecord(actor, now, kind, group, user.ID), core.TouchGroup{ID: group.ID, At: now})
	if errors.Is(err, core.ErrNotFound) {
		return invalid("user", "", "user %q is no member of group %q", user.Name, group.Name)
	}
	return wrap("change the group", err)
}

// checkGroupName accepts what a relying party can read back: miniOrange joins
// the names with semicolons, so they may not hold one.
func checkGroupName(p *problems, field, name string) {
	const hint = "use up to 100 printable characters without semicolon and comma, no space at either end"
	switch {
	case name == "":
		p.add(field, hint, "the group name is missing")
	case utf8.RuneCountInString(name) > 100 || !printable(name, false) || strings.ContainsAny(name, ";,") || strings.TrimSpace(name) != name:
		p.add(field, hint, "%q is no group name", shown(name))
	}
}

func (s *Service) groupRecord(actor Actor, now time.Time, kind core.EventType, group *core.Group, member core.ID) core.Record {
	return s.record(actor, now, core.Event{Type: kind, UserID: member, Org: group.Org, Detail: map[string]string{"group": group.Name, "organisation": group.Org, "group_id": string(group.ID)}})
}

// wrap says what failed; nil stays nil.
func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

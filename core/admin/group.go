package admin

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/postern-id/postern/core"
)

// CreateGroup makes an empty group. Org "" is the default organisation.
func (s *Service) CreateGroup(ctx context.Context, actor Actor, org, name, displayName string) (*core.Group, error) {
	var p problems
	checkGroupName(&p, "name", name)
	checkLine(&p, "display_name", displayName)
	if err := p.err(); err != nil {
		return nil, err
	}
	org = orDefault(org)
	if _, err := s.Organisation(ctx, org); err != nil {
		return nil, err
	}
	now := s.Now()
	group := &core.Group{ID: s.newID(now), Org: org, Name: name, DisplayName: displayName, CreatedAt: now}
	err := s.Store.Apply(ctx, core.CreateGroup{Group: *group}, s.groupRecord(actor, now, core.EventGroupCreated, group, ""))
	if errors.Is(err, core.ErrConflict) {
		return nil, taken("name", "group name", name)
	}
	return group, wrap("create the group", err)
}

// DeleteGroup deletes the group and its memberships. Its members' next refresh
// is decided on without it.
func (s *Service) DeleteGroup(ctx context.Context, actor Actor, org, name string) error {
	group, err := s.FindGroup(ctx, org, name)
	if err != nil {
		return err
	}
	err = s.Store.Apply(ctx, core.DeleteGroup{ID: group.ID}, s.groupRecord(actor, s.Now(), core.EventGroupDeleted, group, ""))
	if errors.Is(err, core.ErrNotFound) {
		return &MissingError{What: "group", Name: name}
	}
	return wrap("delete the group", err)
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
	return s.changeMember(ctx, core.AddMember{GroupID: group.ID, UserID: user.ID},
		s.groupRecord(actor, s.Now(), core.EventMemberAdded, group, user.ID), group, user)
}

// RemoveMember takes the user out of the group. What the user may have only as
// a member is refused or narrowed at the next refresh, where groups are read
// again.
func (s *Service) RemoveMember(ctx context.Context, actor Actor, group *core.Group, user *core.User) error {
	return s.changeMember(ctx, core.RemoveMember{GroupID: group.ID, UserID: user.ID},
		s.groupRecord(actor, s.Now(), core.EventMemberRemoved, group, user.ID), group, user)
}

func (s *Service) changeMember(ctx context.Context, change core.Change, record core.Record, group *core.Group, user *core.User) error {
	err := s.Store.Apply(ctx, change, record)
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
	return s.record(actor, now, core.Event{Type: kind, UserID: member, Detail: map[string]string{"group": group.Name, "organisation": group.Org}})
}

// wrap says what failed; nil stays nil.
func wrap(what string, err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%s: %w", what, err)
}

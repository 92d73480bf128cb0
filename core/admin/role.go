package admin

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
)

// Holder is somebody who can have roles: a user or a service account.
type Holder struct {
	ID       core.ID
	Org      string // that they belong to
	Name     string
	Title    string // what people see
	Program  bool   // a service account
	Admin    bool   // see [core.User.Admin]
	Disabled bool
}

// RoleHolder is a role with who has it.
type RoleHolder struct {
	Grant  core.RoleGrant
	Holder Holder
}

// Holder gives the user or the service account of that identifier.
func (s *Service) Holder(ctx context.Context, id core.ID) (*Holder, error) {
	user, err := s.Store.User(ctx, id)
	missing, err := absent(user, err)
	switch {
	case err != nil:
		return nil, wrap("read the user", err)
	case !missing:
		return &Holder{ID: user.ID, Org: user.Org, Name: user.Name, Title: user.DisplayName(), Admin: user.Admin, Disabled: user.Disabled}, nil
	}
	account, err := s.Store.ServiceAccount(ctx, id)
	if account, err = found(account, err, "user or service account", string(id)); err != nil {
		return nil, err
	}
	return &Holder{ID: account.ID, Org: account.Org, Name: account.Name, Title: account.Name, Program: true, Disabled: account.Disabled}, nil
}

// RoleHolders gives who has a role of the organisation, of the whole server if it is empty,
// by what their role may and then by name.
func (s *Service) RoleHolders(ctx context.Context, org string) ([]RoleHolder, error) {
	if org != "" {
		if _, err := s.Organisation(ctx, org); err != nil {
			return nil, err
		}
	}
	grants, err := s.Store.RolesIn(ctx, org)
	if err != nil {
		return nil, wrap("read the roles", err)
	}
	var holders []RoleHolder
	for _, grant := range grants {
		holder, err := s.Holder(ctx, grant.Holder)
		if errors.Is(err, core.ErrNotFound) {
			continue // deleted since
		}
		if err != nil {
			return nil, err
		}
		holders = append(holders, RoleHolder{grant, *holder})
	}
	slices.SortStableFunc(holders, func(a, b RoleHolder) int {
		if by := slices.Index(core.Roles(), a.Grant.Role) - slices.Index(core.Roles(), b.Grant.Role); by != 0 {
			return by
		}
		return strings.Compare(core.FoldName(a.Holder.Name), core.FoldName(b.Holder.Name))
	})
	return holders, nil
}

// RolesOf gives what roles somebody has: that of the whole server first, then by
// organisation.
func (s *Service) RolesOf(ctx context.Context, holder core.ID) ([]core.RoleGrant, error) {
	if _, err := s.Holder(ctx, holder); err != nil {
		return nil, err
	}
	_, roles, err := s.rolesOf(ctx, holder)
	return roles, err
}

// RolesHeld gives the roles that users and service accounts of the organisation have, of
// whatever.
func (s *Service) RolesHeld(ctx context.Context, org string) ([]core.RoleGrant, error) {
	roles, err := s.Store.RolesHeld(ctx, org)
	return roles, wrap("read the roles", err)
}

// rolesOf gives the roles, and the user if it is one. Who owns the server by the field of
// the user has no other role of the server.
func (s *Service) rolesOf(ctx context.Context, id core.ID) (*core.User, []core.RoleGrant, error) {
	user, err := s.Store.User(ctx, id)
	if missing, err := absent(user, err); err != nil {
		return nil, nil, wrap("read the user", err)
	} else if missing {
		user = nil
	}
	roles, err := s.Store.Roles(ctx, id)
	if err != nil {
		return nil, nil, wrap("read the roles", err)
	}
	if user != nil && user.Admin {
		roles = slices.DeleteFunc(roles, func(grant core.RoleGrant) bool { return grant.Org == "" })
		roles = append([]core.RoleGrant{{Holder: id, Role: core.RoleOwner, CreatedAt: user.CreatedAt}}, roles...)
	}
	return user, roles, nil
}

// GrantRole gives a user or a service account a role of the organisation, or of the whole
// server if it is empty, in the place of the one that they have there. The sessions of a
// user end, links for a new password or another address too, and their grants are revoked:
// none that was begun with other rights goes on. The last owner of the server stays one.
func (s *Service) GrantRole(ctx context.Context, actor Actor, holder core.ID, org string, role core.Role) error {
	if !slices.Contains(core.Roles(), role) {
		return invalid("role", "use "+joinRoles(), "there is no role %q", shown(string(role)))
	}
	if org != "" {
		if _, err := s.Organisation(ctx, org); err != nil {
			return err
		}
	}
	return s.onRole(ctx, holder, org, func(change *roleChange) error {
		if change.before == role {
			return nil
		}
		grant := core.RoleGrant{Holder: holder, Org: org, Role: role, CreatedAt: s.Now()}
		return s.changeRole(ctx, actor, change, role, core.GrantRole{Grant: grant})
	})
}

// RevokeRole takes the role away that somebody has in the organisation, or of the whole
// server. What is said of sessions and of the last owner is as for [Service.GrantRole].
func (s *Service) RevokeRole(ctx context.Context, actor Actor, holder core.ID, org string) error {
	return s.onRole(ctx, holder, org, func(change *roleChange) error {
		if change.before == "" {
			return &MissingError{What: "role of", Name: change.holder.Name}
		}
		return s.changeRole(ctx, actor, change, "", core.RevokeRole{Holder: holder, Org: org})
	})
}

// RoleVersion gives the version of what somebody has as their role somewhere: an empty role
// is none.
func RoleVersion(role core.Role) Version {
	return Version(strings.ReplaceAll(cmp.Or(string(role), "none"), "_", ""))
}

// onRole changes what somebody has as their role, in the state that was seen, or else anew
// if somebody else changed it meanwhile.
func (s *Service) onRole(ctx context.Context, holder core.ID, org string, do func(*roleChange) error) error {
	for try := 1; ; try++ {
		change, err := s.roleChange(ctx, holder, org)
		if err != nil {
			return err
		}
		stale := &StaleError{"role of", change.holder.Name, RoleVersion(change.before)}
		if s.was != "" && s.was != stale.Current {
			return stale
		}
		if err = do(change); !errors.Is(err, core.ErrStale) {
			return err
		}
		if try == tries {
			return stale
		}
	}
}

func joinRoles() string {
	var names []string
	for _, role := range core.Roles() {
		names = append(names, string(role))
	}
	return strings.Join(names, ", ")
}

// roleChange is what somebody has in an organisation before it is changed.
type roleChange struct {
	holder *Holder
	user   *core.User // nil for a service account
	org    string
	before core.Role // empty: none
	stored core.Role // in a row of its own, and not by the field of the user alone
}

func (s *Service) roleChange(ctx context.Context, id core.ID, org string) (*roleChange, error) {
	holder, err := s.Holder(ctx, id)
	if err != nil {
		return nil, err
	}
	user, roles, err := s.rolesOf(ctx, id)
	if err != nil {
		return nil, err
	}
	stored, err := s.Store.Roles(ctx, id)
	if err != nil {
		return nil, wrap("read the roles", err)
	}
	here := func(grant core.RoleGrant) bool { return grant.Org == org }
	change := &roleChange{holder: holder, user: user, org: org}
	if i := slices.IndexFunc(stored, here); i >= 0 {
		change.stored = stored[i].Role
	}
	if i := slices.IndexFunc(roles, here); i >= 0 {
		change.before = roles[i].Role
	}
	return change, nil
}

// changeRole applies the change of the row, and what else is to happen with it. Empty is no
// role.
func (s *Service) changeRole(ctx context.Context, actor Actor, was *roleChange, after core.Role, row core.Change) error {
	now := s.Now()
	changes := []core.Change{core.KeepRole{Holder: was.holder.ID, Org: was.org, Role: was.stored}}
	if after != "" || was.stored != "" {
		changes = append(changes, row)
	}
	owned := was.org == "" && was.user != nil
	if owned && !was.user.Admin {
		changes = append(changes, asRead(core.KindOfUser, string(was.user.ID), was.user.UpdatedAt))
	}
	if owned && was.user.Admin {
		plain := *was.user
		plain.Admin, plain.UpdatedAt = false, later(now, was.user.UpdatedAt)
		changes = append(changes, core.UpdateUser{User: plain, Was: was.user.UpdatedAt})
	}
	if was.user != nil {
		changes = append(changes, endRights(was.holder.ID, now)...)
	}
	kind := core.EventRoleGranted
	if after == "" {
		kind = core.EventRoleRevoked
	}
	changes = append(changes, s.roleRecord(actor, kind, was, after))
	if owned && after == core.RoleOwner {
		owner := *was.user
		owner.Admin, owner.CreatedAt = true, now
		ending, err := s.endSetup(ctx, &owner)
		if err != nil {
			return err
		}
		changes = append(changes, ending...)
	}
	if owned && was.before == core.RoleOwner && !was.holder.Disabled {
		changes = append(changes, core.KeepAdministrator{})
	}
	return s.roleFailed(was, s.apply(ctx, changes...))
}

// endRights ends what was begun with other rights: sessions; links for a new password or
// another address, and to sign in by, which somebody may have got who could not get one any
// more; and the trust in browsers that leave out the second factor. An invitation stays: it
// is how somebody begins who was given a role at once.
func endRights(user core.ID, now time.Time) []core.Change {
	changes := []core.Change{core.EndSessions{UserID: user, At: now}, core.DeleteDevices{UserID: user}}
	for _, purpose := range []core.TicketPurpose{core.TicketReset, core.TicketEmail, core.TicketSignIn} {
		changes = append(changes, core.DeleteTickets{UserID: user, Purpose: purpose})
	}
	return changes
}

func (s *Service) roleFailed(was *roleChange, err error) error {
	switch {
	case errors.Is(err, core.ErrStale):
		return err
	case errors.Is(err, core.ErrConflict):
		return lastAdministrator(was.user)
	case errors.Is(err, core.ErrNotFound):
		return &MissingError{What: "role of", Name: was.holder.Name}
	}
	return wrap("change the role", err)
}

// roleRecord is of the organisation of the role; of a role of the server it is of the
// holder's, whose administrators see who came to be above them.
func (s *Service) roleRecord(actor Actor, kind core.EventType, was *roleChange, after core.Role) core.Record {
	event := core.Event{Type: kind, Org: was.org, Detail: map[string]string{"name": was.holder.Name, "organisation": was.org, "role": string(after)}}
	if after == "" {
		event.Detail["role"] = string(was.before)
	}
	if event.Org == "" {
		event.Org, event.Detail["organisation"] = was.holder.Org, "the whole server"
	}
	if was.user != nil {
		event.UserID = was.user.ID
	} else {
		event.Detail["service_account"] = string(was.holder.ID)
	}
	event.Fields = changesOf([]field{{name: "role", before: string(was.before), after: string(after)}})
	return s.record(actor, s.Now(), event)
}

package admin

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
)

// UserRevision is what becomes of a user at once: whoever provisions people says in one
// request what they are, their password and whether they may sign in.
type UserRevision struct {
	// Edit is as of [Service.UpdateUser], and may change Disabled too. It may be called
	// several times.
	Edit func(*core.User)
	// Password is the new one; empty: it stays.
	Password string
}

// ReviseUser is [Service.UpdateUserIf], [Service.SetPassword], and [Service.DisableUser] or
// [Service.EnableUser], all or nothing.
func (s *Service) ReviseUser(ctx context.Context, actor Actor, id core.ID, was Version, r UserRevision, guard func(before, after *core.User) error) (*core.User, error) {
	return changing(ctx, s, "user", string(id), was, s.userAt(id), func(before *core.User, now time.Time) (*core.User, error) {
		disabled := before.Disabled
		after := edited(before, func(u *core.User) {
			r.Edit(u)
			disabled = u.Disabled
		})
		after.Disabled = disabled
		if err := guard(before, after); err != nil {
			return nil, err
		}
		return s.reviseUser(ctx, actor, before, after, r.Password, now)
	})
}

// reviseUser makes the user what after is, with a new password if one is given.
func (s *Service) reviseUser(ctx context.Context, actor Actor, before, after *core.User, password string, now time.Time) (*core.User, error) {
	after.EmailVerified = after.EmailVerified && after.Email != ""
	hash, err := s.checkRevised(ctx, after, password)
	if err != nil {
		return nil, err
	}
	if len(changesOf(userFields(before, after))) == 0 && hash == "" {
		return before, nil
	}
	after.UpdatedAt = now
	changes := slices.Concat([]core.Change{core.UpdateUser{User: *after, Was: before.UpdatedAt}}, s.updated(actor, before, after))
	if hash != "" {
		// Whoever has the old address is told: they know it to be theirs.
		changes = append(changes, s.repassworded(actor, before, hash, now)...)
	}
	if before.Disabled != after.Disabled {
		if after.Disabled {
			changes = append(changes, shutOut(after.ID, now)...)
		}
		changes = append(changes, s.switchRecord(actor, after, now))
	}
	// What ends links goes before what sends new ones.
	changes = append(changes, s.readdressed(actor, before, after)...)
	ends, err := s.administers(ctx, before, after)
	if err != nil {
		return nil, err
	}
	if err := s.applyUser(ctx, "update the user", after, append(changes, ends...)); err != nil {
		return nil, err
	}
	if hash != "" {
		after.PasswordHash, after.PasswordAt = hash, now
	}
	return after, nil
}

// checkRevised says all that is wrong with the user and the password, and gives its hash.
func (s *Service) checkRevised(ctx context.Context, after *core.User, password string) (hash string, err error) {
	p := checkUser(after)
	if password != "" {
		hash, err = s.hash(ctx, after, password)
		weak, is := errors.AsType[*InvalidError](err)
		if err != nil && !is {
			return "", err
		}
		if is {
			p = append(p, weak.Problems...)
		}
	}
	return hash, p.err()
}

// updated records what is another property of the user than before, but for whether they
// may sign in. Who administers the server or no longer does goes on with nothing that was
// begun with other rights.
func (s *Service) updated(actor Actor, before, after *core.User) []core.Change {
	same := *before
	same.Disabled = after.Disabled
	fields := changesOf(userFields(&same, after))
	if len(fields) == 0 {
		return nil
	}
	record := s.userRecord(actor, after.UpdatedAt, core.EventUserUpdated, after, map[string]string{"name": after.Name, "fields": strings.Join(fieldNames(fields), " ")})
	record.Event.Fields = fields
	if before.Admin == after.Admin {
		return []core.Change{record}
	}
	return append([]core.Change{record}, endRights(after.ID, after.UpdatedAt)...)
}

// administers gives the changes that end set-up where the user is the administrator it
// waits for, and that refuse to take the last one away.
func (s *Service) administers(ctx context.Context, before, after *core.User) (changes []core.Change, err error) {
	if !before.Admin {
		if changes, err = s.endSetup(ctx, after); err != nil {
			return nil, err
		}
	}
	if before.Admin && !after.Admin || !before.Disabled && after.Disabled {
		keep, err := s.keepAdministrator(ctx, before)
		return append(changes, keep...), err
	}
	return changes, nil
}

// GroupRevision is what becomes of a group at once.
type GroupRevision struct {
	// Edit is as of [Service.UpdateGroup]; nil: what it is called stays.
	Edit func(*core.Group)
	// Add and Remove are who comes and who goes, as of [Service.ChangeMembers].
	Add, Remove []core.ID
}

// ReviseGroup is [Service.UpdateGroup] and [Service.ChangeMembers], all or nothing. The
// version of a group is one of its members too.
func (s *Service) ReviseGroup(ctx context.Context, actor Actor, id core.ID, was Version, r GroupRevision) (*core.Group, error) {
	read := groupAt(func(ctx context.Context) (*core.Group, error) { return s.GroupByID(ctx, id) })
	return changing(ctx, s, "group", string(id), was, read, func(before *core.Group, now time.Time) (*core.Group, error) {
		draft, after := *before, *before
		if r.Edit != nil {
			r.Edit(&draft)
		}
		after.Name, after.DisplayName, after.ExternalID = draft.Name, draft.DisplayName, draft.ExternalID
		if err := checkGroup(&after).err(); err != nil {
			return nil, err
		}
		return s.reviseGroup(ctx, actor, before, &after, r, now)
	})
}

func (s *Service) reviseGroup(ctx context.Context, actor Actor, before, after *core.Group, r GroupRevision, now time.Time) (*core.Group, error) {
	moving, err := s.moving(ctx, actor, before, r.Add, r.Remove, now)
	if err != nil {
		return nil, err
	}
	fields := changesOf(groupFields(before, after))
	if len(fields)+len(moving) == 0 {
		return before, nil
	}
	after.UpdatedAt = now
	changes := append([]core.Change{core.UpdateGroup{Group: *after, Was: before.UpdatedAt}}, moving...)
	if len(fields) > 0 {
		record := s.groupRecord(actor, now, core.EventGroupUpdated, after, "")
		record.Event.Fields, record.Event.Detail["fields"] = fields, strings.Join(fieldNames(fields), " ")
		changes = append(changes, record)
	}
	err = s.apply(ctx, changes...)
	if errors.Is(err, core.ErrNotFound) && len(moving) > 0 {
		return nil, core.ErrStale // the group is gone, or who comes is: it is looked at again
	}
	return after, groupFailed("update the group", after, err)
}

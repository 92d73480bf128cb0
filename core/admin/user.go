package admin

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
)

// NewUser describes a user to be made. Only Name is required.
type NewUser struct {
	Org           string // "" is the default organisation
	Name          string
	Email         string
	EmailVerified bool
	Admin         bool
	Disabled      bool
	Password      string // "" makes a user that no password signs in
	Profile       core.Profile
	Attributes    map[string]string
	Groups        []string // names; a group that does not exist is made
}

// CreatedUser is what [Service.CreateUser] made.
type CreatedUser struct {
	User      core.User
	NewGroups []string // groups that did not exist before
}

// CreateUser makes a user with its groups. The first administrator ends set-up,
// so that a set-up link that was printed no longer works.
func (s *Service) CreateUser(ctx context.Context, actor Actor, input NewUser) (*CreatedUser, error) {
	user, err := s.newUser(ctx, input)
	if err != nil {
		return nil, err
	}
	return s.makeUser(ctx, actor, user)
}

// makeUser makes the user, its groups, and what else the changes say.
func (s *Service) makeUser(ctx context.Context, actor Actor, user *core.User, more ...core.Change) (*CreatedUser, error) {
	for try := 0; ; try++ {
		created, changes, err := s.planUser(ctx, actor, user)
		if err != nil {
			return nil, err
		}
		err = s.apply(ctx, append(changes, more...)...)
		if err == nil {
			return created, nil
		}
		// Somebody made one of the groups or ended set-up since it was read: read again.
		if try == 3 || !errors.Is(err, core.ErrConflict) || userTaken(err) {
			return nil, userFailed("create the user", user, err)
		}
	}
}

// newUser checks the input and hashes the password.
func (s *Service) newUser(ctx context.Context, input NewUser) (*core.User, error) {
	now := s.Now()
	user := &core.User{
		ID: s.newID(now), Org: orDefault(input.Org), Name: input.Name,
		Email: input.Email, EmailVerified: input.EmailVerified && input.Email != "", Admin: input.Admin, Disabled: input.Disabled,
		Profile: input.Profile, Attributes: input.Attributes, Groups: sortedUnique(input.Groups),
		CreatedAt: now, UpdatedAt: now,
	}
	p := checkUser(user)
	for _, group := range user.Groups {
		checkGroupName(&p, "groups", group)
	}
	if err := p.err(); err != nil {
		return nil, err
	}
	if _, err := s.Organisation(ctx, user.Org); err != nil {
		return nil, err
	}
	if input.Password == "" {
		return user, nil
	}
	hash, err := s.hash(ctx, user, input.Password)
	user.PasswordHash, user.PasswordAt = hash, now
	return user, err
}

// planUser gives the changes that make the user, its new groups, its
// memberships, and that end set-up if it is the first administrator.
func (s *Service) planUser(ctx context.Context, actor Actor, user *core.User) (*CreatedUser, []core.Change, error) {
	created := &CreatedUser{User: *user}
	bare := *user
	bare.Groups = nil
	changes := []core.Change{core.CreateUser{User: bare}}
	for _, name := range user.Groups {
		group, err := s.Store.Group(ctx, user.Org, name)
		missing, err := absent(group, err)
		if err != nil {
			return nil, nil, err
		}
		if missing {
			group = &core.Group{ID: s.newID(user.CreatedAt), Org: user.Org, Name: name, CreatedAt: user.CreatedAt, UpdatedAt: user.CreatedAt}
			created.NewGroups = append(created.NewGroups, name)
			changes = append(changes, core.CreateGroup{Group: *group}, s.groupRecord(actor, user.CreatedAt, core.EventGroupCreated, group, ""))
		}
		changes = append(changes, core.AddMember{GroupID: group.ID, UserID: user.ID})
		if !missing {
			changes = append(changes, core.TouchGroup{ID: group.ID, At: user.CreatedAt})
		}
	}
	record := s.userRecord(actor, user.CreatedAt, core.EventUserCreated, user, createdDetail(user))
	record.Event.Fields = changesOf(userFields(&core.User{}, user))
	changes = append(changes, record)
	ending, err := s.endSetup(ctx, user)
	return created, append(changes, ending...), err
}

// endSetup closes set-up where the user is the administrator it waits for.
func (s *Service) endSetup(ctx context.Context, user *core.User) ([]core.Change, error) {
	if !user.Admin {
		return nil, nil
	}
	setup, err := s.Store.Setup(ctx)
	if err != nil || !setup.ClosedAt.IsZero() {
		return nil, err
	}
	return []core.Change{core.CloseSetup{At: user.CreatedAt}}, nil
}

func createdDetail(user *core.User) map[string]string {
	return map[string]string{
		"name": user.Name, "admin": strconv.FormatBool(user.Admin),
		"password": strconv.FormatBool(user.PasswordHash != ""), "groups": strings.Join(user.Groups, " "),
	}
}

// FindUser gives the user of that login name, e-mail address or identifier.
func (s *Service) FindUser(ctx context.Context, org, login string) (*core.User, error) {
	org = orDefault(org)
	if id, err := core.ParseID(login); err == nil {
		user, err := s.Store.User(ctx, id)
		if missing, err := absent(user, err); err != nil || !missing && user.Org == org {
			return user, err
		}
	}
	user, err := s.Store.UserByLogin(ctx, org, login)
	return found(user, err, "user", login)
}

// Users gives the users that the filter selects. A group that does not exist is
// a [MissingError].
func (s *Service) Users(ctx context.Context, filter core.UserFilter) ([]core.User, error) {
	filter.Org = orDefault(filter.Org)
	if filter.Group != "" {
		if _, err := s.FindGroup(ctx, filter.Org, filter.Group); err != nil {
			return nil, err
		}
	}
	return s.Store.Users(ctx, filter)
}

// UpdateUser lets edit change a copy of the user, checks it and stores it. Edit
// may change name, e-mail address, profile, attributes and Admin; whatever else
// it changes is put back. A change of Admin ends the user's sessions and revokes
// their grants: no session that was begun with other rights goes on. A change of the
// address ends the links that were sent to the old one.
func (s *Service) UpdateUser(ctx context.Context, actor Actor, id core.ID, was Version, edit func(*core.User)) (*core.User, error) {
	return s.UpdateUserIf(ctx, actor, id, was, edit, func(*core.User, *core.User) error { return nil })
}

// UpdateUserIf is [Service.UpdateUser], unless guard refuses what is about to be made of
// what.
func (s *Service) UpdateUserIf(ctx context.Context, actor Actor, id core.ID, was Version, edit func(*core.User), guard func(before, after *core.User) error) (*core.User, error) {
	return changing(ctx, s, "user", string(id), was, s.userAt(id), func(before *core.User, now time.Time) (*core.User, error) {
		after := edited(before, edit)
		if err := guard(before, after); err != nil {
			return nil, err
		}
		return s.reviseUser(ctx, actor, before, after, "", now)
	})
}

// readdressed gives what a new address brings about: links that were sent to the old one
// end, its owner is told, and who has the new one is asked to prove it, unless the
// administrator vouches for it.
func (s *Service) readdressed(actor Actor, before, after *core.User) (changes []core.Change) {
	if core.FoldName(before.Email) != core.FoldName(after.Email) {
		changes = append(changes, core.DeleteTickets{UserID: after.ID})
		changes = append(changes, s.notice(before, after.UpdatedAt, core.MailNoticeEmail, map[string]string{core.WordEmail: after.Email})...)
	}
	unproved := before.Email != after.Email || before.EmailVerified
	if unproved && !after.EmailVerified && !after.Disabled && s.reaches(after) {
		_, asking := s.handOver(actor, core.TicketVerify, after, true)
		changes = append(changes, asking...)
	}
	return changes
}

// edited gives a copy that edit changed, with everything put back that edit may
// not change.
func edited(before *core.User, edit func(*core.User)) *core.User {
	draft := *before
	draft.Attributes = maps.Clone(before.Attributes)
	edit(&draft)
	after := *before
	after.Name, after.Email, after.EmailVerified = draft.Name, draft.Email, draft.EmailVerified
	after.Profile, after.Attributes, after.Admin = draft.Profile, draft.Attributes, draft.Admin
	return &after
}

func changedFields(before, after *core.User) []string {
	return fieldNames(changesOf(userFields(before, after)))
}

// SetPassword replaces the password, ends the user's sessions, revokes their
// grants, and forgets failed sign-ins, remembered devices and links that were sent.
func (s *Service) SetPassword(ctx context.Context, actor Actor, id core.ID, password string) error {
	return s.withUser(ctx, id, func(user *core.User, _ time.Time) error { return s.setPassword(ctx, actor, user, password) })
}

func (s *Service) setPassword(ctx context.Context, actor Actor, user *core.User, password string) error {
	hash, err := s.hash(ctx, user, password)
	if err != nil {
		return err
	}
	keep := asRead(core.KindOfUser, string(user.ID), user.UpdatedAt)
	return s.applyUser(ctx, "set the password", user, append([]core.Change{keep}, s.repassworded(actor, user, hash, s.Now())...))
}

// repassworded gives the changes that set the password, and what that brings about.
func (s *Service) repassworded(actor Actor, user *core.User, hash string, now time.Time) []core.Change {
	record := s.userRecord(actor, now, core.EventPasswordSet, user, map[string]string{"name": user.Name})
	record.Event.Fields = []core.FieldChange{{Field: "password"}}
	changes := []core.Change{
		core.SetPassword{UserID: user.ID, Hash: hash, At: now},
		core.EndSessions{UserID: user.ID, At: now},
		core.DeleteDevices{UserID: user.ID},
		core.DeleteTickets{UserID: user.ID},
		core.ClearFailures{Key: "account:" + string(user.ID)},
		record,
	}
	return append(changes, s.notice(user, now, core.MailNoticePassword, nil)...)
}

// DisableUser keeps the user from signing in, ends their sessions, revokes their grants,
// and forgets remembered devices and links that were sent. The last administrator cannot
// be disabled.
func (s *Service) DisableUser(ctx context.Context, actor Actor, id core.ID) error {
	return s.withUser(ctx, id, func(user *core.User, now time.Time) error {
		if user.Disabled {
			return nil
		}
		keep, err := s.keepAdministrator(ctx, user)
		if err != nil {
			return err
		}
		return s.applyUser(ctx, "disable the user", user, slices.Concat(shutOut(id, now), s.switched(actor, user, now), keep))
	})
}

// EnableUser lets a disabled user sign in again.
func (s *Service) EnableUser(ctx context.Context, actor Actor, id core.ID) error {
	return s.withUser(ctx, id, func(user *core.User, now time.Time) error {
		if !user.Disabled {
			return nil
		}
		return s.applyUser(ctx, "enable the user", user, s.switched(actor, user, now))
	})
}

// shutOut gives what keeps a person who is disabled from going on.
func shutOut(id core.ID, now time.Time) []core.Change {
	return []core.Change{core.EndSessions{UserID: id, At: now}, core.DeleteDevices{UserID: id}, core.DeleteTickets{UserID: id}}
}

// switched gives the changes that disable a user who is not, or the other way round.
func (s *Service) switched(actor Actor, before *core.User, now time.Time) []core.Change {
	after := *before
	after.Disabled, after.UpdatedAt = !before.Disabled, now
	return []core.Change{core.UpdateUser{User: after, Was: before.UpdatedAt}, s.switchRecord(actor, &after, now)}
}

// switchRecord says that the user is disabled now, or no longer.
func (s *Service) switchRecord(actor Actor, after *core.User, now time.Time) core.Record {
	kind := core.EventUserEnabled
	if after.Disabled {
		kind = core.EventUserDisabled
	}
	before := *after
	before.Disabled = !after.Disabled
	record := s.userRecord(actor, now, kind, after, map[string]string{"name": after.Name})
	record.Event.Fields = changesOf(userFields(&before, after))
	return record
}

// withUser changes a user, and does it again if somebody else changed them meanwhile.
func (s *Service) withUser(ctx context.Context, id core.ID, change func(user *core.User, now time.Time) error) error {
	return doing(ctx, s, "user", string(id), s.userAt(id), change)
}

// userAt gives the user with when they were last changed.
func (s *Service) userAt(id core.ID) func(context.Context) (*core.User, time.Time, error) {
	return func(ctx context.Context) (*core.User, time.Time, error) {
		user, err := s.userByID(ctx, id)
		if err != nil {
			return nil, time.Time{}, err
		}
		return user, user.UpdatedAt, nil
	}
}

// DeleteUser deletes the user with sessions, consents, grants and tokens. The
// last administrator cannot be deleted.
func (s *Service) DeleteUser(ctx context.Context, actor Actor, id core.ID) error {
	return s.withUser(ctx, id, func(user *core.User, _ time.Time) error {
		owners, err := s.keepAdministrator(ctx, user)
		if err != nil {
			return err
		}
		now := s.Now()
		return s.applyUser(ctx, "delete the user", user, append([]core.Change{
			asRead(core.KindOfUser, string(id), user.UpdatedAt),
			core.EndSessions{UserID: id, At: now},
			core.DeleteUser{ID: id},
			s.userRecord(actor, now, core.EventUserDeleted, user, map[string]string{"name": user.Name}),
		}, owners...))
	})
}

// SignOutUser ends the user's sessions and revokes their grants.
func (s *Service) SignOutUser(ctx context.Context, actor Actor, id core.ID) error {
	user, err := s.userByID(ctx, id)
	if err != nil {
		return err
	}
	now := s.Now()
	return s.applyUser(ctx, "sign the user out", user, []core.Change{
		core.EndSessions{UserID: id, At: now},
		s.userRecord(actor, now, core.EventSignedOut, user, map[string]string{"name": user.Name, "reason": "by_administrator"}),
	})
}

// WithdrawConsent takes back what the user allowed the client, and revokes the
// grants that rest on it.
func (s *Service) WithdrawConsent(ctx context.Context, actor Actor, id core.ID, clientID string) error {
	user, err := s.userByID(ctx, id)
	if err != nil {
		return err
	}
	client, err := s.clientByID(ctx, clientID)
	if err != nil {
		return err
	}
	now := s.Now()
	record := s.userRecord(actor, now, core.EventConsentWithdrawn, user, map[string]string{"name": user.Name})
	record.Event.ClientID = client.ID
	return s.applyUser(ctx, "withdraw the consent", user, []core.Change{
		core.WithdrawConsent{UserID: id, ClientID: client.ID, At: now}, record,
	})
}

// keepAdministrator gives the change that refuses to take the last owner of the server
// away, if the user is one. It goes behind those that take this one away: another may be
// taken away at once.
func (s *Service) keepAdministrator(ctx context.Context, user *core.User) ([]core.Change, error) {
	if user.Disabled {
		return nil, nil
	}
	roles, err := s.Store.Roles(ctx, user.ID)
	if err != nil {
		return nil, wrap("read the roles", err)
	}
	if holder := (core.APIHolder{User: user, Roles: roles}); !slices.ContainsFunc(holder.AllRoles(), ownsServer) {
		return nil, nil
	}
	return []core.Change{core.KeepAdministrator{}}, nil
}

func ownsServer(grant core.RoleGrant) bool { return grant.Org == "" && grant.Role == core.RoleOwner }

func keepsAdministrator(c core.Change) bool { _, is := c.(core.KeepAdministrator); return is }

func lastAdministrator(user *core.User) error {
	return invalid("", "make another owner first", "%q is the last owner of the server", user.Name)
}

func (s *Service) userByID(ctx context.Context, id core.ID) (*core.User, error) {
	user, err := s.Store.User(ctx, id)
	return found(user, err, "user", string(id))
}

func (s *Service) userRecord(actor Actor, now time.Time, kind core.EventType, user *core.User, detail map[string]string) core.Record {
	return s.record(actor, now, core.Event{Type: kind, UserID: user.ID, Org: user.Org, Detail: detail})
}

// applyUser applies changes to a user that was just read.
func (s *Service) applyUser(ctx context.Context, what string, user *core.User, changes []core.Change) error {
	err := s.apply(ctx, changes...)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, core.ErrStale):
		return err
	case errors.Is(err, core.ErrNotFound):
		return &MissingError{What: "user", Name: user.Name}
	case errors.Is(err, core.ErrConflict) && !userTaken(err) && slices.ContainsFunc(changes, keepsAdministrator):
		return lastAdministrator(user)
	}
	return userFailed(what, user, err)
}

// userTaken reports whether the name or the e-mail address is somebody else's.
func userTaken(err error) bool {
	conflict, ok := errors.AsType[*core.ConflictError](err)
	return ok && !strings.Contains(conflict.What, "group")
}

func userFailed(what string, user *core.User, err error) error {
	conflict, ok := errors.AsType[*core.ConflictError](err)
	switch {
	case ok && strings.Contains(conflict.What, "mail"):
		return taken("email", conflict.What, user.Email)
	case ok:
		return taken("name", conflict.What, user.Name)
	}
	return fmt.Errorf("%s: %w", what, err)
}

// hash hashes a password of the user; one that breaks the rules is a [Problem].
func (s *Service) hash(ctx context.Context, user *core.User, password string) (string, error) {
	if s.Hasher == nil {
		return "", errors.New("no way to hash a password")
	}
	// The store of a dry run has organisations that nobody else knows of.
	org, err := s.Organisation(ctx, user.Org)
	if err != nil {
		return "", err
	}
	hash, err := s.Hasher.HashUnder(ctx, org.Rules, user, password)
	if weak, ok := errors.AsType[interface {
		error
		PasswordProblem() string
		FieldProblem() core.FieldProblem
	}](err); ok {
		wrong := weak.FieldProblem()
		return "", &InvalidError{Problems: []Problem{{Field: "password", Text: weak.PasswordProblem(), Kind: wrong.Kind, Limit: wrong.Limit}}}
	}
	return hash, err
}

func sortedUnique(names []string) []string {
	sorted := slices.Clone(names)
	slices.Sort(sorted)
	return slices.Compact(sorted)
}

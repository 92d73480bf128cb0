package grant

import (
	"cmp"
	"context"
	"maps"
	"sync"

	"github.com/postern-id/postern/core"
)

// rows is what the fake store keeps. They are values, so a copy of the maps is a
// snapshot.
type rows struct {
	clients map[string]core.Client
	orgs    map[string]core.Organisation
	users   map[core.ID]core.User
	grants  map[core.ID]core.Grant
	access  map[core.ID]core.AccessToken
	refresh map[core.ID]core.RefreshToken
	events  []core.Event
	used    map[core.Hash]bool // client assertions
	devices map[core.ID]core.DeviceGrant
	session map[core.ID]core.Session
	roles   map[core.ID][]core.RoleGrant
	counts  int // of failures
}

func (r rows) clone() rows {
	r.clients, r.orgs, r.users = maps.Clone(r.clients), maps.Clone(r.orgs), maps.Clone(r.users)
	r.grants, r.access, r.refresh = maps.Clone(r.grants), maps.Clone(r.access), maps.Clone(r.refresh)
	r.used, r.devices, r.session = maps.Clone(r.used), maps.Clone(r.devices), maps.Clone(r.session)
	r.events = r.events[:len(r.events):len(r.events)]
	return r
}

// memory is a store in memory that keeps the promises that core.Change makes for
// the changes of this package.
type memory struct {
	mu sync.Mutex
	rows
	reads    int // of codes and refresh tokens
	applies  int
	readErr  error // of every read
	rowErr   error // of codes and refresh tokens
	applyErr error
	// before runs once before the next Apply: somebody else is faster.
	before func()
}

func newMemory() *memory {
	return &memory{rows: rows{
		clients: map[string]core.Client{}, orgs: map[string]core.Organisation{}, users: map[core.ID]core.User{},
		grants: map[core.ID]core.Grant{}, access: map[core.ID]core.AccessToken{}, refresh: map[core.ID]core.RefreshToken{},
		used: map[core.Hash]bool{}, devices: map[core.ID]core.DeviceGrant{}, session: map[core.ID]core.Session{}, roles: map[core.ID][]core.RoleGrant{},
	}}
}

// find gives a copy of the row.
func find[K comparable, V any](s *memory, table map[K]V, key K) (*V, error) {
	v, ok := table[key]
	switch {
	case s.readErr != nil:
		return nil, s.readErr
	case !ok:
		return nil, core.ErrNotFound
	}
	return &v, nil
}

func (s *memory) Client(_ context.Context, id string) (*core.Client, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return find(s, s.clients, id)
}

func (s *memory) Organisation(_ context.Context, name string) (*core.Organisation, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return find(s, s.orgs, name)
}

func (s *memory) Code(_ context.Context, id core.ID) (*core.Authorized, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	g, err := find(s, s.grants, id)
	if err = cmp.Or(s.rowErr, err); err != nil {
		return nil, err
	}
	return s.authorized(*g), nil
}

func (s *memory) authorized(g core.Grant) *core.Authorized {
	user := s.users[g.UserID]
	return &core.Authorized{Grant: g, User: user, Org: s.orgs[user.Org]}
}

func (s *memory) Refresh(_ context.Context, id core.ID) (*core.Refresh, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	t, err := find(s, s.refresh, id)
	if err = cmp.Or(s.rowErr, err); err != nil {
		return nil, err
	}
	r := &core.Refresh{Token: *t, Authorized: *s.authorized(s.grants[t.GrantID])}
	if next, ok := s.refresh[t.Successor]; ok {
		r.SuccessorUsed = !next.UsedAt.IsZero()
	}
	return r, nil
}

func (s *memory) DeviceGrant(_ context.Context, id core.ID) (*core.DeviceGrant, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return find(s, s.devices, id)
}

func (s *memory) SignedIn(_ context.Context, id core.ID) (*core.SignedIn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	session, err := find(s, s.session, id)
	if err = cmp.Or(s.rowErr, err); err != nil {
		return nil, err
	}
	user := s.users[session.UserID]
	return &core.SignedIn{Session: *session, User: user, Org: s.orgs[user.Org]}, nil
}

func (s *memory) Roles(_ context.Context, holder core.ID) ([]core.RoleGrant, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.roles[holder], s.readErr
}

func (s *memory) Access(_ context.Context, id core.ID) (*core.Access, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t, err := find(s, s.access, id)
	if err = cmp.Or(s.rowErr, err); err != nil {
		return nil, err
	}
	return &core.Access{Token: *t, Authorized: *s.authorized(s.grants[t.GrantID])}, nil
}

func (s *memory) Apply(ctx context.Context, changes ...core.Change) error {
	s.mu.Lock()
	before := s.before
	s.before = nil
	s.mu.Unlock()
	if before != nil {
		before()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.applies++
	if s.applyErr != nil {
		return s.applyErr
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	next := s.rows.clone()
	for _, c := range changes {
		if err := next.apply(c); err != nil {
			return err
		}
	}
	s.rows = next
	return nil
}

func (r *rows) apply(c core.Change) error {
	switch c := c.(type) {
	case core.AddGrant:
		r.grants[c.Grant.ID] = c.Grant
	case core.IssueCode:
		if s, known := r.session[c.Grant.SessionID]; known && !s.EndedAt.IsZero() {
			return core.ErrConflict
		}
		r.grants[c.Grant.ID] = c.Grant
	case core.RedeemCode:
		g := r.grants[c.GrantID]
		if !g.CodeUsedAt.IsZero() || g.Revoked() {
			return core.ErrConflict
		}
		g.CodeUsedAt = c.At
		r.grants[g.ID] = g
	case core.RevokeGrant:
		g := r.grants[c.ID]
		if !g.Revoked() {
			g.RevokedAt, g.RevokedReason = c.At, c.Reason
		}
		r.grants[g.ID] = g
	case core.AddAccess:
		r.access[c.Token.ID] = c.Token
	case core.DeleteAccess:
		delete(r.access, c.ID)
	case core.AddRefresh:
		r.refresh[c.Token.ID] = c.Token
	case core.RotateRefresh:
		t := r.refresh[c.ID]
		if g := r.grants[t.GrantID]; !t.UsedAt.IsZero() || g.Revoked() {
			return core.ErrConflict
		}
		t.UsedAt, t.Successor = c.At, c.Successor
		r.refresh[t.ID] = t
	case core.UseAssertion:
		if r.used[c.Hash] {
			return &core.ConflictError{What: core.TakenAssertion}
		}
		r.used[c.Hash] = true
	case core.AddDeviceGrant:
		for _, other := range r.devices {
			if other.UserCode == c.Grant.UserCode {
				return core.ErrConflict
			}
		}
		r.devices[c.Grant.ID] = c.Grant
	case core.PollDeviceGrant:
		g := r.devices[c.ID]
		g.PolledAt, g.Interval = c.At, c.Interval
		r.devices[c.ID] = g
	case core.FinishDeviceGrant:
		if _, there := r.devices[c.ID]; !there {
			return core.ErrConflict
		}
		delete(r.devices, c.ID)
	case core.CountFailure:
		r.counts++
	case core.Record:
		r.events = append(r.events, c.Event)
	default:
		panic("not a change of the token endpoint")
	}
	return nil
}

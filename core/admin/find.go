package admin

import (
	"context"

	"github.com/postern-id/postern/core"
)

// AllUsers gives the users that the filter selects, of all organisations if it names none.
func (s *Service) AllUsers(ctx context.Context, filter core.UserFilter) ([]core.User, error) {
	users, err := s.Store.Users(ctx, filter)
	return users, wrap("read the users", err)
}

// FindGroups gives the groups that the filter selects, of all organisations if it names
// none.
func (s *Service) FindGroups(ctx context.Context, filter core.GroupFilter) ([]core.Group, error) {
	groups, err := s.Store.FindGroups(ctx, filter)
	return groups, wrap("read the groups", err)
}

// CountUsers gives how many users the filter selects, of all organisations if it names none.
func (s *Service) CountUsers(ctx context.Context, filter core.UserFilter) (int, error) {
	count, err := s.Store.CountUsers(ctx, filter)
	return count, wrap("count the users", err)
}

// CountGroups gives how many groups the filter selects, of all organisations if it names
// none.
func (s *Service) CountGroups(ctx context.Context, filter core.GroupFilter) (int, error) {
	count, err := s.Store.CountGroups(ctx, filter)
	return count, wrap("count the groups", err)
}

// FindClients gives the clients that the filter selects, of all organisations if it names
// none.
func (s *Service) FindClients(ctx context.Context, filter core.ClientFilter) ([]core.Client, error) {
	clients, err := s.Store.FindClients(ctx, filter)
	return clients, wrap("read the clients", err)
}

// LiveSessions gives the sessions that live and that the filter selects, the newest first.
func (s *Service) LiveSessions(ctx context.Context, filter core.SessionFilter) ([]core.LiveSession, error) {
	filter.At = s.Now()
	sessions, err := s.Store.LiveSessions(ctx, filter)
	return sessions, wrap("read the sessions", err)
}

// UserConsents gives what the user allowed clients, by client_id.
func (s *Service) UserConsents(ctx context.Context, id core.ID) ([]core.Consent, error) {
	if _, err := s.userByID(ctx, id); err != nil {
		return nil, err
	}
	consents, err := s.Store.Consents(ctx, id)
	return consents, wrap("read the consents", err)
}

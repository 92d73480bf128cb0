package admin

import (
	"context"
	"errors"
	"slices"

	"github.com/postern-id/postern/core"
)

// UserSessions gives the sessions of the user that live, the newest first.
func (s *Service) UserSessions(ctx context.Context, id core.ID) ([]core.Session, error) {
	sessions, err := s.Store.Sessions(ctx, id)
	now := s.Now()
	return slices.DeleteFunc(sessions, func(session core.Session) bool { return !session.Live(now) }), wrap("read the sessions", err)
}

// EndUserSession ends one session of the user, and revokes its grants.
func (s *Service) EndUserSession(ctx context.Context, actor Actor, id, session core.ID) error {
	user, err := s.userByID(ctx, id)
	if err != nil {
		return err
	}
	now := s.Now()
	record := s.userRecord(actor, now, core.EventSignedOut, user, map[string]string{"name": user.Name, "reason": "by_administrator"})
	record.Event.SessionID = session
	err = s.apply(ctx, core.EndSession{ID: session, UserID: id, At: now}, record)
	if errors.Is(err, core.ErrNotFound) {
		return &MissingError{What: "session", Name: string(session)}
	}
	return wrap("end the session", err)
}

package store

import (
	"context"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

const sessionColumns = `s.id, s.hash, s.user_id, s.auth_time, s.amr, s.acr, s.created_at, s.expires_at, s.ended_at, s.ip, s.user_agent,
	s.upstream, s.upstream_claims, s.upstream_logout`

const selectSignedIn = `SELECT ` + generationColumn + `, ` + sessionColumns + `, ` + userColumns + `
	FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.id = $1`

func scanSession(r *sqlite.Row, s *core.Session) {
	*s = core.Session{
		ID:        readID(r),
		Hash:      readHash(r),
		UserID:    readID(r),
		AuthTime:  readTime(r),
		AMR:       readWords(r),
		ACR:       r.Text(),
		CreatedAt: readTime(r),
		ExpiresAt: readTime(r),
		EndedAt:   readTime(r),
		IP:        r.Text(),
		UserAgent: r.Text(),
	}
	connector := r.Text()
	if connector == "" {
		r.Skip(2)
		return
	}
	s.Upstream = &core.Upstream{Connector: connector, Claims: r.Blob(), Logout: r.Blob()}
}

// SignedIn gives the session with its user and their organisation, or
// core.ErrNotFound.
func (s *Store) SignedIn(ctx context.Context, sessionID core.ID) (*core.SignedIn, error) {
	var in core.SignedIn
	err := s.read(ctx, func(c *sqlite.Conn) error {
		var generation int64
		err := first(c, selectSignedIn, func(r *sqlite.Row) error {
			generation = r.Int()
			scanSession(r, &in.Session)
			return s.recallUser(r, &in.User)
		}, string(sessionID))
		if err != nil {
			return err
		}
		return s.organisationOf(c, generation, &in.User, &in.Org)
	})
	if err != nil {
		return nil, err
	}
	return &in, nil
}

// Sessions gives those of a user that were not ended, the newest first. One that has
// expired is among them until it is swept.
func (s *Store) Sessions(ctx context.Context, userID core.ID) ([]core.Session, error) {
	return list(ctx, s, `SELECT `+sessionColumns+` FROM sessions s WHERE s.user_id = $1 AND s.ended_at = 0 ORDER BY s.id DESC`,
		func(r *sqlite.Row, session *core.Session) error {
			scanSession(r, session)
			return nil
		}, string(userID))
}

// LiveSessions gives the sessions that the filter selects, the newest first, with whose
// they are.
func (s *Store) LiveSessions(ctx context.Context, filter core.SessionFilter) ([]core.LiveSession, error) {
	text, args := sessionsQuery(filter)
	return list(ctx, s, text, func(r *sqlite.Row, live *core.LiveSession) error {
		scanSession(r, &live.Session)
		live.Session.Hash, live.Session.Upstream = core.Hash{}, nil
		live.Org, live.User = r.Text(), r.Text()
		return nil
	}, args...)
}

func sessionsQuery(filter core.SessionFilter) (text string, args []any) {
	var q query
	q.and("s.ended_at = 0")
	q.equal("u.org", filter.Org)
	q.equal("s.user_id", string(filter.UserID))
	if !filter.At.IsZero() {
		q.and("s.expires_at > ?", millis(filter.At))
	}
	if filter.Before != "" {
		q.and("s.id < ?", string(filter.Before))
	}
	// CROSS keeps the order of the sessions: SQLite would begin with the users.
	return q.text(`SELECT `+sessionColumns+`, u.org, u.name FROM sessions s CROSS JOIN users u ON u.id = s.user_id`, `s.id DESC`, orHundred(filter.Limit))
}

// organisationOf completes a read with the user's organisation.
func (s *Store) organisationOf(c *sqlite.Conn, generation int64, user *core.User, org *core.Organisation) error {
	current, err := s.configAt(c, generation)
	if err != nil {
		return err
	}
	found, err := current.organisation(user.Org)
	if err != nil {
		return err
	}
	*org = *found
	return nil
}

func startSession(c *sqlite.Conn, start core.StartSession) error {
	s, replaces := start.Session, start.Replaces
	upstream, claims := upstreamColumns(s.Upstream)
	var logout []byte
	if s.Upstream != nil {
		logout = s.Upstream.Logout
	}
	_, err := c.Exec(`INSERT INTO sessions (id, hash, user_id, auth_time, amr, acr, created_at, expires_at, ended_at, ip, user_agent,
			upstream, upstream_claims, upstream_logout)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		string(s.ID), s.Hash[:], string(s.UserID), millis(s.AuthTime), joinWords(s.AMR), s.ACR,
		millis(s.CreatedAt), millis(s.ExpiresAt), millis(s.EndedAt), s.IP, s.UserAgent, upstream, claims, logout)
	if err != nil {
		return classify(err)
	}
	if _, err := c.Exec(`UPDATE users SET revision = revision + 1, last_sign_in_at = $2, last_sign_in_ip = $3 WHERE id = $1`, string(s.UserID), millis(s.AuthTime), s.IP); err != nil {
		return err
	}
	if replaces == "" {
		return nil
	}
	return replaceSession(c, replaces, s, start.Continues)
}

// replaceSession ends a session because its browser signed in once more. For the same
// person the new one stands for it, and for those before it: what clients were told
// in them ends with it, so they are kept as long. For another person it is the end.
func replaceSession(c *sqlite.Conn, id core.ID, by core.Session, mustLive bool) error {
	changed, err := c.Exec(endOneSession, string(id), millis(by.CreatedAt))
	switch {
	case err != nil:
		return err
	case changed == 0 && mustLive:
		return core.ErrConflict
	case changed == 0:
		return nil
	}
	changed, err = c.Exec(`UPDATE sessions SET successor = $3, expires_at = $4 WHERE id IN `+andBefore+` AND user_id = $2`,
		string(id), string(by.UserID), string(by.ID), millis(by.ExpiresAt))
	if err != nil || changed > 0 {
		return err
	}
	return layOutNotices(c, id)
}

const endOneSession = `UPDATE sessions SET ended_at = $2 WHERE id = $1 AND ended_at = 0`

// The reasons that the store gives itself when it revokes grants.
const (
	reasonSignedOut        = "signed_out"
	reasonSessionsEnded    = "sessions_ended"
	reasonConsentWithdrawn = "consent_withdrawn"
)

func endSession(c *sqlite.Conn, end core.EndSession) error {
	if end.UserID != "" {
		err := first(c, `SELECT 1 FROM sessions WHERE id = $1 AND user_id = $2`, func(*sqlite.Row) error { return nil }, string(end.ID), string(end.UserID))
		if err != nil {
			return err
		}
	}
	changed, err := c.Exec(endOneSession, string(end.ID), millis(end.At))
	if err != nil {
		return err
	}
	_, err = c.Exec(`UPDATE grants SET revoked_at = $2, revoked_reason = $3 WHERE session_id IN `+andBefore+` AND revoked_at = 0`,
		string(end.ID), millis(end.At), reasonSignedOut)
	if err != nil || changed == 0 {
		return err
	}
	return layOutNotices(c, end.ID)
}

func endSessions(c *sqlite.Conn, userID, except core.ID, at time.Time) error {
	ended, err := collect(c, `UPDATE sessions SET ended_at = $2 WHERE user_id = $1 AND ended_at = 0 AND id <> $3 RETURNING id`,
		func(r *sqlite.Row, id *core.ID) error {
			*id = readID(r)
			return nil
		}, string(userID), millis(at), string(except))
	if err != nil {
		return err
	}
	for _, id := range ended {
		if err := layOutNotices(c, id); err != nil {
			return err
		}
	}
	_, err = c.Exec(`UPDATE grants SET revoked_at = $2, revoked_reason = $3 WHERE user_id = $1 AND revoked_at = 0`,
		string(userID), millis(at), reasonSessionsEnded)
	return err
}

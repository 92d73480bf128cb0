package store

import (
	"context"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

const (
	// Only the three columns after the first ever change. The three after them are not
	// kept: what a provider says, and what a client asks for, may be long.
	grantColumns = `g.id, g.code_used_at, g.revoked_at, g.revoked_reason, g.claims, g.upstream, g.upstream_claims,
		g.client_id, g.user_id, g.session_id, g.scopes, g.nonce, g.auth_time, g.amr, g.acr, g.code_hash, g.code_expires_at,
		g.redirect_uri, g.redirect_uri_given, g.challenge, g.created_at, g.expires_at`

	// grantColumnsKept are those that are kept.
	grantColumnsKept = 15

	selectCode = `SELECT ` + generationColumn + `, ` + grantColumns + `, ` + userColumns + `
		FROM grants g JOIN users u ON u.id = g.user_id WHERE g.id = $1`

	// A client's own token is nobody's.
	selectAccess = `SELECT ` + generationColumn + `, ` + grantColumns + `, ` + userColumns + `,
		t.id, t.hash, t.grant_id, t.scopes, t.created_at, t.expires_at
		FROM access_tokens t JOIN grants g ON g.id = t.grant_id LEFT JOIN users u ON u.id = g.user_id WHERE t.id = $1`

	selectRefresh = `SELECT ` + generationColumn + `, ` + grantColumns + `, ` + userColumns + `,
		t.id, t.hash, t.grant_id, t.created_at, t.expires_at, t.used_at, t.successor, coalesce(next.used_at, 0)
		FROM refresh_tokens t JOIN grants g ON g.id = t.grant_id JOIN users u ON u.id = g.user_id
		LEFT JOIN refresh_tokens next ON next.id = t.successor WHERE t.id = $1`
)

// recallGrant reads a grant, and decodes what never changes only once.
func (s *Store) recallGrant(r *sqlite.Row, g *core.Grant) {
	id := r.View()
	usedAt, revokedAt, reason, claims, upstream := readTime(r), readTime(r), r.Text(), r.Blob(), readUpstream(r)
	if kept, found := s.grants.get(id); found {
		r.Skip(grantColumnsKept)
		*g = *kept
	} else {
		*g = core.Grant{
			ID:               core.ID(id),
			ClientID:         r.Text(),
			UserID:           readID(r),
			SessionID:        readID(r),
			Scopes:           readWords(r),
			Nonce:            r.Text(),
			AuthTime:         readTime(r),
			AMR:              readWords(r),
			ACR:              r.Text(),
			CodeHash:         readHash(r),
			CodeExpiresAt:    readTime(r),
			RedirectURI:      r.Text(),
			RedirectURIGiven: r.Bool(),
			Challenge:        r.Text(),
			CreatedAt:        readTime(r),
			ExpiresAt:        readTime(r),
		}
		kept := *g
		s.grants.put(string(g.ID), &kept)
	}
	g.CodeUsedAt, g.RevokedAt, g.RevokedReason, g.Claims, g.Upstream = usedAt, revokedAt, reason, claims, upstream
}

// readUpstream reads the provider's part of a grant, if it has one.
func readUpstream(r *sqlite.Row) *core.Upstream {
	connector := r.View()
	if len(connector) == 0 {
		r.Skip(1)
		return nil
	}
	return &core.Upstream{Connector: string(connector), Claims: r.Blob()}
}

// Code gives the grant of an authorization code with everybody that it concerns,
// or core.ErrNotFound.
func (s *Store) Code(ctx context.Context, grantID core.ID) (*core.Authorized, error) {
	var code core.Authorized
	err := s.authorized(ctx, selectCode, grantID, &code, func(*sqlite.Row) {})
	if err != nil {
		return nil, err
	}
	return &code, nil
}

// Access gives an access token with everybody that it concerns, or
// core.ErrNotFound.
func (s *Store) Access(ctx context.Context, tokenID core.ID) (*core.Access, error) {
	var access core.Access
	err := s.authorized(ctx, selectAccess, tokenID, &access.Authorized, func(r *sqlite.Row) {
		access.Token = core.AccessToken{
			ID:        readID(r),
			Hash:      readHash(r),
			GrantID:   readID(r),
			Scopes:    readWords(r),
			CreatedAt: readTime(r),
			ExpiresAt: readTime(r),
		}
	})
	if err != nil {
		return nil, err
	}
	return &access, nil
}

// Refresh gives a refresh token with everybody that it concerns, or
// core.ErrNotFound.
func (s *Store) Refresh(ctx context.Context, tokenID core.ID) (*core.Refresh, error) {
	var refresh core.Refresh
	err := s.authorized(ctx, selectRefresh, tokenID, &refresh.Authorized, func(r *sqlite.Row) {
		refresh.Token = core.RefreshToken{
			ID:        readID(r),
			Hash:      readHash(r),
			GrantID:   readID(r),
			CreatedAt: readTime(r),
			ExpiresAt: readTime(r),
			UsedAt:    readTime(r),
			Successor: readID(r),
		}
		refresh.SuccessorUsed = r.Int() != 0
	})
	if err != nil {
		return nil, err
	}
	return &refresh, nil
}

// authorized reads a grant with its user and, after them, what scan reads; then
// client and organisation, which come from memory unless they changed.
func (s *Store) authorized(ctx context.Context, text string, id core.ID, a *core.Authorized, scan func(*sqlite.Row)) error {
	return s.read(ctx, func(c *sqlite.Conn) error {
		var generation int64
		err := first(c, text, func(r *sqlite.Row) error {
			generation = r.Int()
			s.recallGrant(r, &a.Grant)
			if err := s.recallUser(r, &a.User); err != nil {
				return err
			}
			scan(r)
			return nil
		}, string(id))
		if err != nil {
			return err
		}
		if _, a.Client, err = s.clientAt(c, generation, a.Grant.ClientID); err != nil {
			return err
		}
		if a.User.ID == "" {
			return nil
		}
		return s.organisationOf(c, generation, &a.User, &a.Org)
	})
}

// issueCode refuses a session that has ended: somebody signed out while the code was
// on its way.
func issueCode(c *sqlite.Conn, g core.Grant) error {
	upstream, claims := upstreamColumns(g.Upstream)
	return mustWin(c.Exec(`INSERT INTO grants (id, client_id, user_id, session_id, scopes, nonce, auth_time, amr, acr, code_hash, code_expires_at, code_used_at,
			redirect_uri, redirect_uri_given, challenge, created_at, expires_at, revoked_at, revoked_reason, upstream, upstream_claims, claims)
		SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22
		WHERE NOT EXISTS (SELECT 1 FROM sessions WHERE id = $4 AND ended_at > 0)`,
		string(g.ID), g.ClientID, string(g.UserID), string(g.SessionID), joinWords(g.Scopes), g.Nonce, millis(g.AuthTime), joinWords(g.AMR), g.ACR,
		optionalHash(g.CodeHash), millis(g.CodeExpiresAt), millis(g.CodeUsedAt), g.RedirectURI, g.RedirectURIGiven, g.Challenge,
		millis(g.CreatedAt), millis(g.ExpiresAt), millis(g.RevokedAt), g.RevokedReason, upstream, claims, string(g.Claims)))
}

// addGrant inserts a grant without user and code.
func addGrant(c *sqlite.Conn, g core.Grant) error {
	_, err := c.Exec(`INSERT INTO grants (id, client_id, user_id, session_id, scopes, nonce, auth_time, amr, acr, code_hash, code_expires_at, code_used_at,
			redirect_uri, redirect_uri_given, challenge, created_at, expires_at, revoked_at, revoked_reason)
		VALUES ($1, $2, NULL, '', $3, '', 0, '', '', $4, 0, 0, '', FALSE, '', $5, $6, 0, '')`,
		string(g.ID), g.ClientID, joinWords(g.Scopes), []byte{}, millis(g.CreatedAt), millis(g.ExpiresAt))
	return classify(err)
}

// redeemCode is what makes a code work once (RFC 6749 section 4.1.2): of many
// that run it, one changes the row.
func redeemCode(c *sqlite.Conn, grantID core.ID, at time.Time) error {
	return mustWin(c.Exec(`UPDATE grants SET code_used_at = $2 WHERE id = $1 AND code_used_at = 0 AND revoked_at = 0`, string(grantID), millis(at)))
}

func revokeGrant(c *sqlite.Conn, id core.ID, at time.Time, reason string) error {
	_, err := c.Exec(`UPDATE grants SET revoked_at = $2, revoked_reason = $3 WHERE id = $1 AND revoked_at = 0`, string(id), millis(at), reason)
	return err
}

func addAccess(c *sqlite.Conn, t core.AccessToken) error {
	_, err := c.Exec(`INSERT INTO access_tokens (id, hash, grant_id, scopes, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		string(t.ID), t.Hash[:], string(t.GrantID), joinWords(t.Scopes), millis(t.CreatedAt), millis(t.ExpiresAt))
	return classify(err)
}

func deleteAccess(c *sqlite.Conn, id core.ID) error {
	_, err := c.Exec(`DELETE FROM access_tokens WHERE id = $1`, string(id))
	return err
}

func addRefresh(c *sqlite.Conn, t core.RefreshToken) error {
	_, err := c.Exec(`INSERT INTO refresh_tokens (id, hash, grant_id, created_at, expires_at, used_at, successor) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		string(t.ID), t.Hash[:], string(t.GrantID), millis(t.CreatedAt), millis(t.ExpiresAt), millis(t.UsedAt), string(t.Successor))
	return classify(err)
}

// rotateRefresh lets one of many win, as redeemCode does.
func rotateRefresh(c *sqlite.Conn, id, successor core.ID, at time.Time) error {
	return mustWin(c.Exec(`UPDATE refresh_tokens SET used_at = $2, successor = $3 WHERE id = $1 AND used_at = 0
		AND EXISTS (SELECT 1 FROM grants g WHERE g.id = refresh_tokens.grant_id AND g.revoked_at = 0)`,
		string(id), millis(at), string(successor)))
}

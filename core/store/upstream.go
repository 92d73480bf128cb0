package store

import (
	"context"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

const selectAttempt = `SELECT ` + generationColumn + `, a.id, a.hash, a.browser_hash, a.request_id, a.link_to, a.connector, a.fresh,
	a.sealed, a.held, a.created_at, a.expires_at FROM upstream_attempts a WHERE a.id = $1`

func scanAttempt(r *sqlite.Row, a *core.UpstreamAttempt) {
	*a = core.UpstreamAttempt{
		ID:          readID(r),
		Hash:        readHash(r),
		BrowserHash: readHash(r),
		RequestID:   readID(r),
		LinkTo:      readID(r),
		Connector:   r.Text(),
		Fresh:       r.Bool(),
		Sealed:      r.Blob(),
		Held:        r.Blob(),
		CreatedAt:   readTime(r),
		ExpiresAt:   readTime(r),
	}
}

// Attempt gives the upstream attempt, or core.ErrNotFound.
func (s *Store) Attempt(ctx context.Context, id core.ID) (*core.UpstreamAttempt, error) {
	var attempt core.UpstreamAttempt
	err := s.read(ctx, func(c *sqlite.Conn) error {
		return first(c, selectAttempt, func(r *sqlite.Row) error {
			s.noteGeneration(r.Int())
			scanAttempt(r, &attempt)
			return nil
		}, string(id))
	})
	if err != nil {
		return nil, err
	}
	return &attempt, nil
}

func saveAttempt(c *sqlite.Conn, a core.UpstreamAttempt) error {
	_, err := c.Exec(`INSERT INTO upstream_attempts (id, hash, browser_hash, request_id, link_to, connector, fresh, sealed, held, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		string(a.ID), a.Hash[:], a.BrowserHash[:], string(a.RequestID), string(a.LinkTo), a.Connector, a.Fresh, a.Sealed, a.Held,
		millis(a.CreatedAt), millis(a.ExpiresAt))
	return classify(err)
}

func holdCallback(c *sqlite.Conn, id core.ID, held []byte) error {
	return mustWin(c.Exec(`UPDATE upstream_attempts SET held = $2 WHERE id = $1 AND length(held) = 0`, string(id), held))
}

// finishAttempt is what makes state work once: of many that run it, one deletes the
// row.
func finishAttempt(c *sqlite.Conn, id core.ID) error {
	return mustWin(c.Exec(`DELETE FROM upstream_attempts WHERE id = $1`, string(id)))
}

// upstreamColumns are the values of the columns upstream and upstream_claims.
func upstreamColumns(u *core.Upstream) (connector string, claims []byte) {
	if u == nil {
		return "", nil
	}
	return u.Connector, u.Claims
}

package store

import (
	"context"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

const initialColumns = `id, hash, org, name, max_uses, uses, created_at, expires_at`

func scanInitial(r *sqlite.Row, t *core.InitialToken) error {
	*t = core.InitialToken{
		ID: readID(r), Hash: readHash(r), Org: r.Text(), Name: r.Text(), MaxUses: int(r.Int()), Uses: int(r.Int()),
		CreatedAt: readTime(r), ExpiresAt: readTime(r),
	}
	return nil
}

// InitialToken gives the token, whether or not it may be used, or core.ErrNotFound.
func (s *Store) InitialToken(ctx context.Context, id core.ID) (*core.InitialToken, error) {
	var token core.InitialToken
	err := s.read(ctx, func(c *sqlite.Conn) error {
		return first(c, `SELECT `+initialColumns+` FROM initial_tokens WHERE id = $1`, func(r *sqlite.Row) error { return scanInitial(r, &token) }, string(id))
	})
	if err != nil {
		return nil, err
	}
	return &token, nil
}

// InitialTokens gives those of an organisation, in the order in which they were made.
func (s *Store) InitialTokens(ctx context.Context, org string) ([]core.InitialToken, error) {
	return list(ctx, s, `SELECT `+initialColumns+` FROM initial_tokens WHERE org = $1 ORDER BY id`, scanInitial, org)
}

func addInitial(c *sqlite.Conn, t core.InitialToken) error {
	_, err := c.Exec(`INSERT INTO initial_tokens (`+initialColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		string(t.ID), t.Hash[:], t.Org, t.Name, t.MaxUses, t.Uses, millis(t.CreatedAt), millis(t.ExpiresAt))
	return classify(err)
}

func useInitial(c *sqlite.Conn, id core.ID, at time.Time) error {
	return mustWin(c.Exec(`UPDATE initial_tokens SET uses = uses + 1 WHERE id = $1 AND expires_at > $2 AND (max_uses = 0 OR uses < max_uses)`, string(id), millis(at)))
}

func deleteInitial(c *sqlite.Conn, id core.ID) error {
	return mustChange(c.Exec(`DELETE FROM initial_tokens WHERE id = $1`, string(id)))
}

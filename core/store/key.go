package store

import (
	"context"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

const selectKeys = `SELECT k.id, k.alg, k.sealed, k.public_jwk, k.created_at, k.retired_at FROM signing_keys k ORDER BY k.created_at, k.id`

func scanKey(r *sqlite.Row, k *core.SigningKey) error {
	*k = core.SigningKey{
		ID:        r.Text(),
		Alg:       r.Text(),
		Sealed:    r.Blob(),
		PublicJWK: r.Blob(),
		CreatedAt: readTime(r),
		RetiredAt: readTime(r),
	}
	return nil
}

// SigningKeys gives all keys, the oldest first.
func (s *Store) SigningKeys(ctx context.Context) ([]core.SigningKey, error) {
	return list(ctx, s, selectKeys, scanKey)
}

func addKey(c *sqlite.Conn, k core.SigningKey) error {
	_, err := c.Exec(`INSERT INTO signing_keys (id, alg, sealed, public_jwk, created_at, retired_at) VALUES ($1, $2, $3, $4, $5, $6)`,
		k.ID, k.Alg, k.Sealed, k.PublicJWK, millis(k.CreatedAt), millis(k.RetiredAt))
	return taken(err, "key id")
}

func retireKey(c *sqlite.Conn, id string, at time.Time) error {
	return mustWin(c.Exec(`UPDATE signing_keys SET retired_at = $2 WHERE id = $1 AND (retired_at = 0 OR retired_at > $2)`, id, millis(at)))
}

package store

import (
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

// useAssertion lets the primary key decide who was first.
func useAssertion(c *sqlite.Conn, hash core.Hash, expiresAt time.Time) error {
	_, err := c.Exec(`INSERT INTO assertions (hash, expires_at) VALUES ($1, $2)`, hash[:], millis(expiresAt))
	return taken(err, core.TakenAssertion)
}

package store

import (
	"context"
	"errors"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

// Setup gives the state of the set-up link; zero if none was ever made.
func (s *Store) Setup(ctx context.Context) (core.Setup, error) {
	var setup core.Setup
	err := s.read(ctx, func(c *sqlite.Conn) error {
		return first(c, `SELECT hash, opened_at, closed_at FROM setup WHERE id = 1`, func(r *sqlite.Row) error {
			setup = core.Setup{Hash: readHash(r), OpenedAt: readTime(r), ClosedAt: readTime(r)}
			return nil
		})
	})
	if errors.Is(err, core.ErrNotFound) {
		return core.Setup{}, nil
	}
	return setup, err
}

// openSetup replaces the link. A set-up that is closed stays closed, with the
// link that closed it.
func openSetup(c *sqlite.Conn, hash core.Hash, at time.Time) error {
	_, err := c.Exec(`INSERT INTO setup (id, hash, opened_at, closed_at) VALUES (1, $1, $2, 0)
		ON CONFLICT (id) DO UPDATE SET hash = $1, opened_at = $2 WHERE setup.closed_at = 0`, hash[:], millis(at))
	return err
}

// closeSetup also closes a set-up that was never opened: the first administrator
// was made some other way.
func closeSetup(c *sqlite.Conn, at time.Time) error {
	return mustWin(c.Exec(`INSERT INTO setup (id, hash, opened_at, closed_at) VALUES (1, $1, 0, $2)
		ON CONFLICT (id) DO UPDATE SET closed_at = $2 WHERE setup.closed_at = 0`, []byte{}, millis(at)))
}

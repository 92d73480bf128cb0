package store

import (
	"context"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

// Failures gives the counts of those keys that have one.
func (s *Store) Failures(ctx context.Context, keys ...string) ([]core.Failures, error) {
	var all []core.Failures
	err := s.read(ctx, func(c *sqlite.Conn) error {
		for _, key := range keys {
			err := c.Query(`SELECT count, last_at FROM failures WHERE name = $1`, func(r *sqlite.Row) error {
				all = append(all, core.Failures{Key: key, Count: int(r.Int()), LastAt: readTime(r)})
				return nil
			}, key)
			if err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return all, nil
}

func countFailure(c *sqlite.Conn, keys []string, at time.Time, window time.Duration) error {
	for _, key := range keys {
		_, err := c.Exec(`INSERT INTO failures (name, count, last_at) VALUES ($1, 1, $2)
			ON CONFLICT (name) DO UPDATE SET last_at = $2, count = CASE WHEN failures.last_at < $3 THEN 1 ELSE failures.count + 1 END`,
			key, millis(at), millis(at.Add(-window)))
		if err != nil {
			return err
		}
	}
	return nil
}

func clearFailures(c *sqlite.Conn, key string) error {
	_, err := c.Exec(`DELETE FROM failures WHERE name = $1`, key)
	return err
}

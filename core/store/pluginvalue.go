package store

import (
	"context"
	"errors"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

// maxValues is how many values an instance may have that are alive.
const maxValues = 1000

// PluginValue gives what an instance keeps under a key, unless it has expired.
func (s *Store) PluginValue(ctx context.Context, instance, key string, now time.Time) (value string, found bool, err error) {
	err = s.read(ctx, func(c *sqlite.Conn) error {
		return first(c, `SELECT v.value FROM plugin_values v WHERE v.instance = $1 AND v.key = $2 AND v.expires_at > $3`, func(r *sqlite.Row) error {
			value = r.Text()
			return nil
		}, instance, key, millis(now))
	})
	if errors.Is(err, core.ErrNotFound) {
		return "", false, nil
	}
	return value, err == nil, err
}

// putValue counts only the others, so that an instance that is full can replace what
// it has. Whether the key is free is decided by the statement that takes it.
func putValue(c *sqlite.Conn, put core.PutValue) error {
	others := 0
	err := first(c, `SELECT count(*) FROM plugin_values WHERE instance = $1 AND expires_at > $3 AND key <> $2`, func(r *sqlite.Row) error {
		others = int(r.Int())
		return nil
	}, put.Instance, put.Key, millis(put.At))
	if err != nil {
		return err
	}
	if others >= maxValues {
		return core.ErrLimit
	}
	changed, err := c.Exec(`INSERT INTO plugin_values (instance, key, value, expires_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT (instance, key) DO UPDATE SET value = $3, expires_at = $4 WHERE $5 = 0 OR plugin_values.expires_at <= $6`,
		put.Instance, put.Key, put.Value, millis(put.ExpiresAt), put.IfAbsent, millis(put.At))
	if err == nil && changed == 0 {
		return &core.ConflictError{What: "plugin value"}
	}
	return classify(err)
}

func deleteValue(c *sqlite.Conn, instance, key string) error {
	_, err := c.Exec(`DELETE FROM plugin_values WHERE instance = $1 AND key = $2`, instance, key)
	return err
}

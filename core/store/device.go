package store

import (
	"context"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

const deviceColumns = `id, hash, user_id, user_agent, ip, created_at, last_used_at, expires_at`

func scanDevice(r *sqlite.Row, d *core.Device) error {
	*d = core.Device{
		ID: readID(r), Hash: readHash(r), UserID: readID(r), UserAgent: r.Text(), IP: r.Text(),
		CreatedAt: readTime(r), LastUsedAt: readTime(r), ExpiresAt: readTime(r),
	}
	return nil
}

// Device gives the remembered device, whether or not it has expired, or
// core.ErrNotFound.
func (s *Store) Device(ctx context.Context, id core.ID) (*core.Device, error) {
	return one(ctx, s, `SELECT `+deviceColumns+` FROM devices WHERE id = $1`, scanDevice, string(id))
}

// Devices gives the remembered devices of a user, the newest first.
func (s *Store) Devices(ctx context.Context, userID core.ID) ([]core.Device, error) {
	return list(ctx, s, `SELECT `+deviceColumns+` FROM devices WHERE user_id = $1 ORDER BY id DESC`, scanDevice, string(userID))
}

func addDevice(c *sqlite.Conn, d core.Device) error {
	_, err := c.Exec(`INSERT INTO devices (`+deviceColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		string(d.ID), d.Hash[:], string(d.UserID), d.UserAgent, d.IP, millis(d.CreatedAt), millis(d.LastUsedAt), millis(d.ExpiresAt))
	return classify(err)
}

func useDevice(c *sqlite.Conn, use core.UseDevice) error {
	_, err := c.Exec(`UPDATE devices SET last_used_at = $2 WHERE id = $1`, string(use.ID), millis(use.At))
	return err
}

func deleteDevice(c *sqlite.Conn, d core.DeleteDevice) error {
	return mustChange(c.Exec(`DELETE FROM devices WHERE id = $1 AND user_id = $2`, string(d.ID), string(d.UserID)))
}

func deleteDevices(c *sqlite.Conn, userID core.ID) error {
	_, err := c.Exec(`DELETE FROM devices WHERE user_id = $1`, string(userID))
	return err
}

package store

import (
	"context"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

const deviceGrantColumns = `id, hash, user_code, client_id, scopes, state, granted_scopes, session_id, user_id, ip, user_agent,
	poll_interval, polled_at, created_at, expires_at`

func scanDeviceGrant(r *sqlite.Row, g *core.DeviceGrant) error {
	*g = core.DeviceGrant{
		ID: readID(r), Hash: readHash(r), UserCode: readHash(r), ClientID: r.Text(), Scopes: readWords(r), State: core.DeviceState(r.Text()),
		GrantedScopes: readWords(r), SessionID: readID(r), UserID: readID(r), IP: r.Text(), UserAgent: r.Text(),
		Interval: readDuration(r), PolledAt: readTime(r), CreatedAt: readTime(r), ExpiresAt: readTime(r),
	}
	return nil
}

// DeviceGrant gives the device authorization, whether or not it has expired, or
// core.ErrNotFound.
func (s *Store) DeviceGrant(ctx context.Context, id core.ID) (*core.DeviceGrant, error) {
	return one(ctx, s, `SELECT `+deviceGrantColumns+` FROM device_grants WHERE id = $1`, scanDeviceGrant, string(id))
}

// DeviceGrantByCode gives the one whose user code has the hash, whether or not it has
// expired, or core.ErrNotFound.
func (s *Store) DeviceGrantByCode(ctx context.Context, userCode core.Hash) (*core.DeviceGrant, error) {
	return one(ctx, s, `SELECT `+deviceGrantColumns+` FROM device_grants WHERE user_code = $1`, scanDeviceGrant, userCode[:])
}

// addDeviceGrant takes the place of one with the same user code that has expired.
func addDeviceGrant(c *sqlite.Conn, g core.DeviceGrant) error {
	if _, err := c.Exec(`DELETE FROM device_grants WHERE user_code = $1 AND expires_at <= $2`, g.UserCode[:], millis(g.CreatedAt)); err != nil {
		return err
	}
	_, err := c.Exec(`INSERT INTO device_grants (`+deviceGrantColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)`,
		string(g.ID), g.Hash[:], g.UserCode[:], g.ClientID, joinWords(g.Scopes), string(g.State), joinWords(g.GrantedScopes), string(g.SessionID),
		string(g.UserID), g.IP, g.UserAgent, g.Interval.Milliseconds(), millis(g.PolledAt), millis(g.CreatedAt), millis(g.ExpiresAt))
	return classify(err)
}

// decideDeviceGrant lets one of many answers win.
func decideDeviceGrant(c *sqlite.Conn, decide core.DecideDeviceGrant) error {
	g := decide.Grant
	return mustWin(c.Exec(`UPDATE device_grants SET state = $2, granted_scopes = $3, session_id = $4, user_id = $5
		WHERE id = $1 AND state = 'pending' AND expires_at > $6`,
		string(g.ID), string(g.State), joinWords(g.GrantedScopes), string(g.SessionID), string(g.UserID), millis(decide.At)))
}

func pollDeviceGrant(c *sqlite.Conn, poll core.PollDeviceGrant) error {
	_, err := c.Exec(`UPDATE device_grants SET polled_at = $2, poll_interval = $3 WHERE id = $1`,
		string(poll.ID), millis(poll.At), poll.Interval.Milliseconds())
	return err
}

// finishDeviceGrant is what makes a device code work once.
func finishDeviceGrant(c *sqlite.Conn, id core.ID) error {
	return mustWin(c.Exec(`DELETE FROM device_grants WHERE id = $1`, string(id)))
}

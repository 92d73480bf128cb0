package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

// andBefore selects a session and those that it took the place of.
const andBefore = `(SELECT $1 UNION ALL SELECT id FROM sessions WHERE successor = $1)`

// layOutNotices adds what is to be said to clients of the end of a session, and of those
// that it took the place of.
func layOutNotices(c *sqlite.Conn, session core.ID) error {
	_, err := c.Exec(`INSERT INTO logout_notices (client_id, user_id, session_id, failures, next_at)
		SELECT DISTINCT g.client_id, g.user_id, g.session_id, 0, 0 FROM grants g JOIN clients c ON c.id = g.client_id
		WHERE c.backchannel = 1 AND g.session_id IN `+andBefore, string(session))
	return err
}

// endsSession reports whether a change may lay out notices.
func endsSession(change core.Change) bool {
	switch change := change.(type) {
	case core.EndSession, core.EndSessions, core.DeleteOrganisation:
		return true
	case core.StartSession:
		return change.Replaces != ""
	}
	return false
}

// tell says that there may be something in a queue.
func tell(queued chan<- struct{}) {
	select {
	case queued <- struct{}{}:
	default: // was told already
	}
}

// LogoutsQueued gets a value after this process ended a session. One value may stand
// for many, and there is one for one receiver.
func (s *Store) LogoutsQueued() <-chan struct{} { return s.notices }

// LogoutQueues gives the clients that something waits for, by client_id. What is claimed
// is in it, due when the claim ends.
func (s *Store) LogoutQueues(ctx context.Context) ([]core.LogoutQueue, error) {
	return list(ctx, s, `SELECT client_id, min(next_at) FROM logout_notices GROUP BY client_id ORDER BY client_id`,
		func(r *sqlite.Row, q *core.LogoutQueue) error {
			*q = core.LogoutQueue{ClientID: r.Text(), NextAt: readTime(r)}
			return nil
		})
}

// ClaimLogouts takes notices for a client that are due at now, at most so many: first
// what was never tried. Nobody else gets them before until.
func (s *Store) ClaimLogouts(ctx context.Context, clientID string, now, until time.Time, most int) (claimed []core.LogoutNotice, err error) {
	err = s.writer.do(ctx, &job{work: func(c *sqlite.Conn) (err error) {
		claimed, err = collect(c, `UPDATE logout_notices SET next_at = $3
			WHERE id IN (SELECT n.id FROM logout_notices n WHERE n.client_id = $1 AND n.next_at <= $2 ORDER BY n.next_at, n.id LIMIT $4)
			RETURNING id, client_id, user_id, session_id, failures`, func(r *sqlite.Row, n *core.LogoutNotice) error {
			*n = core.LogoutNotice{ID: r.Int(), ClientID: r.Text(), UserID: readID(r), SessionID: readID(r), Failures: int(r.Int())}
			return nil
		}, clientID, millis(now), millis(until), most)
		return err
	}})
	// RETURNING has no order.
	slices.SortFunc(claimed, func(a, b core.LogoutNotice) int {
		return cmp.Or(cmp.Compare(min(a.Failures, 1), min(b.Failures, 1)), cmp.Compare(a.ID, b.ID))
	})
	return claimed, explain(s.path, err)
}

func endNotice(c *sqlite.Conn, id int64) error {
	_, err := c.Exec(`DELETE FROM logout_notices WHERE id = $1`, id)
	return err
}

func putOffNotice(c *sqlite.Conn, n core.PutOffNotice) error {
	_, err := c.Exec(`UPDATE logout_notices SET failures = $2, next_at = $3 WHERE id = $1`, n.ID, n.Failures, millis(n.NextAt))
	return err
}

// SessionClients gives the clients that got a grant in a session, or in one that it took
// the place of, in the order in which they first did.
func (s *Store) SessionClients(ctx context.Context, session core.ID) ([]core.SessionClient, error) {
	return list(ctx, s, `SELECT g.client_id, g.session_id FROM grants g WHERE g.session_id IN `+andBefore+`
		GROUP BY g.client_id, g.session_id ORDER BY min(g.id)`, func(r *sqlite.Row, found *core.SessionClient) error {
		*found = core.SessionClient{ClientID: r.Text(), SessionID: readID(r)}
		return nil
	}, string(session))
}

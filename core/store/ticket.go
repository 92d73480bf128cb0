package store

import (
	"context"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

const ticketColumns = `id, hash, purpose, user_id, org, email, code_hash, browser_hash, request_id, data, misses, created_at, expires_at`

func scanTicket(r *sqlite.Row, t *core.Ticket) error {
	*t = core.Ticket{
		ID: readID(r), Hash: readHash(r), Purpose: core.TicketPurpose(r.Text()), UserID: readID(r), Org: r.Text(), Email: r.Text(),
		CodeHash: readHash(r), BrowserHash: readHash(r), RequestID: readID(r), Data: r.Blob(), Misses: int(r.Int()),
		CreatedAt: readTime(r), ExpiresAt: readTime(r),
	}
	return nil
}

// Ticket gives the ticket, whether or not it has expired, or core.ErrNotFound.
func (s *Store) Ticket(ctx context.Context, id core.ID) (*core.Ticket, error) {
	return one(ctx, s, `SELECT `+ticketColumns+` FROM tickets WHERE id = $1`, scanTicket, string(id))
}

// Tickets gives those of a user, the newest first.
func (s *Store) Tickets(ctx context.Context, userID core.ID) ([]core.Ticket, error) {
	return list(ctx, s, `SELECT `+ticketColumns+` FROM tickets WHERE user_id = $1 ORDER BY id DESC`, scanTicket, string(userID))
}

func saveTicket(c *sqlite.Conn, t core.Ticket) error {
	if err := endTickets(c, t); err != nil {
		return err
	}
	var userID any // NULL for nobody
	if t.UserID != "" {
		userID = string(t.UserID)
	}
	_, err := c.Exec(`INSERT INTO tickets (id, hash, purpose, user_id, org, email, email_folded, code_hash, browser_hash, request_id, data, misses, created_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`,
		string(t.ID), t.Hash[:], string(t.Purpose), userID, t.Org, t.Email, core.FoldName(t.Email), optionalHash(t.CodeHash), optionalHash(t.BrowserHash),
		string(t.RequestID), t.Data, t.Misses, millis(t.CreatedAt), millis(t.ExpiresAt))
	return classify(err)
}

// endTickets ends those that a new one takes the place of. One that is of nobody and of
// no address has none. Who types codes learns whether a ticket is still there, so where
// there is a code it does not depend on whose ticket it is.
func endTickets(c *sqlite.Conn, t core.Ticket) (err error) {
	switch {
	case !t.CodeHash.IsZero():
		_, err = c.Exec(`DELETE FROM tickets WHERE browser_hash = $1 AND purpose = $2 AND length(code_hash) = 32`, t.BrowserHash[:], string(t.Purpose))
	case t.UserID != "":
		_, err = c.Exec(`DELETE FROM tickets WHERE user_id = $1 AND purpose = $2`, string(t.UserID), string(t.Purpose))
	case t.Email != "":
		_, err = c.Exec(`DELETE FROM tickets WHERE user_id IS NULL AND email_folded = $1 AND purpose = $2 AND org = $3`,
			core.FoldName(t.Email), string(t.Purpose), t.Org)
	}
	return err
}

func useTicket(c *sqlite.Conn, id core.ID) error {
	return mustWin(c.Exec(`DELETE FROM tickets WHERE id = $1`, string(id)))
}

func missTicket(c *sqlite.Conn, miss core.MissTicket) error {
	if err := mustWin(c.Exec(`UPDATE tickets SET misses = misses + 1 WHERE id = $1`, string(miss.ID))); err != nil {
		return err
	}
	_, err := c.Exec(`DELETE FROM tickets WHERE id = $1 AND misses >= $2`, string(miss.ID), miss.Most)
	return err
}

func deleteTickets(c *sqlite.Conn, userID core.ID, purpose core.TicketPurpose) error {
	_, err := c.Exec(`DELETE FROM tickets WHERE user_id = $1 AND ($2 = '' OR purpose = $2)`, string(userID), string(purpose))
	return err
}

package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

const mailColumns = `id, org, user_id, recipient, template, locale, sealed, failures, next_at, created_at, expires_at`

func scanMail(r *sqlite.Row, m *core.Mail) error {
	*m = core.Mail{
		ID: readID(r), Org: r.Text(), UserID: readID(r), To: r.Text(), Template: r.Text(), Locale: r.Text(), Sealed: r.Blob(),
		Failures: int(r.Int()), NextAt: readTime(r), CreatedAt: readTime(r), ExpiresAt: readTime(r),
	}
	return nil
}

// Mails gives what waits to be sent, at most so many, the newest first.
func (s *Store) Mails(ctx context.Context, limit int) ([]core.Mail, error) {
	return list(ctx, s, `SELECT `+mailColumns+` FROM mails ORDER BY id DESC LIMIT $1`, scanMail, limit)
}

// NextMail says whether a mail waits, claimed or not, and when the first of them is due.
func (s *Store) NextMail(ctx context.Context) (at time.Time, waits bool, err error) {
	due, err := list(ctx, s, `SELECT next_at FROM mails ORDER BY next_at LIMIT 1`, func(r *sqlite.Row, at *time.Time) error {
		*at = readTime(r)
		return nil
	})
	if err != nil || len(due) == 0 {
		return time.Time{}, false, err
	}
	return due[0], true, nil
}

// MailsQueued gets a value after this process queued a mail. One value may stand for
// many, and there is one for one receiver.
func (s *Store) MailsQueued() <-chan struct{} { return s.mails }

// ClaimMails takes mails that are due at now, at most so many: first what was never
// tried. Nobody else gets them before until. Mails that have expired are among them, for
// whoever gives them up to say so.
func (s *Store) ClaimMails(ctx context.Context, now, until time.Time, most int) (claimed []core.Mail, err error) {
	err = s.writer.do(ctx, &job{work: func(c *sqlite.Conn) (err error) {
		claimed, err = collect(c, `UPDATE mails SET next_at = $2
			WHERE id IN (SELECT m.id FROM mails m WHERE m.next_at <= $1 ORDER BY m.next_at, m.id LIMIT $3)
			RETURNING `+mailColumns, scanMail, millis(now), millis(until), most)
		return err
	}})
	// RETURNING has no order.
	slices.SortFunc(claimed, func(a, b core.Mail) int {
		return cmp.Or(cmp.Compare(min(a.Failures, 1), min(b.Failures, 1)), cmp.Compare(a.ID, b.ID))
	})
	return claimed, explain(s.path, err)
}

func sendMail(c *sqlite.Conn, m core.Mail) error {
	_, err := c.Exec(`INSERT INTO mails (`+mailColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
		string(m.ID), m.Org, string(m.UserID), m.To, m.Template, m.Locale, m.Sealed, m.Failures, millis(m.NextAt), millis(m.CreatedAt), millis(m.ExpiresAt))
	return classify(err)
}

func endMail(c *sqlite.Conn, id core.ID) error {
	_, err := c.Exec(`DELETE FROM mails WHERE id = $1`, string(id))
	return err
}

func putOffMail(c *sqlite.Conn, m core.PutOffMail) error {
	_, err := c.Exec(`UPDATE mails SET failures = $2, next_at = $3 WHERE id = $1`, string(m.ID), m.Failures, millis(m.NextAt))
	return err
}

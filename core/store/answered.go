package store

import (
	"context"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

// Answered gives the answer to a request, or core.ErrNotFound. One that has expired is
// there until it is swept.
func (s *Store) Answered(ctx context.Context, key core.Hash) (*core.Answered, error) {
	return one(ctx, s, `SELECT key, body, status, header, answer, created_at, expires_at FROM answered WHERE key = $1`,
		func(r *sqlite.Row, a *core.Answered) (err error) {
			*a = core.Answered{Key: readHash(r), Body: readHash(r), Status: int(r.Int())}
			if a.Header, err = readMapJSON(r); err != nil {
				return err
			}
			a.Answer, a.CreatedAt, a.ExpiresAt = r.Blob(), readTime(r), readTime(r)
			if a.Status <= core.AnswerDone { // the claim is where the answer will be
				a.Claim, a.Answer = core.ID(a.Answer), nil
			}
			return nil
		}, key[:])
}

// beginAnswer lets one of many win that have the key.
func beginAnswer(c *sqlite.Conn, a core.Answered) error {
	if _, err := c.Exec(`DELETE FROM answered WHERE key = $1 AND expires_at <= $2`, a.Key[:], millis(a.CreatedAt)); err != nil {
		return err
	}
	_, err := c.Exec(`INSERT INTO answered (key, body, status, header, answer, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
		a.Key[:], a.Body[:], core.AnswerBegun, mapJSON(a.Header), []byte(a.Claim), millis(a.CreatedAt), millis(a.ExpiresAt))
	return classify(err)
}

func takeAnswer(c *sqlite.Conn, take core.TakeAnswer) error {
	return mustWin(c.Exec(`UPDATE answered SET answer = $3, created_at = $4 WHERE key = $1 AND answer = $2 AND status = 0`,
		take.Key[:], []byte(take.Was), []byte(take.Claim), millis(take.At)))
}

func carryOut(c *sqlite.Conn, carry core.CarryOut) error {
	changed, err := c.Exec(`UPDATE answered SET status = 1 WHERE key = $1 AND answer = $2 AND status <= 1`, carry.Key[:], []byte(carry.Claim))
	if err == nil && changed == 0 {
		return core.ErrTaken
	}
	return err
}

func endAnswer(c *sqlite.Conn, a core.Answered) error {
	return mustChange(c.Exec(`UPDATE answered SET status = $3, header = $4, answer = $5, expires_at = $6 WHERE key = $1 AND answer = $2 AND status <= 1`,
		a.Key[:], []byte(a.Claim), a.Status, mapJSON(a.Header), append([]byte{}, a.Answer...), millis(a.ExpiresAt)))
}

func dropAnswer(c *sqlite.Conn, drop core.DropAnswer) error {
	return mustChange(c.Exec(`DELETE FROM answered WHERE key = $1 AND answer = $2 AND status = 0`, drop.Key[:], []byte(drop.Claim)))
}

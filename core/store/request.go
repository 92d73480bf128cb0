package store

import (
	"context"
	"encoding/json"
	"net/url"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

const selectRequest = `SELECT ` + generationColumn + `, a.id, a.browser_hash, a.client_id, a.params, a.signed_in_at, a.session_id,
	a.consented, a.consented_scopes, a.sent_to, a.asked_acr, a.created_at, a.expires_at, a.partial FROM auth_requests a WHERE a.id = $1`

func scanRequest(r *sqlite.Row, a *core.AuthRequest) (err error) {
	a.ID, a.BrowserHash, a.ClientID = readID(r), readHash(r), r.Text()
	if a.Params, err = url.ParseQuery(r.Text()); err != nil {
		return err
	}
	a.SignedInAt, a.SessionID = readTime(r), readID(r)
	consented := r.Bool()
	a.ConsentedScopes = readWords(r)
	if consented && a.ConsentedScopes == nil {
		a.ConsentedScopes = []string{} // somebody allowed no scope, which is not nobody
	}
	a.SentTo, a.AskedACR, a.CreatedAt, a.ExpiresAt = r.Text(), r.Text(), readTime(r), readTime(r)
	if text := r.View(); len(text) > 0 {
		err = json.Unmarshal(text, &a.Partial)
	}
	return err
}

// AuthRequest gives the authorization request, or core.ErrNotFound.
func (s *Store) AuthRequest(ctx context.Context, id core.ID) (*core.AuthRequest, error) {
	var request core.AuthRequest
	err := s.read(ctx, func(c *sqlite.Conn) error {
		return first(c, selectRequest, func(r *sqlite.Row) error {
			s.noteGeneration(r.Int())
			return scanRequest(r, &request)
		}, string(id))
	})
	if err != nil {
		return nil, err
	}
	return &request, nil
}

func saveRequest(c *sqlite.Conn, a core.AuthRequest) error {
	partial := ""
	if a.Partial != nil {
		partial = mustJSON(a.Partial)
	}
	_, err := c.Exec(`INSERT INTO auth_requests (id, browser_hash, client_id, params, signed_in_at, session_id, consented, consented_scopes, created_at, expires_at, sent_to, asked_acr, partial)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
		ON CONFLICT (id) DO UPDATE SET browser_hash = $2, client_id = $3, params = $4, signed_in_at = $5, session_id = $6,
			consented = $7, consented_scopes = $8, created_at = $9, expires_at = $10, sent_to = $11, asked_acr = $12, partial = $13`,
		string(a.ID), a.BrowserHash[:], a.ClientID, a.Params.Encode(), millis(a.SignedInAt), string(a.SessionID),
		a.ConsentedScopes != nil, joinWords(a.ConsentedScopes), millis(a.CreatedAt), millis(a.ExpiresAt), a.SentTo, a.AskedACR, partial)
	return classify(err)
}

func finishRequest(c *sqlite.Conn, id core.ID) error {
	return mustWin(c.Exec(`DELETE FROM auth_requests WHERE id = $1`, string(id)))
}

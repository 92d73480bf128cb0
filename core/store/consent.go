package store

import (
	"context"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

// Consent gives what the user allows the client, or core.ErrNotFound.
func (s *Store) Consent(ctx context.Context, userID core.ID, clientID string) (*core.Consent, error) {
	consent := core.Consent{UserID: userID, ClientID: clientID}
	err := s.read(ctx, func(c *sqlite.Conn) error {
		return first(c, `SELECT scopes, granted_at, updated_at FROM consents WHERE user_id = $1 AND client_id = $2`, func(r *sqlite.Row) error {
			consent.Scopes, consent.GrantedAt, consent.UpdatedAt = readWords(r), readTime(r), readTime(r)
			return nil
		}, string(userID), clientID)
	})
	if err != nil {
		return nil, err
	}
	return &consent, nil
}

func saveConsent(c *sqlite.Conn, consent core.Consent) error {
	_, err := c.Exec(`INSERT INTO consents (user_id, client_id, scopes, granted_at, updated_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (user_id, client_id) DO UPDATE SET scopes = $3, granted_at = $4, updated_at = $5`,
		string(consent.UserID), consent.ClientID, joinWords(consent.Scopes), millis(consent.GrantedAt), millis(consent.UpdatedAt))
	return classify(err)
}

func withdrawConsent(c *sqlite.Conn, userID core.ID, clientID string, at time.Time) error {
	if _, err := c.Exec(`DELETE FROM consents WHERE user_id = $1 AND client_id = $2`, string(userID), clientID); err != nil {
		return err
	}
	_, err := c.Exec(`UPDATE grants SET revoked_at = $3, revoked_reason = $4 WHERE user_id = $1 AND client_id = $2 AND revoked_at = 0`,
		string(userID), clientID, millis(at), reasonConsentWithdrawn)
	return err
}

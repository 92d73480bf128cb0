package store

import (
	"context"
	"slices"
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

// Consents gives what the user allows, by client_id.
func (s *Store) Consents(ctx context.Context, userID core.ID) ([]core.Consent, error) {
	return list(ctx, s, `SELECT client_id, scopes, granted_at, updated_at FROM consents WHERE user_id = $1 ORDER BY client_id`,
		func(r *sqlite.Row, consent *core.Consent) error {
			*consent = core.Consent{UserID: userID, ClientID: r.Text(), Scopes: readWords(r), GrantedAt: readTime(r), UpdatedAt: readTime(r)}
			return nil
		}, string(userID))
}

// ConnectedClients gives the clients that have a grant of the user that is neither
// revoked nor expired at now, by client_id.
func (s *Store) ConnectedClients(ctx context.Context, userID core.ID, now time.Time) ([]core.ConnectedClient, error) {
	grants, err := list(ctx, s, `SELECT client_id, scopes, min(created_at), max(created_at) FROM grants
		WHERE user_id = $1 AND revoked_at = 0 AND expires_at > $2 GROUP BY client_id, scopes ORDER BY client_id`,
		func(r *sqlite.Row, client *core.ConnectedClient) error {
			*client = core.ConnectedClient{ClientID: r.Text(), Scopes: readWords(r), Since: readTime(r), LastUsedAt: readTime(r)}
			return nil
		}, string(userID), millis(now))
	if err != nil {
		return nil, err
	}
	var clients []core.ConnectedClient
	for _, grant := range grants {
		if last := len(clients) - 1; last >= 0 && clients[last].ClientID == grant.ClientID {
			clients[last] = merged(clients[last], grant)
		} else {
			clients = append(clients, merged(grant, grant))
		}
	}
	return clients, nil
}

// merged gives what a client has by grants of two kinds.
func merged(a, b core.ConnectedClient) core.ConnectedClient {
	a.Scopes = slices.Concat(a.Scopes, b.Scopes)
	slices.Sort(a.Scopes)
	a.Scopes = slices.Compact(a.Scopes)
	if b.Since.Before(a.Since) {
		a.Since = b.Since
	}
	a.LastUsedAt = later(a.LastUsedAt, b.LastUsedAt)
	return a
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

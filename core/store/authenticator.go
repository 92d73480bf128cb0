package store

import (
	"context"
	"errors"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

const authenticatorColumns = `a.id, a.user_id, a.kind, a.name, a.handle, a.data, a.counter, a.created_at, a.last_used_at`

func scanAuthenticator(r *sqlite.Row, a *core.Authenticator) error {
	*a = core.Authenticator{
		ID: readID(r), UserID: readID(r), Kind: core.AuthenticatorKind(r.Text()), Name: r.Text(), Handle: r.Blob(), Data: r.Blob(),
		Counter: r.Int(), CreatedAt: readTime(r), LastUsedAt: readTime(r),
	}
	return nil
}

// Authenticators gives those of a user, in the order in which they were enrolled.
func (s *Store) Authenticators(ctx context.Context, userID core.ID) ([]core.Authenticator, error) {
	return list(ctx, s, `SELECT `+authenticatorColumns+` FROM authenticators a WHERE a.user_id = $1 ORDER BY a.id`, scanAuthenticator, string(userID))
}

// AuthenticatorByHandle gives the passkey of that credential ID, or core.ErrNotFound.
func (s *Store) AuthenticatorByHandle(ctx context.Context, handle []byte) (*core.Authenticator, error) {
	return one(ctx, s, `SELECT `+authenticatorColumns+` FROM authenticators a WHERE a.handle = $1`, scanAuthenticator, handle)
}

// Enrolled counts what a user has; nothing for a user who does not exist.
func (s *Store) Enrolled(ctx context.Context, userID core.ID) (core.Enrolled, error) {
	enrolled, err := one(ctx, s, `SELECT
			(SELECT count(*) FROM authenticators WHERE user_id = $1 AND kind = 'passkey'),
			(SELECT count(*) FROM authenticators WHERE user_id = $1 AND kind = 'totp'),
			(SELECT count(*) FROM recovery_codes WHERE user_id = $1 AND used_at = 0)`, func(r *sqlite.Row, e *core.Enrolled) error {
		*e = core.Enrolled{Passkeys: int(r.Int()), TOTP: int(r.Int()), RecoveryCodes: int(r.Int())}
		return nil
	}, string(userID))
	if err != nil {
		return core.Enrolled{}, err
	}
	return *enrolled, nil
}

func addAuthenticator(c *sqlite.Conn, a core.Authenticator) error {
	has := 0
	err := first(c, `SELECT count(*) FROM authenticators WHERE user_id = $1`, func(r *sqlite.Row) error {
		has = int(r.Int())
		return nil
	}, string(a.UserID))
	if err != nil {
		return err
	}
	if has >= core.MaxAuthenticators {
		return core.ErrLimit
	}
	var handle any // NULL of an app
	if len(a.Handle) > 0 {
		handle = a.Handle
	}
	_, err = c.Exec(`INSERT INTO authenticators (id, user_id, kind, name, handle, data, counter, created_at, last_used_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
		string(a.ID), string(a.UserID), string(a.Kind), a.Name, handle, a.Data, a.Counter, millis(a.CreatedAt), millis(a.LastUsedAt))
	return taken(err, "passkey")
}

// useAuthenticator lets the counter decide who was first. An app's is a step of time,
// which is never 0.
func useAuthenticator(c *sqlite.Conn, use core.UseAuthenticator) error {
	return mustWin(c.Exec(`UPDATE authenticators SET counter = $2, last_used_at = $4, data = CASE WHEN $3 = x'' THEN data ELSE $3 END
		WHERE id = $1 AND (counter < $2 OR counter = 0 AND $2 = 0 AND kind = 'passkey')`,
		string(use.ID), use.Counter, use.Data, millis(use.At)))
}

func renameAuthenticator(c *sqlite.Conn, rename core.RenameAuthenticator) error {
	return mustChange(c.Exec(`UPDATE authenticators SET name = $3 WHERE id = $1 AND user_id = $2`, string(rename.ID), string(rename.UserID), rename.Name))
}

func deleteAuthenticator(c *sqlite.Conn, a core.DeleteAuthenticator) error {
	err := mustChange(c.Exec(`DELETE FROM authenticators WHERE id = $1 AND user_id = $2`, string(a.ID), string(a.UserID)))
	if err != nil || !a.KeepWayIn {
		return err
	}
	return keepWayIn(c, a.UserID)
}

// selectWayIn has a row for who can sign in: an app alone is no way in.
const selectWayIn = `SELECT 1 FROM users u WHERE u.id = $1 AND (u.password_hash <> ''
	OR EXISTS (SELECT 1 FROM authenticators WHERE user_id = u.id AND kind = 'passkey')
	OR EXISTS (SELECT 1 FROM links WHERE user_id = u.id))`

// keepWayIn refuses what has left a user without a way to sign in.
func keepWayIn(c *sqlite.Conn, userID core.ID) error {
	err := first(c, selectWayIn, func(*sqlite.Row) error { return nil }, string(userID))
	if errors.Is(err, core.ErrNotFound) {
		return core.ErrConflict
	}
	return err
}

func deleteAuthenticators(c *sqlite.Conn, userID core.ID) error {
	for _, text := range []string{
		`DELETE FROM authenticators WHERE user_id = $1`,
		`DELETE FROM recovery_codes WHERE user_id = $1`,
		`DELETE FROM devices WHERE user_id = $1`,
	} {
		if _, err := c.Exec(text, string(userID)); err != nil {
			return err
		}
	}
	return nil
}

// RecoveryCodes gives those of a user, used ones too, in no order that means anything.
func (s *Store) RecoveryCodes(ctx context.Context, userID core.ID) ([]core.RecoveryCode, error) {
	return list(ctx, s, `SELECT hash, created_at, used_at FROM recovery_codes WHERE user_id = $1 ORDER BY hash`, func(r *sqlite.Row, code *core.RecoveryCode) error {
		*code = core.RecoveryCode{Hash: readHash(r), CreatedAt: readTime(r), UsedAt: readTime(r)}
		return nil
	}, string(userID))
}

func setRecoveryCodes(c *sqlite.Conn, set core.SetRecoveryCodes) error {
	if _, err := c.Exec(`DELETE FROM recovery_codes WHERE user_id = $1`, string(set.UserID)); err != nil {
		return err
	}
	for _, hash := range set.Hashes {
		_, err := c.Exec(`INSERT INTO recovery_codes (user_id, hash, created_at, used_at) VALUES ($1, $2, $3, 0)`, string(set.UserID), hash[:], millis(set.At))
		if err != nil {
			return classify(err)
		}
	}
	return nil
}

func useRecoveryCode(c *sqlite.Conn, userID core.ID, hash core.Hash, at time.Time) error {
	return mustWin(c.Exec(`UPDATE recovery_codes SET used_at = $3 WHERE user_id = $1 AND hash = $2 AND used_at = 0`, string(userID), hash[:], millis(at)))
}

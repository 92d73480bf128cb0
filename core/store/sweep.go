package store

import (
	"context"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

// sweepBatch is how many rows one statement deletes, so that sign-ins wait for
// milliseconds at most.
const sweepBatch = 500

// failuresKept is how long a count of failed sign-ins is kept after the last:
// longer than any window in which they count.
const failuresKept = 24 * time.Hour

// grantsKept is how long a grant stays after its end: no access token lives longer
// than a day, so none loses its grant before its time.
const grantsKept = 25 * time.Hour

// mailsKept is how long a mail stays after it is of no use: whoever delivers has given it
// up before, and said so.
const mailsKept = 24 * time.Hour

// apiTokensKept is how long an API token is shown after it has expired, to whoever wonders
// why it works no more.
const apiTokensKept = 30 * 24 * time.Hour

// sweeps delete what ended before $1.
var sweeps = []string{
	`DELETE FROM auth_requests WHERE id IN (SELECT id FROM auth_requests WHERE expires_at <= $1 LIMIT $2)`,
	`DELETE FROM upstream_attempts WHERE id IN (SELECT id FROM upstream_attempts WHERE expires_at <= $1 LIMIT $2)`,
	`DELETE FROM assertions WHERE hash IN (SELECT hash FROM assertions WHERE expires_at <= $1 LIMIT $2)`,
	`DELETE FROM access_tokens WHERE id IN (SELECT id FROM access_tokens WHERE expires_at <= $1 LIMIT $2)`,
	`DELETE FROM refresh_tokens WHERE id IN (SELECT id FROM refresh_tokens WHERE expires_at <= $1 LIMIT $2)`,
	`DELETE FROM sessions WHERE id IN (SELECT id FROM sessions WHERE expires_at <= $1 LIMIT $2)`,
	`DELETE FROM initial_tokens WHERE id IN (SELECT id FROM initial_tokens WHERE expires_at <= $1 LIMIT $2)`,
	`DELETE FROM devices WHERE id IN (SELECT id FROM devices WHERE expires_at <= $1 LIMIT $2)`,
	`DELETE FROM tickets WHERE id IN (SELECT id FROM tickets WHERE expires_at <= $1 LIMIT $2)`,
	`DELETE FROM answered WHERE key IN (SELECT key FROM answered WHERE expires_at <= $1 LIMIT $2)`,
	`DELETE FROM device_grants WHERE id IN (SELECT id FROM device_grants WHERE expires_at <= $1 LIMIT $2)`,
	`DELETE FROM plugin_values WHERE (instance, key) IN (SELECT instance, key FROM plugin_values WHERE expires_at <= $1 LIMIT $2)`,
}

// Sweep deletes what nobody can use any more at now: authorization requests,
// upstream attempts, client assertions that were used, tokens, grants, sessions, remembered
// devices, tickets, mails, answers, device authorizations, API tokens and values of plugins that expired, signing keys that nothing
// valid is signed with, and old counts of failed sign-ins.
// A refresh token that was used stays until it expires, because presenting it
// again is the sign of theft. It returns how many rows it deleted.
func (s *Store) Sweep(ctx context.Context, now time.Time) (int64, error) {
	var total int64
	for _, text := range sweeps {
		deleted, err := s.sweepAll(ctx, text, now)
		total += deleted
		if err != nil {
			return total, err
		}
	}
	for text, kept := range map[string]time.Duration{
		`DELETE FROM signing_keys WHERE id IN (SELECT id FROM signing_keys WHERE retired_at > 0 AND retired_at <= $1 LIMIT $2)`: core.KeyKept,
		`DELETE FROM grants WHERE id IN (SELECT id FROM grants WHERE expires_at <= $1 LIMIT $2)`:                                grantsKept,
		`DELETE FROM mails WHERE id IN (SELECT id FROM mails WHERE expires_at <= $1 LIMIT $2)`:                                  mailsKept,
		`DELETE FROM api_tokens WHERE id IN (SELECT id FROM api_tokens WHERE expires_at <= $1 LIMIT $2)`:                        apiTokensKept,
		`DELETE FROM failures WHERE name IN (SELECT name FROM failures WHERE last_at <= $1 LIMIT $2)`:                           failuresKept,
	} {
		deleted, err := s.sweepAll(ctx, text, now.Add(-kept))
		total += deleted
		if err != nil {
			return total, err
		}
	}
	return total, nil
}

func (s *Store) sweepAll(ctx context.Context, text string, before time.Time) (total int64, err error) {
	for {
		var deleted int64
		err := s.writer.do(ctx, &job{work: func(c *sqlite.Conn) (err error) {
			deleted, err = c.Exec(text, millis(before), sweepBatch)
			return err
		}})
		if err != nil {
			return total, explain(s.path, err)
		}
		total += deleted
		if deleted < sweepBatch {
			return total, nil
		}
	}
}

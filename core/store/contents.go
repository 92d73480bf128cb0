package store

import (
	"context"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

// content counts one kind of what belongs to a thing whose key is $1.
type content struct{ what, count string }

// What goes with each kind of thing, in the order in which it is told.
const (
	// Of an organisation; also those of its users and service accounts.
	usersOf   = `(SELECT u.id FROM users u WHERE u.org = $1)`
	holdersOf = `(SELECT u.id FROM users u WHERE u.org = $1 UNION ALL SELECT a.id FROM service_accounts a WHERE a.org = $1)`
)

func organisationContents() []content {
	return []content{
		{"users", `SELECT count(*) FROM users WHERE org = $1`},
		{"groups", `SELECT count(*) FROM groups WHERE org = $1`},
		{"clients", `SELECT count(*) FROM clients WHERE org = $1`},
		{"connectors", `SELECT count(*) FROM connectors WHERE org = $1`},
		{"service accounts", `SELECT count(*) FROM service_accounts WHERE org = $1`},
		{"roles", `SELECT count(*) FROM roles WHERE org = $1 OR holder IN ` + holdersOf},
		{"API tokens", `SELECT count(*) FROM api_tokens WHERE holder IN ` + holdersOf},
		{"initial access tokens", `SELECT count(*) FROM initial_tokens WHERE org = $1`},
		{"sessions", `SELECT count(*) FROM sessions WHERE ended_at = 0 AND user_id IN ` + usersOf},
		{"consents", `SELECT count(*) FROM consents WHERE user_id IN ` + usersOf + ` OR client_id IN (SELECT c.id FROM clients c WHERE c.org = $1)`},
	}
}

func userContents() []content {
	return []content{
		{"group memberships", `SELECT count(*) FROM members WHERE user_id = $1`},
		{"roles", `SELECT count(*) FROM roles WHERE holder = $1`},
		{"API tokens", `SELECT count(*) FROM api_tokens WHERE holder = $1`},
		{"sessions", `SELECT count(*) FROM sessions WHERE user_id = $1 AND ended_at = 0`},
		{"consents", `SELECT count(*) FROM consents WHERE user_id = $1`},
		{"grants", `SELECT count(*) FROM grants WHERE user_id = $1 AND revoked_at = 0`},
		{"linked accounts", `SELECT count(*) FROM links WHERE user_id = $1`},
		{"passkeys and apps", `SELECT count(*) FROM authenticators WHERE user_id = $1`},
		{"remembered devices", `SELECT count(*) FROM devices WHERE user_id = $1`},
	}
}

func accountContents() []content {
	return []content{
		{"roles", `SELECT count(*) FROM roles WHERE holder = $1`},
		{"API tokens", `SELECT count(*) FROM api_tokens WHERE holder = $1`},
	}
}

func groupContents() []content {
	return []content{{"memberships", `SELECT count(*) FROM members WHERE group_id = $1`}}
}

func clientContents() []content {
	return []content{
		{"consents", `SELECT count(*) FROM consents WHERE client_id = $1`},
		{"grants", `SELECT count(*) FROM grants WHERE client_id = $1 AND revoked_at = 0`},
		{"plugin bindings", `SELECT count(*) FROM plugin_bindings WHERE client_id = $1`},
	}
}

func connectorContents() []content {
	return []content{
		{"linked accounts", `SELECT count(*) FROM links WHERE connector = $1`},
		{"plugin bindings", `SELECT count(*) FROM plugin_bindings WHERE instance = $1`},
	}
}

// OrganisationContents counts what goes with the organisation when it is deleted. Here and
// below, what there is none of is left out.
func (s *Store) OrganisationContents(ctx context.Context, org string) ([]core.Content, error) {
	return s.contents(ctx, org, organisationContents())
}

// UserContents counts what goes with the user.
func (s *Store) UserContents(ctx context.Context, id core.ID) ([]core.Content, error) {
	return s.contents(ctx, string(id), userContents())
}

// ServiceAccountContents counts what goes with the service account.
func (s *Store) ServiceAccountContents(ctx context.Context, id core.ID) ([]core.Content, error) {
	return s.contents(ctx, string(id), accountContents())
}

// GroupContents counts what goes with the group.
func (s *Store) GroupContents(ctx context.Context, id core.ID) ([]core.Content, error) {
	return s.contents(ctx, string(id), groupContents())
}

// ClientContents counts what goes with the client.
func (s *Store) ClientContents(ctx context.Context, id string) ([]core.Content, error) {
	return s.contents(ctx, id, clientContents())
}

// ConnectorContents counts what goes with the connector.
func (s *Store) ConnectorContents(ctx context.Context, instance string) ([]core.Content, error) {
	return s.contents(ctx, instance, connectorContents())
}

// contents counts in one statement, so that the numbers are of one moment.
func (s *Store) contents(ctx context.Context, key string, kinds []content) ([]core.Content, error) {
	counts := make([]string, len(kinds))
	for i, kind := range kinds {
		counts[i] = "(" + kind.count + ")"
	}
	found, err := one(ctx, s, `SELECT `+strings.Join(counts, ", "), func(r *sqlite.Row, all *[]core.Content) error {
		for _, kind := range kinds {
			if many := int(r.Int()); many > 0 {
				*all = append(*all, core.Content{What: kind.what, Count: many})
			}
		}
		return nil
	}, key)
	if err != nil {
		return nil, err
	}
	return *found, nil
}

// countThings counts what there is, of an organisation or of all.
func countThings(org string, now time.Time) (text string, args []any) {
	of, args := "", []any{millis(now)}
	if org != "" {
		of, args = " AND org = $2", append(args, org)
	}
	return `SELECT
		(SELECT count(*) FROM users WHERE TRUE` + of + `),
		(SELECT count(*) FROM users WHERE disabled = 1` + of + `),
		(SELECT count(*) FROM groups WHERE TRUE` + of + `),
		(SELECT count(*) FROM clients WHERE TRUE` + of + `),
		(SELECT count(*) FROM connectors WHERE TRUE` + of + `),
		(SELECT count(*) FROM service_accounts WHERE TRUE` + of + `),
		(SELECT count(*) FROM sessions s JOIN users u ON u.id = s.user_id WHERE s.ended_at = 0 AND s.expires_at > $1` + of + `),
		` + countTokens(org), append(args, millis(now.Add(core.SoonEnding)))
}

// countTokens counts those that end soon.
func countTokens(org string) string {
	if org == "" {
		return `(SELECT count(*) FROM api_tokens WHERE expires_at > $1 AND expires_at <= $2)`
	}
	return `(SELECT count(*) FROM api_tokens WHERE expires_at > $1 AND expires_at <= $3 AND holder IN ` + strings.ReplaceAll(holdersOf, "$1", "$2") + `)`
}

// countSignIns counts the events of a type, $2, from the identifier $3 on and before $4: of an
// organisation, or of all of them if $1 is empty.
const countSignIns = `SELECT count(*) FROM events e
	WHERE e.type = $2 AND e.type IN ('signin.succeeded', 'signin.failed') AND e.id >= $3 AND e.id < $4 AND ($1 = '' OR e.org = $1)`

// Counts counts what an organisation has, or all of them if org is empty, at now, and what
// happened lately before.
func (s *Store) Counts(ctx context.Context, org string, now time.Time) (counts core.Counts, err error) {
	text, args := countThings(org, now)
	err = s.read(ctx, func(c *sqlite.Conn) error {
		things, err := collect(c, text, scanCounts, args...)
		if err != nil {
			return err
		}
		counts = things[0]
		if counts.SignIns, counts.Failures, err = signIns(c, org, now.Add(-24*time.Hour), now.AddDate(1, 0, 0)); err != nil {
			return err
		}
		today := now.UTC().Truncate(24 * time.Hour)
		for i := range core.CountedDays {
			day := core.DayCount{Day: today.AddDate(0, 0, i+1-core.CountedDays)}
			if day.SignIns, day.Failures, err = signIns(c, org, day.Day, day.Day.AddDate(0, 0, 1)); err != nil {
				return err
			}
			counts.Days = append(counts.Days, day)
		}
		return nil
	})
	return counts, err
}

func scanCounts(r *sqlite.Row, c *core.Counts) error {
	*c = core.Counts{
		Users: int(r.Int()), DisabledUsers: int(r.Int()), Groups: int(r.Int()), Clients: int(r.Int()), Connectors: int(r.Int()),
		ServiceAccounts: int(r.Int()), Sessions: int(r.Int()), TokensEnding: int(r.Int()),
	}
	return nil
}

// signIns counts how often somebody signed in, and failed to, between two moments.
func signIns(c *sqlite.Conn, org string, from, to time.Time) (done, failed int, err error) {
	for kind, many := range map[core.EventType]*int{core.EventSignedIn: &done, core.EventSignInFailed: &failed} {
		n, err := collect(c, countSignIns, func(r *sqlite.Row, n *int) error {
			*n = int(r.Int())
			return nil
		}, org, string(kind), string(core.FirstID(from)), string(core.FirstID(to)))
		if err != nil {
			return 0, 0, err
		}
		*many = n[0]
	}
	return done, failed, nil
}

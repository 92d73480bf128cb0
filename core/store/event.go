package store

import (
	"context"
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

const (
	eventColumns = `e.id, e.at, e.type, e.actor, e.user_id, e.client_id, e.session_id, e.grant_id, e.ip, e.correlation, e.detail, e.org, e.fields`

	selectEvent = `SELECT ` + eventColumns + ` FROM events e WHERE e.id = $1`

	// Of one person, by an index of its own.
	isActivity = `e.user_id <> '' AND e.type NOT IN ('` + string(core.EventCodeIssued) + `', '` + string(core.EventTokenIssued) + `', '` +
		string(core.EventTokenRefreshed) + `')`

	// As the index of browsers has it.
	selectBrowser = `SELECT 1 FROM events e
	WHERE e.user_id = $1 AND coalesce(e.detail ->> '$.browser', '') = $2 AND e.type = '` + string(core.EventSignedIn) + `' LIMIT 1`
)

func scanEvent(r *sqlite.Row, e *core.Event) (err error) {
	*e = core.Event{
		ID:          readID(r),
		At:          readTime(r),
		Type:        core.EventType(r.Text()),
		Actor:       r.Text(),
		UserID:      readID(r),
		ClientID:    r.Text(),
		SessionID:   readID(r),
		GrantID:     readID(r),
		IP:          r.Text(),
		Correlation: r.Text(),
	}
	if e.Detail, err = readMapJSON(r); err != nil {
		return err
	}
	e.Org = r.Text()
	if fields := r.View(); len(fields) > 0 {
		err = json.Unmarshal(fields, &e.Fields)
	}
	return err
}

// Events gives the audit events that the filter selects, newest first.
func (s *Store) Events(ctx context.Context, filter core.EventFilter) ([]core.Event, error) {
	text, args := eventsQuery(filter)
	return list(ctx, s, text, scanEvent, args...)
}

// idMargin is how far the time in an identifier may be from that of its event.
const idMargin = 24 * time.Hour

// eventsQuery puts the newest first: identifiers begin with the time, so their order is
// the events'.
func eventsQuery(filter core.EventFilter) (text string, args []any) {
	var q query
	q.equal("e.id", string(filter.ID))
	q.equal("e.type", string(filter.Type))
	if len(filter.Types) > 0 {
		q.and("e.type IN (SELECT t.value FROM json_each(?) t)", mustJSON(filter.Types))
	}
	q.equal("e.user_id", string(filter.UserID))
	if filter.Activity && filter.UserID != "" {
		q.and(isActivity)
	}
	q.equal("e.client_id", filter.ClientID)
	q.equal("e.correlation", filter.Correlation)
	q.equal("e.actor", filter.Actor)
	if filter.Org != "" {
		q.and("e.org <> ''") // as the index has it
		q.equal("e.org", filter.Org)
	}
	// Identifiers are made about when the events happen: with them, what is long ago is not
	// read. The time itself has no index.
	if !filter.Since.IsZero() {
		q.and("e.at >= ?", millis(filter.Since))
		q.and("e.id >= ?", string(core.FirstID(filter.Since.Add(-idMargin))))
	}
	if !filter.Until.IsZero() {
		q.and("e.at < ?", millis(filter.Until))
		q.and("e.id < ?", string(core.FirstID(filter.Until.Add(idMargin))))
	}
	if filter.Search != "" {
		q.mentions(filter.Search, filter.Org)
	}
	if filter.Before != "" {
		q.and("e.id < ?", string(filter.Before))
	}
	return q.text(`SELECT `+eventColumns+` FROM events e`, `e.id DESC`, orHundred(filter.Limit))
}

// mentions adds that an event has the text in it, or is by or about somebody who is called
// so: of the organisation, if there is one. Documents have letters and signs as JSON writes
// them.
func (q *query) mentions(text, org string) {
	like := func(columns ...string) string {
		for i, column := range columns {
			columns[i] = column + ` LIKE ? ESCAPE '\'`
		}
		return strings.Join(columns, " OR ")
	}
	users := `(SELECT u.id FROM users u WHERE (` + like("u.name_folded", "u.display_folded") + `)`
	accounts := `(SELECT 'service:' || a.id FROM service_accounts a WHERE ` + like("a.name")
	if org != "" {
		users, accounts = users+` AND u.org = @`, accounts+` AND a.org = @`
	}
	people := `SELECT 'user:' || p.id FROM ` + users + `) p UNION ALL SELECT * FROM ` + accounts + `)`
	said := `(` + like("e.type", "e.actor", "e.ip") + ` OR e.user_id IN ` + users + `) OR e.actor IN (` + people + `)`
	written := strings.Trim(mustJSON(text), `"`)
	q.args = append(q.args, org, within(core.FoldName(written)), within(written))
	last := len(q.args)
	said = strings.ReplaceAll(said, "@", "$"+strconv.Itoa(last-2))
	said += strings.ReplaceAll(` OR `+like("e.detail", "e.fields"), "?", "$"+strconv.Itoa(last-1))
	said += strings.ReplaceAll(` OR `+like("e.detail", "e.fields"), "?", "$"+strconv.Itoa(last))
	q.and(said+`)`, containing(text))
}

func orHundred(limit int) int {
	if limit <= 0 {
		return 100
	}
	return limit
}

// SignedInWith reports whether the user signed in with a browser of this name before, as
// [core.BrowserName] gives it; empty is the name of all that it does not know.
func (s *Store) SignedInWith(ctx context.Context, userID core.ID, browser string) (bool, error) {
	seen, err := list(ctx, s, selectBrowser, func(*sqlite.Row, *struct{}) error { return nil }, string(userID), browser)
	return len(seen) > 0, err
}

// insertEvent gives what says of no organisation which it concerns that of its user, else
// that of its client.
const insertEvent = `INSERT INTO events (id, at, type, actor, user_id, client_id, session_id, grant_id, ip, correlation, detail, org, fields)
	VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, CASE WHEN $12 <> '' THEN $12
		ELSE coalesce((SELECT u.org FROM users u WHERE u.id = $5), (SELECT c.org FROM clients c WHERE c.id = $6), '') END, $13)`

func record(c *sqlite.Conn, e core.Event) error {
	var fields string
	if len(e.Fields) > 0 {
		fields = mustJSON(e.Fields)
	}
	_, err := c.Exec(insertEvent,
		string(e.ID), millis(e.At), string(e.Type), e.Actor, string(e.UserID), e.ClientID, string(e.SessionID), string(e.GrantID),
		e.IP, e.Correlation, mapJSON(e.Detail), e.Org, fields)
	return classify(err)
}

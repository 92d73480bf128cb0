package store

import (
	"context"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

const (
	selectCalled = `SELECT u.id, coalesce(nullif(u.profile ->> '$.display_name', ''), u.name), u.name, u.org
	FROM users u WHERE u.id IN (SELECT j.value FROM json_each($1) j)
	UNION ALL SELECT a.id, a.name, '', a.org FROM service_accounts a WHERE a.id IN (SELECT j.value FROM json_each($1) j)`

	// By the index of what people did: the newest event that says their name.
	selectUserWas = `SELECT e.detail ->> '$.name', e.org FROM events e WHERE e.user_id = $1 AND ` + isActivity + `
	AND e.type IN ('` + string(core.EventUserDeleted) + `', '` + string(core.EventUserCreated) + `', '` + string(core.EventUserInvited) + `', '` +
		string(core.EventUserRegistered) + `') AND coalesce(e.detail ->> '$.name', '') <> '' ORDER BY e.id DESC LIMIT 1`

	// A service account is made at the same time as the event that says so: its name is
	// found by identifiers, which begin with the time, however long the log is.
	selectAccountWas = `SELECT e.detail ->> '$.name', e.org FROM events e WHERE e.id >= $2 AND e.id < $3
	AND e.type = '` + string(core.EventAccountCreated) + `' AND e.detail ->> '$.service_account' = $1 LIMIT 1`
)

// Called says what users and service accounts are called, also of those who are gone, if
// the log still knows. Others are left out.
func (s *Store) Called(ctx context.Context, ids []core.ID) (map[core.ID]core.Called, error) {
	known := make(map[core.ID]core.Called, len(ids))
	err := s.read(ctx, func(c *sqlite.Conn) error {
		rows, err := collect(c, selectCalled, func(r *sqlite.Row, one *calledRow) error {
			*one = calledRow{readID(r), core.Called{Name: r.Text(), Login: r.Text(), Org: r.Text()}}
			return nil
		}, mustJSON(ids))
		if err != nil {
			return err
		}
		for _, row := range rows {
			known[row.id] = row.called
		}
		for _, id := range ids {
			if _, there := known[id]; there {
				continue
			}
			if err := calledLast(c, id, known); err != nil {
				return err
			}
		}
		return nil
	})
	return known, err
}

type calledRow struct {
	id     core.ID
	called core.Called
}

// calledLast finds out what somebody was called who is no more.
func calledLast(c *sqlite.Conn, id core.ID, known map[core.ID]core.Called) error {
	scan := func(r *sqlite.Row, was *core.Called) error {
		*was = core.Called{Name: r.Text(), Org: r.Text(), Gone: true}
		return nil
	}
	was, err := collect(c, selectUserWas, scan, string(id))
	if made := id.Time(); err == nil && len(was) == 0 && !made.IsZero() {
		was, err = collect(c, selectAccountWas, scan, string(id), string(core.FirstID(made)), string(core.FirstID(made.Add(time.Second))))
	}
	if err == nil && len(was) > 0 {
		known[id] = was[0]
	}
	return err
}

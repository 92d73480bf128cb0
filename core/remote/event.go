package remote

import (
	"context"
	"slices"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/wire"
	"github.com/postern-id/postern/sdk/api"
)

// defaultLimit is how many events or sessions are given where nobody says, as of
// [core.EventFilter] and [core.SessionFilter].
const defaultLimit = 100

// Events is as of [desk.Desk].
func (d *Desk) Events(ctx context.Context, filter core.EventFilter) ([]core.Event, error) {
	query := api.ListEventsQuery{
		Organisation: filter.Org, Type: string(filter.Type), User: string(filter.UserID), Client: filter.ClientID, Actor: filter.Actor,
		Reference: filter.Correlation, Search: filter.Search, Since: filter.Since, Until: filter.Until,
	}
	return newest(d, filter.Limit, filter.Before, func(after string, limit int) (*api.Page[api.Event], error) {
		query.After, query.Limit = after, limit
		return d.api.ListEvents(ctx, query)
	}, wire.CoreEvent, func(e core.Event) core.ID { return e.ID })
}

// LiveSessions is as of [desk.Desk].
func (d *Desk) LiveSessions(ctx context.Context, filter core.SessionFilter) ([]core.LiveSession, error) {
	query := api.ListSessionsQuery{Organisation: orAll(filter.Org), User: string(filter.UserID)}
	return newest(d, filter.Limit, filter.Before, func(after string, limit int) (*api.Page[api.LiveSession], error) {
		query.After, query.Limit = after, limit
		return d.api.ListSessions(ctx, query)
	}, wire.CoreLiveSession, func(l core.LiveSession) core.ID { return l.Session.ID })
}

// newest gives so many items of a list that has the newest first, those behind one of them.
func newest[W, T any](d *Desk, most int, before core.ID, list func(after string, limit int) (*api.Page[W], error), turn func(*W) T, id func(T) core.ID) ([]T, error) {
	if most == 0 {
		most = defaultLimit
	}
	after := ""
	if before != "" && before == d.last {
		after = d.cursor
	}
	fromStart := before != "" && after == ""
	var items []T
	for len(items) < most {
		page, err := list(after, min(most-len(items), pageSize))
		if err != nil {
			return nil, d.told(err)
		}
		got := wire.Each(page.Items, turn)
		if fromStart { // identifiers rise with time
			got = slices.DeleteFunc(got, func(item T) bool { return id(item) >= before })
		}
		items = append(items, got...)
		if after = page.Next; after == "" {
			return items, nil
		}
	}
	d.last, d.cursor = id(items[len(items)-1]), after
	return items, nil
}

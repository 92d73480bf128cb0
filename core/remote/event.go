package remote

import (
	"context"
	"slices"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/wire"
	"github.com/postern-id/postern/sdk/api"
)

// defaultEvents is how many events are given where nobody says, as of [core.EventFilter].
const defaultEvents = 100

// Events is as of [desk.Desk].
func (d *Desk) Events(ctx context.Context, filter core.EventFilter) ([]core.Event, error) {
	query := api.ListEventsQuery{
		Organisation: filter.Org, Type: string(filter.Type), User: string(filter.UserID), Client: filter.ClientID, Actor: filter.Actor,
		Reference: filter.Correlation, Search: filter.Search, Since: filter.Since, Until: filter.Until, After: d.behind(filter.Before),
	}
	most := filter.Limit
	if most == 0 {
		most = defaultEvents
	}
	fromStart := filter.Before != "" && query.After == ""
	var events []core.Event
	for len(events) < most {
		query.Limit = min(most-len(events), pageSize)
		page, err := d.api.ListEvents(ctx, query)
		if err != nil {
			return nil, d.told(err)
		}
		got := wire.Each(page.Items, wire.CoreEvent)
		if fromStart { // identifiers rise with time
			got = slices.DeleteFunc(got, func(e core.Event) bool { return e.ID >= filter.Before })
		}
		events = append(events, got...)
		if query.After = page.Next; page.Next == "" {
			return events, nil
		}
	}
	d.last, d.cursor = events[len(events)-1].ID, query.After
	return events, nil
}

// behind gives the cursor behind an event, if it was the last one of the page before.
func (d *Desk) behind(event core.ID) string {
	if event == "" || event != d.last {
		return ""
	}
	return d.cursor
}

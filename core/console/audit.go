package console

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/web"
)

const pathAudit = Path + "/audit"

func (c *Console) auditRoutes() []Route {
	return []Route{
		{Path: pathAudit, Menu: pathAudit, Show: c.audit},
		{Path: pathAudit + "/export/:format", Menu: pathAudit, Show: c.exportAudit},
		{Path: pathAudit + "/:id", Menu: pathAudit, Show: c.event},
	}
}

// auditQuery is what the log is narrowed to, as it stands in the address.
type auditQuery struct {
	org, search, kind, user, client, reference, actor, since, until string
}

func (q auditQuery) at(path string, more ...string) string {
	return with(path, append([]string{
		"org", q.org, "q", q.search, "type", q.kind, "user", q.user, "client", q.client, "ref", q.reference, "actor", q.actor, "since", q.since, "until", q.until,
	}, more...)...)
}

func (q auditQuery) narrowed() bool {
	q.org = ""
	return q != auditQuery{}
}

// auditFilter reads the address.
func (v *Visit) auditFilter(scope *scope) (auditQuery, core.EventFilter, error) {
	q := auditQuery{
		org: scope.Org, search: v.Ask("q"), kind: v.Ask("type"), user: v.Ask("user"), client: v.Ask("client"), reference: v.Ask("ref"), actor: v.Ask("actor"),
		since: v.Ask("since"), until: v.Ask("until"),
	}
	filter := core.EventFilter{
		Org: q.org, Search: q.search, Type: core.EventType(q.kind), UserID: core.ID(q.user), ClientID: q.client, Correlation: q.reference, Actor: q.actor,
		Before: core.ID(v.Ask("before")),
	}
	var err error
	if filter.Since, err = readDay(q.since); err != nil {
		return q, filter, err
	}
	if filter.Until, err = readDay(q.until); err == nil && !filter.Until.IsZero() {
		filter.Until = filter.Until.AddDate(0, 0, 1) // the day itself is meant too
	}
	return q, filter, err
}

// readDay reads what a date field sends; nothing is no time at all.
func readDay(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return t, &admin.InvalidError{Problems: []admin.Problem{{Field: "since", Text: "a day is written like 2026-11-23"}}}
	}
	return t, nil
}

// auditScope is the part of the log that the visitor looks at.
func (v *Visit) auditScope() (*scope, error) {
	scope, err := v.scope(core.ReadAudit, true)
	if err == nil && !scope.Server && scope.Org == "" {
		err = v.need(core.ReadAudit, "")
	}
	return scope, err
}

// audit is the log, with a search.
func (c *Console) audit(v *Visit) (*Answer, error) {
	scope, err := v.auditScope()
	if err != nil {
		return nil, err
	}
	q, filter, err := v.auditFilter(scope)
	if wrong, ok := errors.AsType[*admin.InvalidError](err); ok {
		v.Problem, err = sentence(wrong.Problems[0]), nil
	}
	if err != nil {
		return nil, err
	}
	filter.Limit = pageSize + 1
	events, err := v.Desk.Events(v, filter)
	if err != nil {
		return nil, err
	}
	table := web.Table{ID: "events", Columns: []string{"What", "About", "By", "From", "When"}, Empty: "Nothing like this happened.", Search: auditSearch(q, scope)}
	if filter.Before != "" {
		table.First = q.at(pathAudit)
	}
	if len(events) > pageSize {
		events = events[:pageSize]
		table.Next = q.at(pathAudit, "before", string(events[pageSize-1].ID))
	}
	table.Rows = eventRows(events)
	return show(&web.Console{
		Title: "Audit log", Lead: "Who did what, and what was refused. Nobody can change it.", Blocks: []web.Block{table},
		Buttons: []web.Button{
			{Label: "Export as CSV", URL: q.at(pathAudit + "/export/csv"), ID: "export-csv"}, {Label: "Export as JSON lines", URL: q.at(pathAudit + "/export/json"), ID: "export-json"},
		},
	}, nil)
}

func auditSearch(q auditQuery, scope *scope) *web.Search {
	search := &web.Search{Action: pathAudit, Inputs: append([]web.Input{
		{Name: "q", Label: "Words", Kind: "search", Value: q.search, Placeholder: "Type, actor, address, details"},
		{Name: "type", Label: "Type", Value: q.kind, Kind: "text", Placeholder: "signin.failed", Suggest: eventTypes()},
		{Name: "since", Label: "From", Kind: "date", Value: q.since}, {Name: "until", Label: "To", Kind: "date", Value: q.until},
	}, scope.input(true)...)}
	for _, hidden := range [][2]string{{"user", q.user}, {"client", q.client}, {"ref", q.reference}, {"actor", q.actor}} {
		if hidden[1] != "" {
			search.Hidden = append(search.Hidden, web.Field{Name: hidden[0], Value: hidden[1]})
		}
	}
	if q.narrowed() {
		search.Clear = with(pathAudit, "org", q.org)
	}
	return search
}

func eventRows(events []core.Event) (rows []web.Row) {
	for i := range events {
		e := &events[i]
		about := web.Cell{Text: eventAbout(e)}
		if e.UserID != "" && about.Text != e.ClientID {
			about.Sub = e.ClientID
		}
		rows = append(rows, web.Row{Cells: []web.Cell{
			{Text: eventTitle(e.Type), URL: eventPath(e), Badges: eventBadges(e.Type), Sub: reasonWords(e.Detail["reason"])}, about, {Text: byWords(e)}, {Text: e.IP}, {At: e.At},
		}})
	}
	return rows
}

// reasonWords says why, as people read it: "password_wrong" is "password wrong".
func reasonWords(reason string) string { return strings.ReplaceAll(reason, "_", " ") }

// eventPath is the page of an event.
func eventPath(e *core.Event) string { return at(pathAudit, string(e.ID)) }

// event shows one in full.
func (c *Console) event(v *Visit) (*Answer, error) {
	scope, err := v.auditScope()
	if err != nil {
		return nil, err
	}
	e, err := v.findEvent(scope, v.Param("id"))
	if err != nil {
		return nil, err
	}
	page := &web.Console{Title: eventTitle(e.Type), Badges: eventBadges(e.Type), Crumbs: []web.Anchor{{Label: "Audit log", URL: pathAudit}}}
	page.Blocks = []web.Block{web.Split{Main: append(changeTable(e), particulars(e)...), Side: []web.Block{v.eventFacts(e)}}}
	return show(page, nil)
}

// findEvent reads one event.
func (v *Visit) findEvent(scope *scope, id string) (*core.Event, error) {
	missing := &admin.MissingError{What: "event", Name: id}
	if _, err := core.ParseID(id); err != nil {
		return nil, missing
	}
	orgs := []string{scope.Org}
	if !scope.Server {
		orgs = nil
		for _, org := range scope.Orgs {
			orgs = append(orgs, org.Name)
		}
	}
	for _, org := range orgs {
		events, err := v.Desk.Events(v, core.EventFilter{Org: org, ID: core.ID(id), Limit: 1})
		if err != nil {
			return nil, err
		}
		if len(events) == 1 {
			return &events[0], nil
		}
	}
	return nil, missing
}

func (v *Visit) eventFacts(e *core.Event) web.Block {
	details := web.Details{Title: "About"}
	add := func(label string, value web.Cell) {
		if value.Text != "" || !value.At.IsZero() {
			details.Rows = append(details.Rows, web.Detail{Label: label, Value: value})
		}
	}
	add("When", web.Cell{At: e.At})
	add("Type", web.Cell{Text: string(e.Type), Code: true, URL: with(pathAudit, "type", string(e.Type))})
	add("By", web.Cell{Text: byWords(e), Sub: e.Actor, URL: actorPath(e.Actor)})
	add("From", web.Cell{Text: e.IP, URL: with(pathAudit, "q", e.IP)})
	whom := web.Cell{Text: whomWords(e), Sub: string(e.UserID)}
	if whom.Text != "" && !e.Whom.Gone && e.Whom.Name != "" && v.May(core.ReadUsers, e.Whom.Org) {
		whom.URL = at(pathUsers, string(e.UserID))
	}
	add("User", whom)
	add("Application", web.Cell{Text: e.ClientID, Code: true, URL: with(pathAudit, "client", e.ClientID)})
	add("Organisation", web.Cell{Text: e.Org, URL: with(pathAudit, "org", e.Org)})
	add("Session", web.Cell{Text: string(e.SessionID), Code: true})
	add("Grant", web.Cell{Text: string(e.GrantID), Code: true})
	add("Reference", web.Cell{Text: e.Correlation, Code: true, URL: with(pathAudit, "ref", e.Correlation)})
	return details
}

func actorPath(actor string) string {
	if actor == "" {
		return ""
	}
	return with(pathAudit, "actor", actor)
}

// changeTable shows what a change made of what.
func changeTable(e *core.Event) []web.Block {
	if len(e.Fields) == 0 {
		return nil
	}
	table := web.Table{ID: "changes", Title: "What changed", Columns: []string{"Field", "Before", "After"}}
	for _, f := range e.Fields {
		table.Rows = append(table.Rows, web.Row{Cells: []web.Cell{{Text: f.Field}, {Text: cmp.Or(f.Before, "–"), Code: f.Before != ""}, {Text: cmp.Or(f.After, "–"), Code: f.After != ""}}})
	}
	return []web.Block{table}
}

func particulars(e *core.Event) []web.Block {
	details := web.Details{Title: "Particulars"}
	for _, key := range slices.Sorted(maps.Keys(e.Detail)) {
		details.Rows = append(details.Rows, web.Detail{Label: strings.ReplaceAll(key, "_", " "), Value: web.Cell{Text: e.Detail[key]}})
	}
	if len(details.Rows) == 0 {
		return []web.Block{web.Message{Kind: "info", Text: "Nothing else is known of it."}}
	}
	return []web.Block{details}
}

// exportPage is how many events are read at once.
const exportPage = 500

// exportAudit sends what the search finds, all of it, as a file.
func (c *Console) exportAudit(v *Visit) (*Answer, error) {
	writers := map[string]struct {
		kind, ending string
		make         func(io.Writer) eventWriter
	}{
		"csv": {"text/csv; charset=utf-8", "csv", newCSVEvents}, "json": {"application/jsonl", "jsonl", newJSONEvents},
	}
	way, known := writers[v.Param("format")]
	if !known {
		return nil, &admin.MissingError{What: "format", Name: v.Param("format")}
	}
	scope, err := v.auditScope()
	if err != nil {
		return nil, err
	}
	_, filter, err := v.auditFilter(scope)
	if err != nil {
		return nil, err
	}
	filter.Limit = exportPage
	first, err := v.Desk.Events(v, filter)
	if err != nil {
		return nil, err
	}
	name := fmt.Sprintf("audit-%s.%s", c.Now().UTC().Format("20060102-150405"), way.ending)
	return &Answer{File: &File{Name: name, Type: way.kind, Write: func(w io.Writer) error {
		return v.writeEvents(way.make(w), first, filter)
	}}}, nil
}

func (v *Visit) writeEvents(w eventWriter, page []core.Event, filter core.EventFilter) error {
	for {
		for i := range page {
			if err := w.write(&page[i]); err != nil {
				return err
			}
		}
		if len(page) < filter.Limit {
			return w.flush()
		}
		filter.Before = page[len(page)-1].ID
		var err error
		if page, err = v.Desk.Events(v, filter); err != nil {
			return err
		}
	}
}

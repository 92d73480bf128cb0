package console

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/desk"
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
		org: scope.Org, search: strings.TrimSpace(v.Ask("q")), kind: strings.TrimSpace(v.Ask("type")), user: strings.TrimSpace(v.Ask("user")), client: strings.TrimSpace(v.Ask("client")),
		reference: strings.TrimSpace(v.Ask("ref")), actor: strings.TrimSpace(v.Ask("actor")), since: v.Ask("since"), until: v.Ask("until"),
	}
	filter := core.EventFilter{Org: q.org, Search: q.search, ClientID: q.client, Correlation: q.reference, Before: core.ID(v.Ask("before"))}
	if types, known := typesOf(q.kind); known {
		filter.Types = types
	} else {
		filter.Type = core.EventType(q.kind)
	}
	var err error
	if filter.Since, err = readDay("since", q.since); err != nil {
		return q, filter, err
	}
	if filter.Until, err = readDay("until", q.until); err != nil {
		return q, filter, err
	}
	if !filter.Until.IsZero() {
		filter.Until = filter.Until.AddDate(0, 0, 1) // the day itself is meant too
	}
	if filter.Actor, err = v.actorOf(scope, q.actor); err != nil {
		return q, filter, err
	}
	filter.UserID, err = v.userOf(scope, q.user)
	return q, filter, err
}

// userOf finds whom a search names: by identifier, else by name or e-mail in the
// organisations that it is about.
func (v *Visit) userOf(scope *scope, named string) (core.ID, error) {
	if _, err := core.ParseID(named); err == nil || named == "" {
		return core.ID(named), nil
	}
	for _, org := range scope.within() {
		user, err := v.Desk.FindUser(v, org, named)
		if err == nil {
			return user.ID, nil
		}
		if !notThere(err) {
			return "", err
		}
	}
	return "", &admin.InvalidError{Problems: []admin.Problem{{Field: "user", Text: "nobody is called " + strconv.Quote(named) + " here: give a user name, an e-mail address or an identifier"}}}
}

// actorOf finds who is meant to have done it: a user, a service account, or what else the
// log names, as it names it.
func (v *Visit) actorOf(scope *scope, named string) (string, error) {
	if named == "" || strings.Contains(named, ":") || slices.Contains([]string{"setup", "server", "import", "registration", "signal"}, named) {
		return named, nil
	}
	id, err := v.userOf(scope, named)
	if err == nil {
		return "user:" + string(id), nil
	}
	for _, org := range scope.within() {
		account, other := v.Desk.FindServiceAccount(v, org, named)
		if other == nil {
			return "service:" + string(account.ID), nil
		}
		if !notThere(other) {
			return "", other
		}
	}
	if wrong, ok := errors.AsType[*admin.InvalidError](err); ok {
		wrong.Problems[0].Field = "actor"
		wrong.Problems[0].Text += ", or cli:" + named + " for who works at the command line"
	}
	return "", err
}

// notThere reports whether an error says that something is not there for the visitor.
func notThere(err error) bool {
	_, denied := errors.AsType[*desk.DeniedError](err)
	return denied || errors.Is(err, core.ErrNotFound)
}

// readDay reads what a date field sends; nothing is no time at all.
func readDay(field, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return t, &admin.InvalidError{Problems: []admin.Problem{{Field: field, Text: "a day is written like 2026-11-23"}}}
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
	wrong, invalid := errors.AsType[*admin.InvalidError](err)
	if err != nil && !invalid {
		return nil, err
	}
	var events []core.Event
	if invalid {
		v.Problem = sentence(wrong.Problems[0])
	} else {
		filter.Limit = pageSize + 1
		if events, err = v.Desk.Events(v, filter); err != nil {
			return nil, err
		}
	}
	table := web.Table{ID: "events", Columns: []string{"What", "About", "By", "From", "When"}, Empty: "Nothing has happened yet.", Search: auditSearch(q, scope), Live: v.Ask("live") != ""}
	if q.narrowed() {
		table.Empty = "Nothing like this happened. Ask for less, or for a longer time."
	}
	if filter.Before != "" {
		table.First = q.at(pathAudit)
	}
	if len(events) > pageSize {
		events = events[:pageSize]
		table.Next = q.at(pathAudit, "before", string(events[pageSize-1].ID))
	}
	table.Text = aboutSearch(filter, events)
	table.Rows = eventRows(events)
	return show(&web.Console{
		Title: "Audit log", Lead: "Who did what, and what was refused. Nobody can change it.", Blocks: []web.Block{table},
		Buttons: []web.Button{
			follow(q, table.Live), {Label: "Export as CSV", URL: q.at(pathAudit + "/export/csv"), ID: "export-csv"}, {Label: "Export as JSON lines", URL: q.at(pathAudit + "/export/json"), ID: "export-json"},
		},
	}, nil)
}

// follow begins to read the log anew every few seconds, or ends it.
func follow(q auditQuery, live bool) web.Button {
	if live {
		return web.Button{Label: "Stop following", URL: q.at(pathAudit), ID: "follow"}
	}
	return web.Button{Label: "Follow live", URL: q.at(pathAudit, "live", "on"), ID: "follow"}
}

// aboutSearch says in words who or what is looked for by an identifier.
func aboutSearch(filter core.EventFilter, events []core.Event) string {
	if len(events) == 0 {
		return ""
	}
	var words []string
	if filter.Actor != "" {
		words = append(words, "by "+byWords(&events[0]))
	}
	if filter.UserID != "" {
		words = append(words, "about "+whomWords(&events[0]))
	}
	if filter.ClientID != "" {
		words = append(words, "about the application "+filter.ClientID)
	}
	if len(words) == 0 {
		return ""
	}
	return "What was done " + strings.Join(words, ", ") + "."
}

func auditSearch(q auditQuery, scope *scope) *web.Search {
	search := &web.Search{
		Action: pathAudit,
		Inputs: append([]web.Input{
			{Name: "q", Label: "Words", Kind: "search", Value: q.search, Placeholder: "Name, address, details"},
			kindInput(q.kind),
		}, scope.input(true)...),
		More: []web.Input{
			{Name: "since", Label: "From", Kind: "date", Value: q.since}, {Name: "until", Label: "To", Kind: "date", Value: q.until},
			{Name: "actor", Label: "By", Kind: "text", Value: q.actor, Placeholder: "User or program"}, {Name: "user", Label: "About the user", Kind: "text", Value: q.user, Placeholder: "Name or e-mail"},
			{Name: "client", Label: "About the application", Kind: "text", Value: q.client, Placeholder: "Client ID"}, {Name: "ref", Label: "Reference", Kind: "text", Value: q.reference, Placeholder: "As on an error page"},
		},
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
	q, filter, err := v.auditFilter(scope)
	if _, invalid := errors.AsType[*admin.InvalidError](err); invalid {
		return &Answer{To: q.at(pathAudit)}, nil // which says what is wrong
	}
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

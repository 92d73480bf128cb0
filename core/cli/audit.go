package cli

import (
	"context"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/config"
)

// eventView is an audit event as JSON.
type eventView struct {
	ID           core.ID            `json:"id"`
	At           *time.Time         `json:"at"`
	Type         core.EventType     `json:"type"`
	Actor        string             `json:"actor"`
	ActorName    string             `json:"actor_name"`   // of a user or a service account
	Organisation string             `json:"organisation"` // empty: the server
	UserID       core.ID            `json:"user_id"`
	UserName     string             `json:"user_name"`
	ClientID     string             `json:"client_id"`
	SessionID    core.ID            `json:"session_id"`
	GrantID      core.ID            `json:"grant_id"`
	IP           string             `json:"ip"`
	Correlation  string             `json:"correlation"`
	Detail       map[string]string  `json:"detail"`
	Fields       []core.FieldChange `json:"fields"` // what a change made of what
}

func viewEvent(e *core.Event) eventView {
	detail := e.Detail
	if detail == nil {
		detail = map[string]string{}
	}
	at := e.At.UTC()
	return eventView{e.ID, &at, e.Type, e.Actor, e.By.Name, e.Org, e.UserID, e.Whom.Name, e.ClientID, e.SessionID, e.GrantID, e.IP, e.Correlation, detail, list(e.Fields)}
}

func (p *program) audit() *cobra.Command {
	return family("audit", "see what happened", p.auditList(), p.auditExport())
}

// eventFlags say which events are meant.
type eventFlags struct {
	filter             core.EventFilter
	kind, user, client string
	since, until       string
}

func newEventFlags(c *cobra.Command) *eventFlags {
	f := &eventFlags{}
	c.Flags().SortFlags = false
	c.Flags().StringVar(&f.kind, "type", "", "only events of this type, such as signin.failed")
	c.Flags().StringVar(&f.user, "user", "", "only events about the user")
	c.Flags().StringVar(&f.client, "client", "", "only events about the client")
	c.Flags().StringVar(&f.filter.Actor, "actor", "", "only what this one did, such as cli:root or user:01999c2e-8f00-7000-8000-000000000000")
	c.Flags().StringVar(&f.filter.Search, "search", "", "only events with this `TEXT` in type, actor, address or details")
	c.Flags().StringVar(&f.filter.Correlation, "reference", "", "only events of the request with this reference, which its error page shows")
	c.Flags().StringVar(&f.since, "since", "", "only events since, such as 24h or 2026-11-23T00:00:00Z")
	c.Flags().StringVar(&f.until, "until", "", "only events before, such as 24h or 2026-11-23T00:00:00Z")
	c.Flags().String("org", core.DefaultOrganisation, "only events of the organisation, in which user and client are looked up too (default: events of all)")
	return f
}

// check reads what needs no data directory.
func (f *eventFlags) check(*cobra.Command, []string) (err error) {
	f.filter.Type = core.EventType(f.kind)
	if f.filter.Since, err = readPast("since", f.since); err != nil {
		return err
	}
	f.filter.Until, err = readPast("until", f.until)
	return err
}

// find looks up whom and what the flags name.
func (f *eventFlags) find(ctx context.Context, s *session, c *cobra.Command) (core.EventFilter, error) {
	filter := f.filter
	filter.Org = s.scope(c)
	if f.user != "" {
		found, err := s.FindUser(ctx, orgOf(c), f.user)
		if err != nil {
			return filter, err
		}
		filter.UserID = found.ID
	}
	if f.client != "" {
		found, err := s.FindClient(ctx, orgOf(c), f.client)
		if err != nil {
			return filter, err
		}
		filter.ClientID = found.ID
	}
	return filter, nil
}

func (p *program) auditList() *cobra.Command {
	c := &cobra.Command{
		Use: "list", Short: "list audit events, newest first", Args: arguments(),
		Long:    "List audit events, newest first. Whoever met an error page reads you the reference\non it: --reference finds what that was.",
		Example: "  postern audit list --reference 9dd10353887efe4a\n  postern audit list --type upstream.failed --since 24h",
	}
	flags := newEventFlags(c)
	limit := c.Flags().Int("limit", 100, "at most so many")
	c.PreRunE = func(c *cobra.Command, args []string) error {
		if *limit < 1 {
			return usagef("give a number from 1 up", "%d is no value for --limit", *limit)
		}
		return flags.check(c, args)
	}
	c.RunE = p.with(func(ctx context.Context, s *session, _ []string) error {
		filter, err := flags.find(ctx, s, c)
		if err != nil {
			return err
		}
		filter.Limit = *limit
		events, err := s.Events(ctx, filter)
		if err != nil {
			return err
		}
		return p.printEvents(events)
	})
	return c
}

// readPast reads a time, or a duration before now; nothing is the zero time.
func readPast(flag, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at, nil
	}
	ago, err := config.ParseDuration(text)
	if err != nil || ago < 0 {
		return time.Time{}, usagef("write it like 24h, 7d or 2026-11-23T00:00:00Z", "%q is no value for --%s", text, flag)
	}
	return time.Now().Add(-ago), nil
}

func (p *program) printEvents(events []core.Event) error {
	views := make([]eventView, len(events))
	rows := make([][]string, len(events))
	for i := range events {
		e := &events[i]
		views[i] = viewEvent(e)
		rows[i] = []string{stamp(e.At), string(e.Type), by(e), e.IP, details(e.Detail)}
	}
	return p.print(views, func(w io.Writer) {
		table(w, "there are no events", []string{"TIME", "EVENT", "BY", "ADDRESS", "DETAIL"}, rows)
	})
}

// by says who did it, and who that is.
func by(e *core.Event) string {
	if e.By.Name == "" {
		return e.Actor
	}
	return e.Actor + " (" + e.By.Name + ")"
}

func details(detail map[string]string) string {
	var words []string
	for _, name := range slices.Sorted(maps.Keys(detail)) {
		if detail[name] != "" {
			words = append(words, name+"="+detail[name])
		}
	}
	return strings.Join(words, " ")
}

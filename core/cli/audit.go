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
	ID          core.ID           `json:"id"`
	At          *time.Time        `json:"at"`
	Type        core.EventType    `json:"type"`
	Actor       string            `json:"actor"`
	UserID      core.ID           `json:"user_id"`
	ClientID    string            `json:"client_id"`
	SessionID   core.ID           `json:"session_id"`
	GrantID     core.ID           `json:"grant_id"`
	IP          string            `json:"ip"`
	Correlation string            `json:"correlation"`
	Detail      map[string]string `json:"detail"`
}

func (p *program) audit() *cobra.Command {
	return family("audit", "see what happened", p.auditList())
}

func (p *program) auditList() *cobra.Command {
	var filter core.EventFilter
	var kind, user, client, since string
	var limit int
	c := &cobra.Command{
		Use: "list", Short: "list audit events, newest first", Args: arguments(),
		Long:    "List audit events, newest first. Whoever met an error page reads you the reference\non it: --reference finds what that was.",
		Example: "  postern audit list --reference 9dd10353887efe4a\n  postern audit list --type upstream.failed --since 24h",
	}
	c.Flags().StringVar(&kind, "type", "", "only events of this type, such as signin.failed")
	c.Flags().StringVar(&user, "user", "", "only events about the user")
	c.Flags().StringVar(&client, "client", "", "only events about the client")
	c.Flags().StringVar(&filter.Correlation, "reference", "", "only events of the request with this reference, which its error page shows")
	c.Flags().StringVar(&since, "since", "", "only events since, such as 24h or 2026-11-23T00:00:00Z")
	c.Flags().IntVar(&limit, "limit", 100, "at most so many")
	orgFlag(c)
	c.PreRunE = func(*cobra.Command, []string) error {
		filter.Type, filter.Limit = core.EventType(kind), limit
		if limit < 1 {
			return usagef("give a number from 1 up", "%d is no value for --limit", limit)
		}
		return sinceInto(&filter, since)
	}
	c.RunE = p.with(func(ctx context.Context, s *session, _ []string) error {
		if user != "" {
			found, err := s.FindUser(ctx, orgOf(c), user)
			if err != nil {
				return err
			}
			filter.UserID = found.ID
		}
		if client != "" {
			found, err := s.FindClient(ctx, orgOf(c), client)
			if err != nil {
				return err
			}
			filter.ClientID = found.ID
		}
		events, err := s.Events(ctx, filter)
		if err != nil {
			return err
		}
		return p.printEvents(events)
	})
	return c
}

// sinceInto reads a duration before now, or a time.
func sinceInto(filter *core.EventFilter, since string) error {
	if since == "" {
		return nil
	}
	if at, err := time.Parse(time.RFC3339, since); err == nil {
		filter.Since = at
		return nil
	}
	ago, err := config.ParseDuration(since)
	if err != nil || ago < 0 {
		return usagef("write it like 24h, 7d or 2026-11-23T00:00:00Z", "%q is no value for --since", since)
	}
	filter.Since = time.Now().Add(-ago)
	return nil
}

func (p *program) printEvents(events []core.Event) error {
	views := make([]eventView, len(events))
	rows := make([][]string, len(events))
	for i, e := range events {
		detail := e.Detail
		if detail == nil {
			detail = map[string]string{}
		}
		at := e.At.UTC()
		views[i] = eventView{e.ID, &at, e.Type, e.Actor, e.UserID, e.ClientID, e.SessionID, e.GrantID, e.IP, e.Correlation, detail}
		rows[i] = []string{stamp(e.At), string(e.Type), e.Actor, e.IP, details(detail)}
	}
	return p.print(views, func(w io.Writer) {
		table(w, "there are no events", []string{"TIME", "EVENT", "BY", "ADDRESS", "DETAIL"}, rows)
	})
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

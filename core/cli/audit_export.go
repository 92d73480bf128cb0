package cli

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core"
)

// exportPage is how many events of an export are in memory at once.
const exportPage = 200

func (p *program) auditExport() *cobra.Command {
	c := &cobra.Command{
		Use: "export", Short: "print all audit events as JSON lines or CSV, newest first", Args: arguments(),
		Long:    "Print audit events to keep them elsewhere, newest first: one JSON object in each line,\nthe same as an element of 'postern audit list --json', or CSV with a line of headings,\nin which details and changed fields are JSON.",
		Example: "  postern audit export --since 2026-11-01T00:00:00Z --until 2026-12-01T00:00:00Z > november.jsonl",
	}
	flags := newEventFlags(c)
	format := c.Flags().String("format", "jsonl", "jsonl or csv")
	c.PreRunE = func(c *cobra.Command, args []string) error {
		switch {
		case *format != "jsonl" && *format != "csv":
			return usagef("use jsonl or csv", "%q is no value for --format", *format)
		case p.json:
			return usagef("use 'postern audit list --json' for one document", "an export is no single JSON document")
		}
		return flags.check(c, args)
	}
	c.RunE = p.with(func(ctx context.Context, s *session, _ []string) error {
		filter, err := flags.find(ctx, s, c)
		if err != nil {
			return err
		}
		write, end := jsonLines(p.Out)
		if *format == "csv" {
			write, end = csvLines(p.Out)
		}
		filter.Limit = exportPage
		return exportEvents(ctx, s, filter, write, end)
	})
	return c
}

// exportEvents writes all events of the filter, page after page.
func exportEvents(ctx context.Context, s *session, filter core.EventFilter, write func(*eventView) error, end func() error) error {
	for {
		events, err := s.Events(ctx, filter)
		if err != nil {
			return err
		}
		for i := range events {
			view := viewEvent(&events[i])
			if err := write(&view); err != nil {
				return err
			}
		}
		if len(events) < filter.Limit {
			return end()
		}
		filter.Before = events[len(events)-1].ID
	}
}

func jsonLines(w io.Writer) (write func(*eventView) error, end func() error) {
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	return func(e *eventView) error { return encoder.Encode(e) }, func() error { return nil }
}

func csvLines(w io.Writer) (write func(*eventView) error, end func() error) {
	lines := csv.NewWriter(w)
	headed := false
	head := func() error {
		if headed {
			return nil
		}
		headed = true
		return lines.Write([]string{"id", "at", "type", "actor", "organisation", "user_id", "client_id", "session_id", "grant_id", "ip", "correlation", "detail", "fields", "actor_name", "user_name"})
	}
	write = func(e *eventView) error {
		if err := head(); err != nil {
			return err
		}
		detail, err := json.Marshal(e.Detail)
		if err != nil {
			return err
		}
		fields, err := json.Marshal(e.Fields)
		if err != nil {
			return err
		}
		return lines.Write(cells(string(e.ID), e.At.Format(time.RFC3339Nano), string(e.Type), e.Actor, e.Organisation, string(e.UserID), e.ClientID,
			string(e.SessionID), string(e.GrantID), e.IP, e.Correlation, string(detail), string(fields), e.ActorName, e.UserName))
	}
	return write, func() error {
		if err := head(); err != nil {
			return err
		}
		lines.Flush()
		return lines.Error()
	}
}

// cells keeps a spreadsheet from taking for a formula what a stranger had recorded.
func cells(values ...string) []string {
	for i, value := range values {
		if value != "" && strings.ContainsRune("=+-@\t\r", rune(value[0])) {
			values[i] = "'" + value
		}
	}
	return values
}

package cli

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
)

// pages is a desk with so many events, the newest of the highest number.
type pages struct {
	Desk
	events int
	asked  []core.EventFilter
}

func (p *pages) Events(_ context.Context, filter core.EventFilter) ([]core.Event, error) {
	p.asked = append(p.asked, filter)
	last := p.events
	if filter.Before != "" {
		fmt.Sscan(string(filter.Before), &last)
	}
	var events []core.Event
	for n := last - 1; n >= 0 && len(events) < filter.Limit; n-- {
		events = append(events, core.Event{ID: core.ID(fmt.Sprint(n)), At: time.Unix(int64(n), 0), Actor: "=cmd|' /C calc'!A0"})
	}
	return events, nil
}

// An export has each event once, page after page, and keeps its filter.
func TestExportPages(t *testing.T) {
	for _, n := range []int{0, 1, exportPage - 1, exportPage, exportPage + 1, 3 * exportPage} {
		desk := &pages{events: n}
		var out strings.Builder
		write, end := csvLines(&out)
		filter := core.EventFilter{Org: "acme", Limit: exportPage}
		if err := exportEvents(t.Context(), &session{Desk: desk}, filter, write, end); err != nil {
			t.Fatal(err)
		}
		lines := strings.Split(strings.TrimSpace(out.String()), "\n")
		if len(lines) != n+1 || !strings.HasPrefix(lines[0], "id,at,type,") {
			t.Errorf("%d events gave %d lines, the first %q", n, len(lines), lines[0])
		}
		for i, line := range lines[1:] {
			if id, rest, _ := strings.Cut(line, ","); id != fmt.Sprint(n-1-i) || !strings.Contains(rest, ",'=cmd|") {
				t.Fatalf("line %d of %d is %q", i, n, line)
			}
		}
		for _, asked := range desk.asked {
			if asked.Org != "acme" || asked.Limit != exportPage {
				t.Errorf("asked for %+v", asked)
			}
		}
	}
}

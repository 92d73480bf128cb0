package remote_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/sdk/api"
)

// log is a server with so many events, in pages of at most 200.
type log struct {
	events int
	asked  []string
}

func (l *log) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	l.asked = append(l.asked, query.Get("after")+" "+query.Get("limit")+" "+query.Get("organisation"))
	from := l.events
	if after := query.Get("after"); after != "" {
		fmt.Sscanf(after, "cursor-%d", &from)
	}
	limit, _ := strconv.Atoi(query.Get("limit"))
	page := api.Page[api.Event]{Items: []api.Event{}}
	for n := from - 1; n >= 0 && len(page.Items) < limit; n-- {
		page.Items = append(page.Items, api.Event{ID: fmt.Sprintf("%06d", n)})
		if page.Next = fmt.Sprintf("cursor-%d", n); n == 0 {
			page.Next = ""
		}
	}
	json.NewEncoder(w).Encode(page)
}

// Events come in pages as large as somebody wants, one behind the other.
func TestEvents(t *testing.T) {
	l := &log{events: 1001}
	desk := at(t, l.ServeHTTP)
	filter := core.EventFilter{Org: "acme", Limit: 500}
	seen := 0
	for {
		events, err := desk.Events(t.Context(), filter)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range events {
			if seen++; e.ID != core.ID(fmt.Sprintf("%06d", 1001-seen)) {
				t.Fatalf("event %d is %s", seen, e.ID)
			}
		}
		if len(events) < filter.Limit {
			break
		}
		filter.Before = events[len(events)-1].ID
	}
	if seen != 1001 {
		t.Errorf("saw %d events", seen)
	}
	want := []string{" 200 acme", "cursor-801 200 acme", "cursor-601 100 acme", "cursor-501 200 acme", "cursor-301 200 acme", "cursor-101 100 acme", "cursor-1 200 acme"}
	if fmt.Sprint(l.asked) != fmt.Sprint(want) {
		t.Errorf("asked for %q, want %q", l.asked, want)
	}
}

// What is behind an event of another time is found from the start.
func TestEventsBefore(t *testing.T) {
	events, err := at(t, (&log{events: 500}).ServeHTTP).Events(t.Context(), core.EventFilter{Before: "000003", Limit: 10})
	if err != nil || len(events) != 3 || events[0].ID != "000002" {
		t.Errorf("got %+v, %v", events, err)
	}
	if events, err = at(t, (&log{events: 500}).ServeHTTP).Events(t.Context(), core.EventFilter{}); err != nil || len(events) != 100 {
		t.Errorf("got %d events, %v", len(events), err)
	}
}

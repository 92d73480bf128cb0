package bearer

import (
	"strconv"
	"testing"
	"time"
)

func TestAGaugeForgetsWhatCountsNoMore(t *testing.T) {
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	g := newGauge(Pace{Every: time.Second, AtOnce: 2})
	g.size = 3
	for i := range 3 {
		g.wait(strconv.Itoa(i), now)
	}
	g.wait("0", now)
	// All but "0" have made up by then.
	now = now.Add(1500 * time.Millisecond)
	g.wait("new", now)
	if len(g.due) != 2 || g.due["0"].IsZero() {
		t.Errorf("%v", g.due)
	}
}

func TestAFullGaugeDropsWhoAskedTheLeast(t *testing.T) {
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	g := newGauge(Pace{Every: time.Second, AtOnce: 2})
	g.size = 2
	for range 2 {
		g.wait("busy", now)
	}
	for i := range 50 {
		g.wait(strconv.Itoa(i), now)
	}
	if len(g.due) != 2 || g.wait("busy", now) == 0 {
		t.Errorf("whoever asks with many names is let through with each: %v", g.due)
	}
}

func TestARefusalCountsForNothing(t *testing.T) {
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	g := newGauge(Pace{Every: time.Minute, AtOnce: 1})
	g.wait("a", now)
	for range 5 {
		if wait := g.wait("a", now); wait != time.Minute {
			t.Fatalf("wait %v", wait)
		}
	}
	if wait := g.wait("a", now.Add(time.Minute)); wait != 0 {
		t.Errorf("after a minute: %v", wait)
	}
}

package observe_test

import (
	"bytes"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core/observe"
)

func TestPluginNumbers(t *testing.T) {
	m := observe.New(time.Now)
	m.PluginCall("a", "p", "claims.map/v1", "ok", 10*time.Millisecond, 100)
	m.PluginCall("a", "p", "claims.map/v1", "ok", 30*time.Millisecond, 50)
	m.PluginCall("a", "p", "claims.map/v1", "trap", time.Millisecond, 1)
	m.PluginCall("b", "p", "claims.map/v1", "ok", time.Hour, 1000)
	m.PluginHostCall("a", "p", "http.fetch", "ok", 20*time.Millisecond)
	m.PluginMemory("a", "p", 4096)
	m.PluginSuspended("a", true)
	m.PluginShadow("a", "claims.map/v1", true)
	m.PluginShadow("a", "claims.map/v1", false)
	got := m.PluginNumbers("a")
	for i := range got.Calls {
		c := &got.Calls[i] // how near they are is TestLatency's
		if c.Half < 10*time.Millisecond || c.Half > 12500*time.Microsecond || c.Slowest < 30*time.Millisecond || c.Slowest > 37500*time.Microsecond {
			t.Errorf("half of the calls took up to %s, nearly all up to %s", c.Half, c.Slowest)
		}
		c.Half, c.Slowest = 0, 0
	}
	if want := []observe.Calls{
		{Hook: "claims.map/v1", Result: "ok", Total: 2, Took: 40 * time.Millisecond, Fuel: 151},
		{Hook: "claims.map/v1", Result: "trap", Total: 1, Took: time.Millisecond, Fuel: 151},
	}; !slices.Equal(got.Calls, want) {
		t.Errorf("calls %+v", got.Calls)
	}
	if want := []observe.HostCalls{{Capability: "http.fetch", Result: "ok", Total: 1, Took: 20 * time.Millisecond}}; !slices.Equal(got.HostCalls, want) {
		t.Errorf("host calls %+v", got.HostCalls)
	}
	if got.MemoryPeak != 4096 || !got.Suspended || got.Same != 1 || got.Differs != 1 {
		t.Errorf("%+v", got)
	}
	m.PluginGone("a")
	if got := m.PluginNumbers("a"); len(got.Calls)+len(got.Minutes) != 0 || got.MemoryPeak != 0 || got.Suspended {
		t.Errorf("of an instance that is gone: %+v", got)
	}
	var page bytes.Buffer
	m.WritePrometheus(&page)
	if !strings.Contains(page.String(), `instance="b"`) {
		t.Error("the metrics lost the other instance")
	}
}

func TestLogbook(t *testing.T) {
	book := observe.NewLogbook()
	var out bytes.Buffer
	log := slog.New(book.Over(slog.NewTextHandler(&out, &slog.HandlerOptions{Level: slog.LevelWarn})))
	log.Info("plugin log", "instance", "a", "text", "hello\nworld\n")
	log.Warn("plugin failed", "instance", "a", "hook", "claims.map/v1", "reason", "trap")
	log.Info("about nobody")
	log.With("instance", "b").Error("it fails")
	log.Debug("too much", "instance", "a")
	lines := book.Lines("a", 0)
	if len(lines) != 2 || lines[0].Text != "hello\nworld" || lines[0].Level != slog.LevelInfo || lines[1].Text != "plugin failed hook=claims.map/v1 reason=trap" {
		t.Fatalf("%+v", lines)
	}
	if more := book.Lines("a", lines[0].Number); len(more) != 1 || more[0] != lines[1] {
		t.Errorf("behind the first: %+v", more)
	}
	if more := book.Lines("a", lines[1].Number); len(more) != 0 {
		t.Errorf("behind the last: %+v", more)
	}
	if b := book.Lines("b", 0); len(b) != 1 || b[0].Text != "it fails" {
		t.Errorf("%+v", b)
	}
	// The log itself has what it wants.
	if text := out.String(); strings.Contains(text, "hello") || !strings.Contains(text, "plugin failed") {
		t.Error(text)
	}
}

// Nothing that a plugin writes fills the memory.
func TestLogbookIsBounded(t *testing.T) {
	book := observe.NewLogbook()
	log := slog.New(book.Over(slog.DiscardHandler))
	for n := range 1000 {
		log.Info("plugin log", "instance", "a", "text", strconv.Itoa(n))
	}
	lines := book.Lines("a", 0)
	if len(lines) != 200 || lines[199].Text != "999" {
		t.Errorf("%d lines to %v", len(lines), lines[len(lines)-1])
	}
	log.Info("plugin log", "instance", "b", "text", strings.Repeat("é", 10_000))
	if text := book.Lines("b", 0)[0].Text; len(text) > 8<<10 || !strings.HasSuffix(text, "é") {
		t.Errorf("a line of %d bytes that ends in %q", len(text), text[len(text)-4:])
	}
	for n := range 1000 {
		log.Info("x", "instance", "i"+strconv.Itoa(n))
	}
	if book.Lines("a", 0) != nil || book.Lines("i999", 0) == nil {
		t.Error("the owners are not bounded")
	}
}

// Who reads on sees by the numbers that lines were dropped, and after a new start has all.
func TestLinesAreNumbered(t *testing.T) {
	book := observe.NewLogbook()
	log := slog.New(book.Over(slog.DiscardHandler))
	for n := range 250 {
		log.Info("x", "instance", "a", "text", strconv.Itoa(n))
		log.Info("x", "instance", "b", "text", "between")
	}
	if lines := book.Lines("a", 0); lines[0].Number != 51 || lines[199].Number != 250 {
		t.Errorf("from %d to %d", lines[0].Number, lines[len(lines)-1].Number)
	}
	if lines := book.Lines("a", 10); len(lines) != 200 || lines[0].Number-1-10 != 40 {
		t.Errorf("behind the tenth: %d lines from %d", len(lines), lines[0].Number)
	}
	if lines := book.Lines("a", 5000); len(lines) != 200 {
		t.Errorf("behind a line that never was: %d", len(lines))
	}
	for n := range 300 {
		log.Info("x", "instance", "i"+strconv.Itoa(n))
	}
	log.Info("x", "instance", "a", "text", "again")
	if lines := book.Lines("a", 250); len(lines) != 1 || lines[0].Text != "again" {
		t.Errorf("after it was forgotten: %+v", lines)
	}
}

// The minutes of an hour, with those in which nothing was.
func TestMinutes(t *testing.T) {
	now := time.Date(2026, 11, 23, 12, 0, 30, 0, time.UTC)
	m := observe.New(func() time.Time { return now })
	m.PluginCall("a", "p", "claims.map/v1", "ok", time.Millisecond, 1)
	now = now.Add(3 * time.Minute)
	m.PluginCall("a", "p", "claims.map/v1", "ok", time.Millisecond, 1)
	m.PluginCall("a", "p", "account.shape/v1", "trap", time.Millisecond, 1)
	got := m.PluginNumbers("a").Minutes
	if len(got) != 60 || !got[59].At.Equal(time.Date(2026, 11, 23, 12, 3, 0, 0, time.UTC)) {
		t.Fatalf("%d minutes to %v", len(got), got[len(got)-1].At)
	}
	if got[59].Calls != 2 || got[59].Failed != 1 || got[58].Calls != 0 || got[56].Calls != 1 || got[56].Failed != 0 {
		t.Errorf("%+v", got[56:])
	}
	now = now.Add(time.Hour)
	for _, minute := range m.PluginNumbers("a").Minutes {
		if minute.Calls != 0 {
			t.Errorf("after an hour: %+v", minute)
		}
	}
}

// A quantile is never too short, and at most a quarter too long.
func TestLatency(t *testing.T) {
	for _, d := range []time.Duration{9 * time.Microsecond, 10 * time.Microsecond, 16 * time.Microsecond, 17 * time.Microsecond, 99 * time.Microsecond, time.Millisecond, 12345 * time.Microsecond, time.Second, 30 * time.Second, 67 * time.Second} {
		m := observe.New(time.Now)
		m.PluginCall("a", "p", "h", "ok", d, 1)
		for _, told := range []time.Duration{m.PluginNumbers("a").Calls[0].Half, m.PluginNumbers("a").Calls[0].Slowest} {
			if told < d || float64(told) > 1.25*float64(d)+1 {
				t.Errorf("%s is told as %s", d, told)
			}
		}
	}
	m := observe.New(time.Now)
	for n := range 100 {
		m.PluginCall("a", "p", "h", "ok", time.Duration(n+1)*time.Millisecond, 1)
	}
	m.PluginCall("a", "p", "h", "ok", 0, 1)
	m.PluginCall("a", "p", "h", "ok", 24*time.Hour, 1)
	c := m.PluginNumbers("a").Calls[0]
	if c.Half < 50*time.Millisecond || c.Half > 64*time.Millisecond || c.Slowest < 99*time.Millisecond || c.Slowest > 125*time.Millisecond {
		t.Errorf("half within %s, nearly all within %s", c.Half, c.Slowest)
	}
}

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
	m := observe.New()
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
	if got := m.PluginNumbers("a"); len(got.Calls) != 0 || got.MemoryPeak != 0 || got.Suspended {
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
	log.Info("plugin log", "instance", "a", "text", "hello\nworld")
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

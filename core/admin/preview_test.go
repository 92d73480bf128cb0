package admin_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

func TestPreviewPlugin(t *testing.T) {
	w := newWorld(t)
	if _, err := w.CreateInstance(t.Context(), actor, "mine", "miniorange", []byte(`{"a":1}`)); err != nil {
		t.Fatal(err)
	}
	if err := w.SetLimits(t.Context(), actor, "mine", core.PluginLimits{MemoryMiB: 64}); err != nil {
		t.Fatal(err)
	}
	made, err := w.PreviewPlugin(t.Context(), actor, admin.Preview{Instance: "mine", Hook: core.HookClaims, Input: []byte(`{"secret":1}`)})
	if err != nil || string(made.Output) != `{"secret":1} {"a":1} 64` {
		t.Fatalf("%+v, %v", made, err)
	}
	w.now = w.now.Add(time.Second) // it is the oldest
	made, err = w.PreviewPlugin(t.Context(), actor, admin.Preview{Instance: "mine", Hook: core.HookClaims, Input: []byte(`{}`), Settings: []byte(`{"b":2}`)})
	if err != nil || string(made.Output) != `{} {"b":2} 64` {
		t.Errorf("with other settings: %s, %v", made.Output, err)
	}
	made, err = w.PreviewPlugin(t.Context(), actor, admin.Preview{Plugin: "scopes", Hook: core.HookScopes, Input: []byte(`{}`)})
	if err != nil || made.Plugin != "scopes" {
		t.Errorf("without an instance: %+v, %v", made, err)
	}

	// Each is recorded, without its message.
	events, err := w.store.Events(t.Context(), core.EventFilter{Type: core.EventPreviewed})
	if err != nil || len(events) != 3 {
		t.Fatalf("%d events, %v", len(events), err)
	}
	if e := events[2]; e.Detail["instance"] != "mine" || e.Detail["hook"] != core.HookClaims || e.Actor != actor.Name {
		t.Errorf("%+v", e)
	}
	for _, e := range events {
		for name, value := range e.Detail {
			if strings.Contains(value, "secret") {
				t.Errorf("the event has the message in %s", name)
			}
		}
	}

	for _, tt := range []struct {
		name  string
		input admin.Preview
		want  []string
	}{
		{"a hook that it does not have", admin.Preview{Instance: "mine", Hook: core.HookScopes, Input: []byte(`{}`)}, []string{"hook"}},
		{"no object", admin.Preview{Instance: "mine", Hook: core.HookClaims, Input: []byte(`[]`)}, []string{"input"}},
		{"a long message", admin.Preview{Instance: "mine", Hook: core.HookClaims, Input: make([]byte, 256<<10+1)}, []string{"input"}},
	} {
		_, err := w.PreviewPlugin(t.Context(), actor, tt.input)
		if got := problems(t, err); !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v", tt.name, err)
		}
		if strings.Contains(err.Error(), "\x1b") {
			t.Errorf("%s: %q moves the terminal", tt.name, err)
		}
	}
	if _, err := w.PreviewPlugin(t.Context(), actor, admin.Preview{Instance: "mine", Hook: core.HookClaims, Input: []byte(`{"fail":1}`)}); err == nil {
		t.Error("it did not fail")
	}
	for _, input := range []admin.Preview{{Instance: "nobody", Hook: core.HookClaims}, {Plugin: "nobody", Hook: core.HookClaims}} {
		if _, err := w.PreviewPlugin(t.Context(), actor, input); !errors.Is(err, core.ErrNotFound) {
			t.Errorf("%+v: %v", input, err)
		}
	}
}

func TestPluginNumbersAndLog(t *testing.T) {
	w := newWorld(t)
	if _, err := w.CreateInstance(t.Context(), actor, "mine", "miniorange", nil); err != nil {
		t.Fatal(err)
	}
	if n, err := w.PluginNumbers(t.Context(), "mine"); err != nil || n.MemoryPeak != 0 {
		t.Errorf("without a watch: %+v, %v", n, err)
	}
	w.Watch = watch{}
	if n, err := w.PluginNumbers(t.Context(), "mine"); err != nil || n.MemoryPeak != 4 {
		t.Errorf("%+v, %v", n, err)
	}
	if lines, err := w.PluginLog(t.Context(), "mine", 6); err != nil || len(lines) != 1 || lines[0].Number != 7 {
		t.Errorf("%+v, %v", lines, err)
	}
	if _, err := w.PluginNumbers(t.Context(), "nobody"); !errors.Is(err, core.ErrNotFound) {
		t.Error(err)
	}
	if _, err := w.PluginLog(t.Context(), "nobody", 0); !errors.Is(err, core.ErrNotFound) {
		t.Error(err)
	}
}

// watch counts the letters of a name.
type watch struct{}

func (watch) PluginNumbers(instance string) admin.PluginNumbers {
	return admin.PluginNumbers{MemoryPeak: int64(len(instance))}
}

func (watch) PluginLog(_ string, after uint64) []admin.LogLine {
	return []admin.LogLine{{Number: after + 1, Text: "x"}}
}

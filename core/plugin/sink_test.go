package plugin_test

import (
	"strconv"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/plugin"
	"github.com/postern-id/postern/sdk/hook"
)

// TestDeliver holds that an event reaches the one instance that is meant, and that
// what goes wrong with it makes no event that a sink would get: that would have no
// end.
func TestDeliver(t *testing.T) {
	// Plugin 0 traps for every input but the sample.
	module := guest{
		manifests: manifestsOf(hook.EventSink, "bad", "good"), outputs: []string{`{}`, ``}, evil: []byte{opUnreachable},
	}.build()
	config := configOf("bad", "good")
	config.Bindings = nil
	for i := range config.Instances {
		in := &config.Instances[i]
		in.Module = plugin.Digest(module)
		config.Bindings = append(config.Bindings, core.PluginBinding{ID: core.ID(in.Name), Instance: in.Name, Hook: hook.EventSink})
	}
	s := &shelf{code: map[string][]byte{plugin.Digest(module): module}}
	s.config.Store(config)
	events := &eventLog{}
	h := hostOf(t, s, func(o *plugin.Options) { o.Record = events.add })
	event := &hook.Event{ID: "e1", At: "2026-01-02T03:04:05.678Z", Type: "signin.succeeded"}
	if err := h.Deliver(t.Context(), "good", event); err != nil {
		t.Error(err)
	}
	for n, want := range []plugin.Reason{
		plugin.ReasonTrap, plugin.ReasonTrap, plugin.ReasonTrap, plugin.ReasonTrap, plugin.ReasonTrap, plugin.ReasonSuspended,
	} {
		other := *event
		other.ID += strconv.Itoa(n)
		if got := reasonOf(h.Deliver(t.Context(), "bad", &other)); got != want {
			t.Errorf("call %d: %s, want %s", n, got, want)
		}
	}
	if got := reasonOf(h.Deliver(t.Context(), "absent", event)); got != plugin.ReasonUnavailable {
		t.Errorf("nobody there: %s", got)
	}
	kinds := map[core.EventType]bool{}
	for _, e := range events.take() {
		kinds[e.Type] = true
		if e.GoesToSinks() != (e.Type == core.EventPluginLoaded) {
			t.Errorf("to sinks %v: %+v", e.GoesToSinks(), e)
		}
	}
	if !kinds[core.EventPluginSuspended] || kinds[core.EventPluginFailed] {
		t.Errorf("recorded %v", kinds)
	}
}

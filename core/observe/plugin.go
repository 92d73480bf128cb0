package observe

import (
	"sync"
	"time"

	"github.com/VictoriaMetrics/metrics"
)

// call is what is counted of the calls of a hook with one result.
type call struct {
	total   counter
	seconds *metrics.PrometheusHistogram // of all results
	fuel    counter                      // of all results
	took    counter                      // nanoseconds of this result; no metric
}

// hostCall is what is counted of what a plugin asked the host for.
type hostCall struct {
	total   counter
	seconds *metrics.PrometheusHistogram
	took    counter // as of call
}

// peak is a gauge that only rises.
type peak struct {
	mu    sync.Mutex
	gauge gauge
}

func (p *peak) atLeast(value float64) {
	if value <= p.gauge.Get() {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if value > p.gauge.Get() {
		p.gauge.Set(value)
	}
}

// The words of labels that are not the caller's.
const (
	fine    = "ok"
	same    = "same"
	differs = "differs"
)

func (m *Metrics) indexPlugins() {
	calls := m.family("counter", "postern_plugin_calls_total", "Calls of plugins, by how they ended.", "instance", "plugin", "hook", "result")
	times := m.family("histogram", "postern_plugin_call_seconds", "How long calls of plugins took, with waiting for an instance.", "instance", "plugin", "hook")
	fuel := m.family("counter", "postern_plugin_fuel_total", "Fuel that calls of plugins used.", "instance", "plugin", "hook")
	m.calls = newIndex(m, m.instances, func(k key) call {
		return call{calls.counter(k), times.histogram(k), fuel.counter(k), new(metrics.Counter)}
	})
	m.latencies = newIndex(m, m.instances, func(key) *latency { return &latency{} })
	m.minutes = newIndex(m, m.instances, func(key) *minutes { return &minutes{} })

	hostCalls := m.family("counter", "postern_plugin_host_calls_total", "What plugins asked the server for, by how that ended.", "instance", "plugin", "capability", "result")
	hostTimes := m.family("histogram", "postern_plugin_host_call_seconds", "How long it took to do what plugins asked for.", "instance", "plugin", "capability")
	m.hostCalls = newIndex(m, m.instances, func(k key) hostCall {
		return hostCall{hostCalls.counter(k), hostTimes.histogram(k), new(metrics.Counter)}
	})

	memory := m.family("gauge", "postern_plugin_memory_peak_bytes", "The most memory that a call of a plugin had.", "instance", "plugin")
	m.memory = newIndex(m, m.instances, func(k key) *peak { return &peak{gauge: memory.gauge(k)} })

	suspended := m.family("gauge", "postern_plugin_suspended", "1 while a plugin instance is not called because it failed too often.", "instance")
	m.suspended = newIndex(m, m.instances, suspended.gauge)
	shadows := m.family("counter", "postern_plugin_shadow_total", "Calls whose answer was compared and not used.", "instance", "hook", "result")
	m.shadows = newIndex(m, m.instances, shadows.counter)
	grants := m.family("gauge", "postern_plugin_grants", "For how many targets a plugin instance has a capability.", "instance", "capability")
	m.grants = newIndex(m, m.instances, grants.gauge)
	events := m.family("counter", "postern_plugin_events_total", "Events for plugins, by what became of them.", "instance", "result")
	m.events = newIndex(m, m.instances, events.counter)
	backlog := m.family("gauge", "postern_plugin_events_waiting", "Events that wait for a plugin.", "instance")
	m.backlog = newIndex(m, m.instances, backlog.gauge)
}

// PluginCall counts one call of a plugin instance at a hook. The result is "ok" or
// a word for the reason; d is how long it took, fuel what it used.
func (m *Metrics) PluginCall(instance, plugin, hook, result string, d time.Duration, fuel int64) {
	c := m.calls.of(key{instance, plugin, hook, result})
	c.total.Inc()
	c.seconds.Update(d.Seconds())
	c.took.AddInt64(int64(d))
	c.fuel.AddInt64(max(fuel, 0))
	m.latencies.of(key{instance, "", hook}).note(d)
	m.minutes.of(key{instance}).note(m.now(), result != fine)
}

// PluginHostCall counts one use of a capability: "ok", "denied" or "error".
func (m *Metrics) PluginHostCall(instance, plugin, capability, result string, d time.Duration) {
	c := m.hostCalls.of(key{instance, plugin, capability, result})
	c.total.Inc()
	c.seconds.Update(d.Seconds())
	c.took.AddInt64(int64(d))
}

// PluginMemory notes the memory in bytes that a call had; the most counts.
func (m *Metrics) PluginMemory(instance, plugin string, bytes int64) {
	m.memory.of(key{instance, plugin}).atLeast(float64(bytes))
}

// PluginSuspended says whether an instance is not called because it failed too
// often.
func (m *Metrics) PluginSuspended(instance string, suspended bool) {
	value := 0.0
	if suspended {
		value = 1
	}
	m.suspended.of(key{instance}).Set(value)
}

// PluginGranted says for how many targets a capability is granted to an instance.
func (m *Metrics) PluginGranted(instance, capability string, targets int) {
	m.grants.of(key{instance, capability}).Set(float64(targets))
}

// PluginShadow counts one call whose answer was compared with the one that is used.
func (m *Metrics) PluginShadow(instance, hook string, differ bool) {
	result := same
	if differ {
		result = differs
	}
	m.shadows.of(key{instance, hook, result}).Inc()
}

// PluginEvent counts one event for a sink by what became of it: "ok", "retried" or
// "dropped".
func (m *Metrics) PluginEvent(instance, result string) {
	m.events.of(key{instance, result}).Inc()
}

// PluginBacklog says how many events wait for a sink.
func (m *Metrics) PluginBacklog(instance string, waiting int) {
	m.backlog.of(key{instance}).Set(float64(waiting))
}

// PluginGone removes the series of an instance that was deleted. A call that ends
// later has new ones.
func (m *Metrics) PluginGone(instance string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.calls.forget(instance)
	m.latencies.forget(instance)
	m.minutes.forget(instance)
	m.hostCalls.forget(instance)
	m.memory.forget(instance)
	m.suspended.forget(instance)
	m.shadows.forget(instance)
	m.grants.forget(instance)
	m.events.forget(instance)
	m.backlog.forget(instance)
	m.forget(m.instances, "instance", instance)
}

// forget ends an owner with its series; it is called with the lock.
func (m *Metrics) forget(o *owners, label, owner string) {
	delete(o.known, owner)
	for _, f := range m.families {
		if f.labels[0] == label {
			f.forget(owner)
		}
	}
}

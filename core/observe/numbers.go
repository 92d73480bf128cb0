package observe

import (
	"cmp"
	"slices"
	"time"
)

// Calls are the calls of a plugin instance at a hook that ended with one result.
type Calls struct {
	Hook   string
	Result string // "ok", or a word for the reason
	Total  int64
	Took   time.Duration // together
	Fuel   int64         // of all results of the hook together
	// Half and Slowest are times that half of the calls of the hook, and 99 of 100, did not
	// exceed, of all results together. They are at most a quarter too long.
	Half, Slowest time.Duration
}

// HostCalls are what an instance asked the server for, with one result.
type HostCalls struct {
	Capability string
	Result     string
	Total      int64
	Took       time.Duration // together
}

// Numbers are what was counted of a plugin instance.
type Numbers struct {
	Calls         []Calls     // by hook and result
	HostCalls     []HostCalls // by capability and result
	MemoryPeak    int64
	Suspended     bool
	Same, Differs int64 // of its shadow
	// Minutes are those of the last hour, the oldest first; nil if it was never called.
	Minutes []Minute
}

// PluginNumbers gives what was counted of the instance; all zero if nothing was.
func (m *Metrics) PluginNumbers(instance string) Numbers {
	m.mu.RLock()
	defer m.mu.RUnlock()
	var n Numbers
	for k, c := range m.calls.found {
		if k[0] == instance {
			told := Calls{Hook: k[2], Result: k[3], Total: int64(c.total.Get()), Took: time.Duration(c.took.Get()), Fuel: int64(c.fuel.Get())}
			if l := m.latencies.found[key{instance, "", k[2]}]; l != nil {
				told.Half, told.Slowest = l.quantile(0.5), l.quantile(0.99)
			}
			n.Calls = append(n.Calls, told)
		}
	}
	if of := m.minutes.found[key{instance}]; of != nil {
		n.Minutes = of.until(m.now())
	}
	for k, c := range m.hostCalls.found {
		if k[0] == instance {
			n.HostCalls = append(n.HostCalls, HostCalls{Capability: k[2], Result: k[3], Total: int64(c.total.Get()), Took: time.Duration(c.took.Get())})
		}
	}
	for k, p := range m.memory.found {
		if k[0] == instance {
			n.MemoryPeak = max(n.MemoryPeak, int64(p.gauge.Get()))
		}
	}
	if g, ok := m.suspended.found[key{instance}]; ok {
		n.Suspended = g.Get() != 0
	}
	for k, c := range m.shadows.found {
		switch {
		case k[0] == instance && k[2] == same:
			n.Same += int64(c.Get())
		case k[0] == instance && k[2] == differs:
			n.Differs += int64(c.Get())
		}
	}
	slices.SortFunc(n.Calls, func(a, b Calls) int { return cmp.Or(cmp.Compare(a.Hook, b.Hook), cmp.Compare(a.Result, b.Result)) })
	slices.SortFunc(n.HostCalls, func(a, b HostCalls) int {
		return cmp.Or(cmp.Compare(a.Capability, b.Capability), cmp.Compare(a.Result, b.Result))
	})
	return n
}

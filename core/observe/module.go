package observe

import "time"

// load is what is counted of the loads of a module with one result.
type load struct {
	total   counter
	seconds gauge // of the last, whatever its result
}

// pool is the state of a module's instances of WebAssembly.
type pool struct{ idle, busy, waiting gauge }

func (m *Metrics) indexModules() {
	loads := m.family("counter", "postern_plugin_loads_total", "Loads of modules, by how they ended.", "module", "result")
	last := m.family("gauge", "postern_plugin_load_seconds", "How long the last load of a module took.", "module")
	m.loads = newIndex(m, m.modules, func(k key) load { return load{loads.counter(k), last.gauge(k)} })

	idle := m.family("gauge", "postern_plugin_pool_idle", "Sandboxes of a module that wait for a call.", "module")
	busy := m.family("gauge", "postern_plugin_pool_busy", "Sandboxes of a module that are in a call.", "module")
	waiting := m.family("gauge", "postern_plugin_pool_waiting", "Calls that wait for a sandbox of a module.", "module")
	m.pools = newIndex(m, m.modules, func(k key) pool { return pool{idle.gauge(k), busy.gauge(k), waiting.gauge(k)} })
}

// PluginLoad counts one load of a module, "ok" or a word for the reason.
func (m *Metrics) PluginLoad(module, result string, d time.Duration) {
	l := m.loads.of(key{module, result})
	l.total.Inc()
	l.seconds.Set(d.Seconds())
}

// PluginPool notes the state of a module's pool: the sandboxes that were made, those
// of them that are idle, and the calls that wait.
func (m *Metrics) PluginPool(module string, made, idle, waiting int) {
	p := m.pools.of(key{module})
	p.idle.Set(float64(idle))
	p.busy.Set(float64(made - idle))
	p.waiting.Set(float64(waiting))
}

// PluginModuleGone removes the series of a module that is not used any more.
func (m *Metrics) PluginModuleGone(module string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.loads.forget(module)
	m.pools.forget(module)
	m.forget(m.modules, "module", module)
}

package observe_test

import (
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-id/postern/core/observe"
)

func TestPlugin(t *testing.T) {
	m := observe.New(time.Now)
	if got := scrape(t, m).of("postern_plugin"); len(got) > 0 {
		t.Errorf("nothing has happened, and there is %v", got)
	}
	m.PluginCall("scopes-1", "scopes", "scope.policy/v1", "ok", 30*time.Microsecond, 1000)
	m.PluginCall("scopes-1", "scopes", "scope.policy/v1", "ok", 2*time.Millisecond, 500)
	m.PluginCall("scopes-1", "scopes", "scope.policy/v1", "trap", time.Minute, -1)
	m.PluginHostCall("scopes-1", "scopes", "http.fetch", "denied", 40*time.Millisecond)
	m.PluginMemory("scopes-1", "scopes", 4096)
	m.PluginMemory("scopes-1", "scopes", 1024)
	m.PluginSuspended("scopes-1", true)
	m.PluginSuspended("scopes-2", true)
	m.PluginSuspended("scopes-2", false)
	m.PluginGranted("scopes-1", "http.fetch", 3)
	m.PluginGranted("scopes-1", "http.fetch", 2)
	m.PluginShadow("scopes-1", "scope.policy/v1", true)
	m.PluginShadow("scopes-1", "scope.policy/v1", false)
	m.PluginShadow("scopes-1", "scope.policy/v1", false)
	m.PluginEvent("sink", "retried")
	m.PluginEvent("sink", "dropped")
	m.PluginBacklog("sink", 5)
	m.PluginBacklog("sink", 3)
	m.Logout("ok")
	m.Logout("ok")
	m.Logout("dropped")
	m.Mail("ok")
	m.Mail("retried")
	m.Mail("retried")
	m.PluginLoad("sha256:ab", "ok", 1500*time.Millisecond)
	m.PluginLoad("sha256:ab", "invalid", 250*time.Millisecond)
	m.PluginPool("sha256:ab", 4, 1, 7)
	got := scrape(t, m)
	got.has(t, `postern_backchannel_logouts_total{result="ok"}`, 2)
	got.has(t, `postern_backchannel_logouts_total{result="dropped"}`, 1)
	got.has(t, `postern_mails_total{result="ok"}`, 1)
	got.has(t, `postern_mails_total{result="retried"}`, 2)
	at := `{instance="scopes-1",plugin="scopes",hook="scope.policy/v1"`
	got.has(t, "postern_plugin_calls_total"+at+`,result="ok"}`, 2)
	got.has(t, "postern_plugin_calls_total"+at+`,result="trap"}`, 1)
	got.has(t, "postern_plugin_fuel_total"+at+`}`, 1500)
	got.has(t, "postern_plugin_call_seconds_count"+at+`}`, 3)
	got.has(t, "postern_plugin_call_seconds_bucket"+at+`,le="2.5e-05"}`, 0)
	got.has(t, "postern_plugin_call_seconds_bucket"+at+`,le="5e-05"}`, 1)
	got.has(t, "postern_plugin_call_seconds_bucket"+at+`,le="0.0025"}`, 2)
	got.has(t, "postern_plugin_call_seconds_bucket"+at+`,le="30"}`, 2)
	got.has(t, "postern_plugin_call_seconds_bucket"+at+`,le="+Inf"}`, 3)
	if sum := got["postern_plugin_call_seconds_sum"+at+`}`]; math.Abs(sum-60.00203) > 1e-9 {
		t.Errorf("sum %v", sum)
	}
	got.has(t, `postern_plugin_host_calls_total{instance="scopes-1",plugin="scopes",capability="http.fetch",result="denied"}`, 1)
	got.has(t, `postern_plugin_host_call_seconds_bucket{instance="scopes-1",plugin="scopes",capability="http.fetch",le="0.05"}`, 1)
	got.has(t, `postern_plugin_memory_peak_bytes{instance="scopes-1",plugin="scopes"}`, 4096)
	got.has(t, `postern_plugin_suspended{instance="scopes-1"}`, 1)
	got.has(t, `postern_plugin_suspended{instance="scopes-2"}`, 0)
	got.has(t, `postern_plugin_grants{instance="scopes-1",capability="http.fetch"}`, 2)
	got.has(t, `postern_plugin_shadow_total{instance="scopes-1",hook="scope.policy/v1",result="differs"}`, 1)
	got.has(t, `postern_plugin_shadow_total{instance="scopes-1",hook="scope.policy/v1",result="same"}`, 2)
	got.has(t, `postern_plugin_events_total{instance="sink",result="retried"}`, 1)
	got.has(t, `postern_plugin_events_total{instance="sink",result="dropped"}`, 1)
	got.has(t, `postern_plugin_events_waiting{instance="sink"}`, 3)
	got.has(t, `postern_plugin_loads_total{module="sha256:ab",result="ok"}`, 1)
	got.has(t, `postern_plugin_loads_total{module="sha256:ab",result="invalid"}`, 1)
	got.has(t, `postern_plugin_load_seconds{module="sha256:ab"}`, 0.25)
	got.has(t, `postern_plugin_pool_idle{module="sha256:ab"}`, 1)
	got.has(t, `postern_plugin_pool_busy{module="sha256:ab"}`, 3)
	got.has(t, `postern_plugin_pool_waiting{module="sha256:ab"}`, 7)
}

// everything counts one of each for an instance and a module of that name.
func everything(m *observe.Metrics, name string) {
	m.PluginCall(name, "p", "h", "ok", 1, 1)
	m.PluginCall(name, "p", "h", "trap", 1, 1)
	m.PluginHostCall(name, "p", "log", "ok", 1)
	m.PluginMemory(name, "p", 1)
	m.PluginSuspended(name, true)
	m.PluginGranted(name, "kv", 1)
	m.PluginShadow(name, "h", true)
	m.PluginEvent(name, "ok")
	m.PluginBacklog(name, 1)
	m.PluginLoad(name, "ok", 1)
	m.PluginPool(name, 1, 1, 1)
}

// TestGone: an instance that was deleted leaves nothing behind, and nobody else
// loses anything.
func TestGone(t *testing.T) {
	m := observe.New(time.Now)
	names := []string{"a", "ab", "b", `a"`, "a,b"}
	for _, name := range names {
		everything(m, name)
	}
	before := scrape(t, m)
	m.PluginGone("a")
	m.PluginGone("never-there")
	after := scrape(t, m)
	after.without(t, `instance="a"`)
	after.has(t, `postern_plugin_calls_total{instance="ab",plugin="p",hook="h",result="ok"}`, 1)
	after.has(t, `postern_plugin_pool_idle{module="a"}`, 1)
	own := 0
	for series := range before {
		if strings.Contains(series, `instance="a",`) || strings.Contains(series, `instance="a"}`) {
			own++
		}
	}
	if lost := len(before) - len(after); lost != own || own < 10 {
		t.Errorf("%d series are gone, %d were its own", lost, own)
	}
	m.PluginModuleGone("a")
	after = scrape(t, m)
	after.without(t, `module="a"`)
	after.has(t, `postern_plugin_pool_idle{module="ab"}`, 1)

	// It may come back, and begins at nothing.
	everything(m, "a")
	again := scrape(t, m)
	again.has(t, `postern_plugin_calls_total{instance="a",plugin="p",hook="h",result="ok"}`, 1)
	if !slices.Equal(again.names(), before.names()) {
		t.Errorf("got %v, want %v", again.names(), before.names())
	}
}

// TestBounded (140a of the list of refusals): whatever is counted, the number of
// series has a bound, and what is beyond is counted still.
func TestBounded(t *testing.T) {
	m := observe.New(time.Now)
	for i := range 3000 {
		name := fmt.Sprint("instance-", i)
		m.PluginCall(name, fmt.Sprint("plugin-", i), fmt.Sprint("hook-", i), "ok", 1, 1)
		m.PluginEvent(name, "ok")
		m.PluginPool(name, 1, 1, 1)
	}
	got := scrape(t, m)
	for _, family := range []string{"postern_plugin_calls_total", "postern_plugin_call_seconds_count", "postern_plugin_fuel_total", "postern_plugin_events_total", "postern_plugin_pool_idle"} {
		if n := len(got.of(family)); n != 1001 {
			t.Errorf("%d series of %s", n, family)
		}
	}
	got.has(t, `postern_plugin_calls_total{instance="other",plugin="other",hook="other",result="other"}`, 2000)
	got.has(t, `postern_plugin_events_total{instance="other",result="other"}`, 2000)
	got.has(t, `postern_plugin_calls_total{instance="instance-999",plugin="plugin-999",hook="hook-999",result="ok"}`, 1)

	for i := range 10_000 {
		m.PluginCall("instance-1", "plugin-1", "hook-1", fmt.Sprint("result-", i), 1, 1)
		m.PluginHostCall("instance-1", fmt.Sprint(i), fmt.Sprint(i), fmt.Sprint(i), 1)
	}
	got = scrape(t, m)
	if n := len(got.of(`postern_plugin_calls_total{instance="instance-1",`)); n != 201 {
		t.Errorf("%d series of one instance", n)
	}
	if n := len(got.of("postern_plugin_host_call_seconds_count")); n != 201 {
		t.Errorf("%d series of one instance", n)
	}
	got.has(t, `postern_plugin_calls_total{instance="instance-1",plugin="other",hook="other",result="other"}`, 10_000-199)

	// Who goes makes room.
	m.PluginGone("instance-5")
	m.PluginEvent("instance-2500", "ok")
	scrape(t, m).has(t, `postern_plugin_events_total{instance="instance-2500",result="ok"}`, 1)
}

func TestRuntime(t *testing.T) {
	got := scrape(t, observe.New(time.Now))
	for _, series := range []string{
		"go_goroutines", "go_gomaxprocs", "go_memory_bytes", "go_memory_heap_objects_bytes", "go_gc_heap_goal_bytes", "go_allocated_bytes_total", "process_start_time_seconds",
	} {
		if got[series] <= 0 {
			t.Errorf("%s is %v", series, got[series])
		}
	}
	for _, series := range []string{"go_memory_released_bytes", "go_gc_cycles_total", "go_gc_cpu_seconds_total", "go_gc_pause_cpu_seconds_total"} {
		if _, ok := got[series]; !ok {
			t.Errorf("there is no %s", series)
		}
	}
	if build := got.of("postern_build_info{"); len(build) != 1 || !strings.Contains(build[0], `go="go1.`) {
		t.Errorf("%v", build)
	}
}

func TestUptime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := observe.New(time.Now)
		start := float64(time.Now().Unix())
		time.Sleep(90*time.Minute + 250*time.Millisecond)
		got := scrape(t, m)
		got.has(t, "postern_uptime_seconds", 5400.25)
		got.has(t, "process_start_time_seconds", start)
	})
}

func TestHandler(t *testing.T) {
	m := observe.New(time.Now)
	m.PluginEvent("a", "ok")
	for _, tt := range []struct {
		method, path string
		status       int
	}{
		{"GET", "/metrics", http.StatusOK}, {"HEAD", "/metrics", http.StatusOK}, {"POST", "/metrics", http.StatusMethodNotAllowed},
		{"GET", "/", http.StatusNotFound}, {"GET", "/metrics/", http.StatusNotFound}, {"GET", "/debug/vars", http.StatusNotFound},
	} {
		answer := httptest.NewRecorder()
		m.Handler().ServeHTTP(answer, httptest.NewRequest(tt.method, tt.path, nil))
		if answer.Code != tt.status {
			t.Errorf("%s %s: %d", tt.method, tt.path, answer.Code)
		}
		if tt.status != http.StatusOK {
			continue
		}
		if kind := answer.Header().Get("Content-Type"); kind != "text/plain; version=0.0.4; charset=utf-8" {
			t.Errorf("%s", kind)
		}
		parse(t, answer.Body.String()).has(t, `postern_plugin_events_total{instance="a",result="ok"}`, 1)
	}
}

// TestApart: two servers in one process count for themselves.
func TestApart(t *testing.T) {
	a, b := observe.New(time.Now), observe.New(time.Now)
	a.PluginEvent("x", "ok")
	scrape(t, b).without(t, "postern_plugin")
}

// FuzzLabels: whatever a name is, the page keeps its form and the count is one.
func FuzzLabels(f *testing.F) {
	for _, seed := range []string{"", "a", `"`, `\`, "\n", `a",b="c`, "}", "{", "\xff", "\r", strings.Repeat("ü", 200), "other", `\"`, `le="1"`} {
		f.Add(seed, "x")
	}
	f.Fuzz(func(t *testing.T, instance, result string) {
		m := observe.New(time.Now)
		m.PluginCall(instance, result, instance, result, 1, 1)
		m.PluginMemory(instance, result, 1)
		m.PluginLoad(instance, result, 1)
		got := scrape(t, m)
		for _, family := range []string{"postern_plugin_calls_total", "postern_plugin_memory_peak_bytes", "postern_plugin_loads_total"} {
			if n := len(got.of(family)); n != 1 {
				t.Errorf("%d series of %s", n, family)
			}
		}
		m.PluginGone(instance)
		m.PluginModuleGone(instance)
		if left := scrape(t, m).of("postern_plugin"); len(left) > 0 {
			t.Errorf("%v is left", left)
		}
	})
}

func TestConcurrent(t *testing.T) {
	m := observe.New(time.Now)
	var wg sync.WaitGroup
	for worker := range 8 {
		wg.Go(func() {
			for i := range 200 {
				everything(m, fmt.Sprint("i", i%20))
				m.PluginMemory("peak", "p", int64(i*8+worker))
				if i%50 == worker {
					m.PluginGone("gone")
					m.WritePrometheus(&strings.Builder{})
				}
			}
		})
	}
	wg.Wait()
	got := scrape(t, m)
	got.has(t, `postern_plugin_calls_total{instance="i3",plugin="p",hook="h",result="ok"}`, 80)
	got.has(t, `postern_plugin_memory_peak_bytes{instance="peak",plugin="p"}`, 199*8+7)
}

// TestNoAllocation: counting a call costs no memory once its series are there.
func TestNoAllocation(t *testing.T) {
	m := observe.New(time.Now)
	everything(m, "a")
	if n := testing.AllocsPerRun(100, func() { everything(m, "a") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkPluginCall(b *testing.B) {
	m := observe.New(time.Now)
	for i := range 100 {
		everything(m, fmt.Sprint("instance-", i))
	}
	b.ReportAllocs()
	for b.Loop() {
		m.PluginCall("instance-50", "p", "h", "ok", 30*time.Microsecond, 1000)
	}
}

func BenchmarkScrape(b *testing.B) {
	m := observe.New(time.Now)
	for i := range 50 {
		everything(m, fmt.Sprint("instance-", i))
	}
	b.ReportAllocs()
	for b.Loop() {
		m.WritePrometheus(&strings.Builder{})
	}
}

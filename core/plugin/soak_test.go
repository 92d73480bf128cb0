package plugin_test

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/plugin"
	"github.com/postern-id/postern/sdk/hook"
)

// TestSoak loads modules anew under load, other versions, the same bytes and ones that
// are refused, and holds that no call fails and that nothing is left of those that went.
// `go run ./core/cmd/figures soak` does the same for longer.
func TestSoak(t *testing.T) {
	const warm, reloads = 6, 50
	const mappings = 12 // the heap of Go is in mappings too, a few of which come and go
	s, counts := &shelf{}, &tally{}
	refused := guest{manifests: manifestsOf(hook.ClaimsMap, "p"), outputs: []string{`{"sett":{}}`}}.build()
	versions := [][]byte{saying("1"), saying("2"), saying("2"), refused, saying("3")}
	s.install(versions[len(versions)-1], nil)
	h := hostOf(t, s, func(o *plugin.Options) { o.Observer = counts })
	said(t, h)
	var calls, failed atomic.Int64
	reload := func(n int) {
		code := versions[n%len(versions)]
		result := "ok"
		if bytes.Equal(code, refused) {
			result = "refused"
		}
		told := fmt.Sprintf("load %s %s", plugin.Digest(code), result)
		before := counts.of(told)
		s.install(code, func(c *core.PluginConfig) { c.Reload++ })
		eventually(t, told, func() bool {
			_, _, err := h.MapClaims(t.Context(), inputFor("c"))
			return err == nil && counts.of(told) > before
		})
	}
	load := func(rounds int) {
		stop := make(chan struct{})
		var callers sync.WaitGroup
		for range 4 {
			callers.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					calls.Add(1)
					if claims, _, err := h.MapClaims(t.Context(), inputFor("c")); err != nil || len(claims) != 1 {
						failed.Add(1)
					}
				}
			})
		}
		for n := range rounds {
			reload(n)
		}
		close(stop)
		callers.Wait()
	}
	load(warm)
	before := standing(t)
	load(reloads)
	var after footing
	// What goes is closed in the background, and machine code when it is collected.
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); time.Sleep(50 * time.Millisecond) {
		if after = standing(t); after.files <= before.files && after.goroutines <= before.goroutines && after.mappings <= before.mappings+mappings {
			break
		}
	}
	t.Logf("%d calls, before %+v, after %+v", calls.Load(), before, after)
	if failed.Load() != 0 || calls.Load() < reloads {
		t.Errorf("%d of %d calls failed", failed.Load(), calls.Load())
	}
	if after.files > before.files || after.goroutines > before.goroutines || after.mappings > before.mappings+mappings {
		t.Errorf("after %d reloads there are %+v, before there were %+v", reloads, after, before)
	}
}

// footing is what the process has of the system; zero where that does not say.
type footing struct{ files, mappings, goroutines int }

func standing(t *testing.T) footing {
	t.Helper()
	for range 3 {
		runtime.GC() // and what is finalised by one is collected by the next
		time.Sleep(5 * time.Millisecond)
	}
	debug.FreeOSMemory()
	at := footing{goroutines: runtime.NumGoroutine()}
	if files, err := os.ReadDir("/proc/self/fd"); err == nil {
		at.files = len(files)
	}
	if maps, err := os.ReadFile("/proc/self/maps"); err == nil {
		at.mappings = strings.Count(string(maps), "\n")
	}
	return at
}

package plugin

import (
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-id/postern/core/plugin/meter"
	"github.com/tetratelabs/wazero/api"
)

// number is a global of no guest.
type number struct {
	api.MutableGlobal
	value atomic.Uint64
}

func (n *number) Get() uint64      { return n.value.Load() }
func (n *number) Set(value uint64) { n.value.Store(value) }

// worker is a gauge and what stands for its guest.
func worker() (g *gauge, works func(time.Duration)) {
	g = &gauge{fuel: &number{}, depth: &number{}, budget: &number{}, stop: &number{}}
	g.setAlarm()
	return g, func(d time.Duration) {
		for end := time.Now().Add(d); time.Now().Before(end) && g.stop.Get() == 0; time.Sleep(time.Millisecond) {
			g.budget.Set(g.budget.Get() - meter.Slice)
		}
	}
}

// TestClockOfAWorkingGuest holds that a guest which works is told to stop when its time
// is over, also where the host worked for it in between, and not before.
func TestClockOfAWorkingGuest(t *testing.T) {
	for name, break_ := range map[string]time.Duration{"at once": 0, "with a break": time.Hour} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const limit = 200 * time.Millisecond
				g, works := worker()
				g.fill(1<<50, limit)
				works(limit - 30*time.Millisecond)
				g.pause()
				time.Sleep(break_)
				g.resume()
				if g.rung() {
					t.Error("it is told to stop too early")
				}
				begin := time.Now()
				works(time.Hour)
				if took := time.Since(begin); took > 40*time.Millisecond || !g.rung() {
					t.Errorf("it is told to stop after %v more: %v", took, g.rung())
				}
				g.end()
				g.fill(1<<50, limit)
				if g.rung() {
					t.Error("the next call begins with its time over")
				}
				g.end()
			})
		})
	}
}

// TestClockOfAHeldGuest holds that the time does not count in which the machine kept a
// guest from its work, and that what is left of it is still its limit.
func TestClockOfAHeldGuest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const limit = 200 * time.Millisecond
		g, works := worker()
		g.fill(1<<50, limit)
		for range 3 {
			works(limit / 10)
			time.Sleep(time.Minute) // no processor is free
			if g.rung() {
				t.Fatal("it is told to stop although it hardly worked")
			}
		}
		begin := time.Now()
		works(time.Hour)
		if took := time.Since(begin); took > limit || !g.rung() {
			t.Errorf("it is told to stop after %v more: %v", took, g.rung())
		}
		g.end()
	})
}

package plugin

import (
	"math"
	"sync"
	"time"

	"github.com/postern-id/postern/core/plugin/meter"
	"github.com/tetratelabs/wazero/api"
)

// Fuel is counted by the module itself, which core/plugin/meter has rewritten. How
// much a nanosecond of work takes differs by guest and is measured when the module
// is loaded; the bounds keep a guest from making itself rich by samples that
// measure well.
const (
	defaultCPU = 50 * time.Millisecond
	// patience is how many times its limit a guest may work by the clock.
	patience  = 4
	leastRate = 10  // fuel a nanosecond
	mostRate  = 200 // fuel a nanosecond
	// startFuel is for what runs before the rate is known: _initialize and each
	// sample, at most startCPU; instantiateFuel for the start function, which runs
	// before a clock can.
	startFuel       = 20_000_000_000
	startCPU        = 2 * time.Second
	instantiateFuel = 1_000_000_000

	// Host functions cost fuel too, by their work.
	fuelPerHostCall = 200
	fuelPerByte     = 1
)

// gauge is the part of an instance that counts. Its globals are the rewritten
// module's own.
type gauge struct {
	fuel, depth  api.MutableGlobal
	budget, stop api.MutableGlobal // nil unless the module yields
	given        int64

	// The alarm is for yielding modules alone: what cannot be preempted cannot be
	// told to stop. It rings several times in the time that a call has, and the rings
	// count between which the guest took fuel: the clock of a guest that was kept from
	// its work, because the machine has other things to do, stands still.
	mu      sync.Mutex
	alarm   *time.Timer
	running bool
	turn    time.Duration // between two rings
	left    time.Duration // until the next one
	since   time.Time
	rings   int    // that counted
	reserve uint64 // at the last one
}

// mostRings is how many rings end a call.
const mostRings = 8

func newGauge(m api.Module, yields bool) *gauge {
	global := func(name string) api.MutableGlobal { return m.ExportedGlobal(name).(api.MutableGlobal) }
	g := &gauge{fuel: global(meter.FuelGlobal), depth: global(meter.DepthGlobal)}
	if yields {
		g.budget, g.stop = global(meter.BudgetGlobal), global(meter.StopGlobal)
		g.setAlarm()
	}
	return g
}

func (g *gauge) setAlarm() {
	g.alarm = time.AfterFunc(math.MaxInt64, g.ring)
	g.alarm.Stop()
}

// fill gives a call its fuel and, where it can be stopped, its time.
func (g *gauge) fill(fuel int64, limit time.Duration) {
	g.given = fuel
	g.depth.Set(api.EncodeI64(meter.DefaultDepth))
	if g.budget == nil {
		g.fuel.Set(api.EncodeI64(fuel))
		return
	}
	slice, reserve := meter.Options{Yield: true}.Split(fuel)
	g.fuel.Set(api.EncodeI64(slice))
	g.mu.Lock()
	defer g.mu.Unlock()
	g.reserve = api.EncodeI64(reserve)
	g.budget.Set(g.reserve)
	g.stop.Set(0)
	g.rings, g.turn = 0, limit/mostRings
	g.left = g.turn
	g.start()
}

// end stops the clock after a call.
func (g *gauge) end() {
	if g.budget == nil {
		return
	}
	g.pause()
}

// pause stops the clock while the host works for the guest.
func (g *gauge) pause() {
	if g.budget == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.running = false
	g.alarm.Stop()
	g.left -= time.Since(g.since)
}

// resume lets the clock go on.
func (g *gauge) resume() {
	if g.budget == nil {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	g.start()
}

func (g *gauge) start() {
	g.running, g.since = true, time.Now()
	g.alarm.Reset(max(g.left, time.Millisecond))
}

// ring counts, and in the end tells the guest to stop when it takes its next slice of
// fuel. A guest that took none since the last ring did not work for a hundredth of the
// time, whatever it does.
func (g *gauge) ring() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if !g.running || time.Since(g.since) < g.left {
		return
	}
	if reserve := g.budget.Get(); reserve != g.reserve {
		g.reserve = reserve
		g.rings++
	}
	if g.rings >= mostRings {
		g.stop.Set(1)
		return
	}
	g.left = g.turn
	g.start()
}

// rung reports whether the guest was told to end.
func (g *gauge) rung() bool {
	if g.budget == nil {
		return false
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.stop.Get() != 0
}

// remaining is what is left; below zero after the guest ran out.
func (g *gauge) remaining() int64 {
	left := int64(g.fuel.Get())
	if g.budget != nil {
		left += int64(g.budget.Get())
	}
	return left
}

func (g *gauge) used() int64 { return g.given - g.remaining() }

// charge takes fuel for work of the host. The guest notices at its next check.
func (g *gauge) charge(fuel int64) { g.fuel.Set(api.EncodeI64(int64(g.fuel.Get()) - fuel)) }

// spent reports why the guest was ended by the meter; "" if it was not.
func (g *gauge) spent() Reason {
	switch {
	case g.rung():
		return ReasonTime
	case int64(g.fuel.Get()) < 0:
		return ReasonFuel
	case int64(g.depth.Get()) < 0:
		return ReasonStack
	}
	return ""
}

// rate turns the fuel and the time of work into fuel a nanosecond, within bounds.
func rate(fuel int64, spent time.Duration) int64 {
	if spent <= 0 {
		return leastRate
	}
	return min(max(fuel/int64(spent), leastRate), mostRate)
}

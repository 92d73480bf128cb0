package bearer

import (
	"math"
	"strconv"
	"sync"
	"time"
)

// Pace is how often something may be done: once in Every on the average, and AtOnce times
// after a pause.
type Pace struct {
	Every  time.Duration
	AtOnce int
}

func (p Pace) or(otherwise Pace) Pace {
	if p.Every <= 0 || p.AtOnce <= 0 {
		return otherwise
	}
	return p
}

// mostKeys is how many keys a gauge knows: about a megabyte.
const mostKeys = 10_000

// gauge keeps the pace of each key (the generic cell rate algorithm of ITU-T I.371).
type gauge struct {
	pace Pace
	size int

	mu sync.Mutex
	// due is when a key has made up for all it did. What lies in the past is as good as no
	// entry.
	due map[string]time.Time
}

func newGauge(pace Pace) *gauge {
	return &gauge{pace: pace, size: mostKeys, due: map[string]time.Time{}}
}

// wait counts one more, and gives zero; or gives how long to wait until the next may come,
// and counts nothing.
func (g *gauge) wait(key string, now time.Time) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	due, known := g.due[key]
	if due.Before(now) {
		due = now
	}
	due = due.Add(g.pace.Every)
	if wait := due.Sub(now) - g.pace.Every*time.Duration(g.pace.AtOnce); wait > 0 {
		return wait
	}
	if !known && len(g.due) >= g.size {
		g.forget(now)
	}
	g.due[key] = due
	return 0
}

// forget makes room: it drops what counts no more, and else whoever asked the least.
func (g *gauge) forget(now time.Time) {
	var least string
	var earliest time.Time
	for key, due := range g.due {
		if !due.After(now) {
			delete(g.due, key)
			continue
		}
		if least == "" || due.Before(earliest) {
			least, earliest = key, due
		}
	}
	if len(g.due) >= g.size {
		delete(g.due, least)
	}
}

// seconds writes a duration as Retry-After has it, rounded up.
func seconds(d time.Duration) string { return strconv.Itoa(int(math.Ceil(d.Seconds()))) }

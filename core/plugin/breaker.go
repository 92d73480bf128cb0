package plugin

import (
	"sync"
	"time"
)

// Back-off of an instance whose calls end badly again and again.
const (
	breakAfter   = 5 // failures in a row
	firstBreak   = time.Second
	longestBreak = time.Minute
)

// breaker refuses calls of an instance for a while after too many of them ended
// in the sandbox: a guest that traps costs a reset each time, one that runs out of
// fuel all of its time. After the pause one call tries again; if that fails too, the
// next pause is twice as long.
type breaker struct {
	mu       sync.Mutex
	failures int // in a row
	pause    time.Duration
	until    time.Time
	trying   bool // one call is trying whether it works again
}

// allow reports whether a call may run.
func (b *breaker) allow(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.failures < breakAfter:
		return true
	case b.trying || now.Before(b.until):
		return false
	}
	b.trying = true
	return true
}

// note takes the result of a call that was allowed. It reports whether the pause
// began or ended with it.
func (b *breaker) note(bad bool, now time.Time) (changed, suspended bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	was := b.failures >= breakAfter
	b.trying = false
	if !bad {
		b.failures, b.pause = 0, 0
		return was, false
	}
	b.failures++
	if b.failures < breakAfter {
		return false, false
	}
	b.pause = min(max(2*b.pause, firstBreak), longestBreak)
	b.until = now.Add(b.pause)
	return !was, true
}

// skip takes back the leave of a call that never ran.
func (b *breaker) skip() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.trying = false
}

// delay is how long it lasts until a call may try again.
func (b *breaker) delay(now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return max(0, b.until.Sub(now))
}

// isBad reports whether a call that failed so counts towards a pause: what the
// plugin itself says no to is an answer.
func isBad(reason Reason) bool {
	switch reason {
	case ReasonTrap, ReasonExit, ReasonStack, ReasonFuel, ReasonTime, ReasonPointer, ReasonOutputSize, ReasonHostCalls, ReasonMemory:
		return true
	}
	return false
}

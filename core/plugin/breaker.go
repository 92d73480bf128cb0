package plugin

import (
	"sync"
	"time"
)

// Back-off of an instance whose calls end badly again and again.
const (
	breakAfter    = 5 // failures in a row
	breakSubjects = 3 // of at least so many subjects, to refuse everybody
	firstBreak    = time.Second
	longestBreak  = time.Minute
	mostSubjects  = 1000 // that are remembered
)

// pause refuses calls for a while after too many of them failed in a row. After it
// one call tries again; if that fails too, the next pause is twice as long.
type pause struct {
	failures int // in a row
	length   time.Duration
	until    time.Time
	trying   bool // one call is trying whether it works again
}

func (p *pause) open() bool { return p.failures >= breakAfter }

// allows reports whether a call may run.
func (p *pause) allows(now time.Time) bool {
	return !p.open() || !p.trying && !now.Before(p.until)
}

// fail counts a failure, and begins a pause if it is enough.
func (p *pause) fail(enough bool, now time.Time) {
	p.trying = false
	p.failures = min(p.failures+1, breakAfter)
	if !enough && p.length == 0 {
		p.failures = min(p.failures, breakAfter-1)
	}
	if p.open() {
		p.length = min(max(2*p.length, firstBreak), longestBreak)
		p.until = now.Add(p.length)
	}
}

// breaker refuses calls of an instance for a while after too many of them ended in
// the sandbox: a guest that traps costs a reset each time, one that runs out of fuel
// all of its time.
//
// Failures that one subject alone meets pause the calls about that subject. Whoever
// finds out how to make a plugin trap could otherwise keep everybody out.
type breaker struct {
	mu       sync.Mutex
	everyone pause
	failing  map[string]bool // subjects since the last call that went well
	subjects map[string]*pause
}

// allow reports whether a call about the subject may run. An empty subject is one that
// is not known.
func (b *breaker) allow(subject string, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	own := b.subjects[subject]
	if !b.everyone.allows(now) || own != nil && !own.allows(now) {
		return false
	}
	b.everyone.trying = b.everyone.open()
	if own != nil {
		own.trying = own.open()
	}
	return true
}

// note takes the result of a call that was allowed. It reports whether the pause for
// everybody began or ended with it.
func (b *breaker) note(subject string, bad bool, now time.Time) (changed, suspended bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	was := b.everyone.open()
	if !bad {
		b.everyone = pause{}
		clear(b.failing)
		delete(b.subjects, subject)
		return was, false
	}
	if b.failing == nil || len(b.failing) >= mostSubjects {
		b.failing = map[string]bool{}
	}
	b.failing[subject] = true
	b.everyone.fail(len(b.failing) >= breakSubjects, now)
	if subject != "" {
		b.pauseOf(subject).fail(true, now)
	}
	return was != b.everyone.open(), b.everyone.open()
}

func (b *breaker) pauseOf(subject string) *pause {
	own := b.subjects[subject]
	if own == nil {
		if b.subjects == nil || len(b.subjects) >= mostSubjects {
			b.subjects = map[string]*pause{}
		}
		own = &pause{}
		b.subjects[subject] = own
	}
	return own
}

// skip takes back the leave of a call that never ran.
func (b *breaker) skip(subject string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.everyone.trying = false
	if own := b.subjects[subject]; own != nil {
		own.trying = false
	}
}

// delay is how long it lasts until a call may try again.
func (b *breaker) delay(now time.Time) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return max(0, b.everyone.until.Sub(now))
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

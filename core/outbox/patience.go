package outbox

import (
	"context"
	"time"
)

// How long a receiver rests that does not work, and the store after a failure: longer each
// time, up to LongestRest.
const (
	firstRest   = time.Second
	LongestRest = time.Minute
)

// Patience is what is known of a receiver from one round to the next.
type Patience struct {
	Failures int // in a row, since the last rest
	Rests    int // in a row, this round's too if it ends in one
	// Tired says that the receiver does not work: it rests, longer each time until it
	// takes something.
	Tired bool
	// Broken says that the store failed.
	Broken bool
}

// Tire ends the round in a rest.
func (p *Patience) Tire() {
	p.Failures, p.Tired = 0, true
	p.Rests++
}

// Refresh notes that the receiver works, and reports whether it had rested.
func (p *Patience) Refresh() (rested bool) {
	rested = p.Rests > 0
	p.Failures, p.Rests = 0, 0
	return rested
}

// rest is how long the receiver is left alone after a round. What the store does not give
// cannot be tried at once either.
func (p *Patience) rest(random float64) time.Duration {
	switch {
	case p.Tired:
		return Delay(firstRest, LongestRest, p.Rests, random)
	case p.Broken:
		return firstRest
	}
	return 0
}

// Delay doubles with each failure up to the longest, and is up to a quarter shorter, so
// that what failed together does not come again together. random is from 0 to below 1.
func Delay(first, longest time.Duration, failures int, random float64) time.Duration {
	delay := min(first<<min(failures-1, 20), longest)
	return delay - time.Duration(random*float64(delay/4))
}

// Linger is ctx, but ends a while after it.
func Linger(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.NewTimer(grace)
		defer timer.Stop()
		select {
		case <-timer.C:
			cancel()
		case <-longer.Done():
		}
	})
	return longer, func() { stop(); cancel() }
}

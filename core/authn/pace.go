package authn

import (
	"context"
	"sync/atomic"
	"time"
)

// pace keeps a refusal from telling, by the time that it takes, whose password hash was
// made by another program. Comparing with one may take longer than with ours, so as soon as
// one did, no refusal comes earlier than the slowest of them would. Nobody waits in a slot.
type pace struct{ slowest atomic.Int64 } // nanoseconds

// longestPace is more than any hash takes whose costs are accepted, on a machine that has
// nothing else to do; on others the time tells little.
const longestPace = 3 * time.Second

// note remembers how long an attempt took that met a hash of another program.
func (p *pace) note(took time.Duration) {
	took = min(took, longestPace)
	for {
		slowest := p.slowest.Load()
		if int64(took) <= slowest || p.slowest.CompareAndSwap(slowest, int64(took)) {
			return
		}
	}
}

// hold waits until a refusal of an attempt that has taken so long may be given.
func (p *pace) hold(ctx context.Context, took time.Duration) {
	rest := time.Duration(p.slowest.Load()) - took
	if rest <= 0 {
		return
	}
	timer := time.NewTimer(rest)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

package authn

import (
	"context"
	"errors"
	"time"
)

// ErrBusy says that more passwords wait to be hashed than will be done in good
// time. Each takes megabytes and milliseconds, so their number is bounded.
var ErrBusy = errors.New("too many passwords wait to be checked")

// busyRetry is when whoever was sent away should come back.
const busyRetry = 5 * time.Second

// gate lets some in at once, some wait, and nobody else.
type gate struct {
	slots  chan struct{} // holds whoever is in
	places chan struct{} // holds whoever is in or waits
}

func newGate(slots, queue int) *gate {
	return &gate{slots: make(chan struct{}, slots), places: make(chan struct{}, slots+queue)}
}

// enter waits for a slot. Its error is [ErrBusy] or that of ctx; without an error
// leave must be called.
func (g *gate) enter(ctx context.Context) (leave func(), err error) {
	select {
	case g.places <- struct{}{}:
	default:
		return nil, ErrBusy
	}
	select {
	case g.slots <- struct{}{}:
		return func() { <-g.slots; <-g.places }, nil
	case <-ctx.Done():
		<-g.places
		return nil, context.Cause(ctx)
	}
}

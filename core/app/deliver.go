package app

import (
	"context"
	"math/rand/v2"

	"github.com/postern-id/postern/core/audit"
)

// deliver takes audit events to the plugins that are bound to them, in the
// background. end ends it and waits until calls in flight have ended.
func (a *App) deliver(ctx context.Context) (end func(), err error) {
	host, err := a.host()
	if err != nil {
		return nil, err
	}
	deliverer := audit.Deliverer{
		Outbox: a.Store, Sink: host, Observer: a.Metrics, Logger: a.logger, Now: a.now, Rand: rand.Float64,
	}
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		deliverer.Run(ctx)
		close(ended)
	}()
	return func() { cancel(); <-ended }, nil
}

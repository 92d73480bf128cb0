package app

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/audit"
	"github.com/postern-id/postern/core/backchannel"
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
	return background(ctx, deliverer.Run), nil
}

// tellClients tells clients that sessions have ended, in the background. It is for after
// Handler. end ends it and waits until requests in flight have ended.
func (a *App) tellClients(ctx context.Context) (end func(), err error) {
	sender, err := a.outbound()
	if err != nil {
		return nil, err
	}
	deliverer := backchannel.Deliverer{
		Store: a.Store, Tokens: a.tokens, Sender: sender, Observer: a.Metrics, Logger: a.logger, Now: a.now,
		NewID: func(now time.Time) core.ID { return core.NewID(now, a.rand) }, Rand: rand.Float64,
	}
	return background(ctx, deliverer.Run), nil
}

// background runs something beside the caller. end ends its context and waits for it.
func background(ctx context.Context, run func(context.Context)) (end func()) {
	ctx, cancel := context.WithCancel(ctx)
	ended := make(chan struct{})
	go func() {
		run(ctx)
		close(ended)
	}()
	return func() { cancel(); <-ended }
}

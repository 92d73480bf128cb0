package account

import (
	"context"
	"sync"
)

// gate lets one in at a time.
type gate struct {
	once  sync.Once
	place chan struct{}
}

// enter waits until the gate is free, or ctx ends. Without an error leave must be called.
func (g *gate) enter(ctx context.Context) (leave func(), err error) {
	g.once.Do(func() { g.place = make(chan struct{}, 1) })
	select {
	case g.place <- struct{}{}:
		return func() { <-g.place }, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

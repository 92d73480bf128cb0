package plugin

import (
	"context"
	"sync"
	"time"
)

// maxWaiting bounds the callers that wait for an instance.
const maxWaiting = 1024

// pool hands out instances, at most bound of them. The one that was used last is
// handed out first, because its memory is warm; callers that must wait are served
// in the order in which they came.
type pool struct {
	bound int
	wait  time.Duration
	make  func() (*instance, error)

	mu      sync.Mutex
	idle    []*instance
	made    int // idle ones and those handed out
	waiting []chan *instance
	closed  bool
	empty   chan struct{} // closed when the pool is closed and nothing is handed out
}

func newPool(bound int, wait time.Duration, make_ func() (*instance, error)) *pool {
	return &pool{bound: bound, wait: wait, make: make_, empty: make(chan struct{})}
}

// get gives an instance, made if need be. The error is a stop, or ctx's cause.
func (p *pool) get(ctx context.Context) (*instance, error) {
	p.mu.Lock()
	switch {
	case p.closed:
		p.mu.Unlock()
		return nil, errClosed
	case len(p.idle) > 0:
		last := len(p.idle) - 1
		i := p.idle[last]
		p.idle[last] = nil
		p.idle = p.idle[:last]
		p.mu.Unlock()
		return i, nil
	case p.made < p.bound:
		p.made++
		p.mu.Unlock()
		return p.makeOne()
	case len(p.waiting) >= maxWaiting:
		p.mu.Unlock()
		return nil, &stop{ReasonBusy, "too many callers wait for the plugin"}
	}
	turn := make(chan *instance, 1)
	p.waiting = append(p.waiting, turn)
	p.mu.Unlock()
	return p.await(ctx, turn)
}

// await waits for a turn. A nil instance is the leave to make one.
func (p *pool) await(ctx context.Context, turn chan *instance) (*instance, error) {
	timer := time.NewTimer(p.wait)
	defer timer.Stop()
	var gaveUp error
	select {
	case i := <-turn:
		return p.take(i)
	case <-timer.C:
		gaveUp = &stop{ReasonBusy, "no instance became free in time"}
	case <-ctx.Done():
		gaveUp = context.Cause(ctx)
	}
	if p.leave(turn) {
		return nil, gaveUp
	}
	// The turn came in the same moment.
	return p.take(<-turn)
}

func (p *pool) take(i *instance) (*instance, error) {
	if i == nil {
		return p.makeOne()
	}
	return i, nil
}

// leave takes a turn back; false if it was given already.
func (p *pool) leave(turn chan *instance) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for n := range p.waiting {
		if p.waiting[n] == turn {
			p.waiting = append(p.waiting[:n], p.waiting[n+1:]...)
			return true
		}
	}
	return false
}

func (p *pool) makeOne() (*instance, error) {
	i, err := p.make()
	if err != nil {
		p.drop()
		return nil, err
	}
	return i, nil
}

// put gives an instance back that is as new.
func (p *pool) put(i *instance) {
	p.mu.Lock()
	if len(p.waiting) > 0 {
		turn := p.waiting[0]
		p.waiting = p.waiting[1:]
		turn <- i
		p.mu.Unlock()
		return
	}
	if !p.closed {
		p.idle = append(p.idle, i)
		p.mu.Unlock()
		return
	}
	p.mu.Unlock()
	i.close()
	p.drop()
}

// count gives the instances that there are, those not in use, and the calls that
// wait.
func (p *pool) count() (made, idle, waiting int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.made, len(p.idle), len(p.waiting)
}

// adopt takes an instance that was made elsewhere.
func (p *pool) adopt(i *instance) {
	p.mu.Lock()
	p.made++
	p.mu.Unlock()
	p.put(i)
}

// drop notes that one that was handed out is gone. Whoever waits longest may make
// another.
func (p *pool) drop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.waiting) > 0 {
		turn := p.waiting[0]
		p.waiting = p.waiting[1:]
		turn <- nil
		return
	}
	p.made--
	if p.closed && p.made == 0 {
		close(p.empty)
	}
}

// close ends the idle instances and waits for those handed out and for whoever
// waits for one.
func (p *pool) close(ctx context.Context) error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
	} else {
		p.closed = true
		idle := p.idle
		p.idle, p.made = nil, p.made-len(p.idle)
		if p.made == 0 {
			close(p.empty)
		}
		p.mu.Unlock()
		for _, i := range idle {
			i.close()
		}
	}
	select {
	case <-p.empty:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

package audit

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/outbox"
	"github.com/postern-id/postern/sdk/hook"
)

// Outbox keeps what waits for plugins.
type Outbox interface {
	// EventQueues gives the queues that hold something, those that are claimed too.
	EventQueues(context.Context) ([]core.EventQueue, error)
	// ClaimEvents takes at most so many events that are due at now. Nobody else gets
	// them before until.
	ClaimEvents(ctx context.Context, binding core.ID, now, until time.Time, most int) ([]core.Delivery, error)
	// TrimEvents drops the oldest events of each queue that holds more than most.
	TrimEvents(ctx context.Context, most int) ([]core.EventBacklog, error)
	// Apply gets EndDelivery and PutOffDelivery.
	Apply(context.Context, ...core.Change) error
	// Queued gets a value after this process laid out events.
	Queued() <-chan struct{}
}

// Sink calls event.sink/v1 of a plugin instance.
type Sink interface {
	Deliver(ctx context.Context, instance string, event *hook.Event) error
}

// Observer counts what becomes of events.
type Observer interface {
	// PluginEvent is told of each event that was "ok", "retried" or "dropped".
	PluginEvent(instance, result string)
	// PluginBacklog is told how many events wait.
	PluginBacklog(instance string, waiting int)
}

// Results of an event.
const (
	resultOK      = "ok"
	resultRetried = "retried"
	resultDropped = "dropped"
)

// Deliverer delivers. All fields are needed.
type Deliverer struct {
	Outbox   Outbox
	Sink     Sink
	Observer Observer
	Logger   *slog.Logger
	Now      func() time.Time
	Rand     func() float64 // from 0 to below 1
}

// trimEvery is how soon too many events of another process are noticed.
const trimEvery = 15 * time.Second

// mostWaiting is how many events wait for a plugin. The oldest make room.
const mostWaiting = 100_000

// Run delivers until ctx ends. Then it lets the calls in flight end, but not for
// long, gives back what was not delivered, and returns.
func (d *Deliverer) Run(ctx context.Context) {
	var trimming sync.WaitGroup
	trimming.Go(func() { d.trimUntil(ctx) })
	loop := outbox.Loop[destination]{Queues: d.queues, Round: d.round, Queued: d.Outbox.Queued(), Now: d.Now, Rand: d.Rand}
	loop.Run(ctx)
	trimming.Wait()
}

// destination is a plugin as it is bound.
type destination struct {
	binding  core.ID
	instance string
}

func (d *Deliverer) queues(ctx context.Context) ([]outbox.Waiting[destination], error) {
	found, err := d.Outbox.EventQueues(ctx)
	if err != nil {
		if ctx.Err() == nil {
			d.Logger.Error("events for plugins cannot be read", "error", err)
		}
		return nil, err
	}
	waiting := make([]outbox.Waiting[destination], len(found))
	for i, q := range found {
		waiting[i] = outbox.Waiting[destination]{Key: destination{q.Binding, q.Instance}, NextAt: q.NextAt}
	}
	return waiting, nil
}

// trimUntil trims from time to time until ctx ends.
func (d *Deliverer) trimUntil(ctx context.Context) {
	t := &trimmer{Deliverer: d}
	ticker := time.NewTicker(trimEvery)
	defer ticker.Stop()
	for t.trim(ctx); ; {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			t.trim(ctx)
		}
	}
}

// trimmer knows whose backlog the observer knows.
type trimmer struct {
	*Deliverer
	gauged map[string]bool // by instance
}

// trim drops what is too much and tells the observer how much waits.
func (t *trimmer) trim(ctx context.Context) {
	backlogs, err := t.Outbox.TrimEvents(ctx, mostWaiting)
	if err != nil && ctx.Err() == nil {
		t.Logger.Error("events for plugins cannot be counted", "error", err)
	}
	if err != nil && backlogs == nil {
		return
	}
	before := t.gauged
	t.gauged = map[string]bool{}
	for _, b := range backlogs {
		t.gauged[b.Instance] = true
		t.Observer.PluginBacklog(b.Instance, b.Waiting)
		for range b.Dropped {
			t.Observer.PluginEvent(b.Instance, resultDropped)
		}
		if b.Dropped > 0 {
			t.Logger.Warn("events dropped, because too many wait for the plugin", "instance", b.Instance, "dropped", b.Dropped, "waiting", b.Waiting)
		}
	}
	for instance := range before {
		if !t.gauged[instance] {
			t.Observer.PluginBacklog(instance, 0)
		}
	}
}

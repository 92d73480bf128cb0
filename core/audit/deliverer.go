package audit

import (
	"context"
	"log/slog"
	"time"

	"github.com/postern-id/postern/core"
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

// How often it looks.
const (
	// pollEvery is how soon events of another process are noticed.
	pollEvery = 2 * time.Second
	// trimEvery is how soon too many of them are.
	trimEvery = 15 * time.Second
)

// mostWaiting is how many events wait for a plugin. The oldest make room.
const mostWaiting = 100_000

// Run delivers until ctx ends. Then it lets the calls in flight end, but not for
// long, gives back what was not delivered, and returns.
func (d *Deliverer) Run(ctx context.Context) {
	l := &loop{Deliverer: d, queues: map[core.ID]*queue{}, ended: make(chan round), gauged: map[string]bool{}}
	look, trim := time.NewTimer(0), time.NewTicker(trimEvery)
	defer look.Stop()
	defer trim.Stop()
	l.trim(ctx)
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
			continue
		case r := <-l.ended:
			l.note(r)
		case <-d.Outbox.Queued():
		case <-look.C:
		case <-trim.C:
			l.trim(ctx)
			continue
		}
		look.Reset(l.start(ctx))
	}
	for l.running > 0 {
		l.note(<-l.ended)
	}
}

// loop is the state of Run. Rounds run beside it and touch none of it.
type loop struct {
	*Deliverer
	queues  map[core.ID]*queue // that hold something or are at work, by binding
	ended   chan round
	running int
	gauged  map[string]bool // instances whose backlog the observer knows
}

// queue is what is known of one plugin while events wait for it.
type queue struct {
	busy     bool // a round runs: there is never a second one
	failures int  // in a row, since the last rest
	rests    int  // in a row
	until    time.Time
}

// start begins a round for each queue that has something due and does not rest, and
// says when to look again.
func (l *loop) start(ctx context.Context) time.Duration {
	found, err := l.Outbox.EventQueues(ctx)
	if err != nil {
		if ctx.Err() == nil {
			l.Logger.Error("events for plugins cannot be read", "error", err)
		}
		return pollEvery
	}
	now, soonest := l.Now(), pollEvery
	listed := map[core.ID]bool{}
	for _, f := range found {
		listed[f.Binding] = true
		q := l.queues[f.Binding]
		if q == nil {
			q = &queue{}
			l.queues[f.Binding] = q
		}
		if q.busy {
			continue
		}
		if wait := max(f.NextAt.Sub(now), q.until.Sub(now)); wait > 0 {
			soonest = min(soonest, wait)
			continue
		}
		q.busy = true
		l.running++
		r := round{EventQueue: f, failures: q.failures, rests: q.rests}
		go func() { l.ended <- l.deliver(ctx, r) }()
	}
	for binding, q := range l.queues {
		if !listed[binding] && !q.busy {
			delete(l.queues, binding)
		}
	}
	return soonest
}

// note takes what a round found out.
func (l *loop) note(r round) {
	l.running--
	q := l.queues[r.Binding]
	q.busy, q.failures, q.rests, q.until = false, r.failures, r.rests, time.Time{}
	if rest := l.restAfter(r); rest > 0 {
		q.until = l.Now().Add(rest)
	}
	if r.tired && r.rests == 1 {
		l.Logger.Warn("plugin gets no events for a while, because it failed with several in a row", "instance", r.Instance)
	}
}

// trim drops what is too much and tells the observer how much waits.
func (l *loop) trim(ctx context.Context) {
	backlogs, err := l.Outbox.TrimEvents(ctx, mostWaiting)
	if err != nil && ctx.Err() == nil {
		l.Logger.Error("events for plugins cannot be counted", "error", err)
	}
	if err != nil && backlogs == nil {
		return
	}
	before := l.gauged
	l.gauged = map[string]bool{}
	for _, b := range backlogs {
		l.gauged[b.Instance] = true
		l.Observer.PluginBacklog(b.Instance, b.Waiting)
		for range b.Dropped {
			l.Observer.PluginEvent(b.Instance, resultDropped)
		}
		if b.Dropped > 0 {
			l.Logger.Warn("events dropped, because too many wait for the plugin", "instance", b.Instance, "dropped", b.Dropped, "waiting", b.Waiting)
		}
	}
	for instance := range before {
		if !l.gauged[instance] {
			l.Observer.PluginBacklog(instance, 0)
		}
	}
}

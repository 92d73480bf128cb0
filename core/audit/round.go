package audit

import (
	"context"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/outbox"
)

// How long it waits after failures.
//
// An event that failed is put off, longer each time, and others pass it: a plugin
// that cannot do with some events gets the others. With these numbers it is given
// up after a day.
const (
	firstDelay   = time.Second
	longestDelay = time.Hour
	mostFailures = 36
)

// Limits of a batch.
const (
	// batchSize is how many events are claimed at once, and ended at once: each of both
	// takes a commit.
	batchSize = 50
	// batchTime is how long deliveries of a batch are begun. What a server that is
	// killed delivers again is of its last batch.
	batchTime = 5 * time.Second
	// callTime is how long one may take: more than the host lets a plugin wait.
	callTime = 40 * time.Second
	// claimTime is how long others leave a batch alone. If the server is killed, it is
	// how long the events of the batch wait.
	claimTime = time.Minute
	// graceTime is how long a call in flight may take when the server ends.
	graceTime = 5 * time.Second
)

// restAfter is how many failures in a row, whatever the events, show that a plugin is
// down: to try everything that waits would only use up its chances.
const restAfter = 3

// round delivers what is due for one plugin.
func (d *Deliverer) round(ctx context.Context, to destination, known outbox.Patience) outbox.Patience {
	batches := outbox.Batches[core.Delivery]{
		Claim: func(ctx context.Context, now, until time.Time) ([]core.Delivery, error) {
			return d.Outbox.ClaimEvents(ctx, to.binding, now, until, batchSize)
		},
		Deliver: func(ctx context.Context, e *core.Delivery, p *outbox.Patience) []core.Change {
			return []core.Change{d.deliver(ctx, to.instance, e, p)}
		},
		GiveBack: func(e *core.Delivery, now time.Time) []core.Change { return []core.Change{giveBack(e, now)} },
		Apply:    d.Outbox.Apply,
		Complain: func(err error) {
			d.Logger.Error("the queue of a plugin cannot be read or settled: events may be delivered again", "instance", to.instance, "error", err)
		},
		BatchTime: batchTime, ClaimTime: claimTime, Now: d.Now,
	}
	batches.Round(ctx, &known)
	if known.Tired && known.Rests == 1 {
		d.Logger.Warn("plugin gets no events for a while, because it failed with several in a row", "instance", to.instance)
	}
	return known
}

// deliver calls the plugin for one event, and gives what is to be stored of it.
func (d *Deliverer) deliver(ctx context.Context, instance string, e *core.Delivery, p *outbox.Patience) core.Change {
	calls, cancel := outbox.Linger(ctx, graceTime)
	defer cancel()
	err := d.call(calls, instance, e)
	switch {
	case err == nil:
		if p.Refresh() {
			d.Logger.Info("plugin takes events again", "instance", instance)
		}
		d.Observer.PluginEvent(instance, resultOK)
		return core.EndDelivery{ID: e.ID}
	case calls.Err() != nil: // the server ends: that says nothing about the event
		return giveBack(e, d.Now())
	}
	if p.Failures++; p.Failures >= restAfter {
		p.Tire()
	}
	return d.failed(instance, e, err)
}

func (d *Deliverer) call(ctx context.Context, instance string, e *core.Delivery) error {
	ctx, cancel := context.WithTimeout(ctx, callTime)
	defer cancel()
	return d.Sink.Deliver(ctx, instance, message(&e.Event))
}

// failed puts an event off, or gives it up.
func (d *Deliverer) failed(instance string, e *core.Delivery, err error) core.Change {
	failures := e.Failures + 1
	log := d.Logger.With("instance", instance, "event", e.Event.ID, "type", e.Event.Type, "failures", failures, "error", err)
	if failures >= mostFailures {
		d.Observer.PluginEvent(instance, resultDropped)
		log.Warn("event dropped, because the plugin failed with it again and again")
		return core.EndDelivery{ID: e.ID}
	}
	d.Observer.PluginEvent(instance, resultRetried)
	log.Info("event not delivered: it will be tried again")
	return core.PutOffDelivery{ID: e.ID, Failures: failures, NextAt: d.Now().Add(outbox.Delay(firstDelay, longestDelay, failures, d.Rand()))}
}

// giveBack lets go of an event that was claimed and not tried.
func giveBack(e *core.Delivery, now time.Time) core.Change {
	back := core.PutOffDelivery{ID: e.ID, Failures: e.Failures}
	if e.Failures > 0 {
		back.NextAt = now
	}
	return back
}

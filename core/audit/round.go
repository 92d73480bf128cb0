package audit

import (
	"context"
	"time"

	"github.com/postern-id/postern/core"
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

// round is work for one queue: what is due, until nothing is left or the plugin
// shows that it does not work.
type round struct {
	core.EventQueue
	failures int  // in a row, since the last rest
	rests    int  // of the plugin in a row, this round's too if it ended in one
	tired    bool // it failed too often in a row
	broken   bool // the store failed
}

// deliver runs a round and gives what came of it.
func (d *Deliverer) deliver(ctx context.Context, r round) round {
	for ctx.Err() == nil {
		begin := d.Now()
		batch, err := d.Outbox.ClaimEvents(ctx, r.Binding, begin, begin.Add(claimTime), batchSize)
		if err != nil && ctx.Err() == nil {
			d.Logger.Error("events for a plugin cannot be read", "instance", r.Instance, "error", err)
			r.broken = true
		}
		if err != nil || len(batch) == 0 {
			return r
		}
		changes := d.deliverBatch(ctx, &r, batch, begin)
		if err := d.Outbox.Apply(context.WithoutCancel(ctx), changes...); err != nil {
			d.Logger.Error("what became of events for a plugin cannot be stored: they will be delivered again", "instance", r.Instance, "error", err)
			r.broken = true
			return r
		}
		if r.tired {
			return r
		}
	}
	return r
}

// deliverBatch calls the plugin for the events of a batch, and gives what is to be
// stored of each.
func (d *Deliverer) deliverBatch(ctx context.Context, r *round, batch []core.Delivery, begin time.Time) []core.Change {
	calls, cancel := lingering(ctx, graceTime)
	defer cancel()
	changes := make([]core.Change, 0, len(batch))
	for i := range batch {
		e := &batch[i]
		if r.tired || ctx.Err() != nil || d.Now().Sub(begin) > batchTime {
			changes = append(changes, giveBack(e, begin))
			continue
		}
		err := d.call(calls, r.Instance, e)
		switch {
		case err == nil:
			if r.rests > 0 {
				d.Logger.Info("plugin takes events again", "instance", r.Instance)
			}
			r.failures, r.rests = 0, 0
			d.Observer.PluginEvent(r.Instance, resultOK)
			changes = append(changes, core.EndDelivery{ID: e.ID})
		case calls.Err() != nil: // the server ends: that says nothing about the event
			changes = append(changes, giveBack(e, begin))
		default:
			if r.failures++; r.failures >= restAfter {
				r.failures, r.tired = 0, true
				r.rests++
			}
			changes = append(changes, d.failed(r.Instance, e, err))
		}
	}
	return changes
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
	return core.PutOffDelivery{ID: e.ID, Failures: failures, NextAt: d.Now().Add(d.delay(failures, longestDelay))}
}

// giveBack lets go of an event that was claimed and not tried.
func giveBack(e *core.Delivery, now time.Time) core.Change {
	back := core.PutOffDelivery{ID: e.ID, Failures: e.Failures}
	if e.Failures > 0 {
		back.NextAt = now
	}
	return back
}

// lingering is ctx, but ends a while after it.
func lingering(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
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

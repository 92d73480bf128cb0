package store

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

// outbox lays events out for the plugins that are bound to event.sink/v1. All but
// queued is the writer's goroutine's.
//
// Whether a plugin is bound is a question to the transaction itself: another
// process may have bound one a moment ago. While nobody else can write, the
// generation in the database says whether what is remembered still holds, so where
// no plugin is bound this costs one read in each commit and nothing for an event.
type outbox struct {
	generation int64    // of what is remembered; zero before the first
	bindings   []string // to event.sink/v1, as they were committed
	// checked says that bindings hold in this transaction; changed, that the
	// transaction itself may have changed them, so that they are read each time and not
	// remembered.
	checked, changed bool
	added            bool // this transaction laid something out

	queued chan struct{}
}

func newOutbox() *outbox { return &outbox{queued: make(chan struct{}, 1)} }

// begin is called when a transaction begins, also when it begins anew.
func (o *outbox) begin() { o.checked, o.changed, o.added = false, false, false }

// configured is called before the configuration is changed.
func (o *outbox) configured() { o.changed = true }

// committed tells whoever waits.
func (o *outbox) committed() {
	if !o.added {
		return
	}
	o.added = false
	select {
	case o.queued <- struct{}{}:
	default: // was told already
	}
}

// layOut adds the events of a list that was just applied to the queue of each plugin
// that is bound after it.
func (o *outbox) layOut(c *sqlite.Conn, changes []core.Change) error {
	for _, change := range changes {
		recorded, ok := change.(core.Record)
		if !ok || !recorded.Event.GoesToSinks() {
			continue
		}
		bindings, err := o.bound(c)
		if err != nil {
			return err
		}
		for _, binding := range bindings {
			_, err := c.Exec(`INSERT INTO plugin_outbox (binding, event, failures, next_at) VALUES ($1, $2, 0, 0)`, binding, string(recorded.Event.ID))
			if err != nil {
				return err
			}
			o.added = true
		}
	}
	return nil
}

// bound gives the bindings to event.sink/v1 as they are in this transaction.
func (o *outbox) bound(c *sqlite.Conn) ([]string, error) {
	if o.changed {
		return readSinks(c)
	}
	if o.checked {
		return o.bindings, nil
	}
	generation, err := readGeneration(c)
	if err != nil {
		return nil, err
	}
	if generation != o.generation {
		if o.bindings, err = readSinks(c); err != nil {
			return nil, err
		}
		o.generation = generation
	}
	o.checked = true
	return o.bindings, nil
}

// sinks are the bindings whose plugins get events: those of all clients, because
// events are of all.
const sinks = `b.hook = '` + core.HookEvents + `' AND b.client_id IS NULL`

func readSinks(c *sqlite.Conn) ([]string, error) {
	return collect(c, `SELECT b.id FROM plugin_bindings b WHERE `+sinks+` ORDER BY b.id`, func(r *sqlite.Row, id *string) error {
		*id = r.Text()
		return nil
	})
}

// Queued gets a value after this process laid out events. One value may stand for
// many commits, and there is one for one receiver.
func (s *Store) Queued() <-chan struct{} { return s.outbox.queued }

// EventQueues gives the queues that hold something, by instance. Events that are
// claimed are in it, due when the claim ends.
func (s *Store) EventQueues(ctx context.Context) ([]core.EventQueue, error) {
	return list(ctx, s, `SELECT `+generationColumn+`, b.id, b.instance, o.next_at
		FROM plugin_bindings b JOIN plugin_outbox o
		ON o.id = (SELECT f.id FROM plugin_outbox f WHERE f.binding = b.id ORDER BY f.next_at, f.id LIMIT 1)
		WHERE `+sinks+` ORDER BY b.instance`, func(r *sqlite.Row, q *core.EventQueue) error {
		// Another process may have bound the plugin; then it must be known here before
		// it is called.
		s.noteGeneration(r.Int())
		*q = core.EventQueue{Binding: readID(r), Instance: r.Text(), NextAt: readTime(r)}
		return nil
	})
}

// ClaimEvents takes events of a queue that are due at now, at most so many: first
// what was never tried, in the order in which it was recorded, then what is to be
// tried again. Nobody else gets them before until.
func (s *Store) ClaimEvents(ctx context.Context, binding core.ID, now, until time.Time, most int) (claimed []core.Delivery, err error) {
	err = s.writer.do(ctx, &job{work: func(c *sqlite.Conn) (err error) {
		claimed, err = claimEvents(c, binding, now, until, most)
		return err
	}})
	return claimed, explain(s.path, err)
}

func claimEvents(c *sqlite.Conn, binding core.ID, now, until time.Time, most int) ([]core.Delivery, error) {
	claimed, err := collect(c, `UPDATE plugin_outbox SET next_at = $3
		WHERE id IN (SELECT o.id FROM plugin_outbox o WHERE o.binding = $1 AND o.next_at <= $2 ORDER BY o.next_at, o.id LIMIT $4)
		RETURNING id, failures, event`, func(r *sqlite.Row, d *core.Delivery) error {
		*d = core.Delivery{ID: r.Int(), Failures: int(r.Int()), Event: core.Event{ID: readID(r)}}
		return nil
	}, string(binding), millis(now), millis(until), most)
	if err != nil {
		return nil, err
	}
	for i := range claimed {
		d := &claimed[i]
		err := first(c, selectEvent, func(r *sqlite.Row) error { return scanEvent(r, &d.Event) }, string(d.Event.ID))
		if err != nil {
			return nil, err
		}
	}
	// RETURNING has no order.
	slices.SortFunc(claimed, func(a, b core.Delivery) int {
		return cmp.Or(cmp.Compare(min(a.Failures, 1), min(b.Failures, 1)), cmp.Compare(a.ID, b.ID))
	})
	return claimed, nil
}

func endDelivery(c *sqlite.Conn, id int64) error {
	_, err := c.Exec(`DELETE FROM plugin_outbox WHERE id = $1`, id)
	return err
}

func putOffDelivery(c *sqlite.Conn, d core.PutOffDelivery) error {
	_, err := c.Exec(`UPDATE plugin_outbox SET failures = $2, next_at = $3 WHERE id = $1`, d.ID, d.Failures, millis(d.NextAt))
	return err
}

// TrimEvents drops the oldest events of each queue that holds more than most, and
// says what each queue holds then.
func (s *Store) TrimEvents(ctx context.Context, most int) ([]core.EventBacklog, error) {
	backlogs, err := list(ctx, s, `SELECT b.id, b.instance, (SELECT count(*) FROM plugin_outbox o WHERE o.binding = b.id)
		FROM plugin_bindings b WHERE `+sinks+` ORDER BY b.instance`, func(r *sqlite.Row, b *core.EventBacklog) error {
		*b = core.EventBacklog{Binding: readID(r), Instance: r.Text(), Waiting: int(r.Int())}
		return nil
	})
	if err != nil {
		return nil, err
	}
	for i := range backlogs {
		b := &backlogs[i]
		if b.Waiting <= most {
			continue
		}
		b.Dropped, err = s.dropOldest(ctx, b.Binding, b.Waiting-most)
		b.Waiting -= b.Dropped
		if err != nil {
			return backlogs, err
		}
	}
	return backlogs, nil
}

// dropOldest looks for the oldest events beside the writer, which deletes some at a
// time: sign-ins wait for neither.
func (s *Store) dropOldest(ctx context.Context, binding core.ID, excess int) (dropped int, err error) {
	oldest, err := list(ctx, s, `SELECT o.id FROM plugin_outbox o WHERE o.binding = $1 ORDER BY o.id LIMIT $2`, func(r *sqlite.Row, id *int64) error {
		*id = r.Int()
		return nil
	}, string(binding), excess)
	if err != nil {
		return 0, err
	}
	for some := range slices.Chunk(oldest, sweepBatch) {
		deleted := 0
		err := s.writer.do(ctx, &job{work: func(c *sqlite.Conn) error {
			deleted = 0
			for _, id := range some {
				changed, err := c.Exec(`DELETE FROM plugin_outbox WHERE id = $1`, id)
				if err != nil {
					return err
				}
				deleted += int(changed)
			}
			return nil
		}})
		if err != nil {
			return dropped, explain(s.path, err)
		}
		dropped += deleted
	}
	return dropped, nil
}

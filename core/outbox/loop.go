package outbox

import (
	"context"
	"time"
)

// PollEvery is how soon what another process queued is noticed.
const PollEvery = 2 * time.Second

// Waiting is a queue that holds something, claimed or not. NextAt is when the first of it
// is due.
type Waiting[K comparable] struct {
	Key    K
	NextAt time.Time
}

// Loop begins rounds. All fields but MostRounds are needed.
type Loop[K comparable] struct {
	// Queues gives the queues that hold something. It says itself what fails.
	Queues func(context.Context) ([]Waiting[K], error)
	// Round delivers what is due in a queue, until nothing is left or the receiver shows
	// that it does not work, and gives what is known of it then. There is never a second one
	// for the same queue.
	Round func(context.Context, K, Patience) Patience
	// Queued gets a value after this process queued something.
	Queued <-chan struct{}
	// MostRounds run at the same time; 0: any number.
	MostRounds int
	Now        func() time.Time
	Rand       func() float64 // from 0 to below 1
}

// Run begins rounds until ctx ends, and returns when all have ended.
func (l *Loop[K]) Run(ctx context.Context) {
	r := &running[K]{Loop: l, queues: map[K]*queue{}, ended: make(chan result[K])}
	look := time.NewTimer(0)
	defer look.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
			continue
		case done := <-r.ended:
			r.note(done)
		case <-l.Queued:
		case <-look.C:
		}
		look.Reset(r.start(ctx))
	}
	for r.rounds > 0 {
		r.note(<-r.ended)
	}
}

// running is the state of Run. Rounds run beside it and touch none of it.
type running[K comparable] struct {
	*Loop[K]
	queues map[K]*queue // that hold something or are at work
	ended  chan result[K]
	rounds int
}

// queue is what is known of one receiver while something waits for it.
type queue struct {
	busy     bool // a round runs
	patience Patience
	until    time.Time // it rests
}

type result[K comparable] struct {
	key      K
	patience Patience
}

// start begins a round for each queue that has something due and does not rest, and says
// when to look again.
func (r *running[K]) start(ctx context.Context) time.Duration {
	found, err := r.Queues(ctx)
	if err != nil {
		return PollEvery
	}
	now, soonest := r.Now(), PollEvery
	listed := map[K]bool{}
	for _, f := range found {
		listed[f.Key] = true
		q := r.queues[f.Key]
		if q == nil {
			q = &queue{}
			r.queues[f.Key] = q
		}
		wait := max(f.NextAt.Sub(now), q.until.Sub(now))
		switch {
		case q.busy: // its end leads here again
		case wait > 0:
			soonest = min(soonest, wait)
		case r.MostRounds > 0 && r.rounds == r.MostRounds: // the end of one leads here again
		default:
			q.busy = true
			r.rounds++
			known := q.patience
			go func() { r.ended <- result[K]{f.Key, r.Round(ctx, f.Key, known)} }()
		}
	}
	for key, q := range r.queues {
		if !listed[key] && !q.busy {
			delete(r.queues, key)
		}
	}
	return soonest
}

// note takes what a round found out.
func (r *running[K]) note(done result[K]) {
	r.rounds--
	q := r.queues[done.key]
	q.busy, q.until = false, time.Time{}
	if rest := done.patience.rest(r.Rand()); rest > 0 {
		q.until = r.Now().Add(rest)
	}
	done.patience.Tired, done.patience.Broken = false, false
	q.patience = done.patience
}

package outbox

import (
	"context"
	"time"

	"github.com/postern-id/postern/core"
)

// Batches delivers what is due in one queue, some at a time. All fields are needed, but
// Each.
type Batches[T any] struct {
	// Claim takes some of what is due at now. Nobody else gets them before until.
	Claim func(ctx context.Context, now, until time.Time) ([]T, error)
	// Deliver tries one, and gives what is to be stored of it. It says by the Patience
	// whether the receiver works.
	Deliver func(context.Context, *T, *Patience) []core.Change
	// GiveBack lets go of one that was claimed and not tried.
	GiveBack func(item *T, now time.Time) []core.Change
	Apply    func(context.Context, ...core.Change) error
	// Complain says what of the store failed.
	Complain func(what error)
	// BatchTime is how long deliveries of a batch are begun, and ClaimTime how long others
	// leave it alone: longer than that, and than a delivery takes besides.
	BatchTime, ClaimTime time.Duration
	// Each is settled at once, not with its batch.
	Each bool
	Now  func() time.Time
}

// Round delivers until nothing is left or p says that it is no use.
func (b *Batches[T]) Round(ctx context.Context, p *Patience) {
	for ctx.Err() == nil && !p.Tired && !p.Broken {
		begin := b.Now()
		batch, err := b.Claim(ctx, begin, begin.Add(b.ClaimTime))
		if err != nil && ctx.Err() == nil {
			b.Complain(err)
			p.Broken = true
		}
		if err != nil || len(batch) == 0 {
			return
		}
		b.deliver(ctx, batch, begin, p)
	}
}

func (b *Batches[T]) deliver(ctx context.Context, batch []T, begin time.Time, p *Patience) {
	var changes []core.Change
	for i := range batch {
		if p.Tired || ctx.Err() != nil || b.Now().Sub(begin) > b.BatchTime {
			changes = append(changes, b.GiveBack(&batch[i], begin)...)
		} else {
			changes = append(changes, b.Deliver(ctx, &batch[i], p)...)
		}
		if b.Each {
			b.settle(ctx, changes, p)
			changes = nil
		}
	}
	b.settle(ctx, changes, p)
}

// settle stores what became of what was claimed, also when the server ends.
func (b *Batches[T]) settle(ctx context.Context, changes []core.Change, p *Patience) {
	if len(changes) == 0 {
		return
	}
	if err := b.Apply(context.WithoutCancel(ctx), changes...); err != nil {
		b.Complain(err)
		p.Broken = true
	}
}

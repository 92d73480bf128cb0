package backchannel

import (
	"context"
	"log/slog"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/outbound"
	"github.com/postern-id/postern/core/outbox"
)

// Store keeps what waits for clients.
type Store interface {
	// LogoutQueues gives the clients that something waits for, claimed or not.
	LogoutQueues(context.Context) ([]core.LogoutQueue, error)
	// ClaimLogouts takes at most so many notices that are due at now. Nobody else gets
	// them before until.
	ClaimLogouts(ctx context.Context, clientID string, now, until time.Time, most int) ([]core.LogoutNotice, error)
	// LogoutsQueued gets a value after this process ended a session.
	LogoutsQueued() <-chan struct{}
	// Client gives [core.ErrNotFound] for a client that is gone.
	Client(ctx context.Context, id string) (*core.Client, error)
	// Apply gets EndNotice, PutOffNotice and Record.
	Apply(context.Context, ...core.Change) error
}

// Tokens makes logout tokens.
type Tokens interface {
	LogoutToken(client *core.Client, user, session core.ID, now time.Time) (string, error)
}

// Sender sends requests to addresses that anybody may reach. Its errors are of type
// [*outbound.Error].
type Sender interface {
	Do(context.Context, outbound.Request) (*outbound.Response, error)
}

// Observer counts what becomes of notices: "ok", "retried" or "dropped".
type Observer interface{ Logout(result string) }

// Results of a notice.
const (
	resultOK      = "ok"
	resultRetried = "retried"
	resultDropped = "dropped"
)

// Deliverer tells clients. All fields are needed.
type Deliverer struct {
	Store    Store
	Tokens   Tokens
	Sender   Sender
	Observer Observer
	Logger   *slog.Logger
	Now      func() time.Time
	NewID    func(time.Time) core.ID // of audit events
	Rand     func() float64          // from 0 to below 1
}

// mostRounds is how many clients are told at the same time.
const mostRounds = 32

// Run tells clients until ctx ends. Then it lets the requests in flight end, gives back
// what was not sent, and returns.
func (d *Deliverer) Run(ctx context.Context) {
	loop := outbox.Loop[string]{Queues: d.queues, Round: d.round, Queued: d.Store.LogoutsQueued(), MostRounds: mostRounds, Now: d.Now, Rand: d.Rand}
	loop.Run(ctx)
}

// queues gives the clients that something waits for.
func (d *Deliverer) queues(ctx context.Context) ([]outbox.Waiting[string], error) {
	found, err := d.Store.LogoutQueues(ctx)
	if err != nil {
		if ctx.Err() == nil {
			d.Logger.Error("what clients are to be told cannot be read", "error", err)
		}
		return nil, err
	}
	waiting := make([]outbox.Waiting[string], len(found))
	for i, q := range found {
		waiting[i] = outbox.Waiting[string]{Key: q.ClientID, NextAt: q.NextAt}
	}
	return waiting, nil
}

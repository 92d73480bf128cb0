package backchannel

import (
	"context"
	"log/slog"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/outbound"
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

const (
	// pollEvery is how soon sessions that another process ended are noticed.
	pollEvery = 2 * time.Second
	// mostRounds is how many clients are told at the same time.
	mostRounds = 32
)

// Run tells clients until ctx ends. Then it lets the requests in flight end, gives back
// what was not sent, and returns.
func (d *Deliverer) Run(ctx context.Context) {
	l := &loop{Deliverer: d, clients: map[string]*patience{}, ended: make(chan round)}
	look := time.NewTimer(0)
	defer look.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
			continue
		case r := <-l.ended:
			l.note(r)
		case <-d.Store.LogoutsQueued():
		case <-look.C:
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
	clients map[string]*patience // that something waits for
	ended   chan round
	running int
}

// patience is what is known of one client while something waits for it.
type patience struct {
	busy  bool // a round runs: there is never a second one
	rests int  // in a row
	until time.Time
}

// start begins a round for each client that is due and does not rest, and says when to
// look again.
func (l *loop) start(ctx context.Context) time.Duration {
	queues, err := l.Store.LogoutQueues(ctx)
	if err != nil {
		if ctx.Err() == nil {
			l.Logger.Error("what clients are to be told cannot be read", "error", err)
		}
		return pollEvery
	}
	now, soonest := l.Now(), pollEvery
	waiting := map[string]bool{}
	for _, q := range queues {
		waiting[q.ClientID] = true
		p := l.clients[q.ClientID]
		if p == nil {
			p = &patience{}
			l.clients[q.ClientID] = p
		}
		if wait := max(q.NextAt.Sub(now), p.until.Sub(now)); wait > 0 && !p.busy {
			soonest = min(soonest, wait)
			continue
		}
		if p.busy || l.running == mostRounds {
			continue // the end of a round leads here again
		}
		p.busy = true
		l.running++
		r := round{client: q.ClientID, rests: p.rests}
		go func() { l.ended <- l.tell(ctx, r) }()
	}
	for client, p := range l.clients {
		if !waiting[client] && !p.busy {
			delete(l.clients, client)
		}
	}
	return soonest
}

// note takes what a round found out.
func (l *loop) note(r round) {
	l.running--
	p := l.clients[r.client]
	p.busy, p.rests, p.until = false, r.rests, time.Time{}
	switch {
	case r.tired:
		p.until = l.Now().Add(l.delay(r.rests, longestRest))
	case r.broken:
		p.until = l.Now().Add(firstDelay)
	}
}

package backchannel

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/outbound"
	"github.com/postern-id/postern/core/outbox"
)

// How long it waits after failures. A notice that failed is put off, longer each time, and
// others pass it. With these numbers it is given up after a day.
const (
	firstDelay   = time.Second
	longestDelay = time.Hour
	mostFailures = 36
)

// Limits of a batch.
const (
	// batchSize is how many notices are claimed at once, and settled at once.
	batchSize = 20
	// batchTime is how long requests of a batch are begun.
	batchTime = 20 * time.Second
	// requestTime is how long one may take; so long the end of the server waits.
	requestTime = 5 * time.Second
	// claimTime is how long others leave a batch alone. If the server is killed, it is
	// how long the notices of the batch wait.
	claimTime = time.Minute
)

// mostRefusals is how many in a row show that a client does not work: to try everything
// that waits would only use up its chances.
const mostRefusals = 3

// round tells one client what is due.
func (d *Deliverer) round(ctx context.Context, clientID string, known outbox.Patience) outbox.Patience {
	var client *core.Client // as of the batch
	batches := outbox.Batches[core.LogoutNotice]{
		Claim: func(ctx context.Context, now, until time.Time) (batch []core.LogoutNotice, err error) {
			batch, client, err = d.claim(ctx, clientID, now, until)
			return batch, err
		},
		Deliver: func(ctx context.Context, n *core.LogoutNotice, p *outbox.Patience) []core.Change {
			return d.tell(ctx, client, n, p)
		},
		GiveBack: func(n *core.LogoutNotice, now time.Time) []core.Change { return []core.Change{giveBack(n, now)} },
		Apply:    d.Store.Apply,
		Complain: func(err error) {
			d.Logger.Error("what a client is to be told cannot be read or settled: it may be told twice", "client", clientID, "error", err)
		},
		BatchTime: batchTime, ClaimTime: claimTime, Now: d.Now,
	}
	known.Failures = 0 // refusals count within a round
	batches.Round(ctx, &known)
	return known
}

// claim gives what is due with the client as it is now: nothing if that is gone, as its
// notices are then.
func (d *Deliverer) claim(ctx context.Context, clientID string, now, until time.Time) ([]core.LogoutNotice, *core.Client, error) {
	batch, err := d.Store.ClaimLogouts(ctx, clientID, now, until, batchSize)
	if err != nil || len(batch) == 0 {
		return nil, nil, err
	}
	// What is claimed is settled, even if the server ends.
	client, err := d.Store.Client(context.WithoutCancel(ctx), clientID)
	if errors.Is(err, core.ErrNotFound) {
		return nil, nil, nil
	}
	return batch, client, err
}

// tell sends one notice, and gives what is to be stored of it.
func (d *Deliverer) tell(ctx context.Context, client *core.Client, n *core.LogoutNotice, p *outbox.Patience) []core.Change {
	if client.Metadata.BackchannelLogoutURI == "" {
		return []core.Change{core.EndNotice{ID: n.ID}} // it wants to know no more
	}
	err := d.send(ctx, client, n)
	if err == nil {
		p.Refresh()
		d.Observer.Logout(resultOK)
		return []core.Change{core.EndNotice{ID: n.ID}, d.record(core.EventLogoutDelivered, n, nil)}
	}
	if p.Failures++; unreachable(err) || p.Failures >= mostRefusals {
		p.Tire()
	}
	return d.failed(n, err)
}

// refusedError is an answer that says that the client did not take the notice.
type refusedError struct{ status int }

func (e *refusedError) Error() string {
	return fmt.Sprintf("the client answered with status %d", e.status)
}

// unreachable reports whether the client itself is not there: no other notice will
// fare better.
func unreachable(err error) bool {
	_, refused := errors.AsType[*refusedError](err)
	return !refused
}

// send posts a logout token (OpenID Connect Back-Channel Logout 1.0 section 2.5). The
// body has nothing else. Success is 200; section 2.8 wants 204 taken for it as well.
func (d *Deliverer) send(ctx context.Context, client *core.Client, n *core.LogoutNotice) error {
	token, err := d.Tokens.LogoutToken(client, n.UserID, n.SessionID, d.Now())
	if err != nil {
		return err
	}
	answer, err := d.Sender.Do(context.WithoutCancel(ctx), outbound.Request{
		Method: http.MethodPost, URL: client.Metadata.BackchannelLogoutURI,
		Header:  http.Header{"Content-Type": {"application/x-www-form-urlencoded"}},
		Body:    []byte(url.Values{"logout_token": {token}}.Encode()),
		Timeout: requestTime,
	})
	switch {
	case err != nil:
		return err
	case answer.Status < 200 || answer.Status > 299:
		return &refusedError{answer.Status}
	}
	return nil
}

// failed puts a notice off, or gives it up.
func (d *Deliverer) failed(n *core.LogoutNotice, err error) []core.Change {
	failures := n.Failures + 1
	log := d.Logger.With("client", n.ClientID, "session", n.SessionID, "failures", failures, "error", err)
	if failures >= mostFailures {
		d.Observer.Logout(resultDropped)
		log.Warn("a client was not told that a session has ended, because it failed again and again")
		return []core.Change{core.EndNotice{ID: n.ID}, d.record(core.EventLogoutFailed, n, map[string]string{"reason": reason(err)})}
	}
	d.Observer.Logout(resultRetried)
	log.Info("a client did not take that a session has ended: it will be told again")
	return []core.Change{core.PutOffNotice{ID: n.ID, Failures: failures, NextAt: d.Now().Add(outbox.Delay(firstDelay, longestDelay, failures, d.Rand()))}}
}

// reason says in a word why a client was not told.
func reason(err error) string {
	if refused, ok := errors.AsType[*refusedError](err); ok {
		return fmt.Sprintf("status_%d", refused.status)
	}
	if e, ok := errors.AsType[*outbound.Error](err); ok {
		return string(e.Reason)
	}
	return "token" // it could not be made
}

func (d *Deliverer) record(kind core.EventType, n *core.LogoutNotice, detail map[string]string) core.Change {
	now := d.Now()
	return core.Record{Event: core.Event{
		ID: d.NewID(now), At: now, Type: kind, Actor: "server", UserID: n.UserID, ClientID: n.ClientID, SessionID: n.SessionID, Detail: detail,
	}}
}

// giveBack lets go of a notice that was claimed and not tried.
func giveBack(n *core.LogoutNotice, now time.Time) core.Change {
	back := core.PutOffNotice{ID: n.ID, Failures: n.Failures}
	if n.Failures > 0 {
		back.NextAt = now
	}
	return back
}

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

// round is work for one client: what is due, until nothing is left or the client
// shows that it does not work.
type round struct {
	client   string
	refusals int  // in a row
	rests    int  // of the client in a row, this round's too if it ended in one
	tired    bool // the client is down
	broken   bool // the store failed
}

// tell runs a round and gives what came of it.
func (d *Deliverer) tell(ctx context.Context, r round) round {
	for ctx.Err() == nil && !r.tired && !r.broken {
		begin := d.Now()
		batch, err := d.Store.ClaimLogouts(ctx, r.client, begin, begin.Add(claimTime), batchSize)
		if err == nil && len(batch) == 0 {
			return r
		}
		// What is claimed is settled, even if the server ends.
		settled := context.WithoutCancel(ctx)
		var client *core.Client
		if err == nil {
			client, err = d.Store.Client(settled, r.client)
		}
		if errors.Is(err, core.ErrNotFound) {
			return r // its notices are gone with it
		}
		if err == nil {
			err = d.Store.Apply(settled, d.tellBatch(ctx, &r, client, batch, begin)...)
		}
		if err != nil && ctx.Err() == nil {
			d.Logger.Error("what a client is to be told cannot be read or settled: it may be told twice", "client", r.client, "error", err)
		}
		r.broken = err != nil
	}
	return r
}

// tellBatch sends the notices of a batch, and gives what is to be stored of each.
func (d *Deliverer) tellBatch(ctx context.Context, r *round, client *core.Client, batch []core.LogoutNotice, begin time.Time) []core.Change {
	var changes []core.Change
	for i := range batch {
		n := &batch[i]
		if client.Metadata.BackchannelLogoutURI == "" {
			changes = append(changes, core.EndNotice{ID: n.ID}) // it wants to know no more
			continue
		}
		if r.tired || ctx.Err() != nil || d.Now().Sub(begin) > batchTime {
			changes = append(changes, giveBack(n, begin))
			continue
		}
		err := d.send(ctx, client, n)
		if err == nil {
			r.refusals, r.rests = 0, 0
			d.Observer.Logout(resultOK)
			changes = append(changes, core.EndNotice{ID: n.ID}, d.record(core.EventLogoutDelivered, n, nil))
			continue
		}
		r.refusals++
		if unreachable(err) || r.refusals >= mostRefusals {
			r.tired = true
			r.rests++
		}
		changes = append(changes, d.failed(n, err)...)
	}
	return changes
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
	return []core.Change{core.PutOffNotice{ID: n.ID, Failures: failures, NextAt: d.Now().Add(d.delay(failures, longestDelay))}}
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

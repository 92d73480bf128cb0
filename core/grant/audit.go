package grant

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

// refuse applies what a refusal brings about, with its audit event. A client that
// hangs up cannot keep its family from being revoked. Somebody who sends an assertion
// of the client once more can: they have not proved to be it.
func (e *Endpoint) refuse(ctx context.Context, c *call, correlation string, r ruling) *oauth.Error {
	r.event = cmp.Or(r.event, core.EventTokenRefused)
	if r.policy != "" {
		r.refusal.Cause = fmt.Errorf("scope policy: %q", r.policy)
	}
	changes := slices.Concat(c.once, r.changes)
	if !r.quiet {
		changes = append(changes, e.record(c, correlation, r))
	}
	err := e.Store.Apply(context.WithoutCancel(ctx), changes...)
	if Replayed(err) {
		return e.refuseReplay(ctx, c, correlation)
	}
	if err != nil {
		r.refusal.Cause = errors.Join(r.refusal.Cause, err)
	}
	return r.refusal
}

func (e *Endpoint) refuseReplay(ctx context.Context, c *call, correlation string) *oauth.Error {
	c.once = nil
	return e.refuse(ctx, c, correlation, ruling{refusal: replayed()})
}

func (e *Endpoint) record(c *call, correlation string, r ruling) core.Record {
	event := core.Event{
		ID: core.NewID(c.now, e.Rand), At: c.now, Type: r.event, IP: c.ip, Correlation: correlation, Detail: r.detail,
	}
	if named := cmp.Or(c.client, c.claimed); named != nil {
		event.ClientID = named.ID
	}
	if r.about != nil {
		event.UserID, event.SessionID, event.GrantID = r.about.User.ID, r.about.Grant.SessionID, r.about.Grant.ID
	}
	if r.refusal != nil {
		event.Detail = map[string]string{"reason": r.refusal.Reason}
	}
	if r.policy != "" {
		event.Detail["policy"] = r.policy
	}
	return core.Record{Event: event}
}

// invalidGrant has one description for every reason but those that tell a
// client's developer what to mend: the rest concerns the operator alone.
func invalidGrant(reason string) *oauth.Error {
	return oauth.Refuse(oauth.CodeInvalidGrant, reason, "The code or refresh token is not valid. It may have expired, been used or been revoked.")
}

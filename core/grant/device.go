package grant

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/core/token"
)

// device exchanges a device code (RFC 8628 section 3.4).
func (e *Endpoint) device(ctx context.Context, c *call) ruling {
	text := c.params.Get(oauth.ParamDeviceCode)
	if text == "" {
		return ruling{refusal: oauth.Refuse(oauth.CodeInvalidRequest, "no_device_code", "The parameter device_code is missing.")}
	}
	credential, ok := core.ParseCredential(core.KindDeviceCode, text)
	if !ok {
		return ruling{refusal: invalidGrant("malformed_device_code")}
	}
	g, err := e.Store.DeviceGrant(ctx, credential.ID)
	switch {
	case errors.Is(err, core.ErrNotFound):
		return ruling{refusal: invalidGrant("unknown_device_code")}
	case err != nil:
		return ruling{refusal: oauth.Failed(err)}
	}
	if rule := judgeDevice(g, c.client, credential.Hash(), c.now); rule.refusal != nil {
		return rule
	}
	return e.redeemDevice(ctx, c, g)
}

// early is how much too early a program may ask: its clock and the way here are not
// exact.
const early = time.Second

// judgeDevice decides whether a device code that exists may be redeemed (RFC 8628 section
// 3.5).
//
// As with authorization codes, whoever does not know the secret, and any other client than
// its own, learns and changes nothing.
func judgeDevice(g *core.DeviceGrant, client *core.Client, presented core.Hash, now time.Time) ruling {
	switch {
	case !g.Hash.Matches(presented):
		return ruling{refusal: invalidGrant("unknown_device_code")}
	case g.ClientID != client.ID:
		return ruling{refusal: invalidGrant("device_code_of_other_client")}
	case !now.Before(g.ExpiresAt):
		return ruling{refusal: oauth.Refuse(oauth.CodeExpiredToken, "device_code_expired", "The device code has expired. Ask for another one.")}
	case g.State == core.DeviceDenied:
		return ruling{refusal: oauth.Refuse(oauth.CodeAccessDenied, "device_denied", "The person did not allow it.")}
	case g.State == core.DeviceApproved:
		return ruling{}
	case now.Sub(g.PolledAt) < g.Interval-early:
		slower := core.PollDeviceGrant{ID: g.ID, At: now, Interval: g.Interval + oauth.SlowDown}
		refusal := oauth.Refuse(oauth.CodeSlowDown, "polled_too_fast", "Wait longer between two requests: 5 seconds more than before.")
		return ruling{refusal: refusal, changes: []core.Change{slower}, quiet: true}
	}
	waited := core.PollDeviceGrant{ID: g.ID, At: now, Interval: g.Interval}
	refusal := oauth.Refuse(oauth.CodeAuthorizationPending, "device_pending", "The person has not answered yet.")
	return ruling{refusal: refusal, changes: []core.Change{waited}, quiet: true}
}

// redeemDevice makes the grant of what the person allowed. It hangs on the session that
// they allowed it in, and is as good as it: whoever was disabled since, or signed out,
// gives nothing any more.
func (e *Endpoint) redeemDevice(ctx context.Context, c *call, g *core.DeviceGrant) ruling {
	in, err := e.Store.SignedIn(ctx, g.SessionID)
	switch {
	case errors.Is(err, core.ErrNotFound):
		return ruling{refusal: invalidGrant("session_unknown")}
	case err != nil:
		return ruling{refusal: oauth.Failed(err)}
	case in.User.ID != g.UserID || !in.Session.Live(c.now):
		return ruling{refusal: invalidGrant("session_ended")}
	}
	a := e.deviceGrant(c, in)
	if reason := token.Barred(a, c.client); reason != "" {
		return ruling{about: a, refusal: invalidGrant(reason)}
	}
	// What the administrator took from the client since is gone.
	a.Grant.Scopes, err = e.administering(ctx, &in.User, oauth.CutScopes(g.GrantedScopes, c.client.Scopes))
	switch {
	case err != nil:
		return ruling{about: a, refusal: oauth.Failed(err)}
	case len(a.Grant.Scopes) == 0:
		return ruling{about: a, refusal: nothingLeft()}
	}
	return ruling{
		about:   a,
		event:   core.EventTokenIssued,
		detail:  map[string]string{"grant_type": core.GrantDevice, "scopes": oauth.FormatScope(a.Grant.Scopes)},
		changes: []core.Change{core.FinishDeviceGrant{ID: g.ID}, core.IssueCode{Grant: a.Grant}},
		order:   token.Order{Now: c.now, Scopes: a.Grant.Scopes},
	}
}

// defaultFamily is how long refresh tokens live where nothing is said.
const defaultFamily = 30 * 24 * time.Hour

// deviceGrant is a grant without a code, of the session that the person allowed it in.
func (e *Endpoint) deviceGrant(c *call, in *core.SignedIn) *core.Authorized {
	s, family := &in.Session, defaultFamily
	for _, given := range []time.Duration{e.Family, c.client.RefreshTTL} {
		if given > 0 {
			family = given
		}
	}
	grant := core.Grant{
		ID: core.NewID(c.now, e.Rand), ClientID: c.client.ID, UserID: s.UserID, SessionID: s.ID,
		AuthTime: s.AuthTime, AMR: s.AMR, ACR: s.ACR, CreatedAt: c.now, ExpiresAt: c.now.Add(family),
	}
	if s.Upstream != nil {
		grant.Upstream = &core.Upstream{Connector: s.Upstream.Connector, Claims: s.Upstream.Claims}
	}
	return &core.Authorized{Grant: grant, Client: c.client, User: in.User, Org: in.Org}
}

// administering leaves out the scope of administration for who has no role any more.
func (e *Endpoint) administering(ctx context.Context, user *core.User, scopes []string) ([]string, error) {
	if !slices.Contains(scopes, core.ScopeAdministration) || user.Admin {
		return scopes, nil
	}
	roles, err := e.Store.Roles(ctx, user.ID)
	if err != nil || len(roles) > 0 {
		return scopes, err
	}
	return slices.DeleteFunc(slices.Clone(scopes), func(scope string) bool { return scope == core.ScopeAdministration }), nil
}

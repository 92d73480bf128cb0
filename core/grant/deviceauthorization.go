package grant

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

const (
	// deviceTime is how long a person has to type the code and to sign in.
	deviceTime = 10 * time.Minute
	// deviceInterval is how long a program waits between two requests (RFC 8628 section
	// 3.2).
	deviceInterval = 5 * time.Second
	// userCodes are tried until one is nobody's. Of the 25 billion that there are a few
	// thousand are in use at most.
	userCodes = 3
	// maxAgent is of what a program calls itself.
	maxAgent = 256
)

// DeviceRequests bounds how many device authorizations are asked for from one address by
// clients that anybody can pass for.
type DeviceRequests interface {
	// Wait is how long the address has to wait; zero: it need not.
	Wait(ctx context.Context, ip string) (time.Duration, error)
	// Asked counts one more.
	Asked(ip string) core.Change
}

// AuthorizeDevice answers a device authorization request (RFC 8628 section 3.1). The
// client proves who it is as at the token endpoint.
func (e *Endpoint) AuthorizeDevice(ctx context.Context, r Request) (oauth.DeviceAuthorization, *oauth.Error) {
	c := &call{params: r.Params, ip: r.IP, agent: r.UserAgent, now: e.Now()}
	scopes, refusal := e.admitDevice(ctx, c, r.Authorization)
	if refusal != nil {
		return oauth.DeviceAuthorization{}, e.refuse(ctx, c, r.Correlation, ruling{refusal: refusal})
	}
	for range userCodes {
		made, err := e.beginDevice(ctx, c, r.Correlation, scopes)
		switch {
		case err == nil:
			return made, nil
		case Replayed(err):
			return made, e.refuseReplay(ctx, c, r.Correlation)
		case !errors.Is(err, core.ErrConflict):
			return made, e.refuse(ctx, c, r.Correlation, ruling{refusal: oauth.Failed(err)})
		}
	}
	return oauth.DeviceAuthorization{}, e.refuse(ctx, c, r.Correlation, ruling{refusal: oauth.Failed(errors.New("grant: every user code is taken"))})
}

// admitDevice finds out which client speaks, whether it may have its people come so, and
// for which scopes.
func (e *Endpoint) admitDevice(ctx context.Context, c *call, authorization string) ([]string, *oauth.Error) {
	who, refusal := Authenticator{e.Store, e.Assertions}.Authenticate(ctx, authorization, c.params)
	c.claimed = who.Claimed
	if refusal != nil {
		return nil, refusal
	}
	c.client, c.once = who.Client, who.Once
	if !slices.Contains(c.client.GrantTypes, core.GrantDevice) {
		return nil, oauth.Refuse(oauth.CodeUnauthorizedClient, "grant_type_not_registered", "The client may not use the device flow.")
	}
	if refusal := e.awaitTurn(ctx, c); refusal != nil {
		return nil, refusal
	}
	return deviceScopes(c)
}

// awaitTurn slows down who begins one device authorization after the other. Whoever proved
// to be its client is known to the operator.
func (e *Endpoint) awaitTurn(ctx context.Context, c *call) *oauth.Error {
	if e.DeviceRequests == nil || !c.client.Public() {
		return nil
	}
	wait, err := e.DeviceRequests.Wait(ctx, c.ip)
	switch {
	case err != nil:
		return oauth.Failed(err)
	case wait > 0:
		refusal := oauth.Refuse(oauth.CodeTemporarilyUnavailable, "device_requests_throttled", "There are too many requests from this address. Try again later.")
		refusal.Status = http.StatusTooManyRequests
		return refusal
	}
	return nil
}

// deviceScopes are those that the person will be asked for, cut to what the client may
// have as at the authorization endpoint.
func deviceScopes(c *call) ([]string, *oauth.Error) {
	asked, refusal := oauth.ParseScope(c.params.Get("scope"))
	switch {
	case refusal != nil:
		return nil, refusal
	case len(asked) == 0:
		return nil, oauth.Refuse(oauth.CodeInvalidScope, "scope_missing", "The scope is missing.")
	}
	scopes := oauth.CutScopes(asked, c.client.Scopes)
	if !slices.Contains(c.client.GrantTypes, core.GrantRefreshToken) {
		scopes = slices.DeleteFunc(scopes, func(scope string) bool { return scope == oauth.ScopeOfflineAccess })
	}
	if len(scopes) == 0 {
		return nil, oauth.Refuse(oauth.CodeInvalidScope, "scope_unregistered", "The application may have none of these scopes.")
	}
	return scopes, nil
}

// beginDevice makes the two codes and stores them.
func (e *Endpoint) beginDevice(ctx context.Context, c *call, correlation string, scopes []string) (oauth.DeviceAuthorization, error) {
	user, err := oauth.NewUserCode(e.Rand)
	if err != nil {
		return oauth.DeviceAuthorization{}, err
	}
	code := core.NewCredential(core.KindDeviceCode, core.NewID(c.now, e.Rand), e.Rand)
	changes := append(slices.Clone(c.once), core.AddDeviceGrant{Grant: core.DeviceGrant{
		ID: code.ID, Hash: code.Hash(), UserCode: core.HashSecret(user), ClientID: c.client.ID, Scopes: scopes, State: core.DevicePending,
		IP: c.ip, UserAgent: strings.ToValidUTF8(c.agent[:min(len(c.agent), maxAgent)], ""), Interval: deviceInterval, CreatedAt: c.now, ExpiresAt: c.now.Add(deviceTime),
	}})
	if e.DeviceRequests != nil && c.client.Public() {
		changes = append(changes, e.DeviceRequests.Asked(c.ip))
	}
	changes = append(changes, e.record(c, correlation, ruling{
		event: core.EventDeviceAsked, detail: map[string]string{"scopes": oauth.FormatScope(scopes)},
	}))
	if err := e.Store.Apply(ctx, changes...); err != nil {
		return oauth.DeviceAuthorization{}, err
	}
	return oauth.DeviceAuthorization{DeviceCode: code.String(), UserCode: user, ExpiresIn: deviceTime, Interval: deviceInterval}, nil
}

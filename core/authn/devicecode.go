package authn

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/postern-id/postern/core"
)

// DeviceStore is what [DeviceCodes] read and write.
type DeviceStore interface {
	Failures(ctx context.Context, keys ...string) ([]core.Failures, error)
	DeviceGrantByCode(ctx context.Context, code core.Hash) (*core.DeviceGrant, error)
	Apply(ctx context.Context, changes ...core.Change) error
}

// DeviceCodes finds the device authorization whose code a person types, and slows down who
// guesses (RFC 8628 section 5.1), or begins one after the other. The codes are short, so
// neither their number nor the number of tries may grow.
type DeviceCodes struct {
	Store DeviceStore
	Now   func() time.Time
	Rand  io.Reader

	turns turns // of whoever types codes
}

// deviceCodeLimit leaves about a hundred guesses a day to one account; there are 25
// billion codes.
func deviceCodeLimit() limit {
	return limit{Free: 10, First: time.Second, Longest: 15 * time.Minute, Window: 24 * time.Hour}
}

// Reasons why a code leads nowhere, for the audit log.
const (
	reasonDeviceUnknown = "device_code_unknown"
	reasonDeviceOver    = "device_code_over"
	reasonDeviceSlow    = "device_code_throttled"
)

// Find gives the device authorization of a user code, which waits for a person. Event says
// who types it. An error that is a *[core.SignInRefused] was recorded already, any other
// is a failure of the server.
//
// A code that is right is no reason to forget those that were wrong: whoever has a device
// of their own could try those of others forever.
func (d *DeviceCodes) Find(ctx context.Context, code core.Hash, event core.Event) (*core.DeviceGrant, error) {
	account, address := "device:"+string(event.UserID), "device-"+addressKey(event.IP)
	if !d.turns.take(account) {
		return nil, d.refuse(ctx, event, reasonBusy, core.SignInRefused{Kind: core.SignInBusy, RetryAfter: busyRetry})
	}
	defer d.turns.giveBack(account)
	now := d.Now()
	counts, err := d.Store.Failures(ctx, account, address)
	if err != nil {
		return nil, fmt.Errorf("read wrong codes: %w", err)
	}
	if wait := max(deviceCodeLimit().waitFor(account, counts, now), addressLimit().waitFor(address, counts, now)); wait > 0 {
		return nil, d.refuse(ctx, event, reasonDeviceSlow, core.SignInRefused{Kind: core.SignInThrottled, RetryAfter: wait})
	}
	found, err := d.Store.DeviceGrantByCode(ctx, code)
	reason := reasonDeviceUnknown
	switch {
	case err != nil && !errors.Is(err, core.ErrNotFound):
		return nil, fmt.Errorf("read the device authorization: %w", err)
	case err == nil && found.State == core.DevicePending && now.Before(found.ExpiresAt):
		return found, nil
	case err == nil:
		reason, event.ClientID = reasonDeviceOver, found.ClientID
	}
	return nil, d.refuse(ctx, event, reason, core.SignInRefused{Kind: core.SignInWrong},
		core.CountFailure{Keys: []string{account}, At: now, Window: deviceCodeLimit().Window},
		core.CountFailure{Keys: []string{address}, At: now, Window: addressLimit().Window})
}

func (d *DeviceCodes) refuse(ctx context.Context, event core.Event, reason string, refused core.SignInRefused, changes ...core.Change) error {
	event.ID, event.At, event.Type = core.NewID(d.Now(), d.Rand), d.Now(), core.EventStepRefused
	event.Detail = map[string]string{"reason": reason}
	if err := d.Store.Apply(context.WithoutCancel(ctx), append(changes, core.Record{Event: event})...); err != nil {
		return fmt.Errorf("record a refused code: %w", err)
	}
	return &refused
}

func askedKey(ip string) string { return "device-asked-" + addressKey(ip) }

// Wait is how long the address waits before it may begin another device authorization;
// zero: it need not.
func (d *DeviceCodes) Wait(ctx context.Context, ip string) (time.Duration, error) {
	key := askedKey(ip)
	counts, err := d.Store.Failures(ctx, key)
	if err != nil {
		return 0, fmt.Errorf("read device authorizations: %w", err)
	}
	return addressLimit().waitFor(key, counts, d.Now()), nil
}

// Asked counts a device authorization that was begun.
func (d *DeviceCodes) Asked(ip string) core.Change {
	return core.CountFailure{Keys: []string{askedKey(ip)}, At: d.Now(), Window: addressLimit().Window}
}

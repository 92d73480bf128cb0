package authn_test

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/authn"
)

// codes has one device authorization, and counts as the store does.
type codes struct {
	mu     sync.Mutex
	now    time.Time
	grant  core.DeviceGrant
	counts map[string]core.Failures
	events []core.Event
	broken error
	reads  int
}

func (c *codes) Failures(_ context.Context, keys ...string) (all []core.Failures, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, key := range keys {
		if f, counted := c.counts[key]; counted {
			all = append(all, f)
		}
	}
	return all, c.broken
}

func (c *codes) DeviceGrantByCode(_ context.Context, code core.Hash) (*core.DeviceGrant, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.reads++
	if code != c.grant.UserCode {
		return nil, core.ErrNotFound
	}
	found := c.grant
	return &found, nil
}

func (c *codes) Apply(_ context.Context, changes ...core.Change) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, change := range changes {
		switch change := change.(type) {
		case core.CountFailure:
			for _, key := range change.Keys {
				c.counts[key] = core.Failures{Key: key, Count: c.counts[key].Count + 1, LastAt: change.At}
			}
		case core.Record:
			c.events = append(c.events, change.Event)
		}
	}
	return c.broken
}

var right, wrong = core.HashSecret("WDJBMJHT"), core.HashSecret("WDJBMJHV")

func newCodes() (*authn.DeviceCodes, *codes) {
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	c := &codes{now: now, counts: map[string]core.Failures{}, grant: core.DeviceGrant{
		ID: "g", UserCode: right, ClientID: "tv", State: core.DevicePending, ExpiresAt: now.Add(10 * time.Minute),
	}}
	return &authn.DeviceCodes{Store: c, Now: func() time.Time { return c.now }, Rand: rand.Reader}, c
}

func by(user, ip string) core.Event { return core.Event{UserID: core.ID(user), IP: ip} }

func refusedAs(err error) core.SignInRefusal {
	if refused, ok := errors.AsType[*core.SignInRefused](err); ok {
		return refused.Kind
	}
	return ""
}

func TestACodeIsFound(t *testing.T) {
	d, c := newCodes()
	found, err := d.Find(t.Context(), right, by("ann", "192.0.2.7"))
	if err != nil || found.ID != "g" || len(c.events)+len(c.counts) != 0 {
		t.Errorf("%+v, %v, %v, %v", found, err, c.events, c.counts)
	}
}

func TestACodeThatIsOver(t *testing.T) {
	for name, spoil := range map[string]func(c *codes){
		"expired":  func(c *codes) { c.now = c.grant.ExpiresAt },
		"approved": func(c *codes) { c.grant.State = core.DeviceApproved },
		"denied":   func(c *codes) { c.grant.State = core.DeviceDenied },
	} {
		d, c := newCodes()
		spoil(c)
		if found, err := d.Find(t.Context(), right, by("ann", "192.0.2.7")); refusedAs(err) != core.SignInWrong || found != nil {
			t.Errorf("%s: %v", name, err)
		}
		if len(c.events) != 1 || c.events[0].Detail["reason"] != "device_code_over" || c.events[0].UserID != "ann" {
			t.Errorf("%s: %+v", name, c.events)
		}
	}
}

func TestWhoGuessesCodesWaits(t *testing.T) {
	d, c := newCodes()
	for range 10 {
		if _, err := d.Find(t.Context(), wrong, by("ann", "192.0.2.7")); refusedAs(err) != core.SignInWrong {
			t.Fatal(err)
		}
	}
	reads := c.reads
	// Neither a right code nor another address is a way around.
	for _, ip := range []string{"192.0.2.7", "198.51.100.7"} {
		if _, err := d.Find(t.Context(), right, by("ann", ip)); refusedAs(err) != core.SignInThrottled {
			t.Errorf("%s: %v", ip, err)
		}
	}
	if c.reads != reads {
		t.Error("a code of who has to wait is looked at")
	}
	c.now = c.now.Add(2 * time.Second)
	if _, err := d.Find(t.Context(), right, by("ann", "192.0.2.7")); err != nil {
		t.Errorf("after the wait: %v", err)
	}
	// It was right, and forgives nothing.
	if _, err := d.Find(t.Context(), wrong, by("ann", "192.0.2.7")); refusedAs(err) != core.SignInWrong {
		t.Error(err)
	}
	if _, err := d.Find(t.Context(), wrong, by("ann", "192.0.2.7")); refusedAs(err) != core.SignInThrottled {
		t.Errorf("a right code makes the wrong ones forgotten: %v", err)
	}
	if _, err := d.Find(t.Context(), right, by("bob", "192.0.2.7")); err != nil {
		t.Errorf("somebody else waits too: %v", err)
	}
}

func TestManyAccountsOfOneAddressGuess(t *testing.T) {
	d, _ := newCodes()
	for i := range 100 {
		if _, err := d.Find(t.Context(), wrong, by("user"+string(rune('0'+i/10)), "192.0.2.7")); refusedAs(err) != core.SignInWrong {
			t.Fatal(i, err)
		}
	}
	if _, err := d.Find(t.Context(), right, by("another", "192.0.2.7")); refusedAs(err) != core.SignInThrottled {
		t.Errorf("%v", err)
	}
}

func TestBeginningDeviceAuthorizationsIsSlowedDown(t *testing.T) {
	d, c := newCodes()
	for i := range 100 {
		if wait, err := d.Wait(t.Context(), "192.0.2.7"); err != nil || wait != 0 {
			t.Fatalf("%d: %v, %v", i, wait, err)
		}
		if err := c.Apply(t.Context(), d.Asked("192.0.2.7")); err != nil {
			t.Fatal(err)
		}
	}
	if wait, err := d.Wait(t.Context(), "192.0.2.7"); err != nil || wait <= 0 {
		t.Errorf("%v, %v", wait, err)
	}
	if wait, err := d.Wait(t.Context(), "192.0.2.8"); err != nil || wait != 0 {
		t.Errorf("another address: %v, %v", wait, err)
	}
	// It is no reason to refuse codes.
	if _, err := d.Find(t.Context(), right, by("ann", "192.0.2.7")); err != nil {
		t.Error(err)
	}
}

func TestDeviceCodesOnABrokenStore(t *testing.T) {
	d, c := newCodes()
	c.broken = errors.New("disk full")
	for _, code := range []core.Hash{right, wrong} {
		if _, err := d.Find(t.Context(), code, by("ann", "192.0.2.7")); !errors.Is(err, c.broken) {
			t.Errorf("%v", err)
		}
	}
	if _, err := d.Wait(t.Context(), "192.0.2.7"); !errors.Is(err, c.broken) {
		t.Errorf("%v", err)
	}
}

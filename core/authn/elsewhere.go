package authn

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/postern-id/postern/core"
)

// Elsewhere checks the passwords of people who have none here.
type Elsewhere interface {
	// CheckPassword gives nobody, and no error, where nobody knows the name with that
	// password. A *[core.UpstreamRefused] says that they are known and do not get in,
	// or, of kind broken or closed, that nobody could tell: its changes are applied. Any
	// other error is a failure of the server.
	CheckPassword(ctx context.Context, a core.PasswordAttempt) (*core.Proof, error)
}

// mayBeElsewhere reports whether the password may be somebody else's to check. Who has
// a hash here is checked here alone, even if nothing matches it: a password of
// Postern's own goes nowhere, also where the name alone does not say whose it is. An
// empty one goes nowhere either, because directories take it for no password at all
// (RFC 4513 section 5.1.2).
func (a *attempt) mayBeElsewhere() bool {
	return a.elsewhere != nil && !a.ambiguous && (a.user == nil || a.user.PasswordHash == "") && a.Password != "" && len(a.Password) <= MaxBytes
}

// askElsewhere is done after the time of a hash was taken, and outside of its slot: a
// directory that is slow keeps nobody waiting but its own people. For one name it is
// done one at a time, each with the failures of those before it counted.
func (a *attempt) askElsewhere(ctx context.Context) (*core.Proof, error) {
	leave, err := a.asking.enter(ctx)
	if errors.Is(err, ErrBusy) {
		return nil, a.busy(ctx)
	}
	if err != nil {
		return nil, err
	}
	defer leave()
	if !a.turns.take(a.account) {
		return nil, a.busy(ctx)
	}
	defer a.turns.giveBack(a.account)
	counts, err := a.counts(ctx)
	if err == nil {
		err = a.accountRefusal(ctx, counts)
	}
	if err != nil {
		return nil, err
	}
	return a.answered(ctx, counts)
}

// answered asks, and makes of the answer what the person gets.
func (a *attempt) answered(ctx context.Context, counts []core.Failures) (*core.Proof, error) {
	proof, err := a.elsewhere.CheckPassword(ctx, a.PasswordAttempt)
	refused, isRefusal := errors.AsType[*core.UpstreamRefused](err)
	switch {
	case err == nil && proof == nil:
		return nil, a.wrong(ctx, a.reason)
	case err == nil:
		proof.Changes = append(proof.Changes, a.forget(counts)...)
		return proof, nil
	case !isRefusal:
		return nil, fmt.Errorf("check the password elsewhere: %w", err)
	}
	a.asked = refused.Connector
	if refused.Kind == core.UpstreamBroken || refused.Kind == core.UpstreamClosed {
		changes := refused.Changes
		if refused.Guessed { // as long as one is down, guesses at the others are no less guesses
			changes = a.counted(changes)
		}
		return nil, a.refuse(ctx, core.EventSignInFailed, refused.Reason,
			core.SignInRefused{Kind: core.SignInUnavailable, RetryAfter: busyRetry}, changes...)
	}
	return nil, a.wrong(ctx, refused.Reason, refused.Changes...)
}

// turns lets one at a time do something for a name.
type turns struct {
	mu    sync.Mutex
	taken map[string]bool
}

// take reports whether nobody else has the turn of the name.
func (t *turns) take(name string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.taken == nil {
		t.taken = map[string]bool{}
	}
	if t.taken[name] {
		return false
	}
	t.taken[name] = true
	return true
}

func (t *turns) giveBack(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.taken, name)
}

// recorded reports whether the changes have an audit event already.
func recorded(changes []core.Change) bool {
	return slices.ContainsFunc(changes, func(c core.Change) bool { _, ok := c.(core.Record); return ok })
}

package authn

import (
	"context"
	"crypto/rand"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/vault"
)

// factors is a store in memory that keeps what people have, and the Factors that use it.
type factors struct {
	*Factors
	t              testing.TB
	lock           sync.Mutex
	now            time.Time
	users          map[core.ID]*core.User
	orgs           map[string]*core.Organisation
	failures       map[string]core.Failures
	authenticators map[core.ID]*core.Authenticator
	codes          map[core.ID]map[core.Hash]time.Time
	tickets        map[core.ID]*core.Ticket
	assertions     map[core.Hash]bool
	mails          []core.Mail
	written        []core.Event
	left           int // calls until the store fails
}

func newFactors(t testing.TB) *factors {
	t.Helper()
	w := &factors{
		t: t, now: time.Date(2026, 11, 23, 19, 0, 10, 0, time.UTC), left: 1 << 30,
		users: map[core.ID]*core.User{}, failures: map[string]core.Failures{},
		orgs:           map[string]*core.Organisation{"built-in": {Name: "built-in", DisplayName: "Example"}, "closed": {Name: "closed", Disabled: true}},
		authenticators: map[core.ID]*core.Authenticator{}, codes: map[core.ID]map[core.Hash]time.Time{},
		tickets: map[core.ID]*core.Ticket{}, assertions: map[core.Hash]bool{},
	}
	w.Factors = &Factors{
		Store: w, Sealer: vault.New([vault.KeySize]byte{1}), Key: [32]byte{2}, Issuer: "https://id.example.org",
		Now: func() time.Time { return w.now }, Rand: rand.Reader,
	}
	return w
}

// add adds a user whose address is verified.
func (w *factors) add(name string) *core.User {
	user := &core.User{ID: core.NewID(w.now, rand.Reader), Org: "built-in", Name: name, Email: name + "@example.org", EmailVerified: true}
	w.users[user.ID] = user
	return user
}

// apply applies what a proof, or an enrolment, brings with it.
func (w *factors) apply(changes ...core.Change) error { return w.Apply(w.t.Context(), changes...) }

func (w *factors) mustApply(changes ...core.Change) {
	w.t.Helper()
	if err := w.apply(changes...); err != nil {
		w.t.Fatal(err)
	}
}

// onlyEvent gives the one event that was recorded since the last call.
func (w *factors) onlyEvent() core.Event {
	w.t.Helper()
	w.lock.Lock()
	defer w.lock.Unlock()
	if len(w.written) != 1 {
		w.t.Fatalf("%d events were recorded, want 1: %+v", len(w.written), w.written)
	}
	event := w.written[0]
	w.written = nil
	return event
}

// refused checks that err is the refusal, and that it was recorded with the reason.
func (w *factors) refused(err error, kind core.SignInRefusal, reason string) {
	w.t.Helper()
	refusal, ok := errors.AsType[*core.SignInRefused](err)
	if !ok || refusal.Kind != kind {
		w.t.Errorf("got %v, want a refusal of kind %s (%s)", err, kind, reason)
		w.written = nil
		return
	}
	if event := w.onlyEvent(); event.Detail["reason"] != reason || event.ID == "" || !event.At.Equal(w.now) || event.IP != "192.0.2.1" {
		w.t.Errorf("recorded %+v, want reason %s", event, reason)
	}
}

func (w *factors) count(key string) int { return w.failures[key].Count }

func (w *factors) call() (unlock func(), err error) {
	w.lock.Lock()
	if w.left--; w.left < 0 {
		err = errDisk
	}
	return w.lock.Unlock, err
}

// Apply does all or nothing, as the real store.
func (w *factors) Apply(_ context.Context, changes ...core.Change) error {
	unlock, err := w.call()
	defer unlock()
	if err != nil {
		return err
	}
	for _, change := range changes {
		if err := w.conflict(change); err != nil {
			return err
		}
	}
	for _, change := range changes {
		w.do(change)
	}
	return nil
}

func (w *factors) conflict(change core.Change) error {
	gone := false
	switch c := change.(type) {
	case core.UseAssertion:
		gone = w.assertions[c.Hash]
	case core.UseAuthenticator:
		stored := w.authenticators[c.ID]
		gone = stored == nil || c.Counter <= stored.Counter && (c.Counter != 0 || stored.Counter != 0)
	case core.UseRecoveryCode:
		used, ok := w.codes[c.UserID][c.Hash]
		gone = !ok || !used.IsZero()
	case core.UseTicket:
		gone = w.tickets[c.ID] == nil
	case core.MissTicket:
		gone = w.tickets[c.ID] == nil
	case core.AddAuthenticator:
		for _, other := range w.authenticators {
			gone = gone || other.Handle != nil && string(other.Handle) == string(c.Authenticator.Handle)
		}
	}
	if gone {
		return core.ErrConflict
	}
	return nil
}

func (w *factors) do(change core.Change) {
	switch c := change.(type) {
	case core.Record:
		w.written = append(w.written, c.Event)
	case core.CountFailure:
		for _, key := range c.Keys {
			f := w.failures[key]
			if c.At.Sub(f.LastAt) > c.Window {
				f.Count = 0
			}
			w.failures[key] = core.Failures{Key: key, Count: f.Count + 1, LastAt: c.At}
		}
	case core.ClearFailures:
		delete(w.failures, c.Key)
	case core.KeepPassword: // nobody sets one here
	case core.UseAssertion:
		w.assertions[c.Hash] = true
	case core.AddAuthenticator:
		w.authenticators[c.Authenticator.ID] = &c.Authenticator
	case core.UseAuthenticator:
		stored := w.authenticators[c.ID]
		stored.Counter, stored.LastUsedAt = c.Counter, c.At
		if c.Data != nil {
			stored.Data = c.Data
		}
	case core.SetRecoveryCodes:
		w.codes[c.UserID] = map[core.Hash]time.Time{}
		for _, hash := range c.Hashes {
			w.codes[c.UserID][hash] = time.Time{}
		}
	case core.UseRecoveryCode:
		w.codes[c.UserID][c.Hash] = c.At
	default:
		w.doTicket(change)
	}
}

func (w *factors) doTicket(change core.Change) {
	switch c := change.(type) {
	case core.SaveTicket:
		for id, other := range w.tickets {
			if other.Purpose == c.Ticket.Purpose && other.BrowserHash == c.Ticket.BrowserHash {
				delete(w.tickets, id)
			}
		}
		w.tickets[c.Ticket.ID] = &c.Ticket
	case core.UseTicket:
		delete(w.tickets, c.ID)
	case core.MissTicket:
		if w.tickets[c.ID].Misses++; w.tickets[c.ID].Misses >= c.Most {
			delete(w.tickets, c.ID)
		}
	case core.SendMail:
		w.mails = append(w.mails, c.Mail)
	default:
		w.t.Errorf("a factor changes %T", change)
	}
}

func (w *factors) UserByLogin(_ context.Context, org, login string) (*core.User, error) {
	unlock, err := w.call()
	defer unlock()
	if err != nil {
		return nil, err
	}
	for _, user := range w.users {
		folded := core.FoldName(login)
		if (org == "" || user.Org == org) && (folded == core.FoldName(user.Name) || folded != "" && folded == core.FoldName(user.Email)) {
			return new(*user), nil
		}
	}
	return nil, core.ErrNotFound
}

// read gives a copy of a row.
func read[K comparable, T any](w *factors, rows map[K]*T, key K) (*T, error) {
	unlock, err := w.call()
	defer unlock()
	if err != nil {
		return nil, err
	}
	if row := rows[key]; row != nil {
		return new(*row), nil
	}
	return nil, core.ErrNotFound
}

func (w *factors) User(_ context.Context, id core.ID) (*core.User, error) {
	return read(w, w.users, id)
}

func (w *factors) Organisation(_ context.Context, name string) (*core.Organisation, error) {
	return read(w, w.orgs, name)
}

func (w *factors) Ticket(_ context.Context, id core.ID) (*core.Ticket, error) {
	return read(w, w.tickets, id)
}

func (w *factors) Failures(_ context.Context, keys ...string) ([]core.Failures, error) {
	unlock, err := w.call()
	defer unlock()
	var found []core.Failures
	for _, key := range keys {
		if f, ok := w.failures[key]; ok {
			found = append(found, f)
		}
	}
	return found, err
}

func (w *factors) Authenticators(_ context.Context, userID core.ID) ([]core.Authenticator, error) {
	unlock, err := w.call()
	defer unlock()
	var all []core.Authenticator
	for _, id := range slices.Sorted(maps.Keys(w.authenticators)) {
		if one := w.authenticators[id]; one.UserID == userID {
			all = append(all, *one)
		}
	}
	return all, err
}

func (w *factors) AuthenticatorByHandle(_ context.Context, handle []byte) (*core.Authenticator, error) {
	unlock, err := w.call()
	defer unlock()
	if err != nil {
		return nil, err
	}
	for _, one := range w.authenticators {
		if one.Handle != nil && string(one.Handle) == string(handle) {
			return new(*one), nil
		}
	}
	return nil, core.ErrNotFound
}

func (w *factors) RecoveryCodes(_ context.Context, userID core.ID) ([]core.RecoveryCode, error) {
	unlock, err := w.call()
	defer unlock()
	var all []core.RecoveryCode
	for hash, used := range w.codes[userID] {
		all = append(all, core.RecoveryCode{Hash: hash, UsedAt: used})
	}
	return all, err
}

func (w *factors) Enrolled(ctx context.Context, userID core.ID) (core.Enrolled, error) {
	all, err := w.Authenticators(ctx, userID)
	var e core.Enrolled
	for _, one := range all {
		if one.Kind == core.AuthenticatorTOTP {
			e.TOTP++
		} else {
			e.Passkeys++
		}
	}
	return e, err
}

// from is where attempts come from: somebody else is signed in there.
func from() core.Event {
	return core.Event{IP: "192.0.2.1", Actor: "user:somebody", UserID: "somebody"}
}

// byPassword is the first factor of a sign-in.
func (w *factors) byPassword(user *core.User) core.Partial {
	return core.Partial{UserID: user.ID, Method: core.MethodPassword, AMR: []string{core.AMRPassword}, ACR: core.ACROne, At: w.now}
}

// try tries a code.
func (w *factors) try(user *core.User, request core.ID, method, code string) (*core.Proof, error) {
	return w.SecondFactor(w.t.Context(), core.FactorAttempt{User: user, Request: request, Method: method, Code: code, Event: from()}, w.byPassword(user))
}

// app enrols an app and gives its seed.
func (w *factors) app(user *core.User) (seed []byte) {
	w.t.Helper()
	sealed, _ := w.NewTOTP(user)
	seed, _, ok := w.offered(user, sealed)
	if !ok {
		w.t.Fatal("a seed cannot be opened")
	}
	changes, err := w.AddTOTP(w.t.Context(), user, sealed, totpCode(seed, w.step()), "Phone", from())
	if err != nil {
		w.t.Fatal(err)
	}
	w.mustApply(changes...)
	w.onlyEvent()
	return seed
}

func (w *factors) step() int64 { return w.now.Unix() / 30 }

// wrong is a code that does not work now.
func (w *factors) wrongCode(seed []byte) string {
	for n := range 10 {
		if code := strings.Repeat(string(rune('0'+n)), 6); code != totpCode(seed, w.step()-1) && code != totpCode(seed, w.step()) && code != totpCode(seed, w.step()+1) {
			return code
		}
	}
	panic("three codes are not ten")
}

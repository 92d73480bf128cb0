package authn

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"runtime"
	"slices"
	"time"

	"github.com/postern-id/postern/core"
)

// Store is what authn reads and writes. A user who does not exist, or a login
// that two organisations have, is [core.ErrNotFound]; [core.ErrAmbiguous], if one of
// those of the login has a password here.
type Store interface {
	Apply(ctx context.Context, changes ...core.Change) error
	UserByLogin(ctx context.Context, org, login string) (*core.User, error)
	Organisation(ctx context.Context, name string) (*core.Organisation, error)
	Failures(ctx context.Context, keys ...string) ([]core.Failures, error)
}

// Options are all optional.
type Options struct {
	// Elsewhere is asked for who is unknown here, or has no password here; nil: nobody
	// is. A password of somebody who has one here never goes there.
	Elsewhere Elsewhere
	Breached  Breached         // no password on it can be set; nil: there is no list
	Params    *Params          // of new hashes; nil means [DefaultParams]
	Slots     int              // hashes at once; 0 means one for each processor
	Queue     int              // attempts that wait; 0 means 32 for each slot
	Now       func() time.Time // nil means the system's clock
	Rand      io.Reader        // nil means the operating system's generator
}

const queuePerSlot = 32

// Passwords hashes and checks passwords. Its methods may be called at once.
type Passwords struct {
	store     Store
	elsewhere Elsewhere
	breached  Breached
	params    Params
	gate      *gate
	asking    *gate // who waits for an answer of elsewhere
	turns     turns // of names that are asked for there
	pace      pace
	now       func() time.Time
	rand      io.Reader
}

// New makes the checker of the users in the store.
func New(store Store, o Options) *Passwords {
	p := &Passwords{store: store, elsewhere: o.Elsewhere, breached: o.Breached, params: DefaultParams(), now: o.Now, rand: o.Rand}
	if o.Params != nil {
		p.params = *o.Params
	}
	if p.now == nil {
		p.now = time.Now
	}
	if p.rand == nil {
		p.rand = rand.Reader
	}
	slots := o.Slots
	if slots <= 0 {
		slots = runtime.GOMAXPROCS(0)
	}
	queue := o.Queue
	if queue <= 0 {
		queue = queuePerSlot * slots
	}
	p.gate = newGate(slots, queue)
	p.asking = newGate(queue, 0)
	return p
}

// Hash gives what is stored of a password, a PHC string. A password that breaks
// the rules is a *[RuleError]; [ErrBusy] if too many wait. See also [Passwords.HashFor].
func (p *Passwords) Hash(ctx context.Context, password string) (string, error) {
	prepared, err := p.check(password, MinCharacters)
	if err != nil {
		return "", err
	}
	return p.hashPrepared(ctx, prepared)
}

func (p *Passwords) hashPrepared(ctx context.Context, prepared string) (string, error) {
	leave, err := p.gate.enter(ctx)
	if err != nil {
		return "", err
	}
	defer leave()
	h, err := p.params.hash(prepared, p.rand)
	if err != nil {
		return "", err
	}
	return h.String(), nil
}

// Why an attempt was refused, in the audit log alone.
const (
	reasonBusy        = "busy"
	reasonAddress     = "address_throttled"
	reasonAccount     = "account_throttled"
	reasonUnknown     = "unknown_user"
	reasonNoPassword  = "no_password"
	reasonWrong       = "wrong_password"
	reasonDisabled    = "user_disabled"
	reasonOrgDisabled = "organisation_disabled"
)

// SignIn proves who somebody is by a login name or e-mail address, and a password.
// The changes of the proof belong to the success. The event of the attempt says where
// it comes from: its IP is throttled.
//
// An error that is a *[core.SignInRefused] has been recorded, and counted before
// the next attempt is looked at. Any other is a failure of the server.
func (p *Passwords) SignIn(ctx context.Context, given core.PasswordAttempt) (*core.Proof, error) {
	given.Event.UserID, given.Event.Actor = "", "" // whoever is signed in already is another matter
	a := &attempt{Passwords: p, PasswordAttempt: given, address: addressKey(given.Event.IP)}
	// Before the queue, so that a flood from one address does not fill it.
	if err := a.checkAddress(ctx); err != nil {
		return nil, err
	}
	proof, err := a.run(ctx)
	if proof == nil && err == nil {
		proof, err = a.askElsewhere(ctx)
	}
	if err != nil && a.compared > 0 {
		p.pace.hold(ctx, a.compared)
	}
	return proof, err
}

// attempt is one sign-in on its way.
type attempt struct {
	*Passwords
	core.PasswordAttempt
	address, account string     // keys of the throttle
	user             *core.User // of that name here, or nil
	reason           string     // why nobody here matches, where elsewhere is asked
	ambiguous        bool       // several are, and one of them has a password here
	asked            string     // the connector that refused, for the audit log
	compared         time.Duration
}

func (a *attempt) checkAddress(ctx context.Context) error {
	counts, err := a.store.Failures(ctx, a.address)
	if err != nil {
		return fmt.Errorf("read failed sign-ins: %w", err)
	}
	return a.addressRefusal(ctx, counts)
}

func (a *attempt) addressRefusal(ctx context.Context, counts []core.Failures) error {
	wait := addressLimit().waitFor(a.address, counts, a.now())
	if wait == 0 {
		return nil
	}
	return a.refuse(ctx, core.EventSignInThrottled, reasonAddress, core.SignInRefused{Kind: core.SignInThrottled, RetryAfter: wait})
}

func (a *attempt) busy(ctx context.Context) error {
	return a.refuse(ctx, core.EventSignInThrottled, reasonBusy, core.SignInRefused{Kind: core.SignInBusy, RetryAfter: busyRetry})
}

// run checks in a slot. Every way through it costs one hash, whether there is
// such a user or not, throttled or not. Without proof and error, elsewhere is to be
// asked.
func (a *attempt) run(ctx context.Context) (*core.Proof, error) {
	leave, err := a.gate.enter(ctx)
	if errors.Is(err, ErrBusy) {
		return nil, a.busy(ctx)
	}
	if err != nil {
		return nil, err
	}
	// The slot is held until a failure is on disk: attempts that waited behind it
	// see it counted.
	defer leave()
	orgOpen, err := a.find(ctx)
	if err != nil {
		return nil, err
	}
	counts, err := a.counts(ctx)
	if err != nil {
		return nil, err
	}
	stored, reason := a.compare()
	if err := a.accountRefusal(ctx, counts); err != nil {
		return nil, err
	}
	switch {
	case a.mayBeElsewhere():
		a.reason = reason
		return nil, nil
	case reason == "" && a.user.Disabled:
		reason = reasonDisabled
	case reason == "" && !orgOpen:
		reason = reasonOrgDisabled
	}
	if reason != "" {
		return nil, a.wrong(ctx, reason)
	}
	return a.succeeded(stored, counts)
}

// counts reads the failures that the attempt is throttled by, and refuses it for those
// of the address.
func (a *attempt) counts(ctx context.Context) ([]core.Failures, error) {
	counts, err := a.store.Failures(ctx, a.address, a.account)
	if err != nil {
		return nil, fmt.Errorf("read failed sign-ins: %w", err)
	}
	return counts, a.addressRefusal(ctx, counts)
}

// accountRefusal is not counted for the account: waiting would never end while somebody
// keeps trying.
func (a *attempt) accountRefusal(ctx context.Context, counts []core.Failures) error {
	if accountLimit().waitFor(a.account, counts, a.now()) == 0 {
		return nil
	}
	return a.refuse(ctx, core.EventSignInThrottled, reasonAccount, core.SignInRefused{Kind: core.SignInWrong}, a.count(a.address, addressLimit()))
}

// wrong counts the failure for the account and for the address.
func (a *attempt) wrong(ctx context.Context, reason string, changes ...core.Change) error {
	return a.refuse(ctx, core.EventSignInFailed, reason, core.SignInRefused{Kind: core.SignInWrong}, a.counted(changes)...)
}

func (a *attempt) counted(changes []core.Change) []core.Change {
	return append(changes, a.count(a.account, accountLimit()), a.count(a.address, addressLimit()))
}

// find looks the user up, if there is one, and says whether their organisation is
// enabled.
func (a *attempt) find(ctx context.Context) (orgOpen bool, err error) {
	a.user, err = a.store.UserByLogin(ctx, a.Org, a.Login)
	switch {
	case errors.Is(err, core.ErrNotFound):
		a.user, a.ambiguous = nil, errors.Is(err, core.ErrAmbiguous)
	case err != nil:
		return false, fmt.Errorf("read the user: %w", err)
	}
	a.account = accountKey(a.user, a.Org, a.Login)
	if a.user == nil {
		return false, nil
	}
	a.Event.UserID = a.user.ID
	org, err := a.store.Organisation(ctx, a.user.Org)
	if err != nil {
		return false, fmt.Errorf("read the organisation: %w", err)
	}
	return !org.Disabled, nil
}

// compare checks the password. Where there is nothing to compare with, it takes
// the time of a hash all the same. The time that it takes is that of the machine, whatever
// the clock of the server says.
func (a *attempt) compare() (stored kept, reason string) {
	start := time.Now()
	defer func() { a.compared = time.Since(start) }()
	prepared, err := prepare(a.Password)
	switch {
	case a.user == nil:
		reason = reasonUnknown
	case a.user.PasswordHash == "":
		reason = reasonNoPassword
	case err != nil:
		reason = reasonWrong
	}
	if reason == "" {
		if stored, err = parseKept(a.user.PasswordHash); err != nil {
			reason = reasonNoPassword
		}
	}
	if reason != "" {
		a.params.derive(prepared, make([]byte, saltSize), tagSize)
		return nil, reason
	}
	if a.own(stored) {
		if !stored.matches(prepared) {
			return nil, reasonWrong
		}
		return stored, ""
	}
	return a.compareForeign(stored, prepared, start)
}

// compareForeign compares with a hash that another program made, or that has other costs.
// That program took the password as it was typed. A wrong one takes the time of a hash of
// ours as well, as the right one does, which is hashed anew.
func (a *attempt) compareForeign(stored kept, prepared string, start time.Time) (kept, string) {
	matches := stored.matches(prepared) || a.Password != prepared && stored.matches(a.Password)
	if !matches {
		a.params.derive(prepared, make([]byte, saltSize), tagSize)
		a.pace.note(time.Since(start))
		return nil, reasonWrong
	}
	return stored, ""
}

// succeeded forgets the failures of the account, but not those of the address:
// its owner could wipe out the traces of guesses at others. A hash of other costs, or
// of another program, is made anew, since only now the password is at hand. If another
// password was set while this one was checked, the changes conflict.
func (a *attempt) succeeded(stored kept, counts []core.Failures) (*core.Proof, error) {
	proof := &core.Proof{
		User: a.user, Method: core.MethodPassword, AMR: []string{core.AMRPassword}, ACR: core.ACRPassword,
		Changes: append([]core.Change{core.KeepPassword{UserID: a.user.ID, At: a.user.PasswordAt}}, a.forget(counts)...),
	}
	if a.own(stored) || cutsOff(stored, a.Password) {
		return proof, nil
	}
	prepared, err := prepare(a.Password)
	if err != nil {
		return nil, err
	}
	renewed, err := a.params.hash(prepared, a.rand)
	if err != nil {
		return nil, err
	}
	// The password is the one that was set then.
	proof.Changes = append(proof.Changes, core.SetPassword{UserID: a.user.ID, Hash: renewed.String(), At: a.user.PasswordAt})
	return proof, nil
}

// cutsOff reports whether the hash tells nothing of the end of the password: what was typed
// there may be wrong, and must not become the password.
func cutsOff(stored kept, password string) bool {
	_, is := stored.(bcryptHash)
	return is && len(password) > bcryptReads
}

func (a *attempt) forget(counts []core.Failures) []core.Change {
	if !slices.ContainsFunc(counts, func(f core.Failures) bool { return f.Key == a.account }) {
		return nil
	}
	return []core.Change{core.ClearFailures{Key: a.account}}
}

func (a *attempt) count(key string, l limit) core.Change {
	return core.CountFailure{Keys: []string{key}, At: a.now(), Window: l.Window}
}

// refuse records the refusal, with what else it leaves behind, and gives it.
func (a *attempt) refuse(ctx context.Context, kind core.EventType, reason string, refused core.SignInRefused, changes ...core.Change) error {
	now := a.now()
	event := a.Event
	event.ID, event.At, event.Type = core.NewID(now, a.rand), now, kind
	event.Detail = map[string]string{"reason": reason}
	if a.asked != "" {
		event.Detail["connector"] = a.asked
	}
	// Whoever goes away before the answer has failed all the same.
	ctx = context.WithoutCancel(ctx)
	if !recorded(changes) {
		changes = append(changes, core.Record{Event: event})
	}
	if err := a.store.Apply(ctx, changes...); err != nil {
		return fmt.Errorf("record a failed sign-in: %w", err)
	}
	return &refused
}

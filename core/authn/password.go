package authn

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"runtime"
	"time"

	"github.com/postern-id/postern/core"
)

// Store is what authn reads and writes. A user who does not exist, or a login
// that two organisations have, is [core.ErrNotFound].
type Store interface {
	Apply(ctx context.Context, changes ...core.Change) error
	UserByLogin(ctx context.Context, org, login string) (*core.User, error)
	Organisation(ctx context.Context, name string) (*core.Organisation, error)
	Failures(ctx context.Context, keys ...string) ([]core.Failures, error)
}

// Options are all optional.
type Options struct {
	Params *Params          // of new hashes; nil means [DefaultParams]
	Slots  int              // hashes at once; 0 means one for each processor
	Queue  int              // attempts that wait; 0 means 32 for each slot
	Now    func() time.Time // nil means the system's clock
	Rand   io.Reader        // nil means the operating system's generator
}

const queuePerSlot = 32

// Passwords hashes and checks passwords. Its methods may be called at once.
type Passwords struct {
	store  Store
	params Params
	gate   *gate
	now    func() time.Time
	rand   io.Reader
}

// New makes the checker of the users in the store.
func New(store Store, o Options) *Passwords {
	p := &Passwords{store: store, params: DefaultParams(), now: o.Now, rand: o.Rand}
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
	return p
}

// Hash gives what is stored of a password, a PHC string. A password that breaks
// the rules is a *[RuleError]; [ErrBusy] if too many wait.
func (p *Passwords) Hash(ctx context.Context, password string) (string, error) {
	prepared, err := check(password)
	if err != nil {
		return "", err
	}
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

// SignIn gives the person whose login name or e-mail address, and password, these
// are, with the changes that belong to the success. Org "" stands for any
// organisation. The event says where the attempt comes from: its IP is throttled.
//
// An error that is a *[core.SignInRefused] has been recorded, and counted before
// the next attempt is looked at. Any other is a failure of the server.
func (p *Passwords) SignIn(ctx context.Context, org, login, password string, event core.Event) (*core.User, []core.Change, error) {
	event.UserID, event.Actor = "", "" // whoever is signed in already is another matter
	a := &attempt{Passwords: p, org: org, login: login, password: password, event: event, address: addressKey(event.IP)}
	// Before the queue, so that a flood from one address does not fill it.
	if err := a.checkAddress(ctx); err != nil {
		return nil, nil, err
	}
	leave, err := p.gate.enter(ctx)
	if errors.Is(err, ErrBusy) {
		return nil, nil, a.refuse(ctx, core.EventSignInThrottled, reasonBusy, core.SignInRefused{Kind: core.SignInBusy, RetryAfter: busyRetry})
	}
	if err != nil {
		return nil, nil, err
	}
	// The slot is held until a failure is on disk: attempts that waited behind it
	// see it counted.
	defer leave()
	return a.run(ctx)
}

// attempt is one sign-in on its way.
type attempt struct {
	*Passwords
	org, login, password string
	event                core.Event
	address, account     string // keys of the throttle
	user                 *core.User
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

// run checks in a slot. Every way through it costs one hash, whether there is
// such a user or not, throttled or not.
func (a *attempt) run(ctx context.Context) (*core.User, []core.Change, error) {
	orgOpen, err := a.find(ctx)
	if err != nil {
		return nil, nil, err
	}
	counts, err := a.store.Failures(ctx, a.address, a.account)
	if err != nil {
		return nil, nil, fmt.Errorf("read failed sign-ins: %w", err)
	}
	if err := a.addressRefusal(ctx, counts); err != nil {
		return nil, nil, err
	}
	stored, reason := a.compare()
	switch {
	case accountLimit().waitFor(a.account, counts, a.now()) > 0:
		// Not counted for the account: waiting would never end while somebody
		// keeps trying.
		return nil, nil, a.refuse(ctx, core.EventSignInThrottled, reasonAccount, core.SignInRefused{Kind: core.SignInWrong}, a.count(a.address, addressLimit()))
	case reason == "" && a.user.Disabled:
		reason = reasonDisabled
	case reason == "" && !orgOpen:
		reason = reasonOrgDisabled
	}
	if reason != "" {
		return nil, nil, a.refuse(ctx, core.EventSignInFailed, reason, core.SignInRefused{Kind: core.SignInWrong},
			a.count(a.account, accountLimit()), a.count(a.address, addressLimit()))
	}
	changes, err := a.succeeded(stored, counts)
	return a.user, changes, err
}

// find looks the user up, if there is one, and says whether their organisation is
// enabled.
func (a *attempt) find(ctx context.Context) (orgOpen bool, err error) {
	a.user, err = a.store.UserByLogin(ctx, a.org, a.login)
	switch {
	case errors.Is(err, core.ErrNotFound):
		a.user = nil
	case err != nil:
		return false, fmt.Errorf("read the user: %w", err)
	}
	a.account = accountKey(a.user, a.org, a.login)
	if a.user == nil {
		return false, nil
	}
	a.event.UserID = a.user.ID
	org, err := a.store.Organisation(ctx, a.user.Org)
	if err != nil {
		return false, fmt.Errorf("read the organisation: %w", err)
	}
	return !org.Disabled, nil
}

// compare checks the password. Where there is nothing to compare with, it takes
// the time of a hash all the same.
func (a *attempt) compare() (stored hash, reason string) {
	prepared, err := prepare(a.password)
	switch {
	case a.user == nil:
		reason = reasonUnknown
	case a.user.PasswordHash == "":
		reason = reasonNoPassword
	case err != nil:
		reason = reasonWrong
	}
	if reason == "" {
		if stored, err = parseHash(a.user.PasswordHash); err != nil {
			reason = reasonNoPassword
		}
	}
	if reason != "" {
		a.params.derive(prepared, make([]byte, saltSize), tagSize)
		return hash{}, reason
	}
	if !stored.matches(prepared) {
		return hash{}, reasonWrong
	}
	return stored, ""
}

// succeeded forgets the failures of the account, but not those of the address:
// its owner could wipe out the traces of guesses at others. A hash of other costs
// is made anew, since only now the password is at hand.
func (a *attempt) succeeded(stored hash, counts []core.Failures) ([]core.Change, error) {
	var changes []core.Change
	for _, f := range counts {
		if f.Key == a.account {
			changes = append(changes, core.ClearFailures{Key: a.account})
		}
	}
	if stored.Params == a.params {
		return changes, nil
	}
	prepared, err := prepare(a.password)
	if err != nil {
		return nil, err
	}
	renewed, err := a.params.hash(prepared, a.rand)
	if err != nil {
		return nil, err
	}
	// The password is the one that was set then.
	return append(changes, core.SetPassword{UserID: a.user.ID, Hash: renewed.String(), At: a.user.PasswordAt}), nil
}

func (a *attempt) count(key string, l limit) core.Change {
	return core.CountFailure{Keys: []string{key}, At: a.now(), Window: l.Window}
}

// refuse records the refusal, with what else it leaves behind, and gives it.
func (a *attempt) refuse(ctx context.Context, kind core.EventType, reason string, refused core.SignInRefused, changes ...core.Change) error {
	now := a.now()
	event := a.event
	event.ID, event.At, event.Type = core.NewID(now, a.rand), now, kind
	event.Detail = map[string]string{"reason": reason}
	// Whoever goes away before the answer has failed all the same.
	ctx = context.WithoutCancel(ctx)
	if err := a.store.Apply(ctx, append(changes, core.Record{Event: event})...); err != nil {
		return fmt.Errorf("record a failed sign-in: %w", err)
	}
	return &refused
}

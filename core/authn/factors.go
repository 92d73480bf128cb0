package authn

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/url"
	"slices"
	"time"

	"github.com/postern-id/postern/core"
)

// FactorStore is what [Factors] reads and writes besides. A row that does not exist is
// [core.ErrNotFound].
type FactorStore interface {
	Store
	User(ctx context.Context, id core.ID) (*core.User, error)
	Enrolled(ctx context.Context, userID core.ID) (core.Enrolled, error)
	Authenticators(ctx context.Context, userID core.ID) ([]core.Authenticator, error)
	AuthenticatorByHandle(ctx context.Context, handle []byte) (*core.Authenticator, error)
	RecoveryCodes(ctx context.Context, userID core.ID) ([]core.RecoveryCode, error)
	Ticket(ctx context.Context, id core.ID) (*core.Ticket, error)
}

// Sealer encrypts what is kept, for a purpose that has to be named again.
type Sealer interface {
	Seal(plaintext []byte, purpose string, random io.Reader) []byte
	Unseal(sealed []byte, purpose string) ([]byte, error)
}

// Mailer makes changes that queue mails.
type Mailer interface {
	// Ready reports whether mails get anywhere.
	Ready() bool
	// Compose makes a mail of a template with its words.
	Compose(now time.Time, to core.Mail, words map[string]string) core.SendMail
}

// Factors proves who somebody is by what they have: a passkey, an app that shows codes,
// recovery codes, a mailbox. Its methods may be called at once. Its fields are set before
// the first call.
//
// As with [Passwords], an error that is a *[core.SignInRefused] has been recorded and
// counted; any other is a failure of the server. The changes of a proof make sure that
// nothing proves twice: where they conflict, somebody else was quicker, or a key was
// copied.
type Factors struct {
	Store  FactorStore
	Sealer Sealer
	Mailer Mailer   // nil: nobody is told that a recovery code was used
	Key    [32]byte // of the codes in mails, so that a stolen database tells none
	Issuer string   // without a slash at its end: links and passkeys are of this origin
	Now    func() time.Time
	Rand   io.Reader

	turns turns // of whoever types codes
}

// Enrolled says what the user can prove who they are with, besides a password.
func (f *Factors) Enrolled(ctx context.Context, userID core.ID) (core.Enrolled, error) {
	return f.Store.Enrolled(ctx, userID)
}

// Why a factor was refused, in the audit log alone, besides the reasons of a password.
const (
	reasonWrongCode  = "wrong_code"
	reasonReusedCode = "code_reused"
	reasonNotHere    = "not_enrolled"
	reasonThrottled  = "factor_throttled"
	reasonChallenge  = "challenge_over"
	reasonMethod     = "method_not_allowed"
	reasonExpired    = "expired"
	reasonOtherOrg   = "other_organisation"
)

// challengeTries are the wrong codes after which a request begins anew at its first
// factor.
const challengeTries = 5

// challengeWindow is longer than a request lives.
const challengeWindow = 24 * time.Hour

// factorLimit is for codes of six digits, three of which work at a time: it leaves about
// sixty guesses a day to who knows the password. No password clears it.
func factorLimit() limit {
	return limit{Free: challengeTries, First: 30 * time.Second, Longest: 30 * time.Minute, Window: 24 * time.Hour}
}

// SecondFactor proves a second factor of somebody who proved the first one. The proof is
// of both: what they amount to, and when the person began.
func (f *Factors) SecondFactor(ctx context.Context, given core.FactorAttempt, first core.Partial) (*core.Proof, error) {
	a := &second{Factors: f, FactorAttempt: given, first: first}
	a.Event.UserID = given.User.ID
	if given.Method != core.MethodPasskey {
		// Codes of one person are heard one after the other, each with those before
		// it counted.
		turn := factorKey(given.User.ID)
		if !f.turns.take(turn) {
			return nil, a.refuse(ctx, core.EventSignInThrottled, reasonBusy, core.SignInRefused{Kind: core.SignInBusy, RetryAfter: busyRetry})
		}
		defer f.turns.giveBack(turn)
	}
	if err := a.heard(ctx); err != nil {
		return nil, err
	}
	if err := a.stands(ctx); err != nil {
		return nil, err
	}
	switch given.Method {
	case core.MethodTOTP:
		return a.totp(ctx)
	case core.MethodRecovery:
		return a.recovery(ctx)
	case core.MethodPasskey:
		return a.passkey(ctx)
	}
	return nil, a.refuse(ctx, core.EventSignInFailed, reasonMethod, core.SignInRefused{Kind: core.SignInFactor})
}

// second is a second factor on its way.
type second struct {
	*Factors
	core.FactorAttempt
	first core.Partial
	slow  bool // there are failures of codes to forget
}

func factorKey(user core.ID) string { return "factor:" + string(user) }

func challengeKey(request core.ID) string { return "challenge:" + string(request) }

// heard refuses whoever has to wait. What was sent is not looked at then, and not
// counted: the wait would never end while somebody keeps trying.
func (a *second) heard(ctx context.Context) error {
	address, factor, challenge := addressKey(a.Event.IP), factorKey(a.User.ID), challengeKey(a.Request)
	counts, err := a.Store.Failures(ctx, address, factor, challenge)
	if err != nil {
		return fmt.Errorf("read failed sign-ins: %w", err)
	}
	now := a.Now()
	if wait := addressLimit().waitFor(address, counts, now); wait > 0 {
		return a.refuse(ctx, core.EventSignInThrottled, reasonAddress, core.SignInRefused{Kind: core.SignInThrottled, RetryAfter: wait})
	}
	if a.Method == core.MethodPasskey { // nobody guesses a signature
		return nil
	}
	if over(challenge, counts) {
		return a.refuse(ctx, core.EventSignInFailed, reasonChallenge, core.SignInRefused{Kind: core.SignInExpired})
	}
	a.slow = slices.ContainsFunc(counts, func(c core.Failures) bool { return c.Key == factor })
	if wait := factorLimit().waitFor(factor, counts, now); wait > 0 {
		return a.refuse(ctx, core.EventSignInThrottled, reasonThrottled,
			core.SignInRefused{Kind: core.SignInThrottled, RetryAfter: wait}, a.counted(addressLimit(), address))
	}
	return nil
}

func over(challenge string, counts []core.Failures) bool {
	return slices.ContainsFunc(counts, func(f core.Failures) bool { return f.Key == challenge && f.Count >= challengeTries })
}

// stands refuses whoever was disabled since the first factor.
func (a *second) stands(ctx context.Context) error {
	reason, err := a.closed(ctx, a.User)
	if err != nil || reason == "" {
		return err
	}
	return a.refuse(ctx, core.EventSignInFailed, reason, core.SignInRefused{Kind: core.SignInFactor})
}

// closed gives the reason why the user may not sign in at all, empty if there is none.
func (f *Factors) closed(ctx context.Context, user *core.User) (string, error) {
	org, err := f.Store.Organisation(ctx, user.Org)
	switch {
	case err != nil:
		return "", fmt.Errorf("read the organisation: %w", err)
	case user.Disabled:
		return reasonDisabled, nil
	case org.Disabled:
		return reasonOrgDisabled, nil
	}
	return "", nil
}

// wrongCode counts a wrong code for the person, the request and the address. With the
// last one that a request has, it is over.
func (a *second) wrongCode(ctx context.Context, reason string) error {
	changes := []core.Change{a.counted(factorLimit(), factorKey(a.User.ID)), a.counted(addressLimit(), addressKey(a.Event.IP))}
	refused := core.SignInRefused{Kind: core.SignInFactor}
	if a.Request != "" {
		key := challengeKey(a.Request)
		counts, err := a.Store.Failures(ctx, key)
		if err != nil {
			return fmt.Errorf("read failed sign-ins: %w", err)
		}
		if len(counts) > 0 && counts[0].Count >= challengeTries-1 {
			refused.Kind = core.SignInExpired
		}
		changes = append(changes, a.counted(limit{Window: challengeWindow}, key))
	}
	return a.refuse(ctx, core.EventSignInFailed, reason, refused, changes...)
}

func (f *Factors) counted(l limit, key string) core.Change {
	return core.CountFailure{Keys: []string{key}, At: f.Now(), Window: l.Window}
}

// proved puts both factors together. Codes that were wrong are forgotten with one that
// is right, never with another factor: who knows one could try the other forever. What
// a provider calls the sign-in does not count: the class is that of both factors here.
func (a *second) proved(amr []string, acr string, changes ...core.Change) *core.Proof {
	if a.slow && a.Method != core.MethodPasskey {
		changes = append(changes, core.ClearFailures{Key: factorKey(a.User.ID)})
	}
	if a.first.Upstream == nil && core.SatisfiesACR(a.first.ACR, acr) {
		acr = a.first.ACR // a second factor makes nothing weaker
	}
	proof := &core.Proof{
		User: a.User, Changes: changes, Method: a.first.Method + "+" + a.Method,
		AMR: core.BothFactors(a.first.AMR, amr), ACR: acr, AuthTime: a.first.AuthTime, Upstream: a.first.Upstream,
	}
	if proof.AuthTime.IsZero() {
		proof.AuthTime = a.first.At
	}
	return proof
}

func (a *second) refuse(ctx context.Context, kind core.EventType, reason string, refused core.SignInRefused, changes ...core.Change) error {
	return a.Factors.refuse(ctx, a.event(kind, a.Event, a.Method, reason), refused, changes...)
}

// event completes the template.
func (f *Factors) event(kind core.EventType, template core.Event, method, reason string) core.Event {
	now := f.Now()
	template.ID, template.At, template.Type = core.NewID(now, f.Rand), now, kind
	detail := map[string]string{}
	maps.Copy(detail, template.Detail)
	for name, value := range map[string]string{"method": method, "reason": reason} {
		if value != "" {
			detail[name] = value
		}
	}
	template.Detail = detail
	return template
}

// refuse records the refusal, with what else it leaves behind, and gives it.
func (f *Factors) refuse(ctx context.Context, event core.Event, refused core.SignInRefused, changes ...core.Change) error {
	// Whoever goes away before the answer has failed all the same.
	ctx = context.WithoutCancel(ctx)
	changes = append(slices.Clip(changes), core.Record{Event: event})
	if err := f.Store.Apply(ctx, changes...); err != nil {
		return fmt.Errorf("record a refused factor: %w", err)
	}
	return &refused
}

// host is the issuer's, without its port.
func (f *Factors) host() string {
	issuer, err := url.Parse(f.Issuer)
	if err != nil {
		return f.Issuer
	}
	return issuer.Hostname()
}

// origin is the issuer's as browsers write it.
func (f *Factors) origin() string { return core.WebOrigin(f.Issuer) }

// found turns a row that does not exist into nil.
func found[T any](row *T, err error) (*T, error) {
	if errors.Is(err, core.ErrNotFound) {
		return nil, nil
	}
	return row, err
}

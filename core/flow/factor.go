package flow

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
)

// FactorForm is what the page for a second factor sent.
type FactorForm struct {
	Method string // totp, recovery or passkey
	Code   string // of totp and recovery
	// Ceremony and Response are of passkey: what the page had, and JSON of the browser's
	// PublicKeyCredential.
	Ceremony, Response string
	// Trust asks to be spared the second factor in this browser.
	Trust bool
}

// Factor takes a second factor.
func (d *Dispatcher) Factor(ctx context.Context, step string, form FactorForm, b Browser) Outcome {
	v, next, done := d.resumeAt(ctx, step, b, toFactor, StepFactor)
	switch {
	case done != nil:
		return *done
	case !slices.Contains(next.Methods, form.Method):
		return d.refuseStep(ctx, v, "method_not_allowed")
	}
	attempt := core.FactorAttempt{
		Request: v.stored.ID, Method: form.Method, Code: form.Code, Response: []byte(form.Response), Event: v.eventOf(""), UserAgent: b.UserAgent,
	}
	page := FactorPage{Tried: form.Method, Trusted: form.Trust}
	if form.Method == core.MethodPasskey {
		var ok bool
		attempt.Challenge, attempt.ExpiresAt, ok = d.challenge(v, ceremonyFactor, form.Ceremony)
		switch {
		case form.Response == "":
			page.Problem = ProblemScript
		case !ok:
			page.Problem = ProblemPasskey
		}
	} else if strings.TrimSpace(form.Code) == "" {
		page.Problem = ProblemMissing
	}
	if page.Problem != "" {
		return d.factorPage(ctx, v, next, page)
	}
	attempt.User, _ = v.person()
	first := v.firstFactor()
	proof, err := d.Factors.SecondFactor(ctx, attempt, first)
	if err != nil {
		v.unknownPasskey = unknownPasskey(err, form.Response)
		return d.notProved(ctx, v, next, page, err)
	}
	v.now, v.trust = d.Now(), form.Trust
	return d.proved(ctx, v, proof)
}

// firstFactor is what a second one is added to.
func (v *visit) firstFactor() core.Partial {
	if v.first != nil {
		return v.first.Partial
	}
	return asPartial(&v.signedIn.Session)
}

// proved goes on with a proof of both factors.
func (d *Dispatcher) proved(ctx context.Context, v *visit, proof *core.Proof) Outcome {
	if v.first == nil {
		d.raise(v, proof)
		return d.advance(ctx, v)
	}
	v.first.Method, v.first.AMR, v.first.ACR = proof.Method, proof.AMR, proof.ACR
	return d.afterFirst(ctx, v, proof.Changes)
}

// notProved shows the page again. Who had too many tries begins anew.
func (d *Dispatcher) notProved(ctx context.Context, v *visit, next Step, page FactorPage, err error) Outcome {
	refused, ok := errors.AsType[*core.SignInRefused](err)
	switch {
	case !ok:
		return failed(err)
	case refused.Kind == core.SignInExpired && page.Tried != core.MethodPasskey:
		return d.restart(ctx, v)
	case refused.Kind == core.SignInFactor && page.Tried != core.MethodPasskey:
		page.Problem = ProblemCode
	case refused.Kind == core.SignInExpired:
		page.Problem = ProblemPasskey
	default:
		page.Problem = problemOf(refused)
	}
	out := d.factorPage(ctx, v, next, page)
	out.RetryAfter = refused.RetryAfter
	return out
}

// restart lets the request begin anew at its first factor: whoever is signed in proves
// that as well. It gets another identifier, so that nothing that led to the old one goes
// on with it.
func (d *Dispatcher) restart(ctx context.Context, v *visit) Outcome {
	v.finish()
	d.dropFirst(v)
	v.stored.ID = core.NewID(v.now, d.Rand)
	v.stored.SessionID = v.stored.ID // no session has that
	v.stored.SignedInAt, v.stored.ConsentedScopes, v.changed = time.Time{}, nil, true
	v.keep()
	return d.commit(ctx, v, Outcome{Redirect: d.backToLogin(v, string(ProblemExpired))})
}

// factorPage completes the page.
func (d *Dispatcher) factorPage(ctx context.Context, v *visit, next Step, page FactorPage) Outcome {
	user, org := v.person()
	page.Step, page.Client, page.User, page.Methods = d.linkTo(v, toFactor, ""), v.client, *user, next.Methods
	if v.device == "" {
		page.Trust = org.Rules.Remember()
	}
	if slices.Contains(next.Methods, core.MethodPasskey) {
		var err error
		if page.Passkey, err = d.ask(ctx, v, ceremonyFactor, user); err != nil {
			return failed(err)
		}
	}
	out := v.page(&page)
	out.Status = page.Problem.status()
	return out
}

// Kinds of ceremonies: an answer to one is none to another.
const (
	ceremonyLogin  = "login"
	ceremonyFactor = "factor"
	ceremonyEnrol  = "enrol"
)

// ask makes a ceremony to use a passkey: one of the user, or any if that is nil. Nothing
// is stored for it.
func (d *Dispatcher) ask(ctx context.Context, v *visit, kind string, user *core.User) (*Ceremony, error) {
	signed := d.ceremony(v, kind)
	options, err := d.Factors.PasskeyRequest(ctx, challengeOf(signed), user)
	if err != nil || options == nil {
		return nil, err
	}
	return &Ceremony{Options: options, Signed: signed, Unknown: v.unknownPasskey}, nil
}

func (d *Dispatcher) ceremony(v *visit, kind string) string {
	return d.linkTo(v, toPasskey, kind+" "+d.salt())
}

// challenge opens a ceremony of this request. Whoever accepts an answer to it sees to it
// that it is used once.
func (d *Dispatcher) challenge(v *visit, kind, signed string) (challenge []byte, expires time.Time, ok bool) {
	at, ok := d.open(signed, v.stored.BrowserHash)
	if !ok || at.to != toPasskey || at.id != v.stored.ID || !v.now.Before(at.expires) || !strings.HasPrefix(at.payload, kind+" ") {
		return nil, time.Time{}, false
	}
	return challengeOf(signed), at.expires, true
}

const maxHandle = 1 << 10

// unknownPasskey gives the identifier of a passkey that was refused because nobody has it,
// so that the browser can forget it.
func unknownPasskey(err error, response string) string {
	refused, ok := errors.AsType[*core.SignInRefused](err)
	if !ok || refused.Kind != core.SignInUnknownPasskey {
		return ""
	}
	var credential struct {
		ID string `json:"id"`
	}
	if json.NewDecoder(bytes.NewReader([]byte(response))).Decode(&credential) != nil {
		return ""
	}
	if raw, err := base64.RawURLEncoding.DecodeString(credential.ID); err != nil || len(raw) == 0 || len(raw) > maxHandle {
		return ""
	}
	return credential.ID
}

package flow

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
)

// EnrolForm is what the pages to enrol a second factor sent.
type EnrolForm struct {
	Method string // totp or passkey
	// Seed is of totp: what its page had. Without one that page is shown.
	Seed, Code string
	// Ceremony and Response are of passkey.
	Ceremony, Response string
	Name               string // the person's own word for it; may be empty
}

// Enrol takes a second factor that the person enrols because they have to have one. It is
// proved by that.
func (d *Dispatcher) Enrol(ctx context.Context, step string, form EnrolForm, b Browser) Outcome {
	v, next, done := d.resumeAt(ctx, step, b, toEnrol, StepEnrol)
	switch {
	case done != nil:
		return *done
	case !slices.Contains(next.Methods, form.Method):
		return d.refuseStep(ctx, v, "method_not_allowed")
	case form.Method == core.MethodTOTP:
		return d.enrolTOTP(ctx, v, next, form)
	}
	return d.enrolPasskey(ctx, v, next, form)
}

// Codes goes on behind the page with recovery codes.
func (d *Dispatcher) Codes(ctx context.Context, step string, b Browser) Outcome {
	v, _, done := d.resume(ctx, step, b, toCodes)
	if done != nil {
		return *done
	}
	return d.advance(ctx, v)
}

func (d *Dispatcher) enrolTOTP(ctx context.Context, v *visit, next Step, form EnrolForm) Outcome {
	page := TOTPPage{Seed: form.Seed, Name: form.Name}
	if form.Seed == "" {
		return d.totpPage(v, next, page)
	}
	if strings.TrimSpace(form.Code) == "" {
		page.Problem = ProblemMissing
		return d.totpPage(v, next, page)
	}
	user, _ := v.person()
	changes, err := d.Factors.AddTOTP(ctx, user, form.Seed, form.Code, form.Name, v.eventOf(""))
	refused, isRefusal := errors.AsType[*core.SignInRefused](err)
	switch {
	case isRefusal && refused.Kind == core.SignInExpired:
		page.Problem = ProblemExpired
		return d.totpPage(v, next, page)
	case isRefusal:
		page.Problem = ProblemCode
		return d.totpPage(v, next, page)
	case err != nil:
		return failed(err)
	}
	return d.enrolled(ctx, v, &core.Authenticator{Kind: core.AuthenticatorTOTP, Name: form.Name}, changes)
}

func (d *Dispatcher) enrolPasskey(ctx context.Context, v *visit, next Step, form EnrolForm) Outcome {
	challenge, expires, ok := d.challenge(v, ceremonyEnrol, form.Ceremony)
	switch {
	case form.Response == "":
		return d.enrolPage(ctx, v, next, EnrolPage{Problem: ProblemScript})
	case !ok:
		return d.enrolPage(ctx, v, next, EnrolPage{Problem: ProblemPasskey})
	}
	user, _ := v.person()
	changes, made, err := d.Factors.AddPasskey(ctx, user, challenge, expires, []byte(form.Response), form.Name, v.eventOf(""))
	if _, isRefusal := errors.AsType[*core.SignInRefused](err); isRefusal {
		return d.enrolPage(ctx, v, next, EnrolPage{Problem: ProblemPasskey})
	}
	if err != nil {
		return failed(err)
	}
	return d.enrolled(ctx, v, &made, changes)
}

// provedBy says what a sign-in is with an authenticator that was enrolled just now, which
// proved it: its user was verified.
func (d *Dispatcher) provedBy(made *core.Authenticator) (acr string, amr []string) {
	switch {
	case made.Kind == core.AuthenticatorTOTP:
		return core.ACRTwo, []string{core.AMROneTime}
	case d.Synced(made):
		return core.ACRPhishingResistant, []string{core.AMRSoftware, core.AMRUser}
	}
	return core.ACRPhishingResistant, []string{core.AMRHardware, core.AMRUser}
}

// Proved is the session of somebody who enrolled a second factor in it just now, for
// [Dispatcher.Renew]: they need not prove at once what they have proved. A session that is
// as strong already stays as it is.
func (d *Dispatcher) Proved(in *core.SignedIn, made *core.Authenticator) *core.SignedIn {
	acr, amr := d.provedBy(made)
	session := &in.Session
	if core.Reaches(session.ACR, session.AMR, session.Upstream != nil, acr) {
		return in
	}
	proved := *in
	proved.Session.ACR, proved.Session.AMR = acr, core.BothFactors(session.AMR, amr)
	return &proved
}

// enrolled goes on with a second factor that was enrolled just now. Who has no recovery
// codes gets some: they are all that is left if it is lost.
func (d *Dispatcher) enrolled(ctx context.Context, v *visit, made *core.Authenticator, changes []core.Change) Outcome {
	v.now = d.Now()
	first := v.firstFactor()
	acr, amr := d.provedBy(made)
	proof := &core.Proof{Method: first.Method + "+" + string(made.Kind), AMR: core.BothFactors(first.AMR, amr), ACR: acr, Changes: changes}
	user, _ := v.person()
	proof.Changes = append(slices.Clip(proof.Changes), d.noticeAdded(v, made)...)
	if v.facts.Enrolled.RecoveryCodes > 0 {
		return d.proved(ctx, v, proof)
	}
	codes, change := d.Factors.NewRecoveryCodes(user)
	proof.Changes = append(proof.Changes, change)
	d.record(v, v.eventOf(core.EventRecoveryCodesMade))
	return d.showCodes(ctx, v, proof, codes)
}

// showCodes is proved with a page in between: the codes are shown once, by the answer that
// says that they are kept.
func (d *Dispatcher) showCodes(ctx context.Context, v *visit, proof *core.Proof, codes []string) Outcome {
	user, _ := v.person()
	page := &CodesPage{Client: v.client, User: *user, Codes: codes, MadeAt: v.now}
	if v.first == nil {
		d.raise(v, proof)
	} else if err := d.keepProved(ctx, v, proof); err != nil {
		return failed(err)
	}
	v.keep()
	page.Step = d.linkTo(v, toCodes, "")
	return d.commit(ctx, v, v.page(page))
}

// keepProved begins the session if nothing is missing, and keeps what was proved if
// something is.
func (d *Dispatcher) keepProved(ctx context.Context, v *visit, proof *core.Proof) error {
	v.first.Method, v.first.AMR, v.first.ACR = proof.Method, proof.AMR, proof.ACR
	next, err := d.next(ctx, v)
	if err != nil {
		return err
	}
	v.changes = append(v.changes, proof.Changes...)
	if next.Kind == StepBegin {
		return d.startSession(ctx, v)
	}
	d.keepFirst(v, next)
	return nil
}

// enrolView is the page as a link leads to it.
func (d *Dispatcher) enrolView(ctx context.Context, v *visit, next Step) Outcome {
	if len(next.Methods) == 1 && next.Methods[0] == core.MethodTOTP {
		return d.totpPage(v, next, TOTPPage{})
	}
	return d.enrolPage(ctx, v, next, EnrolPage{})
}

// enrolPage completes the page.
func (d *Dispatcher) enrolPage(ctx context.Context, v *visit, next Step, page EnrolPage) Outcome {
	user, _ := v.person()
	page.Step, page.Client, page.User = d.linkTo(v, toEnrol, ""), v.client, *user
	page.TOTP = slices.Contains(next.Methods, core.MethodTOTP)
	if slices.Contains(next.Methods, core.MethodPasskey) {
		signed := d.ceremony(v, ceremonyEnrol)
		options, err := d.Factors.PasskeyCreation(ctx, challengeOf(signed), user)
		if err != nil {
			return failed(err)
		}
		page.Passkey = &Ceremony{Options: options, Signed: signed}
	}
	out := v.page(&page)
	out.Status = page.Problem.status()
	return out
}

// totpPage completes the page: with the same seed as before, or a new one.
func (d *Dispatcher) totpPage(v *visit, next Step, page TOTPPage) Outcome {
	user, _ := v.person()
	page.Step, page.Client, page.User, page.Only = d.linkTo(v, toEnrol, ""), v.client, *user, len(next.Methods) == 1
	var err error
	if page.Seed != "" {
		page.URI, err = d.Factors.TOTPURI(user, page.Seed)
	}
	if page.URI == "" || err != nil {
		page.Seed, page.URI = d.Factors.NewTOTP(user)
	}
	out := v.page(&page)
	out.Status = page.Problem.status()
	return out
}

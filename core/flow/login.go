package flow

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

// Login takes what the login page sent.
func (d *Dispatcher) Login(ctx context.Context, step, login, password string, b Browser) Outcome {
	v, _, done := d.resumeLogin(ctx, step, b)
	switch {
	case done != nil:
		return *done
	case !v.allows(core.MethodPassword):
		return d.loginPage(ctx, v, LoginPage{Username: login, Problem: ProblemMethod})
	case strings.TrimSpace(login) == "" || password == "":
		d.record(v, refused(v.event(core.EventSignInFailed), "empty"))
		return d.commit(ctx, v, d.loginPage(ctx, v, LoginPage{Username: login, AskPassword: true, Problem: ProblemMissing}))
	}
	proof, err := d.Passwords.SignIn(ctx, core.PasswordAttempt{
		Client: v.client, Org: v.org(), Login: login, Password: password, Event: v.event(""),
	})
	if err != nil {
		return d.notSignedIn(ctx, v, LoginPage{Username: login, AskPassword: true}, err)
	}
	return d.signedIn(ctx, v, proof)
}

// LoginWithPasskey takes what the browser says of a passkey, whoever's it is: ceremony is
// what the page had, response JSON of its PublicKeyCredential.
func (d *Dispatcher) LoginWithPasskey(ctx context.Context, step, ceremony, response string, b Browser) Outcome {
	v, _, done := d.resumeLogin(ctx, step, b)
	page := LoginPage{Username: v.loginHint(), AskPassword: true}
	switch {
	case done != nil:
		return *done
	case !d.offersPasskeys(v):
		page.Problem = ProblemMethod
		return d.loginPage(ctx, v, page)
	case response == "":
		page.Problem = ProblemScript
		return d.loginPage(ctx, v, page)
	}
	challenge, expires, ok := d.challenge(v, ceremonyLogin, ceremony)
	if !ok {
		page.Problem = ProblemPasskey
		d.record(v, refused(v.event(core.EventSignInFailed), "ceremony_forged"))
		return d.commit(ctx, v, d.loginPage(ctx, v, page))
	}
	proof, err := d.Factors.SignInWithPasskey(ctx, core.PasskeyAttempt{
		Client: v.client, Org: v.org(), Challenge: challenge, ExpiresAt: expires, Response: []byte(response), Event: v.event(""),
	})
	if err != nil {
		v.unknownPasskey = unknownPasskey(err, response)
		return d.notSignedIn(ctx, v, page, err)
	}
	return d.signedIn(ctx, v, proof)
}

// resumeLogin is resume for what the login page sends, or another of those steps, and
// says what is next: a sign-in. If somebody signed in for the request already, done goes
// on with it.
func (d *Dispatcher) resumeLogin(ctx context.Context, step string, b Browser, steps ...purpose) (v *visit, next Step, done *Outcome) {
	v, at, done := d.resume(ctx, step, b, append(steps, toLogin)...)
	if done != nil {
		return v, next, done
	}
	v.at = at
	next, err := d.next(ctx, v)
	if err == nil && v.mayLogin(next) {
		err = d.loadRules(ctx, v)
	} else if err == nil {
		out := d.act(ctx, v, next)
		return v, next, &out
	}
	if err != nil {
		out := failed(err)
		return v, next, &out
	}
	return v, v.asked(next), nil
}

// loadRules reads the rules by which people may sign in at the page, if they are not
// those of one organisation.
func (d *Dispatcher) loadRules(ctx context.Context, v *visit) error {
	if v.rules != nil {
		return nil
	}
	all, err := d.Store.Organisations(ctx)
	if err != nil {
		return err
	}
	for _, org := range all {
		switch {
		case org.Disabled:
		case v.client == nil:
			v.rules = append(v.rules, org.Rules.SignIn)
		default:
			v.rules = append(v.rules, org.Rules.SignIn.And(v.client.SignIn))
		}
	}
	return nil
}

// allows reports whether somebody may sign in so at the page.
func (v *visit) allows(method string) bool {
	return slices.ContainsFunc(v.rules, func(r core.SignInRules) bool { return r.Allows(method) })
}

// closedTo reports whether nobody may sign in so at the client, whatever the rules of their
// organisation.
func (v *visit) closedTo(method string) bool {
	return v.rules != nil && !v.allows(method) || len(v.client.SignIn.Methods) > 0 && !v.client.SignIn.Allows(method)
}

// org is where the person is looked for: at a client that is not shared, in its
// organisation alone.
func (v *visit) org() string {
	if v.client == nil || v.client.Shared {
		return ""
	}
	return v.client.Org
}

const maxUserAgent = 256

// shortened cuts to whole characters.
func shortened(s string) string {
	if len(s) > maxUserAgent {
		s = s[:maxUserAgent]
	}
	return strings.ToValidUTF8(s, "")
}

// notSignedIn shows the page again. Nothing but the kind of the refusal shows.
func (d *Dispatcher) notSignedIn(ctx context.Context, v *visit, page LoginPage, err error) Outcome {
	refused, ok := errors.AsType[*core.SignInRefused](err)
	if !ok {
		return failed(err)
	}
	page.Problem = problemOf(refused)
	out := d.loginPage(ctx, v, page)
	out.RetryAfter = refused.RetryAfter
	return out
}

// problemOf is what the person reads of a refusal.
func problemOf(refused *core.SignInRefused) Problem {
	switch refused.Kind {
	case core.SignInThrottled:
		return ProblemThrottled
	case core.SignInBusy:
		return ProblemBusy
	case core.SignInUnavailable:
		return ProblemUnavailable
	case core.SignInFactor, core.SignInUnknownPasskey:
		return ProblemPasskey
	case core.SignInExpired:
		return ProblemExpired
	}
	return ProblemWrong
}

// status is that of a page with the problem; 0 where nothing failed.
func (p Problem) status() int {
	switch p {
	case ProblemMissing, ProblemName, ProblemWrong, ProblemMethod, ProblemPasskey, ProblemScript, ProblemCode:
		return http.StatusUnprocessableEntity
	case ProblemThrottled:
		return http.StatusTooManyRequests
	case ProblemBusy, ProblemUnavailable:
		return http.StatusServiceUnavailable
	}
	return 0
}

// loginView is the login page as a link leads to it. Whether there is a password to
// ask for is seen when the name is known, where names lead to a provider.
func (d *Dispatcher) loginView(ctx context.Context, v *visit, note string, next Step) Outcome {
	if err := d.loadRules(ctx, v); err != nil {
		return failed(err)
	}
	page := LoginPage{Username: v.loginHint(), AskPassword: !slices.ContainsFunc(v.offers, leadsSomewhere)}
	if connector, cancelled := strings.CutPrefix(note, noteCancelled); cancelled {
		page.Problem, page.Provider = ProblemCancelled, v.title(connector)
	} else if note != "" {
		page.Problem = Problem(note)
	} else if next.ACR != "" && next.Kind == StepLogin {
		page.Problem = ProblemWeak
	} else if v.again() {
		page.Problem = ProblemAgain
	}
	out := d.loginPage(ctx, v, page)
	out.Status = 0 // what was wrong was answered before
	return out
}

// noteCancelled begins the payload of a link to the login page for who gave up at a
// provider: its connector follows. Any other is a [Problem].
const noteCancelled = "cancelled "

// loginPage completes the page.
func (d *Dispatcher) loginPage(ctx context.Context, v *visit, page LoginPage) Outcome {
	page.Step, page.Client, page.Cancellable = d.linkTo(v, toLogin, ""), v.client, true
	page.Password, page.Email = v.allows(core.MethodPassword), d.offersMail(v)
	page.AskPassword = page.AskPassword && page.Password
	page.Leads = slices.ContainsFunc(v.offers, leadsSomewhere)
	for _, offer := range v.offers {
		if !offer.Hidden {
			page.Offers = append(page.Offers, offer)
		}
	}
	if d.offersPasskeys(v) {
		var err error
		if page.Passkey, err = d.ask(ctx, v, ceremonyLogin, nil); err != nil {
			return failed(err)
		}
	}
	out := v.page(&page)
	out.Status = page.Problem.status()
	return out
}

func (d *Dispatcher) offersPasskeys(v *visit) bool {
	return d.Factors != nil && d.Factors.Passkeys() && v.allows(core.MethodPasskey)
}

// Cancel gives up at the login page, at a second factor, or the selection. The client learns that
// access was denied; whoever was signed in still is.
func (d *Dispatcher) Cancel(ctx context.Context, step string, b Browser) Outcome {
	v, _, done := d.resume(ctx, step, b, toLogin, toMail, toFactor, toEnrol, toSelect)
	if done != nil {
		return *done
	}
	return d.giveUp(ctx, v, core.EventSignInCancelled, oauth.Refuse(oauth.CodeAccessDenied, ReasonCancelled, "The sign-in was cancelled."))
}

// giveUp ends the request because the person wants so.
func (d *Dispatcher) giveUp(ctx context.Context, v *visit, kind core.EventType, refusal *oauth.Error) Outcome {
	if v.program != nil {
		return d.denyDevice(ctx, v, refusal)
	}
	v.finish()
	d.record(v, refused(v.event(kind), refusal.Reason))
	if v.request == nil {
		return d.commit(ctx, v, Outcome{Redirect: PathHome})
	}
	return d.commit(ctx, v, v.answer(v.request.Refuse(refusal).Response(d.Issuer)))
}

// Select takes what the selection page sent: to keep the account that is signed
// in, or to sign in with another.
func (d *Dispatcher) Select(ctx context.Context, step string, keep bool, b Browser) Outcome {
	v, _, done := d.resumeAt(ctx, step, b, toSelect, StepSelect)
	switch {
	case done != nil:
		return *done
	case !keep:
		return d.act(ctx, v, v.wayIn())
	}
	v.claim(v.signedIn.Session.ID)
	return d.advance(ctx, v)
}

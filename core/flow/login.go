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
	if done != nil {
		return *done
	}
	if strings.TrimSpace(login) == "" || password == "" {
		d.record(v, refused(v.event(core.EventSignInFailed), "empty"))
		return d.commit(ctx, v, d.loginPage(v, LoginPage{Username: login, AskPassword: true, Problem: ProblemMissing}))
	}
	proof, err := d.Passwords.SignIn(ctx, core.PasswordAttempt{
		Client: v.client, Org: v.org(), Login: login, Password: password, Event: v.event(""),
	})
	if err != nil {
		return d.notSignedIn(v, login, err)
	}
	return d.signedIn(ctx, v, proof)
}

// resumeLogin is resume for what the login page sends, and says what is next: a
// sign-in. If somebody signed in for the request already, done goes on with it.
func (d *Dispatcher) resumeLogin(ctx context.Context, step string, b Browser) (v *visit, next Step, done *Outcome) {
	v, _, done = d.resume(ctx, step, b, toLogin)
	if done != nil {
		return v, next, done
	}
	next, err := d.next(ctx, v)
	if err == nil && v.mayLogin(next) {
		return v, v.asked(next), nil
	}
	out := failed(err)
	if err == nil {
		out = d.act(ctx, v, next)
	}
	return v, next, &out
}

// signedIn goes on after somebody proved who they are.
func (d *Dispatcher) signedIn(ctx context.Context, v *visit, proof *core.Proof) Outcome {
	v.now = d.Now() // the proof took its time
	if err := d.signIn(ctx, v, proof); err != nil {
		return failed(err)
	}
	return d.advance(ctx, v)
}

// org is where the person is looked for: at a client that is not shared, in its
// organisation alone.
func (v *visit) org() string {
	if v.client == nil || v.client.Shared {
		return ""
	}
	return v.client.Org
}

// signIn begins a new session, whoever was signed in before: its identifier is
// never one that was known before the sign-in.
func (d *Dispatcher) signIn(ctx context.Context, v *visit, proof *core.Proof) error {
	org, err := d.Store.Organisation(ctx, proof.User.Org)
	if err != nil {
		return err
	}
	cookie := core.NewCredential(core.KindSession, core.NewID(v.now, d.Rand), d.Rand)
	session := core.Session{
		ID: cookie.ID, Hash: cookie.Hash(), UserID: proof.User.ID,
		AuthTime: v.now, AMR: proof.AMR, ACR: proof.ACR, Upstream: proof.Upstream,
		CreatedAt: v.now, ExpiresAt: v.now.Add(orElse(d.Lifetimes.Session, defaultSession)),
		IP: v.from.IP, UserAgent: shortened(v.from.UserAgent),
	}
	if !proof.AuthTime.IsZero() && proof.AuthTime.Before(v.now) {
		session.AuthTime = proof.AuthTime
	}
	start := core.StartSession{Session: session}
	if v.signedIn != nil {
		start.Replaces = v.signedIn.Session.ID
	}
	v.signedIn = &core.SignedIn{Session: session, User: *proof.User, Org: *org}
	v.stored.SessionID, v.stored.SignedInAt, v.stored.ConsentedScopes, v.changed = session.ID, v.now, nil, true
	v.cookies.SetSession, v.cookies.SessionExpires = cookie.String(), session.ExpiresAt
	d.showState(v)
	v.changes = slices.Concat(v.changes, proof.Changes, []core.Change{start})
	event := v.event(core.EventSignedIn)
	event.Detail = map[string]string{"method": proof.Method}
	if proof.Upstream != nil {
		event.Detail["connector"] = proof.Upstream.Connector
	}
	d.record(v, event)
	return nil
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
func (d *Dispatcher) notSignedIn(v *visit, login string, err error) Outcome {
	refused, ok := errors.AsType[*core.SignInRefused](err)
	if !ok {
		return failed(err)
	}
	problem := ProblemWrong
	switch refused.Kind {
	case core.SignInThrottled:
		problem = ProblemThrottled
	case core.SignInBusy:
		problem = ProblemBusy
	case core.SignInUnavailable:
		problem = ProblemUnavailable
	}
	out := d.loginPage(v, LoginPage{Username: login, AskPassword: true, Problem: problem})
	out.RetryAfter = refused.RetryAfter
	return out
}

// loginView is the login page as a link leads to it. Whether there is a password to
// ask for is seen when the name is known, where names lead to a provider.
func (d *Dispatcher) loginView(v *visit, note string, next Step) Outcome {
	page := LoginPage{Username: v.loginHint(), AskPassword: !slices.ContainsFunc(v.offers, leadsSomewhere)}
	if connector, cancelled := strings.CutPrefix(note, noteCancelled); cancelled {
		page.Problem, page.Provider = ProblemCancelled, v.title(connector)
	} else if next.ACR != "" {
		page.Problem = ProblemWeak
	} else if v.again() {
		page.Problem = ProblemAgain
	}
	return d.loginPage(v, page)
}

// noteCancelled begins the payload of a link to the login page for who gave up at a
// provider: its connector follows.
const noteCancelled = "cancelled "

// loginPage completes the page.
func (d *Dispatcher) loginPage(v *visit, page LoginPage) Outcome {
	page.Step, page.Client, page.Cancellable = d.linkTo(v, toLogin, ""), v.client, true
	for _, offer := range v.offers {
		if !offer.Hidden {
			page.Offers = append(page.Offers, offer)
		}
	}
	out := v.page(&page)
	switch page.Problem {
	case ProblemMissing, ProblemWrong:
		out.Status = http.StatusUnprocessableEntity
	case ProblemThrottled:
		out.Status = http.StatusTooManyRequests
	case ProblemBusy, ProblemUnavailable:
		out.Status = http.StatusServiceUnavailable
	}
	return out
}

// Cancel gives up at the login page or the selection. The client learns that
// access was denied; whoever was signed in still is.
func (d *Dispatcher) Cancel(ctx context.Context, step string, b Browser) Outcome {
	v, _, done := d.resume(ctx, step, b, toLogin, toSelect)
	if done != nil {
		return *done
	}
	return d.giveUp(ctx, v, core.EventSignInCancelled, oauth.Refuse(oauth.CodeAccessDenied, "cancelled", "The sign-in was cancelled."))
}

// giveUp ends the request because the person wants so.
func (d *Dispatcher) giveUp(ctx context.Context, v *visit, kind core.EventType, refusal *oauth.Error) Outcome {
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
	v, _, done := d.resume(ctx, step, b, toSelect)
	if done != nil {
		return *done
	}
	next, err := d.next(ctx, v)
	switch {
	case err != nil:
		return failed(err)
	case next.Kind != StepSelect:
		return d.act(ctx, v, next)
	case !keep:
		return d.act(ctx, v, v.wayIn())
	}
	v.claim(v.signedIn.Session.ID)
	return d.advance(ctx, v)
}

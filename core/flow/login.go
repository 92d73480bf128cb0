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
	v, _, done := d.resume(ctx, step, b, toLogin)
	if done != nil {
		return *done
	}
	next, err := d.next(ctx, v)
	if err != nil {
		return failed(err)
	}
	if !v.mayLogin(next) {
		return d.act(ctx, v, next)
	}
	if strings.TrimSpace(login) == "" || password == "" {
		d.record(v, refused(v.event(core.EventSignInFailed), "empty"))
		return d.commit(ctx, v, d.loginPage(v, login, ProblemMissing))
	}
	user, changes, err := d.Passwords.SignIn(ctx, v.org(), login, password, v.event(""))
	if err != nil {
		return d.notSignedIn(v, login, err)
	}
	// The hash took its time.
	v.now = d.Now()
	if err := d.signIn(ctx, v, user, changes); err != nil {
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
func (d *Dispatcher) signIn(ctx context.Context, v *visit, user *core.User, changes []core.Change) error {
	org, err := d.Store.Organisation(ctx, user.Org)
	if err != nil {
		return err
	}
	cookie := core.NewCredential(core.KindSession, core.NewID(v.now, d.Rand), d.Rand)
	session := core.Session{
		ID: cookie.ID, Hash: cookie.Hash(), UserID: user.ID,
		AuthTime: v.now, AMR: []string{AMRPassword}, ACR: ACRPassword,
		CreatedAt: v.now, ExpiresAt: v.now.Add(orElse(d.Lifetimes.Session, defaultSession)),
		IP: v.from.IP, UserAgent: shortened(v.from.UserAgent),
	}
	start := core.StartSession{Session: session}
	if v.signedIn != nil {
		start.Replaces = v.signedIn.Session.ID
	}
	v.signedIn = &core.SignedIn{Session: session, User: *user, Org: *org}
	v.stored.SessionID, v.stored.SignedInAt, v.stored.ConsentedScopes, v.changed = session.ID, v.now, nil, true
	v.cookies.SetSession, v.cookies.SessionExpires = cookie.String(), session.ExpiresAt
	v.changes = slices.Concat(v.changes, changes, []core.Change{start})
	event := v.event(core.EventSignedIn)
	event.Detail = map[string]string{"method": "password"}
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
	}
	out := d.loginPage(v, login, problem)
	out.RetryAfter = refused.RetryAfter
	return out
}

func (d *Dispatcher) loginPage(v *visit, username string, problem Problem) Outcome {
	out := v.page(&LoginPage{
		Step: d.linkTo(v, toLogin, ""), Client: v.client, Username: username, Problem: problem, Cancellable: true,
	})
	switch problem {
	case ProblemMissing, ProblemWrong:
		out.Status = http.StatusUnprocessableEntity
	case ProblemThrottled:
		out.Status = http.StatusTooManyRequests
	case ProblemBusy:
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
		return d.goTo(ctx, v, toLogin)
	}
	v.claim(v.signedIn.Session.ID)
	return d.advance(ctx, v)
}

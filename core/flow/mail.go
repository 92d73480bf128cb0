package flow

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/core/ticket"
)

func (d *Dispatcher) offersMail(v *visit) bool {
	return d.Factors != nil && d.Mails != nil && d.Mails.Ready() && v.allows(core.MethodEmail)
}

// RequestMail sends a link and a code to whoever has the login name, or the address, if
// somebody does. What comes of it looks the same for everybody.
func (d *Dispatcher) RequestMail(ctx context.Context, step, login string, b Browser) Outcome {
	v, _, done := d.resumeLogin(ctx, step, b)
	if done != nil {
		return *done
	}
	return d.sendMail(ctx, v, login)
}

// MailAgain is RequestMail from the page that asks for the code.
func (d *Dispatcher) MailAgain(ctx context.Context, step string, b Browser) Outcome {
	v, _, done := d.resumeLogin(ctx, step, b, toMail)
	if done != nil {
		return *done
	}
	_, login, _ := strings.Cut(v.at.payload, " ")
	return d.sendMail(ctx, v, login)
}

func (d *Dispatcher) sendMail(ctx context.Context, v *visit, login string) Outcome {
	login = strings.TrimSpace(login)
	page := LoginPage{Username: login, AskPassword: true}
	switch {
	case !d.offersMail(v):
		page.Problem = ProblemMethod
		return d.loginPage(ctx, v, page)
	case login == "" || len(login) > maxHint || strings.ContainsAny(login, "\r\n"):
		page.AskPassword, page.Problem = !slices.ContainsFunc(v.offers, leadsSomewhere), ProblemName
		return d.loginPage(ctx, v, page)
	}
	id, changes, err := d.Factors.RequestMail(ctx, core.MailAttempt{
		Client: v.client, Org: v.org(), Login: login, Request: v.stored.ID, Browser: v.stored.BrowserHash, Locale: v.from.Locale, Event: v.event(""),
	})
	if err != nil {
		return d.notSignedIn(ctx, v, page, err)
	}
	v.keep()
	v.changes = append(v.changes, changes...)
	return d.commit(ctx, v, Outcome{Redirect: PathMail + "?step=" + d.linkTo(v, toMail, string(id)+" "+login)})
}

// mailPage completes the page: payload is that of the link to it.
func (d *Dispatcher) mailPage(v *visit, payload string, page MailPage) Outcome {
	_, page.Login, _ = strings.Cut(payload, " ")
	page.Step, page.Client, page.Works = d.linkTo(v, toMail, payload), v.client, ticket.Lifetime(core.TicketSignIn)
	page.Back = d.backToLogin(v, "")
	out := v.page(&page)
	out.Status = page.Problem.status()
	return out
}

// Code takes the code of a mail, in the browser that asked for it.
func (d *Dispatcher) Code(ctx context.Context, step, code string, b Browser) Outcome {
	v, _, done := d.resumeLogin(ctx, step, b, toMail)
	switch {
	case done != nil:
		return *done
	case v.at.to != toMail:
		return d.refuseStep(ctx, v, "step_forged")
	case !d.offersMail(v):
		return d.loginPage(ctx, v, LoginPage{Problem: ProblemMethod})
	case strings.TrimSpace(code) == "":
		return d.mailPage(v, v.at.payload, MailPage{Problem: ProblemMissing})
	}
	id, _, _ := strings.Cut(v.at.payload, " ")
	attempt := v.bringing()
	attempt.ID, attempt.Code = core.ID(id), code
	proof, err := d.Factors.SignInWithTicket(ctx, attempt)
	if err == nil {
		return d.signedIn(ctx, v, proof)
	}
	refused, ok := errors.AsType[*core.SignInRefused](err)
	switch {
	case !ok:
		return failed(err)
	case refused.Kind == core.SignInExpired:
		return Outcome{Redirect: d.backToLogin(v, string(ProblemExpired))}
	case refused.Kind == core.SignInFactor:
		return d.mailPage(v, v.at.payload, MailPage{Problem: ProblemCode})
	}
	out := d.mailPage(v, v.at.payload, MailPage{Problem: problemOf(refused)})
	out.RetryAfter = refused.RetryAfter
	return out
}

// bringing is an attempt with a ticket for this request.
func (v *visit) bringing() core.TicketAttempt {
	return core.TicketAttempt{Request: v.stored.ID, Browser: v.stored.BrowserHash, Client: v.client, Org: v.org(), Event: v.event("")}
}

// Ticket shows what the link of a mail opens. It uses nothing up: whatever reads mails on
// their way opens links too.
func (d *Dispatcher) Ticket(ctx context.Context, credential string, b Browser) Outcome {
	v := d.begin(b)
	found, page := d.ticket(ctx, v, credential)
	if page != nil {
		return *page
	}
	if err := d.loadClientOf(ctx, v, found.RequestID); err != nil {
		return failed(err)
	}
	return v.page(&TicketPage{Ticket: credential, Client: v.client})
}

// loadClientOf loads the client of a request, for what the page says.
func (d *Dispatcher) loadClientOf(ctx context.Context, v *visit, request core.ID) error {
	stored, err := d.Store.AuthRequest(ctx, request)
	if err != nil {
		return ignored(err)
	}
	return d.loadRequested(ctx, v, stored)
}

// TicketSignIn takes the button of the page of [Dispatcher.Ticket].
func (d *Dispatcher) TicketSignIn(ctx context.Context, credential string, b Browser) Outcome {
	v := d.begin(b)
	found, page := d.ticket(ctx, v, credential)
	if page != nil {
		return *page
	}
	if done := d.reload(ctx, v, found.RequestID, found.ExpiresAt); done != nil {
		return *done
	}
	next, err := d.next(ctx, v)
	switch {
	case err != nil:
		return failed(err)
	case !v.mayLogin(next):
		return d.act(ctx, v, next)
	}
	attempt := v.bringing()
	attempt.Link = credential
	proof, err := d.Factors.SignInWithTicket(ctx, attempt)
	if err == nil {
		return d.signedIn(ctx, v, proof)
	}
	refused, ok := errors.AsType[*core.SignInRefused](err)
	switch {
	case !ok:
		return failed(err)
	case refused.Kind == core.SignInThrottled || refused.Kind == core.SignInBusy:
		out := Outcome{Error: oauth.Refuse(oauth.CodeTemporarilyUnavailable, string(refused.Kind), "There were too many attempts. Wait some minutes and try again.")}
		out.Error.Status, out.RetryAfter = problemOf(refused).status(), refused.RetryAfter
		return out
	}
	return gone(v, GoneUsed)
}

// ticket finds a ticket to sign in with that this browser asked for. If there is none,
// page says so.
func (d *Dispatcher) ticket(ctx context.Context, v *visit, credential string) (*core.Ticket, *Outcome) {
	stop := func(out Outcome) (*core.Ticket, *Outcome) { return nil, &out }
	if d.Factors == nil {
		return stop(gone(v, GoneUnknown))
	}
	found, err := ticket.Find(ctx, d.Store, core.TicketSignIn, credential, v.now)
	refused, isRefusal := errors.AsType[*ticket.Refused](err)
	switch {
	case isRefusal && refused.Kind == ticket.Used:
		return stop(gone(v, GoneUsed))
	case isRefusal && refused.Kind == ticket.Expired:
		return stop(gone(v, GoneExpired))
	case isRefusal:
		return stop(gone(v, GoneUnknown))
	case err != nil:
		return stop(failed(err))
	case v.browser.ID == "" || !found.BrowserHash.Matches(v.browser.Hash()):
		return stop(gone(v, GoneBrowser))
	}
	return found, nil
}

// gone is the page of a link that does not work.
func gone(v *visit, why Gone) Outcome {
	out := v.page(&TicketPage{Gone: why})
	out.Status = http.StatusGone
	return out
}

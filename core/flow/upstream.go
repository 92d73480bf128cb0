package flow

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

// SignInWith takes the button of a connector on the login page; username is what was
// typed besides.
func (d *Dispatcher) SignInWith(ctx context.Context, step, connector, username string, b Browser) Outcome {
	v, next, done := d.resumeLogin(ctx, step, b)
	if done != nil {
		return *done
	}
	return d.sendTo(ctx, v, next, connector, username)
}

// Identify takes the name from a login page without a field for the password. An
// e-mail address of a domain that is a connector's goes there; everybody else is asked
// for the password, whether or not there is such an account.
func (d *Dispatcher) Identify(ctx context.Context, step, username string, b Browser) Outcome {
	v, next, done := d.resumeLogin(ctx, step, b)
	if done != nil {
		return *done
	}
	if strings.TrimSpace(username) == "" {
		return d.loginPage(ctx, v, LoginPage{Username: username, Problem: ProblemMissing})
	}
	if connector, found := realm(v.offers, username); found {
		return d.sendTo(ctx, v, next, connector, strings.TrimSpace(username))
	}
	page := LoginPage{Username: username, AskPassword: true}
	if !v.allows(core.MethodPassword) && !d.offersMail(v) {
		page.Problem = ProblemMethod
	}
	return d.loginPage(ctx, v, page)
}

// realm finds the connector of an e-mail address by its domain (home realm discovery).
func realm(offers []core.Offer, username string) (connector string, found bool) {
	local, domain, isAddress := strings.Cut(core.FoldName(username), "@")
	if !isAddress || local == "" {
		return "", false
	}
	for _, offer := range offers {
		if slices.Contains(offer.Domains, domain) {
			return offer.Connector, true
		}
	}
	return "", false
}

func leadsSomewhere(o core.Offer) bool { return len(o.Domains) > 0 }

// maxHint bounds what a provider is told of whom to expect.
const maxHint = 1 << 10

// sendTo sends the browser to the provider of a connector, to sign in for this request.
// The request is kept, also if that comes to nothing: the person may choose another way.
func (d *Dispatcher) sendTo(ctx context.Context, v *visit, next Step, connector, username string) Outcome {
	switch {
	case d.Upstream == nil:
		return d.refuseStep(ctx, v, "connector_unknown")
	case v.rules != nil && !v.allows(core.MethodUpstream):
		return d.refuseStep(ctx, v, "method_not_allowed")
	}
	v.demand(next)
	start, err := d.Upstream.Begin(ctx, d.beginning(v, next, connector, username))
	refusal, isRefusal := errors.AsType[*core.UpstreamRefused](err)
	if err != nil && !isRefusal {
		return failed(err)
	}
	if offered(v.offers, connector) {
		v.stored.SentTo, v.changed = connector, true
	}
	v.keep()
	if isRefusal {
		return d.turnBack(ctx, v, refusal)
	}
	v.changes = append(v.changes, start.Changes...)
	return d.commit(ctx, v, v.toProvider(start.Redirect, connector))
}

func (d *Dispatcher) beginning(v *visit, next Step, connector, username string) core.UpstreamBegin {
	begin := core.UpstreamBegin{
		Connector: connector, Client: v.client, Request: v.stored.ID, Browser: v.browser.Hash(),
		Fresh: next.Fresh, Event: v.event(""), ExpiresAt: v.stored.ExpiresAt,
	}
	if username = strings.TrimSpace(username); len(username) <= maxHint {
		begin.LoginHint = username
	}
	if next.ACR != "" {
		begin.ACRValues = []string{next.ACR}
	}
	if v.request != nil {
		begin.SelectAccount = slices.Contains(v.request.Prompts, oauth.PromptSelectAccount)
		begin.UILocales = v.request.UILocales
		for _, acr := range v.request.ACRValues {
			if acr != next.ACR {
				begin.ACRValues = append(begin.ACRValues, acr)
			}
		}
	}
	return begin
}

// Callback takes the answer of a provider, at the redirect URI of this connector.
//
// A POST from another site comes without cookies, so what was posted is kept until the
// browser comes for it: codes and what is said of people never get into a URL.
func (d *Dispatcher) Callback(ctx context.Context, connector string, params oauth.Params, posted bool, b Browser) Outcome {
	v := d.begin(b)
	state := params.Get("state")
	switch {
	case d.Upstream == nil:
		return d.refuseStep(ctx, v, "connector_unknown")
	case state == "":
		return d.refuseStep(ctx, v, "state_missing")
	}
	attempt, err := d.Upstream.Attempt(ctx, state)
	switch {
	case errors.Is(err, core.ErrNotFound):
		return d.refuseStep(ctx, v, "state_unknown")
	case err != nil:
		return failed(err)
	case posted:
		return d.hold(ctx, v, attempt, connector, params)
	case v.browser.ID == "":
		return d.refuseStep(ctx, v, "browser_unknown")
	case !attempt.BrowserHash.Matches(v.browser.Hash()):
		return d.refuseStep(ctx, v, "browser_other")
	}
	finish := core.UpstreamFinish{Attempt: attempt, State: state, Connector: connector, Params: params.Values()}
	if attempt.LinkTo != "" {
		return d.finishLink(ctx, v, finish)
	}
	return v.back(d.finishSignIn(ctx, v, finish))
}

// hold keeps a posted callback. The state alone says whose it is: nobody is let in by
// it, and it is kept once.
func (d *Dispatcher) hold(ctx context.Context, v *visit, attempt *core.UpstreamAttempt, connector string, params oauth.Params) Outcome {
	if attempt.Connector != connector {
		return d.refuseStep(ctx, v, "connector_other")
	}
	state := params.Get("state")
	held, err := d.Upstream.Hold(state, attempt, params.Values())
	refusal, isRefusal := errors.AsType[*core.UpstreamRefused](err)
	switch {
	case isRefusal:
		return d.turnBack(ctx, v, refusal)
	case errors.Is(err, core.ErrNotFound):
		return d.refuseStep(ctx, v, "state_unknown")
	case err != nil:
		return failed(err)
	}
	v.changes = append(v.changes, held)
	return d.commit(ctx, v, Outcome{Redirect: PathCallback + url.PathEscape(connector) + "?state=" + url.QueryEscape(state)})
}

func (d *Dispatcher) finishSignIn(ctx context.Context, v *visit, finish core.UpstreamFinish) Outcome {
	if done := d.reload(ctx, v, finish.Attempt.RequestID, finish.Attempt.ExpiresAt); done != nil {
		return *done
	}
	next, err := d.next(ctx, v)
	switch {
	case err != nil:
		return failed(err)
	case !v.mayLogin(next):
		// Somebody signed in for the request meanwhile, in another window say.
		v.changes = append(v.changes, core.FinishAttempt{ID: finish.Attempt.ID})
		return d.act(ctx, v, next)
	}
	finish.Client, finish.Event = v.client, v.event("")
	proof, err := d.Upstream.Finish(ctx, finish)
	if refusal, ok := errors.AsType[*core.UpstreamRefused](err); ok {
		return d.turnBack(ctx, v, refusal)
	}
	if err != nil {
		return failed(err)
	}
	return d.signedIn(ctx, v, proof)
}

// turnBack says that nobody signed in elsewhere. Who gave up there comes back to the
// page where they began; everything else is an error page with a way back.
func (d *Dispatcher) turnBack(ctx context.Context, v *visit, refusal *core.UpstreamRefused) Outcome {
	v.changes = append(v.changes, refusal.Changes...)
	if !slices.ContainsFunc(refusal.Changes, isRecord) {
		event := v.event(core.EventUpstreamRefused)
		event.Detail = map[string]string{"reason": refusal.Reason, "connector": refusal.Connector}
		d.record(v, event)
	}
	back, linking := PathHome, v.stored.ID == "" && v.signedIn != nil
	if linking {
		back = PathSecurity
	}
	switch {
	case linking && refusal.Kind == core.UpstreamCancelled:
		back = d.Tell(v.signedIn, PathSecurity, Note{NoteCancelled, refusal.Connector})
	case v.stored.ID == "":
	case refusal.Kind == core.UpstreamCancelled:
		back = d.backToLogin(v, noteCancelled+refusal.Connector)
	default:
		back = d.backToLogin(v, "")
	}
	if refusal.Kind == core.UpstreamCancelled {
		return d.commit(ctx, v, Outcome{Redirect: back})
	}
	return d.commit(ctx, v, Outcome{
		Error: elsewhereError(refusal), Back: back,
		Elsewhere: &Elsewhere{Kind: refusal.Kind, Title: refusal.Title, Words: refusal.Words, Linking: linking},
	})
}

func isRecord(c core.Change) bool { _, ok := c.(core.Record); return ok }

// elsewhereError has the refusal as its cause where somebody broke something, for the
// log.
func elsewhereError(refusal *core.UpstreamRefused) *oauth.Error {
	out := &oauth.Error{Code: oauth.CodeAccessDenied, Reason: refusal.Reason, Status: http.StatusForbidden}
	switch refusal.Kind {
	case core.UpstreamBroken:
		out.Code, out.Status, out.Cause = oauth.CodeServerError, http.StatusBadGateway, refusal
		out.Description = "The sign-in at the provider did not work."
	case core.UpstreamUnknown:
		out.Description = "No account here goes with this sign-in."
	case core.UpstreamClosed:
		out.Description = "This way to sign in is not open."
	default:
		out.Description = "The provider did not let you in."
	}
	return out
}

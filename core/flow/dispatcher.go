package flow

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/sdk/hook"
)

// Dispatcher loads what a step needs, asks [Next], and acts. All its methods may
// be called at once. Its fields are set before the first call.
type Dispatcher struct {
	Store     Store
	Passwords Passwords
	Factors   Factors        // nil: there are passwords, and providers, alone
	Mails     Mails          // nil: nobody signs in by mail, or is told of a sign-in
	Upstream  Upstream       // nil: nobody signs in elsewhere
	Hints     Hints          // nil: no id_token_hint is trusted
	Policy    ScopePolicy    // nil: no plugin decides on scopes
	Attempts  Attempts       // nil: nobody tries a sign-in as a client
	Tokens    Tokens         // needed where a client is registered for more than codes
	Requests  RequestObjects // nil: request and request_uri are refused
	// DeviceCodes finds what people type on [PathDevice]; nil: no code is right.
	DeviceCodes DeviceCodes
	// Subject is the name by which a client knows a person; nil: the user's identifier.
	Subject func(*core.Client, core.ID) string
	// Synced says of a passkey whether it may be on several devices; needed with Factors.
	Synced func(*core.Authenticator) bool
	// Question makes what the policy is asked; needed with Policy only.
	Question  func(grantType string, client *core.Client, about *core.Authorized, scopes []string, address string, now time.Time) *hook.ScopeInput
	Issuer    string   // without a slash at its end
	Key       [32]byte // signs the links between steps
	Lifetimes Lifetimes
	// Watched lets clients watch sessions (OpenID Connect Session Management 1.0).
	Watched bool
	Now     func() time.Time
	Rand    io.Reader
}

// Lifetimes says how long things live; zero means the default.
type Lifetimes struct {
	Session time.Duration // from the sign-in, whatever happens in it; 12 hours
	Request time.Duration // from the authorization request to its answer; 30 minutes
	Code    time.Duration // 60 seconds; RFC 6749 section 4.1.2 allows 10 minutes
	Refresh time.Duration // of a family of refresh tokens where the client says nothing; 30 days
}

const (
	defaultSession = 12 * time.Hour
	defaultRequest = 30 * time.Minute
	defaultCode    = time.Minute
	defaultRefresh = 30 * 24 * time.Hour
)

// Authorize answers an authorization request (RFC 6749 section 4.1.1, OpenID
// Connect Core section 3.1.2).
//
// A browser sends no SameSite=Lax cookie with a POST from another site, so to
// such a POST nobody seems to be signed in: the caller may turn it into a GET of
// the same parameters.
func (d *Dispatcher) Authorize(ctx context.Context, params oauth.Params, b Browser) Outcome {
	v := d.begin(b)
	if err := d.loadClient(ctx, v, params.Get("client_id")); err != nil {
		return failed(err)
	}
	params, refusal := d.resolve(ctx, v, params)
	if refusal == nil {
		refusal = d.parse(v, params)
	}
	if refusal != nil {
		v.sent = sentWith(refusal.Reason, params)
		return d.turnAway(ctx, v, refusal)
	}
	if err := d.loadSession(ctx, v); err != nil {
		return failed(err)
	}
	d.begun(v, params)
	return d.advance(ctx, v)
}

// resolve gives the parameters that count: those of the request object, if there is one.
// They are what is stored, so a request object is fetched and verified once. What an
// unknown client refers to is not looked at.
func (d *Dispatcher) resolve(ctx context.Context, v *visit, params oauth.Params) (oauth.Params, *oauth.AuthorizeError) {
	if d.Requests == nil || v.client == nil || v.closed != "" || !params.Has("request") && !params.Has("request_uri") {
		return params, nil
	}
	resolved, refusal := d.Requests.Resolve(ctx, v.client, params)
	if refusal != nil {
		return params, oauth.RefuseAuthorize(params, v.client, refusal)
	}
	return resolved, nil
}

// SignInHere begins a sign-in to Postern itself. Whoever is signed in is sent
// home.
func (d *Dispatcher) SignInHere(ctx context.Context, b Browser) Outcome {
	v := d.begin(b)
	if err := d.loadSession(ctx, v); err != nil {
		return failed(err)
	}
	d.begun(v, oauth.Params{})
	return d.advance(ctx, v)
}

// View shows the page at path, which is the one that the link leads to. If the
// sign-in has come to another step meanwhile, the browser is sent there.
func (d *Dispatcher) View(ctx context.Context, path, step string, b Browser) Outcome {
	v, at, done := d.resume(ctx, step, b, toLogin, toMail, toFactor, toEnrol, toCodes, toSelect, toConsent, toDevice)
	if done != nil {
		return *done
	}
	if pathOf(at.to) != path {
		return d.refuseStep(ctx, v, "step_other")
	}
	next, err := d.next(ctx, v)
	switch {
	case err != nil:
		return failed(err)
	case at.to == toLogin && v.mayLogin(next):
		return d.loginView(ctx, v, at.payload, next)
	case at.to == toMail && v.mayLogin(next):
		return d.mailPage(v, at.payload, MailPage{})
	case at.to == toFactor && next.Kind == StepFactor:
		return d.factorPage(ctx, v, next, FactorPage{})
	case at.to == toEnrol && next.Kind == StepEnrol:
		return d.enrolView(ctx, v, next)
	case at.to == toSelect && next.Kind == StepSelect:
		return v.page(&SelectPage{Step: d.linkTo(v, toSelect, ""), Client: v.client, User: v.signedIn.User})
	case at.to == toConsent && next.Kind == StepConsent && v.program == nil:
		return d.consentPage(v, next)
	case at.to == toDevice && next.Kind == StepConsent && v.program != nil:
		return d.devicePage(v, next)
	}
	return d.act(ctx, v, next)
}

// begun makes the request that is stored if a step needs the person.
func (d *Dispatcher) begun(v *visit, params oauth.Params) {
	v.stored = core.AuthRequest{
		ID: core.NewID(v.now, d.Rand), BrowserHash: v.bind(d).Hash(), ClientID: v.clientID(), Params: params.Values(),
		CreatedAt: v.now, ExpiresAt: v.now.Add(orElse(d.Lifetimes.Request, defaultRequest)),
	}
	v.changed = true
}

// advance goes on to whatever is next.
func (d *Dispatcher) advance(ctx context.Context, v *visit) Outcome {
	next, err := d.next(ctx, v)
	if err != nil {
		return failed(err)
	}
	return d.act(ctx, v, next)
}

// next asks [Next], after reading what the person has, and asking the policy, if Next
// wants to hear it.
func (d *Dispatcher) next(ctx context.Context, v *visit) (Step, error) {
	in, err := d.input(ctx, v)
	for err == nil {
		step := Next(in)
		switch step.Kind {
		case StepLook:
			in.Facts, err = d.look(ctx, v)
		case StepDecide:
			in.Policy, err = d.decide(ctx, v, step.Scopes)
			if err != nil {
				// A policy that does not answer has not allowed anything.
				refusal := oauth.Failed(err)
				refusal.Reason = "policy_failed"
				return Step{Kind: StepFail, Refusal: refusal}, nil
			}
		default:
			return step, nil
		}
	}
	return Step{}, err
}

func (d *Dispatcher) decide(ctx context.Context, v *visit, scopes []string) (*hook.ScopeOutput, error) {
	decision, err := d.Policy.DecideScopes(ctx, d.question(v, scopes))
	if err == nil && decision.Deny {
		v.denial = decision.Reason
	}
	return &decision, err
}

// act does what the step says: one commit, then the answer.
func (d *Dispatcher) act(ctx context.Context, v *visit, step Step) Outcome {
	switch step.Kind {
	case StepLogin:
		v.demand(step)
		return d.goTo(ctx, v, toLogin)
	case StepUpstream:
		v.demand(step)
		return d.sendTo(ctx, v, step, step.Connector, v.loginHint())
	case StepBegin:
		// What was asked for besides the first factor is not any more: the person trusted the
		// browser in another window, or removed their second factor.
		if err := d.startSession(ctx, v); err != nil {
			return failed(err)
		}
		return d.advance(ctx, v)
	case StepFactor:
		return d.goTo(ctx, v, toFactor)
	case StepEnrol:
		return d.goTo(ctx, v, toEnrol)
	case StepSelect:
		return d.goTo(ctx, v, toSelect)
	case StepConsent:
		// Whoever is asked is who answers.
		v.claim(v.signedIn.Session.ID)
		if v.program != nil {
			return d.goTo(ctx, v, toDevice)
		}
		return d.goTo(ctx, v, toConsent)
	case StepHome:
		v.finish()
		return d.commit(ctx, v, Outcome{Redirect: v.end()})
	case StepIssue:
		if v.program != nil {
			return d.approveDevice(ctx, v, step)
		}
		return d.issue(ctx, v, step)
	case StepFail:
		return d.turnAway(ctx, v, v.request.Refuse(step.Refusal))
	}
	return failed(errors.New("flow: no step " + string(step.Kind)))
}

// goTo stores how far the request has come and sends the browser to the step.
func (d *Dispatcher) goTo(ctx context.Context, v *visit, to purpose) Outcome {
	v.keep()
	return d.commit(ctx, v, Outcome{Redirect: pathOf(to) + "?step=" + d.linkTo(v, to, "")})
}

func pathOf(to purpose) string {
	switch to {
	case toMail:
		return PathMail
	case toFactor:
		return PathFactor
	case toEnrol, toCodes:
		return PathEnrol
	case toSelect:
		return PathSelect
	case toConsent:
		return PathConsent
	case toDevice:
		return PathDevice
	}
	return PathLogin
}

// issue makes the grant with what hangs on it, and answers the client. Tokens are made
// before anything is written: if that fails, the request is as it was.
func (d *Dispatcher) issue(ctx context.Context, v *visit, step Step) Outcome {
	var answer oauth.Answer
	grant := d.grant(v, step)
	event := v.event(core.EventTokenIssued)
	if v.request.Wants(oauth.WordCode) {
		code := core.NewCredential(core.KindCode, grant.ID, d.Rand)
		answer.Code, grant.CodeHash, grant.Challenge = code.String(), code.Hash(), v.request.Challenge
		grant.CodeExpiresAt = v.now.Add(orElse(d.Lifetimes.Code, defaultCode))
		event.Type = core.EventCodeIssued
	}
	event.GrantID, event.Detail = grant.ID, map[string]string{"scopes": oauth.FormatScope(step.Scopes)}
	var tokens []core.Change
	if v.request.FrontChannel() {
		var err error
		if tokens, err = d.front(ctx, v, grant, &answer); err != nil {
			return failed(err)
		}
		event.Detail["response_type"] = v.request.ResponseType
	}
	v.finish()
	v.changes = append(v.changes, core.IssueCode{Grant: grant})
	v.changes = append(v.changes, tokens...)
	d.record(v, event)
	return d.commit(ctx, v, v.answer(d.watchable(v, v.request.Issued(d.Issuer, answer), step.Scopes)))
}

func (d *Dispatcher) front(ctx context.Context, v *visit, grant core.Grant, answer *oauth.Answer) ([]core.Change, error) {
	if d.Tokens == nil {
		return nil, errors.New("flow: nobody makes tokens for the front channel")
	}
	about := core.Authorized{Grant: grant, Client: v.client, User: v.signedIn.User, Org: v.signedIn.Org}
	return d.Tokens.Front(ctx, v.client, &about, v.request.ResponseType, v.now, answer)
}

// grant makes a grant without a code.
func (d *Dispatcher) grant(v *visit, step Step) core.Grant {
	session := &v.signedIn.Session
	return core.Grant{
		ID: core.NewID(v.now, d.Rand), ClientID: v.client.ID, UserID: session.UserID, SessionID: session.ID,
		Scopes: step.Scopes, Nonce: v.request.Nonce, Claims: v.request.Claims.Only(step.Claims).JSON(),
		AuthTime: session.AuthTime, AMR: session.AMR, ACR: step.ACR, Upstream: granted(session.Upstream),
		RedirectURI: v.request.RedirectURI, RedirectURIGiven: v.request.RedirectURIGiven,
		CreatedAt: v.now, ExpiresAt: v.now.Add(orElse(v.client.RefreshTTL, orElse(d.Lifetimes.Refresh, defaultRefresh))),
	}
}

// granted is what a grant keeps of the provider's part of a session.
func granted(u *core.Upstream) *core.Upstream {
	if u == nil {
		return nil
	}
	return &core.Upstream{Connector: u.Connector, Claims: u.Claims}
}

func orElse(given, otherwise time.Duration) time.Duration {
	if given > 0 {
		return given
	}
	return otherwise
}

// commit applies the changes of the visit and gives the outcome, with the
// visit's cookies. If somebody else finished the request or signed out meanwhile, nothing of
// this happens.
func (d *Dispatcher) commit(ctx context.Context, v *visit, out Outcome) Outcome {
	if len(v.changes) > 0 {
		err := d.Store.Apply(ctx, v.changes...)
		switch {
		case errors.Is(err, core.ErrConflict):
			return d.refuseStep(ctx, v, "request_finished")
		case err != nil:
			return failed(err)
		}
	}
	out.Cookies, out.For = v.cookies, v.audience()
	return out
}

// turnAway ends the request with a refusal: sent to the client, or shown where
// its redirect URI is not known (RFC 6749 section 4.1.2.1).
func (d *Dispatcher) turnAway(ctx context.Context, v *visit, refusal *oauth.AuthorizeError) Outcome {
	if v.program != nil && refusal.Status < http.StatusInternalServerError {
		return d.denyDevice(ctx, v, refusal.Error)
	}
	v.finish()
	event := refused(v.event(core.EventAuthorizeRefused), refusal.Reason)
	maps.Copy(event.Detail, v.sent)
	if v.denial != "" {
		event.Detail["policy"] = v.denial
	}
	d.record(v, event)
	if refusal.Shown() {
		return d.commit(ctx, v, Outcome{Error: refusal.Error})
	}
	out := v.answer(refusal.Response(d.Issuer))
	// Without a page nobody is there to read.
	if refusal.Reason == reasonDenied && !slices.Contains(v.request.Prompts, oauth.PromptNone) {
		out.Denied = &Denied{Words: v.denial, Client: v.client}
	}
	return d.commit(ctx, v, out)
}

// refuseStep refuses a step whose link does not fit, and leaves everything as it is.
func (d *Dispatcher) refuseStep(ctx context.Context, v *visit, reason string) Outcome {
	refusal := oauth.Refuse(oauth.CodeInvalidRequest, reason,
		"This step is over, has expired, or was begun in another browser. Go back to the application and start again.")
	v = v.discarded()
	d.record(v, refused(v.event(core.EventStepRefused), reason))
	return d.commit(ctx, v, Outcome{Error: refusal, Over: true})
}

func failed(err error) Outcome { return Outcome{Error: oauth.AsError(err)} }

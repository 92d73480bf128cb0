package flow

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/sdk/hook"
)

// visit is one HTTP request on its way through the dispatcher: what was loaded
// for it, and what is to be written at its end.
type visit struct {
	now        time.Time
	from       Browser
	browser    core.Credential // without an ID if the browser has none
	newBrowser bool

	client  *core.Client            // nil for a sign-in to Postern itself
	closed  string                  // why the client may sign nobody in; empty if it may
	denial  string                  // what the policy said that refused
	sent    map[string]string       // what the client sent that was refused, for the audit log
	program *core.DeviceGrant       // that waits for the person, nil where their browser does
	request *oauth.AuthorizeRequest // nil with client
	locales []string                // that the client asks for, where there is no request
	offers  []core.Offer            // where the person may sign in elsewhere, hidden ones too
	stored  core.AuthRequest
	// isStored says that the store has the request, changed that it has another.
	isStored, changed bool
	signedIn          *core.SignedIn // the live session of this browser, or nil
	first             *First         // of somebody who has no session yet, or nil
	facts             *Facts         // of them, or of the session; nil until they were read
	device            core.ID        // that stands for the second factor; empty for none
	trust             bool           // this browser, once the session begins
	at                link           // that led here
	unknownPasskey    string         // that was tried, and is nobody's

	// rules are those by which people may sign in at the page: of the client's
	// organisation, or of every one, as it may be anybody's. They are read for the page.
	rules []core.SignInRules

	changes []core.Change
	cookies Cookies
}

func (d *Dispatcher) begin(b Browser) *visit {
	v := &visit{now: d.Now(), from: b}
	if browser, ok := core.ParseCredential(core.KindBrowser, b.BrowserCookie); ok {
		v.browser = browser
	}
	return v
}

// bind gives the browser's credential, a new one if it has none.
func (v *visit) bind(d *Dispatcher) core.Credential {
	if v.browser.ID == "" {
		v.browser = core.NewCredential(core.KindBrowser, core.NewID(v.now, d.Rand), d.Rand)
		v.newBrowser = true
	}
	return v.browser
}

// loadClient loads the client, if there is one of that identifier. A client that
// is disabled, or whose organisation is, looks like no client.
func (d *Dispatcher) loadClient(ctx context.Context, v *visit, id string) error {
	if id == "" {
		return nil
	}
	client, err := d.Store.Client(ctx, id)
	if errors.Is(err, core.ErrNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	org, err := d.Store.Organisation(ctx, client.Org)
	if err != nil {
		return err
	}
	if !client.Shared {
		v.rules = []core.SignInRules{org.Rules.SignIn.And(client.SignIn)}
	}
	switch v.client = client; {
	case client.Disabled:
		v.closed = "client_disabled"
	case org.Disabled:
		v.closed = "organisation_disabled"
	}
	return nil
}

// parse checks the parameters.
func (d *Dispatcher) parse(v *visit, params oauth.Params) (refusal *oauth.AuthorizeError) {
	if v.closed == "" {
		v.request, refusal = oauth.ParseAuthorize(params, d.addressee(v, params))
		return refusal
	}
	// The person reads the same as for an unknown client, the audit log does not.
	_, refusal = oauth.ParseAuthorize(params, nil)
	refusal.Reason = v.closed
	return refusal
}

// addressee gives the client; for an attempt of an administrator one that is answered at
// the address of attempts too.
func (d *Dispatcher) addressee(v *visit, params oauth.Params) *core.Client {
	if d.Attempts == nil || v.client == nil || !d.Attempts.Allows(v.client.ID, params.Get("redirect_uri"), params.Get("state")) {
		return v.client
	}
	client := *v.client
	client.RedirectURIs = append(slices.Clone(client.RedirectURIs), params.Get("redirect_uri"))
	return &client
}

// loadSession finds the session of this browser. A cookie that fits no live
// session is the same as none.
func (d *Dispatcher) loadSession(ctx context.Context, v *visit) error {
	cookie, ok := core.ParseCredential(core.KindSession, v.from.SessionCookie)
	if !ok {
		return nil
	}
	found, err := d.Store.SignedIn(ctx, cookie.ID)
	switch {
	case errors.Is(err, core.ErrNotFound):
		return nil
	case err != nil:
		return err
	}
	if found.Session.Hash.Matches(cookie.Hash()) && found.Session.Live(v.now) {
		v.signedIn = found
	}
	return nil
}

// resume loads the request that a link leads to, for one of these steps. If that
// is refused, or fails, done is what to answer.
func (d *Dispatcher) resume(ctx context.Context, signed string, b Browser, steps ...purpose) (v *visit, at link, done *Outcome) {
	v = d.begin(b)
	stop := func(out Outcome) (*visit, link, *Outcome) { return v, at, &out }
	if v.browser.ID == "" {
		return stop(d.refuseStep(ctx, v, "browser_unknown"))
	}
	at, ok := d.open(signed, v.browser.Hash())
	if !ok || !slices.Contains(steps, at.to) {
		return stop(d.refuseStep(ctx, v, "step_forged"))
	}
	return v, at, d.reload(ctx, v, at.id, at.expires)
}

// resumeAt is resume for what the page of one kind of step sends. If something else is
// due by now, done goes on with that.
func (d *Dispatcher) resumeAt(ctx context.Context, signed string, b Browser, to purpose, kind StepKind) (v *visit, next Step, done *Outcome) {
	v, _, done = d.resume(ctx, signed, b, to)
	if done != nil {
		return v, next, done
	}
	next, err := d.next(ctx, v)
	if err == nil && next.Kind == kind {
		return v, next, nil
	}
	out := failed(err)
	if err == nil {
		out = d.act(ctx, v, next)
	}
	return v, next, &out
}

// reload loads a request that this browser began. If that is refused, or fails, done
// is what to answer.
func (d *Dispatcher) reload(ctx context.Context, v *visit, id core.ID, expires time.Time) (done *Outcome) {
	stop := func(out Outcome) *Outcome { return &out }
	stored, err := d.Store.AuthRequest(ctx, id)
	switch {
	case errors.Is(err, core.ErrNotFound):
		return stop(d.refuseStep(ctx, v, "request_finished"))
	case err != nil:
		return stop(failed(err))
	case !stored.BrowserHash.Matches(v.browser.Hash()):
		return stop(d.refuseStep(ctx, v, "browser_other"))
	case !v.now.Before(stored.ExpiresAt) || !v.now.Before(expires):
		return stop(d.refuseStep(ctx, v, "request_expired"))
	}
	v.stored, v.isStored = *stored, true
	if err := errors.Join(d.loadRequested(ctx, v, stored), d.loadSession(ctx, v), d.loadFirst(ctx, v)); err != nil {
		return stop(failed(err))
	}
	if ofDevice(stored) {
		if refusal := v.parseDevice(); refusal != nil {
			return stop(d.refuseDevice(ctx, v, refusal))
		}
		return nil
	}
	if stored.ClientID == "" {
		return nil
	}
	if refusal := d.parse(v, oauth.ParamsOf(stored.Params)); refusal != nil {
		return stop(d.turnAway(ctx, v, refusal))
	}
	return nil
}

// input gathers what [Next] needs.
func (d *Dispatcher) input(ctx context.Context, v *visit) (in Input, err error) {
	if d.Upstream != nil && v.offers == nil {
		if v.offers, err = d.Upstream.Offers(ctx, v.client); err != nil {
			return in, err
		}
	}
	if v.client != nil && v.closedTo(core.MethodUpstream) {
		v.offers = []core.Offer{}
	}
	in = Input{
		Now: v.now, Client: v.client, Request: v.request, Offers: v.offers, SignedIn: v.signedIn, HasPolicy: d.Policy != nil,
		First: v.first, Facts: v.facts, HasFactors: d.Factors != nil, HasPasskeys: d.Factors != nil && d.Factors.Passkeys(),
		Again: v.again(),
		Progress: Progress{
			SignedInAt: v.stored.SignedInAt, SessionID: v.stored.SessionID, ConsentedScopes: v.stored.ConsentedScopes,
			BegunAt: v.stored.CreatedAt, SentTo: v.stored.SentTo, AskedACR: v.stored.AskedACR,
		},
	}
	if v.client == nil {
		return in, nil
	}
	in.Hint = d.hint(ctx, v)
	if in.Administers, err = d.administers(ctx, v); err != nil {
		return in, err
	}
	if v.signedIn == nil || v.client.Consented() {
		return in, nil
	}
	in.Consent, err = d.consent(ctx, v)
	return in, err
}

// administers reports whether whoever is signed in has a role, where the request asks for
// what one needs it for.
func (d *Dispatcher) administers(ctx context.Context, v *visit) (bool, error) {
	if v.signedIn == nil || !slices.Contains(v.request.Scopes, core.ScopeAdministration) {
		return false, nil
	}
	if v.signedIn.User.Admin {
		return true, nil
	}
	roles, err := d.Store.Roles(ctx, v.signedIn.User.ID)
	return len(roles) > 0, err
}

// hint compares whoever is signed in with whom the request is about.
func (d *Dispatcher) hint(ctx context.Context, v *visit) (state HintState) {
	named := v.request.Claims.Subjects()
	if token := v.request.IDTokenHint; token != "" {
		hint, ok := d.verifyHint(ctx, token)
		if state.Untrusted = !ok || hint.ClientID != v.client.ID; !state.Untrusted {
			named = append(named, []string{string(hint.Subject)})
		}
	}
	if v.signedIn == nil {
		return state
	}
	subject := d.subject(v)
	state.Other = slices.ContainsFunc(named, func(expected []string) bool { return !slices.Contains(expected, subject) })
	return state
}

// ignored is the error without that of a row that is not there.
func ignored(err error) error {
	if errors.Is(err, core.ErrNotFound) {
		return nil
	}
	return err
}

// subject is the name by which the client knows whoever is signed in.
func (d *Dispatcher) subject(v *visit) string {
	if d.Subject == nil {
		return string(v.signedIn.User.ID)
	}
	return d.Subject(v.client, v.signedIn.User.ID)
}

// verifyHint does not say why a hint is not trusted: nothing depends on it.
func (d *Dispatcher) verifyHint(ctx context.Context, idToken string) (Hint, bool) {
	if d.Hints == nil {
		return Hint{}, false
	}
	hint, err := d.Hints.Hint(ctx, idToken)
	return hint, err == nil && hint.Subject != ""
}

// consent gives what the person allowed the client before, nil for nothing.
func (d *Dispatcher) consent(ctx context.Context, v *visit) (*core.Consent, error) {
	consent, err := d.Store.Consent(ctx, v.signedIn.User.ID, v.client.ID)
	if errors.Is(err, core.ErrNotFound) {
		return nil, nil
	}
	return consent, err
}

// question is what the policy is asked. The grant type is that of a code also where the
// client gets tokens through the browser: what it decides on is what a person authorizes,
// and no policy may be left out because it does not know the other.
func (d *Dispatcher) question(v *visit, scopes []string) *hook.ScopeInput {
	s := v.signedIn
	about := &core.Authorized{User: s.User, Org: s.Org, Grant: core.Grant{
		AuthTime: s.Session.AuthTime, AMR: s.Session.AMR, ACR: s.Session.ACR, Upstream: s.Session.Upstream,
	}}
	return d.Question(core.GrantAuthorizationCode, v.client, about, scopes, v.from.IP, v.now)
}

// claim ties the request to a session: no other may go on with it.
func (v *visit) claim(session core.ID) {
	if v.stored.SessionID != session {
		v.stored.SessionID, v.changed = session, true
	}
}

// demand notes that the policy asks for another sign-in than there was, as if there
// had been none for this request.
func (v *visit) demand(step Step) {
	if step.ACR != "" && (v.stored.AskedACR != step.ACR || !v.stored.SignedInAt.IsZero()) {
		v.stored.AskedACR, v.stored.SignedInAt, v.changed = step.ACR, time.Time{}, true
	}
}

// finish takes the request out of the store, if it is there.
func (v *visit) finish() {
	if v.isStored {
		v.changes = append(v.changes, core.FinishRequest{ID: v.stored.ID})
	}
}

// keep stores how far the request has come, and which browser it is of.
func (v *visit) keep() {
	if v.changed {
		v.changes = append(v.changes, core.SaveRequest{Request: v.stored})
	}
	if v.newBrowser {
		v.cookies.SetBrowser = v.browser.String()
	}
}

// discarded gives the visit without what it was going to write.
func (v *visit) discarded() *visit {
	copied := *v
	copied.changes, copied.cookies, copied.isStored = nil, Cookies{}, false
	return &copied
}

// mayLogin reports whether somebody may sign in now. Besides when it is asked
// for, that is until somebody did for this request: the person may want another
// account than the one that is signed in.
func (v *visit) mayLogin(next Step) bool {
	return next.Kind == StepLogin || next.Kind == StepUpstream || v.stored.SignedInAt.IsZero() && next.Kind != StepFail
}

// again reports whether somebody is to sign in to Postern itself once more.
func (v *visit) again() bool {
	return v.client == nil && v.stored.Params.Get("prompt") == oauth.PromptLogin
}

// wayIn is the step of somebody who wants to sign in with another account.
func (v *visit) wayIn() Step {
	return Input{Request: v.request, Offers: v.offers, Progress: Progress{SentTo: v.stored.SentTo}}.signIn()
}

// asked is the step of somebody who signs in: where none is due, because they may go on
// with the account that is signed in, it is up to what the client asks of a sign-in.
func (v *visit) asked(next Step) Step {
	if next.Kind == StepLogin || next.Kind == StepUpstream {
		return next
	}
	return v.wayIn()
}

// title is what people see of a connector.
func (v *visit) title(connector string) string { return offerOf(v.offers, connector).Title }

// offerOf finds the offer of a connector; one that is not offered has its name as title.
func offerOf(offers []core.Offer, connector string) core.Offer {
	for _, offer := range offers {
		if offer.Connector == connector {
			return offer
		}
	}
	return core.Offer{Connector: connector, Title: connector}
}

// back marks an answer to who came from a provider: the redirect to the client is one
// in answer to a form of the provider's, as far as browsers are concerned.
func (v *visit) back(out Outcome) Outcome {
	if out.Redirect != "" && !strings.HasPrefix(out.Redirect, "/") && out.Away == nil {
		out.Away = &Away{Client: v.client}
	}
	return out
}

// toProvider is the way to a connector's provider.
func (v *visit) toProvider(url, connector string) Outcome {
	offer := offerOf(v.offers, connector)
	return Outcome{Redirect: url, Away: &Away{Title: offer.Title, Icon: offer.Icon}}
}

func (v *visit) clientID() string {
	if v.client == nil {
		return ""
	}
	return v.client.ID
}

func (v *visit) loginHint() string {
	if v.request == nil {
		return ""
	}
	return v.request.LoginHint
}

// backToLogin is the URL of this request's login page.
func (d *Dispatcher) backToLogin(v *visit, note string) string {
	return PathLogin + "?step=" + d.linkTo(v, toLogin, note)
}

// linkTo signs a link to a step of this request.
func (d *Dispatcher) linkTo(v *visit, to purpose, payload string) string {
	return d.sign(link{to, v.stored.ID, v.stored.ExpiresAt, payload}, v.stored.BrowserHash)
}

// answer is an authorization response as an outcome.
func (v *visit) answer(response oauth.Response) Outcome {
	if response.Mode != oauth.ModeFormPost {
		return Outcome{Redirect: response.URL()}
	}
	return Outcome{
		Form:        &FormPost{Action: response.RedirectURI, Fields: response.Fields, Client: v.client},
		FormTargets: formTargets(response.RedirectURI),
	}
}

// page is a page of this request, whose form may lead to the client.
func (v *visit) page(p Page) Outcome {
	out := Outcome{Page: p, Cookies: v.cookies, For: v.audience()}
	if v.request != nil {
		out.FormTargets = formTargets(v.request.RedirectURI)
	}
	return out
}

// audience is who reads what comes of the visit.
func (v *visit) audience() (a Audience) {
	if v.client != nil {
		a.Org = v.client.Org
	}
	if a.Locales = v.locales; v.request != nil {
		a.Locales = v.request.UILocales
	}
	if v.signedIn != nil {
		a.Person = &v.signedIn.User
	}
	if a.Org == "" && a.Person != nil {
		a.Org = a.Person.Org
	}
	return a
}

// formTargets gives the source expression of a URI's origin (Content Security
// Policy Level 3 section 2.3.1). It has no form for IPv6 addresses, nor for
// schemes of applications, so those get the scheme.
func formTargets(uri string) []string {
	u, err := url.Parse(uri)
	switch {
	case err != nil || u.Scheme == "":
		return nil
	case u.Scheme != "http" && u.Scheme != "https" || strings.Contains(u.Host, "["):
		return []string{u.Scheme + ":"}
	}
	return []string{u.Scheme + "://" + u.Host}
}

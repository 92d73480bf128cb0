package flow

import (
	"slices"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/sdk/hook"
)

// StepKind says what remains to be done.
type StepKind string

// The steps of a sign-in.
const (
	StepLogin    StepKind = "login"    // prove who you are
	StepUpstream StepKind = "upstream" // prove it at Connector
	StepLook     StepKind = "look"     // what the person has is read, see [Facts]
	StepFactor   StepKind = "factor"   // prove a second factor, by one of Methods
	StepEnrol    StepKind = "enrol"    // enrol a second factor, by one of Methods
	StepBegin    StepKind = "begin"    // the first factor is enough: a session begins
	StepSelect   StepKind = "select"   // go on with this account?
	StepDecide   StepKind = "decide"   // the scope policy is asked about Scopes
	StepConsent  StepKind = "consent"  // may the client have Scopes and Claims?
	StepIssue    StepKind = "issue"    // what the response type asks for, for Scopes and Claims
	StepHome     StepKind = "home"     // signed in to Postern itself
	StepFail     StepKind = "fail"     // Refusal goes to the client
)

// Step is what [Next] says.
type Step struct {
	Kind      StepKind
	Connector string
	// ACR is what the scope policy, or the client, wants the person to sign in as; Fresh
	// says that a session at a provider does not count. Both of StepLogin and StepUpstream.
	// Of StepFactor and StepEnrol, ACR is the class that is to be reached; of StepIssue,
	// what tokens say.
	ACR   string
	Fresh bool
	// Other says that the person may not sign in as they did; of StepLogin.
	Other   bool
	Methods []string // of StepFactor and StepEnrol: passkey, totp, recovery
	Scopes  []string
	// Claims are those that were asked for one by one and may be given, in the sense of
	// [oauth.Claims.Names]; of StepConsent those of them that Scopes do not give anyhow.
	Claims  []string
	Refusal *oauth.Error
}

// Input is everything that the next step depends on.
type Input struct {
	Now time.Time
	// Client and Request are nil for a sign-in to Postern itself.
	Client  *core.Client
	Request *oauth.AuthorizeRequest
	// Again asks for a new sign-in to Postern itself.
	Again bool
	// Offers are where the person may sign in elsewhere.
	Offers []core.Offer
	// Progress is what the person did for this request so far.
	Progress Progress
	// First is the first factor of a sign-in that has no session yet, nil if none waits.
	First *First
	// SignedIn is the session of this browser, nil if there is none.
	SignedIn *core.SignedIn
	// HasFactors says that there are second factors here, HasPasskeys that passkeys are
	// among them; Facts is what the person has, nil before it was read.
	HasFactors, HasPasskeys bool
	Facts                   *Facts
	// Consent is what the person allowed the client at other times, nil for nothing.
	Consent *core.Consent
	Hint    HintState
	// Administers says that whoever is signed in has a role, so that the scope of
	// administration means something.
	Administers bool
	// HasPolicy says that there is a scope policy; Policy is what it decided, nil
	// before it was asked.
	HasPolicy bool
	Policy    *hook.ScopeOutput
}

// Progress is what the person did for one authorization request.
type Progress struct {
	SignedInAt      time.Time // zero: this request saw no sign-in
	SessionID       core.ID   // that signed in, was selected, or was asked for consent
	ConsentedScopes []string  // and claims, see allowable
	BegunAt         time.Time
	SentTo          string // the connector that the browser was sent to last
	AskedACR        string // what the person was asked to sign in as
}

// HintState is what the request says of the person that it is about: its id_token_hint,
// and values of the claim sub.
type HintState struct {
	Untrusted bool // the hint is not verified, or was issued to another client
	Other     bool // the person who is signed in is not the one
}

// Next decides what a sign-in needs next. It is a pure function: the same input
// gives the same step.
func Next(in Input) Step {
	step := in.next()
	if in.prompts(oauth.PromptNone) {
		return silent(step)
	}
	return step
}

// next goes through the reasons to interrupt a sign-in, in the order in which a
// person meets them.
func (in Input) next() Step {
	switch {
	case in.First != nil:
		return in.afterFirst()
	case !in.known(), in.Again && !in.fresh():
		return in.signIn()
	case in.Client == nil:
		return Step{Kind: StepHome}
	}
	for _, rule := range [...]func(Input) Step{
		wantSignIn, wantHinted, wantSelection, wantMember, wantPermitted, wantDecision, wantAssurance,
	} {
		if step := rule(in); step.Kind != "" {
			return step
		}
	}
	scopes := in.scopes()
	switch {
	// RFC 6749 section 4.1.2.1: what nobody could get by this request is an
	// invalid_scope; what this person may not have, the server denies.
	case len(in.requested()) == 0:
		return fail(oauth.CodeInvalidScope, "no_scope_left", "None of the scopes can be granted to this request.")
	case len(scopes) == 0:
		return fail(oauth.CodeAccessDenied, "policy_left_nothing", "None of the scopes may be granted.")
	case in.Request.Wants(oauth.WordIDToken) && !slices.Contains(scopes, oauth.ScopeOpenID):
		return fail(oauth.CodeAccessDenied, "policy_left_no_openid", "The scope openid may not be granted, which an ID token needs.")
	}
	claims := in.claims()
	beside := in.beside(claims, scopes)
	if in.wantsConsent(allowable(scopes, beside)) {
		return Step{Kind: StepConsent, Scopes: scopes, Claims: beside}
	}
	return Step{Kind: StepIssue, ACR: in.acr(), Scopes: scopes, Claims: claims}
}

// known reports whether the browser has a session that may go on with this
// request. People of an organisation that the client does not admit, and those
// who are disabled, are strangers to it: what is wrong with them is not told.
func (in Input) known() bool {
	s := in.SignedIn
	if !usable(s, in.Now) || in.Client != nil && !in.Client.Admits(s.User.Org) {
		return false
	}
	return in.Progress.SessionID == "" || in.Progress.SessionID == s.Session.ID
}

func usable(s *core.SignedIn, now time.Time) bool {
	return s != nil && s.Session.Live(now) && !s.User.Disabled && !s.Org.Disabled
}

// fresh reports whether the person signed in for this very request.
func (in Input) fresh() bool { return !in.Progress.SignedInAt.IsZero() }

func (in Input) prompts(prompt string) bool {
	return in.Request != nil && slices.Contains(in.Request.Prompts, prompt)
}

// wantSignIn has the reasons for a new sign-in that the client gives (OpenID
// Connect Core section 3.1.2.1). A sign-in for this request satisfies them all;
// an older one never does (section 3.1.2.3, MUST).
func wantSignIn(in Input) Step {
	if !in.fresh() && (in.prompts(oauth.PromptLogin) || in.tooOld() || in.Hint.Other) {
		return in.signIn()
	}
	return Step{}
}

// signIn asks for a sign-in: at the provider that the client named, if it is offered
// and the browser was not sent anywhere for this request, else on our own page. Whoever
// came from a provider and has to prove more is sent back there once.
func (in Input) signIn() Step {
	step := Step{Kind: StepLogin, Fresh: in.Again || in.prompts(oauth.PromptLogin) || in.Policy != nil && in.Policy.Fresh}
	if in.lacks() {
		step.ACR = in.target()
	}
	if in.Request != nil {
		step.Fresh = step.Fresh || in.Request.MaxAgeGiven
		if in.Progress.SentTo == "" && offered(in.Offers, in.Request.ProviderHint) {
			step.Kind, step.Connector = StepUpstream, in.Request.ProviderHint
			return step
		}
	}
	if step.ACR == "" {
		return step
	}
	if p := (Input{SignedIn: in.SignedIn}).proved(); in.backTo(p, step.ACR) {
		step.Kind, step.Connector = StepUpstream, p.connector
	}
	return step
}

func offered(offers []core.Offer, connector string) bool {
	return slices.ContainsFunc(offers, func(o core.Offer) bool { return o.Connector == connector })
}

// tooOld compares with the whole second, as the client will with auth_time. A
// max_age of 0 always asks for a sign-in, as prompt=login does.
func (in Input) tooOld() bool {
	age := in.Now.Sub(in.SignedIn.Session.AuthTime.Truncate(time.Second))
	return in.Request.MaxAgeGiven && (in.Request.MaxAge == 0 || age > in.Request.MaxAge)
}

// wantHinted refuses anybody but the person whom the request names, by id_token_hint or
// a value of sub (OpenID Connect Core sections 3.1.2.1 and 5.5.1). Without a page, a
// hint that says nothing reliable is refused too: the client asked for one person, and
// nobody can tell whether this is the one.
func wantHinted(in Input) Step {
	switch {
	case in.Hint.Other:
		return fail(oauth.CodeLoginRequired, "hint_other_user", "Another person signed in than the one that the request names.")
	case in.Hint.Untrusted && in.prompts(oauth.PromptNone):
		return fail(oauth.CodeLoginRequired, "hint_untrusted", "The id_token_hint is not trusted.")
	}
	return Step{}
}

func wantSelection(in Input) Step {
	if in.prompts(oauth.PromptSelectAccount) && !in.fresh() && in.Progress.SessionID == "" {
		return Step{Kind: StepSelect}
	}
	return Step{}
}

// wantMember refuses who is in no group that the client is for, before any policy is
// asked. A new sign-in would lead here again, so it is the client that is told.
func wantMember(in Input) Step {
	if !in.Client.Allows(&in.SignedIn.User) {
		return fail(oauth.CodeAccessDenied, "not_in_allowed_group", "The account may not be used with this application.")
	}
	return Step{}
}

// reasonDenied is that of a request that a scope policy denies.
const reasonDenied = "policy_denied"

func wantDecision(in Input) Step {
	switch {
	case !in.HasPolicy:
		return Step{}
	case in.Policy == nil:
		return Step{Kind: StepDecide, Scopes: in.decided()}
	case in.Policy.Deny:
		return fail(oauth.CodeAccessDenied, reasonDenied, described(in.Policy.Reason, "The scope policy denies access."))
	}
	return Step{}
}

// skew is how far the clock of a provider may be from ours.
const skew = time.Minute

// recent reports whether the person proved who they are since the request came: who
// has a session at a provider may have done so there long before.
func (in Input) recent() bool {
	return in.fresh() && !in.SignedIn.Session.AuthTime.Before(in.Progress.BegunAt.Add(-skew))
}

// requested gives the scopes that the client may get by the host's own rules.
// Offline access is left out unless the person is asked for consent, or the
// administrator consented for everybody (OpenID Connect Core section 11: MUST
// ignore it otherwise). So is administration for who has no role, and where the browser
// would see the token (RFC 9700 section 2.1.2).
func (in Input) requested() []string {
	offline := in.Client.OfflineWithoutPrompt || in.prompts(oauth.PromptConsent)
	administration := in.Administers && !in.Request.FrontChannel()
	return slices.DeleteFunc(slices.Clone(in.Request.Scopes), func(scope string) bool {
		return scope == oauth.ScopeOfflineAccess && !offline || scope == core.ScopeAdministration && !administration
	})
}

// scopes gives those that remain after the policy, which can only narrow.
func (in Input) scopes() []string {
	requested := in.requested()
	if in.Policy == nil || in.Policy.Scopes == nil {
		return requested
	}
	return oauth.CutScopes(requested, in.Policy.Scopes)
}

// decided gives the scopes that the policy decides on: those of the request, and those
// whose claims it names one by one. So a policy that takes a scope from the client takes
// its claims as well.
func (in Input) decided() []string {
	scopes := in.requested()
	for _, name := range in.Request.Claims.Names() {
		if scope := oauth.ClaimScope(name); scope != "" && !slices.Contains(scopes, scope) {
			scopes = append(scopes, scope)
		}
	}
	return scopes
}

// claims gives the claims named one by one that remain after the policy. Without the
// scope openid there is no document that could have them.
func (in Input) claims() []string {
	if !slices.Contains(in.scopes(), oauth.ScopeOpenID) {
		return nil
	}
	return slices.DeleteFunc(in.Request.Claims.Names(), func(name string) bool {
		scope := oauth.ClaimScope(name)
		return scope != "" && in.Policy != nil && in.Policy.Scopes != nil && !slices.Contains(in.Policy.Scopes, scope)
	})
}

// beside gives those of the claims that the scopes do not give anyhow.
func (in Input) beside(claims, scopes []string) []string {
	return slices.DeleteFunc(slices.Clone(claims), func(name string) bool { return slices.Contains(scopes, oauth.ClaimScope(name)) })
}

// allowable writes scopes and claims as what a person allows: a claim is in quotes,
// which no scope has (RFC 6749 section 3.3).
func allowable(scopes, claims []string) []string {
	all := slices.Clone(scopes)
	for _, name := range claims {
		all = append(all, `"`+name+`"`)
	}
	return all
}

// wantsConsent decides whether the person is asked. What they allowed on the page
// of this request counts always; the administrator's choice and their own of
// another day only where nobody asks for the page.
func (in Input) wantsConsent(scopes []string) bool {
	switch {
	case oauth.WithinScopes(scopes, in.Progress.ConsentedScopes):
		return false
	case in.prompts(oauth.PromptConsent) || in.Policy != nil && in.Policy.Consent:
		return true
	// Nobody lets a program administer for them without being asked, each time.
	case slices.Contains(scopes, core.ScopeAdministration):
		return true
	case in.Client.Consented():
		return false
	}
	remembered := in.Consent != nil && oauth.WithinScopes(scopes, in.Consent.Scopes)
	return !remembered || !in.fresh() && !in.assured()
}

// assured reports whether the answer can reach nobody but the client. Any program
// on the person's machine can wait at a loopback port or claim a scheme, so such
// a request is never answered without the person (RFC 8252 section 8.6).
func (in Input) assured() bool {
	return !in.Client.Native || strings.HasPrefix(in.Request.RedirectURI, "https://")
}

// silent turns a step that needs the person into the error that prompt=none asks
// for (OpenID Connect Core section 3.1.2.6).
func silent(step Step) Step {
	switch step.Kind {
	case StepLogin, StepUpstream:
		return fail(oauth.CodeLoginRequired, "prompt_none", "Nobody is signed in, or a new sign-in is needed.")
	case StepFactor:
		return fail(oauth.CodeLoginRequired, "prompt_none", "A second factor is needed.")
	case StepEnrol:
		return fail(oauth.CodeInteractionRequired, "prompt_none", "The person has to enrol a second factor.")
	case StepSelect:
		return fail(oauth.CodeSelectionRequired, "prompt_none", "The person has to select an account.")
	case StepConsent:
		return fail(oauth.CodeConsentRequired, "prompt_none", "The person has to give consent.")
	}
	return step
}

func fail(code, reason, description string) Step {
	return Step{Kind: StepFail, Refusal: oauth.Refuse(code, reason, description)}
}

const maxDescription = 200

// described makes a plugin's words fit for error_description (RFC 6749 section
// 4.1.2.1: printable ASCII without quote and backslash).
func described(words, otherwise string) string {
	kept := make([]byte, 0, len(words))
	for i := 0; i < len(words) && len(kept) < maxDescription; i++ {
		if c := words[i]; c >= ' ' && c <= '~' && c != '"' && c != '\\' {
			kept = append(kept, c)
		}
	}
	if len(kept) == 0 {
		return otherwise
	}
	return string(kept)
}

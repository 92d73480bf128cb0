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
	StepSelect   StepKind = "select"   // go on with this account?
	StepDecide   StepKind = "decide"   // the scope policy is asked about Scopes
	StepConsent  StepKind = "consent"  // may the client have Scopes?
	StepIssue    StepKind = "issue"    // a code for Scopes
	StepHome     StepKind = "home"     // signed in to Postern itself
	StepFail     StepKind = "fail"     // Refusal goes to the client
)

// Step is what [Next] says.
type Step struct {
	Kind      StepKind
	Connector string
	// ACR is what the scope policy wants the person to sign in as; Fresh says that a
	// session at a provider does not count. Both of StepLogin and StepUpstream.
	ACR     string
	Fresh   bool
	Scopes  []string
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
	// SignedIn is the session of this browser, nil if there is none.
	SignedIn *core.SignedIn
	// Consent is what the person allowed the client at other times, nil for nothing.
	Consent *core.Consent
	Hint    HintState
	// HasPolicy says that there is a scope policy; Policy is what it decided, nil
	// before it was asked.
	HasPolicy bool
	Policy    *hook.ScopeOutput
}

// Progress is what the person did for one authorization request.
type Progress struct {
	SignedInAt      time.Time // zero: this request saw no sign-in
	SessionID       core.ID   // that signed in, was selected, or was asked for consent
	ConsentedScopes []string
	BegunAt         time.Time
	SentTo          string // the connector that the browser was sent to last
	AskedACR        string // what the policy asked the person to sign in as
}

// HintState is what became of the request's id_token_hint.
type HintState struct {
	Given   bool
	Trusted bool    // verified, and issued to this client
	Subject core.ID // if it is trusted
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
	case !in.known(), in.Again && !in.fresh():
		return in.signIn()
	case in.Client == nil:
		return Step{Kind: StepHome}
	}
	for _, rule := range [...]func(Input) Step{wantSignIn, wantHinted, wantSelection, wantMember, wantDecision, wantAssurance} {
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
	case in.wantsConsent(scopes):
		return Step{Kind: StepConsent, Scopes: scopes}
	}
	return Step{Kind: StepIssue, Scopes: scopes}
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
	otherUser := in.Hint.Trusted && in.Hint.Subject != in.SignedIn.User.ID
	if !in.fresh() && (in.prompts(oauth.PromptLogin) || in.tooOld() || otherUser) {
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
		step.ACR = in.Policy.ACR
	}
	if in.Request != nil {
		step.Fresh = step.Fresh || in.Request.MaxAgeGiven
		if in.Progress.SentTo == "" && offered(in.Offers, in.Request.ProviderHint) {
			step.Kind, step.Connector = StepUpstream, in.Request.ProviderHint
			return step
		}
	}
	if step.ACR != "" && step.ACR != core.ACRPassword && step.ACR != in.Progress.AskedACR {
		if u := in.SignedIn.Session.Upstream; u != nil && offered(in.Offers, u.Connector) {
			step.Kind, step.Connector = StepUpstream, u.Connector
		}
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

// wantHinted refuses anybody but the person whom id_token_hint names (OpenID
// Connect Core section 3.1.2.1). Without a page, a hint that says nothing
// reliable is refused too: the client asked for one person, and nobody can tell
// whether this is the one.
func wantHinted(in Input) Step {
	switch {
	case in.Hint.Trusted && in.Hint.Subject != in.SignedIn.User.ID:
		return fail(oauth.CodeLoginRequired, "hint_other_user", "Another person signed in than the one of id_token_hint.")
	case in.Hint.Given && !in.Hint.Trusted && in.prompts(oauth.PromptNone):
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
	if !in.Client.Allows(in.SignedIn.User.Groups) {
		return fail(oauth.CodeAccessDenied, "not_in_allowed_group", "The account may not be used with this application.")
	}
	return Step{}
}

func wantDecision(in Input) Step {
	switch {
	case !in.HasPolicy:
		return Step{}
	case in.Policy == nil:
		return Step{Kind: StepDecide, Scopes: in.requested()}
	case in.Policy.Deny:
		return fail(oauth.CodeAccessDenied, "policy_denied", described(in.Policy.Reason, "The scope policy denies access."))
	}
	return Step{}
}

// codeUnmet is of OpenID Connect Core Error Code
// unmet_authentication_requirements 1.0.
const codeUnmet = "unmet_authentication_requirements"

// wantAssurance has the reasons for a new sign-in that the policy gives. What nobody
// could give fails at once, and what the person was asked for and did not bring fails
// then.
func wantAssurance(in Input) Step {
	switch {
	case in.Policy == nil:
		return Step{}
	case in.lacks() && (!in.possible(in.Policy.ACR) || in.fresh() && in.Progress.AskedACR == in.Policy.ACR):
		return fail(codeUnmet, "acr_unmet", "The sign-in that the scope policy asks for is not possible.")
	case in.lacks() || in.Policy.Fresh && !in.recent():
		return in.signIn()
	}
	return Step{}
}

// lacks reports whether the policy wants another class of sign-in than there was.
func (in Input) lacks() bool {
	return in.SignedIn != nil && in.Policy != nil && in.Policy.ACR != "" && in.Policy.ACR != in.SignedIn.Session.ACR
}

// possible reports whether some way to sign in may give that class. Here it is a
// password that is checked; what a provider gives nobody knows before.
func (in Input) possible(acr string) bool { return acr == core.ACRPassword || len(in.Offers) > 0 }

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
// ignore it otherwise).
func (in Input) requested() []string {
	offline := in.Client.OfflineWithoutPrompt || in.prompts(oauth.PromptConsent)
	return slices.DeleteFunc(slices.Clone(in.Request.Scopes), func(scope string) bool {
		return scope == oauth.ScopeOfflineAccess && !offline
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

// wantsConsent decides whether the person is asked. What they allowed on the page
// of this request counts always; the administrator's choice and their own of
// another day only where nobody asks for the page.
func (in Input) wantsConsent(scopes []string) bool {
	switch {
	case oauth.WithinScopes(scopes, in.Progress.ConsentedScopes):
		return false
	case in.prompts(oauth.PromptConsent) || in.Policy != nil && in.Policy.Consent:
		return true
	case in.Client.SkipConsent:
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

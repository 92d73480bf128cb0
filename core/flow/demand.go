package flow

import (
	"slices"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

// First is the first factor of a sign-in, and whose it is. Nobody is signed in by it.
type First struct {
	core.Partial
	User core.User
	Org  core.Organisation
}

// Facts are what is read only if a decision needs it.
type Facts struct {
	Enrolled core.Enrolled // of the person of First, else of the session
	// Remembered says that they trusted this browser before, and still may.
	Remembered bool
}

// Asker says who has a [Reason].
type Asker string

// The askers.
const (
	AskerOrganisation Asker = "organisation" // the rules of the person's organisation
	AskerClient       Asker = "client"       // the rules of the client
	AskerRequest      Asker = "request"      // an essential class (OpenID Connect Core section 5.5.1.1)
	AskerPolicy       Asker = "policy"       // the scope policy
	// AskerPerson enrolled a second factor: nobody else signs in without it.
	AskerPerson Asker = "person"
	// AskerWish is a client that would like a class (acr_values): the person is asked if
	// they have what it takes, and nothing fails for want of it.
	AskerWish Asker = "wish"
)

// Reason is why a sign-in has to be of some class.
type Reason struct {
	By      Asker
	Classes []string // one of them; never empty
	// Met says that the sign-in is of one.
	Met bool
	// Remembered says that it need not be in this browser, because the person trusts it.
	Remembered bool
}

// open reports whether more is to be proved for the reason.
func (r Reason) open() bool { return !r.Met && !r.Remembered }

// partialTime is how long a first factor waits for the second.
const partialTime = 10 * time.Minute

// sofar is what there is of a sign-in: a first factor, or a session.
type sofar struct {
	user      *core.User
	org       *core.Organisation
	acr       string
	amr       []string
	method    string    // the first factor; empty if nobody can tell
	at        time.Time // when it was proved
	upstream  bool      // at the page of a provider, that of connector
	connector string
	first     bool // there is no session yet
}

// proved gives what there is of a sign-in, nil if there is nothing.
func (in Input) proved() *sofar {
	switch {
	case in.First != nil:
		f := in.First
		method, _, _ := strings.Cut(f.Method, "+")
		there := f.Upstream != nil && method == core.MethodUpstream
		return &sofar{
			connector: connectorOf(f.Upstream),
			user:      &f.User, org: &f.Org, acr: f.ACR, amr: f.AMR, method: method, at: f.At, upstream: there, first: true,
		}
	case in.SignedIn != nil:
		s := &in.SignedIn.Session
		there := s.Upstream != nil
		return &sofar{
			connector: connectorOf(s.Upstream),
			user:      &in.SignedIn.User, org: &in.SignedIn.Org, acr: s.ACR, amr: s.AMR, method: methodOf(s), at: s.AuthTime, upstream: there,
		}
	}
	return nil
}

func connectorOf(u *core.Upstream) string {
	if u == nil {
		return ""
	}
	return u.Connector
}

// methodOf tells the first factor of a session by what its tokens say.
func methodOf(s *core.Session) string {
	has := func(amr string) bool { return slices.Contains(s.AMR, amr) }
	switch {
	case s.Upstream != nil:
		return core.MethodUpstream
	case has(core.AMRPassword):
		return core.MethodPassword
	case has(core.AMRMessenger):
		return core.MethodEmail
	case has(core.AMRHardware), has(core.AMRSoftware):
		return core.MethodPasskey
	}
	return ""
}

// is reports whether the sign-in is of the class.
func (p *sofar) is(class string) bool { return core.Reaches(p.acr, p.amr, p.upstream, class) }

func (p *sofar) isOne(classes []string) bool { return slices.ContainsFunc(classes, p.is) }

// Demand gives the reasons why this sign-in has to be of some class, or has a second
// factor, in the order in which they count. It is a pure function; without Facts nothing is
// known of what the person enrolled.
func Demand(in Input) []Reason {
	p := in.proved()
	if p == nil {
		return nil
	}
	var reasons []Reason
	add := func(by Asker, classes ...string) {
		reason := Reason{By: by, Classes: classes, Met: p.isOne(classes)}
		reason.Remembered = !reason.Met && in.remembered() && (by == AskerOrganisation || by == AskerPerson)
		reasons = append(reasons, reason)
	}
	// Elsewhere the provider decides how people prove who they are.
	if class := p.org.Rules.SignIn.Require; class != "" && !p.upstream {
		add(AskerOrganisation, class)
	}
	if in.Client != nil && in.Client.SignIn.Require != "" {
		add(AskerClient, in.Client.SignIn.Require)
	}
	if in.Request != nil && len(in.Request.EssentialACRs) > 0 {
		add(AskerRequest, in.Request.EssentialACRs...)
	}
	if in.Policy != nil && in.Policy.ACR != "" {
		add(AskerPolicy, in.Policy.ACR)
	}
	if in.ownFactor(p) {
		add(AskerPerson, core.ACRTwo)
	}
	if in.Request != nil && len(in.Request.ACRValues) > 0 && len(in.Request.EssentialACRs) == 0 && !p.upstream {
		add(AskerWish, in.Request.ACRValues...)
	}
	return reasons
}

// ownFactor reports whether the person's own second factor is asked for: at a sign-in
// here, where the policy wants a new sign-in and this one spared it, and, wherever they
// come from, before they change how they sign in (see [Dispatcher.FreshPerson]).
func (in Input) ownFactor(p *sofar) bool {
	asked := !p.upstream && (p.first || in.Policy != nil && in.Policy.Fresh) || p.first && in.Again
	return asked && in.factors(p).SecondFactor()
}

// remembered reports whether the browser stands for a second factor. It never does where
// somebody asks for a new sign-in.
func (in Input) remembered() bool {
	return in.Facts != nil && in.Facts.Remembered && !in.asksAnew()
}

func (in Input) asksAnew() bool {
	return in.Again || in.prompts(oauth.PromptLogin) || in.Request != nil && in.Request.MaxAgeGiven || in.Policy != nil && in.Policy.Fresh
}

// rules are those for the person at this client.
func (in Input) rules(p *sofar) core.SignInRules {
	if in.Client == nil {
		return p.org.Rules.SignIn
	}
	return p.org.Rules.SignIn.And(in.Client.SignIn)
}

// permits reports whether the rules allow how the person began to sign in. What is no
// method of theirs, an invitation say, was allowed by whoever made it.
func (in Input) permits(p *sofar) bool {
	switch p.method {
	case core.MethodPassword, core.MethodPasskey, core.MethodEmail, core.MethodUpstream:
		rules := in.rules(p)
		// A session does not tell a password that a provider checked from its page.
		elsewhere := !p.first && p.upstream && slices.Contains(p.amr, core.AMRPassword)
		return rules.Allows(p.method) || elsewhere && rules.Allows(core.MethodPassword)
	}
	return true
}

// factorRules are those for second factors: those at this client, but the organisation's
// where a client leaves nobody any. Else a client that wants passwords alone would be
// the way around everybody's second factor.
func (in Input) factorRules(p *sofar) core.SignInRules {
	if rules := in.rules(p); in.factor(rules, core.MethodTOTP) || in.factor(rules, core.MethodPasskey) {
		return rules
	}
	return p.org.Rules.SignIn
}

// factor reports whether the rules allow the second factor, and there are such here.
func (in Input) factor(rules core.SignInRules, method string) bool {
	return in.HasFactors && (method != core.MethodPasskey || in.HasPasskeys) && rules.Allows(method)
}

// factors gives what the person enrolled that may be used.
func (in Input) factors(p *sofar) core.Enrolled {
	if in.Facts == nil {
		return core.Enrolled{}
	}
	usable := in.within(in.factorRules(p))
	if !usable.SecondFactor() {
		usable = in.within(p.org.Rules.SignIn)
	}
	return usable
}

func (in Input) within(rules core.SignInRules) core.Enrolled {
	enrolled := in.Facts.Enrolled
	if !in.factor(rules, core.MethodPasskey) {
		enrolled.Passkeys = 0
	}
	if !in.factor(rules, core.MethodTOTP) {
		enrolled.TOTP = 0
	}
	if !enrolled.SecondFactor() {
		enrolled.RecoveryCodes = 0
	}
	return enrolled
}

// has reports whether the person can give the class by a second factor that they have.
func (in Input) has(p *sofar, class string) bool {
	usable := in.factors(p)
	switch class {
	case core.ACRTwo:
		return usable.SecondFactor()
	case core.ACRPhishingResistant:
		return usable.Passkeys > 0
	}
	return false
}

// mayEnrol reports whether the person may enrol now what gives the class. Who has a second
// factor proves it first: else the password alone would be enough to add another.
func (in Input) mayEnrol(p *sofar, class string) bool {
	if in.Facts == nil || in.Facts.Enrolled.SecondFactor() && !p.is(core.ACRTwo) {
		return false
	}
	return in.enrollable(p, class)
}

func (in Input) enrollable(p *sofar, class string) bool {
	rules := in.factorRules(p)
	switch class {
	case core.ACRTwo:
		return in.factor(rules, core.MethodTOTP) || in.factor(rules, core.MethodPasskey)
	case core.ACRPhishingResistant:
		return in.factor(rules, core.MethodPasskey)
	}
	return false
}

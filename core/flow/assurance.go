package flow

import (
	"slices"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

// afterFirst says what follows a first factor: a second one, or a session.
func (in Input) afterFirst() Step {
	p := in.proved()
	switch {
	case p.user.Disabled, p.org.Disabled, in.Now.Sub(p.at) >= partialTime:
		return in.signIn()
	case in.Client != nil && !in.Client.Admits(p.user.Org), !in.permits(p):
		step := in.signIn()
		step.Kind, step.Connector, step.Other = StepLogin, "", true
		return step
	case in.wantsFacts(p):
		return Step{Kind: StepLook}
	}
	if step := in.more(p, Demand(in)); step.Kind != "" && step.Kind != StepFail {
		return step
	}
	// What this person cannot give to the client is no reason not to sign in: it is told
	// afterwards. What their organisation and they themselves ask for is one.
	step := in.more(p, slices.DeleteFunc(Demand(in), Reason.ofClient))
	switch {
	case step.Kind == "":
		return Step{Kind: StepBegin}
	case step.Kind == StepFail:
		return Step{Kind: StepLogin, Other: true}
	}
	return step
}

// ofClient reports whether the reason is about one client, and nobody's but its.
func (r Reason) ofClient() bool { return r.By != AskerOrganisation && r.By != AskerPerson }

// wantsFacts reports whether it must be known what the person has: for most sessions it
// need not.
func (in Input) wantsFacts(p *sofar) bool {
	if !in.HasFactors || in.Facts != nil || p.is(core.ACRPhishingResistant) && p.is(core.ACROne) {
		return false
	}
	return p.first && (!p.upstream || in.Again) || in.Policy != nil && in.Policy.Fresh || slices.ContainsFunc(Demand(in), Reason.open)
}

// more says how the sign-in gets to the classes that are asked for; nothing if it is of
// them already.
func (in Input) more(p *sofar, reasons []Reason) Step {
	wishes := slices.DeleteFunc(slices.Clone(reasons), func(r Reason) bool { return r.By != AskerWish })
	if demands := demands(reasons); slices.ContainsFunc(demands, Reason.open) {
		return in.raise(p, in.targetOf(p, demands))
	}
	if len(wishes) == 0 || !wishes[0].open() || in.prompts(oauth.PromptNone) {
		return Step{}
	}
	for _, class := range wishes[0].Classes {
		if in.has(p, class) {
			return in.second(p, class)
		}
	}
	return Step{}
}

// second asks for a second factor that the person has, enrol for one that they have not.
func (in Input) second(p *sofar, class string) Step {
	step, usable := Step{Kind: StepFactor, ACR: class}, in.factors(p)
	if usable.Passkeys > 0 {
		step.Methods = append(step.Methods, core.MethodPasskey)
	}
	if class != core.ACRTwo {
		return step
	}
	if usable.TOTP > 0 {
		step.Methods = append(step.Methods, core.MethodTOTP)
	}
	if usable.RecoveryCodes > 0 {
		step.Methods = append(step.Methods, core.MethodRecovery)
	}
	return step
}

func (in Input) enrol(p *sofar, class string) Step {
	step, rules := Step{Kind: StepEnrol, ACR: class}, in.factorRules(p)
	if in.factor(rules, core.MethodPasskey) {
		step.Methods = append(step.Methods, core.MethodPasskey)
	}
	if class == core.ACRTwo && in.factor(rules, core.MethodTOTP) {
		step.Methods = append(step.Methods, core.MethodTOTP)
	}
	return step
}

// targetOf gives the class that the person is asked for: of those that suit all reasons
// the weakest that they can give, preferably by what they have; empty if no class will
// do.
func (in Input) targetOf(p *sofar, reasons []Reason) string {
	ways := []func(string) bool{
		func(class string) bool { return class == core.ACROne || in.has(p, class) },
		func(class string) bool { return in.reachable(p, class) },
		func(string) bool { return len(in.Offers) > 0 },
		func(string) bool { return true },
	}
	classes := goals(reasons)
	for _, can := range ways {
		if at := slices.IndexFunc(classes, can); at >= 0 {
			return classes[at]
		}
	}
	return ""
}

// goals gives the classes that suit all reasons: ours from weak to strong, then those
// that only a provider knows, in the order in which they were asked for.
func goals(reasons []Reason) (classes []string) {
	candidates := []string{core.ACROne, core.ACRTwo, core.ACRPhishingResistant}
	for _, reason := range reasons {
		for _, class := range reason.Classes {
			if !slices.Contains(candidates, class) {
				candidates = append(candidates, class)
			}
		}
	}
	for _, class := range candidates {
		suits := func(want string) bool { return core.SatisfiesACR(class, want) }
		if !slices.ContainsFunc(reasons, func(r Reason) bool { return !slices.ContainsFunc(r.Classes, suits) }) {
			classes = append(classes, class)
		}
	}
	return classes
}

// reachable reports whether the person can come to the class here: by what they have, or
// may enrol, if need be after proving what they have.
func (in Input) reachable(p *sofar, class string) bool {
	return in.has(p, class) || in.mayEnrol(p, class) || in.has(p, core.ACRTwo) && in.enrollable(p, class)
}

// raise says how the sign-in gets to the class: by a second factor that the person has, at
// the provider that they came from, by one that they enrol now, or by another sign-in.
func (in Input) raise(p *sofar, class string) Step {
	switch {
	case class == "":
		return unmet()
	case in.has(p, class):
		return in.second(p, class)
	case in.backTo(p, class) && p.first:
		return unmet() // here and now; the session goes back there
	case in.backTo(p, class):
		return in.signIn()
	case in.mayEnrol(p, class) && (p.first || in.Now.Sub(p.at) <= freshTime):
		return in.enrol(p, class)
	case in.mayEnrol(p, class):
		// Nobody adds a factor to a session that was left open.
		step := in.signIn()
		step.Fresh = true
		return step
	case in.reachable(p, class):
		return in.second(p, core.ACRTwo)
	case p.first, !in.possible(class), in.fresh() && in.Progress.AskedACR == class:
		return unmet()
	}
	return in.signIn()
}

// backTo reports whether the provider that the person came from is asked for the class
// first, which it is once.
func (in Input) backTo(p *sofar, class string) bool {
	return p.upstream && class != core.ACROne && class != in.Progress.AskedACR && offered(in.Offers, p.connector)
}

// codeUnmet is of OpenID Connect Core Error Code
// unmet_authentication_requirements 1.0.
const codeUnmet = "unmet_authentication_requirements"

func unmet() Step {
	return fail(codeUnmet, "acr_unmet", "The sign-in that is asked for is not possible.")
}

// wantAssurance has the reasons for a stronger sign-in than the session's: of the rules,
// of the policy, and the classes that are essential to the client. What nobody could give
// fails at once, and what the person was asked for and did not bring fails then.
func wantAssurance(in Input) Step {
	p := in.proved()
	if in.wantsFacts(p) {
		return Step{Kind: StepLook}
	}
	step := in.more(p, Demand(in))
	if step.Kind != StepFail && in.Policy != nil && in.Policy.Fresh && !in.recent() {
		return in.signIn()
	}
	return step
}

// wantPermitted refuses a session that began in a way that the client, or the
// organisation, does not allow.
func wantPermitted(in Input) Step {
	if in.permits(in.proved()) {
		return Step{}
	}
	return in.signIn()
}

// lacks reports whether the session is of another class than the client or the policy
// demands.
func (in Input) lacks() bool {
	in.First = nil
	return slices.ContainsFunc(demands(Demand(in)), func(r Reason) bool { return r.open() && r.ofClient() })
}

// target is the class that somebody signed in is asked for; empty if no class will do.
func (in Input) target() string {
	in.First = nil
	return in.targetOf(in.proved(), demands(Demand(in)))
}

// demands are the reasons without wishes, and without those for which the browser stands.
func demands(reasons []Reason) []Reason {
	return slices.DeleteFunc(slices.Clone(reasons), func(r Reason) bool { return r.By == AskerWish || r.Remembered })
}

// possible reports whether some other sign-in may give that class: a password gives the
// first, and what a provider gives nobody knows before.
func (in Input) possible(acr string) bool {
	return acr == core.ACROne || acr != "" && len(in.Offers) > 0
}

// acr is what tokens say of the sign-in. Where the client asked for classes, that is the
// strongest of those that the session is of; but never less than the policy demands, which
// will see it at each refresh.
func (in Input) acr() string {
	p := in.proved()
	if in.Request == nil || len(in.Request.EssentialACRs)+len(in.Request.ACRValues) == 0 {
		return p.acr
	}
	asked := slices.Concat(in.Request.EssentialACRs, in.Request.ACRValues)
	limits := slices.DeleteFunc(Demand(in), func(r Reason) bool { return r.By != AskerPolicy && r.By != AskerRequest })
	for _, class := range slices.Backward(goals(limits)) {
		if slices.Contains(asked, class) && p.is(class) {
			return class
		}
	}
	return p.acr
}

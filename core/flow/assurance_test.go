package flow

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/sdk/hook"
)

// first turns whoever is signed in into somebody who has proved a first factor just now.
func first(method, acr string, amr ...string) change {
	return func(in *Input) {
		in.First = &First{
			Partial: core.Partial{UserID: "user-1", Method: method, AMR: amr, ACR: acr, At: at.Add(-time.Minute)},
			User:    in.SignedIn.User, Org: in.SignedIn.Org,
		}
		in.SignedIn = nil
	}
}

func byPassword() change { return first(core.MethodPassword, core.ACROne, core.AMRPassword) }
func byEmail() change {
	return first(core.MethodEmail, core.ACROne, core.AMROneTime, core.AMRMessenger)
}
func byPasskey() change {
	return first(core.MethodPasskey, core.ACRPhishingResistant, core.AMRSoftware, core.AMRUser, core.AMRMultiple)
}
func byBoth() change {
	return first("password+totp", core.ACRTwo, core.AMRPassword, core.AMROneTime, core.AMRMultiple)
}

// elsewhere is a first factor at a provider.
func elsewhere(connector, acr string) change {
	begin := first(core.MethodUpstream, acr)
	return func(in *Input) {
		begin(in)
		in.First.Upstream = &core.Upstream{Connector: connector}
	}
}

// has says what the person enrolled.
func has(passkeys, totp, codes int) change {
	return func(in *Input) {
		in.facts().Enrolled = core.Enrolled{Passkeys: passkeys, TOTP: totp, RecoveryCodes: codes}
	}
}
func remembered(in *Input) { in.facts().Remembered = true }
func (in *Input) facts() *Facts {
	if in.Facts == nil {
		in.Facts = &Facts{}
	}
	return in.Facts
}

func (in *Input) org() *core.Organisation {
	if in.First != nil {
		return &in.First.Org
	}
	return &in.SignedIn.Org
}
func orgWants(class string) change { return func(in *Input) { in.org().Rules.SignIn.Require = class } }
func orgAllows(methods ...string) change {
	return func(in *Input) { in.org().Rules.SignIn.Methods = methods }
}
func clientWants(class string) change { return func(in *Input) { in.Client.SignIn.Require = class } }
func clientAllows(methods ...string) change {
	return func(in *Input) { in.Client.SignIn.Methods = methods }
}
func likes(classes ...string) change { return func(in *Input) { in.Request.ACRValues = classes } }
func noPasskeys(in *Input)           { in.Client.Name = "without passkeys" }
func just(in *Input)                 { in.SignedIn.Session.AuthTime = at.Add(-4 * time.Minute) }
func amr(values ...string) change    { return func(in *Input) { in.SignedIn.Session.AMR = values } }
func again(in *Input)                { in.Client, in.Request, in.Again = nil, nil, true }

// decide gives what Next says once it may look at what the person has, and whether it
// did.
func decide(in Input) (step Step, looked bool) {
	facts := in.Facts
	in.HasFactors, in.HasPasskeys, in.Facts = true, in.Client == nil || in.Client.Name != "without passkeys", nil
	if step = Next(in); step.Kind != StepLook {
		return step, false
	}
	if in.Facts = facts; facts == nil {
		in.Facts = &Facts{}
	}
	return Next(in), true
}

func TestSecondFactor(t *testing.T) {
	const two, phr = core.ACRTwo, core.ACRPhishingResistant
	for _, c := range []struct {
		name    string
		changes []change
		want    string // step and methods
	}{
		{"a password", []change{byPassword()}, "begin"},
		{"a password of who enrolled an app", []change{byPassword(), has(0, 1, 0)}, "factor acr=2 [totp]"},
		{"a password of who enrolled all", []change{byPassword(), has(2, 1, 7)}, "factor acr=2 [passkey totp recovery]"},
		{"a code by mail of who enrolled a passkey", []change{byEmail(), orgAllows("email", "passkey"), has(1, 0, 0)}, "factor acr=2 [passkey]"},
		{"recovery codes alone are nothing", []change{byPassword(), has(0, 0, 10)}, "begin"},
		{"a passkey", []change{byPasskey(), has(1, 1, 1), orgWants(phr)}, "begin"},
		{"both factors", []change{byBoth(), has(1, 1, 1), orgWants(two)}, "begin"},
		{"an invitation", []change{first(core.MethodInvite, core.ACROne, core.AMRPassword), orgAllows("passkey", "totp", "password")}, "begin"},
		{"an invitation, two factors are required", []change{first(core.MethodInvite, core.ACROne, core.AMRPassword), orgWants(two)}, "enrol acr=2 [passkey totp]"},
		{"to Postern itself", []change{byPassword(), has(0, 1, 0), itself}, "factor acr=2 [totp]"},

		{"in a remembered browser", []change{byPassword(), has(0, 1, 0), remembered}, "begin"},
		{"98 in a remembered browser, prompt=login", []change{byPassword(), has(0, 1, 0), remembered, prompt("login")}, "factor acr=2 [totp]"},
		{"98 in a remembered browser, max_age", []change{byPassword(), has(0, 1, 0), remembered, maxAge(time.Hour)}, "factor acr=2 [totp]"},
		{"98 in a remembered browser, once more to Postern itself", []change{byPassword(), has(0, 1, 0), remembered, again}, "factor acr=2 [totp]"},
		{"98 in a remembered browser, the client wants two", []change{byPassword(), has(0, 1, 0), remembered, clientWants(two)}, "factor acr=2 [totp]"},
		{"98 in a remembered browser, it is essential to the client", []change{byPassword(), has(0, 1, 0), remembered, essential(two)}, "factor acr=2 [totp]"},
		{"98 in a remembered browser, the client would like two", []change{byPassword(), has(0, 1, 0), remembered, likes(two)}, "factor acr=2 [totp]"},
		{"in a remembered browser, the organisation wants two", []change{byPassword(), has(0, 1, 0), remembered, orgWants(two)}, "begin"},

		{"the organisation wants two", []change{byPassword(), has(0, 1, 0), orgWants(two)}, "factor acr=2 [totp]"},
		{"the organisation wants two, there is none", []change{byPassword(), orgWants(two)}, "enrol acr=2 [passkey totp]"},
		{"the organisation wants two, but allows apps alone", []change{byPassword(), orgWants(two), orgAllows("password", "totp")}, "enrol acr=2 [totp]"},
		{"the organisation wants two, where no browser makes passkeys", []change{byPassword(), noPasskeys, orgWants(two)}, "enrol acr=2 [totp]"},
		{"the organisation wants a passkey, where no browser makes any", []change{byPassword(), noPasskeys, orgWants(phr)}, "login other"},
		{"a passkey is enrolled that no browser uses here", []change{byPassword(), noPasskeys, has(1, 0, 2)}, "begin"},
		{"the organisation wants a passkey, there is none", []change{byPassword(), orgWants(phr)}, "enrol acr=phr [passkey]"},
		{"the organisation wants a passkey", []change{byPassword(), has(1, 1, 1), orgWants(phr)}, "factor acr=phr [passkey]"},
		{"97 the organisation wants a passkey, the app comes before", []change{byPassword(), has(0, 1, 3), orgWants(phr)}, "factor acr=2 [totp recovery]"},
		{"the organisation wants a passkey, the app came before", []change{byBoth(), has(0, 1, 3), orgWants(phr)}, "enrol acr=phr [passkey]"},
		{"97 what is enrolled is not allowed any more", []change{byPassword(), has(0, 1, 0), orgWants(two), orgAllows("password", "passkey")}, "login other"},
		{"the organisation wants what it does not allow", []change{byPassword(), orgWants(phr), orgAllows("password", "totp")}, "login other"},
		{"the client wants more than the organisation", []change{byPassword(), has(1, 1, 0), orgWants(two), clientWants(phr)}, "factor acr=phr [passkey]"},
		{"the client wants less than the organisation", []change{byPassword(), has(0, 1, 0), orgWants(two), clientWants("1")}, "factor acr=2 [totp]"},
		{"the client wants two, there is none", []change{byPassword(), clientWants(two)}, "enrol acr=2 [passkey totp]"},
		{"the client wants what nobody has: that is told later", []change{byPassword(), essential("urn:x")}, "begin"},
		{"the same of who has a second factor", []change{byPassword(), has(0, 1, 0), essential("urn:x")}, "factor acr=2 [totp]"},

		{"a method that is not allowed", []change{byPassword(), orgAllows("passkey")}, "login other"},
		{"a method that the client does not allow", []change{byPassword(), clientAllows("passkey", "upstream")}, "login other"},
		{"mail, which nobody allowed", []change{byEmail()}, "login other"},
		{"a client that allows passwords alone is no way around", []change{byPassword(), has(0, 1, 0), clientAllows("password")}, "factor acr=2 [totp]"},
		{"nor is one that allows passkeys alone besides", []change{byPassword(), has(0, 1, 0), clientAllows("password", "passkey")}, "factor acr=2 [totp]"},

		{"at a provider", []change{elsewhere("hub", ""), offering("hub"), has(1, 1, 1), orgWants(phr)}, "begin"},
		{"at a provider, which is not allowed", []change{elsewhere("hub", ""), offering("hub"), orgAllows("password")}, "login other"},
		{"a provider's password is a password", []change{byPassword(), func(in *Input) { in.First.Upstream = &core.Upstream{Connector: "ldap"} }, has(0, 1, 0)}, "factor acr=2 [totp]"},
		{"at a provider, the client wants two", []change{elsewhere("hub", ""), offering("hub"), has(0, 1, 0), essential(two)}, "factor acr=2 [totp]"},
		{"at a provider, which is asked first", []change{elsewhere("hub", ""), offering("hub"), essential(two)}, "begin"},
		{"at a provider, which was asked", []change{elsewhere("hub", ""), offering("hub"), essential(two), askedFor(two)}, "enrol acr=2 [passkey totp]"},
		{"at a provider, which did it", []change{elsewhere("hub", two), offering("hub"), essential(two)}, "begin"},
		{"98 what a provider calls phr is not two", []change{elsewhere("hub", phr), offering("hub"), has(0, 1, 0), essential(two)}, "factor acr=2 [totp]"},

		{"the first factor is too old", []change{byPassword(), func(in *Input) { in.First.At = at.Add(-10 * time.Minute) }}, "login"},
		{"54 the user was disabled meanwhile", []change{byPassword(), func(in *Input) { in.First.User.Disabled = true }}, "login"},
		{"54 the organisation was disabled meanwhile", []change{byPassword(), func(in *Input) { in.First.Org.Disabled = true }}, "login"},
		{"the client does not admit them", []change{byPassword(), func(in *Input) { in.First.User.Org = "other" }}, "login other"},

		{"a session", []change{skipConsent, has(1, 1, 1)}, "issue [openid email]"},
		{"a session, the client wants two", []change{skipConsent, clientWants(two), has(0, 1, 0)}, "factor acr=2 [totp]"},
		{"a session, it is essential", []change{skipConsent, essential(two), has(0, 1, 0)}, "factor acr=2 [totp]"},
		{"a session, the policy wants two", []change{skipConsent, policy(hook.ScopeOutput{ACR: two}), has(1, 1, 1)}, "factor acr=2 [passkey totp recovery]"},
		{"a session, the policy wants a passkey", []change{skipConsent, policy(hook.ScopeOutput{ACR: phr}), has(1, 1, 1)}, "factor acr=phr [passkey]"},
		{"a session of a passkey, the policy wants two", []change{skipConsent, proved(phr), policy(hook.ScopeOutput{ACR: two})}, "issue [openid email]"},
		{"a session, the policy wants two, and a new sign-in", []change{skipConsent, policy(hook.ScopeOutput{ACR: two, Fresh: true}), has(0, 1, 0)}, "login acr=2 fresh"},
		{"the weakest that suits all, by what there is", []change{skipConsent, essential(phr, two), clientWants(two), has(1, 0, 0)}, "factor acr=2 [passkey]"},
		{"what there is before what may be enrolled", []change{skipConsent, essential("urn:x", phr), has(1, 0, 0)}, "factor acr=phr [passkey]"},
		{"the policy and the client exclude each other", []change{skipConsent, essential("urn:x"), policy(hook.ScopeOutput{ACR: two}), has(1, 0, 0)}, "fail unmet_authentication_requirements acr_unmet"},
		{"98 a remembered browser is nothing to the policy", []change{skipConsent, policy(hook.ScopeOutput{ACR: two}), has(0, 1, 0), remembered}, "factor acr=2 [totp]"},
		{"98 a sign-in that a remembered browser spared is no new one to the policy", []change{skipConsent, signedInForThis, policy(hook.ScopeOutput{Fresh: true}), has(0, 1, 0), remembered}, "factor acr=2 [totp]"},
		{"a new sign-in with two factors", []change{skipConsent, signedInForThis, proved(two), policy(hook.ScopeOutput{Fresh: true}), has(0, 1, 0)}, "issue [openid email]"},

		{"a session, the organisation wants two by now", []change{skipConsent, orgWants(two), has(0, 1, 0)}, "factor acr=2 [totp]"},
		{"a session in a remembered browser, the organisation wants two", []change{skipConsent, orgWants(two), has(0, 1, 0), remembered}, "issue [openid email]"},
		{"98 the same with max_age", []change{skipConsent, orgWants(two), has(0, 1, 0), remembered, maxAge(time.Hour)}, "factor acr=2 [totp]"},
		{"97 an old session enrols nothing", []change{skipConsent, orgWants(two)}, "login fresh"},
		{"97 an old session enrols nothing for the client", []change{skipConsent, essential(two)}, "login acr=2 fresh"},
		{"a young one does", []change{skipConsent, just, essential(two)}, "enrol acr=2 [passkey totp]"},
		{"97 but not if there is a second factor", []change{skipConsent, just, essential(phr), has(0, 1, 1)}, "factor acr=2 [totp recovery]"},
		{"unless it was proved", []change{skipConsent, just, proved(two), essential(phr), has(0, 1, 1)}, "enrol acr=phr [passkey]"},
		{"the policy wants two after the sign-in", []change{skipConsent, signedInForThis, askedFor(two), policy(hook.ScopeOutput{ACR: two})}, "enrol acr=2 [passkey totp]"},
		{"98 what cannot be enrolled fails", []change{skipConsent, orgAllows("password"), policy(hook.ScopeOutput{ACR: two})}, "fail unmet_authentication_requirements acr_unmet"},
		{"98 what nobody gives fails", []change{skipConsent, essential("urn:x"), has(1, 1, 1)}, "fail unmet_authentication_requirements acr_unmet"},
		{"a method that the client does not allow, in a session", []change{skipConsent, clientAllows("passkey")}, "login"},
		{"one that it allows", []change{skipConsent, clientAllows("passkey", "password")}, "issue [openid email]"},
		{"a passkey session at a client that allows them", []change{skipConsent, clientAllows("passkey"), proved(phr), amr(core.AMRSoftware, core.AMRUser, core.AMRMultiple)}, "issue [openid email]"},
		{"98 a password before it is no passkey", []change{skipConsent, clientAllows("passkey"), proved(phr), amr(core.AMRPassword, core.AMRSoftware, core.AMRUser, core.AMRMultiple)}, "login"},
		{"mail at a client that allows no mail", []change{skipConsent, orgAllows("email", "password"), clientAllows("password"), amr(core.AMROneTime, core.AMRMessenger)}, "login"},
		{"a provider at a client that allows none", []change{skipConsent, clientAllows("password"), from("hub"), amr()}, "login"},
		{"a password that a provider checked", []change{skipConsent, clientAllows("password"), from("ldap")}, "issue [openid email]"},
		{"what nobody can tell is allowed", []change{skipConsent, clientAllows("password"), amr()}, "issue [openid email]"},

		{"the client would like two", []change{skipConsent, likes(two), has(0, 1, 0)}, "factor acr=2 [totp]"},
		{"the client would like two, there is none", []change{skipConsent, likes(two), just}, "issue [openid email]"},
		{"the client would like one or two", []change{skipConsent, likes("1", two), has(0, 1, 0)}, "issue [openid email]"},
		{"the client would like what nobody knows", []change{skipConsent, likes("urn:x"), has(1, 1, 0)}, "issue [openid email]"},
		{"the client would like its best first", []change{skipConsent, likes(phr, two), has(1, 1, 0)}, "factor acr=phr [passkey]"},
		{"of its wishes what there is", []change{skipConsent, likes(phr, two), has(0, 1, 0)}, "factor acr=2 [totp]"},
		{"a wish, prompt=none", []change{skipConsent, likes(two), has(0, 1, 0), prompt("none")}, "issue [openid email]"},
		{"a wish of who came from a provider", []change{skipConsent, likes(two), has(0, 1, 0), from("hub")}, "issue [openid email]"},

		{"prompt=none, a second factor is due", []change{skipConsent, essential(two), has(0, 1, 0), prompt("none")}, "fail login_required prompt_none"},
		{"prompt=none, one is to be enrolled", []change{skipConsent, just, essential(two), prompt("none")}, "fail interaction_required prompt_none"},
		{"prompt=none, nothing will do", []change{skipConsent, orgAllows("password"), essential(two), prompt("none")}, "fail unmet_authentication_requirements acr_unmet"},

		{"from a provider, the client wants two", []change{skipConsent, from("hub"), proved("0"), offering("hub"), essential(two), has(0, 1, 0)}, "factor acr=2 [totp]"},
		{"from a provider, which is asked first", []change{skipConsent, from("hub"), proved("0"), offering("hub"), essential(two)}, "upstream hub acr=2"},
		{"from a provider, which was asked", []change{skipConsent, signedInForThis, from("hub"), proved("0"), offering("hub"), essential(two), askedFor(two)}, "enrol acr=2 [passkey totp]"},
		{"from a provider, with a second factor here", []change{skipConsent, from("hub"), proved(phr), amr(core.AMRSoftware, core.AMRUser, core.AMRMultiple), offering("hub"), essential(two)}, "issue [openid email]"},
		{"from a provider, whose organisation wants two of its own", []change{skipConsent, from("hub"), proved("0"), orgWants(two), has(0, 1, 0)}, "issue [openid email]"},
		{"from a provider, the rules of the client want two", []change{skipConsent, from("hub"), proved("0"), clientWants(two), has(0, 1, 0)}, "factor acr=2 [totp]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			in := waiting()
			for _, apply := range c.changes {
				apply(&in)
			}
			step, _ := decide(in)
			got := written(step)
			if step.Other {
				got += " other"
			}
			if len(step.Methods) > 0 {
				got += fmt.Sprint(" ", step.Methods)
			}
			if got != c.want {
				t.Errorf("Next = %q, want %q (%+v)", got, c.want, Demand(in))
			}
		})
	}
}

// A session that needs no more is not asked what its person has: that is a read less for
// most requests.
func TestLook(t *testing.T) {
	for name, c := range map[string]struct {
		changes []change
		want    bool
	}{
		"an ordinary session":      {[]change{skipConsent}, false},
		"one that is strong":       {[]change{skipConsent, proved(core.ACRTwo), orgWants(core.ACRTwo), essential(core.ACRTwo)}, false},
		"one at a provider":        {[]change{skipConsent, from("hub"), orgWants(core.ACRTwo)}, false},
		"one that lacks something": {[]change{skipConsent, orgWants(core.ACRTwo)}, true},
		"a password":               {[]change{byPassword()}, true},
		"a passkey":                {[]change{byPasskey(), orgWants(core.ACRPhishingResistant)}, false},
		"a provider":               {[]change{elsewhere("hub", "")}, false},
	} {
		in := waiting()
		for _, apply := range c.changes {
			apply(&in)
		}
		if _, looked := decide(in); looked != c.want {
			t.Errorf("%s: looked is %v", name, looked)
		}
	}
}

func TestACR(t *testing.T) {
	const two, phr = core.ACRTwo, core.ACRPhishingResistant
	for name, c := range map[string]struct {
		changes []change
		want    string
	}{
		"nothing is asked for":             {[]change{proved(phr)}, phr},
		"one is liked":                     {[]change{proved(phr), likes("1")}, "1"},
		"the strongest that there is":      {[]change{proved(two), likes("1", two, phr)}, two},
		"essential":                        {[]change{proved(phr), essential(two)}, two},
		"what it is not":                   {[]change{proved("1"), likes(two)}, "1"},
		"not less than the policy demands": {[]change{proved(phr), likes("1"), policy(hook.ScopeOutput{ACR: two})}, phr},
		"just what the policy demands":     {[]change{proved(phr), likes("1", two), policy(hook.ScopeOutput{ACR: two})}, two},
		"of a provider":                    {[]change{from("hub"), proved(phr), likes("1", two)}, phr},
		"of a provider, by name":           {[]change{from("hub"), proved("urn:x"), likes("1", "urn:x")}, "urn:x"},
	} {
		in := waiting()
		skipConsent(&in)
		for _, apply := range c.changes {
			apply(&in)
		}
		if step := Next(in); step.Kind != StepIssue || step.ACR != c.want {
			t.Errorf("%s: %s %q, want %q", name, step.Kind, step.ACR, c.want)
		}
	}
}

func TestDemand(t *testing.T) {
	in := waiting()
	in.HasFactors = true
	for _, apply := range []change{
		has(0, 1, 0), remembered, clientWants("1"), likes(core.ACRPhishingResistant), policy(hook.ScopeOutput{ACR: core.ACRTwo}), byPassword(), orgWants(core.ACRTwo),
	} {
		apply(&in)
	}
	var got []string
	for _, r := range Demand(in) {
		got = append(got, fmt.Sprint(r.By, r.Classes, r.Met, r.Remembered))
	}
	want := []string{
		"organisation[2] false true", "client[1] true false", "policy[2] false false", "person[2] false true", "wish[phr] false false",
	}
	if !slices.Equal(got, want) {
		t.Errorf("Demand = %q, want %q", got, want)
	}
	if got := Demand(Input{}); got != nil {
		t.Errorf("nobody needs %+v", got)
	}
}

// TestAssuranceIsSafe goes through every combination of what a second factor depends on
// and holds what must never happen, whatever the table says.
func TestAssuranceIsSafe(t *testing.T) {
	kinds := map[StepKind]int{}
	count := 0
	combinations(func(in Input) {
		step, _ := decide(in)
		kinds[step.Kind]++
		count++
		if broken := violated(in, step); broken != "" {
			t.Fatalf("%s: %+v\nfirst %+v\nsession %+v\nfacts %+v\nclient %+v\nrequest %+v\npolicy %+v", broken, step, in.First, in.SignedIn, in.Facts, in.Client, in.Request, in.Policy)
		}
	})
	t.Logf("%d combinations: %v", count, kinds)
	for _, kind := range []StepKind{StepLogin, StepUpstream, StepFactor, StepEnrol, StepBegin, StepIssue, StepFail} {
		if kinds[kind] == 0 {
			t.Errorf("no combination gives %s", kind)
		}
	}
	if count < 1<<17 {
		t.Errorf("only %d combinations", count)
	}
}

// violated names what must never happen and did. It looks at the input alone, not at what
// the table makes of it.
func violated(in Input, step Step) string {
	var (
		org    = in.org()
		got    string
		there  bool
		mfa    bool
		local  = in.First != nil && in.First.Method != core.MethodUpstream
		enough = func(class string) bool {
			return class == "" || got == class || (!there || mfa) && core.SatisfiesACR(got, class)
		}
	)
	if in.First != nil {
		got, there, mfa = in.First.ACR, !local, slices.Contains(in.First.AMR, core.AMRMultiple)
	} else {
		s := in.SignedIn.Session
		got, there, mfa = s.ACR, s.Upstream != nil, slices.Contains(s.AMR, core.AMRMultiple)
	}
	anew := in.Request.MaxAgeGiven || slices.Contains(in.Request.Prompts, oauth.PromptLogin)
	trusted := in.Facts.Remembered && !anew
	e, rules := in.Facts.Enrolled, org.Rules.SignIn
	usable := e.TOTP > 0 && rules.Allows(core.MethodTOTP) || e.Passkeys > 0 && rules.Allows(core.MethodPasskey)
	essential := in.Request.EssentialACRs
	for _, rule := range []struct {
		name   string
		broken bool
	}{
		{"a session begins with what the organisation wants", step.Kind == StepBegin && local && !trusted && !enough(rules.Require)},
		{"a session begins with the second factor of who has one", step.Kind == StepBegin && local && !trusted && usable && !enough(core.ACRTwo)},
		{"a session begins in a way that is allowed", step.Kind == StepBegin && !rules.And(in.Client.SignIn).Allows(strings.TrimSuffix(in.First.Method, "+totp"))},
		{"there is a session before a code", in.First != nil && step.Kind == StepIssue},
		{"a code has what the client's rules want", step.Kind == StepIssue && !enough(in.Client.SignIn.Require)},
		{"a code has what is essential", step.Kind == StepIssue && len(essential) > 0 && !slices.ContainsFunc(essential, enough)},
		{"a code has what the policy wants", step.Kind == StepIssue && in.Policy != nil && !enough(in.Policy.ACR)},
		{"a code has what the organisation wants, or a trusted browser", step.Kind == StepIssue && !there && !trusted && !enough(rules.Require)},
		{"tokens say no more than the sign-in was", step.Kind == StepIssue && !enough(step.ACR)},
		{"tokens say what the policy wants", step.Kind == StepIssue && in.Policy != nil && in.Policy.ACR != "" && !core.SatisfiesACR(step.ACR, in.Policy.ACR) && step.ACR != got},
		{"nothing is enrolled past a second factor", step.Kind == StepEnrol && e.SecondFactor() && !enough(core.ACRTwo)},
		{"nothing is enrolled in an old session", step.Kind == StepEnrol && in.First == nil && in.Now.Sub(in.SignedIn.Session.AuthTime) > 5*time.Minute},
		{"nothing is enrolled that the organisation forbids", step.Kind == StepEnrol && slices.ContainsFunc(step.Methods, func(m string) bool { return !rules.Allows(m) })},
		{"a factor is one that they have", step.Kind == StepFactor && (slices.Contains(step.Methods, core.MethodTOTP) && e.TOTP == 0 || slices.Contains(step.Methods, core.MethodPasskey) && e.Passkeys == 0 || slices.Contains(step.Methods, core.MethodRecovery) && e.RecoveryCodes == 0)},
		{"a step that asks for a factor names one", (step.Kind == StepFactor || step.Kind == StepEnrol) && len(step.Methods) == 0},
		{"a factor brings on who is asked", (step.Kind == StepFactor || step.Kind == StepEnrol) && !there && core.SatisfiesACR(got, step.ACR)},
		{"without a page there is none", slices.Contains(in.Request.Prompts, oauth.PromptNone) && in.First == nil && step.Kind != StepIssue && step.Kind != StepFail},
	} {
		if rule.broken {
			return rule.name
		}
	}
	return ""
}

// combinations calls with every combination of what a second factor depends on.
func combinations(try func(Input)) {
	dimensions := [][]change{
		{byPassword(), byPasskey(), byEmail(), byBoth(), elsewhere("hub", core.ACROne), func(*Input) {}, just,
			func(in *Input) { proved(core.ACRTwo)(in); amr(core.AMRPassword, core.AMROneTime, core.AMRMultiple)(in) },
			func(in *Input) { from("hub")(in); proved(core.ACRPhishingResistant)(in); amr()(in) }},
		{func(*Input) {}, orgWants(core.ACRTwo), orgWants(core.ACRPhishingResistant)},
		{func(*Input) {}, orgAllows("password", "totp"), orgAllows("password", "email", "passkey", "totp"), orgAllows("passkey", "upstream")},
		{func(*Input) {}, clientWants(core.ACRTwo), clientAllows("password")},
		{has(0, 0, 0), has(0, 1, 0), has(1, 1, 1)},
		{func(*Input) {}, remembered},
		{func(*Input) {}, essential(core.ACRTwo), essential("urn:x", core.ACRPhishingResistant), likes(core.ACRPhishingResistant, core.ACROne)},
		{func(*Input) {}, policy(hook.ScopeOutput{ACR: core.ACRTwo}), policy(hook.ScopeOutput{Fresh: true})},
		{func(*Input) {}, prompt("none"), prompt("login"), maxAge(time.Hour), func(in *Input) { offering("hub")(in); askedFor(core.ACRTwo)(in) }, func(in *Input) {
			offering("hub")(in)
			in.Progress.SignedInAt, in.Progress.SessionID = at, "session-1"
		}},
	}
	var walk func(chosen []change)
	walk = func(chosen []change) {
		if len(chosen) < len(dimensions) {
			for _, apply := range dimensions[len(chosen)] {
				walk(append(chosen, apply))
			}
			return
		}
		in := waiting()
		skipConsent(&in)
		for _, apply := range chosen {
			apply(&in)
		}
		try(in)
	}
	walk(nil)
}

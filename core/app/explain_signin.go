package app

import (
	"context"
	"fmt"
	"slices"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/flow"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/sdk/hook"
)

// signIn goes through the steps of a sign-in as a browser would, from what the inquiry
// says that the person did already.
func (a *App) signIn(ctx context.Context, q admin.Inquiry, about *core.Authorized, policy *hook.ScopeOutput) (*admin.SignIn, error) {
	enrolled, err := a.Store.Enrolled(ctx, q.User.ID)
	if err != nil {
		return nil, fmt.Errorf("read what the user enrolled: %w", err)
	}
	offers, err := a.upstream.Offers(ctx, q.Client)
	if err != nil {
		return nil, err
	}
	rules := about.Org.Rules.SignIn.And(q.Client.SignIn)
	in := flow.Input{
		Now: q.At, Client: q.Client, Request: request(q), Offers: offers, HasPolicy: true, Policy: policy,
		HasFactors: true, HasPasskeys: a.factors().Passkeys(),
		Facts: &flow.Facts{Enrolled: enrolled, Remembered: q.Trusted && about.Org.Rules.Remember() > 0},
	}
	if !rules.Allows(core.MethodUpstream) {
		in.Offers = nil
	}
	begin(&in, q, about)
	s := &admin.SignIn{
		Allowed: allowed(rules), Enrolled: admin.EnrolledView{Passkeys: enrolled.Passkeys, TOTP: enrolled.TOTP, RecoveryCodes: enrolled.RecoveryCodes}, Reasons: []admin.Reason{},
	}
	for _, r := range flow.Demand(in) {
		s.Reasons = append(s.Reasons, admin.Reason{By: string(r.By), Classes: r.Classes, Met: r.Met, Trusted: r.Remembered})
	}
	s.Steps = walk(in)
	return s, nil
}

// request is what the client would send.
func request(q admin.Inquiry) *oauth.AuthorizeRequest {
	r := &oauth.AuthorizeRequest{Scopes: q.Scopes, ACRValues: q.ACRValues, MaxAgeGiven: q.Client.Metadata.DefaultMaxAge != nil}
	if len(r.ACRValues) == 0 {
		r.ACRValues = q.Client.Metadata.DefaultACRValues
	}
	return r
}

func allowed(rules core.SignInRules) []string {
	methods := []string{}
	for _, method := range []string{core.MethodPassword, core.MethodPasskey, core.MethodEmail, core.MethodTOTP, core.MethodUpstream} {
		if rules.Allows(method) {
			methods = append(methods, method)
		}
	}
	return methods
}

// begin puts into the input what the person did already: a first factor of this moment,
// else a session that is older.
func begin(in *flow.Input, q admin.Inquiry, about *core.Authorized) {
	if !q.SignedInAt.Before(q.At) {
		in.First = &flow.First{User: *q.User, Org: about.Org, Partial: core.Partial{
			UserID: q.User.ID, Method: methodOf(q), AMR: q.AMR, ACR: q.ACR, At: q.At, Upstream: about.Grant.Upstream,
		}}
		return
	}
	in.SignedIn = &core.SignedIn{User: *q.User, Org: about.Org, Session: core.Session{
		ID: explained, UserID: q.User.ID, AuthTime: q.SignedInAt, AMR: q.AMR, ACR: q.ACR, Upstream: about.Grant.Upstream,
		CreatedAt: q.SignedInAt, ExpiresAt: q.At.Add(1),
	}}
}

// explained is a session that nobody has.
const explained core.ID = "explained"

// methodOf tells the first factor by what tokens would say of it.
func methodOf(q admin.Inquiry) string {
	has := func(amr string) bool { return slices.Contains(q.AMR, amr) }
	switch {
	case q.Connector != "":
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

// walk gives the steps up to the end of the sign-in, as if the person did what each asks
// for.
func walk(in flow.Input) []admin.SignInStep {
	steps := []admin.SignInStep{}
	for range 8 { // more than there are classes to climb
		step := flow.Next(in)
		if step.Kind == flow.StepBegin {
			enter(&in)
			continue
		}
		ask := asked(step)
		if ask == "" {
			break
		}
		steps = append(steps, admin.SignInStep{Ask: ask, Class: step.ACR, Methods: notNil(step.Methods)})
		if ask != admin.AskFactor && ask != admin.AskEnrol {
			break
		}
		prove(&in, step)
	}
	return steps
}

// asked says what a step is to the person; empty where it is about something else than
// how they prove who they are.
func asked(step flow.Step) string {
	switch step.Kind {
	case flow.StepFactor:
		return admin.AskFactor
	case flow.StepEnrol:
		return admin.AskEnrol
	case flow.StepUpstream:
		return admin.AskProvider
	case flow.StepLogin:
		if step.Other {
			return admin.AskOther
		}
		return admin.AskSignIn
	case flow.StepFail:
		if step.Refusal.Reason == "acr_unmet" {
			return admin.AskImpossible
		}
	}
	return ""
}

// enter makes a session of the first factor.
func enter(in *flow.Input) {
	f := in.First
	in.SignedIn = &core.SignedIn{User: f.User, Org: f.Org, Session: core.Session{
		ID: explained, UserID: f.UserID, AuthTime: f.At, AMR: f.AMR, ACR: f.ACR, Upstream: f.Upstream, CreatedAt: f.At, ExpiresAt: f.At.Add(1),
	}}
	in.Progress.SignedInAt, in.Progress.SessionID, in.First = f.At, explained, nil
}

// prove has the person do what the step asks for.
func prove(in *flow.Input, step flow.Step) {
	acr, amr := step.ACR, []string{core.AMROneTime, core.AMRMultiple}
	byPasskey := !slices.Contains(step.Methods, core.MethodTOTP) && !slices.Contains(step.Methods, core.MethodRecovery)
	if byPasskey {
		acr, amr = core.ACRPhishingResistant, []string{core.AMRSoftware, core.AMRUser, core.AMRMultiple}
	}
	facts := *in.Facts
	switch {
	case step.Kind != flow.StepEnrol:
	case byPasskey:
		facts.Enrolled.Passkeys++
	default:
		facts.Enrolled.TOTP++
	}
	in.Facts = &facts
	if in.First != nil {
		first := *in.First
		first.ACR, first.AMR = acr, slices.Concat(first.AMR, amr)
		in.First = &first
		return
	}
	signedIn := *in.SignedIn
	signedIn.Session.ACR, signedIn.Session.AMR = acr, slices.Concat(signedIn.Session.AMR, amr)
	in.SignedIn = &signedIn
}

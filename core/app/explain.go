package app

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/grant"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/core/plugin"
	"github.com/postern-id/postern/core/token"
	"github.com/postern-id/postern/sdk/hook"
)

// Inquiry is what [App.Explain] is asked: what the client gets about the user under
// these circumstances.
type Inquiry struct {
	User   *core.User // nil with client_credentials, where nobody takes part
	Client *core.Client
	// Scopes are those that the client asks for; none stand for all that it may.
	Scopes    []string
	GrantType string // empty: authorization_code
	Address   string // of the browser or the client; empty: not known
	At        time.Time
	// How the person signed in. Without a connector and without anything said, it is a
	// password of Postern's own, checked at this very time.
	SignedInAt time.Time
	ACR        string
	AMR        []string
	Connector  string
	// Trusted says that it is in a browser that the person trusts.
	Trusted bool
	// ACRValues are the classes that the request would like; none stand for what the client
	// registered.
	ACRValues []string
}

// Explanation says what a client gets, and why.
type Explanation struct {
	Decision Decision `json:"decision"`
	// The documents; nil if the client gets nothing.
	*token.Explanation
}

// Decision is what becomes of a request before there are any documents.
type Decision struct {
	GrantType  string    `json:"grant_type"`
	At         time.Time `json:"at"`
	Address    string    `json:"address"`
	SignedInAt time.Time `json:"signed_in_at,omitzero"`
	ACR        string    `json:"acr"`
	AMR        []string  `json:"amr"`
	Connector  string    `json:"connector"`
	Asked      []string  `json:"asked"` // the scopes, after the host's own rules
	// Policies are what they said, in their order, as far as they were asked.
	Policies []PolicyAnswer `json:"policies"`
	Granted  []string       `json:"granted"`
	// Refused says why the client gets nothing, as the audit log does; empty if it gets
	// something.
	Refused string `json:"refused"`
	// What the person has to do before a code is issued.
	NeedsACR     string `json:"needs_acr"`
	NeedsSignIn  bool   `json:"needs_sign_in"`
	NeedsConsent bool   `json:"needs_consent"`
	// SignIn is what their sign-in takes; nil where nobody signs in.
	SignIn *SignIn `json:"sign_in"`
}

// PolicyAnswer is what one plugin instance said.
type PolicyAnswer struct {
	Instance string   `json:"instance"`
	Plugin   string   `json:"plugin"`
	Shadow   bool     `json:"shadow"` // it has no effect
	Removed  []string `json:"removed"`
	Denied   bool     `json:"denied"`
	Reason   string   `json:"reason"`
	ACR      string   `json:"acr"`
	SignIn   bool     `json:"sign_in"`
	Consent  bool     `json:"consent"`
	Failure  string   `json:"failure"` // it refuses because it failed
}

// Explain says what the client gets about the user: how the rules of the host and the
// scope policies decide, and the documents. Nothing is issued.
func (a *App) Explain(ctx context.Context, q Inquiry) (*Explanation, error) {
	host, err := a.host()
	if err != nil {
		return nil, err
	}
	q = a.completed(q)
	if q.User == nil {
		decision, _ := decide(ctx, host, q, &core.Authorized{})
		return &Explanation{Decision: decision}, nil
	}
	org, err := a.Store.Organisation(ctx, q.User.Org)
	if err != nil {
		return nil, fmt.Errorf("read the organisation: %w", err)
	}
	about := &core.Authorized{User: *q.User, Org: *org, Grant: core.Grant{UserID: q.User.ID, AuthTime: q.SignedInAt, ACR: q.ACR, AMR: q.AMR}}
	if q.Connector != "" {
		about.Grant.Upstream = &core.Upstream{Connector: q.Connector}
	}
	decision, policy := decide(ctx, host, q, about)
	e := &Explanation{Decision: decision}
	if e.Decision.Refused != "" {
		return e, nil
	}
	if q.GrantType == core.GrantAuthorizationCode {
		if e.Decision.SignIn, err = a.signIn(ctx, q, about, &policy); err != nil {
			return nil, err
		}
	}
	e.Explanation, err = a.issuer(host, nil).Explain(ctx, q.At, q.Client, q.User, org, e.Decision.Granted)
	return e, err
}

// completed fills in what was left out.
func (a *App) completed(q Inquiry) Inquiry {
	switch {
	case q.User == nil:
		q.GrantType = core.GrantClientCredentials
	case q.GrantType == "":
		q.GrantType = core.GrantAuthorizationCode
	case q.GrantType == core.GrantClientCredentials:
		q.User = nil
	}
	if len(q.Scopes) == 0 {
		q.Scopes = slices.Clone(q.Client.Scopes)
		if q.User == nil {
			q.Scopes = slices.DeleteFunc(q.Scopes, oauth.IsPersonal)
		}
	}
	if q.At.IsZero() {
		q.At = a.now()
	}
	if q.User == nil {
		q.SignedInAt, q.ACR, q.AMR, q.Connector = time.Time{}, "", nil, ""
		return q
	}
	if q.SignedInAt.IsZero() {
		q.SignedInAt = q.At
	}
	if q.Connector == "" && q.ACR == "" && len(q.AMR) == 0 {
		q.ACR, q.AMR = core.ACRPassword, []string{core.AMRPassword}
	}
	return q
}

// decide asks the host's rules, then the policies, as a request does. It also gives what
// the policies said together.
func decide(ctx context.Context, host *plugin.Host, q Inquiry, about *core.Authorized) (d Decision, policy hook.ScopeOutput) {
	d = Decision{
		GrantType: q.GrantType, At: q.At.UTC().Truncate(time.Second), Address: q.Address, SignedInAt: q.SignedInAt.UTC().Truncate(time.Second),
		ACR: q.ACR, AMR: notNil(q.AMR), Connector: q.Connector, Asked: q.Scopes, Policies: []PolicyAnswer{}, Granted: []string{},
	}
	if d.Refused = ruledOut(q, about); d.Refused != "" {
		return d, policy
	}
	said, out, err := host.ExplainScopes(ctx, token.Question(q.GrantType, q.Client, about, q.Scopes, q.Address, q.At))
	for i := range said {
		d.Policies = append(d.Policies, policyAnswer(&said[i]))
	}
	if err != nil {
		d.Refused = "policy_failed"
		return d, out
	}
	if d.Refused = refusedBy(out, q, about); d.Refused == "" {
		d.Granted = out.Scopes
		d.NeedsSignIn, d.NeedsConsent = out.Fresh, out.Consent
		if out.ACR != "" && !core.Reaches(q.ACR, q.AMR, q.Connector != "", out.ACR) {
			d.NeedsACR = out.ACR
		}
	}
	return d, out
}

// ruledOut says why the host refuses before it asks a policy.
func ruledOut(q Inquiry, about *core.Authorized) (reason string) {
	switch {
	case q.Client.Disabled:
		return "client_disabled"
	case !slices.Contains(q.Client.GrantTypes, q.GrantType):
		return "grant_type_not_registered"
	}
	if q.User == nil && (len(q.Scopes) == 0 || slices.ContainsFunc(q.Scopes, oauth.IsPersonal)) {
		return "scope_not_own"
	}
	return token.Barred(about, q.Client)
}

func refusedBy(out hook.ScopeOutput, q Inquiry, about *core.Authorized) (reason string) {
	switch {
	case out.Deny:
		return "policy_denied"
	case q.GrantType == core.GrantAuthorizationCode && len(out.Scopes) == 0:
		return "policy_left_nothing"
	case q.GrantType == core.GrantAuthorizationCode:
		return ""
	}
	if reason := grant.Denied(out, &about.Grant); reason != "" {
		return reason
	}
	if q.GrantType == core.GrantRefreshToken && !slices.Contains(out.Scopes, oauth.ScopeOfflineAccess) {
		return "offline_access_withdrawn"
	}
	if len(out.Scopes) == 0 {
		return "no_scope_left"
	}
	return ""
}

func policyAnswer(d *hook.Decision) PolicyAnswer {
	out := &d.Output
	p := PolicyAnswer{
		Instance: d.Instance, Plugin: d.Plugin, Shadow: d.Shadow, Removed: []string{},
		Denied: out.Deny, Reason: out.Reason, ACR: out.ACR, SignIn: out.Fresh, Consent: out.Consent,
	}
	if d.Failure != nil {
		p.Failure = d.Failure.Error()
		return p
	}
	for _, scope := range d.Asked {
		if out.Scopes != nil && !slices.Contains(out.Scopes, scope) {
			p.Removed = append(p.Removed, scope)
		}
	}
	return p
}

func notNil(list []string) []string {
	if list == nil {
		return []string{}
	}
	return list
}

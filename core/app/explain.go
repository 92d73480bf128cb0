package app

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/grant"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/core/plugin"
	"github.com/postern-id/postern/core/token"
	"github.com/postern-id/postern/sdk/hook"
)

// explainer implements [admin.Explainer].
type explainer struct{ app *App }

// Explain implements [admin.Explainer].
func (e explainer) Explain(ctx context.Context, q admin.Inquiry) (*admin.Explanation, error) {
	return e.app.explain(ctx, q)
}

func (a *App) explain(ctx context.Context, q admin.Inquiry) (*admin.Explanation, error) {
	host, err := a.host()
	if err != nil {
		return nil, err
	}
	q = a.completed(q)
	if q.User == nil {
		decision, _ := decide(ctx, host, q, &core.Authorized{})
		return &admin.Explanation{Decision: decision}, nil
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
	e := &admin.Explanation{Decision: decision}
	if e.Decision.Refused != "" {
		return e, nil
	}
	if q.GrantType == core.GrantAuthorizationCode {
		if e.Decision.SignIn, err = a.signIn(ctx, q, about, &policy); err != nil {
			return nil, err
		}
	}
	documents, err := a.issuer(host, nil).Explain(ctx, q.At, q.Client, q.User, org, e.Decision.Granted)
	if failed, ok := errors.AsType[*plugin.CallError](err); ok {
		// What an application gets then is an error, which is what is to be explained.
		e.Decision.Refused, e.Decision.Failure = "plugin_failed", fmt.Sprintf("the plugin %s failed at %s: %s", failed.Instance, failed.Hook, failureOf(failed))
		return e, nil
	}
	if err != nil {
		return nil, err
	}
	e.Given = given(documents)
	return e, nil
}

// given says in admin's words what token explains.
func given(e *token.Explanation) *admin.Given {
	return &admin.Given{
		Scopes: e.Scopes, IDToken: givenDocument(e.IDToken), UserInfo: givenDocument(e.UserInfo), Account: e.Account, AccountShaped: e.AccountShaped,
	}
}

func givenDocument(d *token.Document) *admin.Document {
	if d == nil {
		return nil
	}
	doc := &admin.Document{JSON: d.JSON, Claims: []admin.Claim{}}
	for _, c := range d.Claims {
		o := c.Origin
		doc.Claims = append(doc.Claims, admin.Claim{Name: c.Name, Value: c.Value, Origin: admin.OriginOf(string(o.Kind), o.Scope, o.Instance, o.Plugin, o.String())})
	}
	return doc
}

// completed fills in what was left out.
func (a *App) completed(q admin.Inquiry) admin.Inquiry {
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
func decide(ctx context.Context, host *plugin.Host, q admin.Inquiry, about *core.Authorized) (d admin.Decision, policy hook.ScopeOutput) {
	d = admin.Decision{
		GrantType: q.GrantType, At: q.At.UTC().Truncate(time.Second), Address: q.Address, SignedInAt: q.SignedInAt.UTC().Truncate(time.Second),
		ACR: q.ACR, AMR: notNil(q.AMR), Connector: q.Connector, Asked: q.Scopes, Policies: []admin.PolicyAnswer{}, Granted: []string{},
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
func ruledOut(q admin.Inquiry, about *core.Authorized) (reason string) {
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

func refusedBy(out hook.ScopeOutput, q admin.Inquiry, about *core.Authorized) (reason string) {
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

func policyAnswer(d *hook.Decision) admin.PolicyAnswer {
	out := &d.Output
	p := admin.PolicyAnswer{
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

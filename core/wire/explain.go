package wire

import (
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/sdk/api"
)

// Inquiry gives what is to be explained, without client and user, which are to be looked up.
func Inquiry(q *api.Inquiry) admin.Inquiry {
	return admin.Inquiry{
		Scopes: q.Scopes, GrantType: q.GrantType, Address: q.Address, At: q.At, SignedInAt: q.SignedInAt, ACR: q.ACR, AMR: q.AMR, Connector: q.Connector,
		Trusted: q.Trusted, ACRValues: q.ACRValues,
	}
}

// InquiryToMake is the way back.
func InquiryToMake(q *admin.Inquiry) api.Inquiry {
	asks := api.Inquiry{
		Client: q.Client.ID, Scopes: q.Scopes, GrantType: q.GrantType, Address: q.Address, At: q.At, SignedInAt: q.SignedInAt, ACR: q.ACR, AMR: q.AMR,
		Connector: q.Connector, Trusted: q.Trusted, ACRValues: q.ACRValues,
	}
	if q.User != nil {
		asks.User = string(q.User.ID)
	}
	return asks
}

// Explanation gives what a client gets, and why.
func Explanation(e *admin.Explanation) api.Explanation {
	told := api.Explanation{Decision: decision(&e.Decision)}
	if g := e.Given; g != nil {
		told.Given = &api.Given{
			Scopes: list(g.Scopes), IDToken: document(g.IDToken), UserInfo: document(g.UserInfo), Account: object(g.Account), AccountShaped: g.AccountShaped,
		}
	}
	return told
}

// AdminExplanation is the way back.
func AdminExplanation(e *api.Explanation) admin.Explanation {
	back := admin.Explanation{Decision: adminDecision(&e.Decision)}
	if g := e.Given; g != nil {
		back.Given = &admin.Given{
			Scopes: g.Scopes, IDToken: adminDocument(g.IDToken), UserInfo: adminDocument(g.UserInfo), Account: g.Account, AccountShaped: g.AccountShaped,
		}
	}
	return back
}

func decision(d *admin.Decision) api.Decision {
	told := api.Decision{
		GrantType: d.GrantType, At: at(d.At), Address: d.Address, SignedInAt: at(d.SignedInAt), ACR: d.ACR, AMR: list(d.AMR), Connector: d.Connector,
		Asked: list(d.Asked), Granted: list(d.Granted), Refused: d.Refused, Failure: d.Failure, NeedsACR: d.NeedsACR, NeedsSignIn: d.NeedsSignIn, NeedsConsent: d.NeedsConsent,
		Policies: Each(d.Policies, func(p *admin.PolicyAnswer) api.PolicyAnswer {
			answer := api.PolicyAnswer(*p)
			answer.Removed = list(p.Removed)
			return answer
		}),
	}
	if s := d.SignIn; s != nil {
		told.SignIn = &api.SignIn{
			Allowed: list(s.Allowed), Enrolled: api.Enrolled(s.Enrolled),
			Reasons: Each(s.Reasons, func(r *admin.Reason) api.SignInReason {
				return api.SignInReason{By: r.By, Classes: list(r.Classes), Met: r.Met, Trusted: r.Trusted}
			}),
			Steps: Each(s.Steps, func(s *admin.SignInStep) api.SignInStep {
				return api.SignInStep{Ask: s.Ask, Class: s.Class, Methods: list(s.Methods)}
			}),
		}
	}
	return told
}

func adminDecision(d *api.Decision) admin.Decision {
	back := admin.Decision{
		GrantType: d.GrantType, At: d.At, Address: d.Address, SignedInAt: d.SignedInAt, ACR: d.ACR, AMR: d.AMR, Connector: d.Connector,
		Asked: d.Asked, Granted: d.Granted, Refused: d.Refused, Failure: d.Failure, NeedsACR: d.NeedsACR, NeedsSignIn: d.NeedsSignIn, NeedsConsent: d.NeedsConsent,
		Policies: Each(d.Policies, func(p *api.PolicyAnswer) admin.PolicyAnswer { return admin.PolicyAnswer(*p) }),
	}
	if s := d.SignIn; s != nil {
		back.SignIn = &admin.SignIn{
			Allowed: s.Allowed, Enrolled: admin.EnrolledView(s.Enrolled),
			Reasons: Each(s.Reasons, func(r *api.SignInReason) admin.Reason { return admin.Reason(*r) }),
			Steps:   Each(s.Steps, func(s *api.SignInStep) admin.SignInStep { return admin.SignInStep(*s) }),
		}
	}
	return back
}

func document(d *admin.Document) *api.Document {
	if d == nil {
		return nil
	}
	return &api.Document{JSON: object(d.JSON), Claims: Each(d.Claims, func(c *admin.Claim) api.Claim {
		o := c.Origin
		return api.Claim{Name: c.Name, Value: c.Value, Origin: api.Origin{Kind: o.Kind, Scope: o.Scope, Instance: o.Instance, Plugin: o.Plugin, Text: o.String()}}
	})}
}

func adminDocument(d *api.Document) *admin.Document {
	if d == nil {
		return nil
	}
	return &admin.Document{JSON: d.JSON, Claims: Each(d.Claims, func(c *api.Claim) admin.Claim {
		o := c.Origin
		return admin.Claim{Name: c.Name, Value: c.Value, Origin: admin.OriginOf(o.Kind, o.Scope, o.Instance, o.Plugin, o.Text)}
	})}
}

package token

import (
	"context"
	"encoding/json"
	"slices"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/sdk/hook"
)

// Explanation says what a client would get about a user, and why.
type Explanation struct {
	Scopes   []string  `json:"scopes"`
	IDToken  *Document `json:"id_token"` // nil without the scope openid
	UserInfo *Document `json:"userinfo"` // nil without the scope openid
	// Account is the document that the account endpoint would answer.
	Account json.RawMessage `json:"account"`
	// AccountShaped says that a plugin gave the account its shape.
	AccountShaped bool `json:"account_shaped"`
}

// Document is a JSON object of claims with the origin of each.
type Document struct {
	JSON   json.RawMessage `json:"document"`
	Claims []Claim         `json:"claims"`
}

// Claim is a member of a document. A claim that a plugin took out has no value.
type Claim struct {
	Name   string          `json:"name"`
	Value  json.RawMessage `json:"value,omitempty"`
	Origin Origin          `json:"origin"`
}

// Origin says where a claim comes from.
type Origin struct {
	Kind     OriginKind `json:"kind"`
	Scope    string     `json:"scope,omitempty"`    // of OriginScope
	Instance string     `json:"instance,omitempty"` // of OriginPlugin, OriginRemoved
	Plugin   string     `json:"plugin,omitempty"`   // of OriginPlugin, OriginRemoved
}

// OriginKind says what set a claim.
type OriginKind string

// The kinds of origin.
const (
	OriginStandard OriginKind = "standard" // the host: every such document has it
	OriginScope    OriginKind = "scope"    // a standard claim of a granted scope
	OriginPlugin   OriginKind = "plugin"   // a plugin instance set it
	OriginRemoved  OriginKind = "removed"  // a plugin instance took it out
)

// String gives the origin in a few words: "scope email", "plugin miniorange".
func (o Origin) String() string {
	switch o.Kind {
	case OriginScope:
		return "scope " + o.Scope
	case OriginPlugin:
		return "plugin " + o.Instance
	case OriginRemoved:
		return "removed by plugin " + o.Instance
	}
	return string(o.Kind)
}

// Explain answers what the client would get if the user signed in at now and were
// granted the scopes. Nothing is issued: the ID token is shown without what only
// a real sign-in has (nonce, acr, amr, sid, at_hash).
func (i *Issuer) Explain(ctx context.Context, now time.Time, client *core.Client, user *core.User, org *core.Organisation, scopes []string) (*Explanation, error) {
	about := &core.Authorized{User: *user, Org: *org}
	about.Grant = core.Grant{ClientID: client.ID, UserID: user.ID, Scopes: scopes, AuthTime: now}
	s, err := i.subject(client, about, scopes, hook.TargetUserInfo)
	if err != nil {
		return nil, err
	}
	explanation := &Explanation{Scopes: scopes}
	claims, origins, err := i.userInfo(ctx, s)
	if err != nil {
		return nil, err
	}
	userInfo := document(claims, origins, user, scopes)
	if slices.Contains(scopes, oauth.ScopeOpenID) {
		explanation.UserInfo = userInfo
		host := i.idTokenClaims(client, about, Order{Now: now, Scopes: scopes})
		claims, origins, err = i.extend(ctx, host, nil, hook.TargetIDToken, s)
		if err != nil {
			return nil, err
		}
		explanation.IDToken = document(claims, origins, user, nil)
	}
	doc, bound, err := i.account(ctx, s)
	if err != nil {
		return nil, err
	}
	if !bound {
		doc = userInfo.JSON
	}
	explanation.Account, explanation.AccountShaped = doc, bound
	return explanation, nil
}

// document lists the claims in their order, then those that a plugin took out.
func document(claims hook.Object, origins []hook.Origin, user *core.User, scopes []string) *Document {
	from := map[string]Origin{}
	for _, s := range standardScopes {
		if !slices.Contains(scopes, s.name) {
			continue
		}
		for _, m := range s.claims(nil, user) {
			from[m.Name] = Origin{Kind: OriginScope, Scope: s.name}
		}
	}
	d := &Document{JSON: claims.AppendJSON(nil)}
	var removed []Claim
	for _, o := range origins {
		origin := Origin{Kind: OriginPlugin, Instance: o.Instance, Plugin: o.Plugin}
		if _, present := claims.Get(o.Claim); !present {
			origin.Kind = OriginRemoved
			removed = append(removed, Claim{Name: o.Claim, Origin: origin})
		}
		from[o.Claim] = origin
	}
	for _, m := range claims {
		origin, known := from[m.Name]
		if !known {
			origin.Kind = OriginStandard
		}
		d.Claims = append(d.Claims, Claim{Name: m.Name, Value: m.Value.AppendJSON(nil), Origin: origin})
	}
	d.Claims = append(d.Claims, removed...)
	return d
}

package token

import (
	"crypto/hmac"
	"crypto/sha256"
	"slices"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

// refresh gives the refresh token of an order with the changes it needs; nil if
// the client gets none.
func (i *Issuer) refresh(client *core.Client, a *core.Authorized, o Order) (*core.Credential, []core.Change) {
	switch {
	case o.Presented == nil && !getsFamily(client, &a.Grant):
		return nil, nil
	case o.Presented == nil:
		first := core.NewCredential(core.KindRefresh, core.NewID(o.Now, i.Rand), i.Rand)
		return &first, []core.Change{member(first, a, o)}
	case o.Successor != "":
		again := i.successor(*o.Presented, o.Successor)
		return &again, nil
	}
	next := i.successor(*o.Presented, core.NewID(o.Now, i.Rand))
	rotate := core.RotateRefresh{ID: o.Presented.ID, Successor: next.ID, At: o.Now}
	return &next, []core.Change{rotate, member(next, a, o)}
}

// getsFamily: OpenID Connect Core section 11 gives a refresh token for the scope
// offline_access; package flow takes the scope away where it may not be given.
func getsFamily(client *core.Client, grant *core.Grant) bool {
	return grant.UserID != "" && slices.Contains(grant.Scopes, oauth.ScopeOfflineAccess) &&
		slices.Contains(client.GrantTypes, core.GrantRefreshToken)
}

// member is a refresh token's row. Every member ends when the family does, so
// rotation never extends it.
func member(c core.Credential, a *core.Authorized, o Order) core.AddRefresh {
	return core.AddRefresh{Token: core.RefreshToken{
		ID: c.ID, Hash: c.Hash(), GrantID: a.Grant.ID, CreatedAt: o.Now, ExpiresAt: a.Grant.ExpiresAt,
	}}
}

// successor derives the member that follows the presented one. Whoever presents
// the same token again within the grace gets the same successor, although the
// store keeps only hashes: its secret follows from the presented secret under the
// server's key, and from nothing that the store has.
func (i *Issuer) successor(presented core.Credential, id core.ID) core.Credential {
	mac := hmac.New(sha256.New, i.Successors[:])
	mac.Write([]byte("refresh successor\x00" + presented.ID + "\x00" + id + "\x00"))
	mac.Write(presented.Secret[:])
	next := core.Credential{Kind: core.KindRefresh, ID: id}
	mac.Sum(next.Secret[:0])
	return next
}

package token

import (
	"context"
	"io"
	"slices"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/sdk/hook"
)

// Signer signs ID tokens. The payload is a JSON object; typ goes into the header.
type Signer interface {
	Sign(alg, typ string, payload []byte) (string, error)
}

// ClaimsMapper is the hook claims.map/v1.
type ClaimsMapper interface {
	// MapClaims gives the claims that in.Claims become, with the origin of each
	// that a plugin touched; in.Claims themselves if no plugin is bound to the
	// client.
	MapClaims(ctx context.Context, in *hook.ClaimsInput) (hook.Object, []hook.Origin, error)
}

// AccountShaper is the hook account.shape/v1.
type AccountShaper interface {
	// ShapeAccount gives the JSON document to send byte for byte; bound is false
	// if no plugin is bound to the client.
	ShapeAccount(ctx context.Context, in *hook.AccountInput) (doc []byte, bound bool, err error)
}

// Defaults are the lifetimes of tokens whose client does not say otherwise.
// Zero stands for one hour.
type Defaults struct {
	Access  time.Duration
	IDToken time.Duration
}

const defaultLifetime = time.Hour

// Issuer makes token sets and the documents about a person. Its fields are set
// once; it keeps no state.
type Issuer struct {
	Issuer string // the issuer identifier, to the letter
	Keys   Signer
	Mapper ClaimsMapper  // nil: no plugin maps claims
	Shaper AccountShaper // nil: no plugin shapes accounts
	// Encrypter encrypts for clients that want it; nil: those get nothing.
	Encrypter Encrypter
	// Successors derives the secret of a refresh token from that of the token it
	// follows. It must stay the same over restarts.
	Successors [32]byte
	Subjects   Subjects
	Rand       io.Reader
	Defaults   Defaults
}

// Order says what to issue on an authorization.
type Order struct {
	Now time.Time
	// Scopes of the access token: at most the grant's.
	Scopes []string
	// Presented is the refresh token that was presented; nil where a code was.
	Presented *core.Credential
	// Successor is the member that Presented was rotated to already: it is handed
	// out again and nothing is rotated. Empty for a rotation.
	Successor core.ID
}

// Issue makes the tokens of an order, signs the ID token, and returns the changes
// to apply before anybody gets the set. Nothing has happened until then.
func (i *Issuer) Issue(ctx context.Context, client *core.Client, a *core.Authorized, o Order) (Set, []core.Change, error) {
	access, add := i.access(client, a, o)
	set := Set{AccessToken: access.String(), ExpiresIn: add.Token.ExpiresAt.Sub(o.Now), Scopes: o.Scopes}
	changes := []core.Change{add}
	refresh, more := i.refresh(client, a, o)
	if refresh != nil {
		set.RefreshToken = refresh.String()
		changes = append(changes, more...)
	}
	if slices.Contains(o.Scopes, oauth.ScopeOpenID) {
		var err error
		if set.IDToken, err = i.idToken(ctx, client, a, o, beside{access: set.AccessToken}); err != nil {
			return Set{}, nil, err
		}
	}
	return set, changes, nil
}

func (i *Issuer) access(client *core.Client, a *core.Authorized, o Order) (core.Credential, core.AddAccess) {
	credential := core.NewCredential(core.KindAccess, core.NewID(o.Now, i.Rand), i.Rand)
	expires := o.Now.Add(lifetime(client.AccessTTL, i.Defaults.Access))
	// The absolute end of a family is the end of what it gives, too.
	if o.Presented != nil && a.Grant.ExpiresAt.Before(expires) {
		expires = a.Grant.ExpiresAt
	}
	return credential, core.AddAccess{Token: core.AccessToken{
		ID: credential.ID, Hash: credential.Hash(), GrantID: a.Grant.ID,
		Scopes: o.Scopes, CreatedAt: o.Now, ExpiresAt: expires,
	}}
}

// lifetime is the client's, else the server's, else one hour.
func lifetime(client, server time.Duration) time.Duration {
	switch {
	case client > 0:
		return client
	case server > 0:
		return server
	}
	return defaultLifetime
}

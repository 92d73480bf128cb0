package token

import (
	"cmp"
	"context"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/jose"
	"github.com/postern-id/postern/sdk/hook"
)

// defaultAlg signs ID tokens of clients that registered none (OpenID Connect
// Dynamic Client Registration section 2).
const defaultAlg = jose.RS256

// beside is what an ID token comes with, and is bound to by a hash; empty where it does
// not.
type beside struct{ code, access string }

func (i *Issuer) idToken(ctx context.Context, client *core.Client, a *core.Authorized, o Order, with beside) (string, error) {
	alg := cmp.Or(client.IDTokenAlg, defaultAlg)
	claims := i.idTokenClaims(client, a, o)
	// OpenID Connect Core section 3.3.2.11: each is required where the ID token comes
	// from the authorization endpoint with the one or the other.
	if with.code != "" {
		claims.Set("c_hash", hook.String(jose.HalfHash(alg, with.code)))
	}
	if with.access != "" {
		claims.Set("at_hash", hook.String(jose.HalfHash(alg, with.access)))
	}
	s, err := i.subject(client, a, o.Scopes, hook.TargetIDToken)
	if err != nil {
		return "", err
	}
	// Where there is nothing to ask UserInfo with, the ID token says what the scopes are
	// for (section 5.4).
	var told []string
	if with == (beside{}) {
		told = o.Scopes
	}
	claims, _, err = i.extend(ctx, claims, scopeClaims(&a.User, told, s.requested), hook.TargetIDToken, s)
	if err != nil {
		return "", err
	}
	return i.wrapIDToken(ctx, client, alg, claims)
}

// idTokenClaims are the host's: those of OpenID Connect Core section 2 and sid.
// Everything about the person comes from UserInfo (section 5.4), from a plugin, or was
// asked for by name.
//
// There is no nbf, and iat is rounded down: relying parties without any leeway
// compare both with their own clock. There is no azp, since aud is the one client.
func (i *Issuer) idTokenClaims(client *core.Client, a *core.Authorized, o Order) hook.Object {
	g := &a.Grant
	claims := make(hook.Object, 0, 24)
	add := func(name string, v hook.Value) { claims = append(claims, hook.Member{Name: name, Value: v}) }
	add("iss", hook.String(i.Issuer))
	add("sub", hook.String(i.Subjects.Of(client, a.User.ID)))
	add("aud", hook.String(client.ID))
	add("exp", seconds(o.Now.Add(lifetime(client.IDTokenTTL, i.Defaults.IDToken))))
	add("iat", seconds(o.Now))
	add("auth_time", seconds(g.AuthTime))
	// OpenID Connect Core section 12.2: an ID token for a refresh token SHOULD
	// NOT have a nonce.
	if g.Nonce != "" && o.Presented == nil {
		add("nonce", hook.String(g.Nonce))
	}
	if g.ACR != "" {
		add("acr", hook.String(g.ACR))
	}
	if len(g.AMR) > 0 {
		add("amr", hook.Strings(g.AMR))
	}
	if g.SessionID != "" {
		add("sid", hook.String(string(g.SessionID)))
	}
	return claims
}

// seconds is a NumericDate (RFC 7519 section 2) without fraction, rounded down.
func seconds(t time.Time) hook.Value { return hook.Int(t.Unix()) }

package grant

import (
	"context"
	"errors"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/core/token"
)

// code exchanges an authorization code (RFC 6749 section 4.1.3).
func (e *Endpoint) code(ctx context.Context, c *call) ruling {
	text := c.params.Get("code")
	if text == "" {
		return ruling{refusal: oauth.Refuse(oauth.CodeInvalidRequest, "no_code", "The parameter code is missing.")}
	}
	credential, ok := core.ParseCredential(core.KindCode, text)
	if !ok {
		return ruling{refusal: invalidGrant("malformed_code")}
	}
	a, err := e.Store.Code(ctx, credential.ID)
	switch {
	case errors.Is(err, core.ErrNotFound):
		return ruling{refusal: invalidGrant("unknown_code")}
	case err != nil:
		return ruling{refusal: oauth.Failed(err)}
	}
	return judgeCode(a, c.client, presentedCode{
		hash:        credential.Hash(),
		redirectURI: c.params.Get("redirect_uri"),
		verifier:    c.params.Get("code_verifier"),
	}, c.now)
}

// presentedCode is what the client sent with the grant type authorization_code.
type presentedCode struct {
	hash        core.Hash
	redirectURI string
	verifier    string
}

// judgeCode decides whether a code that exists may be redeemed.
//
// Whoever does not know the code's secret learns and changes nothing. A client
// that presents another client's code is refused, and the code stays as it is:
// RFC 6749 section 4.1.2 binds it to its client and lets it be used once, and to
// burn it would let anybody who reads a code (out of a log, by a mix-up) stop the
// sign-in that it belongs to. What its own client presents twice is another
// matter: one of the two stole it, so everything issued on it is revoked (RFC
// 9700 section 4.5, RFC 6749 section 4.1.2).
func judgeCode(a *core.Authorized, client *core.Client, p presentedCode, now time.Time) ruling {
	g := &a.Grant
	switch {
	case !g.CodeHash.Matches(p.hash):
		return ruling{refusal: invalidGrant("unknown_code")}
	case g.ClientID != client.ID:
		return ruling{about: a, refusal: invalidGrant("code_of_other_client")}
	case !g.CodeUsedAt.IsZero():
		return reused(a, "code_reused", now)
	case g.Revoked():
		return ruling{about: a, refusal: invalidGrant("grant_revoked")}
	case !now.Before(g.CodeExpiresAt):
		return ruling{about: a, refusal: invalidGrant("code_expired")}
	}
	refusal := checkRedirectURI(g, p.redirectURI)
	if refusal == nil {
		refusal = oauth.CheckVerifier(g.Challenge, p.verifier)
	}
	if reason := token.Barred(a, client); refusal == nil && reason != "" {
		refusal = invalidGrant(reason)
	}
	if refusal != nil {
		return ruling{about: a, refusal: refusal}
	}
	return ruling{
		about:   a,
		event:   core.EventTokenIssued,
		changes: []core.Change{core.RedeemCode{GrantID: g.ID, At: now}},
		order:   token.Order{Now: now, Scopes: g.Scopes},
	}
}

// reused revokes everything that hangs on the grant.
func reused(a *core.Authorized, reason string, now time.Time) ruling {
	return ruling{
		about:   a,
		refusal: invalidGrant(reason),
		event:   core.EventReuseDetected,
		changes: []core.Change{core.RevokeGrant{ID: a.Grant.ID, At: now, Reason: reason}},
	}
}

// checkRedirectURI: RFC 6749 section 4.1.3 requires the parameter if the
// authorization request had it, and the two MUST be identical. One that is sent
// without need must be the one that was used.
func checkRedirectURI(g *core.Grant, presented string) *oauth.Error {
	switch {
	case presented == "" && g.RedirectURIGiven:
		return oauth.Refuse(oauth.CodeInvalidGrant, "no_redirect_uri", "The parameter redirect_uri is missing: the authorization request had it.")
	case presented != "" && presented != g.RedirectURI:
		return oauth.Refuse(oauth.CodeInvalidGrant, "other_redirect_uri", "The redirect_uri is not the one of the authorization request.")
	}
	return nil
}

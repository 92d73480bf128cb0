package grant

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/core/token"
	"github.com/postern-id/postern/sdk/hook"
)

// grace is how long a refresh token that was rotated still gives its successor:
// for a client whose answer was lost on the way, or that asked twice at once.
const grace = 10 * time.Second

// refresh exchanges a refresh token (RFC 6749 section 6). It is rotated every
// time (RFC 9700 section 4.14.2).
func (e *Endpoint) refresh(ctx context.Context, c *call) ruling {
	text := c.params.Get("refresh_token")
	if text == "" {
		return ruling{refusal: oauth.Refuse(oauth.CodeInvalidRequest, "no_refresh_token", "The parameter refresh_token is missing.")}
	}
	credential, ok := core.ParseCredential(core.KindRefresh, text)
	if !ok {
		return ruling{refusal: invalidGrant("malformed_refresh_token")}
	}
	r, err := e.Store.Refresh(ctx, credential.ID)
	switch {
	case errors.Is(err, core.ErrNotFound):
		return ruling{refusal: invalidGrant("unknown_refresh_token")}
	case err != nil:
		return ruling{refusal: oauth.Failed(err)}
	}
	rule := judgeRefresh(r, c.client, credential, c.now)
	if rule.refusal != nil {
		return rule
	}
	scopes, no := e.refreshScopes(ctx, c, &r.Authorized)
	if no.refusal != nil {
		return no
	}
	rule.order.Scopes = scopes
	return rule
}

// judgeRefresh decides whether a refresh token that exists may be exchanged.
//
// Each member of a family is used once. Presented again within the grace, while
// its successor is unused, it gives the very same successor; later it was stolen,
// from the client or by it, and the whole family is revoked (RFC 9700 section
// 4.14.2).
func judgeRefresh(r *core.Refresh, client *core.Client, presented core.Credential, now time.Time) ruling {
	a, t := &r.Authorized, &r.Token
	used := !t.UsedAt.IsZero()
	switch {
	case !t.Hash.Matches(presented.Hash()):
		return ruling{refusal: invalidGrant("unknown_refresh_token")}
	case a.Grant.ClientID != client.ID:
		return ruling{about: a, refusal: invalidGrant("refresh_token_of_other_client")}
	case a.Grant.Revoked():
		return ruling{about: a, refusal: invalidGrant("grant_revoked")}
	case !now.Before(t.ExpiresAt) || !now.Before(a.Grant.ExpiresAt):
		return ruling{about: a, refusal: invalidGrant("refresh_token_expired")}
	case used && (r.SuccessorUsed || now.Sub(t.UsedAt) >= grace):
		return reused(a, "refresh_token_reused", now)
	}
	if reason := token.Barred(a, client); reason != "" {
		return ruling{about: a, refusal: invalidGrant(reason)}
	}
	return ruling{
		about: a,
		event: core.EventTokenRefreshed,
		order: token.Order{Now: now, Presented: &presented, Successor: t.Successor},
	}
}

// refreshScopes decides on the scopes of the new access token, or refuses. The grant's
// stay what they are: a refresh may ask for fewer, and ask for all of them the next
// time (RFC 6749 section 6).
func (e *Endpoint) refreshScopes(ctx context.Context, c *call, a *core.Authorized) ([]string, ruling) {
	asked, refusal := askedScopes(c.params.Get("scope"), a.Grant.Scopes)
	if refusal != nil {
		return nil, ruling{about: a, refusal: refusal}
	}
	named, refusal := namedScopes(&a.Grant)
	if refusal != nil {
		return nil, ruling{about: a, refusal: refusal}
	}
	// What the administrator took from the client since is gone as well.
	may, err := e.administering(ctx, &a.User, oauth.CutScopes(together(a.Grant.Scopes, named), c.client.Scopes))
	if err != nil {
		return nil, ruling{about: a, refusal: oauth.Failed(err)}
	}
	out, err := e.decide(ctx, core.GrantRefreshToken, c, a, may)
	if err != nil {
		return nil, ruling{about: a, refusal: oauth.Failed(err)}
	}
	if reason := Denied(out, &a.Grant); reason != "" {
		return nil, ruling{about: a, refusal: invalidGrant(reason), policy: out.Reason}
	}
	// A grant has its claims as long as it lives. Where some may not be given any more,
	// the client begins anew.
	if !oauth.WithinScopes(named, out.Scopes) {
		return nil, ruling{about: a, refusal: invalidGrant("claims_withdrawn")}
	}
	scopes, refusal := narrowed(asked, out.Scopes)
	return scopes, ruling{about: a, refusal: refusal}
}

// namedScopes gives the scopes of the claims that the grant has one by one.
func namedScopes(g *core.Grant) ([]string, *oauth.Error) {
	if len(g.Claims) == 0 {
		return nil, nil
	}
	claims, refusal := oauth.ParseClaims(string(g.Claims))
	if refusal != nil {
		return nil, oauth.Failed(refusal)
	}
	var scopes []string
	for _, name := range claims.Names() {
		if scope := oauth.ClaimScope(name); scope != "" {
			scopes = together(scopes, []string{scope})
		}
	}
	return scopes, nil
}

// together gives all of both, without repetition.
func together(scopes, more []string) []string {
	all := slices.Clip(scopes)
	for _, scope := range more {
		if !slices.Contains(all, scope) {
			all = append(all, scope)
		}
	}
	return all
}

// narrowed gives what was asked for as far as it is still allowed. Somebody who
// may no longer have offline_access gets no tokens for a refresh token, whatever
// else they may have.
//
// Where nothing is left of what the client asked for, the refresh token is as good as
// before: RFC 6749 section 5.2 calls a scope that exceeds what may be granted
// invalid_scope, and invalid_grant would make the client drop the token.
func narrowed(asked, allowed []string) ([]string, *oauth.Error) {
	if !slices.Contains(allowed, oauth.ScopeOfflineAccess) {
		return nil, invalidGrant("offline_access_withdrawn")
	}
	scopes := oauth.CutScopes(asked, allowed)
	if len(scopes) == 0 {
		return nil, nothingLeft()
	}
	return scopes, nil
}

// askedScopes reads the parameter scope; without it, the grant's.
func askedScopes(text string, granted []string) ([]string, *oauth.Error) {
	asked, refusal := oauth.ParseScope(text)
	if refusal != nil {
		return nil, refusal
	}
	if len(asked) == 0 {
		return granted, nil
	}
	if !oauth.WithinScopes(asked, granted) {
		return nil, oauth.Refuse(oauth.CodeInvalidScope, "scope_not_granted", "The scope asks for more than was granted.")
	}
	return asked, nil
}

// Denied says why a policy refuses a refresh; empty if it does not. What only the
// person could do (sign in again, consent again) refuses too: there is nobody to
// ask, and the client begins anew (RFC 6749 section 5.2: invalid_grant).
func Denied(out hook.ScopeOutput, g *core.Grant) (reason string) {
	switch {
	case out.Deny:
		return "policy_denied"
	case out.Fresh:
		return "policy_wants_new_sign_in"
	case out.Consent:
		return "policy_wants_consent"
	case out.ACR != "" && !core.Reaches(g.ACR, g.AMR, g.Upstream != nil, out.ACR):
		return "policy_wants_stronger_sign_in"
	}
	return ""
}

package grant

import (
	"context"
	"slices"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/core/token"
)

// clientCredentials gives a client a token for itself (RFC 6749 section 4.4). Its
// grant is nobody's, so nothing that asks for a person takes it for one (RFC 9700
// section 4.15): there is no subject that could be a user's. There is no refresh token
// (RFC 6749 section 4.4.3).
func (e *Endpoint) clientCredentials(ctx context.Context, c *call) ruling {
	asked, refusal := ownScopes(c)
	if refusal != nil {
		return ruling{refusal: refusal}
	}
	a := e.ownGrant(c)
	out, err := e.decide(ctx, core.GrantClientCredentials, c, a, asked)
	switch {
	case err != nil:
		return ruling{about: a, refusal: oauth.Failed(err)}
	case len(out.Scopes) == 0 && !out.Deny:
		return ruling{about: a, refusal: nothingLeft()}
	}
	// RFC 6749 section 5.2 has no access_denied: who may not use this grant type now is
	// unauthorized for it.
	if reason := Denied(out, &a.Grant); reason != "" {
		refusal := oauth.Refuse(oauth.CodeUnauthorizedClient, reason, "The client may not have a token for itself now.")
		return ruling{about: a, refusal: refusal, policy: out.Reason}
	}
	a.Grant.Scopes = out.Scopes
	return ruling{
		about:   a,
		event:   core.EventTokenIssued,
		detail:  map[string]string{"grant_type": core.GrantClientCredentials, "scopes": oauth.FormatScope(out.Scopes)},
		changes: []core.Change{core.AddGrant{Grant: a.Grant}},
		order:   token.Order{Now: c.now, Scopes: out.Scopes},
	}
}

// ownScopes are those that the client asks for; all that it may have for itself if it
// names none. What is about a person it may not: not even by a plugin's leave.
func ownScopes(c *call) ([]string, *oauth.Error) {
	// RFC 6749 section 4.4: MUST only be used by confidential clients.
	if c.client.Public() {
		return nil, oauth.Refuse(oauth.CodeUnauthorizedClient, "public_client", "A client without a secret cannot have a token for itself.")
	}
	allowed := slices.DeleteFunc(slices.Clone(c.client.Scopes), oauth.IsPersonal)
	asked, refusal := oauth.ParseScope(c.params.Get("scope"))
	switch {
	case refusal != nil:
		return nil, refusal
	case len(asked) == 0:
		asked = allowed
	case !oauth.WithinScopes(asked, allowed):
		return nil, oauth.Refuse(oauth.CodeInvalidScope, "scope_not_own", "The scope asks for what the client may not have for itself.")
	}
	if len(asked) == 0 {
		return nil, oauth.Refuse(oauth.CodeInvalidScope, "scope_missing", "There is no scope that the client may have for itself.")
	}
	return asked, nil
}

// ownGrant is a grant that nothing but this token will hang on. It is over when it
// begins, as far as refreshing goes; the store keeps it for as long as any access token
// may live.
func (e *Endpoint) ownGrant(c *call) *core.Authorized {
	return &core.Authorized{Client: c.client, Grant: core.Grant{
		ID: core.NewID(c.now, e.Rand), ClientID: c.client.ID, CreatedAt: c.now, ExpiresAt: c.now,
	}}
}

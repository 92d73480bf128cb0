package grant

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

// Revoke answers a revocation request (RFC 7009 section 2.1): the client has no use for a
// token any more. With a refresh token goes everything that hangs on its grant, with an
// access token nothing else. The client proves who it is as at the token endpoint.
//
// A token that is none, any more or of this client is no error (section 2.2): there is
// nothing that the client could do about it. token_type_hint is not needed, because a token
// says what it is.
func (e *Endpoint) Revoke(ctx context.Context, r Request) *oauth.Error {
	c := &call{params: r.Params, ip: r.IP, now: e.Now()}
	rule := e.revocation(ctx, c, r.Authorization)
	if rule.refusal != nil && rule.about == nil {
		return unavailable(e.refuse(ctx, c, r.Correlation, rule))
	}
	changes := slices.Concat(c.once, rule.changes)
	if rule.event != "" {
		changes = append(changes, e.record(c, r.Correlation, rule))
	}
	if len(changes) == 0 {
		return nil
	}
	// Whoever hangs up has asked for it all the same.
	err := e.Store.Apply(context.WithoutCancel(ctx), changes...)
	switch {
	case Replayed(err):
		return e.refuseReplay(ctx, c, r.Correlation)
	case err != nil:
		return unavailable(e.refuse(ctx, c, r.Correlation, ruling{about: rule.about, refusal: oauth.Failed(err)}))
	}
	return nil
}

// revocation says what the request brings about. A refusal about somebody is for the audit
// log alone.
func (e *Endpoint) revocation(ctx context.Context, c *call, authorization string) ruling {
	who, refusal := Authenticator{e.Store, e.Assertions}.Authenticate(ctx, authorization, c.params)
	c.claimed = who.Claimed
	if refusal != nil {
		return ruling{refusal: refusal}
	}
	c.client, c.once = who.Client, who.Once
	text := c.params.Get("token")
	if text == "" {
		return ruling{refusal: oauth.Refuse(oauth.CodeInvalidRequest, "no_token", "The parameter token is missing.")}
	}
	if credential, ok := core.ParseCredential(core.KindRefresh, text); ok {
		return e.revokeRefresh(ctx, c, credential)
	}
	if credential, ok := core.ParseCredential(core.KindAccess, text); ok {
		return e.revokeAccess(ctx, c, credential)
	}
	if unrevocable(text) {
		return ruling{refusal: oauth.Refuse(oauth.CodeUnsupportedTokenType, "unsupported_token_type", "Only access tokens and refresh tokens can be revoked.")}
	}
	return ruling{}
}

// unrevocable reports whether the text is a token of another kind: nobody shall believe
// that it is worth nothing from now on (RFC 7009 section 2.2.1).
func unrevocable(text string) bool {
	for _, kind := range [...]core.CredentialKind{core.KindAPI, core.KindCode, core.KindDeviceCode, core.KindRegistration, core.KindInitial} {
		if _, ok := core.ParseCredential(kind, text); ok {
			return true
		}
	}
	return strings.HasPrefix(text, "eyJ") && strings.Count(text, ".") == 2 // an ID token
}

// revokeRefresh ends the family, whichever of its members is presented.
func (e *Endpoint) revokeRefresh(ctx context.Context, c *call, presented core.Credential) ruling {
	r, err := e.Store.Refresh(ctx, presented.ID)
	switch {
	case errors.Is(err, core.ErrNotFound):
		return ruling{}
	case err != nil:
		return ruling{refusal: oauth.Failed(err)}
	case !r.Token.Hash.Matches(presented.Hash()), r.Grant.Revoked():
		return ruling{}
	case r.Grant.ClientID != c.client.ID:
		return foreign(&r.Authorized)
	}
	end := core.RevokeGrant{ID: r.Grant.ID, At: c.now, Reason: "revoked_by_client"}
	return revoked(&r.Authorized, "refresh_token", end)
}

func (e *Endpoint) revokeAccess(ctx context.Context, c *call, presented core.Credential) ruling {
	a, err := e.Store.Access(ctx, presented.ID)
	switch {
	case errors.Is(err, core.ErrNotFound):
		return ruling{}
	case err != nil:
		return ruling{refusal: oauth.Failed(err)}
	case !a.Token.Hash.Matches(presented.Hash()), a.Grant.Revoked():
		return ruling{}
	case a.Grant.ClientID != c.client.ID:
		return foreign(&a.Authorized)
	}
	return revoked(&a.Authorized, "access_token", core.DeleteAccess{ID: a.Token.ID})
}

func revoked(about *core.Authorized, kind string, change core.Change) ruling {
	return ruling{about: about, event: core.EventTokenRevoked, detail: map[string]string{"token_type": kind}, changes: []core.Change{change}}
}

// foreign leaves the token as it is (RFC 7009 section 2.1 says that the request is
// refused, section 2.2 that the client is not told). The operator is.
func foreign(about *core.Authorized) ruling {
	return ruling{about: about, event: core.EventTokenRefused, refusal: &oauth.Error{Reason: "token_of_other_client"}}
}

// unavailable makes status 503 of a failure: the token still works, and the client asks
// again (RFC 7009 section 2.2.1).
func unavailable(refusal *oauth.Error) *oauth.Error {
	if refusal.Status < http.StatusInternalServerError {
		return refusal
	}
	failed := oauth.Refuse(oauth.CodeTemporarilyUnavailable, refusal.Reason, "The token could not be revoked. Try again.")
	failed.Cause = refusal.Cause
	return failed
}

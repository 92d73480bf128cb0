package token

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

// Store is what the verifier reads, and where it records refusals.
type Store interface {
	Access(ctx context.Context, tokenID core.ID) (*core.Access, error)
	Organisation(ctx context.Context, name string) (*core.Organisation, error)
	Apply(ctx context.Context, changes ...core.Change) error
}

// Bearer is an access token as it was presented (RFC 6750 section 2).
type Bearer struct {
	Token string // empty if the request had none
	// FromQuery says that the token came in the URL, which a client must have
	// been allowed (RFC 9700 section 4.3.2).
	FromQuery   bool
	IP          string
	Correlation string // the request's id
}

// Verifier answers requests that present an access token. Every refusal records
// one audit event.
type Verifier struct {
	Store  Store
	Issuer *Issuer
	Now    func() time.Time
	Rand   io.Reader
}

// UserInfo answers the UserInfo document, signed and encrypted as the client registered;
// the token must have the scope openid.
func (v *Verifier) UserInfo(ctx context.Context, b Bearer) (Answer, *oauth.Error) {
	access, client, refusal := v.personal(ctx, b)
	if refusal == nil && !slices.Contains(access.Token.Scopes, oauth.ScopeOpenID) {
		refusal = oauth.Refuse(oauth.CodeInsufficientScope, "no_openid_scope", "The access token does not have the scope openid.")
	}
	if refusal != nil {
		return Answer{}, v.refused(ctx, b, access, refusal)
	}
	var answer Answer
	doc, err := v.Issuer.UserInfo(ctx, client, access)
	if err == nil {
		answer, err = v.Issuer.wrapUserInfo(ctx, client, doc)
	}
	if err != nil {
		return Answer{}, v.refused(ctx, b, access, oauth.Failed(err))
	}
	return answer, nil
}

// Account answers the account document; any scope of a person's will do.
func (v *Verifier) Account(ctx context.Context, b Bearer) ([]byte, *oauth.Error) {
	access, client, refusal := v.personal(ctx, b)
	if refusal != nil {
		return nil, v.refused(ctx, b, access, refusal)
	}
	doc, err := v.Issuer.Account(ctx, client, access)
	if err != nil {
		return nil, v.refused(ctx, b, access, oauth.Failed(err))
	}
	return doc, nil
}

// personal is access for what is about a person. A token that a client has for itself
// is a good one, and not enough (RFC 6750 section 3.1).
func (v *Verifier) personal(ctx context.Context, b Bearer) (*core.Access, *core.Client, *oauth.Error) {
	access, client, refusal := v.access(ctx, b)
	if refusal == nil && access.Grant.UserID == "" {
		refusal = oauth.Refuse(oauth.CodeInsufficientScope, "token_of_nobody", "The access token is the client's own: it is about no person.")
	}
	return access, client, refusal
}

// Access answers whose token it is, if it may be used now: the token and its
// grant stand, and client, user and their organisations are enabled.
func (v *Verifier) Access(ctx context.Context, b Bearer) (*core.Access, *core.Client, *oauth.Error) {
	access, client, refusal := v.access(ctx, b)
	if refusal != nil {
		return nil, nil, v.refused(ctx, b, access, refusal)
	}
	return access, client, nil
}

// Look is Access without the audit event: whoever calls it records refusals. With a
// refusal it still gives the token, if the presented secret was the token's.
func (v *Verifier) Look(ctx context.Context, b Bearer) (*core.Access, *oauth.Error) {
	access, _, refusal := v.access(ctx, b)
	return access, refusal
}

// access reads and judges. With a refusal it still gives the token, for the audit
// event, if the presented secret was the token's.
func (v *Verifier) access(ctx context.Context, b Bearer) (*core.Access, *core.Client, *oauth.Error) {
	if b.Token == "" {
		return nil, nil, oauth.Refuse(oauth.CodeInvalidToken, oauth.ReasonTokenMissing, "The request has no access token.")
	}
	credential, ok := core.ParseCredential(core.KindAccess, b.Token)
	if !ok {
		return nil, nil, invalidToken("malformed_token")
	}
	access, err := v.Store.Access(ctx, credential.ID)
	switch {
	case errors.Is(err, core.ErrNotFound):
		return nil, nil, invalidToken("unknown_token")
	case err != nil:
		return nil, nil, oauth.Failed(err)
	case !access.Token.Hash.Matches(credential.Hash()):
		return nil, nil, invalidToken("unknown_token")
	}
	org, err := v.clientOrganisation(ctx, access.Client)
	if err != nil {
		return access, nil, oauth.Failed(err)
	}
	return access, access.Client, judge(access, org, b.FromQuery, v.Now())
}

// clientOrganisation is nil if it is gone.
func (v *Verifier) clientOrganisation(ctx context.Context, client *core.Client) (*core.Organisation, error) {
	if client == nil {
		return nil, nil
	}
	org, err := v.Store.Organisation(ctx, client.Org)
	if errors.Is(err, core.ErrNotFound) {
		return nil, nil
	}
	return org, err
}

// judge decides whether a token that exists may be used.
func judge(a *core.Access, clientOrg *core.Organisation, fromQuery bool, now time.Time) *oauth.Error {
	switch {
	case !now.Before(a.Token.ExpiresAt):
		return invalidToken("token_expired")
	case a.Grant.Revoked():
		return invalidToken("grant_revoked")
	case a.Client == nil || a.Client.Disabled:
		return invalidToken("client_disabled")
	case clientOrg == nil || clientOrg.Disabled:
		return invalidToken("client_organisation_disabled")
	case fromQuery && !a.Client.QueryToken:
		// To this client a token in the URL is no token at all.
		return oauth.Refuse(oauth.CodeInvalidToken, "token_in_query", "Send the access token in the Authorization header.")
	}
	if reason := Barred(&a.Authorized, a.Client); reason != "" {
		return invalidToken(reason)
	}
	return nil
}

// Barred says why the person of a grant may not be served at the client any more;
// empty if they may, and for a grant that is nobody's.
func Barred(a *core.Authorized, client *core.Client) (reason string) {
	switch {
	case a.Grant.UserID == "" && a.User.ID == "":
		return ""
	case a.User.Disabled:
		return "user_disabled"
	case a.Org.Disabled:
		return "organisation_disabled"
	case !client.Admits(a.User.Org):
		return "organisation_not_admitted"
	case !client.Allows(&a.User):
		return "not_in_allowed_group"
	}
	return ""
}

// invalidToken has one description for every reason: which one it is concerns
// the operator alone.
func invalidToken(reason string) *oauth.Error {
	return oauth.Refuse(oauth.CodeInvalidToken, reason, "The access token is not valid. It may have expired or been revoked.")
}

// refused records the refusal, even if the client has hung up.
func (v *Verifier) refused(ctx context.Context, b Bearer, access *core.Access, refusal *oauth.Error) *oauth.Error {
	now := v.Now()
	event := core.Event{
		ID: core.NewID(now, v.Rand), At: now, Type: core.EventResourceRefused,
		IP: b.IP, Correlation: b.Correlation, Detail: map[string]string{"reason": refusal.Reason},
	}
	if access != nil {
		event.UserID, event.ClientID = access.User.ID, access.Grant.ClientID
		event.SessionID, event.GrantID = access.Grant.SessionID, access.Grant.ID
	}
	if err := v.Store.Apply(context.WithoutCancel(ctx), core.Record{Event: event}); err != nil {
		refusal.Cause = errors.Join(refusal.Cause, err)
	}
	return refusal
}

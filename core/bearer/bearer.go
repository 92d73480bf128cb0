package bearer

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/desk"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/core/token"
)

// Store is what is read to know a caller, and where refusals are recorded. A row that does
// not exist is [core.ErrNotFound].
type Store interface {
	// APIHolder gives an API token with its holder, their organisation and roles.
	APIHolder(ctx context.Context, tokenID core.ID) (*core.APIHolder, error)
	// HolderOf gives the same of a user, without a token.
	HolderOf(ctx context.Context, userID core.ID) (*core.APIHolder, error)
	Apply(ctx context.Context, changes ...core.Change) error
}

// Tokens judges access tokens of OAuth; it is a [token.Verifier].
type Tokens interface {
	Look(ctx context.Context, b token.Bearer) (*core.Access, *oauth.Error)
}

// Options are what an [Authenticator] is made of. All but Limits must be set.
type Options struct {
	Store  Store
	Tokens Tokens
	Realm  string // in challenges: the issuer
	Limits Limits
	Now    func() time.Time
	Rand   io.Reader
}

// Limits bound how often somebody asks; zero means the default.
type Limits struct {
	// Use is of one token from one address: 20 a second, and 200 at once.
	Use Pace
	// Refused is of tokens that are none, from one address: one a second, and 60 at once.
	// Beyond it nothing is recorded, so that nobody fills the audit log; good tokens of
	// that address are as good as ever.
	Refused Pace
}

// Authenticator knows callers. All its methods may be called at once.
type Authenticator struct {
	options Options
	uses    *gauge
	refused *gauge
}

// New makes an authenticator.
func New(o Options) *Authenticator {
	return &Authenticator{
		options: o,
		uses:    newGauge(o.Limits.Use.or(Pace{Every: time.Second / 20, AtOnce: 200})),
		refused: newGauge(o.Limits.Refused.or(Pace{Every: time.Second, AtOnce: 60})),
	}
}

// Bearer is who sent a request, and with which token.
type Bearer struct {
	Caller desk.Caller
	// Holder is the user or the service account with their organisation and roles. Its
	// Token is nil where the request came with an access token of OAuth.
	Holder *core.APIHolder
	// ClientID is of the client that the access token of OAuth was issued to.
	ClientID string
	// TokenID is of the token, whichever kind it is.
	TokenID core.ID
}

// Caller is Bearer for who needs the caller alone. The error is a *[Refused].
func (a *Authenticator) Caller(r *http.Request) (desk.Caller, error) {
	bearer, err := a.Bearer(r)
	if err != nil {
		return desk.Caller{}, err
	}
	return bearer.Caller, nil
}

// Bearer gives who sent the request. The error is a *[Refused], which is in the audit log
// already. The context of the request should have its origin, see [WithOrigin].
func (a *Authenticator) Bearer(r *http.Request) (*Bearer, error) {
	ctx, from := r.Context(), OriginOf(r.Context())
	found, refusal := a.find(ctx, r.Header.Values("Authorization"), from)
	if refusal == nil {
		found.Caller, refusal = callerOf(found, from)
	}
	if refusal != nil {
		return nil, a.refuse(ctx, found, from, refusal)
	}
	if wait := a.uses.wait(string(found.TokenID)+" "+from.network(), a.options.Now()); wait > 0 {
		return nil, tooMany(wait)
	}
	if err := a.used(ctx, found); err != nil {
		return nil, a.refuse(ctx, found, from, oauth.Failed(err))
	}
	return found, nil
}

// find reads the token. With a refusal it still gives whose it is, for the audit event, if
// the presented secret was the token's.
func (a *Authenticator) find(ctx context.Context, headers []string, from Origin) (*Bearer, *oauth.Error) {
	if len(headers) > 1 {
		return nil, oauth.Refuse(oauth.CodeInvalidRequest, "authorization_repeated", "There is more than one Authorization header.")
	}
	text, refusal := oauth.ParseBearer(strings.Join(headers, ""), oauth.Params{})
	switch {
	case refusal != nil:
		return nil, refusal
	case strings.HasPrefix(text, string(core.KindAPI)+"_"):
		return a.byAPIToken(ctx, text)
	}
	return a.byAccessToken(ctx, token.Bearer{Token: text, IP: from.IP, Correlation: from.Correlation})
}

func (a *Authenticator) byAPIToken(ctx context.Context, text string) (*Bearer, *oauth.Error) {
	credential, ok := core.ParseCredential(core.KindAPI, text)
	if !ok {
		return nil, invalid("malformed_token")
	}
	holder, err := a.options.Store.APIHolder(ctx, credential.ID)
	switch {
	case errors.Is(err, core.ErrNotFound):
		return nil, invalid("unknown_token")
	case err != nil:
		return nil, oauth.Failed(err)
	case holder.Token == nil || !holder.Token.Hash.Matches(credential.Hash()):
		return nil, invalid("unknown_token")
	}
	found := &Bearer{Holder: holder, TokenID: holder.Token.ID}
	if !a.options.Now().Before(holder.Token.ExpiresAt) {
		return found, invalid("token_expired")
	}
	return found, nil
}

// byAccessToken takes a token that a client has for its person. The client must still be
// one that may administer: an operator may have taken the scope from it since.
func (a *Authenticator) byAccessToken(ctx context.Context, b token.Bearer) (*Bearer, *oauth.Error) {
	access, refusal := a.options.Tokens.Look(ctx, b)
	if access == nil {
		return nil, refusal
	}
	found := &Bearer{TokenID: access.Token.ID, ClientID: access.Grant.ClientID, Holder: &core.APIHolder{User: &access.User, Org: access.Org}}
	switch {
	case refusal != nil:
		return found, refusal
	case access.Grant.UserID == "":
		return found, insufficient("token_of_nobody", "The access token is the client's own: it is about no person.")
	case !slices.Contains(access.Token.Scopes, core.ScopeAdministration) || !slices.Contains(access.Client.Scopes, core.ScopeAdministration):
		return found, insufficient("no_administration_scope", "The access token does not have the scope "+core.ScopeAdministration+".")
	}
	holder, err := a.options.Store.HolderOf(ctx, access.Grant.UserID)
	switch {
	case errors.Is(err, core.ErrNotFound):
		return found, invalid("unknown_user")
	case err != nil:
		return found, oauth.Failed(err)
	}
	found.Holder = holder
	return found, nil
}

// callerOf judges the holder.
func callerOf(found *Bearer, from Origin) (desk.Caller, *oauth.Error) {
	holder := found.Holder
	who := desk.Caller{Roles: holder.AllRoles(), Actor: admin.Actor{IP: from.IP, Correlation: from.Correlation}}
	switch {
	case holder.User != nil:
		who.ID, who.Actor.Name = holder.User.ID, "user:"+string(holder.User.ID)
	case holder.Account != nil:
		who.ID, who.Actor.Name = holder.Account.ID, "service:"+string(holder.Account.ID)
	default:
		return who, invalid("token_of_nobody")
	}
	switch {
	case holder.User != nil && holder.User.Disabled, holder.Account != nil && holder.Account.Disabled:
		return who, invalid("holder_disabled")
	case holder.Org.Disabled:
		return who, invalid("organisation_disabled")
	case len(who.Roles) == 0:
		return who, insufficient("no_role", "The holder of the token has no role here.")
	}
	if holder.Token != nil && len(holder.Token.Permissions) > 0 {
		who.Only = holder.Token.Permissions
	}
	return who, nil
}

// usedWithin is how exactly the last use of a token is known: a write for each request
// would cost more than the request.
const usedWithin = time.Minute

func (a *Authenticator) used(ctx context.Context, found *Bearer) error {
	now := a.options.Now()
	if found.Holder.Token == nil || now.Sub(found.Holder.Token.LastUsedAt) < usedWithin {
		return nil
	}
	return a.options.Store.Apply(ctx, core.UseAPIToken{ID: found.TokenID, At: now})
}

// invalid has one description for every reason: which one it is concerns the operator
// alone.
func invalid(reason string) *oauth.Error {
	return oauth.Refuse(oauth.CodeInvalidToken, reason, "The token is not valid. It may have expired or been revoked.")
}

func insufficient(reason, description string) *oauth.Error {
	return oauth.Refuse(oauth.CodeInsufficientScope, reason, description)
}

// refuse records the refusal, even if the other side has hung up.
func (a *Authenticator) refuse(ctx context.Context, found *Bearer, from Origin, refusal *oauth.Error) *Refused {
	now := a.options.Now()
	if refusal.Status < http.StatusInternalServerError {
		if wait := a.refused.wait(from.network(), now); wait > 0 {
			return tooMany(wait)
		}
	}
	event := core.Event{
		ID: core.NewID(now, a.options.Rand), At: now, Type: core.EventAPIRefused, IP: from.IP, Correlation: from.Correlation,
		Detail: map[string]string{"reason": refusal.Reason},
	}
	if found != nil {
		found.describe(&event)
	}
	if err := a.options.Store.Apply(context.WithoutCancel(ctx), core.Record{Event: event}); err != nil {
		refusal.Cause = errors.Join(refusal.Cause, err)
	}
	return &Refused{Refusal: refusal, Challenge: a.challenge(refusal)}
}

// describe says in an audit event whose token it was.
func (b *Bearer) describe(event *core.Event) {
	event.Detail["token"] = string(b.TokenID)
	event.ClientID, event.Org = b.ClientID, b.Holder.Org.Name
	if b.Holder.User != nil {
		event.UserID = b.Holder.User.ID
	}
	if b.Holder.Account != nil {
		event.Detail["service_account"] = string(b.Holder.Account.ID)
	}
}

// challenge tells what would be accepted (RFC 6750 section 3).
func (a *Authenticator) challenge(refusal *oauth.Error) string {
	switch refusal.Status {
	case http.StatusUnauthorized:
		return oauth.BearerChallenge(a.options.Realm, refusal, "")
	case http.StatusForbidden:
		return oauth.BearerChallenge(a.options.Realm, refusal, core.ScopeAdministration)
	}
	return ""
}

// Refused says why a request has no caller.
type Refused struct {
	Refusal   *oauth.Error // its Status is 400, 401, 403, 429 or 500
	Challenge string       // for WWW-Authenticate; empty for none
	// RetryAfter is how long to wait, with status 429 alone.
	RetryAfter time.Duration
}

func (r *Refused) Error() string { return r.Refusal.Error() }
func (r *Refused) Unwrap() error { return r.Refusal }

// WriteHeaders sets the headers that belong to the refusal.
func (r *Refused) WriteHeaders(h http.Header) {
	h.Set("Cache-Control", "no-store")
	if r.Challenge != "" {
		h.Set("WWW-Authenticate", r.Challenge)
	}
	if r.RetryAfter > 0 {
		h.Set("Retry-After", seconds(r.RetryAfter))
	}
}

func tooMany(wait time.Duration) *Refused {
	refusal := oauth.Refuse(oauth.CodeTemporarilyUnavailable, "too_many_requests", "There are too many requests. Wait and try again.")
	refusal.Status = http.StatusTooManyRequests
	return &Refused{Refusal: refusal, RetryAfter: cmp.Or(wait, time.Second)}
}

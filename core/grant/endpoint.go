package grant

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/core/token"
)

// Store is what the token endpoint reads and where it writes.
type Store interface {
	Client(ctx context.Context, id string) (*core.Client, error)
	Organisation(ctx context.Context, name string) (*core.Organisation, error)
	Code(ctx context.Context, grantID core.ID) (*core.Authorized, error)
	Refresh(ctx context.Context, tokenID core.ID) (*core.Refresh, error)
	Access(ctx context.Context, tokenID core.ID) (*core.Access, error)
	DeviceGrant(ctx context.Context, id core.ID) (*core.DeviceGrant, error)
	SignedIn(ctx context.Context, sessionID core.ID) (*core.SignedIn, error)
	Roles(ctx context.Context, holder core.ID) ([]core.RoleGrant, error)
	Apply(ctx context.Context, changes ...core.Change) error
}

// Tokens makes token sets; it is a [token.Issuer].
type Tokens interface {
	Issue(ctx context.Context, client *core.Client, a *core.Authorized, o token.Order) (token.Set, []core.Change, error)
}

// Endpoint is the token endpoint. Its fields are set once; it keeps no state.
type Endpoint struct {
	Store  Store
	Tokens Tokens
	Policy ScopePolicy // nil: no plugin decides on scopes
	// Assertions verifies what clients sign; nil: none does.
	Assertions Assertions
	// DeviceRequests slows down who begins device authorizations; nil: nobody does.
	DeviceRequests DeviceRequests
	// Family is how long refresh tokens live that the device flow begins with, where the
	// client says nothing; zero: 30 days.
	Family time.Duration
	Now    func() time.Time
	Rand   io.Reader
}

// Request is a token request, or one for a device authorization or a revocation, that was
// parsed.
type Request struct {
	Params        oauth.Params // of the body; the query has none
	Authorization string       // the header, or empty
	IP            string
	UserAgent     string
	Correlation   string // the request's id
}

// call is a request on its way through the pipeline.
type call struct {
	params  oauth.Params
	client  *core.Client
	claimed *core.Client  // see [Authenticated]
	once    []core.Change // see [Authenticated]
	ip      string
	agent   string // what the program calls itself
	now     time.Time
}

// ruling is what a grant decides on a call: a refusal, or an order.
type ruling struct {
	about   *core.Authorized // whom it is about; nil as long as nobody proved to know
	refusal *oauth.Error
	// policy is what a policy said that refused.
	policy string
	// event is the audit event's type.
	event core.EventType
	// detail goes with the event.
	detail map[string]string
	// changes are applied with the tokens, or with the refusal.
	changes []core.Change
	// quiet says that a refusal is nothing to record: the program was told to ask again.
	quiet bool
	order token.Order
}

// grantType fills the pipeline's one hole: it reads what was presented, once,
// and decides.
type grantType func(*Endpoint, context.Context, *call) ruling

func grantTypeOf(name string) (grantType, bool) {
	switch name {
	case core.GrantAuthorizationCode:
		return (*Endpoint).code, true
	case core.GrantRefreshToken:
		return (*Endpoint).refresh, true
	case core.GrantClientCredentials:
		return (*Endpoint).clientCredentials, true
	case core.GrantDevice:
		return (*Endpoint).device, true
	}
	return nil, false
}

// attempts: the first, and one more after a conflict. The second read sees who
// was faster, so a second conflict says that the store is broken.
const attempts = 2

// Answer gives the response body (RFC 6749 section 5.1) or the refusal (section
// 5.2). The tokens are on disk when it returns.
func (e *Endpoint) Answer(ctx context.Context, r Request) ([]byte, *oauth.Error) {
	c := &call{params: r.Params, ip: r.IP, now: e.Now()}
	grant, refusal := e.admit(ctx, c, r.Authorization)
	if refusal != nil {
		return nil, e.refuse(ctx, c, r.Correlation, ruling{refusal: refusal})
	}
	set, refusal := e.carryOut(ctx, c, grant, r.Correlation)
	if refusal != nil {
		return nil, refusal
	}
	return set.JSON(), nil
}

// Redeem exchanges the code of an authorization request that the server itself made in the
// name of a client: there is no secret to prove who asks. Whoever calls it revokes the grant.
func (e *Endpoint) Redeem(ctx context.Context, client *core.Client, r Request) (token.Set, *oauth.Error) {
	c := &call{params: r.Params, client: client, ip: r.IP, now: e.Now()}
	return e.carryOut(ctx, c, (*Endpoint).code, r.Correlation)
}

func (e *Endpoint) carryOut(ctx context.Context, c *call, grant grantType, correlation string) (token.Set, *oauth.Error) {
	for range attempts {
		rule := grant(e, ctx, c)
		if rule.refusal != nil {
			return token.Set{}, e.refuse(ctx, c, correlation, rule)
		}
		set, err := e.issue(ctx, c, correlation, rule)
		if Replayed(err) {
			return token.Set{}, e.refuseReplay(ctx, c, correlation)
		}
		if errors.Is(err, core.ErrConflict) {
			continue
		}
		if err != nil {
			return token.Set{}, e.refuse(ctx, c, correlation, ruling{about: rule.about, refusal: oauth.Failed(err)})
		}
		return set, nil
	}
	return token.Set{}, e.refuse(ctx, c, correlation, ruling{refusal: oauth.Failed(errors.New("grant: two conflicts on one request"))})
}

// admit finds out which client speaks and whether it may use the grant type.
func (e *Endpoint) admit(ctx context.Context, c *call, authorization string) (grantType, *oauth.Error) {
	name := c.params.Get("grant_type")
	if name == "" {
		return nil, oauth.Refuse(oauth.CodeInvalidRequest, "no_grant_type", "The parameter grant_type is missing.")
	}
	grant, known := grantTypeOf(name)
	if !known {
		return nil, oauth.Refuse(oauth.CodeUnsupportedGrantType, "unsupported_grant_type", "This grant type is not supported.")
	}
	who, refusal := Authenticator{e.Store, e.Assertions}.Authenticate(ctx, authorization, c.params)
	c.claimed = who.Claimed
	if refusal != nil {
		return nil, refusal
	}
	c.client, c.once = who.Client, who.Once
	if !slices.Contains(c.client.GrantTypes, name) {
		return nil, oauth.Refuse(oauth.CodeUnauthorizedClient, "grant_type_not_registered", "The client may not use this grant type.")
	}
	return grant, nil
}

// issue signs before it writes: a failed signature burns neither code nor refresh
// token, and a failed write hands out nothing.
func (e *Endpoint) issue(ctx context.Context, c *call, correlation string, r ruling) (token.Set, error) {
	set, changes, err := e.Tokens.Issue(ctx, c.client, r.about, r.order)
	if err != nil {
		return token.Set{}, err
	}
	changes = slices.Concat(c.once, r.changes, changes, []core.Change{e.record(c, correlation, r)})
	if err := e.Store.Apply(ctx, changes...); err != nil {
		return token.Set{}, err
	}
	return set, nil
}

package attempt

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/grant"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/core/token"
)

// Path is where an attempt ends, below the issuer.
const Path = "/admin/try/return"

// Redeemer exchanges a code in the name of a client; it is a [grant.Endpoint].
type Redeemer interface {
	Redeem(ctx context.Context, client *core.Client, r grant.Request) (token.Set, *oauth.Error)
}

// Resources answers what an access token is for; it is a [token.Verifier].
type Resources interface {
	UserInfo(ctx context.Context, b token.Bearer) (token.Answer, *oauth.Error)
	Account(ctx context.Context, b token.Bearer) ([]byte, *oauth.Error)
}

// Store is where what is over is noted.
type Store interface {
	Apply(ctx context.Context, changes ...core.Change) error
}

// Service makes attempts and carries them out. Its fields are set once; it keeps no state.
type Service struct {
	Issuer    string
	Key       [32]byte
	Store     Store
	Grants    Redeemer
	Resources Resources
	Now       func() time.Time
	Rand      io.Reader
}

// Allows reports whether the redirect URI is that of attempts, and the state that of one
// by this client which is not over.
func (s *Service) Allows(clientID, redirectURI, state string) bool {
	if redirectURI != s.Issuer+Path {
		return false
	}
	t, ok := s.open(state)
	return ok && t.Client == clientID
}

// Begin gives the address at which the user's browser begins the attempt.
func (s *Service) Begin(client *core.Client, user core.ID, input admin.Attempt) string {
	now := s.Now()
	return s.Issuer + oauth.PathAuthorize + "?" + s.request(ticket{
		ID: core.NewID(now, s.Rand), Client: client.ID, User: user, Expires: now.Add(lifetime).Unix(),
		Scope: oauth.FormatScope(input.Scopes), Prompt: input.Prompt, ACR: strings.Join(input.ACRValues, " "),
		Claims: input.Claims, Bare: input.WithoutPKCE,
	}).Encode()
}

// request gives the authorization request of an attempt.
func (s *Service) request(t ticket) url.Values {
	challenge := sha256.Sum256([]byte(s.derive("verifier", string(t.ID))))
	values := url.Values{
		"client_id": {t.Client}, "redirect_uri": {s.Issuer + Path}, "response_type": {"code"},
		"scope": {t.Scope}, "state": {s.sign(t)}, "nonce": {s.nonce(t)},
		"code_challenge": {base64.RawURLEncoding.EncodeToString(challenge[:])}, "code_challenge_method": {"S256"},
	}
	if t.Bare {
		values.Del("code_challenge")
		values.Del("code_challenge_method")
	}
	for name, value := range map[string]string{"prompt": t.Prompt, "acr_values": t.ACR, "claims": t.Claims} {
		if value != "" {
			values.Set(name, value)
		}
	}
	return values
}

func (s *Service) nonce(t ticket) string { return s.derive("nonce", string(t.ID))[:22] }

// Of gives whose attempt it is that the browser comes back from, and as which client.
func (s *Service) Of(query string) (clientID string, user core.ID, err error) {
	params, err := oauth.ParseQuery(query)
	if err != nil {
		return "", "", errOver
	}
	t, ok := s.open(params.Get("state"))
	if !ok {
		return "", "", errOver
	}
	return t.Client, t.User, nil
}

var errOver = errors.New("this attempt is over, or was never begun here")

// Finish carries an attempt out to its end: what the browser brought back is exchanged in
// the name of the client, everything that the tokens are for is read, and the grant is
// revoked. Of several at once one succeeds; the others get a [core.ErrConflict].
func (s *Service) Finish(ctx context.Context, client *core.Client, query string, from admin.Actor) (*admin.Tried, error) {
	params, err := oauth.ParseQuery(query)
	if err != nil {
		return nil, errOver
	}
	t, ok := s.open(params.Get("state"))
	if !ok || t.Client != client.ID {
		return nil, errOver
	}
	used := core.UseAssertion{Hash: core.AssertionHash(Path, string(t.ID)), ExpiresAt: time.Unix(t.Expires, 0)}
	if err := s.Store.Apply(ctx, used); err != nil {
		return nil, err
	}
	tried := &admin.Tried{ClientID: client.ID, User: t.User, Request: shown(s.request(t).Get), Response: shown(params.Get)}
	if code := params.Get("error"); code != "" {
		tried.Refusal = &admin.TriedRefusal{At: "authorization endpoint", Code: code, Description: params.Get("error_description")}
		return tried, nil
	}
	return tried, s.exchange(ctx, client, t, params, from, tried)
}

// exchange does what the client would do next. Whatever comes of it, nothing of the grant
// can be used when it returns.
func (s *Service) exchange(ctx context.Context, client *core.Client, t ticket, params oauth.Params, from admin.Actor, tried *admin.Tried) (err error) {
	if code, ok := core.ParseCredential(core.KindCode, params.Get("code")); ok {
		defer func() {
			revoke := core.RevokeGrant{ID: code.ID, At: s.Now(), Reason: "attempt"}
			if failed := s.Store.Apply(context.WithoutCancel(ctx), revoke); !errors.Is(failed, core.ErrNotFound) {
				err = errors.Join(err, failed)
			}
		}()
	}
	request := url.Values{
		"grant_type": {core.GrantAuthorizationCode}, "code": {params.Get("code")}, "redirect_uri": {s.Issuer + Path},
		"code_verifier": {s.derive("verifier", string(t.ID))},
	}
	if t.Bare {
		request.Del("code_verifier")
	}
	tried.Exchange = shown(oauth.ParamsOf(request).Get)
	set, refusal := s.Grants.Redeem(ctx, client, grant.Request{Params: oauth.ParamsOf(request), IP: from.IP, Correlation: from.Correlation})
	if refusal != nil {
		tried.Refusal = refusedAt("token endpoint", refusal)
		return nil
	}
	tried.Answer, tried.Scopes = answer(set), set.Scopes
	readIDToken(tried, set.IDToken)
	var claims struct{ Nonce string }
	if tried.IDToken != nil && (json.Unmarshal(tried.IDToken, &claims) != nil || claims.Nonce != s.nonce(t)) {
		tried.Refusal = &admin.TriedRefusal{At: "ID token", Code: "nonce", Description: "The ID token does not have the nonce of the request."}
	}
	s.read(ctx, set, from, tried)
	return nil
}

// read asks for what the access token is for.
func (s *Service) read(ctx context.Context, set token.Set, from admin.Actor, tried *admin.Tried) {
	bearer := token.Bearer{Token: set.AccessToken, IP: from.IP, Correlation: from.Correlation}
	if slices.Contains(set.Scopes, oauth.ScopeOpenID) {
		info, refusal := s.Resources.UserInfo(ctx, bearer)
		if refusal != nil {
			tried.Refusal = refusedAt("UserInfo endpoint", refusal)
			return
		}
		tried.UserInfo = info.Body
		if !strings.HasPrefix(string(info.Body), "{") {
			tried.UserInfo = nil // it is signed or encrypted, for the client alone
		}
	}
	account, refusal := s.Resources.Account(ctx, bearer)
	if refusal != nil {
		tried.Refusal = refusedAt("account endpoint", refusal)
		return
	}
	tried.Account = account
}

func refusedAt(where string, refusal *oauth.Error) *admin.TriedRefusal {
	return &admin.TriedRefusal{At: where, Code: refusal.Code, Description: refusal.Description, Reason: refusal.Reason}
}

// shown gives parameters, each by its name, without what is secret in them.
func shown(value func(name string) string) []admin.Row {
	var rows []admin.Row
	for _, name := range []string{
		"error", "error_description", "client_id", "response_type", "scope", "prompt", "acr_values", "claims", "nonce", "code_challenge", "code_challenge_method",
		"grant_type", "code", "redirect_uri", "code_verifier", "state", "iss",
	} {
		value := value(name)
		switch name {
		case "code", "code_verifier", "state":
			value = cut(value)
		}
		if value != "" {
			rows = append(rows, admin.Row{Field: name, Value: value})
		}
	}
	return rows
}

// cut shows the beginning of what must not be copied.
func cut(secret string) string {
	const most = 8
	if len(secret) <= most {
		return secret
	}
	return secret[:most] + "…"
}

func answer(set token.Set) []admin.Row {
	rows := []admin.Row{
		{Field: "token_type", Value: "Bearer"}, {Field: "expires_in", Value: strconv.Itoa(int(set.ExpiresIn.Seconds()))},
		{Field: "scope", Value: oauth.FormatScope(set.Scopes)}, {Field: "access_token", Value: "issued, and revoked"},
	}
	if set.RefreshToken != "" {
		rows = append(rows, admin.Row{Field: "refresh_token", Value: "issued, and revoked"})
	}
	if set.IDToken != "" {
		rows = append(rows, admin.Row{Field: "id_token", Value: "issued, see below"})
	}
	return rows
}

// readIDToken shows header and claims, without the signature: nobody can use that as a
// token. One that is encrypted is the client's alone to read.
func readIDToken(tried *admin.Tried, idToken string) {
	parts := strings.Split(idToken, ".")
	if len(parts) != 3 {
		tried.Encrypted = len(parts) == 5
		return
	}
	header, err := base64.RawURLEncoding.DecodeString(parts[0])
	claims, bad := base64.RawURLEncoding.DecodeString(parts[1])
	if err == nil && bad == nil {
		tried.IDTokenHeader, tried.IDToken = header, claims
	}
}

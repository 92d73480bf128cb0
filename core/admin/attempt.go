package admin

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

// Attempt is a sign-in that an administrator tries as a client, in their own browser.
type Attempt struct {
	Scopes    []string // none: all that the client may ask for
	Prompt    string   // "none", "login", "consent", "select_account"; empty: none is asked for
	ACRValues []string
	// Claims is the claims parameter (OpenID Connect Core section 5.5), a JSON object; empty:
	// none is sent.
	Claims string
	// WithoutPKCE sends no code_challenge, as an application that is too old for it.
	WithoutPKCE bool
}

// maxAttemptClaims bounds the claims parameter of an attempt, in bytes: it goes along with
// the request twice.
const maxAttemptClaims = 1 << 10

// Tried is what came of an attempt: what the client would have seen, without the tokens.
type Tried struct {
	ClientID string
	User     core.ID // who tried
	// What was sent and answered, in its order, without what is secret in it.
	Request, Response, Exchange, Answer []Row
	Refusal                             *TriedRefusal // nil if all went well
	Scopes                              []string
	// Documents, JSON objects; nil where there is none, or for the client alone to read.
	IDTokenHeader, IDToken, UserInfo, Account []byte
	Encrypted                                 bool // the ID token is
}

// TriedRefusal says where an attempt was refused.
type TriedRefusal struct {
	At          string // "authorization endpoint", "token endpoint", ...
	Code        string // of the protocol
	Description string // for the client's developer
	Reason      string // as in the audit log; empty where that has it alone
}

// Attempts carries sign-ins out that are tried.
type Attempts interface {
	// Begin gives the address at which the user's browser begins it.
	Begin(client *core.Client, user core.ID, input Attempt) string
	// Of gives whose attempt it is that the browser comes back from with that query, and as
	// which client.
	Of(query string) (clientID string, user core.ID, err error)
	// Finish ends it. When it returns, no token of it can be used any more.
	Finish(ctx context.Context, client *core.Client, query string, from Actor) (*Tried, error)
}

var errNoAttempts = errors.New("try a sign-in: nothing here can")

// BeginAttempt gives the address at which the user, whose browser is to go there, tries to
// sign in to the client.
func (s *Service) BeginAttempt(ctx context.Context, user core.ID, clientID string, input Attempt) (string, error) {
	if s.Attempts == nil {
		return "", errNoAttempts
	}
	client, err := s.clientByID(ctx, clientID)
	if err != nil {
		return "", err
	}
	if err := checkAttempt(client, user, input).err(); err != nil {
		return "", err
	}
	if len(input.Scopes) == 0 {
		input.Scopes = client.Scopes
	}
	return s.Attempts.Begin(client, user, input), nil
}

func checkAttempt(client *core.Client, user core.ID, input Attempt) problems {
	var p problems
	if user == "" {
		p.add("", "try it in the console", "a sign-in is tried by somebody in a browser")
	}
	if !slices.Contains(client.GrantTypes, core.GrantAuthorizationCode) || !slices.Contains(client.ResponseTypes, oauth.WordCode) {
		p.add("", "give it the grant type authorization_code and the response type code", "the client signs nobody in with a code")
	}
	for _, scope := range input.Scopes {
		if !scopeToken.MatchString(scope) {
			p.add("scopes", "", "%q is no scope", shown(scope))
		}
	}
	if input.Prompt != "" {
		checkKnown(&p, "prompt", []string{input.Prompt}, oauth.PromptNone, oauth.PromptLogin, oauth.PromptConsent, oauth.PromptSelectAccount)
	}
	if _, refusal := oauth.ParseClaims(input.Claims); input.Claims != "" && refusal != nil {
		p.add("claims", `write it like {"id_token": {"email": null}}`, "%s", strings.TrimSuffix(refusal.Description, "."))
	}
	if len(input.Claims) > maxAttemptClaims {
		p.add("claims", "", "a claims parameter that is tried has at most %d bytes", maxAttemptClaims)
	}
	for _, class := range input.ACRValues {
		if !scopeToken.MatchString(class) {
			p.add("acr_values", "", "%q is no class", shown(class))
		}
	}
	return p
}

// AttemptOf gives the client as which the user tried to sign in, with that query brought
// back. An attempt of somebody else is none: whoever was led here by another's link has
// tried nothing.
func (s *Service) AttemptOf(ctx context.Context, user core.ID, query string) (*core.Client, error) {
	if s.Attempts == nil {
		return nil, errNoAttempts
	}
	id, who, err := s.Attempts.Of(query)
	if err != nil || user == "" || who != user {
		return nil, invalid("", "begin it again", "this attempt is over, or is not yours")
	}
	return s.clientByID(ctx, id)
}

// FinishAttempt says what came of an attempt of the user. It is recorded.
func (s *Service) FinishAttempt(ctx context.Context, actor Actor, user core.ID, query string) (*Tried, error) {
	client, err := s.AttemptOf(ctx, user, query)
	if err != nil {
		return nil, err
	}
	tried, err := s.Attempts.Finish(ctx, client, query, actor)
	if errors.Is(err, core.ErrConflict) {
		return nil, invalid("", "begin it again", "this attempt is over: its answer was shown once")
	}
	if err != nil {
		return nil, wrap("try the sign-in", err)
	}
	detail := map[string]string{"name": client.Name, "result": "ok"}
	if tried.Refusal != nil {
		detail["result"], detail["at"] = "refused", tried.Refusal.At
	}
	record := s.record(actor, s.Now(), core.Event{Type: core.EventTried, UserID: user, ClientID: client.ID, Org: client.Org, Detail: detail})
	return tried, wrap("record the attempt", s.apply(ctx, record))
}

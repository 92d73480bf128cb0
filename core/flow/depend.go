package flow

import (
	"context"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/sdk/hook"
)

// Store is what the flow reads and writes. A row that does not exist is
// [core.ErrNotFound].
type Store interface {
	Apply(ctx context.Context, changes ...core.Change) error
	Client(ctx context.Context, id string) (*core.Client, error)
	Organisation(ctx context.Context, name string) (*core.Organisation, error)
	SignedIn(ctx context.Context, sessionID core.ID) (*core.SignedIn, error)
	AuthRequest(ctx context.Context, id core.ID) (*core.AuthRequest, error)
	Consent(ctx context.Context, userID core.ID, clientID string) (*core.Consent, error)
}

// Passwords proves who somebody is by a password.
type Passwords interface {
	// SignIn gives the person whose login name (or e-mail address) and password
	// these are, and the changes that belong to the sign-in, which the caller
	// applies with its own. Org "" stands for any organisation. The event is a
	// template that says where the attempt comes from.
	//
	// An error that is a *[core.SignInRefused] was recorded already; any other is
	// a failure of the server.
	SignIn(ctx context.Context, org, login, password string, event core.Event) (*core.User, []core.Change, error)
}

// Hints verifies ID tokens that come back as id_token_hint.
type Hints interface {
	// Hint accepts an ID token that this server signed, expired or not (OpenID
	// Connect RP-Initiated Logout 1.0 section 2). Everything else is an error.
	Hint(ctx context.Context, idToken string) (Hint, error)
}

// Hint is what an ID token says that was verified.
type Hint struct {
	Subject   core.ID
	SessionID core.ID // sid; empty if it has none
	ClientID  string  // its audience
}

// ScopePolicy is the hook scope.policy/v1.
type ScopePolicy interface {
	// DecideScopes may narrow the scopes, deny, or ask for a stronger sign-in. An
	// error denies.
	DecideScopes(ctx context.Context, input *hook.ScopeInput) (hook.ScopeOutput, error)
}

package flow

import (
	"context"
	"encoding/json"
	"net/url"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/sdk/hook"
)

// Store is what the flow reads and writes. A row that does not exist is
// [core.ErrNotFound].
type Store interface {
	Apply(ctx context.Context, changes ...core.Change) error
	Client(ctx context.Context, id string) (*core.Client, error)
	Organisation(ctx context.Context, name string) (*core.Organisation, error)
	Organisations(ctx context.Context) ([]core.Organisation, error)
	User(ctx context.Context, id core.ID) (*core.User, error)
	SignedIn(ctx context.Context, sessionID core.ID) (*core.SignedIn, error)
	// SignedInWith reports whether the user signed in before with a browser that has this
	// name by [core.BrowserName].
	SignedInWith(ctx context.Context, userID core.ID, browser string) (bool, error)
	AuthRequest(ctx context.Context, id core.ID) (*core.AuthRequest, error)
	Consent(ctx context.Context, userID core.ID, clientID string) (*core.Consent, error)
	Links(ctx context.Context, userID core.ID) ([]core.Link, error)
	Device(ctx context.Context, id core.ID) (*core.Device, error)
	Ticket(ctx context.Context, id core.ID) (*core.Ticket, error)
	// SessionClients gives the clients that got a grant in a session, or in one that it
	// took the place of, in the order in which they first did.
	SessionClients(ctx context.Context, session core.ID) ([]core.SessionClient, error)
	DeviceGrant(ctx context.Context, id core.ID) (*core.DeviceGrant, error)
	Roles(ctx context.Context, holder core.ID) ([]core.RoleGrant, error)
}

// DeviceCodes finds device authorizations by what people type (RFC 8628 section 3.3).
type DeviceCodes interface {
	// Find gives one that waits for a person. Whoever guesses is slowed down: an error that
	// is a *[core.SignInRefused] was recorded already; any other is a failure of the
	// server.
	Find(ctx context.Context, code core.Hash, event core.Event) (*core.DeviceGrant, error)
}

// Passwords proves who somebody is by a password.
type Passwords interface {
	// SignIn proves who somebody is by a login name (or e-mail address) and a
	// password. An error that is a *[core.SignInRefused] was recorded already; any
	// other is a failure of the server.
	SignIn(ctx context.Context, a core.PasswordAttempt) (*core.Proof, error)
}

// Factors proves who somebody is by what they have, and enrols it. As with [Passwords], an
// error that is a *[core.SignInRefused] was recorded already.
type Factors interface {
	Enrolled(ctx context.Context, userID core.ID) (core.Enrolled, error)
	// Passkeys reports whether browsers make passkeys for this server.
	Passkeys() bool
	// PasskeyRequest gives what a browser needs to use a passkey: one of the user, or any
	// if that is nil. It is nil where there is none.
	PasskeyRequest(ctx context.Context, challenge []byte, user *core.User) (json.RawMessage, error)
	SignInWithPasskey(ctx context.Context, a core.PasskeyAttempt) (*core.Proof, error)
	// SecondFactor gives a proof of both factors.
	SecondFactor(ctx context.Context, a core.FactorAttempt, first core.Partial) (*core.Proof, error)
	// RequestMail makes a ticket with its mail, or one for nobody.
	RequestMail(ctx context.Context, a core.MailAttempt) (core.ID, []core.Change, error)
	SignInWithTicket(ctx context.Context, a core.TicketAttempt) (*core.Proof, error)

	PasskeyCreation(ctx context.Context, challenge []byte, user *core.User) (json.RawMessage, error)
	AddPasskey(ctx context.Context, user *core.User, challenge []byte, expires time.Time, response []byte, name string, event core.Event) ([]core.Change, core.Authenticator, error)
	// NewTOTP gives a seed, sealed for the form, and the address that apps read it from;
	// TOTPURI gives that once more.
	NewTOTP(user *core.User) (sealed, uri string)
	TOTPURI(user *core.User, sealed string) (uri string, err error)
	AddTOTP(ctx context.Context, user *core.User, sealed, code, name string, event core.Event) ([]core.Change, error)
	NewRecoveryCodes(user *core.User) (codes []string, change core.Change)
}

// Mails makes changes that queue mails.
type Mails interface {
	// Ready reports whether mails get anywhere.
	Ready() bool
	// Compose makes a mail of a template with its words.
	Compose(now time.Time, to core.Mail, words map[string]string) core.SendMail
}

// Upstream is sign-in at other providers. An error that is a *[core.UpstreamRefused]
// is for the person, and its changes are for the store; any other, if nothing else is
// said, is a failure of the server.
type Upstream interface {
	// Offers gives the ways to sign in elsewhere, in their order: hidden ones too. The
	// client is nil for a sign-in to Postern itself.
	Offers(ctx context.Context, client *core.Client) ([]core.Offer, error)
	// Begin says where the browser goes.
	Begin(ctx context.Context, b core.UpstreamBegin) (core.UpstreamStart, error)
	// Attempt finds the live attempt of a state; [core.ErrNotFound] for one that is
	// malformed, unknown, used or expired.
	Attempt(ctx context.Context, state string) (*core.UpstreamAttempt, error)
	// Hold seals a callback that was posted.
	Hold(state string, a *core.UpstreamAttempt, params url.Values) (core.HoldCallback, error)
	// Finish says who came back. The changes of the proof, as those of a refusal,
	// finish the attempt.
	Finish(ctx context.Context, f core.UpstreamFinish) (*core.Proof, error)
	// SignOut gives where the browser signs out at the provider of the session, empty
	// if nowhere. From there it comes to returnTo with the state.
	SignOut(ctx context.Context, s *core.Session, returnTo, state string) (string, error)
}

// Hints verifies ID tokens that come back as id_token_hint.
type Hints interface {
	// Hint accepts an ID token that this server signed, expired or not (OpenID
	// Connect RP-Initiated Logout 1.0 section 2). Everything else is an error.
	Hint(ctx context.Context, idToken string) (Hint, error)
}

// Hint is what an ID token says that was verified.
type Hint struct {
	Subject   core.ID // sub: the user's, or the name by which a pairwise client knows them
	SessionID core.ID // sid; empty if it has none
	ClientID  string  // its audience
}

// Tokens makes what the authorization endpoint gives besides a code.
type Tokens interface {
	// Front completes the answer with the tokens that the response type asks for. The
	// changes are applied after the grant is stored, and before anybody gets the answer.
	Front(ctx context.Context, client *core.Client, a *core.Authorized, responseType string, now time.Time, answer *oauth.Answer) ([]core.Change, error)
}

// RequestObjects reads the parameters that a client sends as a JWT, by value or by
// reference (OpenID Connect Core section 6, RFC 9101).
type RequestObjects interface {
	// Resolve gives the parameters of a request that has request or request_uri: those of
	// the JWT, once it is verified, and none of the two. The client is the one of the
	// parameter client_id.
	Resolve(ctx context.Context, client *core.Client, p oauth.Params) (oauth.Params, *oauth.Error)
}

// Attempts knows the sign-ins that administrators try as a client.
type Attempts interface {
	// Allows reports whether the redirect URI is that of attempts, and the state that of
	// one by this client which is not over: then it is as if the client had registered it.
	Allows(clientID, redirectURI, state string) bool
}

// ScopePolicy is the hook scope.policy/v1.
type ScopePolicy interface {
	// DecideScopes may narrow the scopes, deny, or ask for a stronger sign-in. An
	// error denies.
	DecideScopes(ctx context.Context, input *hook.ScopeInput) (hook.ScopeOutput, error)
}

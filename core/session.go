package core

import (
	"net/url"
	"time"
)

// Session is a browser that somebody signed in with.
type Session struct {
	ID        ID // also the sid claim
	Hash      Hash
	UserID    ID
	AuthTime  time.Time // when the person last proved who they are
	AMR       []string  // RFC 8176: "pwd", ...
	ACR       string
	CreatedAt time.Time
	ExpiresAt time.Time
	EndedAt   time.Time // zero while it lives
	IP        string
	UserAgent string // at most 256 bytes
	// Upstream is the provider's part; nil for who signed in here.
	Upstream *Upstream
}

// Live reports whether the session still stands at now.
func (s *Session) Live(now time.Time) bool { return s.EndedAt.IsZero() && now.Before(s.ExpiresAt) }

// SignedIn is a session with its user and their organisation.
type SignedIn struct {
	Session Session
	User    User
	Org     Organisation
}

// AuthRequest is an authorization request that waits for a person: the one
// mutable thing of a sign-in, kept for minutes. ClientID is empty when somebody
// signs in to Postern itself.
type AuthRequest struct {
	ID          ID
	BrowserHash Hash // of the browser cookie that began it
	ClientID    string
	Params      url.Values // as received, one value each; parsed again at each step
	// SignedInAt is when the person proved who they are for this request; zero
	// before that. prompt=login and max_age are satisfied by it.
	SignedInAt time.Time
	// SessionID is the session that did so. No other may finish the request.
	SessionID ID
	// ConsentedScopes is what the person allowed for this request; nil before. Besides
	// scopes it has claims that were asked for one by one, each in quotes.
	ConsentedScopes []string
	// SentTo is the connector that the browser was sent to last, so that nobody is sent
	// there twice without asking; empty: to none.
	SentTo string
	// AskedACR is what the scope policy, or the client, asked the person to sign in as,
	// so that it asks once; empty: for nothing.
	AskedACR string
	// Partial is the first factor of a sign-in that waits for a second one, nil if none does.
	Partial   *Partial
	CreatedAt time.Time
	ExpiresAt time.Time
}

// ConnectedClient is a client that holds grants of a user.
type ConnectedClient struct {
	ClientID string
	Scopes   []string // of all its grants, sorted
	Since    time.Time
	// LastUsedAt is when the person last signed in to it, or let it in.
	LastUsedAt time.Time
}

// Consent is what a user allows a client, until withdrawn.
type Consent struct {
	UserID    ID
	ClientID  string
	Scopes    []string // sorted; claims that were asked for one by one are in quotes, as "email"
	GrantedAt time.Time
	UpdatedAt time.Time
}

// SessionFilter selects sessions that live, the newest first; zero fields select everything.
type SessionFilter struct {
	Org    string
	UserID ID
	// At is the moment at which they live; zero stands for those that were not ended,
	// expired or not.
	At time.Time
	// Before goes on behind the session of that identifier: the next page.
	Before ID
	Limit  int // zero means 100
}

// LiveSession is a session with whose it is.
type LiveSession struct {
	Session Session // without Hash and Upstream
	Org     string
	User    string // login name
}

package core

import "time"

// LogoutNotice says that a client is to hear of the end of a session (OpenID Connect
// Back-Channel Logout 1.0): it was laid out when the session ended, for each client that
// had got a grant in it and has a backchannel_logout_uri.
type LogoutNotice struct {
	ID        int64
	ClientID  string
	UserID    ID // who may be deleted already
	SessionID ID
	Failures  int // how often it was tried in vain
}

// LogoutQueue is what waits for a client.
type LogoutQueue struct {
	ClientID string
	// NextAt is when the next notice is due; zero: now, and it was never tried.
	NextAt time.Time
}

// SessionClient is a client that got a grant in a session.
type SessionClient struct {
	ClientID string
	// SessionID is the sid that the client knows: of the session, or of one that it
	// took the place of.
	SessionID ID
}

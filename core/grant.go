package core

import "time"

// Grant is one authorization: a user let a client have scopes, in a session. Its
// code, its access tokens and its family of refresh tokens all hang on it, so
// revoking it revokes them at once.
//
// A client that asks for itself (RFC 6749 section 4.4) has a grant without user,
// session and code, and nothing but an access token hangs on it.
type Grant struct {
	ID        ID
	ClientID  string
	UserID    ID // empty: nobody's
	SessionID ID
	Scopes    []string
	Nonce     string
	AuthTime  time.Time
	AMR       []string
	ACR       string
	// Upstream is the provider's part of the sign-in, nil where there was none.
	Upstream *Upstream
	// Claims is the claims parameter of the authorization request (OpenID Connect Core
	// section 5.5), a JSON object; nil where there was none.
	Claims []byte

	// The authorization code; the code's identifier is the grant's.
	CodeHash      Hash
	CodeExpiresAt time.Time
	CodeUsedAt    time.Time // zero while it is unused
	RedirectURI   string
	// RedirectURIGiven says that the authorization request carried redirect_uri,
	// so the token request must too (RFC 6749 section 4.1.3).
	RedirectURIGiven bool
	Challenge        string // PKCE S256; empty without PKCE

	CreatedAt     time.Time
	ExpiresAt     time.Time // absolute end of the refresh family
	RevokedAt     time.Time // zero while it stands
	RevokedReason string
}

// Revoked reports whether the grant was revoked.
func (g *Grant) Revoked() bool { return !g.RevokedAt.IsZero() }

// AccessToken is an opaque bearer token (RFC 6750).
type AccessToken struct {
	ID        ID
	Hash      Hash
	GrantID   ID
	Scopes    []string // at most the grant's
	CreatedAt time.Time
	ExpiresAt time.Time
}

// RefreshToken is one member of a grant's family. It is used once.
type RefreshToken struct {
	ID        ID
	Hash      Hash
	GrantID   ID
	CreatedAt time.Time
	ExpiresAt time.Time
	UsedAt    time.Time // zero while it is the live member
	Successor ID        // set with UsedAt
}

// Authorized is a grant with everybody that it concerns, read in one statement. Of
// a grant without a user, User and Org are empty; only an access token leads to one.
type Authorized struct {
	Grant  Grant
	Client *Client // shared by all that read it: never changed
	User   User
	Org    Organisation
}

// Access is an access token with its grant.
type Access struct {
	Token AccessToken
	Authorized
}

// Refresh is a refresh token with its grant, and its successor if it has one.
type Refresh struct {
	Token RefreshToken
	// SuccessorUsed says that the successor was used in turn, so the grace for
	// a lost answer is over.
	SuccessorUsed bool
	Authorized
}

package core

import "time"

// Who may register a client.
const (
	RegistrationOff   = "off"
	RegistrationToken = "token" // who has an initial access token
	RegistrationOpen  = "open"  // everybody
)

// RegistrationPolicy says whether clients may register themselves, and as what. The zero
// policy lets none.
type RegistrationPolicy struct {
	Mode string // one of the above; "" is off
	// Scopes are those that a client may have; empty: the standard ones.
	Scopes []string
	// GrantTypes are those that a client may have; empty: all but client_credentials, in
	// which no person takes part who could consent.
	GrantTypes []string
	// RedirectHosts are the hosts that redirect URIs may have, in lower case; empty: any.
	// "*.example.org" stands for the hosts below it, not for itself.
	RedirectHosts []string
}

// On reports whether clients may register themselves, and manage what they registered.
func (r RegistrationPolicy) On() bool {
	return r.Mode == RegistrationToken || r.Mode == RegistrationOpen
}

// InitialToken lets clients register themselves in an organisation (RFC 7591 section 3,
// "initial access token").
type InitialToken struct {
	ID        ID
	Hash      Hash
	Org       string
	Name      string // the operator's, for who it was made
	MaxUses   int    // how many clients it registers; 0: any number
	Uses      int    // how many it has registered
	CreatedAt time.Time
	ExpiresAt time.Time
}

// Live reports whether the token registers a client at now.
func (t *InitialToken) Live(now time.Time) bool {
	return now.Before(t.ExpiresAt) && (t.MaxUses == 0 || t.Uses < t.MaxUses)
}

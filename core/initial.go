package core

import "time"

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

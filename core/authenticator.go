package core

import "time"

// AuthenticatorKind says what somebody has that proves who they are.
type AuthenticatorKind string

// The kinds of authenticator.
const (
	// AuthenticatorPasskey is a key pair of WebAuthn.
	AuthenticatorPasskey AuthenticatorKind = "passkey"
	// AuthenticatorTOTP is an app that shows time-based codes (RFC 6238).
	AuthenticatorTOTP AuthenticatorKind = "totp"
)

// Authenticator is something that a user has, and proves to have.
type Authenticator struct {
	ID     ID
	UserID ID
	Kind   AuthenticatorKind
	Name   string // the person's own word for it, one line of at most 64 characters
	// Handle is the credential ID of a passkey, which no other has; nil of an app.
	Handle []byte
	// Data is what package authn keeps: of a passkey its record, of an app the sealed seed.
	Data []byte
	// Counter is what only rises: the signature counter of a passkey, the last time step
	// of an app.
	Counter    int64
	CreatedAt  time.Time
	LastUsedAt time.Time // zero: never since it was enrolled
}

// MaxAuthenticators is how many a user may have.
const MaxAuthenticators = 32

// TOTPPurpose is what the seed of an app is sealed for.
func TOTPPurpose(id ID) string { return "totp:" + string(id) }

// RecoveryCode is one of the codes that stand in for a lost authenticator.
type RecoveryCode struct {
	Hash      Hash // over the user's identifier and the code
	CreatedAt time.Time
	UsedAt    time.Time // zero: it can be used
}

// Enrolled says what a user can prove who they are with, besides a password.
type Enrolled struct {
	Passkeys      int
	TOTP          int
	RecoveryCodes int // that can still be used
}

// SecondFactor reports whether there is something besides the password.
func (e Enrolled) SecondFactor() bool { return e.Passkeys+e.TOTP > 0 }

// Device is a browser that a person trusted after a sign-in with two factors: it is not
// asked for the second one again.
type Device struct {
	ID         ID
	Hash       Hash // of the credential in its cookie (KindDevice)
	UserID     ID
	UserAgent  string // at most 256 bytes
	IP         string
	CreatedAt  time.Time
	LastUsedAt time.Time
	ExpiresAt  time.Time
}

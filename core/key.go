package core

import "time"

// SigningKey is a key pair that signs ID tokens. The private half is encrypted
// under the master key before it gets here.
type SigningKey struct {
	ID        string // kid
	Alg       string // RS256, ES256, EdDSA, PS256
	Sealed    []byte // PKCS #8, encrypted; associated data is "signing-key:" + ID
	PublicJWK []byte // JSON, RFC 7517
	CreatedAt time.Time
	RetiredAt time.Time // zero while it signs; a retired key is still published
}

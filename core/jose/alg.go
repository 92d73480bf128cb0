package jose

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"

	"github.com/golang-jwt/jwt/v5"
)

// The signature algorithms (RFC 7518 section 3.1, RFC 8037 section 3.1). There is
// no other, so neither none nor HMAC can be chosen by a header.
const (
	RS256 = "RS256"
	ES256 = "ES256"
	EdDSA = "EdDSA" // Ed25519
	PS256 = "PS256"
)

// Algs returns the algorithms, the default first.
func Algs() []string { return []string{RS256, ES256, EdDSA, PS256} }

// methodOf returns how the algorithm signs, nil if there is no such algorithm.
func methodOf(alg string) jwt.SigningMethod {
	switch alg {
	case RS256:
		return jwt.SigningMethodRS256
	case ES256:
		return jwt.SigningMethodES256
	case EdDSA:
		return jwt.SigningMethodEdDSA
	case PS256:
		return jwt.SigningMethodPS256
	}
	return nil
}

// HalfHash is the value of at_hash and c_hash: the left half of the hash that
// belongs to the algorithm of the ID token (OpenID Connect Core section
// 3.1.3.6). That of Ed25519 is SHA-512 (RFC 8032 section 5.1).
func HalfHash(alg, value string) string {
	if alg == EdDSA {
		sum := sha512.Sum512([]byte(value))
		return base64.RawURLEncoding.EncodeToString(sum[:sha512.Size/2])
	}
	sum := sha256.Sum256([]byte(value))
	return base64.RawURLEncoding.EncodeToString(sum[:sha256.Size/2])
}

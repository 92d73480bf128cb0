package jose

import (
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"strings"

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

// Algorithms that others sign with, beside ours.
const (
	RS384 = "RS384"
	RS512 = "RS512"
	ES384 = "ES384"
	ES512 = "ES512"
	PS384 = "PS384"
	PS512 = "PS512"
	// HS256 is for [VerifyHMAC] alone.
	HS256 = "HS256"
)

// ForeignAlgs returns the algorithms of [KeySet.Verify], ours first.
func ForeignAlgs() []string { return append(Algs(), RS384, RS512, ES384, ES512, PS384, PS512) }

// foreignMethodOf is [methodOf] for what others sign.
func foreignMethodOf(alg string) jwt.SigningMethod {
	switch alg {
	case RS384:
		return jwt.SigningMethodRS384
	case RS512:
		return jwt.SigningMethodRS512
	case ES384:
		return jwt.SigningMethodES384
	case ES512:
		return jwt.SigningMethodES512
	case PS384:
		return jwt.SigningMethodPS384
	case PS512:
		return jwt.SigningMethodPS512
	}
	return methodOf(alg)
}

// HalfHash is the value of at_hash and c_hash: the left half of the hash that
// belongs to the algorithm of the ID token (OpenID Connect Core section
// 3.1.3.6). That of Ed25519 is SHA-512 (RFC 8032 section 5.1).
func HalfHash(alg, value string) string {
	var sum []byte
	switch {
	case alg == EdDSA || strings.HasSuffix(alg, "512"):
		whole := sha512.Sum512([]byte(value))
		sum = whole[:]
	case strings.HasSuffix(alg, "384"):
		whole := sha512.Sum384([]byte(value))
		sum = whole[:]
	default:
		whole := sha256.Sum256([]byte(value))
		sum = whole[:]
	}
	return base64.RawURLEncoding.EncodeToString(sum[:len(sum)/2])
}

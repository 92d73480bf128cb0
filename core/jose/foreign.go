package jose

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Foreign says what a token of another issuer must be. Such a token needs exp,
// unless it is Undated, and neither kid, typ nor iat: those are for whoever knows what
// it is to be.
type Foreign struct {
	// Algorithms may sign, out of [ForeignAlgs]; empty: those of [Algs].
	Algorithms []string
	Issuer     string // must be iss; empty: any
	Audience   string // must be one of aud; empty: any
	Now        time.Time
	// Leeway is how far the clocks may be apart. For iat and nbf it is at least 30
	// seconds.
	Leeway time.Duration
	// Undated says that exp may be missing.
	Undated bool
}

// Foreigner is what a verified token of another issuer says.
type Foreigner struct {
	Claims
	Alg string
	Typ string // empty if there is none
	// KeyIssuer is whose key signed, where the key set says it.
	KeyIssuer string
	// Header and Payload are the JSON objects, without duplicate members.
	Header, Payload []byte
}

// What verifying a token of another issuer reports besides the errors of
// [Keyring.Verify].
var (
	ErrAlg   = errors.New("the token is signed with an algorithm that is not allowed")
	ErrNoKey = errors.New("the key set has no key, or not exactly one, for the token")
	// ErrSecret is for [VerifyHMAC].
	ErrSecret = fmt.Errorf("the secret is shorter than %d bytes", minSecret)
)

const (
	maxForeignToken = 64 << 10
	// minSecret is the least length of a secret in bytes (RFC 7518 section 3.2,
	// MUST).
	minSecret = sha256.Size
)

// Verify checks a token with the keys of the set: form, algorithm, key, signature,
// then issuer, audience and times. Without kid there must be exactly one key that
// fits (OpenID Connect Core section 10.1). The errors never hold text of the
// token.
func (s *KeySet) Verify(token string, expect Foreign) (Foreigner, error) {
	p, h, err := parseForeign(token)
	if err != nil {
		return Foreigner{}, err
	}
	allowed := expect.Algorithms
	if len(allowed) == 0 {
		allowed = Algs()
	}
	method := foreignMethodOf(h.alg)
	if method == nil || !slices.Contains(allowed, h.alg) {
		return Foreigner{}, ErrAlg
	}
	key, err := s.find(h)
	if err != nil {
		return Foreigner{}, err
	}
	signature, err := decode(p.signature)
	if err != nil {
		return Foreigner{}, fmt.Errorf("%w: its signature", ErrMalformed)
	}
	if method.Verify(p.signed, signature, key.key) != nil {
		return Foreigner{}, ErrSignature
	}
	verified, err := expect.read(p, h)
	if err != nil {
		return Foreigner{}, err
	}
	verified.KeyIssuer = key.issuer
	return verified, nil
}

// VerifyHMAC checks a token that is signed with HS256 under a secret that both
// sides have, of 32 bytes at least.
func VerifyHMAC(token string, secret []byte, expect Foreign) (Foreigner, error) {
	p, h, err := parseForeign(token)
	switch {
	case err != nil:
		return Foreigner{}, err
	case h.alg != HS256:
		return Foreigner{}, ErrAlg
	case len(secret) < minSecret:
		return Foreigner{}, ErrSecret
	}
	signature, err := decode(p.signature)
	if err != nil {
		return Foreigner{}, fmt.Errorf("%w: its signature", ErrMalformed)
	}
	sum := hmac.New(sha256.New, secret)
	sum.Write([]byte(p.signed))
	if !hmac.Equal(sum.Sum(nil), signature) {
		return Foreigner{}, ErrSignature
	}
	return expect.read(p, h)
}

// ParseUnsecured reads a token that nobody signed, of the algorithm none and with an
// empty signature (RFC 7515 appendix A.5). Its claims are checked; that they are the
// issuer's, nothing says.
func ParseUnsecured(token string, expect Foreign) (Foreigner, error) {
	p, h, err := parseForeign(token)
	switch {
	case err != nil:
		return Foreigner{}, err
	case h.alg != "none":
		return Foreigner{}, ErrAlg
	case p.signature != "":
		return Foreigner{}, ErrSignature
	}
	return expect.read(p, h)
}

func parseForeign(token string) (parts, header, error) {
	p, err := split(token, maxForeignToken)
	if err != nil {
		return parts{}, header{}, err
	}
	h, err := parseHeader(p.header, "alg")
	return p, h, err
}

// find gives the one key that the header can mean. The key says which algorithms
// it is for, never the header alone (RFC 8725 section 3.1, MUST).
func (s *KeySet) find(h header) (foreignKey, error) {
	var found []foreignKey
	for _, key := range s.keys {
		if (h.kid == "" || h.kid == key.kid) && (key.alg == "" || key.alg == h.alg) && fitsForeign(h.alg, key.key) {
			found = append(found, key)
		}
	}
	if len(found) != 1 {
		return foreignKey{}, ErrNoKey
	}
	return found[0], nil
}

// read reads a token whose signature was verified.
func (e Foreign) read(p parts, h header) (Foreigner, error) {
	head, errHead := decode(p.header)
	payload, errPayload := decode(p.payload)
	if errHead != nil || errPayload != nil {
		return Foreigner{}, fmt.Errorf("%w: its payload", ErrMalformed)
	}
	claims, err := parseForeignClaims(payload)
	if err != nil {
		return Foreigner{}, fmt.Errorf("%w: its payload", ErrMalformed)
	}
	if err := e.check(claims); err != nil {
		return Foreigner{}, err
	}
	return Foreigner{Claims: claims, Alg: h.alg, Typ: h.typ, Header: head, Payload: payload}, nil
}

func (e Foreign) check(c Claims) error {
	early := e.Now.Add(max(e.Leeway, maxSkew))
	switch {
	case e.Issuer != "" && c.Issuer != e.Issuer:
		return fmt.Errorf("%w: its issuer is another", ErrClaims)
	case e.Audience != "" && !slices.Contains(c.Audience, e.Audience):
		return fmt.Errorf("%w: its audience is another", ErrClaims)
	case c.ExpiresAt.IsZero() && !e.Undated:
		return fmt.Errorf("%w: it has no exp", ErrClaims)
	case c.IssuedAt.After(early) || c.NotBefore.After(early):
		return fmt.Errorf("%w: it is not valid yet, or the clocks differ", ErrClaims)
	case !c.ExpiresAt.IsZero() && !e.Now.Before(c.ExpiresAt.Add(e.Leeway)):
		return ErrExpired
	}
	return nil
}

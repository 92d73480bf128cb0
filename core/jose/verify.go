package jose

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/postern-id/postern/core/strict"
)

// What [Keyring.Verify] reports. Compare with errors.Is.
var (
	ErrMalformed = errors.New("the token is malformed")
	ErrKey       = errors.New("the token is signed with a key or an algorithm that is not ours")
	ErrSignature = errors.New("the signature is wrong")
	ErrClaims    = errors.New("the token is not for this use")
	ErrExpired   = errors.New("the token has expired")
)

// Expect says what a token must be.
type Expect struct {
	Typ      string
	Issuer   string
	Audience string // one of the token's; empty: any
	Now      time.Time
	// AllowExpired lets expired tokens pass, as for an id_token_hint (OpenID
	// Connect RP-Initiated Logout section 4, SHOULD).
	AllowExpired bool
}

const (
	maxToken = 16 << 10
	maxKid   = 128
	// maxSkew is how far a clock may be behind the one that set iat or nbf. For
	// exp there is none.
	maxSkew = 30 * time.Second
)

// Verify checks a token that this keyring signed: form, key, signature, then
// typ, issuer, audience and times. A token without exp or iat is not ours. The
// errors never hold text of the token, as those of encoding/json would.
func (k *Keyring) Verify(token string, expect Expect) (Claims, error) {
	p, err := split(token, maxToken)
	if err != nil {
		return Claims{}, err
	}
	h, err := parseHeader(p.header, "alg", "kid", "typ")
	if err != nil {
		return Claims{}, err
	}
	if err := k.checkSignature(h, p.signed, p.signature); err != nil {
		return Claims{}, err
	}
	payload, err := decode(p.payload)
	if err != nil {
		return Claims{}, fmt.Errorf("%w: its payload", ErrMalformed)
	}
	claims, err := parseClaims(payload)
	if err != nil {
		return Claims{}, fmt.Errorf("%w: its payload", ErrMalformed)
	}
	if err := expect.check(h, claims); err != nil {
		return Claims{}, err
	}
	return claims, nil
}

// parts of a token, encoded (RFC 7515 section 7.1).
type parts struct{ header, payload, signature, signed string }

func split(token string, most int) (parts, error) {
	if len(token) > most {
		return parts{}, fmt.Errorf("%w: it is too long", ErrMalformed)
	}
	head, rest, _ := strings.Cut(token, ".")
	body, tail, isJWS := strings.Cut(rest, ".")
	if !isJWS || strings.Contains(tail, ".") {
		return parts{}, fmt.Errorf("%w: it has not three parts", ErrMalformed)
	}
	return parts{head, body, tail, token[:len(head)+1+len(body)]}, nil
}

// header is what counts of a token's header. Keys and addresses of keys in it
// (jwk, jku, x5c, x5u) are not looked at.
type header struct{ alg, kid, typ string }

// parseHeader reads a header that has the required members.
func parseHeader(encoded string, required ...string) (header, error) {
	raw, err := decode(encoded)
	if err != nil {
		return header{}, fmt.Errorf("%w: its header", ErrMalformed)
	}
	members, err := strict.Members(raw)
	if err != nil {
		return header{}, fmt.Errorf("%w: its header", ErrMalformed)
	}
	// No extension is understood here (RFC 7515 section 4.1.11, MUST).
	if _, critical := members["crit"]; critical {
		return header{}, fmt.Errorf("%w: its header has critical extensions", ErrMalformed)
	}
	var h header
	for name, target := range map[string]*string{"alg": &h.alg, "kid": &h.kid, "typ": &h.typ} {
		raw, there := members[name]
		if !there && !slices.Contains(required, name) {
			continue
		}
		if json.Unmarshal(raw, target) != nil || *target == "" {
			return header{}, fmt.Errorf("%w: its header has no %s", ErrMalformed, name)
		}
	}
	return h, nil
}

// checkSignature takes the key by its identifier and the algorithm from the key
// (RFC 8725 section 3.1, MUST): the header's may only agree.
func (k *Keyring) checkSignature(h header, signed, signature string) error {
	if len(h.kid) > maxKid {
		return ErrKey
	}
	key, known := k.publics[h.kid]
	if !known || h.alg != key.alg {
		return ErrKey
	}
	raw, err := decode(signature)
	if err != nil {
		return fmt.Errorf("%w: its signature", ErrMalformed)
	}
	if methodOf(key.alg).Verify(signed, raw, key.key) != nil {
		return ErrSignature
	}
	return nil
}

func (e Expect) check(h header, c Claims) error {
	switch {
	case h.typ != e.Typ:
		return fmt.Errorf("%w: its type is another", ErrClaims)
	case e.Issuer == "" || c.Issuer != e.Issuer:
		return fmt.Errorf("%w: its issuer is another", ErrClaims)
	case e.Audience != "" && !slices.Contains(c.Audience, e.Audience):
		return fmt.Errorf("%w: its audience is another", ErrClaims)
	case c.ExpiresAt.IsZero() || c.IssuedAt.IsZero():
		return fmt.Errorf("%w: it has no exp or no iat", ErrClaims)
	case c.IssuedAt.After(e.Now.Add(maxSkew)) || c.NotBefore.After(e.Now.Add(maxSkew)):
		return fmt.Errorf("%w: it is not valid yet", ErrClaims)
	case !e.AllowExpired && !e.Now.Before(c.ExpiresAt):
		return ErrExpired
	}
	return nil
}

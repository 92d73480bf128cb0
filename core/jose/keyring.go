package jose

import (
	"bytes"
	"encoding/base64"
	"fmt"

	"github.com/golang-jwt/jwt/v5"
)

// The typ of tokens. No token of one is ever taken for one of the other.
const (
	TypJWT    = "JWT"        // ID tokens
	TypLogout = "logout+jwt" // OpenID Connect Back-Channel Logout 1.0 section 2.4
)

// Keyring signs with its private keys and verifies with all. It is immutable and
// safe for concurrent use; a rotation makes another.
type Keyring struct {
	signers map[string]signer // by alg
	publics map[string]Public // by kid
	jwks    []byte
}

type signer struct {
	key    Private
	method jwt.SigningMethod
	header string // of a token with TypJWT, encoded, with its dot
}

// NewKeyring makes a keyring. Of several signing keys for one algorithm the
// first signs; the others are published, as the retired ones are, so that what
// they signed still verifies. Two keys with one kid are an error.
func NewKeyring(signing []Private, retired []Public) (*Keyring, error) {
	ring := &Keyring{signers: map[string]signer{}, publics: map[string]Public{}}
	var published [][]byte
	publish := func(key Public) error {
		if _, exists := ring.publics[key.id]; exists || key.key == nil {
			return fmt.Errorf("signing key %q is there twice, or is no key", key.id)
		}
		ring.publics[key.id] = key
		published = append(published, key.jwk)
		return nil
	}
	for _, key := range signing {
		if err := publish(key.public); err != nil {
			return nil, err
		}
		if _, exists := ring.signers[key.Alg()]; !exists {
			ring.signers[key.Alg()] = signer{key, methodOf(key.Alg()), encodeHeader(key.public, TypJWT)}
		}
	}
	for _, key := range retired {
		if err := publish(key); err != nil {
			return nil, err
		}
	}
	ring.jwks = append(append([]byte(`{"keys":[`), bytes.Join(published, []byte(","))...), "]}"...)
	return ring, nil
}

// JWKS is the key set (RFC 7517 section 5): the signing keys, then the retired
// ones. It must not be changed.
func (k *Keyring) JWKS() []byte { return k.jwks }

// Algs returns the algorithms that the keyring can sign with.
func (k *Keyring) Algs() []string {
	var algs []string
	for _, alg := range Algs() {
		if _, ok := k.signers[alg]; ok {
			algs = append(algs, alg)
		}
	}
	return algs
}

// Sign makes a signed token (RFC 7515 section 7.1) of a payload, which is the
// JSON object of its claims.
func (k *Keyring) Sign(alg, typ string, payload []byte) (string, error) {
	signer, ok := k.signers[alg]
	if !ok {
		return "", fmt.Errorf("no key signs with %s", alg)
	}
	header := signer.header
	if typ != TypJWT {
		header = encodeHeader(signer.key.public, typ)
	}
	token := make([]byte, 0, len(header)+base64.RawURLEncoding.EncodedLen(len(payload))+maxSignature)
	token = append(token, header...)
	token = base64.RawURLEncoding.AppendEncode(token, payload)
	signature, err := signer.method.Sign(string(token), signer.key.signer)
	if err != nil {
		return "", fmt.Errorf("sign with %s: %w", signer.key, err)
	}
	token = append(token, '.')
	token = base64.RawURLEncoding.AppendEncode(token, signature)
	return string(token), nil
}

// maxSignature is room for the dot and the longest usual signature, of RSA with
// 2048 bits.
const maxSignature = 1 + (256*4+2)/3

func encodeHeader(key Public, typ string) string {
	header := mustMarshal(struct {
		Alg string `json:"alg"`
		Kid string `json:"kid"`
		Typ string `json:"typ"`
	}{key.alg, key.id, typ})
	return encode(header) + "."
}

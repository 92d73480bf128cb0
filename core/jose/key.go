package jose

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"time"
)

const rsaBits = 2048

// Private is a key pair that signs with one algorithm. The zero Private is no
// key; they are made by [Generate] and [Parse].
type Private struct {
	public    Public
	signer    crypto.Signer
	createdAt time.Time
}

// Public is the half of a key pair that verifies.
type Public struct {
	id  string
	alg string
	key crypto.PublicKey // *rsa.PublicKey, *ecdsa.PublicKey or ed25519.PublicKey
	jwk []byte
}

// Generate makes a key pair. RSA keys have 2048 bits. The standard library makes
// RSA and ECDSA keys from the operating system's randomness alone; random is for
// the others.
func Generate(alg string, now time.Time, random io.Reader) (Private, error) {
	signer, err := generate(alg, random)
	if err != nil {
		return Private{}, fmt.Errorf("make a key for %s: %w", alg, err)
	}
	private, err := newPrivate(alg, signer)
	private.createdAt = now
	return private, err
}

func generate(alg string, random io.Reader) (crypto.Signer, error) {
	switch alg {
	case RS256, PS256:
		return rsa.GenerateKey(random, rsaBits)
	case ES256:
		return ecdsa.GenerateKey(elliptic.P256(), random)
	case EdDSA:
		_, private, err := ed25519.GenerateKey(random)
		return private, err
	}
	return nil, errAlg
}

var errAlg = errors.New("the algorithm is none of RS256, ES256, EdDSA and PS256")

// Parse reads the private key that [Private.PKCS8] gave. It fails unless the key
// fits the algorithm and kid is its thumbprint.
func Parse(kid, alg string, pkcs8 []byte) (Private, error) {
	key, err := x509.ParsePKCS8PrivateKey(pkcs8)
	if err != nil {
		return Private{}, fmt.Errorf("signing key %s: %w", kid, err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return Private{}, fmt.Errorf("signing key %s: a %T does not sign", kid, key)
	}
	private, err := newPrivate(alg, signer)
	if err != nil {
		return Private{}, fmt.Errorf("signing key %s: %w", kid, err)
	}
	if private.ID() != kid {
		return Private{}, fmt.Errorf("signing key %s: the key that is stored is another, %s", kid, private.ID())
	}
	return private, nil
}

func newPrivate(alg string, signer crypto.Signer) (Private, error) {
	public, err := newPublic(alg, signer.Public())
	return Private{public: public, signer: signer}, err
}

func newPublic(alg string, key crypto.PublicKey) (Public, error) {
	if err := fits(alg, key); err != nil {
		return Public{}, err
	}
	members := membersOf(key)
	id := members.thumbprint()
	return Public{id: id, alg: alg, key: key, jwk: members.publish(id, alg)}, nil
}

// fits binds an algorithm to its type of key, so that a key of one kind never
// verifies a signature of another.
func fits(alg string, key crypto.PublicKey) error {
	ok := false
	switch key := key.(type) {
	case *rsa.PublicKey:
		ok = (alg == RS256 || alg == PS256) && key.N.BitLen() >= rsaBits
	case *ecdsa.PublicKey:
		ok = alg == ES256 && key.Curve == elliptic.P256()
	case ed25519.PublicKey:
		ok = alg == EdDSA
	}
	if !ok {
		return fmt.Errorf("a key of type %T, or of its size, is not for %q", key, alg)
	}
	return nil
}

// ID is the kid: the key's thumbprint (RFC 7638).
func (k Private) ID() string { return k.public.id }

// Alg is the algorithm that the key signs with.
func (k Private) Alg() string { return k.public.alg }

// CreatedAt is when [Generate] made the key; zero after [Parse].
func (k Private) CreatedAt() time.Time { return k.createdAt }

// Public is the half to publish.
func (k Private) Public() Public { return k.public }

// PublicJWK is the public half as JSON (RFC 7517).
func (k Private) PublicJWK() []byte { return k.public.JWK() }

// PKCS8 is the private key, unencrypted. It is a secret: seal it, never log it.
func (k Private) PKCS8() ([]byte, error) { return x509.MarshalPKCS8PrivateKey(k.signer) }

// String names the key without showing it.
func (k Private) String() string { return k.Alg() + " key " + k.ID() }

// Format prints the name for every verb, so that no log shows the key.
func (k Private) Format(s fmt.State, _ rune) { fmt.Fprint(s, k.String()) }

// ID is the kid: the key's thumbprint (RFC 7638).
func (k Public) ID() string { return k.id }

// Alg is the algorithm that the key verifies.
func (k Public) Alg() string { return k.alg }

// JWK is the key as JSON (RFC 7517).
func (k Public) JWK() []byte { return append([]byte(nil), k.jwk...) }

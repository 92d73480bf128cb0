package jose

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
)

// thumbMembers are the members that a thumbprint is made of, in the order of
// their names (RFC 7638 section 3.2, RFC 8037 section 2).
type thumbMembers struct {
	Crv string `json:"crv,omitempty"`
	E   string `json:"e,omitempty"`
	Kty string `json:"kty"`
	N   string `json:"n,omitempty"`
	X   string `json:"x,omitempty"`
	Y   string `json:"y,omitempty"`
}

// publicJWK is a published key. It has no member for a private or symmetric key,
// so none can slip out.
type publicJWK struct {
	Use string `json:"use"`
	Alg string `json:"alg"`
	Kid string `json:"kid"`
	thumbMembers
}

func membersOf(key crypto.PublicKey) thumbMembers {
	switch key := key.(type) {
	case *rsa.PublicKey:
		return thumbMembers{Kty: "RSA", N: encode(key.N.Bytes()), E: encode(big.NewInt(int64(key.E)).Bytes())}
	case *ecdsa.PublicKey:
		point, err := key.Bytes()
		if err != nil {
			panic(err) // fits admitted the curve
		}
		x, y := point[1:33], point[33:]
		return thumbMembers{Kty: "EC", Crv: "P-256", X: encode(x), Y: encode(y)}
	case ed25519.PublicKey:
		return thumbMembers{Kty: "OKP", Crv: "Ed25519", X: encode(key)}
	}
	panic(fmt.Sprintf("jose: %T", key)) // fits admitted the type
}

func (m thumbMembers) thumbprint() string {
	sum := sha256.Sum256(mustMarshal(m))
	return encode(sum[:])
}

func (m thumbMembers) publish(id, alg string) []byte {
	return mustMarshal(publicJWK{Use: "sig", Alg: alg, Kid: id, thumbMembers: m})
}

func mustMarshal(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // structs of strings always become JSON
	}
	return b
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// ParsePublic reads what [Public.JWK] gave. Anything else is refused, a private
// member above all.
func ParsePublic(jwk []byte) (Public, error) {
	var parsed publicJWK
	decoder := json.NewDecoder(bytes.NewReader(jwk))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&parsed); err != nil {
		return Public{}, fmt.Errorf("public key: %w", err)
	}
	key, err := parsed.key()
	if err != nil {
		return Public{}, fmt.Errorf("public key %s: %w", parsed.Kid, err)
	}
	public, err := newPublic(parsed.Alg, key)
	if err != nil {
		return Public{}, fmt.Errorf("public key %s: %w", parsed.Kid, err)
	}
	if !bytes.Equal(public.jwk, jwk) {
		return Public{}, fmt.Errorf("public key %s: it is not in the form in which it was stored", parsed.Kid)
	}
	return public, nil
}

func (m thumbMembers) key() (crypto.PublicKey, error) {
	switch m.Kty {
	case "RSA":
		n, errN := decode(m.N)
		e, errE := decode(m.E)
		if errN != nil || errE != nil || len(n) > 1024 || len(e) > 4 {
			return nil, errors.New("modulus or exponent are no numbers")
		}
		return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(new(big.Int).SetBytes(e).Int64())}, nil
	case "EC":
		x, errX := decode(m.X)
		y, errY := decode(m.Y)
		if errX != nil || errY != nil || len(x) != 32 || len(y) != 32 {
			return nil, errors.New("coordinates are no numbers of 256 bits")
		}
		return ecdsa.ParseUncompressedPublicKey(elliptic.P256(), append(append([]byte{4}, x...), y...))
	case "OKP":
		x, err := decode(m.X)
		if err != nil || len(x) != ed25519.PublicKeySize {
			return nil, errors.New("the key has not 256 bits")
		}
		return ed25519.PublicKey(x), nil
	}
	return nil, fmt.Errorf("unknown type %q", m.Kty)
}

package connectortest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
)

// Key is a private key of a client at a vendor, who has the public half.
type Key struct {
	PEM string // PKCS #8, as the operator gets it from the vendor
	key *ecdsa.PrivateKey
}

// NewKey makes a key on the curve P-256.
func NewKey(t testing.TB) *Key {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return &Key{string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})), key}
}

// Read gives what a JWT says that the key signed with ES256 (RFC 7518 section 3.4), as a
// vendor reads it; ok is false if it did not.
func (k *Key) Read(token string) (header, claims map[string]any, ok bool) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return nil, nil, false
	}
	var decoded [3][]byte
	for i, part := range parts {
		var err error
		if decoded[i], err = base64.RawURLEncoding.DecodeString(part); err != nil {
			return nil, nil, false
		}
	}
	signature := decoded[2]
	if json.Unmarshal(decoded[0], &header) != nil || json.Unmarshal(decoded[1], &claims) != nil || header["alg"] != "ES256" || len(signature) != 64 {
		return nil, nil, false
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	r, s := new(big.Int).SetBytes(signature[:32]), new(big.Int).SetBytes(signature[32:])
	return header, claims, ecdsa.Verify(&k.key.PublicKey, sum[:], r, s)
}

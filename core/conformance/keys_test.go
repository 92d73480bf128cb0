package conformance_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"fmt"
	"maps"
	"math/big"
	"testing"
)

// checkKeys checks a JWK Set (RFC 7517, RFC 7518 section 6): nothing private in it,
// each key usable, with a kid of its own.
func checkKeys(set document) complaints {
	var c complaints
	values, ok := set["keys"].([]any)
	c.unless(ok && len(values) > 0, "there are no keys")
	seen := map[string]bool{}
	for i, value := range values {
		key := document(asObject(value))
		kid := key.text("kid")
		c.unless(kid != "", "key %d has no kid", i)
		c.unless(!seen[kid], "the kid %q is there twice", kid)
		seen[kid] = true
		for _, private := range [...]string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"} {
			c.unless(!key.has(private), "key %q has the private member %s", kid, private)
		}
		_, err := publicKey(key)
		c.unless(err == nil, "key %q is of no use: %v", kid, err)
		use := key.text("use")
		c.unless(use == "sig" || use == "enc", "key %q is for %q", kid, use)
	}
	return c
}

func asObject(value any) map[string]any { object, _ := value.(map[string]any); return object }

// keyOf gives the key with the kid; nil if there is none.
func keyOf(set document, kid string) document {
	values, _ := set["keys"].([]any)
	for _, value := range values {
		if key := document(asObject(value)); key.text("kid") == kid {
			return key
		}
	}
	return nil
}

func publicKey(key document) (crypto.PublicKey, error) {
	number := func(name string) *big.Int {
		raw, err := base64.RawURLEncoding.Strict().DecodeString(key.text(name))
		if err != nil || len(raw) == 0 {
			return new(big.Int)
		}
		return new(big.Int).SetBytes(raw)
	}
	switch key.text("kty") {
	case "RSA":
		n, e := number("n"), number("e")
		if n.BitLen() < 2048 || !e.IsInt64() || e.Int64() < 3 {
			return nil, fmt.Errorf("RSA of %d bits with the exponent %v", n.BitLen(), e)
		}
		return &rsa.PublicKey{N: n, E: int(e.Int64())}, nil
	case "EC":
		if key.text("crv") != "P-256" {
			return nil, fmt.Errorf("the curve %q", key.text("crv"))
		}
		point := append([]byte{4}, append(number("x").FillBytes(make([]byte, 32)), number("y").FillBytes(make([]byte, 32))...)...)
		return ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	case "OKP":
		x, err := base64.RawURLEncoding.Strict().DecodeString(key.text("x"))
		if err != nil || key.text("crv") != "Ed25519" || len(x) != ed25519.PublicKeySize {
			return nil, fmt.Errorf("the curve %q with %d bytes", key.text("crv"), len(x))
		}
		return ed25519.PublicKey(x), nil
	}
	return nil, fmt.Errorf("the key type %q", key.text("kty"))
}

func TestKeyRules(t *testing.T) {
	right := asObject(ourKey("a").jwk())
	if c := checkKeys(document{"keys": []any{right}}); c != nil {
		t.Fatal(c)
	}
	for name, value := range map[string]any{"kid": "", "d": "AQAB", "k": "AQAB", "kty": "oct", "n": "AQAB", "use": "any"} {
		wrong := maps.Clone(right)
		wrong[name] = value
		if checkKeys(document{"keys": []any{wrong}}) == nil {
			t.Errorf("no complaint about %s %v", name, value)
		}
	}
	for _, keys := range [][]any{nil, {right, right}} {
		if checkKeys(document{"keys": keys}) == nil {
			t.Errorf("no complaint about %d keys", len(keys))
		}
	}
}

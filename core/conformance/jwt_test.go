package conformance_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"sync"
	"testing"
)

// jwt is a token in parts (RFC 7519, compact form).
type jwt struct {
	header, claims document
	signed         string // what is signed
	signature      []byte
}

func parseJWT(text string) (jwt, error) {
	parts := strings.Split(text, ".")
	if len(parts) != 3 {
		return jwt{}, fmt.Errorf("a JWT has 3 parts, not %d", len(parts))
	}
	var j jwt
	var err error
	for i, target := range []*document{&j.header, &j.claims} {
		raw, decodeErr := base64.RawURLEncoding.Strict().DecodeString(parts[i])
		err = errors.Join(err, decodeErr, json.Unmarshal(raw, target))
	}
	signature, decodeErr := base64.RawURLEncoding.Strict().DecodeString(parts[2])
	j.signed, j.signature = parts[0]+"."+parts[1], signature
	return j, errors.Join(err, decodeErr)
}

// verify checks the signature by the key in the set that the header names.
func (j jwt) verify(set document) error {
	key := keyOf(set, j.header.text("kid"))
	if key == nil {
		return fmt.Errorf("there is no key %q", j.header.text("kid"))
	}
	public, err := publicKey(key)
	if err != nil {
		return err
	}
	digest := sha256.Sum256([]byte(j.signed))
	alg := j.header.text("alg")
	if keyAlg := key.text("alg"); keyAlg != "" && keyAlg != alg {
		return fmt.Errorf("the key is for %s, not %s", keyAlg, alg)
	}
	switch key := public.(type) {
	case *rsa.PublicKey:
		switch alg {
		case "RS256":
			return rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], j.signature)
		case "PS256":
			return rsa.VerifyPSS(key, crypto.SHA256, digest[:], j.signature, &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash})
		}
	case *ecdsa.PublicKey:
		if alg == "ES256" && len(j.signature) == 64 &&
			ecdsa.Verify(key, digest[:], new(big.Int).SetBytes(j.signature[:32]), new(big.Int).SetBytes(j.signature[32:])) {
			return nil
		}
	case ed25519.PublicKey:
		if alg == "EdDSA" && ed25519.Verify(key, []byte(j.signed), j.signature) {
			return nil
		}
	}
	return fmt.Errorf("the signature by %s is wrong", alg)
}

// halfHash is at_hash and c_hash (OpenID Connect Core sections 3.1.3.6, 3.3.2.11).
func halfHash(alg, value string) string {
	if alg == "EdDSA" {
		sum := sha512.Sum512([]byte(value))
		return base64.RawURLEncoding.EncodeToString(sum[:32])
	}
	sum := sha256.Sum256([]byte(value))
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}

// rpKey is a key of the relying party, for RS256.
type rpKey struct {
	kid     string
	private *rsa.PrivateKey
}

var ourKeys sync.Map // of *rpKey by their kid

// ourKey gives the key of that name; it is made once.
func ourKey(kid string) *rpKey {
	made, _ := ourKeys.LoadOrStore(kid, sync.OnceValue(func() *rpKey {
		private, err := rsa.GenerateKey(rand.Reader, 2048)
		if err != nil {
			panic(err)
		}
		return &rpKey{kid, private}
	}))
	return made.(func() *rpKey)()
}

// jwk is its public half.
func (k *rpKey) jwk() any {
	return map[string]any{
		"kty": "RSA", "kid": k.kid, "use": "sig", "alg": "RS256",
		"n": base64.RawURLEncoding.EncodeToString(k.private.N.Bytes()),
		"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(k.private.E)).Bytes()),
	}
}

func jwks(keys ...*rpKey) json.RawMessage {
	set := map[string][]any{}
	for _, k := range keys {
		set["keys"] = append(set["keys"], k.jwk())
	}
	return must(json.Marshal(set))
}

// sign makes a JWT.
func (k *rpKey) sign(claims document) string {
	signed := unsigned(document{"alg": "RS256", "kid": k.kid}, claims)
	digest := sha256.Sum256([]byte(signed))
	return signed + "." + base64.RawURLEncoding.EncodeToString(must(rsa.SignPKCS1v15(nil, k.private, crypto.SHA256, digest[:])))
}

// signSecret makes a JWT with HS256.
func signSecret(secret string, claims document) string {
	signed := unsigned(document{"alg": "HS256"}, claims)
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(signed))
	return signed + "." + base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}

// unsignedJWT has no signature (RFC 7519 section 6).
func unsignedJWT(claims document) string { return unsigned(document{"alg": "none"}, claims) + "." }

func unsigned(header, claims document) string {
	return base64.RawURLEncoding.EncodeToString(must(json.Marshal(header))) + "." + base64.RawURLEncoding.EncodeToString(must(json.Marshal(claims)))
}

// must is for what cannot fail in a test that is right.
func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

func TestJWT(t *testing.T) {
	key := ourKey("a")
	var set document
	if err := json.Unmarshal(jwks(key), &set); err != nil {
		t.Fatal(err)
	}
	signed := key.sign(document{"sub": "x"})
	token, err := parseJWT(signed)
	if err != nil || token.claims.text("sub") != "x" || token.verify(set) != nil {
		t.Fatalf("%v %v, %v", token, err, token.verify(set))
	}
	for name, text := range map[string]string{
		"another key": ourKey("b").sign(document{"sub": "x"}), "none": unsignedJWT(document{"sub": "x"}),
		"changed": signed[:len(signed)-8] + "AAAAAAAA", "a secret": signSecret("x", document{"sub": "x"}),
	} {
		if token, err := parseJWT(text); err != nil || token.verify(set) == nil {
			t.Errorf("%s: parsed with %v, and the signature is right", name, err)
		}
	}
	for _, text := range []string{"", "a.b", "e30.e30.!", "e30=.e30.", "W10.e30."} {
		if _, err := parseJWT(text); err == nil {
			t.Errorf("%q is a JWT", text)
		}
	}
}

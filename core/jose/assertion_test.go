package jose_test

import (
	"crypto"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"strings"
	"testing"

	gojose "github.com/go-jose/go-jose/v4"

	"github.com/postern-id/postern/core/jose"
)

func pkcs8(t *testing.T, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return der
}

func privatePEM(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

// TestSignFor verifies with another library.
func TestSignFor(t *testing.T) {
	ec, errEC := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	large, errRSA := rsa.GenerateKey(rand.Reader, 2048)
	_, ed, errEd := ed25519.GenerateKey(rand.Reader)
	if err := errors.Join(errEC, errRSA, errEd); err != nil {
		t.Fatal(err)
	}
	for alg, key := range map[string]crypto.Signer{jose.ES256: ec, jose.RS256: large, jose.EdDSA: ed} {
		token, err := jose.SignFor(privatePEM("PRIVATE KEY", pkcs8(t, key)), `k"1`, []byte(`{"iss":"us"}`), "none", alg)
		if err != nil {
			t.Fatal(err)
		}
		signed, err := gojose.ParseSigned(token, []gojose.SignatureAlgorithm{gojose.SignatureAlgorithm(alg)})
		if err != nil {
			t.Fatal(err)
		}
		payload, err := signed.Verify(key.Public())
		if head := signed.Signatures[0].Protected; err != nil || string(payload) != `{"iss":"us"}` || head.KeyID != `k"1` || head.Algorithm != alg || head.ExtraHeaders["typ"] != "JWT" {
			t.Errorf("%s: %s, %+v, %v", alg, payload, head, err)
		}
	}
	token, err := jose.SignFor("\n"+privatePEM("PRIVATE KEY", pkcs8(t, ed))+"\n \n", "", nil)
	if head, _ := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[0]); err != nil || string(head) != `{"alg":"EdDSA","typ":"JWT"}` {
		t.Errorf("%s, %v", head, err)
	}
}

// TestSignForRefuses: the errors say what is wrong with a key, and show none of it.
func TestSignForRefuses(t *testing.T) {
	t.Setenv("GODEBUG", "rsa1024min=0")
	small, errRSA := rsa.GenerateKey(rand.Reader, 1024)
	other, errEC := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	good, errGood := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	exchange, errX := ecdh.X25519().GenerateKey(rand.Reader)
	if err := errors.Join(errRSA, errEC, errGood, errX); err != nil {
		t.Fatal(err)
	}
	key := privatePEM("PRIVATE KEY", pkcs8(t, good))
	for name, test := range map[string]struct{ text, words string }{
		"nothing":    {"", "no PEM block"},
		"a secret":   {"hunter2-hunter2", "no PEM block"},
		"SEC 1":      {privatePEM("EC PRIVATE KEY", pkcs8(t, good)), "openssl pkcs8 -topk8 -nocrypt"},
		"PKCS #1":    {privatePEM("RSA PRIVATE KEY", pkcs8(t, good)), "openssl pkcs8 -topk8 -nocrypt"},
		"encrypted":  {privatePEM("ENCRYPTED PRIVATE KEY", pkcs8(t, good)), "it is encrypted"},
		"public":     {privatePEM("PUBLIC KEY", pkcs8(t, good)), "of another type"},
		"two":        {key + key, "something behind"},
		"no key":     {privatePEM("PRIVATE KEY", []byte("hunter2-hunter2")), "no PKCS #8"},
		"small RSA":  {privatePEM("PRIVATE KEY", pkcs8(t, small)), "RSA with 1024 bits, and 2048 are needed"},
		"P-384":      {privatePEM("PRIVATE KEY", pkcs8(t, other)), "of the curve P-384"},
		"X25519":     {privatePEM("PRIVATE KEY", pkcs8(t, exchange)), "neither of P-256"},
		"other alg":  {key, "it signs with ES256, and RS256 is needed"},
		"half a key": {key[:len(key)/2], "no PEM block"},
	} {
		token, err := jose.SignFor(test.text, "k", []byte("{}"), jose.RS256)
		if !errors.Is(err, jose.ErrPrivateKey) || token != "" || !strings.Contains(err.Error(), test.words) {
			t.Errorf("%s: %q, %v", name, token, err)
			continue
		}
		if lines := strings.Split(test.text, "\n"); strings.Contains(err.Error(), "hunter2") || len(lines) > 1 && strings.Contains(err.Error(), lines[1]) {
			t.Errorf("%s: the error shows the key: %v", name, err)
		}
	}
}

package jose_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"

	gojose "github.com/go-jose/go-jose/v4"

	"github.com/postern-id/postern/core/jose"
)

// recipients makes the keys of somebody who gets what is encrypted, once.
var recipients = sync.OnceValue(func() map[string]any {
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	made := map[string]any{"rsa": rsaKey}
	for name, curve := range map[string]elliptic.Curve{"p256": elliptic.P256(), "p384": elliptic.P384(), "p521": elliptic.P521()} {
		if made[name], err = ecdsa.GenerateKey(curve, rand.Reader); err != nil {
			panic(err)
		}
	}
	return made
})

// decrypt is by another's hand: the library with the private key.
func decrypt(t *testing.T, text, alg, enc, key string) (header map[string]any, payload string) {
	t.Helper()
	object, err := gojose.ParseEncrypted(text, []gojose.KeyAlgorithm{gojose.KeyAlgorithm(alg)}, []gojose.ContentEncryption{gojose.ContentEncryption(enc)})
	if err != nil {
		t.Fatal(err)
	}
	plain, err := object.Decrypt(recipients()[key])
	if err != nil {
		t.Fatal(err)
	}
	raw, err := base64.RawURLEncoding.DecodeString(text[:strings.IndexByte(text, '.')])
	if err != nil || json.Unmarshal(raw, &header) != nil {
		t.Fatalf("header %s, %v", raw, err)
	}
	return header, string(plain)
}

func TestEncrypt(t *testing.T) {
	for _, alg := range jose.EncryptionAlgs() {
		for _, enc := range jose.ContentEncryptions() {
			for _, key := range []string{"rsa", "p256", "p384", "p521"} {
				set := keySet(t, publish(t, gojose.JSONWebKey{Key: recipients()[key], KeyID: "k-" + key, Use: "enc"}))
				text, err := set.Encrypt(alg, enc, "JWT", []byte("secret words"))
				if strings.HasPrefix(alg, "RSA") != (key == "rsa") {
					if !errors.Is(err, jose.ErrNoEncryptionKey) || text != "" {
						t.Errorf("%s for %s: %q, %v", alg, key, text, err)
					}
					continue
				}
				if err != nil {
					t.Fatalf("%s with %s for %s: %v", alg, enc, key, err)
				}
				header, plain := decrypt(t, text, alg, enc, key)
				if plain != "secret words" || header["alg"] != alg || header["enc"] != enc || header["cty"] != "JWT" || header["kid"] != "k-"+key {
					t.Errorf("%q with the header %v", plain, header)
				}
				if _, compressed := header["zip"]; compressed {
					t.Error("it is compressed")
				}
				if set.Len() != 0 {
					t.Error("a key for encryption verifies")
				}
			}
		}
	}
}

// TestEncryptTo: which of several keys it is.
func TestEncryptTo(t *testing.T) {
	key := func(id, use, alg string) gojose.JSONWebKey {
		return gojose.JSONWebKey{Key: recipients()["p256"], KeyID: id, Use: use, Algorithm: alg}
	}
	for _, test := range []struct {
		name string
		keys []gojose.JSONWebKey
		want string // kid; empty: none
	}{
		{"the one for encryption", []gojose.JSONWebKey{key("any", "", ""), key("sig", "sig", ""), key("enc", "enc", "")}, "enc"},
		{"one for anything", []gojose.JSONWebKey{key("sig", "sig", ""), key("any", "", "")}, "any"},
		{"one for the algorithm", []gojose.JSONWebKey{key("other", "enc", "ECDH-ES+A256KW"), key("this", "enc", "ECDH-ES")}, "this"},
		{"not one for signatures", []gojose.JSONWebKey{key("sig", "sig", ""), key("es", "", "ES256")}, ""},
		{"not one of another kind", []gojose.JSONWebKey{{Key: recipients()["rsa"], KeyID: "rsa", Use: "enc"}}, ""},
		{"none", []gojose.JSONWebKey{}, ""},
	} {
		text, err := keySet(t, publish(t, test.keys...)).Encrypt("ECDH-ES", "A128GCM", "", []byte("x"))
		if test.want == "" {
			if !errors.Is(err, jose.ErrNoEncryptionKey) {
				t.Errorf("%s: %q, %v", test.name, text, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		header, _ := decrypt(t, text, "ECDH-ES", "A128GCM", "p256")
		if _, typed := header["cty"]; header["kid"] != test.want || typed {
			t.Errorf("%s: %v", test.name, header)
		}
	}
	// key_ops says the same as use; what is wrong with a key that is no use is let be.
	jwks := string(publish(t, key("k", "", "")))
	for operations, works := range map[string]bool{`["deriveKey"]`: true, `["deriveBits","verify"]`: true, `["verify"]`: false, `[]`: false, `7`: false} {
		set := keySet(t, []byte(strings.Replace(jwks, `"kty"`, `"key_ops":`+operations+`,"kty"`, 1)))
		if _, err := set.Encrypt("ECDH-ES", "A128GCM", "", nil); (err == nil) != works {
			t.Errorf("key_ops %s: %v", operations, err)
		}
	}
	broken := keySet(t, []byte(`{"keys":[{"kty":"EC","crv":"P-256","x":"AA","y":"AA","use":"enc"}]}`))
	if _, err := broken.Encrypt("ECDH-ES", "A128GCM", "", nil); !errors.Is(err, jose.ErrNoEncryptionKey) {
		t.Error(err)
	}
}

func TestRefuse077Encryption(t *testing.T) {
	set := keySet(t, publish(t, gojose.JSONWebKey{Key: recipients()["rsa"], KeyID: "r"}, gojose.JSONWebKey{Key: recipients()["p256"], KeyID: "e"}))
	for _, pair := range [][2]string{
		{"RSA1_5", "A128GCM"}, {"dir", "A128GCM"}, {"PBES2-HS256+A128KW", "A128GCM"}, {"A128KW", "A128GCM"}, {"none", "A128GCM"}, {"", "A128GCM"},
		{"RSA-OAEP", "none"}, {"RSA-OAEP", ""}, {"RSA-OAEP", "A192GCM"}, {"rsa-oaep", "A128GCM"},
	} {
		if text, err := set.Encrypt(pair[0], pair[1], "", []byte("x")); err == nil {
			t.Errorf("%v: %s", pair, text)
		}
	}
	weak, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	small := keySet(t, publish(t, gojose.JSONWebKey{Key: weak, KeyID: "w", Use: "enc"}))
	if text, err := small.Encrypt("RSA-OAEP", "A128GCM", "", []byte("x")); !errors.Is(err, jose.ErrNoEncryptionKey) {
		t.Errorf("1,024 bits: %s, %v", text, err)
	}
}

func TestUnsecured(t *testing.T) {
	token := jose.Unsecured(jose.TypJWT, payload(t))
	got, err := jose.ParseUnsecured(token, foreign())
	if err != nil || got.Typ != jose.TypJWT || got.Text("sub") != "0193" {
		t.Errorf("%s: %+v, %v", token, got, err)
	}
	if _, err := ring(t).Verify(token, jose.Expect{Typ: jose.TypJWT, Issuer: issuer, Now: now}); err == nil {
		t.Error("070: we trust what nobody signed")
	}
}

package clientkey

import (
	"errors"
	"strings"
	"testing"
	"time"

	gojose "github.com/go-jose/go-jose/v4"

	"github.com/postern-id/postern/core/jose"
)

// TestEncrypt: what is encrypted, the client's key opens; one that it publishes later is
// found, a minute after the last look.
func TestEncrypt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	opened := func(text, alg, enc, key string) {
		t.Helper()
		object, err := gojose.ParseEncrypted(text, []gojose.KeyAlgorithm{gojose.KeyAlgorithm(alg)}, []gojose.ContentEncryption{gojose.ContentEncryption(enc)})
		if err != nil {
			t.Fatal(err)
		}
		if plain, err := object.Decrypt(keys()[key]); err != nil || string(plain) != "words" {
			t.Errorf("%q, %v", plain, err)
		}
	}
	encrypt := func(alg, enc string) (string, error) {
		return w.service.Encrypt(t.Context(), client(published), alg, enc, "JWT", []byte("words"))
	}
	text, err := encrypt("ECDH-ES", "")
	if err != nil {
		t.Fatal(err)
	}
	opened(text, "ECDH-ES", "A128CBC-HS256", "ec")
	w.publish("ec", "rsa")
	if text, err := encrypt("RSA-OAEP", "A256GCM"); !errors.Is(err, jose.ErrNoEncryptionKey) || text != "" || len(w.asked) != 1 {
		t.Errorf("%q, %v after %d fetches", text, err, len(w.asked))
	}
	w.sleep(time.Minute)
	if text, err = encrypt("RSA-OAEP", "A256GCM"); err != nil || len(w.asked) != 2 {
		t.Fatalf("%v after %d fetches", err, len(w.asked))
	}
	opened(text, "RSA-OAEP", "A256GCM", "rsa")
	text, err = w.service.Encrypt(t.Context(), client(withKeys(t, "rsa")), "RSA-OAEP-256", "A128GCM", "", []byte("words"))
	if err != nil {
		t.Fatal(err)
	}
	opened(text, "RSA-OAEP-256", "A128GCM", "rsa")
	if text, err := w.service.Encrypt(t.Context(), client(nil), "ECDH-ES", "", "", []byte("words")); !errors.Is(err, errNoKeys) || strings.Contains(text, "words") {
		t.Errorf("%q, %v", text, err)
	}
}

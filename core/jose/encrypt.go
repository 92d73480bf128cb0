package jose

import (
	"crypto/ecdsa"
	"crypto/rsa"
	"errors"
	"fmt"
	"slices"

	gojose "github.com/go-jose/go-jose/v4"
)

// ErrNoEncryptionKey says that a key set has no key to encrypt to.
var ErrNoEncryptionKey = errors.New("the key set has no key to encrypt to with that algorithm")

// EncryptionAlgs returns how a key is agreed on (RFC 7518 section 4.1). RSA1_5 is not
// among them: whoever can ask whether a text decrypts can decrypt (section 8.3). Nor is
// what takes a password.
func EncryptionAlgs() []string {
	return []string{"RSA-OAEP", "RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW"}
}

// DefaultEncryption is how content is encrypted for clients that registered nothing
// (OpenID Connect Dynamic Client Registration section 2).
const DefaultEncryption = "A128CBC-HS256"

// ContentEncryptions returns how content can be encrypted (RFC 7518 section 5.1), the
// default first.
func ContentEncryptions() []string {
	return []string{DefaultEncryption, "A256CBC-HS512", "A128GCM", "A256GCM"}
}

// Encrypt encrypts a payload to a key of the set (RFC 7516): to one that is for
// encryption alone, if there is one, else to one that is for anything. ContentType is
// cty, JWT for a nested token; empty leaves it out. Nothing is compressed: the length
// would tell of the content. The randomness is the operating system's.
func (s *KeySet) Encrypt(alg, enc, contentType string, payload []byte) (string, error) {
	if !slices.Contains(EncryptionAlgs(), alg) || !slices.Contains(ContentEncryptions(), enc) {
		return "", fmt.Errorf("nothing is encrypted with %q and %q", alg, enc)
	}
	i := slices.IndexFunc(s.encrypters, func(k foreignKey) bool { return (k.alg == "" || k.alg == alg) && agrees(alg, k.key) })
	if i < 0 {
		return "", ErrNoEncryptionKey
	}
	options := &gojose.EncrypterOptions{}
	if contentType != "" {
		options.WithContentType(gojose.ContentType(contentType))
	}
	recipient := gojose.Recipient{Algorithm: gojose.KeyAlgorithm(alg), Key: s.encrypters[i].key, KeyID: s.encrypters[i].kid}
	encrypter, err := gojose.NewEncrypter(gojose.ContentEncryption(enc), recipient, options)
	if err != nil {
		return "", fmt.Errorf("encrypt with %s: %w", alg, err)
	}
	object, err := encrypter.Encrypt(payload)
	if err != nil {
		return "", fmt.Errorf("encrypt with %s: %w", alg, err)
	}
	return object.CompactSerialize()
}

// agrees binds an algorithm to its type of key.
func agrees(alg string, key any) bool {
	switch key.(type) {
	case *rsa.PublicKey:
		return alg == "RSA-OAEP" || alg == "RSA-OAEP-256"
	case *ecdsa.PublicKey:
		return alg == "ECDH-ES" || alg == "ECDH-ES+A128KW" || alg == "ECDH-ES+A256KW"
	}
	return false
}

// Unsecured writes a token that nobody signs (RFC 7515 appendix A.5), for clients that
// registered that they want none.
func Unsecured(typ string, payload []byte) string {
	header := mustMarshal(struct {
		Alg string `json:"alg"`
		Typ string `json:"typ"`
	}{"none", typ})
	return encode(header) + "." + encode(payload) + "."
}

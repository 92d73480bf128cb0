package jose

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrPrivateKey says that what was given is no private key to sign with. Errors that
// wrap it say what is wrong, and never hold a part of the key.
var ErrPrivateKey = errors.New("it is no private key to sign with")

// SignFor signs claims with a key that is ours at another party, such as an assertion
// with which a client proves who it is (RFC 7523 section 2.2). The key is a private key
// in PEM, unencrypted PKCS #8: of P-256 it signs with ES256, of RSA with 2,048 bits at
// least with RS256, of Ed25519 with EdDSA. Algs, if there are any, are those that will
// do. An empty kid is left out.
func SignFor(keyPEM, kid string, claims []byte, algs ...string) (string, error) {
	key, alg, err := parsePrivatePEM(keyPEM)
	if err != nil {
		return "", err
	}
	if len(algs) > 0 && !slices.Contains(algs, alg) {
		return "", fmt.Errorf("%w: it signs with %s, and %s is needed", ErrPrivateKey, alg, strings.Join(algs, " or "))
	}
	header, err := json.Marshal(struct {
		Alg string `json:"alg"`
		Kid string `json:"kid,omitempty"`
		Typ string `json:"typ"`
	}{alg, kid, TypJWT})
	if err != nil {
		return "", err
	}
	signed := base64.RawURLEncoding.EncodeToString(header) + "." + base64.RawURLEncoding.EncodeToString(claims)
	signature, err := methodOf(alg).Sign(signed, key)
	if err != nil {
		return "", fmt.Errorf("sign with %s: %w", alg, err)
	}
	return signed + "." + base64.RawURLEncoding.EncodeToString(signature), nil
}

// parsePrivatePEM reads the key, and says which algorithm it is for.
func parsePrivatePEM(text string) (key crypto.PrivateKey, alg string, err error) {
	block, rest := pem.Decode([]byte(text))
	switch {
	case block == nil:
		return nil, "", fmt.Errorf("%w: it has no PEM block, which begins with -----BEGIN PRIVATE KEY-----", ErrPrivateKey)
	case block.Type == "EC PRIVATE KEY" || block.Type == "RSA PRIVATE KEY":
		return nil, "", fmt.Errorf("%w: it is not PKCS #8; openssl pkcs8 -topk8 -nocrypt makes that of it", ErrPrivateKey)
	case block.Type == "ENCRYPTED PRIVATE KEY" || block.Headers["DEK-Info"] != "":
		return nil, "", fmt.Errorf("%w: it is encrypted; openssl pkcs8 -in FILE decrypts it", ErrPrivateKey)
	case block.Type != "PRIVATE KEY":
		return nil, "", fmt.Errorf("%w: its PEM block is of another type than PRIVATE KEY", ErrPrivateKey)
	case strings.TrimSpace(string(rest)) != "":
		return nil, "", fmt.Errorf("%w: there is something behind its PEM block", ErrPrivateKey)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil { // whose text may have a part of it
		return nil, "", fmt.Errorf("%w: its PEM block has no PKCS #8", ErrPrivateKey)
	}
	switch k := parsed.(type) {
	case *ecdsa.PrivateKey:
		if k.Curve == elliptic.P256() {
			return k, ES256, nil
		}
		return nil, "", fmt.Errorf("%w: it is of the curve %s, and P-256 is needed", ErrPrivateKey, k.Curve.Params().Name)
	case *rsa.PrivateKey:
		if k.N.BitLen() >= rsaBits {
			return k, RS256, nil
		}
		return nil, "", fmt.Errorf("%w: it is of RSA with %d bits, and %d are needed", ErrPrivateKey, k.N.BitLen(), rsaBits)
	case ed25519.PrivateKey:
		return k, EdDSA, nil
	}
	return nil, "", fmt.Errorf("%w: it is neither of P-256 nor of RSA nor of Ed25519", ErrPrivateKey)
}

package standin

import (
	"context"
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"math/big"
	"net/http"
)

// fetchKey gets the key that signed a token from the provider's key set.
func (c *Config) fetchKey(ctx context.Context, address, kid string) (*rsa.PublicKey, error) {
	answer, err := c.get(ctx, address, "")
	if err != nil {
		return nil, fail(stepKeys, "the keys cannot be read from %s: %v", address, err)
	}
	if answer.status != http.StatusOK {
		return nil, fail(stepKeys, "%s answers with status %d", address, answer.status)
	}
	set, err := parseObject(answer.body)
	if err != nil {
		return nil, fail(stepKeys, "the answer of %s is no key set: %v", address, err)
	}
	key, err := findKey(set, kid)
	if err != nil {
		return nil, fail(stepKeys, "the key %q of %s: %v", kid, address, err)
	}
	return key, nil
}

var (
	errNoKey        = errors.New("the key set has no such key")
	errNotRSA       = errors.New("it is no RSA key, and the client knows no other kind")
	errCertificates = errors.New("x5c has to hold exactly one certificate")
	errBadKey       = errors.New("its modulus or exponent is malformed")
)

// findKey gives the key of that identifier: from its certificate if it has one,
// as miniOrange does, else from modulus and exponent.
func findKey(set value, kid string) (*rsa.PublicKey, error) {
	keys, _ := set.get("keys")
	for _, key := range keys.items {
		if key.str("kid") != kid {
			continue
		}
		if key.str("kty") != "RSA" {
			return nil, errNotRSA
		}
		if chain, found := key.get("x5c"); found {
			return keyOfCertificate(chain)
		}
		return keyOfNumbers(key.str("n"), key.str("e"))
	}
	return nil, errNoKey
}

func keyOfCertificate(chain value) (*rsa.PublicKey, error) {
	if len(chain.items) != 1 || chain.items[0].kind != stringKind {
		return nil, errCertificates
	}
	// RFC 7517 section 4.7: standard base64, not base64url.
	der, err := base64.StdEncoding.DecodeString(chain.items[0].text)
	if err != nil {
		return nil, fmt.Errorf("x5c is no base64: %w", err)
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, fmt.Errorf("x5c is no certificate: %w", err)
	}
	key, ok := certificate.PublicKey.(*rsa.PublicKey)
	if !ok {
		return nil, errNotRSA
	}
	return key, nil
}

func keyOfNumbers(modulus, exponent string) (*rsa.PublicKey, error) {
	n, errN := base64.RawURLEncoding.Strict().DecodeString(modulus)
	e, errE := base64.RawURLEncoding.Strict().DecodeString(exponent)
	if errN != nil || errE != nil || len(n) == 0 || len(e) == 0 || len(e) > 4 {
		return nil, errBadKey
	}
	power := new(big.Int).SetBytes(e).Int64()
	if power < 3 {
		return nil, errBadKey
	}
	return &rsa.PublicKey{N: new(big.Int).SetBytes(n), E: int(power)}, nil
}

package jose_test

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"testing"

	"github.com/postern-id/postern/core/jose"
)

// BenchmarkSign shows each algorithm beside the bare signature, which is its
// limit.
func BenchmarkSign(b *testing.B) {
	claims := payload(b, "auth_time", now.Unix(), "at_hash", "77QmUPtjPfzWtF2AnpK9RQ", "groups", []string{"confluence-users", "staff"})
	ring := ring(b)
	for _, alg := range jose.Algs() {
		b.Run(alg, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := ring.Sign(alg, jose.TypJWT, claims); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(alg+"/bare", func(b *testing.B) {
			signer, digest, options := bare(b, alg, claims)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := signer.Sign(rand.Reader, digest, options); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func bare(b *testing.B, alg string, message []byte) (crypto.Signer, []byte, crypto.SignerOpts) {
	b.Helper()
	pkcs8, err := keys()[alg].PKCS8()
	if err != nil {
		b.Fatal(err)
	}
	key, err := x509.ParsePKCS8PrivateKey(pkcs8)
	if err != nil {
		b.Fatal(err)
	}
	digest := sha256.Sum256(message)
	switch alg {
	case jose.EdDSA:
		return key.(ed25519.PrivateKey), message, crypto.Hash(0)
	case jose.PS256:
		return key.(crypto.Signer), digest[:], &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash, Hash: crypto.SHA256}
	}
	return key.(crypto.Signer), digest[:], crypto.SHA256
}

func BenchmarkVerify(b *testing.B) {
	ring := ring(b)
	for _, alg := range jose.Algs() {
		token := sign(b, alg, payload(b))
		b.Run(alg, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := ring.Verify(token, expect()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

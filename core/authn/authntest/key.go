package authntest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
)

// Algorithm is a COSE algorithm (RFC 9053).
type Algorithm int

// The algorithms that passkeys have.
const (
	ES256 Algorithm = -7
	EdDSA Algorithm = -8
	RS256 Algorithm = -257
)

// Passkey is a key pair for one user of one relying party.
type Passkey struct {
	ID         []byte
	UserHandle []byte
	RPID       string
	Counter    uint32 // of the last use
	algorithm  Algorithm
	signer     crypto.Signer
}

func newSigner(algorithm Algorithm, bits int) (signer crypto.Signer, err error) {
	switch algorithm {
	case ES256:
		signer, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	case EdDSA:
		_, signer, err = ed25519.GenerateKey(rand.Reader)
	case RS256:
		signer, err = rsa.GenerateKey(rand.Reader, bits)
	default:
		err = fmt.Errorf("authntest: no algorithm %d", algorithm)
	}
	return signer, err
}

// publicKey is the COSE_Key (RFC 9052 section 7): kty 1, alg 3, and the parameters of its
// type.
func (p *Passkey) publicKey() []byte {
	const okp, ec2, rsaType, p256, curve25519 = 1, 2, 3, 1, 6
	switch public := p.signer.Public().(type) {
	case *ecdsa.PublicKey:
		point, err := public.Bytes() // 4, x, y
		if err != nil {
			panic(err) // it was made on the curve
		}
		return cborMap(cborInt(1), cborInt(ec2), cborInt(3), cborInt(int(ES256)), cborInt(-1), cborInt(p256),
			cborInt(-2), cborBytes(point[1:33]), cborInt(-3), cborBytes(point[33:]))
	case ed25519.PublicKey:
		return cborMap(cborInt(1), cborInt(okp), cborInt(3), cborInt(int(EdDSA)), cborInt(-1), cborInt(curve25519), cborInt(-2), cborBytes(public))
	case *rsa.PublicKey:
		exponent := binary.BigEndian.AppendUint32(nil, uint32(public.E))[1:]
		return cborMap(cborInt(1), cborInt(rsaType), cborInt(3), cborInt(int(RS256)), cborInt(-1), cborBytes(public.N.Bytes()), cborInt(-2), cborBytes(exponent))
	}
	panic("authntest: a key of no known type")
}

// sign signs authenticator data and the hash of client data (WebAuthn section 6.3.3).
func (p *Passkey) sign(data, clientData []byte) ([]byte, error) {
	hash := sha256.Sum256(clientData)
	message := append(append([]byte{}, data...), hash[:]...)
	if p.algorithm == EdDSA {
		return p.signer.Sign(rand.Reader, message, crypto.Hash(0))
	}
	digest := sha256.Sum256(message)
	return p.signer.Sign(rand.Reader, digest[:], crypto.SHA256)
}

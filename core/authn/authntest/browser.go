package authntest

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
)

// Flags of authenticator data (WebAuthn section 6.1).
const (
	Present        byte = 1 << 0
	Verified       byte = 1 << 2
	BackupEligible byte = 1 << 3
	BackedUp       byte = 1 << 4
	attested       byte = 1 << 6
)

// ErrNoPasskey says that no passkey fits the options.
var ErrNoPasskey = errors.New("authntest: no passkey fits the options")

// Browser is a browser at a page of Origin, with an authenticator. The zero value of each
// field but Origin is that of a usual one.
type Browser struct {
	Origin    string
	Algorithm Algorithm // of new passkeys; 0: ES256
	RSABits   int       // of such keys; 0: 2048
	AAGUID    [16]byte
	// Flags of what the authenticator says; 0: somebody is present and was verified.
	Flags byte
	// Uncounted keys have a signature counter that stays 0.
	Uncounted bool
	Passkeys  []*Passkey
	Twist     Twist
}

// Twist changes what is sent: nil functions leave it as it is.
type Twist struct {
	// ClientData changes the members of the client data, RawClientData its JSON.
	ClientData    func(members map[string]any)
	RawClientData func(text []byte) []byte
	// Data changes the authenticator data before they are signed, SentData behind that.
	Data, SentData func(data []byte) []byte
	Signature      func(signature []byte) []byte
	// Attestation changes the attestation object.
	Attestation func(object []byte) []byte
	// Credential and Response change the members of the PublicKeyCredential.
	Credential, Response func(members map[string]any)
}

// options are what both ceremonies are asked with, as far as an authenticator looks.
type options struct {
	Challenge string `json:"challenge"`
	RPID      string `json:"rpId"`
	RP        struct {
		ID string `json:"id"`
	} `json:"rp"`
	User struct {
		ID string `json:"id"`
	} `json:"user"`
	Parameters []struct {
		Algorithm Algorithm `json:"alg"`
	} `json:"pubKeyCredParams"`
	Allow   []descriptor `json:"allowCredentials"`
	Exclude []descriptor `json:"excludeCredentials"`
}

type descriptor struct {
	ID string `json:"id"`
}

func listed(list []descriptor, id []byte) bool {
	return slices.Contains(list, descriptor{ID: base64.RawURLEncoding.EncodeToString(id)})
}

// Create makes a passkey for the options of navigator.credentials.create, and gives the
// JSON of the PublicKeyCredential.
func (b *Browser) Create(asked []byte) ([]byte, error) {
	var o options
	if err := json.Unmarshal(asked, &o); err != nil {
		return nil, fmt.Errorf("authntest: options: %w", err)
	}
	if slices.ContainsFunc(b.Passkeys, func(p *Passkey) bool { return listed(o.Exclude, p.ID) }) {
		return nil, errors.New("authntest: there is a passkey already")
	}
	passkey, err := b.make(&o)
	if err != nil {
		return nil, err
	}
	clientData := b.clientData("webauthn.create", o.Challenge)
	data := b.data(passkey, b.flags()|attested, func(data []byte) []byte {
		data = append(data, b.AAGUID[:]...)
		data = binary.BigEndian.AppendUint16(data, uint16(len(passkey.ID)))
		return append(append(data, passkey.ID...), passkey.publicKey()...)
	})
	object := cborMap(cborText("fmt"), cborText("none"), cborText("attStmt"), cborMap(), cborText("authData"), cborBytes(data))
	b.Passkeys = append(b.Passkeys, passkey)
	return b.credential(passkey, map[string]any{
		"clientDataJSON": encode(clientData), "attestationObject": encode(twisted(b.Twist.Attestation, object)), "transports": []string{"internal"},
	})
}

func (b *Browser) make(o *options) (*Passkey, error) {
	algorithm, bits := b.Algorithm, b.RSABits
	if algorithm == 0 {
		algorithm = ES256
	}
	if bits == 0 {
		bits = 2048
	}
	handle, err := base64.RawURLEncoding.DecodeString(o.User.ID)
	if err != nil {
		return nil, fmt.Errorf("authntest: user handle: %w", err)
	}
	signer, err := newSigner(algorithm, bits)
	if err != nil {
		return nil, err
	}
	passkey := &Passkey{ID: make([]byte, 32), UserHandle: handle, RPID: o.RP.ID, algorithm: algorithm, signer: signer}
	_, err = rand.Read(passkey.ID)
	return passkey, err
}

// Get signs for the options of navigator.credentials.get, with the newest passkey that
// fits, and gives the JSON of the PublicKeyCredential.
func (b *Browser) Get(asked []byte) ([]byte, error) {
	var o options
	if err := json.Unmarshal(asked, &o); err != nil {
		return nil, fmt.Errorf("authntest: options: %w", err)
	}
	for _, passkey := range slices.Backward(b.Passkeys) {
		if passkey.RPID == o.RPID && (len(o.Allow) == 0 || listed(o.Allow, passkey.ID)) {
			return b.Sign(passkey, o.Challenge)
		}
	}
	return nil, ErrNoPasskey
}

// Sign signs the challenge, in base64url, with the passkey, whatever it is for.
func (b *Browser) Sign(passkey *Passkey, challenge string) ([]byte, error) {
	if !b.Uncounted {
		passkey.Counter++
	}
	clientData := b.clientData("webauthn.get", challenge)
	data := b.data(passkey, b.flags(), func(data []byte) []byte { return data })
	signature, err := passkey.sign(data, clientData)
	if err != nil {
		return nil, fmt.Errorf("authntest: sign: %w", err)
	}
	return b.credential(passkey, map[string]any{
		"clientDataJSON": encode(clientData), "authenticatorData": encode(twisted(b.Twist.SentData, data)),
		"signature": encode(twisted(b.Twist.Signature, signature)), "userHandle": encode(passkey.UserHandle),
	})
}

func (b *Browser) flags() byte {
	if b.Flags == 0 {
		return Present | Verified
	}
	return b.Flags
}

// data is the authenticator data (WebAuthn section 6.1).
func (b *Browser) data(passkey *Passkey, flags byte, more func([]byte) []byte) []byte {
	hash := sha256.Sum256([]byte(passkey.RPID))
	data := append(hash[:], flags)
	data = binary.BigEndian.AppendUint32(data, passkey.Counter)
	return twisted(b.Twist.Data, more(data))
}

// clientData is what the browser says itself (WebAuthn section 5.8.1).
func (b *Browser) clientData(ceremony, challenge string) []byte {
	members := map[string]any{"type": ceremony, "challenge": challenge, "origin": b.Origin, "crossOrigin": false}
	if b.Twist.ClientData != nil {
		b.Twist.ClientData(members)
	}
	return twisted(b.Twist.RawClientData, mustJSON(members))
}

func (b *Browser) credential(passkey *Passkey, response map[string]any) ([]byte, error) {
	if b.Twist.Response != nil {
		b.Twist.Response(response)
	}
	members := map[string]any{
		"id": encode(passkey.ID), "rawId": encode(passkey.ID), "type": "public-key", "authenticatorAttachment": "platform",
		"clientExtensionResults": map[string]any{}, "response": response,
	}
	if b.Twist.Credential != nil {
		b.Twist.Credential(members)
	}
	return mustJSON(members), nil
}

func twisted(twist func([]byte) []byte, b []byte) []byte {
	if twist == nil {
		return b
	}
	return twist(bytes.Clone(b))
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func mustJSON(v any) []byte {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err) // it is made of maps and strings
	}
	return text
}

package core

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"io"
	"strings"
)

// CredentialKind is the prefix that says what a credential is for. A credential
// of one kind is never accepted as another.
type CredentialKind string

// The kinds of credential. Each is followed by "_" on the wire.
const (
	KindCode    CredentialKind = "code"    // authorization code; its ID is the grant's
	KindAccess  CredentialKind = "at"      // access token
	KindRefresh CredentialKind = "rt"      // refresh token
	KindSession CredentialKind = "session" // session cookie
	KindBrowser CredentialKind = "browser" // cookie that binds authorization requests to a browser
	KindSetup   CredentialKind = "setup"   // the one-time link for the first administrator
	// KindRegistration manages a client that registered itself (RFC 7592), KindInitial
	// lets one register (RFC 7591 section 3).
	KindRegistration CredentialKind = "reg"
	KindInitial      CredentialKind = "iat"
	KindState        CredentialKind = "state"  // state of an upstream sign-in; its ID is the attempt's
	KindTicket       CredentialKind = "ticket" // link in a mail
	KindDevice       CredentialKind = "device" // cookie of a remembered device
	KindFirst        CredentialKind = "first"  // cookie of who proved a first factor
	KindAPI          CredentialKind = "api"    // token for the REST API and SCIM
	KindDeviceCode   CredentialKind = "dc"     // device code (RFC 8628 section 3.2)
)

// Hash is the SHA-256 of a credential's secret: what the store keeps.
// Secrets have 256 bits, so a fast hash is the right one.
type Hash [sha256.Size]byte

// Matches compares in constant time.
func (h Hash) Matches(other Hash) bool { return subtle.ConstantTimeCompare(h[:], other[:]) == 1 }

// IsZero reports whether there is no hash.
func (h Hash) IsZero() bool { return h == Hash{} }

// HashSecret hashes a client secret. Secrets made by Postern have 256 bits.
func HashSecret(secret string) Hash { return sha256.Sum256([]byte(secret)) }

// Credential is a secret that is handed out once and recognised later: the
// identifier finds the row, the secret proves possession. On the wire it is the
// kind, "_" and the base64url of 16 bytes of identifier and 32 bytes of secret,
// which is 64 characters without padding or spare bits.
type Credential struct {
	Kind   CredentialKind
	ID     ID
	Secret [32]byte
}

const encodedCredential = 64

// NewCredential makes a credential for the row id.
func NewCredential(kind CredentialKind, id ID, random io.Reader) Credential {
	c := Credential{Kind: kind, ID: id}
	mustRead(random, c.Secret[:])
	return c
}

// ParseCredential accepts exactly what [Credential.String] gives, of that kind.
func ParseCredential(kind CredentialKind, s string) (Credential, bool) {
	text, found := strings.CutPrefix(s, string(kind)+"_")
	if !found || len(text) != encodedCredential {
		return Credential{}, false
	}
	var raw [48]byte
	n, err := base64.RawURLEncoding.Strict().Decode(raw[:], []byte(text))
	// The decoder skips line breaks, so the length decides as well.
	if err != nil || n != len(raw) {
		return Credential{}, false
	}
	c := Credential{Kind: kind, ID: formatID([16]byte(raw[:16]))}
	copy(c.Secret[:], raw[16:])
	return c, true
}

// Hash is what the store keeps of the credential.
func (c Credential) Hash() Hash { return sha256.Sum256(c.Secret[:]) }

// String gives the credential's form on the wire. It is a secret: never log it.
func (c Credential) String() string {
	id, _ := c.ID.bytes()
	var raw [48]byte
	copy(raw[:16], id[:])
	copy(raw[16:], c.Secret[:])
	return string(c.Kind) + "_" + base64.RawURLEncoding.EncodeToString(raw[:])
}

// NewClientSecret makes a client secret of 256 bits. Its alphabet survives form
// encoding unchanged, because relying parties disagree about encoding it before
// HTTP Basic (RFC 6749 section 2.3.1).
func NewClientSecret(random io.Reader) string {
	var raw [32]byte
	mustRead(random, raw[:])
	return base64.RawURLEncoding.EncodeToString(raw[:])
}

// HashClientSecret is what the store keeps of a client secret.
func HashClientSecret(secret string) Hash { return sha256.Sum256([]byte(secret)) }

// AssertionHash stands for one thing that a client signed to prove itself: jti is
// unique among what that client signs (RFC 7523 section 3). The client's identifier
// has letters and digits only.
func AssertionHash(clientID, jti string) Hash { return sha256.Sum256([]byte(clientID + "\x00" + jti)) }

const clientIDAlphabet = "0123456789abcdefghijkmnpqrstuvwx"

// NewClientID makes a client identifier of 20 characters (100 bits), letters and
// digits only.
func NewClientID(random io.Reader) string {
	var raw [20]byte
	mustRead(random, raw[:])
	for i, b := range raw {
		raw[i] = clientIDAlphabet[b&31]
	}
	return string(raw[:])
}

package jose

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/postern-id/postern/core/strict"
)

// KeySet has the keys that somebody else publishes (RFC 7517 section 5): an issuer for
// its signatures, a client for its own and for what is encrypted to it. It is immutable
// and safe for concurrent use.
type KeySet struct {
	keys []foreignKey // that verify
	// encrypters are those to encrypt to, those that are for nothing else first.
	encrypters []foreignKey
}

type foreignKey struct {
	kid    string // may be empty
	alg    string // the only one that it is for; empty: any that fits
	issuer string // whose key it is, in sets of several issuers; mostly empty
	key    crypto.PublicKey
}

const (
	maxKeySet  = 256 << 10 // bytes
	maxKeys    = 100
	maxModulus = 8192 / 8 // bytes: the time to verify grows with it
)

// ParseKeySet reads a key set. Keys of a use or of a kind that we do not know are left
// out (RFC 7517 section 5, SHOULD). A set with a private
// or a symmetric key is refused: whoever published that has lost it. So is one
// with two keys of one kind and kid, between which nobody could choose. The error
// never holds text of the set.
func ParseKeySet(jwks []byte) (*KeySet, error) {
	if len(jwks) > maxKeySet {
		return nil, fmt.Errorf("the key set is larger than %d bytes", maxKeySet)
	}
	members, err := strict.Members(jwks)
	if err != nil {
		return nil, errors.New("the key set is no JSON object that can be read")
	}
	var list []json.RawMessage
	if json.Unmarshal(members["keys"], &list) != nil || list == nil {
		return nil, errors.New("the key set has no array of keys")
	}
	if len(list) > maxKeys {
		return nil, fmt.Errorf("the key set has more than %d keys", maxKeys)
	}
	set := &KeySet{}
	var forBoth []foreignKey
	for i, raw := range list {
		key, use, err := parseForeignKey(raw)
		if err != nil {
			return nil, fmt.Errorf("key %d of the key set: %w", i+1, err)
		}
		switch {
		case use.encrypts && !use.verifies:
			set.encrypters = append(set.encrypters, key)
		case use.encrypts:
			forBoth = append(forBoth, key)
		}
		if !use.verifies {
			continue
		}
		if key.kid != "" && slices.ContainsFunc(set.keys, key.rivals) {
			return nil, fmt.Errorf("key %d of the key set: an earlier one has the same kid", i+1)
		}
		set.keys = append(set.keys, key)
	}
	set.encrypters = append(set.encrypters, forBoth...)
	return set, nil
}

// CheckKeySet decides whether a client may register the key set. It is stricter than
// [ParseKeySet]: no two keys may have one kid, whatever they are, and one at least must
// be of use.
func CheckKeySet(jwks []byte) error {
	set, err := ParseKeySet(jwks)
	if err != nil {
		return err
	}
	if set.Len()+len(set.encrypters) == 0 {
		return fmt.Errorf("the key set has no key for %s or %s", strings.Join(ForeignAlgs(), ", "), strings.Join(EncryptionAlgs(), ", "))
	}
	var document struct {
		Keys []struct {
			Kid string `json:"kid"`
		} `json:"keys"`
	}
	if json.Unmarshal(jwks, &document) != nil {
		return errors.New("the key set has a kid that is no string")
	}
	seen := map[string]bool{}
	for i, key := range document.Keys {
		if key.Kid != "" && seen[key.Kid] {
			return fmt.Errorf("key %d of the key set: an earlier one has the same kid", i+1)
		}
		seen[key.Kid] = true
	}
	return nil
}

// Len is the number of keys that can verify.
func (s *KeySet) Len() int { return len(s.keys) }

// rivals reports whether a token could mean either key.
func (k foreignKey) rivals(other foreignKey) bool {
	return k.kid == other.kid && (k.alg == "" || other.alg == "" || k.alg == other.alg) && reflect.TypeOf(k.key) == reflect.TypeOf(other.key)
}

// keyUse is what a key is for, as far as it concerns us.
type keyUse struct{ verifies, encrypts bool }

// useOf reads use and key_ops (RFC 7517 sections 4.2 and 4.3).
func useOf(use string, operations json.RawMessage) keyUse {
	encrypts := permits(operations, "encrypt") || permits(operations, "wrapKey") || permits(operations, "deriveKey") || permits(operations, "deriveBits")
	return keyUse{
		verifies: (use == "" || use == "sig") && permits(operations, "verify"),
		encrypts: (use == "" || use == "enc") && encrypts,
	}
}

// parseForeignKey reads one key. What is wrong with one that does not verify is not an
// error: it is of no use then.
func parseForeignKey(raw []byte) (key foreignKey, use keyUse, err error) {
	members, err := strict.Members(raw)
	if err != nil {
		return foreignKey{}, keyUse{}, errors.New("it is no JSON object that can be read")
	}
	// The private members of RSA, EC and OKP keys, and the only one of a symmetric
	// key (RFC 7518 section 6, RFC 8037 section 2).
	for _, name := range []string{"d", "p", "q", "dp", "dq", "qi", "oth", "k"} {
		if _, there := members[name]; there {
			return foreignKey{}, keyUse{}, errors.New("it is a private or a symmetric key")
		}
	}
	text := func(name string) string {
		var value string
		if raw, there := members[name]; there && json.Unmarshal(raw, &value) != nil && err == nil {
			err = fmt.Errorf("its member %s is no string", name)
		}
		return value
	}
	kty, named := text("kty"), text("use")
	m := thumbMembers{Kty: kty, Crv: text("crv"), N: text("n"), E: text("e"), X: text("x"), Y: text("y")}
	key = foreignKey{kid: text("kid"), alg: text("alg"), issuer: text("issuer")}
	switch use = useOf(named, members["key_ops"]); {
	case err != nil:
		return foreignKey{}, keyUse{}, err
	case len(key.kid) > maxKid:
		return foreignKey{}, keyUse{}, fmt.Errorf("its kid is longer than %d bytes", maxKid)
	case use == keyUse{}:
		return foreignKey{}, keyUse{}, nil
	}
	key.key, err = m.foreignKey()
	switch {
	case err != nil && !use.verifies, err == nil && key.key == nil:
		return foreignKey{}, keyUse{}, nil
	case err != nil:
		return foreignKey{}, keyUse{}, err
	}
	use.verifies = use.verifies && (key.alg == "" || fitsForeign(key.alg, key.key))
	use.encrypts = use.encrypts && slices.ContainsFunc(EncryptionAlgs(), func(alg string) bool {
		return (key.alg == "" || key.alg == alg) && agrees(alg, key.key)
	})
	return key, use, nil
}

// permits reports whether key_ops, if it is there, has the operation.
func permits(operations json.RawMessage, operation string) bool {
	if operations == nil {
		return true
	}
	var list []string
	return json.Unmarshal(operations, &list) == nil && slices.Contains(list, operation)
}

// foreignKey gives nil for a kind of key that we do not know.
func (m thumbMembers) foreignKey() (crypto.PublicKey, error) {
	switch m.Kty {
	case "RSA":
		return m.foreignRSA()
	case "EC":
		switch m.Crv {
		case "P-256":
			return m.foreignEC(elliptic.P256(), 32)
		case "P-384":
			return m.foreignEC(elliptic.P384(), 48)
		case "P-521":
			return m.foreignEC(elliptic.P521(), 66)
		}
	case "OKP":
		if m.Crv == "Ed25519" {
			return m.key()
		}
	}
	return nil, nil
}

func (m thumbMembers) foreignRSA() (crypto.PublicKey, error) {
	if len(m.N) > maxModulus*4/3+1 {
		return nil, fmt.Errorf("its modulus has more than %d bits", maxModulus*8)
	}
	key, err := m.key()
	if err != nil {
		return nil, err
	}
	public := key.(*rsa.PublicKey)
	switch {
	case public.N.BitLen() < rsaBits:
		return nil, fmt.Errorf("its modulus has fewer than %d bits", rsaBits)
	case public.E < 3 || public.E%2 == 0:
		return nil, errors.New("its exponent is none of RSA")
	}
	return public, nil
}

// foreignEC refuses a point that is not on the curve.
func (m thumbMembers) foreignEC(curve elliptic.Curve, size int) (crypto.PublicKey, error) {
	x, errX := decode(m.X)
	y, errY := decode(m.Y)
	if errX != nil || errY != nil || len(x) != size || len(y) != size {
		return nil, fmt.Errorf("its coordinates are no numbers of %d bytes", size)
	}
	key, err := ecdsa.ParseUncompressedPublicKey(curve, slices.Concat([]byte{4}, x, y))
	if err != nil {
		return nil, errors.New("its point is not on its curve")
	}
	return key, nil
}

// fitsForeign is [fits] for what others sign.
func fitsForeign(alg string, key crypto.PublicKey) bool {
	switch key := key.(type) {
	case *rsa.PublicKey:
		return (strings.HasPrefix(alg, "RS") || strings.HasPrefix(alg, "PS")) && foreignMethodOf(alg) != nil
	case *ecdsa.PublicKey:
		return key.Curve == map[string]elliptic.Curve{ES256: elliptic.P256(), ES384: elliptic.P384(), ES512: elliptic.P521()}[alg]
	case ed25519.PublicKey:
		return alg == EdDSA
	}
	return false
}

package authn

import (
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	stdhash "hash"
	"strconv"
	"strings"
)

// Bounds of what was made by PBKDF2 elsewhere.
const (
	// maxIterations takes about a second. Keycloak's default for SHA-1 is 1.3 million.
	maxIterations = 2_000_000
	maxSalt       = 128 // bytes
	maxSalts      = 2
	minDigest     = 16
	maxDigest     = 128
)

// pbkdf2Hash is PBKDF2 (RFC 8018 section 5.2) as another program wrote it:
// $pbkdf2-sha256$i=27500$<salt>$<digest>, both in base64 without padding. Of two salts, with
// a comma between them, either may be the one.
type pbkdf2Hash struct {
	digest     string // sha1, sha256 or sha512
	iterations int
	salts      [][]byte
	tag        []byte
}

// digests are the hash functions by name.
func digests(name string) func() stdhash.Hash {
	switch name {
	case "sha1":
		return sha1.New
	case "sha256":
		return sha256.New
	case "sha512":
		return sha512.New
	}
	return nil
}

// PBKDF2 gives the stored form of a hash by PBKDF2. The digest is sha1, sha256 or sha512;
// one of the salts, one or two, was used.
func PBKDF2(digest string, iterations int, tag []byte, salts ...[]byte) (string, error) {
	h := pbkdf2Hash{digest, iterations, distinct(salts, func(b []byte) string { return string(b) }), tag}
	return h.String(), h.check()
}

func (h pbkdf2Hash) check() error {
	switch {
	case digests(h.digest) == nil:
		return fmt.Errorf("PBKDF2 with that digest is not known here, only with sha1, sha256 and sha512")
	case h.iterations < 1 || h.iterations > maxIterations:
		return fmt.Errorf("the PBKDF2 hash has %d iterations, and 1 to %d are accepted", h.iterations, maxIterations)
	case len(h.tag) < minDigest || len(h.tag) > maxDigest:
		return fmt.Errorf("the PBKDF2 hash has a digest of %d bytes, and %d to %d are accepted", len(h.tag), minDigest, maxDigest)
	}
	return checkSalts(h.salts, func(b []byte) int { return len(b) })
}

func parsePBKDF2(s string) (kept, error) {
	parts := strings.Split(s, "$")
	malformed := fmt.Errorf("the PBKDF2 hash is malformed")
	if len(parts) != 5 || !strings.HasPrefix(parts[2], "i=") {
		return nil, malformed
	}
	h := pbkdf2Hash{digest: strings.TrimPrefix(parts[1], "pbkdf2-")}
	var errIterations, errTag error
	h.iterations, errIterations = strconv.Atoi(parts[2][2:])
	h.tag, errTag = base64.RawStdEncoding.Strict().DecodeString(parts[4])
	for text := range strings.SplitSeq(parts[3], ",") {
		salt, err := base64.RawStdEncoding.Strict().DecodeString(text)
		if err != nil {
			return nil, malformed
		}
		h.salts = append(h.salts, salt)
	}
	if errIterations != nil || errTag != nil {
		return nil, malformed
	}
	if err := h.check(); err != nil {
		return nil, err
	}
	if h.String() != s {
		return nil, malformed
	}
	return h, nil
}

// matches derives no more than one block: the others come of the same password and salt,
// and would only cost whoever checks (a full digest proves the password as well).
func (h pbkdf2Hash) matches(password string) bool {
	makeHash, found := digests(h.digest), 0
	size := min(len(h.tag), makeHash().Size())
	for _, salt := range h.salts {
		derived, err := pbkdf2.Key(makeHash, password, salt, h.iterations, size)
		if err == nil {
			found |= subtle.ConstantTimeCompare(derived, h.tag[:size])
		}
	}
	return found == 1
}

func (h pbkdf2Hash) String() string {
	return fmt.Sprintf("$pbkdf2-%s$i=%d$%s$%s", h.digest, h.iterations,
		encodeSalts(h.salts), base64.RawStdEncoding.EncodeToString(h.tag))
}

func encodeSalts[T ~[]byte | ~string](salts []T) string {
	encoded := make([]string, len(salts))
	for i, salt := range salts {
		encoded[i] = base64.RawStdEncoding.EncodeToString([]byte(salt))
	}
	return strings.Join(encoded, ",")
}

func checkSalts[T any](salts []T, size func(T) int) error {
	if len(salts) < 1 || len(salts) > maxSalts {
		return fmt.Errorf("the password hash has %d salts, and 1 or %d are accepted", len(salts), maxSalts)
	}
	for _, salt := range salts {
		if size(salt) > maxSalt {
			return fmt.Errorf("the password hash has a salt of more than %d bytes", maxSalt)
		}
	}
	return nil
}

// distinct leaves out what was there before.
func distinct[T any](all []T, key func(T) string) []T {
	seen, kept := map[string]bool{}, []T(nil)
	for _, one := range all {
		if k := key(one); !seen[k] {
			seen[k] = true
			kept = append(kept, one)
		}
	}
	return kept
}

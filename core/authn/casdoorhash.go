package authn

import (
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"strings"
)

// casdoorHash is one of Casdoor's salted digests: $casdoor-sha256$<salt>$<digest>, both in
// base64 without padding. The digest is that of the password's digest in hexadecimal with
// the salt behind it; without a salt that of the password, or of its digest in hexadecimal.
// Casdoor looks at the salt of the organisation and at that of the user, so there may be
// two, with a comma between them.
//
// Such a hash is quick to guess at: it stays until the person signs in.
type casdoorHash struct {
	digest string // md5, sha256 or sha512
	salts  []string
	tag    []byte
}

func casdoorDigest(name string) func(string) []byte {
	switch name {
	case "md5":
		return func(s string) []byte { sum := md5.Sum([]byte(s)); return sum[:] }
	case "sha256":
		return func(s string) []byte { sum := sha256.Sum256([]byte(s)); return sum[:] }
	case "sha512":
		return func(s string) []byte { sum := sha512.Sum512([]byte(s)); return sum[:] }
	}
	return nil
}

// CasdoorDigest gives the stored form of one of Casdoor's salted digests, which is md5,
// sha256 or sha512, in hexadecimal. One of the salts, one or two, was used.
func CasdoorDigest(digest, hexadecimal string, salts ...string) (string, error) {
	tag, err := hex.DecodeString(hexadecimal)
	if err != nil {
		return "", fmt.Errorf("the digest is not in hexadecimal")
	}
	h := casdoorHash{digest, distinct(salts, func(s string) string { return s }), tag}
	return h.String(), h.check()
}

func (h casdoorHash) check() error {
	compute := casdoorDigest(h.digest)
	if compute == nil {
		return fmt.Errorf("a salted digest of Casdoor is one by md5, sha256 or sha512, and by nothing else")
	}
	if size := len(compute("")); len(h.tag) != size {
		return fmt.Errorf("the digest has %d bytes, and one by %s has %d", len(h.tag), h.digest, size)
	}
	return checkSalts(h.salts, func(s string) int { return len(s) })
}

func parseCasdoor(s string) (kept, error) {
	parts := strings.Split(s, "$")
	malformed := fmt.Errorf("the password hash is malformed")
	if len(parts) != 4 {
		return nil, malformed
	}
	h := casdoorHash{digest: strings.TrimPrefix(parts[1], "casdoor-")}
	for text := range strings.SplitSeq(parts[2], ",") {
		salt, err := base64.RawStdEncoding.Strict().DecodeString(text)
		if err != nil {
			return nil, malformed
		}
		h.salts = append(h.salts, string(salt))
	}
	var err error
	if h.tag, err = base64.RawStdEncoding.Strict().DecodeString(parts[3]); err != nil {
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

func (h casdoorHash) matches(password string) bool {
	digest, found := casdoorDigest(h.digest), 0
	once := digest(password)
	inner := hex.EncodeToString(once)
	for _, salt := range h.salts {
		found |= subtle.ConstantTimeCompare(digest(inner+salt), h.tag)
		if salt == "" {
			found |= subtle.ConstantTimeCompare(once, h.tag)
		}
	}
	return found == 1
}

func (h casdoorHash) String() string {
	return fmt.Sprintf("$casdoor-%s$%s$%s", h.digest, encodeSalts(h.salts), base64.RawStdEncoding.EncodeToString(h.tag))
}

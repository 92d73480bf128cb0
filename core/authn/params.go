package authn

import (
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"strings"

	"golang.org/x/crypto/argon2"
)

// Params are the cost of one Argon2id hash (RFC 9106).
type Params struct {
	Memory  uint32 // KiB
	Time    uint32 // passes
	Threads uint8
}

// DefaultParams are those of OWASP's Password Storage Cheat Sheet: 19 MiB, two
// passes, one thread.
func DefaultParams() Params { return Params{Memory: 19 << 10, Time: 2, Threads: 1} }

const (
	saltSize = 16 // RFC 9106 section 4
	tagSize  = 32
)

// hash is a stored password hash.
type hash struct {
	Params
	salt, tag []byte
}

func (p Params) hash(password string, random io.Reader) (hash, error) {
	h := hash{Params: p, salt: make([]byte, saltSize)}
	if _, err := io.ReadFull(random, h.salt); err != nil {
		return hash{}, fmt.Errorf("make a salt: %w", err)
	}
	h.tag = p.derive(password, h.salt, tagSize)
	return h, nil
}

func (p Params) derive(password string, salt []byte, size int) []byte {
	return argon2.IDKey([]byte(password), salt, p.Time, p.Memory, p.Threads, uint32(size))
}

// matches compares in constant time.
func (h hash) matches(password string) bool {
	return subtle.ConstantTimeCompare(h.derive(password, h.salt, len(h.tag)), h.tag) == 1
}

// String gives the PHC string (github.com/P-H-C/phc-string-format).
func (h hash) String() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, h.Memory, h.Time, h.Threads,
		base64.RawStdEncoding.EncodeToString(h.salt), base64.RawStdEncoding.EncodeToString(h.tag))
}

// parseHash reads a PHC string of Argon2id. Costs that no sign-in should take are
// refused, as are hashes too short to mean anything.
func parseHash(s string) (hash, error) {
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return hash{}, fmt.Errorf("the stored password hash is not Argon2id of version %d", argon2.Version)
	}
	var h hash
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &h.Memory, &h.Time, &h.Threads); err != nil ||
		parts[3] != fmt.Sprintf("m=%d,t=%d,p=%d", h.Memory, h.Time, h.Threads) {
		return hash{}, fmt.Errorf("the stored password hash has malformed costs")
	}
	if h.Memory < 8*uint32(h.Threads) || h.Memory > 256<<10 || h.Time < 1 || h.Time > 16 || h.Threads < 1 || h.Threads > 128 {
		return hash{}, fmt.Errorf("the stored password hash has costs out of bounds")
	}
	var errSalt, errTag error
	h.salt, errSalt = base64.RawStdEncoding.Strict().DecodeString(parts[4])
	h.tag, errTag = base64.RawStdEncoding.Strict().DecodeString(parts[5])
	if errSalt != nil || errTag != nil || len(h.salt) < 8 || len(h.salt) > 64 || len(h.tag) < 16 || len(h.tag) > 64 {
		return hash{}, fmt.Errorf("the stored password hash has a malformed salt or tag")
	}
	return h, nil
}

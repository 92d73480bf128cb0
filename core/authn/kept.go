package authn

import (
	"fmt"
	"strings"
)

// kept is a password hash as the store has it: Postern's own ([hash]), or one that was
// moved in from another program and is checked as that program did, until the person signs
// in and it is made anew.
type kept interface {
	// matches compares in constant time.
	matches(password string) bool
	// String gives exactly what was parsed.
	String() string
}

// parseKept reads a stored hash. Each string names its scheme; costs that no sign-in
// should take are refused.
func parseKept(s string) (kept, error) {
	scheme, _, _ := strings.Cut(strings.TrimPrefix(s, "$"), "$")
	switch scheme {
	case "argon2id":
		return parseHash(s)
	case "2a", "2b", "2y":
		return parseBcrypt(s)
	case "pbkdf2-sha1", "pbkdf2-sha256", "pbkdf2-sha512":
		return parsePBKDF2(s)
	case "casdoor-md5", "casdoor-sha256", "casdoor-sha512":
		return parseCasdoor(s)
	case "5", "6":
		return parseCrypt(s)
	case "ldap-md5", "ldap-sha1", "ldap-sha256", "ldap-sha512":
		return parseDirectory(s)
	}
	return nil, fmt.Errorf("the password hash is of no scheme that is known here, which are Argon2id, bcrypt, PBKDF2, SHA-crypt, those of directories, and those of Casdoor")
}

// own reports whether the hash is what a password would be hashed to today.
func (p *Passwords) own(k kept) bool {
	h, ok := k.(hash)
	return ok && h.Params == p.params
}

// Renews reports whether a stored hash is made anew when the person signs in: because
// another program made it, or because of its costs. The error says that no password can be
// compared with it.
func (p *Passwords) Renews(hash string) (bool, error) {
	k, err := parseKept(hash)
	return err == nil && !p.own(k), err
}

// Foreign is [ForeignHash].
func (p *Passwords) Foreign(hash string) (string, error) { return ForeignHash(hash) }

package authn

import (
	"crypto/md5"
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

// directoryHash is a digest of the password with a salt behind it, as directories keep it
// after {SSHA} and the like (RFC 2307, and OpenLDAP's slapd): $ldap-sha1$<salt>$<digest>, both
// in base64 without padding. {SHA} and {MD5} have no salt.
//
// Such a hash is quick to guess at: it stays until the person signs in.
type directoryHash struct {
	digest    string // md5, sha1, sha256 or sha512
	salt, tag []byte
}

func directoryDigest(name string) func() stdhash.Hash {
	switch name {
	case "md5":
		return md5.New
	case "sha1":
		return sha1.New
	case "sha256":
		return sha256.New
	case "sha512":
		return sha512.New
	}
	return nil
}

func (h directoryHash) check() error {
	makeHash := directoryDigest(h.digest)
	switch {
	case makeHash == nil:
		return fmt.Errorf("a digest of a directory is one by md5, sha1, sha256 or sha512, and by nothing else")
	case len(h.tag) != makeHash().Size():
		return fmt.Errorf("the digest has %d bytes, and one by %s has %d", len(h.tag), h.digest, makeHash().Size())
	case len(h.salt) > maxSalt:
		return fmt.Errorf("the password hash has a salt of more than %d bytes", maxSalt)
	}
	return nil
}

func parseDirectory(s string) (kept, error) {
	parts := strings.Split(s, "$")
	malformed := fmt.Errorf("the password hash is malformed")
	if len(parts) != 4 {
		return nil, malformed
	}
	salt, errSalt := base64.RawStdEncoding.Strict().DecodeString(parts[2])
	tag, errTag := base64.RawStdEncoding.Strict().DecodeString(parts[3])
	h := directoryHash{strings.TrimPrefix(parts[1], "ldap-"), salt, tag}
	if errSalt != nil || errTag != nil || h.String() != s {
		return nil, malformed
	}
	return h, h.check()
}

func (h directoryHash) matches(password string) bool {
	digest := directoryDigest(h.digest)()
	digest.Write([]byte(password))
	digest.Write(h.salt)
	return subtle.ConstantTimeCompare(digest.Sum(nil), h.tag) == 1
}

func (h directoryHash) String() string {
	return fmt.Sprintf("$ldap-%s$%s$%s", h.digest, base64.RawStdEncoding.EncodeToString(h.salt), base64.RawStdEncoding.EncodeToString(h.tag))
}

// fromDirectory reads {SCHEME}text, as userPassword has it: the salted digests, {CRYPT} with
// any hash that is known here, {PBKDF2-SHA256} of OpenLDAP, and {PKCS5S2} of Atlassian's
// Jira, Confluence and Crowd.
func fromDirectory(text string) (stored string, is bool, err error) {
	scheme, rest, found := strings.Cut(strings.TrimPrefix(text, "{"), "}")
	if !found || !strings.HasPrefix(text, "{") {
		return "", false, nil
	}
	switch scheme = strings.ToLower(scheme); scheme {
	case "crypt":
		stored, err = ForeignHash(rest)
	case "pkcs5s2":
		stored, err = fromAtlassian(rest)
	case "pbkdf2", "pbkdf2-sha1", "pbkdf2-sha256", "pbkdf2-sha512":
		stored, err = fromOpenLDAP(scheme, rest)
	case "sha", "ssha", "sha256", "ssha256", "sha512", "ssha512", "md5", "smd5":
		stored, err = fromDigest(scheme, rest)
	default:
		err = fmt.Errorf("hashes of directories after {%s} are not known here", shownScheme(scheme))
	}
	return stored, true, err
}

// shownScheme gives what may be shown of what should be the name of a scheme.
func shownScheme(scheme string) string {
	if len(scheme) > 16 || strings.Trim(scheme, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return "..."
	}
	return strings.ToUpper(scheme)
}

// fromDigest reads base64 of a digest with the salt behind it.
func fromDigest(scheme, text string) (string, error) {
	name, salted := strings.CutPrefix(scheme, "s")
	if strings.HasPrefix(scheme, "sha") {
		name, salted = scheme, false
	}
	if name == "sha" {
		name = "sha1"
	}
	raw, err := base64.StdEncoding.DecodeString(text)
	makeHash := directoryDigest(name)
	if err != nil || makeHash == nil || len(raw) < makeHash().Size() {
		return "", fmt.Errorf("the digest of a directory is malformed")
	}
	size := makeHash().Size()
	if !salted && len(raw) > size {
		return "", fmt.Errorf("the digest of a directory is malformed")
	}
	h := directoryHash{name, raw[size:], raw[:size]}
	return h.String(), h.check()
}

// fromAtlassian reads base64 of 16 bytes of salt and 32 of PBKDF2 by SHA-1 with 10,000
// iterations.
func fromAtlassian(text string) (string, error) {
	const salt, size, iterations = 16, 32, 10_000
	raw, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(raw) != salt+size {
		return "", fmt.Errorf("the hash of Atlassian's is malformed")
	}
	return PBKDF2("sha1", iterations, raw[salt:], raw[:salt])
}

// fromOpenLDAP reads <iterations>$<salt>$<digest> of the module pw-pbkdf2, in base64 without
// padding and with a full stop for the plus sign.
func fromOpenLDAP(scheme, text string) (string, error) {
	parts := strings.Split(text, "$")
	if _, err := strconv.Atoi(parts[0]); err != nil || len(parts) != 3 {
		return "", fmt.Errorf("the PBKDF2 hash is malformed")
	}
	return pbkdf2Parts(scheme, parts[0], strings.ReplaceAll(parts[1], ".", "+"), strings.ReplaceAll(parts[2], ".", "+"))
}

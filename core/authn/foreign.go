package authn

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
)

// ForeignHash gives the form in which a password hash that another program wrote is
// stored: a PHC string of Argon2id; bcrypt; PBKDF2 as Django, passlib, or a PHC string has
// it; and what is stored already. The error says why a hash is not accepted, and holds
// nothing of it.
func ForeignHash(text string) (string, error) {
	if k, err := parseKept(text); err == nil {
		return k.String(), nil
	}
	for _, read := range []func(string) (stored string, is bool, err error){fromDjango, fromPasslib, fromPHC, fromDirectory} {
		if stored, is, err := read(text); is {
			return stored, err
		}
	}
	_, err := parseKept(text)
	return "", err
}

// fromDjango reads pbkdf2_sha256$<iterations>$<salt>$<digest>: the salt as it is, the
// digest in base64.
func fromDjango(text string) (stored string, is bool, err error) {
	rest, found := strings.CutPrefix(text, "pbkdf2_")
	parts := strings.Split(rest, "$")
	if !found || len(parts) != 4 {
		return "", false, nil
	}
	iterations, errIterations := strconv.Atoi(parts[1])
	tag, errTag := base64.StdEncoding.DecodeString(parts[3])
	if errIterations != nil || errTag != nil {
		return "", true, fmt.Errorf("the PBKDF2 hash of Django's form is malformed")
	}
	stored, err = PBKDF2(parts[0], iterations, tag, []byte(parts[2]))
	return stored, true, err
}

// fromPasslib reads $pbkdf2-sha256$<iterations>$<salt>$<digest>, both in base64 with a full
// stop for the plus sign. That with SHA-1 is $pbkdf2$ alone.
func fromPasslib(text string) (stored string, is bool, err error) {
	parts := strings.Split(text, "$")
	if len(parts) != 5 || parts[0] != "" || !strings.HasPrefix(parts[1], "pbkdf2") || strings.Contains(parts[2], "=") {
		return "", false, nil
	}
	stored, err = pbkdf2Parts(parts[1], parts[2], strings.ReplaceAll(parts[3], ".", "+"), strings.ReplaceAll(parts[4], ".", "+"))
	return stored, true, err
}

// fromPHC reads $pbkdf2-sha256$i=<iterations>,l=<length>$<salt>$<digest>.
func fromPHC(text string) (stored string, is bool, err error) {
	parts := strings.Split(text, "$")
	if len(parts) != 5 || parts[0] != "" || !strings.HasPrefix(parts[1], "pbkdf2") || !strings.HasPrefix(parts[2], "i=") {
		return "", false, nil
	}
	iterations, _, _ := strings.Cut(parts[2][2:], ",l=")
	stored, err = pbkdf2Parts(parts[1], iterations, parts[3], parts[4])
	return stored, true, err
}

func pbkdf2Parts(scheme, iterations, salt, digest string) (string, error) {
	if scheme == "pbkdf2" {
		scheme = "pbkdf2-sha1"
	}
	count, errCount := strconv.Atoi(iterations)
	saltBytes, errSalt := base64.RawStdEncoding.DecodeString(salt)
	tag, errTag := base64.RawStdEncoding.DecodeString(digest)
	if errCount != nil || errSalt != nil || errTag != nil {
		return "", fmt.Errorf("the PBKDF2 hash is malformed")
	}
	return PBKDF2(strings.TrimPrefix(scheme, "pbkdf2-"), count, tag, saltBytes)
}

// Argon2id gives the stored form of a hash by Argon2id of version 19.
func Argon2id(params Params, salt, tag []byte) (string, error) {
	stored := hash{Params: params, salt: salt, tag: tag}.String()
	_, err := parseHash(stored)
	return stored, err
}

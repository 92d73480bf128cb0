package authn

import (
	"strings"
	"testing"
)

// What glibc computes of the passwords of the document that specifies SHA-crypt: shorter and
// longer than a digest is.
func TestCryptVectors(t *testing.T) {
	const long = "a very much longer text to encrypt.  This one even stretches over morethan one line."
	for text, password := range map[string]string{
		"$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5":                                                              "Hello world!",
		"$5$rounds=77777$short$JiO1O3ZpDAxGJeaDIuqCoEFysAe1mZNJRs3pw0KQRd/":                                                      "we have a short salt string but not a short password",
		"$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1":                   "Hello world!",
		"$6$rounds=1400$anotherlongsalts$POfYwTEok97VWcjxIiSOjiykti.o/pQs.wPvMxQ6Fm7I6IoYN3CmLs66x9t0oSwbtEW7o7UmJEiDwGqd8p4ur1": long,
	} {
		stored, err := ForeignHash(text)
		if err != nil || stored != text {
			t.Errorf("%s is read as %q, %v", text, stored, err)
			continue
		}
		h, err := parseKept(stored)
		if err != nil || !h.matches(password) || h.matches(password+"x") || h.matches("") {
			t.Errorf("%s does not match %q alone, %v", text, password, err)
		}
	}
}

// What is malformed, or costs too much, is refused, and nothing of it is shown.
func TestStrangeHashes(t *testing.T) {
	const tag = "5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc8"
	for text, problem := range map[string]string{
		"$5$salt":                         "malformed",
		"$5$salt$short":                   "malformed",
		"$5$salt$" + tag + "x":            "malformed",
		"$6$salt$" + tag:                  "malformed",
		"$5$round=5000$salt$" + tag:       "malformed",
		"$5$rounds=05000$salt$" + tag:     "malformed",
		"$5$rounds=999$salt$" + tag:       "999 rounds",
		"$5$rounds=9999999$salt$" + tag:   "9999999 rounds",
		"$5$saltsaltsaltsalts$" + tag:     "malformed",
		"$5$salt$" + tag[:42] + "!":       "malformed",
		"{SSHA}AAAA":                      "malformed",
		"{SHA}" + strings.Repeat("A", 40): "malformed",
		"{SSHA}!":                         "malformed",
		"{SHA384}AAAA":                    "{SHA384} are not known",
		"{secret words}AAAA":              "{...} are not known",
		"{PKCS5S2}AAAA":                   "malformed",
		"{PBKDF2}x$AA$AA":                 "malformed",
		"{CRYPT}{CRYPT}" + tag:            "no scheme",
		"{CRYPT}ab1234567890x":            "no scheme",
		"$ldap-sha1$AAAA$AAAA":            "3 bytes",
		"$ldap-sha3$AAAA$AAAA":            "no scheme",
		"$1$salt$abcdefghijklmnopqrstuv":  "no scheme",
	} {
		stored, err := ForeignHash(text)
		if err == nil || stored != "" || !strings.Contains(err.Error(), problem) || strings.Contains(err.Error(), tag[:8]) {
			t.Errorf("%q is read as %q, %v, want %q", text, stored, err, problem)
		}
	}
}

package oauth

import (
	"fmt"
	"io"
	"strings"
	"unicode"
)

// userCodeAlphabet has neither vowels nor what is read for something else: no code is a
// word, and no letter is another one (RFC 8628 section 6.1).
const userCodeAlphabet = "BCDFGHJKLMNPQRSTVWXZ"

const (
	// userCodeLength makes 34 bits, which are enough for codes that live for minutes and
	// are tried by who is signed in, a few times (RFC 8628 section 5.1).
	userCodeLength = 8
	// maxTypedCode bounds what a person types: the code, with anything between its letters.
	maxTypedCode = 64
)

// NewUserCode makes a code that a person types, without its hyphen.
func NewUserCode(random io.Reader) (string, error) {
	var code []byte
	for raw := make([]byte, 1); len(code) < userCodeLength; {
		if _, err := io.ReadFull(random, raw); err != nil {
			return "", fmt.Errorf("make a user code: %w", err)
		}
		// The rest of the division would make some letters likelier than others.
		if fair := 256 / len(userCodeAlphabet) * len(userCodeAlphabet); int(raw[0]) < fair {
			code = append(code, userCodeAlphabet[int(raw[0])%len(userCodeAlphabet)])
		}
	}
	return string(code), nil
}

// FormatUserCode writes a code as people read it: "WDJB-MJHT". Anything else stays as it
// is.
func FormatUserCode(code string) string {
	if len(code) != userCodeLength {
		return code
	}
	return code[:userCodeLength/2] + "-" + code[userCodeLength/2:]
}

// ParseUserCode reads what a person typed: in whatever case or width, and with whatever
// between the letters (RFC 8628 section 6.1). It reports whether that can be a code.
func ParseUserCode(typed string) (string, bool) {
	if len(typed) > maxTypedCode {
		return "", false
	}
	code := strings.Map(func(r rune) rune {
		if r >= 0xff01 && r <= 0xff5e { // the wide forms of ASCII, as Asian keyboards have them
			r -= 0xff01 - '!'
		}
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToUpper(r)
	}, typed)
	strange := strings.ContainsFunc(code, func(r rune) bool { return !strings.ContainsRune(userCodeAlphabet, r) })
	return code, len(code) == userCodeLength && !strange
}

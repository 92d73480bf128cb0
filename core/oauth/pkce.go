package oauth

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"strings"
)

// MethodS256 is the only code challenge method here. A method of "plain", also
// where it is the default (RFC 7636 section 4.3), is refused (RFC 9700 section
// 2.1.1).
const MethodS256 = "S256"

const (
	minVerifier     = 43 // RFC 7636 section 4.1
	maxVerifier     = 128
	challengeLength = 43 // base64url of a SHA-256
)

// Challenge is the S256 code challenge of a verifier (RFC 7636 section 4.2).
func Challenge(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// CheckVerifier compares the code_verifier of a token request with the challenge
// of its authorization request; either may be empty. A verifier for a code that
// had no challenge is refused too: somebody took the challenge out of the
// authorization request (RFC 9700 section 4.8.2, MUST).
func CheckVerifier(challenge, verifier string) *Error {
	switch {
	case challenge == "" && verifier == "":
		return nil
	case challenge == "":
		return Refuse(CodeInvalidGrant, "verifier_without_challenge", "The authorization request had no code_challenge, but there is a code_verifier.")
	case verifier == "":
		return Refuse(CodeInvalidGrant, "verifier_missing", "The code_verifier is missing.")
	case len(verifier) < minVerifier || len(verifier) > maxVerifier || !isUnreserved(verifier):
		return Refuse(CodeInvalidGrant, "verifier_malformed", "The code_verifier must be 43 to 128 unreserved characters.")
	case subtle.ConstantTimeCompare([]byte(Challenge(verifier)), []byte(challenge)) != 1:
		return Refuse(CodeInvalidGrant, "verifier_wrong", "The code_verifier does not match.")
	}
	return nil
}

// checkChallenge reads code_challenge and code_challenge_method.
func checkChallenge(p Params, required bool) (string, *Error) {
	challenge, method := p.Get("code_challenge"), p.Get("code_challenge_method")
	switch {
	case challenge == "" && method != "":
		return "", Refuse(CodeInvalidRequest, "challenge_missing", "There is a code_challenge_method without code_challenge.")
	case challenge == "" && required:
		return "", Refuse(CodeInvalidRequest, "challenge_missing", "This client must send a code_challenge.")
	case challenge == "":
		return "", nil
	case method != MethodS256:
		return "", Refuse(CodeInvalidRequest, "challenge_method", "The code_challenge_method must be S256.")
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(challenge)
	if err != nil || len(raw) != sha256.Size || len(challenge) != challengeLength {
		return "", Refuse(CodeInvalidRequest, "challenge_malformed", "The code_challenge must be the base64url of a SHA-256.")
	}
	return challenge, nil
}

// isUnreserved tells whether s has only unreserved characters (RFC 3986 section
// 2.3).
func isUnreserved(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool {
		return !isAlphanumeric(r) && !strings.ContainsRune("-._~", r)
	})
}

func isAlphanumeric(r rune) bool {
	return r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z'
}

package oauth_test

import (
	"strings"
	"testing"

	"github.com/postern-id/postern/core/oauth"
)

// TestChallenge is RFC 7636 appendix B.
func TestChallenge(t *testing.T) {
	if got := oauth.Challenge(verifier); got != challenge {
		t.Errorf("%s, want %s", got, challenge)
	}
}

func TestCheckVerifierAccepts(t *testing.T) {
	for _, v := range []string{verifier, strings.Repeat("~", 43), strings.Repeat("aZ0-._~", 18) + "ab"} {
		if refusal := oauth.CheckVerifier(oauth.Challenge(v), v); refusal != nil {
			t.Errorf("%s: %v", v, refusal)
		}
	}
	if refusal := oauth.CheckVerifier("", ""); refusal != nil {
		t.Errorf("without PKCE: %v", refusal)
	}
}

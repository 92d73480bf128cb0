package httpd

import (
	"strings"
	"testing"

	"github.com/postern-id/postern/core/oauth"
)

func TestScopeLines(t *testing.T) {
	lines := scopeLines(english(t), []string{"email", "billing", "openid"})
	var names []string
	for _, line := range lines {
		if line.Title == "" || line.Description == "" {
			t.Errorf("%q has no text", line.Name)
		}
		names = append(names, line.Name)
	}
	if got := strings.Join(names, " "); got != "openid email billing" {
		t.Errorf("scopes in the order %q", got)
	}
}

// Claims that are not standard have whatever name the request gave them: none of it is
// on the page.
func TestClaimLines(t *testing.T) {
	if lines := claimLines(english(t), nil); lines != nil {
		t.Errorf("%+v", lines)
	}
	lines := claimLines(english(t), []string{oauth.ClaimOther, "email", "given_name", "phone_number"})
	if len(lines) != 2 || lines[0].Description != "These alone: e-mail address, given name, phone number." || lines[1].Title != "Other details" {
		t.Errorf("%+v", lines)
	}
}

// What the words say is tested in package web: here, that there are any.
func TestEveryScopeAndClaimHasWords(t *testing.T) {
	for _, scope := range oauth.StandardScopes() {
		lines := scopeLines(english(t), []string{scope})
		if len(lines) != 1 || strings.Contains(lines[0].Title+lines[0].Description, "consent.") || strings.Contains(lines[0].Description, "this application") {
			t.Errorf("%s: %+v", scope, lines)
		}
		for _, claim := range oauth.ScopeClaims(scope) {
			if lines := claimLines(english(t), []string{claim}); strings.Contains(lines[0].Description, "consent.") || lines[0].Name != "claims" {
				t.Errorf("%s: %+v", claim, lines)
			}
		}
	}
}

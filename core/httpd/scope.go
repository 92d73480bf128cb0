package httpd

import (
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/web"
)

// scopeOrder is the order in which people read what they give away. Each has two messages.
func scopeOrder() []string {
	return []string{
		core.ScopeAdministration, oauth.ScopeOpenID, oauth.ScopeProfile, oauth.ScopeEmail, oauth.ScopePhone, oauth.ScopeAddress, oauth.ScopeOfflineAccess,
	}
}

// scopeLines say what the scopes give away. Those of our own come first; of the others
// there is nothing but the name.
func scopeLines(l *web.Locale, scopes []string) []web.Scope {
	lines := make([]web.Scope, 0, len(scopes))
	for _, scope := range scopeOrder() {
		if slices.Contains(scopes, scope) {
			key := scopeKey(scope)
			lines = append(lines, web.Scope{Name: scope, Title: l.Text(key), Description: l.Text(key + "_text")})
		}
	}
	for _, scope := range scopes {
		if !slices.Contains(scopeOrder(), scope) {
			title := strings.ToUpper(scope[:1]) + scope[1:]
			lines = append(lines, web.Scope{Name: scope, Title: title, Description: l.Text("consent.scope_other_text")})
		}
	}
	return lines
}

func scopeKey(scope string) string {
	if scope == core.ScopeAdministration {
		scope = "administration" // keys have no colon
	}
	return "consent.scope_" + scope
}

// claimLines say which claims the application gets one by one. The names of those that
// are not standard are whatever the request says, and on no page.
func claimLines(l *web.Locale, claims []string) []web.Scope {
	var named []string
	var lines []web.Scope
	for _, claim := range claims {
		if oauth.ClaimScope(claim) != "" {
			named = append(named, l.Text("consent.claim_"+claim))
		} else {
			lines = append(lines, web.Scope{Name: claim, Title: l.Text("consent.claims_other"), Description: l.Text("consent.claims_other_text")})
		}
	}
	if len(named) > 0 {
		details := web.Scope{Name: "claims", Title: l.Text("consent.claims"), Description: l.Text("consent.claims_text", "claims", l.List(named))}
		lines = append([]web.Scope{details}, lines...)
	}
	return lines
}

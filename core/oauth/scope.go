package oauth

import (
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
)

// Scopes of OpenID Connect Core sections 5.4 and 11.
const (
	ScopeOpenID        = "openid"
	ScopeProfile       = "profile"
	ScopeEmail         = "email"
	ScopeAddress       = "address"
	ScopePhone         = "phone"
	ScopeOfflineAccess = "offline_access"
)

// StandardScopes returns the scopes that mean something here, in the order in
// which discovery lists them. A relying party copies that order into its
// settings, so it is the order that people expect to read.
func StandardScopes() []string {
	return []string{ScopeOpenID, ScopeProfile, ScopeEmail, ScopeAddress, ScopePhone, ScopeOfflineAccess}
}

// IsPersonal reports whether a scope is about a person, so that a client cannot have
// it for itself: what asks for claims about somebody, access while they are away, and
// what they may do here as an administrator.
func IsPersonal(scope string) bool {
	return scope == ScopeOfflineAccess || scope == core.ScopeAdministration || ScopeClaims(scope) != nil
}

// ScopeClaims returns the claims that a scope asks for (OpenID Connect Core
// section 5.4), nil for a scope that asks for none.
func ScopeClaims(scope string) []string {
	switch scope {
	case ScopeOpenID:
		return []string{"sub"}
	case ScopeProfile:
		return []string{
			"name", "family_name", "given_name", "middle_name", "nickname", "preferred_username", "profile",
			"picture", "website", "gender", "birthdate", "zoneinfo", "locale", "updated_at",
		}
	case ScopeEmail:
		return []string{"email", "email_verified"}
	case ScopeAddress:
		return []string{"address"}
	case ScopePhone:
		return []string{"phone_number", "phone_number_verified"}
	}
	return nil
}

const (
	maxScopes      = 100
	maxScopeLength = 256
)

// ParseScope reads a scope parameter (RFC 6749 section 3.3): its words in their
// order, without repetition. More than one blank between words is let pass,
// since people type this value into settings. Empty gives nil.
func ParseScope(s string) ([]string, *Error) {
	words := strings.Split(s, " ")
	if words = slices.DeleteFunc(words, func(word string) bool { return word == "" }); len(words) > maxScopes {
		return nil, Refuse(CodeInvalidScope, "scope_too_long", "The scope has too many words.")
	}
	var scopes []string
	for _, scope := range words {
		switch {
		case len(scope) > maxScopeLength || !isScope(scope):
			return nil, Refuse(CodeInvalidScope, "scope_malformed", "The scope has characters that are not allowed, or is too long.")
		case !slices.Contains(scopes, scope):
			scopes = append(scopes, scope)
		}
	}
	return scopes, nil
}

// isScope checks scope-token (RFC 6749 appendix A.4): the characters of an error
// description but the blank.
func isScope(s string) bool { return isDescription(s) && !strings.Contains(s, " ") }

// FormatScope joins scopes as a parameter has them.
func FormatScope(scopes []string) string { return strings.Join(scopes, " ") }

// CutScopes returns those of the scopes that are allowed, in their order.
func CutScopes(scopes, allowed []string) []string {
	var cut []string
	for _, scope := range scopes {
		if slices.Contains(allowed, scope) {
			cut = append(cut, scope)
		}
	}
	return cut
}

// WithinScopes reports whether all scopes are granted.
func WithinScopes(scopes, granted []string) bool {
	return len(CutScopes(scopes, granted)) == len(scopes)
}

package oauth

import (
	"strings"
)

// ReasonTokenMissing is the reason of a request without any token: its challenge
// has no error code (RFC 6750 section 3.1, SHOULD NOT).
const ReasonTokenMissing = "token_missing"

// ParseBearer returns the bearer token of a request: from the Authorization
// header, empty if there is none, or from access_token in a form body (RFC 6750
// sections 2.1 and 2.2). A form is read by the caller only where it is a POST
// body; a query never carries a token (RFC 9700 section 4.3.2).
func ParseBearer(authorization string, form Params) (string, *Error) {
	token := form.Get("access_token")
	switch {
	case authorization == "" && token == "":
		return "", Refuse(CodeInvalidToken, ReasonTokenMissing, "There is no access token.")
	case authorization != "" && token != "":
		return "", Refuse(CodeInvalidRequest, "token_twice", "The access token is there more than once.")
	case authorization != "":
		scheme, rest, _ := strings.Cut(authorization, " ")
		if !strings.EqualFold(scheme, "Bearer") {
			return "", Refuse(CodeInvalidToken, ReasonTokenMissing, "There is no bearer token.")
		}
		token = strings.TrimLeft(rest, " ")
	}
	if len(token) > maxAuthorization || !isToken68(token) {
		return "", Refuse(CodeInvalidToken, "token_malformed", "The access token is malformed.")
	}
	return token, nil
}

// isToken68 checks b64token (RFC 6750 section 2.1).
func isToken68(s string) bool {
	s = strings.TrimRight(s, "=")
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool {
		return !isAlphanumeric(r) && !strings.ContainsRune("-._~+/", r)
	})
}

// BearerChallenge is the WWW-Authenticate header of a refusal at a protected
// resource (RFC 6750 section 3). Scope is what the resource needs, or empty.
func BearerChallenge(realm string, refusal *Error, scope string) string {
	challenge := "Bearer realm=" + quote(realm)
	if refusal != nil && refusal.Reason != ReasonTokenMissing {
		challenge += ", error=" + quote(refusal.Code) + ", error_description=" + quote(refusal.Description)
	}
	if scope != "" {
		challenge += ", scope=" + quote(scope)
	}
	return challenge
}

// BasicChallenge is the WWW-Authenticate header of invalid_client (RFC 6749
// section 5.2, MUST).
func BasicChallenge(realm string) string {
	return "Basic realm=" + quote(realm) + `, charset="UTF-8"`
}

// quote makes a quoted-string (RFC 9110 section 5.6.4); what may not be in one
// is left out.
func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r >= ' ' && r <= '~':
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

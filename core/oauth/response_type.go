package oauth

import (
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
)

// The words of a response type: what the authorization endpoint is asked to give
// (OAuth 2.0 Multiple Response Type Encoding Practices).
const (
	WordCode    = "code"
	WordIDToken = "id_token"
	WordToken   = "token"
)

// ResponseTypeCode is the response type that needs nothing of the browser but to carry
// a code (RFC 9700 section 2.1.2 advises it). Clients that were not registered for
// another have this one.
const ResponseTypeCode = "code"

// responseTypeIDToken has no access token with it, so the ID token says everything.
const responseTypeIDToken = "id_token"

// ResponseTypes lists those of OpenID Connect Core section 3, each with its words in
// alphabetical order. An access token alone is none of them: nobody could tell for
// which client it was made.
func ResponseTypes() []string {
	return []string{ResponseTypeCode, responseTypeIDToken, "id_token token", "code id_token", "code token", "code id_token token"}
}

// SortResponseType writes a response type as [ResponseTypes] does: the order of its
// words says nothing (RFC 6749 section 3.1.1).
func SortResponseType(s string) string {
	words := strings.Split(s, " ")
	slices.Sort(words)
	return strings.Join(words, " ")
}

// GrantTypesFor gives the grant types that go with a response type (OpenID Connect
// Dynamic Client Registration section 2).
func GrantTypesFor(responseType string) []string {
	var types []string
	words := strings.Fields(responseType)
	if slices.Contains(words, WordCode) {
		types = append(types, core.GrantAuthorizationCode)
	}
	if slices.Contains(words, WordIDToken) || slices.Contains(words, WordToken) {
		types = append(types, core.GrantImplicit)
	}
	return types
}

// asksForToken reports whether a token goes to the browser.
func asksForToken(p Params) bool {
	words := strings.Fields(p.Get("response_type"))
	return slices.Contains(words, WordToken) || slices.Contains(words, WordIDToken)
}

func checkResponseType(r *AuthorizeRequest, p Params, client *core.Client) *Error {
	r.ResponseType = SortResponseType(p.Get("response_type"))
	switch {
	case r.ResponseType == "":
		return Refuse(CodeInvalidRequest, "response_type_missing", "The response_type is missing.")
	case asksForToken(p) && p.Get("response_mode") == ModeQuery:
		return Refuse(CodeInvalidRequest, "response_mode", "Tokens are never returned in a query.")
	case !slices.Contains(ResponseTypes(), r.ResponseType):
		return Refuse(CodeUnsupportedResponseType, "response_type", "The response_type is not supported.")
	case !slices.Contains(client.ResponseTypes, r.ResponseType) || !within(GrantTypesFor(r.ResponseType), client.GrantTypes):
		return Refuse(CodeUnauthorizedClient, "response_type_unregistered", "The application may not use this response_type.")
	}
	return nil
}

func within(words, all []string) bool {
	return !slices.ContainsFunc(words, func(word string) bool { return !slices.Contains(all, word) })
}

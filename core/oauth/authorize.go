package oauth

import (
	"slices"
	"strings"
	"time"
)

// AuthorizeRequest is an authorization request that passed every check that
// needs nobody's presence (RFC 6749 section 4.1.1, OpenID Connect Core section
// 3.1.2.1).
type AuthorizeRequest struct {
	ClientID         string
	RedirectURI      string // the registered one if the request had none
	RedirectURIGiven bool
	ResponseType     string // one of [ResponseTypes]
	ResponseMode     string // "query", "fragment" or "form_post"
	State            string
	StateGiven       bool
	Nonce            string
	Scopes           []string // in the order of the request, without repetition, those the client may have
	Challenge        string   // PKCE S256, or empty
	Prompts          []string // none, login, consent, select_account
	MaxAge           time.Duration
	MaxAgeGiven      bool
	LoginHint        string
	IDTokenHint      string
	// Claims is the claims parameter, cut to what the client may have; nil for nothing.
	Claims *Claims
	// ACRValues are the authentication context classes that the client would like, the
	// best first: of acr_values, else of the claims parameter, else its default.
	ACRValues []string
	// EssentialACRs are those of which the sign-in must have one; nil for any.
	EssentialACRs []string
	UILocales     []string
	// ProviderHint names the connector at which the person is to sign in: idp_hint, a
	// parameter of our own. Empty for what cannot be the name of one.
	ProviderHint string
}

// Wants reports whether the response type has the word: [WordCode], [WordIDToken] or
// [WordToken].
func (r *AuthorizeRequest) Wants(word string) bool {
	return slices.Contains(strings.Fields(r.ResponseType), word)
}

// FrontChannel reports whether the answer has a token with it.
func (r *AuthorizeRequest) FrontChannel() bool { return r.Wants(WordIDToken) || r.Wants(WordToken) }

// AuthorizeError is a refusal of an authorization request. Where RedirectURI is
// empty it is shown to the person (RFC 6749 section 4.1.2.1: an unknown client or
// redirect URI is never redirected to); else it goes there.
type AuthorizeError struct {
	*Error
	RedirectURI  string
	ResponseMode string
	State        string
	StateGiven   bool
}

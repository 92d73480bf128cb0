package oauth

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
)

// Values of prompt (OpenID Connect Core section 3.1.2.1).
const (
	PromptNone          = "none"
	PromptLogin         = "login"
	PromptConsent       = "consent"
	PromptSelectAccount = "select_account"
)

const (
	maxState       = 4 << 10 // also of nonce: it returns intact or the request is refused
	maxLoginHint   = 1 << 10
	maxIDTokenHint = 16 << 10
	maxWords       = 32 // in acr_values and ui_locales
	maxProvider    = 64 // of the name of a plugin instance
	maxMaxAge      = 10 * 365 * 24 * 60 * 60
)

// ParseAuthorize checks an authorization request. Client is the one registered
// under the request's client_id, nil if there is none.
//
// What concerns the client or the redirect URI is shown to the person; every
// other refusal goes to the redirect URI (RFC 6749 section 4.1.2.1). Unknown
// parameters are ignored.
func ParseAuthorize(p Params, client *core.Client) (*AuthorizeRequest, *AuthorizeError) {
	r, refusal := parseAddressee(p, client)
	if refusal != nil {
		return nil, &AuthorizeError{Error: refusal}
	}
	for _, rule := range [...]func(*AuthorizeRequest, Params, *core.Client) *Error{
		checkRequestObject, checkResponseType, checkResponseMode, checkScope, checkPKCE, checkNonce,
		checkPrompt, checkMaxAge, checkClaims, checkHints,
	} {
		if refusal := rule(r, p, client); refusal != nil {
			return nil, r.Refuse(refusal)
		}
	}
	return r, nil
}

// RefuseAuthorize makes the refusal of a request that was refused before its parameters
// were checked: it goes where they say, if the client may be answered there.
func RefuseAuthorize(p Params, client *core.Client, refusal *Error) *AuthorizeError {
	r, unanswerable := parseAddressee(p, client)
	if unanswerable != nil {
		return &AuthorizeError{Error: unanswerable}
	}
	return r.Refuse(refusal)
}

// parseAddressee reads what an answer needs: to whom, where, how, with which
// state.
func parseAddressee(p Params, client *core.Client) (*AuthorizeRequest, *Error) {
	r := &AuthorizeRequest{
		ClientID: p.Get("client_id"), RedirectURI: p.Get("redirect_uri"), RedirectURIGiven: p.Has("redirect_uri"),
		ResponseMode: answerMode(p), State: p.Get("state"), StateGiven: p.Has("state"),
	}
	if refusal := checkClient(r, client); refusal != nil {
		return nil, refusal
	}
	if refusal := checkRedirect(r, client); refusal != nil {
		return nil, refusal
	}
	return r, checkState(r)
}

func checkClient(r *AuthorizeRequest, client *core.Client) *Error {
	switch {
	case r.ClientID == "":
		return Refuse(CodeInvalidRequest, "client_missing", "The client_id is missing.")
	case client == nil || client.ID != r.ClientID:
		return Refuse(CodeInvalidRequest, "client_unknown", "No application is registered under this client_id.")
	case client.Disabled:
		return Refuse(CodeUnauthorizedClient, "client_disabled", "This application is disabled.")
	}
	return nil
}

// checkRedirect settles the redirect URI. OpenID Connect demands the parameter;
// with one URI registered nothing is ambiguous, so its absence is let pass as
// OAuth does (RFC 6749 section 3.1.2.3).
func checkRedirect(r *AuthorizeRequest, client *core.Client) *Error {
	switch {
	case !r.RedirectURIGiven && len(client.RedirectURIs) != 1:
		return Refuse(CodeInvalidRequest, "redirect_uri_missing", "The redirect_uri is missing.")
	case !r.RedirectURIGiven:
		r.RedirectURI = client.RedirectURIs[0]
	case !MatchRedirect(client.RedirectURIs, client.Native, r.RedirectURI):
		return Refuse(CodeInvalidRequest, "redirect_uri_unregistered", "The redirect_uri is not registered for this application.")
	}
	return nil
}

// checkState refuses what could not be returned to the byte. Without its state
// an answer is of no use to the client, so this is shown. A browser rewrites
// line breaks in the fields of a form.
func checkState(r *AuthorizeRequest) *Error {
	if len(r.State) > maxState || r.ResponseMode == ModeFormPost && strings.ContainsAny(r.State, "\r\n") {
		return Refuse(CodeInvalidRequest, "state_malformed", "The state is too long, or could not be returned unchanged.")
	}
	return nil
}

// answerMode is how the request is answered, also if it is refused: as it asks,
// if that is possible, else as its response type does by default (OAuth 2.0
// Multiple Response Type Encoding Practices section 2.1).
func answerMode(p Params) string {
	mode, toBrowser := p.Get("response_mode"), asksForToken(p)
	switch {
	case mode == ModeFragment || mode == ModeFormPost:
		return mode
	case toBrowser:
		return ModeFragment
	}
	return ModeQuery
}

// checkRequestObject refuses what OpenID Connect Core section 6 and section 7.2.1
// describe and nobody resolved: ignoring such a parameter would drop what the client
// relies on.
func checkRequestObject(_ *AuthorizeRequest, p Params, _ *core.Client) *Error {
	switch {
	case p.Has("request"):
		return Refuse(CodeRequestNotSupported, "request_object", "Request objects are not supported.")
	case p.Has("request_uri"):
		return Refuse(CodeRequestURINotSupported, "request_uri", "The request_uri parameter is not supported.")
	case p.Has("registration"):
		return Refuse(CodeRegistrationUnsupported, "registration", "The registration parameter is not supported.")
	}
	return nil
}

func checkResponseMode(r *AuthorizeRequest, p Params, _ *core.Client) *Error {
	if p.Has("response_mode") && p.Get("response_mode") != r.ResponseMode {
		return Refuse(CodeInvalidRequest, "response_mode", "The response_mode must be query, fragment or form_post.")
	}
	return nil
}

// checkScope cuts the scope to what the client may ask for (RFC 6749 section
// 3.3: the server may ignore a part of it). Nothing left is refused, since such
// a token would open nothing.
func checkScope(r *AuthorizeRequest, p Params, client *core.Client) *Error {
	asked, refusal := ParseScope(p.Get("scope"))
	if refusal != nil {
		return refusal
	}
	r.Scopes = CutScopes(asked, client.Scopes)
	// Without a code there is nothing to get a refresh token for (OpenID Connect Core
	// section 11, MUST ignore).
	if !slices.Contains(client.GrantTypes, core.GrantRefreshToken) || !r.Wants(WordCode) {
		r.Scopes = slices.DeleteFunc(r.Scopes, func(scope string) bool { return scope == ScopeOfflineAccess })
	}
	switch {
	case len(asked) == 0:
		return Refuse(CodeInvalidScope, "scope_missing", "The scope is missing.")
	case len(r.Scopes) == 0:
		return Refuse(CodeInvalidScope, "scope_unregistered", "The application may have none of these scopes.")
	case r.Wants(WordIDToken) && !slices.Contains(r.Scopes, ScopeOpenID):
		return Refuse(CodeInvalidScope, "scope_without_openid", "An ID token needs the scope openid.")
	}
	return nil
}

// checkPKCE protects a code; where none is asked for there is nothing that a challenge
// could be bound to.
func checkPKCE(r *AuthorizeRequest, p Params, client *core.Client) (refusal *Error) {
	r.Challenge, refusal = checkChallenge(p, r.Wants(WordCode) && (client.Public() || client.RequirePKCE))
	if !r.Wants(WordCode) {
		r.Challenge = ""
	}
	return refusal
}

// checkNonce demands a nonce for an ID token that comes through the browser: nothing
// else tells the client that it asked for that very token (OpenID Connect Core sections
// 3.2.2.1 and 3.3.2.11, MUST).
func checkNonce(r *AuthorizeRequest, p Params, _ *core.Client) *Error {
	switch r.Nonce = p.Get("nonce"); {
	case len(r.Nonce) > maxState:
		return Refuse(CodeInvalidRequest, "nonce_too_long", "The nonce is too long.")
	case r.Nonce == "" && r.Wants(WordIDToken):
		return Refuse(CodeInvalidRequest, "nonce_missing", "The nonce is missing: this response_type needs one.")
	}
	return nil
}

func checkPrompt(r *AuthorizeRequest, p Params, _ *core.Client) *Error {
	for prompt := range strings.SplitSeq(p.Get("prompt"), " ") {
		switch prompt {
		case "":
		case PromptNone, PromptLogin, PromptConsent, PromptSelectAccount:
			if !slices.Contains(r.Prompts, prompt) {
				r.Prompts = append(r.Prompts, prompt)
			}
		default:
			return Refuse(CodeInvalidRequest, "prompt_unknown", "The prompt has a value that is not supported.")
		}
	}
	if len(r.Prompts) > 1 && slices.Contains(r.Prompts, PromptNone) {
		return Refuse(CodeInvalidRequest, "prompt_none", "A prompt of none goes with no other.")
	}
	return nil
}

// checkMaxAge takes the client's default where the request says nothing (OpenID Connect
// Dynamic Client Registration section 2).
func checkMaxAge(r *AuthorizeRequest, p Params, client *core.Client) *Error {
	if r.MaxAgeGiven = p.Has("max_age"); !r.MaxAgeGiven {
		if otherwise := client.Metadata.DefaultMaxAge; otherwise != nil {
			r.MaxAge, r.MaxAgeGiven = time.Duration(*otherwise)*time.Second, true
		}
		return nil
	}
	// ParseUint takes no sign, no blank and, with a base, no underscore.
	seconds, err := strconv.ParseUint(p.Get("max_age"), 10, 32)
	if err != nil || seconds > maxMaxAge {
		return Refuse(CodeInvalidRequest, "max_age", "The max_age must be a number of seconds, at most ten years.")
	}
	r.MaxAge = time.Duration(seconds) * time.Second
	return nil
}

func checkHints(r *AuthorizeRequest, p Params, _ *core.Client) *Error {
	r.LoginHint, r.IDTokenHint = p.Get("login_hint"), p.Get("id_token_hint")
	r.UILocales = strings.Fields(p.Get("ui_locales"))
	if len(r.LoginHint) > maxLoginHint || len(r.IDTokenHint) > maxIDTokenHint || len(r.ACRValues) > maxWords || len(r.UILocales) > maxWords {
		return Refuse(CodeInvalidRequest, "hint_too_long", "A hint in the request is too long.")
	}
	// A provider that is not there is no reason to refuse: the person may choose.
	if provider := p.Get("idp_hint"); len(provider) <= maxProvider {
		r.ProviderHint = provider
	}
	return nil
}

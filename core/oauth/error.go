package oauth

import "net/http"

// Error codes of RFC 6749, RFC 6750, RFC 7009, RFC 7591, RFC 8628 and OpenID Connect Core section 3.1.2.6.
const (
	CodeInvalidRequest          = "invalid_request"
	CodeInvalidClient           = "invalid_client"
	CodeInvalidGrant            = "invalid_grant"
	CodeUnauthorizedClient      = "unauthorized_client"
	CodeUnsupportedGrantType    = "unsupported_grant_type"
	CodeUnsupportedTokenType    = "unsupported_token_type"
	CodeUnsupportedResponseType = "unsupported_response_type"
	CodeInvalidScope            = "invalid_scope"
	CodeInvalidToken            = "invalid_token"
	CodeInsufficientScope       = "insufficient_scope"
	CodeAccessDenied            = "access_denied"
	CodeServerError             = "server_error"
	CodeTemporarilyUnavailable  = "temporarily_unavailable"
	CodeLoginRequired           = "login_required"
	CodeConsentRequired         = "consent_required"
	CodeInteractionRequired     = "interaction_required"
	CodeSelectionRequired       = "account_selection_required"
	CodeRequestNotSupported     = "request_not_supported"
	CodeRequestURINotSupported  = "request_uri_not_supported"
	CodeInvalidRequestObject    = "invalid_request_object"
	CodeInvalidRequestURI       = "invalid_request_uri"
	CodeRegistrationUnsupported = "registration_not_supported"
	CodeInvalidRedirectURI      = "invalid_redirect_uri"
	CodeInvalidClientMetadata   = "invalid_client_metadata"
	CodeInvalidSoftware         = "invalid_software_statement"
	CodeAuthorizationPending    = "authorization_pending"
	CodeSlowDown                = "slow_down"
	CodeExpiredToken            = "expired_token"
)

// Error is a refusal. It speaks to three audiences: Code and Description go to
// the client's developer, Reason and Cause to the audit log and the log. None of
// them ever holds a secret or unchecked request text.
type Error struct {
	Code        string
	Description string // RFC 6749 section 5.2 characters: printable ASCII without quote and backslash
	Status      int    // HTTP status where the error is a response body or a page
	Reason      string // snake_case, for the audit event: "code_reused"
	Cause       error  // for the log; may be nil
}

func (e *Error) Error() string {
	text := e.Code + ": " + e.Description
	if e.Cause != nil {
		text += ": " + e.Cause.Error()
	}
	return text
}

func (e *Error) Unwrap() error { return e.Cause }

// Refuse makes an error with status 400, or 401 for invalid_client and
// invalid_token, 403 for insufficient_scope, 500 for server_error and 503 for
// temporarily_unavailable.
func Refuse(code, reason, description string) *Error {
	return &Error{Code: code, Description: description, Reason: reason, Status: statusOf(code)}
}

// Failed makes a server_error that keeps its cause for the log.
func Failed(cause error) *Error {
	return &Error{
		Code: CodeServerError, Description: "The server could not answer. Try again.",
		Reason: "server_error", Status: http.StatusInternalServerError, Cause: cause,
	}
}

func statusOf(code string) int {
	switch code {
	case CodeInvalidClient, CodeInvalidToken:
		return http.StatusUnauthorized
	case CodeInsufficientScope:
		return http.StatusForbidden
	case CodeServerError:
		return http.StatusInternalServerError
	case CodeTemporarilyUnavailable:
		return http.StatusServiceUnavailable
	}
	return http.StatusBadRequest
}

package oauth

import (
	"encoding/base64"
	"net/url"
	"strings"

	"github.com/postern-id/postern/core"
)

// ClientAuth is how a client proves who it is at the token endpoint (RFC 6749
// section 2.3), before anything was looked up.
type ClientAuth struct {
	// Method is core.AuthBasic, core.AuthPost or core.AuthNone; empty with an Assertion,
	// whose algorithm says it.
	Method string
	ID     string // client_id; may be empty with an Assertion, which has it too
	// Secrets are the readings of the secret, any of which may be the right one:
	// with Basic it is form-encoded first (RFC 6749 section 2.3.1), but not by all
	// clients. None for core.AuthNone.
	Secrets []string
	// Assertion is what the client signed (RFC 7523 section 2.2), as it came. Verifying
	// it takes keys, which are not this package's.
	Assertion string
}

// AssertionJWT is the one client_assertion_type.
const AssertionJWT = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

// maxAuthorization bounds the Authorization header.
const maxAuthorization = 8 << 10

// ParseClientAuth reads the credentials from the Authorization header, empty if
// there is none, or from the form. Two methods at once are refused (RFC 6749
// section 2.3, MUST NOT).
func ParseClientAuth(authorization string, p Params) (ClientAuth, *Error) {
	inBody, asserted := p.Has("client_secret"), p.Has("client_assertion") || p.Has("client_assertion_type")
	switch {
	case authorization != "" && (inBody || asserted), inBody && asserted:
		return ClientAuth{}, Refuse(CodeInvalidRequest, "client_auth_twice", "The client authenticates in more than one way.")
	case asserted:
		return parseAssertion(p)
	case authorization != "":
		return parseBasic(authorization, p.Get("client_id"))
	case !p.Has("client_id"):
		return ClientAuth{}, badClient("client_auth_missing", "The client does not say who it is.")
	case inBody:
		return ClientAuth{Method: core.AuthPost, ID: p.Get("client_id"), Secrets: []string{p.Get("client_secret")}}, nil
	}
	return ClientAuth{Method: core.AuthNone, ID: p.Get("client_id")}, nil
}

// Verify checks the credentials against the client that bears their ID, nil if
// there is none. An unknown client and a wrong secret get the same answer, and
// the same hash is computed.
func (a ClientAuth) Verify(client *core.Client) *Error {
	right := false
	for _, secret := range a.Secrets {
		hash := core.HashSecret(secret)
		if client != nil && hash.Matches(client.SecretHash) {
			right = true
		}
	}
	switch {
	case client == nil:
		return badClient("client_unknown", wrongCredentials)
	case !allowsMethod(client, a.Method):
		return badClient("client_auth_method", "The client may not authenticate in this way.")
	case a.Method == core.AuthNone && client.Public():
		return nil
	case !right || client.SecretHash.IsZero():
		return badClient("client_secret_wrong", wrongCredentials)
	}
	return nil
}

const wrongCredentials = "The client credentials are wrong."

func allowsMethod(client *core.Client, method string) bool {
	if client.Public() {
		return method == core.AuthNone
	}
	for _, allowed := range client.AuthMethods {
		if allowed == method {
			return true
		}
	}
	return false
}

func badClient(reason, description string) *Error {
	return Refuse(CodeInvalidClient, reason, description)
}

func parseAssertion(p Params) (ClientAuth, *Error) {
	switch {
	case p.Get("client_assertion_type") != AssertionJWT:
		return ClientAuth{}, badClient("client_auth_unsupported", "The client_assertion_type must be "+AssertionJWT+".")
	case !p.Has("client_assertion"):
		return ClientAuth{}, badClient("client_auth_missing", "The client_assertion is missing.")
	}
	return ClientAuth{ID: p.Get("client_id"), Assertion: p.Get("client_assertion")}, nil
}

// parseBasic reads HTTP Basic credentials (RFC 7617). A client_id in the body
// beside them must be the same.
func parseBasic(authorization, bodyID string) (ClientAuth, *Error) {
	scheme, encoded, _ := strings.Cut(authorization, " ")
	if len(authorization) > maxAuthorization || !strings.EqualFold(scheme, "Basic") {
		return ClientAuth{}, badClient("client_auth_unsupported", "The client may not authenticate in this way.")
	}
	raw, err := base64.StdEncoding.Strict().DecodeString(strings.TrimLeft(encoded, " "))
	rawID, rawSecret, hasColon := strings.Cut(string(raw), ":")
	id, errID := url.QueryUnescape(rawID)
	secret, errSecret := url.QueryUnescape(rawSecret)
	if err != nil || !hasColon || errID != nil || errSecret != nil || id == "" ||
		!isText(string(raw)) || !isText(id) || !isText(secret) {
		return ClientAuth{}, badClient("client_auth_malformed", "The Basic credentials are malformed.")
	}
	if bodyID != "" && bodyID != id {
		return ClientAuth{}, Refuse(CodeInvalidRequest, "client_id_mismatch", "The client_id is not the one that authenticates.")
	}
	auth := ClientAuth{Method: core.AuthBasic, ID: id, Secrets: []string{secret}}
	if rawSecret != secret {
		auth.Secrets = append(auth.Secrets, rawSecret)
	}
	return auth, nil
}

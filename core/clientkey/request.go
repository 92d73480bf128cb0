package clientkey

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/jose"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/core/outbound"
)

const (
	maxRequestObject = 64 << 10 // bytes
	maxMembers       = 128
	maxMemberName    = 128
)

// Resolve gives the parameters of an authorization request that has request or
// request_uri (OpenID Connect Core section 6, RFC 9101): those of the JWT where it has
// them, else those beside it, and none of the two. Other requests stay as they are.
func (s *Service) Resolve(ctx context.Context, client *core.Client, p oauth.Params) (oauth.Params, *oauth.Error) {
	var text string
	var refusal *oauth.Error
	switch {
	case p.Has("request") && p.Has("request_uri"):
		return p, oauth.Refuse(oauth.CodeInvalidRequest, "request_twice", "There is a request and a request_uri.")
	case p.Has("request"):
		text, refusal = p.Get("request"), mayRequest(client)
	case p.Has("request_uri"):
		text, refusal = s.fetchRequest(ctx, client, p.Get("request_uri"))
	default:
		return p, nil
	}
	if refusal != nil {
		return p, refusal
	}
	object, refusal := s.verifyRequest(ctx, client, text)
	if refusal != nil {
		return p, refusal
	}
	return merge(client, p, object)
}

// mayRequest refuses a client that has registered nothing to sign with.
func mayRequest(client *core.Client) *oauth.Error {
	m := &client.Metadata
	if len(m.JWKS) == 0 && m.JWKSURI == "" && m.RequestObjectAlg == "" {
		return oauth.Refuse(oauth.CodeRequestNotSupported, "request_object", "This application has not registered how it signs request objects.")
	}
	return nil
}

// fetchRequest fetches a request object from where the client has registered that it
// leaves them, and from nowhere else: nobody but the client says what the server asks.
func (s *Service) fetchRequest(ctx context.Context, client *core.Client, uri string) (string, *oauth.Error) {
	withoutHash := func(uri string) string {
		address, _, _ := strings.Cut(uri, "#")
		return address
	}
	registered := client.Metadata.RequestURIs
	switch {
	case len(registered) == 0:
		return "", oauth.Refuse(oauth.CodeRequestURINotSupported, "request_uri", "This application has not registered a request_uri.")
	case !slices.ContainsFunc(registered, func(r string) bool { return withoutHash(r) == withoutHash(uri) }):
		return "", oauth.Refuse(oauth.CodeInvalidRequestURI, "request_uri_unregistered", "The request_uri is not registered for this application.")
	}
	header := http.Header{"Accept": {"application/oauth-authz-req+jwt, application/jwt"}}
	response, err := s.Fetcher.Do(ctx, outbound.Request{URL: withoutHash(uri), Header: header, MaxBody: maxRequestObject})
	if err == nil && response.Status == http.StatusOK {
		return strings.TrimSpace(string(response.Body)), nil
	}
	refusal := oauth.Refuse(oauth.CodeInvalidRequestURI, "request_uri_unavailable", "The request object could not be fetched from its request_uri.")
	refusal.Cause = err
	return "", refusal
}

// verifyRequest verifies a request object of the client. That it is none that was made
// for something else, its type says, and that it is not about the client itself, as what
// proves who the client is (RFC 9101 section 10.8).
func (s *Service) verifyRequest(ctx context.Context, client *core.Client, text string) (*jose.Foreigner, *oauth.Error) {
	claimed, err := jose.Peek(text)
	if err != nil {
		return nil, explainRequest(err)
	}
	algs, refusal := requestAlgs(client, claimed.Alg)
	if refusal != nil {
		return nil, refusal
	}
	verified, err := s.readRequest(ctx, client, text, claimed.Alg, jose.Foreign{Algorithms: algs, Now: s.Now(), Undated: true})
	if err != nil {
		return nil, explainRequest(err)
	}
	switch {
	case !isRequestType(verified.Typ):
		return nil, refuseRequest("type", "The typ of the request object is that of something else.")
	case verified.Raw("iss") != nil && verified.Issuer != client.ID:
		return nil, refuseRequest("issuer", "The iss of the request object is not the client_id.")
	case verified.Raw("aud") != nil && !slices.Contains(verified.Audience, s.Issuer):
		return nil, refuseRequest("audience", "The aud of the request object is not the issuer of this server.")
	case verified.Subject == client.ID:
		return nil, refuseRequest("subject", "The sub of a request object is never the client_id.")
	}
	return &verified, nil
}

func (s *Service) readRequest(ctx context.Context, client *core.Client, text, alg string, expect jose.Foreign) (jose.Foreigner, error) {
	if alg == oauth.AlgNone {
		return jose.ParseUnsecured(text, expect)
	}
	return s.verify(ctx, client, text, alg, expect)
}

// requestAlgs are those with which the client may sign. Without a registered one they are
// those of its keys: what nobody signed, and what its secret did, must be registered.
func requestAlgs(client *core.Client, alg string) ([]string, *oauth.Error) {
	registered := client.Metadata.RequestObjectAlg
	switch {
	case registered != "" && alg == registered:
		return []string{registered}, nil
	case registered != "" || !slices.Contains(oauth.ClientKeyAlgs(), alg):
		return nil, refuseRequest("alg", "This application may not sign request objects with this algorithm.")
	}
	return oauth.ClientKeyAlgs(), nil
}

func isRequestType(typ string) bool {
	return typ == "" || strings.EqualFold(typ, jose.TypJWT) || strings.EqualFold(typ, "oauth-authz-req+jwt")
}

// merge puts the members of the request object over the parameters beside it (OpenID
// Connect Core section 6.3.3). What says whose request it is and of which kind is beside
// it too, and the same (sections 6.1 and 6.2, MUST).
func merge(client *core.Client, p oauth.Params, object *jose.Foreigner) (oauth.Params, *oauth.Error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(object.Payload, &members); err != nil || len(members) > maxMembers {
		return p, refuseRequest("malformed", "The request object has too many members.")
	}
	values := p.Values()
	delete(values, "request")
	delete(values, "request_uri")
	for name, raw := range members {
		if isClaim(name) {
			continue
		}
		value, refusal := parameter(name, raw)
		switch {
		case refusal != nil:
			return p, refusal
		case name == "client_id" && value != client.ID, name == "response_type" && p.Has(name) && value != p.Get(name):
			return p, refuseRequest("mismatch", "The client_id or the response_type of the request object is not the one beside it.")
		case value != "":
			values[name] = []string{value}
		}
	}
	return oauth.ParamsOf(values), nil
}

// isClaim tells what is about the JWT from what is about the request.
func isClaim(name string) bool {
	return slices.Contains([]string{"iss", "sub", "aud", "exp", "nbf", "iat", "jti"}, name)
}

// parameter gives a member as the parameter that it stands for: a string is that, all
// else is its JSON, as numbers and the claims parameter are.
func parameter(name string, raw json.RawMessage) (string, *oauth.Error) {
	var text string
	if json.Unmarshal(raw, &text) != nil { // null gives an empty text, so it is left out
		var b bytes.Buffer
		if json.Compact(&b, raw) != nil {
			return "", refuseRequest("malformed", "The request object is malformed.")
		}
		text = b.String()
	}
	switch {
	case name == "request" || name == "request_uri":
		return "", refuseRequest("nested", "There is a request or a request_uri within the request object.")
	case name == "" || len(name) > maxMemberName || strings.ContainsRune(name+text, 0):
		return "", refuseRequest("malformed", "The request object has a member that is no parameter.")
	}
	return text, nil
}

func explainRequest(err error) *oauth.Error {
	refusal := refuseRequest("keys", "The keys of this application cannot be had, or not be used.")
	switch {
	case errors.Is(err, jose.ErrMalformed):
		refusal = refuseRequest("malformed", "The request object is malformed, or encrypted, which is not supported.")
	case errors.Is(err, jose.ErrNoKey):
		refusal = refuseRequest("key", "The request object is signed with a key that this application does not have.")
	case errors.Is(err, jose.ErrSignature):
		refusal = refuseRequest("signature", "The signature of the request object is wrong.")
	case errors.Is(err, jose.ErrExpired):
		refusal = refuseRequest("expired", "The request object has expired.")
	case errors.Is(err, jose.ErrClaims):
		refusal = refuseRequest("claims", "The request object is not valid now.")
	}
	refusal.Cause = err
	return refusal
}

func refuseRequest(reason, description string) *oauth.Error {
	return oauth.Refuse(oauth.CodeInvalidRequestObject, "request_object_"+reason, description)
}

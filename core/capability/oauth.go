package capability

import (
	"context"
	"errors"
	"net/url"
	"strconv"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/outbound"
	"github.com/postern-id/postern/sdk/hook"
)

// exchangeOAuth is oauth.exchange. Who signed in, the plugin asks with the access
// token, which http.fetch sends for it.
func (s *Set) exchangeOAuth(ctx context.Context, caller *core.PluginCaller, r *hook.OAuthExchangeRequest) (*hook.OAuthExchangeAnswer, error) {
	if err := mayAsk(caller, hook.OAuthExchange, r.TokenEndpoint); err != nil {
		return nil, err
	}
	request, err := s.prepare(caller, client{id: r.ClientID, method: r.AuthMethod, keyID: r.KeyID, keyIssuer: r.KeyIssuer}, r.Secret)
	if err != nil {
		return nil, err
	}
	request.endpoint = r.TokenEndpoint
	if err := s.sign(caller, &request.client, r.Secret, r.TokenEndpoint, originOf(r.TokenEndpoint)); err != nil {
		return nil, err
	}
	got, err := s.exchange(ctx, caller, request, readAnyTokens)
	if err != nil {
		return nil, err
	}
	caller.Exchanged = got.access
	got.tell(caller.Login, r.ClientID, "", "") // an ID token was not verified
	return &hook.OAuthExchangeAnswer{TokenType: got.kind, Scope: got.scope, ExpiresIn: got.expiresIn}, nil
}

// originOf stands for the issuer of a server that has none.
func originOf(endpoint string) string {
	u, err := url.Parse(endpoint)
	if err != nil {
		return ""
	}
	return u.Scheme + "://" + u.Host
}

// readAnyTokens also reads a form, in which GitHub answers whoever does not insist
// on JSON, and some whatever is asked for.
func readAnyTokens(response *outbound.Response, r codeRequest) (tokens, error) {
	if mediaType(response) != typeForm {
		return readTokens(response, r)
	}
	object, err := parseForm(response.Body)
	if err != nil {
		return tokens{}, unavailable("the answer of %s is no form that can be read: %v", host(r.endpoint), err)
	}
	return r.tokensOf(response.Status, object)
}

// parseForm reads a form as if it were an object in JSON.
func parseForm(body []byte) (hook.Object, error) {
	values, err := url.ParseQuery(string(body))
	if err != nil {
		return nil, errors.New("it is badly escaped")
	}
	var object hook.Object
	for name, list := range values {
		if len(list) != 1 {
			return nil, errors.New("a name is there twice")
		}
		value := hook.String(list[0])
		if n, err := strconv.ParseInt(list[0], 10, 64); err == nil && name == "expires_in" {
			value = hook.Int(n)
		}
		object = append(object, hook.Member{Name: name, Value: value})
	}
	return object, nil
}

package capability

import (
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/outbound"
	"github.com/postern-id/postern/sdk/hook"
)

const (
	typeForm       = "application/x-www-form-urlencoded"
	maxAccessToken = 16 << 10
	maxScope       = 4 << 10
)

// codeRequest is what a token endpoint is asked for.
type codeRequest struct {
	endpoint string
	client   client
	login    core.UpstreamLogin
}

// prepare checks what a plugin says of its client, and adds what the host knows.
func (s *Set) prepare(caller *core.PluginCaller, c client, secret string) (codeRequest, error) {
	r := codeRequest{client: c}
	switch {
	case caller.Login == nil || caller.Hook != hook.ConnectorLogin:
		return r, invalid("there is no code to exchange: only finish of %s has one", hook.ConnectorLogin)
	case caller.Login.Code == "":
		return r, invalid("the code was exchanged already: a code is for one exchange")
	}
	r.login = *caller.Login
	if err := r.client.check(secret); err != nil || secret == "" {
		return r, err
	}
	var err error
	r.client.secret, err = s.secret(caller, secret)
	return r, err
}

// tokens are what a token endpoint gives (RFC 6749 section 5.1). They stay here.
type tokens struct {
	access, refresh, kind, scope, id string
	expiresIn                        int // seconds; 0: it was not said
}

// tell gives the tokens to the host, if it wants to know. The plugin does not see them.
func (t *tokens) tell(login *core.UpstreamLogin, clientID, idToken, endSession string) {
	if login.Got == nil {
		return
	}
	*login.Got = core.UpstreamTokens{
		Access: t.access, Refresh: t.refresh, ID: idToken, Type: t.kind, Scope: t.scope, ExpiresIn: t.expiresIn,
		EndSession: endSession, ClientID: clientID,
	}
}

// exchange sends the code, which the caller has no more after that: whatever the
// answer is, a second endpoint must not get it.
func (s *Set) exchange(ctx context.Context, caller *core.PluginCaller, r codeRequest, read func(*outbound.Response, codeRequest) (tokens, error)) (tokens, error) {
	spent := *caller.Login
	spent.Code, spent.CodeVerifier = "", ""
	caller.Login = &spent
	response, err := s.options.Client.Do(ctx, r.request())
	if err != nil {
		return tokens{}, err
	}
	return read(response, r)
}

// request is the one of RFC 6749 section 4.1.3 with the verifier of RFC 7636
// section 4.5.
func (r codeRequest) request() outbound.Request {
	form := url.Values{"grant_type": {"authorization_code"}, "code": {r.login.Code}, "redirect_uri": {r.login.RedirectURI}}
	if r.login.CodeVerifier != "" {
		form.Set("code_verifier", r.login.CodeVerifier)
	}
	header := http.Header{"Accept": {typeJSON}, "Content-Type": {typeForm}}
	r.client.authenticate(header, form)
	return outbound.Request{Method: http.MethodPost, URL: r.endpoint, Header: header, Body: []byte(form.Encode()), MaxBody: maxDocument}
}

// readTokens reads an answer in JSON.
func readTokens(response *outbound.Response, r codeRequest) (tokens, error) {
	if mediaType(response) != typeJSON {
		return tokens{}, checkAnswer(response, r.endpoint, typeJSON)
	}
	object, err := parseDocument(response, r.endpoint)
	if err != nil {
		return tokens{}, err
	}
	return r.tokensOf(response.Status, object)
}

// tokensOf reads what a token endpoint says with whichever status: some say no
// with 200.
func (r codeRequest) tokensOf(status int, object hook.Object) (tokens, error) {
	if problem, there := object.Get("error"); there && problem.Kind() != hook.KindNull {
		return tokens{}, refused("%s refuses the code: %s", host(r.endpoint), oneLine(problem.Text()+" "+text(object, "error_description")))
	}
	if status != http.StatusOK {
		return tokens{}, unavailable("%s answered with the status %d and no error", host(r.endpoint), status)
	}
	t := tokens{
		access: text(object, "access_token"), refresh: text(object, "refresh_token"), kind: text(object, "token_type"),
		scope: text(object, "scope"), id: text(object, "id_token"),
	}
	if seconds, _ := object.Get("expires_in"); seconds.Kind() == hook.KindNumber {
		n, _ := seconds.Int()
		t.expiresIn = int(max(0, min(n, 1<<31-1)))
	}
	switch {
	case t.access == "" || len(t.access) > maxAccessToken || strings.ContainsFunc(t.access, notInToken):
		return tokens{}, unavailable("%s gave no access_token that can be used", host(r.endpoint))
	case !strings.EqualFold(t.kind, "Bearer"):
		return tokens{}, unavailable("%s gave a token of the type %.40q instead of Bearer", host(r.endpoint), t.kind)
	case len(t.refresh) > maxAccessToken || strings.ContainsFunc(t.refresh, notInToken):
		return tokens{}, unavailable("%s gave a refresh_token that cannot be used", host(r.endpoint))
	case len(t.scope) > maxScope:
		return tokens{}, unavailable("%s gave a scope of more than %d bytes", host(r.endpoint), maxScope)
	}
	return t, nil
}

// notInToken is what no access token has (RFC 6749 appendix A.12).
func notInToken(c rune) bool { return c <= ' ' || c > '~' }

package capability

import (
	"context"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/jose"
	"github.com/postern-id/postern/core/outbound"
	"github.com/postern-id/postern/sdk/hook"
)

// maxSubject is the length of a subject in bytes (OpenID Connect Core section 2).
const maxSubject = 255

// maxSkew is how far the clock of a provider may be from ours, before and behind.
const maxSkew = time.Minute

// exchangeOIDC is oidc.exchange.
func (s *Set) exchangeOIDC(ctx context.Context, caller *core.PluginCaller, r *hook.OIDCExchangeRequest) (*hook.OIDCExchangeAnswer, error) {
	provider, err := s.discover(ctx, caller, hook.OIDCExchange, r.Issuer, r.AnyIssuer)
	if err != nil {
		return nil, err
	}
	request, err := s.prepare(caller, client{id: r.ClientID, method: r.AuthMethod, keyID: r.KeyID, keyIssuer: r.KeyIssuer}, r.Secret)
	if err != nil {
		return nil, err
	}
	if err := provider.checkExchange(&request.login, r); err != nil {
		return nil, err
	}
	request.endpoint = provider.TokenEndpoint
	if err := s.sign(caller, &request.client, r.Secret, provider.TokenEndpoint, provider.Issuer); err != nil {
		return nil, err
	}
	got, err := s.exchange(ctx, caller, request, readTokens)
	if err != nil {
		return nil, err
	}
	answer, err := s.identify(ctx, provider, &request, got, r.UserInfo)
	if err != nil {
		return nil, hush(ctx, err, got.access, got.refresh, got.id)
	}
	caller.Exchanged = got.access
	got.tell(caller.Login, r.ClientID, got.id, provider.EndSessionEndpoint)
	return answer, nil
}

// identify makes claims of the tokens.
func (s *Set) identify(ctx context.Context, p *Provider, r *codeRequest, got tokens, userInfo bool) (*hook.OIDCExchangeAnswer, error) {
	verified, err := s.verifyIDToken(ctx, p, r, got)
	if err != nil {
		return nil, err
	}
	answer := &hook.OIDCExchangeAnswer{Scope: got.scope}
	if answer.Claims, err = hook.ParseObject(verified.Payload); err != nil {
		return nil, refused("the ID token of %s is malformed: %v", host(p.Issuer), err)
	}
	if userInfo {
		answer.UserInfo, err = s.userInfo(ctx, p, r, got.access, &verified)
	}
	return answer, err
}

// checkExchange refuses, before the code goes anywhere, a callback that another
// provider may have sent (RFC 9207 section 2.4), and what the provider cannot give.
func (p *Provider) checkExchange(login *core.UpstreamLogin, r *hook.OIDCExchangeRequest) error {
	switch {
	case p.TokenEndpoint == "":
		return unavailable("the discovery document of %.200q has no token_endpoint", p.Issuer)
	case r.UserInfo && p.UserInfoEndpoint == "":
		return unavailable("the discovery document of %.200q has no userinfo_endpoint", p.Issuer)
	case login.Nonce == "":
		return invalid("the sign-in was begun without a nonce: begin names the issuer")
	case login.Issuer == "" && p.NamesItself:
		return refused("the callback has no iss, which the provider %.200q always sends", p.Issuer)
	case login.Issuer != "" && !p.isIssuer(login.Issuer):
		return refused("the callback is from another issuer than %.200q", p.Issuer)
	}
	return nil
}

// isIssuer compares an issuer with that of the provider, or with that of any of
// its tenants.
func (p *Provider) isIssuer(issuer string) bool {
	before, after, many := strings.Cut(p.Issuer, tenant)
	if !many {
		return issuer == p.Issuer
	}
	id, starts := strings.CutPrefix(issuer, before)
	id, ends := strings.CutSuffix(id, after)
	return starts && ends && tenantID.MatchString(id)
}

// tenantID is a GUID, as Microsoft Entra ID writes them.
var tenantID = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// many reports whether each tenant is an issuer of its own.
func (p *Provider) many() bool { return strings.Contains(p.Issuer, tenant) }

// issuerOf gives the issuer of a tenant, or of everybody.
func (p *Provider) issuerOf(tid string) string { return strings.Replace(p.Issuer, tenant, tid, 1) }

// verifyIDToken checks an ID token as OpenID Connect Core section 3.1.3.7 has it.
func (s *Set) verifyIDToken(ctx context.Context, p *Provider, r *codeRequest, got tokens) (jose.Foreigner, error) {
	none := jose.Foreigner{}
	if got.id == "" {
		return none, unavailable("%s gave no id_token: begin asks for the scope openid", host(r.endpoint))
	}
	expect := jose.Foreign{Algorithms: p.Algorithms, Audience: r.client.id, Now: s.options.Now(), Leeway: maxSkew}
	if !p.many() {
		expect.Issuer = p.Issuer
	}
	verified, err := s.verify(ctx, p.JWKSURI, got.id, expect)
	if err != nil {
		return none, explainToken("the ID token of "+host(p.Issuer), err)
	}
	if err := p.checkIDToken(&verified, r, got.access); err != nil {
		return none, err
	}
	return verified, nil
}

// checkIDToken checks what only an ID token has.
func (p *Provider) checkIDToken(v *jose.Foreigner, r *codeRequest, access string) error {
	tid := v.Text("tid")
	azp, half := v.Raw("azp"), v.Raw("at_hash")
	wrong := ""
	switch {
	case v.Typ != "" && !strings.EqualFold(v.Typ, jose.TypJWT):
		wrong = "it is of another type" // a logout token, say (RFC 8725 section 3.11)
	case v.Issuer != p.issuerOf(tid) || !p.isIssuer(v.Issuer):
		wrong = "its issuer is another"
	case r.login.Issuer != "" && r.login.Issuer != v.Issuer:
		wrong = "the callback came from another issuer"
	case p.many() && v.KeyIssuer != "" && strings.Replace(v.KeyIssuer, tenant, tid, 1) != v.Issuer:
		wrong = "its key is another issuer's"
	case v.IssuedAt.IsZero():
		wrong = "it has no iat"
	case len(v.Audience) > 1 && azp == nil:
		wrong = "it is for several clients and has no azp"
	case azp != nil && v.Text("azp") != r.client.id:
		wrong = "it was given to another client (azp)"
	case v.Subject == "" || len(v.Subject) > maxSubject:
		wrong = "its sub is empty or too long"
	case v.Text("nonce") != r.login.Nonce:
		wrong = "its nonce is not of this sign-in"
	case half != nil && v.Text("at_hash") != jose.HalfHash(v.Alg, access):
		wrong = "its at_hash is of another access token"
	default:
		return nil
	}
	return refused("the ID token of %s is refused: %s", host(p.Issuer), wrong)
}

// userInfo asks with the access token, and compares the subject (OpenID Connect
// Core section 5.3.2, MUST).
func (s *Set) userInfo(ctx context.Context, p *Provider, r *codeRequest, access string, id *jose.Foreigner) (hook.Object, error) {
	header := http.Header{"Accept": {typeJSON + ", " + typeJWT}, "Authorization": {"Bearer " + access}}
	response, err := s.options.Client.Do(ctx, outbound.Request{URL: p.UserInfoEndpoint, Header: header, MaxBody: maxDocument})
	if err != nil {
		return nil, err
	}
	if err := checkAnswer(response, p.UserInfoEndpoint, typeJSON, typeJWT); err != nil {
		return nil, err
	}
	var object hook.Object
	if mediaType(response) == typeJWT {
		object, err = s.signedUserInfo(ctx, p, r, string(response.Body), id)
	} else {
		object, err = parseDocument(response, p.UserInfoEndpoint)
	}
	if err != nil {
		return nil, err
	}
	if text(object, "sub") != id.Subject {
		return nil, refused("UserInfo of %s is about somebody else than the ID token: its sub is another", host(p.Issuer))
	}
	return object, nil
}

// typeJWT is the content type of UserInfo that is signed.
const typeJWT = "application/jwt"

// signedUserInfo verifies an answer that is a JWT. It need not have times, issuer and
// audience; if it does, they count.
func (s *Set) signedUserInfo(ctx context.Context, p *Provider, r *codeRequest, token string, id *jose.Foreigner) (hook.Object, error) {
	which := "UserInfo of " + host(p.Issuer)
	expect := jose.Foreign{Algorithms: jose.ForeignAlgs(), Now: s.options.Now(), Leeway: maxSkew, Undated: true}
	verified, err := s.verify(ctx, p.JWKSURI, token, expect)
	if err != nil {
		return nil, explainToken(which, err)
	}
	switch {
	case verified.Issuer != "" && verified.Issuer != id.Issuer:
		return nil, refused("%s is refused: its issuer is another", which)
	case len(verified.Audience) > 0 && !slices.Contains(verified.Audience, r.client.id):
		return nil, refused("%s is refused: its audience is another", which)
	}
	object, err := hook.ParseObject(verified.Payload)
	if err != nil {
		return nil, refused("%s is malformed: %v", which, err)
	}
	return object, nil
}

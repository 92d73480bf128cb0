package capability_test

import (
	"encoding/base64"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/jose"
	"github.com/postern-id/postern/sdk/hook"
)

const oidcGrant = "oidc.exchange idp.example.org"

func TestOIDCExchange(t *testing.T) {
	w := newWorld(t)
	p := newIDP(w)
	for _, test := range []struct {
		request string
		header  string
		form    url.Values
	}{
		{
			`{"issuer":"https://idp.example.org","client_id":"client","secret":"key"}`,
			"Basic " + base64.StdEncoding.EncodeToString([]byte("client:s%3Acr+t%2F%25%C3%A9")), nil,
		},
		{
			`{"issuer":"https://idp.example.org","client_id":"client","secret":"key","auth_method":"client_secret_post","userinfo":true}`,
			"", url.Values{"client_id": {"client"}, "client_secret": {"s:cr t/%é"}},
		},
		{`{"issuer":"https://idp.example.org","client_id":"client"}`, "", url.Values{"client_id": {"client"}}},
		{`{"issuer":"https://idp.example.org","client_id":"client","auth_method":"none"}`, "", url.Values{"client_id": {"client"}}},
	} {
		caller := p.login(oidcGrant)
		w.secret(caller, "key", "s:cr t/%é")
		before := *caller.Login
		answer, code := w.call(caller, hook.OIDCExchange, test.request)
		if code != "" || !strings.HasPrefix(answer, `{"claims":{"at_hash":`) || !strings.HasSuffix(answer, `"scope":"openid email"}`) ||
			strings.Contains(test.request, "userinfo") != strings.Contains(answer, `"userinfo":{"email":"jane@example.org","sub":"248289761001"}`) {
			t.Errorf("%s\ngives %s (%s)", test.request, answer, code)
		}
		for _, secret := range []string{"access-t0ken", p.idToken()[:40], "c0de-secret", "v3rifier-secret-of-43-characters-0123456789", "s:cr"} {
			if strings.Contains(answer, secret) {
				t.Errorf("%s is in %s", secret, answer)
			}
		}
		if caller.Exchanged != "access-t0ken" || before.Code != "c0de-secret" {
			t.Errorf("exchanged %q", caller.Exchanged)
		}
		want := url.Values{"grant_type": {"authorization_code"}, "code": {"c0de-secret"}, "code_verifier": {"v3rifier-secret-of-43-characters-0123456789"}, "redirect_uri": {"https://id.example/callback/directory"}}
		for name, values := range test.form {
			want[name] = values
		}
		if p.asked.Encode() != want.Encode() || p.header.Get("Authorization") != test.header || p.header.Get("Accept") != "application/json" {
			t.Errorf("%s\nsends %v, %q\nwant  %v", test.request, p.asked, p.header.Get("Authorization"), want)
		}
	}
}

func TestOIDCExchangeRefusesRequests(t *testing.T) {
	w := newWorld(t)
	p := newIDP(w)
	const good = `{"issuer":"https://idp.example.org","client_id":"client"}`
	begin := w.caller(oidcGrant)
	w.refuses(begin, hook.OIDCExchange, good, hook.CodeInvalidRequest, "there is no code to exchange: only finish of connector.login/v1 has one")
	elsewhere := p.login(oidcGrant)
	elsewhere.Hook = core.HookClaims
	w.refuses(elsewhere, hook.OIDCExchange, good, hook.CodeInvalidRequest, "there is no code to exchange")
	w.refuses(p.login("oidc.exchange other.example.org", "oauth.exchange idp.example.org"), hook.OIDCExchange, good, hook.CodeDenied,
		"may not exchange codes at idp.example.org; the operator allows it with: postern plugin grant directory oidc.exchange idp.example.org")
	for request, words := range map[string]string{
		`"client_id":""`: "there is no client_id",
		`"client_id":"client","auth_method":"tls_client_auth"`:                                                            "auth_method is one of client_secret_basic, client_secret_post, none, private_key_jwt, signed_client_secret, not",
		`"client_id":"client","auth_method":"private_key_jwt"`:                                                            "private_key_jwt needs the name of a secret",
		`"client_id":"client","auth_method":"signed_client_secret","secret":"key","key_id":"k"`:                           "signed_client_secret needs key_id and key_issuer",
		`"client_id":"client","auth_method":"private_key_jwt","secret":"key","key_id":"` + strings.Repeat("k", 257) + `"`: "key_id or key_issuer is too long",
		`"client_id":"client","auth_method":"client_secret_post"`:                                                         "client_secret_post needs the name of a secret",
		`"client_id":"client","secret":"key","auth_method":"none"`:                                                        "has no secret",
		`"client_id":"client","secret":"../key"`:                                                                          "is no name of a secret",
	} {
		w.refuses(p.login(oidcGrant), hook.OIDCExchange, `{"issuer":"https://idp.example.org",`+request+`}`, hook.CodeInvalidRequest, words)
	}
	w.refuses(p.login(oidcGrant), hook.OIDCExchange, `{"issuer":"https://idp.example.org","client_id":"client","secret":"unset"}`, hook.CodeUnavailable, "is not set")
	noNonce := p.login(oidcGrant)
	noNonce.Login.Nonce = ""
	w.refuses(noNonce, hook.OIDCExchange, good, hook.CodeInvalidRequest, "without a nonce")
	if p.asked != nil {
		t.Errorf("the code went out: %v", p.asked)
	}
}

// TestOIDCExchangeOnce: a code goes to one endpoint once, whatever came of it, and
// the sign-in of the host stays as it was.
func TestOIDCExchangeOnce(t *testing.T) {
	w := newWorld(t)
	p := newIDP(w)
	p.answers["/token"] = sends(500, "text/plain", "oops")
	caller := p.login(oidcGrant, "oauth.exchange evil.example.org")
	login := caller.Login
	const request = `{"issuer":"https://idp.example.org","client_id":"client"}`
	w.refuses(caller, hook.OIDCExchange, request, hook.CodeUnavailable, "idp.example.org answered with the status 500")
	w.refuses(caller, hook.OIDCExchange, request, hook.CodeInvalidRequest, "was exchanged already")
	w.refuses(caller, hook.OAuthExchange, `{"token_endpoint":"https://evil.example.org/token","client_id":"client"}`, hook.CodeInvalidRequest, "was exchanged already")
	if n := w.hit("idp.example.org/token") + w.hit("evil.example.org/token"); n != 1 || login.Code != "c0de-secret" || caller.Exchanged != "" {
		t.Errorf("sent %d times, login %+v, exchanged %q", n, login, caller.Exchanged)
	}
}

// TestOIDCExchangeRefusesCallbacks is RFC 9207: nothing is sent if the callback may
// be another provider's.
func TestOIDCExchangeRefusesCallbacks(t *testing.T) {
	for _, test := range []struct {
		named   bool
		iss     string
		refused string
	}{
		{false, "", ""},
		{false, idpIssuer, ""},
		{true, idpIssuer, ""},
		{true, "", "the callback has no iss"},
		{false, "https://evil.example.org", "the callback is from another issuer"},
		{true, idpIssuer + "/", "the callback is from another issuer"},
	} {
		w := newWorld(t)
		p := newIDP(w)
		p.discovery["authorization_response_iss_parameter_supported"] = test.named
		caller := p.login(oidcGrant)
		caller.Login.Issuer = test.iss
		const request = `{"issuer":"https://idp.example.org","client_id":"client"}`
		if test.refused == "" {
			if answer, code := w.call(caller, hook.OIDCExchange, request); code != "" {
				t.Errorf("%+v: %s (%s)", test, answer, code)
			}
			continue
		}
		w.refuses(caller, hook.OIDCExchange, request, hook.CodeRefused, test.refused)
		if p.asked != nil {
			t.Errorf("%+v: the code went out", test)
		}
	}
}

// TestOIDCExchangeRefusesIDTokens has the numbers of the list of what must be
// refused that concern the ID token of another provider.
func TestOIDCExchangeRefusesIDTokens(t *testing.T) {
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC).Unix()
	for name, test := range map[string]struct {
		change func(*idp)
		words  string // empty: it is accepted
	}{
		"103_nonce":               {func(p *idp) { p.with("nonce", "other") }, "its nonce is not of this sign-in"},
		"103_no_nonce":            {func(p *idp) { p.with("nonce", nil) }, "its nonce is not of this sign-in"},
		"103_nonce_is_a_list":     {func(p *idp) { p.with("nonce", []string{"n-0S6"}) }, "its nonce is not of this sign-in"},
		"103_iss":                 {func(p *idp) { p.with("iss", "https://evil.example.org") }, "its issuer is another"},
		"103_no_iss":              {func(p *idp) { p.with("iss", nil) }, "its issuer is another"},
		"103_aud":                 {func(p *idp) { p.with("aud", "other") }, "its audience is another"},
		"103_no_aud":              {func(p *idp) { p.with("aud", nil) }, "its audience is another"},
		"103_aud_array":           {func(p *idp) { p.with("aud", []string{"client"}) }, ""},
		"103_two_aud_without_azp": {func(p *idp) { p.with("aud", []string{"client", "other"}) }, "has no azp"},
		"103_two_aud_with_azp":    {func(p *idp) { p.with("aud", []string{"client", "other"}, "azp", "client") }, ""},
		"103_azp":                 {func(p *idp) { p.with("azp", "other") }, "it was given to another client (azp)"},
		"103_azp_is_a_number":     {func(p *idp) { p.with("azp", 1) }, "it was given to another client (azp)"},
		"103_no_exp":              {func(p *idp) { p.with("exp", nil) }, "it has no exp"},
		"103_exp_a_minute_ago":    {func(p *idp) { p.with("exp", now-60) }, "the token has expired"},
		"103_exp_59_seconds_ago":  {func(p *idp) { p.with("exp", now-59) }, ""},
		"103_no_iat":              {func(p *idp) { p.with("iat", nil) }, "it has no iat"},
		"103_iat_in_a_minute":     {func(p *idp) { p.with("iat", now+60) }, ""},
		"103_iat_in_61_seconds":   {func(p *idp) { p.with("iat", now+61) }, "it is not valid yet"},
		"103_nbf_in_a_minute":     {func(p *idp) { p.with("nbf", now+60) }, ""},
		"103_nbf_in_61_seconds":   {func(p *idp) { p.with("nbf", now+61) }, "it is not valid yet"},
		"103_claim_twice": {func(p *idp) {
			token, err := p.ring.Sign(jose.ES256, p.typ, []byte(strings.Replace(string(p.payload()), `{`, `{"sub":"other",`, 1)))
			if err != nil {
				panic(err)
			}
			p.tokenWith(token)
		}, "malformed"},
		"103_at_hash":              {func(p *idp) { p.with("at_hash", jose.HalfHash(jose.ES256, "other")) }, "its at_hash is of another access token"},
		"103_no_at_hash":           {func(p *idp) { p.with("at_hash", nil) }, ""},
		"103_at_hash_is_null":      {func(p *idp) { p.with("at_hash", []string{}) }, "its at_hash is of another access token"},
		"103_logout_token":         {func(p *idp) { p.typ = "logout+jwt" }, "it is of another type"},
		"103_access_token":         {func(p *idp) { p.typ = "at+jwt" }, "it is of another type"},
		"103_typ_in_small_letters": {func(p *idp) { p.typ = "jwt" }, ""},
		"103_key":                  {func(p *idp) { p.publish(signingKeys()[1]) }, "the key set has no key"},
		"107_sub_empty":            {func(p *idp) { p.with("sub", "") }, "its sub is empty or too long"},
		"107_no_sub":               {func(p *idp) { p.with("sub", nil) }, "its sub is empty or too long"},
		"107_sub_is_a_number":      {func(p *idp) { p.with("sub", 7) }, "malformed"},
		"107_sub_of_10_kib":        {func(p *idp) { p.with("sub", strings.Repeat("s", 10<<10)) }, "its sub is empty or too long"},
		"103_no_id_token":          {func(p *idp) { p.token(`"token_type":"Bearer"`) }, "gave no id_token: begin asks for the scope openid"},
		"103_unsigned":             {func(p *idp) { p.tokenWith(encode(`{"alg":"none"}`) + "." + strings.Split(p.idToken(), ".")[1] + ".") }, "an algorithm that is not allowed"},
		"103_hs256": {func(p *idp) {
			p.tokenWith(encode(`{"alg":"HS256"}`) + "." + strings.Split(p.idToken(), ".")[1] + ".AAAA")
		}, "an algorithm that is not allowed"},
		"103_algorithm_not_announced": {func(p *idp) { p.discovery["id_token_signing_alg_values_supported"] = []string{"RS256"} }, "an algorithm that is not allowed"},
		"103_encrypted":               {func(p *idp) { p.tokenWith("a.b.c.d.e") }, "it has not three parts"},
		"109_deep_claims":             {func(p *idp) { p.with("x", deep(100)) }, "malformed"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := newIDP(w)
			test.change(p)
			caller := p.login(oidcGrant)
			answer, code := w.call(caller, hook.OIDCExchange, `{"issuer":"https://idp.example.org","client_id":"client"}`)
			if (code == "") != (test.words == "") || !strings.Contains(answer, test.words) || (caller.Exchanged == "") != (code != "") {
				t.Errorf("%s (%s), exchanged %q; want %q", answer, code, caller.Exchanged, test.words)
			}
		})
	}
}

func deep(n int) any {
	if n == 0 {
		return 1
	}
	return []any{deep(n - 1)}
}

// publish has the provider publish another key than it signs with.
func (p *idp) publish(key jose.Private) {
	p.answers["/jwks"] = sends(200, "application/json", string(ringOf(p.w.t, key).JWKS()))
}

// token has the token endpoint answer with these members besides an access token.
func (p *idp) token(members string) {
	p.answers["/token"] = sends(200, "application/json", `{"access_token":"access-t0ken",`+members+`}`)
}

func (p *idp) tokenWith(id string) { p.token(`"token_type":"bearer","id_token":"` + id + `"`) }

// TestOIDCExchangeRefusesAnswers has what is wrong with a token endpoint or with
// UserInfo.
func TestOIDCExchangeRefusesAnswers(t *testing.T) {
	const token, userInfo, form = "/token", "/userinfo", "application/x-www-form-urlencoded"
	large := strings.Repeat("x", 300<<10)
	for name, test := range map[string]struct {
		path    string
		handler http.HandlerFunc
		code    string
		words   string
	}{
		"invalid_grant":            {token, sends(400, "application/json", `{"error":"invalid_grant","error_description":"The code\nhas <expired>."}`), hook.CodeRefused, "idp.example.org refuses the code: invalid_grant The code has <expired>."},
		"invalid_client":           {token, sends(401, "application/json", `{"error":"invalid_client"}`), hook.CodeRefused, "refuses the code: invalid_client\"}}"},
		"error with 200":           {token, sends(200, "application/json", `{"error":"bad_verification_code","access_token":"x","token_type":"bearer"}`), hook.CodeRefused, "bad_verification_code"},
		"error is no text":         {token, sends(200, "application/json", `{"error":{"message":"m"},"access_token":"x","token_type":"bearer"}`), hook.CodeRefused, "refuses the code"},
		"repeats the code":         {token, sends(400, "application/json", `{"error":"invalid_grant","error_description":"c0de-secret is not known"}`), hook.CodeRefused, "repeats what is secret"},
		"repeats the key":          {token, sends(400, "application/json", `{"error":"invalid_client","error_description":"wrong: k3y-secret"}`), hook.CodeRefused, "repeats what is secret"},
		"long error":               {token, sends(400, "application/json", `{"error":"`+large[:100<<10]+`"}`), hook.CodeRefused, "xxx"},
		"500":                      {token, sends(500, "application/json", `{}`), hook.CodeUnavailable, "the status 500 and no error"},
		"201":                      {token, sends(201, "application/json", `{"access_token":"x","token_type":"bearer"}`), hook.CodeUnavailable, "the status 201"},
		"redirect":                 {token, http.RedirectHandler("https://evil.example.org/", http.StatusTemporaryRedirect).ServeHTTP, hook.CodeUnavailable, "the status 307"},
		"a page":                   {token, sends(200, "text/html", `{}`), hook.CodeUnavailable, `the content type \"text/html\" instead of application/json`},
		"a form":                   {token, sends(200, form, `access_token=x&token_type=bearer`), hook.CodeUnavailable, "the content type"},
		"no JSON":                  {token, sends(200, "application/json", `access_token=x`), hook.CodeUnavailable, "is no JSON object"},
		"twice":                    {token, sends(200, "application/json", `{"access_token":"x","access_token":"y","token_type":"bearer"}`), hook.CodeUnavailable, "a member appears twice"},
		"large":                    {token, sends(200, "application/json", `{"x":"`+large+`"}`), hook.CodeTooLarge, "larger than"},
		"no access token":          {token, sends(200, "application/json", `{"token_type":"Bearer"}`), hook.CodeUnavailable, "gave no access_token"},
		"access token is a number": {token, sends(200, "application/json", `{"access_token":1,"token_type":"Bearer"}`), hook.CodeUnavailable, "gave no access_token"},
		"line break":               {token, sends(200, "application/json", `{"access_token":"x\r\nX-Admin: 1","token_type":"Bearer"}`), hook.CodeUnavailable, "gave no access_token"},
		"long access token":        {token, sends(200, "application/json", `{"access_token":"`+large[:17<<10]+`","token_type":"Bearer"}`), hook.CodeUnavailable, "gave no access_token"},
		"long scope":               {token, sends(200, "application/json", `{"access_token":"x","token_type":"Bearer","scope":"`+large[:5000]+`"}`), hook.CodeUnavailable, "scope of more than"},
		"no type":                  {token, sends(200, "application/json", `{"access_token":"x"}`), hook.CodeUnavailable, `of the type \"\" instead of Bearer`},
		"DPoP":                     {token, sends(200, "application/json", `{"access_token":"x","token_type":"DPoP"}`), hook.CodeUnavailable, `of the type \"DPoP\"`},

		"userinfo of another":      {userInfo, sends(200, "application/json", `{"sub":"other"}`), hook.CodeRefused, "about somebody else"},
		"userinfo of nobody":       {userInfo, sends(200, "application/json", `{"email":"x"}`), hook.CodeRefused, "about somebody else"},
		"userinfo sub is a number": {userInfo, sends(200, "application/json", `{"sub":248289761001}`), hook.CodeRefused, "about somebody else"},
		"userinfo twice":           {userInfo, sends(200, "application/json", `{"sub":"248289761001","sub":"other"}`), hook.CodeUnavailable, "a member appears twice"},
		"userinfo badly signed":    {userInfo, sends(200, "application/jwt", `a.b.c`), hook.CodeRefused, "UserInfo of idp.example.org is refused: the token is malformed"},
		"refresh token":            {token, sends(200, "application/json", `{"access_token":"x","token_type":"bearer","refresh_token":"a b"}`), hook.CodeUnavailable, "gave a refresh_token"},
		"userinfo refuses":         {userInfo, sends(401, "application/json", `{}`), hook.CodeUnavailable, "the status 401"},
		"userinfo large":           {userInfo, sends(200, "application/json", `{"sub":"248289761001","x":"`+large+`"}`), hook.CodeTooLarge, "larger than"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := newIDP(w)
			p.answers[test.path] = test.handler
			caller := p.login(oidcGrant)
			w.secret(caller, "key", "k3y-secret")
			const request = `{"issuer":"https://idp.example.org","client_id":"client","secret":"key","userinfo":true}`
			w.refuses(caller, hook.OIDCExchange, request, test.code, test.words)
			if caller.Exchanged != "" {
				t.Error("the access token can be used")
			}
		})
	}
}

func TestOIDCExchangeWithoutEndpoints(t *testing.T) {
	for name, words := range map[string]string{"token_endpoint": "has no token_endpoint", "userinfo_endpoint": "has no userinfo_endpoint"} {
		w := newWorld(t)
		p := newIDP(w)
		delete(p.discovery, name)
		w.refuses(p.login(oidcGrant), hook.OIDCExchange, `{"issuer":"https://idp.example.org","client_id":"client","userinfo":true}`, hook.CodeUnavailable, words)
	}
}

// TestOIDCExchangeAnyIssuer is Microsoft Entra ID's way: one document for all
// tenants, an issuer for each.
func TestOIDCExchangeAnyIssuer(t *testing.T) {
	const (
		tid, other = "72f988bf-86f1-41af-91ab-2d7cd011db47", "11111111-2222-3333-4444-555555555555"
		many       = idpIssuer + "/{tenantid}/v2.0"
	)
	of := func(tid string) string { return strings.Replace(many, "{tenantid}", tid, 1) }
	for name, test := range map[string]struct {
		iss, tid string
		callback string
		document string
		keys     string // issuer of the key
		exact    bool
		words    string
	}{
		"good":                       {iss: of(tid), tid: tid},
		"callback of the tenant":     {iss: of(tid), tid: tid, callback: of(tid)},
		"key of all":                 {iss: of(tid), tid: tid, keys: many},
		"key of the tenant":          {iss: of(tid), tid: tid, keys: of(tid)},
		"not asked for":              {iss: of(tid), tid: tid, exact: true, words: "is of another one"},
		"another tenant than tid":    {iss: of(other), tid: tid, words: "its issuer is another"},
		"no tid":                     {iss: of(tid), words: "its issuer is another"},
		"tid is no GUID":             {iss: of("evil"), tid: "evil", words: "its issuer is another"},
		"tid with a path":            {iss: of(tid + "/x"), tid: tid + "/x", words: "its issuer is another"},
		"the issuer as it is":        {iss: many, tid: "{tenantid}", words: "its issuer is another"},
		"callback of another tenant": {iss: of(tid), tid: tid, callback: of(other), words: "the callback came from another issuer"},
		"callback of another place":  {iss: of(tid), tid: tid, callback: "https://evil.example.org/" + tid + "/v2.0", words: "the callback is from another issuer"},
		"key of another tenant":      {iss: of(tid), tid: tid, keys: of(other), words: "its key is another issuer's"},
		"document of another host":   {iss: of(tid), tid: tid, document: "https://evil.example.org/{tenantid}/v2.0", words: "is of another one"},
		"document of one tenant":     {iss: of(tid), tid: tid, document: of(tid), words: "is of another one"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := newIDP(w)
			p.discovery["issuer"] = many
			if test.document != "" {
				p.discovery["issuer"] = test.document
			}
			p.handle("idp.example.org/organizations/v2.0/.well-known/openid-configuration", func(rw http.ResponseWriter, _ *http.Request) { sendJSON(rw, p.discovery) })
			p.with("iss", test.iss, "tid", test.tid)
			if test.keys != "" {
				p.answers["/jwks"] = sends(200, "application/json", strings.Replace(string(p.ring.JWKS()), `"use"`, fmt.Sprintf(`"issuer":%q,"use"`, test.keys), 1))
			}
			caller := p.login(oidcGrant)
			caller.Login.Issuer = test.callback
			request := fmt.Sprintf(`{"issuer":"https://idp.example.org/organizations/v2.0","client_id":"client","any_issuer":%v}`, !test.exact)
			if test.words != "" {
				w.refuses(caller, hook.OIDCExchange, request, hook.CodeRefused, test.words)
			} else if answer, code := w.call(caller, hook.OIDCExchange, request); code != "" {
				t.Errorf("%s (%s)", answer, code)
			}
		})
	}
}

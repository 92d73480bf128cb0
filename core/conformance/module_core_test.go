package conformance_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
)

var unsignedIDToken = feature{"unsigned ID tokens", listed("id_token_signing_alg_values_supported", "none")}

// coreModules are those about the happy flow and what it gives.
func coreModules() []module {
	return slices.Concat([]module{
		{name: "oidcc-server", plans: "B I H D", run: happyFlow, variants: everyVariant},
		{name: "oidcc-server-client-secret-post", plans: "B H", run: secretPost, only: notAs("client_secret_jwt", "private_key_jwt", "client_secret_post")},
		{name: "oidcc-response-type-missing", plans: "B I H", run: responseTypeMissing},
		{name: "oidcc-idtoken-signature", plans: "B I H", run: defaultSignature, only: registers},
		{name: "oidcc-idtoken-rs256", plans: "D", run: registeredSignature},
		{name: "oidcc-idtoken-unsigned", plans: "B D", run: unsignedToken, only: func(v variant) bool { return v.responseType == "code" }, needs: []feature{unsignedIDToken}},
		{name: "oidcc-userinfo-get", plans: "B I H", run: userInfoBy(http.MethodGet, "header"), only: variant.token},
		{name: "oidcc-userinfo-post-header", plans: "B I H", run: userInfoBy(http.MethodPost, "header"), only: variant.token},
		{name: "oidcc-userinfo-post-body", plans: "B I H", run: userInfoBy(http.MethodPost, "body"), only: variant.token},
		{
			name: "oidcc-userinfo-rs256", plans: "D", run: signedUserInfo, only: variant.token,
			needs: []feature{{"signed UserInfo", listed("userinfo_signing_alg_values_supported", "RS256")}},
		},
		{name: "oidcc-scope-all", plans: "B I H", run: scopes("profile", "email", "address", "phone")},
		{name: "oidcc-alternate-happy-flow", plans: "B I H", run: alternateHappyFlow},
		{name: "oidcc-discovery-endpoint-verification", plans: "C D", run: verifyDiscovery, variants: configuration},
	}, scopeModules())
}

func scopeModules() []module {
	var all []module
	for _, scope := range [...]string{"profile", "email", "address", "phone"} {
		all = append(all, module{
			name: "oidcc-scope-" + scope, plans: "B I H", run: scopes(scope),
			needs: []feature{{"scope " + scope, listed("scopes_supported", scope)}},
		})
	}
	return all
}

func notAs(methods ...string) func(variant) bool {
	return func(v variant) bool { return !slices.Contains(methods, v.auth) }
}

func happyFlow(x *trial) {
	x.complain("discovery", checkMetadata(x.metadata, x.issuer))
	c := x.client()
	s := x.person().signIn(c, c.request())
	if front := s.params.Get("access_token"); front != "" {
		x.checkUserInfo(x.userInfo(http.MethodGet, front, "header"), s.claims.text("sub"))
	}
	if x.token() && len(s.info) != 1 {
		x.Errorf("the scope openid alone gives %v", s.info)
	}
}

func secretPost(x *trial) {
	if !x.metadata.lists("token_endpoint_auth_methods_supported", "client_secret_post") {
		x.Error("discovery does not list client_secret_post")
	}
	c := x.client(func(r *registration) { r.Auth = "client_secret_post" })
	x.person().signIn(c, c.request())
}

func responseTypeMissing(x *trial) {
	c := x.client()
	p := x.person()
	request := c.request("response_type", "")
	last := p.complete(p.open(request))
	if last.Location == nil && !last.Has("response") {
		x.checkErrorPage(last)
		return
	}
	x.checkError(p.arrive(c, request, last), "unsupported_response_type", "invalid_request")
}

// signedBy says which algorithm the ID token must have.
func signedBy(alg string) more { return func(want *expectation) { want.alg = alg } }

func defaultSignature(x *trial) {
	c := x.client(func(r *registration) { r.IDTokenAlg = "" })
	x.person().signIn(c, c.request(), signedBy("RS256"))
}

func registeredSignature(x *trial) {
	c := x.client(func(r *registration) { r.IDTokenAlg = "RS256" })
	x.person().signIn(c, c.request(), signedBy("RS256"))
}

func unsignedToken(x *trial) {
	c := x.client(func(r *registration) { r.IDTokenAlg = "none" })
	x.person().signIn(c, c.request(), signedBy("none"))
}

func userInfoBy(method, where string) func(*trial) {
	return func(x *trial) {
		c := x.client()
		s := x.person().signIn(c, c.request())
		x.checkUserInfo(x.userInfo(method, s.access, where), s.claims.text("sub"))
	}
}

// signedUserInfo: OpenID Connect Core section 5.3.2 wants iss and aud in it.
func signedUserInfo(x *trial) {
	c := x.client(func(r *registration) { r.UserInfoAlg = "RS256" })
	s := x.person().signIn(c, c.request("scope", "openid email"))
	got := x.userInfo(http.MethodGet, s.access, "header")
	contentType, _, _ := strings.Cut(got.header.Get("Content-Type"), ";")
	if got.status != http.StatusOK || contentType != "application/jwt" {
		x.Fatalf("UserInfo answers %d as %q: %.200s", got.status, contentType, got.body)
	}
	j, err := parseJWT(string(got.body))
	if err != nil {
		x.Fatal(err)
	}
	if err := j.verify(x.keys()); err != nil || j.header.text("alg") != "RS256" {
		x.Errorf("alg %q: %v", j.header.text("alg"), err)
	}
	if j.claims.text("iss") != x.issuer || j.claims.text("aud") != c.id || j.claims.text("sub") != s.claims.text("sub") {
		x.Errorf("the claims are %v", j.claims)
	}
	x.complain("userinfo", checkScopes(j.claims, []string{"email"}))
}

// scopes wants the claims from UserInfo, and from the ID token only where there is no
// access token.
func scopes(names ...string) func(*trial) {
	return func(x *trial) {
		c := x.client()
		s := x.person().signIn(c, c.request("scope", "openid "+strings.Join(names, " ")))
		where := s.info
		if !x.token() {
			where = s.claims
		}
		x.complain("claims", checkScopes(where, names))
		for name := range where {
			if !slices.Contains(protocolClaims, name) && !(expectation{scopes: names}).asksFor(name) {
				x.Errorf("%s was not asked for", name)
			}
		}
	}
}

// alternateHappyFlow turns round what has no order: the scopes, the parameters.
func alternateHappyFlow(x *trial) {
	c := x.client()
	p := x.person()
	request := c.request("scope", "email profile openid")
	query := ""
	for _, name := range [...]string{"state", "scope", "response_type", "response_mode", "redirect_uri", "nonce", "client_id"} {
		if request.Has(name) {
			query += "&" + name + "=" + url.QueryEscape(request.Get(name))
		}
	}
	last := p.complete(p.Get(x.metadata.text("authorization_endpoint") + "?" + query[1:]))
	s := x.finish(p.arrive(c, request, last))
	if x.token() {
		x.complain("userinfo", checkScopes(s.info, []string{"profile", "email"}))
	}
}

// configuration: the module has no client; the dynamic variant wants more.
func configuration() []variant {
	return []variant{{}, {responseType: "code", auth: basic, mode: "default", dynamic: true}}
}

func verifyDiscovery(x *trial) {
	x.complain("discovery", checkMetadata(x.metadata, x.issuer))
	x.keys()
	if x.metadata.has("introspection_endpoint") && !x.metadata.has("introspection_endpoint_auth_methods_supported") {
		x.Log("introspection has the default methods")
	}
	if !x.dynamic {
		return
	}
	for _, responseType := range [...]string{"code", "id_token", "token id_token"} {
		if !supportsResponseType(x.metadata, responseType) {
			x.Errorf("the response type %s is missing", responseType)
		}
	}
	for _, grant := range [...]string{"authorization_code", "implicit"} {
		if !x.metadata.lists("grant_types_supported", grant) {
			x.Errorf("the grant type %s is missing", grant)
		}
	}
}

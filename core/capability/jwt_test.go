package capability_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core/jose"
	"github.com/postern-id/postern/sdk/hook"
)

func encode(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }

func TestJWTVerify(t *testing.T) {
	w := newWorld(t)
	p := newIDP(w)
	token := p.idToken()
	jwks := string(p.ring.JWKS())
	caller := w.caller("jwt.verify idp.example.org", "jwt.verify keys.example.org")
	for _, keys := range []string{
		`"issuer":"https://idp.example.org"`,
		`"issuer":"https://idp.example.org","audience":"client","algorithms":["ES256","RS512"],"leeway":300`,
		`"jwks_uri":"https://keys.example.org/jwks"`,
		`"jwks":` + jwks,
	} {
		answer, code := w.call(caller, hook.JWTVerify, `{"token":"`+token+`",`+keys+`}`)
		if code != "" || !strings.HasPrefix(answer, `{"header":{"alg":"ES256","kid":"`) || !strings.Contains(answer, `"claims":{"at_hash":`) || !strings.Contains(answer, `"sub":"248289761001"`) {
			t.Errorf("%s\ngives %s (%s)", keys, answer, code)
		}
	}
	if n := w.hit("keys.example.org/jwks"); n != 1 {
		t.Errorf("the keys were fetched %d times", n)
	}
	if n := w.hit("idp.example.org/.well-known/openid-configuration"); n != 1 {
		t.Errorf("the discovery document was fetched %d times", n)
	}
}

func TestJWTVerifyRefuses(t *testing.T) {
	w := newWorld(t)
	p := newIDP(w)
	token := p.idToken()
	caller := w.caller("jwt.verify idp.example.org", "jwt.verify keys.example.org")
	w.secret(caller, "short", "short")
	issuer := `"issuer":"https://idp.example.org"`
	body := encode(fmt.Sprintf(`{"iss":"https://idp.example.org","exp":%d}`, w.clock().Unix()+60))
	for _, test := range []struct{ token, rest, code, words string }{
		{"", issuer, hook.CodeInvalidRequest, "there is no token"},
		{token, `"leeway":1`, hook.CodeInvalidRequest, "none is given"},
		{token, issuer + `,"leeway":301`, hook.CodeInvalidRequest, "leeway is 0 to 300 seconds"},
		{token, issuer + `,"leeway":-1`, hook.CodeInvalidRequest, "leeway is 0 to 300 seconds"},
		{token, `"jwks_uri":"https://keys.example.org/jwks","secret":"short"`, hook.CodeInvalidRequest, "one of jwks, jwks_uri and secret"},
		{token, issuer + `,"algorithms":["none"]`, hook.CodeInvalidRequest, `the algorithm \"none\" is none of RS256`},
		{token, issuer + `,"algorithms":["ES256","HS256"]`, hook.CodeInvalidRequest, `the algorithm \"HS256\" is none of RS256`},
		{token, `"secret":"short","algorithms":["ES256"]`, hook.CodeInvalidRequest, `the algorithm \"ES256\" is none of HS256`},
		{token, `"secret":"unset"`, hook.CodeUnavailable, "is not set"},
		{encode(`{"alg":"HS256"}`) + "." + body + ".AAAA", `"secret":"short"`, hook.CodeRefused, "the secret is shorter than 32 bytes"},
		{token, `"issuer":"https://other.example.org"`, hook.CodeDenied, `may not verify tokens with the keys of other.example.org; the operator allows it with: postern plugin grant directory jwt.verify other.example.org`},
		{token, `"jwks_uri":"https://169.254.169.254/keys"`, hook.CodeDenied, "may not verify tokens with the keys of 169.254.169.254"},
		{token, `"jwks_uri":"http://keys.example.org/jwks"`, hook.CodeInvalidRequest, "use https"},
		{token, `"issuer":"https://idp.example.org?x"`, hook.CodeInvalidRequest, "the issuer is no https URL"},
		{token, `"issuer":"https://idp.example.org/{tenantid}"`, hook.CodeInvalidRequest, "the issuer is no https URL"},
		{token, `"issuer":"https://idp.example.org/"`, hook.CodeRefused, `is of another one, \"https://idp.example.org\"`},
		{token, `"jwks":{"keys":[{"kty":"oct","k":"AAAA"}]}`, hook.CodeInvalidRequest, "jwks: key 1 of the key set: it is a private or a symmetric key"},
		{token, issuer + `,"audience":"other"`, hook.CodeRefused, "the token is refused: the token is not for this use: its audience is another"},
		{token, `"jwks_uri":"https://keys.example.org/jwks","issuer":"https://other.example.org"`, hook.CodeRefused, "its issuer is another"},
		{token, issuer + `,"algorithms":["RS256"]`, hook.CodeRefused, "an algorithm that is not allowed"},
		{token[:len(token)-4] + "AAAA", issuer, hook.CodeRefused, "the signature is wrong"},
		{encode(`{"alg":"none"}`) + "." + body + ".", issuer, hook.CodeRefused, "an algorithm that is not allowed"},
		{encode(`{"alg":"HS256"}`) + "." + body + ".AAAA", issuer, hook.CodeRefused, "an algorithm that is not allowed"},
		{"a.b", issuer, hook.CodeRefused, "the token is malformed"},
		{token + strings.Repeat("A", 65<<10), issuer, hook.CodeRefused, "it is too long"},
	} {
		w.refuses(caller, hook.JWTVerify, `{"token":"`+test.token+`",`+test.rest+`}`, test.code, test.words)
	}
	w.later(5 * time.Minute)
	w.refuses(caller, hook.JWTVerify, `{"token":"`+token+`",`+issuer+`}`, hook.CodeRefused, "the token has expired")
}

func TestJWTVerifyWithSecret(t *testing.T) {
	w := newWorld(t)
	caller := w.caller("jwt.verify any")
	secret := strings.Repeat("s", 32)
	w.secret(caller, "hmac", secret)
	signed := encode(`{"alg":"HS256","typ":"JWT"}`) + "." + encode(fmt.Sprintf(`{"exp":%d,"roles":["a"]}`, w.clock().Unix()+60))
	sum := hmac.New(sha256.New, []byte(secret))
	sum.Write([]byte(signed))
	token := signed + "." + base64.RawURLEncoding.EncodeToString(sum.Sum(nil))
	w.does(caller, hook.JWTVerify, `{"token":"`+token+`","secret":"hmac","algorithms":["HS256"]}`,
		fmt.Sprintf(`{"header":{"alg":"HS256","typ":"JWT"},"claims":{"exp":%d,"roles":["a"]}}`, w.clock().Unix()+60))
	w.refuses(caller, hook.JWTVerify, `{"token":"`+token[:len(token)-3]+`AAA","secret":"hmac"}`, hook.CodeRefused, "the signature is wrong")
}

// TestJWTVerifyRotation: a new key is found when a token comes with it, and tokens
// of keys that nobody has cause one fetch a minute.
func TestJWTVerifyRotation(t *testing.T) {
	w := newWorld(t)
	p := newIDP(w)
	caller := w.caller("jwt.verify keys.example.org")
	verify := func() (answer, code string) {
		return w.call(caller, hook.JWTVerify, `{"token":"`+p.idToken()+`","jwks_uri":"https://keys.example.org/jwks"}`)
	}
	if answer, code := verify(); code != "" {
		t.Fatalf("%s (%s)", answer, code)
	}
	published := p.ring
	p.answers["/jwks"] = func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "application/json")
		rw.Write(published.JWKS())
	}
	p.ring = ringOf(t, signingKeys()[1]) // signs before it is published
	for range 20 {
		if answer, code := verify(); code != hook.CodeRefused || !strings.Contains(answer, "the key set has no key") {
			t.Fatalf("%s (%s)", answer, code)
		}
	}
	if n := w.hit("keys.example.org/jwks"); n != 1 {
		t.Errorf("the keys were fetched %d times in their first minute", n)
	}
	w.later(time.Minute)
	published = ringOf(t, signingKeys()[0], signingKeys()[1])
	if answer, code := verify(); code != "" {
		t.Errorf("the new key: %s (%s)", answer, code)
	}
	p.ring = ringOf(t, signingKeys()[0])
	if answer, code := verify(); code != "" {
		t.Errorf("the old key: %s (%s)", answer, code)
	}
	if n := w.hit("keys.example.org/jwks"); n != 2 {
		t.Errorf("the keys were fetched %d times", n)
	}
}

// TestDocuments has what is wrong with a discovery document or a key set.
func TestDocuments(t *testing.T) {
	const discovery, keys = "/.well-known/openid-configuration", "/jwks"
	object := func(pairs ...string) http.HandlerFunc {
		members := map[string]any{"issuer": idpIssuer, "jwks_uri": "https://keys.example.org/jwks"}
		for i := 0; i < len(pairs); i += 2 {
			members[pairs[i]] = pairs[i+1]
		}
		return func(rw http.ResponseWriter, _ *http.Request) { sendJSON(rw, members) }
	}
	const valid = `{"issuer":"https://idp.example.org","jwks_uri":"https://keys.example.org/jwks"`
	for name, test := range map[string]struct {
		path    string
		handler http.HandlerFunc
		code    string // empty: it is good
		words   string
	}{
		"keys alone":               {discovery, object(), "", ""},
		"not found":                {discovery, sends(404, "application/json", valid+"}"), hook.CodeUnavailable, "idp.example.org answered with the status 404"},
		"moved":                    {discovery, http.RedirectHandler("https://other.example.org/", http.StatusFound).ServeHTTP, hook.CodeUnavailable, "the status 302"},
		"a page":                   {discovery, sends(200, "text/html", valid+"}"), hook.CodeUnavailable, `the content type \"text/html\" instead of application/json`},
		"no type":                  {discovery, sends(200, "", valid+"}"), hook.CodeUnavailable, "the content type"},
		"no JSON":                  {discovery, sends(200, "application/json", "<html>"), hook.CodeUnavailable, "is no JSON object"},
		"an array":                 {discovery, sends(200, "application/json", "[]"), hook.CodeUnavailable, "is no JSON object"},
		"a member twice":           {discovery, sends(200, "application/json", valid+`,"issuer":"x"}`), hook.CodeUnavailable, "a member appears twice"},
		"large":                    {discovery, sends(200, "application/json", valid+`,"x":"`+strings.Repeat("x", 300<<10)+`"}`), hook.CodeTooLarge, "larger than 262144 bytes"},
		"no issuer":                {discovery, object("issuer", ""), hook.CodeUnavailable, "has no issuer"},
		"another issuer":           {discovery, object("issuer", "https://evil.example.org"), hook.CodeRefused, "is of another one"},
		"a slash more":             {discovery, object("issuer", idpIssuer+"/"), hook.CodeRefused, "is of another one"},
		"no keys":                  {discovery, object("jwks_uri", ""), hook.CodeUnavailable, "has no jwks_uri that is an https URL"},
		"keys by http":             {discovery, object("jwks_uri", "http://keys.example.org/jwks"), hook.CodeUnavailable, "has no jwks_uri that is an https URL"},
		"keys of a file":           {discovery, object("jwks_uri", "file:///etc/keys"), hook.CodeUnavailable, "has no jwks_uri that is an https URL"},
		"keys inside":              {discovery, object("jwks_uri", "https://127.0.0.1/jwks"), hook.CodeDenied, "is loopback"},
		"token endpoint by http":   {discovery, object("token_endpoint", "http://idp.example.org/token"), hook.CodeUnavailable, "has no token_endpoint that is an https URL"},
		"no algorithm that we do":  {discovery, sends(200, "application/json", valid+`,"id_token_signing_alg_values_supported":["HS256","none"]}`), hook.CodeUnavailable, "has no algorithm"},
		"algorithms are no list":   {discovery, sends(200, "application/json", valid+`,"id_token_signing_alg_values_supported":"ES256"}`), hook.CodeUnavailable, "has no algorithm"},
		"key set: a page":          {keys, sends(200, "text/html", "{}"), hook.CodeUnavailable, "keys.example.org answered with the content type"},
		"key set: an error":        {keys, sends(503, "application/json", "{}"), hook.CodeUnavailable, "the status 503"},
		"key set: no keys":         {keys, sends(200, "application/json", "{}"), hook.CodeUnavailable, "the key set of keys.example.org cannot be used: the key set has no array of keys"},
		"key set: empty":           {keys, sends(200, "application/json", `{"keys":[]}`), hook.CodeRefused, "the key set has no key"},
		"key set: a private key":   {keys, sends(200, "application/json", `{"keys":[{"kty":"EC","d":"AA"}]}`), hook.CodeUnavailable, "a private or a symmetric key"},
		"key set: too large":       {keys, sends(200, "application/json", strings.Repeat(" ", 300<<10)), hook.CodeTooLarge, "larger than 262144 bytes"},
		"key set: served as bytes": {keys, sends(200, "application/octet-stream", `{"keys":[]}`), hook.CodeUnavailable, "application/octet-stream"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := newIDP(w)
			p.answers[test.path] = test.handler
			request := `{"token":"` + p.idToken() + `","issuer":"https://idp.example.org"}`
			caller := w.caller("jwt.verify idp.example.org")
			if test.code == "" {
				if answer, code := w.call(caller, hook.JWTVerify, request); code != "" {
					t.Errorf("%s (%s)", answer, code)
				}
				return
			}
			w.refuses(caller, hook.JWTVerify, request, test.code, test.words)
		})
	}
}

// TestDiscover is for who begins a sign-in.
func TestDiscover(t *testing.T) {
	w := newWorld(t)
	p := newIDP(w)
	p.discovery["authorization_response_iss_parameter_supported"] = true
	provider, err := w.set.Discover(t.Context(), w.caller("oidc.exchange idp.example.org"), idpIssuer, false)
	if err != nil || provider.AuthorizationEndpoint != idpIssuer+"/authorize" || !provider.NamesItself || len(provider.Algorithms) != 2 || provider.Algorithms[1] != jose.ES256 {
		t.Errorf("%+v, %v", provider, err)
	}
	if _, err := w.set.Discover(t.Context(), w.caller("jwt.verify idp.example.org"), idpIssuer, false); err == nil || err.(*hook.CapabilityError).Code != hook.CodeDenied {
		t.Errorf("without a grant: %v", err)
	}
	w.later(time.Hour)
	delete(p.discovery, "authorization_endpoint")
	if _, err := w.set.Discover(t.Context(), w.caller("oidc.exchange idp.example.org"), idpIssuer, false); err == nil || !strings.Contains(err.Error(), "signs nobody in") {
		t.Errorf("without an endpoint: %v", err)
	}
}

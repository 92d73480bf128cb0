package capability_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"strings"
	"testing"
	"time"

	gojose "github.com/go-jose/go-jose/v4"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/jose"
	"github.com/postern-id/postern/sdk/hook"
)

func privateKey(t *testing.T, key crypto.Signer, err error) (crypto.PublicKey, string) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return key.Public(), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}))
}

// TestSignedClient is a client that proves who it is by a signature, which another
// library verifies.
func TestSignedClient(t *testing.T) {
	p256, errEC := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	ecPublic, ecPEM := privateKey(t, p256, errEC)
	large, errRSA := rsa.GenerateKey(rand.Reader, 2048)
	rsaPublic, rsaPEM := privateKey(t, large, errRSA)
	for name, test := range map[string]struct {
		capability, request string
		pem                 string
		public              crypto.PublicKey
		alg, field          string
		want                string // claims, but for jti
		life                time.Duration
	}{
		"private_key_jwt": {
			hook.OIDCExchange, `{"issuer":"https://idp.example.org","client_id":"client","secret":"key","auth_method":"private_key_jwt","key_id":"k1"}`,
			rsaPEM, rsaPublic, "RS256", "client_assertion", `"iss":"client","sub":"client","aud":"https://idp.example.org/token"`, time.Minute,
		},
		"private_key_jwt of OAuth": {
			hook.OAuthExchange, `{"token_endpoint":"https://idp.example.org/token","client_id":"client","secret":"key","auth_method":"private_key_jwt","key_id":"k1"}`,
			ecPEM, ecPublic, "ES256", "client_assertion", `"iss":"client","sub":"client","aud":"https://idp.example.org/token"`, time.Minute,
		},
		"Apple": {
			hook.OIDCExchange, `{"issuer":"https://idp.example.org","client_id":"client","secret":"key","auth_method":"signed_client_secret","key_id":"k1","key_issuer":"TEAM"}`,
			ecPEM, ecPublic, "ES256", "client_secret", `"iss":"TEAM","sub":"client","aud":"https://idp.example.org"`, 5 * time.Minute,
		},
		"Apple's way of OAuth": {
			hook.OAuthExchange, `{"token_endpoint":"https://idp.example.org/token","client_id":"client","secret":"key","auth_method":"signed_client_secret","key_id":"k1","key_issuer":"TEAM"}`,
			ecPEM, ecPublic, "ES256", "client_secret", `"iss":"TEAM","sub":"client","aud":"https://idp.example.org"`, 5 * time.Minute,
		},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			p := newIDP(w)
			seen := map[string]bool{}
			for range 2 {
				caller := p.login(oidcGrant, "oauth.exchange idp.example.org")
				w.secret(caller, "key", test.pem)
				if answer, code := w.call(caller, test.capability, test.request); code != "" {
					t.Fatalf("%s (%s)", answer, code)
				}
				if p.header.Get("Authorization") != "" || p.asked.Get("client_id") != "client" || p.asked.Get("code") != "c0de-secret" {
					t.Errorf("sent %v", p.asked)
				}
				if got := p.asked.Get("client_assertion_type"); (test.field == "client_assertion") != (got == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer") {
					t.Errorf("client_assertion_type %q", got)
				}
				signed, err := gojose.ParseSigned(p.asked.Get(test.field), []gojose.SignatureAlgorithm{gojose.SignatureAlgorithm(test.alg)})
				if err != nil {
					t.Fatal(err)
				}
				payload, err := signed.Verify(test.public)
				if err != nil || signed.Signatures[0].Header.KeyID != "k1" {
					t.Fatalf("%v, %+v", err, signed.Signatures[0].Header)
				}
				var claims struct {
					ID string `json:"jti"`
				}
				if err := json.Unmarshal(payload, &claims); err != nil || len(claims.ID) != 22 || seen[claims.ID] {
					t.Errorf("jti %q, %v", claims.ID, err)
				}
				seen[claims.ID] = true
				now := w.clock()
				if want := fmt.Sprintf(`{%s,"jti":%q,"iat":%d,"exp":%d}`, test.want, claims.ID, now.Unix(), now.Add(test.life).Unix()); string(payload) != want {
					t.Errorf("signed %s\nwant   %s", payload, want)
				}
			}
		})
	}
}

func TestSignedClientRefuses(t *testing.T) {
	large, err := rsa.GenerateKey(rand.Reader, 2048)
	_, rsaPEM := privateKey(t, large, err)
	w := newWorld(t)
	p := newIDP(w)
	for secret, words := range map[string]string{
		"hunter2-hunter2": "it has no PEM block, which begins with -----BEGIN PRIVATE KEY-----",
		rsaPEM:            "it signs with RS256, and ES256 is needed",
	} {
		caller := p.login(oidcGrant)
		w.secret(caller, "key", secret)
		w.refuses(caller, hook.OIDCExchange, `{"issuer":"https://idp.example.org","client_id":"client","secret":"key","auth_method":"signed_client_secret","key_id":"k1","key_issuer":"T"}`,
			hook.CodeUnavailable, words, "the secret key of the instance", "postern plugin secret set directory key")
	}
	if p.asked != nil {
		t.Errorf("the code went out: %v", p.asked)
	}
}

// TestTokensStayWithTheHost: who wants to know gets what the provider gave.
func TestTokensStayWithTheHost(t *testing.T) {
	w := newWorld(t)
	p := newIDP(w)
	p.discovery["end_session_endpoint"] = idpIssuer + "/logout"
	id := p.idToken()
	p.answers["/token"] = sends(200, "application/json", `{"access_token":"access-t0ken","token_type":"Bearer","scope":"openid","expires_in":300,"refresh_token":"refresh-t0ken","id_token":"`+id+`"}`)
	caller := p.login(oidcGrant)
	got := new(core.UpstreamTokens)
	caller.Login.Got = got
	answer, code := w.call(caller, hook.OIDCExchange, `{"issuer":"https://idp.example.org","client_id":"client"}`)
	want := core.UpstreamTokens{
		Access: "access-t0ken", Refresh: "refresh-t0ken", ID: id, Type: "Bearer", Scope: "openid", ExpiresIn: 300,
		EndSession: idpIssuer + "/logout", ClientID: "client",
	}
	if code != "" || *got != want {
		t.Errorf("%s (%s): %+v", answer, code, got)
	}
	if strings.Contains(answer, "t0ken") || strings.Contains(answer, id[:20]) {
		t.Errorf("the plugin has %s", answer)
	}
	caller = p.login("oauth.exchange idp.example.org")
	caller.Login.Got = got
	w.does(caller, hook.OAuthExchange, `{"token_endpoint":"https://idp.example.org/token","client_id":"client"}`, `{"token_type":"Bearer","scope":"openid","expires_in":300}`)
	want.ID, want.EndSession = "", "" // nobody verified the ID token
	if *got != want {
		t.Errorf("%+v", got)
	}
	// A sign-in that failed leaves nothing.
	caller = p.login(oidcGrant)
	caller.Login.Got, caller.Login.Nonce = new(core.UpstreamTokens), "other"
	w.refuses(caller, hook.OIDCExchange, `{"issuer":"https://idp.example.org","client_id":"client"}`, hook.CodeRefused, "nonce")
	if *caller.Login.Got != (core.UpstreamTokens{}) {
		t.Errorf("%+v", caller.Login.Got)
	}
}

func TestEndSessionEndpoint(t *testing.T) {
	for given, want := range map[string]string{
		"https://idp.example.org/logout?x=1": "https://idp.example.org/logout?x=1", "http://idp.example.org/logout": "", "javascript:alert(1)": "", "/logout": "",
	} {
		w := newWorld(t)
		p := newIDP(w)
		p.discovery["end_session_endpoint"] = given
		got, err := w.set.Discover(t.Context(), w.caller(oidcGrant), idpIssuer, false)
		if err != nil || got.EndSessionEndpoint != want {
			t.Errorf("%q: %+v, %v", given, got, err)
		}
	}
}

// TestSignedUserInfo is OpenID Connect Core section 5.3.2: UserInfo as a JWT.
func TestSignedUserInfo(t *testing.T) {
	for name, test := range map[string]struct {
		claims string
		key    int
		words  string // empty: it is accepted
	}{
		"bare":               {`{"sub":"248289761001","email":"a"}`, 0, ""},
		"whole":              {`{"sub":"248289761001","iss":"https://idp.example.org","aud":["client","x"],"exp":1795608001,"iat":1795608000}`, 0, ""},
		"of another issuer":  {`{"sub":"248289761001","iss":"https://evil.example.org"}`, 0, "its issuer is another"},
		"for another client": {`{"sub":"248289761001","aud":"x"}`, 0, "its audience is another"},
		"of somebody else":   {`{"sub":"x"}`, 0, "about somebody else"},
		"of nobody":          {`{}`, 0, "about somebody else"},
		"of yesterday":       {`{"sub":"248289761001","exp":1795600000}`, 0, "the token has expired"},
		"of tomorrow":        {`{"sub":"248289761001","iat":1795700000}`, 0, "not valid yet"},
		"of another key":     {`{"sub":"248289761001"}`, 1, "the key set has no key"},
		"twice":              {`{"sub":"248289761001","sub":"x"}`, 0, "malformed"},
	} {
		w := newWorld(t)
		p := newIDP(w)
		token, err := ringOf(t, signingKeys()[test.key]).Sign(jose.ES256, jose.TypJWT, []byte(test.claims))
		if err != nil {
			t.Fatal(err)
		}
		p.answers["/userinfo"] = sends(200, "application/jwt", token)
		const request = `{"issuer":"https://idp.example.org","client_id":"client","userinfo":true}`
		if test.words != "" {
			w.refuses(p.login(oidcGrant), hook.OIDCExchange, request, hook.CodeRefused, test.words)
			continue
		}
		if answer, code := w.call(p.login(oidcGrant), hook.OIDCExchange, request); code != "" || !strings.Contains(answer, `"userinfo":{"sub":"248289761001"`) {
			t.Errorf("%s: %s (%s)", name, answer, code)
		}
	}
	unsigned := encode(`{"alg":"none"}`) + "." + encode(`{"sub":"248289761001"}`) + "."
	w := newWorld(t)
	p := newIDP(w)
	p.answers["/userinfo"] = sends(200, "application/jwt", unsigned)
	w.refuses(p.login(oidcGrant), hook.OIDCExchange, `{"issuer":"https://idp.example.org","client_id":"client","userinfo":true}`, hook.CodeRefused, "an algorithm that is not allowed")
}

package capability_test

import (
	"crypto/rand"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/jose"
)

// signingKeys are made once.
var signingKeys = sync.OnceValue(func() []jose.Private {
	var keys []jose.Private
	for range 3 {
		key, err := jose.Generate(jose.ES256, time.Now(), rand.Reader)
		if err != nil {
			panic(err)
		}
		keys = append(keys, key)
	}
	return keys
})

func ringOf(t *testing.T, keys ...jose.Private) *jose.Keyring {
	t.Helper()
	ring, err := jose.NewKeyring(keys, nil)
	if err != nil {
		t.Fatal(err)
	}
	return ring
}

// idp is an OpenID provider, https://idp.example.org, that gives what the test
// wants.
type idp struct {
	w         *world
	ring      *jose.Keyring
	discovery map[string]any
	claims    map[string]any // of the ID token
	userInfo  map[string]any
	typ       string
	// answers replace those of a path.
	answers map[string]http.HandlerFunc
	// asked is the last token request.
	asked  url.Values
	header http.Header
}

const idpIssuer = "https://idp.example.org"

func newIDP(w *world) *idp {
	p := &idp{w: w, ring: ringOf(w.t, signingKeys()[0]), typ: jose.TypJWT, answers: map[string]http.HandlerFunc{}}
	p.discovery = map[string]any{
		"issuer": idpIssuer, "authorization_endpoint": idpIssuer + "/authorize", "token_endpoint": idpIssuer + "/token",
		"jwks_uri": "https://keys.example.org/jwks", "userinfo_endpoint": idpIssuer + "/userinfo",
		"id_token_signing_alg_values_supported": []string{"RS256", "ES256", "HS256"},
	}
	now := w.clock().Unix()
	p.claims = map[string]any{
		"iss": idpIssuer, "sub": "248289761001", "aud": "client", "exp": now + 300, "iat": now, "nonce": "n-0S6",
		"at_hash": jose.HalfHash(jose.ES256, "access-t0ken"), "name": "Jane Doe",
	}
	p.userInfo = map[string]any{"sub": "248289761001", "email": "jane@example.org"}
	p.handle("idp.example.org/.well-known/openid-configuration", func(rw http.ResponseWriter, _ *http.Request) { sendJSON(rw, p.discovery) })
	p.handle("keys.example.org/jwks", func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "application/jwk-set+json")
		rw.Write(p.ring.JWKS())
	})
	p.handle("idp.example.org/token", func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		p.asked, _ = url.ParseQuery(string(body))
		p.header = r.Header
		sendJSON(rw, map[string]any{"access_token": "access-t0ken", "token_type": "Bearer", "scope": "openid email", "expires_in": 300, "id_token": p.idToken()})
	})
	p.handle("idp.example.org/userinfo", func(rw http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer access-t0ken" {
			rw.WriteHeader(http.StatusUnauthorized)
			return
		}
		sendJSON(rw, p.userInfo)
	})
	return p
}

func (p *idp) handle(place string, handler http.HandlerFunc) {
	p.w.mux.HandleFunc(place, func(rw http.ResponseWriter, r *http.Request) {
		if other := p.answers[r.URL.Path]; other != nil {
			handler = other
		}
		handler(rw, r)
	})
}

func (p *idp) payload() []byte {
	payload, err := json.Marshal(p.claims)
	if err != nil {
		panic(err)
	}
	return payload
}

func (p *idp) idToken() string {
	token, err := p.ring.Sign(jose.ES256, p.typ, p.payload())
	if err != nil {
		panic(err)
	}
	return token
}

// with is the ID token with claims replaced or, by nil, left out.
func (p *idp) with(pairs ...any) {
	p.claims = maps.Clone(p.claims)
	for i := 0; i < len(pairs); i += 2 {
		p.claims[pairs[i].(string)] = pairs[i+1]
		if pairs[i+1] == nil {
			delete(p.claims, pairs[i].(string))
		}
	}
}

// login is the caller that finishes a sign-in.
func (p *idp) login(grants ...string) *core.PluginCaller {
	caller := p.w.caller(grants...)
	caller.Login = &core.UpstreamLogin{
		RedirectURI: "https://id.example/callback/directory", Code: "c0de-secret", CodeVerifier: "v3rifier-secret-of-43-characters-0123456789", Nonce: "n-0S6",
	}
	return caller
}

func sendJSON(rw http.ResponseWriter, body any) {
	rw.Header().Set("Content-Type", "application/json;charset=UTF-8")
	json.NewEncoder(rw).Encode(body)
}

// sends answers with whatever.
func sends(status int, contentType, body string) http.HandlerFunc {
	return func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", contentType)
		rw.WriteHeader(status)
		io.WriteString(rw, body)
	}
}

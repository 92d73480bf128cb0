package app_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	gojose "github.com/go-jose/go-jose/v4"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

// signingClient is the machine of a client that signs, with what it publishes.
type signingClient struct {
	w      *world
	server *httptest.Server
	mu     sync.Mutex
	files  map[string]string
	asked  map[string]int
}

// newSigningClient serves on this machine, which the server may ask from now on.
func newSigningClient(t *testing.T) (*world, *signingClient) {
	t.Helper()
	s := &signingClient{files: map[string]string{}, asked: map[string]int{}}
	s.server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.asked[r.URL.Path]++
		text, found := s.files[r.URL.Path]
		if !found {
			http.NotFound(rw, r)
			return
		}
		rw.Header().Set("Content-Type", "application/json")
		fmt.Fprint(rw, text)
	}))
	t.Cleanup(s.server.Close)
	w := newWorld(t)
	s.w = w
	w.private = []string{strings.TrimPrefix(s.server.URL, "http://")}
	w.restart()
	return w, s
}

func (s *signingClient) put(path, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files[path] = text
}

func (s *signingClient) count(path string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[path]
}

func newKey(t testing.TB) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// jwksOf publishes keys as k0, k1, ...
func jwksOf(t testing.TB, keys ...crypto.Signer) string {
	t.Helper()
	var set gojose.JSONWebKeySet
	for i, key := range keys {
		set.Keys = append(set.Keys, gojose.JSONWebKey{Key: key.Public(), KeyID: fmt.Sprintf("k%d", i)})
	}
	text, err := json.Marshal(set)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// signJWT signs with another library than the server verifies with.
func signJWT(t testing.TB, alg gojose.SignatureAlgorithm, key any, kid string, claims map[string]any) string {
	t.Helper()
	signer, err := gojose.NewSigner(gojose.SigningKey{Algorithm: alg, Key: gojose.JSONWebKey{Key: key, KeyID: kid}}, nil)
	if err != nil {
		t.Fatal(err)
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	object, err := signer.Sign(payload)
	if err != nil {
		t.Fatal(err)
	}
	token, err := object.CompactSerialize()
	if err != nil {
		t.Fatal(err)
	}
	return token
}

// assertionClaims are those of a good assertion of the client.
func (rp *relyingParty) assertionClaims(edits map[string]any) map[string]any {
	now := rp.w.clock.Now()
	claims := map[string]any{
		"iss": rp.client.ID, "sub": rp.client.ID, "aud": rp.w.issuer, "jti": string(core.NewID(now, rand.Reader)),
		"iat": now.Unix(), "exp": now.Add(time.Minute).Unix(),
	}
	for name, value := range edits {
		if claims[name] = value; value == nil {
			delete(claims, name)
		}
	}
	return claims
}

// asserting puts an assertion in the place of how the client authenticates.
func (c *tokenCall) asserting(assertion string) *tokenCall {
	c.header.Del("Authorization")
	c.form.Del("client_id")
	c.form.Del("client_secret")
	c.form.Set("client_assertion_type", oauth.AssertionJWT)
	c.form.Set("client_assertion", assertion)
	return c
}

// TestClientAssertion: clients prove themselves by what they sign, with the keys that
// they registered, with those that they publish, which change, and with their secret.
func TestClientAssertion(t *testing.T) {
	w, machine := newSigningClient(t)
	w.user("alice")
	if a := w.resource(oauth.PathDiscovery, ""); !strings.Contains(string(a.body), `"client_secret_jwt","private_key_jwt"`) ||
		!strings.Contains(string(a.body), `"token_endpoint_auth_signing_alg_values_supported":["RS256",`) {
		t.Errorf("discovery: %s", a.body)
	}
	own, old, next := newKey(t), newKey(t), newKey(t)
	machine.put("/jwks", jwksOf(t, old))
	registered := w.register("registered", func(c *core.Client) {
		c.AuthMethods, c.Metadata.JWKS = []string{core.AuthPrivateKeyJWT}, []byte(jwksOf(t, own))
	})
	published := w.register("published", func(c *core.Client) {
		c.AuthMethods, c.Metadata.JWKSURI = []string{core.AuthPrivateKeyJWT}, machine.server.URL+"/jwks"
	})
	secret := w.register("secret", func(c *core.Client) { c.AuthMethods = []string{core.AuthSecretJWT} })
	if registered.secret != "" || published.secret != "" || len(secret.secret) != 43 {
		t.Fatalf("secrets %q, %q, %q", registered.secret, published.secret, secret.secret)
	}
	b := newBrowser(t, w.issuer)
	redeem := func(rp *relyingParty, alg gojose.SignatureAlgorithm, key any, kid string, edits map[string]any) *tokenCall {
		return rp.callCode(rp.code(b, "alice")).asserting(signJWT(t, alg, key, kid, rp.assertionClaims(edits)))
	}
	w.succeeds(redeem(registered, gojose.ES256, own, "k0", nil))
	w.succeeds(redeem(registered, gojose.ES256, own, "k0", map[string]any{"aud": w.issuer + oauth.PathToken}))
	w.succeeds(redeem(registered, gojose.ES256, own, "k0", map[string]any{"aud": []string{"https://other.example", w.issuer}}))
	w.succeeds(redeem(secret, gojose.HS256, []byte(secret.secret), "", nil))
	w.succeeds(redeem(published, gojose.ES256, old, "k0", nil))
	w.succeeds(redeem(published, gojose.ES256, old, "k0", nil))

	// Its keys change (oidcc-refresh-token-rp-key-rotation).
	machine.put("/jwks", strings.ReplaceAll(jwksOf(t, next), `"k0"`, `"k1"`))
	w.refuses(redeem(published, gojose.ES256, next, "k1", nil), http.StatusUnauthorized, "invalid_client", "client_assertion_key")
	if got := machine.count("/jwks"); got != 1 {
		t.Errorf("the keys were fetched %d times within a minute", got)
	}
	w.clock.advance(time.Minute)
	w.succeeds(redeem(published, gojose.ES256, next, "k1", nil))
	w.refuses(redeem(published, gojose.ES256, old, "k0", nil), http.StatusUnauthorized, "invalid_client", "client_assertion_key")
	if got := machine.count("/jwks"); got != 2 {
		t.Errorf("the keys were fetched %d times", got)
	}

	// What was used stays used over a restart.
	call := redeem(registered, gojose.ES256, own, "k0", nil)
	w.succeeds(call)
	w.restart()
	w.refuses(registered.callCode(registered.code(b, "alice")).asserting(call.form.Get("client_assertion")),
		http.StatusUnauthorized, "invalid_client", "client_assertion_replayed")
	w.hide(call.form.Get("client_assertion"))
	w.checkSecrets()
}

// TestRefuse109JWKS: the address of a client's keys leads nowhere but out.
func TestRefuse109JWKS(t *testing.T) {
	w := newWorld(t)
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the server came") }))
	defer server.Close()
	key := newKey(t)
	for i, address := range []string{server.URL + "/jwks", "https://127.0.0.1/jwks", "https://[::1]/jwks", "https://169.254.169.254/latest", "https://0x7f000001/"} {
		rp := w.register(fmt.Sprintf("c%d", i), func(c *core.Client) {
			c.AuthMethods, c.Metadata.JWKSURI = []string{core.AuthPrivateKeyJWT}, address
		})
		call := rp.call(url.Values{"grant_type": {"refresh_token"}}).asserting(signJWT(t, gojose.ES256, key, "k0", rp.assertionClaims(nil)))
		w.refuses(call, http.StatusUnauthorized, "invalid_client", "client_assertion_keys")
	}
}

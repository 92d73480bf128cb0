package app_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	gojose "github.com/go-jose/go-jose/v4"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

// requestClaims are an authorization request as the claims of a JWT.
func (rp *relyingParty) requestClaims(edits map[string]any) map[string]any {
	claims := map[string]any{
		"iss": rp.client.ID, "aud": rp.w.issuer, "client_id": rp.client.ID, "response_type": "code", "redirect_uri": theCallback,
		"scope": "openid profile", "state": "the-state", "nonce": "the-inner-nonce", "max_age": 3600, "exp": rp.w.clock.Now().Add(time.Minute).Unix(),
		"code_challenge": challengeOf(theVerifier), "code_challenge_method": "S256",
	}
	for name, value := range edits {
		if claims[name] = value; value == nil {
			delete(claims, name)
		}
	}
	return claims
}

// outside is what stands beside a request object.
func outside(more ...string) []string {
	return append([]string{
		"redirect_uri", "", "scope", "openid", "state", "", "nonce", "the-outer-nonce", "code_challenge", "", "code_challenge_method", "",
	}, more...)
}

// TestRequestObject: a client sends its request as a JWT, in the URL or in a form, or
// leaves it where the server fetches it; what is inside counts.
func TestRequestObject(t *testing.T) {
	w, machine := newSigningClient(t)
	w.user("alice")
	document := string(w.resource(oauth.PathDiscovery, "").body)
	for _, member := range []string{
		`"request_parameter_supported":true`, `"request_uri_parameter_supported":true`, `"require_request_uri_registration":true`,
		`"request_object_signing_alg_values_supported":["RS256",`,
	} {
		if !strings.Contains(document, member) {
			t.Errorf("discovery has no %s: %s", member, document)
		}
	}
	key := newKey(t)
	machine.put("/jwks", jwksOf(t, key))
	rp := w.register("rp", func(c *core.Client) {
		c.RedirectURIs = append(c.RedirectURIs, "https://rp.example/other")
		c.Metadata.JWKSURI, c.Metadata.RequestURIs = machine.server.URL+"/jwks", []string{machine.server.URL + "/request.jwt#hash"}
	})
	b := newBrowser(t, w.issuer)
	sign := func(edits map[string]any) string { return signJWT(t, gojose.ES256, key, "k0", rp.requestClaims(edits)) }
	check := func(code string) {
		t.Helper()
		a := rp.redeem(code)
		if a.status != http.StatusOK || a.text("scope") != "openid profile" {
			t.Fatalf("status %d: %s", a.status, a.body)
		}
		if nonce := claimsOf(t, a.text("id_token"))["nonce"]; nonce != "the-inner-nonce" {
			t.Errorf("nonce %q", nonce)
		}
	}
	check(rp.code(b, "alice", outside("request", sign(nil))...))
	machine.put("/request.jwt", sign(nil))
	check(rp.code(b, "alice", outside("request_uri", machine.server.URL+"/request.jwt")...))
	check(rp.code(b, "alice", outside("request_uri", machine.server.URL+"/request.jwt#other")...))
	if got := machine.count("/request.jwt"); got != 2 {
		t.Errorf("%d fetches", got)
	}

	// It is fetched once, however many steps the sign-in takes.
	fresh := newBrowser(t, w.issuer)
	check(rp.code(fresh, "alice", outside("request_uri", machine.server.URL+"/request.jwt")...))
	if got := machine.count("/request.jwt"); got != 3 {
		t.Errorf("%d fetches", got)
	}

	// Where the answer goes, the JWT says too.
	p := b.get(rp.authorizeURL(outside("redirect_uri", "https://rp.example/other", "request", sign(nil))...))
	if p.location == nil || !strings.HasPrefix(p.location.String(), theCallback+"?code=") || p.location.Query().Get("state") != "the-state" {
		t.Errorf("status %d, to %v", p.status, p.location)
	}
}

// TestRequestObjectUnsigned: only for clients that registered that they sign nothing.
func TestRequestObjectUnsigned(t *testing.T) {
	w := newWorld(t)
	w.user("alice")
	rp := w.register("rp", func(c *core.Client) { c.Metadata.RequestObjectAlg = "none" })
	text := unsecured(t, rp.requestClaims(nil))
	rp.code(newBrowser(t, w.issuer), "alice", outside("request", text)...)
	secret := w.register("secret", func(c *core.Client) { c.Metadata.RequestObjectAlg = "HS256" })
	secret.code(newBrowser(t, w.issuer), "alice", outside("request", signJWT(t, gojose.HS256, []byte(secret.secret), "", secret.requestClaims(nil)))...)
	w.checkSecrets()
}

func unsecured(t testing.TB, claims map[string]any) string {
	t.Helper()
	signed := signJWT(t, gojose.HS256, make([]byte, 32), "", claims)
	return "eyJhbGciOiJub25lIn0." + strings.Split(signed, ".")[1] + "." // {"alg":"none"}
}

// TestRefuseRequestObject: the refusal goes where what is outside says, if the client may
// be answered there, and nothing is asked of anybody.
func TestRefuseRequestObject(t *testing.T) {
	w, machine := newSigningClient(t)
	w.user("alice")
	key := newKey(t)
	rp := w.register("rp", func(c *core.Client) {
		c.Metadata.JWKS, c.Metadata.RequestURIs = []byte(jwksOf(t, key)), []string{machine.server.URL + "/request.jwt"}
	})
	plain := w.register("plain", nil)
	b := rp.signedIn("alice")
	good := signJWT(t, gojose.ES256, key, "k0", rp.requestClaims(nil))
	for i, tt := range []struct {
		name, code, reason string
		edits              []string
		of                 *relyingParty
	}{
		{"023_alg_none", "invalid_request_object", "request_object_alg", []string{"request", unsecured(t, rp.requestClaims(nil))}, rp},
		{"023_foreign_key", "invalid_request_object", "request_object_signature", []string{"request", signJWT(t, gojose.ES256, newKey(t), "k0", rp.requestClaims(nil))}, rp},
		{"023_expired", "invalid_request_object", "request_object_expired", []string{"request", signJWT(t, gojose.ES256, key, "k0", rp.requestClaims(map[string]any{"exp": 1}))}, rp},
		{"023_of_another_client", "invalid_request_object", "request_object_issuer", []string{"request", signJWT(t, gojose.ES256, key, "k0", rp.requestClaims(map[string]any{"iss": plain.client.ID}))}, rp},
		{"023_nothing_registered", "request_not_supported", "request_object", []string{"request", good}, plain},
		{"024_unregistered", "invalid_request_uri", "request_uri_unregistered", []string{"request_uri", machine.server.URL + "/other.jwt"}, rp},
		{"024_metadata_address", "invalid_request_uri", "request_uri_unregistered", []string{"request_uri", "http://169.254.169.254/latest"}, rp},
		{"024_nothing_registered", "request_uri_not_supported", "request_uri", []string{"request_uri", machine.server.URL + "/request.jwt"}, plain},
		{"024_nothing_there", "invalid_request_uri", "request_uri_unavailable", []string{"request_uri", machine.server.URL + "/request.jwt"}, rp},
		{"072_client_assertion", "invalid_request_object", "request_object_subject", []string{"request", signJWT(t, gojose.ES256, key, "k0", rp.assertionClaims(nil))}, rp},
	} {
		w.recorded(core.EventAuthorizeRefused, tt.reason, func() {
			t.Helper()
			wantErrorRedirect(t, w, b.get(tt.of.authorizeURL(tt.edits...)), tt.code)
		})
		if t.Failed() {
			t.Fatalf("%d: %s", i, tt.name)
		}
	}
	if machine.count("/other.jwt") != 0 || machine.count("/request.jwt") != 1 {
		t.Errorf("asked %v", machine.asked)
	}

	// An answer has nowhere to go if only a JWT that does not hold says where.
	p := b.get(rp.authorizeURL("redirect_uri", "https://evil.example/cb", "request", "x"))
	p.showsError(http.StatusBadRequest, "invalid_request", "evil.example")
	// A request object cannot lead elsewhere either.
	p = b.get(rp.authorizeURL("request", signJWT(t, gojose.ES256, key, "k0", rp.requestClaims(map[string]any{"redirect_uri": "https://evil.example/cb"}))))
	p.showsError(http.StatusBadRequest, "invalid_request", "evil.example")
}

// TestRefuse024Addresses: what is registered may lead inside all the same.
func TestRefuse024Addresses(t *testing.T) {
	w := newWorld(t)
	w.user("alice")
	for i, address := range []string{"https://127.0.0.1/r", "https://[::ffff:10.0.0.1]/r", "https://169.254.169.254/r"} {
		rp := w.register(fmt.Sprintf("c%d", i), func(c *core.Client) { c.Metadata.RequestURIs = []string{address} })
		w.recorded(core.EventAuthorizeRefused, "request_uri_unavailable", func() {
			wantErrorRedirect(t, w, newBrowser(t, w.issuer).get(rp.authorizeURL("request_uri", address)), "invalid_request_uri")
		})
	}
}

package app_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	gooidc "github.com/coreos/go-oidc/v3/oidc"
	gojose "github.com/go-jose/go-jose/v4"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

// opened decrypts with the client's private key, and admits nothing but what the client
// registered.
func opened(t *testing.T, text, alg, enc string, key any) string {
	t.Helper()
	object, err := gojose.ParseEncrypted(text, []gojose.KeyAlgorithm{gojose.KeyAlgorithm(alg)}, []gojose.ContentEncryption{gojose.ContentEncryption(enc)})
	if err != nil {
		t.Fatalf("%v: %.40s", err, text)
	}
	plain, err := object.Decrypt(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(plain)
}

// TestAnswersAsRegistered: a client gets UserInfo and ID tokens signed and encrypted as it
// registered, and the others as ever.
func TestAnswersAsRegistered(t *testing.T) {
	w, machine := newSigningClient(t)
	w.user("alice")
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	ecKey := newKey(t)
	machine.put("/jwks", jwksOf(t, ecKey, rsaKey))
	b := newBrowser(t, w.issuer)
	tokens := func(rp *relyingParty) answer {
		t.Helper()
		a := rp.redeem(rp.code(b, "alice"))
		if a.status != http.StatusOK {
			t.Fatalf("status %d: %s", a.status, a.body)
		}
		return a
	}
	ctx := context.Background()
	provider, err := gooidc.NewProvider(ctx, w.issuer)
	if err != nil {
		t.Fatal(err)
	}
	verified := func(rp *relyingParty, token string) map[string]any {
		t.Helper()
		verifier := provider.Verifier(&gooidc.Config{ClientID: rp.client.ID, SkipExpiryCheck: true, SupportedSigningAlgs: []string{"RS256", "ES256", "PS256"}})
		if _, err := verifier.Verify(ctx, token); err != nil {
			t.Fatal(err)
		}
		return claimsOf(t, token)
	}

	plain := w.register("plain", nil)
	a := tokens(plain)
	if info := w.resource(oauth.PathUserInfo, a.text("access_token")); info.header.Get("Content-Type") != "application/json" || info.text("sub") == "" {
		t.Errorf("plain UserInfo: %v, %s", info.header, info.body)
	}

	signed := w.register("signed", func(c *core.Client) { c.Metadata.UserInfoAlg = "RS256" })
	a = tokens(signed)
	info := w.resource(oauth.PathUserInfo, a.text("access_token"))
	claims := verified(signed, string(info.body))
	if info.header.Get("Content-Type") != "application/jwt" || claims["email"] != "alice@example.com" || claims["aud"] != signed.client.ID || claims["iss"] != w.issuer {
		t.Errorf("signed UserInfo: %v, %v", info.header, claims)
	}
	// 072: it is no ID token, nor an access token.
	p := b.get(signed.authorizeURL("prompt", "none", "id_token_hint", string(info.body)))
	if p.location == nil || p.location.Query().Get("error") != "login_required" {
		t.Errorf("a UserInfo response is a hint: %d, %v", p.status, p.location)
	}
	if again := w.resource(oauth.PathUserInfo, string(info.body)); again.status != http.StatusUnauthorized {
		t.Errorf("status %d", again.status)
	}

	sealed := w.register("sealed", func(c *core.Client) {
		c.IDTokenAlg = "ES256"
		c.Metadata = core.ClientMetadata{
			JWKSURI: machine.server.URL + "/jwks", UserInfoAlg: "ES256", UserInfoEncryptionAlg: "RSA-OAEP-256", UserInfoEncryptionEnc: "A256GCM",
			IDTokenEncryptionAlg: "ECDH-ES+A128KW",
		}
	})
	a = tokens(sealed)
	idToken := opened(t, a.text("id_token"), "ECDH-ES+A128KW", "A128CBC-HS256", ecKey)
	if claims := verified(sealed, idToken); claims["nonce"] != "the-nonce" {
		t.Errorf("ID token: %v", claims)
	}
	info = w.resource(oauth.PathUserInfo, a.text("access_token"))
	if claims := verified(sealed, opened(t, string(info.body), "RSA-OAEP-256", "A256GCM", rsaKey)); info.header.Get("Content-Type") != "application/jwt" || claims["email"] != "alice@example.com" {
		t.Errorf("sealed UserInfo: %v, %v", info.header, claims)
	}

	sealed = w.register("sealed-only", func(c *core.Client) {
		c.Metadata = core.ClientMetadata{JWKS: []byte(jwksOf(t, ecKey)), UserInfoEncryptionAlg: "ECDH-ES"}
	})
	a = tokens(sealed)
	info = w.resource(oauth.PathUserInfo, a.text("access_token"))
	var document map[string]any
	if err := json.Unmarshal([]byte(opened(t, string(info.body), "ECDH-ES", "A128CBC-HS256", ecKey)), &document); err != nil || document["email"] != "alice@example.com" {
		t.Errorf("%v, %v", document, err)
	}

	unsigned := w.register("unsigned", func(c *core.Client) { c.IDTokenAlg = "none" })
	a = tokens(unsigned)
	if text := a.text("id_token"); !strings.HasPrefix(text, "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.") || !strings.HasSuffix(text, ".") || claimsOf(t, text)["nonce"] != "the-nonce" {
		t.Errorf("unsigned: %s", text)
	}
	w.checkSecrets()
}

// TestRefuseUnencrypted: without a key of the client nothing leaves, and its code is as
// good as before.
func TestRefuseUnencrypted(t *testing.T) {
	w, machine := newSigningClient(t)
	w.user("alice")
	key := newKey(t)
	machine.put("/jwks", `{"keys":[]}`)
	rp := w.register("rp", func(c *core.Client) {
		c.Metadata.JWKSURI, c.Metadata.IDTokenEncryptionAlg = machine.server.URL+"/jwks", "ECDH-ES"
	})
	code := rp.code(newBrowser(t, w.issuer), "alice")
	a := rp.redeem(code)
	if a.status != http.StatusInternalServerError || a.text("error") != "server_error" || bytes.Contains(a.body, []byte("token")) {
		t.Errorf("status %d: %s", a.status, a.body)
	}
	machine.put("/jwks", jwksOf(t, key))
	if a = rp.redeem(code); a.status != http.StatusInternalServerError {
		t.Errorf("the keys were fetched again within a minute: %d", a.status)
	}
	w.restart() // with a cache that is empty; the code lives for a minute by a clock that stands
	if a = rp.redeem(code); a.status != http.StatusOK {
		t.Fatalf("status %d: %s", a.status, a.body)
	}
	opened(t, a.text("id_token"), "ECDH-ES", "A128CBC-HS256", key)
}

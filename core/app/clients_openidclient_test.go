package app_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// flowCase is a flow of npm's openid-client.
type flowCase struct {
	name    string
	awaited []feature
	edit    func(*core.Client)
	change  func(*npmSettings)
	// pairwise says that the client must not get to know alice's own subject.
	pairwise bool
	check    func(*testing.T, npmFound) // besides what holds for all
}

// hybrid lets a client have these response types.
func hybrid(types ...string) func(*core.Client) {
	return func(c *core.Client) {
		c.ResponseTypes, c.GrantTypes = types, append(slices.Clone(c.GrantTypes), core.GrantImplicit)
	}
}

func npmKeyOf(t *testing.T, key crypto.Signer, kid, alg string) *npmKey {
	t.Helper()
	pkcs8, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return &npmKey{PKCS8: pkcs8, KeyID: kid, Alg: alg}
}

// encryptionKeyID is the kid of the key that clients decrypt with.
const encryptionKeyID = "encryption-key"

// encryptionKeys makes a key that decrypts what is for the client, with the public half
// as the client registers it.
func encryptionKeys(t *testing.T, alg, enc string) (*npmKey, []byte) {
	t.Helper()
	public := members{"use": "enc", "kid": encryptionKeyID, "alg": alg}
	var private crypto.Signer = providerKey()
	if alg == "RSA-OAEP" || alg == "RSA-OAEP-256" {
		rsa := providerKey().PublicKey
		public["kty"], public["n"], public["e"] = "RSA", base64.RawURLEncoding.EncodeToString(rsa.N.Bytes()), "AQAB"
	} else {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		if err != nil {
			t.Fatal(err)
		}
		point, err := key.PublicKey.Bytes() // 4, x, y
		if err != nil {
			t.Fatal(err)
		}
		private = key
		public["kty"], public["crv"] = "EC", "P-256"
		public["x"], public["y"] = base64.RawURLEncoding.EncodeToString(point[1:33]), base64.RawURLEncoding.EncodeToString(point[33:])
	}
	decryption := npmKeyOf(t, private, encryptionKeyID, alg)
	decryption.Enc = enc
	return decryption, []byte(marshalled(members{"keys": []members{public}}))
}

// codeFlows are those in which the client gets a code.
func codeFlows(t *testing.T) []flowCase {
	signing := npmKeyOf(t, providerKey(), clientKeyID, "RS256")
	cases := []flowCase{
		{name: "form_post", change: func(s *npmSettings) { s.Parameters = map[string]string{"response_mode": "form_post"} }},
		{name: "query", change: func(s *npmSettings) { s.Parameters = map[string]string{"response_mode": "query"} }},
		{
			name: "private_key_jwt", awaited: []feature{clientAuthentication(core.AuthPrivateKeyJWT)},
			edit:   func(c *core.Client) { c.AuthMethods, c.Metadata.JWKS = []string{core.AuthPrivateKeyJWT}, clientKeys(t) },
			change: func(s *npmSettings) { s.Auth, s.Key = core.AuthPrivateKeyJWT, signing },
		},
		{
			name: "private_key_jwt-PS256", awaited: []feature{clientAuthentication(core.AuthPrivateKeyJWT)},
			edit: func(c *core.Client) {
				c.AuthMethods, c.Metadata.JWKS, c.Metadata.TokenAuthAlg = []string{core.AuthPrivateKeyJWT}, clientKeys(t), "PS256"
			},
			change: func(s *npmSettings) {
				s.Auth, s.Key = core.AuthPrivateKeyJWT, npmKeyOf(t, providerKey(), clientKeyID, "PS256")
			},
		},
		{
			name: "client_secret_jwt", awaited: []feature{clientAuthentication(core.AuthSecretJWT)},
			edit:   func(c *core.Client) { c.AuthMethods = []string{core.AuthSecretJWT} },
			change: func(s *npmSettings) { s.Auth = core.AuthSecretJWT },
		},
		{
			name: "request-object", awaited: []feature{requestObjects},
			edit:   func(c *core.Client) { c.Metadata.RequestObjectAlg, c.Metadata.JWKS = "RS256", clientKeys(t) },
			change: func(s *npmSettings) { s.RequestObject, s.Key = true, signing },
		},
		{
			name: "request-object-with-claims", awaited: []feature{requestObjects, {member: "claims_parameter_supported"}},
			edit: func(c *core.Client) { c.Metadata.RequestObjectAlg, c.Metadata.JWKS = "RS256", clientKeys(t) },
			change: func(s *npmSettings) {
				s.RequestObject, s.Key, s.Parameters = true, signing, map[string]string{"claims": `{"id_token":{"email":{"essential":true}}}`}
			},
			check: wantClaim("email", "alice@example.com"),
		},
		{
			name: "claims", awaited: []feature{{member: "claims_parameter_supported"}},
			change: func(s *npmSettings) {
				s.Parameters = map[string]string{"claims": `{"id_token":{"given_name":null,"email":{"essential":true}}}`}
			},
			check: wantClaim("given_name", "Alice"),
		},
		{name: "code-id_token", awaited: []feature{responseType("code id_token")}, edit: hybrid("code id_token"), change: func(s *npmSettings) { s.ResponseType = "code id_token" }},
		{
			name: "code-id_token-form_post", awaited: []feature{responseType("code id_token")}, edit: hybrid("code id_token"),
			change: func(s *npmSettings) {
				s.ResponseType, s.Parameters = "code id_token", map[string]string{"response_mode": "form_post"}
			},
		},
		{
			name: "code-id_token-request-object-private_key_jwt", awaited: []feature{responseType("code id_token"), requestObjects, clientAuthentication(core.AuthPrivateKeyJWT)},
			edit: func(c *core.Client) {
				hybrid("code id_token")(c)
				c.AuthMethods, c.Metadata.RequestObjectAlg, c.Metadata.JWKS = []string{core.AuthPrivateKeyJWT}, "RS256", clientKeys(t)
			},
			change: func(s *npmSettings) {
				s.ResponseType, s.Auth, s.RequestObject, s.Key = "code id_token", core.AuthPrivateKeyJWT, true, signing
			},
		},
		{
			name: "pairwise", awaited: []feature{{"subject_types_supported", "pairwise"}}, pairwise: true,
			edit: func(c *core.Client) { c.Metadata.SubjectType = "pairwise" }, change: func(*npmSettings) {},
		},
		{
			name: "signed-userinfo", awaited: []feature{{"userinfo_signing_alg_values_supported", "RS256"}},
			edit:   func(c *core.Client) { c.Metadata.UserInfoAlg = "RS256" },
			change: func(s *npmSettings) { s.Metadata = members{"userinfo_signed_response_alg": "RS256"} },
		},
	}
	for _, alg := range []string{"RSA-OAEP", "RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A128KW", "ECDH-ES+A256KW"} {
		enc := map[string]string{"RSA-OAEP": "A128CBC-HS256", "RSA-OAEP-256": "A256GCM", "ECDH-ES+A256KW": "A256CBC-HS512"}[alg]
		if enc == "" {
			enc = "A128GCM"
		}
		cases = append(cases, encryptedFlow(t, alg, enc))
	}
	return cases
}

// encryptedFlow has ID tokens and UserInfo encrypted for the client, after they were
// signed.
func encryptedFlow(t *testing.T, alg, enc string) flowCase {
	decryption, keys := encryptionKeys(t, alg, enc)
	return flowCase{
		name: "encrypted-" + strings.ReplaceAll(alg, "+", ".") + "-" + enc,
		awaited: []feature{
			{"id_token_encryption_alg_values_supported", alg}, {"id_token_encryption_enc_values_supported", enc},
			{"userinfo_encryption_alg_values_supported", alg}, {"userinfo_signing_alg_values_supported", "RS256"},
		},
		edit: func(c *core.Client) {
			m := &c.Metadata
			m.JWKS, m.IDTokenEncryptionAlg, m.IDTokenEncryptionEnc = keys, alg, enc
			m.UserInfoAlg, m.UserInfoEncryptionAlg, m.UserInfoEncryptionEnc = "RS256", alg, enc
		},
		change: func(s *npmSettings) {
			s.Decryption, s.Metadata = decryption, members{
				"id_token_encrypted_response_alg": alg, "id_token_encrypted_response_enc": enc, "userinfo_signed_response_alg": "RS256",
				"userinfo_encrypted_response_alg": alg, "userinfo_encrypted_response_enc": enc,
			}
		},
	}
}

func wantClaim(name, want string) func(*testing.T, npmFound) {
	return func(t *testing.T, found npmFound) {
		t.Helper()
		if found.Claims[name] != want {
			t.Errorf("ID token: %s is %v, want %q", name, found.Claims[name], want)
		}
	}
}

// comeBack walks from an authorization request to what the client gets to see: the
// address, with what was posted in its place.
func (w *world) comeBack(b *browser, request string) *url.URL {
	b.t.Helper()
	p := b.get(request)
	if p.has("login") {
		p = p.signIn("alice", thePassword)
	}
	if p.has("allow") {
		p = p.press("allow", nil)
	}
	if p.location != nil {
		w.hide(p.location.Query().Get("code"))
		return p.location
	}
	if !p.has("response") {
		b.t.Fatalf("no answer: status %d at %s:\n%s", p.status, p.url, p.body)
	}
	target, form := p.submission("continue", nil)
	w.hide(form.Get("code"))
	separator := "?"
	if form.Has("id_token") {
		separator = "#"
	}
	back, err := url.Parse(target + separator + form.Encode())
	if err != nil {
		b.t.Fatal(err)
	}
	return back
}

// TestOpenIDClient walks through all flows that npm's openid-client has and the server
// knows.
func TestOpenIDClient(t *testing.T) {
	t.Parallel()
	dir := npmClients(t)
	script := filepath.Join(dir, "openid-client.mjs")
	w := newWorld(t)
	w.clock.run()
	alice := w.user("alice")
	for _, test := range codeFlows(t) {
		t.Run(test.name, func(t *testing.T) {
			w.mustAnnounce(t, test.awaited...)
			const goodbye = "https://rp.example/goodbye"
			registered := w.register(test.name, func(c *core.Client) {
				offline(theCallback, "RS256")(c)
				c.PostLogoutRedirectURIs = []string{goodbye}
				if test.edit != nil {
					test.edit(c)
				}
			})
			settings := npmSettings{
				Issuer: w.issuer, Flow: "code", ClientID: registered.client.ID, Secret: registered.secret, Auth: "basic", Alg: "RS256",
				RedirectURI: theCallback, Scope: "openid profile email offline_access",
				EndSession: map[string]string{"post_logout_redirect_uri": goodbye, "state": "a state"},
			}
			test.change(&settings)
			b := newBrowser(t, w.issuer)
			found := converse(t, script, settings, func(request string) *url.URL { return w.comeBack(b, request) })
			person := *alice
			if test.pairwise {
				subject, _ := found.Claims["sub"].(string)
				if person.ID = core.ID(subject); person.ID == alice.ID {
					t.Error("the client knows alice by the name that she has everywhere")
				}
			}
			checkFound(t, found, &person, registered)
			if test.check != nil {
				test.check(t, found)
			}
			if p := b.get(found.EndSession); p.location == nil || p.location.String() != goodbye+"?state=a+state" {
				t.Errorf("sign-out: status %d, to %v:\n%s", p.status, p.location, p.body)
			}
		})
	}
	w.checkSecrets()
}

// TestOpenIDClientService: a program gets a token for itself.
func TestOpenIDClientService(t *testing.T) {
	dir := npmClients(t)
	w := newWorld(t)
	w.clock.run()
	for auth, method := range map[string]string{"basic": core.AuthBasic, "post": core.AuthPost, core.AuthSecretJWT: core.AuthSecretJWT, core.AuthPrivateKeyJWT: core.AuthPrivateKeyJWT} {
		t.Run(auth, func(t *testing.T) {
			w.mustAnnounce(t, clientAuthentication(method))
			registered := w.registerPreset(auth, admin.PresetService, func(c *core.Client) {
				service(c)
				c.AuthMethods = []string{method}
				if method == core.AuthPrivateKeyJWT {
					c.Metadata.JWKS = clientKeys(t)
				}
			})
			found := converse(t, filepath.Join(dir, "openid-client.mjs"), npmSettings{
				Issuer: w.issuer, Flow: "service", ClientID: registered.client.ID, Secret: registered.secret, Auth: auth,
				Scope: "reports.read", Key: npmKeyOf(t, providerKey(), clientKeyID, "RS256"),
			}, nil)
			if found.TokenType != "bearer" || found.Scope != "reports.read" || found.ExpiresIn <= 0 || found.Revoked != "insufficient_scope" {
				t.Errorf("%+v", found)
			}
		})
	}
	w.checkSecrets()
}

// TestOpenIDClientImplicit: an ID token alone, which the client gets from the browser.
func TestOpenIDClientImplicit(t *testing.T) {
	dir := npmClients(t)
	w := newWorld(t)
	alice := w.user("alice")
	for _, mode := range []string{"fragment", "form_post"} {
		t.Run(mode, func(t *testing.T) {
			w.mustAnnounce(t, responseType("id_token"))
			registered := w.registerPreset("implicit-"+mode, "spa", func(c *core.Client) {
				c.ResponseTypes, c.GrantTypes = []string{"id_token"}, []string{core.GrantImplicit}
			})
			b := newBrowser(t, w.issuer)
			found := converse(t, filepath.Join(dir, "openid-client.mjs"), npmSettings{
				Issuer: w.issuer, Flow: "implicit", ClientID: registered.client.ID, Auth: "none", Alg: "RS256", RedirectURI: theCallback,
				Scope: "openid email", ResponseType: "id_token", Parameters: map[string]string{"response_mode": mode},
			}, func(request string) *url.URL { return w.comeBack(b, request) })
			// Nothing else can tell the client, so the ID token has what the scope asks for
			// (OpenID Connect Core section 5.4).
			if found.Claims["sub"] != string(alice.ID) || found.Claims["email"] != alice.Email || found.Claims["aud"] != registered.client.ID {
				t.Errorf("claims %v", found.Claims)
			}
			if found.Reused != "OAUTH_JWT_CLAIM_COMPARISON_FAILED" {
				t.Errorf("with another nonce: %s", found.Reused)
			}
		})
	}
	w.checkSecrets()
}

// TestOpenIDClientRegisters: the client makes itself known, and does all the rest.
func TestOpenIDClientRegisters(t *testing.T) {
	dir := npmClients(t)
	w, _ := newServedWorld(t, map[string]string{"POSTERN_REGISTRATION": "open"})
	alice := w.user("alice")
	for _, test := range []struct {
		auth    string
		awaited []feature
		more    members
	}{
		{auth: "basic", more: members{"token_endpoint_auth_method": core.AuthBasic}},
		{auth: "post", more: members{"token_endpoint_auth_method": core.AuthPost}},
		{auth: "none", more: members{"token_endpoint_auth_method": core.AuthNone}},
		{
			auth: core.AuthPrivateKeyJWT, awaited: []feature{clientAuthentication(core.AuthPrivateKeyJWT)},
			more: members{"token_endpoint_auth_method": core.AuthPrivateKeyJWT, "jwks": clientKeys(t)},
		},
	} {
		t.Run(test.auth, func(t *testing.T) {
			w.mustAnnounce(t, append(test.awaited, registration)...)
			metadata := laid(members{
				"client_name": "An application", "redirect_uris": []string{theCallback}, "post_logout_redirect_uris": []string{"https://rp.example/goodbye"},
				"grant_types": []string{core.GrantAuthorizationCode, core.GrantRefreshToken}, "scope": "openid profile email offline_access",
			}, test.more)
			b := newBrowser(t, w.issuer)
			found := converse(t, filepath.Join(dir, "openid-client.mjs"), npmSettings{
				Issuer: w.issuer, Flow: "register", Auth: test.auth, Alg: "ES256", RedirectURI: theCallback,
				Scope: "openid profile email offline_access", Parameters: map[string]string{"prompt": "consent"},
				EndSession: map[string]string{"post_logout_redirect_uri": "https://rp.example/goodbye"},
				Metadata:   metadata, Key: npmKeyOf(t, providerKey(), clientKeyID, "RS256"),
			}, func(request string) *url.URL { return w.comeBack(b, request) })
			registered, err := w.app.Store.Client(t.Context(), found.ClientID)
			if err != nil {
				t.Fatal(err)
			}
			checkFound(t, found, alice, &relyingParty{w: w, client: registered})
			if p := b.get(found.EndSession); p.location == nil || p.location.String() != "https://rp.example/goodbye" {
				t.Errorf("sign-out: status %d, to %v:\n%s", p.status, p.location, p.body)
			}
			if a := w.resource("/api/userinfo", ""); a.status != http.StatusUnauthorized {
				t.Errorf("without a token: status %d", a.status)
			}
		})
	}
	w.checkSecrets()
}

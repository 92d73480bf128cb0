package app_test

import (
	"crypto/rsa"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/postern-id/postern/core"
)

// mod_auth_openidc, the relying party of Apache, against a running server.

// checkTold holds what the application behind Apache is told of alice.
func checkTold(t *testing.T, told http.Header, alice *core.User) {
	t.Helper()
	for name, want := range map[string]string{
		"OIDC_CLAIM_sub": string(alice.ID), "OIDC_CLAIM_email": alice.Email, "OIDC_CLAIM_email_verified": "1",
		"OIDC_CLAIM_given_name": alice.Profile.GivenName, "OIDC_CLAIM_preferred_username": alice.Name,
		"Environment-Subject": string(alice.ID), "Environment-User": alice.Name,
	} {
		if got := told.Get(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
}

func TestApache(t *testing.T) {
	w := newWorld(t)
	alice := w.user("alice")
	for _, test := range []struct {
		name, alg string
		lines     []string
	}{
		{"basic", "RS256", []string{"OIDCProviderTokenEndpointAuth client_secret_basic"}},
		{"post", "RS256", []string{"OIDCProviderTokenEndpointAuth client_secret_post"}},
		{"ES256", "ES256", []string{"OIDCIDTokenSignedResponseAlg ES256"}},
		{"PS256", "PS256", []string{"OIDCIDTokenSignedResponseAlg PS256"}},
		{"form_post", "RS256", []string{"OIDCResponseMode form_post"}},
		{"by POST", "RS256", []string{"OIDCUserInfoTokenMethod post_param"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			site := w.newApache(t, func(_ *apacheSite, c *core.Client) { c.IDTokenAlg = test.alg }, func(*apacheSite) []string { return test.lines })
			server := newBrowser(t, w.issuer)
			told := site.enter(w, server)
			checkTold(t, told, alice)
			checkApacheRefresh(t, w, site, told, alice)
			checkApacheLogout(t, site, server)
		})
	}
	w.checkSecrets()
}

// checkApacheRefresh has the module use its refresh token, twice.
func checkApacheRefresh(t *testing.T, w *world, site *apacheSite, told http.Header, alice *core.User) {
	t.Helper()
	for range 2 {
		access, refresh := told.Get("OIDC_access_token"), told.Get("OIDC_refresh_token")
		if access == "" || refresh == "" {
			t.Fatalf("no tokens: %v", told)
		}
		told = site.get(site.command("refresh", site.address+"/app/", "access_token", access)).told()
		w.hide(told.Get("OIDC_access_token"), told.Get("OIDC_refresh_token"))
		if told.Get("OIDC_access_token") == access || told.Get("OIDC_refresh_token") == refresh {
			t.Error("the tokens did not rotate")
		}
		checkTold(t, told, alice)
	}
}

// checkApacheLogout signs out at the site, which has the server sign out and gets the
// person back.
func checkApacheLogout(t *testing.T, site *apacheSite, server *browser) {
	t.Helper()
	leaving := site.get(site.command("logout", site.address+"/out"))
	if leaving.location == nil {
		t.Fatalf("it does not go to the server: status %d:\n%s", leaving.status, leaving.body)
	}
	p := server.get(leaving.location.String())
	if p.location == nil || p.location.String() != site.address+"/out" {
		t.Errorf("signed out: status %d, to %v:\n%s", p.status, p.location, p.body)
	}
	if site.signedIn() {
		t.Error("the site still knows alice")
	}
	if p := server.get(site.get("/app/").location.String()); !p.has("login") {
		t.Errorf("after the sign-out: status %d at %s", p.status, p.url)
	}
}

// TestApacheHybrid: the module gets an ID token with the code, or an access token, and
// checks their hashes.
func TestApacheHybrid(t *testing.T) {
	w := newWorld(t)
	alice := w.user("alice")
	for _, words := range []string{"id_token", "id_token token", "code id_token", "code token", "code id_token token"} {
		t.Run(words, func(t *testing.T) {
			w.mustAnnounce(t, responseType(words))
			site := w.newSecureApache(t, func(_ *apacheSite, c *core.Client) {
				c.ResponseTypes = []string{words}
				c.GrantTypes = []string{core.GrantImplicit}
				if strings.HasPrefix(words, "code") {
					c.GrantTypes = []string{core.GrantAuthorizationCode, core.GrantImplicit, core.GrantRefreshToken}
				}
			}, func(*apacheSite) []string {
				lines := []string{`OIDCResponseType "` + words + `"`, "OIDCResponseMode form_post"}
				if !strings.HasPrefix(words, "code") {
					lines = append(lines, `OIDCScope "openid profile email"`)
				}
				return lines
			})
			server := newBrowser(t, w.issuer)
			checkTold(t, site.enter(w, server), alice)
			checkApacheLogout(t, site, server)
		})
	}
	w.checkSecrets()
}

// clientKeyID is the kid of the key that clients sign with.
const clientKeyID = "client-key"

// clientKeys gives the public half of the key that clients sign with.
func clientKeys(t *testing.T) json.RawMessage {
	t.Helper()
	key := providerKey()
	return json.RawMessage(marshalled(members{"keys": []members{{
		"kty": "RSA", "use": "sig", "kid": clientKeyID, "n": base64.RawURLEncoding.EncodeToString(key.N.Bytes()),
		"e": base64.RawURLEncoding.EncodeToString(big.NewInt(int64(key.E)).Bytes()),
	}}}))
}

// keyFiles writes both halves of the key, and gives the lines that make the module use
// them.
func (s *apacheSite) keyFiles(kid string, key *rsa.PrivateKey) []string {
	s.t.Helper()
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		s.t.Fatal(err)
	}
	public, err := x509.MarshalPKIXPublicKey(&key.PublicKey)
	if err != nil {
		s.t.Fatal(err)
	}
	var lines []string
	for _, file := range []struct {
		directive, kind string
		content         []byte
	}{{"OIDCPrivateKeyFiles", "PRIVATE KEY", private}, {"OIDCPublicKeyFiles", "PUBLIC KEY", public}} {
		name := filepath.Join(s.folder, file.directive+".pem")
		if err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: file.kind, Bytes: file.content}), 0o600); err != nil {
			s.t.Fatal(err)
		}
		lines = append(lines, file.directive+` "`+kid+`#`+name+`"`)
	}
	return lines
}

// TestApacheAssertions: the module proves itself by a signature, with keys that the
// server knows or that it asks the module for, and with its secret.
func TestApacheAssertions(t *testing.T) {
	w := newWorld(t)
	w.clock.run()
	w.stop()
	w.private = append(w.private, loopback)
	w.start()
	alice := w.user("alice")
	for _, test := range []struct {
		name, method string
		edit         func(*apacheSite, *core.Client)
	}{
		{"jwks", core.AuthPrivateKeyJWT, func(_ *apacheSite, c *core.Client) { c.Metadata.JWKS = clientKeys(t) }},
		{"jwks_uri", core.AuthPrivateKeyJWT, func(s *apacheSite, c *core.Client) { c.Metadata.JWKSURI = s.command("jwks", "rsa") }},
		{"secret", core.AuthSecretJWT, func(*apacheSite, *core.Client) {}},
	} {
		t.Run(test.name, func(t *testing.T) {
			w.mustAnnounce(t, clientAuthentication(test.method))
			site := w.newApache(t, func(s *apacheSite, c *core.Client) {
				c.AuthMethods = []string{test.method}
				test.edit(s, c)
			}, func(s *apacheSite) []string {
				var lines []string
				if test.method == core.AuthPrivateKeyJWT {
					lines = s.keyFiles(clientKeyID, providerKey()) // the module wants to know them first
				}
				return append(lines, "OIDCProviderTokenEndpointAuth "+test.method)
			})
			told := site.enter(w, newBrowser(t, w.issuer))
			checkTold(t, told, alice)
			checkApacheRefresh(t, w, site, told, alice)
		})
	}
	w.checkSecrets()
}

// TestApacheEncryption: the module decrypts what is for it. As a hint it sends the ID
// token back as it got it, which nobody but itself can read: the server asks the person,
// and sends nobody anywhere.
func TestApacheEncryption(t *testing.T) {
	w := newWorld(t)
	alice := w.user("alice")
	for _, test := range []struct{ alg, enc string }{{"RSA-OAEP", "A128CBC-HS256"}, {"RSA-OAEP", "A256GCM"}, {"RSA-OAEP", "A256CBC-HS512"}} {
		t.Run(test.alg+"-"+test.enc, func(t *testing.T) {
			w.mustAnnounce(t, feature{"id_token_encryption_alg_values_supported", test.alg}, feature{"id_token_encryption_enc_values_supported", test.enc},
				feature{"userinfo_encryption_alg_values_supported", test.alg}, feature{"userinfo_signing_alg_values_supported", "RS256"})
			site := w.newApache(t, func(_ *apacheSite, c *core.Client) {
				_, keys := encryptionKeys(t, test.alg, "")
				m := &c.Metadata
				m.JWKS, m.IDTokenEncryptionAlg, m.IDTokenEncryptionEnc = keys, test.alg, test.enc
				m.UserInfoAlg, m.UserInfoEncryptionAlg, m.UserInfoEncryptionEnc = "RS256", test.alg, test.enc
			}, func(s *apacheSite) []string {
				return append(s.keyFiles(encryptionKeyID, providerKey()), "OIDCIDTokenEncryptedResponseAlg "+test.alg, "OIDCIDTokenEncryptedResponseEnc "+test.enc,
					"OIDCUserInfoSignedResponseAlg RS256", "OIDCUserInfoEncryptedResponseAlg "+test.alg, "OIDCUserInfoEncryptedResponseEnc "+test.enc)
			})
			server := newBrowser(t, w.issuer)
			told := site.enter(w, server)
			checkTold(t, told, alice)
			checkApacheRefresh(t, w, site, told, alice)
			p := server.get(site.get(site.command("logout", site.address+"/out")).location.String())
			if p = p.press("logout", nil); p.status != http.StatusOK || p.location != nil || server.signedIn() || site.signedIn() {
				t.Errorf("signed out: status %d, to %v:\n%s", p.status, p.location, p.body)
			}
		})
	}
	w.checkSecrets()
}

// TestApacheRequestObject: the module sends what it asks for in a request object.
func TestApacheRequestObject(t *testing.T) {
	w := newWorld(t)
	w.clock.run()
	alice := w.user("alice")
	for _, alg := range []string{"RS256", "HS256", "none"} {
		t.Run(alg, func(t *testing.T) {
			w.mustAnnounce(t, requestObjects)
			site := w.newApache(t, func(_ *apacheSite, c *core.Client) {
				c.Metadata.RequestObjectAlg = alg
				if alg == "RS256" {
					c.Metadata.JWKS = clientKeys(t)
				}
			}, func(s *apacheSite) []string {
				// What the request object has is not outside, but for what must be there.
				settings := members{
					"copy_from_request":            []string{"client_id", "response_type", "scope"},
					"copy_and_remove_from_request": []string{"redirect_uri", "state", "nonce", "code_challenge", "code_challenge_method"},
					"crypto":                       members{"sign_alg": alg}, "request_object_type": "request",
				}
				lines := []string{`OIDCRequestObject "` + strings.ReplaceAll(marshalled(settings), `"`, `\"`) + `"`}
				if alg == "RS256" {
					lines = append(lines, s.keyFiles(clientKeyID, providerKey())...)
				}
				return lines
			})
			asked := site.get("/app/").location
			if asked == nil || !asked.Query().Has("request") || asked.Query().Has("redirect_uri") {
				t.Fatalf("it asks by %v", asked)
			}
			checkTold(t, site.enter(w, newBrowser(t, w.issuer)), alice)
		})
	}
	w.checkSecrets()
}

// TestApacheBackchannelLogout: who signs out at the server is signed out at the site,
// which the server tells.
func TestApacheBackchannelLogout(t *testing.T) {
	w, r := newServedWorld(t, nil)
	w.mustAnnounce(t, backchannel)
	alice := w.user("alice")
	var sites []*apacheSite
	server := newBrowser(t, w.issuer)
	for range 2 {
		site := w.newApache(t, func(s *apacheSite, c *core.Client) {
			c.Metadata.BackchannelLogoutURI, c.Metadata.BackchannelLogoutSession = s.command("logout", "backchannel"), true
		}, nil)
		checkTold(t, site.enter(w, server), alice)
		sites = append(sites, site)
	}
	elsewhere := &apacheSite{browser: newBrowser(t, sites[0].address)}
	elsewhere.header = sites[0].header
	checkTold(t, elsewhere.enter(w, newBrowser(t, w.issuer)), alice)

	server.signOut()
	for _, site := range sites {
		r.eventually("the site forgets alice", func() bool { return !site.signedIn() })
	}
	if !elsewhere.signedIn() {
		t.Error("a session in another browser ended too")
	}
	w.checkSecrets()
}

// TestApacheFrontchannelLogout: the page of the server that says good-bye loads those of
// the sites, whether somebody signs out at the server or at a site. The sites know by
// iss and sid who it is: browsers keep cookies from frames of others.
func TestApacheFrontchannelLogout(t *testing.T) {
	w := newWorld(t)
	w.mustAnnounce(t, frontchannel)
	alice := w.user("alice")
	var sites []*apacheSite
	for range 2 {
		sites = append(sites, w.newApache(t, func(s *apacheSite, c *core.Client) {
			c.Metadata.FrontchannelLogoutURI, c.Metadata.FrontchannelLogoutSession = s.command("logout", "get"), true
		}, nil))
	}
	for name, leave := range map[string]func(*browser) *page{
		"at the server": (*browser).signOut,
		"at a site": func(server *browser) *page {
			p := server.get(sites[0].get(sites[0].command("logout", sites[0].address+"/out")).location.String())
			if to := p.leaves(); to != sites[0].address+"/out" {
				t.Errorf("signed out: status %d, to %q:\n%s", p.status, to, p.body)
			}
			return p
		},
	} {
		t.Run(name, func(t *testing.T) {
			server := newBrowser(t, w.issuer)
			for _, site := range sites {
				checkTold(t, site.enter(w, server), alice)
			}
			checkFrames(t, leave(server), sites...)
			for i, site := range sites {
				if site.signedIn() {
					t.Errorf("site %d still knows alice", i)
				}
			}
		})
	}
	w.checkSecrets()
}

// checkFrames loads the frames of the page, without cookies; there must be one of each
// site.
func checkFrames(t *testing.T, p *page, sites ...*apacheSite) {
	t.Helper()
	for _, site := range sites {
		at := slices.IndexFunc(p.frames(), func(source string) bool { return strings.HasPrefix(source, site.address+"/") })
		if at < 0 {
			t.Fatalf("the page loads nothing of %s but %q:\n%s", site.address, p.frames(), p.body)
		}
		stranger := newBrowser(t, site.address)
		stranger.client.Transport = site.client.Transport
		if framed := stranger.get(p.frames()[at]); framed.status != http.StatusOK {
			t.Errorf("%s: status %d", framed.url, framed.status)
		}
	}
}

// frames gives the addresses of the frames of the page.
func (p *page) frames() []string {
	var sources []string
	walk(p.document(), func(n *html.Node) {
		if n.Data == "iframe" {
			sources = append(sources, p.resolve(attribute(n, "src")))
		}
	})
	return sources
}

// TestApacheRegisters: the module, which knows nothing but the issuer, makes itself known
// when somebody wants to sign in there.
func TestApacheRegisters(t *testing.T) {
	w, _ := newServedWorld(t, map[string]string{"POSTERN_REGISTRATION": "open"})
	w.mustAnnounce(t, registration)
	alice := w.user("alice")
	certificate, trusting := certified(t)
	site := newApacheSite(t, certificate)
	site.client.Transport = trusting
	known := folderOfApache(t) // what the module finds out and registers
	site.start(apacheConfig{Certificate: certificate, Issuer: w.issuer, Lines: []string{`OIDCMetadataDir "` + known + `"`, `OIDCClientName "A web site"`, "OIDCResponseMode form_post"}})
	server := newBrowser(t, w.issuer)
	for range 2 { // the second time it is known
		site.cookies = map[string]string{}
		chosen := site.get("/app/") // asks where, with a form that sends what it got
		p := site.get(site.command("iss", w.issuer, "target_link_uri", site.address+"/app/", "x_csrf", chosen.field("x_csrf")))
		if p.location == nil {
			t.Fatalf("it does not go to the server: status %d:\n%s", p.status, p.body)
		}
		checkTold(t, w.answerTo(site.browser, server, p.location.String()).told(), alice)
	}
	clients, err := w.app.Store.Clients(t.Context(), core.DefaultOrganisation)
	clients = slices.DeleteFunc(clients, func(c core.Client) bool { return c.ID == core.ClientCommand })
	if err != nil || len(clients) != 1 || clients[0].DisplayName != "A web site" {
		t.Fatalf("clients %+v, %v", clients, err)
	}
	m := clients[0].Metadata
	for _, uri := range []string{m.InitiateLoginURI, m.FrontchannelLogoutURI, m.BackchannelLogoutURI} {
		if !strings.HasPrefix(uri, site.address+apacheCallback) {
			t.Errorf("it registered %+v", m)
			break
		}
	}
	checkFrames(t, server.signOut(), site)
	if p := site.get("/app/"); p.field("x_csrf") == "" {
		t.Errorf("the site still knows alice: status %d\n%s", p.status, p.body)
	}
	w.checkSecrets()
}

// signOut signs out at the server itself, and gives the page that says so.
func (b *browser) signOut() *page {
	b.t.Helper()
	return b.get("/").press("logout", nil).press("logout", nil)
}

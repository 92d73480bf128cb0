package app_test

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/zitadel/oidc/v3/pkg/client/rp"
	httphelper "github.com/zitadel/oidc/v3/pkg/http"
	zitadel "github.com/zitadel/oidc/v3/pkg/oidc"
	"golang.org/x/oauth2"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// zitadelGoodbye is where the site's people come after they signed out.
const zitadelGoodbye = "/goodbye"

// zitadelSite is a web site that signs in with zitadel/oidc's handlers. edit may be nil.
func zitadelSite(t *testing.T, w *world, name string, edit func(*core.Client), options ...rp.Option) (address string, party rp.RelyingParty) {
	t.Helper()
	mux := http.NewServeMux()
	site := httptest.NewServer(mux)
	t.Cleanup(site.Close)
	registered := w.register("zitadel-"+name, func(c *core.Client) {
		offline(site.URL+"/callback", "RS256")(c)
		c.PostLogoutRedirectURIs = []string{site.URL + zitadelGoodbye}
		if edit != nil {
			edit(c)
		}
	})
	cookies := httphelper.NewCookieHandler([]byte("0123456789abcdef0123456789abcdef"), []byte("fedcba9876543210"), httphelper.WithUnsecure())
	options = append(options, rp.WithCookieHandler(cookies), rp.WithPKCE(cookies), rp.WithSigningAlgsFromDiscovery())
	party, err := rp.NewRelyingPartyOIDC(t.Context(), w.issuer, registered.client.ID, registered.secret, site.URL+"/callback",
		[]string{"openid", "profile", "email", "offline_access"}, options...)
	if err != nil {
		t.Fatal(err)
	}
	mux.Handle("/login", rp.AuthURLHandler(func() string { return "the-state" }, party))
	mux.Handle("/callback", rp.CodeExchangeHandler(rp.UserinfoCallback(
		func(out http.ResponseWriter, _ *http.Request, tokens *zitadel.Tokens[*zitadel.IDTokenClaims], _ string, _ rp.RelyingParty, info *zitadel.UserInfo) {
			w.hide(tokens.AccessToken, tokens.RefreshToken)
			_, _ = fmt.Fprintf(out, "%s %s %s %s", tokens.IDTokenClaims.Subject, info.Email, tokens.RefreshToken, tokens.IDToken)
		}), party))
	return site.URL, party
}

// checkZitadel signs in at the site, refreshes, asks for UserInfo and signs out.
func checkZitadel(t *testing.T, w *world, address string, party rp.RelyingParty, alice *core.User) {
	t.Helper()
	server := newBrowser(t, w.issuer)
	p := w.visit(newBrowser(t, address), server, "/login")
	told := strings.Fields(p.body)
	if p.status != http.StatusOK || len(told) != 4 || told[0] != string(alice.ID) || told[1] != alice.Email {
		t.Fatalf("status %d: %s", p.status, p.body)
	}
	refreshed, err := rp.RefreshTokens[*zitadel.IDTokenClaims](t.Context(), party, told[2], "", "")
	if err != nil {
		t.Fatal(err)
	}
	w.hide(refreshed.AccessToken, refreshed.RefreshToken)
	if refreshed.RefreshToken == "" || refreshed.RefreshToken == told[2] {
		t.Error("the refresh token did not rotate")
	}
	if _, err := rp.Userinfo[*zitadel.UserInfo](t.Context(), refreshed.AccessToken, "Bearer", string(alice.ID), party); err != nil {
		t.Error(err)
	}
	// The library asks to sign out without the browser, and is told where that has to go.
	leaving, err := rp.EndSession(t.Context(), party, told[3], address+zitadelGoodbye, "a state", "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if p := server.get(leaving.String()); p.location == nil || p.location.String() != address+zitadelGoodbye+"?state=a+state" {
		t.Errorf("sign-out at %s: status %d, to %v", leaving.Path, p.status, p.location)
	}
	if server.signedIn() {
		t.Error("alice is still signed in at the server")
	}
}

func TestZitadelRelyingParty(t *testing.T) {
	w := newWorld(t)
	alice := w.user("alice")
	for _, test := range []struct {
		alg   string
		style oauth2.AuthStyle
	}{{"RS256", oauth2.AuthStyleInHeader}, {"ES256", oauth2.AuthStyleInParams}, {"EdDSA", oauth2.AuthStyleInHeader}} {
		t.Run(test.alg, func(t *testing.T) {
			address, party := zitadelSite(t, w, test.alg, func(c *core.Client) { c.IDTokenAlg = test.alg }, rp.WithAuthStyle(test.style))
			checkZitadel(t, w, address, party, alice)
		})
	}
	w.checkSecrets()
}

// TestZitadelAssertion: the site proves itself by its private key.
func TestZitadelAssertion(t *testing.T) {
	w := newWorld(t)
	w.clock.run()
	w.mustAnnounce(t, clientAuthentication(core.AuthPrivateKeyJWT))
	alice := w.user("alice")
	key := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(providerKey())})
	address, party := zitadelSite(t, w, "assertion", func(c *core.Client) {
		c.AuthMethods, c.Metadata.JWKS = []string{core.AuthPrivateKeyJWT}, clientKeys(t)
	}, rp.WithAuthStyle(oauth2.AuthStyleInParams), rp.WithJWTProfile(rp.SignerFromKeyAndKeyID(key, clientKeyID)))
	checkZitadel(t, w, address, party, alice)
	w.checkSecrets()
}

// TestZitadelService: a program gets a token for itself.
func TestZitadelService(t *testing.T) {
	w := newWorld(t)
	registered := w.registerPreset("reporter", admin.PresetService, service)
	for _, style := range []oauth2.AuthStyle{oauth2.AuthStyleInHeader, oauth2.AuthStyleInParams} {
		party, err := rp.NewRelyingPartyOIDC(t.Context(), w.issuer, registered.client.ID, registered.secret, "", []string{"reports.read"}, rp.WithAuthStyle(style))
		if err != nil {
			t.Fatal(err)
		}
		token, err := rp.ClientCredentials(t.Context(), party, url.Values{})
		if err != nil {
			t.Fatal(err)
		}
		w.hide(token.AccessToken)
		if token.AccessToken == "" || token.TokenType != "Bearer" || token.Extra("scope") != "reports.read" {
			t.Errorf("type %q, scope %v", token.TokenType, token.Extra("scope"))
		}
	}
	w.checkSecrets()
}

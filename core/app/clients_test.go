package app_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/postern-id/postern/core"
)

// Relying parties that other people wrote, against a running server. Each checks
// what it checks, and says nothing where it does not.

// offline lets a client have refresh tokens without asking the person each time,
// and return to redirectURI.
func offline(redirectURI, alg string) func(*core.Client) {
	return func(c *core.Client) {
		c.RedirectURIs, c.IDTokenAlg, c.OfflineWithoutPrompt = []string{redirectURI}, alg, true
	}
}

// signIn walks a person, who may be signed in already, from an authorization
// request to the address where the relying party gets the answer.
func (w *world) signIn(b *browser, request string) *url.URL {
	b.t.Helper()
	p := b.get(request)
	if p.has("login") {
		p = p.signIn("alice", thePassword)
	}
	if p.location == nil {
		b.t.Fatalf("no answer: status %d at %s:\n%s", p.status, p.url, p.body)
	}
	w.hide(p.location.Query().Get("code"))
	return p.location
}

// visit walks from a page of a relying party to the server and back.
func (w *world) visit(site, server *browser, from string) *page {
	site.t.Helper()
	p := site.get(from)
	if p.location == nil {
		site.t.Fatalf("%s does not go to the server: status %d:\n%s", from, p.status, p.body)
	}
	return site.get(w.signIn(server, p.location.String()).String())
}

func TestGoOIDC(t *testing.T) {
	w := newWorld(t)
	alice := w.user("alice")
	styles := map[string]oauth2.AuthStyle{"basic": oauth2.AuthStyleInHeader, "post": oauth2.AuthStyleInParams, "none": oauth2.AuthStyleInParams}
	for _, test := range []struct{ preset, auth, alg string }{
		{"web", "basic", "RS256"}, {"web", "post", "RS256"}, {"web", "basic", "ES256"}, {"web", "basic", "EdDSA"}, {"web", "post", "PS256"},
		{"confluence", "basic", "RS256"}, {"spa", "none", "RS256"}, {"native", "none", "ES256"},
	} {
		name := strings.Join([]string{test.preset, test.auth, test.alg}, "-")
		t.Run(name, func(t *testing.T) {
			registered := w.registerPreset(name, test.preset, offline(theCallback, test.alg))
			checkGoOIDC(t, w, registered, styles[test.auth], alice)
		})
	}
	w.checkSecrets()
}

func checkGoOIDC(t *testing.T, w *world, registered *relyingParty, style oauth2.AuthStyle, alice *core.User) {
	ctx := t.Context()
	provider, err := oidc.NewProvider(ctx, w.issuer)
	if err != nil {
		t.Fatal(err)
	}
	settings := &oauth2.Config{
		ClientID: registered.client.ID, ClientSecret: registered.secret, Endpoint: provider.Endpoint(),
		RedirectURL: theCallback, Scopes: []string{"openid", "profile", "email", "offline_access"},
	}
	settings.Endpoint.AuthStyle = style
	verifier := oauth2.GenerateVerifier()
	back := w.signIn(newBrowser(t, w.issuer), settings.AuthCodeURL("a state", oidc.Nonce("a nonce"), oauth2.S256ChallengeOption(verifier)))
	if got := back.Query().Get("state"); got != "a state" {
		t.Errorf("state %q came back", got)
	}
	redeem := func() (*oauth2.Token, error) {
		return settings.Exchange(ctx, back.Query().Get("code"), oauth2.VerifierOption(verifier))
	}
	tokens, err := redeem()
	if err != nil {
		t.Fatal(err)
	}
	idToken := verifyIDToken(t, ctx, provider, settings.ClientID, tokens)
	if idToken.Subject != string(alice.ID) || idToken.Nonce != "a nonce" {
		t.Errorf("the ID token is about %q with nonce %q", idToken.Subject, idToken.Nonce)
	}
	checkUserInfo(t, ctx, provider, settings.TokenSource(ctx, tokens), alice)

	expired := *tokens
	expired.Expiry = time.Now().Add(-time.Minute)
	refreshed, err := settings.TokenSource(ctx, &expired).Token()
	if err != nil {
		t.Fatal(err)
	}
	w.hide(tokens.AccessToken, tokens.RefreshToken, refreshed.AccessToken, refreshed.RefreshToken)
	if refreshed.AccessToken == tokens.AccessToken || refreshed.RefreshToken == "" || refreshed.RefreshToken == tokens.RefreshToken {
		t.Error("the tokens did not rotate")
	}
	checkUserInfo(t, ctx, provider, settings.TokenSource(ctx, refreshed), alice)

	_, err = redeem()
	if refused, ok := errors.AsType[*oauth2.RetrieveError](err); !ok || refused.ErrorCode != "invalid_grant" {
		t.Errorf("the code a second time: %v", err)
	}
}

func verifyIDToken(t *testing.T, ctx context.Context, provider *oidc.Provider, clientID string, tokens *oauth2.Token) *oidc.IDToken {
	t.Helper()
	raw, ok := tokens.Extra("id_token").(string)
	if !ok {
		t.Fatal("no id_token")
	}
	idToken, err := provider.Verifier(&oidc.Config{ClientID: clientID}).Verify(ctx, raw)
	if err != nil {
		t.Fatal(err)
	}
	if err := idToken.VerifyAccessToken(tokens.AccessToken); err != nil {
		t.Error(err)
	}
	return idToken
}

func checkUserInfo(t *testing.T, ctx context.Context, provider *oidc.Provider, source oauth2.TokenSource, alice *core.User) {
	t.Helper()
	info, err := provider.UserInfo(ctx, source)
	if err != nil {
		t.Fatal(err)
	}
	if info.Subject != string(alice.ID) || info.Email != alice.Email || !info.EmailVerified {
		t.Errorf("UserInfo tells %+v", info)
	}
}

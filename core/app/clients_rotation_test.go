package app_test

import (
	"context"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"
	"github.com/zitadel/oidc/v3/pkg/client/rp"
	"golang.org/x/oauth2"
)

// rotate has another key for the algorithm sign at once, before clients have seen it. The
// old one stays published, as long as what it signed may be shown to somebody.
func (w *world) rotate(alg string) {
	w.t.Helper()
	if _, err := w.app.Admin.RotateKeys(context.Background(), cli, []string{alg}, true); err != nil {
		w.t.Fatal(err)
	}
}

// TestRotationGoOIDC: a client that has the keys cached verifies what new ones sign,
// and what the old ones signed before.
func TestRotationGoOIDC(t *testing.T) {
	w := newWorld(t)
	w.user("alice")
	for _, alg := range []string{"RS256", "ES256", "EdDSA", "PS256"} {
		registered := w.register("go-oidc-"+alg, offline(theCallback, alg))
		provider, err := oidc.NewProvider(t.Context(), w.issuer)
		if err != nil {
			t.Fatal(err)
		}
		verifier := provider.Verifier(&oidc.Config{ClientID: registered.client.ID})
		var tokens []string
		kids := map[string]bool{}
		for range 3 {
			tokens = append(tokens, registered.redeem(registered.code(newBrowser(t, w.issuer), "alice")).text("id_token"))
			for _, token := range tokens {
				if _, err := verifier.Verify(t.Context(), token); err != nil {
					t.Errorf("%s, token %d of %d: %v", alg, len(kids), len(tokens), err)
				}
				kids[kidOf(t, token)] = true
			}
			w.rotate(alg)
		}
		if len(kids) != 3 {
			t.Errorf("%s: signed with %v", alg, kids)
		}
	}
	w.checkSecrets()
}

// TestRotationZitadel: the site goes on while keys rotate.
func TestRotationZitadel(t *testing.T) {
	w := newWorld(t)
	alice := w.user("alice")
	address, party := zitadelSite(t, w, "rotation", nil, rp.WithAuthStyle(oauth2.AuthStyleInHeader))
	for range 3 {
		checkZitadel(t, w, address, party, alice)
		w.rotate("RS256")
	}
	w.checkSecrets()
}

// TestRotationApache: who is signed in at the site stays so, and who signs out after
// the rotation shows the server an ID token of before.
func TestRotationApache(t *testing.T) {
	w := newWorld(t)
	alice := w.user("alice")
	site := w.newApache(t, nil, nil)
	server := newBrowser(t, w.issuer)
	for range 2 {
		told := site.enter(w, server)
		checkTold(t, told, alice)
		w.rotate("RS256")
		checkTold(t, site.enter(w, server), alice)
		checkApacheRefresh(t, w, site, told, alice)
		checkApacheLogout(t, site, server)
	}
	w.checkSecrets()
}

package app_test

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/coreos/go-oidc/v3/oidc"

	"github.com/postern-id/postern/core"
)

// toldLogout is what a client that verifies by coreos/go-oidc makes of what it is sent.
type toldLogout struct {
	token  *oidc.LogoutToken
	header []byte
	err    error
}

// TestGoOIDCBackchannelLogout: a client verifies that a session has ended, once for
// each session. What it is told could not be an answer to a request of its own: go-oidc
// leaves the nonce to its caller, and looks at no typ.
func TestGoOIDCBackchannelLogout(t *testing.T) {
	w, r := newServedWorld(t, nil)
	w.mustAnnounce(t, backchannel)
	alice := w.user("alice")
	told := make(chan toldLogout, 10)
	var verifier *oidc.IDTokenVerifier
	site := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		raw := r.PostFormValue("logout_token")
		w.hide(raw)
		token, err := verifier.VerifyLogout(r.Context(), raw)
		header, _, _ := strings.Cut(raw, ".")
		decoded, _ := base64.RawURLEncoding.DecodeString(header) // VerifyLogout says what is wrong
		told <- toldLogout{token, decoded, err}
		rw.Header().Set("Cache-Control", "no-store")
	}))
	t.Cleanup(site.Close)
	registered := w.register("go-oidc", func(c *core.Client) {
		c.Metadata.BackchannelLogoutURI, c.Metadata.BackchannelLogoutSession = site.URL+"/logout", true
	})
	provider, err := oidc.NewProvider(t.Context(), w.issuer)
	if err != nil {
		t.Fatal(err)
	}
	verifier = provider.Verifier(&oidc.Config{ClientID: registered.client.ID})

	jtis := map[string]bool{}
	for range 2 {
		b := newBrowser(t, w.issuer)
		set := registered.redeem(registered.code(b, "alice"))
		b.signOut()
		var got toldLogout
		r.eventually("the client is told", func() bool {
			select {
			case got = <-told:
				return true
			default:
				return false
			}
		})
		if got.err != nil {
			t.Fatal(got.err)
		}
		claims := map[string]any{}
		if err := got.token.Claims(&claims); err != nil || claims["nonce"] != nil || !strings.Contains(string(got.header), `"logout+jwt"`) {
			t.Errorf("header %s, claims %v, %v", got.header, claims, err)
		}
		if sid := idTokenClaims(t, set.text("id_token"))["sid"]; got.token.SessionID != sid || got.token.Subject != string(alice.ID) {
			t.Errorf("told of session %q of %q, want %v of %s", got.token.SessionID, got.token.Subject, sid, alice.ID)
		}
		jtis[got.token.TokenID] = true
	}
	if len(jtis) != 2 {
		t.Errorf("jti are %v", jtis)
	}
	w.checkSecrets()
}

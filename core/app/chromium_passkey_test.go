package app_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"

	"github.com/postern-id/postern/core"
)

// lock is a browser with an authenticator built in, which is touched when the test says so.
type lock struct {
	*tab
	id webauthn.AuthenticatorID
}

// call sends a command to the browser.
func call[P, R any](b *tab, command cdp.Command[P, R], params P) (answer R) {
	b.t.Helper()
	b.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) (err error) {
		answer, err = cdp.Call(ctx, target, command, params)
		return err
	}))
	return answer
}

func newLock(t *testing.T) *lock {
	t.Helper()
	b := newTab(t)
	call(b, webauthn.Enable, webauthn.EnableParams{})
	added := call(b, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal, HasResidentKey: true,
		HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
	}})
	return &lock{b, added.AuthenticatorID}
}

// touched says whether somebody touches the authenticator whenever it asks. The sign-in
// page asks as soon as it is there.
func (b *lock) touched(always bool) {
	b.t.Helper()
	call(b.tab, webauthn.SetAutomaticPresenceSimulation, webauthn.SetAutomaticPresenceSimulationParams{AuthenticatorID: b.id, Enabled: always})
}

// leaves forgets who was signed in. What comes next is later.
func (b *lock) leaves(w *world) {
	b.t.Helper()
	w.clock.advance(time.Minute)
	call(b.tab, network.ClearBrowserCookies, cdp.Empty{})
}

// byPassword proves the first factor, and waits for the page of the second.
func (b *lock) byPassword(w *world, name string) {
	b.t.Helper()
	b.touched(false)
	b.do(chromedp.Navigate(w.issuer + "/login"))
	b.signIn(name)
	b.do(chromedp.WaitReady(chromedp.CSS(`form[action="/factor"]`)))
	b.touched(true)
}

// lastSignIn is how the user signed in last.
func (w *world) lastSignIn(user core.ID) string {
	w.t.Helper()
	events := w.events(core.EventFilter{Type: core.EventSignedIn, UserID: user, Limit: 1})
	if len(events) == 0 {
		return ""
	}
	return events[0].Detail["method"]
}

// A real browser makes a passkey, signs in with it from the name field, by the button,
// and as a second factor; a copy of the key that counts for itself is refused.
func TestChromiumPasskey(t *testing.T) {
	b := newLock(t)
	w := newNamedWorld(t)
	alice := w.user("alice")
	b.do(chromedp.Navigate(w.issuer + "/login"))
	b.signIn("alice")
	b.reads("logout")
	b.do(chromedp.Navigate(w.issuer+"/account/security/passkey"), chromedp.Click(chromedp.CSS("#passkey")))
	if codes := strings.Fields(b.reads("codes")); len(codes) != 10 {
		t.Errorf("recovery codes %q", codes)
	} else {
		w.hide(codes...)
	}
	if have := w.authenticators(alice.ID); len(have) != 1 || have[0].Kind != core.AuthenticatorPasskey || !strings.Contains(have[0].Name, "Chrom") {
		t.Fatalf("alice has %+v", have)
	}

	b.leaves(w)
	b.do(chromedp.Navigate(w.issuer + "/login"))
	b.reads("logout")
	if got := w.lastSignIn(alice.ID); got != core.MethodPasskey {
		t.Errorf("from the name field: signed in by %q", got)
	}

	b.leaves(w)
	b.byPassword(w, "alice")
	b.do(chromedp.Click(chromedp.CSS("#passkey")))
	b.reads("logout")
	if got := w.lastSignIn(alice.ID); got != "password+passkey" {
		t.Errorf("besides a password: signed in by %q", got)
	}
	used := w.authenticators(alice.ID)[0].Counter

	b.leaves(w)
	copied := call(b.tab, webauthn.GetCredentials, webauthn.GetCredentialsParams{AuthenticatorID: b.id}).Credentials[0]
	call(b.tab, webauthn.RemoveCredential, webauthn.RemoveCredentialParams{AuthenticatorID: b.id, CredentialID: copied.CredentialID})
	// The type of the package has members that this authenticator does not take.
	call(b.tab, cdp.Command[map[string]any, cdp.Empty]{Method: webauthn.CommandAddCredential}, map[string]any{
		"authenticatorId": b.id, "credential": map[string]any{
			"credentialId": copied.CredentialID, "isResidentCredential": true, "rpId": copied.RpID, "privateKey": copied.PrivateKey,
			"userHandle": copied.UserHandle, "signCount": 0,
		},
	})
	b.byPassword(w, "alice")
	w.recorded(core.EventSignInFailed, "counter_regression", func() {
		b.do(chromedp.Click(chromedp.CSS("#passkey")))
		b.reads("problem")
	})
	if now := w.authenticators(alice.ID)[0].Counter; now != used || used < 2 {
		t.Errorf("the counter was %d, and is %d", used, now)
	}
	w.checkSecrets()
}

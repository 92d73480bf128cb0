package walk

import (
	"context"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

// Authenticator is one that the browser keeps passkeys in (WebAuthn), and that knows the
// fingerprint of whoever touches it.
type Authenticator struct {
	tab *Tab
	id  webauthn.AuthenticatorID
}

// Authenticator puts one into the browser. Nobody touches it yet.
func (b *Tab) Authenticator() *Authenticator {
	b.t.Helper()
	call(b, webauthn.Enable, webauthn.EnableParams{})
	added := call(b, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
		HasResidentKey: true, HasUserVerification: true, IsUserVerified: true,
	}})
	a := &Authenticator{b, added.AuthenticatorID}
	a.touched(false)
	return a
}

// While has somebody touch it whenever it asks, until what is done. A sign-in page asks as
// soon as it is there: who opens one then has chosen a passkey in the field for the name.
func (a *Authenticator) While(what func()) {
	a.tab.t.Helper()
	a.touched(true)
	what()
	a.touched(false)
}

func (a *Authenticator) touched(always bool) {
	a.tab.t.Helper()
	call(a.tab, webauthn.SetAutomaticPresenceSimulation, webauthn.SetAutomaticPresenceSimulationParams{AuthenticatorID: a.id, Enabled: always})
}

// Passkeys are the names of the accounts that it has passkeys for.
func (a *Authenticator) Passkeys() (names []string) {
	a.tab.t.Helper()
	for _, one := range call(a.tab, webauthn.GetCredentials, webauthn.GetCredentialsParams{AuthenticatorID: a.id}).Credentials {
		names = append(names, one.UserName)
	}
	return names
}

// call sends a command to the browser.
func call[P, R any](b *Tab, command cdp.Command[P, R], params P) (answer R) {
	b.t.Helper()
	b.do(string(command.Method), chromedp.Func(func(ctx context.Context, target *chromedp.Target) (err error) {
		answer, err = cdp.Call(ctx, target, command, params)
		return err
	}))
	return answer
}

package flow_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"net/url"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/flow"
	"github.com/postern-id/postern/sdk/hook"
)

// app is an app that shows codes (RFC 6238).
type app struct {
	w    *world
	seed []byte
}

// appOf reads what the app of a person is told.
func (w *world) appOf(uri string) *app {
	w.t.Helper()
	u, err := url.Parse(uri)
	if err != nil {
		w.t.Fatal(err)
	}
	seed, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(u.Query().Get("secret"))
	if err != nil {
		w.t.Fatal(err)
	}
	return &app{w, seed}
}

// code is what the app shows now.
func (a *app) code() string {
	mac := hmac.New(sha1.New, a.seed)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(a.w.now.Unix()/30)))
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 15
	return fmt.Sprintf("%06d", (binary.BigEndian.Uint32(sum[at:])&0x7fffffff)%1_000_000)
}

// wrong is a code that it does not show, and did not lately.
func (a *app) wrong() string {
	now := *a.w
	shown := map[string]bool{}
	for step := -2; step <= 2; step++ {
		now.now = a.w.now.Add(time.Duration(step) * 30 * time.Second)
		shown[(&app{&now, a.seed}).code()] = true
	}
	for n := 0; ; n++ {
		if code := fmt.Sprintf("%06d", n); !shown[code] {
			return code
		}
	}
}

// enrolApp gives the person an app, a minute ago.
func (w *world) enrolApp(name string) *app {
	w.t.Helper()
	user := w.user(name)
	sealed, uri := w.Factors.NewTOTP(user)
	made := w.appOf(uri)
	changes, err := w.Factors.AddTOTP(w.t.Context(), user, sealed, made.code(), "phone", core.Event{Correlation: "set-up"})
	if err != nil {
		w.t.Fatal(err)
	}
	w.apply(changes...)
	w.now = w.now.Add(time.Minute)
	return made
}

// enrolCodes gives the person recovery codes.
func (w *world) enrolCodes(name string) []string {
	w.t.Helper()
	codes, change := w.Factors.NewRecoveryCodes(w.user(name))
	w.apply(change)
	return codes
}

// enrolPasskey gives the person a passkey in this browser.
func (b *browser) enrolPasskey(name string) {
	b.t.Helper()
	user := b.world.user(name)
	challenge := []byte("a challenge of thirty-two bytes " + b.newID())
	options, err := b.Factors.PasskeyCreation(b.t.Context(), challenge, user)
	if err != nil {
		b.t.Fatal(err)
	}
	made, err := b.keys.Create(options)
	if err != nil {
		b.t.Fatal(err)
	}
	changes, _, err := b.Factors.AddPasskey(b.t.Context(), user, challenge, b.now.Add(time.Minute), made, "", core.Event{Correlation: "set-up"})
	if err != nil {
		b.t.Fatal(err)
	}
	b.apply(changes...)
}

// asserted is what the browser answers to a ceremony.
func (b *browser) asserted(c *flow.Ceremony) string {
	b.t.Helper()
	if c == nil {
		b.t.Fatalf("no passkey is asked for: %+v", b.last.Page)
	}
	response, err := b.keys.Get(c.Options)
	if err != nil {
		b.t.Fatal(err)
	}
	return string(response)
}

func (b *browser) factor(form flow.FactorForm) *browser {
	b.t.Helper()
	return b.got(b.Factor(b.t.Context(), b.step(), form, b.from()))
}

// types sends the code that the app shows.
func (b *browser) types(a *app) *browser {
	b.t.Helper()
	return b.factor(flow.FactorForm{Method: core.MethodTOTP, Code: a.code()})
}

// taps uses the passkey of the browser as second factor.
func (b *browser) taps() *browser {
	b.t.Helper()
	ceremony := page[*flow.FactorPage](b).Passkey
	return b.factor(flow.FactorForm{Method: core.MethodPasskey, Ceremony: ceremony.Signed, Response: b.asserted(ceremony)})
}

// tapsFirst uses it on the login page.
func (b *browser) tapsFirst() *browser {
	b.t.Helper()
	ceremony := page[*flow.LoginPage](b).Passkey
	return b.got(b.LoginWithPasskey(b.t.Context(), b.step(), ceremony.Signed, b.asserted(ceremony), b.from()))
}

func (b *browser) enrol(form flow.EnrolForm) *browser {
	b.t.Helper()
	return b.got(b.Dispatcher.Enrol(b.t.Context(), b.step(), form, b.from()))
}

// rules changes those of the built-in organisation.
func (w *world) rules(edit func(*core.OrgRules)) {
	w.t.Helper()
	org, err := w.store.Organisation(w.t.Context(), core.DefaultOrganisation)
	if err != nil {
		w.t.Fatal(err)
	}
	changed := *org
	edit(&changed.Rules)
	w.apply(core.UpdateOrganisation{Organisation: changed})
}

// signInAs reads the session of the browser.
func (b *browser) signedIn() *core.Session {
	b.t.Helper()
	in, _ := b.here()
	if in == nil {
		b.t.Fatal("nobody is signed in")
	}
	return &in.Session
}

// mailed gives the words of the mail that was queued last.
func (w *world) mailed() map[string]string {
	w.t.Helper()
	mails, err := w.store.Mails(w.t.Context(), 1)
	if err != nil || len(mails) == 0 {
		w.t.Fatalf("no mail: %v", err)
	}
	plain, err := testVault().Unseal(mails[0].Sealed, core.MailPurpose(mails[0].ID))
	if err != nil {
		w.t.Fatal(err)
	}
	var words map[string]string
	if err := json.Unmarshal(plain, &words); err != nil {
		w.t.Fatal(err)
	}
	return words
}

func (w *world) mailsQueued() int {
	w.t.Helper()
	mails, err := w.store.Mails(w.t.Context(), 100)
	if err != nil {
		w.t.Fatal(err)
	}
	return len(mails)
}

func policyACR(acr string) hook.ScopeOutput { return hook.ScopeOutput{ACR: acr} }

// hasNoFactors lets nobody of the built-in organisation have a second factor here.
func (w *world) hasNoFactors() {
	w.rules(func(r *core.OrgRules) { r.SignIn.Methods = []string{core.MethodPassword, core.MethodUpstream} })
}

package web

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

// desk is a server that shows one page at a time, and keeps what its form sends.
type desk struct {
	*tab
	url   string
	key   webauthn.AuthenticatorID
	page  chan Page
	forms chan url.Values
}

// newDesk has a browser with an authenticator that says yes, and knows who it is.
func newDesk(t *testing.T) *desk {
	t.Helper()
	d := &desk{tab: newTab(t), page: make(chan Page, 1), forms: make(chan url.Values, 1)}
	pages := newPages(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasPrefix(r.URL.Path, AssetsPrefix):
			pages.Assets().ServeHTTP(w, r)
		case r.Method == http.MethodPost:
			_ = r.ParseForm()
			d.forms <- r.PostForm
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = io.WriteString(w, `<!doctype html><title>Taken</title><link rel="icon" href="data:,"><p id="taken">Taken.</p>`)
		default:
			w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; form-action 'self'; base-uri 'none'")
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			_, _ = io.WriteString(w, render(t, pages, <-d.page))
		}
	}))
	t.Cleanup(server.Close)
	d.url = strings.Replace(server.URL, "127.0.0.1", "localhost", 1) // a relying party has a name
	d.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		if _, err := cdp.Call(ctx, target, webauthn.Enable, webauthn.EnableParams{}); err != nil {
			return err
		}
		added, err := cdp.Call(ctx, target, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
			Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal, HasResidentKey: true,
			HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true,
		}})
		d.key = added.AuthenticatorID
		return err
	}))
	return d
}

// show opens a page, and runs a script before anybody touches it.
func (d *desk) show(page Page) {
	d.t.Helper()
	d.page <- page
	d.do(chromedp.Navigate(d.url + "/"))
}

// sent is the next form. The browser has come to the page behind it: else the next page
// would get into its way.
func (d *desk) sent() url.Values {
	d.t.Helper()
	select {
	case form := <-d.forms:
		d.do(chromedp.WaitVisible(chromedp.CSS("#taken")))
		return form
	case <-time.After(30 * time.Second):
		d.t.Fatal("no form was sent")
		return nil
	}
}

// says gives what is said about a passkey, once it is.
func (d *desk) says() string {
	d.t.Helper()
	d.do(chromedp.WaitVisible(chromedp.CSS("#passkey-problem")))
	return answer[string](d.tab, `document.querySelector("#passkey-problem p").textContent`)
}

// passkeys are those of the authenticator.
func (d *desk) passkeys() []*webauthn.Credential {
	d.t.Helper()
	var list []*webauthn.Credential
	d.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		found, err := cdp.Call(ctx, target, webauthn.GetCredentials, webauthn.GetCredentialsParams{AuthenticatorID: d.key})
		list = found.Credentials
		return err
	}))
	return list
}

// credential is what a browser answers (WebAuthn Level 3 section 5.1, RegistrationResponseJSON
// and AuthenticationResponseJSON).
type credential struct {
	ID       string `json:"id"`
	Type     string `json:"type"`
	Response struct {
		AttestationObject string `json:"attestationObject"`
		Signature         string `json:"signature"`
		UserHandle        string `json:"userHandle"`
	} `json:"response"`
}

// brought reads the response of a form that a passkey sent, with all that the form has.
func brought(t *testing.T, form url.Values) credential {
	t.Helper()
	if form.Get("action") != "passkey" || form.Get("ceremony") != "signed-ceremony" {
		t.Errorf("the form is %v", form)
	}
	var found credential
	if err := json.Unmarshal([]byte(form.Get("response")), &found); err != nil {
		t.Fatalf("response %q: %v", form.Get("response"), err)
	}
	if found.ID == "" || found.Type != "public-key" {
		t.Errorf("response %s", form.Get("response"))
	}
	return found
}

const (
	getOptions    = `{"challenge":"q8J1aGVsbG8taGVsbG8","rpId":"localhost","userVerification":"required"}`
	createOptions = `{"challenge":"q8J1aGVsbG8taGVsbG8","rp":{"id":"localhost","name":"Northwind"},"user":{"id":"AQID","name":"ada","displayName":"Ada"},` +
		`"pubKeyCredParams":[{"type":"public-key","alg":-7}],"authenticatorSelection":{"residentKey":"required","userVerification":"required"}EXCLUDE}`
)

func creation(exclude string) *Ceremony {
	if exclude != "" {
		exclude = `,"excludeCredentials":[{"type":"public-key","id":"` + exclude + `"}]`
	}
	return &Ceremony{Options: strings.Replace(createOptions, "EXCLUDE", exclude, 1), Signed: "signed-ceremony"}
}

// The script makes a passkey with the names that were typed, signs in with it from the name
// field and by the button, and tells the browser what became of it.
func TestPasskeys(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.show(RegisterConfirm{Chosen{Action: "/done", Ticket: "ticket", Password: true, Passkey: creation("")}})
	d.do(chromedp.Click(chromedp.CSS("#passkey"))) // there is no name yet: the browser asks for it
	d.do(chromedp.SendKeys(chromedp.CSS("#username"), "grace"), chromedp.SendKeys(chromedp.CSS("#name"), "Grace Hopper"), chromedp.Click(chromedp.CSS("#passkey")))
	form := d.sent()
	made := brought(t, form)
	if made.Response.AttestationObject == "" || form.Get("username") != "grace" || form.Get("ticket") != "ticket" {
		t.Errorf("made %+v by %v", made, form)
	}
	if keys := d.passkeys(); len(keys) != 1 || keys[0].UserName != "grace" || keys[0].UserDisplayName != "Grace Hopper" {
		t.Errorf("the authenticator has %+v", keys)
	}

	d.show(Login{Action: "/done", Step: "signed-step", Passkey: &Ceremony{Options: getOptions, Signed: "signed-ceremony"}})
	form = d.sent() // the authenticator agrees to what the name field offers
	if used := brought(t, form); used.ID != made.ID || used.Response.UserHandle != "AQID" || form.Get("step") != "signed-step" {
		t.Errorf("signed in by %+v with %v", used, form)
	}
	d.show(Factor{Action: "/done", Step: "signed-step", TOTP: true, TrustDays: 30, Passkey: &Ceremony{Options: getOptions, Signed: "signed-ceremony"}})
	d.do(chromedp.Click(chromedp.CSS("#trust")), chromedp.Click(chromedp.CSS("#passkey")))
	form = d.sent()
	if used := brought(t, form); used.Response.Signature == "" || form.Get("trust") != "yes" {
		t.Errorf("confirmed by %+v with %v", used, form)
	}

	d.show(EnrolPasskey{Action: "/done", Name: "Laptop", Passkey: *creation(made.ID)})
	d.do(chromedp.Click(chromedp.CSS("#passkey")))
	if got := d.says(); got != "This device or security key has a passkey for this account already." {
		t.Errorf("a second one on the same device: %q", got)
	}

	d.show(Security{Signal: &Signal{RPID: "localhost", UserID: "AQID", Credentials: []string{made.ID}, Name: "grace", DisplayName: "Rear Admiral Hopper"}})
	d.until("is called as its owner is", func() bool { return d.passkeys()[0].UserDisplayName == "Rear Admiral Hopper" })
	d.show(Security{Signal: &Signal{RPID: "localhost", UserID: "AQID", Name: "grace", DisplayName: "Grace Hopper"}})
	d.until("is forgotten", func() bool { return len(d.passkeys()) == 0 })
}

// until waits for what a browser does in its own time.
func (d *desk) until(what string, is func() bool) {
	d.t.Helper()
	for range 100 {
		if is() {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	d.t.Errorf("the passkey never %s: %+v", what, d.passkeys())
}

// What goes wrong is said in the page's words, and the page stays of use.
func TestPasskeyProblems(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, webauthn.SetUserVerified, webauthn.SetUserVerifiedParams{AuthenticatorID: d.key})
		return err
	}))
	for _, c := range []struct{ before, want string }{
		{`true`, "Nothing happened: it was cancelled, or took too long. Try again, or choose another way."},
		{`document.querySelector("#passkey").dataset.options = "{"; true`, "That did not work. Try again, or choose another way."},
		{`delete window.PublicKeyCredential; true`, "This browser cannot use passkeys here. Choose another way, or another browser."},
	} {
		d.show(EnrolPasskey{Action: "/done", Name: "Laptop", Passkey: *creation("")})
		answer[bool](d.tab, c.before)
		d.do(chromedp.Click(chromedp.CSS("#passkey")))
		if got := d.says(); got != c.want {
			t.Errorf("%s: %q, want %q", c.before, got, c.want)
		}
	}
}

// Browsers that read and write no JSON for passkeys are helped.
func TestPasskeysOfOldBrowsers(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	const old = `for (const name of ["parseCreationOptionsFromJSON", "parseRequestOptionsFromJSON"]) delete PublicKeyCredential[name]; delete PublicKeyCredential.prototype.toJSON; true`
	d.show(EnrolPasskey{Action: "/done", Name: "Laptop", Passkey: *creation("AQIDBAUGBwg")})
	answer[bool](d.tab, old)
	d.do(chromedp.Click(chromedp.CSS("#passkey")))
	made := brought(t, d.sent())
	d.show(Enrol{Action: "/done"}) // nothing but a page to leave the other one by
	d.show(Login{Action: "/done", OffersOnly: true, Passkey: &Ceremony{Options: strings.Replace(getOptions, "}", `,"allowCredentials":[{"type":"public-key","id":"`+made.ID+`"}]}`, 1), Signed: "signed-ceremony"}})
	answer[bool](d.tab, old)
	d.do(chromedp.Click(chromedp.CSS("#passkey")))
	if used := brought(t, d.sent()); used.ID != made.ID || used.Response.UserHandle != "AQID" || made.Response.AttestationObject == "" {
		t.Errorf("made %+v, used %+v", made, used)
	}
}

// The codes are copied and saved as they stand on the page.
func TestRecoveryCodesAreKept(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.show(RecoveryCodes{Action: "/done", Codes: sampleCodes(), Login: "ada", Site: "login.example.com", MadeAt: theMoment})
	answer[bool](d.tab, `window.kept = {}; navigator.clipboard.writeText = async (text) => { kept.copied = text };
		URL.createObjectURL = (blob) => { blob.text().then((text) => { kept.saved = text }); return "blob:none" };
		HTMLAnchorElement.prototype.click = function () { kept.name = this.download }; window.print = () => { kept.printed = true }; true`)
	d.do(chromedp.Click(chromedp.CSS("#copy")), chromedp.Click(chromedp.CSS("#download")), chromedp.Click(chromedp.CSS("#print")))
	d.until("was kept", func() bool {
		return answer[bool](d.tab, `!!(kept.copied && kept.saved && kept.printed && document.getElementById("copied").textContent)`)
	})
	codes := strings.Join(sampleCodes(), "\n") + "\n"
	if got := answer[string](d.tab, "kept.copied"); got != codes {
		t.Errorf("copied %q", got)
	}
	if got := answer[string](d.tab, "kept.saved"); got != "Recovery codes login.example.com\nlogin.example.com ada 23 November 2026\n\n"+codes {
		t.Errorf("saved %q", got)
	}
	if got := answer[string](d.tab, "kept.name"); got != "Recovery codes login.example.com.txt" {
		t.Errorf("saved as %q", got)
	}
}

package flow_test

import (
	"crypto/rand"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/authn"
	"github.com/postern-id/postern/core/flow"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/sdk/hook"
)

const userCode = "WDJBMJHT"

// newDeviceWorld has a program that waits, with the user code WDJB-MJHT.
func newDeviceWorld(t *testing.T, edit func(*core.Client)) *world {
	t.Helper()
	w := newWorld(t)
	w.addClient("tv", func(c *core.Client) {
		c.AuthMethods, c.RequirePKCE, c.SecretHash = []string{core.AuthNone}, true, core.Hash{}
		c.RedirectURIs, c.PostLogoutRedirectURIs, c.ResponseTypes = nil, nil, nil
		c.GrantTypes = []string{core.GrantDevice, core.GrantRefreshToken}
		c.Scopes = append(c.Scopes, core.ScopeAdministration)
		c.SkipConsent = true // which is no way around the page
		if edit != nil {
			edit(c)
		}
	})
	w.DeviceCodes = &authn.DeviceCodes{Store: w.store, Now: w.Now, Rand: rand.Reader}
	w.begins(userCode, "openid", "profile", "offline_access")
	w.events()
	return w
}

// begins adds a device authorization, and gives its identifier.
func (w *world) begins(code string, scopes ...string) core.ID {
	w.t.Helper()
	id := w.newID()
	w.apply(core.AddDeviceGrant{Grant: core.DeviceGrant{
		ID: id, Hash: core.HashSecret(string(id)), UserCode: core.HashSecret(code), ClientID: "tv", Scopes: scopes, State: core.DevicePending,
		IP: "192.0.2.1", UserAgent: "tv/1", Interval: 5 * time.Second, CreatedAt: w.now, ExpiresAt: w.now.Add(10 * time.Minute),
	}})
	return id
}

// waiting gives the device authorization.
func (w *world) waiting(code string) *core.DeviceGrant {
	w.t.Helper()
	g, err := w.store.DeviceGrantByCode(w.t.Context(), core.HashSecret(code))
	if err != nil {
		w.t.Fatal(err)
	}
	return g
}

func (b *browser) opens(typed string) *browser {
	b.t.Helper()
	return b.got(b.Device(b.t.Context(), "", typed, b.from()))
}

func (b *browser) enters(code string) *browser {
	b.t.Helper()
	return b.got(b.EnterDeviceCode(b.t.Context(), b.step(), code, b.from()))
}

func (b *browser) decide(allow bool) *browser {
	b.t.Helper()
	return b.got(b.DecideDevice(b.t.Context(), b.step(), allow, b.from()))
}

// follow loads the page at the device's address that the browser was sent to.
func (b *browser) follow() *browser {
	b.t.Helper()
	if path, _, _ := strings.Cut(b.last.Redirect, "?"); path != flow.PathDevice {
		b.t.Fatalf("sent to %q (%+v)", b.last.Redirect, b.last)
	}
	return b.got(b.Device(b.t.Context(), b.step(), "", b.from()))
}

// connects types the code of whoever is signed in, up to the page that asks.
func (b *browser) connects(name string) *browser {
	b.t.Helper()
	return b.itself(name).opens("").enters(userCode).follow()
}

func TestDevice(t *testing.T) {
	w := newDeviceWorld(t, nil)
	b := w.browser()
	// Whoever is not signed in signs in first, and the code of the address is not lost.
	b.opens("wdjb mjht").at(flow.PathLogin).signIn("ann")
	if b.last.Redirect != "/login/oauth/device?user_code=WDJB-MJHT" {
		t.Fatalf("sent to %q", b.last.Redirect)
	}
	b.opens("WDJB-MJHT")
	if p := page[*flow.DeviceCodePage](b); p.Code != "WDJB-MJHT" || p.Problem != "" || p.User.Name != "ann" {
		t.Errorf("%+v", p)
	}
	w.events()
	w.commits.Store(0)
	b.enters("wdjb mjht").follow()
	p := page[*flow.DevicePage](b)
	if p.Client.ID != "tv" || p.User.Name != "ann" || !slices.Equal(p.Scopes, []string{"openid", "profile", "offline_access"}) || p.Code != "WDJB-MJHT" ||
		p.IP != "192.0.2.1" || !p.Same || !p.AskedAt.Equal(w.now) {
		t.Errorf("%+v", p)
	}
	b.decide(true)
	if got := w.commits.Load(); got != 2 {
		t.Errorf("%d commits", got)
	}
	w.recorded("consent.given", "device.approved")
	b.follow()
	if p := page[*flow.DeviceDonePage](b); !p.Allowed || p.Program != "tv" {
		t.Errorf("%+v", p)
	}
	in, _ := b.here()
	g := w.waiting(userCode)
	if g.State != core.DeviceApproved || g.UserID != in.User.ID || g.SessionID != in.Session.ID || !slices.Equal(g.GrantedScopes, p.Scopes) {
		t.Errorf("%+v", g)
	}
}

func TestDeviceDenied(t *testing.T) {
	w := newDeviceWorld(t, nil)
	b := w.browser().connects("ann")
	w.events()
	b.decide(false)
	if p := page[*flow.DeviceDonePage](b); p.Allowed || p.Program != "tv" || p.Reason != flow.ReasonDeviceDenied {
		t.Errorf("%+v", p)
	}
	w.recorded("device.denied device_denied")
	if g := w.waiting(userCode); g.State != core.DeviceDenied || g.UserID != "" || len(g.GrantedScopes) != 0 {
		t.Errorf("%+v", g)
	}
}

func TestDeviceOnAnotherNetwork(t *testing.T) {
	w := newDeviceWorld(t, nil)
	b := w.browser().itself("ann")
	for ip, same := range map[string]bool{
		"192.0.2.1": true, "::ffff:192.0.2.1": true, "198.51.100.1": false, "192.0.2.2": false, "2001:db8::1": false, "": false,
	} {
		b.opens("")
		from := b.from()
		from.IP = ip
		b.got(b.EnterDeviceCode(t.Context(), b.step(), userCode, from))
		b.got(b.Device(t.Context(), b.step(), "", from))
		if p := page[*flow.DevicePage](b); p.Same != same || p.IP != "192.0.2.1" {
			t.Errorf("%s: %+v", ip, p)
		}
	}
	// Of IPv6 the network counts.
	id := w.newID()
	w.apply(core.AddDeviceGrant{Grant: core.DeviceGrant{
		ID: id, Hash: core.HashSecret("x"), UserCode: core.HashSecret("CCCCCCCC"), ClientID: "tv", Scopes: []string{"openid"}, State: core.DevicePending,
		IP: "2001:db8::1", CreatedAt: w.now, ExpiresAt: w.now.Add(time.Minute),
	}})
	for ip, same := range map[string]bool{"2001:db8::2:3": true, "2001:db8:0:1::1": false, "192.0.2.1": false} {
		b.opens("")
		from := b.from()
		from.IP = ip
		b.got(b.EnterDeviceCode(t.Context(), b.step(), "CCCC-CCCC", from))
		b.got(b.Device(t.Context(), b.step(), "", from))
		if p := page[*flow.DevicePage](b); p.Same != same {
			t.Errorf("%s: %+v", ip, p)
		}
	}
}

func TestWrongDeviceCodes(t *testing.T) {
	w := newDeviceWorld(t, nil)
	b := w.browser().itself("ann").opens("")
	w.events()
	for _, test := range []struct {
		typed    string
		problem  flow.Problem
		recorded []string
	}{
		{"  ", flow.ProblemMissing, nil},
		{"WDJB-MJH", flow.ProblemCode, nil}, // cannot be a code: it is no guess
		{"WDJB-MJHV", flow.ProblemCode, []string{"step.refused device_code_unknown"}},
	} {
		b.enters(test.typed)
		if p := page[*flow.DeviceCodePage](b); p.Problem != test.problem || b.last.Status != http.StatusUnprocessableEntity {
			t.Errorf("%q: %+v, status %d", test.typed, p, b.last.Status)
		}
		w.recorded(test.recorded...)
	}
	for range 9 {
		b.enters("WDJB-MJHV")
	}
	b.enters(userCode)
	if p := page[*flow.DeviceCodePage](b); p.Problem != flow.ProblemThrottled || b.last.Status != http.StatusTooManyRequests || b.last.RetryAfter <= 0 {
		t.Errorf("%+v, status %d", p, b.last.Status)
	}
	// Another browser of the same person is no way around.
	other := w.browser().itself("ann").opens("").enters(userCode)
	if p := page[*flow.DeviceCodePage](other); p.Problem != flow.ProblemThrottled {
		t.Errorf("%+v", p)
	}
	w.now = w.now.Add(time.Minute)
	page[*flow.DevicePage](b.enters(userCode).follow())
}

func TestDeviceCodesThatAreOver(t *testing.T) {
	for name, spoil := range map[string]func(w *world){
		"expired":           func(w *world) { w.now = w.now.Add(10 * time.Minute) },
		"redeemed":          func(w *world) { w.apply(core.FinishDeviceGrant{ID: w.waiting(userCode).ID}) },
		"decided":           func(w *world) { w.browser().connects("ben").decide(true) },
		"a disabled client": func(w *world) { w.editClient("tv", func(c *core.Client) { c.Disabled = true }) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newDeviceWorld(t, nil)
			early, late := w.browser().connects("ann"), w.browser().itself("ann").opens("")
			spoil(w)
			if p := page[*flow.DeviceCodePage](late.enters(userCode)); p.Problem != flow.ProblemCode {
				t.Errorf("%+v", p)
			}
			// Nor can who saw the page go on.
			w.events()
			early.decide(true)
			if early.last.Error == nil || early.last.Back != flow.PathDevice {
				t.Errorf("%+v", early.last)
			}
			if events := w.events(); len(events) != 1 || !strings.HasPrefix(events[0], "step.refused ") {
				t.Errorf("recorded %q", events)
			}
		})
	}
}

func TestOfTwoPeopleOneDecides(t *testing.T) {
	w := newDeviceWorld(t, nil)
	ann, ben := w.browser().connects("ann"), w.browser().connects("ben")
	ann.decide(true)
	ben.decide(true)
	if ben.last.Error == nil {
		t.Errorf("%+v", ben.last)
	}
	if in, _ := ann.here(); w.waiting(userCode).UserID != in.User.ID {
		t.Error("the second one took it")
	}
}

// What somebody was asked is for their browser and their session alone.
func TestADevicePageIsOfItsSession(t *testing.T) {
	w := newDeviceWorld(t, nil)
	ann, ben := w.browser().connects("ann"), w.browser().itself("ben")
	step := ann.step()
	w.events()
	ben.got(ben.DecideDevice(t.Context(), step, true, ben.from())).shown("step_forged")
	w.recorded("step.refused step_forged")
	// Ben signs in with Ann's browser: the page that Ann left open does not let the program
	// into Ben's account.
	ann.session = ben.session
	ann.got(ann.DecideDevice(t.Context(), step, true, ann.from()))
	if path, _, _ := strings.Cut(ann.last.Redirect, "?"); path != flow.PathLogin || w.waiting(userCode).State != core.DevicePending {
		t.Errorf("%+v, %s", ann.last, w.waiting(userCode).State)
	}
}

func TestACodeFormIsOfItsSession(t *testing.T) {
	w := newDeviceWorld(t, nil)
	ann, ben := w.browser().itself("ann").opens(""), w.browser().itself("ben")
	w.events()
	ben.got(ben.EnterDeviceCode(t.Context(), ann.step(), userCode, ben.from())).shown("step_forged")
	w.browser().got(w.EnterDeviceCode(t.Context(), ann.step(), userCode, w.browser().from())).shown("session_unknown")
	w.recorded("step.refused session_unknown", "step.refused step_forged")
}

// A link of one page is none of the other: nobody allows a device by a consent page.
func TestDeviceLinksAreNoConsentLinks(t *testing.T) {
	w := newDeviceWorld(t, nil)
	b := w.browser().connects("ann")
	device := b.step()
	b.got(b.Consent(t.Context(), device, true, b.from())).shown("step_forged")
	b.authorize("rp").at(flow.PathConsent)
	b.got(b.DecideDevice(t.Context(), b.step(), true, b.from())).shown("step_forged")
	if w.waiting(userCode).State != core.DevicePending {
		t.Error("something was decided")
	}
}

// A request from outside cannot pass for one of a device.
func TestNoRequestNamesADevice(t *testing.T) {
	w := newDeviceWorld(t, nil)
	b := w.browser().authorize("rp", "device", string(w.waiting(userCode).ID), "user_code", userCode).at(flow.PathLogin).signIn("ann").at(flow.PathConsent)
	page[*flow.ConsentPage](b)
	b.consent(true).grant("rp")
	if w.waiting(userCode).State != core.DevicePending {
		t.Error("it was decided")
	}
}

// The rules of the client hold for its devices as for its browsers.
func TestDevicesByTheRulesOfTheClient(t *testing.T) {
	t.Run("group", func(t *testing.T) {
		w := newDeviceWorld(t, func(c *core.Client) { c.AllowedGroups = []string{"board"} })
		b := w.browser().itself("ann").opens("")
		w.events()
		b.enters(userCode)
		if p := page[*flow.DeviceDonePage](b); p.Allowed || p.Reason != "not_in_allowed_group" || w.waiting(userCode).State != core.DeviceDenied {
			t.Errorf("%+v", p)
		}
		w.recorded("device.denied not_in_allowed_group")
	})
	t.Run("organisation", func(t *testing.T) {
		w := newDeviceWorld(t, nil)
		b := w.browser().itself("olga").opens("").enters(userCode)
		// Olga is a stranger to the program; somebody else signs in.
		b.at(flow.PathLogin)
		if login := page[*flow.LoginPage](b); login.Client == nil || login.Client.ID != "tv" {
			t.Errorf("%+v", login)
		}
		b.signIn("ann").follow()
		if p := page[*flow.DevicePage](b); p.User.Name != "ann" {
			t.Errorf("%+v", p)
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		w := newDeviceWorld(t, nil)
		b := w.browser().itself("olga").opens("").enters(userCode).at(flow.PathLogin)
		w.events()
		b.cancel()
		if p := page[*flow.DeviceDonePage](b); p.Allowed || p.Reason != flow.ReasonCancelled || w.waiting(userCode).State != core.DeviceDenied {
			t.Errorf("%+v", p)
		}
		w.recorded("device.denied cancelled")
	})
	t.Run("second factor", func(t *testing.T) {
		w := newDeviceWorld(t, func(c *core.Client) { c.SignIn.Require = core.ACRTwo })
		b := w.browser().itself("ann").opens("").enters(userCode)
		if path, _, _ := strings.Cut(b.last.Redirect, "?"); path == flow.PathDevice || w.waiting(userCode).State != core.DevicePending {
			t.Errorf("a password is enough: %+v", b.last)
		}
	})
	t.Run("policy", func(t *testing.T) {
		w := newDeviceWorld(t, nil)
		w.decidesAlways(hook.ScopeOutput{Deny: true, Reason: "not from there"})
		b := w.browser().itself("ann").opens("").enters(userCode)
		if p := page[*flow.DeviceDonePage](b); p.Allowed || p.Words != "not from there" || w.waiting(userCode).State != core.DeviceDenied {
			t.Errorf("%+v", p)
		}
	})
	t.Run("policy narrows", func(t *testing.T) {
		w := newDeviceWorld(t, nil)
		w.decidesAlways(hook.ScopeOutput{Scopes: []string{"openid", "email"}})
		w.browser().connects("ann").decide(true)
		if g := w.waiting(userCode); !slices.Equal(g.GrantedScopes, []string{"openid"}) {
			t.Errorf("%v", g.GrantedScopes)
		}
	})
	t.Run("policy fails", func(t *testing.T) {
		w := newDeviceWorld(t, nil)
		w.decides(func(*hook.ScopeInput) (hook.ScopeOutput, error) { return hook.ScopeOutput{}, http.ErrServerClosed })
		b := w.browser().itself("ann").opens("").enters(userCode)
		if b.last.Error == nil || b.last.Error.Status != http.StatusInternalServerError || w.waiting(userCode).State != core.DevicePending {
			t.Errorf("%+v", b.last)
		}
	})
}

// Nobody allows more than the page showed.
func TestDeviceScopesThatGrewMeanwhile(t *testing.T) {
	w := newDeviceWorld(t, nil)
	narrow := true
	w.decides(func(in *hook.ScopeInput) (hook.ScopeOutput, error) {
		if narrow {
			return hook.ScopeOutput{Scopes: []string{"openid"}}, nil
		}
		return hook.ScopeOutput{Scopes: in.Scopes}, nil
	})
	b := w.browser().connects("ann")
	narrow = false
	b.decide(true).follow()
	if p := page[*flow.DevicePage](b); len(p.Scopes) != 3 || w.waiting(userCode).State != core.DevicePending {
		t.Errorf("%+v", p)
	}
	b.decide(true)
	if g := w.waiting(userCode); len(g.GrantedScopes) != 3 {
		t.Errorf("%+v", g)
	}
}

func TestAdministrationOnADevice(t *testing.T) {
	for name, test := range map[string]struct {
		role bool
		want []string
	}{
		"with a role":    {true, []string{"openid", core.ScopeAdministration}},
		"without a role": {false, []string{"openid"}},
	} {
		w := newDeviceWorld(t, nil)
		w.begins("BBBBBBBB", "openid", core.ScopeAdministration)
		if test.role {
			w.apply(core.GrantRole{Grant: core.RoleGrant{Holder: w.user("ann").ID, Org: "built-in", Role: core.RoleAuditor, CreatedAt: w.now}})
		}
		b := w.browser().itself("ann").opens("").enters("BBBB-BBBB").follow()
		if p := page[*flow.DevicePage](b); !slices.Equal(p.Scopes, test.want) {
			t.Errorf("%s: %v", name, p.Scopes)
		}
		b.decide(true)
		if g := w.waiting("BBBBBBBB"); !slices.Equal(g.GrantedScopes, test.want) {
			t.Errorf("%s: %v", name, g.GrantedScopes)
		}
		// What was allowed once is asked for again.
		w.begins("CCCCCCCC", test.want...)
		page[*flow.DevicePage](b.opens("").enters("CCCC-CCCC").follow())
	}
}

// Clients that send browsers get administration with consent alone, each time, and never
// in the browser.
func TestAdministrationInABrowser(t *testing.T) {
	w := newDeviceWorld(t, nil)
	w.apply(core.GrantRole{Grant: core.RoleGrant{Holder: w.user("ann").ID, Org: "built-in", Role: core.RoleOwner, CreatedAt: w.now}})
	w.addClient("panel", func(c *core.Client) {
		c.Scopes, c.SkipConsent = append(c.Scopes, core.ScopeAdministration), true
	})
	scope := "openid " + core.ScopeAdministration
	b := w.browser().authorize("panel", "scope", scope).at(flow.PathLogin).signIn("ann")
	for range 2 {
		b.at(flow.PathConsent)
		if got := b.consent(true).grant("panel").Grant.Scopes; !slices.Equal(got, []string{"openid", core.ScopeAdministration}) {
			t.Errorf("scopes %v", got)
		}
		b.authorize("panel", "scope", scope)
	}
	b.authorize("panel", "scope", scope, "prompt", "none").denied("panel", oauth.CodeConsentRequired)
	if got := b.authorize("panel").grant("panel").Grant.Scopes; slices.Contains(got, core.ScopeAdministration) {
		t.Errorf("scopes %v by default", got)
	}
	if got := w.browser().authorize("panel", "scope", scope).at(flow.PathLogin).signIn("ben").grant("panel").Grant.Scopes; !slices.Equal(got, []string{"openid"}) {
		t.Errorf("who has no role gets %v", got)
	}
	if got := b.authorize("rp", "scope", scope).at(flow.PathConsent); slices.Contains(page[*flow.ConsentPage](got).Scopes, core.ScopeAdministration) {
		t.Error("a client that nobody gave it to asks for it")
	}
}

func TestDeviceNotesAreOfTheSession(t *testing.T) {
	w := newDeviceWorld(t, nil)
	ann, ben := w.browser().connects("ann").decide(true), w.browser().itself("ben")
	step := ann.step()
	ben.got(ben.Device(t.Context(), step, "", ben.from()))
	if ben.last.Error == nil {
		t.Errorf("%+v", ben.last)
	}
	w.now = w.now.Add(2 * time.Minute)
	if ann.got(ann.Device(t.Context(), step, "", ann.from())); ann.last.Error == nil {
		t.Errorf("an old note says %+v", ann.last.Page)
	}
}

func TestNoDeviceCodesHere(t *testing.T) {
	w := newDeviceWorld(t, nil)
	w.DeviceCodes = nil
	b := w.browser().itself("ann").opens("").enters(userCode)
	if p := page[*flow.DeviceCodePage](b); p.Problem != flow.ProblemCode {
		t.Errorf("%+v", p)
	}
}

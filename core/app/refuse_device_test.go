package app_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/oauth"
)

// deviceRefusals are about programs without a browser (RFC 8628).
func deviceRefusals() []refusal {
	return []refusal{
		{"064_device_code_used_twice", refuseDeviceCodeTwice},
		{"064_device_codes_in_parallel", refuseDeviceCodesAtOnce},
		{"064_device_code_of_other_client", refuseDeviceCodeOfOther},
		{"064_user_codes_are_not_guessed", refuseGuessedUserCodes},
		{"064_device_code_expired", refuseExpiredDeviceCode},
		{"064_device_denied", refuseDeniedDevice},
		{"064_polled_too_fast", refuseFastPolling},
		{"064_approval_needs_a_sign_in", refuseAnonymousApproval},
		{"064_approval_of_another_session", refuseApprovalOfAnother},
		{"064_access_policy_applies", refuseDeviceOfOutsiders},
		{"064_scopes_are_not_widened", refuseWiderDeviceScopes},
		{"064_device_endpoint", refuseDeviceRequests},
		{"054_device_of_disabled_user", refuseDeviceOfDisabled},
		{"054_device_of_disabled_client", refuseDeviceOfDisabledClient},
		{"059_device_after_sign_out", refuseDeviceAfterSignOut},
		{"119_administration_without_a_role", refuseAdministrationWithoutRole},
	}
}

// device registers a client without a browser.
func (w *world) device(name string, edit func(*core.Client)) *relyingParty {
	w.t.Helper()
	return w.registerPreset(name, admin.PresetDevice, func(c *core.Client) {
		c.RedirectURIs = nil
		c.SkipConsent = true // which is no way around the page
		if edit != nil {
			edit(c)
		}
	})
}

// waiting is a device authorization.
type waiting struct {
	rp         *relyingParty
	code, user string
	interval   time.Duration
}

// begin asks for a device authorization.
func (rp *relyingParty) begin(scope string) waiting {
	rp.w.t.Helper()
	a := rp.asks(scope)
	if a.status != http.StatusOK {
		rp.w.t.Fatalf("status %d: %s", a.status, a.body)
	}
	d := waiting{rp, a.text("device_code"), a.text("user_code"), time.Duration(a.json["interval"].(float64)) * time.Second}
	rp.w.hide(d.code, d.user, strings.ReplaceAll(d.user, "-", ""))
	return d
}

// asks is one device authorization request, whatever comes of it.
func (rp *relyingParty) asks(scope string, more ...string) answer {
	rp.w.t.Helper()
	form := url.Values{"client_id": {rp.client.ID}, "scope": {scope}}
	for i := 0; i < len(more); i += 2 {
		form.Set(more[i], more[i+1])
	}
	r, err := http.NewRequest(http.MethodPost, rp.w.issuer+oauth.PathDeviceAuthorization, strings.NewReader(form.Encode()))
	if err != nil {
		rp.w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return rp.w.do(r)
}

// poll asks for tokens.
func (d waiting) poll() answer {
	d.rp.w.t.Helper()
	return d.rp.tokenRequest(url.Values{"grant_type": {core.GrantDevice}, "device_code": {d.code}})
}

// types has the person type the code, and gives the page that asks.
func (d waiting) types(b *browser) *page {
	d.rp.w.t.Helper()
	return b.get("/login/oauth/device").press("continue", map[string]string{"user_code": d.user})
}

// allowed has alice allow it in a browser of her own, which it gives.
func (d waiting) allowed() *browser {
	d.rp.w.t.Helper()
	b := d.rp.w.person("alice")
	if p := d.types(b).press("allow", nil); p.status != http.StatusOK || !p.has("account") {
		d.rp.w.t.Fatalf("status %d at %s:\n%s", p.status, p.url, p.body)
	}
	return b
}

// TestDeviceFlow is a sign-in of the command line, as a person does it.
func TestDeviceFlow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	alice := w.user("alice")
	rp := w.device("tv", nil)
	document := w.resource(oauth.PathDiscovery, "")
	if document.text("device_authorization_endpoint") != w.issuer+"/api/device-auth" || !strings.Contains(string(document.body), core.GrantDevice) {
		t.Errorf("discovery: %s", document.body)
	}
	asked := rp.asks("openid profile offline_access")
	if asked.status != http.StatusOK || asked.header.Get("Cache-Control") != "no-store" || asked.text("verification_uri") != w.issuer+"/login/oauth/device" ||
		asked.text("verification_uri_complete") != w.issuer+"/login/oauth/device?user_code="+asked.text("user_code") || asked.json["expires_in"] != 600.0 {
		t.Fatalf("status %d: %s", asked.status, asked.body)
	}
	d := waiting{rp: rp, code: asked.text("device_code"), user: asked.text("user_code")}
	w.hide(d.code, d.user)
	d.poll().isRefusal(t, http.StatusBadRequest, "authorization_pending")

	// The person opens the address that has the code in it, and signs in on the way.
	b := newBrowser(t, w.issuer)
	p := b.get(asked.text("verification_uri_complete")).signIn("alice", thePassword)
	if p.url.Path != "/login/oauth/device" || p.field("user_code") != d.user {
		t.Fatalf("at %s:\n%s", p.url, p.body)
	}
	p = p.press("continue", nil)
	if !strings.Contains(p.body, d.user) || !strings.Contains(p.body, "127.0.0.1") || !p.has("beware") || !p.has("allow") {
		t.Errorf("status %d:\n%s", p.status, p.body)
	}
	if done := p.press("allow", nil); done.status != http.StatusOK || !done.has("account") || done.has("allow") {
		t.Errorf("status %d at %s:\n%s", done.status, done.url, done.body)
	}
	tokens := d.poll()
	if tokens.status != http.StatusOK || tokens.text("scope") != "openid profile offline_access" || tokens.text("refresh_token") == "" {
		t.Fatalf("status %d: %s", tokens.status, tokens.body)
	}
	if got := claimsOf(t, tokens.text("id_token")); got["sub"] != string(alice.ID) || got["aud"] != rp.client.ID {
		t.Errorf("claims %v", got)
	}
	w.serves(tokens.text("access_token"))
	if renewed := rp.refresh(tokens.text("refresh_token")); renewed.status != http.StatusOK {
		t.Errorf("status %d: %s", renewed.status, renewed.body)
	}
	if page := b.get("/account/applications"); !strings.Contains(page.body, rp.client.Title()) {
		t.Error("the person does not see what has access")
	}
	w.checkSecrets()
}

func refuseDeviceCodeTwice(t *testing.T, w *world) {
	w.user("alice")
	d := w.device("tv", nil).begin("openid")
	d.allowed()
	first := d.poll()
	w.serves(first.text("access_token"))
	w.recorded(core.EventTokenRefused, "unknown_device_code", func() { d.poll().isRefusal(t, http.StatusBadRequest, "invalid_grant") })
	// What was issued stays good: who sends the code again may be the program itself, whose
	// answer was lost.
	w.serves(first.text("access_token"))
	// The user code is over too.
	if p := d.types(w.person("alice")); p.status != http.StatusUnprocessableEntity || p.has("allow") {
		t.Errorf("status %d:\n%s", p.status, p.body)
	}
}

func refuseDeviceCodesAtOnce(t *testing.T, w *world) {
	w.user("alice")
	d := w.device("tv", nil).begin("openid")
	d.allowed()
	requests := make([]*http.Request, 12)
	for i := range requests {
		form := url.Values{"grant_type": {core.GrantDevice}, "device_code": {d.code}, "client_id": {d.rp.client.ID}}
		r, err := http.NewRequest(http.MethodPost, w.issuer+oauth.PathToken, strings.NewReader(form.Encode()))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		requests[i] = r
	}
	fine := 0
	for _, a := range w.atOnce(requests) {
		if a.status == http.StatusOK {
			fine++
			w.hide(a.text("access_token"))
			continue
		}
		a.isRefusal(t, http.StatusBadRequest, "invalid_grant")
	}
	if fine != 1 {
		t.Errorf("%d redemptions of one code", fine)
	}
}

func refuseDeviceCodeOfOther(t *testing.T, w *world) {
	w.user("alice")
	d := w.device("tv", nil).begin("openid")
	d.allowed()
	stolen := d
	stolen.rp = w.device("radio", nil)
	w.recorded(core.EventTokenRefused, "device_code_of_other_client", func() { stolen.poll().isRefusal(t, http.StatusBadRequest, "invalid_grant") })
	web := w.register("web", nil)
	stolen.rp = web
	w.recorded(core.EventTokenRefused, "grant_type_not_registered", func() { stolen.poll().isRefusal(t, http.StatusBadRequest, "unauthorized_client") })
	// It stays good for its own.
	w.serves(d.poll().text("access_token"))
}

func refuseGuessedUserCodes(t *testing.T, w *world) {
	w.user("alice")
	d := w.device("tv", nil).begin("openid")
	b := w.person("alice")
	guess := func(code string) *page {
		return b.get("/login/oauth/device").press("continue", map[string]string{"user_code": code})
	}
	for i := range 10 {
		code := "BBBB-BBB" + string("BCDFGHJKLM"[i])
		w.recorded(core.EventStepRefused, "device_code_unknown", func() {
			if p := guess(code); p.status != http.StatusUnprocessableEntity || !p.has("problem") || p.has("allow") {
				t.Errorf("status %d:\n%s", p.status, p.body)
			}
		})
	}
	// Neither the right code, nor another browser of the account, is a way around.
	w.recorded(core.EventStepRefused, "device_code_throttled", func() {
		if p := guess(d.user); p.status != http.StatusTooManyRequests || p.header.Get("Retry-After") == "" || p.has("allow") {
			t.Errorf("status %d:\n%s", p.status, p.body)
		}
	})
	if p := d.types(w.person("alice")); p.status != http.StatusTooManyRequests {
		t.Errorf("status %d:\n%s", p.status, p.body)
	}
	w.clock.advance(time.Minute)
	if p := guess(d.user); !p.has("allow") {
		t.Errorf("status %d:\n%s", p.status, p.body)
	}
}

func refuseExpiredDeviceCode(t *testing.T, w *world) {
	w.user("alice")
	rp := w.device("tv", nil)
	late, seen, allowed := rp.begin("openid"), rp.begin("openid"), rp.begin("openid")
	page := seen.types(w.person("alice"))
	allowed.allowed()
	w.clock.advance(10 * time.Minute)
	for _, d := range []waiting{late, allowed} {
		w.recorded(core.EventTokenRefused, "device_code_expired", func() { d.poll().isRefusal(t, http.StatusBadRequest, "expired_token") })
	}
	b := w.person("alice")
	w.recorded(core.EventStepRefused, "device_code_over", func() {
		if p := late.types(b); p.status != http.StatusUnprocessableEntity || p.has("allow") {
			t.Errorf("status %d:\n%s", p.status, p.body)
		}
	})
	page.refusesStep(w, "allow", nil, "device_code_over")
}

func refuseDeniedDevice(t *testing.T, w *world) {
	w.user("alice")
	d := w.device("tv", nil).begin("openid")
	page := d.types(w.person("alice"))
	w.recorded(core.EventDeviceDenied, "device_denied", func() { page.press("deny", nil) })
	w.recorded(core.EventTokenRefused, "device_denied", func() { d.poll().isRefusal(t, http.StatusBadRequest, "access_denied") })
	// Nobody takes it back.
	page.refusesStep(w, "allow", nil, "request_finished")
	if p := d.types(w.person("alice")); p.has("allow") {
		t.Errorf("status %d:\n%s", p.status, p.body)
	}
	d.poll().isRefusal(t, http.StatusBadRequest, "access_denied")
}

func refuseFastPolling(t *testing.T, w *world) {
	w.user("alice")
	d := w.device("tv", nil).begin("openid")
	before := len(w.events(core.EventFilter{Limit: 100_000}))
	d.poll().isRefusal(t, http.StatusBadRequest, "authorization_pending")
	for range 3 {
		d.poll().isRefusal(t, http.StatusBadRequest, "slow_down")
	}
	// Each time the wait grew by five seconds.
	w.clock.advance(d.interval + 2*oauth.SlowDown)
	d.poll().isRefusal(t, http.StatusBadRequest, "slow_down")
	w.clock.advance(d.interval + 4*oauth.SlowDown)
	d.poll().isRefusal(t, http.StatusBadRequest, "authorization_pending")
	if got := len(w.events(core.EventFilter{Limit: 100_000})); got != before {
		t.Errorf("%d audit events of who asked again", got-before)
	}
	d.allowed()
	w.serves(d.poll().text("access_token"))
}

func refuseAnonymousApproval(t *testing.T, w *world) {
	w.user("alice")
	d := w.device("tv", nil).begin("openid")
	stranger := newBrowser(t, w.issuer)
	if p := stranger.get("/login/oauth/device?user_code=" + d.user); !p.has("login") || p.has("allow") {
		t.Errorf("status %d:\n%s", p.status, p.body)
	}
	form := url.Values{"action": {"continue"}, "user_code": {d.user}}
	stranger.refused(w, http.MethodPost, "/login/oauth/device", form, core.EventRequestRefused, "step_missing")
	form.Set("step", "forged")
	stranger.refused(w, http.MethodPost, "/login/oauth/device", form, core.EventStepRefused, "session_unknown")
	stranger.refused(w, http.MethodPost, "/login/oauth/device", url.Values{"action": {"allow"}, "step": {"forged"}}, core.EventStepRefused, "step_forged")
	// A form without a button decides nothing.
	b := w.person("alice")
	_, values := d.types(b).submission("allow", nil)
	values.Del("action")
	b.refused(w, http.MethodPost, "/login/oauth/device", values, core.EventRequestRefused, "action_missing")
	d.poll().isRefusal(t, http.StatusBadRequest, "authorization_pending")
}

func refuseApprovalOfAnother(t *testing.T, w *world) {
	w.user("alice")
	w.user("bob")
	d := w.device("tv", nil).begin("openid")
	alice, bob := w.person("alice"), w.person("bob")
	page := d.types(alice)
	target, form := page.submission("allow", nil)
	bob.refused(w, http.MethodPost, target, form, core.EventStepRefused, "step_forged")
	// Bob signs in with alice's browser, where her page is still open.
	alice.get("/api/logout").press("logout", nil)
	alice.get("/login").signIn("bob", thePassword)
	if p := alice.send(http.MethodPost, target, form); p.status == http.StatusOK && p.has("account") {
		t.Errorf("status %d:\n%s", p.status, p.body)
	}
	d.poll().isRefusal(t, http.StatusBadRequest, "authorization_pending")
}

func refuseDeviceOfOutsiders(t *testing.T, w *world) {
	w.user("alice")
	d := w.device("tv", func(c *core.Client) { c.AllowedGroups = []string{"board"} }).begin("openid")
	b := w.person("alice")
	w.recorded(core.EventDeviceDenied, "not_in_allowed_group", func() {
		if p := d.types(b); p.has("allow") {
			t.Errorf("status %d:\n%s", p.status, p.body)
		}
	})
	d.poll().isRefusal(t, http.StatusBadRequest, "access_denied")
	// A client that wants two factors wants them of a device's person too.
	strict := w.device("safe", func(c *core.Client) { c.SignIn.Require = core.ACRTwo }).begin("openid")
	if p := strict.types(b); p.has("allow") {
		t.Errorf("status %d at %s:\n%s", p.status, p.url, p.body)
	}
	strict.poll().isRefusal(t, http.StatusBadRequest, "authorization_pending")
}

func refuseWiderDeviceScopes(t *testing.T, w *world) {
	w.user("alice")
	rp := w.device("tv", func(c *core.Client) { c.Scopes = []string{"openid", "profile"} })
	rp.asks("email").isRefusal(t, http.StatusBadRequest, "invalid_scope")
	rp.asks("").isRefusal(t, http.StatusBadRequest, "invalid_scope")
	rp.asks(core.ScopeAdministration).isRefusal(t, http.StatusBadRequest, "invalid_scope")
	d := rp.begin("openid profile email offline_access " + core.ScopeAdministration)
	d.allowed()
	if got := rp.tokenRequest(url.Values{"grant_type": {core.GrantDevice}, "device_code": {d.code}, "scope": {"openid email"}}); got.text("scope") != "openid profile" || got.text("refresh_token") != "" {
		t.Errorf("%s", got.body)
	}
	// What an operator takes from the client is gone for what was allowed already.
	late := rp.begin("openid profile")
	late.allowed()
	if _, err := w.app.Admin.UpdateClient(t.Context(), cli, rp.client.ID, "", func(c *core.Client) { c.Scopes = []string{"openid"} }); err != nil {
		t.Fatal(err)
	}
	if got := late.poll(); got.text("scope") != "openid" {
		t.Errorf("%s", got.body)
	}
}

func refuseDeviceRequests(t *testing.T, w *world) {
	rp := w.device("tv", nil)
	web := w.register("web", func(c *core.Client) { c.GrantTypes = append(c.GrantTypes, core.GrantDevice) })
	for reason, test := range map[string]struct {
		rp     *relyingParty
		more   []string
		status int
		code   string
	}{
		"grant_type_not_registered": {w.register("plain", nil), nil, http.StatusUnauthorized, "invalid_client"},
		"client_unknown":            {rp, []string{"client_id", "nobody"}, http.StatusUnauthorized, "invalid_client"},
		"secret":                    {web, []string{"client_secret", "wrong"}, http.StatusUnauthorized, "invalid_client"},
		"no_secret":                 {web, nil, http.StatusUnauthorized, "invalid_client"},
	} {
		w.recorded(core.EventTokenRefused, "", func() {
			a := test.rp.asks("openid", test.more...)
			if a.isRefusal(t, test.status, test.code); a.json["device_code"] != nil {
				t.Errorf("%s: %s", reason, a.body)
			}
		})
	}
	spa := w.registerPreset("spa", admin.PresetSPA, nil)
	w.recorded(core.EventTokenRefused, "grant_type_not_registered", func() { spa.asks("openid").isRefusal(t, http.StatusBadRequest, "unauthorized_client") })
	// Parameters of the URL are none (RFC 6749 section 3.2).
	r, err := http.NewRequest(http.MethodPost, w.issuer+oauth.PathDeviceAuthorization+"?client_id="+rp.client.ID+"&scope=openid", nil)
	if err != nil {
		t.Fatal(err)
	}
	w.do(r).isRefusal(t, http.StatusBadRequest, "invalid_request")
	// Who begins one after the other waits.
	for range 100 {
		if a := rp.asks("openid"); a.status != http.StatusOK {
			t.Fatalf("status %d: %s", a.status, a.body)
		}
	}
	w.recorded(core.EventTokenRefused, "device_requests_throttled", func() {
		a := rp.asks("openid")
		if a.isRefusal(t, http.StatusTooManyRequests, "temporarily_unavailable"); a.header.Get("Retry-After") == "" {
			t.Error("there is no Retry-After")
		}
	})
}

func refuseDeviceOfDisabled(t *testing.T, w *world) {
	alice := w.user("alice")
	rp := w.device("tv", nil)
	d, running := rp.begin("openid"), rp.begin("openid offline_access")
	d.allowed()
	running.allowed()
	tokens := running.poll()
	if err := w.app.Admin.DisableUser(t.Context(), cli, alice.ID); err != nil {
		t.Fatal(err)
	}
	w.recorded(core.EventTokenRefused, "", func() { d.poll().isRefusal(t, http.StatusBadRequest, "invalid_grant") })
	rp.refresh(tokens.text("refresh_token")).isRefusal(t, http.StatusBadRequest, "invalid_grant")
}

func refuseDeviceOfDisabledClient(t *testing.T, w *world) {
	w.user("alice")
	rp := w.device("tv", nil)
	d, waits := rp.begin("openid"), rp.begin("openid")
	d.allowed()
	if _, err := w.app.Admin.UpdateClient(t.Context(), cli, rp.client.ID, "", func(c *core.Client) { c.Disabled = true }); err != nil {
		t.Fatal(err)
	}
	w.recorded(core.EventTokenRefused, "client_disabled", func() { d.poll().isRefusal(t, http.StatusUnauthorized, "invalid_client") })
	w.recorded(core.EventTokenRefused, "client_disabled", func() { rp.asks("openid").isRefusal(t, http.StatusUnauthorized, "invalid_client") })
	if p := waits.types(w.person("alice")); p.status != http.StatusUnprocessableEntity || p.has("allow") {
		t.Errorf("status %d:\n%s", p.status, p.body)
	}
}

func refuseDeviceAfterSignOut(t *testing.T, w *world) {
	w.user("alice")
	d := w.device("tv", nil).begin("openid")
	d.allowed().get("/api/logout").press("logout", nil)
	w.recorded(core.EventTokenRefused, "session_ended", func() { d.poll().isRefusal(t, http.StatusBadRequest, "invalid_grant") })
}

func refuseAdministrationWithoutRole(t *testing.T, w *world) {
	w.user("alice")
	rp := w.device("tv", func(c *core.Client) { c.Scopes = append(c.Scopes, core.ScopeAdministration) })
	d := rp.begin("openid " + core.ScopeAdministration)
	d.allowed()
	if got := d.poll().text("scope"); got != "openid" {
		t.Errorf("scope %q", got)
	}
}

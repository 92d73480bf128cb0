package grant

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

// television is a client without a browser, and public.
func television() core.Client {
	c := client("tv", core.AuthNone)
	c.RedirectURIs, c.ResponseTypes = nil, nil
	c.GrantTypes = []string{core.GrantDevice, core.GrantRefreshToken}
	c.Scopes = append(slices.Clone(allScopes), core.ScopeAdministration)
	return c
}

// newDeviceWorld has alice, who is signed in, and tv.
func newDeviceWorld(t *testing.T) *world {
	w := newWorld(t)
	w.memory.clients["tv"] = television()
	w.memory.session[session] = core.Session{
		ID: session, UserID: alice().ID, AuthTime: noon, AMR: []string{"pwd"}, ACR: "1", CreatedAt: noon, ExpiresAt: noon.Add(12 * time.Hour),
		Upstream: &core.Upstream{Connector: "hub", Logout: []byte("sealed")},
	}
	return w
}

func (w *world) ask(authorization string, params ...string) (oauth.DeviceAuthorization, *oauth.Error) {
	w.t.Helper()
	values := url.Values{}
	for i := 0; i < len(params); i += 2 {
		values.Set(params[i], params[i+1])
	}
	return w.endpoint.AuthorizeDevice(w.t.Context(), Request{
		Params: oauth.ParamsOf(values), Authorization: authorization, IP: "192.0.2.7", UserAgent: strings.Repeat("tv/1 ", 51) + "ä", Correlation: "c-1",
	})
}

// begin gives the device code of a new authorization.
func (w *world) begin(scope string) string {
	w.t.Helper()
	made, refusal := w.ask("", "client_id", "tv", "scope", scope)
	if refusal != nil {
		w.t.Fatalf("%v (%s)", refusal, refusal.Reason)
	}
	return made.DeviceCode
}

// decide is what the person says.
func (w *world) decide(code string, change func(*core.DeviceGrant)) {
	w.t.Helper()
	credential, ok := core.ParseCredential(core.KindDeviceCode, code)
	if !ok {
		w.t.Fatalf("no device code: %q", code)
	}
	g := w.memory.devices[credential.ID]
	g.State, g.GrantedScopes, g.SessionID, g.UserID = core.DeviceApproved, g.Scopes, session, alice().ID
	if change != nil {
		change(&g)
	}
	w.memory.devices[credential.ID] = g
}

func poll(code string, more ...string) request {
	return request{params: append([]string{"grant_type", core.GrantDevice, "client_id", "tv", "device_code", code}, more...)}
}

func TestDeviceAuthorization(t *testing.T) {
	t.Parallel()
	w := newDeviceWorld(t)
	mark := w.mark()
	made, refusal := w.ask("", "client_id", "tv", "scope", "openid reports offline_access")
	if refusal != nil || made.ExpiresIn != 10*time.Minute || made.Interval != 5*time.Second {
		t.Fatalf("%+v, %v", made, refusal)
	}
	credential, ok := core.ParseCredential(core.KindDeviceCode, made.DeviceCode)
	g := w.memory.devices[credential.ID]
	if !ok || g.Hash != credential.Hash() || g.UserCode != core.HashSecret(made.UserCode) || g.State != core.DevicePending || g.ClientID != "tv" ||
		!slices.Equal(g.Scopes, []string{"openid", "offline_access"}) || g.IP != "192.0.2.7" || len(g.UserAgent) != 255 || !g.ExpiresAt.Equal(noon.Add(10*time.Minute)) {
		t.Errorf("%+v", g)
	}
	events := w.eventsSince(mark)
	if len(events) != 1 || events[0].Type != core.EventDeviceAsked || events[0].ClientID != "tv" || events[0].Detail["scopes"] != "openid offline_access" {
		t.Errorf("audit events %+v", events)
	}
	for _, secret := range []string{made.UserCode, made.DeviceCode} {
		if len(events) > 0 && strings.Contains(events[0].Detail["scopes"]+events[0].Detail["user_code"], secret) {
			t.Error("a code is in the audit log")
		}
	}
}

func TestDeviceAuthorizationRefusals(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		spoil         func(w *world)
		authorization string
		params        []string
		code, reason  string
		status        int
	}{
		"no client": {nil, "", nil, oauth.CodeInvalidClient, "", 401},
		"a client that is not registered for it": {
			nil, basic("wiki", secret), []string{"scope", "openid"}, oauth.CodeUnauthorizedClient, "grant_type_not_registered", 400,
		},
		"a client with a wrong secret": {nil, basic("wiki", "wrong"), []string{"scope", "openid"}, oauth.CodeInvalidClient, "", 401},
		"no scope":                     {nil, "", []string{"client_id", "tv"}, oauth.CodeInvalidScope, "scope_missing", 400},
		"no scope of the client's":     {nil, "", []string{"client_id", "tv", "scope", "reports"}, oauth.CodeInvalidScope, "scope_unregistered", 400},
		"a malformed scope":            {nil, "", []string{"client_id", "tv", "scope", `"`}, oauth.CodeInvalidScope, "scope_malformed", 400},
		"too many": {
			func(w *world) { w.endpoint.DeviceRequests = busy{time.Minute} }, "", []string{"client_id", "tv", "scope", "openid"},
			oauth.CodeTemporarilyUnavailable, "device_requests_throttled", http.StatusTooManyRequests,
		},
		"a broken store": {
			func(w *world) { w.memory.applyErr = errTest }, "", []string{"client_id", "tv", "scope", "openid"}, oauth.CodeServerError, "server_error", 500,
		},
		"a client that is disabled": {func(w *world) {
			c := television()
			c.Disabled = true
			w.memory.clients["tv"] = c
		}, "", []string{"client_id", "tv", "scope", "openid"}, oauth.CodeInvalidClient, "client_disabled", 401},
	} {
		w := newDeviceWorld(t)
		if test.spoil != nil {
			test.spoil(w)
		}
		_, refusal := w.ask(test.authorization, test.params...)
		if refusal == nil || refusal.Code != test.code || refusal.Status != test.status || test.reason != "" && refusal.Reason != test.reason {
			t.Errorf("%s: %v", name, refusal)
		}
		if len(w.memory.devices) != 0 {
			t.Errorf("%s: there is a device authorization", name)
		}
	}
}

// busy slows everybody down.
type busy struct{ wait time.Duration }

func (b busy) Wait(context.Context, string) (time.Duration, error) { return b.wait, nil }
func (b busy) Asked(ip string) core.Change                         { return core.CountFailure{Keys: []string{ip}} }

func TestDeviceRequestsOfPublicClientsAreCounted(t *testing.T) {
	t.Parallel()
	w := newDeviceWorld(t)
	w.endpoint.DeviceRequests = busy{}
	w.begin("openid")
	if w.memory.counts != 1 {
		t.Errorf("%d are counted", w.memory.counts)
	}
	known := television()
	known.ID, known.AuthMethods, known.SecretHash = "kiosk", []string{core.AuthBasic}, core.HashSecret(secret)
	w.memory.clients["kiosk"] = known
	w.endpoint.DeviceRequests = busy{time.Hour}
	if _, refusal := w.ask(basic("kiosk", secret), "scope", "openid"); refusal != nil || w.memory.counts != 1 {
		t.Errorf("%v, %d are counted: a client that proves who it is waits for nobody", refusal, w.memory.counts)
	}
}

func TestOfflineAccessNeedsARefreshGrant(t *testing.T) {
	t.Parallel()
	w := newDeviceWorld(t)
	c := television()
	c.GrantTypes = []string{core.GrantDevice}
	w.memory.clients["tv"] = c
	code := w.begin("openid offline_access")
	w.decide(code, nil)
	if got := w.get(poll(code)); got.Scope != "openid" || got.RefreshToken != "" {
		t.Errorf("%+v", got)
	}
}

func TestAUserCodeThatIsTakenIsMadeAnew(t *testing.T) {
	t.Parallel()
	w := newDeviceWorld(t)
	before := w.random.block
	w.begin("openid")
	w.random.block = before // the same numbers once more give the same code
	tried := w.memory.applies
	if w.begin("openid"); len(w.memory.devices) != 2 || w.memory.applies-tried != 2 {
		t.Errorf("%d device authorizations, %d tries", len(w.memory.devices), w.memory.applies-tried)
	}
}

func TestDeviceFlow(t *testing.T) {
	t.Parallel()
	w := newDeviceWorld(t)
	code := w.begin("openid offline_access")
	mark := w.mark()
	wants := func(device, reason string) {
		t.Helper()
		if _, refusal := w.send(poll(device)); refusal == nil || refusal.Code != reason || refusal.Status != http.StatusBadRequest {
			t.Fatalf("%v, want %s", refusal, reason)
		}
	}
	wants(code, oauth.CodeAuthorizationPending)
	w.sleep(4100 * time.Millisecond) // a second early is in time
	wants(code, oauth.CodeAuthorizationPending)
	w.sleep(3 * time.Second)
	wants(code, oauth.CodeSlowDown)
	w.sleep(6 * time.Second) // which had been enough before
	wants(code, oauth.CodeSlowDown)
	w.sleep(15 * time.Second)
	wants(code, oauth.CodeAuthorizationPending)
	if events := w.eventsSince(mark); len(events) != 0 {
		t.Errorf("asking fills the audit log: %+v", events)
	}
	w.decide(code, nil)
	got := w.get(poll(code)) // however soon
	if got.Scope != "openid offline_access" || got.RefreshToken == "" || got.IDToken == "" || !w.lives(got.AccessToken) {
		t.Errorf("%+v", got)
	}
	if len(w.memory.grants) != 1 || len(w.memory.devices) != 0 {
		t.Fatalf("%d grants, %d device authorizations", len(w.memory.grants), len(w.memory.devices))
	}
	for _, g := range w.memory.grants {
		if g.UserID != alice().ID || g.SessionID != session || g.ClientID != "tv" || !g.CodeHash.IsZero() || g.ACR != "1" ||
			!g.AuthTime.Equal(noon) || g.Upstream == nil || g.Upstream.Connector != "hub" || g.Upstream.Logout != nil ||
			!g.ExpiresAt.Equal(w.endpoint.Now().Add(30*24*time.Hour)) {
			t.Errorf("grant %+v", g)
		}
	}
	events := w.eventsSince(mark)
	if len(events) != 1 || events[0].Type != core.EventTokenIssued || events[0].UserID != alice().ID || events[0].Detail["grant_type"] != core.GrantDevice {
		t.Errorf("audit events %+v", events)
	}
	if renewed := w.get(request{params: append(renew(got.RefreshToken), "client_id", "tv")}); renewed.RefreshToken == "" {
		t.Errorf("%+v", renewed)
	}
}

func TestDeviceRefusals(t *testing.T) {
	t.Parallel()
	foreign := core.NewCredential(core.KindCode, core.NewID(noon, new(stream)), new(stream)).String()
	for name, test := range map[string]struct {
		spoil        func(w *world, code string) request
		code, reason string
	}{
		"no code":       {func(*world, string) request { return poll("") }, oauth.CodeInvalidRequest, "no_device_code"},
		"another thing": {func(*world, string) request { return poll(foreign) }, oauth.CodeInvalidGrant, "malformed_device_code"},
		"an unknown code": {func(w *world, code string) request {
			clear(w.memory.devices)
			return poll(code)
		}, oauth.CodeInvalidGrant, "unknown_device_code"},
		"a wrong secret": {func(w *world, code string) request {
			w.decide(code, func(g *core.DeviceGrant) { g.Hash = core.HashSecret("other") })
			return poll(code)
		}, oauth.CodeInvalidGrant, "unknown_device_code"},
		"another client's": {func(w *world, code string) request {
			other := television()
			other.ID = "radio"
			w.memory.clients["radio"] = other
			return request{params: []string{"grant_type", core.GrantDevice, "client_id", "radio", "device_code", code}}
		}, oauth.CodeInvalidGrant, "device_code_of_other_client"},
		"too late": {func(w *world, code string) request {
			w.sleep(10 * time.Minute)
			return poll(code)
		}, oauth.CodeExpiredToken, "device_code_expired"},
		"denied": {func(w *world, code string) request {
			w.decide(code, func(g *core.DeviceGrant) { g.State = core.DeviceDenied })
			return poll(code)
		}, oauth.CodeAccessDenied, "device_denied"},
		"used": {func(w *world, code string) request {
			w.get(poll(code))
			return poll(code)
		}, oauth.CodeInvalidGrant, "unknown_device_code"},
		"a user who was disabled since": {func(w *world, code string) request {
			user := alice()
			user.Disabled = true
			w.memory.users[user.ID] = user
			return poll(code)
		}, oauth.CodeInvalidGrant, "user_disabled"},
		"an organisation that was disabled since": {func(w *world, code string) request {
			w.memory.orgs[core.DefaultOrganisation] = core.Organisation{Name: core.DefaultOrganisation, Disabled: true}
			return poll(code)
		}, oauth.CodeInvalidClient, "client_organisation_disabled"},
		"a user who is in no group of the client's": {func(w *world, code string) request {
			c := television()
			c.AllowedGroups = []string{"board"}
			w.memory.clients["tv"] = c
			return poll(code)
		}, oauth.CodeInvalidGrant, "not_in_allowed_group"},
		"a session that ended": {func(w *world, code string) request {
			s := w.memory.session[session]
			s.EndedAt = noon
			w.memory.session[session] = s
			return poll(code)
		}, oauth.CodeInvalidGrant, "session_ended"},
		"a session that is gone": {func(w *world, code string) request {
			clear(w.memory.session)
			return poll(code)
		}, oauth.CodeInvalidGrant, "session_unknown"},
		"a session of another person": {func(w *world, code string) request {
			s := w.memory.session[session]
			s.UserID = "01890000-0000-7000-8000-000000000b0b"
			w.memory.session[session] = s
			return poll(code)
		}, oauth.CodeInvalidGrant, "session_ended"},
		"scopes that the client lost": {func(w *world, code string) request {
			c := television()
			c.Scopes = []string{"email"}
			w.memory.clients["tv"] = c
			return poll(code)
		}, oauth.CodeInvalidScope, "no_scope_left"},
		"a grant type that the client lost": {func(w *world, code string) request {
			c := television()
			c.GrantTypes = []string{core.GrantRefreshToken}
			w.memory.clients["tv"] = c
			return poll(code)
		}, oauth.CodeUnauthorizedClient, "grant_type_not_registered"},
	} {
		w := newDeviceWorld(t)
		code := w.begin("openid")
		w.decide(code, nil)
		r := test.spoil(w, code)
		mark, grants := w.mark(), len(w.memory.grants)
		_, refusal := w.send(r)
		if refusal == nil {
			t.Errorf("%s: accepted", name)
			continue
		}
		w.wantRefusal(mark, refusal, test.code, test.reason, core.EventTokenRefused, code)
		if len(w.memory.grants) != grants {
			t.Errorf("%s: something was issued", name)
		}
	}
}

func TestACodeOfAnotherClientStaysGood(t *testing.T) {
	t.Parallel()
	w := newDeviceWorld(t)
	other := television()
	other.ID = "radio"
	w.memory.clients["radio"] = other
	code := w.begin("openid")
	w.decide(code, nil)
	if _, refusal := w.send(request{params: []string{"grant_type", core.GrantDevice, "client_id", "radio", "device_code", code}}); refusal == nil {
		t.Fatal("accepted")
	}
	if got := w.get(poll(code)); got.AccessToken == "" {
		t.Errorf("%+v", got)
	}
}

// A session that ends between the read and the write takes the grant with it.
func TestASignOutWinsAgainstARedemption(t *testing.T) {
	t.Parallel()
	w := newDeviceWorld(t)
	code := w.begin("openid")
	w.decide(code, nil)
	w.memory.before = func() {
		s := w.memory.session[session]
		s.EndedAt = noon
		w.memory.session[session] = s
	}
	if _, refusal := w.send(poll(code)); refusal == nil || refusal.Reason != "session_ended" || len(w.memory.grants) != 0 {
		t.Errorf("%v, %d grants", refusal, len(w.memory.grants))
	}
}

func TestOfManyRedemptionsOneSucceeds(t *testing.T) {
	t.Parallel()
	w := newDeviceWorld(t)
	code := w.begin("openid")
	w.decide(code, nil)
	done := make(chan *oauth.Error)
	for range 8 {
		go func() {
			_, refusal := w.send(poll(code))
			done <- refusal
		}()
	}
	var fine int
	for range 8 {
		if refusal := <-done; refusal == nil {
			fine++
		} else if refusal.Reason != "unknown_device_code" {
			t.Errorf("%v", refusal)
		}
	}
	if fine != 1 || len(w.memory.grants) != 1 {
		t.Errorf("%d succeed, %d grants", fine, len(w.memory.grants))
	}
}

func TestAdministrationIsForWhoHasARole(t *testing.T) {
	t.Parallel()
	scope := "openid offline_access " + core.ScopeAdministration
	for name, test := range map[string]struct {
		admin bool
		roles []core.RoleGrant
		want  string
	}{
		"an owner":  {true, nil, scope},
		"an office": {false, []core.RoleGrant{{Holder: alice().ID, Role: core.RoleAuditor}}, scope},
		"nobody":    {false, nil, "openid offline_access"},
	} {
		w := newDeviceWorld(t)
		user := alice()
		user.Admin = test.admin
		w.memory.users[user.ID] = user
		w.memory.roles[user.ID] = test.roles
		code := w.begin(scope)
		w.decide(code, nil)
		got := w.get(poll(code))
		if got.Scope != test.want {
			t.Errorf("%s: %q", name, got.Scope)
		}
		// Whoever loses the last role loses it at the next refresh.
		user.Admin = false
		w.memory.users[user.ID] = user
		w.memory.roles[user.ID] = nil
		if renewed := w.get(request{params: append(renew(got.RefreshToken), "client_id", "tv")}); renewed.Scope != "openid offline_access" {
			t.Errorf("%s: renewed with %q", name, renewed.Scope)
		}
	}
}

func TestDeviceStoreFailures(t *testing.T) {
	t.Parallel()
	for name, spoil := range map[string]func(*world){
		"of a session": func(w *world) { w.memory.rowErr = errors.New("disk full") },
		"of a write":   func(w *world) { w.memory.applyErr = errors.New("disk full") },
	} {
		w := newDeviceWorld(t)
		code := w.begin("openid")
		w.decide(code, nil)
		spoil(w)
		if _, refusal := w.send(poll(code)); refusal == nil || refusal.Code != oauth.CodeServerError {
			t.Errorf("%s: %v", name, refusal)
		}
	}
}

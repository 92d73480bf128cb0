package app_test

import (
	"crypto/rand"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/core/scim"
)

// bearerRefusals are about who calls what answers programs. SCIM stands for most of it: one
// authenticator stands before each.
func bearerRefusals() []refusal {
	return []refusal{
		{"119_program_without_a_token", refuseAnonymousPrograms},
		{"119_cookies_are_no_tokens", refuseCookiePrograms},
		{"119_tokens_of_other_kinds", refuseOtherTokens},
		{"119_access_token_without_administration", refusePlainAccessTokens},
		{"119_roles_end_at_once", refuseFormerAdministrators},
		{"119_other_sites_read_nothing", refuseProgramsOfOtherSites},
		{"054_programs_of_disabled_holders", refuseDisabledHolders},
		{"059_administration_after_sign_out", refuseAdministrationAfterSignOut},
		{"063_api_tokens_end", refuseEndedTokens},
		{"119_tokens_are_not_tried_out", refuseManyPrograms},
	}
}

const aProgram = scim.Prefix + "/Users"

// calls asks for what only an administrator sees.
func (w *world) calls(authorization ...string) answer {
	w.t.Helper()
	r, err := http.NewRequest(http.MethodGet, w.issuer+aProgram, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, value := range authorization {
		r.Header.Add("Authorization", value)
	}
	return w.do(r)
}

// turnsAway checks that the token opens nothing, and what is recorded.
func (w *world) turnsAway(status int, reason string, authorization ...string) {
	w.t.Helper()
	w.recorded(core.EventAPIRefused, reason, func() {
		w.t.Helper()
		a := w.calls(authorization...)
		challenge := a.header.Get("WWW-Authenticate")
		if a.status != status || strings.Contains(string(a.body), "alice") {
			w.t.Errorf("%s: status %d, want %d: %s", reason, a.status, status, a.body)
		}
		if challenged := strings.HasPrefix(challenge, `Bearer realm="`+w.issuer+`"`); challenged == (status == http.StatusBadRequest) {
			w.t.Errorf("%s: challenge %q", reason, challenge)
		}
	})
}

// administers has root sign the command line in, and gives its tokens and root's browser.
func (w *world) administers() (root *core.User, tokens answer, b *browser) {
	w.t.Helper()
	root = w.user("root", func(u *admin.NewUser) { u.Admin = true })
	client, err := w.app.Store.Client(w.t.Context(), core.ClientCommand)
	if err != nil {
		w.t.Fatal(err)
	}
	d := (&relyingParty{w: w, client: client}).begin("openid offline_access " + core.ScopeAdministration)
	b = w.person("root")
	p := d.types(b)
	if !strings.Contains(p.body, client.Title()) {
		w.t.Errorf("status %d:\n%s", p.status, p.body)
	}
	p.press("allow", nil)
	if tokens = d.poll(); tokens.text("scope") != "openid offline_access "+core.ScopeAdministration {
		w.t.Fatalf("status %d: %s", tokens.status, tokens.body)
	}
	return root, tokens, b
}

// TestCommandLineAdministers: what the command line gets by the device flow opens what its
// person may do, and they see it among their applications.
func TestCommandLineAdministers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.user("alice")
	root, tokens, _ := w.administers()
	a := w.calls("Bearer " + tokens.text("access_token"))
	if a.status != http.StatusOK || !strings.Contains(string(a.body), "alice") {
		t.Fatalf("status %d: %s", a.status, a.body)
	}
	status, made := w.scim("POST", "/Users", tokens.text("access_token"), `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"carol"}`)
	if status != http.StatusCreated {
		t.Fatalf("status %d: %v", status, made)
	}
	created := w.events(core.EventFilter{Type: core.EventUserCreated, Actor: "user:" + string(root.ID)})
	if len(created) != 1 || string(created[0].UserID) != made["id"] {
		t.Errorf("%+v", created)
	}
	w.checkSecrets()
}

func refuseAnonymousPrograms(t *testing.T, w *world) {
	w.user("alice")
	token := w.serviceToken(core.DefaultOrganisation, "", core.RoleOwner)
	w.turnsAway(http.StatusUnauthorized, oauth.ReasonTokenMissing)
	w.turnsAway(http.StatusUnauthorized, oauth.ReasonTokenMissing, "Basic "+token)
	w.turnsAway(http.StatusBadRequest, "authorization_repeated", "Bearer "+token, "Bearer "+token)
	w.turnsAway(http.StatusUnauthorized, "token_malformed", "Bearer "+token+" "+token)
	w.turnsAway(http.StatusUnauthorized, "malformed_token", "Bearer "+token+"A")
	w.turnsAway(http.StatusUnauthorized, "malformed_token", "Bearer api_")
	// The identifier is right and the secret is not.
	w.turnsAway(http.StatusUnauthorized, "unknown_token", "Bearer "+token[:len(token)-4]+"AAAA")
	w.turnsAway(http.StatusUnauthorized, "unknown_token", "Bearer "+core.NewCredential(core.KindAPI, core.NewID(w.clock.Now(), rand.Reader), rand.Reader).String())
	// A token in the URL or in a form is none.
	for _, r := range []func() (*http.Request, error){
		func() (*http.Request, error) {
			return http.NewRequest(http.MethodGet, w.issuer+aProgram+"?access_token="+token, nil)
		},
		func() (*http.Request, error) {
			return http.NewRequest(http.MethodPost, w.issuer+aProgram, strings.NewReader("access_token="+token))
		},
	} {
		request, err := r()
		if err != nil {
			t.Fatal(err)
		}
		request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		if a := w.do(request); a.status != http.StatusUnauthorized {
			t.Errorf("status %d: %s", a.status, a.body)
		}
	}
}

func refuseCookiePrograms(t *testing.T, w *world) {
	w.user("root", func(u *admin.NewUser) { u.Admin = true })
	b := w.person("root")
	for _, path := range []string{aProgram, "/scim/v2/ServiceProviderConfig", "/api/v1/users", "/api/v1/organisations", "/api/v1/keys"} {
		for _, method := range []string{http.MethodGet, http.MethodPost} {
			if p := b.send(method, path, nil); p.status != http.StatusUnauthorized && p.status != http.StatusMethodNotAllowed || strings.Contains(p.body, "root@") {
				t.Errorf("%s %s: status %d:\n%s", method, path, p.status, p.body)
			}
		}
	}
	w.turnsAway(http.StatusUnauthorized, "malformed_token", "Bearer "+b.cookies[sessionCookie])
}

func refuseOtherTokens(t *testing.T, w *world) {
	_, tokens, _ := w.administers()
	for _, name := range []string{"refresh_token", "id_token"} {
		w.turnsAway(http.StatusUnauthorized, "malformed_token", "Bearer "+tokens.text(name))
	}
	reporter := w.registerPreset("reporter", admin.PresetService, service)
	w.turnsAway(http.StatusForbidden, "token_of_nobody", "Bearer "+reporter.own().text("access_token"))
}

func refusePlainAccessTokens(t *testing.T, w *world) {
	w.user("root", func(u *admin.NewUser) { u.Admin = true })
	w.user("alice")
	plain := w.register("plain", nil)
	b := newBrowser(t, w.issuer)
	w.turnsAway(http.StatusForbidden, "no_administration_scope", "Bearer "+plain.redeem(plain.code(b, "root")).text("access_token"))

	// A client that may ask for it gets it by asking alone, and by its person's consent.
	panel := w.register("panel", func(c *core.Client) { c.Scopes = append(c.Scopes, core.ScopeAdministration) })
	w.turnsAway(http.StatusForbidden, "no_administration_scope", "Bearer "+panel.redeem(panel.code(b, "root")).text("access_token"))
	asks := panel.authorizeURL("scope", "openid "+core.ScopeAdministration)
	for range 2 {
		p := b.get(asks)
		if !p.has("allow") {
			t.Fatalf("nobody is asked: status %d, to %v", p.status, p.location)
		}
		p = p.press("allow", nil)
		if a := w.calls("Bearer " + panel.redeem(p.location.Query().Get("code")).text("access_token")); a.status != http.StatusOK {
			t.Errorf("status %d: %s", a.status, a.body)
		}
	}
	// Who has no role gets a token that opens nothing.
	if got := panel.redeem(panel.code(newBrowser(t, w.issuer), "alice", "scope", "openid "+core.ScopeAdministration)); got.text("scope") != "openid" {
		t.Errorf("%s", got.body)
	} else {
		w.turnsAway(http.StatusForbidden, "no_administration_scope", "Bearer "+got.text("access_token"))
	}
	// No client has it for itself.
	robot := w.registerPreset("robot", admin.PresetService, func(c *core.Client) {
		c.RedirectURIs, c.Scopes = nil, []string{"reports.read", core.ScopeAdministration}
	})
	robot.own("scope", core.ScopeAdministration).isRefusal(t, http.StatusBadRequest, "invalid_scope")
	if got := robot.own().text("scope"); got != "reports.read" {
		t.Errorf("scope %q", got)
	}
}

func refuseFormerAdministrators(t *testing.T, w *world) {
	bob := w.user("bob")
	apply := func(changes ...core.Change) {
		t.Helper()
		if err := w.app.Store.Apply(t.Context(), changes...); err != nil {
			t.Fatal(err)
		}
	}
	credential := core.NewCredential(core.KindAPI, core.NewID(w.clock.Now(), rand.Reader), rand.Reader)
	w.hide(credential.String())
	apply(
		core.GrantRole{Grant: core.RoleGrant{Holder: bob.ID, Org: core.DefaultOrganisation, Role: core.RoleAdministrator, CreatedAt: w.clock.Now()}},
		core.AddAPIToken{Token: core.APIToken{ID: credential.ID, Holder: bob.ID, Hash: credential.Hash(), ExpiresAt: w.clock.Now().Add(time.Hour), CreatedAt: w.clock.Now()}},
	)
	if a := w.calls("Bearer " + credential.String()); a.status != http.StatusOK {
		t.Fatalf("status %d: %s", a.status, a.body)
	}
	apply(core.RevokeRole{Holder: bob.ID, Org: core.DefaultOrganisation})
	w.turnsAway(http.StatusForbidden, "no_role", "Bearer "+credential.String())

	root, tokens, _ := w.administers()
	w.user("other", func(u *admin.NewUser) { u.Admin = true })
	if _, err := w.app.Admin.UpdateUser(t.Context(), cli, root.ID, "", func(u *core.User) { u.Admin = false }); err != nil {
		t.Fatal(err)
	}
	// Who ceases to be an owner is signed out of everything.
	w.turnsAway(http.StatusUnauthorized, "grant_revoked", "Bearer "+tokens.text("access_token"))
	client := &relyingParty{w: w, client: &core.Client{ID: core.ClientCommand}}
	client.refresh(tokens.text("refresh_token")).isRefusal(t, http.StatusBadRequest, "invalid_grant")
}

func refuseProgramsOfOtherSites(t *testing.T, w *world) {
	w.user("alice")
	w.register("rp", nil) // whose origin may read what clients read
	origin := strings.TrimSuffix(theCallback, "/cb")
	token := w.serviceToken(core.DefaultOrganisation, "", core.RoleOwner)
	for _, method := range []string{http.MethodOptions, http.MethodGet} {
		r, err := http.NewRequest(method, w.issuer+aProgram, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Origin", origin)
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Access-Control-Request-Method", "GET")
		r.Header.Set("Access-Control-Request-Headers", "authorization")
		for name := range w.do(r).header {
			if strings.HasPrefix(name, "Access-Control-") {
				t.Errorf("%s: %s lets other sites read", method, name)
			}
		}
	}
}

func refuseDisabledHolders(t *testing.T, w *world) {
	if _, err := w.app.Admin.CreateOrganisation(t.Context(), cli, core.Organisation{Name: "acme"}); err != nil {
		t.Fatal(err)
	}
	root, tokens, _ := w.administers()
	w.user("other", func(u *admin.NewUser) { u.Admin = true })
	token := w.serviceToken("acme", "acme", core.RoleAdministrator)
	if status, _ := w.scim("GET", "/Users", token, ""); status != http.StatusOK {
		t.Fatalf("status %d", status)
	}
	if _, err := w.app.Admin.UpdateOrganisation(t.Context(), cli, "acme", "", func(o *core.Organisation) { o.Disabled = true }); err != nil {
		t.Fatal(err)
	}
	w.turnsAway(http.StatusUnauthorized, "organisation_disabled", "Bearer "+token)

	// A client that is disabled, or may not administer any more, has no good tokens.
	edit := func(change func(*core.Client)) {
		t.Helper()
		if _, err := w.app.Admin.UpdateClient(t.Context(), cli, core.ClientCommand, "", change); err != nil {
			t.Fatal(err)
		}
	}
	edit(func(c *core.Client) { c.Disabled = true })
	w.turnsAway(http.StatusUnauthorized, "client_disabled", "Bearer "+tokens.text("access_token"))
	edit(func(c *core.Client) { c.Disabled, c.Scopes = false, []string{"openid", "offline_access"} })
	w.turnsAway(http.StatusForbidden, "no_administration_scope", "Bearer "+tokens.text("access_token"))
	edit(func(c *core.Client) { c.Scopes = append(c.Scopes, core.ScopeAdministration) })
	if a := w.calls("Bearer " + tokens.text("access_token")); a.status != http.StatusOK {
		t.Errorf("status %d: %s", a.status, a.body)
	}
	if err := w.app.Admin.DisableUser(t.Context(), cli, root.ID); err != nil {
		t.Fatal(err)
	}
	w.recorded(core.EventAPIRefused, "", func() {
		if a := w.calls("Bearer " + tokens.text("access_token")); a.status != http.StatusUnauthorized {
			t.Errorf("status %d: %s", a.status, a.body)
		}
	})
}

func refuseAdministrationAfterSignOut(t *testing.T, w *world) {
	_, tokens, b := w.administers()
	b.get("/api/logout").press("logout", nil)
	w.turnsAway(http.StatusUnauthorized, "grant_revoked", "Bearer "+tokens.text("access_token"))
	client := &relyingParty{w: w, client: &core.Client{ID: core.ClientCommand}}
	client.refresh(tokens.text("refresh_token")).isRefusal(t, http.StatusBadRequest, "invalid_grant")
}

func refuseEndedTokens(t *testing.T, w *world) {
	token := w.serviceToken(core.DefaultOrganisation, "", core.RoleAuditor)
	_, tokens, _ := w.administers()
	credential, ok := core.ParseCredential(core.KindAPI, token)
	if !ok {
		t.Fatal("no token")
	}
	holder, err := w.app.Store.APIHolder(t.Context(), credential.ID)
	if err != nil {
		t.Fatal(err)
	}
	w.clock.advance(time.Hour)
	w.turnsAway(http.StatusUnauthorized, "token_expired", "Bearer "+token)
	w.turnsAway(http.StatusUnauthorized, "token_expired", "Bearer "+tokens.text("access_token"))
	if err := w.app.Store.Apply(t.Context(), core.DeleteAPIToken{Holder: holder.Token.Holder, ID: credential.ID}); err != nil {
		t.Fatal(err)
	}
	w.turnsAway(http.StatusUnauthorized, "unknown_token", "Bearer "+token)
}

func refuseManyPrograms(t *testing.T, w *world) {
	token := w.serviceToken(core.DefaultOrganisation, "", core.RoleAuditor)
	for range 60 {
		if a := w.calls("Bearer api_x"); a.status != http.StatusUnauthorized {
			t.Fatalf("status %d: %s", a.status, a.body)
		}
	}
	before := len(w.events(core.EventFilter{Limit: 100_000}))
	for range 20 {
		if a := w.calls("Bearer api_x"); a.status != http.StatusTooManyRequests || a.header.Get("Retry-After") == "" {
			t.Fatalf("status %d: %s", a.status, a.body)
		}
	}
	if got := len(w.events(core.EventFilter{Limit: 100_000})); got != before {
		t.Errorf("%d audit events more", got-before)
	}
	// Good tokens of the address are as good as ever, up to a pace of their own.
	busy := 0
	for range 210 {
		switch a := w.calls("Bearer " + token); a.status {
		case http.StatusOK:
		case http.StatusTooManyRequests:
			busy++
		default:
			t.Fatalf("status %d: %s", a.status, a.body)
		}
	}
	if busy != 10 {
		t.Errorf("%d of 210 requests at once are put off", busy)
	}
	w.clock.advance(time.Minute)
	if a := w.calls("Bearer " + token); a.status != http.StatusOK {
		t.Errorf("status %d: %s", a.status, a.body)
	}
}

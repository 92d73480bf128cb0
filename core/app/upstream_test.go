package app_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/plugin/plugintest"
)

// staff installs a connector that checks passwords.
func (w *world) staff() {
	w.t.Helper()
	if _, err := w.app.Admin.InstallPlugin(w.t.Context(), cli, admin.Install{Code: plugintest.GoModule(w.t, "./testdata/staff"), Source: "staff.wasm"}); err != nil {
		w.t.Fatal(err)
	}
	_, err := w.app.Admin.CreateConnector(w.t.Context(), cli, admin.NewConnector{
		Name: "staff", Plugin: "staff", Edit: func(c *core.Connector) { c.CreateUsers = true },
	})
	if err != nil {
		w.t.Fatal(err)
	}
}

// Who has no password here is asked for elsewhere, by the form of our own page; who has
// one never is.
func TestPasswordElsewhere(t *testing.T) {
	const password = "password of the staff"
	w := newWorld(t)
	w.staff()
	w.hide(password)
	alice, rp := w.user("alice"), w.register("wiki", nil)
	b := newBrowser(t, w.issuer)
	login := b.get(rp.authorizeURL())
	for _, wrong := range []struct {
		username, password string
		status             int
	}{
		{"alice", password, http.StatusUnprocessableEntity},
		{"jane", "a guess", http.StatusUnprocessableEntity},
		{"nobody", password, http.StatusServiceUnavailable},
	} {
		if page := login.signIn(wrong.username, wrong.password); page.status != wrong.status || !page.has("login") || b.signedIn() {
			t.Errorf("%s: status %d\n%s", wrong.username, page.status, page.body)
		} else if wrong.status == http.StatusServiceUnavailable {
			_, after, _ := strings.Cut(page.body, "reference: ")
			reference, _, _ := strings.Cut(after, ".")
			told := w.events(core.EventFilter{Correlation: reference, Type: core.EventUpstreamFailed})
			if reference == "" || len(told) != 1 || told[0].Detail["connector"] != "staff" {
				t.Errorf("under the reference %q stands %+v", reference, told)
			}
		}
	}
	if log := w.log.String(); strings.Contains(log, "asked about alice") || !strings.Contains(log, "asked about jane") {
		t.Error("the plugin was asked about alice, or not about jane")
	}
	page := login.signIn("jane", password)
	if page.location == nil || page.location.Query().Get("code") == "" {
		t.Fatalf("no code: status %d\n%s", page.status, page.body)
	}
	set := rp.redeem(page.location.Query().Get("code"))
	claims := idTokenClaims(t, set.text("id_token"))
	jane, err := w.app.Store.UserByLogin(t.Context(), core.DefaultOrganisation, "jane")
	if err != nil || claims["sub"] != string(jane.ID) || fmt.Sprint(claims["amr"]) != "[pwd]" || jane.PasswordHash != "" || jane.ID == alice.ID {
		t.Errorf("user %+v, claims %v, %v", jane, claims, err)
	}
	links, err := w.app.Store.Links(t.Context(), jane.ID)
	if err != nil || len(links) != 1 || links[0].Connector != "staff" || links[0].Subject != "staff-jane" {
		t.Errorf("links %+v, %v", links, err)
	}
	signedIn := w.events(core.EventFilter{Type: core.EventSignedIn})
	if len(signedIn) != 1 || signedIn[0].Detail["method"] != "password" || signedIn[0].Detail["connector"] != "staff" {
		t.Errorf("recorded %+v", signedIn)
	}
	w.checkSecrets()
}

// A sign-out goes on to the provider, and comes back to the client that asked for it.
func TestSignOutThroughProvider(t *testing.T) {
	w := newWorld(t)
	rp := w.register("wiki", func(c *core.Client) { c.PostLogoutRedirectURIs = []string{theFarewell} })
	p := w.newProvider("hub")
	p.connect(func(_ *admin.NewConnector, c *core.Connector) { c.Logout = true })
	b := newBrowser(t, w.issuer)
	set := rp.redeem(b.upstreamCode(rp, "hub"))
	page := b.get("/api/logout?" + url.Values{
		"id_token_hint": {set.text("id_token")}, "post_logout_redirect_uri": {theFarewell}, "state": {"s"},
	}.Encode())
	sent, err := url.Parse(page.leaves())
	if err != nil || !strings.HasPrefix(sent.String(), p.issuer+pathProviderLogout+"?") || b.signedIn() {
		t.Fatalf("sent to %q, %v: status %d\n%s", page.leaves(), err, page.status, page.body)
	}
	query := sent.Query()
	if query.Get("client_id") != "postern" || query.Get("post_logout_redirect_uri") != w.issuer+"/logout/return" ||
		idTokenClaims(t, query.Get("id_token_hint"))["iss"] != p.issuer {
		t.Errorf("asked with %v", query)
	}
	back := b.get("/logout/return?state=" + url.QueryEscape(query.Get("state")))
	if back.leaves() != theFarewell+"?state=s" {
		t.Errorf("back to %q: status %d\n%s", back.leaves(), back.status, back.body)
	}
	if again := b.get("/logout/return?state=forged"); again.leaves() != "" || again.status != http.StatusOK {
		t.Errorf("a forged state leads to %q, status %d", again.leaves(), again.status)
	}
	w.checkSecrets()
}

// The policy wants more than a password: the person is asked for it at the provider,
// once.
func TestStepUpAtProvider(t *testing.T) {
	w := newWorld(t)
	w.user("alice")
	rp := w.register("wiki", nil)
	p := w.newProvider("hub")
	p.connect(func(_ *admin.NewConnector, c *core.Connector) { c.LinkByEmail = true })
	p.claims = members{"email": "alice@example.com", "acr": "phr"}
	rules := `{"rules":[{"then":{"require_acr":"phr"}}]}`
	if _, err := w.app.Admin.BindPlugin(t.Context(), cli, admin.Bind{Plugin: "access", Settings: []byte(rules)}); err != nil {
		t.Fatal(err)
	}
	b := newBrowser(t, w.issuer)
	page := b.get(rp.authorizeURL()).signIn("alice", thePassword)
	if !page.has("upstream-hub") {
		t.Fatalf("not asked: status %d, to %v\n%s", page.status, page.location, page.body)
	}
	target := page.press("upstream-hub", nil).leaves()
	if sent, err := url.Parse(target); err != nil || sent.Query().Get("acr_values") != "phr" {
		t.Errorf("asked for %q, %v", target, err)
	}
	back := b.get(b.throughProvider(target))
	sent, err := url.Parse(back.leaves())
	if err != nil || sent.Query().Get("code") == "" {
		t.Fatalf("no code: to %q, status %d\n%s", back.leaves(), back.status, back.body)
	}
	if claims := idTokenClaims(t, rp.redeem(sent.Query().Get("code")).text("id_token")); claims["acr"] != "phr" {
		t.Errorf("ID token %v", claims)
	}
	// A provider that gives less sends nobody round in circles.
	p.claims["acr"] = "low"
	other := newBrowser(t, w.issuer)
	first := other.get(other.throughProvider(other.atProvider(rp, "hub")))
	second := other.get(other.throughProvider(first.leaves()))
	if sent, err = url.Parse(second.leaves()); err != nil || sent.Query().Get("error") != "unmet_authentication_requirements" {
		t.Errorf("then: to %q, status %d\n%s", second.leaves(), second.status, second.body)
	}
	w.checkSecrets()
}

// The name comes first where a domain leads to a provider, and nothing shows whether
// there is such an account.
func TestDomainLeadsToProvider(t *testing.T) {
	w := newWorld(t)
	w.user("alice")
	rp := w.register("wiki", nil)
	p := w.newProvider("hub")
	p.connect(func(_ *admin.NewConnector, c *core.Connector) { c.Domains, c.Hidden = []string{"hub.example"}, true })
	page := newBrowser(t, w.issuer).get(rp.authorizeURL())
	if page.has("password") || page.has("upstream-hub") {
		t.Errorf("the page asks for a password, or shows what is hidden:\n%s", page.body)
	}
	name := map[string]string{"username": "jane@hub.example"}
	sent, err := url.Parse(page.press("identify", name).leaves())
	if err != nil || !strings.HasPrefix(sent.String(), p.issuer) || sent.Query().Get("login_hint") != "jane@hub.example" {
		t.Errorf("jane is sent to %q, %v", sent, err)
	}
	var bodies []string
	for _, name := range []string{"alice", "nobody"} {
		asked := page.press("identify", map[string]string{"username": name})
		if !asked.has("password") || asked.status != http.StatusOK || asked.field("username") != name {
			t.Errorf("%s: status %d\n%s", name, asked.status, asked.body)
		}
		bodies = append(bodies, strings.ReplaceAll(strings.ReplaceAll(asked.body, name, "NAME"), asked.field("step"), "STEP"))
	}
	if bodies[0] != bodies[1] {
		t.Error("alice is told from nobody")
	}
}

// The provider's tokens stay here, sealed, and go to no client.
func TestKeptTokens(t *testing.T) {
	w := newWorld(t)
	rp := w.register("wiki", nil)
	p := w.newProvider("hub")
	p.connect(func(_ *admin.NewConnector, c *core.Connector) { c.KeepTokens = true })
	b := newBrowser(t, w.issuer)
	set := rp.redeem(b.upstreamCode(rp, "hub"))
	jane, err := w.app.Store.UserByLogin(t.Context(), core.DefaultOrganisation, "jane")
	if err != nil {
		t.Fatal(err)
	}
	links, err := w.app.Store.Links(t.Context(), jane.ID)
	if err != nil || len(links) != 1 || len(links[0].Tokens) == 0 || strings.Contains(string(links[0].Tokens), p.access) {
		t.Errorf("links %+v, %v", links, err)
	}
	info := w.resource("/api/userinfo", set.text("access_token"))
	if strings.Contains(string(set.body)+string(info.body), p.access) {
		t.Error("the provider's access token got out")
	}
	w.clock.advance(time.Second)
	w.checkSecrets()
}

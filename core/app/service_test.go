package app_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/oauth"
)

// own asks for a token for the client itself.
func (rp *relyingParty) own(edits ...string) answer {
	rp.w.t.Helper()
	return rp.tokenRequest(url.Values{"grant_type": {"client_credentials"}}, edits...)
}

func service(c *core.Client) {
	c.RedirectURIs, c.Scopes = nil, []string{"reports.read", "reports.write"}
}

// TestService: a program gets a token for itself, with which nothing about anybody is
// told, and which ends with the client.
func TestService(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	if a := w.resource(oauth.PathDiscovery, ""); !strings.Contains(string(a.body), `"client_credentials"`) {
		t.Errorf("discovery: %s", a.body)
	}
	rp := w.registerPreset("reporter", admin.PresetService, service)
	a := rp.own()
	if a.status != http.StatusOK || a.text("scope") != "reports.read reports.write" || a.text("token_type") != "Bearer" || a.header.Get("Cache-Control") != "no-store" {
		t.Fatalf("status %d: %s", a.status, a.body)
	}
	for _, name := range []string{"refresh_token", "id_token"} {
		if _, given := a.json[name]; given {
			t.Errorf("there is a %s: %s", name, a.body)
		}
	}
	issued := w.events(core.EventFilter{Type: core.EventTokenIssued})
	if len(issued) != 1 || issued[0].UserID != "" || issued[0].ClientID != rp.client.ID || issued[0].Detail["scopes"] != "reports.read reports.write" {
		t.Errorf("audit events %+v", issued)
	}
	for _, path := range []string{oauth.PathUserInfo, oauth.PathAccount} {
		w.recorded(core.EventResourceRefused, "token_of_nobody", func() {
			r := w.resource(path, a.text("access_token"))
			if challenge := r.header.Get("WWW-Authenticate"); r.status != http.StatusForbidden || !strings.Contains(challenge, `error="insufficient_scope"`) || r.text("sub") != "" {
				t.Errorf("%s: status %d, challenge %q: %s", path, r.status, challenge, r.body)
			}
		})
	}
	rp.own("scope", "openid").isRefusal(t, http.StatusBadRequest, "invalid_scope")
	rp.own("scope", "reports.delete").isRefusal(t, http.StatusBadRequest, "invalid_scope")

	// It signs nobody in.
	p := newBrowser(t, w.issuer).get(w.issuer + "/login/oauth/authorize?response_type=code&client_id=" + rp.client.ID + "&redirect_uri=" + url.QueryEscape(theCallback) + "&scope=reports.read")
	if p.status != http.StatusBadRequest {
		t.Errorf("authorization: status %d", p.status)
	}
	if err := w.app.Admin.DeleteClient(ctx, cli, rp.client.ID); err != nil {
		t.Fatal(err)
	}
	w.deniesAccess(a.text("access_token"), "unknown_token")
	rp.own().isRefusal(t, http.StatusUnauthorized, "invalid_client")
}

// TestServicePolicy: the rules of the access policy hold for programs.
func TestServicePolicy(t *testing.T) {
	w := newWorld(t)
	rules := []byte(`{"rules":[
		{"when":{"grant_types":["client_credentials"],"clients":["reporter"]},"then":{"remove_scopes":["reports.write"],"stop":true}},
		{"when":{"grant_types":["client_credentials"]},"then":{"deny":"Not for programs."}}]}`)
	if _, err := w.app.Admin.BindPlugin(context.Background(), cli, admin.Bind{Plugin: "access", Settings: rules}); err != nil {
		t.Fatal(err)
	}
	reporter, other := w.registerPreset("reporter", admin.PresetService, service), w.registerPreset("other", admin.PresetService, service)
	if a := reporter.own(); a.text("scope") != "reports.read" {
		t.Errorf("status %d: %s", a.status, a.body)
	}
	reporter.own("scope", "reports.write").isRefusal(t, http.StatusBadRequest, "invalid_scope")
	a := other.own()
	a.isRefusal(t, http.StatusBadRequest, "unauthorized_client")
	refused := w.events(core.EventFilter{Type: core.EventTokenRefused, ClientID: other.client.ID})
	if len(refused) != 1 || refused[0].Detail["policy"] != "Not for programs." || strings.Contains(string(a.body), "programs") {
		t.Errorf("audit events %+v, answer %s", refused, a.body)
	}
}

// TestPolicyDenies: a person whom a policy denies reads why before going back; the client
// learns it as an error, and where nobody can read, at once.
func TestPolicyDenies(t *testing.T) {
	w := newWorld(t)
	rules := []byte(`{"rules":[{"when":{"clients":["wiki"]},"then":{"deny":"Only from the \"office\" <network>."}}]}`)
	if _, err := w.app.Admin.BindPlugin(context.Background(), cli, admin.Bind{Plugin: "access", Settings: rules}); err != nil {
		t.Fatal(err)
	}
	w.user("alice")
	rp := w.register("wiki", func(*core.Client) {})
	b := newBrowser(t, w.issuer)
	p := b.get(rp.authorizeURL()).signIn("alice", thePassword)
	if p.status != http.StatusOK || p.location != nil || !strings.Contains(p.body, "Only from the &#34;office&#34; &lt;network&gt;.") {
		t.Errorf("status %d, to %v: %s", p.status, p.location, p.body)
	}
	back := strings.ReplaceAll(between(p.body, `id="continue" href="`, `"`), "&amp;", "&")
	if u, err := url.Parse(back); err != nil || !strings.HasPrefix(back, theCallback+"?") || u.Query().Get("error") != "access_denied" ||
		u.Query().Get("state") != "the-state" || u.Query().Get("error_description") != "Only from the office <network>." {
		t.Errorf("back to %q", back)
	}
	p = b.get(rp.authorizeURL("response_mode", "form_post"))
	for _, want := range []string{`action="` + theCallback + `"`, `name="error" value="access_denied"`, `name="state" value="the-state"`, "&lt;network&gt;"} {
		if !strings.Contains(p.body, want) {
			t.Errorf("the form has no %s: %s", want, p.body)
		}
	}
	if strings.Contains(p.body, "<script") || strings.Contains(p.header.Get("Content-Security-Policy"), "script-src") {
		t.Error("the form is sent before anybody read it")
	}
	w.recorded(core.EventAuthorizeRefused, "policy_denied", func() {
		wantErrorRedirect(t, w, b.get(rp.authorizeURL("prompt", "none")), "access_denied")
	})
}

func between(text, before, after string) string {
	_, text, _ = strings.Cut(text, before)
	text, _, _ = strings.Cut(text, after)
	return text
}

// TestAllowedGroups: who is in no group of the client is refused at the sign-in, and
// whoever leaves them is refused wherever they show up.
func TestAllowedGroups(t *testing.T) {
	w := newWorld(t)
	ctx := context.Background()
	alice := w.user("alice", func(u *admin.NewUser) { u.Groups = []string{"staff"} })
	bob := w.user("bob", func(u *admin.NewUser) { u.Groups = []string{"guests"} })
	rp := w.register("wiki", func(c *core.Client) {
		withRefresh(c)
		c.AllowedGroups = []string{"staff", "board"}
	})
	b := newBrowser(t, w.issuer)
	p := b.get(rp.authorizeURL()).signIn("bob", thePassword)
	wantErrorRedirect(t, w, p, "access_denied")
	if text := p.location.String(); strings.Contains(text, "staff") || strings.Contains(text, "board") || strings.Contains(text, "group") {
		t.Errorf("the answer tells who may sign in: %s", text)
	}
	w.recorded(core.EventAuthorizeRefused, "not_in_allowed_group", func() {
		wantErrorRedirect(t, w, b.get(rp.authorizeURL("prompt", "none")), "access_denied")
	})
	f := &family{w: w, alice: alice, browser: newBrowser(t, w.issuer), rp: rp}
	f.set = rp.tokens(f.browser)
	f.rotate()
	w.serves(f.set.text("access_token"))
	group, err := w.app.Admin.FindGroup(ctx, core.DefaultOrganisation, "staff")
	if err != nil {
		t.Fatal(err)
	}
	if err := w.app.Admin.RemoveMember(ctx, cli, group, alice); err != nil {
		t.Fatal(err)
	}
	w.deniesAccess(f.set.text("access_token"), "not_in_allowed_group")
	w.refuses(rp.callRefresh(f.token()), http.StatusBadRequest, "invalid_grant", "not_in_allowed_group")
	wantErrorRedirect(t, w, f.browser.get(rp.authorizeURL("prompt", "none")), "access_denied")
	if err := w.app.Admin.AddMember(ctx, cli, group, alice); err != nil {
		t.Fatal(err)
	}
	f.rotate()
	refused := w.events(core.EventFilter{Type: core.EventAuthorizeRefused})
	about := map[core.ID]int{}
	for _, e := range refused {
		if e.Detail["reason"] != "not_in_allowed_group" {
			t.Errorf("audit event %+v", e)
		}
		about[e.UserID]++
	}
	if len(refused) != 3 || about[alice.ID] != 1 || about[bob.ID] != 2 {
		t.Errorf("audit events %+v", refused)
	}
}

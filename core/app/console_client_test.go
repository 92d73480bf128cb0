package app_test

import (
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// administrator signs root, who owns the server, in at the console.
func (w *world) administrator() *browser {
	w.t.Helper()
	w.user("root", func(u *admin.NewUser) { u.Admin = true })
	b := newBrowser(w.t, w.issuer)
	if p := b.get("/admin").signIn("root", thePassword); p.status != http.StatusOK || p.url.Path != "/admin" {
		w.t.Fatalf("the administrator is at %s: %d", p.url, p.status)
	}
	return b
}

// wants checks the status, and that the page has these texts as people read them.
func (p *page) wants(status int, texts ...string) *page {
	p.browser.t.Helper()
	if p.status != status {
		p.browser.t.Fatalf("%s: status %d, want %d:\n%s", p.url, p.status, status, p.words())
	}
	words := p.words()
	for _, text := range texts {
		if !strings.Contains(words, text) {
			p.browser.t.Errorf("%s lacks %q:\n%s", p.url, text, words)
		}
	}
	return p
}

// lacks checks that the page has none of these texts.
func (p *page) lacks(texts ...string) *page {
	p.browser.t.Helper()
	for _, text := range texts {
		if strings.Contains(p.body, text) {
			p.browser.t.Errorf("%s has %q", p.url, text)
		}
	}
	return p
}

var (
	tags   = regexp.MustCompile(`(?s)<script.*?</script>|<[^>]*>`)
	blanks = regexp.MustCompile(`\s+`)
)

// words are the text of the page.
func (p *page) words() string {
	_, main, _ := strings.Cut(p.body, "<main")
	return blanks.ReplaceAllString(html.UnescapeString(tags.ReplaceAllString("<main"+main, " ")), " ")
}

// From the choice of a product to a sign-in that works: the secret is shown once, the guide
// is filled in, the checklist follows, and a try shows every claim with where it comes from.
func TestConsoleClient(t *testing.T) {
	w := newWorld(t)
	b := w.administrator()
	b.get("/admin/clients").wants(200, "Postern command line").press("new", nil).wants(200, "Confluence (miniOrange)", "Kubernetes", "Service")
	form := b.get("/admin/clients/new?preset=confluence").wants(200, "Address of Confluence")
	form.press("create", map[string]string{"address": "wiki.example.org", "name": "a b"}).
		wants(422, `"wiki.example.org" is no address of an application. Write it as the browser shows it, like https://wiki.example.org.`)
	made := form.press("create", map[string]string{"address": "https://wiki.example.org", "display_name": "Our wiki", "name": "wiki"}).
		wants(200, "Our wiki was added.", "It is shown this once", "Custom OpenID", w.issuer+"/api/get-account", "address phone openid profile offline_access email", "Somebody signed in for the application: not yet.")
	client, err := w.app.Admin.FindClient(t.Context(), "", "wiki")
	if err != nil {
		t.Fatal(err)
	}
	secret := copied(made, "Client secret")
	if core.HashClientSecret(secret) != client.SecretHash {
		t.Errorf("the secret that is shown, %q, is another one", secret)
	}
	w.hide(secret)
	base := "/admin/clients/" + client.ID
	b.get(base).wants(200, "(shown once, when it was made)", "https://wiki.example.org/plugins/servlet/oauth/callback").lacks(secret)
	b.get("/admin/clients?q=WIKI").wants(200, "Our wiki", "Confluence (miniOrange)")

	// A try goes through the whole of it.
	tried := b.get(base+"/try").press("begin", nil).wants(200, "The sign-in works", "preferred_username", "plugin miniorange", "scope email", "issued, and revoked").lacks("at_0", "rt_", secret)
	b.get(tried.url.RequestURI()).wants(400, "This attempt is over")
	b.get(base).wants(200, "Somebody signed in for the application.", "The application got tokens.")
	b.get(base+"/try").press("begin", map[string]string{"prompt": "none", "scopes": "nonsense"}).wants(200, "The sign-in does not work", "invalid_scope")

	// Another secret, and the old one is gone.
	again := b.get(base).press("rotate", nil).wants(200, "The old one stops working at once").press("rotate", nil).wants(200, "The secret was replaced.")
	if copied(again, "Client secret") == secret {
		t.Error("the secret is the same")
	}
	b.get(base).press("delete", nil).wants(200, "What goes with it", "cannot be undone").press("delete", nil).wants(422, "Tick the box if you are sure.")
	b.get(base+"/delete").press("delete", map[string]string{"confirm": "on"}).wants(200, "Our wiki was deleted.")
	b.get(base).wants(404, "There is no client")
	w.checkSecrets()
}

// copied gives the value that stands beside the label.
func copied(p *page, label string) string {
	_, after, _ := strings.Cut(p.body, "<dt>"+label+"</dt>")
	_, after, _ = strings.Cut(after, `<code class="copied">`)
	value, _, _ := strings.Cut(after, "</code>")
	return html.UnescapeString(value)
}

// Everything about a client can be edited, and what two change at once is told apart.
func TestConsoleClientSettings(t *testing.T) {
	w := newWorld(t)
	b := w.administrator()
	rp := w.register("board", nil)
	base := "/admin/clients/" + rp.client.ID
	form := b.get(base+"/edit").wants(200, "Redirect URIs", "Lifetimes")
	form.press("save", map[string]string{
		"display_name": "The board", "redirect_uris": "https://a.example/cb\nhttps://b.example/cb", "allowed_groups": "staff", "access_ttl": "30m",
		"backchannel_logout_uri": "https://a.example/out", "metadata": `{"subject_type":"pairwise","sector_identifier_uri":"","contacts":["ops@a.example"]}`,
	}).wants(422, "pairwise")
	form.press("save", map[string]string{
		"display_name": "The board", "redirect_uris": "https://a.example/cb\nhttps://b.example/cb", "allowed_groups": "staff", "access_ttl": "30m",
		"backchannel_logout_uri": "https://a.example/out", "metadata": `{"contacts":["ops@a.example"]}`, "scopes": "openid email",
	}).wants(200, "The settings were saved.", "there is no group staff")
	client, err := w.app.Admin.FindClient(t.Context(), "", "board")
	if err != nil || client.DisplayName != "The board" || len(client.RedirectURIs) != 2 || client.AccessTTL.Minutes() != 30 || client.Metadata.Contacts[0] != "ops@a.example" ||
		client.Metadata.BackchannelLogoutURI != "https://a.example/out" || strings.Join(client.Scopes, " ") != "openid email" || len(client.AuthMethods) != 2 {
		t.Errorf("%+v, %v", client, err)
	}
	// The page that was made before is told what is stored now.
	form.press("save", map[string]string{"display_name": "Another board", "redirect_uris": "https://rp.example/cb"}).wants(409, "Somebody else changed this", "The board")
	for name, value := range map[string]string{"access_ttl": "soon", "metadata": `{"jwks_ury":1}`} {
		b.get(base+"/edit").press("save", map[string]string{name: value}).wants(422)
	}
	b.get(base).press("delete", nil)
	b.get(base).wants(200, "Disable")
}

// What an application gets, and why, without a sign-in.
func TestConsoleExplain(t *testing.T) {
	w := newWorld(t)
	b := w.administrator()
	w.user("alice")
	rp := w.registerPreset("wiki", "confluence", nil)
	b.get("/admin/explain").wants(200, "Choose an application and a person.")
	b.get("/admin/explain?client="+rp.client.ID+"&user=alice").wants(200, "The application gets tokens", "plugin miniorange", "alice@example.com", "A plugin gave it its shape.")
	b.get("/admin/explain?client="+rp.client.ID+"&user=nobody").wants(404, `There is no user "nobody".`)
	b.get("/admin/explain?client=x&user=alice").wants(404, "There is no client")
}

package app_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/examples/confluence/standin"
)

// Each mistake that administrators make when they connect Confluence, made in the stand-in:
// the page of the application says what is wrong, and after it is mended that all is well.
func TestConfluenceMistakes(t *testing.T) {
	w := newWorld(t)
	confluenceUser(w)
	root := w.administrator()
	nothing := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(nothing.Close)
	for _, test := range []struct {
		name   string
		wrong  func(c *standin.Config)
		client func(c *core.Client)
		says   []string
	}{
		{"address", func(c *standin.Config) { c.BaseURL = "http://localhost:1" }, nil,
			[]string{"asked to be answered at http://localhost:1/plugins/servlet/oauth/callback, which is no redirect URI of this client", "letter by letter"}},
		{"client-id", func(c *standin.Config) { c.ClientID = "someone" }, nil, []string{"sent a client ID that there is not", "Paste the client ID into it again"}},
		{"secret", func(c *standin.Config) { c.ClientSecret = "guessed" }, nil, []string{"sent a client secret that is not right", "make a new one"}},
		{"way", func(c *standin.Config) { c.ClientAuth = standin.Post }, func(c *core.Client) { c.AuthMethods = []string{core.AuthBasic} },
			[]string{"sent no client secret, or in a way that this client may not use", "client_secret_basic"}},
		{"no-email", func(c *standin.Config) { c.Scope = "openid profile" }, nil, []string{"was told no e-mail address: it did not ask for the scope email", "Set the scopes in the application to:"}},
		{"no-profile", func(c *standin.Config) { c.Scope = "openid email" }, nil, []string{"was told no user name, no full name and no groups"}},
		{"no-openid", func(c *standin.Config) { c.Scope = "profile email" }, nil, []string{"got no ID token: it did not ask for the scope openid"}},
		{"strange-scopes", func(c *standin.Config) { c.Scope = "wiki read" }, nil, []string{"asked for scopes of which this client may have none. wiki read", "address phone openid profile offline_access email"}},
		{"token-endpoint", func(c *standin.Config) { c.TokenURL = nothing.URL }, nil, []string{"The application got a code, and has not asked for tokens with it", "token endpoint is right"}},
		{"disabled", nil, func(c *core.Client) { c.Disabled = true }, []string{"The client is disabled: whatever it asks for is refused.", "Enable it."}},
		{"allowed-group", nil, func(c *core.Client) { c.AllowedGroups = []string{"confluence-administrators"} }, []string{"there is no group confluence-administrators"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			wiki := newWiki(t, w, test.name)
			if test.client != nil {
				wiki.edit(test.client)
			}
			wiki.set(test.wrong)
			wiki.try()
			w.clock.advance(2 * time.Minute)
			page := root.get("/admin/clients/"+wiki.party.client.ID).wants(http.StatusOK, test.says...)
			page.lacks("Everything works.")

			wiki.edit(func(c *core.Client) {
				c.AuthMethods, c.Disabled, c.AllowedGroups = []string{core.AuthBasic, core.AuthPost}, false, nil
			})
			wiki.set(nil)
			checkConfluence(t, wiki.try())
			root.get("/admin/clients/"+wiki.party.client.ID).wants(http.StatusOK, "Somebody signed in for the application.", "The application got tokens.",
				"The application gets refresh tokens.", "was told who signed in last, and in which groups", "Everything works.").lacks(test.says[0])
			w.clock.advance(time.Minute)
		})
	}
	w.checkSecrets()
}

// wiki is a Confluence whose settings change.
type wiki struct {
	t       *testing.T
	w       *world
	party   *relyingParty
	address string
	handler http.Handler
}

func newWiki(t *testing.T, w *world, name string) *wiki {
	t.Helper()
	k := &wiki{t: t, w: w}
	server := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { k.handler.ServeHTTP(rw, r) }))
	t.Cleanup(server.Close)
	k.address = server.URL
	created, err := w.app.Admin.CreateClient(t.Context(), cli, admin.NewClient{Name: name, Preset: admin.PresetConfluence, Address: k.address})
	if err != nil {
		t.Fatal(err)
	}
	w.hide(created.Secret)
	k.party = &relyingParty{w: w, client: &created.Client, secret: created.Secret}
	return k
}

// set sets it up by the guide, but for what is wrong.
func (k *wiki) set(wrong func(*standin.Config)) {
	k.t.Helper()
	config := standin.Config{ClientID: k.party.client.ID, ClientSecret: k.party.secret, Issuer: k.w.issuer, BaseURL: k.address, Now: k.w.clock.Now}
	if wrong != nil {
		wrong(&config)
	}
	site, err := standin.New(config)
	if err != nil {
		k.t.Fatal(err)
	}
	k.handler = site
}

func (k *wiki) edit(change func(*core.Client)) {
	k.t.Helper()
	edited, err := k.w.app.Admin.UpdateClient(k.t.Context(), cli, k.party.client.ID, "", change)
	if err != nil {
		k.t.Fatal(err)
	}
	k.party.client = edited
}

// try has alice sign in, however far that goes.
func (k *wiki) try() *page {
	k.t.Helper()
	site, server := newBrowser(k.t, k.address), newBrowser(k.t, k.w.issuer)
	p := server.get(site.get("/login").location.String())
	if p.has("login") {
		p = p.signIn("alice", thePassword)
	}
	if p.location == nil {
		return p
	}
	k.w.hide(p.location.Query().Get("code"))
	return site.get(p.location.String())
}

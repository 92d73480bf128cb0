package app_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/examples/confluence/standin"
)

// confluenceUser is alice as the guide makes her.
func confluenceUser(w *world) {
	w.t.Helper()
	w.user("alice", func(u *admin.NewUser) { u.Groups = []string{"confluence-users", "R&D"} })
}

// confluence runs a stand-in for Confluence that is registered as the guide says.
func confluence(t *testing.T, w *world, name string, change func(*standin.Config), edit func(*core.Client)) *browser {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	address := "http://" + server.Listener.Addr().String()
	registered := w.registerPreset(name, "confluence", func(c *core.Client) {
		c.RedirectURIs = []string{address + "/plugins/servlet/oauth/callback", address + "/plugins/servlet/oidc/callback"}
		edit(c)
	})
	config := standin.Config{ClientID: registered.client.ID, ClientSecret: registered.secret, Issuer: w.issuer, BaseURL: address}
	change(&config)
	site, err := standin.New(config)
	if err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = site
	server.Start()
	t.Cleanup(server.Close)
	return newBrowser(t, address)
}

// text gives the text of the element with this id, one line per child element.
func (p *page) text(id string) string {
	p.browser.t.Helper()
	root := find(p.document(), id)
	if root == nil {
		return ""
	}
	var words []string
	var collect func(*html.Node)
	collect = func(n *html.Node) {
		if text := strings.TrimSpace(n.Data); n.Type == html.TextNode && text != "" {
			words = append(words, text)
		}
		for child := range n.ChildNodes() {
			collect(child)
		}
	}
	collect(root)
	return strings.Join(words, "\n")
}

func checkConfluence(t *testing.T, p *page) {
	t.Helper()
	for _, check := range []struct{ id, want string }{
		{"user", "alice"}, {"display-name", "Alice Liddell"}, {"email", "alice@example.com"},
	} {
		if got := p.text(check.id); got != check.want {
			t.Errorf("%s: got %q, want %q", check.id, got, check.want)
		}
	}
	groups := strings.Split(p.text("groups"), "\n")
	slices.Sort(groups)
	if !slices.Equal(groups, []string{"R&D", "confluence-users"}) {
		t.Errorf("groups: got %q", groups)
	}
	if t.Failed() {
		t.Logf("status %d at %s:\n%s", p.status, p.url, p.body)
	}
}

func TestConfluence(t *testing.T) {
	w := newWorld(t)
	confluenceUser(w)
	asItIs := func(*core.Client) {}
	for _, mode := range []standin.Mode{standin.MiniOrangeOpenID, standin.MiniOrangeOAuth, standin.Atlassian} {
		for _, auth := range []standin.ClientAuth{standin.Basic, standin.Post} {
			for _, extras := range []struct {
				name         string
				state, nonce bool
			}{{"bare", false, false}, {"state", true, false}, {"nonce", false, true}, {"both", true, true}} {
				if mode == standin.Atlassian && (auth == standin.Post || extras.name != "both") {
					continue // that client has one way
				}
				name := fmt.Sprintf("%s-%s-%s", mode, auth, extras.name)
				t.Run(name, func(t *testing.T) {
					site := confluence(t, w, name, func(c *standin.Config) {
						c.Mode, c.ClientAuth, c.State, c.Nonce = mode, auth, extras.state, extras.nonce
					}, asItIs)
					walkConfluence(t, w, site)
				})
			}
		}
	}
	w.checkSecrets()
}

// walkConfluence is the guide's last step and what comes after it: sign in, sign
// out of Confluence, sign in again without a password, sign out everywhere.
func walkConfluence(t *testing.T, w *world, site *browser) {
	t.Helper()
	server := newBrowser(t, w.issuer)
	checkConfluence(t, w.visit(site, server, "/login"))

	if p := site.get("/").press("signout", nil); !p.has("signin") {
		t.Fatalf("not signed out: %s", p.body)
	}
	silent := server.get(site.get("/login").location.String())
	if silent.location == nil {
		t.Fatalf("the second sign-in asks: status %d at %s", silent.status, silent.url)
	}
	checkConfluence(t, site.get(silent.location.String()))

	leaving := site.get("/").press("signout-provider", nil)
	if left := server.get(leaving.location.String()); left.has("logout") || left.status != http.StatusOK {
		t.Errorf("sign-out at the server: status %d:\n%s", left.status, left.body)
	}
	if p := server.get(site.get("/login").location.String()); !p.has("login") {
		t.Errorf("after sign-out: status %d at %s", p.status, p.url)
	}
}

func TestConfluenceTestConfiguration(t *testing.T) {
	w := newWorld(t)
	confluenceUser(w)
	for _, mode := range []standin.Mode{standin.MiniOrangeOpenID, standin.MiniOrangeOAuth, standin.Atlassian} {
		t.Run(string(mode), func(t *testing.T) {
			site := confluence(t, w, string(mode), func(c *standin.Config) { c.Mode = mode }, func(*core.Client) {})
			p := w.visit(site, newBrowser(t, w.issuer), "/test")
			if !p.has("success") {
				t.Errorf("it failed: %s", p.text("failure"))
			}
			checkConfluence(t, p)
		})
	}
}

func TestConfluenceImportDetails(t *testing.T) {
	w := newWorld(t)
	confluenceUser(w)
	site := confluence(t, w, "import", func(c *standin.Config) {
		// What was typed in is wrong, so that what works was imported.
		c.AuthorizationURL, c.TokenURL, c.JWKSURL, c.Scope = w.issuer+"/a", w.issuer+"/b", w.issuer+"/c", "openid"
	}, func(*core.Client) {})
	p := site.get("/import").press("import", nil)
	if !p.has("success") || p.text("scopes") != "openid profile email address phone offline_access" {
		t.Errorf("%s, scopes %q", p.text("failure"), p.text("scopes"))
	}
	checkConfluence(t, w.visit(site, newBrowser(t, w.issuer), "/login"))
}

// miniOrange appends the access token to a URL that ends in "=". Whether the
// header is still there nobody outside knows, so both have to work.
func TestConfluenceTokenInTheAddress(t *testing.T) {
	w := newWorld(t)
	confluenceUser(w)
	site := confluence(t, w, "header-too", func(c *standin.Config) {
		c.Mode, c.UserInfoURL = standin.MiniOrangeOAuth, w.issuer+"/api/get-account?accessToken="
	}, func(c *core.Client) { c.QueryToken = true })
	checkConfluence(t, w.visit(site, newBrowser(t, w.issuer), "/login"))

	// Alone it works only where the administrator switched it on. Elsewhere it is
	// no token.
	for allowed, status := range map[bool]int{true: http.StatusOK, false: http.StatusUnauthorized} {
		registered := w.registerPreset(fmt.Sprint("query-", allowed), "confluence", func(c *core.Client) { c.QueryToken = allowed })
		tokens := registered.redeem(registered.code(newBrowser(t, w.issuer), "alice"))
		got := w.resource("/api/get-account?accessToken="+tokens.text("access_token"), "")
		if got.status != status || (got.text("name") == "alice") != allowed {
			t.Errorf("allowed: %v, got status %d: %s", allowed, got.status, got.body)
		}
	}
	w.checkSecrets()
}

func TestConfluenceNeedsScopes(t *testing.T) {
	w := newWorld(t)
	confluenceUser(w)
	for _, test := range []struct {
		name        string
		mode        standin.Mode
		scope, want string
	}{
		{"openid-no-email", standin.MiniOrangeOpenID, "openid profile", "created only with an e-mail address"},
		{"oauth-no-email", standin.MiniOrangeOAuth, "openid profile", "created only with an e-mail address"},
		{"openid-no-openid", standin.MiniOrangeOpenID, "profile email", "add openid to the scopes"},
	} {
		t.Run(test.name, func(t *testing.T) {
			site := confluence(t, w, test.name, func(c *standin.Config) { c.Mode, c.Scope = test.mode, test.scope }, func(*core.Client) {})
			if p := w.visit(site, newBrowser(t, w.issuer), "/login"); !strings.Contains(p.text("failure"), test.want) {
				t.Errorf("want %q, got %q:\n%s", test.want, p.text("failure"), p.body)
			}
		})
	}
}

// TestConfluenceExample runs the command of the example's README.
func TestConfluenceExample(t *testing.T) {
	w := newWorld(t)
	confluenceUser(w)
	binary := filepath.Join(t.TempDir(), "confluence")
	build := exec.CommandContext(t.Context(), "go", "build", "-o", binary, "../../examples/confluence")
	if output, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	address := freeAddress(t)
	registered := w.registerPreset("example", "confluence", func(c *core.Client) {
		c.RedirectURIs = []string{address + "/plugins/servlet/oauth/callback"}
	})
	stop := runExample(t, binary, address, "--client-id", registered.client.ID, "--client-secret", registered.secret, "--issuer", w.issuer)
	walkConfluence(t, w, newBrowser(t, address))
	stop()
}

func freeAddress(t *testing.T) string {
	t.Helper()
	server := httptest.NewServer(nil)
	server.Close()
	return server.URL
}

// runExample starts the example and waits until it listens. stop ends it as
// Ctrl-C does.
func runExample(t *testing.T, binary, address string, args ...string) (stop func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	t.Cleanup(cancel)
	example := exec.CommandContext(ctx, binary, append(args, "--listen", strings.TrimPrefix(address, "http://"))...)
	example.Cancel, example.WaitDelay = func() error { return example.Process.Signal(os.Interrupt) }, 20*time.Second
	example.Stderr = os.Stderr
	out, err := example.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := example.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	if line, err := lines.ReadString('\n'); err != nil || !strings.Contains(line, address) {
		t.Fatalf("it said %q: %v", line, err)
	}
	return func() {
		t.Helper()
		if err := example.Process.Signal(os.Interrupt); err != nil {
			t.Error(err)
		}
		if _, err := io.Copy(io.Discard, lines); err != nil {
			t.Error(err)
		}
		if err := example.Wait(); err != nil {
			t.Errorf("it ended with %v", err)
		}
	}
}

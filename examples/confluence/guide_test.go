package main_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/needs"
	"github.com/postern-id/postern/examples/walk"
)

const alicesPassword = "correct horse battery staple"

// TestGuide walks the six steps of README.md as a person does: the binary is
// built and started, the commands are typed, and a real browser signs in, signs
// out, and signs in again. Screenshots of every page that it sees stay in
// screenshots/.
func TestGuide(t *testing.T) {
	chromium := needs.Program(t, "chromium")
	postern, confluence := walk.Build(t, "../../core/cmd/postern"), walk.Build(t, ".")
	dir := t.TempDir()
	run := func(stdin string, args ...string) []byte { return walk.Run(t, dir, stdin, postern, args...) }

	// Step 1: the server, and the link for the first administrator.
	address := walk.FreeAddress(t, "127.0.0.1")
	issuer := "http://" + address
	server := walk.Start(t, dir, postern, "serve", "--listen", address)
	walk.WaitFor(t, issuer+"/readyz")
	setup := server.Find(t, regexp.QuoteMeta(issuer)+`/setup\?token=\S+`)
	run(alicesPassword+"\n", "user", "create", "alice", "--email", "alice@example.com",
		"--name", "Alice Liddell", "--group", "confluence-users", "--password-stdin")

	// Steps 2 to 4: the client.
	home := "http://" + walk.FreeAddress(t, "127.0.0.1")
	var client struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
		Issuer string `json:"issuer"`
	}
	created := run("", "client", "create", "Confluence", "--preset", "confluence",
		"--redirect-uri", home+"/plugins/servlet/oauth/callback", "--redirect-uri", home+"/plugins/servlet/oidc/callback", "--json")
	if err := json.Unmarshal(created, &client); err != nil {
		t.Fatalf("%v in:\n%s", err, created)
	}
	if client.Issuer != issuer {
		t.Errorf("issuer %q, want %q", client.Issuer, issuer)
	}

	// Step 5: Confluence, here the stand-in.
	walk.Start(t, dir, confluence, "--client-id", client.ID, "--client-secret", client.Secret,
		"--issuer", issuer, "--listen", strings.TrimPrefix(home, "http://"), "--state", "--nonce")
	walk.WaitFor(t, home+"/")

	// Step 6, in the browser.
	b := tab{t, walk.NewTab(t, chromium)}
	b.firstAdministrator(setup)
	b.ForgetCookies() // another person at another browser
	b.signIn(home)
	b.signOut(home)
	b.signIn(home)
	b.wrongPassword(issuer)
}

// tab is the browser of this guide.
type tab struct {
	t *testing.T
	*walk.Tab
}

// firstAdministrator follows the one-time link.
func (b tab) firstAdministrator(link string) {
	b.t.Helper()
	b.Open(link, "#setup", "01-setup")
	b.Enter("#username", "root")
	b.Enter("#name", "Ruth Root")
	b.Enter("#email", "root@example.com")
	b.Enter("#password", "a long enough password")
	b.Click("#setup", "main", "02-setup-done")
	if text := b.Text("main"); !strings.Contains(text, "root") {
		b.t.Errorf("the page after set-up does not name the administrator: %s", text)
	}
	b.Open(link, "main", "03-setup-link-used")
	if text := b.Text("main"); !strings.Contains(text, "access_denied") {
		b.t.Errorf("the set-up link works twice: %s", text)
	}
}

// signIn opens Confluence and signs in through Postern.
func (b tab) signIn(home string) {
	b.t.Helper()
	b.Open(home, "#signin", "04-confluence")
	b.Click("#signin", "#login", "05-sign-in")
	if text := b.Text("body"); !strings.Contains(text, "Confluence") {
		b.t.Errorf("the sign-in page does not say for whom: %s", text)
	}
	b.Dark("06-sign-in-dark")
	b.Narrow("07-sign-in-narrow")
	b.Enter("#username", "alice")
	b.Enter("#password", alicesPassword)
	b.Click("#login", "#user", "08-confluence-signed-in")
	for selector, want := range map[string]string{
		"#user": "alice", "#display-name": "Alice Liddell", "#email": "alice@example.com", "#groups": "confluence-users",
	} {
		if got := b.Text(selector); strings.TrimSpace(got) != want {
			b.t.Errorf("Confluence shows %s = %q, want %q", selector, got, want)
		}
	}
}

// signOut signs out of Confluence and of Postern.
func (b tab) signOut(home string) {
	b.t.Helper()
	// Confluence shows the ID token of this very session: nothing is asked.
	b.Click("#signout-provider", "main", "09-signed-out")
	if text := b.Text("main"); !strings.Contains(strings.ToLower(text), "signed out") {
		b.t.Errorf("the page does not say that it is done: %s", text)
	}
	b.Open(home, "#signin", "10-confluence-signed-out")
}

// wrongPassword signs in to Postern itself, wrongly and then rightly.
func (b tab) wrongPassword(issuer string) {
	b.t.Helper()
	b.ForgetCookies()
	b.Open(issuer+"/login", "#login", "11-sign-in-to-postern")
	b.Enter("#username", "alice")
	b.Enter("#password", "not the password")
	b.Click("#login", "[role=alert]", "12-wrong-password")
	if got := b.Value("#username"); got != "alice" {
		b.t.Errorf("the form forgot what was typed: %q", got)
	}
	b.Enter("#password", alicesPassword)
	b.Click("#login", "main", "13-signed-in")
	if text := b.Text("body"); !strings.Contains(text, "Alice Liddell") {
		b.t.Errorf("the page does not say who is signed in: %s", text)
	}
	b.Open(issuer+"/api/logout", "#logout", "14-sign-out")
	b.Click("#logout", "main", "15-signed-out")
	b.Open(issuer+"/no/such/page", "main", "16-error")
}

package upstream_test

import (
	"encoding/json"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/needs"
	"github.com/postern-id/postern/examples/walk"
)

const password = "correct horse battery staple"

// TestGuide walks through README.md as a person does: two servers are started, the
// commands are typed, and a real browser signs in at each with the other, and at npm's
// oidc-provider. Screenshots of every page that it sees stay in screenshots/.
func TestGuide(t *testing.T) {
	chromium := needs.Program(t, "chromium")
	needs.Program(t, "node")
	npm := installProvider(t)
	postern := walk.Build(t, "../../core/cmd/postern")
	// Cookies know no ports: each server has another name.
	example, partner := newServer(t, postern, "example", "127.0.0.1"), newServer(t, postern, "partner", "localhost")
	provider := walk.FreeAddress(t, "127.0.0.3")
	example.start(partner.address + "," + provider)
	partner.start(example.address)
	example.createUser("bob", "Bob Baker", "bob@example.com")
	partner.createUser("alice", "Alice Liddell", "alice@partner.example")

	example.connect(partner, "Partner")
	partner.connect(example, "Example")
	node(t, npm, example, provider)

	b := tab{t, walk.NewTab(t, chromium)}
	b.atPartner(example, partner)
	b.theOtherWay(example, partner)
	b.atNPM(example)
	b.posted(example)
	b.givesUp(example)
	b.broken(example)
	b.somebodyElsesAddress(example)
	b.links(example)
	b.hinted(example, provider)
}

// server is a Postern with a data directory of its own.
type server struct {
	t                                   *testing.T
	name, postern, dir, address, issuer string
}

func newServer(t *testing.T, postern, name, host string) *server {
	t.Helper()
	_, port, err := net.SplitHostPort(walk.FreeAddress(t, "127.0.0.1"))
	if err != nil {
		t.Fatal(err)
	}
	address := net.JoinHostPort(host, port)
	return &server{t, name, postern, t.TempDir(), address, "http://" + address}
}

// start serves. It may ask those others, although they are on this machine.
func (s *server) start(others string) {
	s.t.Helper()
	_, port, _ := net.SplitHostPort(s.address)
	walk.Start(s.t, s.dir, s.postern, "serve", "--listen", "127.0.0.1:"+port, "--issuer", s.issuer, "--outbound-allow-private", others)
	walk.WaitFor(s.t, s.issuer+"/readyz")
}

func (s *server) run(stdin string, args ...string) []byte {
	s.t.Helper()
	return walk.Run(s.t, s.dir, stdin, s.postern, args...)
}

func (s *server) createUser(login, name, email string) {
	s.t.Helper()
	s.run(password+"\n", "user", "create", login, "--name", name, "--email", email, "--password-stdin")
}

// connect lets the people of the other server sign in at this one: it is a client there,
// and has a connector here.
func (s *server) connect(other *server, title string) {
	s.t.Helper()
	var client struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
	}
	created := other.run("", "client", "create", s.name, "--redirect-uri", s.issuer+"/callback/"+other.name, "--skip-consent", "--json")
	if err := json.Unmarshal(created, &client); err != nil {
		s.t.Fatalf("%v in:\n%s", err, created)
	}
	s.run(client.Secret, "connector", "create", other.name, "--plugin", "oidc", "--preset", "postern", "--set", "issuer="+other.issuer,
		"--set", "client_id="+client.ID, "--grant", other.address, "--secret", "client_secret=-", "--title", title, "--create-users")
}

// events gives the audit events of a type, newest first.
func (s *server) events(kind string) []event {
	s.t.Helper()
	var list []event
	text := s.run("", "audit", "list", "--type", kind, "--json")
	if err := json.Unmarshal(text, &list); err != nil {
		s.t.Fatalf("%v in:\n%s", err, text)
	}
	return list
}

type event struct {
	Correlation string            `json:"correlation"`
	Detail      map[string]string `json:"detail"`
}

// installProvider installs npm's oidc-provider in the version of the lock file. The
// source folder stays as it is.
func installProvider(t *testing.T) string {
	t.Helper()
	npm := needs.Program(t, "npm")
	dir := t.TempDir()
	for _, name := range []string{"package.json", "package-lock.json", "provider.mjs"} {
		text, err := os.ReadFile(filepath.Join("provider", name))
		if err == nil {
			err = os.WriteFile(filepath.Join(dir, name), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	install := exec.CommandContext(t.Context(), npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	install.Dir = dir
	if output, err := install.CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v\n%s", err, output)
	}
	return dir
}

// node starts the provider, and makes two connectors to it: one whose callbacks come in
// the URL, and one whose callbacks are posted.
func node(t *testing.T, dir string, s *server, address string) {
	t.Helper()
	const secret = "a secret of the test, long enough"
	settings, err := json.Marshal(map[string]any{
		"issuer": "http://" + address,
		"client": map[string]any{
			"client_id": "postern", "client_secret": secret, "redirect_uris": []string{s.issuer + "/callback/npm", s.issuer + "/callback/npm-post"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	walk.Start(t, dir, "node", "provider.mjs", string(settings)).Find(t, "ready at")
	for name, more := range map[string][]string{
		"npm":      {"--title", "npm", "--create-users"},
		"npm-post": {"--title", "npm, posted", "--set", "response_mode=form_post", "--link-by-email"},
	} {
		s.run(secret, append([]string{
			"connector", "create", name, "--plugin", "oidc", "--set", "issuer=http://" + address, "--set", "client_id=postern",
			"--set", "select_account=false", "--grant", address, "--secret", "client_secret=-",
		}, more...)...)
	}
}

// tab is the browser of this guide.
type tab struct {
	t *testing.T
	*walk.Tab
}

// signedInAs holds who is signed in where, and that the page says with what.
func (b tab) signedInAs(s *server, name string, ways ...string) {
	b.t.Helper()
	text := b.Text("body")
	if !strings.HasPrefix(b.URL(), s.issuer+"/") || !strings.Contains(text, name) {
		b.t.Errorf("at %s, not signed in as %s:\n%s", b.URL(), name, text)
	}
	b.Open(s.issuer+"/account/security", "#links", "")
	text += b.Text("main")
	for _, way := range ways {
		if !strings.Contains(text, way) {
			b.t.Errorf("the page of %s does not say %q:\n%s", name, way, text)
		}
	}
}

// signedOut holds that nobody is signed in there.
func (b tab) signedOut(s *server) {
	b.t.Helper()
	b.Open(s.issuer+"/", "main", "")
	if b.Has("#logout") {
		b.t.Errorf("somebody is signed in:\n%s", b.Text("main"))
	}
}

// withPassword signs in on the page that is shown.
func (b tab) withPassword(login, wait, picture string) {
	b.t.Helper()
	b.Enter("#username", login)
	b.Enter("#password", password)
	b.Click("#login", wait, picture)
}

// atPartner signs in with an account of the other Postern, twice: the second time the
// person is known, and asked for nothing.
func (b tab) atPartner(example, partner *server) {
	b.t.Helper()
	b.Open(example.issuer+"/login", "#upstream-partner", "01-offers")
	b.Dark("02-offers-dark")
	b.Narrow("03-offers-narrow")
	b.Click("#upstream-partner", "#login", "04-at-the-partner")
	if !strings.HasPrefix(b.URL(), partner.issuer+"/") {
		b.t.Fatalf("sent to %s", b.URL())
	}
	b.withPassword("alice", "#logout", "05-signed-in-by-the-partner")
	b.signedInAs(example, "Alice Liddell", "Partner", "alice@partner.example")
	b.Narrow("06-signed-in-narrow")

	b.Click("#logout", "#logout", "07-sign-out")
	b.Click("#logout", "main", "07-signed-out")
	b.Open(example.issuer+"/login", "#upstream-partner", "08-offers-again")
	b.Click("#upstream-partner", "#logout", "09-known-at-the-partner")
	b.signedInAs(example, "Alice Liddell")
	if made := example.events("account.linked"); len(made) != 1 {
		b.t.Errorf("linked %d times", len(made))
	}
}

func (b tab) theOtherWay(example, partner *server) {
	b.t.Helper()
	b.ForgetCookies()
	b.Open(partner.issuer+"/login", "#upstream-example", "10-offers-of-the-partner")
	b.Click("#upstream-example", "#login", "11-at-ours")
	if !strings.HasPrefix(b.URL(), example.issuer+"/") {
		b.t.Fatalf("sent to %s", b.URL())
	}
	b.withPassword("bob", "#logout", "12-signed-in-at-the-partner")
	b.signedInAs(partner, "Bob Baker", "Example")
}

// toNPM goes to npm's provider, as a browser that nobody knows.
func (b tab) toNPM(s *server, connector, picture string) {
	b.t.Helper()
	b.ForgetCookies()
	b.Open(s.issuer+"/login", "#upstream-"+connector, "")
	b.Click("#upstream-"+connector, "#name", picture)
	if !strings.Contains(b.Text("h1"), "oidc-provider") {
		b.t.Fatalf("sent to %s", b.URL())
	}
}

func (b tab) atNPM(s *server) {
	b.t.Helper()
	b.toNPM(s, "npm", "13-at-npm")
	b.Enter("#name", "carol")
	b.Click("#login", "#logout", "14-signed-in-by-npm")
	b.signedInAs(s, "Carol Danvers", "npm")
}

// posted comes back by a form, from another site: that has no cookie of the browser's
// until Postern sends it to itself. Carol is known by her verified address.
func (b tab) posted(s *server) {
	b.t.Helper()
	b.toNPM(s, "npm-post", "15-at-npm-that-posts")
	b.Enter("#name", "carol")
	b.Click("#login", "#logout", "16-signed-in-by-a-post")
	b.signedInAs(s, "Carol Danvers", "npm, posted")
	if strings.Contains(b.URL(), "code=") {
		b.t.Errorf("the code is in the URL: %s", b.URL())
	}
}

// givesUp is sent back to the sign-in page, with a word.
func (b tab) givesUp(s *server) {
	b.t.Helper()
	b.toNPM(s, "npm", "")
	b.Click("#cancel", "#upstream-npm", "17-gave-up")
	if text := b.Text("main"); !strings.Contains(text, "npm") || !b.Has("#username") {
		b.t.Errorf("the sign-in page says:\n%s", text)
	}
	b.signedOut(s)
}

// broken shows what goes wrong at a provider, with a reference that the operator finds.
func (b tab) broken(s *server) {
	b.t.Helper()
	b.toNPM(s, "npm", "")
	b.Click("#break", "#correlation", "18-broken")
	reference := b.Text("#correlation")
	if strings.Contains(b.Text("body"), "<broken>") {
		b.t.Error("the page tells what the provider said")
	}
	failed := s.events("upstream.failed")
	if len(failed) == 0 || failed[0].Correlation != reference || failed[0].Detail["error"] != "server_error" {
		b.t.Errorf("reference %s, audit %+v", reference, failed)
	}
	b.signedOut(s)

	b.Open(s.issuer+"/callback/npm?state=of-nobody&code=x", "#correlation", "19-a-callback-of-nobody")
	b.signedOut(s)
}

// somebodyElsesAddress is not let in by an address that the provider has not verified.
func (b tab) somebodyElsesAddress(s *server) {
	b.t.Helper()
	b.toNPM(s, "npm", "")
	b.Enter("#name", "mallory")
	b.Click("#login", "#correlation", "20-no-account-here")
	if text := b.Text("main"); !strings.Contains(text, "No account here goes with this sign-in") {
		b.t.Errorf("the page says:\n%s", text)
	}
	refused := s.events("upstream.refused")
	if len(refused) == 0 || refused[0].Correlation != b.Text("#correlation") {
		b.t.Errorf("audit %+v", refused)
	}
	b.signedOut(s)
}

// links links an account elsewhere from the page of who is signed in, signs in with it,
// and takes it off again.
func (b tab) links(s *server) {
	b.t.Helper()
	b.ForgetCookies()
	b.Open(s.issuer+"/login", "#login", "")
	b.withPassword("bob", "#logout", "")
	b.Open(s.issuer+"/account/security", "#link-npm", "21-ways-to-sign-in")
	b.Click("#link-npm", "#name", "22-link-at-npm")
	b.Enter("#name", "dave")
	b.Click("#login", "#notice", "23-linked")
	b.signedInAs(s, "Bob Baker", "npm", "dave")

	b.toNPM(s, "npm", "")
	b.Enter("#name", "dave")
	b.Click("#login", "#logout", "24-signed-in-by-the-link")
	b.signedInAs(s, "Bob Baker")

	b.Click("#unlink-0", "#notice", "25-unlinked")
	if !b.Has("#link-npm") {
		b.t.Errorf("it is still linked:\n%s", b.Text("main"))
	}
}

// hinted is sent straight to the provider by a relying party that knows where its people
// have their accounts.
func (b tab) hinted(s *server, provider string) {
	b.t.Helper()
	var client struct {
		ID string `json:"client_id"`
	}
	created := s.run("", "client", "create", "Wiki", "--preset", "spa", "--redirect-uri", "http://127.0.0.1:1/cb", "--json")
	if err := json.Unmarshal(created, &client); err != nil {
		b.t.Fatalf("%v in:\n%s", err, created)
	}
	b.ForgetCookies()
	b.Open(s.issuer+"/login/oauth/authorize?response_type=code&scope=openid&state=s&client_id="+client.ID+
		"&redirect_uri=http%3A%2F%2F127.0.0.1%3A1%2Fcb&code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256&idp_hint=npm",
		"#name", "26-hinted")
	if !strings.HasPrefix(b.URL(), "http://"+provider+"/") {
		b.t.Errorf("sent to %s", b.URL())
	}
}

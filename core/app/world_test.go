package app_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/app"
	"github.com/postern-id/postern/core/authn"
	"github.com/postern-id/postern/core/config"
	"github.com/postern-id/postern/core/desk"
)

const (
	thePassword = "correct horse battery staple"
	theCallback = "https://rp.example/cb"
)

// world is a running server with a clock that tests move, and a log that they
// read.
type world struct {
	t      *testing.T
	app    *app.App
	issuer string
	clock  *clock
	log    *journal
	dir    string
	stop   func()
	// registration is who may register clients from the next start on.
	registration core.RegistrationPolicy
	// proxies are trusted from the next start.
	proxies []*net.IPNet
	limits  func(*http.Server) // changes the limits of connections at the next start
	// passwords is the work of a hash from the next start on; nil for the least.
	passwords *authn.Params

	mu      sync.Mutex
	secrets []string // none may ever be in the log or in an audit event
	watched bool     // clients may watch sessions from the next start
	private []string // addresses that the server may ask although they are private
}

// clock stands still until it is moved, or made to run.
type clock struct {
	mu      sync.Mutex
	now     time.Time
	running bool
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.running {
		return time.Now()
	}
	return c.now
}

// run makes the clock that of the system: for relying parties whose own clock says what
// they sign is valid from.
func (c *clock) run() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.running = true
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// journal keeps the log.
type journal struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (j *journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(p)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

// freshData gives a data directory as the first start leaves it. Signing keys and
// compiled plugins are made once and copied: they take most of a first start.
func freshData(t *testing.T) string {
	t.Helper()
	template, err := firstStart()
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "data")
	if err := os.CopyFS(dir, os.DirFS(template)); err != nil {
		t.Fatal(err)
	}
	// A copy is readable for others, as the server refuses its key to be.
	err = filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		return os.Chmod(name, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

var firstStart = sync.OnceValues(func() (string, error) {
	dir := filepath.Join(shared, "first-start")
	a, err := app.Open(context.Background(), config.Config{Data: dir, Issuer: "http://127.0.0.1:1"}, app.Options{})
	if err != nil {
		return "", err
	}
	if _, err = a.Handler(context.Background()); err != nil {
		return "", err
	}
	_, err = a.Admin.Plugins.Plugins(context.Background())
	return dir, errors.Join(err, a.Close())
})

// shared is a directory for what all tests use and none changes.
var shared string

func TestMain(m *testing.M) {
	var err error
	if shared, err = os.MkdirTemp("", "postern-test-"); err != nil {
		panic(err)
	}
	code := m.Run()
	os.RemoveAll(shared)
	os.Exit(code)
}

// newWorld starts a server on fresh data.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, clock: &clock{now: time.Now().Truncate(time.Millisecond)}, log: &journal{}, dir: freshData(t)}
	w.start()
	t.Cleanup(func() { w.stop() })
	return w
}

// start serves at a new port under the issuer of the first start.
func (w *world) start() {
	w.t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		w.t.Fatal(err)
	}
	if w.issuer == "" {
		w.issuer = "http://" + listener.Addr().String()
	} else {
		listener.Close()
		if listener, err = net.Listen("tcp", strings.TrimPrefix(w.issuer, "http://")); err != nil {
			w.t.Fatal(err)
		}
	}
	passwords := w.passwords
	if passwords == nil {
		passwords = app.CheapPasswords()
	}
	w.app, err = app.Open(context.Background(), config.Config{Data: w.dir, Issuer: w.issuer, TrustedProxies: w.proxies, OutboundAllowPrivate: w.private, SessionManagement: w.watched, Registration: w.registration}, app.Options{
		Now:       w.clock.Now,
		Logger:    slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Passwords: passwords,
	})
	if err != nil {
		w.t.Fatal(err)
	}
	handler, err := w.app.Handler(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	server := &httptest.Server{Listener: listener, Config: w.app.HTTPServer(handler)}
	if w.limits != nil {
		w.limits(server.Config)
	}
	server.Start()
	w.stop = sync.OnceFunc(func() {
		server.Close()
		if err := w.app.Close(); err != nil {
			w.t.Error(err)
		}
	})
}

// restart ends the server and starts it again on the same data.
func (w *world) restart() {
	w.t.Helper()
	w.stop()
	w.start()
}

// hide names a secret that must not appear in the log or an audit event.
func (w *world) hide(secrets ...string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, s := range secrets {
		if s != "" {
			w.secrets = append(w.secrets, s)
		}
	}
}

// checkSecrets fails the test if one of the secrets got out.
func (w *world) checkSecrets() {
	w.t.Helper()
	w.mu.Lock()
	defer w.mu.Unlock()
	log := w.log.String()
	events, err := json.Marshal(w.events(core.EventFilter{Limit: 10_000}))
	if err != nil {
		w.t.Fatal(err)
	}
	for _, secret := range w.secrets {
		if strings.Contains(log, secret) {
			w.t.Errorf("a secret is in the log: %.12s...", secret)
		}
		if strings.Contains(string(events), secret) {
			w.t.Errorf("a secret is in an audit event: %.12s...", secret)
		}
	}
}

func (w *world) events(filter core.EventFilter) []core.Event {
	w.t.Helper()
	events, err := w.app.Store.Events(context.Background(), filter)
	if err != nil {
		w.t.Fatal(err)
	}
	return events
}

var cli = admin.Actor{Name: "cli:test"}

// desk is that of who may do everything.
func (w *world) desk() *desk.Desk { return w.app.Office.For(desk.Everything(cli)) }

// user makes a user with thePassword.
func (w *world) user(name string, change ...func(*admin.NewUser)) *core.User {
	w.t.Helper()
	input := admin.NewUser{
		Name: name, Email: name + "@example.com", EmailVerified: true, Password: thePassword,
		Profile: core.Profile{DisplayName: "Alice Liddell", GivenName: "Alice", FamilyName: "Liddell"},
	}
	for _, f := range change {
		f(&input)
	}
	created, err := w.app.Admin.CreateUser(context.Background(), cli, input)
	if err != nil {
		w.t.Fatal(err)
	}
	w.hide(thePassword)
	return &created.User
}

// relyingParty is a registered client with its secret.
type relyingParty struct {
	w      *world
	client *core.Client
	secret string
}

// register makes a client of the preset "web" that needs no consent page; edit may
// be nil.
func (w *world) register(name string, edit func(*core.Client)) *relyingParty {
	w.t.Helper()
	return w.registerPreset(name, "web", edit)
}

func (w *world) registerPreset(name, preset string, edit func(*core.Client)) *relyingParty {
	w.t.Helper()
	created, err := w.app.Admin.CreateClient(context.Background(), cli, admin.NewClient{
		Name: name, Preset: preset, Edit: func(c *core.Client) {
			c.RedirectURIs, c.SkipConsent = []string{theCallback}, true
			if edit != nil {
				edit(c)
			}
		},
	})
	if err != nil {
		w.t.Fatal(err)
	}
	w.hide(created.Secret)
	return &relyingParty{w: w, client: &created.Client, secret: created.Secret}
}

const theVerifier = "a-code-verifier-that-has-at-least-43-characters-in-it"

func challengeOf(verifier string) string {
	sum := sha256.Sum256([]byte(verifier))
	return base64.RawURLEncoding.EncodeToString(sum[:])
}

// authorizeURL is an authorization request with what nearly every test wants;
// edits are pairs of name and value, an empty value takes the parameter out.
func (rp *relyingParty) authorizeURL(edits ...string) string {
	values := url.Values{
		"client_id": {rp.client.ID}, "redirect_uri": {rp.client.RedirectURIs[0]}, "response_type": {"code"},
		"scope": {"openid profile email"}, "state": {"the-state"}, "nonce": {"the-nonce"},
		"code_challenge": {challengeOf(theVerifier)}, "code_challenge_method": {"S256"},
	}
	for i := 0; i < len(edits); i += 2 {
		if edits[i+1] == "" {
			values.Del(edits[i])
		} else {
			values.Set(edits[i], edits[i+1])
		}
	}
	return rp.w.issuer + "/login/oauth/authorize?" + values.Encode()
}

// code signs alice in at the browser, if she is not, and gives the code.
func (rp *relyingParty) code(b *browser, username string, edits ...string) string {
	b.t.Helper()
	p := b.get(rp.authorizeURL(edits...))
	if p.has("login") {
		p = p.signIn(username, thePassword)
	}
	if p.location == nil || p.location.Query().Get("code") == "" {
		b.t.Fatalf("no code: status %d at %s, to %v:\n%s", p.status, p.url, p.location, p.body)
	}
	code := p.location.Query().Get("code")
	rp.w.hide(code)
	return code
}

// answer is a JSON answer.
type answer struct {
	status int
	header http.Header
	body   []byte
	json   map[string]any
}

func (a answer) text(name string) string { s, _ := a.json[name].(string); return s }

// tokenRequest posts to the token endpoint as this client (HTTP Basic, or
// client_id alone for a public client). Edits are as for authorizeURL.
func (rp *relyingParty) tokenRequest(form url.Values, edits ...string) answer {
	rp.w.t.Helper()
	for i := 0; i < len(edits); i += 2 {
		if edits[i+1] == "" {
			form.Del(edits[i])
		} else {
			form.Set(edits[i], edits[i+1])
		}
	}
	if rp.secret == "" {
		form.Set("client_id", rp.client.ID)
	}
	r, err := http.NewRequest(http.MethodPost, rp.w.issuer+"/api/login/oauth/access_token", strings.NewReader(form.Encode()))
	if err != nil {
		rp.w.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	if rp.secret != "" {
		r.SetBasicAuth(rp.client.ID, rp.secret)
	}
	return rp.w.do(r)
}

// redeem exchanges a code.
func (rp *relyingParty) redeem(code string, edits ...string) answer {
	rp.w.t.Helper()
	return rp.tokenRequest(url.Values{
		"grant_type": {"authorization_code"}, "code": {code},
		"redirect_uri": {rp.client.RedirectURIs[0]}, "code_verifier": {theVerifier},
	}, edits...)
}

// refresh exchanges a refresh token.
func (rp *relyingParty) refresh(token string, edits ...string) answer {
	rp.w.t.Helper()
	return rp.tokenRequest(url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}, edits...)
}

// resource asks for a document with an access token.
func (w *world) resource(path, accessToken string) answer {
	w.t.Helper()
	r, err := http.NewRequest(http.MethodGet, w.issuer+path, nil)
	if err != nil {
		w.t.Fatal(err)
	}
	if accessToken != "" {
		r.Header.Set("Authorization", "Bearer "+accessToken)
	}
	return w.do(r)
}

// do sends a request that is no browser's. The tokens of the answer become
// secrets.
func (w *world) do(r *http.Request) answer {
	w.t.Helper()
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		w.t.Fatal(err)
	}
	defer response.Body.Close()
	a := answer{status: response.StatusCode, header: response.Header}
	if a.body, err = io.ReadAll(response.Body); err != nil {
		w.t.Fatal(err)
	}
	if json.Unmarshal(a.body, &a.json) == nil {
		w.hide(a.text("access_token"), a.text("refresh_token"), a.text("id_token"), a.text("client_secret"), a.text("registration_access_token"))
	}
	return a
}

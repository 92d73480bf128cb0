//go:debug x509usefallbackroots=1

package conformance_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/app"
	"github.com/postern-id/postern/core/config"
)

// world is a running server, its people, and the web server of the relying parties.
type world struct {
	app    *app.App
	issuer string
	data   string
	clock  *clock
	log    *journal
	http   *http.Client // trusts every certificate, as the suite does
	site   *site
	alice  *core.User
}

// clock stands still until it is moved.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// journal keeps the log, for a test that fails.
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

const (
	username = "alice"
	password = "correct horse battery staple"
)

// shared is a directory for what all tests use and none changes; certificate signs
// itself, for the server and for the relying parties.
var (
	shared      string
	certificate tls.Certificate
)

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	shared = must(os.MkdirTemp("", "postern-conformance-"))
	defer os.RemoveAll(shared)
	borrowed := httptest.NewTLSServer(http.NotFoundHandler())
	certificate = borrowed.TLS.Certificates[0]
	borrowed.Close()
	// What the server fetches from relying parties it checks as it always does: the
	// certificate becomes the root that this process trusts, and the only one.
	roots := x509.NewCertPool()
	roots.AddCert(borrowed.Certificate())
	x509.SetFallbackRoots(roots)
	return m.Run()
}

// firstStart gives a data directory as the first start leaves it. Signing keys and
// compiled plugins are made once and copied: they take most of a first start.
var firstStart = sync.OnceValues(func() (string, error) {
	dir := filepath.Join(shared, "first-start")
	a, err := app.Open(context.Background(), config.Config{Data: dir, Issuer: "https://127.0.0.1:1"}, app.Options{})
	if err != nil {
		return "", err
	}
	if _, err = a.Handler(context.Background()); err != nil {
		return "", err
	}
	_, err = a.Admin.Plugins.Plugins(context.Background())
	return dir, errors.Join(err, a.Close())
})

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

// newWorld starts a server on fresh data, on which anybody may register clients.
func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{clock: &clock{now: time.Now().Truncate(time.Millisecond)}, log: &journal{}, data: freshData(t), site: newSite(t)}
	w.http = &http.Client{
		Transport:     &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12})
	if err != nil {
		t.Fatal(err)
	}
	w.issuer = "https://" + listener.Addr().String()
	if w.app, err = app.Open(context.Background(), w.config(t), app.Options{
		Now: w.clock.Now, Passwords: app.CheapPasswords(),
		Logger: slog.New(slog.NewTextHandler(w.log, &slog.HandlerOptions{Level: slog.LevelInfo})),
	}); err != nil {
		t.Fatal(err)
	}
	w.serve(t, listener)
	w.alice = w.makePerson(t)
	return w
}

// config is as an operator writes it. A setting that is not there yet is left out.
func (w *world) config(t *testing.T) config.Config {
	t.Helper()
	environment := map[string]string{
		"POSTERN_DATA": w.data, "POSTERN_ISSUER": w.issuer, "POSTERN_OUTBOUND_ALLOW_PRIVATE": w.site.host(), "POSTERN_REGISTRATION": "open", "POSTERN_SESSION_MANAGEMENT": "on",
	}
	cfg, err := config.Load(config.Input{Env: func(name string) (string, bool) { value, ok := environment[name]; return value, ok }})
	if err != nil {
		t.Fatal(err)
	}
	return cfg
}

// serve serves until the test has ended.
func (w *world) serve(t *testing.T, listener net.Listener) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- w.app.Serve(ctx, listener, nil, io.Discard) }()
	t.Cleanup(func() {
		w.http.CloseIdleConnections()
		cancel()
		if err := errors.Join(<-ended, w.app.Close()); err != nil {
			t.Error(err)
		}
		if t.Failed() {
			t.Logf("the log of the server:\n%s", w.log)
		}
	})
}

// makePerson makes somebody of whom everything is known that a scope asks for.
func (w *world) makePerson(t *testing.T) *core.User {
	t.Helper()
	created, err := w.app.Admin.CreateUser(context.Background(), operator, admin.NewUser{
		Name: username, Email: "alice@example.com", EmailVerified: true, Password: password,
		Profile: core.Profile{
			DisplayName: "Alice Pleasance Liddell", GivenName: "Alice", FamilyName: "Liddell", MiddleName: "Pleasance", Nickname: "Al",
			URL: "https://people.example/alice", Picture: "https://people.example/alice.png", Website: "https://alice.example",
			Gender: "female", Birthdate: "1852-05-04", Zoneinfo: "Europe/London", Locale: "en-GB", Phone: "+441865276150", PhoneVerified: true,
			Address: core.Address{Street: "Christ Church", Locality: "Oxford", Region: "Oxfordshire", PostalCode: "OX1 1DP", Country: "GB"},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return &created.User
}

var operator = admin.Actor{Name: "cli:test"}

// answered is an answer to a program.
type answered struct {
	status int
	header http.Header
	body   []byte
	json   document // nil if it is none
}

// send sends a request that is no browser's.
func (w *world) send(t *testing.T, r *http.Request) answered {
	t.Helper()
	got, err := w.http.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	a := answered{status: got.StatusCode, header: got.Header}
	if a.body, err = io.ReadAll(got.Body); err != nil {
		t.Fatal(err)
	}
	if json.Unmarshal(a.body, &a.json) != nil {
		a.json = nil
	}
	return a
}

func (w *world) get(t *testing.T, target string) answered {
	t.Helper()
	return w.send(t, must(http.NewRequest(http.MethodGet, target, nil)))
}

// isJSON complains of an answer that is not JSON with this status.
func (a answered) isJSON(status int) complaints {
	var c complaints
	c.unless(a.status == status, "the status is %d, not %d: %.300s", a.status, status, a.body)
	contentType, _, _ := strings.Cut(a.header.Get("Content-Type"), ";")
	c.unless(contentType == "application/json" && a.json != nil, "it is no JSON but %q: %.300s", contentType, a.body)
	return c
}

// discover gives the metadata.
func (w *world) discover(t *testing.T) document {
	t.Helper()
	got := w.get(t, w.issuer+"/.well-known/openid-configuration")
	report(t, got.isJSON(http.StatusOK).about("discovery"))
	return got.json
}

// report fails the test for each complaint.
func report(t *testing.T, c complaints) {
	t.Helper()
	for _, complaint := range c {
		t.Error(complaint)
	}
}

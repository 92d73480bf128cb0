package products_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core/browser"
	"github.com/postern-id/postern/examples/walk"
)

const password = "correct horse battery staple"

// house is a running server with TLS, and with alice, who is in groups.
type house struct {
	t       *testing.T
	dir     string
	postern string
	issuer  string
	ca      string // file of the certificate to trust
	roots   *x509.CertPool
}

func newHouse(t *testing.T) *house {
	t.Helper()
	h := &house{t: t, dir: t.TempDir(), postern: walk.Build(t, "../../core/cmd/postern")}
	certificate, key := h.certify()
	address := walk.FreeAddress(t, "127.0.0.1")
	h.issuer = "https://" + address
	walk.Start(t, h.dir, h.postern, "serve", "--listen", address, "--issuer", h.issuer, "--tls-cert", certificate, "--tls-key", key)
	h.await(h.issuer + "/readyz")
	for _, group := range []string{"staff", "grafana-editors"} {
		h.run("group", "create", group)
	}
	walk.Run(t, h.dir, password, h.postern, "user", "create", "alice", "--email", "alice@example.org", "--email-verified", "--name", "Alice Liddell",
		"--group", "staff", "--group", "grafana-editors", "--password-stdin")
	return h
}

// certify writes a certificate for loopback, which is its own authority.
func (h *house) certify() (certificate, key string) {
	h.t.Helper()
	server := httptest.NewTLSServer(nil)
	server.Close()
	pair := server.TLS.Certificates[0]
	private, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		h.t.Fatal(err)
	}
	h.ca = h.write("ca.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]})))
	h.roots = x509.NewCertPool()
	h.roots.AddCert(server.Certificate())
	return h.ca, h.write("key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})))
}

func (h *house) write(name, text string) string {
	h.t.Helper()
	name = filepath.Join(h.dir, name)
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		h.t.Fatal(err)
	}
	return name
}

// trusting are the connections of a program that trusts the server.
func (h *house) trusting() *http.Transport {
	return &http.Transport{TLSClientConfig: &tls.Config{RootCAs: h.roots}}
}

// environment lets a program trust the server: OpenSSL and Go read the variable.
func (h *house) environment() []string { return append(os.Environ(), "SSL_CERT_FILE="+h.ca) }

func (h *house) await(url string) {
	h.t.Helper()
	client := &http.Client{Transport: h.trusting(), CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	for range 600 {
		response, err := client.Get(url)
		if err == nil {
			response.Body.Close()
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	h.t.Fatalf("nobody answers at %s", url)
}

// run runs a command of an operator.
func (h *house) run(args ...string) string {
	h.t.Helper()
	return string(walk.Run(h.t, h.dir, "", h.postern, args...))
}

// guide is what an administrator is told, with the secret in it.
type guide struct {
	t      *testing.T
	client string // ID
	text   string
}

// connect registers an application and keeps what is printed then.
func (h *house) connect(t *testing.T, name string, args ...string) *guide {
	t.Helper()
	said := walk.Run(t, h.dir, "", h.postern, append([]string{"client", "create", name}, args...)...)
	var shown struct {
		ID string `json:"client_id"`
	}
	if err := json.Unmarshal([]byte(h.run("client", "show", name, "--json")), &shown); err != nil {
		t.Fatal(err)
	}
	return &guide{t: t, client: shown.ID, text: string(said)}
}

// snippet cuts out what stands below a title, up to the next part.
func (g *guide) snippet(title string) string {
	g.t.Helper()
	_, rest, found := strings.Cut(g.text, title+":\n\n")
	if !found {
		g.t.Fatalf("it has no %q:\n%s", title, g.text)
	}
	for _, next := range []string{"\nWhat to do:\n", "\nFlags of kube-apiserver:\n", "\nStructured authentication, in place of the flags:\n", "\nTerminal of whoever uses kubectl:\n"} {
		rest, _, _ = strings.Cut(rest, next)
	}
	return rest
}

// checklist gives the points of the checklist that are not done, with their hints.
func (h *house) checklist(t *testing.T, name string) string {
	t.Helper()
	_, checks, _ := strings.Cut(h.run("client", "guide", name), "What is done:\n")
	var open []string
	for line := range strings.Lines(checks) {
		if !strings.HasPrefix(line, "  [x]") {
			open = append(open, line)
		}
	}
	return strings.Join(open, "")
}

// visitor is somebody's browser at the server.
func (h *house) visitor(t *testing.T) *browser.Browser {
	b := browser.New(t, h.issuer)
	b.Client.Transport = h.trusting()
	return b
}

// signIn takes an authorization request to the server, signs alice in there if she is not,
// and gives where she is sent back to.
func signIn(t *testing.T, b *browser.Browser, request string) string {
	t.Helper()
	p := b.Get(request)
	if p.Has("login") {
		p = p.SignIn("alice", password)
	}
	if p.Location == nil {
		t.Fatalf("no answer: status %d at %s:\n%s", p.Status, p.URL, p.Text("main"))
	}
	return p.Location.String()
}

// program is one that runs until the test ends.
type program struct {
	name string
	out  bytes.Buffer
}

// start starts a command, which is ended with the test. Its words are shown if it failed.
func (h *house) start(t *testing.T, name string, args ...string) {
	t.Helper()
	p := &program{name: filepath.Base(name)}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Env, cmd.Stdout, cmd.Stderr = h.dir, h.environment(), &p.out, &p.out
	if err := cmd.Start(); err != nil {
		cancel()
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cancel()
		_ = cmd.Wait() // it was killed
		if t.Failed() {
			t.Logf("%s said:\n%s", p.name, p.out.String())
		}
	})
}

// built builds a package of a folder that is a module of its own.
func (h *house) built(folder, of string) string {
	h.t.Helper()
	name := filepath.Join(h.t.TempDir(), "program")
	build := exec.Command("go", "build", "-o", name, of)
	build.Dir = folder
	if out, err := build.CombinedOutput(); err != nil {
		h.t.Fatalf("go build in %s: %v\n%s", folder, err, out)
	}
	return name
}

// fed runs a command to its end with this on standard input.
func (h *house) fed(stdin, name string, args ...string) (stdout string, err error) {
	h.t.Helper()
	var out, problems bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Env, cmd.Stdin, cmd.Stdout, cmd.Stderr = h.dir, h.environment(), strings.NewReader(stdin), &out, &problems
	if err = cmd.Run(); err != nil {
		err = fmt.Errorf("%w: %s", err, problems.String())
	}
	return out.String(), err
}

package main_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// These tests build the program and run it as its user does. They say nothing
// about how it is made inside.

const (
	thePassword = "correct horse battery staple"
	theCallback = "https://rp.example/plugins/servlet/oauth/callback"
	// patience is how long a test waits for what takes a moment. It is long,
	// because slow machines run these tests too; nothing waits longer than needed.
	patience = 60 * time.Second
)

var (
	work   string // a directory that every user may enter
	binary string
)

func TestMain(m *testing.M) {
	os.Exit(run(m))
}

func run(m *testing.M) int {
	var err error
	if work, err = os.MkdirTemp("", "postern-binary-"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(work)
	if err := errors.Join(os.Chmod(work, 0o755), build()); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	for _, variable := range os.Environ() {
		if name, _, _ := strings.Cut(variable, "="); strings.HasPrefix(name, "POSTERN_") {
			os.Unsetenv(name)
		}
	}
	return m.Run()
}

func build() error {
	binary = filepath.Join(work, "postern")
	if out, err := exec.Command("go", "build", "-buildvcs=false", "-o", binary, ".").CombinedOutput(); err != nil {
		return fmt.Errorf("build: %w\n%s", err, out)
	}
	return os.Chmod(binary, 0o755)
}

// finished is a command that ended.
type finished struct {
	code     int
	out, err string
}

// postern runs the program until it ends.
func postern(t *testing.T, args ...string) finished {
	t.Helper()
	return finish(t, exec.Command(binary, args...))
}

// finish runs the command until it ends, but not for ever.
func finish(t *testing.T, c *exec.Cmd) finished {
	t.Helper()
	var out, talk bytes.Buffer
	c.Stdout, c.Stderr = &out, &talk
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	late := time.AfterFunc(patience, func() { c.Process.Kill() })
	err := c.Wait()
	if !late.Stop() {
		t.Fatalf("%q did not end: %s%s", c.Args, out.String(), talk.String())
	}
	if _, ended := errors.AsType[*exec.ExitError](err); err != nil && !ended {
		t.Fatal(err)
	}
	return finished{c.ProcessState.ExitCode(), out.String(), talk.String()}
}

// must runs the program, which must succeed.
func must(t *testing.T, args ...string) finished {
	t.Helper()
	done := postern(t, args...)
	if done.code != 0 {
		t.Fatalf("postern %q: exit code %d\n%s%s", args, done.code, done.out, done.err)
	}
	return done
}

// mustJSON runs the program and reads its output into value.
func mustJSON(t *testing.T, value any, args ...string) {
	t.Helper()
	done := must(t, append([]string{"--json"}, args...)...)
	if err := json.Unmarshal([]byte(done.out), value); err != nil {
		t.Fatalf("postern --json %q: %v\n%s", args, err, done.out)
	}
}

// createUser makes a user with thePassword.
func createUser(t *testing.T, data, name string) {
	t.Helper()
	c := exec.Command(binary, "user", "create", name, "--data", data, "--email", name+"@example.com", "--group", "staff", "--password-stdin")
	c.Stdin = strings.NewReader(thePassword + "\n")
	if done := finish(t, c); done.code != 0 {
		t.Fatalf("user create %s: exit code %d\n%s", name, done.code, done.err)
	}
}

// registered is a client as the command line printed it.
type registered struct {
	ID     string `json:"client_id"`
	Secret string `json:"client_secret"`
}

func createClient(t *testing.T, data, name string) registered {
	t.Helper()
	var client registered
	mustJSON(t, &client, "client", "create", name, "--data", data, "--preset", "confluence",
		"--redirect-uri", theCallback, "--issuer", "http://localhost:8000")
	return client
}

// usedData gives a data directory that a server worked on: with a user, a client,
// keys and compiled plugins.
func usedData(t *testing.T) string {
	t.Helper()
	template := filepath.Join(work, "used")
	usedOnce.Do(func() { makeUsedData(t, template) })
	dir := filepath.Join(roomFor(t), "data")
	copyData(t, template, dir)
	return dir
}

var usedOnce sync.Once

func makeUsedData(t *testing.T, dir string) {
	t.Helper()
	createUser(t, dir, "alice")
	createClient(t, dir, "web")
	p := start(t, "--data", dir)
	p.waitReady()
	if code := p.end(os.Interrupt); code != 0 {
		t.Fatalf("exit code %d", code)
	}
}

// roomFor gives a fresh directory that every user may enter, unlike t.TempDir.
func roomFor(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp(work, "room-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// copyData copies files with their modes.
func copyData(t *testing.T, from, to string) {
	t.Helper()
	err := filepath.Walk(from, func(name string, info os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		target := filepath.Join(to, strings.TrimPrefix(name, from))
		if info.IsDir() {
			return os.MkdirAll(target, info.Mode().Perm())
		}
		content, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		return os.WriteFile(target, content, info.Mode().Perm())
	})
	if err != nil {
		t.Fatal(err)
	}
}

// server is a running `postern serve`.
type server struct {
	t      *testing.T
	cmd    *exec.Cmd
	issuer string
	client *http.Client
	ended  chan struct{}

	mu  sync.Mutex
	out strings.Builder
	log strings.Builder
}

// start starts a server at a port that is free, and waits until it says where.
func start(t *testing.T, args ...string) *server {
	t.Helper()
	return startCommand(t, exec.Command(binary, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...))
}

func startCommand(t *testing.T, c *exec.Cmd) *server {
	t.Helper()
	p := &server{t: t, cmd: c, ended: make(chan struct{}), client: &http.Client{
		Timeout:       patience,
		Transport:     &http.Transport{MaxIdleConnsPerHost: 32},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	stdout, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.Stderr = writerFunc(func(b []byte) (int, error) {
		p.mu.Lock()
		defer p.mu.Unlock()
		return p.log.Write(b)
	})
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	where := make(chan string, 1)
	go p.listen(stdout, where)
	t.Cleanup(p.kill)
	select {
	case p.issuer = <-where:
	case <-p.ended:
		t.Fatalf("%q ended with %d before it served:\n%s", c.Args, c.ProcessState.ExitCode(), p.talk())
	case <-time.After(patience):
		t.Fatalf("%q does not serve:\n%s", c.Args, p.talk())
	}
	return p
}

type writerFunc func([]byte) (int, error)

func (f writerFunc) Write(b []byte) (int, error) { return f(b) }

// listen reads what the server prints, and then waits for its end.
func (p *server) listen(stdout io.Reader, where chan<- string) {
	lines := bufio.NewScanner(stdout)
	for lines.Scan() {
		p.mu.Lock()
		p.out.WriteString(lines.Text() + "\n")
		p.mu.Unlock()
		if issuer, found := strings.CutPrefix(lines.Text(), "Postern serves "); found {
			where <- issuer
		}
	}
	p.cmd.Wait()
	close(p.ended)
}

// talk gives what the server printed and logged.
func (p *server) talk() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.String() + p.log.String()
}

// waitReady waits until the server can do everything.
func (p *server) waitReady() {
	p.t.Helper()
	eventually(p.t, "the server is ready", func() bool {
		response, err := p.client.Get(p.issuer + "/readyz")
		if err != nil {
			return false
		}
		response.Body.Close()
		return response.StatusCode == http.StatusOK
	})
}

// kill ends the server as a power cut would: without a word.
func (p *server) kill() {
	p.cmd.Process.Kill()
	<-p.ended
	p.client.CloseIdleConnections()
}

// end sends the signal, waits for the end, and gives the exit code.
func (p *server) end(signal os.Signal) int {
	p.t.Helper()
	if err := p.cmd.Process.Signal(signal); err != nil {
		p.t.Fatal(err)
	}
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.t.Fatalf("the server does not end:\n%s", p.talk())
	}
	p.client.CloseIdleConnections()
	return p.cmd.ProcessState.ExitCode()
}

// checkLog fails the test if the server's words hold what no operator can use, or
// what nobody may see.
func (p *server) checkLog() {
	p.t.Helper()
	if trace := traces.FindString(p.talk()); trace != "" {
		p.t.Errorf("the log has %q:\n%s", trace, p.talk())
	}
}

// traces is what a program says that fell over.
var traces = regexp.MustCompile(`panic|goroutine \d|runtime error|\.go:\d`)

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !holds(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not in %s: %s", patience, what)
		}
	}
}

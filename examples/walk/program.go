package walk

import (
	"bytes"
	"io"
	"net"
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

// Build builds the command of a package, and gives its file.
func Build(t testing.TB, pkg string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), filepath.Base(pkg)+".test-binary")
	if out, err := exec.Command("go", "build", "-o", name, pkg).CombinedOutput(); err != nil {
		t.Fatalf("go build %s: %v\n%s", pkg, err, out)
	}
	return name
}

// FreeAddress gives an address of that loopback host at which nobody listens.
func FreeAddress(t testing.TB, host string) string {
	t.Helper()
	listener, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// Program is a program that runs until the test ends, and keeps what it prints.
type Program struct {
	mu  sync.Mutex
	out bytes.Buffer
}

// Start starts a program in a folder. It is interrupted when the test ends, and must
// end well then.
func Start(t testing.TB, dir, name string, args ...string) *Program {
	t.Helper()
	p := &Program{}
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, p, p
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Error(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s: %v\n%s", filepath.Base(name), err, p.Output())
		}
	})
	return p
}

// Write implements [io.Writer].
func (p *Program) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.Write(b)
}

// Output is what it has printed so far.
func (p *Program) Output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.String()
}

// Find waits until the program has printed what the expression matches.
func (p *Program) Find(t testing.TB, expression string) string {
	t.Helper()
	for range 100 {
		if found := regexp.MustCompile(expression).FindString(p.Output()); found != "" {
			return found
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("nothing printed matches %s:\n%s", expression, p.Output())
	return ""
}

// Run runs a command to its end, which must be a good one, and gives what it said on
// standard output.
func Run(t testing.TB, dir, stdin, name string, args ...string) []byte {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Stdin, cmd.Stderr = dir, strings.NewReader(stdin), &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", args, err, stderr.String())
	}
	return out
}

// WaitFor waits until an address answers with status 200.
func WaitFor(t testing.TB, url string) {
	t.Helper()
	for range 300 {
		response, err := http.Get(url)
		if err == nil {
			_, _ = io.Copy(io.Discard, response.Body)
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("%s does not answer", url)
}

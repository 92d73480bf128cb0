//go:build unix

package main_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"io/fs"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
)

// TestEndGently: told to end, the server answers what it was asked before.
func TestEndGently(t *testing.T) {
	t.Parallel()
	for _, signal := range []syscall.Signal{syscall.SIGTERM, syscall.SIGINT} {
		t.Run(signal.String(), func(t *testing.T) {
			data := usedData(t)
			client := createClient(t, data, "loaded")
			s := start(t, "--data", data)
			s.waitReady()
			code, _, err := newBrowser(s).code(client, "alice")
			if err != nil {
				t.Fatal(err)
			}
			first, err := s.redeem(client, code)
			if err != nil {
				t.Fatal(err)
			}
			slow := beginSlowly(t, s, client)
			last, answered := refreshUntilItEnds(t, s, client, first.Refresh, func() {
				if err := s.cmd.Process.Signal(signal); err != nil {
					t.Error(err)
				}
			})
			if status := slow.finish(); status != http.StatusBadRequest {
				t.Errorf("the request in flight was answered with %d", status)
			}
			told := time.Now()
			<-s.ended
			if code, took := s.cmd.ProcessState.ExitCode(), time.Since(told); code != 0 || took > 10*time.Second {
				t.Errorf("exit code %d after %s:\n%s", code, took, s.talk())
			}
			s.checkLog()
			again := start(t, "--data", data)
			if n := countEvents(t, data, core.EventTokenRefreshed); n != answered {
				t.Errorf("%d refreshes were answered, and %d were done", answered, n)
			}
			if a, err := again.refresh(client, last); err != nil || a.status != http.StatusOK {
				t.Errorf("the refresh token that was issued last: %v, %v", a, err)
			}
		})
	}
}

// refreshUntilItEnds refreshes without a pause, gives the signal in the midst of
// it, and gives the last token and the number of answers.
func refreshUntilItEnds(t *testing.T, s *server, client registered, token string, signal func()) (last string, answered int) {
	t.Helper()
	for ; ; answered++ {
		if answered == 20 {
			go signal()
		}
		a, err := s.refresh(client, token)
		if err != nil {
			return token, answered // the server did not take it: see the audit log
		}
		if a.status != http.StatusOK {
			t.Errorf("refresh %d: %v", answered, a)
			return token, answered
		}
		token = a.Refresh
	}
}

// countEvents counts what the client "loaded" caused.
func countEvents(t *testing.T, data string, kind core.EventType) int {
	t.Helper()
	var events []struct{}
	mustJSON(t, &events, "audit", "list", "--data", data, "--client", "loaded", "--type", string(kind), "--limit", "1000000")
	return len(events)
}

// slowRequest is a request whose last byte is not sent yet.
type slowRequest struct {
	t *testing.T
	c net.Conn
}

// beginSlowly asks the token endpoint for something that it will refuse, and
// returns when the server reads the body.
func beginSlowly(t *testing.T, s *server, client registered) *slowRequest {
	t.Helper()
	c, err := net.Dial("tcp", strings.TrimPrefix(s.issuer, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	c.SetDeadline(time.Now().Add(patience))
	r, err := http.NewRequest(http.MethodPost, s.issuer+"/api/login/oauth/access_token", strings.NewReader("grant_type=password"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	// The server says "100 Continue" when a handler begins to read.
	r.Header.Set("Expect", "100-continue")
	r.SetBasicAuth(client.ID, client.Secret)
	var whole bytes.Buffer
	if err := r.Write(&whole); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Write(whole.Bytes()[:whole.Len()-1]); err != nil {
		t.Fatal(err)
	}
	answer := make([]byte, len("HTTP/1.1 100 Continue\r\n\r\n"))
	if n, err := c.Read(answer); err != nil || !strings.Contains(string(answer[:n]), "100 Continue") {
		t.Fatalf("%q, %v", answer[:n], err)
	}
	return &slowRequest{t, c}
}

// finish sends the last byte and gives the status.
func (r *slowRequest) finish() int {
	r.t.Helper()
	if _, err := r.c.Write([]byte("d")); err != nil {
		r.t.Error(err)
	}
	answer := make([]byte, len("HTTP/1.1 200"))
	if _, err := r.c.Read(answer); err != nil {
		r.t.Error(err)
	}
	status := 0
	for _, digit := range bytes.TrimPrefix(answer, []byte("HTTP/1.1 ")) {
		status = 10*status + int(digit-'0')
	}
	return status
}

// TestEndUnderLoad: every sign-in of many that were under way is answered, or was
// never taken.
func TestEndUnderLoad(t *testing.T) {
	t.Parallel()
	data := usedData(t)
	client := createClient(t, data, "loaded")
	s := start(t, "--data", data)
	s.waitReady()
	var (
		crowd  sync.WaitGroup
		codes  atomic.Int64
		tokens atomic.Int64
	)
	for range 4 {
		crowd.Go(func() {
			for b := newBrowser(s); ; tokens.Add(1) {
				code, _, err := b.code(client, "alice")
				if err == nil {
					codes.Add(1)
					_, err = s.redeem(client, code)
				}
				if wrong, ok := errors.AsType[*surprise](err); ok {
					t.Error(wrong)
				}
				if err != nil {
					return
				}
			}
		})
	}
	eventually(t, "people sign in", func() bool { return tokens.Load() > 40 })
	told := time.Now()
	if code, took := s.end(syscall.SIGTERM), time.Since(told); code != 0 || took > 10*time.Second {
		t.Errorf("exit code %d after %s", code, took)
	}
	crowd.Wait()
	s.checkLog()
	if left, err := filepath.Glob(filepath.Join(data, "*-wal")); err != nil || len(left) > 0 {
		t.Errorf("it left %v, %v", left, err)
	}
	if n := countEvents(t, data, core.EventCodeIssued); n != int(codes.Load()) {
		t.Errorf("%d codes were answered, and %d made", codes.Load(), n)
	}
	if n := countEvents(t, data, core.EventTokenIssued); n != int(tokens.Load()) {
		t.Errorf("%d redemptions were answered, and %d done", tokens.Load(), n)
	}
}

// TestFirstStart: the first start makes files that are nobody else's business, and
// prints the way to the first administrator.
func TestFirstStart(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(roomFor(t), "deep", "data")
	c := exec.Command(binary, "serve", "--listen", "127.0.0.1:0")
	c.Env = append(os.Environ(), "POSTERN_DATA="+dir, "POSTERN_ISSUER=http://id.localhost:8000")
	s := startCommand(t, c)
	if s.issuer != "http://id.localhost:8000" {
		t.Errorf("the issuer is %s", s.issuer)
	}
	eventually(t, "the link is printed", func() bool {
		return strings.Contains(s.talk(), "http://id.localhost:8000/setup?token=setup_")
	})
	checkModes(t, dir)
	if code := s.end(os.Interrupt); code != 0 {
		t.Errorf("exit code %d", code)
	}
	checkModes(t, dir)
}

func checkModes(t *testing.T, dir string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, entry fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) {
			return nil // the database's companions come and go
		}
		info, err := os.Lstat(name)
		if err != nil {
			return nil
		}
		want := fs.FileMode(0o600)
		if entry.IsDir() {
			want = 0o700
		}
		if info.Mode().Perm() != want {
			t.Errorf("%s has mode %04o", name, info.Mode().Perm())
		}
		return nil
	})
	if err != nil {
		t.Error(err)
	}
}

// TestTLS serves https with a certificate of its own.
func TestTLS(t *testing.T) {
	t.Parallel()
	dir := roomFor(t)
	certificate, key := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	trusted := writeCertificate(t, certificate, key)
	s := start(t, "--data", filepath.Join(dir, "data"), "--tls-cert", certificate, "--tls-key", key)
	if !strings.HasPrefix(s.issuer, "https://127.0.0.1:") {
		t.Fatalf("the issuer is %s", s.issuer)
	}
	s.client.Transport = &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted}, ForceAttemptHTTP2: true}
	s.waitReady()
	response, err := s.client.Get(s.issuer + "/")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.ProtoMajor != 2 || response.Header.Get("Strict-Transport-Security") == "" {
		t.Errorf("%s with %v", response.Proto, response.Header)
	}
	old := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: trusted, MaxVersion: tls.VersionTLS11}}}
	if _, err := old.Get(s.issuer + "/"); err == nil {
		t.Error("TLS 1.1 is spoken")
	}
	plain, err := http.Get(strings.Replace(s.issuer, "https:", "http:", 1) + "/livez")
	if err != nil {
		t.Fatal(err)
	}
	plain.Body.Close()
	if plain.StatusCode != http.StatusBadRequest {
		t.Errorf("plain HTTP is answered with %d", plain.StatusCode)
	}
	s.checkLog()
}

// writeCertificate makes a certificate for 127.0.0.1 and gives who trusts it.
func writeCertificate(t *testing.T, certificate, key string) *x509.CertPool {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "id.example.org"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	pkcs8, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		certificate: {Type: "CERTIFICATE", Bytes: der}, key: {Type: "PRIVATE KEY", Bytes: pkcs8},
	} {
		if err := os.WriteFile(name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	return pool
}

// TestRefuseForeignData: directories and files that this user may not use. Modes do
// not stop root, so root runs the program as nobody.
func TestRefuseForeignData(t *testing.T) {
	t.Parallel()
	const writable = `hint: the file, those beside it with its name, and their folder must be writable for this user`
	for _, tt := range []struct {
		name string
		file string
		mode fs.FileMode
		want refusal
	}{
		{"a directory that cannot be entered", ".", 0o000, refusal{2, []string{`error: .*: permission denied`, `hint: check .*`}}},
		{"a read-only directory", ".", 0o500, refusal{1, []string{`error: cannot write the database .*postern\.db`, writable}}},
		{"a read-only database", "postern.db", 0o400, refusal{1, []string{`error: cannot write the database .*postern\.db`, writable}}},
		{"an unreadable database", "postern.db", 0o000, refusal{1, []string{`error: cannot write the database .*postern\.db`, writable}}},
		{"an unreadable master key", "master.key", 0o000, refusal{1, []string{`error: cannot read the master key .*master\.key: permission denied`, `hint: start Postern as the user who owns the file`}}},
		{"an unreadable issuer", "issuer", 0o000, refusal{2, []string{`error: .*issuer: .*permission denied`, `hint: check .*`}}},
		{"a read-only cache", "cache", 0o500, refusal{1, []string{`error: plugin cache: cannot write to .*cache: permission denied`, `hint: delete .*`}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := usedData(t)
			giveToNobody(t, dir)
			file := filepath.Join(dir, tt.file)
			before, err := os.Stat(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := os.Chmod(file, tt.mode); err != nil {
				t.Fatal(err)
			}
			tt.want.check(t, finish(t, asNobody(exec.Command(binary, "serve", "--listen", "127.0.0.1:0", "--data", dir))))
			if err := os.Chmod(file, before.Mode().Perm()); err != nil {
				t.Fatal(err)
			}
			// Nothing is lost, and nothing is left that would be in the way.
			s := startCommand(t, asNobody(exec.Command(binary, "serve", "--listen", "127.0.0.1:0", "--data", dir)))
			s.waitReady()
			s.checkLog()
		})
	}
	t.Run("no directory where none may be made", func(t *testing.T) {
		dir := roomFor(t)
		if err := os.Chmod(dir, 0o555); err != nil {
			t.Fatal(err)
		}
		refusal{1, []string{`error: cannot mkdir .*: permission denied`, `hint: check the path of the data directory.*`}}.check(t,
			finish(t, asNobody(exec.Command(binary, "serve", "--listen", "127.0.0.1:0", "--data", filepath.Join(dir, "data")))))
	})
}

const nobody = 65534

func asNobody(c *exec.Cmd) *exec.Cmd {
	if os.Geteuid() == 0 {
		c.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: nobody, Gid: nobody}}
	}
	return c
}

func giveToNobody(t *testing.T, dir string) {
	t.Helper()
	if os.Geteuid() != 0 {
		return
	}
	err := filepath.WalkDir(dir, func(name string, _ fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(name, nobody, nobody)
	})
	if err != nil {
		t.Fatal(err)
	}
}

package needs

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Slapd runs OpenLDAP's server until the test ends, and gives the addresses of ldap and
// of ldaps. In the configuration DIR stands for a folder with cert.pem, key.pem and an
// empty db; the entries are LDIF.
func Slapd(t testing.TB, pair *tls.Certificate, config, entries string) (plain, secure string) {
	t.Helper()
	program := Program(t, "slapd", "/usr/sbin/slapd")
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "db"), 0o700); err != nil {
		t.Fatal(err)
	}
	writePair(t, dir, pair)
	file := writeText(t, dir, "slapd.conf", strings.ReplaceAll(config, "DIR", dir))
	data := writeText(t, dir, "data.ldif", entries)
	if output, err := exec.Command(program, "-T", "add", "-f", file, "-l", data).CombinedOutput(); err != nil {
		t.Fatalf("slapadd: %v\n%s", err, output)
	}
	plain, secure = freeAddress(t), freeAddress(t)
	server := exec.Command(program, "-f", file, "-h", "ldap://"+plain+"/ ldaps://"+secure+"/", "-d", "0")
	var output bytes.Buffer
	server.Stderr = &output
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill() // it may have ended
		_ = server.Wait()
	})
	waitFor(t, &output, plain, secure)
	return plain, secure
}

func writePair(t testing.TB, dir string, pair *tls.Certificate) {
	t.Helper()
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	writeText(t, dir, "cert.pem", string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate[0]})))
	writeText(t, dir, "key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: key})))
}

func writeText(t testing.TB, dir, name, text string) (path string) {
	t.Helper()
	path = filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// freeAddress is one that nobody listens at, now.
func freeAddress(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// waitFor fails the test with what the server said if it listens nowhere after a while.
func waitFor(t testing.TB, output *bytes.Buffer, addresses ...string) {
	t.Helper()
	for _, address := range addresses {
		var err error
		for range 300 {
			var conn net.Conn
			if conn, err = net.Dial("tcp", address); err == nil {
				conn.Close()
				break
			}
			time.Sleep(50 * time.Millisecond)
		}
		if err != nil {
			t.Fatalf("nobody listens at %s: %v\n%s", address, err, output)
		}
	}
}

package capability_test

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core/needs"
)

// slapdProgram finds OpenLDAP's server.
func slapdProgram(t *testing.T) string { return needs.Program(t, "slapd", "/usr/sbin/slapd") }

const slapdConfig = `include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile DIR/slapd.pid
TLSCertificateFile DIR/cert.pem
TLSCertificateKeyFile DIR/key.pem
database mdb
suffix "dc=example,dc=org"
rootdn "cn=admin,dc=example,dc=org"
rootpw r00t-secret
directory DIR/db
access to attrs=userPassword by anonymous auth by * none
access to * by users read by * none
`

const slapdData = `dn: dc=example,dc=org
objectClass: domain
dc: example

dn: ou=people,dc=example,dc=org
objectClass: organizationalUnit
ou: people

dn: cn=reader,dc=example,dc=org
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: reader-secret

dn: uid=jane,ou=people,dc=example,dc=org
objectClass: inetOrgPerson
uid: jane
cn: Jane Doe
sn: Doe
mail: jane@example.org
mail: j.doe@example.org
description: base64:no
jpegPhoto:: /9j/4A==
userPassword: correct horse

dn: uid=j*n(e)\5c,ou=people,dc=example,dc=org
objectClass: inetOrgPerson
uid: j*n(e)\
cn: Odd Name
sn: Größe

dn: ou=elsewhere,dc=example,dc=org
objectClass: referral
objectClass: extensibleObject
ou: elsewhere
ref: ldap://127.0.0.1:9/ou=elsewhere,dc=example,dc=org
`

// slapd is a directory of a domain with two people; directory.internal and, for all
// the world, directory.example.org.
func (w *world) slapd() {
	w.t.Helper()
	program := slapdProgram(w.t)
	dir := w.t.TempDir()
	w.writePair(dir)
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			w.t.Fatal(err)
		}
		return path
	}
	if err := os.Mkdir(filepath.Join(dir, "db"), 0o700); err != nil {
		w.t.Fatal(err)
	}
	config := write("slapd.conf", strings.ReplaceAll(slapdConfig, "DIR", dir))
	var people strings.Builder
	for i := range 20 {
		fmt.Fprintf(&people, "\ndn: uid=p%d,ou=people,dc=example,dc=org\nobjectClass: inetOrgPerson\nuid: p%d\ncn: P\nsn: Many\n", i, i)
	}
	data := write("data.ldif", slapdData+people.String())
	if output, err := exec.Command(program, "-T", "add", "-f", config, "-l", data).CombinedOutput(); err != nil {
		w.t.Fatalf("slapadd: %v\n%s", err, output)
	}
	plain, secure := freeAddress(w.t), freeAddress(w.t)
	server := exec.Command(program, "-f", config, "-h", "ldap://"+plain+"/ ldaps://"+secure+"/", "-d", "0")
	var output bytes.Buffer
	server.Stderr = &output
	if err := server.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		server.Process.Kill()
		server.Wait()
	})
	waitFor(w.t, &output, plain, secure)
	w.directory(plain, secure)
}

// directory is where the names of the directory lead.
func (w *world) directory(plain, secure string) {
	w.names["directory.internal"] = []string{"127.0.0.1"}
	for _, address := range []string{"127.0.0.1", public} {
		w.servers[address+":389"], w.servers[address+":636"] = plain, secure
	}
}

func (w *world) writePair(dir string) {
	w.t.Helper()
	pair := w.server.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		w.t.Fatal(err)
	}
	for name, block := range map[string]*pem.Block{
		"cert.pem": {Type: "CERTIFICATE", Bytes: pair.Certificate[0]}, "key.pem": {Type: "PRIVATE KEY", Bytes: key},
	} {
		if err := os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
}

// freeAddress is one that nobody listens at, now.
func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func waitFor(t *testing.T, output *bytes.Buffer, addresses ...string) {
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
			t.Fatalf("slapd does not listen: %v\n%s", err, output)
		}
	}
}

// serverTLS is for directories that the tests write themselves.
func (w *world) serverTLS() *tls.Config {
	return &tls.Config{Certificates: w.server.TLS.Certificates}
}

package needs

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// MailServer is a mail server of Debian, on this machine.
type MailServer struct {
	Submission  string // HOST:PORT at which it goes over to TLS
	Submissions string // HOST:PORT at which it begins with TLS
	Roots       *x509.CertPool
	RootsFile   string // the same in PEM
	t           testing.TB
	dir         string
}

// eximConfig is a server that takes mails of one user for everybody, and keeps them in a
// mailbox. It knows nobody@ANYWHERE never, and later@ANYWHERE once there is a file "open".
const eximConfig = `primary_hostname = localhost
exim_user = UID
exim_group = GID
spool_directory = DIR/spool
log_file_path = DIR/log/%slog
pid_file_path = DIR/exim.pid
local_interfaces = 127.0.0.1
daemon_smtp_ports = SUBMISSION : SUBMISSIONS
tls_on_connect_ports = SUBMISSIONS
tls_advertise_hosts = *
tls_certificate = DIR/cert.pem
tls_privatekey = DIR/key.pem
auth_advertise_hosts = ${if eq{$tls_in_cipher}{}{}{*}}
deliver_drop_privilege
keep_environment =
host_lookup =
rfc1413_hosts =
recipients_max = 1
smtp_accept_queue_per_connection = 0
smtp_accept_max_per_connection = 0
acl_smtp_mail = mail
acl_smtp_rcpt = recipient
acl_smtp_data = accept

begin acl
mail:
  accept authenticated = *
  deny message = sign in first
recipient:
  deny local_parts = nobody
       message = 5.1.1 there is no such mailbox
  defer local_parts = later
        condition = ${if exists{DIR/open}{no}{yes}}
        message = 4.7.1 greylisted
  accept

begin routers
all:
  driver = accept
  transport = mailbox

begin transports
mailbox:
  driver = appendfile
  directory = DIR/mailbox
  maildir_format
  user = UID
  group = GID

begin authenticators
plain:
  driver = plaintext
  public_name = PLAIN
  server_prompts = :
  server_condition = ${if and{{eq{$auth2}{USER}}{eq{$auth3}{PASSWORD}}}}
  server_set_id = $auth2
`

// Exim runs Exim until the test ends. It has a certificate for localhost, and takes mails
// of one user; neither name nor password may hold a character that means something to it.
func Exim(t testing.TB, user, password string) *MailServer {
	t.Helper()
	program := Program(t, "exim4", "/usr/sbin/exim4")
	m := &MailServer{Submission: freeAddress(t), Submissions: freeAddress(t), t: t, dir: eximFolder(t), Roots: x509.NewCertPool()}
	pair := vouchForItself(t, "localhost")
	writePair(t, m.dir, pair)
	m.Roots.AddCert(pair.Leaf)
	m.RootsFile = filepath.Join(m.dir, "cert.pem")
	uid, gid := os.Getuid(), os.Getgid()
	if uid == 0 { // it delivers nothing as root
		uid, gid = 65534, 65534
	}
	port := func(address string) string { return address[strings.LastIndex(address, ":")+1:] }
	m.Submission, m.Submissions = "localhost:"+port(m.Submission), "localhost:"+port(m.Submissions)
	// The longer word first.
	config := strings.NewReplacer("UID", strconv.Itoa(uid), "GID", strconv.Itoa(gid), "DIR", m.dir, "SUBMISSIONS", port(m.Submissions),
		"SUBMISSION", port(m.Submission), "USER", user, "PASSWORD", password).Replace(eximConfig)
	file := writeText(t, m.dir, "exim.conf", config)
	server := exec.Command(program, "-C", file, "-bdf", "-q1h")
	var output bytes.Buffer
	server.Stdout, server.Stderr = &output, &output
	if os.Getuid() == 0 {
		giveAway(t, m.dir, uid, gid)
		server.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = server.Process.Kill() // it may have ended
		_ = server.Wait()
		if t.Failed() {
			t.Logf("exim: %s\n%s", &output, m.log())
		}
	})
	waitFor(t, &output, m.Submission, m.Submissions)
	return m
}

// eximFolder is one that others may look into: that of a test is not.
func eximFolder(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "exim")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	for _, name := range []string{"spool", "log", "mailbox", "mailbox/new", "mailbox/cur", "mailbox/tmp"} {
		if err := os.Mkdir(filepath.Join(dir, name), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func giveAway(t testing.TB, dir string, uid, gid int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, _ os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chown(name, uid, gid)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// vouchForItself makes a certificate.
func vouchForItself(t testing.TB, host string) *tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour), DNSNames: []string{host},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// Open lets it take mails to later@ANYWHERE from now on.
func (m *MailServer) Open() {
	m.t.Helper()
	writeText(m.t, m.dir, "open", "")
}

// Mails gives the messages that arrived so far.
func (m *MailServer) Mails() []string {
	m.t.Helper()
	names, err := filepath.Glob(filepath.Join(m.dir, "mailbox", "new", "*"))
	if err != nil {
		m.t.Fatal(err)
	}
	messages := make([]string, len(names))
	for i, name := range names {
		content, err := os.ReadFile(name)
		if err != nil {
			m.t.Fatal(err)
		}
		messages[i] = string(content)
	}
	return messages
}

func (m *MailServer) log() string {
	var text strings.Builder
	for _, name := range []string{"mainlog", "rejectlog", "paniclog"} {
		if content, err := os.ReadFile(filepath.Join(m.dir, "log", name)); err == nil {
			fmt.Fprintf(&text, "%s:\n%s", name, content)
		}
	}
	return text.String()
}

package mail

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/big"
	"net"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/emersion/go-sasl"
	"github.com/emersion/go-smtp"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store"
)

func same[T any](t testing.TB, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

// world is a database with mails and a mail server, in a bubble with a clock of its own:
// a real server on the other side of pipes.
type world struct {
	t      *testing.T
	dir    string
	store  *store.Store
	queue  Queue // nil: the store
	server *mailServer
	smtp   *SMTP
	writer writerFunc
	count  *count
	log    *journal
	begin  time.Time
	end    func()
}

func inWorld(t *testing.T, test func(*testing.T, *world)) {
	dir, pair := t.TempDir(), certificateFor(t, "mail.example.org")
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, dir: dir, count: &count{of: map[string]int{}}, log: &journal{}, begin: time.Now(), end: func() {}}
		w.server = newMailServer(t, pair)
		w.smtp = &SMTP{
			Address: "mail.example.org:587", Security: StartTLS, User: "postern", Password: "correct horse", From: "no-reply@id.example.org",
			Hello: "id.example.org", RootCAs: w.server.roots, Dial: w.server.dial,
		}
		w.writer = func(_ context.Context, m *core.Mail, words map[string]string) (Letter, error) {
			return Letter{Sender: m.Org, Subject: "About " + m.Template, Text: words[core.WordLink], HTML: "<p>" + words[core.WordLink] + "</p>"}, nil
		}
		w.store = w.open()
		test(t, w)
		w.end()
		w.server.close()
		if err := w.store.Close(); err != nil {
			t.Error(err)
		}
	})
}

// open opens the database, as another process would.
func (w *world) open() *store.Store {
	w.t.Helper()
	s, err := store.Open(context.Background(), store.Options{Path: filepath.Join(w.dir, "postern.db")})
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func (w *world) apply(changes ...core.Change) {
	w.t.Helper()
	if err := w.store.Apply(context.Background(), changes...); err != nil {
		w.t.Fatal(err)
	}
}

func unreversed(sealed []byte, purpose string) ([]byte, error) {
	text, found := bytes.CutPrefix(sealed, []byte(purpose+"\n"))
	if !found {
		return nil, errors.New("sealed for something else")
	}
	return bytes.TrimPrefix(reversed(text, ""), []byte("\n")), nil
}

// mail makes the change that queues a mail to NAME@example.com.
func (w *world) mail(name string) core.SendMail {
	c := &Composer{Seal: reversed, Delivers: true, Rand: rand.Reader}
	return c.Compose(time.Now(), core.Mail{Org: "Northwind", UserID: "u", To: name + "@example.com", Template: core.MailReset, ExpiresAt: time.Now().Add(time.Hour)},
		map[string]string{core.WordLink: "https://id.example.org/reset?ticket=" + name + "-secret"})
}

// post queues mails.
func (w *world) post(names ...string) {
	w.t.Helper()
	for _, name := range names {
		w.apply(w.mail(name))
	}
}

// run starts a deliverer, until w.end.
func (w *world) run() {
	w.t.Helper()
	if w.queue == nil {
		w.queue = w.store
	}
	d := &Deliverer{
		Queue: w.queue, Unseal: unreversed, Writer: w.writer, Server: w.smtp, Observer: w.count,
		Logger: slog.New(slog.NewTextHandler(w.log, nil)), Now: time.Now, Rand: func() float64 { return 0 },
		NewID: func(now time.Time) core.ID { return core.NewID(now, rand.Reader) },
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { d.Run(ctx); close(ended) }()
	w.end = func() { cancel(); <-ended; w.end = func() {} }
	synctest.Wait()
}

// pass lets time pass, and what is to happen in it happen.
func (w *world) pass(d time.Duration) { time.Sleep(d); synctest.Wait() }

// waiting gives the addresses that mails wait for.
func (w *world) waiting() (names []string) {
	w.t.Helper()
	mails, err := w.store.Mails(context.Background(), 1000)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, m := range mails {
		names = append(names, strings.TrimSuffix(m.To, "@example.com"))
	}
	return names
}

// recorded says whether there is such an audit event.
func (w *world) recorded(line string) {
	w.t.Helper()
	if events := w.events(); !slices.Contains(events, line) {
		w.t.Errorf("audited %q, not %s", events, line)
	}
}

// events gives the audit events in a line each.
func (w *world) events() (lines []string) {
	w.t.Helper()
	events, err := w.store.Events(context.Background(), core.EventFilter{})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range events {
		delete(e.Detail, "mail")
		detail, err := json.Marshal(e.Detail)
		if err != nil {
			w.t.Fatal(err)
		}
		lines = append(lines, fmt.Sprintf("%s %s %s %s", e.Type, e.Actor, e.UserID, detail))
	}
	return lines
}

type writerFunc func(ctx context.Context, m *core.Mail, words map[string]string) (Letter, error)

func (f writerFunc) Write(ctx context.Context, m *core.Mail, words map[string]string) (Letter, error) {
	return f(ctx, m, words)
}

// count is an observer.
type count struct {
	mu sync.Mutex
	of map[string]int
}

func (c *count) Mail(result string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.of[result]++
}

func (c *count) want(t *testing.T, ok, retried, dropped int) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	want := map[string]int{}
	for result, n := range map[string]int{"ok": ok, "retried": retried, "dropped": dropped} {
		if n > 0 {
			want[result] = n
		}
	}
	same(t, c.of, want)
}

// mailServer is emersion's SMTP server with a mailbox for everybody, on pipes.
type mailServer struct {
	t     *testing.T
	roots *x509.CertPool
	smtp  *smtp.Server
	conns chan net.Conn
	done  chan struct{}

	mu       sync.Mutex
	taken    []taken
	begin    time.Time
	sessions int
	down     bool
	silent   bool // it accepts connections, and says nothing
	// refuse says what is answered at a stage: nil is yes.
	refuse func(stage Stage, about string) error
	hold   time.Duration // before a mail is taken
	lax    bool          // it takes mails of everybody
	auths  int           // tries to sign in
}

// taken is a mail that arrived.
type taken struct {
	at       time.Duration
	session  int
	secure   bool
	from, to string
	content  string
}

func newMailServer(t *testing.T, pair tls.Certificate) *mailServer {
	s := &mailServer{t: t, roots: x509.NewCertPool(), conns: make(chan net.Conn), done: make(chan struct{}), begin: time.Now()}
	s.roots.AddCert(pair.Leaf)
	s.smtp = smtp.NewServer(smtp.BackendFunc(func(c *smtp.Conn) (smtp.Session, error) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.sessions++
		return &session{server: s, conn: c, number: s.sessions}, nil
	}))
	s.smtp.Domain, s.smtp.TLSConfig = "mail.example.org", &tls.Config{Certificates: []tls.Certificate{pair}}
	s.smtp.ErrorLog = silence{}
	go func() { _ = s.smtp.Serve(s) }() // until close
	return s
}

type silence struct{}

func (silence) Printf(string, ...any) {}
func (silence) Println(...any)        {}

// Accept, Close and Addr make it a listener.
func (s *mailServer) Accept() (net.Conn, error) {
	select {
	case conn := <-s.conns:
		return conn, nil
	case <-s.done:
		return nil, net.ErrClosed
	}
}

func (s *mailServer) Close() error   { return nil }
func (s *mailServer) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 587} }

func (s *mailServer) close() {
	close(s.done)
	_ = s.smtp.Close() // its connections are pipes
}

// dial connects to it.
func (s *mailServer) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	s.mu.Lock()
	down, silent := s.down, s.silent
	s.mu.Unlock()
	if down {
		return nil, errors.New("connection refused")
	}
	ours, theirs := pipe()
	if silent {
		go func() {
			_, _ = io.Copy(io.Discard, theirs) // until the other side gives up
			theirs.Close()
		}()
		return ours, nil
	}
	select {
	case s.conns <- theirs:
		return ours, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// lazy is an end of a pipe that takes what is written before the other side reads it, as
// a network does.
type lazy struct {
	net.Conn
	mu     sync.Mutex
	closed bool
	out    chan []byte
}

func pipe() (ours, theirs net.Conn) {
	a, b := net.Pipe()
	return newLazy(a), newLazy(b)
}

func newLazy(end net.Conn) *lazy {
	l := &lazy{Conn: end, out: make(chan []byte, 100)}
	go func() {
		for some := range l.out {
			_, _ = l.Conn.Write(some) // fails where the other side is gone
		}
		_ = l.Conn.Close() // never fails
	}()
	return l
}

func (l *lazy) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return 0, net.ErrClosed
	}
	l.out <- bytes.Clone(b)
	return len(b), nil
}

func (l *lazy) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed {
		l.closed = true
		close(l.out)
	}
	return nil
}

// set changes the server.
func (s *mailServer) set(change func(*mailServer)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

// take gives the mails that arrived since it was last called.
func (s *mailServer) take() []taken {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.taken
	s.taken = nil
	return all
}

// took is whom they are for.
func (s *mailServer) took() (names []string) {
	for _, m := range s.take() {
		names = append(names, strings.TrimSuffix(m.to, "@example.com"))
	}
	return names
}

func (s *mailServer) ask(stage Stage, about string) error {
	s.mu.Lock()
	refuse := s.refuse
	s.mu.Unlock()
	if refuse == nil {
		return nil
	}
	return refuse(stage, about)
}

// session is one connection.
type session struct {
	server   *mailServer
	conn     *smtp.Conn
	number   int
	signedIn bool
	secure   bool
	from, to string
}

func (s *session) Reset()        { s.from, s.to = "", "" }
func (s *session) Logout() error { return nil }

func (s *session) AuthMechanisms() []string { return []string{sasl.Plain} }
func (s *session) Auth(string) (sasl.Server, error) {
	s.server.set(func(server *mailServer) { server.auths++ })
	return sasl.NewPlainServer(func(_, user, password string) error {
		if user != "postern" || password != "correct horse" {
			return smtp.ErrAuthFailed
		}
		s.signedIn = true
		return nil
	}), nil
}

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	if _, s.secure = s.conn.TLSConnectionState(); !s.server.lax && (!s.secure || !s.signedIn) {
		return smtp.ErrAuthRequired
	}
	s.from = from
	return s.server.ask(StageSender, from)
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	s.to = to
	return s.server.ask(StageRecipient, strings.TrimSuffix(to, "@example.com"))
}

func (s *session) Data(r io.Reader) error {
	content, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	s.server.mu.Lock()
	hold := s.server.hold
	s.server.mu.Unlock()
	time.Sleep(hold)
	if err := s.server.ask(StageContent, string(content)); err != nil {
		return err
	}
	s.server.mu.Lock()
	defer s.server.mu.Unlock()
	s.server.taken = append(s.server.taken, taken{time.Since(s.server.begin), s.number, s.secure, s.from, s.to, string(content)})
	return nil
}

// certificateFor makes a certificate that vouches for itself. It holds in bubbles too,
// whose clock begins in the year 2000.
func certificateFor(t *testing.T, host string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Unix(0, 0), NotAfter: time.Now().Add(time.Hour), DNSNames: []string{host},
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
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}
}

// journal is a log that is read while others write it.
type journal struct {
	mu   sync.Mutex
	text strings.Builder
}

func (j *journal) Write(line []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.Write(line)
}

func (j *journal) String() string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.text.String()
}

package mail

import (
	"context"
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/needs"
)

// eximWorld is a deliverer before a mail server as others run it.
func eximWorld(t *testing.T, exim *needs.MailServer, change func(*SMTP)) (*world, func()) {
	t.Helper()
	w := &world{t: t, dir: t.TempDir(), count: &count{of: map[string]int{}}, log: &journal{}, begin: time.Now()}
	w.store = w.open()
	t.Cleanup(func() { w.store.Close() })
	server := &SMTP{
		Address: exim.Submission, Security: StartTLS, User: "postern", Password: "correct horse",
		From: "no-reply@id.example.org", Hello: "id.example.org", RootCAs: exim.Roots,
	}
	change(server)
	d := &Deliverer{
		Queue: w.store, Unseal: unreversed, Server: server, Observer: w.count, Logger: slog.New(slog.NewTextHandler(w.log, nil)),
		Writer: writerFunc(func(_ context.Context, m *core.Mail, words map[string]string) (Letter, error) {
			return Letter{Sender: "Nördwind", Subject: "Grüße", Text: "geh zu " + words[core.WordLink] + "\n.\n", HTML: "<p>ü</p>"}, nil
		}),
		Now: time.Now, NewID: func(now time.Time) core.ID { return core.NewID(now, rand.Reader) }, Rand: func() float64 { return 0 },
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { d.Run(ctx); close(ended) }()
	end := func() { cancel(); <-ended }
	t.Cleanup(end)
	return w, end
}

// until waits for what comes from another program.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for range 6000 {
		if holds() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("it does not come to this: %s", what)
}

// Exim, by either way to encrypt and with a password, has the mails as they were written.
func TestExim(t *testing.T) {
	exim := needs.Exim(t, "postern", "correct horse")
	for i, security := range []string{StartTLS, TLS} {
		w, end := eximWorld(t, exim, func(s *SMTP) {
			if s.Security = security; security == TLS {
				s.Address = exim.Submissions
			}
		})
		w.post(fmt.Sprint("a", i), fmt.Sprint("b", i))
		until(t, "both mails are in the mailbox", func() bool { return len(exim.Mails()) == 2*(i+1) && len(w.waiting()) == 0 })
		end()
		w.count.want(t, 2, 0, 0)
	}
	var to []string
	for _, content := range exim.Mails() {
		header, parts := read(t, content)
		name := strings.TrimSuffix(strings.Trim(header.Get("To"), "<>"), "@example.com")
		to = append(to, name)
		same(t, parts["text/plain; charset=UTF-8"], "geh zu https://id.example.org/reset?ticket="+name+"-secret\n.\n")
		same(t, header.Get("Return-Path")+header.Get("Envelope-To"), "")
		if received := header.Get("Received"); !strings.Contains(received, "esmtpsa") { // with TLS, and signed in (RFC 3848)
			t.Errorf("received: %s", received)
		}
	}
	slices.Sort(to)
	same(t, to, []string{"a0", "a1", "b0", "b1"})
}

// What Exim refuses for ever is given up; what it takes later is taken later.
func TestEximRefuses(t *testing.T) {
	exim := needs.Exim(t, "postern", "correct horse")
	w, _ := eximWorld(t, exim, func(*SMTP) {})
	w.post("nobody", "later", "ada")
	until(t, "two are settled, one waits", func() bool { return len(exim.Mails()) == 1 && slices.Equal(w.waiting(), []string{"later"}) })
	w.recorded(`mail.failed server u {"reason":"recipient_550","template":"reset"}`)
	exim.Open()
	until(t, "the late one is taken", func() bool { return len(exim.Mails()) == 2 && len(w.waiting()) == 0 })
	w.recorded(`mail.sent server u {"template":"reset"}`)
}

// A password that Exim does not know keeps mails waiting, and so does a certificate that
// nobody vouches for.
func TestEximMistrusts(t *testing.T) {
	exim := needs.Exim(t, "postern", "correct horse")
	for stage, change := range map[Stage]func(*SMTP){
		StageAuth: func(s *SMTP) { s.Password = "battery staple" }, StageTLS: func(s *SMTP) { s.RootCAs = x509.NewCertPool() },
		StageSender: func(s *SMTP) { s.User = "" },
	} {
		server := &SMTP{
			Address: exim.Submission, Security: StartTLS, User: "postern", Password: "correct horse",
			From: "no-reply@id.example.org", RootCAs: exim.Roots,
		}
		change(server)
		_, m := sample()
		if f := failureOf(sent(server, m)); f.Stage != stage || strings.Contains(f.Error(), "battery") {
			t.Errorf("%s: %v at %s", stage, f, f.Stage)
		}
	}
	same(t, len(exim.Mails()), 0)
}

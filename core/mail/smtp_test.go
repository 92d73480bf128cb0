package mail

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/emersion/go-smtp"
)

// listening is the mail server of the tests on a real port, in one of the ways to encrypt.
func listening(t *testing.T, security string) (*mailServer, *SMTP) {
	t.Helper()
	server := newMailServer(t, certificateFor(t, "localhost"))
	t.Cleanup(server.close)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	client := &SMTP{
		Address: strings.Replace(listener.Addr().String(), "127.0.0.1", "localhost", 1), Security: security, From: "no-reply@id.example.org",
		User: "postern", Password: "correct horse", Hello: "id.example.org", RootCAs: server.roots,
	}
	if security == TLS {
		listener = tls.NewListener(listener, server.smtp.TLSConfig)
	}
	if security == NoTLS {
		server.smtp.TLSConfig, client.User, client.Password = nil, "", ""
		server.lax = true
	}
	go func() { _ = server.smtp.Serve(listener) }() // until close
	t.Cleanup(func() { listener.Close() })
	return server, client
}

// sent opens a connection and sends mails.
func sent(s *SMTP, messages ...Message) error {
	conn, err := s.Open(context.Background())
	if err != nil {
		return err
	}
	defer conn.Close()
	for _, m := range messages {
		if err := conn.Send(context.Background(), m); err != nil {
			return err
		}
	}
	return nil
}

// Each way to encrypt works, and has the mail on the other side as it was.
func TestSecurity(t *testing.T) {
	for _, security := range []string{StartTLS, TLS, NoTLS} {
		server, client := listening(t, security)
		_, m := sample()
		if err := sent(client, m, m); err != nil {
			t.Errorf("%s: %v", security, err)
			continue
		}
		got := server.take()
		if len(got) != 2 || got[0].session != got[1].session {
			t.Fatalf("%s: took %d", security, len(got))
		}
		same(t, got[0].secure, security != NoTLS)
		same(t, got[0].from+" "+got[0].to, "no-reply@id.example.org ada@example.com")
		_, parts := read(t, got[0].content)
		same(t, parts["text/plain; charset=UTF-8"], m.Letter.Text)
	}
}

// No password goes over a connection that is not encrypted: neither if that is asked for,
// nor if the server offers nothing better, nor if somebody on the way says that it does not.
func TestPasswordStaysSecret(t *testing.T) {
	server, client := listening(t, NoTLS)
	server.smtp.AllowInsecureAuth = true
	client.User, client.Password = "postern", "correct horse"
	if err := sent(client); !errors.Is(err, ErrPlainPassword) {
		t.Errorf("in the clear: %v", err)
	}
	client.Security = StartTLS
	err := sent(client)
	if f := failureOf(err); err == nil || f.Stage != StageTLS || !strings.Contains(f.Hint(), `mail_tls = "tls"`) {
		t.Errorf("without STARTTLS: %v", err)
	}
	same(t, server.auths, 0)
}

// What is wrong with a connection is told apart, with a hint.
func TestConnectionFailures(t *testing.T) {
	starttls, base := listening(t, StartTLS)
	_, begun := listening(t, TLS)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	nobody := closed.Addr().String()
	closed.Close()
	web := greeting(t, "HTTP/1.1 400 Bad Request\r\n\r\n")
	busy := greeting(t, "421 4.3.2 too many connections\r\n")
	hangsUp := greeting(t, "")
	for name, c := range map[string]struct {
		change func(*SMTP)
		stage  Stage
		code   int
		says   string
	}{
		"nobody":               {func(s *SMTP) { s.Address = nobody }, StageConnect, 0, "connection refused"},
		"no mail server":       {func(s *SMTP) { s.Address = web }, StageConnect, 0, ""},
		"busy":                 {func(s *SMTP) { s.Address = busy }, StageConnect, 421, "too many connections"},
		"hangs up":             {func(s *SMTP) { s.Address = hangsUp }, StageConnect, 0, ""},
		"TLS where STARTTLS":   {func(s *SMTP) { s.Security = TLS }, StageTLS, 0, "TLS"},
		"unknown authority":    {func(s *SMTP) { s.RootCAs = nil }, StageTLS, 0, "certificate"},
		"another name":         {func(s *SMTP) { s.Address = strings.Replace(s.Address, "localhost", "127.0.0.1", 1) }, StageTLS, 0, "certificate"},
		"TLS, another name":    {func(s *SMTP) { *s = *begun; s.RootCAs = starttls.roots }, StageTLS, 0, "certificate"},
		"wrong password":       {func(s *SMTP) { s.Password = "battery staple" }, StageAuth, 535, "Authentication failed"},
		"wrong user":           {func(s *SMTP) { s.User = "eve" }, StageAuth, 535, "Authentication failed"},
		"TLS, wrong password":  {func(s *SMTP) { *s = *begun; s.Password = "x" }, StageAuth, 535, "Authentication failed"},
		"it wants a user":      {func(s *SMTP) { s.User = "" }, StageSender, 502, "authenticate first"},
		"a sender that is odd": {func(s *SMTP) { s.From = "eve@example.org" }, StageSender, 550, "not yours"},
	} {
		t.Run(name, func(t *testing.T) {
			starttls.set(func(s *mailServer) {
				s.refuse = func(stage Stage, about string) error {
					if stage == StageSender && about == "eve@example.org" {
						return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "not yours"}
					}
					return nil
				}
			})
			client := *base
			c.change(&client)
			_, m := sample()
			err := sent(&client, m)
			f, ok := errors.AsType[*Failure](err)
			if !ok {
				t.Fatalf("error %v", err)
			}
			if f.Stage != c.stage || f.Code != c.code || !strings.Contains(f.Error(), c.says) || f.Hint() == "" {
				t.Errorf("stage %s, code %d, hint %q: %v", f.Stage, f.Code, f.Hint(), f)
			}
			if !f.OfServer() || f.Permanent() {
				t.Errorf("it is taken to be about the mail: %v", f)
			}
			for _, secret := range []string{"correct horse", "battery"} {
				if strings.Contains(f.Error(), secret) {
					t.Errorf("it says the password: %v", f)
				}
			}
		})
	}
}

// greeting is a server that says one thing and hangs up.
func greeting(t *testing.T, text string) (address string) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = io.WriteString(conn, text) // the other side may be gone
			conn.Close()
		}
	}()
	return listener.Addr().String()
}

func TestAddressOfServer(t *testing.T) {
	for _, address := range []string{"", "mail", "mail:smtp", "mail:99999"} {
		if err := sent(&SMTP{Address: address, Security: StartTLS}); err == nil {
			t.Errorf("%q is an address", address)
		}
	}
}

func TestFailureWords(t *testing.T) {
	long := &Failure{Stage: StageContent, Code: 554, Err: errors.New("a\r\nb\x1b[31m" + strings.Repeat("ä", 400))}
	if got := long.Error(); strings.ContainsAny(got, "\r\n\x1b") || len(got) > 400 || !strings.Contains(got, "a b [31m") {
		t.Errorf("%q", got)
	}
	for stage, hint := range map[Stage]string{StageRecipient: "check the address", StageContent: "", StageWrite: ""} {
		if got := (&Failure{Stage: stage}).Hint(); !strings.HasPrefix(got, hint) || hint == "" && got != "" {
			t.Errorf("%s: %q", stage, got)
		}
	}
	if got := (&Failure{Stage: StageWrite}).Error(); got != "the mail cannot be written: no reason given" {
		t.Errorf("%q", got)
	}
}

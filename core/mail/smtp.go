package mail

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"
	"github.com/wneessen/go-mail/smtp"
)

// How a connection to the mail server is encrypted.
const (
	StartTLS = "starttls" // it begins in the clear, and must go over to TLS (RFC 3207)
	TLS      = "tls"      // from the first byte (RFC 8314)
	NoTLS    = "off"
)

// Limits of a connection.
const (
	// connectTime is how long it may take until the server takes mails.
	connectTime = 20 * time.Second
	// sendTime is how long one mail may take: servers look for viruses meanwhile.
	sendTime = time.Minute
	// quitTime is how long the last word may take.
	quitTime = 2 * time.Second
)

// SMTP is a server that takes mails for others (RFC 6409).
type SMTP struct {
	Address  string // HOST:PORT
	Security string // StartTLS, TLS or NoTLS
	User     string // empty: it asks for none
	Password string
	From     string // address that mails are from
	FromName string // empty: the name of the organisation
	Hello    string // name of this machine, as it greets
	// RootCAs are those that may vouch for the server; nil: the system's.
	RootCAs *x509.CertPool
	// Dial connects; nil: by the network.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// ErrPlainPassword says that a password would be readable on its way.
var ErrPlainPassword = errors.New("mail: no password goes over a connection that is not encrypted")

// Conn is a connection that sends mails, one after the other. It is used by one goroutine.
type Conn struct {
	server *SMTP
	client *gomail.Client
	smtp   *smtp.Client
	net    net.Conn
}

// Open connects, signs in, and gives a connection that takes mails. Errors of the
// server and of the network are of type [*Failure].
func (s *SMTP) Open(ctx context.Context) (*Conn, error) {
	if s.User != "" && s.Security == NoTLS {
		return nil, ErrPlainPassword
	}
	host, port, err := net.SplitHostPort(s.Address)
	if err != nil {
		return nil, fmt.Errorf("address of the mail server: %w", err)
	}
	number, err := strconv.Atoi(port)
	if err != nil {
		return nil, fmt.Errorf("port of the mail server: %w", err)
	}
	c := &Conn{server: s}
	if c.client, err = gomail.NewClient(host, append(s.options(host, c), gomail.WithPort(number))...); err != nil {
		return nil, fmt.Errorf("connect to the mail server: %w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, connectTime)
	defer cancel()
	if c.smtp, err = c.client.DialToSMTPClientWithContext(ctx); err != nil {
		dialed := c.net != nil
		c.Cut()
		return nil, connecting(err, dialed)
	}
	return c, nil
}

func (s *SMTP) options(host string, c *Conn) []gomail.Option {
	security := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12, RootCAs: s.RootCAs}
	policy := gomail.TLSMandatory
	switch s.Security {
	case TLS: // the dialer begins with it
		policy = gomail.TLSOpportunistic
	case NoTLS:
		policy = gomail.NoTLS
	}
	options := []gomail.Option{
		gomail.WithTLSPolicy(policy), gomail.WithTLSConfig(security), gomail.WithTimeout(sendTime), gomail.WithoutNoop(),
		gomail.WithDialContextFunc(func(ctx context.Context, network, address string) (net.Conn, error) {
			return c.dial(ctx, network, address, security)
		}),
	}
	if s.Hello != "" {
		options = append(options, gomail.WithHELO(s.Hello))
	}
	if s.User != "" {
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(s.User), gomail.WithPassword(s.Password))
	}
	return options
}

// dial keeps the connection, so that it can be cut: the library waits for the first words
// of the server without an end, and leaves it open where signing in fails.
func (c *Conn) dial(ctx context.Context, network, address string, security *tls.Config) (net.Conn, error) {
	dial := c.server.Dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	raw, err := dial(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c.net = raw
	deadline, _ := ctx.Deadline()
	if err := raw.SetDeadline(deadline); err != nil {
		return nil, err
	}
	if c.server.Security != TLS {
		return raw, nil
	}
	secure := tls.Client(raw, security)
	return secure, secure.HandshakeContext(ctx)
}

// Send sends one mail. Its errors are of type [*Failure].
func (c *Conn) Send(ctx context.Context, m Message) error {
	written, err := c.server.write(m)
	if err != nil {
		return &Failure{Stage: StageRecipient, Code: badAddress, Err: err}
	}
	// Whoever waits for the end of the server waits a little for the mail.
	stop := context.AfterFunc(ctx, func() { _ = c.net.SetDeadline(time.Now().Add(graceTime)) }) // what follows fails
	defer stop()
	err = c.client.SendWithSMTPClient(c.smtp, written)
	if err == nil || written.IsDelivered() { // what went wrong afterwards is not about this mail
		return nil
	}
	return sending(err)
}

// Close says goodbye.
func (c *Conn) Close() {
	_ = c.net.SetDeadline(time.Now().Add(quitTime)) // then the goodbye fails
	_ = c.client.CloseWithSMTPClient(c.smtp)        // every mail that it took is acknowledged
	c.Cut()
}

// Cut ends the connection at once.
func (c *Conn) Cut() {
	if c.net != nil {
		_ = c.net.Close() // nothing is lost with it
	}
}

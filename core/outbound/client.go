package outbound

import (
	"bytes"
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"io"
	"net"
	"net/http"
	"net/netip"
	"time"
)

// Defaults of [Options], and limits that are always the same.
const (
	defaultTimeout = 10 * time.Second
	defaultMaxBody = 1 << 20
	// maxHeader bounds the header of an answer, in bytes.
	maxHeader = 64 << 10
	// Connections that are kept for the next request.
	maxIdle        = 64
	maxIdlePerHost = 4
	idleTimeout    = time.Minute
)

// Options say how a client fetches. The zero Options are right for one that only
// reaches what everybody reaches.
type Options struct {
	// AllowPrivate lists what of the addresses that are not for everybody may be
	// dialled, and where http may be spoken: networks ("10.0.0.0/8"), or a host
	// with its port ("127.0.0.1:8089", "directory.internal:443").
	AllowPrivate []string
	// Timeout is for all of a request, from the name's look-up to the body's last
	// byte; 0 is 10 seconds.
	Timeout time.Duration
	// MaxBody is the largest body in bytes, decompressed; 0 is 1 MiB.
	MaxBody int64
	// UserAgent is sent by requests that have none of their own; empty is "postern".
	UserAgent string
	// RootCAs sign the certificates that are trusted; nil are those of the system.
	RootCAs *x509.CertPool
	// Resolver looks names up; nil is the system's.
	Resolver Resolver
	// Dial connects to an address that was checked; nil is a [net.Dialer].
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// Resolver looks names up, as [net.Resolver] does. The network is "ip", "ip4" or
// "ip6".
type Resolver interface {
	LookupNetIP(ctx context.Context, network, host string) ([]netip.Addr, error)
}

// Client fetches. It may be used by many goroutines at once.
type Client struct {
	allowed   allowed
	resolver  Resolver
	dialer    func(ctx context.Context, network, address string) (net.Conn, error)
	tls       *tls.Config
	userAgent string
	timeout   time.Duration
	maxBody   int64
	base      *http.Transport
}

// New makes a client. The error is an [*EntryError] for what AllowPrivate has.
func New(o Options) (*Client, error) {
	list, err := parseAllowed(o.AllowPrivate)
	if err != nil {
		return nil, err
	}
	c := &Client{
		allowed: list, resolver: o.Resolver, dialer: o.Dial,
		tls:       &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: o.RootCAs},
		userAgent: cmp.Or(o.UserAgent, "postern"),
		timeout:   cmp.Or(max(o.Timeout, 0), defaultTimeout),
		maxBody:   cmp.Or(max(o.MaxBody, 0), defaultMaxBody),
	}
	if c.resolver == nil {
		c.resolver = net.DefaultResolver
	}
	if c.dialer == nil {
		c.dialer = (&net.Dialer{}).DialContext
	}
	// There is no Proxy: one that the environment names would dial for us, unchecked.
	c.base = &http.Transport{
		DialContext: c.DialPlainContext, DialTLSContext: c.dialTLS, MaxResponseHeaderBytes: maxHeader,
		MaxIdleConns: maxIdle, MaxIdleConnsPerHost: maxIdlePerHost, IdleConnTimeout: idleTimeout,
		Protocols: new(http.Protocols),
	}
	c.base.Protocols.SetHTTP1(true)
	return c, nil
}

// Close closes the connections that are kept and not in use.
func (c *Client) Close() { c.base.CloseIdleConnections() }

// Request is what is asked for.
type Request struct {
	Method string // GET if empty; DELETE, HEAD, OPTIONS, PATCH, POST or PUT
	// URL begins with https://, or with http:// for what AllowPrivate lists. It has
	// no user name; a fragment is not sent.
	URL string
	// Header may not have what belongs to the connection: Host, Content-Length,
	// Transfer-Encoding, Connection, Proxy-* and their like.
	Header  http.Header
	Body    []byte
	MaxBody int64         // of the answer, decompressed; 0 is the client's
	Timeout time.Duration // of the whole request; 0 is the client's
	// Hosts are those that may be asked, also after a redirect, if it is not nil:
	// "api.example.org" and "*.example.org" at the scheme's own port,
	// "api.example.org:8443" at that one. See [CheckHost].
	Hosts []string
	// FollowRedirects follows up to five, all at the same host and port. Else a
	// redirect is an answer as any other.
	FollowRedirects bool
}

// Response is an answer of any status.
type Response struct {
	Status int
	Header http.Header
	Body   []byte // all of it
	URL    string // that answered, after redirects
}

// Do sends one request and reads its answer. Errors are of type [*Error].
func (c *Client) Do(ctx context.Context, r Request) (*Response, error) {
	t, err := parseTarget(r.URL)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, cmp.Or(max(r.Timeout, 0), c.timeout))
	defer cancel()
	request, err := newRequest(ctx, &t, r)
	if err != nil {
		return nil, err
	}
	guard := transport{c, cmp.Or(max(r.MaxBody, 0), c.maxBody), r.Hosts}
	client := http.Client{Transport: guard, CheckRedirect: redirects{follow: r.FollowRedirects, hosts: r.Hosts}.check}
	response, err := client.Do(request)
	if err != nil {
		return nil, failed(ctx, t.to.host.name, err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, failed(ctx, t.to.host.name, err)
	}
	return &Response{Status: response.StatusCode, Header: response.Header, Body: body, URL: response.Request.URL.String()}, nil
}

func newRequest(ctx context.Context, t *target, r Request) (*http.Request, error) {
	if err := checkMethod(t.to.host.name, r.Method); err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, r.Method, t.url.String(), bytes.NewReader(r.Body))
	if err != nil {
		return nil, refuse(ReasonURL, t.to.host.name, "the URL for %s cannot be used", t.to.host.name)
	}
	if r.Header != nil {
		request.Header = r.Header.Clone()
	}
	return request, nil
}

// HTTP gives a client for libraries: with the same guard, the limits of the
// Options, and redirects at the same host and port. Its errors wrap an [*Error],
// in a [net/url.Error] that has the URL in its text.
func (c *Client) HTTP() *http.Client { return c.http(nil) }

// HTTPWithin is [Client.HTTP] for the hosts alone, which are written as in
// [Request].Hosts. Its redirects may lead from any of them to any other;
// credentials stay at the first.
func (c *Client) HTTPWithin(hosts ...string) *http.Client {
	return c.http(append([]string{}, hosts...))
}

func (c *Client) http(hosts []string) *http.Client {
	return &http.Client{
		Transport:     transport{c, c.maxBody, hosts},
		CheckRedirect: redirects{follow: true, across: hosts != nil, hosts: hosts}.check,
		Timeout:       c.timeout,
	}
}

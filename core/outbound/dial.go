package outbound

import (
	"context"
	"crypto/tls"
	"net"
	"net/netip"
	"strings"
	"time"
)

const (
	// maxAddresses bounds how many addresses of a name are tried.
	maxAddresses = 6
	// stagger is how long an address has before the next one is tried beside it
	// (RFC 8305 section 5).
	stagger = 250 * time.Millisecond
)

// DialContext opens a TCP connection ("tcp", "tcp4" or "tcp6") to HOST:PORT, for
// what is not HTTP. The address is checked as for a request; what is sent then has
// no limit of time or size. Errors are of type [*Error].
func (c *Client) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	return c.dial(ctx, network, address, false)
}

// DialPlainContext is [Client.DialContext] for what is never encrypted: only what
// AllowPrivate lists is dialled.
func (c *Client) DialPlainContext(ctx context.Context, network, address string) (net.Conn, error) {
	return c.dial(ctx, network, address, true)
}

// dialTLS is for https. The handshake is done here, where its failures can be told
// from others.
func (c *Client) dialTLS(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	conn, err := c.dial(ctx, network, address, false)
	if err != nil {
		return nil, err
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err // dial has split it
	}
	return c.Secure(ctx, conn, host)
}

// Secure begins TLS on a connection of [Client.DialContext]. The certificate must
// be valid for the host. The connection is closed if that fails. Errors are of type
// [*Error].
func (c *Client) Secure(ctx context.Context, conn net.Conn, host string) (net.Conn, error) {
	cfg := c.tls.Clone()
	cfg.ServerName = host
	secure := tls.Client(conn, cfg)
	if err := secure.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, tlsFailed(ctx, host, err)
	}
	return secure, nil
}

// dial looks the name up, checks what it finds, and connects to that very address.
// net/http goes on with a dial whose request was given up, so there is a limit of
// time here too.
func (c *Client) dial(ctx context.Context, network, address string, plain bool) (net.Conn, error) {
	to, err := parseEndpoint(network, address)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	addresses, err := c.lookup(ctx, network, to.host)
	if err != nil {
		return nil, err
	}
	var may []netip.AddrPort
	var refusal *Error
	for _, address := range addresses {
		if wrong := c.check(to, address, plain); wrong == nil {
			may = append(may, netip.AddrPortFrom(address, to.port))
		} else if refusal == nil {
			refusal = wrong
		}
	}
	if len(may) == 0 {
		return nil, refusal
	}
	conn, err := c.connect(ctx, network, may[:min(len(may), maxAddresses)])
	if err != nil {
		return nil, connectFailed(ctx, to.host.name, err)
	}
	return conn, nil
}

func parseEndpoint(network, address string) (endpoint, error) {
	if network != "tcp" && network != "tcp4" && network != "tcp6" {
		return endpoint{}, refuse(ReasonURL, "", "%s is not TCP", quoted(network))
	}
	hostText, portText, err := net.SplitHostPort(address)
	if err != nil {
		return endpoint{}, refuse(ReasonURL, "", "%s is no HOST:PORT", quoted(address))
	}
	host, err := parseHost(hostText)
	if err != nil {
		return endpoint{}, refuse(ReasonURL, "", "%s cannot be dialled: %w", quoted(address), err)
	}
	port, err := parsePort(portText)
	if err != nil {
		return endpoint{}, refuse(ReasonURL, host.name, "%s cannot be dialled: %w", quoted(address), err)
	}
	return endpoint{host, port}, nil
}

// lookup gives at least one address, IPv4 always as such.
func (c *Client) lookup(ctx context.Context, network string, host hostname) ([]netip.Addr, error) {
	if host.address.IsValid() {
		return []netip.Addr{host.address}, nil
	}
	found, err := c.resolver.LookupNetIP(ctx, strings.Replace(network, "tcp", "ip", 1), host.name)
	if err == nil && len(found) == 0 {
		err = &net.DNSError{Err: "no address", Name: host.name, IsNotFound: true}
	}
	if err != nil {
		return nil, dnsFailed(ctx, host.name, err)
	}
	addresses := make([]netip.Addr, len(found))
	for i, address := range found {
		addresses[i] = address.Unmap()
	}
	return addresses, nil
}

// check gives nil if the address may be dialled.
func (c *Client) check(to endpoint, address netip.Addr, plain bool) *Error {
	if c.allowed.lists(to, address) {
		return nil
	}
	host, of := to.host.name, ""
	if !to.host.address.IsValid() {
		of = " of " + host
	}
	if name, yes := special(address); yes {
		return refuse(ReasonAddress, host, "the address %s%s is %s: if it is to be reached, the operator lists %s in %s",
			address, of, name, netip.AddrPortFrom(address, to.port), Setting)
	}
	if plain {
		return refuse(ReasonURL, host, "%s cannot be asked without TLS, which is for what %s lists: use https or ldaps", host, Setting)
	}
	return nil
}

// attempt is what became of dialling one address.
type attempt struct {
	conn net.Conn
	err  error
}

// connect gives the first connection that one of the addresses accepts. The next
// is tried when one fails, or beside it when it takes long.
func (c *Client) connect(ctx context.Context, network string, addresses []netip.AddrPort) (net.Conn, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	attempts := make(chan attempt, len(addresses))
	next := time.NewTimer(0)
	defer next.Stop()
	var first error
	for started, ended := 0, 0; ended < len(addresses); {
		select {
		case <-next.C:
			go func(address string) {
				conn, err := c.dialer(ctx, network, address)
				attempts <- attempt{conn, err}
			}(addresses[started].String())
			if started++; started < len(addresses) {
				next.Reset(stagger)
			}
		case a := <-attempts:
			if ended++; a.err == nil {
				go closeLate(attempts, started-ended)
				return a.conn, nil
			}
			if first == nil {
				first = a.err
			}
			if started < len(addresses) {
				next.Reset(0)
			}
		}
	}
	return nil, first
}

// closeLate closes the connections that came after the first.
func closeLate(attempts <-chan attempt, running int) {
	for range running {
		if a := <-attempts; a.err == nil {
			a.conn.Close()
		}
	}
}

package connectortest

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"log"
	"log/slog"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postern-id/postern/core/capability"
	"github.com/postern-id/postern/core/outbound"
	"github.com/postern-id/postern/core/vault"
)

// World is an internet of one server that has every name, and a server of ours that
// asks it. It is for one test.
type World struct {
	t      testing.TB
	mux    *http.ServeMux
	server *httptest.Server
	roots  *x509.CertPool
	set    *capability.Set
	vault  *vault.Vault

	mu     sync.Mutex
	routes map[string]string     // where an address of a name leads, if not to the server
	names  map[string]netip.Addr // what was looked up
	asked  []Request
}

// Request is one that somebody sent into the world.
type Request struct {
	Method string
	URL    string // with the name that was asked for
	Header http.Header
	Body   string
}

// New makes a world in which nothing answers yet but with 404.
func New(t testing.TB) *World {
	t.Helper()
	w := &World{
		t: t, mux: http.NewServeMux(), vault: vault.New([vault.KeySize]byte{1}),
		routes: map[string]string{}, names: map[string]netip.Addr{},
	}
	authority, err := newAuthority()
	if err != nil {
		t.Fatal(err)
	}
	w.roots = authority.pool
	w.server = httptest.NewUnstartedServer(http.HandlerFunc(w.serve))
	w.server.TLS = &tls.Config{GetCertificate: authority.certificate}
	w.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	w.server.StartTLS()
	t.Cleanup(w.server.Close)
	client, err := outbound.New(outbound.Options{Resolver: w, Dial: w.dial, RootCAs: w.roots})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	w.set = capability.New(capability.Options{
		Client: client, Unseal: w.vault.Unseal, Now: time.Now, Logger: slog.New(slog.DiscardHandler),
	})
	return w
}

// Handle answers what is asked under a URL without query: "https://api.github.com/user".
// It may have a method before it, as patterns of [http.ServeMux] have.
func (w *World) Handle(pattern string, handler http.HandlerFunc) {
	w.t.Helper()
	method, address, found := strings.Cut(pattern, " ")
	if found {
		method += " "
	} else {
		method, address = "", pattern
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" || u.RawQuery != "" {
		w.t.Fatalf("%q is no https URL without query", address)
	}
	path := u.Path
	if path == "" || path[len(path)-1] == '/' {
		path += "{$}"
	}
	w.mux.HandleFunc(method+u.Hostname()+path, handler)
}

// Serve is [World.Handle] with an answer that is always the same.
func (w *World) Serve(pattern string, status int, contentType, body string) {
	w.t.Helper()
	w.Handle(pattern, func(rw http.ResponseWriter, _ *http.Request) { Send(rw, status, contentType, body) })
}

// JSON is [World.Serve] with a document in JSON.
func (w *World) JSON(pattern, document string) {
	w.t.Helper()
	w.Serve(pattern, http.StatusOK, "application/json; charset=utf-8", document)
}

// Send writes an answer.
func Send(rw http.ResponseWriter, status int, contentType, body string) {
	rw.Header().Set("Content-Type", contentType)
	rw.WriteHeader(status)
	_, _ = io.WriteString(rw, body) // whoever does not read to the end sees that
}

// Route leads who dials a name and a port ("directory.example.org:636") to an address on
// loopback, such as a listener of a directory.
func (w *World) Route(place, address string) {
	w.t.Helper()
	name, port, err := net.SplitHostPort(place)
	if err != nil {
		w.t.Fatal(err)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.routes[net.JoinHostPort(w.addressOf(name).String(), port)] = address
}

// Requests are those that were sent under a URL without query so far.
func (w *World) Requests(address string) []Request {
	w.mu.Lock()
	defer w.mu.Unlock()
	var list []Request
	for _, r := range w.asked {
		if before, _, _ := strings.Cut(r.URL, "?"); before == address {
			list = append(list, r)
		}
	}
	return list
}

func (w *World) serve(rw http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		return // the other side went away
	}
	w.mu.Lock()
	w.asked = append(w.asked, Request{r.Method, "https://" + r.Host + r.URL.RequestURI(), r.Header.Clone(), string(body)})
	w.mu.Unlock()
	r.Body = io.NopCloser(bytes.NewReader(body))
	w.mux.ServeHTTP(rw, r)
}

// addressOf gives a name an address that anybody may reach. Callers hold mu.
func (w *World) addressOf(name string) netip.Addr {
	address, known := w.names[name]
	if !known {
		address = netip.AddrFrom4([4]byte{93, 184, 216, byte(len(w.names) + 1)})
		w.names[name] = address
	}
	return address
}

// LookupNetIP implements [outbound.Resolver].
func (w *World) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return []netip.Addr{w.addressOf(host)}, nil
}

// dial leads every address that a name has to this machine.
func (w *World) dial(ctx context.Context, network, address string) (net.Conn, error) {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	w.mu.Lock()
	place, routed := w.routes[address]
	w.mu.Unlock()
	if !routed {
		if port != "443" {
			return nil, &net.OpError{Op: "dial", Net: network, Err: errors.New("connection refused")}
		}
		place = w.server.Listener.Addr().String()
	}
	return new(net.Dialer).DialContext(ctx, network, place)
}

// browser is a client that follows no redirect.
func (w *World) browser() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			TLSClientConfig: &tls.Config{RootCAs: w.roots},
			DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
				return new(net.Dialer).DialContext(ctx, network, w.server.Listener.Addr().String())
			},
			DisableKeepAlives: true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// authority signs certificates for every name.
type authority struct {
	key  *ecdsa.PrivateKey
	cert *x509.Certificate
	pool *x509.CertPool
}

func newAuthority() (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "a test's authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AddCert(cert)
	return &authority{key, cert, pool}, nil
}

func (a *authority) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: hello.ServerName}, DNSNames: []string{hello.ServerName},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, a.key.Public(), a.key)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: a.key}, nil
}

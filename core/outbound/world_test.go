package outbound_test

import (
	"context"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/postern-id/postern/core/outbound"
)

// names is a resolver with a list of answers for each name: one look-up after the
// other, the last for ever.
type names struct {
	mu      sync.Mutex
	answers map[string][]string // addresses with spaces between them
	asked   []string
}

func (n *names) LookupNetIP(_ context.Context, network, host string) ([]netip.Addr, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.asked = append(n.asked, network+" "+host)
	answers := n.answers[host]
	if len(answers) == 0 {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	if len(answers) > 1 {
		n.answers[host] = answers[1:]
	}
	var found []netip.Addr
	for text := range strings.FieldsSeq(answers[0]) {
		found = append(found, netip.MustParseAddr(text))
	}
	return found, nil
}

// wires connects to loopback servers whatever the address is, and notes what was
// dialled. An address without a server refuses.
type wires struct {
	mu      sync.Mutex
	servers map[string]string
	dialled []string
}

func (w *wires) dial(ctx context.Context, network, address string) (net.Conn, error) {
	w.mu.Lock()
	w.dialled = append(w.dialled, address)
	server := w.servers[address]
	w.mu.Unlock()
	if server == "" {
		return nil, &net.OpError{Op: "dial", Net: network, Err: errors.New("connection refused")}
	}
	return new(net.Dialer).DialContext(ctx, network, server)
}

func (w *wires) list() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.dialled)
}

// public is an address that anybody may reach; no packet is ever sent to it.
const public = "93.184.216.34"

// world is an internet: example.com speaks TLS with the handler at a public
// address.
type world struct {
	t      *testing.T
	server *httptest.Server
	names  *names
	wires  *wires
	opts   outbound.Options
	client *outbound.Client
}

func newWorld(t *testing.T, handler http.HandlerFunc, change ...func(*outbound.Options)) *world {
	t.Helper()
	w := &world{t: t, server: httptest.NewUnstartedServer(handler)}
	// What is refused here is refused there too: it need not be told twice.
	w.server.Config.ErrorLog = discard
	w.server.StartTLS()
	t.Cleanup(w.server.Close)
	w.names = &names{answers: map[string][]string{"example.com": {public}}}
	w.wires = &wires{servers: map[string]string{public + ":443": w.server.Listener.Addr().String()}}
	roots := x509.NewCertPool()
	roots.AddCert(w.server.Certificate())
	w.opts = outbound.Options{Resolver: w.names, Dial: w.wires.dial, RootCAs: roots}
	for _, c := range change {
		c(&w.opts)
	}
	var err error
	if w.client, err = outbound.New(w.opts); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.client.Close)
	return w
}

func allow(entries ...string) func(*outbound.Options) {
	return func(o *outbound.Options) { o.AllowPrivate = entries }
}

// do must succeed.
func (w *world) do(r outbound.Request) *outbound.Response {
	w.t.Helper()
	response, err := w.client.Do(w.t.Context(), r)
	if err != nil {
		w.t.Fatal(err)
	}
	return response
}

// refused must fail for the reason, with words.
func (w *world) refused(r outbound.Request, reason outbound.Reason, words ...string) *outbound.Error {
	w.t.Helper()
	response, err := w.client.Do(w.t.Context(), r)
	problem, ok := errors.AsType[*outbound.Error](err)
	if !ok || response != nil {
		w.t.Fatalf("got %v, %v", response, err)
	}
	if problem.Reason != reason {
		w.t.Errorf("reason %s (%v), want %s", problem.Reason, err, reason)
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			w.t.Errorf("%q does not say %q", err, word)
		}
	}
	if _, wrapped := errors.AsType[*url.Error](err); wrapped {
		w.t.Errorf("%q holds a URL", err)
	}
	return problem
}

func answer(body string) http.HandlerFunc {
	return func(rw http.ResponseWriter, _ *http.Request) { rw.Write([]byte(body)) }
}

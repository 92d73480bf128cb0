package capability_test

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
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/capability"
	"github.com/postern-id/postern/core/outbound"
	"github.com/postern-id/postern/core/vault"
)

// public is an address that anybody may reach; no packet is ever sent to it.
const public = "93.184.216.34"

// world is an internet of one server at a public address, which has every name
// below example.org, and the set with a real client and a real vault.
type world struct {
	t      *testing.T
	server *httptest.Server
	mux    *http.ServeMux // patterns with hosts
	set    *capability.Set
	store  *values
	vault  *vault.Vault
	log    *bytes.Buffer

	mu      sync.Mutex
	now     time.Time
	names   map[string][]string // addresses, look-up after look-up, the last for ever
	servers map[string]string   // where an address leads
	hits    map[string]int      // by host and path
}

func newWorld(t *testing.T, allowPrivate ...string) *world {
	t.Helper()
	w := &world{
		t: t, mux: http.NewServeMux(), log: new(bytes.Buffer), vault: vault.New([vault.KeySize]byte{1}),
		now: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC), names: map[string][]string{}, hits: map[string]int{},
	}
	w.store = &values{kept: map[string]core.PutValue{}}
	cert, roots := certificate(t, "*.example.org", "directory.internal", "localhost")
	w.server = httptest.NewUnstartedServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		w.mu.Lock()
		w.hits[r.Host+r.URL.Path]++
		w.mu.Unlock()
		w.mux.ServeHTTP(rw, r)
	}))
	w.server.TLS = &tls.Config{Certificates: []tls.Certificate{cert}}
	w.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	w.server.StartTLS()
	t.Cleanup(w.server.Close)
	w.servers = map[string]string{public + ":443": w.server.Listener.Addr().String()}
	client, err := outbound.New(outbound.Options{Resolver: w, Dial: w.dial, RootCAs: roots, AllowPrivate: allowPrivate})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.Close)
	w.set = capability.New(capability.Options{
		Client: client, KV: w.store, Unseal: w.vault.Unseal, Now: w.clock, Logger: slog.New(slog.NewTextHandler(w.log, nil)),
	})
	return w
}

func (w *world) clock() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.now
}

func (w *world) later(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.now = w.now.Add(d)
}

func (w *world) hit(place string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.hits[place]
}

// LookupNetIP implements outbound.Resolver.
func (w *world) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	answers := w.names[host]
	if answers == nil && strings.HasSuffix(host, ".example.org") {
		answers = []string{public}
	}
	if answers == nil {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	if len(answers) > 1 {
		w.names[host] = answers[1:]
	}
	return []netip.Addr{netip.MustParseAddr(answers[0])}, nil
}

func (w *world) dial(ctx context.Context, network, address string) (net.Conn, error) {
	w.mu.Lock()
	server := w.servers[address]
	w.mu.Unlock()
	if server == "" {
		return nil, &net.OpError{Op: "dial", Net: network, Err: errors.New("connection refused")}
	}
	return new(net.Dialer).DialContext(ctx, network, server)
}

// serve answers with a body of a content type.
func (w *world) serve(pattern, contentType, body string) {
	w.mux.HandleFunc(pattern, func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", contentType)
		io.WriteString(rw, body)
	})
}

// caller is the instance "directory" with grants, each a capability and a target.
func (w *world) caller(grants ...string) *core.PluginCaller {
	caller := &core.PluginCaller{Instance: "directory", Plugin: "p", Hook: core.HookLogin}
	for _, grant := range grants {
		name, target, _ := strings.Cut(grant, " ")
		caller.Grants = append(caller.Grants, core.PluginGrant{Capability: name, Target: target})
	}
	return caller
}

// secret gives the caller a secret.
func (w *world) secret(caller *core.PluginCaller, name, value string) {
	sealed := w.vault.Seal([]byte(value), core.SecretPurpose(caller.Instance, name), rand.Reader)
	caller.Secrets = append(caller.Secrets, core.PluginSecret{Name: name, Sealed: sealed})
}

func (w *world) call(caller *core.PluginCaller, name, request string) (answer, code string) {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 20*time.Second)
	defer cancel()
	text, code := w.set.Call(ctx, caller, name, []byte(request))
	return string(text), code
}

// does holds a call to an answer.
func (w *world) does(caller *core.PluginCaller, name, request, want string) {
	w.t.Helper()
	if answer, code := w.call(caller, name, request); code != "" || answer != want {
		w.t.Errorf("%s %.300s\ngives %.600s (%s)\nwant  %s", name, request, answer, code, want)
	}
}

// refuses holds a call to an error that has the code and the words.
func (w *world) refuses(caller *core.PluginCaller, name, request, code string, words ...string) {
	w.t.Helper()
	answer, got := w.call(caller, name, request)
	if got != code || !strings.HasPrefix(answer, `{"error":{"code":"`+code+`","message":"`) {
		w.t.Errorf("%s %.300s\ngives %.600s (%s)\nwant the code %s", name, request, answer, got, code)
		return
	}
	for _, word := range words {
		if !strings.Contains(answer, word) {
			w.t.Errorf("%s %.300s\ngives %.600s\nwhich does not say %s", name, request, answer, word)
		}
	}
}

// certificate makes one for the names, signed by itself.
func certificate(t *testing.T, names ...string) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: names, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: parsed}, roots
}

// values is a store in memory.
type values struct {
	mu   sync.Mutex
	kept map[string]core.PutValue
	fail error
}

func (v *values) PluginValue(_ context.Context, instance, key string, now time.Time) (string, bool, error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	put, found := v.kept[instance+"/"+key]
	if v.fail != nil || !found || !now.Before(put.ExpiresAt) {
		return "", false, v.fail
	}
	return put.Value, true, nil
}

func (v *values) Apply(_ context.Context, changes ...core.Change) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.fail != nil {
		return v.fail
	}
	for _, change := range changes {
		switch change := change.(type) {
		case core.PutValue:
			there, found := v.kept[change.Instance+"/"+change.Key]
			if change.IfAbsent && found && change.At.Before(there.ExpiresAt) {
				return &core.ConflictError{What: "plugin value"}
			}
			v.kept[change.Instance+"/"+change.Key] = change
		case core.DeleteValue:
			delete(v.kept, change.Instance+"/"+change.Key)
		}
	}
	return nil
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	return listener
}

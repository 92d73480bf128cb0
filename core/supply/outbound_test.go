package supply

import (
	"crypto/x509"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core/outbound"
)

// guarded is the server's own client, which reaches the given registries.
func guarded(t *testing.T, registries ...*fake) *outbound.Client {
	t.Helper()
	options := outbound.Options{RootCAs: x509.NewCertPool(), MaxBody: MaxModule, Timeout: time.Minute}
	for _, f := range registries {
		options.RootCAs.AddCert(f.Certificate())
		options.AllowPrivate = append(options.AllowPrivate, f.host())
	}
	c, err := outbound.New(options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// All that is done with a plain client can be done with the server's guarded one.
func TestOutbound(t *testing.T) {
	p := signed(t)
	f, elsewhere := newFake(t), newFake(t)
	elsewhere.hold(t, p)
	var scopes []string
	f.guardedBy("token-1", f.URL+"/token")
	f.handle("/token", tokens("token-1", &scopes))
	r, ref := f.registry(), f.ref(t, ":"+tag)
	c := guarded(t, f, elsewhere)
	r.Client = c.HTTP()
	digest, err := r.Push(t.Context(), ref, p)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := r.Pull(t.Context(), f.ref(t, "@"+digest)); err != nil || string(got.Code) != string(p.Code) {
		t.Fatalf("%+v, %v", got, err)
	}
	f.handle("module", redirect(elsewhere.URL))
	r.Hosts = []string{elsewhere.host()}
	_, err = r.Pull(t.Context(), ref) // the client itself stays at one host
	wantKind(t, err, Unreachable)
	r.Client = c.HTTPWithin(append(r.Hosts, ref.Server())...)
	if got, err := r.Pull(t.Context(), ref); err != nil || string(got.Code) != string(p.Code) || len(elsewhere.logins) != 0 {
		t.Errorf("%+v, %v, the other host was told %q", got, err, elsewhere.logins)
	}
}

func TestOutboundRefuses(t *testing.T) {
	f := newFake(t)
	f.hold(t, signed(t))
	r := f.registry()
	r.Client = guarded(t).HTTP() // nothing is listed
	_, err := r.Pull(t.Context(), f.ref(t, ":"+tag))
	if e := wantKind(t, err, Unreachable); !strings.Contains(e.Error(), "127.0.0.1") {
		t.Errorf("it says %q", e.Error())
	}
	done := make(chan struct{})
	defer close(done)
	f.handle("manifest", func(http.ResponseWriter, *http.Request) { <-done })
	r.Client, r.Timeout = guarded(t, f).HTTP(), 100*time.Millisecond
	_, err = r.Pull(t.Context(), f.ref(t, ":"+tag))
	wantKind(t, err, TimedOut)
}

package outbound_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/postern-id/postern/core/outbound"
)

// certificate makes one that signs itself.
func certificate(t *testing.T, until time.Time, names ...string) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test"}, DNSNames: names, IsCA: true, BasicConstraintsValid: true,
		NotBefore: until.Add(-48 * time.Hour), NotAfter: until, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

// secure is a world whose server has this TLS.
func secure(t *testing.T, handler http.Handler, cfg *tls.Config, roots *x509.CertPool) *world {
	t.Helper()
	w := newWorld(t, handler.ServeHTTP, func(o *outbound.Options) { o.RootCAs = roots })
	w.server.Close()
	w.server = httptest.NewUnstartedServer(handler)
	w.server.TLS, w.server.Config.ErrorLog = cfg, discard
	w.server.StartTLS()
	t.Cleanup(w.server.Close)
	w.wires.servers[public+":443"] = w.server.Listener.Addr().String()
	return w
}

// below serves the same for all names below example.com too.
func below(t *testing.T, w *world) *world {
	t.Helper()
	cert, pool := certificate(t, time.Now().Add(time.Hour), "example.com", "*.example.com")
	return secure(t, w.server.Config.Handler, &tls.Config{Certificates: []tls.Certificate{cert}}, pool)
}

func TestTLS(t *testing.T) {
	tomorrow := time.Now().Add(24 * time.Hour)
	good, roots := certificate(t, tomorrow, "example.com")
	expired, expiredRoots := certificate(t, time.Now().Add(-time.Hour), "example.com")
	other, otherRoots := certificate(t, tomorrow, "other.example")
	for name, tt := range map[string]struct {
		cert  tls.Certificate
		roots *x509.CertPool
		max   uint16
		words string // "" succeeds
	}{
		"good":         {good, roots, tls.VersionTLS13, ""},
		"TLS 1.2":      {good, roots, tls.VersionTLS12, ""},
		"TLS 1.1":      {good, roots, tls.VersionTLS11, "no TLS with example.com"},
		"unknown":      {good, otherRoots, 0, "add that authority"},
		"system roots": {good, nil, 0, "add that authority"},
		"expired":      {expired, expiredRoots, 0, "not valid for it"},
		"another name": {other, otherRoots, 0, "not valid for it"},
	} {
		t.Run(name, func(t *testing.T) {
			cfg := &tls.Config{Certificates: []tls.Certificate{tt.cert}, MinVersion: tls.VersionTLS10, MaxVersion: tt.max}
			w := secure(t, answer("x"), cfg, tt.roots)
			if tt.words == "" {
				w.do(outbound.Request{URL: "https://example.com"})
				return
			}
			problem := w.refused(outbound.Request{URL: "https://example.com"}, outbound.ReasonTLS, tt.words)
			if problem.Host != "example.com" {
				t.Errorf("host %q", problem.Host)
			}
		})
	}
}

func TestNoTLS(t *testing.T) {
	plain := httptest.NewServer(answer("x"))
	defer plain.Close()
	w := newWorld(t, answer("x"))
	w.wires.servers[public+":443"] = plain.Listener.Addr().String()
	w.refused(outbound.Request{URL: "https://example.com"}, outbound.ReasonTLS, "example.com does not speak TLS at this port")
}

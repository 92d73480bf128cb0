package login_test

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/remote/login"
)

func TestParseServer(t *testing.T) {
	for text, want := range map[string]string{
		"https://id.example.org":         "https://id.example.org",
		" https://ID.example.org/ ":      "https://id.example.org",
		"https://id.example.org:443":     "https://id.example.org",
		"https://id.example.org:8443/a/": "https://id.example.org:8443/a",
		"http://localhost:8000":          "http://localhost:8000",
		"http://127.0.0.9:80/":           "http://127.0.0.9",
		"http://[::1]:8000":              "http://[::1]:8000",

		"":                             "",
		"id.example.org":               "",
		"localhost:8000":               "",
		"http://id.example.org":        "",
		"http://127.0.0.1.example.org": "",
		"ftp://id.example.org":         "",
		"https://":                     "",
		"https://u:p@id.example.org":   "",
		"https://id.example.org?a=b":   "",
		"https://id.example.org#a":     "",
		"https://id.example.org:x":     "",
	} {
		got, err := login.ParseServer(text)
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: got %q, %v, want %q", text, got, err, want)
		}
		if err != nil {
			wantError(t, err, "", "write it like https://id.example.org")
			if strings.Contains(err.Error(), "p@") {
				t.Errorf("%q shows a password", err)
			}
		}
	}
}

func FuzzParseServer(f *testing.F) {
	for _, seed := range []string{"https://id.example.org/a/", "http://[::1]:80", "http://localhost:8000", "https://a@b", "//x"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		server, err := login.ParseServer(text)
		if err != nil {
			return
		}
		again, err := login.ParseServer(server)
		if err != nil || again != server {
			t.Errorf("%q gives %q, and that %q, %v", text, server, again, err)
		}
		if !strings.HasPrefix(server, "https://") && !strings.HasPrefix(server, "http://localhost") && !strings.HasPrefix(server, "http://127.") && !strings.HasPrefix(server, "http://[") {
			t.Errorf("%q would go in the clear to %q", text, server)
		}
	})
}

func TestFindRefused(t *testing.T) {
	for name, test := range map[string]struct {
		change       func(map[string]any)
		what, advice string
	}{
		"other issuer":     {func(d map[string]any) { d["issuer"] = "https://other.example" }, "calls itself https://other.example", "give that address"},
		"no issuer":        {func(d map[string]any) { delete(d, "issuer") }, "no Postern at", "issuer"},
		"no device flow":   {func(d map[string]any) { delete(d, "device_authorization_endpoint") }, "no sign-in for programs", "earlier"},
		"token elsewhere":  {func(d map[string]any) { d["token_endpoint"] = "https://evil.example/token" }, "elsewhere, at https://evil.example/token", "do not trust"},
		"device elsewhere": {func(d map[string]any) { d["device_authorization_endpoint"] = "http://127.0.0.1:1/d" }, "elsewhere", "do not trust"},
		"person elsewhere": {func(d map[string]any) { d["userinfo_endpoint"] = "https://evil.example/u" }, "elsewhere", "do not trust"},
		"end elsewhere":    {func(d map[string]any) { d["revocation_endpoint"] = "https://evil.example/r" }, "elsewhere", "do not trust"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t, pending)
			s.change = test.change
			_, err := (&login.Client{}).Find(t.Context(), s.URL)
			wantError(t, err, test.what, test.advice)
		})
	}
}

func TestFindNothing(t *testing.T) {
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	plain := httptest.NewServer(http.NotFoundHandler())
	defer plain.Close()
	away := httptest.NewServer(http.RedirectHandler("https://evil.example/", http.StatusFound))
	defer away.Close()
	endless := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Write(make([]byte, 2<<20))
	}))
	defer endless.Close()
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = silent()
	secure.StartTLS()
	defer secure.Close()
	for name, test := range map[string]struct{ address, what, advice string }{
		"nobody":      {"http://" + closed.Addr().String(), "nothing listens there", "runs"},
		"another":     {plain.URL, "no Postern at " + plain.URL + " (status 404)", "issuer"},
		"redirect":    {away.URL, "sends elsewhere", "issuer"},
		"endless":     {endless.URL, "without an end", "address"},
		"certificate": {secure.URL, "nobody whom this machine trusts", "SSL_CERT_FILE"},
		"no TLS":      {"https://" + strings.TrimPrefix(plain.URL, "http://"), "does not speak TLS", "scheme"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := (&login.Client{}).Find(t.Context(), test.address)
			wantError(t, err, test.what, test.advice)
		})
	}
}

func TestFindOtherName(t *testing.T) {
	secure := httptest.NewUnstartedServer(http.NotFoundHandler())
	secure.Config.ErrorLog = silent()
	secure.StartTLS()
	defer secure.Close()
	client := secure.Client() // its certificate is for example.com and 127.0.0.1
	client.Transport.(*http.Transport).TLSClientConfig.ServerName = "other.example"
	_, err := (&login.Client{HTTP: client}).Find(t.Context(), secure.URL)
	wantError(t, err, "certificate is for another name", "check the address")
	if login.NewHTTP().Transport.(*http.Transport).TLSClientConfig.MinVersion != tls.VersionTLS12 {
		t.Error("old TLS is spoken")
	}
}

func TestReach(t *testing.T) {
	const server = "https://id.example.org"
	for name, test := range map[string]struct {
		err          error
		what, advice string
	}{
		"no name":  {&url.Error{Op: "Get", URL: server, Err: &net.DNSError{Name: "id.example.org", IsNotFound: true}}, `no host "id.example.org"`, "address"},
		"too late": {context.DeadlineExceeded, "did not answer in time", "firewall"},
		"expired":  {x509.CertificateInvalidError{Reason: x509.Expired}, "expired", "clock"},
		"invalid":  {x509.CertificateInvalidError{Reason: x509.NotAuthorizedToSign}, "not valid", "certificate"},
		"other":    {&url.Error{Op: "Post", URL: server + "/token", Err: io.ErrUnexpectedEOF}, "cannot reach " + server + ": unexpected EOF", ""},
	} {
		t.Run(name, func(t *testing.T) {
			wantError(t, login.Reach(server, test.err), test.what, test.advice)
		})
	}
	if err := login.Reach(server, context.Canceled); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

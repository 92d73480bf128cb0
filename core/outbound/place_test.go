package outbound_test

import (
	"crypto/tls"
	"errors"
	"io"
	"testing"

	"github.com/postern-id/postern/core/outbound"
)

func TestPlaceOf(t *testing.T) {
	for url, want := range map[string][3]string{ // as a grant, for a dial, host
		"https://api.example.org/v1?q#f":  {"api.example.org", "api.example.org:443", "api.example.org"},
		"https://API.example.org.:8443/":  {"api.example.org:8443", "api.example.org:8443", "api.example.org"},
		"http://api.example.org":          {"api.example.org", "api.example.org:80", "api.example.org"},
		"http://api.example.org:443":      {"api.example.org:443", "api.example.org:443", "api.example.org"},
		"https://[2001:db8::7]":           {"[2001:db8::7]", "[2001:db8::7]:443", "2001:db8::7"},
		"https://[2001:db8:0:0::7]:8443/": {"[2001:db8::7]:8443", "[2001:db8::7]:8443", "2001:db8::7"},
	} {
		place, err := outbound.PlaceOf(url)
		if err != nil || [3]string{place.String(), place.Address(), place.Host()} != want {
			t.Errorf("%s: %s, %s, %s, %v; want %v", url, place, place.Address(), place.Host(), err, want)
		}
		// What names a place grants it.
		if !place.In([]string{"x.example", place.String()}) || place.In(nil) || place.In([]string{"*.org.example"}) {
			t.Errorf("%s: what %s grants", url, place)
		}
	}
	for _, url := range []string{"", "ldap://a", "https://u@a/", "https://127.1/"} {
		if _, err := outbound.PlaceOf(url); reasonOf(err) != outbound.ReasonURL {
			t.Errorf("%s: %v", url, err)
		}
	}
}

func TestParsePlace(t *testing.T) {
	for text, want := range map[string][2]string{
		"directory.internal":     {"directory.internal", "directory.internal:389"},
		"Directory.Internal:389": {"directory.internal", "directory.internal:389"},
		"directory.internal:636": {"directory.internal:636", "directory.internal:636"},
		"[::1]":                  {"[::1]", "[::1]:389"},
		"[::1]:3389":             {"[::1]:3389", "[::1]:3389"},
	} {
		place, err := outbound.ParsePlace(text, 389)
		if err != nil || [2]string{place.String(), place.Address()} != want || !place.In([]string{want[1]}) {
			t.Errorf("%s: %s, %s, %v; want %v", text, place, place.Address(), err, want)
		}
	}
	for _, text := range []string{"", "a:", "a:0", "a:x", "*.example.org", "*.example.org:389", "a b", "0x7f.1:389", "[fe80::1%eth0]:389"} {
		if place, err := outbound.ParsePlace(text, 389); reasonOf(err) != outbound.ReasonURL || place.In([]string{"*.example.org", text}) {
			t.Errorf("%q: %v", text, err)
		}
	}
	one, _ := outbound.ParsePlace("A.example:389", 389)
	other, _ := outbound.ParsePlace("a.example", 389)
	if one != other {
		t.Error("places of one name and port differ")
	}
}

func reasonOf(err error) outbound.Reason {
	if problem, ok := errors.AsType[*outbound.Error](err); ok {
		return problem.Reason
	}
	return ""
}

func TestDialPlainContext(t *testing.T) {
	w := newWorld(t, answer("x"), allow("127.0.0.1:389"))
	w.names.answers["directory.internal"] = []string{"127.0.0.1"}
	address := w.server.Listener.Addr().String()
	w.wires.servers = map[string]string{public + ":389": address, "127.0.0.1:389": address}
	if _, err := w.client.DialPlainContext(t.Context(), "tcp", "example.com:389"); reasonOf(err) != outbound.ReasonURL {
		t.Errorf("anybody could read along: %v", err)
	}
	conn, err := w.client.DialPlainContext(t.Context(), "tcp", "directory.internal:389")
	if err != nil {
		t.Fatal(err)
	}
	conn.Close()
}

func TestSecure(t *testing.T) {
	w := newWorld(t, answer("x"))
	for host, good := range map[string]bool{"example.com": true, "other.example": false} {
		conn, err := w.client.DialContext(t.Context(), "tcp", "example.com:443")
		if err != nil {
			t.Fatal(err)
		}
		secure, err := w.client.Secure(t.Context(), conn, host)
		if good {
			if err != nil || !secure.(*tls.Conn).ConnectionState().HandshakeComplete {
				t.Errorf("%s: %v", host, err)
			}
			conn.Close()
			continue
		}
		if reasonOf(err) != outbound.ReasonTLS || secure != nil {
			t.Errorf("%s: %v", host, err)
		}
		if _, err := conn.Read(make([]byte, 1)); err == nil || errors.Is(err, io.EOF) {
			t.Errorf("%s: the connection is open: %v", host, err)
		}
	}
}

package app_test

import (
	"net"
	"testing"

	"github.com/postern-id/postern/core"
)

// TestTrustedProxy: behind a proxy that is trusted, the address is the one that the
// proxy saw, and what its client claimed before that counts for nothing.
func TestTrustedProxy(t *testing.T) {
	w := newWorld(t)
	w.stop()
	_, loopback, err := net.ParseCIDR("127.0.0.0/8")
	if err != nil {
		t.Fatal(err)
	}
	w.proxies = []*net.IPNet{loopback}
	w.start()
	w.user("alice")
	b := newBrowser(t, w.issuer)
	b.header.Set("X-Forwarded-For", "203.0.113.9, 198.51.100.4")
	b.get("/login").signIn("alice", thePassword)
	events := w.events(core.EventFilter{Type: core.EventSignedIn})
	if len(events) != 1 || events[0].IP != "198.51.100.4" {
		t.Errorf("%+v", events)
	}
}

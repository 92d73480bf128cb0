package outbound_test

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-id/postern/core/outbound"
)

func TestDialContext(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			io.WriteString(conn, "hello")
			conn.Close()
		}
	}()
	address := listener.Addr().String()
	w := newWorld(t, answer("x"), allow("directory.internal:636"))
	w.names.answers = map[string][]string{"directory.internal": {"127.0.0.1"}, "public.example": {public}, "loop.example": {"127.0.0.1"}}
	w.wires.servers = map[string]string{"127.0.0.1:636": address, public + ":389": address}
	for _, good := range []string{"directory.internal:636", "Directory.Internal.:636", "public.example:389", public + ":389"} {
		conn, err := w.client.DialContext(t.Context(), "tcp", good)
		if err != nil {
			t.Fatal(err)
		}
		if text, err := io.ReadAll(conn); err != nil || string(text) != "hello" {
			t.Errorf("%s: %q, %v", good, text, err)
		}
		conn.Close()
	}
	for bad, want := range map[string]outbound.Reason{
		"directory.internal:389": outbound.ReasonAddress,
		"loop.example:636":       outbound.ReasonAddress,
		"127.0.0.1:636":          outbound.ReasonAddress,
		"[::1]:636":              outbound.ReasonAddress,
		"127.1:636":              outbound.ReasonURL,
		"[fe80::1%eth0]:636":     outbound.ReasonURL,
		"directory.internal":     outbound.ReasonURL,
		"directory.internal:":    outbound.ReasonURL,
		"public.example:ldap":    outbound.ReasonURL,
		"public.example:1":       outbound.ReasonConnection,
		"nowhere.example:389":    outbound.ReasonDNS,
	} {
		conn, err := w.client.DialContext(t.Context(), "tcp", bad)
		if problem, ok := errors.AsType[*outbound.Error](err); !ok || problem.Reason != want || conn != nil {
			t.Errorf("%s: %v, want %s", bad, err, want)
		}
	}
	if _, err := w.client.DialContext(t.Context(), "udp", public+":53"); err == nil {
		t.Error("UDP was dialled")
	}
	if _, err := w.client.DialContext(t.Context(), "tcp4", "public.example:389"); err != nil || w.names.asked[len(w.names.asked)-1] != "ip4 public.example" {
		t.Errorf("%v, %v", err, w.names.asked)
	}
}

// TestNextAddress: an address that does not answer holds the next one up for a
// quarter of a second, one that refuses not at all, and what comes late is closed.
func TestNextAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		late := &noted{}
		var mu sync.Mutex
		var dialled []string
		begin := time.Now()
		n := &names{answers: map[string][]string{"example.com": {"2606:4700::1 2606:4700::2 " + public}}}
		client, err := outbound.New(outbound.Options{Resolver: n, Dial: func(ctx context.Context, _, address string) (net.Conn, error) {
			mu.Lock()
			dialled = append(dialled, address+" "+time.Since(begin).String())
			mu.Unlock()
			switch address {
			case "[2606:4700::1]:443": // answers, but late, and does not end when it is told to
				time.Sleep(time.Second)
				return late, nil
			case "[2606:4700::2]:443":
				return nil, errors.New("unreachable")
			}
			return &noted{}, nil
		}})
		if err != nil {
			t.Fatal(err)
		}
		conn, err := client.DialContext(t.Context(), "tcp", "example.com:443")
		if err != nil {
			t.Fatal(err)
		}
		if conn == net.Conn(late) || conn.(*noted).closed {
			t.Error("the wrong connection")
		}
		mu.Lock()
		defer mu.Unlock()
		want := []string{"[2606:4700::1]:443 0s", "[2606:4700::2]:443 250ms", public + ":443 250ms"}
		if !slices.Equal(dialled, want) {
			t.Errorf("dialled %v", dialled)
		}
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if !late.closed {
			t.Error("the late connection stays open")
		}
	})
}

// noted is a connection that knows whether it was closed.
type noted struct {
	net.Conn
	closed bool
}

func (n *noted) Close() error {
	n.closed = true
	return nil
}

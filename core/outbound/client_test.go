package outbound_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postern-id/postern/core/outbound"
)

var discard = log.New(io.Discard, "", 0)

func TestDo(t *testing.T) {
	w := newWorld(t, func(rw http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		rw.Header().Set("X-Saw", fmt.Sprintf("%s %s %s %s %q %s", r.Method, r.Host, r.URL, r.Proto, r.Header["X-A"], r.UserAgent()))
		rw.WriteHeader(http.StatusTeapot)
		rw.Write(append([]byte("got "), body...))
	})
	got := w.do(outbound.Request{
		Method: "POST", URL: "https://EXAMPLE.com.:443/a?b=c#d", Header: http.Header{"x-a": {"1", "2"}}, Body: []byte("body"),
		Hosts: []string{"example.com"},
	})
	if got.Status != http.StatusTeapot || string(got.Body) != "got body" || got.URL != "https://example.com/a?b=c" {
		t.Errorf("%d %q %s", got.Status, got.Body, got.URL)
	}
	if saw := got.Header.Get("X-Saw"); saw != `POST example.com /a?b=c HTTP/1.1 ["1" "2"] postern` {
		t.Error(saw)
	}
	if dialled := w.wires.list(); !slices.Equal(dialled, []string{public + ":443"}) {
		t.Errorf("dialled %v", dialled)
	}
}

func TestMethodsAndHead(t *testing.T) {
	w := newWorld(t, func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("X-Method", r.Method)
		rw.Header().Set("Content-Length", "4")
		rw.Write([]byte("1234"))
	})
	for _, method := range []string{"", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"} {
		got := w.do(outbound.Request{Method: method, URL: "https://example.com", MaxBody: 4})
		if want := map[bool]string{true: "GET", false: method}[method == ""]; got.Header.Get("X-Method") != want {
			t.Errorf("%s: %s", method, got.Header.Get("X-Method"))
		}
	}
	// Only the length of a body that comes counts.
	if got := w.do(outbound.Request{Method: "HEAD", URL: "https://example.com", MaxBody: 3}); len(got.Body) != 0 {
		t.Errorf("a HEAD with the body %q", got.Body)
	}
	for _, method := range []string{"CONNECT", "TRACE", "get", "GET /x HTTP/1.1\r\nX: y\r\n\r\nGET", "G ET"} {
		w.refused(outbound.Request{Method: method, URL: "https://example.com"}, outbound.ReasonRequest, "method")
	}
}

// refuseAddress: nothing special is dialled, by whatever name.
func refuseAddress(t *testing.T) {
	w := newWorld(t, answer("x"))
	for name, addresses := range map[string]string{
		"loop.example": "127.0.0.1", "six.example": "::1", "zero.example": "0.0.0.0", "ten.example": "10.0.0.1", "cloud.example": "169.254.169.254",
		"mapped.example": "::ffff:127.0.0.1", "nat.example": "64:ff9b::7f00:1", "tun.example": "2002:7f00:1::", "ula.example": "fd00::1",
		"zone.example": "fe80::1%eth0", "both.example": "10.0.0.1 ::1", "doc.example": "192.0.2.1", "multi.example": "224.0.0.1",
	} {
		w.names.answers[name] = []string{addresses}
		for _, scheme := range []string{"https", "http"} {
			w.refused(outbound.Request{URL: scheme + "://" + name}, outbound.ReasonAddress, " of "+name+" is ", outbound.Setting)
		}
	}
	problem := w.refused(outbound.Request{URL: "https://ten.example:8443"}, outbound.ReasonAddress)
	if want := "the address 10.0.0.1 of ten.example is private: if it is to be reached, the operator lists 10.0.0.1:8443 in outbound-allow-private"; problem.Error() != want || problem.Host != "ten.example" {
		t.Errorf("%q of %q", problem, problem.Host)
	}
	for _, literal := range []string{"127.0.0.1", "10.0.0.1:8443", "169.254.169.254", "[::1]", "[fd00::1]:443", "[64:ff9b::7f00:1]", "[::127.0.0.1]", "0.0.0.0", "100.64.0.1"} {
		w.refused(outbound.Request{URL: "https://" + literal}, outbound.ReasonAddress, outbound.Setting)
	}
	if dialled := w.wires.list(); len(dialled) > 0 {
		t.Errorf("dialled %v", dialled)
	}
}

// refuseRebinding: the address that is dialled is the one that was checked. A name is
// looked up once for a connection, and what the second look-up says is checked again.
func refuseRebinding(t *testing.T) {
	w := newWorld(t, func(rw http.ResponseWriter, _ *http.Request) { rw.Header().Set("Connection", "close") })
	w.names.answers["example.com"] = []string{public, "127.0.0.1"}
	w.do(outbound.Request{URL: "https://example.com"})
	w.refused(outbound.Request{URL: "https://example.com"}, outbound.ReasonAddress, "127.0.0.1 of example.com is loopback")
	if dialled := w.wires.list(); !slices.Equal(dialled, []string{public + ":443"}) {
		t.Errorf("dialled %v", dialled)
	}
	if !slices.Equal(w.names.asked, []string{"ip example.com", "ip example.com"}) {
		t.Errorf("asked %v", w.names.asked)
	}
}

// refuseMixedAnswer: of several addresses, only those that may be are dialled.
func refuseMixedAnswer(t *testing.T) {
	w := newWorld(t, answer("x"))
	w.names.answers["example.com"] = []string{"127.0.0.1 10.0.0.1 ::ffff:" + public}
	w.do(outbound.Request{URL: "https://example.com"})
	if dialled := w.wires.list(); !slices.Equal(dialled, []string{public + ":443"}) {
		t.Errorf("dialled %v", dialled)
	}
}

func TestManyAddresses(t *testing.T) {
	w := newWorld(t, answer("x"))
	var list []string
	for i := range 100 {
		list = append(list, fmt.Sprintf("93.184.217.%d", i))
	}
	w.names.answers["many.example"] = []string{strings.Join(list, " ")}
	w.refused(outbound.Request{URL: "https://many.example"}, outbound.ReasonConnection, "no connection to many.example", "connection refused")
	if dialled := w.wires.list(); len(dialled) != 6 {
		t.Errorf("dialled %v", dialled)
	}
}

// TestAllowPrivate reaches what is listed, with http too, and nothing beside it.
func TestAllowPrivate(t *testing.T) {
	plain := httptest.NewServer(answer("plain"))
	defer plain.Close()
	address := plain.Listener.Addr().String()
	_, port, _ := net.SplitHostPort(address)
	w := newWorld(t, answer("secure"), allow(address, "directory.internal:443", "10.0.0.0/8"))
	w.wires.servers = map[string]string{address: address, "10.1.2.3:443": w.server.Listener.Addr().String(), "10.1.2.3:80": address}
	w.names.answers = map[string][]string{"directory.internal": {"10.1.2.3"}, "example.com": {"10.1.2.3"}, "here.internal": {"127.0.0.1"}, "public.example": {public}}
	for _, url := range []string{"http://" + address, "http://here.internal:" + port, "http://example.com/"} {
		if got := w.do(outbound.Request{URL: url}); string(got.Body) != "plain" {
			t.Errorf("%s: %q", url, got.Body)
		}
	}
	if got := w.do(outbound.Request{URL: "https://example.com"}); string(got.Body) != "secure" {
		t.Errorf("%q", got.Body)
	}
	w.refused(outbound.Request{URL: "http://127.0.0.1:1"}, outbound.ReasonAddress, "list")
	w.refused(outbound.Request{URL: "http://127.0.0.2:" + port}, outbound.ReasonAddress)
	w.refused(outbound.Request{URL: "http://public.example"}, outbound.ReasonURL, "use https")
	w.refused(outbound.Request{URL: "http://" + public}, outbound.ReasonURL, "use https")
}

// TestKeptConnection: connections are kept, and not for what was not asked.
func TestKeptConnection(t *testing.T) {
	w := newWorld(t, answer("x"))
	w.names.answers["other.example"] = []string{public}
	for range 5 {
		w.do(outbound.Request{URL: "https://example.com"})
	}
	if dialled := w.wires.list(); len(dialled) != 1 {
		t.Errorf("dialled %v", dialled)
	}
	// The same address under another name has a connection of its own, whose
	// certificate is checked.
	w.refused(outbound.Request{URL: "https://other.example"}, outbound.ReasonTLS, "other.example")
	// Hosts are checked even if there is a connection.
	w.refused(outbound.Request{URL: "https://example.com", Hosts: []string{"other.example"}}, outbound.ReasonHost)
}

func refuseHost(t *testing.T) {
	w := newWorld(t, answer("x"))
	problem := w.refused(outbound.Request{URL: "https://example.com:8443", Hosts: []string{"example.com"}}, outbound.ReasonHost, "example.com:8443 is not among")
	if problem.Host != "example.com" {
		t.Errorf("host %q", problem.Host)
	}
	w.refused(outbound.Request{URL: "https://example.com", Hosts: []string{}}, outbound.ReasonHost)
	w.do(outbound.Request{URL: "https://example.com", Hosts: []string{"*.example.org", "example.com"}})
	if len(w.names.asked) != 1 {
		t.Errorf("looked up %v", w.names.asked)
	}
}

func TestRefuseHeader(t *testing.T) {
	var requests atomic.Int32
	w := newWorld(t, func(http.ResponseWriter, *http.Request) { requests.Add(1) })
	for _, name := range []string{
		"Host", "host", "HOST", "Content-Length", "content-length", "Transfer-Encoding", "transfer-encoding", "Connection", "Keep-Alive", "TE", "Trailer", "Upgrade", "Expect",
		"Proxy-Authorization", "proxy-connection", "HTTP2-Settings", "", " Host", "Host ", "Host:", "X\r\nHost", "X Y", "Ｘ",
	} {
		w.refused(outbound.Request{URL: "https://example.com", Header: http.Header{name: {"v"}}}, outbound.ReasonRequest, "header")
	}
	for _, value := range []string{"a\r\nHost: b", "a\nb", "a\rb", "a\x00b", "a\x7f", "\x1b[0m"} {
		problem := w.refused(outbound.Request{URL: "https://example.com", Header: http.Header{"X-A": {"fine", value}}}, outbound.ReasonRequest, "X-A")
		if strings.ContainsAny(problem.Error(), "\r\n") {
			t.Errorf("%q", problem.Error())
		}
	}
	if requests.Load() > 0 {
		t.Error("something was sent")
	}
	w.do(outbound.Request{URL: "https://example.com", Header: http.Header{"Accept": {"application/json"}, "X-A": {"tab\tand ünicode"}}})
}

// TestCallersHeaderStays: what the caller gave is not changed.
func TestCallersHeaderStays(t *testing.T) {
	w := newWorld(t, answer("x"))
	header := http.Header{"x-a": {"a"}}
	w.do(outbound.Request{URL: "https://example.com", Header: header})
	if !maps.EqualFunc(header, map[string][]string{"x-a": {"a"}}, slices.Equal) {
		t.Errorf("%v", header)
	}
}

func TestProxyIsNotAsked(t *testing.T) {
	var asked atomic.Int32
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked.Add(1) }))
	defer proxy.Close()
	for _, name := range []string{"HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "ALL_PROXY", "all_proxy"} {
		t.Setenv(name, proxy.URL)
	}
	w := newWorld(t, answer("direct"))
	if got := w.do(outbound.Request{URL: "https://example.com"}); string(got.Body) != "direct" || asked.Load() > 0 {
		t.Errorf("%q, proxy asked %d times", got.Body, asked.Load())
	}
}

func TestCookiesAreNotKept(t *testing.T) {
	w := newWorld(t, func(rw http.ResponseWriter, r *http.Request) {
		http.SetCookie(rw, &http.Cookie{Name: "a", Value: "b"})
		fmt.Fprint(rw, r.Header.Get("Cookie"))
	})
	for range 2 {
		if got := w.do(outbound.Request{URL: "https://example.com"}); len(got.Body) > 0 {
			t.Errorf("sent the cookie %q", got.Body)
		}
	}
}

func refuseLargeBody(t *testing.T) {
	bomb := func() []byte {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		z.Write(make([]byte, 20<<20))
		z.Close()
		return b.Bytes()
	}()
	var read atomic.Int64
	w := newWorld(t, func(rw http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/exact":
			rw.Write(make([]byte, 1000))
		case "/length":
			rw.Header().Set("Content-Length", "1001")
			rw.Write(make([]byte, 1001))
		case "/chunks":
			rw.Write(make([]byte, 600))
			rw.(http.Flusher).Flush()
			rw.Write(make([]byte, 401))
		case "/bomb":
			rw.Header().Set("Content-Encoding", "gzip")
			rw.Write(bomb)
		case "/endless":
			for r.Context().Err() == nil {
				n, err := rw.Write(make([]byte, 32<<10))
				if read.Add(int64(n)); err != nil {
					return
				}
			}
		}
	}, func(o *outbound.Options) { o.MaxBody = 1000 })
	if got := w.do(outbound.Request{URL: "https://example.com/exact"}); len(got.Body) != 1000 {
		t.Errorf("%d bytes", len(got.Body))
	}
	for _, path := range []string{"/length", "/chunks", "/bomb", "/endless"} {
		w.refused(outbound.Request{URL: "https://example.com" + path}, outbound.ReasonTooLarge, "larger than 1000 bytes")
	}
	if got := w.do(outbound.Request{URL: "https://example.com/length", MaxBody: 1001}); len(got.Body) != 1001 {
		t.Errorf("%d bytes", len(got.Body))
	}
	if got := w.do(outbound.Request{URL: "https://example.com/bomb", MaxBody: 1 << 62}); len(got.Body) != 20<<20 {
		t.Errorf("%d bytes", len(got.Body))
	}
	w.refused(outbound.Request{URL: "https://example.com/exact", MaxBody: 999}, outbound.ReasonTooLarge, "999")
}

// raw serves bytes that are no proper HTTP, in the clear at a listed address.
func raw(t *testing.T, serve func(net.Conn)) *world {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				conn.Read(make([]byte, 4096))
				serve(conn)
			}()
		}
	}()
	w := newWorld(t, answer("x"), allow("raw.internal:80"), func(o *outbound.Options) { o.Timeout = 30 * time.Second })
	w.names.answers["raw.internal"] = []string{"127.0.0.1"}
	w.wires.servers["127.0.0.1:80"] = listener.Addr().String()
	return w
}

func refuseLargeHeader(t *testing.T) {
	w := raw(t, func(conn net.Conn) {
		fmt.Fprint(conn, "HTTP/1.1 200 OK\r\n")
		for i := 0; ; i++ {
			if _, err := fmt.Fprintf(conn, "X-%d: %s\r\n", i, strings.Repeat("a", 1000)); err != nil {
				return
			}
		}
	})
	w.refused(outbound.Request{URL: "http://raw.internal"}, outbound.ReasonTooLarge, "header", "65536")
	w = raw(t, func(conn net.Conn) {
		for {
			if _, err := io.WriteString(conn, "HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n"); err != nil {
				return
			}
		}
	})
	w.refused(outbound.Request{URL: "http://raw.internal"}, outbound.ReasonTooLarge, "header", "65536")
}

func refuseProtocol(t *testing.T) {
	for name, text := range map[string]string{
		"nothing":       "",
		"another":       "SSH-2.0-OpenSSH_9.9\r\n",
		"cut":           "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
		"bad length":    "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
		"two lengths":   "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
		"bad chunk":     "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
		"no gzip":       "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc",
		"long first":    "HTTP/1.1 " + strings.Repeat("9", 2000) + "\r\n\r\n",
		"control bytes": "HTTP/1.1 \x1b[31m OK\r\n\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			w := raw(t, func(conn net.Conn) { io.WriteString(conn, text) })
			problem := w.refused(outbound.Request{URL: "http://raw.internal/?token=secret"}, outbound.ReasonProtocol, "the answer of raw.internal cannot be read")
			if text := problem.Error(); strings.Contains(text, "secret") || strings.ContainsAny(text, "\x1b\r\n") || len(text) > 410 {
				t.Errorf("%q", text)
			}
		})
	}
}

func refuseSlow(t *testing.T) {
	for name, serve := range map[string]func(net.Conn, <-chan struct{}){
		"silent":      func(conn net.Conn, end <-chan struct{}) { <-end },
		"slow header": func(conn net.Conn, end <-chan struct{}) { drip(conn, "HTTP/1.1 200 OK\r\nX: ", end) },
		"slow body":   func(conn net.Conn, end <-chan struct{}) { drip(conn, "HTTP/1.1 200 OK\r\n\r\n", end) },
	} {
		t.Run(name, func(t *testing.T) {
			end := make(chan struct{})
			defer close(end)
			w := raw(t, func(conn net.Conn) { serve(conn, end) })
			w.refused(outbound.Request{URL: "http://raw.internal", Timeout: 100 * time.Millisecond}, outbound.ReasonTimeout, "raw.internal did not answer in time")
		})
	}
}

// drip sends a byte now and then, so that no time limit for a single read helps.
func drip(conn net.Conn, begin string, end <-chan struct{}) {
	io.WriteString(conn, begin)
	ticker := time.NewTicker(5 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-end:
			return
		case <-ticker.C:
		}
		if _, err := io.WriteString(conn, "a"); err != nil {
			return
		}
	}
}

func TestTimeoutOfConnection(t *testing.T) {
	hang := func(o *outbound.Options) {
		o.Dial = func(ctx context.Context, _, _ string) (net.Conn, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
	}
	w := newWorld(t, answer("x"), hang)
	w.refused(outbound.Request{URL: "https://example.com", Timeout: 20 * time.Millisecond}, outbound.ReasonTimeout, "example.com")
	// net/http would let the dial go on for ever.
	w = newWorld(t, answer("x"), hang, func(o *outbound.Options) { o.Timeout = 20 * time.Millisecond })
	w.refused(outbound.Request{URL: "https://example.com", Timeout: time.Minute}, outbound.ReasonTimeout, "no connection to example.com in time")
}

func TestGivenUp(t *testing.T) {
	w := raw(t, func(conn net.Conn) { conn.Read(make([]byte, 1)) })
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	_, err := w.client.Do(ctx, outbound.Request{URL: "http://raw.internal"})
	problem, ok := errors.AsType[*outbound.Error](err)
	if !ok || problem.Reason != outbound.ReasonTimeout || !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}

func TestDNS(t *testing.T) {
	w := newWorld(t, answer("x"))
	w.refused(outbound.Request{URL: "https://nowhere.example"}, outbound.ReasonDNS, "the name nowhere.example does not exist")
	w.names.answers["empty.example"] = []string{""}
	w.refused(outbound.Request{URL: "https://empty.example"}, outbound.ReasonDNS, "empty.example")
	for want, failure := range map[outbound.Reason]error{
		outbound.ReasonDNS:     &net.DNSError{Err: "server misbehaving", Name: "a.example"},
		outbound.ReasonTimeout: &net.DNSError{Err: "i/o timeout", Name: "a.example", IsTimeout: true},
	} {
		w := newWorld(t, answer("x"), func(o *outbound.Options) { o.Resolver = broken{failure} })
		w.refused(outbound.Request{URL: "https://a.example"}, want, "a.example could not be looked up")
	}
}

type broken struct{ err error }

func (b broken) LookupNetIP(context.Context, string, string) ([]netip.Addr, error) { return nil, b.err }

package capability_test

import (
	"bytes"
	"context"
	"crypto/tls"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postern-id/postern/sdk/hook"
)

const (
	startTLSYes = "\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"
	startTLSNo  = "\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x02\x04\x00\x04\x00"
	bindYes     = "\x30\x0c\x02\x01\x01\x61\x07\x0a\x01\x00\x04\x00\x04\x00"
)

// wire is a directory that a test writes: it answers each message that comes with
// the next text, and keeps what came.
type wire struct {
	mu   sync.Mutex
	got  []byte
	over chan struct{} // closed when the other side hung up
}

// directoryOf listens at all ports of the directory. With secure TLS comes first;
// after the text startTLSYes it comes then.
func (w *world) directoryOf(secure bool, answers ...string) *wire {
	w.t.Helper()
	listener := listen(w.t)
	w.directory(listener.Addr().String(), listener.Addr().String())
	d := &wire{over: make(chan struct{})}
	go func() {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		defer conn.Close()
		defer close(d.over)
		d.serve(w, conn, secure, answers)
	}()
	return d
}

func (d *wire) serve(w *world, conn net.Conn, secure bool, answers []string) {
	if secure {
		conn = tls.Server(conn, w.serverTLS())
	}
	buffer := make([]byte, 4096)
	for {
		n, err := conn.Read(buffer)
		d.mu.Lock()
		d.got = append(d.got, buffer[:n]...)
		d.mu.Unlock()
		if err != nil {
			return
		}
		if len(answers) == 0 {
			continue
		}
		if _, err := io.WriteString(conn, answers[0]); err != nil {
			return
		}
		if answers[0] == startTLSYes {
			conn = tls.Server(conn, w.serverTLS())
		}
		answers = answers[1:]
	}
}

// all is what came until the other side hung up.
func (d *wire) all(t *testing.T) []byte {
	t.Helper()
	select {
	case <-d.over:
	case <-time.After(20 * time.Second):
		t.Fatal("the connection stays open")
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.got
}

const bindJane = `"dn":"` + jane + `","password":"correct horse"}`

// TestLDAPSaysGoodBye: an unbind request is the last thing that a directory gets,
// and the connection is closed.
func TestLDAPSaysGoodBye(t *testing.T) {
	w := newWorld(t, "directory.internal:389")
	d := w.directoryOf(false, bindYes)
	w.does(w.caller("ldap.bind directory.internal:389"), hook.LDAPBind, `{"server":{"url":"ldap://directory.internal"},`+bindJane, `{"ok":true}`)
	if got := d.all(t); !bytes.Contains(got, []byte("correct horse")) || !bytes.HasSuffix(got, []byte("\x42\x00")) {
		t.Errorf("got %q", got)
	}
}

// TestStartTLSStripped is number 110: whoever answers in the place of the directory
// that it has no TLS, or speaks before it, gets no password.
func TestStartTLSStripped(t *testing.T) {
	for name, test := range map[string]struct{ answer, code, words string }{
		"refused":               {startTLSNo, hook.CodeRefused, "does not begin TLS (LDAP result 2)"},
		"another answer":        {bindYes, hook.CodeUnavailable, "does not speak LDAP"},
		"an unsolicited notice": {"\x30\x0c\x02\x01\x00\x78\x07\x0a\x01\x00\x04\x00\x04\x00", hook.CodeUnavailable, "does not speak LDAP"},
		"no LDAP":               {"HTTP/1.1 400 Bad Request\r\n\r\n", hook.CodeUnavailable, "does not speak LDAP"},
		"yes, and more behind":  {startTLSYes + bindYes, hook.CodeUnavailable, "does not speak TLS"},
		"a message of 2 GiB":    {"\x30\x84\x7f\xff\xff\xff", hook.CodeTooLarge, "ask for fewer"},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			d := w.directoryOf(false, test.answer)
			request := `{"server":{"url":"ldap://directory.example.org","start_tls":true},` + bindJane
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			answer, code := w.set.Call(ctx, w.caller("ldap.bind directory.example.org"), hook.LDAPBind, []byte(request))
			if code != test.code || !strings.Contains(string(answer), test.words) {
				t.Errorf("%s (%s)", answer, code)
			}
			if got := d.all(t); bytes.Contains(got, []byte("horse")) || bytes.Contains(got, []byte("jane")) {
				t.Errorf("the directory got %q", got)
			}
		})
	}
	w := newWorld(t)
	w.directoryOf(false, startTLSYes, bindYes)
	w.does(w.caller("ldap.bind directory.example.org"), hook.LDAPBind, `{"server":{"url":"ldap://directory.example.org","start_tls":true},`+bindJane, `{"ok":true}`)
}

// tlv is an element of BER.
func tlv(tag byte, content ...string) string {
	all := strings.Join(content, "")
	n := len(all)
	return string([]byte{tag, 0x84, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}) + all
}

// entry is a SearchResultEntry of the message 1, with a description of n bytes.
func entry(n int) string {
	values := tlv(0x31, tlv(0x04, strings.Repeat("x", n)))
	return tlv(0x30, "\x02\x01\x01", tlv(0x64, tlv(0x04, "a"), tlv(0x30, tlv(0x30, tlv(0x04, "desc"), values))))
}

func TestLDAPMisbehaves(t *testing.T) {
	const done = "\x30\x0c\x02\x01\x01\x65\x07\x0a\x01\x00\x04\x00\x04\x00"
	good := entry(4)
	for name, test := range map[string]struct{ answer, code, words string }{
		"good":                 {good + done, "", `{"entries":[{"dn":"a","attributes":{"desc":["xxxx"]}}]}`},
		"an attribute twice":   {"\x30\x21\x02\x01\x01\x64\x1c\x04\x01a\x30\x17\x30\x0a\x04\x01x\x31\x05\x04\x03one\x30\x09\x04\x01x\x31\x04\x04\x02to" + done, "", `{"x":["one","to"]}`},
		"no UTF-8 in the name": {"\x30\x0f\x02\x01\x01\x64\x0a\x04\x01\xff\x30\x05\x30\x03\x04\x01\xff" + done, hook.CodeUnavailable, "gave no answer that can be read"},
		"more than the limit":  {strings.Repeat(good, 150) + done, "", `"truncated":true`},
		"a large answer":       {strings.Repeat(entry(500<<10), 3) + done, hook.CodeTooLarge, "the answer is larger than 1048576 bytes"},
		"too much":             {strings.Repeat(entry(900<<10), 10), hook.CodeTooLarge, "sends more than 4194304 bytes"},
		"a large entry":        {entry(2 << 20), hook.CodeTooLarge, "sends more than"},
		"no LDAP":              {"220 mail.example.org ESMTP\r\n", hook.CodeUnavailable, "does not speak LDAP"},
		"cut off":              {good[:10], hook.CodeTimeout, "did not answer in time"},
		"silent":               {"", hook.CodeTimeout, "did not answer in time"},
		"a strange message":    {"\x30\x05\x02\x01\x01\x65\x00", hook.CodeUnavailable, "gave no answer that can be read"},
		"busy":                 {"\x30\x0c\x02\x01\x01\x65\x07\x0a\x01\x33\x04\x00\x04\x00", hook.CodeUnavailable, "is busy (LDAP result 51)"},
		"out of time":          {"\x30\x0c\x02\x01\x01\x65\x07\x0a\x01\x03\x04\x00\x04\x00", hook.CodeTimeout, "ran out of time"},
		"says why":             {"\x30\x14\x02\x01\x01\x65\x0f\x0a\x01\x35\x04\x00\x04\x08no\nthere" + done, hook.CodeRefused, "says no: Unwilling To Perform (LDAP result 53): no there"},
		"referrals":            {"\x30\x0c\x02\x01\x01\x73\x07\x04\x05ldap:" + good + done, "", `{"entries":[{"dn":"a","attributes":{"desc":["xxxx"]}}]}`},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			d := w.directoryOf(true, test.answer)
			patience := 20 * time.Second
			if test.words == "did not answer in time" {
				patience = 300 * time.Millisecond
			}
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			answer, code := w.set.Call(ctx, w.caller("ldap.search directory.example.org"), hook.LDAPSearch,
				[]byte(`{"server":{"url":"ldaps://directory.example.org"},"filter":"(uid=jane)"}`))
			if code != test.code || !strings.Contains(string(answer), test.words) {
				t.Errorf("%.300s (%s)\nwant %s (%s)", answer, code, test.words, test.code)
			}
			d.all(t)
		})
	}
}

// TestLDAPHangsUp: a directory that closes says nothing.
func TestLDAPHangsUp(t *testing.T) {
	w := newWorld(t, "directory.internal:389")
	listener := listen(t)
	w.directory(listener.Addr().String(), "")
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			conn.Close()
		}
	}()
	caller := w.caller("ldap.bind directory.internal:389")
	w.refuses(caller, hook.LDAPBind, `{"server":{"url":"ldap://directory.internal"},`+bindJane, hook.CodeUnavailable, "hung up")
	w.refuses(caller, hook.LDAPBind, `{"server":{"url":"ldap://directory.internal","start_tls":true},`+bindJane, hook.CodeUnavailable, "hung up")
}

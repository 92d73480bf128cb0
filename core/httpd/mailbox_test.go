package httpd

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/mail"
)

// box is a mailbox with two mails.
type box struct{}

func (box) Entries(context.Context) ([]mail.Entry, error) {
	at := time.Date(2026, 11, 23, 19, 0, 0, 0, time.UTC)
	return []mail.Entry{
		{
			Mail:   core.Mail{ID: "m2", To: "ada@example.org", CreatedAt: at},
			Letter: mail.Letter{Subject: "Reset <b>", Text: "go to\nhttp://localhost:8000/reset?ticket=t", HTML: "<!doctype html><html><head><title>x</title></head><body><script>alert(1)</script></body></html>"},
			Link:   "http://localhost:8000/reset?ticket=t",
		},
		{Mail: core.Mail{ID: "m1", To: "eve@example.org", CreatedAt: at}, Letter: mail.Letter{Subject: "broken", Text: "it cannot be written"}},
	}, nil
}

func (b box) Entry(ctx context.Context, id core.ID) (*mail.Entry, error) {
	entries, err := b.Entries(ctx)
	for _, e := range entries {
		if e.Mail.ID == id {
			return &e, err
		}
	}
	return nil, core.ErrNotFound
}

// look asks for a page as a browser of this machine, unless change says otherwise.
func look(h http.Handler, path string, change func(*http.Request)) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "http://"+strings.TrimPrefix(issuer, "https://")+path, nil)
	r.RemoteAddr = "127.0.0.1:4711"
	if change != nil {
		change(r)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestMailbox(t *testing.T) {
	w := newWorld(t)
	w.server.Mailbox = box{}
	h := w.server.Handler()
	answer := look(h, "/mailbox", nil)
	body := answer.Body.String()
	if answer.Code != http.StatusOK || answer.Header().Get("Cache-Control") != noStore {
		t.Fatalf("%d, %v", answer.Code, answer.Header())
	}
	for _, want := range []string{"Reset &lt;b&gt;", "ada@example.org", `href="http://localhost:8000/reset?ticket=t"`, `src="/mailbox/m2"`, "it cannot be written"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page has no %s:\n%s", want, body)
		}
	}
	if strings.Contains(body, "/mailbox/m1") || !strings.Contains(answer.Header().Get("Content-Security-Policy"), "frame-src 'self'") {
		t.Errorf("frames: %v\n%s", answer.Header(), body)
	}
	root, err := html.Parse(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for node := range root.Descendants() {
		if node.Data == "iframe" && attr(node, "sandbox") != "allow-top-navigation-by-user-activation" {
			t.Errorf("a frame may %q", attr(node, "sandbox"))
		}
	}
}

// A mail runs nothing and loads nothing, whatever is in it.
func TestMailHTML(t *testing.T) {
	w := newWorld(t)
	w.server.Mailbox = box{}
	h := w.server.Handler()
	answer := look(h, "/mailbox/m2", nil)
	if answer.Code != http.StatusOK || !strings.Contains(answer.Body.String(), `<head><base target="_top">`) || answer.Header().Get("Cache-Control") != noStore {
		t.Errorf("%d, %v\n%s", answer.Code, answer.Header(), answer.Body)
	}
	policy := answer.Header().Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "sandbox allow-top-navigation-by-user-activation", "frame-ancestors 'self'", "form-action 'none'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("the policy has no %s: %s", want, policy)
		}
	}
	if strings.Contains(policy, "script") || strings.Contains(policy, "allow-same-origin") {
		t.Errorf("the policy allows too much: %s", policy)
	}
	for _, path := range []string{"/mailbox/m1", "/mailbox/m3", "/mailbox/"} {
		if answer := look(h, path, nil); answer.Code != http.StatusNotFound {
			t.Errorf("%s: %d", path, answer.Code)
		}
	}
}

// Nobody but a browser of this machine sees the mailbox: whoever does can become anybody.
func TestMailboxOnlyHere(t *testing.T) {
	w := newWorld(t)
	if answer := look(w.handler, "/mailbox", nil); answer.Code != http.StatusNotFound {
		t.Errorf("without a mailbox: %d", answer.Code)
	}
	w.server.Mailbox = box{}
	h := w.server.Handler()
	with := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	for name, c := range map[string]struct {
		change func(*http.Request)
		status int
	}{
		"this machine":            {nil, http.StatusOK},
		"this machine, by IPv6":   {func(r *http.Request) { r.RemoteAddr = "[::1]:4711" }, http.StatusOK},
		"mapped":                  {func(r *http.Request) { r.RemoteAddr = "[::ffff:127.0.0.1]:4711" }, http.StatusOK},
		"another":                 {func(r *http.Request) { r.RemoteAddr = "192.0.2.7:4711" }, http.StatusNotFound},
		"a neighbour":             {func(r *http.Request) { r.RemoteAddr = "10.0.0.7:4711" }, http.StatusNotFound},
		"no address":              {func(r *http.Request) { r.RemoteAddr = "@" }, http.StatusNotFound},
		"a proxy":                 {with("X-Forwarded-For", "127.0.0.1"), http.StatusNotFound},
		"a proxy by its name":     {with("Via", "1.1 proxy"), http.StatusNotFound},
		"a proxy by the standard": {with("Forwarded", "for=127.0.0.1"), http.StatusNotFound},
		"a site of others":        {func(r *http.Request) { r.Host = "evil.example" }, http.StatusNotFound},
		"another name of ours":    {func(r *http.Request) { r.Host = "localhost.evil.example:8000" }, http.StatusNotFound},
	} {
		for _, path := range []string{"/mailbox", "/mailbox/m2"} {
			if answer := look(h, path, c.change); answer.Code != c.status || c.status != http.StatusOK && strings.Contains(answer.Body.String(), "ticket") {
				t.Errorf("%s: %s answers %d", name, path, answer.Code)
			}
		}
	}
}

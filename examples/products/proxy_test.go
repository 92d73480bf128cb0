package products_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/browser"
	"github.com/postern-id/postern/core/needs"
	"github.com/postern-id/postern/examples/walk"
)

// proxyModule is oauth2-proxy as it is released.
const proxyModule = "github.com/oauth2-proxy/oauth2-proxy/v7@v7.15.6"

// newProxy gives the program.
func newProxy(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	install := exec.Command("go", "install", proxyModule)
	install.Env = append(os.Environ(), "GOBIN="+folder, "GOFLAGS=")
	if out, err := install.CombinedOutput(); err != nil {
		needs.Missing(t, "oauth2-proxy cannot be built ("+lastLine(out)+")")
	}
	return filepath.Join(folder, "oauth2-proxy")
}

func lastLine(b []byte) string {
	text := strings.TrimSpace(string(b))
	return text[strings.LastIndex(text, "\n")+1:]
}

// The file of the guide, with the two things filled in that its steps name: the secret of
// the cookie and the page behind.
func TestOAuth2Proxy(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a large program")
	}
	proxy := newProxy(t)
	h := newHouse(t)
	page := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		for _, name := range []string{"X-Forwarded-User", "X-Forwarded-Email", "X-Forwarded-Preferred-Username", "X-Forwarded-Groups"} {
			_, _ = rw.Write([]byte(name + ": " + r.Header.Get(name) + "\n")) // nobody reads it if that fails
		}
	}))
	t.Cleanup(page.Close)
	address := walk.FreeAddress(t, "127.0.0.1")
	guide := h.connect(t, "proxy", "--preset", "oauth2-proxy", "--address", "http://"+address)
	if open := h.checklist(t, "proxy"); !strings.Contains(open, "Somebody signed in for the application: not yet.") {
		t.Errorf("the checklist at first:\n%s", open)
	}
	config := strings.NewReplacer("COOKIE_SECRET", "0123456789abcdef0123456789abcdef", "http://127.0.0.1:8080", page.URL).Replace(guide.snippet("oauth2-proxy.cfg"))
	h.start(t, proxy, "--config", h.write("oauth2-proxy.cfg", config), "--http-address", address)
	h.await("http://" + address + "/ping")

	site := browser.New(t, "http://"+address)
	begun := site.Get("/")
	if begun.Location == nil {
		t.Fatalf("it does not send to the server: status %d:\n%s", begun.Status, begun.Body)
	}
	shown := site.Get(signIn(t, h.visitor(t), begun.Location.String()))
	for _, want := range []string{"X-Forwarded-Email: alice@example.org", "X-Forwarded-Preferred-Username: alice", "X-Forwarded-Groups: grafana-editors,staff"} {
		if !strings.Contains(shown.Body, want) {
			t.Errorf("the page behind was not told %q: status %d:\n%s", want, shown.Status, shown.Body)
		}
	}
	if open := h.checklist(t, "proxy"); open != "" {
		t.Errorf("the checklist at last:\n%s", open)
	}
}

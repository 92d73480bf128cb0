package app_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

// 127: what pages of other origins may read.

func originRefusals() []refusal {
	return []refusal{
		{"127_origins_of_no_client", originsOfNoClient},
		{"127_pages_are_of_one_origin", pagesAreOfOneOrigin},
		{"127_disabled_client", originOfDisabledClient},
	}
}

// from sends a request as a page of that origin.
func (w *world) from(origin, method, path string) answer {
	w.t.Helper()
	r, err := http.NewRequest(method, w.issuer+path, strings.NewReader(""))
	if err != nil {
		w.t.Fatal(err)
	}
	r.Header.Set("Origin", origin)
	if method == http.MethodOptions {
		r.Header.Set("Access-Control-Request-Method", http.MethodPost)
		r.Header.Set("Access-Control-Request-Headers", "authorization")
	}
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return w.do(r)
}

const allowOrigin = "Access-Control-Allow-Origin"

// shut fails if a page of the origin could read the answer.
func (w *world) shut(origin, method, path string) {
	w.t.Helper()
	a := w.from(origin, method, path)
	for name := range a.header {
		if strings.HasPrefix(name, "Access-Control-") {
			w.t.Errorf("%s %s from %s: status %d, %s: %v", method, path, origin, a.status, name, a.header[name])
		}
	}
}

// endpoints are those that pages of clients call.
func endpoints() map[string][]string {
	post := []string{http.MethodOptions, http.MethodPost}
	return map[string][]string{oauth.PathToken: post, oauth.PathRefresh: post, oauth.PathRevoke: post, oauth.PathUserInfo: append(post, http.MethodGet)}
}

// TestPagesOfClients has what pages of clients may read: refusals too, and nothing by
// cookies.
func TestPagesOfClients(t *testing.T) {
	w := newWorld(t)
	w.register("rp", nil)
	const origin = "https://rp.example"
	for path, methods := range endpoints() {
		for _, method := range methods {
			a := w.from(origin, method, path)
			if a.header.Get(allowOrigin) != origin || a.header.Get("Vary") != "Origin" || a.header.Get("Access-Control-Allow-Credentials") != "" {
				t.Errorf("%s %s: status %d, %v", method, path, a.status, a.header)
			}
			if method == http.MethodOptions && (a.status != http.StatusNoContent || a.header.Get("Access-Control-Allow-Headers") != "Authorization, Content-Type") {
				t.Errorf("%s: status %d, %v", path, a.status, a.header)
			}
		}
	}
	for _, path := range []string{oauth.PathDiscovery, oauth.PathServerMetadata, oauth.PathJWKS, oauth.PathWebfinger + "?resource=acct:a@elsewhere.example"} {
		if a := w.from("https://anybody.example", http.MethodGet, path); a.header.Get(allowOrigin) != "*" {
			t.Errorf("%s: %v", path, a.header)
		}
	}
}

func originsOfNoClient(_ *testing.T, w *world) {
	w.register("rp", func(c *core.Client) { c.RedirectURIs = []string{"https://rp.example/cb", "https://rp.example:8443/cb"} })
	for _, origin := range []string{
		"null", "https://evil.example", "http://rp.example", "https://rp.example:444", "https://rp.example.evil.example", "https://evil-rp.example",
		"https://x.rp.example", "https://rp.example/", "https://rp.example/cb", "HTTPS://RP.EXAMPLE", "*", "", "https://rp.example, https://evil.example", "https://user@rp.example",
	} {
		for path, methods := range endpoints() {
			for _, method := range methods {
				w.shut(origin, method, path)
			}
		}
	}
}

func pagesAreOfOneOrigin(_ *testing.T, w *world) {
	w.openRegistration()
	w.register("rp", nil)
	for _, path := range []string{oauth.PathAuthorize, oauth.PathEndSession, oauth.PathRegister, oauth.PathRegister + "/x", oauth.PathAccount, "/", "/login", "/consent", "/select", "/setup"} {
		for _, method := range []string{http.MethodOptions, http.MethodGet, http.MethodPost} {
			w.shut("https://rp.example", method, path)
		}
	}
}

func originOfDisabledClient(t *testing.T, w *world) {
	rp := w.register("rp", nil)
	if a := w.from("https://rp.example", http.MethodOptions, oauth.PathToken); a.header.Get(allowOrigin) == "" {
		t.Errorf("while it is not: %v", a.header)
	}
	w.editClient(rp, func(c *core.Client) { c.Disabled = true })
	w.shut("https://rp.example", http.MethodOptions, oauth.PathToken)
	w.shut("https://rp.example", http.MethodPost, oauth.PathToken)
}

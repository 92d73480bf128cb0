package web

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

func newPages(t testing.TB) *Pages {
	t.Helper()
	pages, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return pages
}

func serve(pages *Pages, method, target string) *http.Response {
	recorder := httptest.NewRecorder()
	request := httptest.NewRequest(method, "/", nil)
	request.URL.Path = target // as it comes from the wire, not cleaned
	pages.Assets().ServeHTTP(recorder, request)
	return recorder.Result()
}

func TestAssetsAreServedForEver(t *testing.T) {
	pages := newPages(t)
	for name, contentType := range map[string]string{
		"postern.css":  "text/css; charset=utf-8",
		"formpost.mjs": "text/javascript; charset=utf-8",
		"mark.svg":     "image/svg+xml",
	} {
		for _, method := range []string{"GET", "HEAD"} {
			response := serve(pages, method, pages.assets.prefix+name)
			want := map[string]string{
				"Content-Type":            contentType,
				"Cache-Control":           "public, max-age=31536000, immutable",
				"X-Content-Type-Options":  "nosniff",
				"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
			}
			if response.StatusCode != http.StatusOK {
				t.Errorf("%s %s: status %d", method, name, response.StatusCode)
			}
			for header, value := range want {
				if got := response.Header.Get(header); got != value {
					t.Errorf("%s %s: %s is %q, want %q", method, name, header, got, value)
				}
			}
		}
	}
}

func TestWhatIsNoAssetIsNotFound(t *testing.T) {
	pages := newPages(t)
	prefix := pages.assets.prefix
	for _, target := range []string{
		"", "/", "/assets", "/assets/", "/assets/postern.css", strings.TrimSuffix(prefix, "/"), prefix,
		"/assets/0000000000000000/postern.css", prefix + "nothing.css", prefix + "Postern.css", prefix + "/postern.css",
		prefix + "postern.css/", prefix + "../" + strings.TrimPrefix(prefix, "/assets/") + "postern.css",
		prefix + "../../web.go", prefix + "..\\web.go", prefix + "%2e%2e/web.go", prefix + "postern.css\x00",
	} {
		response := serve(pages, "GET", target)
		if response.StatusCode != http.StatusNotFound {
			t.Errorf("GET %q: status %d, want 404", target, response.StatusCode)
		}
		if got := response.Header.Get("Cache-Control"); got != "no-store" {
			t.Errorf("GET %q: an absence would be cached: %q", target, got)
		}
	}
}

func TestAssetsAreOnlyRead(t *testing.T) {
	pages := newPages(t)
	for _, method := range []string{"POST", "PUT", "DELETE", "OPTIONS"} {
		response := serve(pages, method, pages.assets.prefix+"mark.svg")
		if response.StatusCode != http.StatusMethodNotAllowed || response.Header.Get("Allow") != "GET, HEAD" {
			t.Errorf("%s: status %d, Allow %q", method, response.StatusCode, response.Header.Get("Allow"))
		}
	}
}

// The policy on an asset leaves an SVG without style of its own, and the pages' policy
// lets a stylesheet load images of ours only.
func TestAssetsStandOnTheirOwn(t *testing.T) {
	pages := newPages(t)
	foreign := regexp.MustCompile(`(?i)@import|https?:|//[a-z]|data:|expression|javascript:`)
	inline := regexp.MustCompile(`(?i)<style|<script|style=|\son[a-z]+=|<image|<foreignObject|href=`)
	reference := regexp.MustCompile(`url\(([^)]*)\)`)
	for name, content := range pages.assets.files {
		text := strings.ReplaceAll(string(content), `xmlns="http://www.w3.org/2000/svg"`, "")
		if found := foreign.FindString(text); found != "" {
			t.Errorf("%s reaches outside: %q", name, found)
		}
		if found := inline.FindString(text); strings.HasSuffix(name, ".svg") && found != "" {
			t.Errorf("%s holds %q", name, found)
		}
		for _, match := range reference.FindAllStringSubmatch(text, -1) {
			if _, err := pages.assets.url(strings.Trim(match[1], `"'`)); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}
	}
}

package core_test

import (
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
)

func TestBrowserName(t *testing.T) {
	const like = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36"
	for _, c := range []struct{ userAgent, want string }{
		{"Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0", "Firefox (Linux)"},
		{like, "Chrome (Windows)"},
		{like + " Edg/141.0.0.0", "Edge (Windows)"},
		{like + " OPR/120.0.0.0", "Opera (Windows)"},
		{"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1", "Safari (iOS)"},
		{"Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/141.0 Mobile/15E148 Safari/604.1", "Chrome (iPadOS)"},
		{"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15", "Safari (macOS)"},
		{"Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36", "Samsung Internet (Android)"},
		{"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36", "Chrome (ChromeOS)"},
		{"curl/8.14.1", "curl"},
		{"something on Linux", "Linux"},
		{"<script>alert(1)</script>", ""},
		{"", ""},
	} {
		if got := core.BrowserName(c.userAgent); got != c.want {
			t.Errorf("%s: got %q, want %q", c.userAgent, got, c.want)
		}
	}
}

func FuzzBrowserName(f *testing.F) {
	f.Add("Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0")
	f.Fuzz(func(t *testing.T, userAgent string) {
		// However the header is written, the name is one of ours: short, on one line.
		if name := core.BrowserName(userAgent); len(name) > 40 || strings.ContainsAny(name, "<>\"\r\n/") {
			t.Errorf("%q", name)
		}
	})
}

package oauth_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/oauth"
)

func TestCheckRedirectURIAdmits(t *testing.T) {
	for _, test := range []struct {
		uri    string
		native bool
		origin string
	}{
		{"https://confluence.example/plugins/servlet/oauth/callback", false, "https://confluence.example"},
		{"https://rp.example:8443/cb?tenant=1", false, "https://rp.example:8443"},
		{"https://rp.example", false, "https://rp.example"},
		{"https://[2001:db8::1]/cb", false, "https://[2001:db8::1]"},
		{"https://xn--rp-emc.example/cb", false, "https://xn--rp-emc.example"},
		{"http://localhost:8080/cb", false, "http://localhost:8080"},
		{"http://127.0.0.1/cb", true, "http://127.0.0.1"},
		{"http://[::1]/cb", true, "http://[::1]"},
		{"com.example.app:/oauth", true, "com.example.app:"},
		{"com.example.app://oauth/cb", true, "com.example.app:"},
	} {
		if refusal := oauth.CheckRedirectURI(test.uri, test.native); refusal != nil {
			t.Errorf("%s: %v", test.uri, refusal)
		}
		if origin := oauth.RedirectOrigin(test.uri); origin != test.origin {
			t.Errorf("%s: origin %q, want %q", test.uri, origin, test.origin)
		}
	}
}

// TestLoopbackPort is number 14, and RFC 8252 section 7.3.
func TestLoopbackPort(t *testing.T) {
	registered := []string{
		"http://127.0.0.1/cb", "http://[::1]:1/cb?x=1", "http://localhost/cb", "https://127.0.0.1/tls",
		"http://127.0.0.1", "http://127.0.0.2/cb",
	}
	for _, test := range []struct {
		uri    string
		native bool
		want   bool
	}{
		{"http://127.0.0.1/cb", false, true},
		{"http://127.0.0.1:4711/cb", false, false},
		{"http://127.0.0.1:4711/cb", true, true},
		{"http://127.0.0.1:1/cb", true, true},
		{"http://127.0.0.1:65535/cb", true, true},
		{"http://127.0.0.1:4711", true, true},
		{"http://[::1]:4711/cb?x=1", true, true},
		{"http://[::1]/cb?x=1", true, true},
		{"http://[::1]:4711/cb", true, false},
		{"http://[::1]:4711/cb?x=1&y=2", true, false},
		{"http://localhost/cb", true, true},
		{"http://localhost:4711/cb", true, false},
		{"http://127.0.0.2:4711/cb", true, false},
		{"https://127.0.0.1:4711/tls", true, false},
		{"http://127.0.0.1:0/cb", true, false},
		{"http://127.0.0.1:080/cb", true, false},
		{"http://127.0.0.1:65536/cb", true, false},
		{"http://127.0.0.1:9999999999999999999/cb", true, false},
		{"http://127.0.0.1:/cb", true, false},
		{"http://127.0.0.1:4711@evil.example/cb", true, false},
		{"http://127.0.0.1@evil.example/cb", true, false},
		{"http://127.0.0.1.evil.example/cb", true, false},
		{"http://127.0.0.1:4711.evil.example/cb", true, false},
		{"http://127.0.0.1:4711/cb/", true, false},
		{"http://127.0.0.1:4711/CB", true, false},
		{"http://127.0.0.1:4711/cb#", true, false},
		{"http://127.0.0.1:4711\\cb", true, false},
		{"http://127.1:4711/cb", true, false},
		{"http://[0:0:0:0:0:0:0:1]:4711/cb?x=1", true, false},
		{"HTTP://127.0.0.1:4711/cb", true, false},
		{"", true, false},
	} {
		if got := oauth.MatchRedirect(registered, test.native, test.uri); got != test.want {
			t.Errorf("native %v: %q: %v, want %v", test.native, test.uri, got, test.want)
		}
	}
}

// FuzzMatchRedirect states what a match means: the same bytes, or for native
// clients the same bytes around a port.
func FuzzMatchRedirect(f *testing.F) {
	for _, seed := range []string{
		"https://rp.example/cb", "http://127.0.0.1:80/cb", "http://[::1]:1/cb", "http://127.0.0.1:/cb",
		"http://127.0.0.1:80@evil/cb", "http://127.0.0.1:123456/cb", "",
	} {
		f.Add(seed, true)
		f.Add(seed, false)
	}
	registered := []string{"https://rp.example/cb", "http://127.0.0.1/cb", "http://[::1]/cb"}
	f.Fuzz(func(t *testing.T, uri string, native bool) {
		matched := oauth.MatchRedirect(registered, native, uri)
		if exact := slices.Contains(registered, uri); exact && !matched {
			t.Errorf("%q is registered", uri)
		} else if matched && !exact && !(native && isLoopbackCallback(uri)) {
			t.Errorf("%q matched", uri)
		}
		if matched && oauth.CheckRedirectURI(uri, native) != nil {
			t.Errorf("%q matched, but may not be registered", uri)
		}
	})
}

// isLoopbackCallback takes an URI apart from its end, unlike the code under test.
func isLoopbackCallback(uri string) bool {
	digits := 0
	for i := len(uri) - len("/cb") - 1; i >= 0 && uri[i] >= '0' && uri[i] <= '9'; i-- {
		digits++
	}
	cut := len(uri) - len("/cb") - digits
	if cut < 0 || digits < 1 || digits > 5 {
		return false
	}
	return uri[len(uri)-len("/cb"):] == "/cb" && (uri[:cut] == "http://127.0.0.1:" || uri[:cut] == "http://[::1]:")
}

// FuzzCheckRedirectURI states what registration promises to everybody behind it:
// the answer goes to the host that was registered, whatever a browser makes of
// the text.
func FuzzCheckRedirectURI(f *testing.F) {
	for _, seed := range []string{
		"https://rp.example/cb?x=1", "http://localhost:1/", "com.example.app:/cb", "javascript:alert(1)",
		"https://a@b/", "https://rp.example/%2e%2e/", "https://[::1]:1/", "https://rp.example/#",
	} {
		f.Add(seed, false)
		f.Add(seed, true)
	}
	f.Fuzz(func(t *testing.T, uri string, native bool) {
		if oauth.CheckRedirectURI(uri, native) != nil {
			return
		}
		response := oauth.AuthorizeResponse(uri, oauth.ModeQuery, issuer, oauth.Field{Name: "code", Value: "c"})
		before, errBefore := url.Parse(uri)
		after, errAfter := url.Parse(response.URL())
		if errBefore != nil || errAfter != nil {
			t.Fatalf("%q: %v, %v", uri, errBefore, errAfter)
		}
		if after.Scheme != before.Scheme || after.Host != before.Host || after.Path != before.Path || after.User != nil || after.Fragment != "" {
			t.Errorf("%q answers to %q", uri, response.URL())
		}
		if after.Query().Get("code") != "c" || after.Query().Get("iss") != issuer {
			t.Errorf("%q loses the answer: %q", uri, response.URL())
		}
		if origin := oauth.RedirectOrigin(uri); origin == "" || strings.ContainsAny(origin, " ;,'\"@?#") {
			t.Errorf("%q has the origin %q", uri, origin)
		}
	})
}

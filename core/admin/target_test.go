package admin

import (
	"errors"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
)

func TestCheckTarget(t *testing.T) {
	long := strings.Repeat("a", 63)
	for _, tt := range []struct {
		capability, target string
		hint               string // "": it is right
	}{
		{"http.fetch", "api.example.org", ""},
		{"http.fetch", "api.example.org:8443", ""},
		{"http.fetch", "*.example.org", ""},
		{"http.fetch", "*.example.org:8443", ""},
		{"http.fetch", "localhost", ""},
		{"http.fetch", "_sip.example.org", ""},
		{"http.fetch", "xn--mller-kva.example", ""},
		{"http.fetch", "192.0.2.7:80", ""},
		{"http.fetch", "[2001:db8::7]", ""},
		{"http.fetch", "[2001:db8::7]:8443", ""},
		{"http.fetch", long + ".example", ""},
		{"http.fetch", "https://Graph.Microsoft.com/v1.0/users?x=1", "write graph.microsoft.com"},
		{"http.fetch", "https://user:pw@a.example:443/", "write a.example"},
		{"http.fetch", "http://a.example:8080", "write a.example:8080"},
		{"http.fetch", "a.example/path", "write a.example"},
		{"jwt.verify", "API.example.org", "write api.example.org"},
		{"oidc.exchange", "a.example.", "write a.example"},
		{"oauth.exchange", "HTTPS://A.example:8443/token", "write a.example:8443"},
		{"http.fetch", "", "write it like api.example.org"},
		{"http.fetch", "*", "write it like api.example.org"},
		{"http.fetch", "a.*.example", "write it like api.example.org"},
		{"http.fetch", "*.192.0.2.7", "write it like api.example.org"},
		{"http.fetch", "müller.example", "write it like api.example.org"},
		{"http.fetch", "a..example", "write it like api.example.org"},
		{"http.fetch", "-a.example", "write it like api.example.org"},
		{"http.fetch", "a.example:0", "write it like api.example.org"},
		{"http.fetch", "a.example:0443", "write it like api.example.org"},
		{"http.fetch", "a.example:65536", "write it like api.example.org"},
		{"http.fetch", "a b", "write it like api.example.org"},
		{"http.fetch", "a.example\n", "write it like api.example.org"},
		{"http.fetch", "127.1", "write it like api.example.org"},
		{"http.fetch", "0x7f000001", "write it like api.example.org"},
		{"http.fetch", "192.0.2.07", "write it like api.example.org"},
		{"http.fetch", "::1", "write it like api.example.org"},
		{"http.fetch", "[2001:DB8::7]", "write [2001:db8::7]"},
		{"http.fetch", "[fe80::1%eth0]", "write it like api.example.org"},
		{"http.fetch", "[::ffff:192.0.2.7]", "write it like api.example.org"},
		{"http.fetch", "[a.example]:443", "write it like api.example.org"},
		{"http.fetch", long + "a.example", "write it like api.example.org"},
		{"http.fetch", strings.Repeat("a.", 127) + "example", "write it like api.example.org"},
		{"ldap.bind", "ldap.example.org:636", ""},
		{"ldap.search", "[2001:db8::7]:389", ""},
		{"ldap.search", "ldap.example.org", "write it like ldap.example.org:636"},
		{"ldap.search", "*.example.org:636", "write it like ldap.example.org:636"},
		{"ldap.bind", "ldaps://DC1.example.org/dc=example", "write dc1.example.org:636"},
		{"ldap.bind", "ldap://dc1.example.org", "write dc1.example.org:389"},
		{"ldap.bind", "DC1.example.org:636", "write dc1.example.org:636"},
		{"secret.get", "api_key", ""},
		{"secret.get", "API-key", "use up to 63"},
		{"secret.get", "", "use up to 63"},
		{"secret.get", "a b", "use up to 63"},
		{"clock", "", ""},
		{"kv", "x", `leave out "x"`},
	} {
		text, hint := checkTarget(tt.capability, tt.target)
		if (text == "") != (tt.hint == "") || !strings.HasPrefix(hint, tt.hint) {
			t.Errorf("%s %q: %q, hint %q, want %q", tt.capability, tt.target, text, hint, tt.hint)
		}
	}
}

func TestCovers(t *testing.T) {
	for _, tt := range []struct {
		granted, wanted string
		want            bool
	}{
		{"a.example", "a.example", true},
		{"a.example", "a.example:443", true},
		{"a.example", "a.example:8443", false},
		{"a.example:443", "a.example", false},
		{"a.example:8443", "a.example:8443", true},
		{"a.example", "b.a.example", false},
		{"*.example", "a.example", true},
		{"*.example", "a.b.example", true},
		{"*.example", "example", false},
		{"*.example", "notexample", false},
		{"*.example", "*.example", true},
		{"*.example", "*.a.example", true},
		{"*.a.example", "*.example", false},
		{"a.example", "*.a.example", false},
		{"*.example:8443", "a.example", false},
		{"*.example:8443", "a.example:8443", true},
	} {
		granted, ok := parseHost(tt.granted)
		wanted, ok2 := parseHost(tt.wanted)
		if !ok || !ok2 {
			t.Fatalf("%q, %q cannot be read", tt.granted, tt.wanted)
		}
		if got := granted.covers(wanted); got != tt.want {
			t.Errorf("%s covers %s: %v", tt.granted, tt.wanted, got)
		}
	}
}

// A host that is accepted is written in one way only, and what is suggested is
// accepted.
func FuzzHost(f *testing.F) {
	for _, seed := range []string{"a.example", "*.a.example:8443", "[2001:db8::1]:443", "https://A.example/x", "ldaps://b", "1.2.3.4", "0x7f.1", "%"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if h, ok := parseHost(text); ok {
			if h.String() != text || text != strings.ToLower(text) || !ascii(text) || strings.ContainsAny(text, "/@?#\"'`$;&|") {
				t.Errorf("%q was accepted as %q", text, h)
			}
			if !h.covers(h) {
				t.Errorf("%q does not cover itself", text)
			}
		}
		if h, found := suggestHost(text); found {
			if again, ok := parseHost(h.String()); !ok || again != h {
				t.Errorf("for %q the host %q was suggested, which is read as %+v", text, h, again)
			}
		}
	})
}

func TestParseGrant(t *testing.T) {
	for text, want := range map[string]core.PluginGrant{
		"clock":                          {Capability: "clock"},
		"http.fetch=api.example.org":     {Capability: "http.fetch", Target: "api.example.org"},
		"ldap.bind=ldap.example.org:636": {Capability: "ldap.bind", Target: "ldap.example.org:636"},
		"secret.get=api":                 {Capability: "secret.get", Target: "api"},
	} {
		if got, err := ParseGrant(text); err != nil || got != want {
			t.Errorf("%s: %+v, %v", text, got, err)
		}
	}
	for text, want := range map[string]string{
		"":                      `there is no capability ""`,
		"http.get=a.example":    `there is no capability "http.get"`,
		"clock=now":             "clock cannot be granted",
		"http.fetch":            "the host is missing",
		"http.fetch=https://a/": `"https://a/" is no host`,
		"secret.get=A":          `"A" is no name of a secret`,
	} {
		_, err := ParseGrant(text)
		if wrong, ok := errors.AsType[*InvalidError](err); !ok || !strings.Contains(err.Error(), want) || wrong.Problems[0].Hint == "" {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
}

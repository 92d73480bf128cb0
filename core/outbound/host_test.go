package outbound

import (
	"errors"
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

func TestTarget(t *testing.T) {
	for text, want := range map[string]string{
		"https://api.example.org":                "https://api.example.org",
		"https://api.example.org/a?b=c#d":        "https://api.example.org/a?b=c",
		"HTTPS://API.Example.ORG./a":             "https://api.example.org/a",
		"https://api.example.org:443/":           "https://api.example.org/",
		"https://api.example.org:0443/":          "https://api.example.org/",
		"https://api.example.org:8443/":          "https://api.example.org:8443/",
		"http://api.example.org:80/":             "http://api.example.org/",
		"http://api.example.org:443/":            "http://api.example.org:443/",
		"https://192.0.2.7:65535/":               "https://192.0.2.7:65535/",
		"https://[2001:DB8:0::7]/":               "https://[2001:db8::7]/",
		"https://[2001:db8::7]:8443/":            "https://[2001:db8::7]:8443/",
		"https://directory/":                     "https://directory/",
		"https://a_b.xn--bcher-kva.example/":     "https://a_b.xn--bcher-kva.example/",
		"https://0x7f.example/":                  "https://0x7f.example/",
		"https://api.example.org/a%2fb%00?q=%0a": "https://api.example.org/a%2fb%00?q=%0a",
	} {
		got, err := parseTarget(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
		} else if got.url.String() != want {
			t.Errorf("%s: got %s, want %s", text, got.url.String(), want)
		}
	}
}

// SSRF filters were passed by each of these.
// TestRefuseTarget has addresses in other spellings, and URLs that two readers take to
// lead to two places.
func TestRefuseTarget(t *testing.T) { t.Run("109_spellings", refuseTargets) }

func refuseTargets(t *testing.T) {
	for _, text := range []string{
		"", "/", "//", "api.example.org", "//api.example.org/", "https:", "https:///a", "https://", "https://:443/", "https:api.example.org",
		"ftp://api.example.org/", "file:///etc/passwd", "gopher://127.0.0.1:6379/", "javascript:alert(1)", "unix:///run/x.sock",
		"https://user@api.example.org/", "https://user:secret@api.example.org/", "https://@api.example.org/", "https://api.example.org@127.0.0.1/",
		`https://api.example.org\@127.0.0.1/`, `https://127.0.0.1\.example.org/`,
		"https://api.example.org:/", "https://api.example.org:0/", "https://api.example.org:65536/", "https://api.example.org:-1/", "https://api.example.org:+1/", "https://api.example.org:1:2/", "https://api.example.org:https/",
		"https://2130706433/", "https://0x7f000001/", "https://0x7f.1/", "https://127.1/", "https://127.0.1/", "https://0177.0.0.1/", "https://127.0.0.01/",
		"https://017700000001/", "https://0X7F.0.0.1/", "https://127.0.0.0x1/", "https://0/", "https://0x/", "https://256.256.256.256/", "https://1.2.3.4.5/", "https://a.1/", "https://127.0.0.1../",
		"https://[fe80::1%25eth0]/", "https://[fe80::1%eth0]/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/", "https://[::ffff:8.8.8.8]/", "https://[::1/", "https://::1/", "https://[127.0.0.1]/", "https://[api.example.org]/", "https://[v1.fe]/",
		"https://ｌocalhost/", "https://１２７.0.0.1/", "https://127。0。0。1/", "https://bücher.example/", "https://%6cocalhost/", "https://%E2%93%9B.example/",
		"https://a..b/", "https://.a/", "https://a../", "https://a b/", "https://a\tb/", "https://a\r\nHost: b/", "https://a/\r\nX: y", "https://a/\x00", "https://a*b/", "https://*.example.org/", "https://a,b/",
		"https://" + strings.Repeat("a", 64) + ".example/", "https://" + strings.Repeat("a.", 127) + "example/", "https://a/" + strings.Repeat("a", longestURL),
	} {
		got, err := parseTarget(text)
		problem, ok := errors.AsType[*Error](err)
		if !ok || problem.Reason != ReasonURL {
			t.Errorf("%.100q: got %v, %v", text, got.to, err)
			continue
		}
		if strings.Contains(err.Error(), "secret") {
			t.Errorf("%q: the error has the password: %v", text, err)
		}
	}
}

// FuzzTarget: whatever is accepted has one host, and any reader of the URL sees
// the same one.
func FuzzTarget(f *testing.F) {
	for _, seed := range []string{
		"https://api.example.org:8443/a?b#c", "http://127.0.0.1:80", "https://[::1%25eth0]:1/", "https://a@b/", `https://a\@b`, "https://0x7f.1./", "https://[::ffff:1.2.3.4]/", "https://xn--a.example", "https://１/",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		first, err := parseTarget(text)
		if err != nil {
			if problem, ok := errors.AsType[*Error](err); !ok || problem.Reason != ReasonURL {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		written := first.url.String()
		u, err := url.Parse(written)
		if err != nil {
			t.Fatalf("%q became %q: %v", text, written, err)
		}
		if u.User != nil || u.Fragment != "" || u.Hostname() != first.to.host.name || u.Scheme != "https" && u.Scheme != "http" {
			t.Fatalf("%q became %q with host %q", text, written, first.to.host.name)
		}
		again, err := checkTarget(u)
		if err != nil || again.to != first.to || again.plain != first.plain {
			t.Fatalf("%q became %q, which is %v, %v", text, written, again.to, err)
		}
		checkHostname(t, first.to.host)
	})
}

// FuzzHost: a host is an address in its one form, or a name that no resolver takes
// for an address.
func FuzzHost(f *testing.F) {
	for _, seed := range []string{"example.org", "EXAMPLE.org.", "127.0.0.1", "127.1", "0x7f.0.0.0x1", "::1", "fe80::1%eth0", "1.2.3.4.", "a..b", "0x", "００"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		host, err := parseHost(text)
		if err != nil {
			return
		}
		checkHostname(t, host)
		again, err := parseHost(host.name)
		if err != nil || again != host {
			t.Fatalf("%q became %q, which is %v, %v", text, host.name, again, err)
		}
	})
}

func checkHostname(t *testing.T, host hostname) {
	t.Helper()
	if host.address.IsValid() {
		if parsed, err := netip.ParseAddr(host.name); err != nil || parsed != host.address || parsed.Zone() != "" || parsed.Is4In6() {
			t.Fatalf("address %q", host.name)
		}
		return
	}
	if net.ParseIP(host.name) != nil || strings.Trim(host.name, "abcdefghijklmnopqrstuvwxyz0123456789-_.") != "" || strings.HasSuffix(host.name, ".") {
		t.Fatalf("name %q", host.name)
	}
	if spelled.MatchString(host.name) {
		t.Fatalf("%q may be read as an address", host.name)
	}
}

// spelled are the spellings that inet_aton reads.
var spelled = regexp.MustCompile(`^(0x[0-9a-f]*|[0-9]+)(\.(0x[0-9a-f]*|[0-9]+)){0,3}$`)

func TestGranted(t *testing.T) {
	for _, tt := range []struct {
		hosts string
		url   string
		want  bool
	}{
		{"api.example.org", "https://api.example.org/", true},
		{"API.Example.org.", "https://api.example.org/", true},
		{"api.example.org", "https://API.EXAMPLE.ORG.:443/", true},
		{"api.example.org", "https://api.example.org:8443/", false},
		{"api.example.org", "http://api.example.org/", true}, // what http may be is the dial's matter
		{"api.example.org:443", "http://api.example.org/", false},
		{"api.example.org:8443", "https://api.example.org:8443/", true},
		{"api.example.org:8443", "https://api.example.org/", false},
		{"api.example.org", "https://example.org/", false},
		{"api.example.org", "https://a.api.example.org/", false},
		{"api.example.org", "https://xapi.example.org/", false},
		{"api.example.org", "https://api.example.org.evil.example/", false},
		{"*.example.org", "https://a.example.org/", true},
		{"*.example.org", "https://a.b.example.org/", true},
		{"*.example.org", "https://example.org/", false},
		{"*.example.org", "https://badexample.org/", false},
		{"*.example.org", "https://a.example.org:8443/", false},
		{"*.example.org:8443", "https://a.example.org:8443/", true},
		{"192.0.2.7", "https://192.0.2.7/", true},
		{"[2001:db8::7]:8443", "https://[2001:db8:0::7]:8443/", true},
		{"2001:db8::7", "https://[2001:db8::7]/", true},
		{"*.0.2.7", "https://192.0.2.7/", false},
		{"x.example,api.example.org", "https://api.example.org/", true},
		{"", "https://api.example.org/", false},
		{"*", "https://api.example.org/", false},
		{"*.", "https://api.example.org/", false},
		{"https://api.example.org", "https://api.example.org/", false},
		{"api.example.org/", "https://api.example.org/", false},
	} {
		target, err := parseTarget(tt.url)
		if err != nil {
			t.Fatal(err)
		}
		if got := granted(strings.Split(tt.hosts, ","), &target); got != tt.want {
			t.Errorf("%s for %s: %v", tt.hosts, tt.url, got)
		}
	}
	target, _ := parseTarget("https://api.example.org/")
	if !granted(nil, &target) || granted([]string{}, &target) {
		t.Error("no list grants all, an empty one nothing")
	}
}

// What grants nothing is told to the operator.
func TestCheckHost(t *testing.T) {
	for _, entry := range []string{"api.example.org", "*.example.org:8443", "10.0.0.1:80", "[::1]:80"} {
		if err := CheckHost(entry); err != nil {
			t.Errorf("%s: %v", entry, err)
		}
	}
	for _, entry := range []string{"", "*", "*.", "*.10.0.0.1", "a:0", "a:x", "https://a", "a/b", "a b", "*.*.a", "bücher.example", "0x7f.1", "[::1%eth0]:1"} {
		problem, ok := errors.AsType[*EntryError](CheckHost(entry))
		if !ok || problem.Entry != entry || problem.Hint() == "" || !strings.Contains(problem.Error(), "granted, because ") {
			t.Errorf("%q: %v", entry, problem)
		}
	}
}

func TestCheckAllowPrivate(t *testing.T) {
	if err := CheckAllowPrivate([]string{"10.0.0.0/8", "fd00::/8", "127.0.0.1:8089", "[::1]:80", "directory.internal:443"}); err != nil {
		t.Error(err)
	}
	if err := CheckAllowPrivate(nil); err != nil {
		t.Error(err)
	}
	for entry, want := range map[string]string{
		"":                      "neither a network",
		"127.0.0.1":             "neither a network",
		"::1":                   "neither a network",
		"directory.internal":    "neither a network",
		"10.0.0.0/33":           "no network",
		"10.0.0/8":              "no network",
		"fe80::%eth0/10":        "no network",
		"http://127.0.0.1:80":   "no network",
		"0.0.0.0/0":             "every address",
		"::/0":                  "every address",
		"::ffff:10.0.0.0/104":   "IPv4 written as IPv6",
		"directory.internal:":   "without a port",
		"directory.internal:0":  "without a port",
		":443":                  "no service",
		"127.1:443":             "no service",
		"[fe80::1%eth0]:443":    "no service",
		"*.internal:443":        "no service",
		"[::ffff:10.0.0.1]:443": "no service",
	} {
		err := CheckAllowPrivate([]string{"10.0.0.0/8", entry})
		problem, ok := errors.AsType[*EntryError](err)
		if !ok || problem.Entry != entry || problem.Hint() == "" || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", entry, err)
		}
	}
	if _, err := New(Options{AllowPrivate: []string{"x"}}); err == nil {
		t.Error("a client was made")
	}
}

package flow

import (
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
)

func TestLink(t *testing.T) {
	d := &Dispatcher{Key: [32]byte{1}}
	holder, other := core.HashSecret("browser"), core.HashSecret("another browser")
	original := link{toConsent, "019aa000-0000-7000-8000-000000000001", time.UnixMilli(1_764_000_000_123), "openid email\nwith a line"}
	signed := d.sign(original, holder)
	got, ok := d.open(signed, holder)
	if !ok || got.to != original.to || got.id != original.id || !got.expires.Equal(original.expires) || got.payload != original.payload {
		t.Fatalf("open = %+v, %v", got, ok)
	}
	text, mac, _ := strings.Cut(signed, ".")
	another := d.sign(link{toLogin, original.id, original.expires, ""}, holder)
	anotherText, _, _ := strings.Cut(another, ".")
	for name, forged := range map[string]string{
		"empty":                  "",
		"no signature":           text,
		"empty signature":        text + ".",
		"short signature":        text + "." + mac[:len(mac)-2],
		"text of another link":   anotherText + "." + mac,
		"other spare bits":       text + "." + mac[:len(mac)-1] + string(mac[len(mac)-1]^1),
		"padding":                signed + "=",
		"line break":             signed + "\n",
		"a third part":           signed + ".a",
		"too long":               strings.Repeat("a", maxLink) + "." + mac,
		"text without its parts": "YQ." + mac,
	} {
		if _, ok := d.open(forged, holder); ok {
			t.Errorf("%s: opened", name)
		}
	}
	if _, ok := d.open(signed, other); ok {
		t.Error("85 another browser opens the link")
	}
	if _, ok := (&Dispatcher{Key: [32]byte{2}}).open(signed, holder); ok {
		t.Error("another key opens the link")
	}
}

func FuzzLink(f *testing.F) {
	d := &Dispatcher{Key: [32]byte{1}}
	holder := core.HashSecret("browser")
	good := d.sign(link{toLogin, "019aa000-0000-7000-8000-000000000001", time.UnixMilli(1), "x"}, holder)
	f.Add(good)
	f.Add("a.b")
	f.Add(".")
	f.Fuzz(func(t *testing.T, signed string) {
		if _, ok := d.open(signed, holder); ok && signed != good {
			t.Errorf("%q opens", signed)
		}
	})
}

func TestFormTargets(t *testing.T) {
	for _, c := range []struct{ uri, want string }{
		{"https://rp.example/cb?x=1", "https://rp.example"},
		{"https://rp.example:8443/cb", "https://rp.example:8443"},
		{"http://127.0.0.1:4000/cb", "http://127.0.0.1:4000"},
		{"http://[::1]:4000/cb", "http:"},
		{"com.example.app:/cb", "com.example.app:"},
		{"/local", ""},
	} {
		if got := strings.Join(formTargets(c.uri), " "); got != c.want {
			t.Errorf("formTargets(%q) = %q, want %q", c.uri, got, c.want)
		}
	}
}

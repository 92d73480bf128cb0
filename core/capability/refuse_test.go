package capability_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/outbound"
	"github.com/postern-id/postern/sdk/hook"
)

// fetches are what an exchange fetches, each from a host of its own. Outbound has the
// tests of the guard itself.
var fetches = map[string]struct{ member, host, path string }{
	"discovery": {"", "idp.example.org", "/.well-known/openid-configuration"},
	"key_set":   {"jwks_uri", "keys.example.org", "/jwks"},
	"token":     {"token_endpoint", "token.example.org", "/token"},
	"userinfo":  {"userinfo_endpoint", "info.example.org", "/userinfo"},
}

// TestRefuse holds what must be refused of each fetch of an exchange, under its number
// in the list of refusals.
func TestRefuse(t *testing.T) {
	for fetch, place := range fetches {
		for what, attack := range attacks {
			t.Run("109_"+fetch+"_"+what, func(t *testing.T) {
				w := newWorld(t)
				p := spread(w)
				attack.do(w, p, place.host, place.path)
				w.exchangeFails(p, attack.code, attack.words)
			})
		}
		if place.member == "" {
			continue
		}
		for _, address := range []string{
			"https://2130706433/x", "https://0x7f000001/x", "https://0177.0.0.1/x", "https://127.1/x", "https://[::ffff:127.0.0.1]/x", "http://" + place.host + place.path, "file:///etc/passwd",
		} {
			t.Run("109_"+fetch+"_at_"+strings.ReplaceAll(address, "/", "_"), func(t *testing.T) {
				w := newWorld(t)
				p := spread(w)
				p.discovery[place.member] = address
				w.exchangeFails(p, hook.CodeUnavailable, "has no "+place.member+" that is an https URL")
			})
		}
	}
}

// attacks are what a name, or what answers there, does.
var attacks = map[string]struct {
	do          func(w *world, p *idp, host, path string)
	code, words string
}{
	"loopback":       {resolves("127.0.0.1"), hook.CodeDenied, "is loopback"},
	"loopback_of_v6": {resolves("::1"), hook.CodeDenied, outbound.Setting},
	"private":        {resolves("10.0.0.1"), hook.CodeDenied, "is private"},
	"link_local":     {resolves("169.254.169.254"), hook.CodeDenied, outbound.Setting},
	"mapped":         {resolves("::ffff:127.0.0.1"), hook.CodeDenied, outbound.Setting},
	"nat64":          {resolves("64:ff9b::7f00:1"), hook.CodeDenied, outbound.Setting},
	"redirect": {func(_ *world, p *idp, _, path string) {
		p.answers[path] = http.RedirectHandler("https://evil.example.org/", http.StatusTemporaryRedirect).ServeHTTP
	}, hook.CodeUnavailable, "the status 307"},
	"large": {func(_ *world, p *idp, _, path string) {
		p.answers[path] = sends(200, "application/json", `{"x":"`+strings.Repeat("x", 1<<20)+`"}`)
	}, hook.CodeTooLarge, "larger than 262144 bytes"},
	"gzip_bomb": {func(_ *world, p *idp, _, path string) { p.answers[path] = bomb }, hook.CodeTooLarge, "larger than 262144 bytes"},
	"no_json": {func(_ *world, p *idp, _, path string) {
		p.answers[path] = sends(200, "application/json", "<html>")
	}, hook.CodeUnavailable, ""},
	"a_page": {func(_ *world, p *idp, _, path string) {
		p.answers[path] = sends(200, "text/html", "{}")
	}, hook.CodeUnavailable, "the content type"},
	"a_member_twice": {func(_ *world, p *idp, _, path string) {
		p.answers[path] = sends(200, "application/json", `{"issuer":"https://idp.example.org","keys":[],"keys":[],"sub":"248289761001","sub":"x","access_token":"a","access_token":"b"}`)
	}, hook.CodeUnavailable, ""},
	"slow": {func(w *world, p *idp, _, path string) {
		end := make(chan struct{})
		w.t.Cleanup(func() { close(end) })
		p.answers[path] = func(http.ResponseWriter, *http.Request) { <-end }
	}, hook.CodeTimeout, ""},
}

func resolves(address string) func(*world, *idp, string, string) {
	return func(w *world, _ *idp, host, _ string) { w.names[host] = []string{address} }
}

// bomb answers 8 MiB in a few kilobytes.
func bomb(rw http.ResponseWriter, _ *http.Request) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	for range 8 {
		z.Write(bytes.Repeat([]byte(" "), 1<<20))
	}
	z.Close()
	rw.Header().Set("Content-Type", "application/json")
	rw.Header().Set("Content-Encoding", "gzip")
	rw.Write(packed.Bytes())
}

// spread is a provider with a host for each endpoint.
func spread(w *world) *idp {
	p := newIDP(w)
	p.discovery["token_endpoint"], p.discovery["userinfo_endpoint"] = "https://token.example.org/token", "https://info.example.org/userinfo"
	for _, name := range []string{"token", "userinfo"} {
		place := fetches[name]
		p.handle(place.host+place.path, func(rw http.ResponseWriter, r *http.Request) {
			inner := r.Clone(r.Context())
			inner.Host = "idp.example.org"
			w.mux.ServeHTTP(rw, inner)
		})
	}
	return p
}

// exchangeFails holds that an exchange fails so, and that nobody has a token of it.
func (w *world) exchangeFails(p *idp, code, words string) {
	w.t.Helper()
	caller := p.login(oidcGrant)
	caller.Login.Got = new(core.UpstreamTokens)
	ctx, cancel := context.WithTimeout(w.t.Context(), 20*time.Second)
	if code == hook.CodeTimeout {
		ctx, cancel = context.WithTimeout(w.t.Context(), 300*time.Millisecond)
	}
	defer cancel()
	text, got := w.set.Call(ctx, caller, hook.OIDCExchange, []byte(`{"issuer":"https://idp.example.org","client_id":"client","userinfo":true}`))
	if got != code || !strings.Contains(string(text), words) {
		w.t.Errorf("%s (%s), want %s (%s)", text, got, words, code)
	}
	if caller.Exchanged != "" || *caller.Login.Got != (core.UpstreamTokens{}) {
		w.t.Errorf("exchanged %q, %+v", caller.Exchanged, caller.Login.Got)
	}
}

package app_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	command "github.com/postern-id/postern/core/cli"
	"github.com/postern-id/postern/core/oauth"
)

// 1: the client.

func clientRefusals() []refusal {
	return []refusal{{"001_unknown_client_id", func(t *testing.T, w *world) {
		w.user("alice")
		rp := w.register("rp", nil)
		closed := w.register("closed", func(c *core.Client) { c.Disabled = true })
		b := rp.signedIn("alice")
		for _, id := range []string{
			strings.ToUpper(rp.client.ID), rp.client.ID + "x", rp.client.ID[1:], " " + rp.client.ID, rp.client.ID + "\n", rp.client.ID + "%00", "rp",
		} {
			w.each(id, func() { w.shown(b, rp.authorizeURL("client_id", id), "client_unknown") })
		}
		for _, id := range []string{
			"nobody", `"><script>alert(1)</script>`, "x\r\nlevel=ERROR msg=forged", "\x1b[31mred", "' OR '1'='1", "client_%",
			strings.Repeat("x", 10_000),
		} {
			w.each(id, func() { w.shown(b, rp.authorizeURL("client_id", id), "client_unknown", id) })
		}
		w.each("nothing", func() { w.shown(b, rp.authorizeURL("client_id", ""), "client_missing") })
		w.each("empty", func() { w.shown(b, rp.authorizeURL("client_id", "")+"&client_id=", "client_missing") })
		w.each("nul", func() { w.shown(b, rp.authorizeURL("client_id", rp.client.ID+"\x00"), "parameters_malformed") })
		w.each("disabled", func() { w.shown(b, closed.authorizeURL(), "client_disabled") })
		w.each("no_parameters", func() { w.shown(b, "/login/oauth/authorize", "client_missing") })
		rp.code(b.at(w), "alice")
	}}}
}

// 2 to 12: where the answer goes.

// misdirected is a case of redirect URIs that must all be refused where others are
// registered, and those are accepted.
func misdirected(name string, registered []string, uris ...string) refusal {
	return refusal{name, func(t *testing.T, w *world) {
		w.user("alice")
		rp := w.register("rp", func(c *core.Client) { c.RedirectURIs = registered })
		b := rp.signedIn("alice")
		for _, uri := range uris {
			reason := "redirect_uri_unregistered"
			if strings.Contains(uri, "\x00") {
				reason = "parameters_malformed"
			}
			w.each(uri, func() {
				w.shown(b, rp.authorizeURL("redirect_uri", uri), reason, uri)
				// Neither does a refusal of something else go there.
				w.shown(b, rp.authorizeURL("redirect_uri", uri, "response_type", "none", "response_mode", "form_post"), reason, uri)
			})
		}
		for _, uri := range registered {
			rp.code(b.at(w), "alice", "redirect_uri", uri)
		}
	}}
}

func redirectRefusals() []refusal {
	callback := []string{theCallback}
	return []refusal{
		{"002_missing_redirect_uri", func(t *testing.T, w *world) {
			w.user("alice")
			rp := w.register("rp", func(c *core.Client) { c.RedirectURIs = []string{theCallback, "https://rp.example/second"} })
			b := rp.signedIn("alice")
			w.shown(b, rp.authorizeURL("redirect_uri", ""), "redirect_uri_missing")
			w.shown(b, rp.authorizeURL("redirect_uri", "")+"&redirect_uri=", "redirect_uri_missing")
			w.shown(b, rp.authorizeURL("redirect_uri", "", "response_type", "none"), "redirect_uri_missing")
		}},
		misdirected("003_unregistered_redirect_uri", callback,
			"https://evil.example/cb", "https://rp.example/other", "http://rp.example/cb", "https://rp.example:8443/cb", "https://rp.example:443/cb",
			"https://sub.rp.example/cb", "https://example/cb", "/cb", "//rp.example/cb", "rp.example/cb", "https:///cb", "https:rp.example/cb",
			"javascript:alert(1)", "data:text/html,hello", "about:blank", "urn:ietf:wg:oauth:2.0:oob", "postmessage"),
		{"003_redirect_uri_of_another_client", func(t *testing.T, w *world) {
			w.user("alice")
			rp := w.register("rp", nil)
			const theirs = "https://other.example/cb"
			w.register("other", func(c *core.Client) { c.RedirectURIs = []string{theirs} })
			w.shown(rp.signedIn("alice"), rp.authorizeURL("redirect_uri", theirs), "redirect_uri_unregistered", theirs)
		}},
		{"003_post_logout_redirect_uri_as_redirect_uri", func(t *testing.T, w *world) {
			w.user("alice")
			rp := w.register("rp", func(c *core.Client) { c.PostLogoutRedirectURIs = []string{theFarewell} })
			w.shown(rp.signedIn("alice"), rp.authorizeURL("redirect_uri", theFarewell), "redirect_uri_unregistered", theFarewell)
		}},
		misdirected("004_prefix_extension", []string{theCallback, "https://rp.example"},
			"https://rp.example.evil.com/cb", "https://rp.example.evil.com", "https://rp.exampleevil.com/cb", "https://rp.example/cbx", "https://rp.example/cb/x",
			"https://rp.example/cb.evil", "https://rp.example:443.evil.com/cb", "https://evil.com/https://rp.example/cb", "https://evil.com?https://rp.example/cb",
			"https://evil-rp.example/cb", "https://rp.example/", "https://rp.example-evil.com/cb"),
		misdirected("005_path_traversal", callback,
			"https://rp.example/cb/../evil", "https://rp.example/cb/..%2fevil", "https://rp.example/cb/..%252fevil", "https://rp.example/cb/%2e%2e/evil",
			"https://rp.example/cb/%2e%2e%2fevil", "https://rp.example/cb/%252e%252e/evil", "https://rp.example/x/../cb", "https://rp.example/./cb",
			"https://rp.example/cb/.", "https://rp.example/cb/..", `https://rp.example/cb\..\evil`, "https://rp.example/%63b", "https://rp.example/cb/%c0%ae%c0%ae/"),
		misdirected("006_path_parameters", callback,
			"https://rp.example/cb/..;/evil", "https://rp.example/cb;/../evil", "https://rp.example/cb..;/", "https://rp.example/cb;x=y", "https://rp.example/;/cb",
			"https://rp.example/cb/..%3b/evil"),
		misdirected("007_userinfo", []string{theCallback, "http://localhost:80/cb", "http://localhost:80"},
			"http://localhost:80@evil", "http://localhost:80@evil/cb", "https://rp.example@evil", "https://rp.example@evil/cb", `https://evil\@rp.example`, `https://evil\@rp.example/cb`,
			"https://user@rp.example/cb", "https://user:pass@rp.example/cb", "https://@rp.example/cb", "https://rp.example%40evil/cb", "https://evil#@rp.example/cb",
			"https://evil?@rp.example/cb", "https://rp.example:pass@evil/cb", "https://rp.example&@evil/cb"),
		misdirected("008_case_change", []string{"https://rp.example/Cb"},
			"https://RP.example/Cb", "https://rp.EXAMPLE/Cb", "HTTPS://rp.example/Cb", "Https://rp.example/Cb", "https://rp.example/cb", "https://rp.example/CB"),
		misdirected("009_added_query_or_fragment", []string{theCallback, "https://rp.example/q?a=b"},
			theCallback+"?", theCallback+"?x=1", theCallback+"#", theCallback+"#x", theCallback+"?next=https://evil.example", theCallback+"&x=1", theCallback+"%3fx=1",
			theCallback+"%23x", "https://rp.example/q?a=b&c=d", "https://rp.example/q?a=b#", "https://rp.example/q?c=d&a=b", "https://rp.example/q", "https://rp.example/q?A=b",
			"https://rp.example/q?a=%62"),
		misdirected("010_trailing_slash_or_dot", []string{theCallback, "https://slash.example/"},
			theCallback+"/", theCallback+".", "https://rp.example./cb", "https://rp.example../cb", "https://rp.example/cb//", "https://rp.example/cb%2f", "https://slash.example",
			"https://slash.example./", "https://slash.example//"),
		misdirected("011_odd_characters", []string{theCallback, "https://xn--exmple-cua.example/cb"},
			"https://rp.example/cb\t", "https://rp.example/\tcb", "\thttps://rp.example/cb", "ht\ntps://rp.example/cb", "https://rp.example/cb\n", "https://rp.example/cb\r\nX: y",
			"\nhttps://rp.example/cb", "https://rp.example/cb\x00", "https://rp.example\x00.evil.example/cb", " https://rp.example/cb", "https://rp.example/cb ",
			"\u00a0https://rp.example/cb", "https://rp.example/cb\u200b", "\ufeffhttps://rp.example/cb",
			`https:\\rp.example\cb`, `https://rp.example\cb`, `https:/\rp.example/cb`, `https://evil.example\.rp.example/cb`, "https:////rp.example/cb", "https:/rp.example/cb",
			"https://rp.example//cb", "///rp.example/cb",
			// Letters that look the same or that somebody takes for the same: Cyrillic,
			// full width, an ideographic full stop, circled; and none at all.
			"https://r\u0440.example/cb", "https://rp.ex\u0430mple/cb", "https://rp.example/\u0441b", "https://\uff52\uff50.example/cb", "https://rp\u3002example/cb", "https://rp\uff0eexample/cb",
			"https://\u24e1\u24df.example/cb", "https://rp.example\uff0fcb", "https://rp.example/cb\u202e", "https://rp.example/c\u00adb", "http\u017f://rp.example/cb",
			"https://ex\u00e4mple.example/cb", "https://exa\u0308mple.example/cb", "https://xn--exmple-CUA.example/cb"),
		misdirected("012_regular_expression", []string{"https://foo.example/a.b", "https://bar.example/x+y", "https://baz.example/(cd).?", "https://qux.example/e$"},
			"https://fooaexample/a.b", "https://foo.example/aXb", "https://foo-example/a.b", "https://bar.example/xxy", "https://bar.example/xy", "https://barXexample/x+y",
			"https://bar.example/x y", "https://baz.example/cd", "https://baz.example/cdz", "https://qux.example/e", ".*", "https://.*", "https://foo.example/.*"),
	}
}

// 13: what may not be registered at all.

func registrationRefusals() []refusal {
	uris := []string{
		"javascript:alert(1)", "JavaScript:alert(1)", "java\tscript:alert(1)", "javascript://rp.example/%0aalert(1)", "data:text/html,x", "data:text/html;base64,PHNjcmlwdD4=",
		"vbscript:msgbox(1)", "file:///etc/passwd", "about:blank", "blob:https://rp.example/x", "view-source:https://rp.example/", "ftp://rp.example/cb",
		"https://rp.example/cb#", "https://rp.example/cb#fragment", "https://*.rp.example/cb", "https://rp.example/*", "https://*", "*",
		"https://user@rp.example/cb", "https://user:pass@rp.example/cb", "https://@rp.example/cb",
		"http://rp.example/cb", "https://", "https:///cb", "https:rp.example/cb", "//rp.example/cb", "/cb", "",
		"https://rp.example/cb/../x", "https://rp.example/%2e%2e/x", `https://rp.example\cb`, "https://rp.example/c b", "https://rp.example/cb\n", "https://rp.example/cb\x00",
		"https://exämple.example/cb", "https://rp.example/cb?code=x", "https://rp.example/cb?state=x", "https://rp.example:0/cb", "https://rp.example:99999/cb",
		"https://rp.example/" + strings.Repeat("x", 2048),
	}
	return []refusal{
		{"013_registration_of_evil_redirect_uri", func(t *testing.T, w *world) {
			good := w.register("good", nil)
			before := len(w.events(core.EventFilter{Limit: 1000}))
			for _, preset := range []string{"web", "native"} {
				for _, uri := range uris {
					w.each(preset+" "+uri, func() { w.refusesRegistration(good, preset, uri) })
				}
			}
			if got := len(w.events(core.EventFilter{Limit: 1000})); got != before {
				t.Errorf("%d events of changes that were not made", got-before)
			}
		}},
		{"013_registration_on_the_command_line", func(t *testing.T, w *world) {
			for _, uri := range uris {
				if strings.Contains(uri, "\x00") {
					continue // cannot be said on a command line
				}
				w.each(uri, func() {
					var out, complaint bytes.Buffer
					code := command.Run(context.Background(), []string{"client", "create", "evil", "--data", w.dir, "--redirect-uri", uri}, command.Streams{In: strings.NewReader(""), Out: &out, Err: &complaint})
					if code == 0 || !strings.HasPrefix(complaint.String(), "error: ") || !strings.Contains(complaint.String(), "redirect URI") {
						w.t.Errorf("exit code %d: %s%s", code, out.String(), complaint.String())
					}
					w.hasNoClient("evil")
				})
			}
		}},
	}
}

func (w *world) hasNoClient(name string) {
	w.t.Helper()
	if _, err := w.app.Admin.FindClient(context.Background(), "", name); !errors.Is(err, core.ErrNotFound) {
		w.t.Errorf("the client %s is there, or: %v", name, err)
	}
}

// refusesRegistration tries to register the URI in every way that there is.
func (w *world) refusesRegistration(good *relyingParty, preset, uri string) {
	w.t.Helper()
	if refusal := oauth.CheckRedirectURI(uri, preset == "native"); refusal == nil || refusal.Code != oauth.CodeInvalidRedirectURI || refusal.Status != http.StatusBadRequest {
		w.t.Errorf("the check says %v", refusal)
	}
	for field, edit := range map[string]func(*core.Client){
		"redirect_uris": func(c *core.Client) { c.RedirectURIs = []string{theCallback, uri} },
		"post_logout_redirect_uris": func(c *core.Client) {
			c.RedirectURIs, c.PostLogoutRedirectURIs = []string{theCallback}, []string{uri}
		},
	} {
		_, err := w.app.Admin.CreateClient(context.Background(), cli, admin.NewClient{Name: "evil", Preset: preset, Edit: edit})
		w.isProblem(err, field)
		w.hasNoClient("evil")
		if preset == "web" {
			_, err = w.app.Admin.UpdateClient(context.Background(), cli, good.client.ID, "", edit)
			w.isProblem(err, field)
		}
	}
}

// isProblem checks that err is one mistake, in that field.
func (w *world) isProblem(err error, field string) {
	w.t.Helper()
	invalid, ok := errors.AsType[*admin.InvalidError](err)
	if !ok || len(invalid.Problems) != 1 || invalid.Problems[0].Field != field {
		w.t.Errorf("refused with %v, want a problem of %s", err, field)
	}
}

// 14: the person's own machine.

func loopbackRefusals() []refusal {
	return []refusal{
		{"014_loopback_of_native_client", func(t *testing.T, w *world) {
			w.user("alice")
			registered := []string{"http://127.0.0.1/cb", "http://[::1]:8000/cb", "http://localhost/cb", "com.example.app:/cb", "https://app.example/cb"}
			rp := w.registerPreset("app", "native", func(c *core.Client) { c.RedirectURIs = registered })
			b := rp.signedIn("alice")
			for _, uri := range append(registered, "http://127.0.0.1:51004/cb", "http://127.0.0.1:1/cb", "http://127.0.0.1:65535/cb", "http://[::1]:51004/cb", "http://[::1]/cb") {
				p := b.at(w).get(rp.authorizeURL("redirect_uri", uri))
				if p.location == nil || !strings.HasPrefix(p.location.String(), uri+"?code=") {
					t.Errorf("%s: status %d, to %v", uri, p.status, p.location)
				}
			}
			for _, uri := range []string{
				"http://localhost:51004/cb", "http://localhost:80/cb", "http://LOCALHOST/cb", "http://localhost./cb", "http://app.localhost/cb",
				"http://127.0.0.1:51004/other", "http://127.0.0.1:51004", "http://127.0.0.1:51004/", "http://127.0.0.1:51004/cb/", "http://127.0.0.1:51004/cb?x=1", "http://127.0.0.1:51004/cb#x",
				"http://127.0.0.1:51004/cb/../cb", "http://127.0.0.1:51004/CB", "http://127.0.0.1/other", "http://[::1]:51004/other",
				"https://127.0.0.1:51004/cb", "https://[::1]:51004/cb", "HTTP://127.0.0.1:51004/cb", "ftp://127.0.0.1:51004/cb",
				"http://127.0.0.1:0/cb", "http://127.0.0.1:65536/cb", "http://127.0.0.1:080/cb", "http://127.0.0.1:/cb", "http://127.0.0.1:-1/cb", "http://127.0.0.1:+80/cb", "http://127.0.0.1:8x/cb",
				"http://127.0.0.1:51004@evil.example/cb", "http://127.0.0.1@evil.example:51004/cb", "http://evil.example@127.0.0.1:51004/cb", "http://127.0.0.1:51004.evil.example/cb",
				"http://127.0.0.1.evil.example:51004/cb", `http://127.0.0.1:51004\@evil.example/cb`, "http://127.0.0.1:51004:80/cb",
				"http://127.0.0.2:51004/cb", "http://127.1:51004/cb", "http://0x7f.1:51004/cb", "http://2130706433:51004/cb", "http://0.0.0.0:51004/cb", "http://127.0.0.1.:51004/cb", "http://0177.0.0.1:51004/cb",
				"http://[::ffff:127.0.0.1]:51004/cb", "http://[0:0:0:0:0:0:0:1]:51004/cb", "http://[::1%25lo]:51004/cb", "http://[::]:51004/cb", "http://::1:51004/cb",
				"https://app.example:51004/cb", "com.example.app:51004/cb", "com.example.app://cb", "com.example.app:/other", "COM.example.app:/cb", "com.example.app.evil:/cb",
			} {
				w.each(uri, func() { w.shown(b, rp.authorizeURL("redirect_uri", uri), "redirect_uri_unregistered", uri) })
			}
		}},
		{"014_loopback_of_other_clients", func(t *testing.T, w *world) {
			w.user("alice")
			registered := []string{"http://127.0.0.1:8000/cb", "http://[::1]:8000/cb", "http://localhost:8000/cb"}
			for _, preset := range []string{"web", "spa"} {
				rp := w.registerPreset("rp-"+preset, preset, func(c *core.Client) { c.RedirectURIs = registered })
				b := rp.signedIn("alice")
				for _, uri := range []string{
					"http://127.0.0.1:51004/cb", "http://[::1]:51004/cb", "http://localhost:51004/cb", "http://127.0.0.1/cb", "http://localhost/cb", "http://127.0.0.1:8000/other",
				} {
					w.each(preset+" "+uri, func() { w.shown(b, rp.authorizeURL("redirect_uri", uri), "redirect_uri_unregistered", uri) })
				}
				for _, uri := range registered {
					rp.code(b.at(w), "alice", "redirect_uri", uri)
				}
			}
		}},
	}
}

// 15: parameters that are there twice.

func duplicateRefusals() []refusal {
	return []refusal{{"015_duplicate_parameters", func(t *testing.T, w *world) {
		w.user("alice")
		rp := w.register("rp", nil)
		b := rp.signedIn("alice")
		good := rp.authorizeURL()
		twice := func(name, raw string, sent ...string) {
			w.each(name, func() {
				w.shown(b, good+"&"+raw, "parameter_repeated", sent...)
				w.shown(b, rp.w.issuer+"/login/oauth/authorize?"+raw+"&"+strings.SplitN(good, "?", 2)[1], "parameter_repeated", sent...)
			})
		}
		for _, name := range []string{
			"redirect_uri", "client_id", "scope", "state", "nonce", "response_type", "code_challenge", "code_challenge_method",
		} {
			query, _ := url.ParseQuery(strings.SplitN(good, "?", 2)[1])
			twice(name+"_same", url.Values{name: query[name]}.Encode())
			twice(name+"_other", name+"=https%3A%2F%2Fevil.example%2Fcb", "https://evil.example/cb")
			twice(name+"_empty", name+"=")
			twice(name+"_encoded", fmt.Sprintf("%%%x%s=evil-value", name[0], name[1:]), "evil-value")
		}
		twice("unknown_parameter", "foo=1&foo=2")
		w.each("by_post", func() {
			w.recorded(core.EventAuthorizeRefused, "parameter_repeated", func() {
				b.at(w).postRaw("/login/oauth/authorize", strings.SplitN(good, "?", 2)[1]+"&state=other").showsError(http.StatusBadRequest, "invalid_request", "the-state")
			})
		})
		rp.code(b.at(w), "alice")
	}}}
}

// postRaw posts a form as it is written.
func (b *browser) postRaw(target, body string) *page {
	b.t.Helper()
	return b.sendBody(http.MethodPost, target, "application/x-www-form-urlencoded", body)
}

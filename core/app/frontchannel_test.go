package app_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"

	"golang.org/x/net/html"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/oauth"
)

// loaded is a relying party that signs out when its page is loaded.
type loaded struct {
	*relyingParty
	server *httptest.Server
	mu     sync.Mutex
	asked  []url.Values // what its page was loaded with
	answer url.Values   // the last authorization response
	hang   bool         // its page never answers
}

// loadedParty registers one.
func (w *world) loadedParty(name string) *loaded {
	w.t.Helper()
	rp := &loaded{}
	rp.server = httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		out.Header().Set("Content-Type", "text/html")
		switch r.URL.Path {
		case "/cb":
			rp.mu.Lock()
			rp.answer = r.URL.Query()
			rp.mu.Unlock()
			out.Write([]byte(`<p id="in">in</p>`))
		case "/logout":
			rp.mu.Lock()
			rp.asked = append(rp.asked, r.URL.Query())
			hang := rp.hang
			rp.mu.Unlock()
			if hang {
				<-r.Context().Done()
			}
		case "/bye":
			out.Write([]byte(`<p id="bye">state ` + html.EscapeString(r.URL.Query().Get("state")) + `</p>`))
		default:
			out.WriteHeader(http.StatusNotFound)
		}
	}))
	w.t.Cleanup(func() { rp.server.CloseClientConnections(); rp.server.Close() })
	rp.relyingParty = w.register(name, func(c *core.Client) {
		c.RedirectURIs, c.PostLogoutRedirectURIs = []string{rp.server.URL + "/cb"}, []string{rp.server.URL + "/bye"}
		c.Metadata.FrontchannelLogoutURI = rp.server.URL + "/logout"
	})
	return rp
}

// loads gives what the frames of the page load.
func (p *page) loads() (frames []string) {
	walk(p.document(), func(n *html.Node) {
		if n.Data == "iframe" {
			frames = append(frames, attribute(n, "src"))
		}
	})
	return frames
}

// refresh gives where the page goes on to by itself.
func (p *page) refresh() (target string) {
	walk(p.document(), func(n *html.Node) {
		if n.Data == "meta" && attribute(n, "http-equiv") == "refresh" {
			_, target, _ = strings.Cut(attribute(n, "content"), "url=")
		}
	})
	return target
}

// The page after the sign-out loads those of the clients and goes on without a script; its
// policy names exactly their origins.
func TestFrontchannelLogout(t *testing.T) {
	w := newWorld(t)
	metadata := w.resource(oauth.PathDiscovery, "")
	if metadata.json["frontchannel_logout_supported"] != true || metadata.json["frontchannel_logout_session_supported"] != true {
		t.Errorf("discovery %s", metadata.body)
	}
	w.user("alice")
	wiki, chat, plain := w.loadedParty("wiki"), w.loadedParty("chat"), w.register("plain", nil)
	b := newBrowser(t, w.issuer)
	hint := wiki.redeem(wiki.code(b, "alice")).text("id_token")
	chat.code(b, "alice")
	plain.code(b, "alice")
	p := b.get(w.logoutURL("id_token_hint", hint, "post_logout_redirect_uri", wiki.server.URL+"/bye", "state", "s"))
	about := "?" + url.Values{"iss": {w.issuer}, "sid": {idTokenClaims(t, hint)["sid"].(string)}}.Encode()
	frames := p.loads()
	slices.Sort(frames)
	want := []string{wiki.server.URL + "/logout" + about, chat.server.URL + "/logout" + about}
	slices.Sort(want)
	if p.status != http.StatusOK || !slices.Equal(frames, want) || b.signedIn() {
		t.Fatalf("status %d, frames %q, want %q", p.status, frames, want)
	}
	if next := wiki.server.URL + "/bye?state=s"; p.refresh() != next || p.leaves() != next {
		t.Errorf("goes on to %q, by its link to %q", p.refresh(), p.leaves())
	}
	policy := map[string][]string{}
	for directive := range strings.SplitSeq(p.header.Get("Content-Security-Policy"), ";") {
		words := strings.Fields(directive)
		policy[words[0]] = words[1:]
	}
	named := policy["frame-src"]
	slices.Sort(named)
	origins := []string{wiki.server.URL, chat.server.URL}
	slices.Sort(origins)
	if !slices.Equal(named, origins) || !slices.Equal(policy["frame-ancestors"], []string{"'none'"}) || !slices.Equal(policy["default-src"], []string{"'none'"}) {
		t.Errorf("policy %v", policy)
	}
	silent := b.get(wiki.authorizeURL("prompt", "none"))
	if silent.location == nil || silent.location.Query().Get("error") != "login_required" {
		t.Errorf("prompt=none is answered with %v", silent.location)
	}

	// Without a hint the person is asked, stays here, and the clients hear of it too.
	wiki.code(b, "alice")
	p = b.get(w.logoutURL()).press("logout", nil)
	if len(p.loads()) != 1 || p.refresh() != "" || !p.has("signin") || b.signedIn() {
		t.Errorf("frames %q, goes on to %q", p.loads(), p.refresh())
	}
	w.checkSecrets()
}

// With a provider that signs people out, the way leads over the pages of the clients, the
// provider and us to the client that asked.
func TestFrontchannelLogoutThroughProvider(t *testing.T) {
	w := newWorld(t)
	p := w.newProvider("hub")
	p.connect(func(_ *admin.NewConnector, c *core.Connector) { c.Logout = true })
	wiki := w.loadedParty("wiki")
	b := newBrowser(t, w.issuer)
	hint := wiki.redeem(b.upstreamCode(wiki.relyingParty, "hub")).text("id_token")
	page := b.get(w.logoutURL("id_token_hint", hint, "post_logout_redirect_uri", wiki.server.URL+"/bye", "state", "s"))
	sent, err := url.Parse(page.refresh())
	if err != nil || len(page.loads()) != 1 || !strings.HasPrefix(sent.String(), p.issuer+pathProviderLogout+"?") || b.signedIn() {
		t.Fatalf("frames %q, sent to %q, %v", page.loads(), page.refresh(), err)
	}
	back := b.get("/logout/return?state=" + url.QueryEscape(sent.Query().Get("state")))
	if want := wiki.server.URL + "/bye?state=s"; back.leaves() != want {
		t.Errorf("back to %q, want %q", back.leaves(), want)
	}
	w.checkSecrets()
}

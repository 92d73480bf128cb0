package app_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

// stateCookie gives the cookie that an answer sets, nil if it sets none.
func stateCookie(header http.Header) *http.Cookie {
	for _, c := range (&http.Response{Header: header}).Cookies() {
		if c.Name == "__Host-postern-state" {
			return c
		}
	}
	return nil
}

// Nothing of session management is there unless the operator turned it on.
func TestSessionManagementOff(t *testing.T) {
	w := newWorld(t)
	w.user("alice")
	rp := w.register("wiki", nil)
	if a := w.resource(oauth.PathDiscovery, ""); a.json["check_session_iframe"] != nil {
		t.Errorf("discovery %s", a.body)
	}
	b := newBrowser(t, w.issuer)
	if p := b.get(oauth.PathCheckSession); p.status != http.StatusNotFound {
		t.Errorf("the page answers %d", p.status)
	}
	p := b.get(rp.authorizeURL()).signIn("alice", thePassword)
	if p.location.Query().Has("session_state") || stateCookie(p.header) != nil {
		t.Errorf("to %v with %v", p.location, p.header)
	}
}

// OpenID Connect Session Management 1.0, but for what only a real browser can show.
func TestSessionManagement(t *testing.T) {
	w := newWorld(t)
	w.watched = true
	w.restart()
	w.user("alice")
	if a := w.resource(oauth.PathDiscovery, ""); a.text("check_session_iframe") != w.issuer+oauth.PathCheckSession {
		t.Errorf("discovery %s", a.body)
	}
	rp := w.register("wiki", nil)
	b := newBrowser(t, w.issuer)
	p := b.get(oauth.PathCheckSession)
	policy := p.header.Get("Content-Security-Policy")
	if p.status != http.StatusOK || p.header.Get("X-Frame-Options") != "" || strings.Contains(policy, "frame-ancestors") || strings.Contains(policy, "unsafe") ||
		!strings.Contains(policy, "default-src 'none'") || !strings.Contains(policy, "script-src 'self'") {
		t.Errorf("the page answers %d with %v", p.status, p.header)
	}
	// Every other page stays out of frames.
	if login := b.get(rp.authorizeURL()); login.header.Get("X-Frame-Options") != "DENY" || !strings.Contains(login.header.Get("Content-Security-Policy"), "frame-ancestors 'none'") {
		t.Errorf("the sign-in page comes with %v", login.header)
	}
	sent := b.get(rp.authorizeURL()).signIn("alice", thePassword)
	set := stateCookie(sent.header)
	if set == nil || set.HttpOnly || !set.Secure || set.SameSite != http.SameSiteNoneMode || set.Path != "/" || set.Domain != "" || set.Expires.IsZero() {
		t.Fatalf("cookie %v", set)
	}
	state := sent.location.Query().Get("session_state")
	_, salt, _ := strings.Cut(state, ".")
	if state == "" || state != oauth.SessionState(rp.client.ID, theCallback, set.Value, salt) {
		t.Errorf("session_state %q", state)
	}
	if p := b.get(w.logoutURL()).press("logout", nil); stateCookie(p.header) == nil || b.cookies["__Host-postern-state"] != "" {
		t.Errorf("after the sign-out: %v", p.header)
	}
	w.checkSecrets()
}

// watcher is a relying party whose page has that of the server in a frame.
func (w *world) watcher() (*relyingParty, *httptest.Server) {
	var rp *relyingParty
	server := httptest.NewServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		out.Header().Set("Content-Type", "text/html")
		if r.URL.Path != "/watch" {
			fmt.Fprintf(out, `<p id="state">%s</p>`, r.URL.Query().Get("session_state"))
			return
		}
		question, err := json.Marshal(r.URL.Query().Get("ask"))
		if err != nil {
			w.t.Error(err)
		}
		fmt.Fprintf(out, `<iframe id="op" src="%[1]s%[2]s" hidden></iframe><div id="waits"></div><script>
			addEventListener("message", (e) => {
				if (e.origin === %[3]q) { document.getElementById("waits").outerHTML = "<p id=answer>" + e.data + "</p>"; }
			});
			const op = document.getElementById("op");
			op.onload = () => op.contentWindow.postMessage(%[4]s, %[3]q);
		</script>`, w.issuer, oauth.PathCheckSession, w.issuer, question)
	}))
	w.t.Cleanup(server.Close)
	rp = w.register("watcher", func(c *core.Client) { c.RedirectURIs = []string{server.URL + "/cb"} })
	return rp, server
}

// The page in the frame says "unchanged" as long as the same person is signed in.
func TestChromiumSessionManagement(t *testing.T) {
	b := newTab(t)
	w := newWorld(t)
	w.watched = true
	w.restart()
	w.user("alice")
	rp, server := w.watcher()
	answers := func(question string) string {
		t.Helper()
		b.do(chromedp.Navigate(server.URL + "/watch?ask=" + strings.ReplaceAll(question, " ", "+")))
		return b.reads("answer")
	}
	b.do(chromedp.Navigate(rp.authorizeURL()))
	b.signIn("alice")
	state := b.reads("state")
	mine := rp.client.ID + " " + state
	for question, want := range map[string]string{
		mine:                        "unchanged",
		"another " + state:          "changed",
		mine + "x":                  "changed",
		rp.client.ID:                "error",
		rp.client.ID + " " + "half": "error",
		"":                          "error",
	} {
		if got := answers(question); got != want {
			t.Errorf("%q is answered with %q, want %q", question, got, want)
		}
	}
	// Silently asked again, it gets another session_state for the same session.
	b.do(chromedp.Navigate(rp.authorizeURL("prompt", "none")))
	again := b.reads("state")
	if again == state || again == "" {
		t.Errorf("session_state %q again", again)
	}
	for _, question := range []string{mine, rp.client.ID + " " + again} {
		if got := answers(question); got != "unchanged" {
			t.Errorf("%q is answered with %q", question, got)
		}
	}
	b.do(chromedp.Navigate(w.logoutURL()), chromedp.Click(chromedp.CSS("#logout")), chromedp.WaitVisible(chromedp.CSS("#signin")))
	if got := answers(mine); got != "changed" {
		t.Errorf("after the sign-out it answers %q", got)
	}
	// Another sign-in of the same person is another session.
	b.do(chromedp.Navigate(rp.authorizeURL()))
	b.signIn("alice")
	if other := b.reads("state"); answers(mine) != "changed" || answers(rp.client.ID+" "+other) != "unchanged" {
		t.Error("the old session and the new one are not told apart")
	}
}

package flow_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/flow"
)

// tellsByPage is a client that signs out by a page of its own.
func tellsByPage(uri string) func(*core.Client) {
	return func(c *core.Client) { c.SkipConsent, c.Metadata.FrontchannelLogoutURI = true, uri }
}

// A sign-out loads a page of each client that the person has visited and that wants it,
// with whom it is about, and goes on then.
func TestFrontchannelLogout(t *testing.T) {
	w := newWorld(t)
	w.addClient("fast", tellsByPage("https://fast.example/out"))
	w.addClient("chat", tellsByPage("https://chat.example:8443/out?a=%62"))
	w.addClient("twin", tellsByPage("https://fast.example/twin"))
	w.addClient("plain", skipConsent)
	w.addClient("closed", tellsByPage("https://closed.example/out"))
	w.addClient("elsewhere", tellsByPage("https://elsewhere.example/out"))
	w.browser().authorize("elsewhere").at(flow.PathLogin).signIn("ann").grant("elsewhere")
	b := w.browser()
	b.authorize("fast").at(flow.PathLogin).signIn("ann")
	session := b.grant("fast").Grant.SessionID
	for _, client := range []string{"chat", "fast", "plain", "closed", "twin"} {
		w.now = w.now.Add(time.Second)
		b.authorize(client).grant(client)
	}
	w.editClient("closed", func(c *core.Client) { c.Disabled = true })
	w.hints["token"] = flow.Hint{Subject: w.user("ann").ID, SessionID: session, ClientID: "fast"}
	w.events()
	b.logout("id_token_hint", "token", "post_logout_redirect_uri", "https://fast.example/bye", "state", "s")
	out := page[*flow.SignedOutPage](b)
	about := url.Values{"iss": {issuer}, "sid": {string(session)}}.Encode()
	want := []string{"https://fast.example/out?" + about, "https://chat.example:8443/out?a=%62&" + about, "https://fast.example/twin?" + about}
	if !slices.Equal(out.Frames, want) {
		t.Errorf("frames %q, want %q", out.Frames, want)
	}
	if !slices.Equal(b.last.FrameTargets, []string{"https://fast.example", "https://chat.example:8443"}) {
		t.Errorf("targets of frames %q", b.last.FrameTargets)
	}
	if out.Next != "https://fast.example/bye?state=s" || out.Client == nil || out.Client.ID != "fast" || b.session != "" || b.who() != "" {
		t.Errorf("goes on to %q of %+v, signed in as %q", out.Next, out.Client, b.who())
	}
	w.recorded("signout")
	// Nobody is signed in any more: there is nothing to load.
	b.logout("id_token_hint", "token", "post_logout_redirect_uri", "https://fast.example/bye")
	if b.last.Redirect != "https://fast.example/bye" {
		t.Errorf("the second time: %+v", b.last)
	}
}

// Without a hint the person is asked first, and goes nowhere then.
func TestFrontchannelLogoutConfirmed(t *testing.T) {
	w := newWorld(t)
	w.addClient("fast", tellsByPage("https://fast.example/out"))
	b := w.browser().authorize("fast").at(flow.PathLogin).signIn("ann")
	b.grant("fast")
	if b.logout(); b.last.FrameTargets != nil {
		t.Errorf("the question loads %q", b.last.FrameTargets)
	}
	b.confirm()
	if out := page[*flow.SignedOutPage](b); len(out.Frames) != 1 || out.Next != "" || out.Client != nil || b.who() != "" {
		t.Errorf("page %+v", out)
	}
}

// Each sign-in of the person has a sid of its own, which its clients know.
func TestFrontchannelLogoutAfterSecondSignIn(t *testing.T) {
	w := newWorld(t)
	w.addClient("fast", tellsByPage("https://fast.example/out"))
	b := w.browser().authorize("fast").at(flow.PathLogin).signIn("ann")
	first := b.grant("fast").Grant.SessionID
	w.now = w.now.Add(time.Second)
	second := b.authorize("fast", "prompt", "login").at(flow.PathLogin).signIn("ann").grant("fast").Grant.SessionID
	b.logout().confirm()
	var got []string
	for _, frame := range page[*flow.SignedOutPage](b).Frames {
		_, sid, _ := strings.Cut(frame, "&sid=")
		got = append(got, sid)
	}
	if !slices.Equal(got, []string{string(first), string(second)}) {
		t.Errorf("told of %q, want %s and %s", got, first, second)
	}
}

// Who came from a provider goes there after the pages, and from there to the client.
func TestFrontchannelLogoutThroughProvider(t *testing.T) {
	w := newWorld(t)
	w.Upstream, w.Passwords = signsOut{}, cameFrom{w}
	w.addClient("fast", tellsByPage("https://fast.example/out"))
	b := w.browser().authorize("fast").at(flow.PathLogin).login("ann", "anything")
	session := b.grant("fast").Grant.SessionID
	w.hints["token"] = flow.Hint{Subject: w.user("ann").ID, SessionID: session, ClientID: "fast"}
	b.logout("id_token_hint", "token", "post_logout_redirect_uri", "https://fast.example/bye")
	out := page[*flow.SignedOutPage](b)
	far, err := url.Parse(out.Next)
	if err != nil || len(out.Frames) != 1 || out.Client != nil || !strings.HasPrefix(out.Next, "https://far.example/logout?") {
		t.Fatalf("page %+v, %v", out, err)
	}
	if b.got(w.LogoutReturn(far.Query().Get("state"))); b.last.Redirect != "https://fast.example/bye" {
		t.Errorf("from the provider to %q", b.last.Redirect)
	}
}

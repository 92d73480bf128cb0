package flow_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/flow"
	"github.com/postern-id/postern/core/oauth"
)

// A client that may watch gets what the browser's state and its own origin give, so it
// can tell when that has changed.
func TestWatched(t *testing.T) {
	w := newWorld(t)
	w.Watched = true
	w.addClient("fast", skipConsent)
	w.addClient("chat", func(c *core.Client) {
		c.SkipConsent, c.RedirectURIs = true, []string{"https://chat.example/cb", "com.example.chat:/cb"}
	})
	b := w.browser().authorize("fast").at(flow.PathLogin).signIn("ann")
	cookies := b.last.Cookies
	session, err := w.store.SignedIn(t.Context(), b.grant("fast").Grant.SessionID)
	if err != nil || cookies.SetState == "" || !cookies.StateExpires.Equal(session.Session.ExpiresAt) {
		t.Fatalf("cookies %+v, %v", cookies, err)
	}
	if strings.Contains(b.session, cookies.SetState) || strings.Contains(cookies.SetState, string(session.Session.ID)) {
		t.Error("the state tells of the session")
	}
	stateOf := func(client string) string {
		t.Helper()
		state := b.answer(client).Get("session_state")
		_, salt, _ := strings.Cut(state, ".")
		if want := oauth.SessionState(client, "https://"+client+".example/cb", cookies.SetState, salt); state != want || len(salt) != 22 {
			t.Errorf("%s: session_state %q, want %q", client, state, want)
		}
		return state
	}
	states := []string{stateOf("fast")}
	for _, client := range []string{"fast", "chat"} {
		b.authorize(client, "prompt", "none")
		if b.last.Cookies.SetState != cookies.SetState {
			t.Errorf("%s: the state is another: %+v", client, b.last.Cookies)
		}
		states = append(states, stateOf(client))
	}
	if slices.Sort(states); len(slices.Compact(states)) != 3 {
		t.Errorf("session_state %q", states)
	}
	// Who has no origin, or asks for no ID token, has nothing to watch with.
	b.authorize("chat", "prompt", "none", "redirect_uri", "com.example.chat:/cb")
	if strings.Contains(b.last.Redirect, "session_state") || !strings.Contains(b.last.Redirect, "code=") {
		t.Errorf("an application gets %q", b.last.Redirect)
	}
	if b.authorize("chat", "prompt", "none", "scope", "email"); b.answer("chat").Has("session_state") {
		t.Errorf("without openid it gets %v", b.answer("chat"))
	}

	// Another sign-in is another state, and so is none.
	b.authorize("fast", "prompt", "login").at(flow.PathLogin).signIn("ann")
	if again := b.last.Cookies.SetState; again == "" || again == cookies.SetState {
		t.Errorf("after another sign-in the state is %q", again)
	}
	if b.logout().confirm(); !b.last.Cookies.ClearState {
		t.Errorf("after the sign-out: %+v", b.last.Cookies)
	}
	if b.authorize("fast", "prompt", "none").denied("fast", "login_required"); b.answer("fast").Has("session_state") {
		t.Errorf("nobody is signed in, and there is %v", b.answer("fast"))
	}
}

// Where nobody turned it on, nothing is different.
func TestNotWatched(t *testing.T) {
	w := newWorld(t)
	w.addClient("fast", skipConsent)
	b := w.browser().authorize("fast").at(flow.PathLogin).signIn("ann")
	if b.last.Cookies.SetState != "" || b.answer("fast").Has("session_state") {
		t.Errorf("%+v", b.last)
	}
	if b.logout().confirm(); b.last.Cookies.ClearState {
		t.Errorf("%+v", b.last.Cookies)
	}
}

// The state is that of the server's key: nobody else can compute it.
func TestWatchedByKey(t *testing.T) {
	w := newWorld(t)
	w.Watched = true
	w.addClient("fast", skipConsent)
	b := w.browser().authorize("fast").at(flow.PathLogin).signIn("ann")
	before := b.last.Cookies.SetState
	w.now = w.now.Add(time.Minute)
	if b.authorize("fast", "prompt", "none"); b.last.Cookies.SetState != before {
		t.Error("the state changes by itself")
	}
	w.Key = [32]byte{8}
	if b.authorize("fast", "prompt", "none"); b.last.Cookies.SetState == before {
		t.Error("the state does not depend on the key")
	}
}

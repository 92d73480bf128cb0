package app_test

import (
	"context"
	"net/url"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/postern-id/postern/core/needs"
)

// tab is a real browser.
type tab struct {
	t   *testing.T
	ctx context.Context
}

// newTab opens a browser of its own: nobody is signed in.
func newTab(t *testing.T) *tab {
	t.Helper()
	chromium := needs.Program(t, "chromium")
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-gpu", true), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	return &tab{t, ctx}
}

// do takes steps, each in a time in which a browser would long be done.
func (b *tab) do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	for i, step := range steps {
		ctx, cancel := context.WithTimeout(b.ctx, 20*time.Second)
		err := chromedp.Do(ctx, step)
		cancel()
		if err != nil {
			at, _ := chromedp.Run(b.ctx, chromedp.Location())
			b.t.Fatalf("step %d: %v, at %s", i, err, at)
		}
	}
}

// reads gives the text of an element, once it is there.
func (b *tab) reads(id string) string {
	b.t.Helper()
	b.do(chromedp.WaitReady(chromedp.CSS("#" + id)))
	text, err := chromedp.Run(b.ctx, chromedp.Text(chromedp.CSS("#"+id)))
	if err != nil {
		b.t.Fatal(err)
	}
	return text
}

// signIn fills in the sign-in page of the server.
func (b *tab) signIn(username string) {
	b.t.Helper()
	b.do(
		chromedp.SendKeys(chromedp.CSS("#username"), username), chromedp.SendKeys(chromedp.CSS("#password"), thePassword),
		chromedp.Click(chromedp.CSS("#login")),
	)
}

// A real browser loads the pages of the clients and goes on, without a person; also where
// one of them never answers.
func TestChromiumFrontchannelLogout(t *testing.T) {
	b := newTab(t)
	w := newWorld(t)
	w.user("alice")
	wiki, chat := w.loadedParty("wiki"), w.loadedParty("chat")
	b.do(chromedp.Navigate(wiki.authorizeURL()))
	b.signIn("alice")
	b.reads("in")
	hint := wiki.redeem(wiki.answer.Get("code")).text("id_token")
	b.do(chromedp.Navigate(chat.authorizeURL()))
	b.reads("in")
	chat.hang = true
	b.do(chromedp.Navigate(w.logoutURL("id_token_hint", hint, "post_logout_redirect_uri", wiki.server.URL+"/bye", "state", "s")))
	if got := b.reads("bye"); got != "state s" {
		t.Errorf("it arrives with %q", got)
	}
	want := url.Values{"iss": {w.issuer}, "sid": {idTokenClaims(t, hint)["sid"].(string)}}
	for _, rp := range []*loaded{wiki, chat} {
		rp.mu.Lock()
		if len(rp.asked) != 1 || rp.asked[0].Encode() != want.Encode() {
			t.Errorf("%s was loaded with %v, want %v", rp.client.Name, rp.asked, want)
		}
		rp.mu.Unlock()
	}
}

package web

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/postern-id/postern/core/needs"
)

// tab is a real browser.
type tab struct {
	t   testing.TB
	ctx context.Context
}

func newTab(t testing.TB) *tab {
	t.Helper()
	chromium := needs.Program(t, "chromium")
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-gpu", true), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"))
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
		ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
		err := chromedp.Do(ctx, step)
		cancel()
		if err != nil {
			at, _ := chromedp.Run(b.ctx, chromedp.Location())
			b.t.Fatalf("step %d: %v, at %s", i, err, at)
		}
	}
}

// answer gives what a script comes to, once its promise is kept.
func answer[T any](b *tab, script string) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	value, err := chromedp.Run(ctx, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
	if err != nil {
		b.t.Fatal(err)
	}
	return value
}

// size makes the window so many pixels wide.
func (b *tab) size(width int64) { b.t.Helper(); b.do(chromedp.EmulateViewport(width, 720)) }

// scheme makes it the browser of who likes pages "light" or "dark".
func (b *tab) scheme(name string) {
	b.t.Helper()
	b.do(chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: name}, {Name: "prefers-reduced-motion", Value: "reduce"},
		}})
		return err
	}))
}

// serveStories serves each story in a language under its name, with the policy that httpd
// sends.
func serveStories(t testing.TB, lang string) *httptest.Server {
	t.Helper()
	pages := newPages(t)
	look := Look{Locale: pages.Known(lang), Here: "/here"}
	mux := http.NewServeMux()
	mux.Handle(AssetsPrefix, pages.Assets())
	mux.HandleFunc("/avatar/", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "image/png")
		_, _ = w.Write(portrait())
	})
	for _, story := range everyStory() {
		var document strings.Builder
		if err := pages.Render(&document, story.Page, look); err != nil {
			t.Fatal(err)
		}
		mux.HandleFunc("/"+story.Name, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; form-action 'self'; base-uri 'none'")
			w.Header().Set("Content-Type", "text/html; charset=utf-8")
			// Some lead away by themselves: who looks at them stays.
			_, _ = io.WriteString(w, strings.NewReplacer(`http-equiv="refresh"`, "", "signingout.mjs", "none", "formpost.mjs", "none").Replace(document.String()))
		})
	}
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server
}

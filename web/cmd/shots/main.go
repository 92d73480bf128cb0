// Command shots takes the pictures of the documentation, with Chromium:
//
//	go run ./web/cmd/shots [DIR]
//
// DIR is web/screenshots if it is left out. Look at them before they are committed.
package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/postern-id/postern/web"
)

// shot is a picture of a story.
type shot struct {
	name, story   string
	scheme        string // light or dark
	width, height int64  // of the window; no height: the whole page
	script        string // run before, or empty
}

func shots() []shot {
	const open = `document.querySelector(".opens details").open = true`
	return []shot{
		{"signin", "login-ways", "light", 800, 0, ""},
		{"signin-dark", "login-ways", "dark", 800, 0, ""},
		{"consent", "consent", "light", 800, 0, ""},
		{"factor", "factor-both", "light", 800, 0, ""},
		{"app", "enroltotp", "light", 800, 0, ""},
		{"codes", "recoverycodes", "dark", 800, 0, ""},
		{"profile", "profile", "light", 1200, 820, ""},
		{"security", "security", "light", 1200, 820, open},
		{"security-small", "security", "dark", 390, 820, ""},
		{"applications", "applications", "dark", 1200, 820, open},
		{"console", "console-dashboard", "light", 1280, 860, ""},
		{"console-users", "console-users", "dark", 1280, 860, ""},
	}
}

func main() {
	folder := filepath.Join("web", "screenshots")
	if len(os.Args) > 1 {
		folder = os.Args[1]
	}
	if err := run(folder); err != nil {
		fmt.Fprintln(os.Stderr, "error:", err)
		os.Exit(1)
	}
}

func run(folder string) error {
	chromium, err := exec.LookPath("chromium")
	if err != nil {
		return fmt.Errorf("find the browser: %w", err)
	}
	work, err := os.MkdirTemp("", "shots")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	pages, err := web.New()
	if err != nil {
		return err
	}
	if err := pages.WriteStories(work, web.Look{Here: "/"}); err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	server := httptest.NewServer(http.FileServer(http.Dir(work)))
	defer server.Close()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.UserDataDir(filepath.Join(work, "browser")), chromedp.Flag("hide-scrollbars", true),
		chromedp.Flag("disable-gpu", true), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	defer cancel()
	ctx, cancel = chromedp.NewContext(ctx)
	defer cancel()
	ctx, cancel = context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	for _, s := range shots() {
		if err := s.take(ctx, server.URL, folder); err != nil {
			return fmt.Errorf("take %s: %w", s.name, err)
		}
	}
	return nil
}

// take writes the picture.
func (s shot) take(ctx context.Context, url, folder string) error {
	capture := chromedp.CaptureScreenshot()
	if s.height == 0 {
		capture = chromedp.FullScreenshot(100)
	}
	err := chromedp.Do(ctx, chromedp.EmulateViewport(s.width, max(s.height, 700)), chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: s.scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
		}})
		return err
	}), chromedp.Navigate(url+"/"+s.story+".html"))
	if err != nil {
		return err
	}
	if _, err := chromedp.Run(ctx, chromedp.Evaluate[bool](s.script+"; document.activeElement.blur(); true")); err != nil {
		return err
	}
	picture, err := chromedp.Run(ctx, capture)
	if err != nil {
		return err
	}
	if picture, err = smaller(picture); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, s.name+".png"), picture, 0o644)
}

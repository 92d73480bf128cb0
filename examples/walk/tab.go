package walk

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// Tab is a tab of Chromium. What it cannot do fails the test, with the page that it
// shows.
type Tab struct {
	t   testing.TB
	ctx context.Context
	dir string // of the screenshots
	axe string // the script of axe-core, or nothing
}

// NewTab starts a browser, which ends with the test. Pictures go to the folder
// screenshots beside the test.
func NewTab(t testing.TB, chromium string) *Tab {
	t.Helper()
	dir := "screenshots"
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(chromium), chromedp.NoSandbox, chromedp.WindowSize(1280, 900), chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-gpu", true), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
	)
	ctx, cancel := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(cancel)
	ctx, cancel = context.WithTimeout(ctx, 9*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	// The browser lives as long as the context that first ran something.
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	return &Tab{t: t, ctx: ctx, dir: dir}
}

func (b *Tab) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ask(b, what, func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		return chromedp.Steps(steps...)(ctx, t)
	})
}

// ask runs an action and gives its value.
func ask[T any](b *Tab, what string, action chromedp.Action[T]) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, time.Minute)
	defer cancel()
	value, err := chromedp.Run(ctx, action)
	if err != nil {
		url, _ := chromedp.Run(b.ctx, chromedp.Location())
		body, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string]("document.body.innerText"))
		b.t.Fatalf("%s: %v, at %s:\n%s", what, err, url, body)
	}
	return value
}

// Open opens an address, waits for an element, and takes a picture of that name.
func (b *Tab) Open(url, wait, picture string) {
	b.t.Helper()
	b.do("open "+url, chromedp.Navigate(url), chromedp.WaitVisible(chromedp.CSS(wait)))
	b.Picture(picture)
}

// Click presses a button and waits for an element of the page that follows.
func (b *Tab) Click(button, wait, picture string) {
	b.t.Helper()
	// The page that follows may have the same element: this page must be gone first.
	ask(b, "mark the page", chromedp.Evaluate[string](`document.documentElement.dataset.old = "yes"`))
	b.do("press "+button,
		chromedp.Click(chromedp.CSS(button)),
		chromedp.WaitNotPresent(chromedp.CSS("html[data-old]")),
		chromedp.WaitVisible(chromedp.CSS(wait)))
	b.Picture(picture)
}

// Enter types into a field, in place of what is there.
func (b *Tab) Enter(field, text string) {
	b.t.Helper()
	ask(b, "empty "+field, chromedp.Evaluate[string](fmt.Sprintf(`document.querySelector(%q).value = ""`, field)))
	b.do("type into "+field, chromedp.SendKeys(chromedp.CSS(field), text))
}

// Text gives what a person reads of an element.
func (b *Tab) Text(selector string) string {
	b.t.Helper()
	return ask(b, "read "+selector, chromedp.Text(chromedp.CSS(selector)))
}

// Value gives what a field has.
func (b *Tab) Value(selector string) string {
	b.t.Helper()
	return ask(b, "read "+selector, chromedp.Value(chromedp.CSS(selector)))
}

// Has reports whether the page has an element.
func (b *Tab) Has(selector string) bool {
	b.t.Helper()
	return ask(b, "look for "+selector, chromedp.Evaluate[bool](fmt.Sprintf(`document.querySelector(%q) !== null`, selector)))
}

// URL is the address of the page.
func (b *Tab) URL() string {
	b.t.Helper()
	return ask(b, "read the address", chromedp.Location())
}

// Press presses what does not lead to another page, and waits for what it shows.
func (b *Tab) Press(button, wait string) {
	b.t.Helper()
	b.do("press "+button, chromedp.Click(chromedp.CSS(button)), chromedp.WaitVisible(chromedp.CSS(wait)))
}

// Choose chooses a value of a list.
func (b *Tab) Choose(list, value string) {
	b.t.Helper()
	b.do("choose "+value, chromedp.SetValue(chromedp.CSS(list), value))
}

// Attach chooses a file.
func (b *Tab) Attach(field, file string) {
	b.t.Helper()
	b.do("attach "+file, chromedp.SetUploadFiles(chromedp.CSS(field), []string{file}))
}

// Download presses a button that gives a file, and gives the file.
func (b *Tab) Download(button string) []byte {
	b.t.Helper()
	dir := b.t.TempDir()
	call(b, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{Behavior: browser.SetDownloadBehaviorBehaviorAllow, DownloadPath: dir})
	b.do("press "+button, chromedp.Click(chromedp.CSS(button)))
	for range 600 {
		// Until it is complete it has another name.
		if found, err := filepath.Glob(filepath.Join(dir, "*.json")); err == nil && len(found) == 1 {
			file, err := os.ReadFile(found[0])
			if err != nil {
				b.t.Fatal(err)
			}
			return file
		}
		time.Sleep(50 * time.Millisecond)
	}
	b.t.Fatalf("%s gives no file", button)
	return nil
}

// Back presses the button of the browser that leads back.
func (b *Tab) Back(wait, picture string) {
	b.t.Helper()
	b.do("go back", chromedp.NavigateBack(), chromedp.WaitVisible(chromedp.CSS(wait)))
	b.Picture(picture)
}

// Ask gives the value of an expression in the page, or of its promise.
func Ask[T any](b *Tab, expression string) T {
	b.t.Helper()
	return ask(b, "ask the page", chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// Audit has every page that a picture is taken of looked at by axe-core, too: script is
// what [Axe] gives. Pages at 127.0.0.1 are those of others.
func (b *Tab) Audit(script string) { b.axe = script }

// ForgetCookies makes it the browser of somebody else.
func (b *Tab) ForgetCookies() {
	b.t.Helper()
	b.do("forget cookies", chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, network.ClearBrowserCookies, cdp.Empty{})
		return err
	}))
}

// Dark takes a picture as somebody sees the page who likes it dark.
func (b *Tab) Dark(picture string) {
	b.t.Helper()
	scheme := func(name string) chromedp.Action[chromedp.Void] {
		return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
			_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
				Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}},
			})
			return err
		})
	}
	b.do("go dark", scheme("dark"), chromedp.Sleep(500*time.Millisecond)) // colours change over time
	b.Picture(picture)
	b.do("go light", scheme("light"), chromedp.Sleep(500*time.Millisecond))
}

// Narrow takes a picture at 320 pixels, where the page must not be scrolled sideways.
func (b *Tab) Narrow(picture string) {
	b.t.Helper()
	b.do("go narrow", chromedp.EmulateViewport(320, 640))
	if ask(b, "measure", chromedp.Evaluate[bool](`document.documentElement.scrollWidth > 320`)) {
		b.t.Errorf("%s: at 320 pixels the page has to be scrolled sideways", picture)
	}
	b.Picture(picture)
	b.do("go wide", chromedp.EmulateViewport(1280, 900))
}

// Picture takes a picture of the whole page; none if it has no name.
func (b *Tab) Picture(name string) {
	b.t.Helper()
	if name == "" {
		return
	}
	b.audit(name)
	png := ask(b, "take a picture", chromedp.FullScreenshot(100))
	if err := os.WriteFile(filepath.Join(b.dir, name+".png"), png, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

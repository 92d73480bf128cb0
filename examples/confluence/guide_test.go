package main_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/postern-id/postern/core/needs"
)

const alicesPassword = "correct horse battery staple"

// TestGuide walks the six steps of README.md as a person does: the binary is
// built and started, the commands are typed, and a real browser signs in, signs
// out, and signs in again. Screenshots of every page that it sees stay in
// screenshots/.
func TestGuide(t *testing.T) {
	chromium := needs.Program(t, "chromium")
	bin := t.TempDir()
	postern, confluence := build(t, bin, "../../core/cmd/postern"), build(t, bin, ".")
	dir := t.TempDir()
	run := func(stdin string, args ...string) []byte { return command(t, dir, stdin, postern, args...) }

	// Step 1: the server, and the link for the first administrator.
	address := freeAddress(t)
	issuer := "http://" + address
	server := start(t, dir, postern, "serve", "--listen", address)
	waitFor(t, issuer+"/readyz")
	setup := server.find(t, regexp.QuoteMeta(issuer)+`/setup\?token=\S+`)
	run(alicesPassword+"\n", "user", "create", "alice", "--email", "alice@example.com",
		"--name", "Alice Liddell", "--group", "confluence-users", "--password-stdin")

	// Steps 2 to 4: the client.
	home := "http://" + freeAddress(t)
	var client struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
		Issuer string `json:"issuer"`
	}
	created := run("", "client", "create", "Confluence", "--preset", "confluence",
		"--redirect-uri", home+"/plugins/servlet/oauth/callback", "--redirect-uri", home+"/plugins/servlet/oidc/callback", "--json")
	if err := json.Unmarshal(created, &client); err != nil {
		t.Fatalf("%v in:\n%s", err, created)
	}
	if client.Issuer != issuer {
		t.Errorf("issuer %q, want %q", client.Issuer, issuer)
	}

	// Step 5: Confluence, here the stand-in.
	start(t, dir, confluence, "--client-id", client.ID, "--client-secret", client.Secret,
		"--issuer", issuer, "--listen", strings.TrimPrefix(home, "http://"), "--state", "--nonce")
	waitFor(t, home+"/")

	// Step 6, in the browser.
	b := newTab(t, chromium)
	b.firstAdministrator(setup)
	b.forgetCookies() // another person at another browser
	b.signIn(home)
	b.signOut(home)
	b.signIn(home)
	b.wrongPassword(issuer)
}

// firstAdministrator follows the one-time link.
func (b *tab) firstAdministrator(link string) {
	b.t.Helper()
	b.open(link, "#setup", "01-setup")
	b.enter("#username", "root")
	b.enter("#name", "Ruth Root")
	b.enter("#email", "root@example.com")
	b.enter("#password", "a long enough password")
	b.click("#setup", "main", "02-setup-done")
	if text := b.text("main"); !strings.Contains(text, "root") {
		b.t.Errorf("the page after set-up does not name the administrator: %s", text)
	}
	b.open(link, "main", "03-setup-link-used")
	if text := b.text("main"); !strings.Contains(text, "access_denied") {
		b.t.Errorf("the set-up link works twice: %s", text)
	}
}

// signIn opens Confluence and signs in through Postern.
func (b *tab) signIn(home string) {
	b.t.Helper()
	b.open(home, "#signin", "04-confluence")
	b.click("#signin", "#login", "05-sign-in")
	if text := b.text("body"); !strings.Contains(text, "Confluence") {
		b.t.Errorf("the sign-in page does not say for whom: %s", text)
	}
	b.dark("06-sign-in-dark")
	b.narrow("07-sign-in-narrow")
	b.enter("#username", "alice")
	b.enter("#password", alicesPassword)
	b.click("#login", "#user", "08-confluence-signed-in")
	for selector, want := range map[string]string{
		"#user": "alice", "#display-name": "Alice Liddell", "#email": "alice@example.com", "#groups": "confluence-users",
	} {
		if got := b.text(selector); strings.TrimSpace(got) != want {
			b.t.Errorf("Confluence shows %s = %q, want %q", selector, got, want)
		}
	}
}

// signOut signs out of Confluence and of Postern.
func (b *tab) signOut(home string) {
	b.t.Helper()
	// Confluence shows the ID token of this very session: nothing is asked.
	b.click("#signout-provider", "main", "09-signed-out")
	if text := b.text("main"); !strings.Contains(strings.ToLower(text), "signed out") {
		b.t.Errorf("the page does not say that it is done: %s", text)
	}
	b.open(home, "#signin", "10-confluence-signed-out")
}

// wrongPassword signs in to Postern itself, wrongly and then rightly.
func (b *tab) wrongPassword(issuer string) {
	b.t.Helper()
	b.forgetCookies()
	b.open(issuer+"/login", "#login", "11-sign-in-to-postern")
	b.enter("#username", "alice")
	b.enter("#password", "not the password")
	b.click("#login", "[role=alert]", "12-wrong-password")
	if got := b.value("#username"); got != "alice" {
		b.t.Errorf("the form forgot what was typed: %q", got)
	}
	b.enter("#password", alicesPassword)
	b.click("#login", "main", "13-signed-in")
	if text := b.text("main"); !strings.Contains(text, "Alice Liddell") {
		b.t.Errorf("the page does not say who is signed in: %s", text)
	}
	b.open(issuer+"/api/logout", "#logout", "14-sign-out")
	b.click("#logout", "main", "15-signed-out")
	b.open(issuer+"/no/such/page", "main", "16-error")
}

func build(t *testing.T, dir, pkg string) string {
	t.Helper()
	name := filepath.Join(dir, filepath.Base(pkg)+".test-binary")
	if out, err := exec.Command("go", "build", "-o", name, pkg).CombinedOutput(); err != nil {
		t.Fatalf("go build %s: %v\n%s", pkg, err, out)
	}
	return name
}

func freeAddress(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

// process is a program that runs until the test ends.
type process struct {
	mu  sync.Mutex
	out bytes.Buffer
}

func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.Write(b)
}

func (p *process) output() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.out.String()
}

// find waits until the program has printed what the expression matches.
func (p *process) find(t *testing.T, expression string) string {
	t.Helper()
	for range 100 {
		if found := regexp.MustCompile(expression).FindString(p.output()); found != "" {
			return found
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("nothing printed matches %s:\n%s", expression, p.output())
	return ""
}

func start(t *testing.T, dir, name string, args ...string) *process {
	t.Helper()
	p := &process{}
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, p, p
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := cmd.Process.Signal(os.Interrupt); err != nil {
			t.Error(err)
		}
		if err := cmd.Wait(); err != nil {
			t.Errorf("%s: %v\n%s", filepath.Base(name), err, p.output())
		}
	})
	return p
}

func command(t *testing.T, dir, stdin, name string, args ...string) []byte {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.Command(name, args...)
	cmd.Dir, cmd.Stdin, cmd.Stderr = dir, strings.NewReader(stdin), &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", args, err, stderr.String())
	}
	return out
}

func waitFor(t *testing.T, url string) {
	t.Helper()
	for range 300 {
		response, err := http.Get(url)
		if err == nil {
			_, _ = io.Copy(io.Discard, response.Body)
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return
			}
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("%s does not answer", url)
}

// tab is a tab of Chromium.
type tab struct {
	t   *testing.T
	ctx context.Context
	dir string // of the screenshots
}

func newTab(t *testing.T, chromium string) *tab {
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
	ctx, cancel = context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx)
	t.Cleanup(cancel)
	// The browser lives as long as the context that first ran something.
	if err := chromedp.Do(ctx); err != nil {
		t.Fatal(err)
	}
	return &tab{t, ctx, dir}
}

func (b *tab) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ask(b, what, func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		return chromedp.Steps(steps...)(ctx, t)
	})
}

// ask runs an action and gives its value.
func ask[T any](b *tab, what string, action chromedp.Action[T]) T {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, 20*time.Second)
	defer cancel()
	value, err := chromedp.Run(ctx, action)
	if err != nil {
		url, _ := chromedp.Run(b.ctx, chromedp.Location())
		body, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string]("document.body.innerText"))
		b.t.Fatalf("%s: %v, at %s:\n%s", what, err, url, body)
	}
	return value
}

// open opens an address, waits for an element, and takes a picture.
func (b *tab) open(url, wait, picture string) {
	b.t.Helper()
	b.do("open "+url, chromedp.Navigate(url), chromedp.WaitVisible(chromedp.CSS(wait)))
	b.picture(picture)
}

// click presses a button and waits for an element of the page that follows.
func (b *tab) click(button, wait, picture string) {
	b.t.Helper()
	// The page that follows may have the same element: this page must be gone first.
	ask(b, "mark the page", chromedp.Evaluate[string](`document.documentElement.dataset.old = "yes"`))
	b.do("press "+button,
		chromedp.Click(chromedp.CSS(button)),
		chromedp.WaitNotPresent(chromedp.CSS("html[data-old]")),
		chromedp.WaitVisible(chromedp.CSS(wait)))
	b.picture(picture)
}

func (b *tab) enter(field, text string) {
	b.t.Helper()
	ask(b, "empty "+field, chromedp.Evaluate[string](fmt.Sprintf(`document.querySelector(%q).value = ""`, field)))
	b.do("type into "+field, chromedp.SendKeys(chromedp.CSS(field), text))
}

func (b *tab) text(selector string) string {
	b.t.Helper()
	return ask(b, "read "+selector, chromedp.Text(chromedp.CSS(selector)))
}

func (b *tab) value(selector string) string {
	b.t.Helper()
	return ask(b, "read "+selector, chromedp.Value(chromedp.CSS(selector)))
}

func (b *tab) forgetCookies() {
	b.t.Helper()
	b.do("forget cookies", chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		_, err := cdp.Call(ctx, t, network.ClearBrowserCookies, cdp.Empty{})
		return err
	}))
}

func (b *tab) dark(picture string) {
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
	b.picture(picture)
	b.do("go light", scheme("light"), chromedp.Sleep(500*time.Millisecond))
}

func (b *tab) narrow(picture string) {
	b.t.Helper()
	b.do("go narrow", chromedp.EmulateViewport(320, 640))
	if ask(b, "measure", chromedp.Evaluate[bool](`document.documentElement.scrollWidth > 320`)) {
		b.t.Error("at 320 pixels the sign-in page has to be scrolled sideways")
	}
	b.picture(picture)
	b.do("go wide", chromedp.EmulateViewport(1280, 900))
}

func (b *tab) picture(name string) {
	b.t.Helper()
	png := ask(b, "take a picture", chromedp.FullScreenshot(100))
	if err := os.WriteFile(filepath.Join(b.dir, name+".png"), png, 0o644); err != nil {
		b.t.Fatal(err)
	}
}

package web

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/postern-id/postern/core/needs"
)

// axe gives the script of axe-core, installed in the version of the lock file.
func axe(t *testing.T) string {
	t.Helper()
	needs.Program(t, "npm")
	dir := filepath.Join(t.TempDir(), "npm")
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", "npm"))); err != nil {
		t.Fatal(err)
	}
	install := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	install.Dir = dir
	if output, err := install.CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v\n%s", err, output)
	}
	script, err := os.ReadFile(filepath.Join(dir, "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	return string(script)
}

// findings runs the rules of WCAG 2.2 AA, or those of a list, and says of each that is
// broken where it is.
const findings = `axe.run(document, {runOnly: %s, resultTypes: ["violations"]}).then((result) =>
	result.violations.flatMap((rule) => rule.nodes.map((node) => rule.id + ": " + node.target.join(" ") + ": " + node.failureSummary)))`

const (
	allRules    = `["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]`
	colourRules = `{type: "rule", values: ["color-contrast", "link-in-text-block"]}`
)

// TestAccessible runs axe-core on every story, in light and dark, on small windows with
// everything opened that opens, and on large ones. Nothing but colours differs between
// light and dark.
func TestAccessible(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute or two")
	}
	t.Parallel()
	b := newTab(t)
	script := axe(t)
	server := serveStories(t, "en")
	for _, story := range everyStory() {
		b.do(chromedp.Navigate(server.URL + "/" + story.Name))
		answer[bool](b, script+"; true")
		for _, look := range []struct {
			width         int64
			scheme, rules string
		}{{1280, "dark", colourRules}, {1280, "light", allRules}, {320, "light", colourRules}, {320, "dark", allRules}} {
			b.size(look.width)
			b.scheme(look.scheme)
			answer[bool](b, fmt.Sprintf(`document.querySelectorAll("main details").forEach((one) => one.open ||= %v); true`, look.width == 320))
			if found := answer[[]string](b, fmt.Sprintf(findings, look.rules)); len(found) > 0 {
				t.Errorf("%s, %s, %d pixels:\n\t%s", story.Name, look.scheme, look.width, strings.Join(found, "\n\t"))
			}
		}
	}
}

// What is wrong is found: else the test above could not fail.
func TestAxeFinds(t *testing.T) {
	t.Parallel()
	b := newTab(t)
	script := axe(t)
	server := serveStories(t, "en")
	b.do(chromedp.Navigate(server.URL + "/factor"))
	answer[bool](b, script+`; document.querySelector("label").remove(); document.querySelector("h1").style.color = "#999999"; true`)
	found := strings.Join(answer[[]string](b, fmt.Sprintf(findings, allRules)), "\n")
	for _, rule := range []string{"label: ", "color-contrast: "} {
		if !strings.Contains(found, rule) {
			t.Errorf("%s is not found in %q", rule, found)
		}
	}
}

// wide gives what sticks out of the window to the side, or hides a part of its words.
const wide = `[document.documentElement.scrollWidth > innerWidth ? ["the page is " + document.documentElement.scrollWidth + " wide"] : [],
	Array.from(document.querySelectorAll("main *, header *, nav *")).filter((one) => !one.closest(".unseen, svg, option, [hidden]") &&
		getComputedStyle(one).overflowX !== "visible" && one.scrollWidth > one.clientWidth + 1 && !["INPUT", "SELECT"].includes(one.tagName))
		.map((one) => one.tagName + "." + one.className + " hides words: " + one.textContent.slice(0, 40))].flat()`

// TestReflows looks at every story at 320 pixels, which is 1280 at 400 % (WCAG 2.2, 1.4.10);
// with letters twice as large in a window of 1280 (1.4.4); and with the spacing that some
// readers need (1.4.12). Nothing may have to be scrolled sideways, nothing may be cut off.
func TestReflows(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a minute or two")
	}
	t.Parallel()
	b := newTab(t)
	server := serveStories(t, "de") // it has the longest words
	const (
		large  = `document.documentElement.style.fontSize = "200%"; true`
		spaced = `document.documentElement.style.fontSize = ""; for (const one of document.querySelectorAll("body *")) {
			one.style.lineHeight = "1.5"; one.style.letterSpacing = "0.12em"; one.style.wordSpacing = "0.16em"; if (one.tagName === "P") one.style.marginBottom = "2em" } true`
	)
	for _, story := range everyStory() {
		b.size(320)
		b.do(chromedp.Navigate(server.URL + "/" + story.Name))
		answer[bool](b, `document.querySelectorAll("main details").forEach((one) => one.open = true); true`)
		for _, way := range []struct {
			name, change string
			width        int64
		}{{"320 pixels", "true", 320}, {"200 %", large, 1280}, {"wide spacing", spaced, 320}} {
			b.size(way.width)
			answer[bool](b, way.change)
			if found := answer[[]string](b, wide); len(found) > 0 {
				t.Errorf("%s, %s:\n\t%s", story.Name, way.name, strings.Join(slices.Compact(found), "\n\t"))
			}
		}
	}
}

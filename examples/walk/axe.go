package walk

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// Axe gives the script of axe-core as npm installs it by the lock file of a folder.
func Axe(t testing.TB, lock string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "npm")
	if err := os.CopyFS(dir, os.DirFS(lock)); err != nil {
		t.Fatal(err)
	}
	install := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund")
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		t.Fatalf("npm ci: %v\n%s", err, out)
	}
	script, err := os.ReadFile(filepath.Join(dir, "node_modules", "axe-core", "axe.min.js"))
	if err != nil {
		t.Fatal(err)
	}
	return string(script)
}

// violations are the rules of WCAG 2.2 AA that the page breaks, and where.
const violations = `axe.run(document, {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], resultTypes: ["violations"]}).then((result) =>
	result.violations.flatMap((rule) => rule.nodes.map((node) => rule.id + ": " + node.target.join(" ") + ": " + node.failureSummary)))`

// audit looks at the page with axe-core, where [Tab.Audit] asks for it.
func (b *Tab) audit(page string) {
	b.t.Helper()
	if b.axe == "" || strings.HasPrefix(b.URL(), "http://127.0.0.1") {
		return
	}
	Ask[bool](b, b.axe+"; true")
	if found := ask(b, "run axe-core", chromedp.Evaluate[[]string](violations, chromedp.EvalAwaitPromise)); len(found) > 0 {
		b.t.Errorf("%s is not accessible:\n\t%s", page, strings.Join(found, "\n\t"))
	}
}

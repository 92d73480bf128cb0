package admin_test

import (
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/needs"
	"github.com/postern-id/postern/examples/walk"
)

// house is a server on an empty directory.
type house struct {
	t        *testing.T
	chromium string
	axe      string
	issuer   string
	setup    string // the link for the first administrator
}

func newHouse(t *testing.T) *house {
	h := &house{t: t, chromium: needs.Program(t, "chromium")}
	if _, err := exec.LookPath("npm"); err == nil { // what needs it is tested in web, too
		h.axe = walk.Axe(t, "../../web/testdata/npm")
	}
	address := strings.Replace(walk.FreeAddress(t, "127.0.0.1"), "127.0.0.1", "localhost", 1)
	h.issuer = "http://" + address
	server := walk.Start(t, t.TempDir(), walk.Build(t, "../../core/cmd/postern"), "serve", "--listen", address)
	walk.WaitFor(t, h.issuer+"/readyz")
	h.setup = server.Find(t, regexp.QuoteMeta(h.issuer)+`/setup\?token=\S+`)
	return h
}

// tab is the browser of somebody.
type tab struct {
	t *testing.T
	*walk.Tab
	house *house
}

func (h *house) browser() tab {
	h.t.Helper()
	b := tab{h.t, walk.NewTab(h.t, h.chromium), h}
	b.Audit(h.axe)
	return b
}

// goes opens a page of the console.
func (b tab) goes(path, wait, picture string) {
	b.t.Helper()
	b.Open(b.house.issuer+"/admin"+path, wait, picture)
}

// says wants the page to say that somewhere.
func (b tab) says(words ...string) {
	b.t.Helper()
	text := strings.Join(strings.Fields(b.Text("body")), " ")
	for _, want := range words {
		if !strings.Contains(text, want) {
			b.t.Errorf("%s does not say %q:\n%s", b.URL(), want, text)
		}
	}
}

// lacks wants none of the elements to be on the page.
func (b tab) lacks(selectors ...string) {
	b.t.Helper()
	for _, selector := range selectors {
		if b.Has(selector) {
			b.t.Errorf("%s has %s:\n%s", b.URL(), selector, b.Text("main"))
		}
	}
}

// fill types into fields of a form: selector, text, selector, text.
func (b tab) fill(typed ...string) {
	b.t.Helper()
	for pair := range slices.Chunk(typed, 2) {
		b.Enter(pair[0], pair[1])
	}
}

// tick presses a box, or one of several, by its id.
func (b tab) tick(id string) {
	b.t.Helper()
	b.Press(fmt.Sprintf("[id=%q]", id), fmt.Sprintf("[id=%q]:checked", id))
}

// follows presses the link with these words.
func (b tab) follows(words, wait, picture string) {
	b.t.Helper()
	marked := walk.Ask[bool](b.Tab, fmt.Sprintf(`(() => { const one = [...document.querySelectorAll("main a")].find((a) => a.textContent.trim().startsWith(%q)); if (one) one.id = "followed"; return !!one })()`, words))
	if !marked {
		b.t.Fatalf("%s has no link %q:\n%s", b.URL(), words, b.Text("main"))
	}
	b.Click("#followed", wait, picture)
}

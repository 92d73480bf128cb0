package people_test

import (
	"encoding/json"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/needs"
	"github.com/postern-id/postern/examples/walk"
)

// house is a server with an administrator and an application.
type house struct {
	t        *testing.T
	chromium string
	axe      string
	postern  string
	dir      string
	issuer   string
	setup    string // the link for the first administrator
	wiki     *wiki
}

func newHouse(t *testing.T) *house {
	h := &house{t: t, chromium: needs.Program(t, "chromium"), postern: walk.Build(t, "../../core/cmd/postern"), dir: t.TempDir(), wiki: newWiki(t)}
	if _, err := exec.LookPath("npm"); err == nil { // what needs it is tested in web, too
		h.axe = walk.Axe(t, "../../web/testdata/npm")
	}
	address := strings.Replace(walk.FreeAddress(t, "127.0.0.1"), "127.0.0.1", "localhost", 1) // passkeys are for names
	h.issuer = "http://" + address
	server := walk.Start(t, h.dir, h.postern, "serve", "--listen", address)
	walk.WaitFor(t, h.issuer+"/readyz")
	h.setup = server.Find(t, regexp.QuoteMeta(h.issuer)+`/setup\?token=\S+`)
	var client struct {
		ID     string `json:"client_id"`
		Secret string `json:"client_secret"`
	}
	made := h.run("client", "create", "Wiki", "--redirect-uri", h.wiki.url+"/callback", "--json")
	if err := json.Unmarshal([]byte(made), &client); err != nil {
		t.Fatalf("%v in:\n%s", err, made)
	}
	h.wiki.issuer, h.wiki.id, h.wiki.secret = h.issuer, client.ID, client.Secret
	return h
}

// run runs a command of an operator.
func (h *house) run(args ...string) string {
	h.t.Helper()
	return string(walk.Run(h.t, h.dir, "", h.postern, args...))
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

// letter is a mail of the mailbox.
type letter struct {
	Subject, Text, Link string
}

// mail gives the newest mail in the mailbox, which must be to that address.
func (b tab) mail(to, picture string) letter {
	b.t.Helper()
	b.Open(b.house.issuer+"/mailbox", "main", picture)
	const newest = `(() => { const one = document.querySelector("ul.mails > li"); return one === null ? [] : [one.querySelector(".quiet").textContent,
		one.querySelector("h2").textContent, one.querySelector("pre").textContent, one.querySelector("ul.links a")?.href ?? ""] })()`
	found := walk.Ask[[]string](b.Tab, newest)
	if len(found) != 4 || !strings.Contains(found[0], to+",") {
		b.t.Fatalf("the newest mail is not to %s: %q", to, found)
	}
	return letter{found[1], found[2], found[3]}
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

// fill types into fields of a form: selector, text, selector, text.
func (b tab) fill(typed ...string) {
	b.t.Helper()
	for pair := range slices.Chunk(typed, 2) {
		b.Enter(pair[0], pair[1])
	}
}

// keeps wants fields to have what was typed: selector, text, selector, text.
func (b tab) keeps(typed ...string) {
	b.t.Helper()
	for pair := range slices.Chunk(typed, 2) {
		if got := b.Value(pair[0]); got != pair[1] {
			b.t.Errorf("%s: %s has %q, not %q", b.URL(), pair[0], got, pair[1])
		}
	}
}

// recoveryCodes takes the codes from the page that shows them once.
func (b tab) recoveryCodes() []string {
	b.t.Helper()
	codes := strings.Fields(b.Text("#codes"))
	if len(codes) != 10 {
		b.t.Fatalf("recovery codes %q", codes)
	}
	return codes
}

// signOut signs out on the page of the account.
func (b tab) signOut(picture string) {
	b.t.Helper()
	b.Open(b.house.issuer+"/account", "#logout", "")
	b.Click("#logout", "#stay", picture)
	b.Click("#logout", "#signin", "")
	b.says("You are signed out")
}

// wants opens the wiki, with other parameters than usual, and waits for what follows.
func (b tab) wants(query, wait, picture string) {
	b.t.Helper()
	b.Open(b.house.wiki.url+"/start?"+query, wait, picture)
}

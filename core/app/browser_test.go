package app_test

import (
	"net/http"
	"net/url"
	"testing"

	"golang.org/x/net/html"

	headless "github.com/postern-id/postern/core/browser"
)

// browser is a [headless.Browser] with what the tests of this package do with one. Its
// part of the test changes while it lives.
type browser struct {
	t       *testing.T
	origin  string // of the server; a redirect that leaves it ends the journey
	client  *http.Client
	cookies map[string]string
	header  http.Header // sent with every request
}

func newBrowser(t *testing.T, origin string) *browser {
	t.Helper()
	b := headless.New(t, origin)
	return &browser{t: t, origin: origin, cookies: b.Cookies, header: b.Header, client: b.Client}
}

// itself is the browser below.
func (b *browser) itself() *headless.Browser {
	return &headless.Browser{T: b.t, Origin: b.origin, Client: b.client, Cookies: b.cookies, Header: b.header}
}

// page is an answer. Location is set where the journey ended at a redirect.
type page struct {
	browser  *browser
	status   int
	url      *url.URL
	header   http.Header
	body     string
	location *url.URL
}

func (b *browser) page(p *headless.Page) *page {
	return &page{browser: b, status: p.Status, url: p.URL, header: p.Header, body: p.Body, location: p.Location}
}

// itself is the page below.
func (p *page) itself() *headless.Page {
	return &headless.Page{Browser: p.browser.itself(), Status: p.status, URL: p.url, Header: p.header, Body: p.body, Location: p.location}
}

func (b *browser) get(target string) *page {
	b.t.Helper()
	return b.page(b.itself().Get(target))
}

func (b *browser) post(target string, form url.Values) *page {
	b.t.Helper()
	return b.page(b.itself().Post(target, form))
}

// follow sends the request and follows redirects as long as they stay here.
func (b *browser) follow(method, target string, form url.Values) *page {
	b.t.Helper()
	return b.page(b.itself().Follow(method, target, form))
}

// send sends one request.
func (b *browser) send(method, target string, form url.Values) *page {
	b.t.Helper()
	return b.page(b.itself().Send(method, target, form))
}

// sendBody sends one request with a body as it is, or with none if it is of no type.
func (b *browser) sendBody(method, target, contentType, content string) *page {
	b.t.Helper()
	return b.page(b.itself().SendBody(method, target, contentType, content))
}

// has reports whether the page has an element with this id.
func (p *page) has(id string) bool { return p.itself().Has(id) }

// field gives the value of the input with this name.
func (p *page) field(name string) string { return p.itself().Field(name) }

// press fills the form of the button with this id and sends it with the button.
func (p *page) press(id string, fill map[string]string) *page {
	p.browser.t.Helper()
	return p.browser.page(p.itself().Press(id, fill))
}

// submission is what the button with this id would send, and where.
func (p *page) submission(id string, fill map[string]string) (target string, values url.Values) {
	p.browser.t.Helper()
	return p.itself().Submission(id, fill)
}

// signIn fills in the sign-in page.
func (p *page) signIn(username, password string) *page {
	p.browser.t.Helper()
	return p.browser.page(p.itself().SignIn(username, password))
}

func (p *page) resolve(reference string) string { return p.itself().Resolve(reference) }

func (p *page) document() *html.Node { return p.itself().Document() }

func find(root *html.Node, id string) *html.Node { return headless.Find(root, id) }

func walk(n *html.Node, visit func(*html.Node)) { headless.Walk(n, visit) }

func attribute(n *html.Node, name string) string { return headless.Attribute(n, name) }

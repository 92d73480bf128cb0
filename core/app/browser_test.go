package app_test

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// browser is what a browser without scripts is to the server: it keeps cookies,
// follows redirects within the server, and sends forms by their buttons. Like
// Chromium it sends Secure cookies to http on loopback.
type browser struct {
	t       *testing.T
	origin  string // of the server; a redirect that leaves it ends the journey
	client  *http.Client
	cookies map[string]string
	header  http.Header // sent with every request
}

func newBrowser(t *testing.T, origin string) *browser {
	t.Helper()
	return &browser{
		t: t, origin: origin, cookies: map[string]string{}, header: http.Header{},
		client: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
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

func (b *browser) get(target string) *page {
	b.t.Helper()
	return b.follow(http.MethodGet, target, nil)
}

func (b *browser) post(target string, form url.Values) *page {
	b.t.Helper()
	return b.follow(http.MethodPost, target, form)
}

// follow sends the request and follows redirects as long as they stay here.
func (b *browser) follow(method, target string, form url.Values) *page {
	b.t.Helper()
	p := b.send(method, target, form)
	for range 10 {
		if p.location == nil || !strings.HasPrefix(p.location.String(), b.origin+"/") {
			return p
		}
		p = b.send(http.MethodGet, p.location.String(), nil)
	}
	b.t.Fatalf("%s: redirected in circles", target)
	return nil
}

// send sends one request.
func (b *browser) send(method, target string, form url.Values) *page {
	b.t.Helper()
	if form == nil {
		return b.sendBody(method, target, "", "")
	}
	return b.sendBody(method, target, "application/x-www-form-urlencoded", form.Encode())
}

// sendBody sends one request with a body as it is, or with none if it is of no
// type.
func (b *browser) sendBody(method, target, contentType, content string) *page {
	b.t.Helper()
	if strings.HasPrefix(target, "/") {
		target = b.origin + target
	}
	var body io.Reader
	if contentType != "" {
		body = strings.NewReader(content)
	}
	r, err := http.NewRequest(method, target, body)
	if err != nil {
		b.t.Fatal(err)
	}
	for name, values := range b.header {
		r.Header[name] = values
	}
	r.Host = r.Header.Get("Host") // empty: that of the address
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
		if b.header["Origin"] == nil {
			r.Header.Set("Origin", b.origin)
		}
	}
	for name, value := range b.cookies {
		r.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	response, err := b.client.Do(r)
	if err != nil {
		b.t.Fatalf("%s %s: %v", method, target, err)
	}
	defer response.Body.Close()
	received, err := io.ReadAll(response.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	b.keep(response.Cookies())
	location, err := response.Location()
	if err != nil {
		location = nil
	}
	return &page{browser: b, status: response.StatusCode, url: r.URL, header: response.Header, body: string(received), location: location}
}

func (b *browser) keep(cookies []*http.Cookie) {
	for _, c := range cookies {
		if c.MaxAge < 0 || c.Value == "" {
			delete(b.cookies, c.Name)
		} else {
			b.cookies[c.Name] = c.Value
		}
	}
}

// has reports whether the page has an element with this id.
func (p *page) has(id string) bool { return find(p.document(), id) != nil }

// field gives the value of the input with this name.
func (p *page) field(name string) string {
	var value string
	walk(p.document(), func(n *html.Node) {
		if n.Data == "input" && attribute(n, "name") == name {
			value = attribute(n, "value")
		}
	})
	return value
}

// press fills the form of the button with this id and sends it with the button.
func (p *page) press(id string, fill map[string]string) *page {
	p.browser.t.Helper()
	if button := find(p.document(), id); button != nil && button.Data == "a" {
		return p.browser.get(p.resolve(attribute(button, "href")))
	}
	target, values := p.submission(id, fill)
	return p.browser.follow(http.MethodPost, target, values)
}

// submission is what the button with this id would send, and where.
func (p *page) submission(id string, fill map[string]string) (target string, values url.Values) {
	p.browser.t.Helper()
	button := find(p.document(), id)
	if button == nil {
		p.browser.t.Fatalf("%s (status %d) has no button %q:\n%s", p.url.Path, p.status, id, p.body)
	}
	form := button
	for form != nil && form.Data != "form" {
		form = form.Parent
	}
	if form == nil {
		p.browser.t.Fatalf("%s: button %q is in no form", p.url.Path, id)
	}
	values = url.Values{}
	walk(form, func(n *html.Node) {
		name := attribute(n, "name")
		if n.Data == "input" && name != "" {
			values.Set(name, attribute(n, "value"))
		}
	})
	for name, value := range fill {
		values.Set(name, value)
	}
	if name := attribute(button, "name"); name != "" {
		values.Set(name, attribute(button, "value"))
	}
	return p.resolve(attribute(form, "action")), values
}

// signIn fills in the sign-in page.
func (p *page) signIn(username, password string) *page {
	p.browser.t.Helper()
	return p.press("login", map[string]string{"username": username, "password": password})
}

func (p *page) resolve(reference string) string {
	target, err := p.url.Parse(reference)
	if err != nil {
		p.browser.t.Fatal(err)
	}
	return target.String()
}

func (p *page) document() *html.Node {
	document, err := html.Parse(strings.NewReader(p.body))
	if err != nil {
		p.browser.t.Fatal(err)
	}
	return document
}

func find(root *html.Node, id string) *html.Node {
	var found *html.Node
	walk(root, func(n *html.Node) {
		if found == nil && attribute(n, "id") == id {
			found = n
		}
	})
	return found
}

func walk(n *html.Node, visit func(*html.Node)) {
	if n.Type == html.ElementNode {
		visit(n)
	}
	for child := n.FirstChild; child != nil; child = child.NextSibling {
		walk(child, visit)
	}
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

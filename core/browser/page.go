package browser

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// Page is an answer.
type Page struct {
	Browser  *Browser
	Status   int
	URL      *url.URL
	Header   http.Header
	Body     string
	Location *url.URL // where the journey ended at a redirect, else nil
}

// Has reports whether the page has an element with this id.
func (p *Page) Has(id string) bool { return Find(p.Document(), id) != nil }

// Field gives the value of the input with this name.
func (p *Page) Field(name string) string {
	var value string
	Walk(p.Document(), func(n *html.Node) {
		if n.Data == "input" && Attribute(n, "name") == name {
			value = Attribute(n, "value")
		}
	})
	return value
}

// Text gives the text of the element with this id.
func (p *Page) Text(id string) string {
	var b strings.Builder
	if n := Find(p.Document(), id); n != nil {
		for part := range n.Descendants() {
			if part.Type == html.TextNode {
				b.WriteString(part.Data)
			}
		}
	}
	return strings.TrimSpace(b.String())
}

// References gives the values of an attribute of all elements of a kind, resolved:
// References("iframe", "src") are the frames of the page.
func (p *Page) References(element, attribute string) []string {
	p.Browser.T.Helper()
	var found []string
	Walk(p.Document(), func(n *html.Node) {
		if reference := Attribute(n, attribute); n.Data == element && reference != "" {
			found = append(found, p.Resolve(reference))
		}
	})
	return found
}

// Press fills the form of the button with this id and sends it with the button, or
// follows the link with this id.
func (p *Page) Press(id string, fill map[string]string) *Page {
	p.Browser.T.Helper()
	if button := Find(p.Document(), id); button != nil && button.Data == "a" {
		return p.Browser.Get(p.Resolve(Attribute(button, "href")))
	}
	target, values := p.Submission(id, fill)
	return p.Browser.Follow(http.MethodPost, target, values)
}

// unticked reports whether the input is one that is sent only if it was ticked.
func unticked(n *html.Node) bool {
	switch Attribute(n, "type") {
	case "checkbox", "radio":
		return !slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == "checked" })
	}
	return false
}

// Submission is what the button with this id would send, and where. A button may name its
// form instead of being in it.
func (p *Page) Submission(id string, fill map[string]string) (target string, values url.Values) {
	p.Browser.T.Helper()
	button := Find(p.Document(), id)
	if button == nil {
		p.Browser.T.Fatalf("%s (status %d) has no button %q:\n%s", p.URL.Path, p.Status, id, p.Body)
	}
	form := button
	if named := Attribute(button, "form"); named != "" {
		form = Find(p.Document(), named)
	}
	for form != nil && form.Data != "form" {
		form = form.Parent
	}
	if form == nil {
		p.Browser.T.Fatalf("%s: button %q is in no form", p.URL.Path, id)
	}
	values = url.Values{}
	Walk(form, func(n *html.Node) {
		name := Attribute(n, "name")
		if value, sent := control(n); sent && name != "" {
			values.Set(name, value)
		}
	})
	for name, value := range fill {
		values.Set(name, value)
	}
	if name := Attribute(button, "name"); name != "" {
		values.Set(name, Attribute(button, "value"))
	}
	return p.Resolve(Attribute(form, "action")), values
}

// control gives what an element of a form sends, if it is one that does.
func control(n *html.Node) (value string, sent bool) {
	switch n.Data {
	case "input":
		return Attribute(n, "value"), !unticked(n) && Attribute(n, "type") != "file"
	case "textarea":
		return strings.TrimPrefix(text(n), "\n"), true // the first line break is not part of it
	case "select":
		var first, chosen *html.Node
		Walk(n, func(option *html.Node) {
			switch {
			case option.Data != "option":
			case first == nil:
				first = option
				fallthrough
			default:
				if slices.ContainsFunc(option.Attr, func(a html.Attribute) bool { return a.Key == "selected" }) {
					chosen = option
				}
			}
		})
		if chosen == nil {
			chosen = first
		}
		if chosen == nil {
			return "", false
		}
		return Attribute(chosen, "value"), true
	}
	return "", false
}

func text(n *html.Node) string {
	var b strings.Builder
	for node := range n.Descendants() {
		if node.Type == html.TextNode {
			b.WriteString(node.Data)
		}
	}
	return b.String()
}

// SignIn fills in the sign-in page.
func (p *Page) SignIn(username, password string) *Page {
	p.Browser.T.Helper()
	return p.Press("login", map[string]string{"username": username, "password": password})
}

// Resolve gives the address that a reference on the page leads to.
func (p *Page) Resolve(reference string) string {
	p.Browser.T.Helper()
	target, err := p.URL.Parse(reference)
	if err != nil {
		p.Browser.T.Fatal(err)
	}
	return target.String()
}

// Document parses the page.
func (p *Page) Document() *html.Node {
	p.Browser.T.Helper()
	document, err := html.Parse(strings.NewReader(p.Body))
	if err != nil {
		p.Browser.T.Fatal(err)
	}
	return document
}

// Find gives the first element with this id, nil if there is none.
func Find(root *html.Node, id string) *html.Node {
	var found *html.Node
	Walk(root, func(n *html.Node) {
		if found == nil && Attribute(n, "id") == id {
			found = n
		}
	})
	return found
}

// Walk visits every element.
func Walk(n *html.Node, visit func(*html.Node)) {
	if n.Type == html.ElementNode {
		visit(n)
	}
	for child := n.FirstChild; child != nil; child = child.NextSibling {
		Walk(child, visit)
	}
}

// Attribute gives the value of an attribute, empty if there is none.
func Attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

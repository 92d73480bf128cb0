package conformance_test

import (
	"net/url"
	"strings"

	"github.com/postern-id/postern/core/browser"
)

type page = browser.Page

// person is somebody with a browser of their own.
type person struct {
	*browser.Browser
	x *trial
	// signedIn counts how often they filled in the sign-in page, allowed how often they
	// pressed the button of the consent page.
	signedIn, allowed int
}

func (x *trial) person() *person {
	b := browser.New(x.T, x.issuer)
	b.Client.Transport = x.http.Transport
	return &person{Browser: b, x: x}
}

// open opens an authorization request, and gives the page that comes.
func (p *person) open(request url.Values) *page {
	p.x.Helper()
	return p.Get(p.x.metadata.text("authorization_endpoint") + "?" + request.Encode())
}

// complete does what the pages ask for until nothing is asked for any more.
func (p *person) complete(at *page) *page {
	p.x.Helper()
	for range 10 {
		switch {
		case at.Has("login"):
			p.signedIn++
			p.needs(at, "username", "password")
			at = at.SignIn(username, password)
		case at.Has("allow"):
			p.allowed++
			p.needs(at, "deny")
			at = at.Press("allow", nil)
		default:
			return at
		}
	}
	p.x.Fatal("the pages ask for the same again and again")
	return nil
}

// needs wants the elements by whose ids the suite's scripts find their way.
func (p *person) needs(at *page, ids ...string) {
	p.x.Helper()
	for _, id := range ids {
		if !at.Has(id) {
			p.x.Errorf("%s has nothing with the id %q", at.URL.Path, id)
		}
	}
}

// arrival is what came to the redirect URI, checked as every answer is.
type arrival struct {
	response
	c     *client
	asked url.Values // the request
}

// authorize sends a request and does what the pages ask for.
func (p *person) authorize(c *client, request url.Values) *arrival {
	p.x.Helper()
	return p.arrive(c, request, p.complete(p.open(request)))
}

// arrive takes the last page to the client.
func (p *person) arrive(c *client, request url.Values, last *page) *arrival {
	p.x.Helper()
	var target *url.URL
	var body url.Values
	switch {
	case last.Location != nil:
		target = last.Location
	case last.Has("response"):
		var where string
		where, body = last.Submission("continue", nil)
		target = must(url.Parse(where))
	default:
		p.x.Fatalf("no answer came to the client: status %d at %s:\n%s", last.Status, last.URL, last.Body)
	}
	if !leadsTo(target, c.RedirectURIs[0]) {
		p.x.Fatalf("the answer went to %s", target)
	}
	a := &arrival{newResponse(target, c.RedirectURIs[0], body), c, request}
	p.x.complain("answer", checkResponse(a.response, asked{
		responseType: request.Get("response_type"), mode: request.Get("response_mode"), state: request.Get("state"),
		issuer: p.x.issuer, saysIssuer: p.x.metadata.yes("authorization_response_iss_parameter_supported"),
	}))
	return a
}

// leadsTo reports whether the address is the registered one, to which parameters may
// have been added.
func leadsTo(target *url.URL, registered string) bool {
	rest, found := strings.CutPrefix(target.String(), registered)
	if strings.Contains(registered, "?") {
		return found && (rest == "" || rest[0] == '&' || rest[0] == '#')
	}
	return found && (rest == "" || rest[0] == '?' || rest[0] == '#')
}

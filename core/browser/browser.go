package browser

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// Browser keeps cookies, follows redirects within one server, and sends forms by
// their buttons. Like Chromium it sends Secure cookies to http on loopback. What goes
// wrong on the way ends the test.
type Browser struct {
	T       testing.TB
	Origin  string // of the server; a redirect that leaves it ends the journey
	Client  *http.Client
	Cookies map[string]string
	Header  http.Header // sent with every request

	kept map[string]*http.Cookie // as they were set; those of Cookies that were set by hand are missing
}

// New gives a browser without cookies for the server at the origin.
func New(t testing.TB, origin string) *Browser {
	t.Helper()
	return &Browser{
		T: t, Origin: origin, Cookies: map[string]string{}, Header: http.Header{},
		Client: &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }},
	}
}

// Get follows a link, which may be on another site.
func (b *Browser) Get(target string) *Page {
	b.T.Helper()
	return b.Follow(http.MethodGet, target, nil)
}

// Post sends a form of the server itself.
func (b *Browser) Post(target string, form url.Values) *Page {
	b.T.Helper()
	return b.Follow(http.MethodPost, target, form)
}

// PostFrom sends a form that is on a page of another site: without the cookies that
// are not for that (RFC 6265bis section 5.6.7.1, SameSite).
func (b *Browser) PostFrom(origin, target string, form url.Values) *Page {
	b.T.Helper()
	return b.journey(b.sendFrom(origin, http.MethodPost, target, "application/x-www-form-urlencoded", form.Encode()), target)
}

// Frame loads what a page of another site has in a frame.
func (b *Browser) Frame(origin, target string) *Page {
	b.T.Helper()
	return b.journey(b.sendFrom(origin, http.MethodGet, target, "", ""), target)
}

// Follow sends the request and follows redirects as long as they stay here.
func (b *Browser) Follow(method, target string, form url.Values) *Page {
	b.T.Helper()
	return b.journey(b.Send(method, target, form), target)
}

func (b *Browser) journey(p *Page, begin string) *Page {
	b.T.Helper()
	for range 10 {
		if p.Location == nil || !strings.HasPrefix(p.Location.String(), b.Origin+"/") {
			return p
		}
		p = b.Send(http.MethodGet, p.Location.String(), nil)
	}
	b.T.Fatalf("%s: redirected in circles", begin)
	return nil
}

// Send sends one request.
func (b *Browser) Send(method, target string, form url.Values) *Page {
	b.T.Helper()
	if form == nil {
		return b.SendBody(method, target, "", "")
	}
	return b.SendBody(method, target, "application/x-www-form-urlencoded", form.Encode())
}

// SendBody sends one request with a body as it is, or with none if it is of no type.
func (b *Browser) SendBody(method, target, contentType, content string) *Page {
	b.T.Helper()
	return b.sendFrom("", method, target, contentType, content)
}

// sendFrom sends a request that a page of another origin began; empty: one of the
// server's own, or the person.
func (b *Browser) sendFrom(origin, method, target, contentType, content string) *Page {
	b.T.Helper()
	if strings.HasPrefix(target, "/") {
		target = b.Origin + target
	}
	var body io.Reader
	if contentType != "" {
		body = strings.NewReader(content)
	}
	r, err := http.NewRequest(method, target, body)
	if err != nil {
		b.T.Fatal(err)
	}
	for name, values := range b.Header {
		r.Header[name] = values
	}
	r.Host = r.Header.Get("Host") // empty: that of the address
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
		if b.Header["Origin"] == nil {
			r.Header.Set("Origin", b.Origin)
		}
	}
	if origin != "" {
		r.Header.Set("Origin", origin)
		r.Header.Set("Sec-Fetch-Site", "cross-site")
	}
	for name, value := range b.Cookies {
		if origin == "" || b.anywhere(name) {
			r.AddCookie(&http.Cookie{Name: name, Value: value})
		}
	}
	return b.exchange(r)
}

func (b *Browser) exchange(r *http.Request) *Page {
	b.T.Helper()
	response, err := b.Client.Do(r)
	if err != nil {
		b.T.Fatalf("%s %s: %v", r.Method, r.URL, err)
	}
	defer response.Body.Close()
	received, err := io.ReadAll(response.Body)
	if err != nil {
		b.T.Fatal(err)
	}
	b.keep(response.Cookies())
	location, err := response.Location()
	if err != nil {
		location = nil
	}
	return &Page{Browser: b, Status: response.StatusCode, URL: r.URL, Header: response.Header, Body: string(received), Location: location}
}

func (b *Browser) keep(cookies []*http.Cookie) {
	for _, c := range cookies {
		if c.MaxAge < 0 || c.Value == "" {
			delete(b.Cookies, c.Name)
			continue
		}
		b.Cookies[c.Name] = c.Value
		if b.kept == nil {
			b.kept = map[string]*http.Cookie{}
		}
		b.kept[c.Name] = c
	}
}

// anywhere reports whether a cookie is sent on requests from other sites too.
func (b *Browser) anywhere(name string) bool {
	c := b.kept[name]
	return c != nil && c.SameSite == http.SameSiteNoneMode && c.Secure
}

// Readable gives the cookies that a script could read on a page of the server that is
// in a frame of another site.
func (b *Browser) Readable() map[string]string {
	readable := map[string]string{}
	for name, value := range b.Cookies {
		if b.anywhere(name) && !b.kept[name].HttpOnly {
			readable[name] = value
		}
	}
	return readable
}

package outbound

import (
	"io"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
)

// transport is the guard before net/http: it checks a request, and bounds its
// answer.
type transport struct {
	client  *Client
	maxBody int64
	hosts   []string // nil are all
}

// RoundTrip implements [http.RoundTripper].
func (g transport) RoundTrip(request *http.Request) (*http.Response, error) {
	checked, err := g.checked(request)
	if err != nil {
		if request.Body != nil {
			request.Body.Close()
		}
		return nil, err
	}
	host := checked.URL.Hostname()
	response, err := g.client.base.RoundTrip(checked)
	if err != nil {
		return nil, failed(request.Context(), host, err)
	}
	if response.ContentLength > g.maxBody && checked.Method != http.MethodHead {
		response.Body.Close()
		return nil, tooLarge(host, g.maxBody)
	}
	response.Body = &bounded{response.Body, g.maxBody, g.maxBody, host}
	return response, nil
}

// checked gives the request as it may be sent; the given one is not changed.
func (g transport) checked(request *http.Request) (*http.Request, error) {
	t, err := checkTarget(request.URL)
	if err != nil {
		return nil, err
	}
	host := t.to.host.name
	switch {
	case !granted(g.hosts, &t):
		return nil, refuse(ReasonHost, host, "%s is not among the hosts that are granted: the operator grants it, or the URL names another", t.authority())
	case request.Host != "" && request.Host != request.URL.Host:
		return nil, refuse(ReasonRequest, host, "a request to %s cannot name another host", host)
	}
	if err := checkMethod(host, request.Method); err != nil {
		return nil, err
	}
	checked := request.Clone(request.Context())
	if checked.Header, err = checkedHeader(host, request.Header); err != nil {
		return nil, err
	}
	checked.URL, checked.Host = &t.url, t.url.Host
	if checked.Header.Get("User-Agent") == "" {
		checked.Header.Set("User-Agent", g.client.userAgent)
	}
	return checked, nil
}

func checkMethod(host, method string) error {
	switch method {
	case "", http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return nil
	}
	return refuse(ReasonRequest, host, "the method %s cannot be used: send DELETE, GET, HEAD, OPTIONS, PATCH, POST or PUT", quoted(method))
}

// ofConnection are the headers that say where a message begins, where it ends and
// whose it is. Two that disagree about them let a request hide in another
// (RFC 9112 section 11.2).
var ofConnection = []string{
	"Connection", "Content-Length", "Expect", "Host", "Http2-Settings", "Keep-Alive", "Te", "Trailer", "Transfer-Encoding", "Upgrade",
}

// checkedHeader gives a copy with each name in its usual form.
func checkedHeader(host string, header http.Header) (http.Header, error) {
	checked := make(http.Header, len(header)+1)
	for given, values := range header {
		name := textproto.CanonicalMIMEHeaderKey(given)
		switch {
		case given == "" || strings.Trim(given, nameCharacters) != "":
			return nil, refuse(ReasonRequest, host, "%s is no name of a header", quoted(given))
		case slices.Contains(ofConnection, name) || strings.HasPrefix(name, "Proxy-"):
			return nil, refuse(ReasonRequest, host, "the header %s cannot be set: it belongs to the connection", name)
		}
		for _, value := range values {
			if strings.ContainsFunc(value, isControl) {
				return nil, refuse(ReasonRequest, host, "the header %s has a line break or another control character in its value", name)
			}
		}
		checked[name] = append(checked[name], values...)
	}
	return checked, nil
}

// nameCharacters are those of a token (RFC 9110 section 5.6.2).
const nameCharacters = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

func isControl(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }

// bounded is a body of at most max bytes.
type bounded struct {
	io.ReadCloser
	left, max int64
	host      string
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left < 0 {
		return 0, tooLarge(b.host, b.max)
	}
	if int64(len(p))-1 > b.left {
		p = p[:b.left+1]
	}
	n, err := b.ReadCloser.Read(p)
	if int64(n) <= b.left {
		b.left -= int64(n)
		return n, err
	}
	n, b.left = int(b.left), -1
	return n, tooLarge(b.host, b.max)
}

func tooLarge(host string, most int64) *Error {
	return refuse(ReasonTooLarge, host, "the answer of %s is larger than %d bytes: ask for less of it", host, most)
}

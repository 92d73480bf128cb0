package supply

import (
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// guard is the transport of a session. Whatever the library sends, and wherever
// the registry wants it sent, goes through it: it decides which hosts are spoken
// to and which of them see credentials.
type guard struct {
	next     http.RoundTripper
	host     string   // of the registry, with its port if it has one
	plain    bool     // http instead of https
	others   []string // further hosts
	progress *progress
	told     []string // what was sent to log in, to keep it out of errors
}

// RoundTrip sends a request that may be sent.
func (g *guard) RoundTrip(request *http.Request) (*http.Response, error) {
	if err := g.check(request); err != nil {
		if request.Body != nil {
			request.Body.Close()
		}
		return nil, err
	}
	sent := request.Clone(request.Context())
	// Digests are of the bytes as they are; and nothing is to be inflated.
	sent.Header.Set("Accept-Encoding", "identity")
	if first := firstOf(request); !sameHost(request.URL, first.URL) {
		sent.Header.Del("Authorization")
		sent.Header.Del("Referer")
	}
	if _, word, ok := strings.Cut(sent.Header.Get("Authorization"), " "); ok {
		g.told = append(g.told, word)
	}
	if request.Method == http.MethodPut && request.Body != nil {
		sent.Body = g.progress.count(request.Body)
	}
	response, err := g.next.RoundTrip(sent)
	if err != nil {
		return nil, err
	}
	response.Request = request // firstOf goes back over it
	if err := g.checkAnswer(response); err != nil {
		response.Body.Close()
		return nil, err
	}
	return response, nil
}

// check refuses a request to where nobody wanted to go.
func (g *guard) check(request *http.Request) error {
	target := request.URL
	switch {
	case target.Scheme == "http" && !(g.plain && isLoopback(target.Host)):
		return insecure(target.Host)
	case target.Scheme != "http" && target.Scheme != "https":
		return badAnswer(g.host)
	}
	is := func(host string) bool { return sameHost(target, &url.URL{Scheme: target.Scheme, Host: host}) }
	first, listed := firstOf(request), slices.ContainsFunc(g.others, is)
	switch {
	case is(g.host):
		return nil
	case first != request && sameHost(target, first.URL):
		return nil // a token server that redirects within itself
	case first == request && listed:
		return nil // a token server
	case first == request:
		return otherHost("the registry wants the login to be sent to", target.Host)
	case listed && isDownload(first):
		return nil
	}
	return otherHost("the registry sends to", target.Host)
}

// checkAnswer refuses answers that the library would follow or misread.
func (g *guard) checkAnswer(response *http.Response) error {
	host := response.Request.URL.Host
	location, err := response.Location()
	switch {
	case err != nil && response.Header.Get("Location") != "":
		return badAnswer(host)
	case err == nil && (response.StatusCode/100 == 3 || response.StatusCode == http.StatusAccepted): // accepted: an upload goes on there
		if err := g.check(&http.Request{URL: location, Response: response}); err != nil {
			return err
		}
	}
	mediaType, _, _ := mime.ParseMediaType(response.Header.Get("Content-Type"))
	if response.StatusCode < 300 && (mediaType == "text/html" || mediaType == "application/xhtml+xml") {
		return &Error{Kind: BadAnswer, What: host + " answers with a web page, not as a registry",
			Advice: "check the host of the reference; a proxy or a page that wants you to sign in may be in between"}
	}
	return nil
}

// sameHost says whether two URLs speak with the same port of the same host in the
// same way.
func sameHost(a, b *url.URL) bool {
	return a.Scheme == b.Scheme && hostPort(a) == hostPort(b)
}

func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return net.JoinHostPort(strings.ToLower(u.Hostname()), port)
}

// firstOf goes back over redirects to the request that was meant.
func firstOf(request *http.Request) *http.Request {
	for request.Response != nil && request.Response.Request != nil {
		request = request.Response.Request
	}
	return request
}

// isDownload says whether a request is for a blob. Its bytes are checked against
// a digest, so it does not matter which host they come from.
func isDownload(request *http.Request) bool {
	return request.Method == http.MethodGet && strings.Contains(request.URL.Path, "/blobs/"+digestPrefix)
}

// isLoopback accepts the hosts that are this machine by name or by address.
func isLoopback(host string) bool {
	name := (&url.URL{Host: host}).Hostname()
	address, err := netip.ParseAddr(name)
	return name == "localhost" || err == nil && address.IsLoopback()
}

func insecure(host string) error {
	return &Error{Kind: Insecure,
		What:   "plain http to " + quoteHost(host) + " is refused: anybody on the way could read the login and change what comes",
		Advice: "let the registry speak https; plain http is for localhost only"}
}

func otherHost(what, host string) error {
	named := host
	if !isHost(host) {
		named = ""
	}
	return &Error{Kind: OtherHost, Host: named, What: what + " " + quoteHost(host) + ", which was not named as one of its hosts",
		Advice: "if that host belongs to whoever runs the registry, name it as a further host of the registry; otherwise do not trust it"}
}

// quoteHost shows a host that a registry wrote.
func quoteHost(host string) string {
	if isHost(host) {
		return host
	}
	return strconv.QuoteToASCII(host[:min(len(host), maxHost)])
}

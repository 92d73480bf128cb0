package outbound

import (
	"net/url"
	"strings"
)

// longestURL is the length in bytes of a URL that is asked for.
const longestURL = 8 << 10

// target is a URL that was checked.
type target struct {
	url   url.URL // its host in the one form that we compare, no fragment
	to    endpoint
	plain bool // http
}

// parseTarget checks a URL. The error never repeats it.
func parseTarget(text string) (target, error) {
	if len(text) > longestURL {
		return target{}, refuse(ReasonURL, "", "the URL is longer than %d bytes", longestURL)
	}
	u, err := url.Parse(text)
	if err != nil {
		return target{}, refuse(ReasonURL, "", "the URL cannot be read: write https://HOST/PATH, with what is special escaped")
	}
	return checkTarget(u)
}

func checkTarget(u *url.URL) (target, error) {
	bad := func(what string) (target, error) { return target{}, refuse(ReasonURL, "", "%s", what) }
	t := target{url: *u, plain: u.Scheme == "http"}
	switch {
	case u.Scheme != "https" && u.Scheme != "http" || u.Opaque != "" || u.Host == "":
		return bad("the URL must begin with https:// and a host")
	case u.User != nil:
		return bad("a URL cannot have a user name or password: send a header")
	case strings.HasSuffix(u.Host, ":"):
		return bad("the URL has a colon after its host, and no port")
	}
	host, err := parseHost(u.Hostname())
	if err != nil {
		return bad("the URL cannot be used: " + err.Error())
	}
	t.to = endpoint{host, defaultPort(u.Scheme)}
	if text := u.Port(); text != "" {
		if t.to.port, err = parsePort(text); err != nil {
			return bad("the URL cannot be used: " + err.Error())
		}
	}
	t.url.Host, t.url.Fragment, t.url.RawFragment = t.authority(), "", ""
	return t, nil
}

func defaultPort(scheme string) uint16 {
	if scheme == "http" {
		return 80
	}
	return 443
}

// authority is host and port as a URL has them.
func (t *target) authority() string { return t.place().String() }

package outbound

import (
	"maps"
	"net/http"
	"slices"
)

// maxRedirects bounds how often one request is sent on.
const maxRedirects = 5

// redirects is the rule for where an answer may send a request.
type redirects struct {
	follow bool
	across bool // to other hosts of the list
	hosts  []string
}

// check is for [http.Client].CheckRedirect.
func (r redirects) check(next *http.Request, via []*http.Request) error {
	if !r.follow {
		return http.ErrUseLastResponse
	}
	from, err := checkTarget(via[len(via)-1].URL)
	if err != nil {
		return err
	}
	host := from.to.host.name
	to, err := checkTarget(next.URL)
	switch {
	case err != nil:
		return refuse(ReasonRedirect, host, "%s redirects to where nothing can be asked: %w", host, err)
	case len(via) > maxRedirects:
		return refuse(ReasonRedirect, host, "%s redirects more than %d times", host, maxRedirects)
	case to.plain && !from.plain:
		return refuse(ReasonRedirect, host, "%s redirects to http, where anybody on the way could read and change it", host)
	case !r.across && !sameHost(&from, &to):
		return refuse(ReasonRedirect, host, "%s redirects to %s: ask that one itself if it is to be asked", host, to.authority())
	case !granted(r.hosts, &to):
		return refuse(ReasonRedirect, host, "%s redirects to %s, which is not among the hosts that are granted", host, to.authority())
	}
	next.Header.Del("Referer")
	if first, err := checkTarget(via[0].URL); err != nil || !sameHost(&first, &to) {
		maps.DeleteFunc(next.Header, func(name string, _ []string) bool { return !slices.Contains(forAnyHost, name) })
	}
	return nil
}

// forAnyHost are the headers that go along to another host. Any other may have a
// secret: net/http itself would leave out Authorization and Cookie alone, and not
// even these on the way to a name below the first.
var forAnyHost = []string{"Accept", "Accept-Encoding", "Accept-Language", "Content-Type", "Range", "User-Agent"}

// sameHost accepts the step from http to https.
func sameHost(from, to *target) bool {
	if from.to == to.to {
		return true
	}
	secured := from.plain && !to.plain && from.to.port == 80 && to.to.port == 443
	return secured && from.to.host == to.to.host
}

package conformance_test

import (
	"crypto/rand"
	"net/url"
	"strings"
)

var endSession = feature{"RP-initiated logout", present("end_session_endpoint")}

// logoutModules are those of RP-Initiated Logout 1.0.
func logoutModules() []module {
	const name = "oidcc-rp-initiated-logout"
	all := []module{
		{name: name + "-discovery-endpoint-verification", run: verifyDiscovery, variants: func() []variant { return []variant{{}} }},
		{name: name, run: logoutReturns(rand.Text() + strings.Repeat("0123456789", 11)[:102])},
		{name: name + "-no-state", run: logoutReturns("")},
		{name: name + "-bad-post-logout-redirect-uri", run: logoutStays("post_logout_redirect_uri", goodbye+"/other")},
		{name: name + "-query-added-to-post-logout-redirect-uri", run: logoutStays("post_logout_redirect_uri", goodbye+"?foo=bar")},
		{name: name + "-modified-id-token-hint", run: logoutForged(func(j jwt) string { return unsignedJWT(j.claims) })},
		{name: name + "-bad-id-token-hint", run: logoutForged(func(j jwt) string { return ourKey("foreign").sign(j.claims) })},
		{name: name + "-no-id-token-hint", run: logoutStays("id_token_hint", "")},
		{name: name + "-no-params", run: logoutEnds("id_token_hint", "", "post_logout_redirect_uri", "", "state", "")},
		{name: name + "-no-post-logout-redirect-uri", run: logoutEnds("post_logout_redirect_uri", "")},
		{name: name + "-only-state", run: logoutEnds("post_logout_redirect_uri", "", "id_token_hint", "")},
	}
	for i := range all {
		all[i].plans, all[i].needs = "RPL", []feature{endSession}
	}
	return all
}

// departure is somebody who is signed in and about to sign out.
type departure struct {
	*person
	c      *client
	first  *signIn
	params url.Values
}

// depart signs somebody in.
func (x *trial) depart(edit ...func(*registration)) *departure {
	x.Helper()
	c, p := x.client(edit...), x.person()
	first := p.signIn(c, c.request())
	return &departure{p, c, first, url.Values{
		"id_token_hint": {first.idToken}, "post_logout_redirect_uri": {goodbye}, "state": {rand.Text()},
	}}
}

// leave goes to the end session endpoint, and confirms where it is asked to.
func (d *departure) leave() *page {
	d.x.Helper()
	at := d.Get(d.x.metadata.text("end_session_endpoint") + "?" + d.params.Encode())
	if at.Has("logout") {
		at = at.Press("logout", nil)
	}
	return at
}

// checkSignedOut wants that nobody is signed in any more.
func (d *departure) checkSignedOut() {
	d.x.Helper()
	request := d.c.request("prompt", "none")
	d.x.checkError(d.arrive(d.c, request, d.open(request)), silentErrors...)
}

// checkReturned wants a redirect with the state alone, byte for byte. Where a page has
// work to do first, it goes on without JavaScript.
func (d *departure) checkReturned(at *page) {
	d.x.Helper()
	target := at.Location
	if target == nil {
		target = refreshed(at)
	}
	want := d.params.Get("post_logout_redirect_uri")
	if state := d.params.Get("state"); state != "" {
		want += "?" + url.Values{"state": {state}}.Encode()
	}
	if target == nil || target.String() != want {
		d.x.Errorf("signed out to %v, not to %s: status %d\n%s", target, want, at.Status, at.Body)
	}
}

func logoutReturns(state string) func(*trial) {
	return func(x *trial) {
		d := x.depart()
		edited(d.params, "state", state)
		d.checkReturned(d.leave())
		d.checkSignedOut()
	}
}

// checkStayed wants a page of the server, an error or a question, and no redirect.
func (d *departure) checkStayed(at *page) {
	d.x.Helper()
	if at.Location != nil || refreshed(at) != nil || !strings.HasPrefix(at.URL.String(), d.Origin+"/") || at.Body == "" {
		d.x.Errorf("went on to %v %v: status %d at %s", at.Location, refreshed(at), at.Status, at.URL)
	}
}

func logoutStays(edits ...string) func(*trial) {
	return func(x *trial) {
		d := x.depart()
		edited(d.params, edits...)
		d.checkStayed(d.leave())
	}
}

func logoutForged(forge func(jwt) string) func(*trial) {
	return func(x *trial) {
		d := x.depart()
		d.params.Set("id_token_hint", forge(must(parseJWT(d.first.idToken))))
		d.checkStayed(d.leave())
	}
}

// logoutEnds wants the page that says that the person is signed out.
func logoutEnds(edits ...string) func(*trial) {
	return func(x *trial) {
		d := x.depart()
		edited(d.params, edits...)
		at := d.leave()
		d.checkStayed(at)
		if at.Status != 200 || !strings.Contains(at.Body, "signed out") {
			x.Errorf("the page does not say that the person is signed out: status %d\n%s", at.Status, at.Body)
		}
		d.checkSignedOut()
	}
}

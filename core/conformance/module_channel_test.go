package conformance_test

import (
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"golang.org/x/net/html"

	"github.com/postern-id/postern/core/browser"
)

var (
	backChannel  = feature{"back-channel logout", announced("backchannel_logout_supported")}
	frontChannel = feature{"front-channel logout", announced("frontchannel_logout_supported")}
	sessions     = feature{"session management", present("check_session_iframe")}
)

// logoutChannelModules are those of Back-Channel Logout, Front-Channel Logout and
// Session Management 1.0.
func logoutChannelModules() []module {
	one := func() []variant { return []variant{{}} }
	return []module{
		{
			name: "oidcc-backchannel-logout-discovery-endpoint-verification", plans: "BC", variants: one, needs: []feature{backChannel, endSession},
			run: verifyMembers("backchannel_logout_supported", "backchannel_logout_session_supported"),
		},
		{name: "oidcc-backchannel-rp-initiated-logout", plans: "BC", run: backChannelLogout, needs: []feature{backChannel, endSession}},
		{
			name: "oidcc-frontchannel-logout-discovery-endpoint-verification", plans: "FC", variants: one, needs: []feature{frontChannel, endSession},
			run: verifyMembers("frontchannel_logout_supported", "frontchannel_logout_session_supported"),
		},
		{name: "oidcc-frontchannel-rp-initiated-logout", plans: "FC", run: frontChannelLogout, needs: []feature{frontChannel, endSession}},
		{name: "oidcc-session-management-discovery-endpoint-verification", plans: "SM", variants: one, run: verifyMembers(), needs: []feature{sessions, endSession}},
		{name: "oidcc-session-management-rp-initiated-logout", plans: "SM", run: sessionChanges, needs: []feature{sessions, endSession}},
	}
}

func verifyMembers(names ...string) func(*trial) {
	return func(x *trial) {
		verifyDiscovery(x)
		for _, name := range names {
			if !x.metadata.yes(name) {
				x.Errorf("%s is not true", name)
			}
		}
	}
}

// backChannelLogout wants one POST with one logout token, whichever comes first: it or
// the redirect.
func backChannelLogout(x *trial) {
	const path = "/backchannel"
	x.site.publish(path, "text/plain", "")
	before := len(x.site.at(path))
	d := x.depart(func(r *registration) { r.BackchannelURI, r.BackchannelSession = x.site.server.URL+path, true })
	d.checkReturned(d.leave())
	d.checkSignedOut()
	deadline := time.After(time.Minute) // a guard against hanging: it comes at once
	for len(x.site.at(path)) == before {
		select {
		case <-x.site.arrived:
		case <-deadline:
			x.Fatal("no logout token came")
		}
	}
	got := x.site.at(path)[before:]
	if len(got) != 1 || got[0].request.Method != http.MethodPost || got[0].request.TLS.Version != tls.VersionTLS13 {
		x.Errorf("%d requests, the first by %s with TLS %x", len(got), got[0].request.Method, got[0].request.TLS.Version)
	}
	form, err := url.ParseQuery(got[0].body)
	if err != nil || len(form) != 1 || len(form["logout_token"]) != 1 || got[0].request.Header.Get("Content-Type") != "application/x-www-form-urlencoded" {
		x.Fatalf("the body is %q, %v", got[0].body, err)
	}
	j, err := parseJWT(form.Get("logout_token"))
	if err != nil {
		x.Fatal(err)
	}
	if err := j.verify(x.keys()); err != nil {
		x.Errorf("logout token: %v", err)
	}
	x.complain("logout token", checkLogoutToken(j, x.expectation(d.c), d.first.claims))
}

// checkLogoutToken: Back-Channel Logout 1.0 section 2.4.
func checkLogoutToken(j jwt, want expectation, idToken document) complaints {
	claims := j.claims
	c := checkStandardClaims(claims)
	c.unless(j.header.text("typ") == "logout+jwt", "typ is %q", j.header.text("typ"))
	c.unless(j.header.text("alg") == want.alg, "alg is %q, not %q", j.header.text("alg"), want.alg)
	c.unless(claims.text("iss") == want.issuer, "iss is %q", claims.text("iss"))
	c.unless(claims.text("aud") == want.client || slices.Contains(claims.list("aud"), want.client), "aud is %v", claims["aud"])
	c = append(c, checkTimes(claims, want.now)...)
	c.unless(claims.text("jti") != "", "jti is missing")
	c.unless(!claims.has("nonce"), "there is a nonce")
	c.unless(claims.has("sub") || claims.has("sid"), "sub and sid are missing")
	for _, name := range [...]string{"sub", "sid"} {
		c.unless(!claims.has(name) || claims[name] == idToken[name], "%s is %v, in the ID token it was %v", name, claims[name], idToken[name])
	}
	events := asObject(claims["events"])
	event, isObject := events["http://schemas.openid.net/event/backchannel-logout"].(map[string]any)
	c.unless(len(events) == 1 && isObject && len(event) == 0, "events is %v", claims["events"])
	return c
}

// frontChannelLogout wants a frame of the client's address, and then the redirect.
func frontChannelLogout(x *trial) {
	const uri = rpOrigin + "/frontchannel"
	d := x.depart(func(r *registration) { r.FrontchannelURI, r.FrontchannelSession = uri, true })
	at := d.leave()
	want := uri + "?" + url.Values{"iss": {x.issuer}, "sid": {d.first.claims.text("sid")}}.Encode()
	frames := at.References("iframe", "src")
	if !slices.ContainsFunc(frames, func(frame string) bool { return sameURL(frame, want) }) {
		x.Errorf("the page has the frames %v, not %s", frames, want)
	}
	if policy := at.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "frame-src") || !strings.Contains(policy, rpOrigin) {
		x.Errorf("the page forbids the frame: %s", policy)
	}
	d.checkReturned(at)
	d.checkSignedOut()
}

// sameURL compares without the order of the parameters.
func sameURL(a, b string) bool {
	x, errX := url.Parse(a)
	y, errY := url.Parse(b)
	if errX != nil || errY != nil {
		return false
	}
	queryX, queryY := x.Query().Encode(), y.Query().Encode()
	x.RawQuery, y.RawQuery = "", ""
	return queryX == queryY && x.String() == y.String()
}

// refreshed gives where a page goes on to by itself; nil for nowhere.
func refreshed(at *page) *url.URL {
	var target *url.URL
	browser.Walk(at.Document(), func(n *html.Node) {
		if n.Data != "meta" || !strings.EqualFold(browser.Attribute(n, "http-equiv"), "refresh") {
			return
		}
		_, where, found := strings.Cut(browser.Attribute(n, "content"), ";")
		where = strings.TrimSpace(where)
		if found && len(where) > 4 && strings.EqualFold(where[:4], "url=") {
			target, _ = url.Parse(where[4:])
		}
	})
	return target
}

// sessionChanges: Session Management 1.0 sections 2 and 3.3. The page in the frame
// compares a hash of a cookie that its script reads; here the test compares.
func sessionChanges(x *trial) {
	d := x.depart()
	state := d.first.params.Get("session_state")
	if state == "" || strings.Contains(state, " ") {
		x.Fatalf("session_state is %q", state)
	}
	frame := d.Frame(rpOrigin, x.metadata.text("check_session_iframe"))
	if frame.Status != http.StatusOK || frame.Header.Get("X-Frame-Options") != "" || framed(frame) == "'none'" {
		x.Errorf("the page cannot be in a frame: status %d, %q, %s", frame.Status, frame.Header.Get("X-Frame-Options"), framed(frame))
	}
	if !d.unchanged(state) {
		x.Error("the session has changed before anybody signed out")
	}
	d.checkReturned(d.leave())
	d.checkSignedOut()
	if d.unchanged(state) {
		x.Error("the session has not changed though the person signed out")
	}
}

// framed is what the page says about who may have it in a frame.
func framed(at *page) string {
	for directive := range strings.SplitSeq(at.Header.Get("Content-Security-Policy"), ";") {
		if who, found := strings.CutPrefix(strings.TrimSpace(directive), "frame-ancestors "); found {
			return who
		}
	}
	return ""
}

// unchanged reports whether a cookie that the page's script can read gives the session
// state: the salted hash of client, origin and cookie (section 4.2).
func (d *departure) unchanged(state string) bool {
	digest, salt, found := strings.Cut(state, ".")
	if !found {
		return false
	}
	for _, value := range d.Readable() {
		sum := sha256.Sum256([]byte(d.c.id + " " + rpOrigin + " " + value + " " + salt))
		if digest == hex.EncodeToString(sum[:]) || digest == base64.RawURLEncoding.EncodeToString(sum[:]) {
			return true
		}
	}
	return false
}

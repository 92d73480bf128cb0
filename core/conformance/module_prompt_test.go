package conformance_test

import (
	"crypto/rand"
	"net/url"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
)

// promptModules are those about whether the person is asked, and about parameters that
// must not harm.
func promptModules() []module {
	all := []module{
		{name: "oidcc-prompt-login", plans: "B I H", run: promptLogin},
		{name: "oidcc-prompt-none-not-logged-in", plans: "B I H", run: promptNoneSignedOut},
		{name: "oidcc-prompt-none-logged-in", plans: "B I H", run: promptNone(false)},
		{name: "oidcc-id-token-hint", plans: "B I H", run: promptNone(true)},
		{name: "oidcc-max-age-1", plans: "B I H", run: maxAge1},
		{name: "oidcc-max-age-10000", plans: "B I H", run: maxAge10000},
		{name: "oidcc-ensure-request-with-acr-values-succeeds", plans: "B I H", run: acrValues},
		{name: "oidcc-ensure-request-without-nonce-succeeds-for-code-flow", plans: "B H", run: happyWith("nonce", ""), only: nonceFree},
		{name: "oidcc-ensure-request-without-nonce-fails", plans: "I H", run: nonceMissing, only: func(v variant) bool { return !nonceFree(v) }},
		{name: "oidcc-ensure-registered-redirect-uri", plans: "B I H", run: unregisteredRedirect},
		{name: "oidcc-ensure-post-request-succeeds", plans: "B", run: postRequest},
		{
			name: "oidcc-claims-essential", plans: "B I H", run: claimsEssential,
			needs: []feature{{"claims parameter", announced("claims_parameter_supported")}},
		},
	}
	for _, harmless := range [...]struct{ name, parameter, value string }{
		{"oidcc-display-page", "display", "page"},
		{"oidcc-display-popup", "display", "popup"},
		{"oidcc-ensure-request-with-unknown-parameter-succeeds", "extra", "foobar"},
		{"oidcc-login-hint", "login_hint", "bob@example.com"},
		{"oidcc-ui-locales", "ui_locales", "se de-CH en"},
		{"oidcc-claims-locales", "claims_locales", "se de-CH en"},
	} {
		all = append(all, module{name: harmless.name, plans: "B I H", run: happyWith(harmless.parameter, harmless.value)})
	}
	return all
}

// happyWith is the happy flow with other parameters.
func happyWith(edits ...string) func(*trial) {
	return func(x *trial) {
		c := x.client()
		x.person().signIn(c, c.request(edits...))
	}
}

// later is what a module lets pass between two requests.
const later = 2 * time.Second

func promptLogin(x *trial) {
	c, p := x.client(), x.person()
	first := p.signIn(c, c.request())
	x.clock.advance(later)
	second := p.signIn(c, c.request("prompt", "login"))
	x.checkSignedInAnew(p, first, second)
}

func (x *trial) checkSignedInAnew(p *person, first, second *signIn) {
	x.Helper()
	if p.signedIn != 2 {
		x.Errorf("the sign-in page came %d times", p.signedIn)
	}
	was, _ := first.claims["auth_time"].(float64)
	if is, ok := second.claims["auth_time"].(float64); !ok || is <= was {
		x.Errorf("auth_time was %v, and is %v", first.claims["auth_time"], second.claims["auth_time"])
	}
	if first.claims.text("sub") != second.claims.text("sub") {
		x.Errorf("the subject changed from %q to %q", first.claims.text("sub"), second.claims.text("sub"))
	}
}

func (x *trial) checkSameSignIn(p *person, first, second *signIn) {
	x.Helper()
	if p.signedIn != 1 {
		x.Errorf("the sign-in page came %d times", p.signedIn)
	}
	if first.claims["auth_time"] != second.claims["auth_time"] || first.claims["sub"] != second.claims["sub"] {
		x.Errorf("auth_time %v and %v, sub %v and %v", first.claims["auth_time"], second.claims["auth_time"], first.claims["sub"], second.claims["sub"])
	}
}

func promptNoneSignedOut(x *trial) {
	c, p := x.client(), x.person()
	request := c.request("prompt", "none")
	x.checkError(p.arrive(c, request, p.open(request)), silentErrors...)
}

// promptNone succeeds without any page for whoever is signed in.
func promptNone(hint bool) func(*trial) {
	return func(x *trial) {
		c, p := x.client(), x.person()
		first := p.signIn(c, c.request())
		x.clock.advance(later)
		request := c.request("prompt", "none")
		if hint {
			request.Set("id_token_hint", first.idToken)
		}
		x.checkSameSignIn(p, first, x.finish(p.arrive(c, request, p.open(request))))
	}
}

func wantAuthTime(want *expectation) { want.authTime = true }

func maxAge1(x *trial) {
	c, p := x.client(), x.person()
	first := p.signIn(c, c.request())
	x.clock.advance(later)
	x.checkSignedInAnew(p, first, p.signIn(c, c.request("max_age", "1"), wantAuthTime))
}

func maxAge10000(x *trial) {
	c, p := x.client(), x.person()
	first := p.signIn(c, c.request("max_age", "15000"), wantAuthTime)
	x.clock.advance(later)
	x.checkSameSignIn(p, first, p.signIn(c, c.request("max_age", "10000"), wantAuthTime))
}

// acrValues asks for what discovery lists, as the suite does.
func acrValues(x *trial) {
	acrs := x.metadata.list("acr_values_supported")
	if acrs == nil {
		acrs = []string{core.ACRPassword}
	}
	c := x.client()
	x.person().signIn(c, c.request("acr_values", strings.Join(acrs, " ")), func(want *expectation) { want.acrs = acrs })
}

// nonceFree reports whether no ID token comes from the authorization endpoint (OpenID
// Connect Core section 3.1.2.1).
func nonceFree(v variant) bool { return !v.yields("id_token") }

func nonceMissing(x *trial) {
	c, p := x.client(), x.person()
	request := c.request("nonce", "")
	last := p.complete(p.open(request))
	if last.Location == nil && !last.Has("response") {
		x.checkErrorPage(last)
		return
	}
	x.checkError(p.arrive(c, request, last), "invalid_request")
}

func unregisteredRedirect(x *trial) {
	c, p := x.client(), x.person()
	x.checkErrorPage(p.open(c.request("redirect_uri", callback+"/"+rand.Text())))
}

// postRequest sends the request by a form on the client's own page.
func postRequest(x *trial) {
	c, p := x.client(), x.person()
	send := func(request url.Values) *signIn {
		last := p.complete(p.PostFrom(rpOrigin, x.metadata.text("authorization_endpoint"), request))
		return x.finish(p.arrive(c, request, last))
	}
	first := send(c.request())
	// Whoever is signed in is recognised, although the form came from another site.
	x.checkSameSignIn(p, first, send(c.request()))
}

func claimsEssential(x *trial) {
	c := x.client()
	where, claims := "userinfo", []more(nil)
	if !x.token() {
		where = "id_token"
		claims = []more{func(want *expectation) { want.claims = []string{"name"} }}
	}
	s := x.person().signIn(c, c.request("claims", `{"`+where+`":{"name":{"essential":true}}}`), claims...)
	got := s.info
	if !x.token() {
		got = s.claims
	}
	if got.text("name") != x.alice.Profile.DisplayName {
		x.Errorf("the name is %v", got["name"])
	}
}

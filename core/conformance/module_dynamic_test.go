package conformance_test

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
)

// dynamicModules are those about clients that register themselves.
func dynamicModules() []module {
	return []module{
		{name: "oidcc-ensure-redirect-uri-in-authorization-request", plans: "D", run: redirectMissing},
		{name: "oidcc-redirect-uri-query-OK", plans: "D", run: queryKept},
		{name: "oidcc-redirect-uri-query-mismatch", plans: "D", run: queryOther("?foo=bar", "?bar=foo")},
		{name: "oidcc-redirect-uri-query-added", plans: "D", run: queryOther("", "?foo=bar")},
		{name: "oidcc-redirect-uri-regfrag", plans: "D", only: registers, run: registrationRefused(func(r *registration) {
			r.RedirectURIs = []string{callback + "#foobar"}
		}, "invalid_redirect_uri", "invalid_client_metadata")},
		{name: "oidcc-registration-logo-uri", plans: "D", run: logoShown, only: registers},
		{name: "oidcc-registration-policy-uri", plans: "D", run: linkShown(rpOrigin+"/policy", func(r *registration) { r.PolicyURI = rpOrigin + "/policy" })},
		{name: "oidcc-registration-tos-uri", plans: "D", run: linkShown(rpOrigin+"/terms", func(r *registration) { r.TermsURI = rpOrigin + "/terms" })},
		{name: "oidcc-registration-jwks-uri", plans: "D", run: keysByReference, variants: privateKey},
		{name: "oidcc-registration-sector-uri", plans: "D", run: sector(true), only: registers},
		{name: "oidcc-registration-sector-bad", plans: "D", run: sector(false), only: registers},
		{name: "oidcc-server-rotate-keys", plans: "D", run: rotateKeys, variants: rotation, needs: []feature{keyCommand}},
		{name: "oidcc-refresh-token-rp-key-rotation", plans: "D", run: clientRotates, variants: privateKey},
		{name: "oidcc-ensure-client-assertion-with-iss-aud-succeeds", plans: "D", run: assertionForIssuer, variants: privateKey},
		{name: "oidcc-3rd_party-init-login", plans: "3", only: registers, run: initiateLogin},
		{name: "oidcc-3rd_party-init-login-nohttps", plans: "3", only: registers, run: registrationRefused(func(r *registration) {
			r.InitiateLoginURI = "http://rp.example/initiate"
		}, "invalid_client_metadata")},
	}
}

// privateKey has the variants of what is about private_key_jwt.
func privateKey() []variant {
	var all []variant
	for _, responseType := range planTypes["D"] {
		for _, dynamic := range [...]bool{false, true} {
			if v := (variant{responseType, core.AuthPrivateKeyJWT, "default", dynamic}); v.yields("code") {
				all = append(all, v)
			}
		}
	}
	return all
}

func redirectMissing(x *trial) {
	c, p := x.client(func(r *registration) { r.RedirectURIs = append(r.RedirectURIs, callback+"/second") }), x.person()
	x.checkErrorPage(p.open(c.request("redirect_uri", "")))
}

func queryKept(x *trial) {
	c, p := x.client(func(r *registration) { r.RedirectURIs = []string{callback + "?foo=bar"} }), x.person()
	a := p.authorize(c, c.request())
	x.finish(a)
}

func queryOther(registered, sent string) func(*trial) {
	return func(x *trial) {
		c, p := x.client(func(r *registration) { r.RedirectURIs = []string{callback + registered} }), x.person()
		x.checkErrorPage(p.open(c.request("redirect_uri", callback+sent)))
	}
}

// registrationRefused wants one of the errors of RFC 7591 section 3.2.2.
func registrationRefused(edit func(*registration), codes ...string) func(*trial) {
	return func(x *trial) {
		got := x.register(x.wish(edit))
		x.complain("registration", got.isJSON(http.StatusBadRequest))
		if !slices.Contains(codes, got.json.text("error")) {
			x.Errorf("the error is %v, not one of %v", got.json["error"], codes)
		}
		if got.json.has("error_description") && !printable(got.json.text("error_description")) {
			x.Errorf("error_description has characters that are not allowed: %v", got.json["error_description"])
		}
	}
}

// linkShown wants a link to what was registered on the sign-in page.
func linkShown(uri string, edit func(*registration)) func(*trial) {
	return func(x *trial) {
		c, p := x.client(edit), x.person()
		request := c.request()
		at := p.open(request)
		if links := at.References("a", "href"); !slices.Contains(links, uri) {
			x.Errorf("the sign-in page has the links %v, not %s", links, uri)
		}
		x.finish(p.arrive(c, request, p.complete(at)))
	}
}

// onePixel is an image, as PNG.
const onePixel = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

// logoShown wants the image on the sign-in page: from where it is, if the page may load
// it from there, or as the server fetched it.
func logoShown(x *trial) {
	image := must(base64.StdEncoding.DecodeString(onePixel))
	address := x.site.publish("/logo/"+rand.Text()+".png", "image/png", string(image))
	c, p := x.client(func(r *registration) { r.LogoURI = address }), x.person()
	request := c.request()
	at := p.open(request)
	found := slices.ContainsFunc(at.References("img", "src"), func(src string) bool {
		switch {
		case src == address:
			return allowsImage(at.Header.Get("Content-Security-Policy"), x.site.server.URL)
		case strings.HasPrefix(src, p.Origin+"/"):
			return string(x.get(x.T, src).body) == string(image)
		}
		return src == "data:image/png;base64,"+onePixel
	})
	if !found {
		x.Errorf("the sign-in page has the images %v, not %s, with the policy %q", at.References("img", "src"), address, at.Header.Get("Content-Security-Policy"))
	}
	x.finish(p.arrive(c, request, p.complete(at)))
}

func allowsImage(policy, origin string) bool {
	for directive := range strings.SplitSeq(policy, ";") {
		if sources, found := strings.CutPrefix(strings.TrimSpace(directive), "img-src "); found {
			words := strings.Fields(sources)
			return slices.Contains(words, origin) || slices.Contains(words, "https:") || slices.Contains(words, "*")
		}
	}
	return false
}

// publishKeys registers keys by their address.
func (x *trial) publishKeys(path string, keys ...*rpKey) func(*registration) {
	address := x.site.publish(path, "application/json", string(jwks(keys...)))
	return func(r *registration) { r.JWKSURI, r.JWKS = address, nil }
}

func keysByReference(x *trial) {
	path := "/keys/" + rand.Text()
	c := x.client(x.publishKeys(path, ourKey("rp-1")))
	x.person().signIn(c, c.request())
	if len(x.site.at(path)) == 0 {
		x.Error("the keys were not fetched")
	}
}

func assertionForIssuer(x *trial) {
	c, p := x.client(), x.person()
	a := p.authorize(c, c.request())
	x.redeemed(&signIn{arrival: a}, c.redeem(a.params.Get("code"), "client_assertion", c.key.sign(c.assertion(x.issuer))))
}

// clientRotates: a key that the server has not seen is fetched.
func clientRotates(x *trial) {
	path := "/keys/" + rand.Text()
	c := x.client(x.publishKeys(path, ourKey("rp-1")))
	s := x.person().signIn(c, c.request("scope", "openid offline_access", "prompt", "consent"))
	x.publishKeys(path, ourKey("rp-2"))
	x.clock.advance(time.Minute)
	c.key = ourKey("rp-2")
	x.checkRefreshed(s, c.refresh(s.tokens.text("refresh_token")))
}

// sector has a sector_identifier_uri with all redirect URIs, or without one of them
// (OpenID Connect Dynamic Client Registration section 5).
func sector(right bool) func(*trial) {
	return func(x *trial) {
		listed := []string{callback, rpOrigin + "/second"}
		if !right {
			listed = listed[1:]
		}
		address := x.site.publish("/sector/"+rand.Text(), "application/json", string(must(json.Marshal(listed))))
		edit := func(r *registration) { r.SectorURI = address }
		if !right {
			registrationRefused(edit, "invalid_client_metadata", "invalid_redirect_uri")(x)
			return
		}
		c := x.client(edit)
		x.person().signIn(c, c.request())
	}
}

// rotation: the module looks at the keys before and after.
func rotation() []variant {
	return []variant{{"code", basic, "default", false}, {"code", basic, "default", true}}
}

func rotateKeys(x *trial) {
	kids := func() []string {
		var found []string
		values, _ := x.keys()["keys"].([]any)
		for _, value := range values {
			if key := document(asObject(value)); key.text("use") == "sig" {
				found = append(found, key.text("kid"))
			}
		}
		return found
	}
	before := kids()
	if err := rotate(x); err != nil {
		x.Fatal(err)
	}
	after := kids()
	fresh := slices.DeleteFunc(slices.Clone(after), func(kid string) bool { return slices.Contains(before, kid) })
	if len(fresh) == 0 {
		x.Errorf("no key is new: %v before, %v after", before, after)
	}
	for _, kid := range before {
		if !slices.Contains(after, kid) {
			x.Errorf("the key %s is gone, though tokens that it signed are valid", kid)
		}
	}
	c := x.client()
	x.person().signIn(c, c.request())
}

// initiateLogin: what was registered can be read again (RFC 7592 section 2.1).
func initiateLogin(x *trial) {
	c := x.client(func(r *registration) { r.InitiateLoginURI = rpOrigin + "/initiate" })
	got := c.manage(http.MethodGet)
	x.complain("registration", got.isJSON(http.StatusOK))
	if got.json.text("initiate_login_uri") != rpOrigin+"/initiate" {
		x.Errorf("initiate_login_uri is %v", got.json["initiate_login_uri"])
	}
	x.person().signIn(c, c.request())
}

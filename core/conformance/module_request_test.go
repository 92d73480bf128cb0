package conformance_test

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"slices"
	"time"
)

var (
	requestObjects  = feature{"request objects", announced("request_parameter_supported")}
	requestURIs     = feature{"request_uri", announced("request_uri_parameter_supported")}
	unsignedObjects = feature{"unsigned request objects", listed("request_object_signing_alg_values_supported", "none")}
	signedObjects   = feature{"signed request objects", listed("request_object_signing_alg_values_supported", "RS256")}
)

// requestModules are those about request objects (OpenID Connect Core section 6).
func requestModules() []module {
	return []module{
		{name: "oidcc-request-uri-unsigned-supported-correctly-or-rejected-as-unsupported", plans: "B I H", run: unsignedReferenceOrRefusal, needs: []feature{unsignedObjects}},
		{name: "oidcc-unsigned-request-object-supported-correctly-or-rejected-as-unsupported", plans: "B I H", run: unsignedObjectOrRefusal},
		{name: "oidcc-ensure-request-object-with-redirect-uri", plans: "B I H D", run: redirectInObject, needs: []feature{requestObjects, unsignedObjects}},
		{name: "oidcc-request-uri-unsigned", plans: "D", run: byReference("none"), needs: []feature{requestURIs, unsignedObjects}},
		{name: "oidcc-request-uri-signed-rs256", plans: "D", run: byReference("RS256"), needs: []feature{requestURIs, signedObjects}},
	}
}

// object puts the request into a request object; what stays outside is what section 6.1
// demands, with another state.
func (c *client) object(request url.Values, alg string) (outside url.Values, object string) {
	now := c.x.clock.Now()
	claims := document{"iss": c.id, "aud": c.x.issuer, "iat": now.Unix(), "exp": now.Add(5 * time.Minute).Unix()}
	for name := range request {
		claims[name] = request.Get(name)
	}
	outside = url.Values{"state": {"the outer state"}}
	for _, name := range [...]string{"client_id", "response_type", "scope", "response_mode"} {
		if request.Has(name) {
			outside.Set(name, request.Get(name))
		}
	}
	if alg == "none" {
		return outside, unsignedJWT(claims)
	}
	return outside, c.key.sign(claims)
}

// unsignedClient registers that its request objects are not signed.
func (x *trial) unsignedClient(edit ...func(*registration)) *client {
	return x.client(append(edit, func(r *registration) { r.RequestAlg = "none" })...)
}

// honouredOrRefused wants the answer that the object asks for, or the error that says
// that there are no such objects: to ignore it is neither.
func (x *trial) honouredOrRefused(c *client, inside, outside url.Values, supported bool, code string) {
	x.Helper()
	p := x.person()
	outside.Set("redirect_uri", inside.Get("redirect_uri"))
	last := p.open(outside)
	if supported {
		x.finish(p.arrive(c, inside, p.complete(last)))
		return
	}
	if last.Location == nil && !last.Has("response") {
		x.checkErrorPage(last)
		return
	}
	x.checkError(p.arrive(c, outside, last), code)
}

func unsignedObjectOrRefusal(x *trial) {
	supported := requestObjects.there(x.metadata) && unsignedObjects.there(x.metadata)
	var c *client
	if supported {
		c = x.unsignedClient()
	} else {
		c = x.client()
	}
	request := c.request()
	outside, object := c.object(request, "none")
	outside.Set("request", object)
	code := "request_not_supported"
	if requestObjects.there(x.metadata) {
		code = "invalid_request_object" // signed ones alone are supported
	}
	x.honouredOrRefused(c, request, outside, supported, code)
}

func unsignedReferenceOrRefusal(x *trial) {
	path := "/object/" + rand.Text()
	address := x.site.server.URL + path
	c := x.unsignedClient(func(r *registration) { r.RequestURIs = []string{address} })
	request := c.request()
	outside, object := c.object(request, "none")
	outside.Set("request_uri", x.site.publish(path, "application/oauth-authz-req+jwt", object))
	x.honouredOrRefused(c, request, outside, requestURIs.there(x.metadata), "request_uri_not_supported")
}

// redirectInObject: what is in the object wins over what is outside.
func redirectInObject(x *trial) {
	c, p := x.unsignedClient(), x.person()
	request := c.request()
	outside, object := c.object(request, "none")
	outside.Set("request", object)
	outside.Set("redirect_uri", callback+"/"+rand.Text())
	last := p.complete(p.open(outside))
	if last.Location == nil && !last.Has("response") {
		x.checkErrorPage(last)
		return
	}
	x.finish(p.arrive(c, request, last))
}

// byReference has the request behind a registered address, and nothing of it outside
// but what OAuth demands. The address of a signed one says which it is (section 6.2: the
// fragment is the hash).
func byReference(alg string) func(*trial) {
	return func(x *trial) {
		path := "/object/" + rand.Text()
		address := x.site.server.URL + path
		c := x.client(func(r *registration) {
			r.RequestAlg, r.RequestURIs = alg, []string{address}
			if alg != "none" && r.JWKS == nil {
				r.JWKS = jwks(ourKey("rp-1"))
			}
		})
		p, request := x.person(), c.request()
		outside, object := c.object(request, alg)
		x.site.publish(path, "application/oauth-authz-req+jwt", object)
		if alg != "none" {
			sum := sha256.Sum256([]byte(object))
			address += "#" + base64.RawURLEncoding.EncodeToString(sum[:])
		}
		outside.Set("request_uri", address)
		outside.Set("redirect_uri", request.Get("redirect_uri"))
		x.finish(p.arrive(c, request, p.complete(p.open(outside))))
		if !slices.ContainsFunc(x.site.at(path), func(r received) bool { return r.request.Method == "GET" }) {
			x.Error("the request object was not fetched")
		}
	}
}

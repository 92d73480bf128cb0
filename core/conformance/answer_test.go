package conformance_test

import (
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// place is where an authorization response has its parameters.
type place string

const (
	inQuery    place = "the query"
	inFragment place = "the fragment"
	inBody     place = "the body"
)

// response is what came to the redirect URI.
type response struct {
	at     map[place]url.Values
	params url.Values // those of the place with the most
	place  place
}

// newResponse reads a response; body is nil where nothing was posted.
func newResponse(target *url.URL, registered string, body url.Values) response {
	r := response{at: map[place]url.Values{inBody: body, inQuery: target.Query()}}
	if own, err := url.Parse(registered); err == nil {
		for name := range own.Query() {
			delete(r.at[inQuery], name) // the client's own
		}
	}
	r.at[inFragment], _ = url.ParseQuery(target.EscapedFragment())
	for _, where := range [...]place{inBody, inFragment, inQuery} {
		if len(r.at[where]) > len(r.params) {
			r.params, r.place = r.at[where], where
		}
	}
	return r
}

// asked is what the request said about its answer.
type asked struct {
	responseType string
	mode         string // empty: the default
	state        string
	issuer       string
	saysIssuer   bool // discovery promises iss
}

// right is the place where the answer belongs; empty if it is not known, since the
// request had no response type.
func (a asked) right() place {
	switch {
	case a.mode == "form_post":
		return inBody
	case a.responseType == "":
		return ""
	case a.responseType == "code":
		return inQuery
	}
	return inFragment
}

// Parameters of responses (RFC 6749 sections 4.1.2, 4.1.2.1 and 4.2.2, OpenID Connect
// Core, RFC 9207, Session Management).
var (
	successParameters = []string{"code", "state", "iss", "access_token", "token_type", "expires_in", "scope", "id_token", "session_state"}
	errorParameters   = []string{"error", "error_description", "error_uri", "state", "iss", "session_state"}
)

// checkResponse checks what every answer must obey, a success or an error.
func checkResponse(r response, a asked) complaints {
	var c complaints
	if right := a.right(); right != "" {
		c.unless(r.place == right, "the parameters are in %s, not in %s", r.place, right)
	}
	for where, values := range r.at {
		c.unless(where == r.place || len(values) == 0, "there are parameters in %s too", where)
	}
	known := successParameters
	if r.params.Has("error") {
		known = errorParameters
	}
	for name, values := range r.params {
		c.unless(slices.Contains(known, name), "%s is not known", name)
		c.unless(len(values) == 1, "%s is there %d times", name, len(values))
	}
	c.unless(r.params.Get("state") == a.state && r.params.Has("state") == (a.state != ""), "state is %q, not %q", r.params.Get("state"), a.state)
	c.unless(!r.params.Has("iss") || r.params.Get("iss") == a.issuer, "iss is %q", r.params.Get("iss"))
	c.unless(!a.saysIssuer || r.params.Has("iss"), "iss is missing")
	if r.params.Has("error") {
		return append(c, checkErrorParameters(r.params)...)
	}
	return append(c, checkSuccess(r.params, a)...)
}

// checkErrorParameters: RFC 6749 section 4.1.2.1 says which characters there may be.
func checkErrorParameters(params url.Values) complaints {
	var c complaints
	for _, name := range [...]string{"error", "error_description"} {
		c.unless(!params.Has(name) || printable(params.Get(name)), "%s has characters that are not allowed: %q", name, params.Get(name))
	}
	u, err := url.Parse(params.Get("error_uri"))
	c.unless(!params.Has("error_uri") || err == nil && u.IsAbs(), "error_uri is no URI: %q", params.Get("error_uri"))
	return c
}

func printable(s string) bool {
	return s != "" && !strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' || r == '"' || r == '\\' })
}

// checkSuccess wants exactly what the response type asks for.
func checkSuccess(params url.Values, a asked) complaints {
	var c complaints
	words := strings.Fields(a.responseType)
	for name, word := range map[string]string{"code": "code", "id_token": "id_token", "access_token": "token", "token_type": "token", "expires_in": "token"} {
		c.unless(params.Has(name) == slices.Contains(words, word), "response type %s, and %s is there: %v", a.responseType, name, params.Has(name))
	}
	c.unless(!params.Has("token_type") || strings.EqualFold(params.Get("token_type"), "Bearer"), "token_type is %q", params.Get("token_type"))
	_, err := strconv.ParseUint(params.Get("expires_in"), 10, 31)
	c.unless(!params.Has("expires_in") || err == nil, "expires_in is %q", params.Get("expires_in"))
	for _, name := range [...]string{"code", "access_token"} {
		c.unless(!params.Has(name) || unguessable(params.Get(name)), "%s can be guessed", name)
	}
	return c
}

// unguessable is the suite's measure: at least 22 characters, whose entropy by their
// frequency is at least 96 bits.
func unguessable(secret string) bool {
	counts := map[rune]float64{}
	for _, r := range secret {
		counts[r]++
	}
	length, bits := float64(len(secret)), 0.0
	for _, n := range counts {
		bits -= n * math.Log2(n/length)
	}
	return length >= 22 && bits >= 96
}

func TestResponseRules(t *testing.T) {
	const code = "Zx81kLm20pQrS7tUvW3yAbCdEfGhIj"
	parse := func(target string, body url.Values) response {
		return newResponse(must(url.Parse(target)), "https://rp.example/cb?own=1", body)
	}
	query := asked{responseType: "code", state: "s %+&", issuer: "https://op.example", saysIssuer: true}
	const head = "https://rp.example/cb?own=1&"
	const tail = "&state=s+%25%2B%26&iss=https%3A%2F%2Fop.example"
	posted := query
	posted.mode = "form_post"
	hybrid := query
	hybrid.responseType = "code id_token token"
	all := "code=" + code + "&id_token=x&access_token=" + code + "&token_type=bearer&expires_in=60"
	body, err := url.ParseQuery("code=" + code + tail)
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		r    response
		a    asked
		want string // empty: nothing to complain about
	}{
		{parse(head+"code="+code+tail, nil), query, ""},
		{parse(head+"error=access_denied&error_description=No.&error_uri=https%3A%2F%2Fop.example%2Fe"+tail, nil), query, ""},
		{parse("https://rp.example/cb?own=1", body), posted, ""},
		{parse("https://rp.example/cb?own=1#"+all+tail, nil), hybrid, ""},

		{parse("https://rp.example/cb?own=1#code="+code+tail, nil), query, "not in the query"},
		{parse(head+all+tail, nil), hybrid, "not in the fragment"},
		{parse(head+"code="+code+tail, nil), posted, "not in the body"},
		{parse(head+"code="+code+"#"+all+tail, nil), hybrid, "in the query too"},
		{parse(head+"code="+code+tail+"&surprise=1", nil), query, "surprise"},
		{parse(head+"code="+code+tail+"&iss=x", nil), query, "iss is there 2 times"},
		{parse(head+"code="+code+"&state=s&iss=https%3A%2F%2Fop.example", nil), query, "state is"},
		{parse(head+"code="+code+"&state=s+%25%2B%26&iss=https%3A%2F%2Fother.example", nil), query, "iss is"},
		{parse(head+"code="+code+"&state=s+%25%2B%26", nil), query, "iss is missing"},
		{parse(head+"code=short"+tail, nil), query, "guessed"},
		{parse(head+"code="+strings.Repeat("ab", 40)+tail, nil), query, "guessed"},
		{parse(head+tail, nil), query, "code is there: false"},
		{parse(head+"code="+code+"&id_token=x"+tail, nil), query, "id_token is there"},
		{parse("https://rp.example/cb?own=1#"+strings.Replace(all, "60", "an+hour", 1)+tail, nil), hybrid, "expires_in"},
		{parse("https://rp.example/cb?own=1#"+strings.Replace(all, "bearer", "mac", 1)+tail, nil), hybrid, "token_type"},
		{parse(head+"error=access_denied&code=x"+tail, nil), query, "code is not known"},
		{parse(head+"error=access_denied&error_description=a%0Ab"+tail, nil), query, "error_description"},
		{parse(head+"error=access_denied&error_uri=nowhere"+tail, nil), query, "error_uri"},
	} {
		if c := checkResponse(tt.r, tt.a); tt.want == "" && c != nil || tt.want != "" && !c.has(tt.want) {
			t.Errorf("%v: %v, want %q", tt.r.params, c, tt.want)
		}
	}
}

package rest_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/bearer"
)

// What a request may look like, whatever the operation is.

func TestPaths(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{
		"/", "", "/users/", "//users", "/users//", "/./users", "/users/.", "/users/..", "/users/../groups", "/users/x/../../groups", "/nothing", "/Users", "/users/x/nothing",
	} {
		for _, who := range []string{"owner", ""} {
			w.ask(who, "GET "+path, "").want(http.StatusNotFound).has(map[string]any{"type": "/problems/missing", "detail": "there is no such path"})
		}
	}
	for path, detail := range map[string]string{
		"%2e%2e": `there is no user ".."`, "a%2Fb": `there is no user "a/b"`, "%FF": `there is no user "\xff"`, "%00": `there is no user "\x00"`, "%C3%A4": `there is no user "ä"`, "a%20b": `there is no user "a b"`,
	} {
		w.ask("owner", "GET /users/"+path, "").want(http.StatusNotFound).has(map[string]any{"detail": detail})
	}
}

func TestMethods(t *testing.T) {
	w := newWorld(t)
	for line, allow := range map[string]string{
		"OPTIONS /users": "GET, HEAD, POST", "PUT /users": "GET, HEAD, POST", "TRACE /users": "GET, HEAD, POST", "BREW /users": "GET, HEAD, POST",
		"POST /users/x": "GET, HEAD, PATCH, DELETE", "GET /users/x/disable": "POST", "DELETE /openapi.json": "GET, HEAD",
	} {
		got := w.ask("owner", line, "").want(http.StatusMethodNotAllowed).has(map[string]any{"type": "/problems/method"})
		if values := got.header.Values("Allow"); len(values) != 1 || values[0] != allow {
			t.Errorf("%s: Allow is %q", line, values)
		}
	}
	path := w.person(`{"name":"anna"}`)
	for _, path := range []string{path, "/users", "/openapi.json"} {
		got, head := w.ask("owner", "GET "+path, "").want(http.StatusOK), w.ask("owner", "HEAD "+path, "").want(http.StatusOK)
		if head.header.Get("Content-Type") != got.header.Get("Content-Type") || head.header.Get("ETag") != got.header.Get("ETag") {
			t.Errorf("%s: %v, and to HEAD %v", path, got.header, head.header)
		}
	}
	w.ask("", "HEAD "+path, "").want(http.StatusUnauthorized)
}

func TestQuery(t *testing.T) {
	w := newWorld(t)
	for query, test := range map[string]struct {
		status        int
		field, detail string
	}{
		"limit=0":                            {422, "limit", "limit: expected number >= 1"},
		"limit=201":                          {422, "limit", "limit: expected number <= 200"},
		"limit=-1":                           {422, "limit", "limit: expected number >= 1"},
		"limit=1.5":                          {422, "limit", "limit: invalid integer"},
		"limit=" + "9999999999999999999":     {422, "limit", "limit: invalid integer"},
		"limit=1&limit=2":                    {400, "limit", "the parameter limit is there twice"},
		"organization=acme":                  {422, "organization", "organization: unknown query parameter"},
		"Limit=1":                            {422, "Limit", "Limit: unknown query parameter"},
		"%zz=1":                              {400, "", "the query of the address cannot be read: percent-encode what is in it"},
		"limit=1;after=x":                    {400, "", "the query of the address cannot be read: percent-encode what is in it"},
		"state=gone":                         {422, "state", `state: expected value to be one of "enabled, disabled"`},
		"after=" + strings.Repeat("x", 2049): {422, "after", "after: expected length <= 2048"},
		"after=x":                            {400, "", "after is no cursor of this list: send the next of a page back as it came, with the same filter"},
	} {
		got := w.ask("owner", "GET /users?"+query, "").want(test.status).has(map[string]any{"detail": test.detail})
		if test.field != "" {
			got.has(map[string]any{"errors.0.field": test.field})
		}
	}
	for _, query := range []string{"limit=1", "limit=200", "limit=1&"} {
		w.ask("owner", "GET /users?"+query, "").want(http.StatusOK)
	}
}

func TestBodies(t *testing.T) {
	w := newWorld(t)
	const unreadable = "the body is no JSON object that can be read: "
	for body, test := range map[string]struct {
		status        int
		field, detail string
	}{
		"":                        {400, "", unreadable + "it ends too soon"},
		" ":                       {400, "", unreadable + "it ends too soon"},
		"[]":                      {400, "", unreadable + "JSON array instead of an object"},
		"null":                    {400, "", unreadable + "JSON null instead of an object"},
		`"x"`:                     {400, "", unreadable + "JSON string instead of an object"},
		"7":                       {400, "", unreadable + "JSON number instead of an object"},
		"{":                       {400, "", unreadable + "it ends too soon"},
		`{"name":"a"}x`:           {400, "", unreadable + "data behind the JSON value"},
		`{"name":"a"}{}`:          {400, "", unreadable + "data behind the JSON value"},
		`{"name":"a",}`:           {400, "", ""},
		`{'name':'a'}`:            {400, "", ""},
		"{\"name\":\"\xff\"}":     {400, "", unreadable + "JSON is not UTF-8"},
		"\ufeff{\"name\":\"a\"}":  {400, "", ""},
		`{"name":"a","name":"b"}`: {400, "name", "the member name is there twice"},
		`{"name":"a","profile":{"address":{"country":"DE","country":"FR"}}}`:                      {400, "profile.address.country", "the member profile.address.country is there twice"},
		`{"name":"a","attributes":` + strings.Repeat(`{"a":`, 17) + "1" + strings.Repeat("}", 18): {400, "", unreadable + "JSON is nested more than 16 deep"},
		`{"name":"a","groups":[null]}`:                            {422, "groups[0]", "groups[0] is null"},
		`{"name":"a","profile":{"address":{"country":1}}}`:        {422, "profile.address.country", "profile.address.country is no text"},
		`{"name":"a","profile":{"address":{"x":1}}}`:              {422, "profile.address.x", `there is no member "x" here`},
		`{"name":"a","profile":{"profile":"x"}}`:                  {422, "profile.profile", `"x" is no web address`},
		`{"name":"a","profile":{"address":{"country":"\u0007"}}}`: {422, "profile.address.country", ""},
	} {
		got := w.ask("owner", "POST /users", body).want(test.status)
		if test.detail != "" {
			got.has(map[string]any{"detail": test.detail})
		}
		if test.field != "" {
			got.has(map[string]any{"errors.0.field": test.field})
		}
	}
	// Whoever says of a body that it is something else is told what it should be.
	for header, detail := range map[string]string{
		"Content-Type: text/json":                         "send application/json",
		"Content-Type: application/json; charset=latin1":  "send the body in UTF-8",
		"Content-Type: application/x-www-form-urlencoded": "send application/json",
		"Content-Type: ;":                                 "send application/json",
		"Content-Encoding: gzip":                          "send the body as it is, without a Content-Encoding",
	} {
		w.ask("owner", "POST /users", `{"name":"a"}`, header).want(http.StatusUnsupportedMediaType).has(map[string]any{"detail": detail})
	}
	if w.ask("owner", "GET /users", "").want(http.StatusOK).at("items.0") != nil {
		t.Error("something was made")
	}
	w.ask("owner", "POST /users", `{"name":"a"}`, "Content-Type: Application/JSON; charset=UTF-8", "Content-Encoding: identity").want(http.StatusCreated)
}

// Operations that take no body do not leave one unread.
func TestNoBody(t *testing.T) {
	w := newWorld(t)
	path := w.person(`{"name":"anna"}`)
	for _, line := range []string{"POST " + path + "/disable", "DELETE " + path} {
		for _, body := range []string{`{"reason":"x"}`, "null", "[]", "x"} {
			w.ask("owner", line, body).want(http.StatusBadRequest).has(map[string]any{"detail": "this operation takes no body"})
		}
		w.ask("owner", line, strings.Repeat(" ", 256<<10+1)).want(http.StatusRequestEntityTooLarge)
	}
	w.ask("owner", "GET "+path, "").want(http.StatusOK).has(map[string]any{"disabled": false})
	w.ask("owner", "POST "+path+"/disable", " {}\n").want(http.StatusNoContent)
	w.ask("owner", "DELETE "+path, "{}").want(http.StatusNoContent)
}

func TestEmptyIdempotencyKey(t *testing.T) {
	w := newWorld(t)
	w.ask("owner", "POST /users", `{"name":"anna"}`, "Idempotency-Key: ").want(http.StatusBadRequest)
	if w.ask("owner", "GET /users", "").at("items.0") != nil {
		t.Error("carried out")
	}
}

func TestNoneMatch(t *testing.T) {
	w := newWorld(t)
	path := w.person(`{"name":"anna"}`)
	tag := w.ask("owner", "GET "+path, "").want(http.StatusOK).header.Get("ETag")
	for _, has := range []string{tag, "W/" + tag, "*", `"x", ` + tag, `W/"x",W/` + tag} {
		for _, method := range []string{"GET ", "HEAD "} {
			got := w.ask("owner", method+path, "", "If-None-Match: "+has).want(http.StatusNotModified)
			if len(got.body) > 0 || got.header.Get("ETag") != tag || got.header.Get("Content-Type") != "" {
				t.Errorf("%s: %v %s", has, got.header, got.body)
			}
		}
	}
	for _, has := range []string{`"x"`, strings.Trim(tag, `"`), "", `"*"`} {
		w.ask("owner", "GET "+path, "", "If-None-Match: "+has).want(http.StatusOK).has(map[string]any{"name": "anna"})
	}
	// Nobody learns so what they may not read.
	w.ask("", "GET "+path, "", "If-None-Match: *").want(http.StatusUnauthorized)
	w.ask("owner", "GET /users/x", "", "If-None-Match: *").want(http.StatusNotFound)
	w.ask("owner", "GET /users", "", "If-None-Match: *").want(http.StatusOK) // lists have no version
	w.ask("owner", "PATCH "+path, `{"email":"anna@example.org"}`, "If-None-Match: "+tag).want(http.StatusOK)
	w.ask("owner", "GET "+path, "", "If-None-Match: "+tag).want(http.StatusOK)
}

type breaking struct{}

func (breaking) Bearer(*http.Request) (*bearer.Bearer, error) { panic("SECRET") }

func TestPanic(t *testing.T) {
	w := newWorld(t)
	s := w.server()
	s.Callers = breaking{}
	w.handler = s.Handler()
	got := w.ask("owner", "GET /users", "").want(http.StatusInternalServerError).has(map[string]any{"type": "/problems/failed", "instance": "c0ffee"})
	if strings.Contains(string(got.body), "SECRET") || !strings.Contains(w.log.String(), "SECRET") {
		t.Errorf("answered %s, logged %s", got.body, w.log.String())
	}
}

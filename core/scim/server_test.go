package scim_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core/bearer"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/core/scim"
)

func TestNowhere(t *testing.T) {
	w := newWorld(t)
	id := w.user("anna", "").id()
	for _, path := range []string{"", "/", "/Nothing", "/users", "/Users/x", "/Users/" + strings.ToUpper(id), "/Users/" + id + "/title", "/Bulk/x", "/ServiceProviderConfig/x", "/.search/x", "/Me/x"} {
		w.ask("GET", path, "").refused(404, "")
	}
	for path, allow := range map[string]string{"/Users": "GET, POST", "/Users/" + id: "GET, PUT, PATCH, DELETE", "/Bulk": "POST", "/.search": "POST"} {
		if got := w.ask("OPTIONS", path, "").refused(405, ""); got.header.Get("Allow") != allow {
			t.Errorf("%s: Allow %q", path, got.header.Get("Allow"))
		}
	}
	w.ask("PUT", "/Users", "{}").refused(405, "")
	w.ask("GET", "/Users/", "").is(200)
}

func TestRefusesCallers(t *testing.T) {
	w := newWorld(t)
	refusal := oauth.Refuse(oauth.CodeInvalidToken, "unknown_token", "The token is not valid.")
	w.refused = &bearer.Refused{Refusal: refusal, Challenge: `Bearer realm="x"`}
	got := w.ask("GET", "/Users", "").refused(http.StatusUnauthorized, "").has("The token is not valid.", "detail")
	if got.header.Get("WWW-Authenticate") != `Bearer realm="x"` {
		t.Errorf("%v", got.header)
	}
	refusal.Status = http.StatusTooManyRequests
	w.refused = &bearer.Refused{Refusal: refusal, RetryAfter: 3 * time.Second}
	if got := w.ask("GET", "/ServiceProviderConfig", "").refused(http.StatusTooManyRequests, ""); got.header.Get("Retry-After") != "3" {
		t.Errorf("%v", got.header)
	}
	w.refused = &bearer.Refused{Refusal: oauth.Failed(errors.New("disk full"))}
	w.ask("GET", "/Users", "").refused(http.StatusInternalServerError, "")
	if !strings.Contains(w.log.String(), "disk full") {
		t.Errorf("the log has %q", w.log.String())
	}
}

// What is too large, too deep or no JSON is refused (security 122).
func TestRefusesBodies(t *testing.T) {
	w := newWorld(t)
	for name, test := range map[string]struct {
		body   string
		status int
		kind   string
	}{
		"nothing":   {"", 400, "invalidSyntax"},
		"null":      {"null", 400, "invalidSyntax"},
		"half":      {`{"userName":"b"`, 400, "invalidSyntax"},
		"more":      {`{"userName":"b"}{}`, 400, "invalidSyntax"},
		"no UTF-8":  {"{\"userName\":\"\xff\"}", 400, "invalidSyntax"},
		"too large": {`{"userName":"` + strings.Repeat("x", 1<<20) + `"}`, 413, ""},
		"too deep":  {`{"name":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000) + `}`, 400, "invalidSyntax"},
		"deep":      {strings.Repeat(`{"name":`, 10_000) + "1" + strings.Repeat("}", 10_000), 400, "invalidSyntax"},
	} {
		t.Run(name, func(t *testing.T) {
			w.t = t
			w.ask("POST", "/Users", test.body).refused(test.status, test.kind)
		})
	}
	w.t = t
	w.ask("POST", "/Users", "userName=b", "Content-Type", "application/x-www-form-urlencoded").refused(http.StatusUnsupportedMediaType, "")
	w.ask("POST", "/Users", `{"userName":"b"}`, "Content-Type", "application/scim+json; charset=utf-8").is(201)
	for i, kind := range []string{"application/json", "Application/SCIM+JSON;charset=UTF-8", "application/json ; charset=utf-8", ""} {
		w.ask("POST", "/Users", fmt.Sprintf(`{"userName":"c%d"}`, i), "Content-Type", kind).is(201)
	}
	w.ask("POST", "/Users", `{"userName":"d"}`, "Content-Type", "application/scim+jsonp").refused(http.StatusUnsupportedMediaType, "")
}

// A resource says what it is, and is nothing else (RFC 7643 section 3).
func TestResourcesSayWhatTheyAre(t *testing.T) {
	w := newWorld(t)
	path := "/Users/" + w.user("anna", "").id()
	group := "/Groups/" + w.groupOf("Staff").id()
	for _, schemas := range []string{`"schemas":[]`, `"schemas":null`, `"schemas":"` + urnUser + `x"`, `"schemas":["` + urnPatch + `"]`, `"SCHEMAS":[1]`} {
		w.ask("POST", "/Users", `{"userName":"b",`+schemas+`}`).refused(400, "invalidSyntax")
		w.ask("PUT", path, `{"userName":"b",`+schemas+`}`).refused(400, "invalidSyntax")
		w.ask("POST", "/Groups", `{"displayName":"b",`+schemas+`}`).refused(400, "invalidSyntax")
		w.ask("PUT", group, `{"displayName":"b",`+schemas+`}`).refused(400, "invalidSyntax")
	}
	w.ask("POST", "/Users", `{"userName":"b","x":{"schemas":[]}}`).refused(400, "invalidSyntax")
	w.ask("POST", "/Users", `{"Schemas":["urn:example:more","`+strings.ToUpper(urnUser)+`"],"userName":"b"}`+"\n").is(201)
	if names := w.find("/Users").names() + " " + w.find("/Groups").names(); names != "anna b Staff" {
		t.Errorf("there are %s", names)
	}
}

// Whoever wants the headers alone gets those of the whole answer.
func TestHead(t *testing.T) {
	w := newWorld(t)
	made := w.user("anna", "")
	server := httptest.NewServer(w.server)
	defer server.Close()
	response, err := http.Head(server.URL + scim.Prefix + "/Users/" + made.id())
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != 200 || response.Header.Get("ETag") != made.header.Get("ETag") || response.Header.Get("Content-Type") != "application/scim+json" {
		t.Errorf("%d, %v", response.StatusCode, response.Header)
	}
}

func TestFailuresOfTheServer(t *testing.T) {
	w := newWorld(t)
	if err := w.store.Close(); err != nil {
		t.Fatal(err)
	}
	got := w.ask("GET", "/Users", "").refused(http.StatusInternalServerError, "")
	if got.at("detail") != "The server failed. Try again later." || !strings.Contains(w.log.String(), "SCIM request failed") {
		t.Errorf("%v, and the log has %q", got.body, w.log.String())
	}
	w.log.Reset()
	w.ask("POST", "/Bulk", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[{"method":"DELETE","path":"/Users/01a21293-b600-70a5-a1a9-582adc23f41a"}]}`).
		is(200).has("500", "Operations.0.status")
	if !strings.Contains(w.log.String(), "SCIM request failed") {
		t.Errorf("the log has %q", w.log.String())
	}
}

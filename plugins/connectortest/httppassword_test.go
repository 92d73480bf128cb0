package connectortest_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/postern-id/postern/plugins/connectortest"
)

const checkURL = "https://users.example.com/check"

// passwordService is the one of the plugin's README.
func passwordService(rw http.ResponseWriter, r *http.Request) {
	var asked struct{ Name, Password, Organisation string }
	switch {
	case r.Header.Get("Authorization") != "Bearer the-secret-token" || json.NewDecoder(r.Body).Decode(&asked) != nil:
		rw.WriteHeader(http.StatusBadRequest)
	case asked.Name != "jane" || asked.Password != "correct horse":
		rw.WriteHeader(http.StatusUnauthorized)
	default:
		connectortest.Send(rw, 200, "application/json", `{"subject":"4711","name":"jane","email":"jane@example.com","email_verified":true,"groups":["staff"]}`)
	}
}

func passwordInstance() connectortest.Instance {
	return connectortest.Instance{
		Plugin: "httppassword", Settings: `{"url":"` + checkURL + `"}`, Grants: []string{"http.fetch users.example.com"},
		Secrets: map[string]string{"token": "the-secret-token"},
	}
}

func TestHTTPPassword(t *testing.T) {
	w := connectortest.New(t)
	w.Handle("POST "+checkURL, passwordService)
	out, err := w.Password(passwordInstance(), "jane", "correct horse")
	if err != nil || out.Identity == nil {
		t.Fatalf("%+v, %v", out, err)
	}
	if who := out.Identity; who.Subject != "4711" || who.Email != "jane@example.com" || !who.EmailVerified || strings.Join(who.Groups, " ") != "staff" {
		t.Errorf("got %+v", who)
	}
	for _, typed := range [][2]string{{"jane", "wrong"}, {"eve", "correct horse"}, {`jane","password":"correct horse`, "x"}, {"jane", ""}} {
		if out, err := w.Password(passwordInstance(), typed[0], typed[1]); err != nil || !out.Deny || out.Identity != nil {
			t.Errorf("%q: %+v, %v", typed, out, err)
		}
	}
	if n := len(w.Requests(checkURL)); n != 4 {
		t.Errorf("the service was asked %d times", n)
	}
}

func TestHTTPPasswordFails(t *testing.T) {
	for name, test := range map[string]struct {
		service http.HandlerFunc
		change  func(*connectortest.Instance)
		why     string
	}{
		"a wrong token": {passwordService, func(i *connectortest.Instance) { i.Secrets["token"] = "another-token" }, "has the status 400"},
		"no token":      {passwordService, func(i *connectortest.Instance) { i.Secrets = nil }, "the secret token of the instance"},
		"not granted":   {passwordService, func(i *connectortest.Instance) { i.Grants = []string{"http.fetch other.example.com"} }, "may not fetch from users.example.com"},
		"in the clear": {passwordService, func(i *connectortest.Instance) {
			i.Settings = `{"url":"http://users.example.com/check"}`
			i.Grants = []string{"http.fetch users.example.com:80", "http.fetch users.example.com"}
		}, "https"},
		"another host": {func(rw http.ResponseWriter, r *http.Request) {
			http.Redirect(rw, r, "https://evil.example/check", http.StatusTemporaryRedirect)
		}, nil, "redirect"},
		"the token in the answer": {func(rw http.ResponseWriter, _ *http.Request) {
			connectortest.Send(rw, 200, "application/json", `{"subject":"the-secret-token"}`)
		}, nil, "repeats what the host put into the request"},
		"the request in the answer": {func(rw http.ResponseWriter, _ *http.Request) {
			connectortest.Send(rw, 200, "application/json", `{"name":"jane","password":"correct horse"}`)
		}, nil, "has nothing at subject"},
		"a giant answer": {func(rw http.ResponseWriter, _ *http.Request) {
			connectortest.Send(rw, 200, "application/json", `{"subject":"`+strings.Repeat("x", 300<<10)+`"}`)
		}, nil, "too_large"},
		"an error": {func(rw http.ResponseWriter, _ *http.Request) {
			connectortest.Send(rw, 503, "text/html", "<p>correct horse")
		}, nil, "has the status 503"},
	} {
		t.Run(name, func(t *testing.T) {
			w := connectortest.New(t)
			w.Handle("POST "+checkURL, test.service)
			i := passwordInstance()
			if test.change != nil {
				test.change(&i)
			}
			out, err := w.Password(i, "jane", "correct horse")
			if err == nil || !strings.Contains(err.Error(), test.why) {
				t.Fatalf("%+v, %v; want %s", out, err, test.why)
			}
			if text := err.Error(); strings.Contains(text, "correct horse") || strings.Contains(text, "the-secret-token") {
				t.Errorf("it tells a secret: %s", text)
			}
			if n := len(w.Requests("https://evil.example/check")); n > 0 {
				t.Errorf("the password went elsewhere %d times", n)
			}
		})
	}
}

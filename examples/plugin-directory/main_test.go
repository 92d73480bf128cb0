package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-id/postern/sdk/go/posterntest"
	"github.com/postern-id/postern/sdk/hook"
)

func TestCases(t *testing.T) { posterntest.Run(t, module, "cases") }

func input(settings string, user hook.User) *hook.ClaimsInput {
	return &hook.ClaimsInput{Target: hook.TargetIDToken, Settings: parse(settings), User: user}
}

// TestAsksForThePersonAlone holds that nothing in a name leads to another address
// than the one that the operator wrote.
func TestAsksForThePersonAlone(t *testing.T) {
	const settings = `{"url":"https://d.example/people/{name}?by={email}","claims":{"a":"a"}}`
	for name, want := range map[string]string{
		"alice":           "https://d.example/people/alice?by=a%40b%2Eexample",
		"../admin":        "https://d.example/people/%2E%2E%2Fadmin?by=a%40b%2Eexample",
		"a?x=1&y#z":       "https://d.example/people/a%3Fx%3D1%26y%23z?by=a%40b%2Eexample",
		"@evil.example":   "https://d.example/people/%40evil%2Eexample?by=a%40b%2Eexample",
		"Zoë\r\nHost: x":  "https://d.example/people/Zo%C3%AB%0D%0AHost%3A%20x?by=a%40b%2Eexample",
		"{email}":         "https://d.example/people/%7Bemail%7D?by=a%40b%2Eexample",
		"100%":            "https://d.example/people/100%25?by=a%40b%2Eexample",
		`a"b\c<d>`:        "https://d.example/people/a%22b%5Cc%3Cd%3E?by=a%40b%2Eexample",
		"already%2Fthere": "https://d.example/people/already%252Fthere?by=a%40b%2Eexample",
	} {
		var asked string
		host := &posterntest.Host{Fetch: func(request *hook.Fetch) (*hook.FetchResponse, error) {
			asked = request.URL
			return &hook.FetchResponse{Status: 404}, nil
		}}
		host.Use(t)
		if _, err := claims(input(settings, hook.User{Name: name, Email: "a@b.example"})); err != nil || asked != want {
			t.Errorf("%q: asked %s, want %s (%v)", name, asked, want, err)
		}
	}
}

// TestAsksForNobody holds that no request is made for what is not known.
func TestAsksForNobody(t *testing.T) {
	(&posterntest.Host{Fetch: func(request *hook.Fetch) (*hook.FetchResponse, error) {
		t.Errorf("asked %s", request.URL)
		return nil, nil
	}}).Use(t)
	in := input(`{"url":"https://d.example/{external_id}","claims":{"a":"a"}}`, hook.User{Name: "bob"})
	if out, err := claims(in); out != nil || err != nil {
		t.Errorf("%+v, %v", out, err)
	}
	in = input(`{"url":"https://d.example/{name}","claims":{"a":"a"}}`, hook.User{Name: "bob"})
	in.Target = hook.TargetAccessToken
	if out, err := claims(in); out != nil || err != nil {
		t.Errorf("access token: %+v, %v", out, err)
	}
}

// TestNeverReadsTheSecret holds that the secret stays with the host: the plugin asks
// no secret.get and sends no header of its own with it.
func TestNeverReadsTheSecret(t *testing.T) {
	(&posterntest.Host{Fetch: func(request *hook.Fetch) (*hook.FetchResponse, error) {
		if len(request.Secrets) != 1 || request.Secrets[0] != (hook.FetchSecret{Header: "x-key", Name: secret}) || len(request.Headers) != 1 {
			t.Errorf("got %+v", request)
		}
		return &hook.FetchResponse{Status: 404}, nil
	}}).Use(t)
	in := input(`{"url":"https://d.example/{name}","claims":{"a":"a"},"header":"x-key","prefix":""}`, hook.User{Name: "bob"})
	if _, err := claims(in); err != nil {
		t.Error(err)
	}
}

// TestFailsWhenTheDirectoryIsAway holds that every way of not knowing is an error,
// so that the binding decides, and that the error tells nothing of the person.
func TestFailsWhenTheDirectoryIsAway(t *testing.T) {
	for want, answer := range map[string]struct {
		response *hook.FetchResponse
		err      error
	}{
		"unavailable: no route":                   {nil, errors.New("no route")},
		"denied: grant it":                        {nil, &hook.CapabilityError{Code: hook.CodeDenied, Message: "grant it"}},
		"status 503":                              {&hook.FetchResponse{Status: 503, Body: "alice@example.com is unknown"}, nil},
		"status 302":                              {&hook.FetchResponse{Status: 302}, nil},
		"JSON object: byte 0":                     {&hook.FetchResponse{Status: 200, Body: "<html>alice"}, nil},
		"JSON object: byte 0: an object":          {&hook.FetchResponse{Status: 200, Body: "[]"}, nil},
		"JSON object: byte 1: a member":           {&hook.FetchResponse{Status: 200, Body: "{alice"}, nil},
		"JSON object: byte 11: a member appears":  {&hook.FetchResponse{Status: 200, Body: `{"a":1,"a":2}`}, nil},
		"body_base64: illegal base64 data at inp": {&hook.FetchResponse{Status: 200, BodyBase64: "*"}, nil},
	} {
		(&posterntest.Host{Fetch: func(*hook.Fetch) (*hook.FetchResponse, error) { return answer.response, answer.err }}).Use(t)
		_, err := claims(input(`{"url":"https://d.example/{name}","claims":{"a":"a"}}`, hook.User{Name: "alice"}))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "alice") {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

func TestModuleBuilds(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds a module")
	}
	name := filepath.Join(t.TempDir(), "directory.wasm")
	build := exec.Command("go", "build", "-buildmode=c-shared", "-o", name, ".")
	build.Env = append(os.Environ(), "GOOS=wasip1", "GOARCH=wasm", "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	built, err := os.ReadFile(name)
	if err != nil || !strings.HasPrefix(string(built), "\x00asm") || !strings.Contains(string(built), "http_fetch") || strings.Contains(string(built), "secret_get") {
		t.Errorf("%d bytes of a module that imports http_fetch alone, %v", len(built), err)
	}
}

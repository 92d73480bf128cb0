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

func TestWanted(t *testing.T) {
	for _, test := range []struct {
		types string
		kind  string
		want  bool
	}{
		{"", "signin.failed", true},
		{"signin", "signin.failed", true},
		{"signin.failed", "signin.failed", true},
		{"signin.failed", "signin.succeeded", false},
		{"sign", "signin.failed", false},
		{"signin", "signout", false},
		{"signout", "signout", true},
		{"user signin", "signin.failed", true},
		{"user", "signin.failed", false},
	} {
		if got := wanted(strings.Fields(test.types), test.kind); got != test.want {
			t.Errorf("%q wants %s: %v", test.types, test.kind, got)
		}
	}
}

// TestFails holds that everything but a success of the receiver is a failure, so that
// the host gives the event again, and that a success is none.
func TestFails(t *testing.T) {
	for _, test := range []struct {
		response *hook.FetchResponse
		err      error
		want     string // part of the error; empty: none
	}{
		{&hook.FetchResponse{Status: 200, Body: "ok"}, nil, ""},
		{&hook.FetchResponse{Status: 204}, nil, ""},
		{&hook.FetchResponse{Status: 199}, nil, "status 199"},
		{&hook.FetchResponse{Status: 302}, nil, "status 302"},
		{&hook.FetchResponse{Status: 400, Body: "alice"}, nil, "status 400"},
		{&hook.FetchResponse{Status: 503}, nil, "status 503"},
		{nil, errors.New("no route"), "no route"},
		{nil, &hook.CapabilityError{Code: hook.CodeDenied, Message: "grant it"}, "denied"},
	} {
		(&posterntest.Host{Fetch: func(*hook.Fetch) (*hook.FetchResponse, error) { return test.response, test.err }}).Use(t)
		err := post(&hook.EventInput{Settings: parse(`{"url":"https://e.example/"}`), Event: hook.Event{ID: "e1", Type: "x"}})
		if (err == nil) != (test.want == "") || err != nil && (!strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "alice")) {
			t.Errorf("%+v: got %v, want %q", test.response, err, test.want)
		}
	}
}

// TestNeverReadsTheSecret holds that the secret stays with the host, and that it goes
// into the header that the settings say.
func TestNeverReadsTheSecret(t *testing.T) {
	(&posterntest.Host{Fetch: func(request *hook.Fetch) (*hook.FetchResponse, error) {
		if len(request.Secrets) != 1 || request.Secrets[0] != (hook.FetchSecret{Header: "x-key", Name: secret}) || len(request.Headers) != 1 {
			t.Errorf("got %+v", request)
		}
		return &hook.FetchResponse{Status: 204}, nil
	}}).Use(t)
	in := &hook.EventInput{Settings: parse(`{"url":"https://e.example/","header":"x-key","prefix":""}`), Event: hook.Event{ID: "e1", Type: "x"}}
	if err := post(in); err != nil {
		t.Error(err)
	}
}

func TestModuleBuilds(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds a module")
	}
	name := filepath.Join(t.TempDir(), "webhook.wasm")
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

package remote_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/remote"
	"github.com/postern-id/postern/core/remote/login"
	"github.com/postern-id/postern/sdk/api"
)

const secret = "api_0000000000000000"

// at gives a desk at a server that answers so.
func at(t *testing.T, answer http.HandlerFunc) *remote.Desk {
	t.Helper()
	server := httptest.NewServer(answer)
	t.Cleanup(server.Close)
	return remote.New(server.URL, new(login.Client).WithToken(server.URL, secret))
}

func refuse(w http.ResponseWriter, p api.Problem) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(p.Status)
	json.NewEncoder(w).Encode(p)
}

// Problems come back as the errors that a desk here gives.
func TestProblems(t *testing.T) {
	for kind, test := range map[string]struct {
		problem    api.Problem
		text, hint string
		is         error
	}{
		"denied":       {api.Problem{Status: 403, Detail: "this needs the permission users:write in the organisation acme"}, "this needs the permission users:write in the organisation acme", "role", nil},
		"stale":        {api.Problem{Status: 412, Detail: `somebody changed the user "alice" since it was read`}, "somebody changed", "again", core.ErrStale},
		"missing":      {api.Problem{Status: 404, Detail: `there is no plugin instance "x\"y"`}, `there is no plugin instance "x\"y"`, "", core.ErrNotFound},
		"unauthorized": {api.Problem{Status: 401}, "does not take the token", "postern token create", nil},
		"conflict":     {api.Problem{Status: 409, Title: "It is not as the request takes it to be"}, "it is not as the request takes it to be", "again", core.ErrConflict},
		"limit":        {api.Problem{Status: 409, Title: "There are as many as there may be"}, "there are as many as there may be", "", core.ErrLimit},
		"failed":       {api.Problem{Status: 500, Instance: "9dd10353887efe4a"}, "failed, reference 9dd10353887efe4a", "in its log", nil},
		"unavailable":  {api.Problem{Status: 503}, "failed", "log", nil},
		"key-reused":   {api.Problem{Status: 422, Title: "The key was used"}, "the key was used", "", nil},
	} {
		t.Run(kind, func(t *testing.T) {
			desk := at(t, func(w http.ResponseWriter, r *http.Request) {
				test.problem.Type = "/problems/" + kind
				refuse(w, test.problem)
			})
			_, err := desk.User(t.Context(), "x")
			if err == nil || !strings.Contains(err.Error(), test.text) || test.is != nil && !errors.Is(err, test.is) || !strings.Contains(hint(err), test.hint) {
				t.Errorf("got %v with hint %q", err, hint(err))
			}
			if strings.Contains(fmt.Sprintf("%+v", err), secret) {
				t.Errorf("%v has the token in it", err)
			}
		})
	}
}

func hint(err error) string {
	with, ok := errors.AsType[interface {
		error
		Hint() string
	}](err)
	if !ok {
		return ""
	}
	return with.Hint()
}

func TestMissingByName(t *testing.T) {
	desk := at(t, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("login") != "no body" || r.URL.Query().Get("organisation") != "acme" || r.Header.Get("Authorization") != "Bearer "+secret {
			t.Errorf("asked for %s with %s", r.URL, r.Header)
		}
		fmt.Fprint(w, `{"items":[]}`)
	})
	_, err := desk.FindUser(t.Context(), "acme", "no body")
	missing, ok := errors.AsType[*admin.MissingError](err)
	if !ok || *missing != (admin.MissingError{What: "user", Name: "no body"}) {
		t.Errorf("got %v", err)
	}
}

func TestInvalid(t *testing.T) {
	desk := at(t, func(w http.ResponseWriter, r *http.Request) {
		refuse(w, api.Problem{Type: "/problems/invalid", Status: 422, Detail: "a; b", Errors: []api.FieldError{{Field: "profile.phone", Detail: "a", Hint: "c"}, {Detail: "b"}}})
	})
	err := desk.SetPassword(t.Context(), "x", "pw")
	wrong, ok := errors.AsType[*admin.InvalidError](err)
	if !ok || len(wrong.Problems) != 2 || wrong.Problems[0].Field != "profile.phone" || wrong.Problems[0].Text != "a" || wrong.Problems[0].Hint != "c" || wrong.Problems[1].Text != "b" {
		t.Errorf("got %+v", wrong)
	}
}

// What is no Postern, and what is nothing at all.
func TestNoAPI(t *testing.T) {
	for name, test := range map[string]struct {
		answer     http.HandlerFunc
		text, hint string
	}{
		"page": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(502); fmt.Fprint(w, "<html>") }, "there is no REST API at http://127.0.0.1", "/api/v1"},
		"redirect": {func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://evil.example/", http.StatusFound)
		}, "302", "address"},
		"nonsense":                {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "hello") }, "read the answer", ""},
		"unauthorized by a proxy": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(401) }, "401", "address"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := at(t, test.answer).User(t.Context(), "x")
			if err == nil || !strings.Contains(err.Error(), test.text) || !strings.Contains(hint(err), test.hint) {
				t.Errorf("got %v with hint %q", err, hint(err))
			}
		})
	}
	server := httptest.NewServer(nil)
	server.Close()
	_, err := remote.New(server.URL, new(login.Client).WithToken(server.URL, secret)).User(t.Context(), "x")
	if err == nil || !strings.Contains(err.Error(), "cannot reach "+server.URL+": nothing listens there") || hint(err) == "" {
		t.Errorf("got %v", err)
	}
}

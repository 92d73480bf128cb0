package api_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/postern-id/postern/sdk/api"
)

func TestCallerSends(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got := []string{
			r.Method, r.URL.EscapedPath(), r.URL.RawQuery, string(body), r.Header.Get("Authorization"), r.Header.Get("Content-Type"), r.Header.Get("If-Match"),
			r.Header.Get("Idempotency-Key"),
		}
		want := []string{"PATCH", "/base/api/v1/users/a%2Fb", "", `{"name":"anna"}`, "Bearer secret", "application/merge-patch+json", `"v1"`, "k"}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("%q, want %q", got[i], want[i])
			}
		}
		_, _ = io.WriteString(w, `{"name":"anna"}`)
	}))
	defer server.Close()
	c := &api.Caller{Server: server.URL + "/base/", Token: func(context.Context) (string, error) { return "secret", nil }}
	user, err := c.UpdateUser(t.Context(), "a/b", api.Patch(`{"name":"anna"}`), api.IfMatch("v1"), api.Once("k"))
	if err != nil || user.Name != "anna" {
		t.Errorf("%+v, %v", user, err)
	}
}

func TestCallerRefused(t *testing.T) {
	for name, test := range map[string]struct {
		kind, body, want string
		isStale          bool
	}{
		"problem":     {"application/problem+json", `{"type":"/problems/stale","title":"Stale","status":200,"detail":"somebody changed it"}`, "somebody changed it", true},
		"field":       {"application/problem+json", `{"type":"/problems/invalid","errors":[{"field":"name","detail":"is missing"}]}`, "name: is missing", false},
		"other page":  {"text/html", `<p>secret</p>`, "the server answered 412 Precondition Failed", false},
		"broken JSON": {"application/problem+json", `{`, "the server answered 412 Precondition Failed", false},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", test.kind)
				w.WriteHeader(http.StatusPreconditionFailed)
				_, _ = io.WriteString(w, test.body)
			}))
			defer server.Close()
			err := (&api.Caller{Server: server.URL}).DeleteUser(t.Context(), "1")
			told, ok := errors.AsType[*api.Problem](err)
			if !ok || told.Error() != test.want || told.Status != http.StatusPreconditionFailed {
				t.Errorf("%v", err)
			}
			if api.IsProblem(err, api.ProblemStale) != test.isStale {
				t.Errorf("%v is stale: %v", err, !test.isStale)
			}
		})
	}
}

func TestAll(t *testing.T) {
	pages := map[string]*api.Page[int]{"": {Items: []int{1, 2}, Next: "b"}, "b": {Items: []int{3}, Next: "c"}}
	broken := errors.New("broken")
	list := func(after string) (*api.Page[int], error) {
		if page, ok := pages[after]; ok {
			return page, nil
		}
		return nil, broken
	}
	var got []int
	var last error
	for item, err := range api.All(list) {
		got, last = append(got, item), err
	}
	if len(got) != 4 || got[2] != 3 || !errors.Is(last, broken) {
		t.Errorf("%v, %v", got, last)
	}
	for item := range api.All(list) {
		if item == 2 {
			break
		}
	}
}

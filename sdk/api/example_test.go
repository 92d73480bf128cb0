package api_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/postern-id/postern/sdk/api"
)

// A user is made, and what is wrong is told field by field.
func Example() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusUnprocessableEntity)
		fmt.Fprint(w, `{"type":"/problems/invalid","title":"The request says what cannot be","status":422,
			"errors":[{"field":"email","detail":"\"q\" is no e-mail address","hint":"write it like name@example.org"}]}`)
	}))
	defer server.Close()

	caller := &api.Caller{Server: server.URL, Token: func(context.Context) (string, error) { return "api_...", nil }}
	_, err := caller.CreateUser(context.Background(), api.NewUser{Name: "alice", Email: "q"}, api.Once("alice-1"))
	if problem, ok := err.(*api.Problem); ok && api.IsProblem(err, api.ProblemInvalid) {
		for _, field := range problem.Errors {
			fmt.Printf("%s: %s; %s\n", field.Field, field.Detail, field.Hint)
		}
	}
	// Output: email: "q" is no e-mail address; write it like name@example.org
}

// All items of a list, page after page; a server that is busy is asked again.
func ExampleAll() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Query().Get("after") {
		case "":
			fmt.Fprint(w, `{"items":[{"name":"alice"},{"name":"bob"}],"next":"2"}`)
		default:
			fmt.Fprint(w, `{"items":[{"name":"carl"}]}`)
		}
	}))
	defer server.Close()

	caller := &api.Caller{Server: server.URL, Retries: 3}
	for user, err := range api.All(func(after string) (*api.Page[api.User], error) {
		return caller.ListUsers(context.Background(), api.ListUsersQuery{Limit: 2, After: after})
	}) {
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(user.Name)
	}
	// Output:
	// alice
	// bob
	// carl
}

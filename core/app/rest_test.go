package app_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/sdk/api"
)

// apiToken gives a user a token of the REST API.
func (w *world) apiToken(user core.ID, permissions ...core.Permission) string {
	w.t.Helper()
	now := w.clock.Now()
	credential := core.NewCredential(core.KindAPI, core.NewID(now, rand.Reader), rand.Reader)
	err := w.app.Store.Apply(w.t.Context(), core.AddAPIToken{Token: core.APIToken{
		ID: credential.ID, Holder: user, Name: "test", Hash: credential.Hash(), Permissions: permissions, CreatedAt: now, ExpiresAt: now.Add(time.Hour),
	}})
	if err != nil {
		w.t.Fatal(err)
	}
	return credential.String()
}

func (w *world) caller(token string) *api.Caller {
	return &api.Caller{Server: w.issuer, Token: func(context.Context) (string, error) { return token, nil }}
}

// owner makes an owner of the server and gives a caller for them.
func (w *world) owner() *api.Caller {
	w.t.Helper()
	made, err := w.app.Admin.CreateUser(w.t.Context(), admin.Actor{Name: "cli:test"}, admin.NewUser{Name: "root", Admin: true})
	if err != nil {
		w.t.Fatal(err)
	}
	return w.caller(w.apiToken(made.User.ID))
}

// TestRESTClient walks through the API with the client that is made of its document.
func TestRESTClient(t *testing.T) {
	w := newWorld(t)
	c, ctx := w.owner(), t.Context()
	made, err := c.CreateUser(ctx, api.NewUser{Name: "anna", Email: "anna@example.org", Groups: []string{"staff"}}, api.Once("k-1"))
	if err != nil {
		t.Fatal(err)
	}
	user := made.User
	after := user
	after.Profile.Nickname = "An"
	after.Attributes = map[string]string{"room": "1"}
	patch, err := api.Diff(user, after)
	if err != nil {
		t.Fatal(err)
	}
	w.clock.advance(time.Second)
	changed, err := c.UpdateUser(ctx, user.ID, patch, api.IfMatch(user.Version))
	if err != nil || changed.Profile.Nickname != "An" || changed.Version == user.Version {
		t.Fatalf("%+v, %v", changed, err)
	}
	if _, err := c.UpdateUser(ctx, user.ID, patch, api.IfMatch(user.Version)); !api.IsProblem(err, api.ProblemStale) {
		t.Errorf("an old version is taken: %v", err)
	}
	for _, name := range []string{"bob", "carl", "dora"} {
		if _, err := c.CreateUser(ctx, api.NewUser{Name: name}); err != nil {
			t.Fatal(err)
		}
	}
	var names []string
	for found, err := range api.All(func(after string) (*api.Page[api.User], error) {
		return c.ListUsers(ctx, api.ListUsersQuery{Limit: 2, After: after})
	}) {
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, found.Name)
	}
	if got := strings.Join(names, " "); got != "anna bob carl dora root" {
		t.Errorf("the users are %s", got)
	}
	events, err := c.ListEvents(ctx, api.ListEventsQuery{User: user.ID, Type: "user.updated"})
	if err != nil || len(events.Items) != 1 || !strings.HasPrefix(events.Items[0].Actor, "user:") || events.Items[0].Address != "127.0.0.1" {
		t.Errorf("%+v, %v", events, err)
	}
	if err := c.DeleteUser(ctx, user.ID, api.IfMatch(changed.Version)); err != nil {
		t.Error(err)
	}
	if _, err := c.GetUser(ctx, user.ID); !api.IsProblem(err, api.ProblemMissing) {
		t.Errorf("the user is still there: %v", err)
	}
}

// TestRESTPlugin installs a module over the wire.
func TestRESTPlugin(t *testing.T) {
	w := newWorld(t)
	c, ctx := w.owner(), t.Context()
	plugins, err := c.ListPlugins(ctx)
	if err != nil || len(plugins.Items) < 5 {
		t.Fatalf("%+v, %v", plugins, err)
	}
	for _, query := range []api.InstallPluginQuery{{}, {AllowUnsigned: true}} {
		_, err = c.InstallPlugin(ctx, query, []byte("no module"))
		if told, ok := errors.AsType[*api.Problem](err); !ok || told.Status != http.StatusUnprocessableEntity || len(told.Errors) == 0 {
			t.Errorf("%+v: %v", query, err)
		}
	}
	connector, err := c.CreateConnector(ctx, api.NewConnector{Name: "work", Plugin: "oidc", Settings: []byte(`{"issuer":"https://idp.example","client_id":"postern"}`)})
	if err != nil {
		t.Fatal(err)
	}
	if !connector.Disabled || len(connector.Missing) == 0 || connector.RedirectURI != w.issuer+"/callback/work" {
		t.Errorf("%+v", connector)
	}
}

func TestRESTRefuses(t *testing.T) {
	w := newWorld(t)
	root := w.owner()
	token, err := root.Token(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ask := func(method, path, body string, headers ...string) (*http.Response, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, w.issuer+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		for _, header := range headers {
			name, value, _ := strings.Cut(header, ": ")
			r.Header.Set(name, value)
		}
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response, string(text)
	}
	bearer := "Authorization: Bearer " + token
	for name, test := range map[string]struct {
		method, path, body string
		headers            []string
		status             int
	}{
		"nobody":             {"GET", "/api/v1/users", "", nil, 401},
		"token in the query": {"GET", "/api/v1/users?access_token=" + token, "", nil, 401},
		"token as a cookie":  {"GET", "/api/v1/users", "", []string{"Cookie: __Host-session=" + token}, 401},
		"password":           {"GET", "/api/v1/users", "", []string{"Authorization: Basic cm9vdDpyb290"}, 401},
		"another page's":     {"OPTIONS", "/api/v1/users", "", []string{"Origin: https://evil.example", "Access-Control-Request-Method: GET"}, 405},
		"large":              {"POST", "/api/v1/users", `{"name":"` + strings.Repeat("x", 256<<10) + `"}`, []string{bearer}, 413},
		"form":               {"POST", "/api/v1/users", "name=anna", []string{bearer, "Content-Type: application/x-www-form-urlencoded"}, 415},
		"nothing":            {"GET", "/api/v1", "", []string{bearer}, 404},
		"path with dots":     {"GET", "/api/v1/users/..%2Fusers", "", []string{bearer}, 404},
	} {
		t.Run(name, func(t *testing.T) {
			response, text := ask(test.method, test.path, test.body, test.headers...)
			if response.StatusCode != test.status || response.Header.Get("Content-Type") != "application/problem+json" || response.Header.Get("Cache-Control") != "no-store" {
				t.Errorf("%d %v %s", response.StatusCode, response.Header, text)
			}
			if reference := response.Header.Get("X-Request-Id"); reference == "" || !strings.Contains(text, `"instance":"`+reference+`"`) {
				t.Errorf("the reference %q is not in %s", reference, text)
			}
			if response.Header.Get("Access-Control-Allow-Origin") != "" || test.status == 401 && response.Header.Get("WWW-Authenticate") == "" {
				t.Errorf("%v", response.Header)
			}
		})
	}
	if response, text := ask("GET", "/problems/stale", ""); response.StatusCode != http.StatusOK || !strings.Contains(text, "If-Match") {
		t.Errorf("%d %s", response.StatusCode, text)
	}
	response, text := ask("GET", "/api/v1/users", "", bearer, "Origin: https://evil.example")
	if response.StatusCode != http.StatusOK || response.Header.Get("Access-Control-Allow-Origin") != "" || !bytes.Contains([]byte(text), []byte(`"root"`)) {
		t.Errorf("%d %v %s", response.StatusCode, response.Header, text)
	}
	narrow := w.caller(w.apiToken(w.userID("root"), core.ReadGroups))
	if _, err := narrow.ListUsers(t.Context(), api.ListUsersQuery{}); !api.IsProblem(err, api.ProblemDenied) {
		t.Errorf("a narrow token lists users: %v", err)
	}
	if _, err := narrow.ListGroups(t.Context(), api.ListGroupsQuery{}); err != nil {
		t.Error(err)
	}
}

func (w *world) userID(name string) core.ID {
	w.t.Helper()
	user, err := w.app.Admin.FindUser(w.t.Context(), "", name)
	if err != nil {
		w.t.Fatal(err)
	}
	return user.ID
}

package scim_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/bearer"
	"github.com/postern-id/postern/core/desk"
	"github.com/postern-id/postern/core/scim"
	"github.com/postern-id/postern/core/store"
)

const (
	issuer = "https://id.example"
	base   = issuer + scim.Prefix

	urnUser       = "urn:ietf:params:scim:schemas:core:2.0:User"
	urnGroup      = "urn:ietf:params:scim:schemas:core:2.0:Group"
	urnEnterprise = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
	urnPatch      = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
)

// world is a server on a database of its own.
type world struct {
	t      testing.TB
	store  *store.Store
	admin  *admin.Service
	server *scim.Server
	now    time.Time
	log    bytes.Buffer
	// who sends the requests, and where they belong.
	who desk.Caller
	org string
	// refused is why they are nobody; nil: they are somebody.
	refused error
}

func (w *world) Bearer(*http.Request) (*bearer.Bearer, error) {
	if w.refused != nil {
		return nil, w.refused
	}
	return &bearer.Bearer{Caller: w.who, Holder: &core.APIHolder{Org: core.Organisation{Name: w.org}}}, nil
}

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC), org: core.DefaultOrganisation}
	clock := func() time.Time { return w.now }
	opened, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "postern.db"), Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := opened.Close(); err != nil {
			t.Error(err)
		}
	})
	w.store = opened
	w.admin = &admin.Service{Store: opened, Hasher: hasher{}, Now: clock, Rand: rand.Reader}
	w.server = &scim.Server{
		Issuer: issuer, Callers: w, Office: &desk.Office{Admin: w.admin, Store: opened}, Logger: slog.New(slog.NewTextHandler(&w.log, nil)),
	}
	w.who = desk.Everything(admin.Actor{Name: "cli:tester"})
	return w
}

// hasher hashes without the work, and knows one rule.
type hasher struct{}

type weak struct{}

func (weak) Error() string           { return "refused" }
func (weak) PasswordProblem() string { return "the password is too short" }
func (weak) FieldProblem() core.FieldProblem {
	return core.FieldProblem{Kind: core.FieldShort, Limit: 8}
}

func (hasher) HashUnder(_ context.Context, _ core.OrgRules, _ *core.User, password string) (string, error) {
	if len(password) < 8 {
		return "", weak{}
	}
	return "$argon2id$v=19$m=8,t=1,p=1$c2FsdHNhbHRzYWx0$" + strings.Repeat("x", 43), nil
}

func (hasher) Renews(string) (bool, error) { return false, nil }

func (hasher) Foreign(hash string) (string, error) { return hash, nil }

// answer is what came back.
type answer struct {
	t      testing.TB
	status int
	header http.Header
	body   any // JSON; nil: none
}

// whatItIs has a resource say what it is, unless the test has it say something of that.
func whatItIs(method, path, body string) string {
	rest, is := strings.CutPrefix(body, "{")
	if !is || method == "PATCH" || strings.Contains(strings.ToLower(body), `"schemas"`) || !json.Valid([]byte(body)) {
		return body
	}
	urn := urnUser
	switch {
	case strings.Contains(path, "/Groups"):
		urn = urnGroup
	case !strings.Contains(path, "/Users"):
		return body
	}
	if strings.TrimSpace(rest) != "}" {
		rest = "," + rest
	}
	return `{"schemas":["` + urn + `"]` + rest
}

// ask sends a request. Body is JSON, or empty; headers are pairs of a name and a value.
func (w *world) ask(method, path, body string, headers ...string) *answer {
	w.t.Helper()
	r := httptest.NewRequest(method, base+path, strings.NewReader(whatItIs(method, path, body)))
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	recorder := httptest.NewRecorder()
	w.server.ServeHTTP(recorder, r)
	a := &answer{t: w.t, status: recorder.Code, header: recorder.Header()}
	if text := recorder.Body.Bytes(); len(text) > 0 {
		if err := json.Unmarshal(text, &a.body); err != nil {
			w.t.Fatalf("%s %s: %v in %q", method, path, err, text)
		}
		if got := a.header.Get("Content-Type"); got != "application/scim+json" {
			w.t.Errorf("%s %s: Content-Type %q", method, path, got)
		}
	}
	return a
}

// is fails the test unless the answer has the status.
func (a *answer) is(status int) *answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("status %d, not %d: %v", a.status, status, a.body)
	}
	return a
}

// refused fails the test unless the answer is a refusal of the status and scimType.
func (a *answer) refused(status int, kind string) *answer {
	a.t.Helper()
	a.is(status)
	members, _ := a.body.(map[string]any)
	got, _ := members["scimType"].(string)
	if got != kind || !reflect.DeepEqual(members["schemas"], []any{"urn:ietf:params:scim:api:messages:2.0:Error"}) || members["detail"] == "" {
		a.t.Errorf("scimType %q, not %q: %v", got, kind, a.body)
	}
	return a
}

// at gives what stands in the answer, by names and numbers: "emails.0.value". A name that
// has dots itself stands in a part of its own.
func (a *answer) at(parts ...string) any {
	var names []string
	for _, part := range parts {
		if strings.HasPrefix(part, "urn:") {
			names = append(names, part)
		} else {
			names = append(names, strings.Split(part, ".")...)
		}
	}
	value := a.body
	for _, name := range names {
		switch at := value.(type) {
		case map[string]any:
			value = at[name]
		case []any:
			index := int(name[0] - '0')
			if index >= len(at) {
				return nil
			}
			value = at[index]
		default:
			return nil
		}
	}
	return value
}

// has fails the test unless the answer has the value there.
func (a *answer) has(want any, parts ...string) *answer {
	a.t.Helper()
	if got := a.at(parts...); !reflect.DeepEqual(got, want) {
		a.t.Errorf("%v is %v, not %v", parts, got, want)
	}
	return a
}

func (a *answer) id() string {
	a.t.Helper()
	id, _ := a.at("id").(string)
	if id == "" {
		a.t.Fatalf("there is no id: %v", a.body)
	}
	return id
}

// names gives the userName or displayName of each resource of a list.
func (a *answer) names() string {
	var all []string
	resources, _ := a.is(http.StatusOK).at("Resources").([]any)
	for _, resource := range resources {
		members, _ := resource.(map[string]any)
		name, is := members["userName"].(string)
		if !is {
			name, _ = members["displayName"].(string)
		}
		all = append(all, name)
	}
	return strings.Join(all, " ")
}

// user makes a user by SCIM. More are members in JSON.
func (w *world) user(name, more string) *answer {
	w.t.Helper()
	if more != "" {
		more = "," + more
	}
	return w.ask("POST", "/Users", `{"schemas":["`+urnUser+`"],"userName":"`+name+`"`+more+`}`).is(http.StatusCreated)
}

func (w *world) stored(id string) *core.User {
	w.t.Helper()
	user, err := w.store.User(w.t.Context(), core.ID(id))
	if err != nil {
		w.t.Fatal(err)
	}
	return user
}

// patch sends operations in JSON.
func (w *world) patch(path, operations string, headers ...string) *answer {
	w.t.Helper()
	return w.ask("PATCH", path, `{"schemas":["`+urnPatch+`"],"Operations":[`+operations+`]}`, headers...)
}

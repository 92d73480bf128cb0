package rest_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/routers"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/bearer"
	"github.com/postern-id/postern/core/desk"
	"github.com/postern-id/postern/core/oauth"
	"github.com/postern-id/postern/core/rest"
	"github.com/postern-id/postern/core/store"
)

// world is the API of a database of its own.
type world struct {
	t       *testing.T
	now     time.Time
	store   *store.Store
	admin   *admin.Service
	handler http.Handler
	router  routers.Router // of the document
	log     bytes.Buffer
	// callers are who has which token.
	callers map[string]desk.Caller
}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC), callers: map[string]desk.Caller{}}
	opened, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "postern.db"), Now: w.clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := opened.Close(); err != nil {
			t.Error(err)
		}
	})
	w.store = opened
	w.admin = &admin.Service{Store: opened, Hasher: hasher{}, Plugins: catalogue{w}, Sealer: sealer{}, KeyMaker: keys{w}, Now: w.clock, Rand: rand.Reader, Issuer: "https://id.example"}
	w.callers["owner"] = desk.Everything(admin.Actor{Name: "user:owner"})
	w.callers["auditor"] = desk.Caller{Actor: admin.Actor{Name: "user:auditor"}, Roles: []core.RoleGrant{{Org: core.DefaultOrganisation, Role: core.RoleAuditor}}}
	w.handler = w.server().Handler()
	if w.router, err = newRouter(); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) server() *rest.Server {
	return &rest.Server{
		Office: &desk.Office{Admin: w.admin, Store: w.store}, Callers: w, Answers: w.store, Modules: catalogue{w}, Issuer: "https://id.example", CursorKey: [32]byte{7},
		Logger: slog.New(slog.NewTextHandler(&w.log, nil)), Now: w.clock,
	}
}

func (w *world) newID() core.ID { return core.NewID(w.now, rand.Reader) }

func (w *world) clock() time.Time { return w.now }

// Bearer knows the callers of the world.
func (w *world) Bearer(r *http.Request) (*bearer.Bearer, error) {
	name := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	who, ok := w.callers[name]
	if !ok {
		refusal := oauth.Refuse(oauth.CodeInvalidToken, "unknown_token", "The token is not valid.")
		return nil, &bearer.Refused{Refusal: refusal, Challenge: `Bearer realm="test"`}
	}
	return &bearer.Bearer{Caller: who}, nil
}

// hasher hashes without the work, and knows one rule.
type hasher struct{}

type weak struct{}

func (weak) Error() string           { return "refused" }
func (weak) PasswordProblem() string { return "the password is too weak" }
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
	t      *testing.T
	status int
	header http.Header
	body   []byte
}

// ask sends a request as somebody: "PATCH /users/1 If-Match: ..." with headers after the
// path, one to an argument.
func (w *world) ask(who, line, body string, headers ...string) answer {
	w.t.Helper()
	method, path, _ := strings.Cut(line, " ")
	r := httptest.NewRequest(method, "/api/v1"+path, strings.NewReader(body))
	r = r.WithContext(bearer.WithOrigin(w.t.Context(), bearer.Origin{IP: "192.0.2.1", Correlation: "c0ffee"}))
	if who != "" {
		r.Header.Set("Authorization", "Bearer "+who)
	}
	for _, header := range headers {
		name, value, _ := strings.Cut(header, ": ")
		r.Header.Set(name, value)
	}
	recorder := httptest.NewRecorder()
	w.handler.ServeHTTP(recorder, r)
	result := recorder.Result()
	got, err := io.ReadAll(result.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	a := answer{w.t, result.StatusCode, result.Header, got}
	w.checkAnswer(r, a)
	w.conforms(r, body, a)
	return a
}

// checkAnswer holds every answer of every test to what is true of all of them.
func (w *world) checkAnswer(r *http.Request, a answer) {
	w.t.Helper()
	if got := a.header.Get("Cache-Control"); got != "no-store" {
		w.t.Errorf("%s %s: Cache-Control is %q", r.Method, r.URL, got)
	}
	for name := range a.header {
		if strings.HasPrefix(name, "Access-Control-") || name == "Set-Cookie" {
			w.t.Errorf("%s %s: there is a header %s", r.Method, r.URL, name)
		}
	}
	if a.status >= 400 && a.header.Get("Content-Type") != "application/problem+json" {
		w.t.Errorf("%s %s: %d is a %q", r.Method, r.URL, a.status, a.header.Get("Content-Type"))
	}
}

// want fails unless the answer has the status.
func (a answer) want(status int) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("status %d, want %d: %s", a.status, status, a.body)
	}
	return a
}

// at gives the value at a path of members and places: "items.0.name".
func (a answer) at(path string) any {
	a.t.Helper()
	var value any
	if err := json.Unmarshal(a.body, &value); err != nil {
		a.t.Fatalf("%s: %v", a.body, err)
	}
	for part := range strings.SplitSeq(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[part]
		case []any:
			i := int(part[0] - '0')
			if len(v) <= i {
				return nil
			}
			value = v[i]
		default:
			return nil
		}
	}
	return value
}

// has fails unless the value at each path is as it is written behind it, as by %v.
func (a answer) has(want map[string]any) answer {
	a.t.Helper()
	for path, value := range want {
		if got := a.at(path); !equal(got, value) {
			a.t.Errorf("%s is %v, want %v, in %s", path, got, value, a.body)
		}
	}
	return a
}

func equal(got, want any) bool {
	a, errA := json.Marshal(got)
	b, errB := json.Marshal(want)
	return errA == nil && errB == nil && bytes.Equal(a, b)
}

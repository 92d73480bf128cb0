package admin_test

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/store"
)

// world is a service on a database of its own.
type world struct {
	made int // keys
	*admin.Service
	t     *testing.T
	store *store.Store
	// modules are what the catalogue makes of code, shipped is what comes with the
	// binary besides, and meanwhile is run while settings are checked.
	modules   map[string][]admin.Plugin
	shipped   []admin.Plugin
	meanwhile func()
	now       time.Time
	folder    string // of the database
}

var actor = admin.Actor{Name: "cli:tester", IP: "192.0.2.1", Correlation: "c-1"}

func newWorld(t *testing.T) *world {
	t.Helper()
	w := &world{t: t, now: time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC), folder: t.TempDir()}
	opened, err := store.Open(t.Context(), store.Options{Path: w.path(), Now: w.clock})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := opened.Close(); err != nil {
			t.Error(err)
		}
	})
	w.store = opened
	w.modules = map[string][]admin.Plugin{}
	w.Service = &admin.Service{
		Store: opened, Hasher: hasher{}, Plugins: catalogue{w}, Sealer: sealer{}, KeyMaker: keys{w}, Now: w.clock, Rand: rand.Reader,
	}
	return w
}

func (w *world) clock() time.Time { return w.now }

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

// Renews takes the hashes of Argon2id for Postern's own, and knows bcrypt besides.
func (hasher) Renews(hash string) (bool, error) {
	switch {
	case strings.HasPrefix(hash, "$argon2id$"):
		return false, nil
	case strings.HasPrefix(hash, "$2b$"):
		return true, nil
	}
	return false, errors.New("no such scheme")
}

// Foreign knows a form of bcrypt besides that which is stored.
func (h hasher) Foreign(hash string) (string, error) {
	hash = strings.TrimPrefix(hash, "{CRYPT}")
	_, err := h.Renews(hash)
	if err != nil {
		return "", err
	}
	return hash, nil
}

func (w *world) user(input admin.NewUser) *core.User {
	w.t.Helper()
	created, err := w.CreateUser(w.t.Context(), actor, input)
	if err != nil {
		w.t.Fatal(err)
	}
	return &created.User
}

func (w *world) client(input admin.NewClient) *core.Client {
	w.t.Helper()
	if input.Edit == nil {
		input.Edit = redirectTo("https://rp.example/cb")
	}
	created, err := w.CreateClient(w.t.Context(), actor, input)
	if err != nil {
		w.t.Fatal(err)
	}
	return &created.Client
}

func redirectTo(uris ...string) func(*core.Client) {
	return func(c *core.Client) { c.RedirectURIs = uris }
}

// signedIn gives the user a session with a grant, and their identifiers.
func (w *world) signedIn(user *core.User, client *core.Client) (session, grant core.ID) {
	w.t.Helper()
	session, grant = core.NewID(w.now, rand.Reader), core.NewID(w.now, rand.Reader)
	later := w.now.Add(time.Hour)
	err := w.store.Apply(w.t.Context(),
		core.StartSession{Session: core.Session{ID: session, Hash: core.Hash{1}, UserID: user.ID, AuthTime: w.now, CreatedAt: w.now, ExpiresAt: later}},
		core.SaveConsent{Consent: core.Consent{UserID: user.ID, ClientID: client.ID, Scopes: []string{"openid"}, GrantedAt: w.now, UpdatedAt: w.now}},
		core.IssueCode{Grant: core.Grant{
			ID: grant, ClientID: client.ID, UserID: user.ID, SessionID: session, Scopes: []string{"openid"}, AuthTime: w.now,
			CodeHash: core.Hash{2}, CodeExpiresAt: later, RedirectURI: client.RedirectURIs[0], CreatedAt: w.now, ExpiresAt: later,
		}})
	if err != nil {
		w.t.Fatal(err)
	}
	return session, grant
}

// events gives the types of the newest events, newest last.
func (w *world) events(most int) []core.EventType {
	w.t.Helper()
	events, err := w.store.Events(w.t.Context(), core.EventFilter{Limit: most})
	if err != nil {
		w.t.Fatal(err)
	}
	var types []core.EventType
	for _, e := range slices.Backward(events) {
		if e.ID == "" || e.At.IsZero() || e.Actor == "" {
			w.t.Errorf("event %+v says too little", e)
		}
		types = append(types, e.Type)
	}
	return types
}

// problems gives the fields that an error complains about, in order.
func problems(t *testing.T, err error) []string {
	t.Helper()
	wrong, ok := errors.AsType[*admin.InvalidError](err)
	if !ok {
		t.Fatalf("error %v (%T), want *admin.InvalidError", err, err)
	}
	var fields []string
	for _, p := range wrong.Problems {
		if p.Text == "" || strings.HasSuffix(p.Text, ".") || strings.HasSuffix(p.Hint, ".") {
			t.Errorf("not a clause: %+v", p)
		}
		fields = append(fields, p.Field)
	}
	return fields
}

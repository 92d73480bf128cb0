package account_test

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/account"
	"github.com/postern-id/postern/core/authn"
	"github.com/postern-id/postern/core/store"
)

const (
	issuer    = "https://id.example"
	password  = "correct horse battery"
	userAgent = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"
)

// world is the service over a real database, with two people and a clock.
type world struct {
	*account.Service
	t       *testing.T
	store   *store.Store
	now     time.Time
	mailer  *mailer
	factors *factors
	ann     account.Person // who does things
	ben     account.Person // whose things are not hers
}

// mailer keeps what it was asked for.
type mailer struct {
	ready bool
	sent  []core.Mail
	words []map[string]string
}

func (m *mailer) Ready() bool { return m.ready }

func (m *mailer) Compose(now time.Time, to core.Mail, words map[string]string) core.SendMail {
	to.ID, to.Sealed, to.CreatedAt, to.ExpiresAt = core.NewID(now, rand.Reader), []byte("sealed"), now, now.Add(time.Hour)
	m.sent, m.words = append(m.sent, to), append(m.words, maps.Clone(words))
	return core.SendMail{Mail: to}
}

// factors enrols what it is told to.
type factors struct {
	w       *world
	refusal error
	made    int
	never   bool // no browser makes passkeys here
}

func (f *factors) Passkeys() bool { return !f.never }

func (f *factors) PasskeyCreation(_ context.Context, challenge []byte, user *core.User) (json.RawMessage, error) {
	return json.Marshal(map[string]string{"challenge": string(challenge), "user": user.Name})
}

func (f *factors) NewTOTP(user *core.User) (sealed, uri string) {
	return "sealed for " + user.Name, "otpauth://totp/" + user.Name
}

func (f *factors) TOTPURI(user *core.User, sealed string) (string, error) {
	if sealed != "sealed for "+user.Name {
		return "", &core.SignInRefused{Kind: core.SignInWrong}
	}
	return "otpauth://totp/" + user.Name + "?again", nil
}

func (f *factors) AddPasskey(_ context.Context, user *core.User, challenge []byte, expires time.Time, response []byte, name string, event core.Event) ([]core.Change, core.Authenticator, error) {
	if f.refusal != nil {
		return nil, core.Authenticator{}, f.refusal
	}
	one := core.Authenticator{ID: f.w.newID(), UserID: user.ID, Kind: core.AuthenticatorPasskey, Name: name, Handle: response, Data: []byte(`{}`), CreatedAt: f.w.now}
	event.Type = core.EventAuthenticatorAdded
	return []core.Change{core.AddAuthenticator{Authenticator: one}, core.Record{Event: event}}, one, nil
}

func (f *factors) AddTOTP(_ context.Context, user *core.User, sealed, code, name string, event core.Event) ([]core.Change, error) {
	if f.refusal != nil {
		return nil, f.refusal
	}
	one := core.Authenticator{ID: f.w.newID(), UserID: user.ID, Kind: core.AuthenticatorTOTP, Name: name, Data: []byte("sealed"), CreatedAt: f.w.now}
	event.Type = core.EventAuthenticatorAdded
	return []core.Change{core.AddAuthenticator{Authenticator: one}, core.Record{Event: event}}, nil
}

func (f *factors) NewRecoveryCodes(user *core.User) ([]string, core.Change) {
	f.made++
	hash := core.HashSecret(strings.Repeat("x", f.made))
	return []string{"aaaa-bbbb-cccc-dddd"}, core.SetRecoveryCodes{UserID: user.ID, Hashes: []core.Hash{hash}, At: f.w.now}
}

func newWorld(t *testing.T) *world {
	t.Helper()
	db, err := store.Open(t.Context(), store.Options{Path: filepath.Join(t.TempDir(), "test.db"), Readers: 2})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	w := &world{t: t, store: db, now: time.Date(2026, 11, 25, 19, 0, 0, 0, time.UTC), mailer: &mailer{ready: true}}
	w.factors = &factors{w: w}
	clock := func() time.Time { return w.now }
	passwords := authn.New(db, authn.Options{Params: &authn.Params{Memory: 8, Time: 1, Threads: 1}, Now: clock})
	w.Service = &account.Service{
		Store: db, Passwords: passwords, Factors: w.factors, Mailer: w.mailer, Issuer: issuer, Now: clock, Rand: rand.Reader,
	}
	hash, err := passwords.Hash(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	w.ann, w.ben = w.person("ann", hash), w.person("ben", hash)
	return w
}

// person makes somebody who is signed in.
func (w *world) person(name, hash string) account.Person {
	user := core.User{
		ID: w.newID(), Org: core.DefaultOrganisation, Name: name, Email: name + "@example.org", EmailVerified: true, PasswordHash: hash,
		Profile: core.Profile{DisplayName: strings.ToUpper(name), ExternalID: "0815"}, CreatedAt: w.now, UpdatedAt: w.now, PasswordAt: w.now,
	}
	w.apply(core.CreateUser{User: user})
	return w.again(account.Person{
		SignedIn:  &core.SignedIn{User: user, Session: w.session(user.ID)},
		From:      core.Event{IP: "192.0.2.7", Correlation: "c-1"},
		UserAgent: userAgent,
	})
}

func (w *world) session(user core.ID) core.Session {
	s := core.Session{
		ID: w.newID(), Hash: core.HashSecret(string(w.newID())), UserID: user, AuthTime: w.now, AMR: []string{"pwd"}, ACR: "1",
		CreatedAt: w.now, ExpiresAt: w.now.Add(12 * time.Hour), IP: "192.0.2.7", UserAgent: userAgent,
	}
	w.apply(core.StartSession{Session: s})
	return s
}

// again reads who is signed in once more, as each request does.
func (w *world) again(p account.Person) account.Person {
	w.t.Helper()
	in, err := w.store.SignedIn(w.t.Context(), p.Session.ID)
	if err != nil {
		w.t.Fatal(err)
	}
	p.SignedIn = in
	return p
}

// rules changes the rules of the organisation.
func (w *world) rules(edit func(*core.OrgRules)) {
	w.t.Helper()
	org, err := w.store.Organisation(w.t.Context(), core.DefaultOrganisation)
	if err != nil {
		w.t.Fatal(err)
	}
	changed := *org
	edit(&changed.Rules)
	w.apply(core.UpdateOrganisation{Organisation: changed})
	w.ann, w.ben = w.again(w.ann), w.again(w.ben)
}

func (w *world) apply(changes ...core.Change) {
	w.t.Helper()
	if err := w.store.Apply(w.t.Context(), changes...); err != nil {
		w.t.Fatal(err)
	}
}

// renewed applies a renewal, as flow does with a new session.
func (w *world) renewed(r *account.Renewal, err error) *account.Renewal {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
	w.apply(r.Changes...)
	w.now = w.now.Add(time.Millisecond) // so that what is recorded next is newer
	return r
}

func (w *world) newID() core.ID { return core.NewID(w.now, rand.Reader) }

// events gives the newest events of a type, and checks that they say who and where.
func (w *world) events(kind core.EventType, p account.Person) []core.Event {
	w.t.Helper()
	found, err := w.store.Events(w.t.Context(), core.EventFilter{Type: kind})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range found {
		if e.UserID != p.User.ID || e.Actor != "user:"+string(p.User.ID) || e.IP != "192.0.2.7" || e.Correlation != "c-1" || e.SessionID != p.Session.ID || e.Detail["browser"] != "Firefox (Linux)" {
			w.t.Errorf("recorded %+v", e)
		}
	}
	return found
}

// quiet checks that nothing was written by what was refused.
func (w *world) quiet(act func()) {
	w.t.Helper()
	before := w.all()
	act()
	if after := w.all(); len(after) != len(before) {
		w.t.Errorf("something was recorded: %+v", after[0])
	}
}

func (w *world) all() []core.Event {
	w.t.Helper()
	found, err := w.store.Events(w.t.Context(), core.EventFilter{Limit: 1000})
	if err != nil {
		w.t.Fatal(err)
	}
	return found
}

// invalid checks that the error is about these fields.
func invalid(t *testing.T, err error, want ...core.FieldProblem) {
	t.Helper()
	wrong, ok := asInvalid(err)
	if !ok || !slices.Equal(wrong.Problems, want) {
		t.Errorf("got %v, want %+v", err, want)
	}
}

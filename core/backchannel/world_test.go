package backchannel

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/outbound"
	"github.com/postern-id/postern/core/store"
)

// world is a database with clients that are told, in a bubble with a clock of its own.
// Nothing in it takes time but what waits.
type world struct {
	t     *testing.T
	dir   string
	store *store.Store
	user  core.User
	log   *bytes.Buffer
	begin time.Time
	end   func()
	// instead stands for the store of the deliverer; nil is the store itself.
	instead Store

	mu      sync.Mutex
	calls   []call
	running map[string]int
	counted map[string]int
	// takes says what a client makes of a request; nil takes everything at once.
	takes func(ctx context.Context, client string) (status int, err error)
}

// call is a request that a client got.
type call struct {
	at      time.Duration // since the beginning
	client  string
	session string
}

func inWorld(t *testing.T, test func(*testing.T, *world), clients ...string) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, dir: dir, log: &bytes.Buffer{}, begin: time.Now(), end: func() {}, running: map[string]int{}, counted: map[string]int{}}
		w.store = w.open()
		w.user = core.User{ID: w.id(), Org: core.DefaultOrganisation, Name: "ann", CreatedAt: w.begin, UpdatedAt: w.begin}
		w.apply(core.CreateUser{User: w.user})
		for _, id := range clients {
			c := core.Client{ID: id, Org: core.DefaultOrganisation, Name: id, CreatedAt: w.begin, UpdatedAt: w.begin}
			c.Metadata.BackchannelLogoutURI = uriOf(id)
			w.apply(core.CreateClient{Client: c})
		}
		test(t, w)
		w.end()
		if err := w.store.Close(); err != nil {
			t.Error(err)
		}
	})
}

func uriOf(client string) string { return "https://" + client + ".example/logout?a=b" }

func (w *world) id() core.ID { return core.NewID(time.Now(), rand.Reader) }

// open opens the database, as another process would.
func (w *world) open() *store.Store {
	w.t.Helper()
	s, err := store.Open(context.Background(), store.Options{Path: filepath.Join(w.dir, "postern.db")})
	if err != nil {
		w.t.Fatal(err)
	}
	return s
}

func (w *world) apply(changes ...core.Change) {
	w.t.Helper()
	if err := w.store.Apply(context.Background(), changes...); err != nil {
		w.t.Fatal(err)
	}
}

// session gives a session in which the clients have grants.
func (w *world) session(clients ...string) core.ID {
	w.t.Helper()
	now := time.Now()
	s := core.Session{ID: w.id(), UserID: w.user.ID, Hash: core.Hash{1}, AuthTime: now, CreatedAt: now, ExpiresAt: now.Add(1000 * time.Hour)}
	changes := []core.Change{core.StartSession{Session: s}}
	for _, c := range clients {
		changes = append(changes, core.IssueCode{Grant: core.Grant{
			ID: w.id(), ClientID: c, UserID: w.user.ID, SessionID: s.ID, CreatedAt: now, ExpiresAt: s.ExpiresAt,
		}})
	}
	w.apply(changes...)
	return s.ID
}

func (w *world) signOut(id core.ID) {
	w.t.Helper()
	w.apply(core.EndSession{ID: id, At: time.Now()})
}

// ends makes sessions and ends them.
func (w *world) ends(n int, clients ...string) (ids []string) {
	w.t.Helper()
	var all []core.ID
	for range n {
		all = append(all, w.session(clients...))
	}
	for _, id := range all {
		w.signOut(id)
		ids = append(ids, string(id))
	}
	return ids
}

// run begins to tell, without jitter; end waits until that has ended.
func (w *world) run() {
	s := w.instead
	if s == nil {
		s = w.store
	}
	d := &Deliverer{
		Store: s, Tokens: w, Sender: w, Observer: w, Logger: slog.New(slog.NewTextHandler(w.log, nil)), Now: time.Now,
		NewID: func(now time.Time) core.ID { return core.NewID(now, rand.Reader) }, Rand: func() float64 { return 0 },
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan struct{})
	go func() { d.Run(ctx); close(ended) }()
	w.end = sync.OnceFunc(func() { cancel(); <-ended })
	synctest.Wait()
}

// pass lets time pass.
func (w *world) pass(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// LogoutToken makes a token that says what it is for.
func (w *world) LogoutToken(client *core.Client, user, session core.ID, now time.Time) (string, error) {
	if user != w.user.ID || !now.Equal(time.Now()) {
		w.t.Errorf("a token for user %s at %s", user, now)
	}
	return client.ID + " " + string(session), nil
}

// Do is the clients.
func (w *world) Do(ctx context.Context, r outbound.Request) (*outbound.Response, error) {
	form, err := url.ParseQuery(string(r.Body))
	var client, session string
	if err == nil {
		_, err = fmt.Sscan(form.Get("logout_token"), &client, &session)
	}
	if err != nil || len(form) != 1 || r.Method != "POST" || r.URL != uriOf(client) || r.FollowRedirects || r.Timeout != requestTime ||
		!slices.Equal(r.Header["Content-Type"], []string{"application/x-www-form-urlencoded"}) {
		w.t.Errorf("%v: request %+v with %q", err, r, r.Body)
	}
	w.mu.Lock()
	w.calls = append(w.calls, call{time.Since(w.begin), client, session})
	if w.running[client]++; w.running[client] > 1 {
		w.t.Errorf("%s is told %d things at once", client, w.running[client])
	}
	takes := w.takes
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.running[client]--
	}()
	if takes == nil {
		return &outbound.Response{Status: 200}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, r.Timeout)
	defer cancel()
	status, err := takes(ctx, client)
	if err != nil {
		return nil, err
	}
	return &outbound.Response{Status: status}, nil
}

// set says what clients make of requests from now on.
func (w *world) set(takes func(ctx context.Context, client string) (int, error)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.takes = takes
}

func always(status int) func(context.Context, string) (int, error) {
	return func(context.Context, string) (int, error) { return status, nil }
}

func down(context.Context, string) (int, error) {
	return 0, &outbound.Error{Reason: outbound.ReasonConnection, Err: errors.New("nobody answers")}
}

// hangs never answers.
func hangs(ctx context.Context, _ string) (int, error) {
	<-ctx.Done()
	return 0, &outbound.Error{Reason: outbound.ReasonTimeout, Err: ctx.Err()}
}

// told gives the sessions that a client was told of since this was last asked about any.
func (w *world) told(client string) (sessions []string) {
	for _, c := range w.take() {
		if c.client == client {
			sessions = append(sessions, c.session)
		}
	}
	return sessions
}

func (w *world) take() []call {
	w.mu.Lock()
	defer w.mu.Unlock()
	calls := w.calls
	w.calls = nil
	return calls
}

func (w *world) Logout(result string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.counted[result]++
}

func (w *world) count(result string) int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.counted[result]
}

// waiting gives how many clients something waits for.
func (w *world) waiting() int {
	w.t.Helper()
	queues, err := w.store.LogoutQueues(context.Background())
	if err != nil {
		w.t.Fatal(err)
	}
	return len(queues)
}

func (w *world) events(kind core.EventType) []core.Event {
	w.t.Helper()
	events, err := w.store.Events(context.Background(), core.EventFilter{Type: kind, Limit: 1000})
	if err != nil {
		w.t.Fatal(err)
	}
	return events
}

func same[T any](t *testing.T, what string, got, want []T) {
	t.Helper()
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%s: got %v, want %v", what, got, want)
	}
}

package audit

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store"
	"github.com/postern-id/postern/sdk/hook"
)

// world is a database with plugins that take events, in a bubble with a clock of its
// own. Nothing in it takes time but what waits.
type world struct {
	t     *testing.T
	dir   string
	store *store.Store
	sink  *sink
	count *count
	log   *bytes.Buffer
	begin time.Time
	// outbox stands for the store; nil is the store itself.
	outbox Outbox
	end    func()
}

func inWorld(t *testing.T, test func(*testing.T, *world), instances ...string) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		w := &world{t: t, dir: dir, count: &count{of: map[string]int{}}, log: &bytes.Buffer{}, begin: time.Now(), end: func() {}}
		w.sink = &sink{w: w, running: map[string]int{}}
		w.store = w.open()
		for _, name := range instances {
			w.bind(name)
		}
		test(t, w)
		w.end()
		if err := w.store.Close(); err != nil {
			t.Error(err)
		}
	})
}

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

func bindingOf(instance string) core.ID { return core.ID("binding of " + instance) }

func (w *world) bind(instance string) {
	w.t.Helper()
	w.apply(core.SaveInstance{Instance: core.PluginInstance{Name: instance, Settings: []byte("{}")}},
		core.AddBinding{Binding: core.PluginBinding{ID: bindingOf(instance), Instance: instance, Hook: core.HookEvents}})
}

func event(name string) core.Change {
	now := time.Now()
	return core.Record{Event: core.Event{ID: core.NewID(now, rand.Reader), At: now, Type: core.EventType(name)}}
}

func (w *world) record(names ...string) {
	w.t.Helper()
	var changes []core.Change
	for _, name := range names {
		changes = append(changes, event(name))
	}
	w.apply(changes...)
}

func numbered(name string, n int) (names []string) {
	for i := range n {
		names = append(names, fmt.Sprint(name, i))
	}
	return names
}

// run begins to deliver, without jitter; end waits until that has ended.
func (w *world) run() {
	outbox := w.outbox
	if outbox == nil {
		outbox = w.store
	}
	d := &Deliverer{
		Outbox: outbox, Sink: w.sink, Observer: w.count, Logger: slog.New(slog.NewTextHandler(w.log, nil)), Now: time.Now,
		Rand: func() float64 { return 0 },
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

// waiting gives how many events wait for a plugin.
func (w *world) waiting(instance string) int {
	w.t.Helper()
	backlogs, err := w.store.TrimEvents(context.Background(), mostWaiting)
	if err != nil {
		w.t.Fatal(err)
	}
	for _, b := range backlogs {
		if b.Instance == instance {
			return b.Waiting
		}
	}
	return 0
}

// sink is the plugins. It notes every call.
type sink struct {
	w *world
	// takes says what a plugin makes of an event; nil takes everything at once.
	takes func(ctx context.Context, instance, name string) error

	mu      sync.Mutex
	calls   []call
	running map[string]int
}

type call struct {
	at       time.Duration // since the beginning
	instance string
	name     string
}

func (s *sink) Deliver(ctx context.Context, instance string, e *hook.Event) error {
	s.mu.Lock()
	s.calls = append(s.calls, call{time.Since(s.w.begin), instance, e.Type})
	s.running[instance]++
	if s.running[instance] > 1 {
		s.w.t.Errorf("%s is called %d times at once", instance, s.running[instance])
	}
	takes := s.takes
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.running[instance]--
	}()
	if takes == nil {
		return nil
	}
	return takes(ctx, instance, e.Type)
}

func (s *sink) set(takes func(ctx context.Context, instance, name string) error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.takes = takes
}

// took gives the names of the events that an instance was called for, since this was
// last asked about any.
func (s *sink) took(instance string) (names []string) {
	for _, c := range s.take() {
		if c.instance == instance {
			names = append(names, c.name)
		}
	}
	return names
}

func (s *sink) take() []call {
	s.mu.Lock()
	defer s.mu.Unlock()
	calls := s.calls
	s.calls = nil
	return calls
}

var errDown = errors.New("nobody answers")

// fails refuses some events.
func fails(names ...string) func(context.Context, string, string) error {
	return func(_ context.Context, _, name string) error {
		for _, bad := range names {
			if bad == name {
				return errDown
			}
		}
		return nil
	}
}

func down(context.Context, string, string) error { return errDown }

// count is what was counted: "instance result", and "instance waiting" as last told.
type count struct {
	mu sync.Mutex
	of map[string]int
}

func (c *count) PluginEvent(instance, result string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.of[instance+" "+result]++
}

func (c *count) PluginBacklog(instance string, waiting int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.of[instance+" waiting"] = waiting
}

func (c *count) want(t *testing.T, what string, want int) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.of[what] != want {
		t.Errorf("%s: counted %d, want %d", what, c.of[what], want)
	}
}

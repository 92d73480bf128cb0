package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
)

// sink makes an instance that is bound to events.
func (w *world) sink(instance string) core.PluginBinding {
	w.Helper()
	w.instance(instance)
	b := core.PluginBinding{ID: w.id(), Instance: instance, Hook: core.HookEvents}
	w.apply(core.AddBinding{Binding: b})
	return b
}

// event is of a type that stands for it.
func (w *world) event(name string) core.Record {
	return core.Record{Event: core.Event{ID: w.id(), At: start, Type: core.EventType(name)}}
}

// lease is how long claims of these tests hold.
const lease = time.Minute

// claim gives the names of what is claimed, and the deliveries.
func (w *world) claim(s Store, b core.PluginBinding, at time.Duration, most int) (claimed []string, deliveries []core.Delivery) {
	w.Helper()
	deliveries, err := s.ClaimEvents(w.Context(), b.ID, start.Add(at), start.Add(at+lease), most)
	if err != nil {
		w.Fatal(err)
	}
	return names(deliveries, func(d core.Delivery) string { return string(d.Event.Type) }), deliveries
}

// holds demands what waits for a plugin, in the order in which it would come, and
// takes all of it.
func (w *world) holds(b core.PluginBinding, want ...string) {
	w.Helper()
	got, deliveries := w.claim(w.store, b, 1000*time.Hour, 10_000)
	if !slices.Equal(got, want) {
		w.Errorf("%s has %q, want %q", b.Instance, got, want)
	}
	for _, d := range deliveries {
		w.apply(core.EndDelivery{ID: d.ID})
	}
}

// told reports whether the handle said that it laid something out.
func told(s Store) bool {
	select {
	case <-s.Queued():
		return true
	default:
		return false
	}
}

func testOutbox(t *testing.T, w *world) {
	ctx := t.Context()
	w.apply(w.event("before"))
	a, b := w.sink("a"), w.sink("b")
	other := w.instance("other")
	w.apply(core.AddBinding{Binding: core.PluginBinding{ID: w.id(), Instance: other.Name, Hook: core.HookClaims}})
	queues, err := w.store.EventQueues(ctx)
	same(w, queues, err, []core.EventQueue(nil))
	if told(w.store) {
		t.Error("it was told of nothing")
	}

	full := core.Event{
		ID: w.id(), At: start, Type: core.EventSignedIn, Actor: "user:1", UserID: "u", ClientID: "c", SessionID: "s", GrantID: "g",
		IP: "192.0.2.1", Correlation: "r", Detail: map[string]string{"b": "2", "a": "1"},
	}
	w.apply(core.Record{Event: full})
	if !told(w.store) || told(w.store) {
		t.Error("it was not told once")
	}
	queues, err = w.store.EventQueues(ctx)
	same(w, queues, err, []core.EventQueue{{Binding: a.ID, Instance: "a"}, {Binding: b.ID, Instance: "b"}})

	claimed, err := w.store.ClaimEvents(ctx, a.ID, start, start.Add(lease), 10)
	if err != nil || len(claimed) != 1 {
		t.Fatalf("got %v, %v", claimed, err)
	}
	same(w, claimed, err, []core.Delivery{{ID: claimed[0].ID, Event: full}})
	queues, err = w.store.EventQueues(ctx)
	same(w, queues, err, []core.EventQueue{{Binding: a.ID, Instance: "a", NextAt: start.Add(lease)}, {Binding: b.ID, Instance: "b"}})
	if got, _ := w.claim(w.store, a, lease-time.Millisecond, 10); got != nil {
		t.Errorf("claimed twice: %q", got)
	}
	again, _ := w.claim(w.store, a, lease, 10) // whoever claimed it is gone
	same(w, again, nil, []string{string(core.EventSignedIn)})

	// Late or not, whoever delivered it ends it, and only it.
	w.apply(core.EndDelivery{ID: claimed[0].ID}, core.EndDelivery{ID: claimed[0].ID})
	w.holds(a)
	w.holds(b, string(core.EventSignedIn))
	w.apply(w.event("next"), core.EndDelivery{ID: claimed[0].ID}, core.PutOffDelivery{ID: claimed[0].ID, Failures: 1, NextAt: start})
	w.holds(a, "next")
	if queues, err = w.store.EventQueues(ctx); len(queues) != 1 || err != nil {
		t.Errorf("got %+v, %v", queues, err)
	}

	// What goes wrong with events is not an event for anybody.
	failed := w.event(string(core.EventPluginFailed))
	failed.Event.Detail = map[string]string{"hook": core.HookEvents}
	elsewhere := w.event(string(core.EventPluginFailed))
	elsewhere.Event.Detail = map[string]string{"hook": core.HookClaims}
	w.apply(failed, elsewhere)
	w.holds(a, string(core.EventPluginFailed))
	w.holds(b, "next", string(core.EventPluginFailed))
	if events := must(w.store.Events(ctx, core.EventFilter{Type: core.EventPluginFailed}))(w); len(events) != 2 {
		t.Errorf("%d of 2 are in the audit log", len(events))
	}
}

// What counts is which plugins are bound when the whole list was applied, and a list
// that fails leaves nothing.
func testOutboxOfList(t *testing.T, w *world) {
	w.instance("a")
	a := core.PluginBinding{ID: w.id(), Instance: "a", Hook: core.HookEvents}
	w.apply(w.event("bound"), core.AddBinding{Binding: a})
	w.refused(core.ErrNotFound, w.event("failed"), core.RemoveBinding{ID: "gone"})
	w.holds(a, "bound")

	// A list that binds and fails, between two that record.
	w.instance("b")
	b := core.PluginBinding{ID: w.id(), Instance: "b", Hook: core.HookEvents}
	w.apply(w.event("one"))
	w.refused(core.ErrNotFound, core.AddBinding{Binding: b}, w.event("failed"), core.RemoveBinding{ID: "gone"})
	w.apply(w.event("two"))
	w.holds(b)
	w.apply(core.AddBinding{Binding: b}, w.event("three"), w.event("four"))
	w.holds(b, "three", "four")
	w.holds(a, "one", "two", "three", "four")

	told(w.store)
	w.apply(core.RemoveBinding{ID: a.ID}, core.RemoveBinding{ID: b.ID}, w.event("unbound"))
	w.apply(w.event("later"))
	queues, err := w.store.EventQueues(t.Context())
	same(w, queues, err, []core.EventQueue(nil))
	if told(w.store) {
		t.Error("it was told of nothing")
	}
}

// Events come in the order in which they were recorded, whatever their identifiers
// say: those of one millisecond have none.
func testOutboxOrder(t *testing.T, w *world) {
	a := w.sink("a")
	early, late := w.event("early id"), w.event("late id")
	w.apply(late, w.event("same list"))
	w.apply(early)
	got, deliveries := w.claim(w.store, a, 0, 2)
	same(w, got, nil, []string{"late id", "same list"})
	got, _ = w.claim(w.store, a, 0, 2)
	same(w, got, nil, []string{"early id"})

	// What was claimed and never tried comes back to its place.
	w.apply(w.event("last"), core.PutOffDelivery{ID: deliveries[0].ID}, core.PutOffDelivery{ID: deliveries[1].ID})
	w.holds(a, "late id", "same list", "early id", "last")
}

func testOutboxPutOff(t *testing.T, w *world) {
	a := w.sink("a")
	w.apply(w.event("one"), w.event("two"))
	_, deliveries := w.claim(w.store, a, 0, 1)
	next := start.Add(3 * time.Hour)
	w.apply(core.PutOffDelivery{ID: deliveries[0].ID, Failures: 1, NextAt: next})
	got, deliveries := w.claim(w.store, a, 0, 10)
	same(w, got, nil, []string{"two"})
	queues, err := w.store.EventQueues(t.Context())
	same(w, queues, err, []core.EventQueue{{Binding: a.ID, Instance: "a", NextAt: start.Add(lease)}})
	w.apply(core.EndDelivery{ID: deliveries[0].ID})
	queues, err = w.store.EventQueues(t.Context())
	same(w, queues, err, []core.EventQueue{{Binding: a.ID, Instance: "a", NextAt: next}})
	if got, _ := w.claim(w.store, a, 3*time.Hour-time.Millisecond, 10); got != nil {
		t.Errorf("%q came too early", got)
	}

	// It is known how often it failed, also after a restart, and fresh ones pass it.
	w.apply(w.event("three"))
	if err := w.store.Close(); err != nil {
		t.Fatal(err)
	}
	w.store = w.handle()
	got, deliveries = w.claim(w.store, a, 3*time.Hour, 1)
	same(w, got, nil, []string{"three"})
	w.apply(core.PutOffDelivery{ID: deliveries[0].ID})
	got, deliveries = w.claim(w.store, a, 3*time.Hour, 10)
	same(w, got, nil, []string{"three", "one"})
	if deliveries[0].Failures != 0 || deliveries[1].Failures != 1 {
		t.Errorf("got %+v", deliveries)
	}
	if err := w.store.Apply(t.Context(), core.PutOffDelivery{ID: deliveries[0].ID, Failures: -1}); err == nil {
		t.Error("fewer failures than none")
	}
}

// What waits goes with the instance, the binding, and the plugin's other bindings
// have nothing to do with it.
func testOutboxGoesWith(t *testing.T, w *world) {
	a, b, c := w.sink("a"), w.sink("b"), w.sink("c")
	claims := core.PluginBinding{ID: w.id(), Instance: "a", Hook: core.HookClaims}
	w.apply(core.AddBinding{Binding: claims}, w.event("one"))
	w.apply(core.RemoveBinding{ID: claims.ID}, core.RemoveBinding{ID: b.ID}, core.DeleteInstance{Name: "c"})
	queues, err := w.store.EventQueues(t.Context())
	same(w, queues, err, []core.EventQueue{{Binding: a.ID, Instance: "a"}})
	for _, gone := range []core.PluginBinding{b, c} {
		if got, _ := w.claim(w.store, gone, 0, 10); got != nil {
			t.Errorf("%s still has %q", gone.Instance, got)
		}
	}
	// Bound again, it begins anew.
	b.ID = w.id()
	w.apply(core.AddBinding{Binding: b}, w.event("two"))
	w.holds(b, "two")
	w.holds(a, "one", "two")
}

// What another process binds and unbinds counts from its commit on, whatever this
// one remembers.
func testOutboxSecondHandle(t *testing.T, w *world) {
	command := w.handle()
	w.instance("a")
	w.apply(w.event("nobody yet"))
	for round := range 3 {
		b := core.PluginBinding{ID: w.id(), Instance: "a", Hook: core.HookEvents}
		if err := command.Apply(t.Context(), core.AddBinding{Binding: b}); err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprint("event ", round)
		w.apply(w.event(name))
		if err := command.Apply(t.Context(), w.event(name+" of the command")); err != nil {
			t.Fatal(err)
		}
		// Whoever learns of the queue knows of the binding.
		if _, err := w.store.EventQueues(t.Context()); err != nil {
			t.Fatal(err)
		}
		if bindings := w.plugins().Bindings; len(bindings) != 1 || bindings[0].ID != b.ID {
			t.Errorf("it knows of %+v", bindings)
		}
		w.holds(b, name, name+" of the command")
		if err := command.Apply(t.Context(), core.RemoveBinding{ID: b.ID}); err != nil {
			t.Fatal(err)
		}
		w.apply(w.event("nobody any more"))
	}
	queues, err := w.store.EventQueues(t.Context())
	same(w, queues, err, []core.EventQueue(nil))
}

// Of many that claim at once, one gets each event.
func testOutboxClaimedOnce(t *testing.T, w *world) {
	a := w.sink("a")
	var events []core.Change
	for i := range 200 {
		events = append(events, w.event(fmt.Sprint(i)))
	}
	w.apply(events...)
	handles := []Store{w.store, w.handle()}
	var claims [200]atomic.Int32
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			for {
				claimed, err := handles[i%2].ClaimEvents(background, a.ID, start, start.Add(lease), 7)
				if err != nil {
					t.Error(err)
				}
				if len(claimed) == 0 {
					return
				}
				for _, d := range claimed {
					var number int
					fmt.Sscan(string(d.Event.Type), &number)
					claims[number].Add(1)
				}
			}
		})
	}
	wg.Wait()
	for i := range claims {
		if n := claims[i].Load(); n != 1 {
			t.Errorf("event %d was claimed %d times", i, n)
		}
	}
}

// While many record, some lists fail, and two processes bind and unbind, an event is
// laid out exactly if the plugin was bound between its list and itself: those that
// were recorded while it was surely bound are there, none of a time when it surely
// was not.
func testOutboxUnderLoad(t *testing.T, w *world) {
	handles := []Store{w.store, w.handle()}
	w.instance("a")
	type mark struct {
		id    core.ID
		round int // odd: bound
	}
	var round atomic.Int64
	var mu sync.Mutex
	var marks []mark
	var wg sync.WaitGroup
	stop := make(chan struct{})
	for i := range 6 {
		wg.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				id := core.ID(fmt.Sprintf("event-%d-%d", i, n))
				before := round.Load()
				changes := []core.Change{core.Record{Event: core.Event{ID: id, At: start, Type: "x"}}}
				if n%3 == 0 {
					changes = append(changes, core.FinishRequest{ID: "gone"})
				}
				err := handles[i%2].Apply(background, changes...)
				if err != nil && !errors.Is(err, core.ErrConflict) {
					t.Error(err)
				}
				if after := round.Load(); err == nil && before == after {
					mu.Lock()
					marks = append(marks, mark{id, int(after)})
					mu.Unlock()
				}
			}
		})
	}
	// recorded waits until some events were recorded in a round, however busy the
	// machine is.
	recorded := func(round, events int) {
		for range 4000 {
			mu.Lock()
			found := 0
			for _, m := range marks {
				if m.round == round {
					found++
				}
			}
			mu.Unlock()
			if found >= events {
				return
			}
			time.Sleep(time.Millisecond)
		}
	}
	laidOut := map[core.ID]bool{}
	for n := range 6 {
		b := core.PluginBinding{ID: core.ID(fmt.Sprint("binding", n)), Instance: "a", Hook: core.HookEvents}
		round.Store(-1) // neither bound nor not
		if err := handles[n%2].Apply(background, core.AddBinding{Binding: b}); err != nil {
			t.Fatal(err)
		}
		round.Store(int64(2*n + 1))
		recorded(2*n+1, 10)
		// A list that binds another and fails leaves no trace in what the others see.
		failing := core.PluginBinding{ID: "failing", Instance: "a", Hook: core.HookEvents, ClientID: ""}
		if err := handles[n%2].Apply(background, core.RemoveBinding{ID: b.ID}, core.AddBinding{Binding: failing}, core.FinishRequest{ID: "gone"}); !errors.Is(err, core.ErrConflict) {
			t.Error(err)
		}
		recorded(2*n+1, 20)
		round.Store(-1)
		claimed, err := w.store.ClaimEvents(background, b.ID, start, start.Add(lease), 1_000_000)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range claimed {
			laidOut[d.Event.ID] = true
		}
		if err := handles[1-n%2].Apply(background, core.RemoveBinding{ID: b.ID}); err != nil {
			t.Fatal(err)
		}
		round.Store(int64(2*n + 2))
		recorded(2*n+2, 10)
	}
	close(stop)
	wg.Wait()
	counted := map[bool]int{}
	for _, m := range marks {
		if m.round < 0 {
			continue
		}
		bound := m.round%2 == 1
		counted[bound]++
		if laidOut[m.id] != bound {
			t.Errorf("%s, in round %d: laid out %v", m.id, m.round, laidOut[m.id])
		}
	}
	if counted[true] < 10 || counted[false] < 10 {
		t.Errorf("only %d events while bound and %d while not", counted[true], counted[false])
	}
}

func testOutboxTrim(t *testing.T, w *world) {
	a, b := w.sink("a"), w.sink("b")
	var events []core.Change
	for i := range 1300 {
		events = append(events, w.event(fmt.Sprint(i)))
	}
	w.apply(events...)
	_, deliveries := w.claim(w.store, b, 0, 1299)
	var ends []core.Change
	for _, d := range deliveries {
		ends = append(ends, core.EndDelivery{ID: d.ID})
	}
	w.apply(ends...)
	// The oldest go, whether or not they were tried.
	_, deliveries = w.claim(w.store, a, 0, 2)
	w.apply(core.PutOffDelivery{ID: deliveries[0].ID, Failures: 1, NextAt: start.Add(time.Hour)})
	backlogs, err := w.store.TrimEvents(t.Context(), 1300)
	same(w, backlogs, err, []core.EventBacklog{{Binding: a.ID, Instance: "a", Waiting: 1300}, {Binding: b.ID, Instance: "b", Waiting: 1}})
	backlogs, err = w.store.TrimEvents(t.Context(), 3)
	same(w, backlogs, err, []core.EventBacklog{{Binding: a.ID, Instance: "a", Waiting: 3, Dropped: 1297}, {Binding: b.ID, Instance: "b", Waiting: 1}})
	w.holds(a, "1297", "1298", "1299")
	w.holds(b, "1299")
	backlogs, err = w.store.TrimEvents(t.Context(), 3)
	same(w, backlogs, err, []core.EventBacklog{{Binding: a.ID, Instance: "a"}, {Binding: b.ID, Instance: "b"}})
}

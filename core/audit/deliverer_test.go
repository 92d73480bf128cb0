package audit

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/outbox"
	"github.com/postern-id/postern/sdk/hook"
)

func same[T any](t *testing.T, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

// Events reach every plugin at once, in their order, each once.
func TestDelivers(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.record("before the start")
		w.run()
		names := numbered("event ", 120) // more than a batch
		w.record(names...)
		synctest.Wait()
		w.record("last")
		synctest.Wait()
		all := append(append([]string{"before the start"}, names...), "last")
		calls := w.sink.take()
		for _, instance := range []string{"a", "b"} {
			var got []string
			for _, c := range calls {
				if c.instance == instance {
					got = append(got, c.name)
				}
				if c.at != 0 {
					t.Errorf("%v came late", c)
				}
			}
			same(t, got, all)
			w.count.want(t, instance+" ok", len(all))
			w.count.want(t, instance+" retried", 0)
			same(t, w.waiting(instance), 0)
		}
		w.pass(time.Hour)
		same(t, w.sink.take(), nil)
	}, "a", "b")
}

// What another process records is noticed within the poll, and so is a plugin that
// it binds.
func TestDeliversForOthers(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.run()
		command := w.open()
		defer command.Close()
		w.pass(outbox.PollEvery / 2)
		if err := command.Apply(context.Background(), event("of a command")); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		same(t, w.sink.took("a"), nil)
		w.pass(outbox.PollEvery)
		same(t, w.sink.took("a"), []string{"of a command"})

		err := command.Apply(context.Background(), core.SaveInstance{Instance: core.PluginInstance{Name: "b", Settings: []byte("{}")}},
			core.AddBinding{Binding: core.PluginBinding{ID: bindingOf("b"), Instance: "b", Hook: core.HookEvents}})
		if err != nil {
			t.Fatal(err)
		}
		w.record("of the server")
		synctest.Wait()
		same(t, w.sink.took("b"), []string{"of the server"})
	}, "a")
}

// An event that fails is tried again for about a day, at growing intervals, and then
// dropped. Nobody else notices, and the audit log gains nothing.
func TestDelays(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.sink.set(func(_ context.Context, instance, _ string) error {
			if instance == "down" {
				return errDown
			}
			return nil
		})
		w.run()
		w.record("lost")
		w.pass(26 * time.Hour)
		var want []call
		at, delay := time.Duration(0), time.Second
		for range mostFailures {
			want = append(want, call{at, "down", "lost"})
			at += delay
			delay = min(2*delay, time.Hour)
		}
		got := slices.DeleteFunc(w.sink.take(), func(c call) bool { return c.instance == "up" })
		same(t, got, want)
		if last := want[len(want)-1].at; last < 24*time.Hour || last > 25*time.Hour {
			t.Errorf("given up after %s", last)
		}
		w.count.want(t, "down retried", mostFailures-1)
		w.count.want(t, "down dropped", 1)
		w.count.want(t, "up ok", 1)
		same(t, w.waiting("down"), 0)
		if log := w.log.String(); !strings.Contains(log, `level=WARN msg="event dropped`) || !strings.Contains(log, "type=lost failures=36 error=\"nobody answers\"") {
			t.Error(log)
		}
		events, err := w.store.Events(context.Background(), core.EventFilter{})
		if err != nil || len(events) != 1 {
			t.Errorf("%d events, %v", len(events), err)
		}
	}, "down", "up")
}

// A plugin that cannot do with some events gets the others at once, in their order.
func TestOthersPass(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.sink.set(fails("bad"))
		w.run()
		w.record("one", "bad", "two", "three")
		synctest.Wait()
		same(t, w.sink.took("a"), []string{"one", "bad", "two", "three"})
		w.pass(500 * time.Millisecond)
		w.record("four")
		synctest.Wait()
		same(t, w.sink.took("a"), []string{"four"})
		w.sink.set(nil)
		w.pass(499 * time.Millisecond)
		same(t, w.sink.took("a"), nil)
		w.pass(time.Millisecond)
		same(t, w.sink.took("a"), []string{"bad"})
		w.count.want(t, "a ok", 5)
		w.count.want(t, "a retried", 1)
	}, "a")
}

// However many events a plugin fails with, those that it takes wait for a minute at
// most.
func TestManyBadOnes(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		recorded := map[string]time.Duration{}
		var latest time.Duration
		w.sink.set(func(_ context.Context, _, name string) error {
			if strings.HasPrefix(name, "bad") {
				return errDown
			}
			latest = max(latest, time.Since(w.begin)-recorded[name])
			return nil
		})
		w.run()
		for i := range 200 { // in half an hour
			good := fmt.Sprint("good ", i)
			recorded[good] = time.Since(w.begin)
			w.record(fmt.Sprint("bad ", i), good)
			w.pass(10 * time.Second)
		}
		w.pass(outbox.LongestRest)
		w.count.want(t, "a ok", 200)
		w.count.want(t, "a dropped", 0)
		if latest > outbox.LongestRest {
			t.Errorf("one waited for %s", latest)
		}
	}, "a")
}

// A plugin that is down is asked seldom, and loses nothing in a night.
func TestRests(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.sink.set(down)
		w.run()
		names := numbered("event ", 250)
		w.record(names...)
		w.pass(4 * time.Second)
		var got []string
		for _, c := range w.sink.take() {
			got = append(got, fmt.Sprintf("%s: %s", c.at, c.name))
		}
		// Three failures, then a rest of 1 s, 2 s, 4 s, ... What was not tried goes first:
		// each has its chances.
		same(t, got, []string{
			"0s: event 0", "0s: event 1", "0s: event 2", "1s: event 3", "1s: event 4", "1s: event 5", "3s: event 6", "3s: event 7", "3s: event 8",
		})
		w.pass(30 * time.Minute)
		if n := len(w.sink.take()); n < 3*28 || n > 3*40 {
			t.Errorf("asked %d times in half an hour", n)
		}
		w.sink.set(nil)
		w.pass(outbox.LongestRest)
		if got := w.sink.took("a"); len(got) < 120 || !slices.IsSortedFunc(got[:120], byNumber) {
			t.Errorf("after a rest it got %d: %q", len(got), got)
		}
		w.pass(longestDelay)
		w.count.want(t, "a ok", 250)
		for text, want := range map[string]int{"plugin gets no events for a while": 1, "plugin takes events again": 1} {
			if n := strings.Count(w.log.String(), text); n != want {
				t.Errorf("said %d times: %s", n, text)
			}
		}

		w.sink.set(down)
		w.record(names...)
		w.pass(8 * time.Hour)
		same(t, w.waiting("a"), 250)
		w.sink.set(nil)
		w.pass(outbox.LongestRest + longestDelay)
		w.count.want(t, "a ok", 500)
		w.count.want(t, "a dropped", 0)
		same(t, w.waiting("a"), 0)
	}, "a")
}

// It rests also if events come one at a time.
func TestRestsBetweenEvents(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.sink.set(down)
		w.run()
		for i := range 600 {
			w.record(fmt.Sprint("event ", i))
			w.pass(time.Second)
		}
		if n := len(w.sink.take()); n > 60 {
			t.Errorf("asked %d times in ten minutes", n)
		}
	}, "a")
}

func byNumber(a, b string) int {
	var x, y int
	fmt.Sscanf(a, "event %d", &x)
	fmt.Sscanf(b, "event %d", &y)
	return x - y
}

// A plugin that does not answer holds up nobody else.
func TestOneHangs(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.sink.set(func(ctx context.Context, instance, _ string) error {
			if instance != "slow" {
				return nil
			}
			<-ctx.Done()
			return ctx.Err()
		})
		w.run()
		for i := range 10 {
			w.record(fmt.Sprint("event ", i))
			w.pass(time.Second)
		}
		calls := w.sink.take()
		same(t, slices.Contains(calls, call{9 * time.Second, "quick", "event 9"}), true)
		slow := slices.DeleteFunc(calls, func(c call) bool { return c.instance != "slow" })
		same(t, slow, []call{{0, "slow", "event 0"}})
		w.pass(callTime)
		w.count.want(t, "slow retried", 1)
		w.count.want(t, "quick ok", 10)
	}, "slow", "quick")
}

// What a slow plugin took is settled every few seconds, so that a server that is
// killed then delivers little twice.
func TestSettlesOften(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.sink.set(func(context.Context, string, string) error { time.Sleep(2 * time.Second); return nil })
		w.record(numbered("event ", 10)...)
		w.run()
		w.pass(5 * time.Second)
		same(t, w.waiting("a"), 10)
		w.pass(time.Second) // the third has ended, 6 s after the batch began
		same(t, w.waiting("a"), 7)
		w.pass(14 * time.Second)
		same(t, w.sink.took("a"), numbered("event ", 10))
		same(t, w.waiting("a"), 0)
	}, "a")
}

// When the server ends, a call in flight may end too, and what it took does not come
// again.
func TestEndsGently(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.sink.set(func(context.Context, string, string) error { time.Sleep(graceTime - time.Second); return nil })
		w.record("one", "two")
		w.run()
		told := time.Now()
		w.end()
		if took := time.Since(told); took != graceTime-time.Second {
			t.Errorf("it ended after %s", took)
		}
		same(t, w.sink.took("a"), []string{"one"})
		same(t, w.waiting("a"), 1)
		w.sink.set(nil)
		w.run()
		same(t, w.sink.took("a"), []string{"two"}) // at once: nobody has claimed it any more
		w.count.want(t, "a ok", 2)
	}, "a")
}

// A call that does not end when the server does is cut off. That is no failure of
// the event.
func TestEndsInTime(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.sink.set(func(ctx context.Context, _, _ string) error { <-ctx.Done(); return ctx.Err() })
		w.record("one")
		w.run()
		told := time.Now()
		w.end()
		if took := time.Since(told); took != graceTime {
			t.Errorf("it ended after %s", took)
		}
		w.count.want(t, "a retried", 0)
		claimed, err := w.store.ClaimEvents(context.Background(), bindingOf("a"), time.Now(), time.Now(), 10)
		if err != nil || len(claimed) != 1 || claimed[0].Failures != 0 {
			t.Errorf("got %+v, %v", claimed, err)
		}
	}, "a")
}

// A restart does not give an event its chances anew.
func TestRestart(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.sink.set(down)
		w.record("lost")
		w.run()
		w.pass(10 * time.Second) // tried after 0, 1, 3 and 7 s
		w.end()
		if err := w.store.Close(); err != nil {
			t.Fatal(err)
		}
		w.store = w.open()
		w.run()
		w.pass(30 * time.Second)
		var at []time.Duration
		for _, c := range w.sink.take() {
			at = append(at, c.at)
		}
		same(t, at, []time.Duration{0, time.Second, 3 * time.Second, 7 * time.Second, 15 * time.Second, 31 * time.Second})
	}, "a")
}

// What a server had claimed when it was killed comes a minute later, and nothing
// that came after waits for it.
func TestKilled(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.record("claimed")
		now := time.Now()
		if claimed, err := w.store.ClaimEvents(context.Background(), bindingOf("a"), now, now.Add(claimTime), 1); err != nil || len(claimed) != 1 {
			t.Fatal(claimed, err)
		}
		w.record("next")
		w.run()
		same(t, w.sink.took("a"), []string{"next"})
		w.pass(claimTime - time.Millisecond)
		same(t, w.sink.took("a"), nil)
		w.pass(time.Millisecond)
		same(t, w.sink.took("a"), []string{"claimed"})
	}, "a")
}

// Two servers on one database deliver each event once.
func TestTwoServers(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.sink.set(func(context.Context, string, string) error { time.Sleep(10 * time.Millisecond); return nil })
		w.run()
		first, second := w.end, w.open()
		defer second.Close()
		other := &sink{w: w, running: map[string]int{}, takes: w.sink.takes}
		mine := w.sink
		w.sink, w.outbox = other, second
		w.run()
		var names []string
		for i := range 40 {
			some := numbered(fmt.Sprint(i, "-"), 20)
			names = append(names, some...)
			w.record(some...)
			w.pass(100 * time.Millisecond)
		}
		w.pass(time.Minute)
		got := mine.took("a")
		if n := len(got); n == 0 || n == len(names) {
			t.Errorf("one server delivered %d of %d", n, len(names))
		}
		got = append(got, other.took("a")...)
		slices.Sort(got)
		slices.Sort(names)
		same(t, got, names)
		first()
	}, "a")
}

// A plugin that is unbound gets nothing more, in the midst of a batch or not.
func TestUnbound(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.sink.set(fails("event 0"))
		w.record(numbered("event ", 3)...)
		w.run()
		same(t, w.sink.took("a"), numbered("event ", 3))
		w.apply(core.RemoveBinding{ID: bindingOf("a")})
		w.record("later")
		w.pass(time.Hour)
		same(t, w.sink.take(), nil)
		same(t, strings.Contains(w.log.String(), "level=ERROR"), false)
	}, "a")
}

// faulty is a store that fails while broken says so.
type faulty struct {
	Outbox
	broken   atomic.Pointer[string]
	backlogs atomic.Pointer[[]core.EventBacklog]
}

var errDisk = errors.New("the disk is full")

func (f *faulty) fails(what string) error {
	if f.broken.Load() != nil && *f.broken.Load() == what {
		return errDisk
	}
	return nil
}

func (f *faulty) EventQueues(ctx context.Context) ([]core.EventQueue, error) {
	if err := f.fails("queues"); err != nil {
		return nil, err
	}
	return f.Outbox.EventQueues(ctx)
}

func (f *faulty) ClaimEvents(ctx context.Context, binding core.ID, now, until time.Time, most int) ([]core.Delivery, error) {
	if err := f.fails("claim"); err != nil {
		return nil, err
	}
	return f.Outbox.ClaimEvents(ctx, binding, now, until, most)
}

func (f *faulty) Apply(ctx context.Context, changes ...core.Change) error {
	if err := f.fails("apply"); err != nil {
		return err
	}
	return f.Outbox.Apply(ctx, changes...)
}

func (f *faulty) TrimEvents(ctx context.Context, most int) ([]core.EventBacklog, error) {
	if err := f.fails("trim"); err != nil {
		return nil, err
	}
	if canned := f.backlogs.Load(); canned != nil {
		if most != mostWaiting {
			return nil, fmt.Errorf("trims to %d", most)
		}
		return *canned, nil
	}
	return f.Outbox.TrimEvents(ctx, most)
}

// While the store fails, nothing is called in vain and nothing is lost; when it works
// again, everything goes on.
func TestStoreFails(t *testing.T) {
	for what, again := range map[string]time.Duration{"queues": outbox.PollEvery, "claim": outbox.PollEvery, "trim": 0, "apply": claimTime + outbox.PollEvery} {
		t.Run(what, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				f := &faulty{Outbox: w.store}
				f.broken.Store(&what)
				w.outbox = f
				w.run()
				w.record("one")
				w.pass(trimEvery)
				calls := w.sink.took("a")
				if want := what == "trim" || what == "apply"; (len(calls) > 0) != want || len(calls) > 1 {
					t.Errorf("called for %q", calls)
				}
				log := w.log.String()
				if n := strings.Count(log, "level=ERROR"); n < 1 || n > 20 || !strings.Contains(log, errDisk.Error()) {
					t.Errorf("%d errors are in the log:\n%s", n, log)
				}
				f.broken.Store(nil)
				w.pass(again)
				if got := append(calls, w.sink.took("a")...); len(got) == 0 || w.waiting("a") != 0 {
					t.Errorf("called for %q, %d wait", got, w.waiting("a"))
				}
			}, "a")
		})
	}
}

// How much waits is told, and what was too much is counted as dropped.
func TestBacklog(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		f := &faulty{Outbox: w.store}
		f.backlogs.Store(&[]core.EventBacklog{{Instance: "a", Waiting: mostWaiting, Dropped: 1234}, {Instance: "b", Waiting: 5}})
		w.outbox = f
		w.run()
		w.count.want(t, "a waiting", mostWaiting)
		w.count.want(t, "a dropped", 1234)
		w.count.want(t, "b waiting", 5)
		w.count.want(t, "b dropped", 0)
		if log := w.log.String(); !strings.Contains(log, "level=WARN") || !strings.Contains(log, "instance=a dropped=1234 waiting=100000") || strings.Contains(log, "instance=b") {
			t.Error(log)
		}
		f.backlogs.Store(&[]core.EventBacklog{{Instance: "a", Waiting: 7}})
		w.pass(trimEvery)
		w.count.want(t, "a waiting", 7)
		w.count.want(t, "a dropped", 1234)
		w.count.want(t, "b waiting", 0) // it is bound no more
	})
}

func TestMessage(t *testing.T) {
	e := &core.Event{
		ID: "i", At: time.Date(2026, 1, 2, 4, 4, 5, 678_900_000, time.FixedZone("", 3600)), Type: core.EventSignedIn, Actor: "user:u", UserID: "u",
		ClientID: "c", SessionID: "s", GrantID: "g", IP: "192.0.2.1", Correlation: "r", Detail: map[string]string{"b": "2", "c": "3", "a": "1"},
	}
	const want = `{"settings":{},"event":{"id":"i","at":"2026-01-02T03:04:05.678Z","type":"signin.succeeded","actor":"user:u","user_id":"u",` +
		`"client_id":"c","session_id":"s","grant_id":"g","ip":"192.0.2.1","correlation":"r","detail":{"a":"1","b":"2","c":"3"}}}`
	in := hook.EventInput{Settings: hook.FromObject(nil), Event: *message(e)}
	if got := string(in.AppendJSON(nil)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if got := message(&core.Event{At: time.Unix(1, 0)}); got.At != "1970-01-01T00:00:01.000Z" || got.Detail != nil {
		t.Errorf("got %+v", got)
	}
}

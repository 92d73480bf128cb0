package backchannel

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/outbox"
)

// Every client is told at once, of each session once.
func TestTells(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		before := w.ends(1, "a")
		w.run()
		synctest.Wait()
		same(t, "before the start", w.told("a"), before)
		told := w.events(core.EventLogoutDelivered)
		if e := told[0]; len(told) != 1 || e.ClientID != "a" || e.UserID != w.user.ID || string(e.SessionID) != before[0] || e.Actor != "server" {
			t.Errorf("%d recorded, the first is %+v", len(told), e)
		}
		ids := w.ends(2*batchSize+1, "a", "b")
		synctest.Wait()
		calls := w.take()
		got := map[string][]string{}
		for _, c := range calls {
			got[c.client] = append(got[c.client], c.session)
			if c.at != 0 {
				t.Errorf("%v came late", c)
			}
		}
		same(t, "a", got["a"], ids)
		same(t, "b", got["b"], ids)
		if n := w.count(resultOK); n != 1+2*len(ids) || w.waiting() != 0 {
			t.Errorf("counted %d, %d wait", n, w.waiting())
		}
		if n := len(w.events(core.EventLogoutDelivered)); n != 1+2*len(ids) {
			t.Errorf("%d recorded", n)
		}
		w.pass(time.Hour)
		same(t, "later", w.take(), nil)
	}, "a", "b")
}

// Sessions that a command ends are noticed within the poll.
func TestTellsForOthers(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.run()
		command := w.open()
		defer command.Close()
		id := w.session("a")
		w.pass(outbox.PollEvery / 2)
		if err := command.Apply(context.Background(), core.EndSessions{UserID: w.user.ID, At: time.Now()}); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		same(t, "at once", w.told("a"), nil)
		w.pass(outbox.PollEvery)
		same(t, "after the poll", w.told("a"), []string{string(id)})
	}, "a")
}

// 114: a client that is dead, slow or refuses is tried again ever more rarely, keeps
// nobody else waiting, and is given up after a day.
func TestRefuse114DeadClientBlocksNobody(t *testing.T) {
	for name, c := range map[string]struct {
		takes  func(context.Context, string) (int, error)
		reason string
	}{
		"dead":     {down, "connect"},
		"slow":     {hangs, "timeout"},
		"refuses":  {always(400), "status_400"},
		"redirect": {always(302), "status_302"},
	} {
		t.Run(name, func(t *testing.T) {
			inWorld(t, func(t *testing.T, w *world) {
				w.set(func(ctx context.Context, client string) (int, error) {
					if client == "dead" {
						return c.takes(ctx, client)
					}
					return 200, nil
				})
				w.run()
				w.ends(1, "dead")
				w.pass(30 * time.Second)
				w.take()
				ids := w.ends(3, "dead", "alive")
				synctest.Wait()
				var got []string
				for _, call := range w.take() {
					if call.client == "alive" {
						got = append(got, call.session)
						if call.at != 30*time.Second {
							t.Errorf("%v waited", call)
						}
					}
				}
				same(t, "alive", got, ids)
				w.pass(3 * 24 * time.Hour)
				if n := len(w.take()); n > 4*mostFailures {
					t.Errorf("the dead client was asked %d times", n)
				}
				failed := w.events(core.EventLogoutFailed)
				if w.waiting() != 0 || len(failed) != 4 || w.count(resultDropped) != 4 || failed[0].Detail["reason"] != c.reason || failed[0].ClientID != "dead" {
					t.Errorf("%d wait, %d dropped, recorded %+v", w.waiting(), w.count(resultDropped), failed)
				}
				if !strings.Contains(w.log.String(), "level=WARN") {
					t.Error("the operator reads nothing of it")
				}
			}, "alive", "dead")
		})
	}
}

// When it comes back it is told what it missed.
func TestComesBack(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.set(down)
		w.run()
		ids := w.ends(5, "a")
		synctest.Wait()
		w.pass(10 * time.Minute)
		w.take()
		w.set(always(204))
		w.pass(outbox.LongestRest + time.Hour)
		if got := w.told("a"); len(got) != len(ids) || w.waiting() != 0 || w.count(resultOK) != len(ids) {
			t.Errorf("told of %d of %d", len(got), len(ids))
		}
		next := w.ends(1, "a")
		synctest.Wait()
		same(t, "next", w.told("a"), next)
	}, "a")
}

// Where one session is refused, the others pass it.
func TestOthersPass(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		var bad string
		w.set(func(context.Context, string) (int, error) {
			w.mu.Lock()
			defer w.mu.Unlock()
			if w.calls[len(w.calls)-1].session == bad {
				return 501, nil
			}
			return 200, nil
		})
		first := w.session("a")
		bad = string(first)
		w.signOut(first)
		rest := w.ends(3, "a")
		w.run()
		same(t, "first", w.told("a"), append([]string{bad}, rest...))
		w.pass(firstDelay)
		same(t, "second", w.told("a"), []string{bad})
	}, "a")
}

// A client that wants to know no more, or is gone, is told nothing.
func TestForgets(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.ends(2, "a", "b")
		found, err := w.store.Client(context.Background(), "a")
		if err != nil {
			t.Fatal(err)
		}
		a := *found
		a.Metadata.BackchannelLogoutURI = ""
		w.apply(core.UpdateClient{Client: a}, core.DeleteClient{ID: "b"})
		w.run()
		w.pass(time.Minute)
		same(t, "told", w.take(), nil)
		if w.waiting() != 0 || w.count(resultOK)+w.count(resultDropped) != 0 {
			t.Errorf("%d wait, counted %v", w.waiting(), w.counted)
		}
	}, "a", "b")
}

// The end of the server waits for what is in flight, but not long, and loses nothing.
func TestEnds(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.set(hangs)
		ids := w.ends(3, "a")
		w.run()
		begin := time.Now()
		w.end()
		if took := time.Since(begin); took > requestTime {
			t.Errorf("the end took %s", took)
		}
		same(t, "in flight", w.told("a"), ids[:1])
		w.set(nil)
		w.run()
		w.pass(outbox.LongestRest)
		if got := w.told("a"); len(got) != 3 {
			t.Errorf("after the start it is told of %v", got)
		}
	}, "a")
}

// Of two servers, one tells.
func TestTwoServers(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.run()
		end := w.end
		other := w.open()
		defer other.Close()
		w.instead = other
		w.run()
		ids := w.ends(50, "a", "b")
		w.pass(time.Minute)
		if n := len(w.take()); n != 2*len(ids) {
			t.Errorf("told %d times, want %d", n, 2*len(ids))
		}
		w.end()
		end()
	}, "a", "b")
}

// broken is a store that fails for a while.
type broken struct {
	Store
	until time.Time
}

var errBroken = errors.New("disk full")

func (b *broken) Apply(ctx context.Context, changes ...core.Change) error {
	if time.Now().Before(b.until) {
		return errBroken
	}
	return b.Store.Apply(ctx, changes...)
}

func (b *broken) LogoutQueues(ctx context.Context) ([]core.LogoutQueue, error) {
	if time.Now().Before(b.until.Add(-time.Minute)) {
		return nil, errBroken
	}
	return b.Store.LogoutQueues(ctx)
}

// A store that fails is asked again, and who was told may be told twice.
func TestStoreFails(t *testing.T) {
	inWorld(t, func(t *testing.T, w *world) {
		w.instead = &broken{w.store, w.begin.Add(2 * time.Minute)}
		ids := w.ends(1, "a")
		w.run()
		w.pass(50 * time.Second)
		same(t, "unreadable", w.told("a"), nil)
		w.pass(10 * time.Minute)
		if got := w.told("a"); len(got) < 2 || len(got) > 4 || got[0] != ids[0] || w.waiting() != 0 {
			t.Errorf("told of %v, %d wait", got, w.waiting())
		}
		if !strings.Contains(w.log.String(), "disk full") {
			t.Error("the operator reads nothing of it")
		}
	}, "a")
}

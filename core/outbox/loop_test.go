package outbox

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/postern-id/postern/core"
)

func same[T any](t *testing.T, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

// shelf is a store with things for receivers, in a bubble with a clock of its own.
type shelf struct {
	mu      sync.Mutex
	things  map[string][]thing // by receiver
	queued  chan struct{}
	broken  bool
	began   time.Time
	log     []string // what was delivered, and when
	running int
	most    int                  // rounds at the same time
	takes   func(to string) bool // whether the receiver works; nil: it does
	slow    time.Duration        // of a delivery
	each    bool
}

type thing struct {
	name     string
	failures int
	nextAt   time.Time
}

// later puts a thing off, or takes it away where its failures are negative. It is a change
// for tests alone.
type later struct {
	core.EndDelivery
	to string
	thing
}

var errShelf = errors.New("the shelf is broken")

func (s *shelf) put(to string, names ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range names {
		s.things[to] = append(s.things[to], thing{name: name})
	}
	select {
	case s.queued <- struct{}{}:
	default:
	}
}

func (s *shelf) waiting(context.Context) ([]Waiting[string], error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken {
		return nil, errShelf
	}
	var list []Waiting[string]
	for _, to := range slices.Sorted(maps.Keys(s.things)) {
		if things := s.things[to]; len(things) > 0 {
			first := slices.MinFunc(things, func(a, b thing) int { return a.nextAt.Compare(b.nextAt) })
			list = append(list, Waiting[string]{to, first.nextAt})
		}
	}
	return list, nil
}

// claim takes at most two.
func (s *shelf) claim(to string, now, until time.Time) (claimed []thing, err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.broken {
		return nil, errShelf
	}
	for i := range s.things[to] {
		if t := &s.things[to][i]; len(claimed) < 2 && !t.nextAt.After(now) {
			claimed = append(claimed, *t)
			t.nextAt = until
		}
	}
	return claimed, nil
}

func (s *shelf) apply(changes ...core.Change) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, change := range changes {
		l := change.(later)
		s.things[l.to] = slices.DeleteFunc(s.things[l.to], func(t thing) bool { return t.name == l.name })
		if l.failures >= 0 {
			s.things[l.to] = append(s.things[l.to], l.thing)
		}
	}
	return nil
}

func (s *shelf) round(ctx context.Context, to string, p Patience) Patience {
	s.mu.Lock()
	s.running++
	s.most = max(s.most, s.running)
	s.mu.Unlock()
	batches := Batches[thing]{
		Claim: func(_ context.Context, now, until time.Time) ([]thing, error) { return s.claim(to, now, until) },
		Deliver: func(_ context.Context, t *thing, p *Patience) []core.Change {
			time.Sleep(s.slow)
			s.mu.Lock()
			defer s.mu.Unlock()
			s.log = append(s.log, fmt.Sprintf("%s %s %s", time.Since(s.began), to, t.name))
			if s.takes == nil || s.takes(to) {
				p.Refresh()
				return []core.Change{later{to: to, thing: thing{t.name, -1, time.Time{}}}}
			}
			p.Tire()
			return []core.Change{later{to: to, thing: thing{t.name, t.failures + 1, time.Now().Add(Delay(time.Second, time.Hour, t.failures+1, 0))}}}
		},
		GiveBack:  func(t *thing, _ time.Time) []core.Change { return []core.Change{later{to: to, thing: *t}} },
		Apply:     func(_ context.Context, changes ...core.Change) error { return s.apply(changes...) },
		Complain:  func(err error) { s.note(err.Error()) },
		BatchTime: 10 * time.Second, ClaimTime: time.Minute, Each: s.each, Now: time.Now,
	}
	batches.Round(ctx, &p)
	s.mu.Lock()
	s.running--
	s.mu.Unlock()
	return p
}

func (s *shelf) note(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.log = append(s.log, line)
}

// take gives what was noted since it was last called, sorted.
func (s *shelf) take() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	log := s.log
	s.log = nil
	slices.Sort(log)
	return log
}

// onShelf runs a loop beside the test; end ends it.
func onShelf(t *testing.T, most int, test func(t *testing.T, s *shelf, end func())) {
	synctest.Test(t, func(t *testing.T) {
		s := &shelf{things: map[string][]thing{}, queued: make(chan struct{}, 1), began: time.Now()}
		loop := Loop[string]{Queues: s.waiting, Round: s.round, Queued: s.queued, MostRounds: most, Now: time.Now, Rand: func() float64 { return 0 }}
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan struct{})
		go func() { loop.Run(ctx); close(ended) }()
		end := sync.OnceFunc(func() { cancel(); <-ended })
		test(t, s, end)
		end()
	})
}

// What is queued is delivered at once, in its order, and receivers do not wait for each
// other; there is one round for each.
func TestDeliversAtOnce(t *testing.T) {
	onShelf(t, 0, func(t *testing.T, s *shelf, _ func()) {
		s.slow = time.Second
		s.put("a", "1", "2", "3")
		s.put("b", "1")
		time.Sleep(3 * time.Second)
		synctest.Wait()
		same(t, s.take(), []string{"1s a 1", "1s b 1", "2s a 2", "3s a 3"})
		same(t, s.most, 2)
	})
}

// No more rounds run than may, and those that wait follow.
func TestMostRounds(t *testing.T) {
	onShelf(t, 2, func(t *testing.T, s *shelf, _ func()) {
		s.slow = time.Second
		for _, to := range []string{"a", "b", "c", "d", "e"} {
			s.put(to, "1")
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		same(t, len(s.take()), 5)
		same(t, s.most, 2)
	})
}

// What another process queues is noticed within the poll.
func TestPolls(t *testing.T) {
	onShelf(t, 0, func(t *testing.T, s *shelf, _ func()) {
		time.Sleep(time.Second)
		s.mu.Lock()
		s.things["a"] = []thing{{name: "1"}}
		s.mu.Unlock()
		time.Sleep(PollEvery)
		synctest.Wait()
		same(t, s.take(), []string{"2s a 1"})
	})
}

// A receiver that does not work rests, longer each time, whatever else is put; others do
// not. When it works again, it does so at once.
func TestRests(t *testing.T) {
	onShelf(t, 0, func(t *testing.T, s *shelf, _ func()) {
		s.takes = func(to string) bool { return to != "down" }
		s.put("down", "1", "2", "3", "4")
		s.put("up", "1")
		time.Sleep(8 * time.Second)
		synctest.Wait()
		var when []string // which of those that wait comes next is the store's to say
		for _, line := range s.take() {
			when = append(when, line[:len(line)-len(" 1")])
		}
		same(t, when, []string{"0s down", "0s up", "1s down", "3s down", "7s down"})
		s.put("up", "2")
		time.Sleep(time.Hour)
		if n := len(s.take()); n < 20 || n > 80 {
			t.Errorf("tried %d times in an hour", n)
		}
		s.mu.Lock()
		s.takes = nil
		s.mu.Unlock()
		time.Sleep(LongestRest + time.Hour)
		s.take()
		s.put("down", "5")
		synctest.Wait()
		same(t, len(s.take()), 1)
	})
}

// While the store fails it is asked from time to time, and afterwards all goes on.
func TestStoreFails(t *testing.T) {
	onShelf(t, 0, func(t *testing.T, s *shelf, _ func()) {
		s.mu.Lock()
		s.broken = true
		s.mu.Unlock()
		s.put("a", "1")
		time.Sleep(time.Minute)
		same(t, s.take(), nil)
		s.mu.Lock()
		s.broken = false
		s.mu.Unlock()
		time.Sleep(PollEvery)
		synctest.Wait()
		same(t, len(s.take()), 1)
	})
}

// When it ends, what is being delivered is settled, and the rest of its batch given back.
func TestEnds(t *testing.T) {
	for _, each := range []bool{false, true} {
		onShelf(t, 0, func(t *testing.T, s *shelf, end func()) {
			s.slow, s.each = time.Second, each
			s.put("a", "1", "2", "3")
			time.Sleep(time.Second / 2)
			end()
			same(t, s.take(), []string{"1s a 1"})
			same(t, len(s.things["a"]), 2)
			for _, left := range s.things["a"] {
				if !left.nextAt.IsZero() {
					t.Errorf("%s is claimed until %s", left.name, left.nextAt)
				}
			}
		})
	}
}

// Each thing is settled at once where that is asked for, else with its batch.
func TestSettles(t *testing.T) {
	for each, left := range map[bool]int{false: 2, true: 1} {
		onShelf(t, 0, func(t *testing.T, s *shelf, _ func()) {
			s.slow, s.each = time.Second, each
			s.put("a", "1", "2")
			time.Sleep(1500 * time.Millisecond)
			s.mu.Lock()
			defer s.mu.Unlock()
			same(t, len(s.things["a"]), left)
		})
	}
}

// A batch is begun for a while only: what is left of it is given back, and comes again.
func TestBatchTime(t *testing.T) {
	onShelf(t, 0, func(t *testing.T, s *shelf, _ func()) {
		s.slow = 11 * time.Second
		s.put("a", "1", "2")
		time.Sleep(23 * time.Second)
		synctest.Wait()
		same(t, s.take(), []string{"11s a 1", "22s a 2"})
	})
}

func TestDelay(t *testing.T) {
	for _, c := range []struct {
		failures int
		longest  time.Duration
		random   float64
		want     time.Duration
	}{
		{1, time.Hour, 0, time.Second},
		{2, time.Hour, 0, 2 * time.Second},
		{12, time.Hour, 0, 2048 * time.Second},
		{13, time.Hour, 0, time.Hour},
		{1_000_000, time.Hour, 0, time.Hour},
		{7, time.Minute, 0, time.Minute},
		{1, time.Hour, 0.5, 875 * time.Millisecond},
		{1_000_000, time.Hour, 0.999999999, 45*time.Minute + 900*time.Nanosecond},
	} {
		if got := Delay(time.Second, c.longest, c.failures, c.random); got.Round(time.Microsecond) != c.want.Round(time.Microsecond) {
			t.Errorf("after %d failures: %s, want %s", c.failures, got, c.want)
		}
	}
}

func TestPatience(t *testing.T) {
	var p Patience
	if p.Refresh() || p.rest(0) != 0 {
		t.Error("it rests before anything failed")
	}
	p.Failures = 2
	p.Tire()
	same(t, p, Patience{Rests: 1, Tired: true})
	same(t, p.rest(0), firstRest)
	p.Tire()
	same(t, p.rest(0), 2*firstRest)
	if !p.Refresh() || p.Rests != 0 {
		t.Errorf("it is not refreshed: %+v", p)
	}
	same(t, (&Patience{Broken: true}).rest(0.9), firstRest)
}

// What lingers ends a while after its context, and at once when it is let go.
func TestLinger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		longer, release := Linger(ctx, time.Minute)
		defer release()
		began := time.Now()
		cancel()
		<-longer.Done()
		same(t, time.Since(began), time.Minute)

		longer, release = Linger(context.Background(), time.Minute)
		release()
		<-longer.Done()
		same(t, time.Since(began), time.Minute)
	})
}

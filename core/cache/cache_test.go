package cache

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

const size = 16

// fetches counts, and gives the number as the document.
type fetches struct {
	mu    sync.Mutex
	count int
	fail  error
	takes time.Duration
}

func (f *fetches) fetch(ctx context.Context, _ string) (int, time.Duration, error) {
	select {
	case <-time.After(f.takes):
	case <-ctx.Done():
		return 0, 0, ctx.Err()
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.count++
	return f.count, 10 * time.Minute, f.fail
}

func (f *fetches) set(fail error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fail = fail
}

func TestCacheLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fetches{}
		c := New(Options{Now: time.Now, Size: size}, f.fetch)
		broken := errors.New("broken")
		for i, step := range []struct {
			wait  time.Duration
			renew bool
			fail  error
			want  int
			err   error
		}{
			{0, false, nil, 1, nil},
			{9 * time.Minute, false, nil, 1, nil},
			{time.Minute, false, nil, 2, nil}, // its life is over
			{59 * time.Second, true, nil, 2, nil},
			{time.Second, true, nil, 3, nil}, // an unknown key, a minute later
			{0, true, nil, 3, nil},
			{time.Minute, true, broken, 3, nil}, // the old one is still good
			{59 * time.Second, true, broken, 3, nil},
			{time.Second, true, nil, 5, nil},
			{10 * time.Minute, false, broken, 0, broken},
			{29 * time.Second, false, nil, 0, broken}, // the failure is kept
			{time.Second, false, nil, 7, nil},
		} {
			time.Sleep(step.wait)
			f.set(step.fail)
			got, err := c.Get(t.Context(), "u", step.renew)
			if !errors.Is(err, step.err) || step.err == nil && got != step.want {
				t.Errorf("step %d: %d, %v; want %d, %v", i, got, err, step.want, step.err)
			}
		}
	})
}

// TestCacheStale: a document whose time is over serves on while no newer one can be
// had, and not for ever.
func TestCacheStale(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fetches{}
		c := New(Options{Now: time.Now, Size: size, Stale: time.Hour}, f.fetch)
		broken := errors.New("broken")
		for i, step := range []struct {
			wait  time.Duration
			fail  error
			want  int
			err   error
			count int
		}{
			{0, nil, 1, nil, 1},
			{10 * time.Minute, broken, 1, nil, 2},
			{29 * time.Second, broken, 1, nil, 2}, // the failure is believed for a while
			{time.Second, broken, 1, nil, 3},
			{time.Minute, nil, 4, nil, 4},
			{69 * time.Minute, broken, 4, nil, 5},
			{time.Minute, broken, 0, broken, 6},
			{time.Minute, nil, 7, nil, 7},
		} {
			time.Sleep(step.wait)
			f.set(step.fail)
			got, err := c.Get(t.Context(), "u", false)
			if !errors.Is(err, step.err) || step.err == nil && got != step.want || f.count != step.count {
				t.Errorf("step %d: %d, %v after %d fetches; want %d, %v after %d", i, got, err, f.count, step.want, step.err, step.count)
			}
		}
	})
}

// TestCacheAtOnce: many who want one document cause one fetch.
func TestCacheAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fetches{takes: time.Second}
		c := New(Options{Now: time.Now, Size: size}, f.fetch)
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() {
				if got, err := c.Get(t.Context(), "u", false); got != 1 || err != nil {
					t.Errorf("%d, %v", got, err)
				}
			})
		}
		all.Wait()
	})
}

// TestCacheImpatient: a caller without time neither ends the fetch for others nor
// has it kept as a failure, and what takes too long is a failure for all.
func TestCacheImpatient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fetches{takes: 2 * time.Second}
		c := New(Options{Now: time.Now, Size: size}, f.fetch)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := c.Get(ctx, "u", false); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the impatient one gets %v", err)
		}
		if got, err := c.Get(t.Context(), "u", false); got != 1 || err != nil {
			t.Errorf("the next one gets %d, %v", got, err)
		}
		f.takes = time.Hour
		begun := time.Now()
		if _, err := c.Get(t.Context(), "slow", false); !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) != fetchTime {
			t.Errorf("%v after %v", err, time.Since(begun))
		}
		if _, err := c.Get(t.Context(), "slow", false); err == nil || time.Since(begun) != fetchTime {
			t.Errorf("%v after %v: the failure was not kept", err, time.Since(begun))
		}
	})
}

// TestCacheIsBounded: what was not asked for the longest goes.
func TestCacheIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fetches{}
		c := New(Options{Now: time.Now, Size: size}, f.fetch)
		get := func(url string) int {
			time.Sleep(time.Millisecond)
			got, err := c.Get(t.Context(), url, false)
			if err != nil {
				t.Fatal(err)
			}
			return got
		}
		first := get("often")
		for i := range 3 * size {
			get(fmt.Sprint(i))
			if again := get("often"); again != first {
				t.Fatalf("what is asked for often was fetched again after %d", i)
			}
		}
		if len(c.entries) != size || get("0") == 2 {
			t.Errorf("%d entries", len(c.entries))
		}
	})
}

func TestLife(t *testing.T) {
	for header, want := range map[string]time.Duration{
		"":                                  5 * time.Minute,
		"public":                            5 * time.Minute,
		"max-age=1":                         5 * time.Minute,
		"public, max-age=600":               10 * time.Minute,
		"Max-Age=\"600\" , must-revalidate": 10 * time.Minute,
		"max-age=86400":                     time.Hour,
		"max-age=99999999999999999999":      5 * time.Minute,
		"max-age=-1":                        5 * time.Minute,
		"max-age=600, no-cache":             5 * time.Minute,
		"no-store, max-age=600":             5 * time.Minute,
		"s-maxage=600":                      5 * time.Minute,
	} {
		if got := Life(http.Header{"Cache-Control": {header}}); got != want {
			t.Errorf("%q: %v, want %v", header, got, want)
		}
	}
}

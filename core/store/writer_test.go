package store

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

func openTest(t *testing.T) *Store {
	t.Helper()
	s, err := Open(t.Context(), Options{Path: filepath.Join(t.TempDir(), "postern.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

func failure(key string) core.Change {
	return core.CountFailure{Keys: []string{key}, At: time.UnixMilli(1), Window: time.Hour}
}

func (s *Store) has(t *testing.T, key string) bool {
	t.Helper()
	found, err := s.Failures(t.Context(), key)
	if err != nil {
		t.Fatal(err)
	}
	return len(found) == 1
}

// block makes the writer wait until the function that it returns is called.
func block(t *testing.T, s *Store) (release func()) {
	t.Helper()
	begun, released := make(chan struct{}), make(chan struct{})
	go func() {
		err := s.writer.do(context.Background(), &job{work: func(*sqlite.Conn) error {
			close(begun)
			<-released
			return nil
		}})
		if err != nil {
			t.Error(err)
		}
	}()
	<-begun
	return sync.OnceFunc(func() { close(released) })
}

func TestCallerGivesUpBeforeTheWork(t *testing.T) {
	s := openTest(t)
	release := block(t, s)
	defer release()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	if err := s.Apply(ctx, failure("given up")); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
	release()
	if err := s.Apply(t.Context(), failure("later")); err != nil {
		t.Fatal(err)
	}
	if s.has(t, "given up") {
		t.Error("it was told that nothing happened, and it did")
	}
}

func TestCallerGivesUpDuringTheWork(t *testing.T) {
	s := openTest(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := s.writer.do(ctx, &job{work: func(c *sqlite.Conn) error {
		cancel()
		return apply(c, failure("k"))
	}})
	if err != nil || !s.has(t, "k") {
		t.Errorf("got %v, there: %v", err, s.has(t, "k"))
	}
}

// Whoever shares a transaction with a list that panics notices nothing.
func TestPanicCostsOneList(t *testing.T) {
	s := openTest(t)
	release := block(t, s)
	var wg sync.WaitGroup
	wg.Go(func() {
		err := s.writer.do(t.Context(), &job{work: func(c *sqlite.Conn) error {
			if err := apply(c, failure("panics")); err != nil {
				t.Error(err)
			}
			panic("at the disco")
		}})
		if err == nil || !strings.Contains(err.Error(), "at the disco") {
			t.Errorf("got %v", err)
		}
	})
	for _, key := range []string{"a", "b", "c"} {
		wg.Go(func() {
			if err := s.Apply(t.Context(), failure(key)); err != nil {
				t.Error(err)
			}
		})
	}
	for len(s.writer.jobs) < 4 {
		time.Sleep(time.Millisecond)
	}
	release()
	wg.Wait()
	if s.has(t, "panics") || !s.has(t, "a") || !s.has(t, "b") || !s.has(t, "c") {
		t.Error("the wrong lists happened")
	}
}

// When the disk is full nothing of the batch is acknowledged, and the writer goes
// on when there is room again.
func TestDiskFull(t *testing.T) {
	s := openTest(t)
	setPages := func(limit string) {
		t.Helper()
		err := s.writer.do(t.Context(), &job{work: func(c *sqlite.Conn) error {
			return c.Query("PRAGMA max_page_count = "+limit, func(*sqlite.Row) error { return nil })
		}})
		if err != nil {
			t.Fatal(err)
		}
	}
	setPages("1") // SQLite makes it the present size
	release := block(t, s)
	big := strings.Repeat("x", 100_000)
	var wg sync.WaitGroup
	var told [4]error
	for i, key := range []string{"small", big + "1", big + "2", big + "3"} {
		wg.Go(func() { told[i] = s.Apply(t.Context(), failure(key)) })
	}
	for len(s.writer.jobs) < len(told) {
		time.Sleep(time.Millisecond)
	}
	release()
	wg.Wait()
	for i, err := range told[1:] {
		if !errors.Is(err, ErrFull) {
			t.Errorf("list %d: got %v", i, err)
		}
	}
	if s.has(t, "small") != (told[0] == nil) {
		t.Errorf("told %v, there: %v", told[0], s.has(t, "small"))
	}
	setPages("1000000")
	if err := s.Apply(t.Context(), failure(big)); err != nil || !s.has(t, big) {
		t.Errorf("with room again: %v", err)
	}
}

// A failed sync leaves unknown what is on the disk, so nothing more is promised.
func TestFailedSyncStopsTheWriter(t *testing.T) {
	s := openTest(t)
	w := s.writer
	err := w.settle(&sqlite.Error{Code: sqlite.SyncFailed, Message: "disk I/O error"})
	if err == nil {
		t.Error("the error was lost")
	}
	for name, err := range map[string]error{"apply": s.Apply(t.Context(), failure("k")), "check": s.Check(t.Context())} {
		if err == nil || !strings.Contains(err.Error(), "restart the server") {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if s.has(t, "k") {
		t.Error("it was refused, and happened")
	}
}

func TestReadersAreBounded(t *testing.T) {
	p := newPool(1, func() (*sqlite.Conn, error) { return nil, errors.New("no connection") })
	if err := p.use(t.Context(), nil); err == nil || err.Error() != "no connection" {
		t.Errorf("got %v", err)
	}
	s := openTest(t)
	one := newPool(1, s.readers.open)
	defer one.close()
	err := one.use(t.Context(), func(*sqlite.Conn) error {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		return one.use(ctx, func(*sqlite.Conn) error { return nil })
	})
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a second reader: got %v", err)
	}
	if err := one.use(t.Context(), func(c *sqlite.Conn) error {
		_, err := c.Exec("DELETE FROM users")
		return err
	}); err == nil {
		t.Error("a reader wrote")
	}
}

func TestMemoIsBounded(t *testing.T) {
	var m memo[int]
	key := func(i int) string { return string([]byte{byte(i), byte(i >> 8), byte(i >> 16)}) }
	for i := range 3 * memoLimit {
		m.put(key(i), i)
		if got, found := m.get([]byte(key(i))); !found || got != i {
			t.Fatalf("put %d, got %d, %v", i, got, found)
		}
	}
	if len(m.kept) != memoLimit {
		t.Errorf("%d are kept", len(m.kept))
	}
}

func TestExplain(t *testing.T) {
	plain := errors.New("plain")
	for _, test := range []struct {
		err  error
		kind error
	}{
		{&sqlite.Error{Code: sqlite.Corrupt | 2<<8}, ErrBroken},
		{&sqlite.Error{Code: sqlite.NotADB}, ErrBroken},
		{&sqlite.Error{Code: sqlite.ReadOnly | 1<<8}, ErrReadOnly},
		{&sqlite.Error{Code: sqlite.CantOpen}, ErrReadOnly},
		{&sqlite.Error{Code: sqlite.Busy | 2<<8}, ErrBusy},
		{&sqlite.Error{Code: sqlite.Full}, ErrFull},
		{core.ErrNotFound, core.ErrNotFound},
		{context.Canceled, context.Canceled},
		{plain, plain},
	} {
		got := explain("/data/postern.db", test.err)
		if !errors.Is(got, test.kind) || !errors.Is(got, test.err) {
			t.Errorf("%v: got %v", test.err, got)
		}
		if again := explain("/other", got); again != got {
			t.Errorf("%v: explained twice: %v", test.err, again)
		}
	}
	if explain("/data/postern.db", nil) != nil {
		t.Error("an error out of nothing")
	}
}

package store_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store"
	"github.com/postern-id/postern/core/store/sqlite"
)

// execRaw changes a database behind the store's back.
func execRaw(t *testing.T, path, script string) {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	c, err := sqlite.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(c.Script(script), c.Close()); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, path string, content []byte) {
	t.Helper()
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}

// closedDatabase makes a database with some content.
func closedDatabase(t *testing.T, path string) {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	populate(t, s, 100)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestOpenRefuses(t *testing.T) {
	tests := []struct {
		name    string
		prepare func(t *testing.T, path string)
		kind    error // nil: none of the kinds
		says    string
	}{
		{"no database", func(t *testing.T, path string) {
			write(t, path, bytes.Repeat([]byte("this is no database. "), 500))
		}, store.ErrBroken, "damaged or not a database"},
		{"half a page", func(t *testing.T, path string) {
			write(t, path, []byte("SQLite format 3\x00 and then nothing"))
		}, store.ErrBroken, "damaged or not a database"},
		{"damaged schema", func(t *testing.T, path string) {
			closedDatabase(t, path)
			content, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			copy(content[100:4096], bytes.Repeat([]byte{0xa5}, 3996))
			write(t, path, content)
		}, store.ErrBroken, "damaged or not a database"},
		{"another program's", func(t *testing.T, path string) {
			execRaw(t, path, "CREATE TABLE user (id INTEGER)")
		}, store.ErrForeign, "belongs to another program"},
		{"a newer version's", func(t *testing.T, path string) {
			closedDatabase(t, path)
			execRaw(t, path, "INSERT INTO schema_migrations VALUES (9999, '9999_future.sql', 0)")
		}, store.ErrNewer, "newer version of Postern (schema 9999, this one knows"},
		{"a directory", func(t *testing.T, path string) {
			if err := os.Mkdir(path, 0o700); err != nil {
				t.Fatal(err)
			}
		}, nil, "is a directory"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "postern.db")
			test.prepare(t, path)
			before, _ := os.ReadFile(path)
			checkProblem(t, path, test.kind, test.says)
			if after, _ := os.ReadFile(path); !bytes.Equal(before, after) {
				t.Error("the file was changed")
			}
		})
	}
	t.Run("a file where the folder should be", func(t *testing.T) {
		file := filepath.Join(t.TempDir(), "data")
		write(t, file, nil)
		checkProblem(t, filepath.Join(file, "postern.db"), nil, "not a directory")
	})
}

func checkProblem(t *testing.T, path string, kind error, says string) {
	t.Helper()
	s, err := store.Open(t.Context(), store.Options{Path: path, BusyTimeout: 50 * time.Millisecond})
	if err == nil {
		s.Close()
		t.Fatal("it opened")
	}
	problem, ok := errors.AsType[*store.Problem](err)
	if !ok {
		t.Fatalf("got %T: %v", err, err)
	}
	if kind != nil && !errors.Is(err, kind) {
		t.Errorf("got kind %v, want %v", problem.Kind, kind)
	}
	if message := err.Error(); !strings.Contains(message, says) || !strings.Contains(message, filepath.Base(path)) && !strings.Contains(message, filepath.Dir(path)) || strings.Contains(message, "\n") {
		t.Errorf("got %q, want one line with the path and %q", message, says)
	}
	if problem.Hint() == "" || strings.Contains(problem.Hint(), "\n") {
		t.Errorf("hint %q", problem.Hint())
	}
}

// A page in the middle that is damaged shows when it is read.
func TestDamagedPage(t *testing.T) {
	path := filepath.Join(t.TempDir(), "postern.db")
	closedDatabase(t, path)
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for at := 60 * 4096; at+4096 <= len(content); at += 4096 {
		copy(content[at:], bytes.Repeat([]byte{0xff}, 4096))
	}
	write(t, path, content)
	s, err := store.Open(t.Context(), store.Options{Path: path})
	if err == nil {
		_, err = s.Users(t.Context(), core.UserFilter{})
		s.Close()
	}
	if !errors.Is(err, store.ErrBroken) {
		t.Errorf("got %v", err)
	}
}

func TestFileModes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "data")
	path := filepath.Join(dir, "postern.db")
	s := openAt(t, path)
	populate(t, s, 1)
	for name, want := range map[string]os.FileMode{dir: 0o700, path: 0o600, path + "-wal": 0o600, path + "-shm": 0o600} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s: mode %04o, want %04o", filepath.Base(name), got, want)
		}
	}
}

// Item 130 of the refusals: a database file that others could read is tightened.
func TestLooseModeIsTightened(t *testing.T) {
	path := filepath.Join(t.TempDir(), "postern.db")
	closedDatabase(t, path)
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	openAt(t, path)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestPathsWithSpecialCharacters(t *testing.T) {
	for _, name := range []string{"with space.db", "question?mode=ro", "per%20cent#hash", "file:x"} {
		path := filepath.Join(t.TempDir(), name)
		openAt(t, path)
		if info, err := os.Stat(path); err != nil || info.Size() == 0 {
			t.Errorf("%q: %v, %v", name, info, err)
		}
	}
}

// Server and command may both be the first.
func TestOpenedTwiceAtOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data", "postern.db")
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			s, err := store.Open(t.Context(), store.Options{Path: path})
			if err != nil {
				t.Error(err)
				return
			}
			if orgs, err := s.Organisations(t.Context()); err != nil || len(orgs) != 1 {
				t.Errorf("organisations %v, %v", orgs, err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

func TestLockedByAnotherProcess(t *testing.T) {
	path := filepath.Join(t.TempDir(), "postern.db")
	s, err := store.Open(t.Context(), store.Options{Path: path, BusyTimeout: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	other, err := sqlite.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	exec := func(text string) {
		t.Helper()
		if _, err := other.Exec(text); err != nil {
			t.Fatal(err)
		}
	}
	change := core.CountFailure{Keys: []string{"k"}, At: start, Window: time.Hour}

	exec("BEGIN IMMEDIATE")
	if err := s.Apply(t.Context(), change); !errors.Is(err, store.ErrBusy) {
		t.Errorf("got %v", err)
	}
	if _, err := s.Organisations(t.Context()); err != nil {
		t.Errorf("reading waits for a writer: %v", err)
	}
	checkProblem(t, path, store.ErrBusy, "locked by another process")

	done := make(chan error)
	go func() { done <- s.Apply(t.Context(), change) }()
	time.Sleep(20 * time.Millisecond)
	exec("COMMIT")
	if err := <-done; err != nil {
		t.Errorf("a short lock was not waited for: %v", err)
	}
	if got, err := s.Failures(t.Context(), "k"); err != nil || len(got) != 1 || got[0].Count != 1 {
		t.Errorf("got %v, %v: the refused change happened", got, err)
	}
}

package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/store/sqlite"
)

// Store is an open database. Any number of goroutines may use it, and other
// processes may have the same database open.
type Store struct {
	path    string
	writer  *writer
	readers *pool
	outbox  *outbox
	notices chan struct{} // see LogoutsQueued
	mails   chan struct{} // see MailsQueued

	newest  atomic.Int64 // the highest config generation that was read
	config  atomic.Pointer[config]
	loading sync.Mutex // one load of the config at a time

	users  memo[keptUser]
	grants memo[*core.Grant]
}

// Open opens the database, makes it if there is none, and brings its schema up
// to date. What is wrong with the database comes as a [*Problem].
func Open(ctx context.Context, o Options) (*Store, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	o = o.withDefaults()
	if err := createFile(o.Path); err != nil {
		return nil, explain(o.Path, err)
	}
	conn, err := connect(o)
	if err != nil {
		return nil, explain(o.Path, err)
	}
	if err := prepareDatabase(conn, o); err != nil {
		return nil, explain(o.Path, errors.Join(err, conn.Close()))
	}
	s := &Store{
		path: o.Path, outbox: newOutbox(), notices: make(chan struct{}, 1), mails: make(chan struct{}, 1),
		readers: newPool(o.Readers, func() (*sqlite.Conn, error) { return connectReader(o) }),
	}
	s.writer = startWriter(conn, s.outbox.begin, s.committed)
	if err := s.Check(ctx); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// committed is called by the writer after each commit, with the generation if that
// rose.
func (s *Store) committed(generation int64) {
	if generation > 0 {
		s.noteGeneration(generation)
	}
	s.outbox.committed()
}

func (o Options) withDefaults() Options {
	if o.Readers <= 0 {
		o.Readers = max(4, 2*runtime.GOMAXPROCS(0))
	}
	if o.BusyTimeout <= 0 {
		o.BusyTimeout = 10 * time.Second
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return o
}

// createFile makes an empty file for its owner alone. SQLite gives the files
// that it makes beside it the same mode. An existing file is not opened: closing
// it would drop the locks that this process holds on it (POSIX record locks).
func createFile(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
		if errors.Is(err, fs.ErrExist) {
			return nil
		}
		if err != nil {
			return err
		}
		return file.Close()
	case err != nil:
		return err
	case info.IsDir():
		return &fs.PathError{Op: "open", Path: path, Err: errors.New("is a directory")}
	case runtime.GOOS == "windows":
		return nil // access is kept in lists there
	case info.Mode().Perm()&0o077 != 0:
		if err := os.Chmod(path, 0o600); err != nil {
			return err
		}
	}
	return openCompanions(path)
}

// openCompanions gives the files that SQLite keeps beside the database their
// right mode. They have the database's from the time when they were made: after
// a start on a read-only file they would stay read-only for ever.
func openCompanions(path string) error {
	for _, name := range []string{path + "-wal", path + "-shm"} {
		info, err := os.Stat(name)
		if err != nil || info.Mode().Perm() == 0o600 {
			continue
		}
		if err := os.Chmod(name, 0o600); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// connect opens a connection with what every connection has. Constraints of the
// schema are checked, and a sync means that the disk has it.
func connect(o Options) (*sqlite.Conn, error) {
	c, err := sqlite.Open(o.Path)
	if err != nil {
		return nil, err
	}
	c.SetBusyTimeout(o.BusyTimeout)
	err = c.Script(`
		PRAGMA foreign_keys = ON;
		PRAGMA trusted_schema = OFF;
		PRAGMA temp_store = MEMORY;
		PRAGMA synchronous = FULL;
		PRAGMA fullfsync = ON;
		PRAGMA checkpoint_fullfsync = ON`)
	if err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

func connectReader(o Options) (*sqlite.Conn, error) {
	c, err := connect(o)
	if err != nil {
		return nil, err
	}
	if err := c.Script("PRAGMA query_only = ON"); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return c, nil
}

// prepareDatabase turns on the write-ahead log and migrates, if the database is
// ours.
func prepareDatabase(c *sqlite.Conn, o Options) error {
	all, err := migrations()
	if err != nil {
		return err
	}
	if _, err := schemaVersion(c, o.Path, len(all)); err != nil {
		return err
	}
	if err := useWAL(c, o); err != nil {
		return err
	}
	// The log is folded into the file in the writer's commit that finds it this
	// long. Four times SQLite's own choice, because under load pages are written
	// again and again before.
	//
	// The writer keeps 16 MB of pages, and no page is written before its commit:
	// one that is written twice in a transaction makes SQLite compute the checksums
	// of all that follow anew.
	if err := c.Script("PRAGMA wal_autocheckpoint = 4000; PRAGMA cache_size = -16000; PRAGMA cache_spill = OFF"); err != nil {
		return err
	}
	if err := migrate(c, o.Path, all, o.Now()); err != nil {
		return err
	}
	// An empty transaction shows now, and not at the first sign-in, whether the
	// database can be written.
	return transaction(c, func() error {
		_, err := c.Exec("UPDATE meta SET value = value WHERE name = 'config_generation'")
		return err
	})
}

// useWAL retries by itself, because SQLite does not wait when two connections
// change the journal mode at once.
func useWAL(c *sqlite.Conn, o Options) error {
	deadline := time.Now().Add(o.BusyTimeout)
	for {
		var mode string
		err := c.Query("PRAGMA journal_mode = WAL", func(r *sqlite.Row) error {
			mode = r.Text()
			return nil
		})
		if err == nil && mode != "wal" {
			return fmt.Errorf("the database cannot have a write-ahead log: its journal mode stays %q", mode)
		}
		if e, ok := errors.AsType[*sqlite.Error](err); !ok || e.Primary() != sqlite.Busy || time.Now().After(deadline) {
			return err
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// Check reads and says whether the store answers, for the readiness probe.
func (s *Store) Check(ctx context.Context) error {
	if err := s.writer.failure(); err != nil {
		return explain(s.path, err)
	}
	return s.read(ctx, func(c *sqlite.Conn) error {
		return c.Query("SELECT value FROM meta WHERE name = 'config_generation'", func(r *sqlite.Row) error {
			s.noteGeneration(r.Int())
			return nil
		})
	})
}

// Close waits for the writes that were accepted and for the reads under way.
// What comes later gets [ErrClosed].
func (s *Store) Close() error {
	return errors.Join(s.writer.close(), s.readers.close())
}

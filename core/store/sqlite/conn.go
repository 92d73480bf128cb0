package sqlite

import (
	"errors"
	"fmt"
	"time"
	"unsafe"

	"modernc.org/libc"
	"modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// Conn is a connection. One goroutine at a time may use it.
type Conn struct {
	tls        *libc.TLS
	db         uintptr
	statements map[string]*statement
}

// Open opens an existing file. An empty file is an empty database.
func Open(path string) (*Conn, error) { return open(path, lib.SQLITE_OPEN_READWRITE) }

func open(path string, mode int32) (*Conn, error) {
	// SQLite syncs with fdatasync on every Linux distribution; the translation
	// needs to be told. It is the library's setting for the whole process.
	if _, err := sqlite.Fdatasync(true); err != nil && !errors.Is(err, sqlite.ErrFdatasyncUnavailable) {
		return nil, err
	}
	c := &Conn{tls: libc.NewTLS(), statements: map[string]*statement{}}
	name, err := libc.CString(path)
	if err != nil {
		c.tls.Close()
		return nil, err
	}
	defer libc.Xfree(c.tls, name)
	out := c.tls.Alloc(pointerSize)
	defer c.tls.Free(pointerSize)
	// Without a mutex, because one goroutine at a time uses the connection.
	code := lib.Xsqlite3_open_v2(c.tls, name, out, mode|lib.SQLITE_OPEN_NOMUTEX|lib.SQLITE_OPEN_EXRESCODE, 0)
	c.db = pointerAt(out)
	if code != lib.SQLITE_OK {
		return nil, errors.Join(c.failure(code), c.Close())
	}
	return c, nil
}

const pointerSize = int(unsafe.Sizeof(uintptr(0)))

// Close frees the connection and its statements.
func (c *Conn) Close() error {
	for _, s := range c.statements {
		s.close()
	}
	clear(c.statements)
	code := lib.Xsqlite3_close(c.tls, c.db)
	if code != lib.SQLITE_OK {
		return c.failure(code)
	}
	c.db = 0
	c.tls.Close()
	return nil
}

// SetBusyTimeout says how long to wait for another connection's lock before
// failing with [Busy].
func (c *Conn) SetBusyTimeout(d time.Duration) {
	lib.Xsqlite3_busy_timeout(c.tls, c.db, int32(d.Milliseconds()))
}

// InTransaction reports whether BEGIN was run and neither COMMIT nor ROLLBACK
// ended it. SQLite itself rolls back on some errors.
func (c *Conn) InTransaction() bool { return lib.Xsqlite3_get_autocommit(c.tls, c.db) == 0 }

// Script runs statements without arguments, separated by semicolons.
func (c *Conn) Script(text string) error {
	script, err := libc.CString(text)
	if err != nil {
		return err
	}
	defer libc.Xfree(c.tls, script)
	if code := lib.Xsqlite3_exec(c.tls, c.db, script, 0, 0, 0); code != lib.SQLITE_OK {
		return c.failure(code)
	}
	return nil
}

// Exec runs a statement and returns how many rows it changed. The statement
// is prepared once and kept. An argument is a string, []byte, int64, int, bool or
// nil, and stands for $1, $2 and so on.
func (c *Conn) Exec(text string, args ...any) (changed int64, err error) {
	s, err := c.prepare(text)
	if err != nil {
		return 0, err
	}
	defer s.reset()
	if err := s.bind(args); err != nil {
		return 0, err
	}
	for {
		more, err := s.step()
		if err != nil {
			return 0, err
		}
		if !more {
			return lib.Xsqlite3_changes64(c.tls, c.db), nil
		}
	}
}

// Query runs a statement as Exec does and calls row for each row of the result.
// Row is valid until the function returns; the error of the function ends the
// query.
func (c *Conn) Query(text string, row func(r *Row) error, args ...any) error {
	s, err := c.prepare(text)
	if err != nil {
		return err
	}
	defer s.reset()
	if err := s.bind(args); err != nil {
		return err
	}
	for {
		more, err := s.step()
		if err != nil || !more {
			return err
		}
		s.row.column = 0
		if err := row(&s.row); err != nil {
			return err
		}
	}
}

// QueryRow runs a statement as Exec does and calls row for the first row of the
// result, if there is one.
func (c *Conn) QueryRow(text string, row func(r *Row) error, args ...any) (found bool, err error) {
	s, err := c.prepare(text)
	if err != nil {
		return false, err
	}
	defer s.reset()
	if err := s.bind(args); err != nil {
		return false, err
	}
	if found, err = s.step(); err != nil || !found {
		return false, err
	}
	s.row.column = 0
	return true, row(&s.row)
}

// failure gives the error for a result code just returned.
func (c *Conn) failure(code int32) error {
	message := lib.Xsqlite3_errstr(c.tls, code)
	if c.db != 0 && lib.Xsqlite3_extended_errcode(c.tls, c.db) == code {
		message = lib.Xsqlite3_errmsg(c.tls, c.db)
	}
	return &Error{Code: int(code), Message: libc.GoString(message)}
}

func (c *Conn) prepare(text string) (*statement, error) {
	if s, prepared := c.statements[text]; prepared {
		return s, nil
	}
	s, err := newStatement(c, text)
	if err != nil {
		return nil, fmt.Errorf("preparing %q: %w", text, err)
	}
	c.statements[text] = s
	return s, nil
}

package sqlite_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/store/sqlite"
)

func open(t testing.TB) *sqlite.Conn {
	t.Helper()
	path := filepath.Join(t.TempDir(), "test.db")
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := sqlite.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c
}

func exec(t testing.TB, c *sqlite.Conn, text string, args ...any) int64 {
	t.Helper()
	changed, err := c.Exec(text, args...)
	if err != nil {
		t.Fatal(err)
	}
	return changed
}

func TestValuesComeBack(t *testing.T) {
	c := open(t)
	exec(t, c, "CREATE TABLE t (k INTEGER PRIMARY KEY, s TEXT, b BLOB, i INTEGER, f INTEGER) STRICT")
	const insert = "INSERT INTO t VALUES ($1, $2, $3, $4, $5)"
	tests := []struct {
		s string
		b []byte
		i int64
		f bool
	}{
		{"", nil, 0, false},
		{"text with \x00 in it, and ü", []byte{0, 1, 2}, -1 << 63, true},
		{strings.Repeat("long", 10_000), bytes.Repeat([]byte{7}, 300), 1<<63 - 1, false},
		{"short again", []byte{9}, 5, true},
		{"more than a statement keeps", bytes.Repeat([]byte{3}, 1<<20), 1, true},
		{"short once more", []byte{1}, 2, false},
	}
	for k, test := range tests {
		if exec(t, c, insert, k, test.s, test.b, test.i, test.f) != 1 {
			t.Error("not one row")
		}
	}
	for k, test := range tests {
		rows := 0
		err := c.Query("SELECT s, b, i, f, s, NULL, NULL FROM t WHERE k = $1", func(r *sqlite.Row) error {
			rows++
			s, b, i, f, again := r.Text(), r.Blob(), r.Int(), r.Bool(), string(r.View())
			if s != test.s || !bytes.Equal(b, test.b) || i != test.i || f != test.f || again != test.s {
				t.Errorf("got %.30q %v %v %v, want %.30q", s, b, i, f, test.s)
			}
			if r.Text() != "" || r.Int() != 0 {
				t.Error("NULL is not zero")
			}
			return nil
		}, k)
		if err != nil || rows != 1 {
			t.Errorf("%d rows, %v", rows, err)
		}
	}
}

// An empty text is not NULL, whatever the memory behind it.
func TestEmptyTextIsNotNull(t *testing.T) {
	c := open(t)
	exec(t, c, "CREATE TABLE t (s TEXT NOT NULL, b BLOB NOT NULL) STRICT")
	exec(t, c, "INSERT INTO t VALUES ($1, $2)", "", []byte{})
	if _, err := c.Exec("INSERT INTO t VALUES ($1, $2)", nil, nil); err == nil {
		t.Error("nil is not NULL")
	}
}

func TestArgumentsGoByNumber(t *testing.T) {
	c := open(t)
	err := c.Query("SELECT $3 || $1 || $2 || $1", func(r *sqlite.Row) error {
		if got := r.Text(); got != "caba" {
			t.Errorf("got %q", got)
		}
		return nil
	}, "a", "b", "c")
	if err != nil {
		t.Fatal(err)
	}
}

func TestRefuse(t *testing.T) {
	c := open(t)
	exec(t, c, "CREATE TABLE t (k INTEGER PRIMARY KEY, u TEXT UNIQUE, n INTEGER CHECK (n > 0), r INTEGER REFERENCES t) STRICT")
	exec(t, c, "PRAGMA foreign_keys = ON")
	exec(t, c, "INSERT INTO t VALUES (1, 'u', 1, NULL)")
	for text, code := range map[string]int{
		"INSERT INTO t VALUES (1, 'v', 1, NULL)":  sqlite.ConstraintPrimaryKey,
		"INSERT INTO t VALUES (2, 'u', 1, NULL)":  sqlite.ConstraintUnique,
		"INSERT INTO t VALUES (2, 'v', -1, NULL)": sqlite.ConstraintCheck,
		"INSERT INTO t VALUES (2, 'v', 1, 7)":     sqlite.ConstraintForeignKey,
	} {
		_, err := c.Exec(text)
		if e, ok := errors.AsType[*sqlite.Error](err); !ok || e.Code != code {
			t.Errorf("%s: got %v, want %d", text, err, code)
		}
	}
	for name, run := range map[string]func() error{
		"syntax":             func() error { return do(c, "SELEC 1") },
		"no statement":       func() error { return do(c, "-- nothing") },
		"too few arguments":  func() error { return do(c, "SELECT $1, $2", "a") },
		"too many arguments": func() error { return do(c, "SELECT $1", "a", "b") },
		"other placeholder":  func() error { return do(c, "SELECT ?", "a") },
		"other type":         func() error { return do(c, "SELECT $1", 1.5) },
		"two statements":     func() error { return do(c, "SELECT 1; SELECT 2") },
	} {
		if run() == nil {
			t.Errorf("%s: no error", name)
		}
	}
	// After all these the connection still works.
	if exec(t, c, "UPDATE t SET n = $1", 2) != 1 {
		t.Error("not one row")
	}
}

func do(c *sqlite.Conn, text string, args ...any) error {
	_, err := c.Exec(text, args...)
	return err
}

func TestErrorOfTheFunctionEndsTheQuery(t *testing.T) {
	c := open(t)
	enough := errors.New("enough")
	rows := 0
	for range 2 { // the statement is reset in between
		err := c.Query("SELECT 1 UNION ALL SELECT 2", func(*sqlite.Row) error { rows++; return enough })
		if !errors.Is(err, enough) {
			t.Errorf("got %v", err)
		}
	}
	if rows != 2 {
		t.Errorf("%d rows", rows)
	}
}

func TestTransaction(t *testing.T) {
	c := open(t)
	for _, step := range []struct {
		text string
		in   bool
	}{{"BEGIN IMMEDIATE", true}, {"ROLLBACK", false}} {
		exec(t, c, step.text)
		if c.InTransaction() != step.in {
			t.Errorf("%s: in transaction: %v", step.text, !step.in)
		}
	}
}

func TestOpenFails(t *testing.T) {
	_, err := sqlite.Open(filepath.Join(t.TempDir(), "missing.db"))
	if e, ok := errors.AsType[*sqlite.Error](err); !ok || e.Primary() != sqlite.CantOpen {
		t.Errorf("got %v", err)
	}
}

func TestScript(t *testing.T) {
	c := open(t)
	if err := c.Script("CREATE TABLE a (x TEXT); INSERT INTO a VALUES ('1; 2');"); err != nil {
		t.Fatal(err)
	}
	if err := c.Script("SELECT 1; nonsense"); err == nil || !strings.Contains(err.Error(), "nonsense") {
		t.Errorf("got %v", err)
	}
}

func BenchmarkQuery(b *testing.B) {
	c := open(b)
	exec(b, c, "CREATE TABLE t (k TEXT PRIMARY KEY, a TEXT, b TEXT, c INTEGER) STRICT, WITHOUT ROWID")
	for i := range 1000 {
		exec(b, c, "INSERT INTO t VALUES ($1, $2, $3, $4)", fmt.Sprint(i), "some text", "more text", i)
	}
	for b.Loop() {
		err := c.Query("SELECT a, b, c FROM t WHERE k = $1", func(r *sqlite.Row) error {
			_, _, _ = r.Text(), r.Text(), r.Int()
			return nil
		}, "500")
		if err != nil {
			b.Fatal(err)
		}
	}
}

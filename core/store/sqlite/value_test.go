package sqlite_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"github.com/postern-id/postern/core/store/sqlite"
)

// A table of somebody else's is read by the names of its columns and as it is stored.
func TestValues(t *testing.T) {
	c := open(t)
	exec(t, c, "CREATE TABLE t (a, b, c, d, e)")
	exec(t, c, "INSERT INTO t VALUES (1, 2.5, 'text', x'0001', NULL)")
	var columns []string
	var values []any
	err := c.Query("SELECT * FROM t", func(r *sqlite.Row) error {
		columns = r.Columns()
		for range columns {
			values = append(values, r.Value())
		}
		return nil
	})
	if err != nil || !reflect.DeepEqual(columns, []string{"a", "b", "c", "d", "e"}) {
		t.Fatalf("columns %v, %v", columns, err)
	}
	if want := []any{int64(1), 2.5, "text", []byte{0, 1}, nil}; !reflect.DeepEqual(values, want) {
		t.Errorf("values %#v, want %#v", values, want)
	}
}

func TestOpenReader(t *testing.T) {
	path := filepath.Join(t.TempDir(), "there.db")
	if _, err := sqlite.OpenReader(path); err == nil {
		t.Error("opened what is not there")
	}
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	writer, err := sqlite.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	exec(t, writer, "CREATE TABLE t (a)")
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	reader, err := sqlite.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = reader.Exec("INSERT INTO t VALUES (1)")
	if wrong, is := errors.AsType[*sqlite.Error](err); !is || wrong.Primary() != 8 {
		t.Errorf("a reader writes: %v", err)
	}
	if err := reader.Close(); err != nil {
		t.Fatal(err)
	}
	if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
		t.Errorf("a reader changed the file, %v", err)
	}
}

package sqlite

import (
	"modernc.org/libc"
	lib "modernc.org/sqlite/lib"
)

// OpenReader opens an existing file of somebody else's for reading alone.
func OpenReader(path string) (*Conn, error) { return open(path, lib.SQLITE_OPEN_READONLY) }

// Columns gives the names of the columns.
func (r *Row) Columns() []string {
	s := r.statement
	names := make([]string, lib.Xsqlite3_column_count(s.conn.tls, s.handle))
	for i := range names {
		names[i] = libc.GoString(lib.Xsqlite3_column_name(s.conn.tls, s.handle, int32(i)))
	}
	return names
}

// Value gives the next column as it is stored: int64, float64, string, []byte or nil.
func (r *Row) Value() any {
	tls, handle := r.statement.conn.tls, r.statement.handle
	switch lib.Xsqlite3_column_type(tls, handle, r.column) {
	case lib.SQLITE_INTEGER:
		return r.Int()
	case lib.SQLITE_FLOAT:
		return lib.Xsqlite3_column_double(tls, handle, r.next())
	case lib.SQLITE_TEXT:
		return r.Text()
	case lib.SQLITE_BLOB:
		return r.Blob()
	}
	r.next()
	return nil
}

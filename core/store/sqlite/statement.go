package sqlite

import (
	"errors"
	"fmt"
	"strconv"
	"unsafe"

	"modernc.org/libc"
	"modernc.org/libc/sys/types"
	lib "modernc.org/sqlite/lib"
)

// statement is a prepared statement of one connection.
type statement struct {
	conn   *Conn
	handle uintptr
	row    Row
	// order gives, for each of SQLite's parameters, the argument that it takes.
	// SQLite counts parameters in the order in which they appear, so $2 can be
	// its first.
	order     []int
	arguments int
	// buffer is C memory that holds bound text and blobs until the next binding.
	buffer uintptr
	size   int
}

func newStatement(c *Conn, text string) (*statement, error) {
	sql, err := libc.CString(text)
	if err != nil {
		return nil, err
	}
	defer libc.Xfree(c.tls, sql)
	out := c.tls.Alloc(2 * pointerSize)
	defer c.tls.Free(2 * pointerSize)
	tail := out + uintptr(pointerSize)
	if code := lib.Xsqlite3_prepare_v3(c.tls, c.db, sql, -1, lib.SQLITE_PREPARE_PERSISTENT, out, tail); code != lib.SQLITE_OK {
		return nil, c.failure(code)
	}
	s := &statement{conn: c, handle: pointerAt(out)}
	s.row.statement = s
	if s.handle == 0 || pointerAt(tail) != sql+uintptr(len(text)) {
		s.close()
		return nil, errors.New("not one statement")
	}
	if err := s.readParameters(); err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *statement) readParameters() error {
	count := lib.Xsqlite3_bind_parameter_count(s.conn.tls, s.handle)
	for i := int32(1); i <= count; i++ {
		name := libc.GoString(lib.Xsqlite3_bind_parameter_name(s.conn.tls, s.handle, i))
		if len(name) < 2 || name[0] != '$' {
			return fmt.Errorf("parameter %q: want $1, $2 and so on", name)
		}
		number, err := strconv.Atoi(name[1:])
		if err != nil || number < 1 {
			return fmt.Errorf("parameter %q: want $1, $2 and so on", name)
		}
		s.order = append(s.order, number-1)
		s.arguments = max(s.arguments, number)
	}
	return nil
}

func (s *statement) close() {
	// Finalizing returns the error of the last step again, which was reported.
	lib.Xsqlite3_finalize(s.conn.tls, s.handle)
	libc.Xfree(s.conn.tls, s.buffer)
	s.handle, s.buffer = 0, 0
}

// keptBuffer is how much memory for arguments a statement keeps: for all rows but
// those that hold a module.
const keptBuffer = 1 << 18

// reset ends the statement's read, so that it holds no old state of the
// database. Its result is the error of the last step again.
func (s *statement) reset() {
	lib.Xsqlite3_reset(s.conn.tls, s.handle)
	if s.size > keptBuffer {
		lib.Xsqlite3_clear_bindings(s.conn.tls, s.handle)
		libc.Xfree(s.conn.tls, s.buffer)
		s.buffer, s.size = 0, 0
	}
}

// step reports whether there is a row.
func (s *statement) step() (bool, error) {
	switch code := lib.Xsqlite3_step(s.conn.tls, s.handle); code {
	case lib.SQLITE_ROW:
		return true, nil
	case lib.SQLITE_DONE:
		return false, nil
	default:
		return false, s.conn.failure(code)
	}
}

// bind binds all parameters, so that nothing of the last binding remains.
func (s *statement) bind(args []any) error {
	if len(args) != s.arguments {
		return fmt.Errorf("sqlite: %d arguments for %d parameters", len(args), s.arguments)
	}
	if err := s.reserve(args); err != nil {
		return err
	}
	free := s.buffer
	for i, argument := range s.order {
		var code int32
		parameter := int32(i + 1)
		switch v := args[argument].(type) {
		case string:
			copy(memory(free, len(v)), v)
			code = lib.Xsqlite3_bind_text(s.conn.tls, s.handle, parameter, free, int32(len(v)), lib.SQLITE_STATIC)
			free += uintptr(len(v))
		case []byte:
			copy(memory(free, len(v)), v)
			code = lib.Xsqlite3_bind_blob(s.conn.tls, s.handle, parameter, free, int32(len(v)), lib.SQLITE_STATIC)
			free += uintptr(len(v))
		case int64:
			code = lib.Xsqlite3_bind_int64(s.conn.tls, s.handle, parameter, v)
		case int:
			code = lib.Xsqlite3_bind_int64(s.conn.tls, s.handle, parameter, int64(v))
		case bool:
			var number int64
			if v {
				number = 1
			}
			code = lib.Xsqlite3_bind_int64(s.conn.tls, s.handle, parameter, number)
		case nil:
			code = lib.Xsqlite3_bind_null(s.conn.tls, s.handle, parameter)
		default:
			return fmt.Errorf("sqlite: argument %d is a %T", argument+1, v)
		}
		if code != lib.SQLITE_OK {
			return s.conn.failure(code)
		}
	}
	return nil
}

// reserve makes the buffer large enough for all text and blobs of the arguments.
// It is never without memory, because a null pointer would be bound as NULL.
func (s *statement) reserve(args []any) error {
	need := 1
	for _, argument := range s.order { // an argument may stand in two places
		switch v := args[argument].(type) {
		case string:
			need += len(v)
		case []byte:
			need += len(v)
		}
	}
	if need <= s.size {
		return nil
	}
	if need > maxBound {
		return fmt.Errorf("sqlite: %d bytes of arguments", need)
	}
	libc.Xfree(s.conn.tls, s.buffer)
	s.size = max(2*need, 256)
	if s.buffer = libc.Xmalloc(s.conn.tls, types.Size_t(s.size)); s.buffer == 0 {
		s.size = 0
		return errors.New("sqlite: out of memory")
	}
	return nil
}

// maxBound is SQLite's own limit for one value.
const maxBound = 1_000_000_000

// memory is a view of C memory.
func memory(address uintptr, size int) []byte {
	return unsafe.Slice((*byte)(pointer(address)), size)
}

// pointerAt reads a pointer from C memory.
func pointerAt(address uintptr) uintptr { return *(*uintptr)(pointer(address)) }

// pointer converts an address in C memory, which Go's collector neither moves nor
// frees. Go's rules for such conversions, which vet checks, are about Go memory.
func pointer(address uintptr) unsafe.Pointer {
	return *(*unsafe.Pointer)(unsafe.Pointer(&address))
}

// Row is the row that a query is at. Its methods give the columns one after the
// other. NULL is the zero value.
type Row struct {
	statement *statement
	column    int32
}

// Text gives the next column.
func (r *Row) Text() string { return string(r.bytes()) }

// Int gives the next column.
func (r *Row) Int() int64 {
	column := r.next()
	return lib.Xsqlite3_column_int64(r.statement.conn.tls, r.statement.handle, column)
}

// Bool gives the next column, a number.
func (r *Row) Bool() bool { return r.Int() != 0 }

// Blob gives the next column.
func (r *Row) Blob() []byte { return append([]byte(nil), r.View()...) }

// View gives the next column, a blob or text, without a copy: it is valid until
// the next row.
func (r *Row) View() []byte { return r.bytes() }

// Skip passes over n columns.
func (r *Row) Skip(n int) { r.column += int32(n) }

// Text and blobs come the same way: no column of ours needs a conversion.
func (r *Row) bytes() []byte {
	column := r.next()
	start := lib.Xsqlite3_column_blob(r.statement.conn.tls, r.statement.handle, column)
	size := lib.Xsqlite3_column_bytes(r.statement.conn.tls, r.statement.handle, column)
	if start == 0 || size == 0 {
		return nil
	}
	return memory(start, int(size))
}

func (r *Row) next() int32 {
	r.column++
	return r.column - 1
}

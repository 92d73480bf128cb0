package sqlite

import (
	"fmt"

	lib "modernc.org/sqlite/lib"
)

// Error is what SQLite reports.
type Error struct {
	Code    int // extended result code
	Message string
}

func (e *Error) Error() string { return fmt.Sprintf("sqlite: %s (%d)", e.Message, e.Code) }

// Primary is the class of the error: one of the constants below.
func (e *Error) Primary() int { return e.Code & 0xff }

// The result codes that callers tell apart, as in sqlite3.h.
const (
	Perm     = lib.SQLITE_PERM
	Busy     = lib.SQLITE_BUSY
	ReadOnly = lib.SQLITE_READONLY
	Corrupt  = lib.SQLITE_CORRUPT
	Full     = lib.SQLITE_FULL
	CantOpen = lib.SQLITE_CANTOPEN
	NotADB   = lib.SQLITE_NOTADB
	IOErr    = lib.SQLITE_IOERR

	// These are extended codes.
	SyncFailed           = lib.SQLITE_IOERR_FSYNC
	DirSyncFailed        = lib.SQLITE_IOERR_DIR_FSYNC
	ConstraintCheck      = lib.SQLITE_CONSTRAINT_CHECK
	ConstraintForeignKey = lib.SQLITE_CONSTRAINT_FOREIGNKEY
	ConstraintPrimaryKey = lib.SQLITE_CONSTRAINT_PRIMARYKEY
	ConstraintUnique     = lib.SQLITE_CONSTRAINT_UNIQUE
)

package store

import (
	"errors"
	"fmt"
	"io/fs"

	"github.com/postern-id/postern/core/store/sqlite"
)

// What can be wrong with a database. Compare with errors.Is.
var (
	// ErrBroken says that the file is no database or is damaged.
	ErrBroken = errors.New("not a usable database")
	// ErrForeign says that the database belongs to another program.
	ErrForeign = errors.New("another program's database")
	// ErrNewer says that a newer Postern made or changed the database.
	ErrNewer = errors.New("made by a newer version")
	// ErrReadOnly says that the file, or its folder, may not be written.
	ErrReadOnly = errors.New("not writable")
	// ErrBusy says that another process kept the database locked.
	ErrBusy = errors.New("locked by another process")
	// ErrFull says that the disk is full.
	ErrFull = errors.New("disk full")
	// ErrClosed says that the store was closed.
	ErrClosed = errors.New("store: closed")
)

// Problem says in one line what is wrong with a database, and what to do.
type Problem struct {
	What   string // with the path
	Advice string // what the operator can do
	Kind   error  // one of the errors above, or nil
	Err    error  // the cause
}

func (p *Problem) Error() string { return p.What }

// Hint is what the operator can do.
func (p *Problem) Hint() string { return p.Advice }

func (p *Problem) Unwrap() []error {
	var causes []error
	for _, err := range []error{p.Kind, p.Err} {
		if err != nil {
			causes = append(causes, err)
		}
	}
	return causes
}

// explain turns what the operating system or SQLite reported about the database
// at path into a Problem. Anything else it gives back.
func explain(path string, err error) error {
	if err == nil {
		return nil
	}
	if _, already := errors.AsType[*Problem](err); already {
		return err
	}
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		if p := explainSQLite(path, e); p != nil {
			p.Err = err
			return p
		}
		return fmt.Errorf("database %s: %w", path, err)
	}
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		p := &Problem{What: fmt.Sprintf("cannot %s %s: %v", e.Op, e.Path, e.Err), Err: err,
			Advice: "check the path of the data directory, and that this user may read and write it"}
		if errors.Is(err, fs.ErrPermission) {
			p.Kind = ErrReadOnly
		}
		return p
	}
	return err
}

func explainSQLite(path string, err *sqlite.Error) *Problem {
	switch err.Primary() {
	case sqlite.NotADB, sqlite.Corrupt:
		return &Problem{What: "the database " + path + " is damaged or not a database", Kind: ErrBroken,
			Advice: "restore it from a backup, or move it away, with " + path + "-wal, to start anew"}
	case sqlite.ReadOnly, sqlite.Perm, sqlite.CantOpen:
		return &Problem{What: "cannot write the database " + path, Kind: ErrReadOnly,
			Advice: "the file, those beside it with its name, and their folder must be writable for this user"}
	case sqlite.Busy:
		return &Problem{What: "the database " + path + " is locked by another process", Kind: ErrBusy,
			Advice: "wait for the other process to end, or stop it"}
	case sqlite.Full:
		return &Problem{What: "no room on the disk of the database " + path, Kind: ErrFull,
			Advice: "make room on the disk; nothing that was answered is lost"}
	case sqlite.IOErr:
		if err.Code == sqlite.SyncFailed || err.Code == sqlite.DirSyncFailed {
			return nil // the writer says that it stopped
		}
		return &Problem{What: fmt.Sprintf("the disk of the database %s fails: %v", path, err),
			Advice: "check the disk, its room and its quota; nothing that was answered is lost"}
	default:
		return nil
	}
}

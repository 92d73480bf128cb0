package store_test

import (
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"

	"github.com/postern-id/postern/core/store"
)

// asNobody runs a test on a thread that has no right to files but what their
// modes give everybody: tests often run as root, whom modes do not stop.
func asNobody(t *testing.T, run func(t *testing.T)) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
		if os.Geteuid() == 0 {
			const nobody = 65534
			if _, _, errno := syscall.RawSyscall(syscall.SYS_SETFSUID, nobody, 0, 0); errno != 0 {
				t.Error(errno)
				return
			}
		}
		run(t)
	}()
	<-done
}

func chmod(t *testing.T, path string, mode os.FileMode) {
	t.Helper()
	if err := os.Chmod(path, mode); err != nil {
		t.Fatal(err)
	}
}

func TestOpenWithoutPermission(t *testing.T) {
	dir := func(t *testing.T) string {
		t.Helper()
		dir, err := os.MkdirTemp("", "postern-store") // t.TempDir is closed to others
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			os.Chmod(dir, 0o700)
			os.RemoveAll(dir)
		})
		return dir
	}
	t.Run("no database in a read-only folder", func(t *testing.T) {
		dir := dir(t)
		chmod(t, dir, 0o555)
		asNobody(t, func(t *testing.T) {
			checkProblem(t, filepath.Join(dir, "postern.db"), store.ErrReadOnly, "permission denied")
		})
	})
	t.Run("no folder in a read-only folder", func(t *testing.T) {
		dir := dir(t)
		chmod(t, dir, 0o555)
		asNobody(t, func(t *testing.T) {
			checkProblem(t, filepath.Join(dir, "data", "postern.db"), store.ErrReadOnly, "permission denied")
		})
	})
	t.Run("a folder that cannot be entered", func(t *testing.T) {
		dir := dir(t)
		closedDatabase(t, filepath.Join(dir, "postern.db"))
		chmod(t, dir, 0o000)
		asNobody(t, func(t *testing.T) {
			checkProblem(t, filepath.Join(dir, "postern.db"), store.ErrReadOnly, "permission denied")
		})
	})
	t.Run("an unreadable database", func(t *testing.T) {
		dir := dir(t)
		path := filepath.Join(dir, "postern.db")
		closedDatabase(t, path)
		chmod(t, dir, 0o777)
		chmod(t, path, 0o000)
		asNobody(t, func(t *testing.T) {
			checkProblem(t, path, store.ErrReadOnly, "cannot write the database")
		})
	})
	t.Run("a database in a read-only folder", func(t *testing.T) {
		dir := dir(t)
		path := filepath.Join(dir, "postern.db")
		closedDatabase(t, path)
		if os.Geteuid() == 0 {
			if err := os.Chown(path, 65534, -1); err != nil {
				t.Fatal(err)
			}
		}
		chmod(t, dir, 0o555)
		asNobody(t, func(t *testing.T) {
			checkProblem(t, path, store.ErrReadOnly, "cannot write the database")
		})
	})
	t.Run("a database that was read-only for a while", func(t *testing.T) {
		dir := dir(t)
		path := filepath.Join(dir, "postern.db")
		chmod(t, dir, 0o777)
		asNobody(t, func(t *testing.T) {
			closedDatabase(t, path)
			chmod(t, path, 0o400)
			checkProblem(t, path, store.ErrReadOnly, "cannot write the database")
			chmod(t, path, 0o600)
			s, err := store.Open(t.Context(), store.Options{Path: path})
			if err != nil {
				t.Fatal(err)
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		})
	})
}

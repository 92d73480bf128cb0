package plugin

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/tetratelabs/wazero"
)

// CacheError says that the directory for compiled plugins cannot be used.
type CacheError struct {
	Dir string
	Err error
}

func (e *CacheError) Error() string { return "plugin cache: " + e.Err.Error() }

func (e *CacheError) Unwrap() error { return e.Err }

// Hint is what the operator can do: nothing in the directory is needed.
func (e *CacheError) Hint() string {
	return "delete " + e.Dir + ", which is made anew, or let this user and nobody else write to it"
}

// prepareCacheDir makes the directory, and refuses one that others may write to:
// what is in it is machine code that will be run, guarded by a checksum only.
func prepareCacheDir(dir string) error {
	if dir == "" {
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fmt.Errorf("cannot make %s: %w", dir, bare(err))
	}
	info, err := os.Stat(dir)
	if err != nil {
		return err
	}
	if err := ownedAlone(dir, info); err != nil {
		return err
	}
	probe, err := os.CreateTemp(dir, ".probe-*")
	if err != nil {
		return fmt.Errorf("cannot write to %s: %w", dir, bare(err))
	}
	_ = probe.Close()
	return os.Remove(probe.Name())
}

// bare takes the path off an error that is shown beside it.
func bare(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}

func openCache(dir string) (wazero.CompilationCache, error) {
	if dir == "" {
		return wazero.NewCompilationCache(), nil
	}
	return wazero.NewCompilationCacheWithDir(dir)
}

// emptyCache deletes the compiled code and reports whether there was any.
func emptyCache(dir string) (deleted bool) {
	if dir == "" {
		return false
	}
	folders, err := filepath.Glob(filepath.Join(dir, "wazero-*", "*"))
	for _, name := range folders {
		deleted = os.Remove(name) == nil || deleted
	}
	return err == nil && deleted
}

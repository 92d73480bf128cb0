package plugin

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/tetratelabs/wazero"
)

// prepareCacheDir makes the directory, and refuses one that others may write to:
// what is in it is machine code that will be run, guarded by a checksum only.
func prepareCacheDir(dir string) error {
	if dir == "" {
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
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
		return fmt.Errorf("cannot write to %s: %w", dir, err)
	}
	_ = probe.Close()
	return os.Remove(probe.Name())
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

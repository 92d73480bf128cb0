package plugin

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

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

// openCache opens what is undamaged in the directory.
func openCache(dir string) (wazero.CompilationCache, error) {
	if dir == "" {
		return wazero.NewCompilationCache(), nil
	}
	for _, name := range compiledFiles(dir) {
		if sum, err := sumOf(name); err != nil || !isSealed(name, sum) {
			_ = os.Remove(name)
		}
	}
	return wazero.NewCompilationCacheWithDir(dir)
}

// sumSuffix ends the name of a file that holds the SHA-256 of the file beside it.
// The compiler's own checksum covers the machine code and not the table of where
// in it each function begins.
const sumSuffix = ".sha256"

// mostCompiled bounds the modules that are kept compiled: each new version of a
// plugin leaves one behind.
const mostCompiled = 128

// pruneCache deletes the oldest compiled modules beyond the bound. One that is
// needed after all is compiled again.
func pruneCache(dir string, most int) {
	files := compiledFiles(dir)
	if len(files) <= most {
		return
	}
	age := map[string]time.Time{}
	for _, name := range files {
		if info, err := os.Stat(name); err == nil {
			age[name] = info.ModTime()
		}
	}
	slices.SortFunc(files, func(a, b string) int { return age[b].Compare(age[a]) })
	for _, name := range files[most:] {
		_ = os.Remove(name)
		_ = os.Remove(name + sumSuffix)
	}
}

// sealCache notes the sums of what was compiled, and bounds how much that is. A file
// without a sum is compiled again at the next start, so failing to write it is no
// more than slow.
func sealCache(dir string) error {
	pruneCache(dir, mostCompiled)
	for _, name := range compiledFiles(dir) {
		sum, err := sumOf(name)
		if err == nil && !isSealed(name, sum) {
			err = os.WriteFile(name+sumSuffix, []byte(sum), 0o600)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func isSealed(name, sum string) bool {
	noted, err := os.ReadFile(name + sumSuffix)
	return err == nil && string(noted) == sum
}

func sumOf(name string) (string, error) {
	file, err := os.Open(name)
	if err != nil {
		return "", err
	}
	defer file.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, file); err != nil {
		return "", err
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// compiledFiles lists the files of the compiler, of all its versions; none without a
// directory.
func compiledFiles(dir string) []string {
	if dir == "" {
		return nil
	}
	files, err := filepath.Glob(filepath.Join(escapeGlob(dir), "wazero-*", "*"))
	if err != nil {
		return nil // a malformed pattern, which escapeGlob leaves no room for
	}
	return slices.DeleteFunc(files, func(name string) bool { return filepath.Ext(name) == sumSuffix })
}

// dropCompiled deletes what was compiled besides the files that are to be kept. What another
// module left there meanwhile is compiled again at the next start.
func dropCompiled(dir string, kept []string) {
	for _, name := range compiledFiles(dir) {
		if !slices.Contains(kept, name) {
			_ = os.Remove(name)
			_ = os.Remove(name + sumSuffix)
		}
	}
}

// escapeGlob makes a path stand for itself in a pattern.
func escapeGlob(path string) string {
	if filepath.Separator == '\\' {
		return path // nothing escapes there
	}
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(path)
}

// emptyCache deletes the compiled code and reports whether there was any.
func emptyCache(dir string) (deleted bool) {
	if dir == "" {
		return false
	}
	for _, name := range compiledFiles(dir) {
		deleted = os.Remove(name) == nil || deleted
		_ = os.Remove(name + sumSuffix)
	}
	return deleted
}

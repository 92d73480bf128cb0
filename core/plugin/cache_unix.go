//go:build unix

package plugin

import (
	"fmt"
	"os"
	"syscall"
)

// ownedAlone refuses a directory of another user, and closes one that is open to
// others.
func ownedAlone(dir string, info os.FileInfo) error {
	if stat, ok := info.Sys().(*syscall.Stat_t); ok && int(stat.Uid) != os.Geteuid() {
		return fmt.Errorf("%s belongs to user %d, not to this one (%d)", dir, stat.Uid, os.Geteuid())
	}
	if info.Mode().Perm()&0o077 == 0 {
		return nil
	}
	// Whoever could write before may have left code there.
	if info.Mode().Perm()&0o022 != 0 {
		return fmt.Errorf("%s can be written by others", dir)
	}
	return os.Chmod(dir, 0o700)
}

package app

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/postern-id/postern/core/config"
)

// Exists reports whether the data directory holds a database, so that [Open]
// would make none.
func Exists(cfg config.Config) (bool, error) {
	_, err := os.Stat(filepath.Join(cfg.Data, databaseFile))
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, fs.ErrNotExist):
		return false, nil
	}
	return false, fmt.Errorf("look into the data directory: %w", err)
}

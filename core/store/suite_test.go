package store_test

import (
	"path/filepath"
	"testing"

	"github.com/postern-id/postern/core/store"
	"github.com/postern-id/postern/core/store/storetest"
)

func TestSQLite(t *testing.T) {
	storetest.Run(t, func(t *testing.T, dir string) storetest.Store {
		s, err := store.Open(t.Context(), store.Options{Path: filepath.Join(dir, "postern.db")})
		if err != nil {
			t.Fatal(err)
		}
		return s
	})
}

package workbench

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// fileWith writes a file for a test.
func fileWith(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// wants holds that an error and its hint say what they should.
func wants(t *testing.T, err error, what, advice string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), what) {
		t.Errorf("got %v, want %q in it", err, what)
		return
	}
	hint := ""
	if with, ok := errors.AsType[interface {
		error
		Hint() string
	}](err); ok {
		hint = with.Hint()
	}
	if !strings.Contains(hint, advice) {
		t.Errorf("the hint is %q, want %q in it (%v)", hint, advice, err)
	}
}

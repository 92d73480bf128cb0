package supply

import (
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// secretWord is in whatever must not be shown.
const secretWord = "hunter2-never-show-this"

// wantKind fails the test unless the error is of a kind, says what to do, and has
// no secret in it.
func wantKind(t *testing.T, err error, kind Kind) *Error {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Fatalf("the error is %v, want one of kind %q", err, kind)
	}
	e, ok := errors.AsType[*Error](err)
	if !ok || e.What == "" || e.Advice == "" && kind != Cancelled {
		t.Fatalf("the error %#v does not say what is wrong and what to do", err)
	}
	for _, text := range []string{err.Error(), e.Hint(), fmt.Sprintf("%+v", err)} {
		if strings.Contains(text, secretWord) || strings.Contains(text, base64.StdEncoding.EncodeToString([]byte("anna:"+secretWord))) {
			t.Fatalf("a secret is in the error: %s", text)
		}
	}
	return e
}

func write(t *testing.T, dir, name string, content []byte) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, dir, name string) []byte {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return content
}

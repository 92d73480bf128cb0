package supply

import (
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// secretWord is in whatever must not be shown.
const secretWord = "hunter2-never-show-this"

// needs skips the test where a program of other people is missing, and says so;
// where everything has to be there, it fails.
func needs(t *testing.T, programs ...string) {
	t.Helper()
	for _, program := range programs {
		_, err := exec.LookPath(program)
		switch {
		case err == nil:
		case os.Getenv("POSTERN_TEST_NEEDS") == "all":
			t.Fatalf("%s is not installed, and POSTERN_TEST_NEEDS=all wants it", program)
		default:
			t.Skipf("SKIPPED: %s is not installed; with it this test runs", program)
		}
	}
}

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

// Package needs says what a test needs of other people's programs.
//
// It owns the one rule for that: where such a program is missing the test is skipped
// and says so, and where POSTERN_TEST_NEEDS is "all", as in .ci/run, it fails. It also
// starts OpenLDAP's server and a mail server, which more than one package tests against.
// Tests import it, and nothing else does.
package needs

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// Program gives the path of a program. Of several names or paths one is enough.
func Program(t testing.TB, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	Missing(t, strings.Join(names, " or ")+" is not installed")
	return ""
}

// Missing ends the test because of what is missing, a whole sentence without its full
// stop.
func Missing(t testing.TB, what string) {
	t.Helper()
	if os.Getenv("POSTERN_TEST_NEEDS") == "all" {
		t.Fatalf("%s, and POSTERN_TEST_NEEDS=all wants it", what)
	}
	t.Skipf("SKIPPED: %s; with it this test runs", what)
}

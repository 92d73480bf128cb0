package cli_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/cli"
)

// The example of the manual does what the manual says, and again nothing.
func TestManualOfApply(t *testing.T) {
	manual, err := os.ReadFile("../APPLY.md")
	if err != nil {
		t.Fatal(err)
	}
	_, example, _ := strings.Cut(string(manual), "```yaml\n")
	example, _, found := strings.Cut(example, "```")
	if !found {
		t.Fatal("there is no example")
	}
	dir := t.TempDir()
	t.Setenv("WIKI_SECRET", "0123456789abcdef0123456789")
	for name, text := range map[string]string{"acme.yaml": example, "partner.secret": "of the partner"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	run := func(args ...string) string {
		t.Helper()
		var out, talk bytes.Buffer
		code := cli.Run(t.Context(), append(args, "--data", filepath.Join(dir, "data")), cli.Streams{In: strings.NewReader(""), Out: &out, Err: &talk})
		if code != 0 {
			t.Fatalf("postern %q: %d %s%s", args, code, out.String(), talk.String())
		}
		return out.String() + talk.String()
	}
	file := filepath.Join(dir, "acme.yaml")
	if first := run("apply", file); !strings.Contains(first, "6 created, 0 unchanged") {
		t.Errorf("first %s", first)
	}
	if again := run("apply", file); !strings.Contains(again, "6 unchanged") || strings.Contains(again, "created") {
		t.Errorf("again %s", again)
	}
	if shown := run("connector", "show", "partner"); !strings.Contains(shown, "wiki") && !strings.Contains(shown, "Wiki") {
		t.Errorf("the connector serves others: %s", shown)
	}
	if released := run("apply", "--release", file); !strings.Contains(released, "6 released") {
		t.Errorf("released %s", released)
	}
}

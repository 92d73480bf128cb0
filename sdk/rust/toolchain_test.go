package rust_test

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/needs"
)

// repository is where the sources are from here.
const repository = "../.."

// checkout copies the folders of the repository into one of the test, so that
// nothing that is built is left among the sources.
func checkout(t *testing.T, folders ...string) string {
	t.Helper()
	if testing.Short() {
		t.Skip("it builds modules")
	}
	dir := t.TempDir()
	for _, folder := range folders {
		err := fs.WalkDir(os.DirFS(repository), folder, func(name string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return err
			case entry.IsDir() && entry.Name() == "target":
				return fs.SkipDir
			case entry.IsDir():
				return os.MkdirAll(filepath.Join(dir, name), 0o700)
			}
			text, err := os.ReadFile(filepath.Join(repository, name))
			if err != nil {
				return err
			}
			return os.WriteFile(filepath.Join(dir, name), text, 0o600)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// run runs a command in a folder, without a network. What build.sh says when there
// is no toolchain skips the test.
func run(t *testing.T, dir string, command ...string) string {
	t.Helper()
	const noToolchain = 2
	needs.Program(t, command[0])
	c := exec.CommandContext(t.Context(), command[0], command[1:]...)
	c.Dir = dir
	c.Env = slices.DeleteFunc(os.Environ(), func(v string) bool {
		return strings.HasPrefix(v, "CARGO_TARGET_DIR=") || strings.HasPrefix(v, "RUSTFLAGS=")
	})
	c.Env = append(c.Env, "CARGO_NET_OFFLINE=true", "RUST_BACKTRACE=0")
	output, err := c.CombinedOutput()
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == noToolchain {
		needs.Missing(t, "there is no toolchain of Rust ("+strings.TrimSpace(string(output))+")")
	}
	if err != nil {
		t.Fatalf("%q: %v\n%s", command, err, output)
	}
	return string(output)
}

// cargo runs cargo in the workspace of a checkout.
func cargo(t *testing.T, root string, args ...string) string {
	t.Helper()
	return run(t, filepath.Join(root, "sdk/rust"), append([]string{"sh", "postern/build.sh"}, args...)...)
}

// build makes the module of a crate of the workspace.
func build(t *testing.T, root, crate string) string {
	t.Helper()
	cargo(t, root, "build", "--locked", "--release", "--target", "wasm32-unknown-unknown", "-p", crate)
	return filepath.Join(root, "sdk/rust/target/wasm32-unknown-unknown/release", crate+".wasm")
}

package cli_test

import (
	"bytes"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"aead.dev/minisign"
	"github.com/rogpeppe/go-internal/testscript"
	"golang.org/x/crypto/bcrypt"

	"github.com/postern-id/postern/core/needs"
)

// newSigner: signer NAME. Keys with a password take seconds to open.
func newSigner(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: signer NAME")
	}
	public, private, err := minisign.GenerateKey(nil)
	if err != nil {
		ts.Fatalf("%v", err)
	}
	secret, err := private.MarshalText()
	if err != nil {
		ts.Fatalf("%v", err)
	}
	ts.Setenv("ID", fmt.Sprintf("%016X", public.ID()))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".pub"), []byte(public.String()+"\n"), 0o600))
	ts.Check(os.WriteFile(ts.MkAbs(args[0]+".key"), secret, 0o600))
}

// TestPluginModules holds that the modules of testdata/plugins are what their texts
// say.
func TestPluginModules(t *testing.T) {
	assembler := needs.Program(t, "wat2wasm")
	texts, err := filepath.Glob(filepath.Join("testdata", "plugins", "*.wat"))
	if err != nil || len(texts) == 0 {
		t.Fatalf("%v, %v", texts, err)
	}
	for _, text := range texts {
		output := filepath.Join(t.TempDir(), "module.wasm")
		if said, err := exec.Command(assembler, text, "-o", output).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, said)
		}
		assembled, err := os.ReadFile(output)
		if err != nil {
			t.Fatal(err)
		}
		committed, err := os.ReadFile(strings.TrimSuffix(text, ".wat") + ".wasm")
		if err != nil || !bytes.Equal(assembled, committed) {
			t.Errorf("%s is not what its text says: %v", text, err)
		}
	}
}

// TestRegistryScripts runs the conversations of testdata/registry with Debian's
// docker-registry on this machine: one for everybody at REGISTRY, and one at LOCKED
// where anna has to log in with PASSWORD.
func TestRegistryScripts(t *testing.T) {
	program := needs.Program(t, "docker-registry")
	const password = "sesame of anna"
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "htpasswd")
	if err := os.WriteFile(file, fmt.Appendf(nil, "anna:%s\n", hash), 0o600); err != nil {
		t.Fatal(err)
	}
	params := scripts(t, filepath.Join("testdata", "registry"), map[string]string{
		"REGISTRY": dockerRegistry(t, program, ""), "PASSWORD": password,
		"LOCKED": dockerRegistry(t, program, fmt.Sprintf("auth: {htpasswd: {realm: plugins, path: %q}}\n", file)),
	})
	params.Cmds["login"] = login
	testscript.Run(t, params)
}

// login: login FILE USER PASSWORD writes a docker config with a login at LOCKED.
func login(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: login FILE USER PASSWORD")
	}
	text := fmt.Sprintf(`{"auths": {%q: {"username": %q, "password": %q}}}`, ts.Getenv("LOCKED"), args[1], args[2])
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(text), 0o600))
}

// dockerRegistry runs a registry at a port of this machine and gives its host.
func dockerRegistry(t *testing.T, program, more string) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	host := listener.Addr().String()
	listener.Close()
	dir := t.TempDir()
	file := filepath.Join(dir, "config.yml")
	config := fmt.Sprintf("version: 0.1\nlog: {level: error, accesslog: {disabled: true}}\nstorage: {filesystem: {rootdirectory: %q}}\nhttp: {addr: %q}\n%s",
		filepath.Join(dir, "storage"), host, more)
	if err := os.WriteFile(file, []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.Command(program, "serve", file)
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
	})
	for range 600 {
		response, err := http.Get("http://" + host + "/v2/")
		if err == nil {
			response.Body.Close()
			return host
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatal("docker-registry does not listen")
	return ""
}

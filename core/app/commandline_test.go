package app_test

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	command "github.com/postern-id/postern/core/cli"
)

// postern runs a command line, and gives its exit code and what it printed.
func postern(t *testing.T, args ...string) (code int, out, talk string) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	code = command.Run(t.Context(), args, command.Streams{In: strings.NewReader(""), Out: &stdout, Err: &stderr})
	return code, stdout.String(), stderr.String()
}

var userCode = regexp.MustCompile(`^  ([B-Z]{4}-[B-Z]{4})$`)

// logsIn runs 'postern login' and has somebody confirm it in a browser. It gives the exit
// code and all that the command said.
func (w *world) logsIn(login string, button string) (code int, talk string) {
	w.t.Helper()
	reader, writer := io.Pipe()
	ended := make(chan int, 1)
	go func() {
		ended <- command.Run(w.t.Context(), []string{"login", w.issuer}, command.Streams{In: strings.NewReader(""), Out: io.Discard, Err: writer})
		writer.Close()
	}()
	lines := bufio.NewScanner(reader)
	for lines.Scan() {
		talk += lines.Text() + "\n"
		if found := userCode.FindStringSubmatch(lines.Text()); found != nil {
			w.person(login).get("/login/oauth/device").press("continue", map[string]string{"user_code": found[1]}).press(button, nil)
		}
	}
	return <-ended, talk
}

// TestCommandLineSignsIn is the command line's sign-in at a server, what it does there, and
// how that ends.
func TestCommandLineSignsIn(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	t.Setenv("POSTERN_TOKEN", "")
	w := newWorld(t)
	root := w.user("root", func(u *admin.NewUser) { u.Admin = true })
	code, talk := w.logsIn("root", "allow")
	if code != 0 || !strings.Contains(talk, "  "+w.issuer+"/login/oauth/device\n") || !strings.HasSuffix(talk, "signed in at "+w.issuer+" as root\n") {
		t.Fatalf("exit code %d:\n%s", code, talk)
	}
	if code, out, _ := postern(t, "login"); code != 0 || !strings.Contains(out, w.issuer+"   root") {
		t.Errorf("exit code %d: %s", code, out)
	}
	if events := w.events(core.EventFilter{Type: core.EventTokenIssued, ClientID: core.ClientCommand}); len(events) != 1 {
		t.Errorf("recorded %+v", events)
	}
	if code, out, talk := postern(t, "user", "list", "--server", w.issuer); code != 0 || !strings.Contains(out, "root@example.com") {
		t.Errorf("exit code %d: %s%s", code, out, talk)
	}
	if code, out, talk := postern(t, "audit", "list", "--server", w.issuer, "--type", "token.issued", "--json"); code != 0 || !strings.Contains(out, core.ClientCommand) {
		t.Errorf("exit code %d: %s%s", code, out, talk)
	}

	// What it may do ends with the person's role, and with their sign-in.
	if err := w.app.Admin.SignOutUser(t.Context(), cli, root.ID); err != nil {
		t.Fatal(err)
	}
	over := "error: you are not signed in at " + w.issuer + " any more\nhint: run 'postern login " + w.issuer + "'\n"
	if code, out, talk := postern(t, "user", "list", "--server", w.issuer); code != 1 || out != "" || talk != over {
		t.Errorf("exit code %d: %s%s", code, out, talk)
	}
	if code, _, talk := postern(t, "logout", w.issuer); code != 0 || !strings.Contains(talk, "signed out at "+w.issuer) {
		t.Errorf("exit code %d: %s", code, talk)
	}
	w.checkSecrets()
}

// TestCommandLineSignsOut holds that a sign-in that was ended is of no use to whoever copied
// it.
func TestCommandLineSignsOut(t *testing.T) {
	config := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", config)
	t.Setenv("POSTERN_TOKEN", "")
	w := newWorld(t)
	w.user("root", func(u *admin.NewUser) { u.Admin = true })
	if code, talk := w.logsIn("root", "allow"); code != 0 {
		t.Fatalf("exit code %d:\n%s", code, talk)
	}
	stolen := t.TempDir()
	err := filepath.WalkDir(config, func(path string, entry fs.DirEntry, err error) error {
		to := filepath.Join(stolen, strings.TrimPrefix(path, config))
		if err != nil || entry.IsDir() {
			return errors.Join(err, os.MkdirAll(to, 0o700))
		}
		text, err := os.ReadFile(path)
		return errors.Join(err, os.WriteFile(to, text, 0o600))
	})
	if err != nil {
		t.Fatal(err)
	}
	w.recorded(core.EventTokenRevoked, "", func() {
		if code, out, talk := postern(t, "logout", w.issuer); code != 0 || out != "" || talk != "signed out at "+w.issuer+"\n" {
			t.Errorf("exit code %d: %s%s", code, out, talk)
		}
	})
	t.Setenv("XDG_CONFIG_HOME", stolen)
	over := "error: you are not signed in at " + w.issuer + " any more\nhint: run 'postern login " + w.issuer + "'\n"
	if code, out, talk := postern(t, "user", "list", "--server", w.issuer); code != 1 || out != "" || talk != over {
		t.Errorf("exit code %d: %s%s", code, out, talk)
	}
	w.checkSecrets()
}

// Who refuses it in the browser is not signed in.
func TestCommandLineSignInRefused(t *testing.T) {
	t.Setenv("XDG_CONFIG_HOME", t.TempDir())
	w := newWorld(t)
	w.user("root", func(u *admin.NewUser) { u.Admin = true })
	code, talk := w.logsIn("root", "deny")
	if code != 1 || !strings.Contains(talk, "error: the sign-in was refused in the browser\nhint: ") {
		t.Errorf("exit code %d:\n%s", code, talk)
	}
	if _, out, _ := postern(t, "login"); !strings.Contains(out, "signed in nowhere") {
		t.Errorf("kept: %s", out)
	}
}

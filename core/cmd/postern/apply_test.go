//go:build unix

package main_test

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// What a file declares is there before the server listens, and again at a signal. A wrong
// file keeps the server from starting, and changes nothing in one that runs.
func TestServeApplies(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	data, file := filepath.Join(dir, "data"), filepath.Join(dir, "acme.yaml")
	write := func(text string) {
		t.Helper()
		if err := os.WriteFile(file, []byte("source: acme\ngroups:\n"+text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	settings := filepath.Join(dir, "postern.toml")
	if err := os.WriteFile(settings, []byte("data = '"+data+"'\nlisten = 'localhost:0'\napply = ['"+file+"']\n"), 0o600); err != nil {
		t.Fatal(err)
	}

	write("- name: staff\n  display_nam: x\n- name: a;b\n")
	refused := postern(t, "serve", "--config", settings)
	if refused.code == 0 || !strings.Contains(refused.err, file+`:4: groups[0]: there is no member "display_nam"`) || strings.Contains(refused.out, "serves") {
		t.Errorf("exit code %d, %s%s", refused.code, refused.out, refused.err)
	}
	write("- name: staff\n- name: a;b\n")
	if refused := postern(t, "serve", "--config", settings); refused.code == 0 || !strings.Contains(refused.err, file+`:4: groups[1].name: "a;b" is no group name`) {
		t.Errorf("exit code %d, %s%s", refused.code, refused.out, refused.err)
	}

	write("- name: staff\n")
	s := start(t, "--config", settings)
	groups := func() string { return must(t, "group", "list", "--data", data).out }
	if !strings.Contains(groups(), "staff") {
		t.Errorf("it is not there: %s\n%s", groups(), s.talk())
	}
	if held := postern(t, "group", "delete", "staff", "--yes", "--data", data); held.code == 0 || !strings.Contains(held.err, "managed by acme ("+file+")") {
		t.Errorf("exit code %d, %s", held.code, held.err)
	}
	if by := must(t, "audit", "list", "--type", "group.created", "--data", data).out; !strings.Contains(by, "apply:acme") {
		t.Errorf("recorded %s", by)
	}

	write("- name: staff\n- name: press\n")
	s.hangUp(t)
	eventually(t, "the file is applied anew", func() bool { return strings.Contains(groups(), "press") })
	write("- name: other\n- nam: press\n")
	s.hangUp(t)
	eventually(t, "the wrong file is told", func() bool { return strings.Contains(s.talk(), "were not applied anew") })
	if strings.Contains(groups(), "other") || !strings.Contains(groups(), "press") {
		t.Errorf("half of it was applied: %s", groups())
	}
}

func (p *server) hangUp(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
}

// A pipeline applies a file at a server elsewhere, with secrets that are on its own machine.
func TestApplyElsewhere(t *testing.T) {
	t.Parallel()
	data := usedData(t)
	must(t, "service-account", "create", "deploy", "--data", data)
	must(t, "role", "grant", "deploy", "administrator", "--service-account", "--whole-server", "--data", data)
	var made struct {
		Token string `json:"token"`
	}
	mustJSON(t, &made, "token", "create", "ci", "--service-account", "deploy", "--lifetime", "1d", "--data", data, "--json")
	s := start(t, "--data", data)
	s.waitReady()
	dir := t.TempDir()
	file := filepath.Join(dir, "wiki.yaml")
	for name, text := range map[string]string{
		"wiki.yaml":   "clients:\n- id: wiki\n  name: Wiki\n  redirect_uris: [https://wiki.example/cb]\n  client_secret: {file: wiki.secret}\n",
		"wiki.secret": "0123456789abcdef0123456789\n",
		"wrong.yaml":  "clients:\n- name: Wrong\n  redirect_uris:\n  - https://ok.example/cb\n  - nowhere\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	at := []string{"--server", s.issuer, "--token", made.Token}
	run := func(args ...string) finished { return postern(t, append(args, at...)...) }
	if done := run("apply", file); done.code != 0 || !strings.Contains(done.out, "created    client Wiki of built-in") || strings.Contains(done.out, "0123456789abcdef") {
		t.Errorf("exit code %d\n%s%s", done.code, done.out, done.err)
	}
	if done := run("apply", file); done.code != 0 || !strings.Contains(done.out, "unchanged  client Wiki") {
		t.Errorf("exit code %d\n%s%s", done.code, done.out, done.err)
	}
	wrong := filepath.Join(dir, "wrong.yaml")
	if done := run("apply", wrong); done.code == 0 || !strings.Contains(done.err, wrong+":3: clients[0].redirect_uris") {
		t.Errorf("exit code %d\n%s%s", done.code, done.out, done.err)
	}
	if done := run("client", "update", "Wiki", "--name", "W"); done.code == 0 || !strings.Contains(done.err, `the client "Wiki" is managed by `+file) {
		t.Errorf("exit code %d\n%s%s", done.code, done.out, done.err)
	}
	if done := run("managed", "release", "client", "Wiki"); done.code == 0 || !strings.Contains(done.err, "roles:write") {
		t.Errorf("exit code %d\n%s%s", done.code, done.out, done.err)
	}
}

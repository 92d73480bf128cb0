package products_test

import (
	"bufio"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/pflag"

	"github.com/postern-id/postern/core/needs"
)

// libraries runs the program of that name with alice's browser, and gives what it was told.
func (h *house) libraries(t *testing.T, args ...string) map[string]any {
	t.Helper()
	program := exec.Command(h.built("testdata/libraries", "."), args...)
	program.Env, program.Stderr = h.environment(), os.Stderr
	in, err := program.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := program.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := program.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	request, err := lines.ReadString('\n')
	if err != nil {
		t.Fatalf("it asks for nothing: %v, %v", err, program.Wait())
	}
	if _, err := io.WriteString(in, signIn(t, h.visitor(t), strings.TrimSpace(request))+"\n"); err != nil {
		t.Fatal(err)
	}
	var told map[string]any
	if err := json.NewDecoder(lines).Decode(&told); err != nil {
		t.Fatalf("it does not say who it is: %v, %v", err, program.Wait())
	}
	if err := program.Wait(); err != nil {
		t.Fatal(err)
	}
	return told
}

func sorted(t *testing.T, value any) []string {
	t.Helper()
	list, _ := value.([]any)
	texts := make([]string, len(list))
	for i, entry := range list {
		texts[i], _ = entry.(string)
	}
	slices.Sort(texts)
	return texts
}

// goth is how Gitea and Forgejo sign people in. The command of the guide is read as their
// command line reads it.
func TestGitea(t *testing.T) {
	h := newHouse(t)
	guide := h.connect(t, "gitea", "--preset", "gitea", "--address", "https://git.example.org")
	words, err := exec.Command(needs.Program(t, "sh"), "-c", `gitea() { printf '%s\0' "$@"; }; `+guide.snippet("Terminal")).Output()
	if err != nil {
		t.Fatal(err)
	}
	flags := pflag.NewFlagSet("add-oauth", pflag.ContinueOnError)
	name, provider, group := flags.String("name", "", ""), flags.String("provider", "", ""), flags.String("group-claim-name", "", "")
	key, secret, discovery := flags.String("key", "", ""), flags.String("secret", "", ""), flags.String("auto-discover-url", "", "")
	scopes := flags.StringSlice("scopes", nil, "")
	if err := flags.Parse(strings.Split(strings.TrimSuffix(string(words), "\x00"), "\x00")); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(flags.Args(), []string{"admin", "auth", "add-oauth"}) || *provider != "openidConnect" {
		t.Fatalf("it is %q for %s", flags.Args(), *provider)
	}
	callback := "https://git.example.org/user/oauth2/" + *name + "/callback"
	told := h.libraries(t, append([]string{"gitea", *key, *secret, *discovery, callback}, *scopes...)...)
	if told["preferred_username"] != "alice" || told["email"] != "alice@example.org" || told["name"] != "Alice Liddell" || !slices.Equal(sorted(t, told[*group]), []string{"grafana-editors", "staff"}) {
		t.Errorf("it was told %v", told)
	}
	if open := h.checklist(t, "gitea"); open != "" {
		t.Errorf("the checklist at last:\n%s", open)
	}
}

// Grafana's section, read by the parser that it uses, with a sign-in as it does one. The
// paths are of JMESPath.
func TestGrafana(t *testing.T) {
	h := newHouse(t)
	guide := h.connect(t, "grafana", "--preset", "grafana", "--address", "https://grafana.example.org")
	file := h.write("grafana.ini", guide.snippet("/etc/grafana/grafana.ini"))
	told := h.libraries(t, "grafana", file, "https://grafana.example.org")
	for name, want := range map[string]any{
		"login": "alice", "name": "Alice Liddell", "email": "alice@example.org", "role": "Editor", "refreshes": true,
		"signout": h.issuer + "/api/logout?post_logout_redirect_uri=https%3A%2F%2Fgrafana.example.org%2Flogin",
	} {
		if told[name] != want {
			t.Errorf("%s: got %v, want %v", name, told[name], want)
		}
	}
	if groups := sorted(t, told["groups"]); !slices.Equal(groups, []string{"grafana-editors", "staff"}) {
		t.Errorf("groups %v", groups)
	}
	if open := h.checklist(t, "grafana"); open != "" {
		t.Errorf("the checklist at last:\n%s", open)
	}
}

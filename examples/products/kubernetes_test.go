package products_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"

	"github.com/postern-id/postern/core/needs"
)

// The authenticator of kube-apiserver, with the flags and with the file of the guide, is
// given the ID token that the command line of the guide gets.
func TestKubernetes(t *testing.T) {
	if testing.Short() {
		t.Skip("builds a large program")
	}
	h := newHouse(t)
	apiserver := h.built("testdata/kubernetes", ".")
	guide := h.connect(t, "cluster", "--preset", "kubernetes")
	ways := map[string][]string{
		"file":  {"--authentication-config", h.write("authentication.yaml", guide.snippet("Structured authentication, in place of the flags"))},
		"flags": strings.Fields(guide.snippet("Flags of kube-apiserver")),
	}
	token := kubelogin(t, h, pluginOf(t, guide.snippet("Terminal of whoever uses kubectl")))
	for way, args := range ways {
		said, err := h.fed(token, apiserver, args...)
		if err != nil {
			t.Fatalf("%s: %v", way, err)
		}
		var who struct {
			User   string   `json:"user"`
			Groups []string `json:"groups"`
		}
		if err := json.Unmarshal([]byte(said), &who); err != nil {
			t.Fatal(err)
		}
		slices.Sort(who.Groups)
		if who.User != "oidc:alice" || !slices.Equal(who.Groups, []string{"oidc:grafana-editors", "oidc:staff"}) {
			t.Errorf("%s: it is %+v", way, who)
		}
		if _, err := h.fed(token[:len(token)-8]+"AAAAAAAA", apiserver, args...); err == nil {
			t.Errorf("%s: a token with another signature is good", way)
		}
	}
	if open := h.checklist(t, "cluster"); open != "" {
		t.Errorf("the checklist at last:\n%s", open)
	}
}

// pluginOf gives the arguments of the credential plugin that kubectl puts into the
// kubeconfig. It knows the flags of "kubectl config set-credentials" for that.
func pluginOf(t *testing.T, command string) []string {
	t.Helper()
	shell := needs.Program(t, "sh")
	words, err := exec.Command(shell, "-c", `kubectl() { printf '%s\0' "$@"; }; `+command).Output()
	if err != nil {
		t.Fatal(err)
	}
	args := strings.Split(strings.TrimSuffix(string(words), "\x00"), "\x00")
	flags := pflag.NewFlagSet("set-credentials", pflag.ContinueOnError)
	version, mode, program := flags.String("exec-api-version", "", ""), flags.String("exec-interactive-mode", "", ""), flags.String("exec-command", "", "")
	plugin := flags.StringArray("exec-arg", nil, "")
	if err := flags.Parse(args); err != nil {
		t.Fatalf("%v: %q", err, args)
	}
	if !slices.Equal(flags.Args(), []string{"config", "set-credentials", "oidc"}) || *version != "client.authentication.k8s.io/v1" || *mode != "Never" || *program != "kubectl" {
		t.Fatalf("it sets %q, %q, %q, %q", flags.Args(), *version, *mode, *program)
	}
	if len(*plugin) < 2 || !slices.Equal((*plugin)[:2], []string{"oidc-login", "get-token"}) {
		t.Fatalf("it is for %q", *plugin)
	}
	return (*plugin)[2:]
}

// kubelogin gets a token with the program itself.
func kubelogin(t *testing.T, h *house, args []string) string {
	t.Helper()
	program := h.built("testdata/kubernetes", "github.com/int128/kubelogin")
	// The browser that it opens is alice's.
	opened := filepath.Join(h.dir, "opened")
	tools := t.TempDir()
	opener := "#!/bin/sh\nprintf %s \"$1\" > " + opened + ".part && mv " + opened + ".part " + opened + "\n"
	if err := os.WriteFile(filepath.Join(tools, "xdg-open"), []byte(opener), 0o700); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	login := exec.CommandContext(ctx, program, append([]string{"get-token", "--token-cache-dir=" + t.TempDir()}, args...)...)
	login.Env = append(h.environment(), `KUBERNETES_EXEC_INFO={"kind":"ExecCredential","apiVersion":"client.authentication.k8s.io/v1","spec":{"interactive":false}}`, "PATH="+tools+string(os.PathListSeparator)+os.Getenv("PATH"))
	login.Stderr = os.Stderr
	done := make(chan error, 1)
	go func() {
		for ctx.Err() == nil {
			if address, err := os.ReadFile(opened); err == nil {
				done <- comeBack(t, h, string(address))
				return
			}
			time.Sleep(50 * time.Millisecond)
		}
		done <- ctx.Err()
	}()
	said, err := login.Output()
	if err := errors.Join(err, <-done); err != nil {
		t.Fatal(err)
	}
	var credential struct {
		APIVersion string `json:"apiVersion"`
		Status     struct {
			Token string `json:"token"`
		} `json:"status"`
	}
	if err := json.Unmarshal(said, &credential); err != nil || credential.APIVersion != "client.authentication.k8s.io/v1" {
		t.Fatalf("%v: %s", err, said)
	}
	return credential.Status.Token
}

// comeBack opens what kubelogin listens at, which leads to the server, signs in there, and
// brings the answer back.
func comeBack(t *testing.T, h *house, address string) error {
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := client.Get(address)
	if err != nil {
		return err
	}
	response.Body.Close()
	request, err := response.Location()
	if err != nil {
		return fmt.Errorf("%s: %w", address, err)
	}
	response, err = client.Get(signIn(t, h.visitor(t), request.String()))
	if err != nil {
		return err
	}
	return response.Body.Close()
}

package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

func TestExitCodes(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	client := []string{"--client-id", "id", "--client-secret", "secret"}
	for _, test := range []struct {
		name   string
		args   []string
		code   int
		stderr []string
	}{
		{"unknown flag", []string{"--nope"}, 2, []string{"error: flag provided but not defined: -nope\n", "hint: "}},
		{"argument", []string{"now"}, 2, []string{`error: unexpected argument "now"`}},
		{"two mistakes", []string{"--mode", "jira", "--listen", "127.0.0.1:0"}, 2, []string{`error: mode "jira"`, "error: client id and client secret"}},
		{"port taken", append(client, "--listen", taken.Addr().String()), 1, []string{"error: cannot listen on 127.0.0.1:", "address already in use"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			var stderr bytes.Buffer
			err := run(t.Context(), test.args, io.Discard)
			if err == nil {
				t.Fatal("it ran")
			}
			if code := exitCode(err, &stderr); code != test.code {
				t.Errorf("exit code %d, want %d", code, test.code)
			}
			for _, want := range test.stderr {
				if !strings.Contains(stderr.String(), want) {
					t.Errorf("stderr has no %q:\n%s", want, stderr.String())
				}
			}
		})
	}
}

func TestHelp(t *testing.T) {
	var stdout, stderr bytes.Buffer
	err := run(t.Context(), []string{"-help"}, &stdout)
	if !errors.Is(err, flag.ErrHelp) || exitCode(err, &stderr) != 0 || stderr.Len() > 0 || !strings.Contains(stdout.String(), "-client-secret") {
		t.Errorf("%v, stdout %q, stderr %q", err, stdout.String(), stderr.String())
	}
}

func TestServesUntilStopped(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	out, in := io.Pipe()
	ended := make(chan error, 1)
	go func() {
		ended <- run(ctx, []string{"--client-id", "id", "--client-secret", "secret", "--listen", "127.0.0.1:0", "--mode", "atlassian"}, in)
	}()
	said := make([]byte, 200)
	n, err := out.Read(said)
	if err != nil {
		t.Fatal(err)
	}
	go func() { _, _ = io.Copy(io.Discard, out) }()
	_, address, found := strings.Cut(strings.TrimSpace(string(said[:n])), " on ")
	if !found {
		t.Fatalf("it said %q", said[:n])
	}
	response, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if page, err := io.ReadAll(response.Body); err != nil || !strings.Contains(string(page), address+"/plugins/servlet/oidc/callback") {
		t.Errorf("%v, page:\n%s", err, page)
	}
	stop()
	select {
	case err := <-ended:
		if err != nil {
			t.Errorf("it ended with %v", err)
		}
	case <-time.After(20 * time.Second):
		t.Error("it does not stop")
	}
}

package cli_test

import (
	"context"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-id/postern/core/cli"
)

// announced says when it is read from, and never answers.
type announced struct{ asked chan struct{} }

func (a announced) Read([]byte) (int, error) {
	close(a.asked)
	select {}
}

// A signal ends a command that waits for a person.
func TestInterrupt(t *testing.T) {
	ctx, interrupt := context.WithCancel(t.Context())
	in := announced{make(chan struct{})}
	go func() {
		<-in.asked
		interrupt()
	}()
	var talk strings.Builder
	args := []string{"user", "create", "alice", "--password-stdin", "--data", filepath.Join(t.TempDir(), "data")}
	if code := cli.Run(ctx, args, cli.Streams{In: in, Out: io.Discard, Err: &talk}); code != 1 || talk.String() != "error: interrupted\n" {
		t.Errorf("exit code %d, %q", code, talk.String())
	}
}

package conformance_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/postern-id/postern/core/cli"
)

// command runs the command line, as an operator does beside the server.
func command(ctx context.Context, args ...string) (said string, err error) {
	var out, complained bytes.Buffer
	code := cli.Run(ctx, args, cli.Streams{In: strings.NewReader(""), Out: &out, Err: &complained})
	if code != 0 {
		return "", fmt.Errorf("postern %s: %d: %s", strings.Join(args, " "), code, complained.String())
	}
	return out.String(), nil
}

// keyCommand is announced by the command line, not by discovery.
var keyCommand = feature{"rotation of keys by command", func(document) bool {
	help, err := command(context.Background(), "keys", "rotate", "--help")
	return err == nil && strings.Contains(help, "postern keys rotate")
}}

// rotate makes a new signing key, and waits until the server has it. It looks every
// other second.
func rotate(x *trial) error {
	before := text(x.keys())
	if _, err := command(x.Context(), "keys", "rotate", "--data", x.data); err != nil {
		return err
	}
	for range 100 {
		if text(x.keys()) != before {
			return nil
		}
		time.Sleep(100 * time.Millisecond)
	}
	return fmt.Errorf("the server never took the new key")
}

func text(d document) string { return string(must(json.Marshal(d))) }

// Command postern is an OpenID Connect identity provider in one binary.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/postern-id/postern/core/cli"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // the first signal ends gently, a second one at once
	code := cli.Run(ctx, os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr})
	stop()
	os.Exit(code)
}

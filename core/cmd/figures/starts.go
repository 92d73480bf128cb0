package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// measureStarts builds the binary as a release is built, starts it on an empty
// directory and again, and looks at it.
func measureStarts(ctx context.Context, print func(figure)) error {
	dir, err := os.MkdirTemp("", "postern-starts-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	binary := filepath.Join(dir, "postern")
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags=-s -w", "-o", binary, "github.com/postern-id/postern/core/cmd/postern")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return fmt.Errorf("go build: %w\n%s", err, out)
	}
	data := filepath.Join(dir, "data")
	first, _, err := startOnce(ctx, binary, data)
	if err != nil {
		return err
	}
	print(figure{name: "first start until ready", value: ms(first), limit: "2000 ms", aim: "below"})
	// A client with a plugin, so that a later start has something to load.
	create := exec.CommandContext(ctx, binary, "client", "create", "Confluence", "--preset", "confluence", "--redirect-uri", callback, "--data", data)
	if out, err := create.CombinedOutput(); err != nil {
		return fmt.Errorf("client create: %w\n%s", err, out)
	}
	later, memory := time.Hour, 0
	for range 3 {
		took, resident, err := startOnce(ctx, binary, data)
		if err != nil {
			return err
		}
		later, memory = min(later, took), resident
	}
	print(figure{name: "later start until ready, with plugin (best of 3)", value: ms(later), limit: "250 ms", aim: "below"})
	info, err := os.Stat(binary)
	if err != nil {
		return err
	}
	print(figure{name: "binary", value: fmt.Sprintf("%.1f MB", float64(info.Size())/1e6)})
	print(figure{name: "memory at rest, with plugin", value: fmt.Sprintf("%.1f MB", float64(memory)/1e3), limit: "60 MB", aim: "below"})
	return nil
}

func ms(d time.Duration) string { return fmt.Sprintf("%d ms", d.Milliseconds()) }

// startOnce starts the server and gives the time until /readyz says yes, and the
// resident memory, in kB, after three quiet seconds.
func startOnce(ctx context.Context, binary, data string) (took time.Duration, resident int, err error) {
	address, err := freeAddress()
	if err != nil {
		return 0, 0, err
	}
	cmd := exec.CommandContext(ctx, binary, "serve", "--listen", address, "--data", data)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	start := time.Now()
	if err := cmd.Start(); err != nil {
		return 0, 0, err
	}
	defer func() {
		err = errors.Join(err, cmd.Process.Signal(os.Interrupt))
		if wait := cmd.Wait(); wait != nil {
			err = errors.Join(err, fmt.Errorf("serve: %w\n%s", wait, stderr.String()))
		}
	}()
	if err := untilReady("http://" + address + "/readyz"); err != nil {
		return 0, 0, err
	}
	took = time.Since(start)
	time.Sleep(3 * time.Second)
	resident, err = residentMemory(cmd.Process.Pid)
	return took, resident, err
}

func untilReady(url string) error {
	for range 10_000 {
		response, err := http.Get(url)
		if err == nil {
			_, _ = io.Copy(io.Discard, response.Body)
			response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		time.Sleep(2 * time.Millisecond)
	}
	return errors.New("the server did not become ready")
}

func freeAddress() (string, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer listener.Close()
	return listener.Addr().String(), nil
}

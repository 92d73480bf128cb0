package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"

	"github.com/postern-id/postern/core/cmd/figures/job"
	"github.com/postern-id/postern/sdk/hook"
)

// webhook is the same work in another process, over a connection on loopback that is
// kept: what a server does that asks a service for claims.
type webhook struct {
	process *exec.Cmd
	until   io.Closer // the process lives until this is closed
	client  *http.Client
	url     string
}

// webhookCommand is the argument by which this program is the other process.
const webhookCommand = "webhook"

// newWebhook starts this program once more, as the service.
func newWebhook() (*webhook, error) {
	program, err := os.Executable()
	if err != nil {
		return nil, err
	}
	process := exec.Command(program, webhookCommand)
	process.Stderr = os.Stderr
	until, err := process.StdinPipe()
	if err != nil {
		return nil, err
	}
	output, err := process.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := process.Start(); err != nil {
		return nil, err
	}
	w := &webhook{process: process, until: until, client: &http.Client{Transport: &http.Transport{}}}
	address, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the webhook did not say its address: %w", err), w.close())
	}
	w.url = "http://" + strings.TrimSpace(address) + "/claims"
	return w, nil
}

func (w *webhook) close() error {
	w.client.CloseIdleConnections()
	return errors.Join(w.until.Close(), w.process.Wait())
}

// serveWebhook is the other process: it prints its address and serves until its input
// ends, as it does when whoever started it is gone.
func serveWebhook() error {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	server := &http.Server{Handler: http.HandlerFunc(serveClaims)}
	go server.Serve(listener) //nolint:errcheck // it says that it was closed
	fmt.Println(listener.Addr())
	_, err = io.Copy(io.Discard, os.Stdin)
	return errors.Join(err, server.Close())
}

func serveClaims(w http.ResponseWriter, r *http.Request) {
	input, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		http.Error(w, "the message is too large", http.StatusRequestEntityTooLarge)
		return
	}
	output, err := native(input)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(output)))
	_, _ = w.Write(output) // whoever asked may be gone
}

// native does the work of the plugin without a sandbox, from the same bytes to the
// same bytes.
func native(input []byte) ([]byte, error) {
	in, err := hook.ParseClaimsInput(input)
	if err != nil {
		return nil, err
	}
	out, err := job.Map(in)
	if err != nil {
		return nil, err
	}
	return out.AppendJSON(nil), nil
}

func (w *webhook) mapClaims(ctx context.Context, in *hook.ClaimsInput) (hook.Object, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, w.url, bytes.NewReader(in.AppendJSON(nil)))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := w.client.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	output, err := io.ReadAll(response.Body)
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("the webhook answers %s: %s", response.Status, output)
	}
	return applied(in, output)
}

// applied gives the claims of the message after an output.
func applied(in *hook.ClaimsInput, output []byte) (hook.Object, error) {
	out, err := hook.ParseClaimsOutput(output)
	if err != nil {
		return nil, err
	}
	claims := append(hook.Object(nil), in.Claims...)
	for _, name := range out.Remove {
		claims.Remove(name)
	}
	for _, member := range out.Set {
		claims.Set(member.Name, member.Value)
	}
	return claims, nil
}

package app

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/config"
	"github.com/postern-id/postern/core/plugin"
)

// Limits of connections. A header of more than maxHeader bytes and a client that
// takes longer than the time-outs are cut off.
const (
	maxHeader     = 64 << 10
	headerTimeout = 10 * time.Second
	readTimeout   = 30 * time.Second
	writeTimeout  = 60 * time.Second
	idleTimeout   = 2 * time.Minute
	// drain is how long requests in flight may take when the server is told to end.
	drain = 10 * time.Second
	// sweepEvery is how often what has expired is deleted.
	sweepEvery = time.Minute
	// rotateEvery is how often it looks whether signing keys are due.
	rotateEvery = 10 * time.Minute
	// followEvery is how often the server looks for plugins that another process, such
	// as the command line, has bound.
	followEvery = 2 * time.Second
)

// Streams are where the server speaks: Out has what its user asked for, Err the
// log.
type Streams struct {
	Out io.Writer
	Err io.Writer
}

// Serve runs the server until the context ends, then lets requests in flight
// finish.
func Serve(ctx context.Context, cfg config.Config, streams Streams) error {
	// The port is taken first: everything else would be in vain without it.
	listener, err := listen(&cfg)
	if err != nil {
		return err
	}
	defer listener.Close()
	metrics, err := listenMetrics(cfg)
	if err != nil {
		return err
	}
	if metrics != nil {
		defer metrics.Close()
	}
	logger := newLogger(cfg, streams.Err)
	a, err := Open(ctx, cfg, Options{Logger: logger})
	if err != nil {
		return err
	}
	err = a.Serve(ctx, listener, metrics, streams.Out)
	return errors.Join(err, a.Close())
}

// listen opens the address and completes an issuer that was made from it.
func listen(cfg *config.Config) (net.Listener, error) {
	listener, err := net.Listen("tcp", cfg.Listen)
	if err != nil {
		return nil, &ListenError{Flag: "--listen", Address: cfg.Listen, Err: err}
	}
	if cfg.IssuerDerived {
		if port := listener.Addr().(*net.TCPAddr).Port; strings.HasSuffix(cfg.Issuer, ":0") {
			cfg.Issuer = fmt.Sprintf("%s:%d", strings.TrimSuffix(cfg.Issuer, ":0"), port)
		}
	}
	if !cfg.TLS() {
		return listener, nil
	}
	certificate, err := tls.LoadX509KeyPair(cfg.TLSCert, cfg.TLSKey)
	if err != nil {
		listener.Close()
		return nil, &CertificateError{Err: err}
	}
	return tls.NewListener(listener, &tls.Config{
		Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"},
	}), nil
}

// Serve answers at the listener, and at that of the metrics if there is one, until
// the context ends; then requests in flight finish.
func (a *App) Serve(ctx context.Context, listener, metrics net.Listener, out io.Writer) error {
	handler, err := a.Handler(ctx)
	if err != nil {
		return err
	}
	if err := a.noteIssuer(); err != nil {
		return err
	}
	if err := a.applyFiles(ctx); err != nil {
		return err
	}
	server := a.limited(handler)
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	defer signal.Stop(hangups)
	if err := a.greet(ctx, out); err != nil {
		return err
	}
	background, stop := context.WithCancel(ctx)
	defer stop()
	go a.reloadAt(background, hangups)
	go every(background, sweepEvery, func() { a.sweep(background) })
	go a.rotateKeys(background)
	go every(background, rotateEvery, func() { a.rotateKeys(background) })
	go a.warm(background)
	go every(background, followEvery, func() { a.follow(background) })
	endDelivery, err := a.deliver(background)
	if err != nil {
		return err
	}
	defer endDelivery()
	endLogouts, err := a.tellClients(background)
	if err != nil {
		return err
	}
	defer endLogouts()
	defer a.sendMails(background)()
	failed := make(chan error, 2)
	if metrics != nil {
		defer a.serveMetrics(metrics, out, failed).Close()
	}
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	patience, cancel := context.WithTimeout(context.WithoutCancel(ctx), drain)
	defer cancel()
	a.logger.Info("ending")
	return server.Shutdown(patience)
}

// limited serves the handler within the limits of connections.
func (a *App) limited(handler http.Handler) *http.Server {
	return &http.Server{
		Handler: handler, MaxHeaderBytes: maxHeader, ReadHeaderTimeout: headerTimeout, ReadTimeout: readTimeout,
		WriteTimeout: writeTimeout, IdleTimeout: idleTimeout, ErrorLog: slog.NewLogLogger(a.logger.Handler(), slog.LevelDebug),
	}
}

// greet says where the server is, and how to make the first administrator while
// there is none.
func (a *App) greet(ctx context.Context, out io.Writer) error {
	fmt.Fprintf(out, "Postern serves %s\n", a.Config.Issuer)
	link, open, err := a.Admin.OpenSetup(ctx)
	if err != nil {
		return err
	}
	if open {
		fmt.Fprintf(out, "\nThere is no administrator yet. Open this link to make one; it works once, until the next start:\n\n  %s/setup?token=%s\n\n", a.Config.Issuer, link)
	}
	return nil
}

// every does something from time to time until the context ends.
func every(ctx context.Context, period time.Duration, do func()) {
	ticker := time.NewTicker(period)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
			do()
		}
	}
}

// sweep deletes what has expired.
func (a *App) sweep(ctx context.Context) {
	if _, err := a.Store.Sweep(ctx, a.now()); err != nil && ctx.Err() == nil {
		a.logger.Error("what has expired was not deleted", slog.Any("cause", err))
	}
}

// rotateKeys gives successors to the signing keys that are old enough, if the operator
// wants that. Of several servers one does.
func (a *App) rotateKeys(ctx context.Context) {
	if a.Config.KeysRotateEvery == 0 {
		return
	}
	due, err := a.Admin.DueKeys(ctx, a.Config.KeysRotateEvery)
	if err == nil && len(due) > 0 {
		_, err = a.Admin.RotateKeys(ctx, admin.Actor{Name: "server"}, due, false)
	}
	if err != nil && !errors.Is(err, core.ErrConflict) && ctx.Err() == nil {
		a.logger.Error("the signing keys were not rotated", slog.Any("cause", err))
	}
}

// reloadAt applies the files anew at each signal, loads all modules of plugins, those too
// that could not be loaded so far, and then the themes.
func (a *App) reloadAt(ctx context.Context, hangups <-chan os.Signal) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-hangups:
		}
		if err := a.applyFiles(ctx); err != nil && ctx.Err() == nil {
			a.logger.Error("the files were not applied anew: nothing was changed that is not logged", slog.Any("cause", err))
		}
		a.logger.Info("loading the plugins anew")
		if err := a.Admin.ReloadPlugins(ctx, admin.Actor{Name: "signal"}); err != nil && ctx.Err() == nil {
			a.logger.Error("the plugins were not loaded anew", slog.Any("cause", err))
		}
		a.warm(ctx)
		if pages, err := a.pages(); err == nil {
			a.loadThemes(pages)
		}
	}
}

// follow loads what another process has bound, before a request would wait for it.
func (a *App) follow(ctx context.Context) {
	host, err := a.host()
	if err == nil {
		err = errors.Join(a.Store.Check(ctx), host.Warm(ctx))
	}
	if err != nil && ctx.Err() == nil {
		a.logger.Debug("plugins not looked at", slog.Any("cause", err))
	}
}

// warm makes ready what the first request would wait for.
func (a *App) warm(ctx context.Context) {
	if err := a.Ready(ctx); err != nil && !errors.Is(err, plugin.ErrLoading) && ctx.Err() == nil {
		a.logger.Error("not ready", slog.Any("cause", err))
	}
}

func newLogger(cfg config.Config, w io.Writer) *slog.Logger {
	options := &slog.HandlerOptions{Level: cfg.LogLevel}
	if cfg.LogFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// ListenError says that the address cannot be listened at.
type ListenError struct {
	Flag    string // that chooses the address
	Address string
	Err     error
}

func (e *ListenError) Error() string {
	cause := e.Err
	if op, ok := errors.AsType[*net.OpError](e.Err); ok {
		cause = op.Err
	}
	if call, ok := errors.AsType[*os.SyscallError](cause); ok {
		cause = call.Err
	}
	return fmt.Sprintf("cannot listen at %s: %v", e.Address, cause)
}

func (e *ListenError) Unwrap() error { return e.Err }

// Hint says what to do.
func (e *ListenError) Hint() string {
	switch {
	case errors.Is(e.Err, syscall.EADDRINUSE):
		return "end the program that listens there, or choose another address with " + e.Flag
	case errors.Is(e.Err, fs.ErrPermission):
		return "choose a port above 1023 with " + e.Flag + ", or let the system give this program lower ones"
	}
	return "choose an address of this machine with " + e.Flag + ", such as localhost:8000, or :8000 for all of them"
}

// CertificateError says that the TLS certificate cannot be used.
type CertificateError struct{ Err error }

func (e *CertificateError) Error() string {
	return "the TLS certificate cannot be used: " + e.Err.Error()
}

func (e *CertificateError) Unwrap() error { return e.Err }

// Hint says what to do.
func (e *CertificateError) Hint() string {
	return "give PEM files that belong together: --tls-cert with the whole chain, --tls-key with its key"
}

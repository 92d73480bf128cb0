// Confluence stands in for Confluence, to try a provider with: see README.md.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	"github.com/postern-id/postern/examples/confluence/standin"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		os.Exit(exitCode(err, os.Stderr))
	}
}

// usageError is a mistake on the command line, which is exit code 2.
type usageError struct{ err error }

func (e usageError) Error() string { return e.err.Error() }
func (e usageError) Unwrap() error { return e.err }

func exitCode(err error, stderr io.Writer) int {
	if errors.Is(err, flag.ErrHelp) {
		return 0
	}
	for line := range strings.Lines(err.Error()) {
		_, _ = fmt.Fprintf(stderr, "error: %s\n", strings.TrimSuffix(line, "\n"))
	}
	if _, isUsage := errors.AsType[usageError](err); isUsage {
		_, _ = fmt.Fprintln(stderr, "hint: go run ./examples/confluence -help")
		return 2
	}
	return 1
}

// run serves the stand-in until ctx ends.
func run(ctx context.Context, args []string, stdout io.Writer) error {
	config, listen, err := parse(args, stdout)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", listen)
	if err != nil {
		return fmt.Errorf("cannot listen on %s: %w", listen, err)
	}
	if config.BaseURL == "" {
		config.BaseURL = "http://" + listener.Addr().String()
	}
	site, err := standin.New(config)
	if err != nil {
		return errors.Join(usageError{err}, listener.Close())
	}
	announce(stdout, site.Config())
	return serve(ctx, listener, site)
}

func parse(args []string, stdout io.Writer) (config standin.Config, listen string, err error) {
	flags := flag.NewFlagSet("confluence", flag.ContinueOnError)
	flags.SetOutput(io.Discard) // a mistake is one line, said by main
	flags.Usage = func() {}
	flags.StringVar(&listen, "listen", "127.0.0.1:8090", "`address` to listen on")
	flags.StringVar(&config.BaseURL, "base-url", "", "`URL` where browsers find the stand-in (default http:// and the address it listens on)")
	flags.StringVar((*string)(&config.Mode), "mode", string(standin.MiniOrangeOpenID), "`client` to imitate: miniorange-openid, miniorange-oauth or atlassian")
	flags.StringVar(&config.Issuer, "issuer", "http://localhost:8000", "the provider's issuer `URL`")
	flags.StringVar(&config.ClientID, "client-id", "", "client `ID` that the provider gave")
	flags.StringVar(&config.ClientSecret, "client-secret", "", "client `secret` that the provider gave")
	flags.StringVar((*string)(&config.ClientAuth), "auth", string(standin.Basic), "`way` to show the secret: basic or post")
	flags.StringVar(&config.Scope, "scope", "", "`scopes` to ask for, with blanks between them (default those of the guide)")
	flags.StringVar(&config.UserInfoURL, "userinfo-url", "", "UserInfo server `URL`; one that ends in = gets the access token appended (default the guide's)")
	flags.StringVar(&config.PostLogoutRedirectURI, "post-logout-redirect-uri", "", "`URL` to return to after signing out at the provider, registered there")
	flags.BoolVar(&config.State, "state", false, "send state (miniOrange; Atlassian's client always does)")
	flags.BoolVar(&config.Nonce, "nonce", false, "send nonce (miniOrange; Atlassian's client always does)")
	err = flags.Parse(args)
	if errors.Is(err, flag.ErrHelp) {
		flags.SetOutput(stdout)
		flags.PrintDefaults()
	}
	if err != nil {
		return config, "", usageError{err}
	}
	if flags.NArg() > 0 {
		return config, "", usageError{fmt.Errorf("unexpected argument %q", flags.Arg(0))}
	}
	return config, listen, nil
}

func announce(stdout io.Writer, config standin.Config) {
	_, _ = fmt.Fprintf(stdout, "Confluence stand-in (%s) on %s\n", config.Mode, config.BaseURL)
	_, _ = fmt.Fprintf(stdout, "redirect URI to register: %s\n", config.RedirectURI())
}

func serve(ctx context.Context, listener net.Listener, site http.Handler) error {
	const patience = 10 * time.Second
	server := &http.Server{Handler: site, ReadHeaderTimeout: patience}
	stopped := make(chan error, 1)
	go func() {
		<-ctx.Done()
		closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
		defer cancel()
		stopped <- server.Shutdown(closing)
	}()
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}

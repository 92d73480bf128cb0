package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core/app"
	"github.com/postern-id/postern/core/config"
)

// session is a desk with what a command has to know of where it stands.
type session struct {
	Desk
	config config.Config
	issuer string
	// guessed says that the issuer is what the server would have, had it been started.
	guessed bool
	// home is the only organisation that the caller has to do with; empty: there are more.
	home string
}

// scope gives the organisation that a list is of: the one that was given, or the only one
// that the caller has to do with; empty is all.
func (s *session) scope(c *cobra.Command) string {
	if c.Flag("org").Changed {
		return orgOf(c)
	}
	return s.home
}

// handler is what a command does at a desk.
type handler func(ctx context.Context, s *session, args []string) error

// with runs the handler on the data directory, which must exist, or on a server elsewhere.
func (p *program) with(do handler) func(*cobra.Command, []string) error {
	return p.atDesk(true, do)
}

// making runs the handler on the data directory, which is made if it does not
// exist: on a new machine any command that creates something may come first.
func (p *program) making(do handler) func(*cobra.Command, []string) error {
	return p.atDesk(false, do)
}

func (p *program) atDesk(mustExist bool, do handler) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, args []string) error {
		server, err := p.elsewhere(c)
		if err != nil {
			return err
		}
		cfg, err := p.config(c, false)
		switch {
		case err != nil:
			return err
		case server != "":
			return p.onServer(c, cfg, server, do, args)
		}
		return onData(c.Context(), cfg, mustExist, do, args)
	}
}

// onData runs the handler on the data directory of this machine.
func onData(ctx context.Context, cfg config.Config, mustExist bool, do handler, args []string) (err error) {
	if mustExist {
		if err := demandData(cfg); err != nil {
			return err
		}
	}
	opened, err := app.Open(ctx, cfg, app.Options{})
	if err != nil {
		return err
	}
	defer func() {
		if closing := opened.Close(); err == nil {
			err = closing
		}
	}()
	return do(ctx, &session{newLocal(opened), cfg, cfg.Issuer, cfg.IssuerDerived, ""}, args)
}

// demandData refuses to make a data directory for a command that only reads: a
// mistyped --data would leave an empty one behind and find nothing in it.
func demandData(cfg config.Config) error {
	there, err := app.Exists(cfg)
	if err == nil && !there {
		return failf("start with 'postern serve' or 'postern user create', or say where it is with --data", "there is no data directory at %q", cfg.Data)
	}
	return err
}

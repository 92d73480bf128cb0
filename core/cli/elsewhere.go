package cli

import (
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/postern-id/postern/core/config"
	"github.com/postern-id/postern/core/remote"
	"github.com/postern-id/postern/core/remote/login"
)

// serverFlags say that a command is for a server elsewhere.
func serverFlags(flags *pflag.FlagSet) {
	flags.String("server", "", "work on the server at this `URL`, and not on a data directory; see 'postern login' (POSTERN_SERVER)")
	flags.String("token", "", "API token for --server; better in the environment, where others do not see it (POSTERN_TOKEN)")
}

// onServer runs the handler at a server elsewhere. Whoever has to do with one organisation
// alone works in that one.
func (p *program) onServer(c *cobra.Command, cfg config.Config, server string, do handler, args []string) error {
	bearer, err := p.bearer(c, server)
	if err != nil {
		return err
	}
	elsewhere := remote.New(server, bearer)
	s := &session{Desk: elsewhere, config: cfg, issuer: server}
	if issuer := c.Flag("issuer"); issuer != nil && issuer.Changed {
		s.issuer = cfg.Issuer
	}
	if org := c.Flag("org"); org != nil && !org.Changed {
		if s.home, err = elsewhere.Home(c.Context()); err != nil {
			return err
		}
		if s.home != "" {
			if err := org.Value.Set(s.home); err != nil {
				return err
			}
		}
	}
	return do(c.Context(), s, args)
}

// elsewhere gives the address of the server that the command is for; nothing is the data
// directory of this machine. What is on the command line counts more than the environment.
func (p *program) elsewhere(c *cobra.Command) (string, error) {
	server, data := c.Flag("server"), c.Flag("data")
	switch {
	case server.Changed && data.Changed && server.Value.String() != "":
		return "", usagef("give --data for a data directory of this machine, or --server for a server elsewhere", "--server and --data are both given")
	case server.Changed && server.Value.String() == "", !server.Changed && data.Changed:
		return "", nil
	case server.Changed:
		return login.ParseServer(server.Value.String())
	}
	if address, _ := p.env("POSTERN_SERVER"); address != "" {
		return login.ParseServer(address)
	}
	return "", nil
}

// bearer gives what lets requests to the server through: an API token, or the sign-in of
// 'postern login'.
func (p *program) bearer(c *cobra.Command, server string) (*login.Bearer, error) {
	token := c.Flag("token").Value.String()
	if token == "" {
		token, _ = p.env("POSTERN_TOKEN")
	}
	client := new(login.Client)
	if token = strings.TrimSpace(token); token != "" {
		if strings.ContainsFunc(token, func(r rune) bool { return r <= ' ' || r > '~' }) {
			return nil, failf("give it as it was printed", "the API token has characters that none has")
		}
		return client.WithToken(server, token), nil
	}
	folder, err := login.UserFolder()
	if err != nil {
		return nil, err
	}
	return client.SignedIn(server, folder)
}

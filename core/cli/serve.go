package cli

import (
	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core/app"
	"github.com/postern-id/postern/core/config"
)

func (p *program) serve() *cobra.Command {
	c := &cobra.Command{
		Use: "serve", Short: "run the server", Args: arguments(),
		Long: "Run the server. Without any flag it listens at http://localhost:8000 and keeps\nits data in ./data; at the first start it prints a link that makes the first\nadministrator.",
		Example: "  postern serve\n" +
			"  postern serve --listen :8000 --issuer https://id.example.org",
	}
	c.Flags().SortFlags = false
	for _, s := range config.Settings() {
		if !s.NoFlag && s.Key != "data" {
			addSetting(c.Flags(), s)
		}
	}
	c.RunE = func(c *cobra.Command, _ []string) error {
		if c.Flag("server").Changed {
			return usagef("leave --server out", "a server cannot be started elsewhere")
		}
		cfg, err := p.config(c, true)
		if err != nil {
			return err
		}
		return app.Serve(c.Context(), cfg, app.Streams{Out: p.Out, Err: p.Err})
	}
	return c
}

package cli

import (
	"context"

	"github.com/spf13/cobra"
)

func (p *program) pluginReload() *cobra.Command {
	var unsigned bool
	c := &cobra.Command{
		Use: "reload [PLUGIN]", Short: "load all modules anew, or install a plugin anew from its source", Args: upTo(1),
		Long: "Without PLUGIN every running server loads all modules anew, those too that it\ncould not load. With PLUGIN the file or registry that it was installed from is\nread again; if it has another module now, that is installed, under the\nconditions of 'postern plugin install'.",
		Example: "  postern plugin reload\n" +
			"  postern plugin reload directory",
	}
	c.Flags().SortFlags = false
	c.Flags().BoolVar(&unsigned, "allow-unsigned", false, "install it though no trusted key signed it")
	supplyFlags(c)
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		if len(args) == 0 {
			if err := s.ReloadPlugins(ctx); err != nil {
				return err
			}
			return p.done(struct {
				Reloaded bool `json:"reloaded"`
			}{true}, "the servers load all modules anew")
		}
		supply, end := p.supply(s.config)
		defer end()
		installed, m, err := supply.Reload(ctx, s, args[0], unsigned)
		if err != nil {
			return err
		}
		end()
		if installed.Unchanged && !p.json {
			p.note("plugin %s %s runs already: %s has nothing new", args[0], installed.Plugins[0].Version, m.Source)
			return nil
		}
		return p.reportInstalled(ctx, s, m, installed)
	})
	return c
}

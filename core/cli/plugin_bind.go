package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

func (p *program) pluginBind() *cobra.Command {
	var input admin.Bind
	var at where
	var settings string
	c := &cobra.Command{
		Use: "bind PLUGIN", Short: "let a plugin serve a client, or all clients", Args: arguments("PLUGIN"),
		Long: "Let a plugin serve a client, or all clients. Without --hook it serves all hooks\nthat it has. An instance is a plugin with settings under a name; it is made if\nthere is none.",
		Example: "  postern plugin bind miniorange --client Confluence\n" +
			"  postern plugin bind scopes --all-clients --settings policy.json",
	}
	at.flags(c)
	c.PreRunE = at.demand
	c.Flags().StringArrayVar(&input.Hooks, "hook", nil, "`HOOK` to serve (repeatable)")
	c.Flags().StringVar(&input.Instance, "instance", "", "name of the instance (default: the plugin's)")
	c.Flags().StringVar(&settings, "settings", "", "file with the settings of the instance, a JSON object (- is standard input)")
	c.Flags().IntVar(&input.Position, "position", admin.DefaultPosition, "place among the bindings of the hook")
	c.Flags().BoolVar(&input.FailOpen, "fail-open", false, "go on without the plugin if it fails ("+core.HookClaims+" alone)")
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) (err error) {
		if settings != "" {
			if input.Settings, err = p.readFile(settings); err != nil {
				return err
			}
		}
		input.Plugin = args[0]
		if input.ClientID, err = at.clientID(ctx, s, orgOf(c)); err != nil {
			return err
		}
		bindings, err := s.Admin.BindPlugin(ctx, actor(), input)
		if err != nil {
			return err
		}
		return p.done(viewBindings(bindings), "bound plugin %s", args[0])
	})
	return c
}

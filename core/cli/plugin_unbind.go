package cli

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core/admin"
)

func (p *program) pluginUnbind() *cobra.Command {
	var input admin.Unbind
	var at where
	c := &cobra.Command{
		Use: "unbind INSTANCE", Short: "let a plugin instance serve no longer", Args: arguments("INSTANCE"),
		Long:    "Let a plugin instance serve no longer: nowhere, or not where the flags say. It\nkeeps its settings, grants and secrets unless --forget.",
		Example: "  postern plugin unbind directory --client Confluence",
	}
	at.flags(c)
	c.PreRunE = at.check
	c.Flags().StringVar(&input.Hook, "hook", "", "only this hook")
	c.Flags().BoolVar(&input.Forget, "forget", false, "delete the instance with its settings, grants and secrets")
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) (err error) {
		input.Instance, input.AllClients = args[0], at.all
		if input.ClientID, err = at.clientID(ctx, s, orgOf(c)); err != nil {
			return err
		}
		removed, err := s.UnbindPlugin(ctx, input)
		if err != nil {
			return err
		}
		if input.Forget {
			return p.done(viewBindings(removed), "deleted plugin instance %s", args[0])
		}
		return p.done(viewBindings(removed), "unbound plugin instance %s", args[0])
	})
	return c
}

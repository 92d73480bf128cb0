package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

func (p *program) pluginBind() *cobra.Command {
	var input admin.Bind
	var at where
	var settings string
	c := &cobra.Command{
		Use: "bind PLUGIN|INSTANCE", Short: "let a plugin serve a client, or all clients", Args: arguments("PLUGIN|INSTANCE"),
		Long: "Let a plugin serve a client, or all clients. Without --hook it serves all hooks\nthat it has. An instance is a plugin with settings under a name; if PLUGIN has\nnone of its own name, it is made.",
		Example: "  postern plugin bind miniorange --client Confluence\n" +
			"  postern plugin bind scopes --all-clients --settings policy.json",
	}
	at.flags(c)
	c.PreRunE = at.demand
	c.Flags().StringArrayVar(&input.Hooks, "hook", nil, "`HOOK` to serve (repeatable)")
	c.Flags().StringVar(&input.Instance, "instance", "", "name of the instance (default: the plugin's)")
	c.Flags().StringVar(&settings, "settings", "", "file with the settings of the instance, a JSON object (- is standard input)")
	c.Flags().IntVar(&input.Position, "position", admin.DefaultPosition, "place among the bindings of the hook")
	c.Flags().BoolVar(&input.Shadow, "shadow", false, "run it and count what it would change, and change nothing")
	c.Flags().BoolVar(&input.FailOpen, "fail-open", false, "go on without the plugin if it fails ("+core.HookClaims+" alone)")
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) (err error) {
		if settings != "" {
			if input.Settings, err = p.readFile(settings); err != nil {
				return err
			}
		}
		if input.Plugin, input.Instance, err = bindable(ctx, s, args[0], input.Instance); err != nil {
			return err
		}
		if input.ClientID, err = at.clientID(ctx, s, orgOf(c)); err != nil {
			return err
		}
		bindings, err := s.BindPlugin(ctx, input)
		if err != nil {
			return err
		}
		return p.done(viewBindings(bindings), "bound %s", args[0])
	})
	return c
}

// bindable gives plugin and instance for what may name either; the plugin goes first.
func bindable(ctx context.Context, s *session, name, instance string) (string, string, error) {
	if instance != "" {
		return name, instance, nil
	}
	_, err := s.FindPlugin(ctx, name)
	if !errors.Is(err, core.ErrNotFound) {
		return name, "", err
	}
	if found, err := s.FindInstance(ctx, name); err == nil {
		return found.Plugin, name, nil
	}
	return "", "", err
}

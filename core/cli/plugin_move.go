package cli

import (
	"context"
	"io"
	"slices"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core"
)

func (p *program) pluginMove() *cobra.Command {
	var at where
	c := &cobra.Command{
		Use: "move INSTANCE PLACE", Short: "say when an instance runs, among those of its hook", Args: arguments("INSTANCE", "PLACE"),
		Long:    "Put a binding of an instance at a place among those of its hook, 1 being the\nfirst; the others keep their order. Where the instance has several bindings,\n--hook, --client and --all-clients say which.",
		Example: "  postern plugin move miniorange 1 --hook claims.map/v1 --all-clients",
	}
	at.flags(c)
	hook := c.Flags().String("hook", "", "its binding to this hook")
	c.PreRunE = at.check
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		place, err := strconv.Atoi(args[1])
		if err != nil || place < 1 {
			return usagef("give a number from 1 up", "%q is no place", args[1])
		}
		client, err := at.clientID(ctx, s, orgOf(c))
		if err != nil {
			return err
		}
		config, err := s.PluginConfig(ctx)
		if err != nil {
			return err
		}
		of := slices.DeleteFunc(slices.Clone(config.Bindings), func(b core.PluginBinding) bool {
			return b.Instance != args[0] || *hook != "" && b.Hook != *hook || client != "" && b.ClientID != client || at.all && b.ClientID != ""
		})
		switch len(of) {
		case 0:
			return failf("run 'postern plugin list' to see what is bound", "the instance %q has no such binding", args[0])
		case 1:
			order, err := s.MoveBinding(ctx, of[0].ID, place)
			if err != nil {
				return err
			}
			return p.printOrder(ctx, s, order)
		}
		return usagef("say which by --hook, --client or --all-clients", "the instance %q has %d bindings", args[0], len(of))
	})
	return c
}

// printOrder prints the bindings of a hook as they run.
func (p *program) printOrder(ctx context.Context, s *session, order []core.PluginBinding) error {
	names, err := clientNames(ctx, s, order)
	if err != nil {
		return err
	}
	rows := make([][]string, len(order))
	for i, b := range order {
		rows[i] = []string{strconv.Itoa(i + 1), b.Instance, names[b.ClientID]}
	}
	return p.print(viewBindings(order), func(w io.Writer) { table(w, "", []string{"PLACE", "INSTANCE", "SERVES"}, rows) })
}

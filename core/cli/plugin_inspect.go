package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core/admin"
)

func (p *program) pluginInspect() *cobra.Command {
	c := &cobra.Command{Use: "inspect PLUGIN", Short: "show a plugin: hooks, wishes and settings", Args: arguments("PLUGIN")}
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		plugin, err := s.Admin.FindPlugin(ctx, args[0])
		if err != nil {
			return err
		}
		return p.print(viewPlugin(plugin), func(w io.Writer) {
			fields(w, []admin.Row{
				{Field: "Plugin", Value: plugin.ID}, {Field: "Version", Value: plugin.Version}, {Field: "What it does", Value: plugin.Description},
				{Field: "Module", Value: plugin.Module}, {Field: "Host API", Value: strconv.Itoa(plugin.HostAPI)}, {Field: "Hooks", Value: joined(plugin.Hooks)},
				{Field: "Capabilities", Value: joined(wishes(plugin))}, {Field: "Secrets", Value: joined(secrets(plugin))},
			})
			fmt.Fprintf(w, "\nSettings (JSON Schema):\n%s\n", indented(plugin.Settings))
		})
	})
	return c
}

func indented(text []byte) string {
	out, err := json.MarshalIndent(rawObject(text), "", "  ")
	if err != nil {
		return string(text)
	}
	return string(out)
}

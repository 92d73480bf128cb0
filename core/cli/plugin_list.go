package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

func (p *program) pluginList() *cobra.Command {
	c := &cobra.Command{Use: "list", Short: "list plugins, their instances and what these are bound to", Args: arguments()}
	c.RunE = p.with(func(ctx context.Context, s *session, _ []string) error {
		plugins, err := s.Admin.KnownPlugins(ctx)
		if err != nil {
			return err
		}
		bound, err := s.Admin.PluginConfig(ctx)
		if err != nil {
			return err
		}
		document := struct {
			Plugins   []pluginView   `json:"plugins"`
			Instances []instanceView `json:"instances"`
			Bindings  []bindingView  `json:"bindings"`
		}{make([]pluginView, len(plugins)), make([]instanceView, len(bound.Instances)), viewBindings(bound.Bindings)}
		for i := range plugins {
			document.Plugins[i] = viewPlugin(&plugins[i])
		}
		for i := range bound.Instances {
			document.Instances[i] = viewInstance(&bound.Instances[i])
		}
		names, err := clientNames(ctx, s, bound.Bindings)
		if err != nil {
			return err
		}
		return p.print(document, func(w io.Writer) { describePlugins(w, plugins, bound, names) })
	})
	return c
}

// clientNames gives the names of the clients that something is bound to.
func clientNames(ctx context.Context, s *session, bindings []core.PluginBinding) (map[string]string, error) {
	names := map[string]string{"": "all clients"}
	for _, b := range bindings {
		if _, known := names[b.ClientID]; known {
			continue
		}
		client, err := s.Store.Client(ctx, b.ClientID)
		if err != nil {
			return nil, fmt.Errorf("read client %s: %w", b.ClientID, err)
		}
		names[b.ClientID] = client.Name
	}
	return names, nil
}

func describePlugins(w io.Writer, plugins []admin.Plugin, bound *core.PluginConfig, names map[string]string) {
	rows := make([][]string, len(plugins))
	for i, plugin := range plugins {
		rows[i] = []string{plugin.ID, plugin.Version, joined(plugin.Hooks), plugin.Description}
	}
	table(w, "there are no plugins", []string{"PLUGIN", "VERSION", "HOOKS", "WHAT IT DOES"}, rows)
	pluginOf := map[string]string{}
	for _, instance := range bound.Instances {
		pluginOf[instance.Name] = instance.Plugin
	}
	rows = nil
	for _, b := range bound.Bindings {
		rows = append(rows, []string{b.Instance, pluginOf[b.Instance], b.Hook, names[b.ClientID], strconv.Itoa(b.Position), yes(b.FailOpen)})
	}
	fmt.Fprintln(w)
	table(w, "nothing is bound", []string{"INSTANCE", "PLUGIN", "HOOK", "CLIENT", "POSITION", "FAILS OPEN"}, rows)
}

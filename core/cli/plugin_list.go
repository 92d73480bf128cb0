package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

func (p *program) pluginList() *cobra.Command {
	c := &cobra.Command{
		Use: "list", Short: "list plugins, their instances and what these are bound to", Args: arguments(),
		Long:    "List the plugins, where they came from and who signed them; their instances,\nwhat these were granted and what they lack; and what these are bound to.",
		Example: "  postern plugin list",
	}
	c.RunE = p.with(func(ctx context.Context, s *session, _ []string) error {
		plugins, err := s.KnownPlugins(ctx)
		if err != nil {
			return err
		}
		instances, err := s.Instances(ctx)
		if err != nil {
			return err
		}
		bound, err := s.PluginConfig(ctx)
		if err != nil {
			return err
		}
		document := struct {
			Plugins   []pluginView   `json:"plugins"`
			Instances []instanceView `json:"instances"`
			Bindings  []bindingView  `json:"bindings"`
		}{make([]pluginView, len(plugins)), make([]instanceView, len(instances)), viewBindings(bound.Bindings)}
		for i := range plugins {
			document.Plugins[i] = viewPlugin(&plugins[i])
		}
		for i := range instances {
			document.Instances[i] = viewInstance(&instances[i])
		}
		names, err := clientNames(ctx, s, bound.Bindings)
		if err != nil {
			return err
		}
		return p.print(document, func(w io.Writer) {
			pluginTable(w, plugins)
			fmt.Fprintln(w)
			instanceTable(w, instances)
			fmt.Fprintln(w)
			bindingTable(w, instances, bound.Bindings, names)
		})
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
		client, err := s.Client(ctx, b.ClientID)
		if err != nil {
			return nil, fmt.Errorf("read client %s: %w", b.ClientID, err)
		}
		names[b.ClientID] = client.Name
	}
	return names, nil
}

func pluginTable(w io.Writer, plugins []admin.Plugin) {
	rows := make([][]string, len(plugins))
	for i := range plugins {
		plugin := &plugins[i]
		rows[i] = []string{plugin.ID, plugin.Version, shortDigest(plugin.Module), dash(plugin.Source), dash(plugin.Signer), joined(plugin.Hooks), plugin.Description}
	}
	table(w, "there are no plugins", []string{"PLUGIN", "VERSION", "MODULE", "SOURCE", "SIGNED BY", "HOOKS", "WHAT IT DOES"}, rows)
}

func instanceTable(w io.Writer, instances []admin.Instance) {
	rows := make([][]string, len(instances))
	for i := range instances {
		instance := &instances[i]
		rows[i] = []string{
			instance.Name, strings.TrimSpace(instance.Plugin + " " + instance.Version), dash(grantsText(instance)), dash(secretsText(instance)),
			limitsText(instance.Limits),
		}
	}
	table(w, "there are no instances", []string{"INSTANCE", "PLUGIN", "GRANTED", "SECRETS", "LIMITS"}, rows)
}

func bindingTable(w io.Writer, instances []admin.Instance, bindings []core.PluginBinding, clients map[string]string) {
	pluginOf := map[string]string{}
	for i := range instances {
		pluginOf[instances[i].Name] = instances[i].Plugin
	}
	rows := bindingRows(bindings, clients)
	for i, b := range bindings {
		rows[i] = append([]string{b.Instance, pluginOf[b.Instance]}, rows[i]...)
	}
	table(w, "nothing is bound", []string{"INSTANCE", "PLUGIN", "HOOK", "CLIENT", "POSITION", "FAILS OPEN", "SHADOW"}, rows)
}

// grantsText names what was granted, and what is missing.
func grantsText(i *admin.Instance) string {
	var texts []string
	for _, grant := range i.Grants {
		texts = append(texts, grantText(grant))
	}
	for _, need := range missing(i) {
		if need.Secret == "" {
			texts = append(texts, grantText(core.PluginGrant{Capability: need.Capability, Target: need.Target})+" missing")
		}
	}
	return joined(texts)
}

func secretsText(i *admin.Instance) string {
	views := viewSecrets(i)
	texts := make([]string, len(views))
	for n := range views {
		texts[n] = views[n].Name + " " + views[n].state()
	}
	return strings.Join(texts, "; ")
}

// shortDigest is enough of a digest to tell modules apart, and for --to.
func shortDigest(module string) string { return module[:min(len(module), 12)] }

func dash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

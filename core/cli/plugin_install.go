package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/app"
)

// needView is what an instance was not given as JSON, with the command that gives it.
type needView struct {
	Instance   string `json:"instance"`
	Plugin     string `json:"plugin"`
	Capability string `json:"capability"`
	Target     string `json:"target"`
	Secret     string `json:"secret"`
	Reason     string `json:"reason"`
	Optional   bool   `json:"optional"`
	Command    string `json:"command"`
}

func viewNeed(n *admin.Need) needView {
	return needView{n.Instance, n.Plugin, n.Capability, n.Target, n.Secret, n.Reason, n.Optional, n.Command()}
}

// releaseView is a version of a plugin as JSON.
type releaseView struct {
	Plugin  string `json:"plugin"`
	Version string `json:"version"`
	Digest  string `json:"digest"`
}

// installedView is what runs from now on as JSON.
type installedView struct {
	Plugins   []askingView  `json:"plugins"`
	Unchanged bool          `json:"unchanged"`
	Replaced  []releaseView `json:"replaced"`
	Upgraded  []string      `json:"upgraded"` // instances
	Missing   []needView    `json:"missing"`  // nothing of it was granted
}

func viewInstalled(i *admin.Installed) installedView {
	v := installedView{[]askingView{}, i.Unchanged, []releaseView{}, list(i.Upgraded), []needView{}}
	for n := range i.Plugins {
		v.Plugins = append(v.Plugins, viewAsking(&i.Plugins[n]))
	}
	for _, r := range i.Replaced {
		v.Replaced = append(v.Replaced, releaseView{r.Plugin, r.Version, r.Module})
	}
	for n := range i.Wishes {
		v.Missing = append(v.Missing, viewNeed(&i.Wishes[n]))
	}
	return v
}

func (p *program) pluginInstall() *cobra.Command {
	var pin, signature string
	var unsigned bool
	var plugins, settings []string
	c := &cobra.Command{
		Use: "install SOURCE", Short: "install the plugins of a module, and show what they ask for", Args: arguments("SOURCE"),
		Long: "Install the plugins of a module: a file, or oci://REGISTRY/NAME:TAG, perhaps\nwith @sha256:DIGEST. It is tried first, and granted nothing: the commands that\ngrant what it asks for are printed. Instances of an earlier version run this\none then, all of them or none.\n\n" +
			"A module of a registry must be signed by a trusted key (--plugin-keys). A file\nmay be unsigned, but not in place of a signed one; its signature is\nFILE.minisig. A signature that is wrong is refused in any case.",
		Example: "  postern plugin install ./directory.wasm\n" +
			"  postern plugin install oci://registry.example.org/plugins/directory:1.2.0",
	}
	c.Flags().SortFlags = false
	c.Flags().StringVar(&pin, "pin", "", "digest (`SHA256`) that the module must have, now and when it is reloaded")
	c.Flags().StringVar(&signature, "signature", "", "`FILE` with the signature, which must be of a trusted key")
	c.Flags().BoolVar(&unsigned, "allow-unsigned", false, "install it though no trusted key signed it")
	c.Flags().StringArrayVar(&settings, "settings", nil, "new settings for an instance, `INSTANCE=FILE` (repeatable)")
	c.Flags().StringArrayVar(&plugins, "plugin", nil, "only the plugin with this `ID` (repeatable)")
	supplyFlags(c)
	c.RunE = p.onModules(func(c *cobra.Command, from transfer, args []string) error {
		given, err := p.settingsFiles(settings)
		if err != nil {
			return err
		}
		m, err := from.Get(c.Context(), args[0], signature)
		if err != nil {
			return err
		}
		from.end()
		input := m.Install()
		input.Pin, input.AllowUnsigned, input.Plugins, input.Settings = pin, unsigned, plugins, given
		return p.making(func(ctx context.Context, s *session, _ []string) error {
			installed, err := s.InstallPlugin(ctx, input)
			if err != nil {
				return err
			}
			return p.reportInstalled(ctx, s, m, installed)
		})(c, args)
	})
	return c
}

// reportInstalled tells what happened, shows the module, and prints what to do next.
func (p *program) reportInstalled(ctx context.Context, s *session, m *app.Module, installed *admin.Installed) error {
	p.noteUnproven(m)
	p.noteInstalled(installed)
	bound, err := s.PluginConfig(ctx)
	if err != nil {
		return err
	}
	document := struct {
		moduleView
		installedView
	}{viewModule(m), viewInstalled(installed)}
	return p.print(document, func(w io.Writer) {
		fields(w, moduleRows(m))
		for i := range installed.Plugins {
			fmt.Fprintln(w)
			describeAsking(w, &installed.Plugins[i])
		}
		nextSteps(w, bound, installed)
	})
}

// noteUnproven says so if no trusted key signed the module: of a file in a word, but
// what came from elsewhere was let in by force.
func (p *program) noteUnproven(m *app.Module) {
	input := m.Install()
	switch {
	case input.Signed:
	case input.Remote:
		p.note("warning: no trusted key signed this module: %s; whoever could change it on its way decides what it does", input.Unproven)
	case m.KeyID == "":
		p.note("note: the module is not signed")
	default:
		p.note("note: the module is signed with key %s, which is not trusted here", m.KeyID)
	}
}

func (p *program) noteInstalled(installed *admin.Installed) {
	for _, plugin := range installed.Plugins {
		i := slices.IndexFunc(installed.Replaced, func(r core.PluginRelease) bool { return r.Plugin == plugin.ID })
		switch {
		case installed.Unchanged:
			p.note("plugin %s %s runs already", plugin.ID, plugin.Version)
		case i >= 0:
			p.note("installed plugin %s %s in place of %s; 'postern plugin rollback %s' goes back", plugin.ID, plugin.Version, installed.Replaced[i].Version, plugin.ID)
		default:
			p.note("installed plugin %s %s", plugin.ID, plugin.Version)
		}
	}
	if len(installed.Upgraded) > 0 {
		p.note("these instances run it: %s", joined(installed.Upgraded))
	}
}

// nextSteps prints the commands that grant what is asked for, and that let the plugin
// serve, as far as that is still to be done.
func nextSteps(w io.Writer, bound *core.PluginConfig, installed *admin.Installed) {
	var needed, optional, then []string
	for i := range installed.Plugins {
		plugin := &installed.Plugins[i]
		first := true
		connects := admin.OnlySignsIn(plugin.Hooks) // making the connector tells what it needs
		for _, need := range installed.Wishes {
			if need.Plugin != plugin.ID || connects && !has(bound, need.Instance) {
				continue
			}
			if first && !has(bound, need.Instance) {
				needed = append(needed, "postern plugin create "+need.Instance+" "+plugin.ID+settingsArgument(plugin))
			}
			first = false
			if need.Optional {
				optional = append(optional, need.Command())
			} else {
				needed = append(needed, need.Command())
			}
		}
		if !serves(bound, plugin.ID) {
			command := servingCommand(plugin.ID, plugin.ID, plugin.Hooks)
			if first && !connects && !has(bound, plugin.ID) {
				command += settingsArgument(plugin)
			}
			then = append(then, command)
		}
	}
	nothing := "Nothing was granted. "
	if steps(w, nothing+"This gives it what it needs:", needed) {
		nothing = ""
	}
	if steps(w, nothing+"This gives it what it can do without:", optional) || len(installed.Wishes) == 0 {
		nothing = ""
	}
	steps(w, nothing+"This lets it serve all clients; --client NAME is for one:", then)
}

// servingCommand is what lets an instance serve all clients.
func servingCommand(instance, plugin string, hooks []string) string {
	if admin.OnlySignsIn(hooks) {
		return "postern connector create " + instance + " --plugin " + plugin
	}
	return "postern plugin bind " + instance + " --all-clients"
}

// steps prints commands under a heading, and reports whether there are any.
func steps(w io.Writer, heading string, commands []string) bool {
	if len(commands) == 0 {
		return false
	}
	fmt.Fprintf(w, "\n%s\n\n", heading)
	for _, command := range commands {
		fmt.Fprintf(w, "  %s\n", oneLine(command))
	}
	return true
}

func has(config *core.PluginConfig, instance string) bool {
	return slices.ContainsFunc(config.Instances, func(i core.PluginInstance) bool { return i.Name == instance })
}

// serves reports whether an instance of the plugin is bound.
func serves(config *core.PluginConfig, plugin string) bool {
	return slices.ContainsFunc(config.Bindings, func(b core.PluginBinding) bool {
		return slices.ContainsFunc(config.Instances, func(i core.PluginInstance) bool { return i.Name == b.Instance && i.Plugin == plugin })
	})
}

// settingsArgument is what a command needs that makes an instance of a plugin with
// settings that must be given.
func settingsArgument(plugin *admin.Plugin) string {
	var schema struct {
		Required []string `json:"required"`
	}
	if json.Unmarshal(plugin.Settings, &schema) != nil || len(schema.Required) == 0 {
		return ""
	}
	return " --settings FILE"
}

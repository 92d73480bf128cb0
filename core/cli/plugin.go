package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// pluginView is a plugin as JSON, instanceView one with its settings, bindingView
// what it serves.
type (
	pluginView struct {
		ID           string          `json:"id"`
		Version      string          `json:"version"`
		Description  string          `json:"description"`
		Module       string          `json:"module"`
		HostAPI      int             `json:"host_api"`
		Hooks        []string        `json:"hooks"`
		Capabilities []string        `json:"capabilities"`
		Secrets      []string        `json:"secrets"`
		Settings     json.RawMessage `json:"settings"`
	}
	instanceView struct {
		Name      string          `json:"name"`
		Plugin    string          `json:"plugin"`
		Module    string          `json:"module"`
		Settings  json.RawMessage `json:"settings"`
		CreatedAt *time.Time      `json:"created_at"`
		UpdatedAt *time.Time      `json:"updated_at"`
	}
	bindingView struct {
		ID       core.ID `json:"id"`
		Instance string  `json:"instance"`
		Hook     string  `json:"hook"`
		ClientID string  `json:"client_id"` // "" is all clients
		Position int     `json:"position"`
		FailOpen bool    `json:"fail_open"`
	}
)

func viewPlugin(p *admin.Plugin) pluginView {
	return pluginView{p.ID, p.Version, p.Description, p.Module, p.HostAPI, list(p.Hooks), wishes(p), secrets(p), rawObject(p.Settings)}
}

// wishes gives the names of the capabilities that the plugin asks for.
func wishes(p *admin.Plugin) []string {
	names := make([]string, len(p.Capabilities))
	for i, wish := range p.Capabilities {
		names[i] = wish.Name
	}
	return names
}

// secrets gives the names of the secrets that the plugin asks for.
func secrets(p *admin.Plugin) []string {
	names := make([]string, len(p.Secrets))
	for i, wish := range p.Secrets {
		names[i] = wish.Name
	}
	return names
}

func viewInstance(i *core.PluginInstance) instanceView {
	return instanceView{i.Name, i.Plugin, i.Module, rawObject(i.Settings), jsonTime(i.CreatedAt), jsonTime(i.UpdatedAt)}
}

func viewBindings(bindings []core.PluginBinding) []bindingView {
	views := make([]bindingView, len(bindings))
	for i, b := range bindings {
		views[i] = bindingView{b.ID, b.Instance, b.Hook, b.ClientID, b.Position, b.FailOpen}
	}
	return views
}

func rawObject(text []byte) json.RawMessage {
	if len(text) == 0 {
		return json.RawMessage("{}")
	}
	return text
}

func (p *program) plugin() *cobra.Command {
	c := family("plugin", "see plugins and say what they serve",
		p.pluginList(), p.pluginInspect(), p.pluginBind(), p.pluginUnbind())
	orgFlag(c)
	return c
}

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

// where is the part of the flags that says which clients are meant.
type where struct {
	client string
	all    bool
}

func (w *where) flags(c *cobra.Command) {
	c.Flags().StringVar(&w.client, "client", "", "the client, by name or client ID")
	c.Flags().BoolVar(&w.all, "all-clients", false, "the binding to all clients")
}

// check refuses flags that contradict each other.
func (w *where) check(*cobra.Command, []string) error {
	if w.client != "" && w.all {
		return usagef("give one of them", "--client and --all-clients exclude each other")
	}
	return nil
}

// demand is check for a command that needs one of the flags.
func (w *where) demand(c *cobra.Command, args []string) error {
	if w.client == "" && !w.all {
		return usagef("give --client CLIENT, or --all-clients", "nothing says which clients the plugin is for")
	}
	return w.check(c, args)
}

// clientID gives the client's identifier; "" without --client.
func (w *where) clientID(ctx context.Context, s *session, org string) (string, error) {
	if w.client == "" {
		return "", nil
	}
	client, err := s.Admin.FindClient(ctx, org, w.client)
	if err != nil {
		return "", err
	}
	return client.ID, nil
}

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

// maxSettings is more than any settings need.
const maxSettings = 1 << 20

// readFile reads a file, or standard input for "-".
func (p *program) readFile(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(io.LimitReader(p.In, maxSettings))
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, failf("check its name, and that you may read it", "%s", err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxSettings))
	if err != nil {
		return nil, failf("check its name, and that you may read it", "%s", err)
	}
	return text, nil
}

func (p *program) pluginUnbind() *cobra.Command {
	var input admin.Unbind
	var at where
	c := &cobra.Command{
		Use: "unbind INSTANCE", Short: "let a plugin instance serve no longer", Args: arguments("INSTANCE"),
		Long: "Let a plugin instance serve no longer: nowhere, or not where the flags say. Its\nsettings stay for the next binding unless --forget.",
	}
	at.flags(c)
	c.PreRunE = at.check
	c.Flags().StringVar(&input.Hook, "hook", "", "only this hook")
	c.Flags().BoolVar(&input.Forget, "forget", false, "delete the instance with its settings too")
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) (err error) {
		input.Instance, input.AllClients = args[0], at.all
		if input.ClientID, err = at.clientID(ctx, s, orgOf(c)); err != nil {
			return err
		}
		removed, err := s.Admin.UnbindPlugin(ctx, actor(), input)
		if err != nil {
			return err
		}
		return p.done(viewBindings(removed), "unbound plugin instance %s", args[0])
	})
	return c
}

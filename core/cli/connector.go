package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// connectorView is a connector as JSON.
type connectorView struct {
	Name         string          `json:"name"`
	Title        string          `json:"title"`
	Organisation string          `json:"organisation"`
	Plugin       string          `json:"plugin"`
	Version      string          `json:"version"`
	RedirectURI  string          `json:"redirect_uri"` // "" where nobody is sent anywhere
	LogoutURI    string          `json:"logout_uri"`   // "" where nobody is signed out there
	Icon         string          `json:"icon"`
	Domains      []string        `json:"domains"`
	Hidden       bool            `json:"hidden"`
	Disabled     bool            `json:"disabled"`
	CreateUsers  bool            `json:"create_users"`
	LinkByEmail  bool            `json:"link_by_email"`
	SyncProfile  bool            `json:"sync_profile"`
	SyncGroups   bool            `json:"sync_groups"`
	GroupPrefix  string          `json:"group_prefix"`
	KeepTokens   bool            `json:"keep_tokens"`
	Logout       bool            `json:"logout"`
	Bindings     []bindingView   `json:"bindings"`
	Missing      []needView      `json:"missing"`
	Beyond       []needView      `json:"beyond"` // hosts that its settings name, and no grant covers
	Settings     json.RawMessage `json:"settings"`
	CreatedAt    *time.Time      `json:"created_at"`
	UpdatedAt    *time.Time      `json:"updated_at"`
}

func viewConnector(issuer string, c *admin.Connector) connectorView {
	v := connectorView{
		Name: c.Instance, Title: c.Title(), Organisation: c.Org, Plugin: c.Plugin.Plugin, Version: c.Plugin.Version, RedirectURI: redirectURI(issuer, c),
		Icon: c.Icon, Domains: list(c.Domains), Hidden: c.Hidden, Disabled: c.Disabled, CreateUsers: c.CreateUsers, LinkByEmail: c.LinkByEmail,
		SyncProfile: c.SyncProfile, SyncGroups: c.SyncGroups, GroupPrefix: c.GroupPrefix, KeepTokens: c.KeepTokens, Logout: c.Logout,
		Bindings: viewBindings(signInBindings(c)), Missing: []needView{}, Beyond: []needView{}, Settings: rawObject(c.Plugin.Settings),
		CreatedAt: jsonTime(c.CreatedAt), UpdatedAt: jsonTime(c.UpdatedAt),
	}
	if c.Logout {
		v.LogoutURI = admin.LogoutReturnURI(issuer)
	}
	for i := range c.Missing {
		v.Missing = append(v.Missing, viewNeed(&c.Missing[i]))
	}
	for i := range c.Beyond {
		v.Beyond = append(v.Beyond, viewNeed(&c.Beyond[i]))
	}
	return v
}

// redirectURI gives none for a connector that sends nobody to a provider.
func redirectURI(issuer string, c *admin.Connector) string {
	if len(c.Plugin.Hooks) > 0 && !slices.Contains(c.Plugin.Hooks, core.HookLogin) {
		return ""
	}
	return admin.RedirectURI(issuer, c.Instance)
}

// signInBindings leaves out what the instance serves besides.
func signInBindings(c *admin.Connector) []core.PluginBinding {
	return slices.DeleteFunc(slices.Clone(c.Plugin.Bindings), func(b core.PluginBinding) bool {
		return b.Hook != core.HookLogin && b.Hook != core.HookPassword
	})
}

func (p *program) connector() *cobra.Command {
	return family("connector", "let people sign in with other providers",
		p.connectorCreate(), p.connectorList(), p.connectorShow(), p.connectorUpdate(),
		p.connectorSwitch("enable", "offer a connector to people", "Offer a connector to people. It must have what its plugin needs.", Desk.EnableConnector),
		p.connectorSwitch("disable", "offer a connector to nobody any more",
			"Offer a connector to nobody any more. Links stay, and sessions go on.", Desk.DisableConnector),
		p.connectorDelete(), p.connectorPresets())
}

func (p *program) connectorList() *cobra.Command {
	c := &cobra.Command{
		Use: "list", Short: "list the connectors", Args: arguments(),
		Long:    "List the connectors, the clients that they serve, and what they lack.",
		Example: "  postern connector list",
	}
	org := c.Flags().String("org", "", "only those of the organisation")
	c.RunE = p.with(func(ctx context.Context, s *session, _ []string) error {
		connectors, err := s.Connectors(ctx, *org)
		if err != nil {
			return err
		}
		views := make([]connectorView, len(connectors))
		rows := make([][]string, len(connectors))
		for i := range connectors {
			connector := &connectors[i]
			views[i] = viewConnector(s.issuer, connector)
			clients, err := clientNames(ctx, s, signInBindings(connector))
			if err != nil {
				return err
			}
			rows[i] = []string{connector.Instance, connector.Title(), connector.Plugin.Plugin, connector.Org, servesText(connector, clients), connectorState(connector)}
		}
		return p.print(views, func(w io.Writer) {
			table(w, "there are no connectors", []string{"CONNECTOR", "TITLE", "PLUGIN", "ORGANISATION", "SERVES", "STATE"}, rows)
		})
	})
	return c
}

// servesText names the clients, each once.
func servesText(c *admin.Connector, clients map[string]string) string {
	var names []string
	for _, b := range signInBindings(c) {
		if !slices.Contains(names, clients[b.ClientID]) {
			names = append(names, clients[b.ClientID])
		}
	}
	if len(names) == 0 {
		return "no client"
	}
	return joined(names)
}

func connectorState(c *admin.Connector) string {
	var state []string
	switch {
	case c.Disabled:
		state = append(state, "disabled")
	case c.Hidden:
		state = append(state, "hidden")
	}
	for _, need := range c.Missing {
		if need.Secret != "" {
			state = append(state, "secret "+need.Secret+" missing")
		} else {
			state = append(state, grantText(core.PluginGrant{Capability: need.Capability, Target: need.Target})+" missing")
		}
	}
	for _, need := range c.Beyond {
		state = append(state, "no "+grantText(core.PluginGrant{Capability: need.Capability, Target: need.Target}))
	}
	if len(state) == 0 {
		return "enabled"
	}
	return joined(state)
}

func (p *program) connectorShow() *cobra.Command {
	c := &cobra.Command{
		Use: "show NAME", Short: "show a connector, with its redirect URI", Args: arguments("NAME"),
		Long:    "Show a connector: the redirect URI that its provider must know, how people are\ndealt with, which clients it serves, and what it lacks. 'postern plugin show'\nhas what it was granted.",
		Example: "  postern connector show github",
	}
	issuerFlag(c)
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		connector, err := s.FindConnector(ctx, args[0])
		if err != nil {
			return err
		}
		if err := p.noteManaged(ctx, s, core.ManagedConnector, connector.Instance); err != nil {
			return err
		}
		clients, err := clientNames(ctx, s, signInBindings(connector))
		if err != nil {
			return err
		}
		return p.print(viewConnector(s.issuer, connector), func(w io.Writer) {
			describeConnector(w, s.issuer, connector, clients)
		})
	})
	return c
}

func describeConnector(w io.Writer, issuer string, c *admin.Connector, clients map[string]string) {
	icon, _, _ := strings.Cut(c.Icon, ";") // an image is long
	view, groups := viewConnector(issuer, c), yes(c.SyncGroups)
	if c.GroupPrefix != "" {
		groups += ", as " + c.GroupPrefix + "…"
	}
	fields(w, []admin.Row{
		{Field: "Connector", Value: c.Instance}, {Field: "Title", Value: c.Title()}, {Field: "Redirect URI", Value: view.RedirectURI},
		{Field: "Redirect URI after logout", Value: view.LogoutURI},
		{Field: "Plugin", Value: strings.TrimSpace(c.Plugin.Plugin + " " + c.Plugin.Version)}, {Field: "Organisation", Value: c.Org},
		{Field: "State", Value: connectorState(c)}, {Field: "Icon", Value: icon}, {Field: "Domains", Value: joined(c.Domains)},
		{Field: "On the sign-in page", Value: yes(!c.Hidden)}, {Field: "Makes users", Value: yes(c.CreateUsers)},
		{Field: "Links by e-mail", Value: yes(c.LinkByEmail)}, {Field: "Follows profiles", Value: yes(c.SyncProfile)},
		{Field: "Follows groups", Value: groups}, {Field: "Keeps tokens", Value: yes(c.KeepTokens)}, {Field: "Signs out there", Value: yes(c.Logout)},
		{Field: "Created", Value: stamp(c.CreatedAt)}, {Field: "Changed", Value: stamp(c.UpdatedAt)},
	})
	fmt.Fprintln(w)
	table(w, "it serves no client", []string{"HOOK", "CLIENT", "POSITION", "FAILS OPEN", "SHADOW"}, bindingRows(signInBindings(c), clients))
	fmt.Fprintf(w, "\nSettings:\n%s\n", indented(c.Plugin.Settings))
	connectorSteps(w, c)
}

// connectorSteps prints the commands that a connector waits for.
func connectorSteps(w io.Writer, c *admin.Connector) {
	var needed, optional []string
	for i := range c.Missing {
		needed = append(needed, c.Missing[i].Command())
	}
	for i := range c.Plugin.Asked {
		if asked := &c.Plugin.Asked[i]; asked.Optional && !asked.Given {
			optional = append(optional, asked.Command())
		}
	}
	steps(w, "This gives it what it needs:", needed)
	connectorReach(w, c)
	steps(w, "This gives it what it may need, and can do without:", optional)
	if c.Disabled {
		steps(w, "This offers it to people:", []string{"postern connector enable " + c.Instance})
	}
}

// connectorReach prints the commands for hosts that the settings name.
func connectorReach(w io.Writer, c *admin.Connector) {
	var commands []string
	for i := range c.Beyond {
		commands = append(commands, c.Beyond[i].Command())
	}
	steps(w, "Its settings name what it was not granted:", commands)
}

func (p *program) connectorPresets() *cobra.Command {
	c := &cobra.Command{
		Use: "presets [PLUGIN]", Short: "list the providers that there are settings for", Args: upTo(1),
		Long: "List the plugins that people can sign in with, and their presets: settings to\nbegin with, for one provider each. In brackets stands what the settings need\n" +
			"besides, as --set at 'postern connector create'.",
		Example: "  postern connector presets",
	}
	issuerFlag(c)
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		plugins, err := s.SignInPlugins(ctx)
		if err != nil {
			return err
		}
		if len(args) > 0 {
			one, err := s.FindPlugin(ctx, args[0])
			if err != nil {
				return err
			}
			plugins = slices.DeleteFunc(plugins, func(plugin admin.Plugin) bool { return plugin.ID != one.ID })
		}
		return p.printPresets(s, plugins)
	})
	return c
}

// presetView is a preset as JSON; its name is empty for a plugin that has none.
type presetView struct {
	Plugin      string          `json:"plugin"`
	Preset      string          `json:"preset"`
	Title       string          `json:"title"`
	Icon        string          `json:"icon"`
	Settings    json.RawMessage `json:"settings"`
	Targets     []string        `json:"targets"`
	Description string          `json:"description"` // of the plugin
}

func (p *program) printPresets(s *session, plugins []admin.Plugin) error {
	views := []presetView{}
	var rows [][]string
	for i := range plugins {
		plugin := &plugins[i]
		presets := plugin.Presets
		if len(presets) == 0 {
			presets = []admin.PluginPreset{{}}
		}
		for _, preset := range presets {
			views = append(views, presetView{plugin.ID, preset.Name, preset.Title, preset.Icon, rawObject(preset.Settings), list(preset.Targets), plugin.Description})
			title := preset.Title
			if title == "" {
				title = plugin.Description
			}
			rows = append(rows, []string{plugin.ID, dash(preset.Name), title, dash(joined(preset.Targets))})
		}
	}
	return p.print(views, func(w io.Writer) {
		table(w, "there is no plugin that people can sign in with", []string{"PLUGIN", "PRESET", "FOR", "HOSTS"}, rows)
		if len(rows) > 0 {
			fmt.Fprintf(w, "\nThe redirect URI of a connector is %s\n", admin.RedirectURI(s.issuer, "NAME"))
		}
	})
}

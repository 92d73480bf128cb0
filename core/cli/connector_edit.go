package cli

import (
	"context"
	"io"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// connectorFlags are the flags that say how whom a connector names is dealt with. Only
// those that were given have an effect.
type connectorFlags struct {
	set     *pflag.FlagSet
	texts   map[string]*string
	bools   map[string]*bool
	domains *[]string
}

type connectorText struct {
	flag, usage string
	field       func(*core.Connector) *string
}

func connectorTexts() []connectorText {
	return []connectorText{
		{"title", "what people see on its button", func(c *core.Connector) *string { return &c.DisplayName }},
		{"icon", "name of a built-in icon, or a data:image URI", func(c *core.Connector) *string { return &c.Icon }},
		{"group-prefix", "what the names of its groups begin with here", func(c *core.Connector) *string { return &c.GroupPrefix }},
	}
}

type connectorBool struct {
	flag, usage string
	field       func(*core.Connector) *bool
}

func connectorBools() []connectorBool {
	return []connectorBool{
		{"hidden", "not on the sign-in page: only its domains, and idp_hint, lead to it", func(c *core.Connector) *bool { return &c.Hidden }},
		{"create-users", "make an account for whoever signs in for the first time", func(c *core.Connector) *bool { return &c.CreateUsers }},
		{"link-by-email", "take a person for the user with the same e-mail address, verified on both sides", func(c *core.Connector) *bool { return &c.LinkByEmail }},
		{"sync-profile", "let names, picture and the like follow the provider", func(c *core.Connector) *bool { return &c.SyncProfile }},
		{"sync-groups", "let memberships follow the provider", func(c *core.Connector) *bool { return &c.SyncGroups }},
		{"keep-tokens", "keep the provider's tokens, encrypted", func(c *core.Connector) *bool { return &c.KeepTokens }},
		{"logout", "sign out at the provider too", func(c *core.Connector) *bool { return &c.Logout }},
	}
}

func newConnectorFlags(c *cobra.Command) *connectorFlags {
	f := &connectorFlags{set: c.Flags(), texts: map[string]*string{}, bools: map[string]*bool{}}
	f.set.SortFlags = false
	for _, t := range connectorTexts() {
		f.texts[t.flag] = f.set.String(t.flag, "", t.usage)
	}
	f.domains = f.set.StringArray("domain", nil, "`DOMAIN` of e-mail addresses whose people are sent there (repeatable)")
	for _, b := range connectorBools() {
		f.bools[b.flag] = f.set.Bool(b.flag, false, b.usage)
	}
	return f
}

// apply changes the connector as the flags say. An empty value empties the list.
func (f *connectorFlags) apply(c *core.Connector) {
	for _, t := range connectorTexts() {
		if f.set.Changed(t.flag) {
			*t.field(c) = *f.texts[t.flag]
		}
	}
	for _, b := range connectorBools() {
		if f.set.Changed(b.flag) {
			*b.field(c) = *f.bools[b.flag]
		}
	}
	if !f.set.Changed("domain") {
		return
	}
	c.Domains = *f.domains
	if len(c.Domains) == 1 && c.Domains[0] == "" {
		c.Domains = nil
	}
}

func (p *program) connectorUpdate() *cobra.Command {
	var input admin.ConnectorEdit
	var clients []string
	c := &cobra.Command{
		Use: "update NAME", Short: "change a connector", Args: arguments("NAME"),
		Long: "Change a connector; what is not given stays. Settings are laid over those that\nthere are, null takes one away; clients and domains replace those there are.\n" +
			"Secrets and grants are changed by 'postern plugin secret' and 'postern plugin\ngrant'.",
		Example: "  postern connector update github --title 'GitHub (staff)' --set allowed_organisations='[\"acme\"]'",
	}
	settings := newSettingsFlags(c)
	c.Flags().StringArrayVar(&clients, "client", nil, "offer it at this client alone, by name or client ID (repeatable)")
	c.Flags().BoolVar(&input.AllClients, "all-clients", false, "offer it at all clients")
	c.Flags().IntVar(&input.Position, "position", 0, "place among the connectors")
	flags := newConnectorFlags(c)
	c.PreRunE = func(*cobra.Command, []string) error {
		if c.Flags().NFlag() == 0 {
			return usagef("", "nothing says what is to change")
		}
		if len(clients) > 0 && input.AllClients {
			return usagef("give one of them", "--client and --all-clients exclude each other")
		}
		return settings.check()
	}
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		before, err := s.FindConnector(ctx, args[0])
		if err != nil {
			return err
		}
		if input.Settings, err = settings.read(p); err != nil {
			return err
		}
		if input.Clients, err = clientIDs(ctx, s, before.Org, clients); err != nil {
			return err
		}
		input.Edit = flags.apply
		after, err := s.UpdateConnector(ctx, args[0], input)
		if err != nil {
			return err
		}
		p.note("updated connector %s", args[0])
		view := viewConnector(s.issuer, after)
		return p.print(view, func(w io.Writer) {
			if !before.Logout {
				registered(w, "", view.LogoutURI)
			}
			connectorReach(w, after)
		})
	})
	return c
}

// connectorSwitch makes a command that does one thing to a connector.
func (p *program) connectorSwitch(verb, short, long string, do func(Desk, context.Context, string) error) *cobra.Command {
	c := &cobra.Command{Use: verb + " NAME", Short: short, Args: arguments("NAME"), Long: long, Example: "  postern connector " + verb + " github"}
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		if err := do(s, ctx, args[0]); err != nil {
			return err
		}
		connector, err := s.FindConnector(ctx, args[0])
		if err != nil {
			return err
		}
		return p.done(viewConnector(s.issuer, connector), verb+"d connector %s", args[0])
	})
	return c
}

func (p *program) connectorDelete() *cobra.Command {
	c := &cobra.Command{
		Use: "delete NAME", Short: "delete a connector with the links of its people", Args: arguments("NAME"),
		Long: "Delete a connector with the links of its people, and the memberships that these\ngave. Whoever has no other way in cannot sign in any more; 'postern connector\n" +
			"disable' takes nothing away. The plugin instance stays, unless --forget.",
		Example: "  postern connector delete github --forget",
	}
	forget := c.Flags().Bool("forget", false, "delete the plugin instance with settings, grants and secrets too")
	sure := yesFlag(c)
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		if _, err := s.FindConnector(ctx, args[0]); err != nil {
			return err
		}
		contents := func() ([]core.Content, error) { return s.ConnectorContents(ctx, args[0]) }
		if err := p.lost(ctx, *sure, "connector", args[0], contents); err != nil {
			return err
		}
		if err := s.DeleteConnector(ctx, args[0], *forget); err != nil {
			return err
		}
		return p.done(deleted{Deleted: true, Name: args[0]}, "deleted connector %s", args[0])
	})
	return c
}

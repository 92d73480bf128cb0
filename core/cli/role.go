package cli

import (
	"context"
	"io"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core"
)

// roleView is a role with who has it as JSON.
type roleView struct {
	ID           core.ID    `json:"id"` // of who has it
	Name         string     `json:"name"`
	Program      bool       `json:"service_account"`
	Role         core.Role  `json:"role"`
	Organisation string     `json:"organisation"` // empty: the whole server
	CreatedAt    *time.Time `json:"created_at"`
}

func viewRole(g *core.RoleGrant, h *holder) roleView {
	return roleView{h.id, h.name, h.program, g.Role, g.Org, jsonTime(g.CreatedAt)}
}

// holder is who can have roles and tokens: a user or a service account.
type holder struct {
	id      core.ID
	name    string
	program bool
}

func (p *program) role() *cobra.Command {
	return family("role", "say who administers the server, or an organisation", p.roleList(), p.roleShow(), p.roleGrant(), p.roleRevoke())
}

const rolesHelp = "The roles, the one that may most first:\n\n" +
	"  owner           everything, and says who has which role\n" +
	"  administrator   everything but roles\n" +
	"  help_desk       helps people who cannot sign in\n" +
	"  auditor         sees everything and changes nothing"

// holderFlags say how who has a role or a token is looked up.
func holderFlags(c *cobra.Command) {
	c.Flags().String("org", core.DefaultOrganisation, "organisation that they belong to")
	c.Flags().Bool("service-account", false, "it is a service account, and not a user")
}

// findHolder looks up a user, or a service account.
func findHolder(ctx context.Context, s *session, c *cobra.Command, name string) (*holder, error) {
	if c.Flag("service-account").Value.String() == "true" {
		account, err := s.FindServiceAccount(ctx, orgOf(c), name)
		if err != nil {
			return nil, err
		}
		return &holder{account.ID, account.Name, true}, nil
	}
	user, err := s.FindUser(ctx, orgOf(c), name)
	if err != nil {
		return nil, err
	}
	return &holder{user.ID, user.Name, false}, nil
}

// scopeFlags say what a role is for.
func scopeFlags(c *cobra.Command) {
	c.Flags().String("in", "", "the role is for this `ORG` alone")
	c.Flags().Bool("whole-server", false, "the role is for the whole server")
	c.PreRunE = func(*cobra.Command, []string) error {
		if c.Flags().Changed("in") == c.Flags().Changed("whole-server") {
			return usagef("give one of --in ORG and --whole-server", "it is not clear what the role is for")
		}
		if c.Flags().Changed("in") && c.Flag("in").Value.String() == "" {
			return usagef("name it, or give --whole-server", "the organisation is missing")
		}
		return nil
	}
}

func (p *program) roleList() *cobra.Command {
	c := &cobra.Command{
		Use: "list", Short: "list who has a role", Args: arguments(),
		Long: "List who has a role of the whole server, or of an organisation with --in.",
	}
	in := c.Flags().String("in", "", "roles of this `ORG`")
	c.RunE = p.with(func(ctx context.Context, s *session, _ []string) error {
		holders, err := s.RoleHolders(ctx, *in)
		if err != nil {
			return err
		}
		views := make([]roleView, len(holders))
		rows := make([][]string, len(holders))
		for i := range holders {
			h := &holders[i].Holder
			views[i] = viewRole(&holders[i].Grant, &holder{h.ID, h.Name, h.Program})
			rows[i] = []string{h.Name, h.Title, kindOfHolder(h.Program), h.Org, string(holders[i].Grant.Role), stamp(holders[i].Grant.CreatedAt)}
		}
		return p.print(views, func(w io.Writer) {
			table(w, "nobody has a role", []string{"NAME", "FULL NAME", "WHAT", "BELONGS TO", "ROLE", "SINCE"}, rows)
		})
	})
	return c
}

func kindOfHolder(program bool) string {
	if program {
		return "service account"
	}
	return "user"
}

func (p *program) roleShow() *cobra.Command {
	c := &cobra.Command{Use: "show NAME", Short: "list the roles of a user or a service account", Args: arguments("NAME")}
	holderFlags(c)
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		of, err := findHolder(ctx, s, c, args[0])
		if err != nil {
			return err
		}
		return p.printRoles(ctx, s, of)
	})
	return c
}

func (p *program) printRoles(ctx context.Context, s *session, of *holder) error {
	grants, err := s.RolesOf(ctx, of.id)
	if err != nil {
		return err
	}
	views := make([]roleView, len(grants))
	rows := make([][]string, len(grants))
	for i := range grants {
		views[i] = viewRole(&grants[i], of)
		rows[i] = []string{string(grants[i].Role), scopeOfRole(grants[i].Org), stamp(grants[i].CreatedAt)}
	}
	return p.print(views, func(w io.Writer) {
		table(w, of.name+" has no role", []string{"ROLE", "IN", "SINCE"}, rows)
	})
}

func scopeOfRole(org string) string {
	if org == "" {
		return "the whole server"
	}
	return org
}

func (p *program) roleGrant() *cobra.Command {
	c := &cobra.Command{
		Use: "grant NAME ROLE", Short: "give a role to a user or a service account", Args: arguments("NAME", "ROLE"),
		Long: "Give a role to a user or a service account, in the place of the one that they have for\nthe same. A user is signed out everywhere: what goes on was begun with other rights.\n\n" + rolesHelp,
		Example: "  postern role grant alice administrator --in acme\n" +
			"  postern role grant deploy auditor --service-account --whole-server",
	}
	holderFlags(c)
	scopeFlags(c)
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		role := core.Role(args[1])
		if !slices.Contains(core.Roles(), role) {
			return usagef("use "+joined(texted(core.Roles())), "there is no role %q", args[1])
		}
		to, err := findHolder(ctx, s, c, args[0])
		if err != nil {
			return err
		}
		in := c.Flag("in").Value.String()
		if err := s.GrantRole(ctx, to.id, in, role); err != nil {
			return err
		}
		grant := core.RoleGrant{Org: in, Role: role}
		return p.done(viewRole(&grant, to), "%s has the role %s in %s", to.name, role, scopeOfRole(in))
	})
	return c
}

// texted gives values as texts.
func texted[T ~string](values []T) []string {
	texts := make([]string, len(values))
	for i, v := range values {
		texts[i] = string(v)
	}
	return texts
}

func (p *program) roleRevoke() *cobra.Command {
	c := &cobra.Command{
		Use: "revoke NAME", Short: "take a role away", Args: arguments("NAME"),
		Long: "Take away the role that a user or a service account has in an organisation, or for the\nwhole server. A user is signed out everywhere. The last owner of the server stays one.",
	}
	holderFlags(c)
	scopeFlags(c)
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		from, err := findHolder(ctx, s, c, args[0])
		if err != nil {
			return err
		}
		in := c.Flag("in").Value.String()
		if err := s.RevokeRole(ctx, from.id, in); err != nil {
			return err
		}
		return p.done(deleted{true, string(from.id), from.name}, "%s has no role in %s any more", from.name, scopeOfRole(in))
	})
	return c
}

package cli

import (
	"context"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/config"
)

// tokenView is an API token as JSON. The token itself is there only right after it was made.
type tokenView struct {
	ID          core.ID           `json:"id"`
	Holder      core.ID           `json:"holder"`
	Name        string            `json:"name"`
	Token       string            `json:"token,omitempty"`
	Permissions []core.Permission `json:"permissions"` // empty: all that its holder may
	CreatedAt   *time.Time        `json:"created_at"`
	ExpiresAt   *time.Time        `json:"expires_at"`
	LastUsedAt  *time.Time        `json:"last_used_at"`
}

func viewToken(t *core.APIToken, text string) tokenView {
	return tokenView{t.ID, t.Holder, t.Name, text, list(t.Permissions), jsonTime(t.CreatedAt), jsonTime(t.ExpiresAt), jsonTime(t.LastUsedAt)}
}

func (p *program) token() *cobra.Command {
	return family("token", "make and end tokens for the REST API and SCIM", p.tokenCreate(), p.tokenList(), p.tokenRevoke())
}

// ownerFlags say whose tokens are meant.
func ownerFlags(c *cobra.Command) {
	c.Flags().SortFlags = false
	c.Flags().String("service-account", "", "tokens of this service `ACCOUNT`")
	c.Flags().String("user", "", "tokens of this `USER`")
	c.Flags().String("org", core.DefaultOrganisation, "organisation that they belong to")
	c.PreRunE = func(*cobra.Command, []string) error {
		if (c.Flag("service-account").Value.String() == "") == (c.Flag("user").Value.String() == "") {
			return usagef("give one of --service-account ACCOUNT and --user USER", "it is not clear whose token is meant")
		}
		return nil
	}
}

// findOwner looks up whose tokens are meant.
func findOwner(ctx context.Context, s *session, c *cobra.Command) (*holder, error) {
	if name := c.Flag("service-account").Value.String(); name != "" {
		account, err := s.FindServiceAccount(ctx, orgOf(c), name)
		if err != nil {
			return nil, err
		}
		return &holder{account.ID, account.Name, true}, nil
	}
	user, err := s.FindUser(ctx, orgOf(c), c.Flag("user").Value.String())
	if err != nil {
		return nil, err
	}
	return &holder{user.ID, user.Name, false}, nil
}

func (p *program) tokenCreate() *cobra.Command {
	var permissions []string
	var names []string
	for _, permission := range core.Permissions() {
		names = append(names, "  "+string(permission))
	}
	c := &cobra.Command{
		Use: "create NAME", Short: "make an API token and print it", Args: arguments("NAME"),
		Long: "Make a token with which a program does by the REST API and SCIM what its holder may. It\n" +
			"is printed this once. NAME says what it is for. With --permission it may only that:\n\n" + strings.Join(names, "\n"),
		Example: "  postern token create terraform --service-account deploy --lifetime 30d\n" +
			"  postern token create report --user alice --permission audit:read",
	}
	ownerFlags(c)
	lifetime := c.Flags().String("lifetime", "90d", "how long it works, such as 24h or 90d, at most 366d")
	c.Flags().StringArrayVar(&permissions, "permission", nil, "let it do no more than this (repeatable)")
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		ttl, err := config.ParseDuration(*lifetime)
		if err != nil {
			return usagef("write it like 24h or 90d", "%q is no value for --lifetime", *lifetime)
		}
		input := admin.NewAPIToken{Name: args[0], TTL: ttl}
		if input.Permissions, err = readPermissions(permissions); err != nil {
			return err
		}
		owner, err := findOwner(ctx, s, c)
		if err != nil {
			return err
		}
		input.Holder = owner.id
		token, text, err := s.CreateAPIToken(ctx, input)
		if err != nil {
			return err
		}
		p.note("made token %s of %s, which works until %s; it is not shown again", token.ID, owner.name, stamp(token.ExpiresAt))
		return p.print(viewToken(token, text), func(w io.Writer) { io.WriteString(w, text+"\n") })
	})
	return c
}

func readPermissions(texts []string) ([]core.Permission, error) {
	var permissions []core.Permission
	for _, text := range texts {
		permission := core.Permission(text)
		if !slices.Contains(core.Permissions(), permission) {
			return nil, usagef("'postern token create --help' lists them", "there is no permission %q", text)
		}
		permissions = append(permissions, permission)
	}
	return permissions, nil
}

func (p *program) tokenList() *cobra.Command {
	c := &cobra.Command{Use: "list", Short: "list the API tokens of a user or a service account", Args: arguments()}
	ownerFlags(c)
	c.RunE = p.with(func(ctx context.Context, s *session, _ []string) error {
		owner, err := findOwner(ctx, s, c)
		if err != nil {
			return err
		}
		tokens, err := s.APITokens(ctx, owner.id)
		if err != nil {
			return err
		}
		views := make([]tokenView, len(tokens))
		rows := make([][]string, len(tokens))
		for i := range tokens {
			t := &tokens[i]
			views[i] = viewToken(t, "")
			rows[i] = []string{string(t.ID), t.Name, permissionsText(t.Permissions), stamp(t.ExpiresAt), dash(stamp(t.LastUsedAt))}
		}
		return p.print(views, func(w io.Writer) {
			table(w, owner.name+" has no tokens", []string{"ID", "NAME", "MAY", "UNTIL", "LAST USED"}, rows)
		})
	})
	return c
}

func permissionsText(permissions []core.Permission) string {
	if len(permissions) == 0 {
		return "all that its holder may"
	}
	return joined(texted(permissions))
}

func (p *program) tokenRevoke() *cobra.Command {
	c := &cobra.Command{Use: "revoke ID", Short: "end an API token at once", Args: arguments("ID")}
	ownerFlags(c)
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		owner, err := findOwner(ctx, s, c)
		if err != nil {
			return err
		}
		if err := s.RevokeAPIToken(ctx, owner.id, core.ID(args[0])); err != nil {
			return err
		}
		return p.done(deleted{true, args[0], owner.name}, "revoked token %s of %s", args[0], owner.name)
	})
	return c
}

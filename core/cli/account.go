package cli

import (
	"context"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// accountView is a service account as JSON.
type accountView struct {
	ID           core.ID    `json:"id"`
	Organisation string     `json:"organisation"`
	Name         string     `json:"name"`
	Description  string     `json:"description"`
	Disabled     bool       `json:"disabled"`
	CreatedAt    *time.Time `json:"created_at"`
	UpdatedAt    *time.Time `json:"updated_at"`
}

func viewAccount(a *core.ServiceAccount) accountView {
	return accountView{a.ID, a.Org, a.Name, a.Description, a.Disabled, jsonTime(a.CreatedAt), jsonTime(a.UpdatedAt)}
}

func (p *program) account() *cobra.Command {
	c := family("service-account", "make accounts for programs that administer", p.accountCreate(), p.accountList(), p.accountShow(), p.accountUpdate(), p.accountDelete())
	orgFlag(c)
	return c
}

func (p *program) accountCreate() *cobra.Command {
	var input admin.NewServiceAccount
	c := &cobra.Command{
		Use: "create NAME", Short: "make a service account", Args: arguments("NAME"),
		Long: "Make an account for a program that administers by the REST API or SCIM. It may nothing\nuntil you give it a role, and signs in with the tokens that you make for it.",
		Example: "  postern service-account create deploy --description 'Terraform of the platform team'\n" +
			"  postern role grant deploy administrator --service-account --in acme\n" +
			"  postern token create terraform --service-account deploy",
	}
	c.Flags().StringVar(&input.Description, "description", "", "what it is for")
	c.RunE = p.making(func(ctx context.Context, s *session, args []string) error {
		input.Org, input.Name = orgOf(c), args[0]
		account, err := s.CreateServiceAccount(ctx, input)
		if err != nil {
			return err
		}
		return p.done(viewAccount(account), "created service account %s, which has no role yet", account.Name)
	})
	return c
}

func (p *program) accountList() *cobra.Command {
	c := &cobra.Command{Use: "list", Short: "list service accounts", Args: arguments()}
	c.RunE = p.with(func(ctx context.Context, s *session, _ []string) error {
		accounts, err := s.ServiceAccounts(ctx, orgOf(c))
		if err != nil {
			return err
		}
		views := make([]accountView, len(accounts))
		rows := make([][]string, len(accounts))
		for i := range accounts {
			views[i] = viewAccount(&accounts[i])
			rows[i] = []string{accounts[i].Name, accounts[i].Description, accountState(&accounts[i])}
		}
		return p.print(views, func(w io.Writer) {
			table(w, "there are no service accounts", []string{"NAME", "WHAT IT IS FOR", "STATE"}, rows)
		})
	})
	return c
}

func accountState(a *core.ServiceAccount) string {
	if a.Disabled {
		return "disabled"
	}
	return "active"
}

func (p *program) accountShow() *cobra.Command {
	c := &cobra.Command{Use: "show ACCOUNT", Short: "show a service account, by name or identifier", Args: arguments("ACCOUNT")}
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		account, err := s.FindServiceAccount(ctx, orgOf(c), args[0])
		if err != nil {
			return err
		}
		return p.print(viewAccount(account), func(w io.Writer) {
			fields(w, []admin.Row{
				{Field: "Name", Value: account.Name}, {Field: "Identifier", Value: string(account.ID)}, {Field: "Organisation", Value: account.Org},
				{Field: "What it is for", Value: account.Description}, {Field: "State", Value: accountState(account)},
				{Field: "Created", Value: stamp(account.CreatedAt)}, {Field: "Changed", Value: stamp(account.UpdatedAt)},
			})
		})
	})
	return c
}

func (p *program) accountUpdate() *cobra.Command {
	var name, description string
	var disabled bool
	c := &cobra.Command{
		Use: "update ACCOUNT", Short: "change a service account", Args: arguments("ACCOUNT"),
		Long: "Change a service account; what is not given stays. A disabled one may nothing, and its\ntokens wait.",
	}
	c.Flags().StringVar(&name, "rename", "", "new name")
	c.Flags().StringVar(&description, "description", "", "what it is for")
	c.Flags().BoolVar(&disabled, "disabled", false, "let it do nothing")
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		account, err := s.FindServiceAccount(ctx, orgOf(c), args[0])
		if err != nil {
			return err
		}
		account, err = s.UpdateServiceAccount(ctx, account.ID, "", func(a *core.ServiceAccount) {
			if c.Flags().Changed("rename") {
				a.Name = name
			}
			if c.Flags().Changed("description") {
				a.Description = description
			}
			if c.Flags().Changed("disabled") {
				a.Disabled = disabled
			}
		})
		if err != nil {
			return err
		}
		return p.done(viewAccount(account), "updated service account %s", account.Name)
	})
	return c
}

func (p *program) accountDelete() *cobra.Command {
	c := &cobra.Command{Use: "delete ACCOUNT", Short: "delete a service account with its roles and tokens", Args: arguments("ACCOUNT")}
	sure := yesFlag(c)
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		account, err := s.FindServiceAccount(ctx, orgOf(c), args[0])
		if err != nil {
			return err
		}
		contents := func() ([]core.Content, error) { return s.ServiceAccountContents(ctx, account.ID) }
		if err := p.lost(ctx, *sure, "service account", account.Name, contents); err != nil {
			return err
		}
		if err := s.DeleteServiceAccount(ctx, account.ID); err != nil {
			return err
		}
		return p.done(deleted{true, string(account.ID), account.Name}, "deleted service account %s", account.Name)
	})
	return c
}

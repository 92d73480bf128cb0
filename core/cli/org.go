package cli

import (
	"context"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// orgView is an organisation as JSON.
type orgView struct {
	Name        string     `json:"name"`
	DisplayName string     `json:"display_name"`
	WebsiteURL  string     `json:"website_url"`
	Logo        string     `json:"logo"`
	Favicon     string     `json:"favicon"`
	Disabled    bool       `json:"disabled"`
	CreatedAt   *time.Time `json:"created_at"`
}

func viewOrg(o *core.Organisation) orgView {
	return orgView{o.Name, o.DisplayName, o.WebsiteURL, o.Logo, o.Favicon, o.Disabled, jsonTime(o.CreatedAt)}
}

func (p *program) org() *cobra.Command {
	return family("org", "make and change organisations, which users and clients belong to",
		p.orgList(), p.orgShow(), p.orgCreate(), p.orgUpdate(), p.orgDelete(), p.orgRules(), p.orgTheme())
}

func (p *program) orgList() *cobra.Command {
	c := &cobra.Command{Use: "list", Short: "list organisations", Args: arguments()}
	c.RunE = p.with(func(ctx context.Context, s *session, _ []string) error {
		orgs, err := s.Organisations(ctx)
		if err != nil {
			return err
		}
		views := make([]orgView, len(orgs))
		rows := make([][]string, len(orgs))
		for i := range orgs {
			views[i] = viewOrg(&orgs[i])
			rows[i] = []string{orgs[i].Name, orgs[i].DisplayName, orgs[i].WebsiteURL, orgState(&orgs[i])}
		}
		return p.print(views, func(w io.Writer) {
			table(w, "there are no organisations", []string{"NAME", "FULL NAME", "WEB SITE", "STATE"}, rows)
		})
	})
	return c
}

// countsView are the numbers of an organisation as JSON.
type countsView struct {
	orgView
	Users           int `json:"users"`
	DisabledUsers   int `json:"disabled_users"`
	Groups          int `json:"groups"`
	Clients         int `json:"clients"`
	Connectors      int `json:"connectors"`
	ServiceAccounts int `json:"service_accounts"`
	Sessions        int `json:"sessions"`
	SignIns         int `json:"sign_ins"` // since a day, as failures are
	Failures        int `json:"failures"`
}

func (p *program) orgShow() *cobra.Command {
	c := &cobra.Command{Use: "show ORG", Short: "show an organisation, and how much there is of what", Args: arguments("ORG")}
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		org, err := s.Organisation(ctx, args[0])
		if err != nil {
			return err
		}
		if err := p.noteManaged(ctx, s, core.ManagedOrganisation, org.Name); err != nil {
			return err
		}
		n, err := s.Counts(ctx, org.Name)
		if err != nil {
			return err
		}
		view := countsView{viewOrg(org), n.Users, n.DisabledUsers, n.Groups, n.Clients, n.Connectors, n.ServiceAccounts, n.Sessions, n.SignIns, n.Failures}
		return p.print(view, func(w io.Writer) { fields(w, append(describeOrg(org), describeCounts(&n)...)) })
	})
	return c
}

func orgState(o *core.Organisation) string {
	if o.Disabled {
		return "disabled"
	}
	return "active"
}

func describeOrg(o *core.Organisation) []admin.Row {
	return []admin.Row{
		{Field: "Name", Value: o.Name}, {Field: "Full name", Value: o.DisplayName}, {Field: "Web site", Value: o.WebsiteURL},
		{Field: "State", Value: orgState(o)}, {Field: "Created", Value: stamp(o.CreatedAt)},
	}
}

func describeCounts(n *core.Counts) []admin.Row {
	rows := make([]admin.Row, 0, 8)
	for _, r := range []struct {
		field string
		count int
	}{
		{"Users", n.Users}, {"Users, disabled", n.DisabledUsers}, {"Groups", n.Groups}, {"Clients", n.Clients}, {"Connectors", n.Connectors},
		{"Service accounts", n.ServiceAccounts}, {"Sessions", n.Sessions}, {"Sign-ins, last day", n.SignIns}, {"Failures, last day", n.Failures},
	} {
		rows = append(rows, admin.Row{Field: r.field, Value: countText(int64(r.count))})
	}
	return rows
}

func (p *program) orgDelete() *cobra.Command {
	c := &cobra.Command{
		Use: "delete ORG", Short: "delete an organisation with everything that belongs to it", Args: arguments("ORG"),
		Long: "Delete an organisation with its users, groups, clients, connectors and service accounts,\nwith their sessions and tokens. The audit log stays.",
	}
	sure := yesFlag(c)
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		org, err := s.Organisation(ctx, args[0])
		if err != nil {
			return err
		}
		contents := func() ([]core.Content, error) { return s.OrganisationContents(ctx, org.Name) }
		if err := p.lost(ctx, *sure, "organisation", org.Name, contents); err != nil {
			return err
		}
		if err := s.DeleteOrganisation(ctx, org.Name); err != nil {
			return err
		}
		return p.done(deleted{true, "", org.Name}, "deleted organisation %s", org.Name)
	})
	return c
}

func (p *program) orgCreate() *cobra.Command {
	c := &cobra.Command{Use: "create ORG", Short: "make an organisation", Args: arguments("ORG")}
	apply := orgFlags(c)
	c.RunE = p.making(func(ctx context.Context, s *session, args []string) error {
		draft := core.Organisation{Name: args[0]}
		apply(&draft)
		org, err := s.CreateOrganisation(ctx, draft)
		if err != nil {
			return err
		}
		return p.done(viewOrg(org), "created organisation %s", org.Name)
	})
	return c
}

func (p *program) orgUpdate() *cobra.Command {
	c := &cobra.Command{Use: "update ORG", Short: "change an organisation", Args: arguments("ORG")}
	apply := orgFlags(c)
	disabled := c.Flags().Bool("disabled", false, "keep its people from signing in")
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		org, err := s.UpdateOrganisation(ctx, args[0], "", func(o *core.Organisation) {
			apply(o)
			if c.Flags().Changed("disabled") {
				o.Disabled = *disabled
			}
		})
		if err != nil {
			return err
		}
		return p.done(viewOrg(org), "updated organisation %s", org.Name)
	})
	return c
}

// orgFlags gives what applies the flags that were given.
func orgFlags(c *cobra.Command) func(*core.Organisation) {
	name := c.Flags().String("name", "", "what people see")
	website := c.Flags().String("website", "", "URL of its web site")
	logo := c.Flags().String("logo", "", "URL of its logo")
	favicon := c.Flags().String("favicon", "", "URL of its icon")
	return func(o *core.Organisation) {
		for _, f := range []struct {
			flag  string
			value string
			field *string
		}{{"name", *name, &o.DisplayName}, {"website", *website, &o.WebsiteURL}, {"logo", *logo, &o.Logo}, {"favicon", *favicon, &o.Favicon}} {
			if c.Flags().Changed(f.flag) {
				*f.field = f.value
			}
		}
	}
}

package cli

import (
	"context"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core"
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
		p.orgList(), p.orgCreate(), p.orgUpdate(), p.orgRules(), p.orgTheme())
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
			state := "active"
			if orgs[i].Disabled {
				state = "disabled"
			}
			rows[i] = []string{orgs[i].Name, orgs[i].DisplayName, orgs[i].WebsiteURL, state}
		}
		return p.print(views, func(w io.Writer) {
			table(w, "there are no organisations", []string{"NAME", "FULL NAME", "WEB SITE", "STATE"}, rows)
		})
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

package cli

import (
	"context"
	"io"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// themeView is the look of an organisation as JSON.
type themeView struct {
	Organisation string `json:"organisation"`
	Accent       string `json:"accent"` // empty: Postern's own
	AccentDark   string `json:"accent_dark"`
	Logo         string `json:"logo"`
	Favicon      string `json:"favicon"`
}

func viewTheme(o *core.Organisation) themeView {
	return themeView{o.Name, o.Theme.Accent, o.Theme.AccentDark, o.Logo, o.Favicon}
}

func (p *program) orgTheme() *cobra.Command {
	c := &cobra.Command{
		Use: "theme ORG", Short: "show how the pages and mails of an organisation look, or change it", Args: arguments("ORG"),
		Long:    "Show the look of an organisation; with flags, change it. A colour must be readable on\nthe page, for everybody.",
		Example: "  postern org theme acme --accent '#0b6350' --accent-dark '#5ccbab' --logo https://acme.example/logo.svg",
	}
	theme := core.Theme{}
	c.Flags().StringVar(&theme.Accent, "accent", "", "`COLOUR` of buttons and links on light pages, such as '#0b6350' ('' for Postern's own)")
	c.Flags().StringVar(&theme.AccentDark, "accent-dark", "", "`COLOUR` of buttons and links on dark pages")
	logo := c.Flags().String("logo", "", "URL of the logo")
	favicon := c.Flags().String("favicon", "", "URL of the icon")
	apply := func(o *core.Organisation) (given bool) {
		for _, f := range []struct {
			flag, value string
			field       *string
		}{{"accent", theme.Accent, &o.Theme.Accent}, {"accent-dark", theme.AccentDark, &o.Theme.AccentDark}, {"logo", *logo, &o.Logo}, {"favicon", *favicon, &o.Favicon}} {
			if c.Flags().Changed(f.flag) {
				*f.field, given = f.value, true
			}
		}
		return given
	}
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		org, err := s.Organisation(ctx, args[0])
		if err != nil {
			return err
		}
		if !apply(new(core.Organisation)) {
			return p.print(viewTheme(org), func(w io.Writer) { fields(w, describeTheme(org)) })
		}
		org, err = s.UpdateOrganisation(ctx, org.Name, "", func(o *core.Organisation) { apply(o) })
		if err != nil {
			return err
		}
		return p.done(viewTheme(org), "changed the look of organisation %s", org.Name)
	})
	return c
}

func describeTheme(o *core.Organisation) []admin.Row {
	colour := func(value string) string {
		if value == "" {
			return "Postern's own"
		}
		return value
	}
	return []admin.Row{
		{Field: "On light pages", Value: colour(o.Theme.Accent)}, {Field: "On dark pages", Value: colour(o.Theme.AccentDark)},
		{Field: "Logo", Value: o.Logo}, {Field: "Icon", Value: o.Favicon},
	}
}

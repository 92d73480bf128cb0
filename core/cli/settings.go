package cli

import (
	"context"
	"io"

	"github.com/spf13/cobra"
)

// settingView is a setting of the server as JSON.
type settingView struct {
	Key    string `json:"key"`
	Value  string `json:"value"`
	Usage  string `json:"usage"`
	Where  string `json:"where"` // who chose it; empty: it is the default
	Secret bool   `json:"secret"`
}

func (p *program) settings() *cobra.Command {
	c := &cobra.Command{
		Use: "settings", Short: "list the settings of the server, and where each comes from", Args: arguments(),
		Long: "List the settings of the server, and whether a flag, a variable or a line of the\nconfiguration file says so. With --server they are those that the server runs with, else\nthose that it would have if it was started here, with this environment.",
	}
	c.RunE = p.with(func(ctx context.Context, s *session, _ []string) error {
		all, err := s.ServerSettings(ctx)
		if err != nil {
			return err
		}
		views := make([]settingView, len(all))
		rows := make([][]string, len(all))
		for i, one := range all {
			views[i] = settingView(one)
			value, where := one.Value, one.Where
			if one.Secret {
				value = "(secret)"
			}
			if where == "" {
				where = "the default"
			}
			rows[i] = []string{one.Key, dash(value), where}
		}
		return p.print(views, func(w io.Writer) { table(w, "there are no settings", []string{"SETTING", "VALUE", "FROM"}, rows) })
	})
	return c
}

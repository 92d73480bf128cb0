package cli

import (
	"context"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core"
)

// deviceView is a remembered device as JSON.
type deviceView struct {
	ID         core.ID    `json:"id"`
	IP         string     `json:"ip"`
	UserAgent  string     `json:"user_agent"`
	CreatedAt  *time.Time `json:"created_at"`
	LastUsedAt *time.Time `json:"last_used_at"`
	ExpiresAt  *time.Time `json:"expires_at"`
}

func (p *program) userDevices() *cobra.Command {
	var forget string
	var all bool
	c := &cobra.Command{
		Use: "devices USER", Short: "list the browsers that a user trusts, or forget them", Args: arguments("USER"),
		Long: "List the browsers that a user trusts: those that are not asked for the second factor.\nOne that is forgotten is asked at its next sign-in; sessions go on.",
	}
	c.Flags().StringVar(&forget, "forget", "", "forget the browser with this `ID`")
	c.Flags().BoolVar(&all, "all", false, "forget all of them")
	c.PreRunE = oneOf("forget", "all")
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		user, err := s.FindUser(ctx, orgOf(c), args[0])
		if err != nil {
			return err
		}
		switch {
		case all:
			if err := s.ForgetDevices(ctx, user.ID); err != nil {
				return err
			}
			return p.changedUser(ctx, s, user, "forgot the browsers that %s trusts")
		case c.Flags().Changed("forget"):
			if err := s.ForgetDevice(ctx, user.ID, core.ID(forget)); err != nil {
				return err
			}
			return p.done(deleted{true, forget, user.Name}, "forgot browser %s of user %s", forget, user.Name)
		}
		devices, err := s.UserDevices(ctx, user.ID)
		if err != nil {
			return err
		}
		return p.printDevices(devices)
	})
	return c
}

func (p *program) printDevices(devices []core.Device) error {
	views := make([]deviceView, len(devices))
	rows := make([][]string, len(devices))
	for i := range devices {
		d := &devices[i]
		views[i] = deviceView{d.ID, d.IP, d.UserAgent, jsonTime(d.CreatedAt), jsonTime(d.LastUsedAt), jsonTime(d.ExpiresAt)}
		rows[i] = []string{string(d.ID), dash(core.BrowserName(d.UserAgent)), dash(d.IP), stamp(d.CreatedAt), stamp(d.LastUsedAt), stamp(d.ExpiresAt)}
	}
	return p.print(views, func(w io.Writer) {
		table(w, "no browser is trusted", []string{"ID", "BROWSER", "FROM", "TRUSTED", "LAST USED", "UNTIL"}, rows)
	})
}

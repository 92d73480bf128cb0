package cli

import (
	"context"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core"
)

// sessionPage is how many sessions are asked for at once.
const sessionPage = 200

// liveView is a session with whose it is, as JSON.
type liveView struct {
	sessionView
	User         string  `json:"user"`
	UserID       core.ID `json:"user_id"`
	Organisation string  `json:"organisation"`
}

func (p *program) sessions() *cobra.Command {
	return family("session", "see where people are signed in, and end that", p.sessionList(), p.sessionEnd())
}

func (p *program) sessionList() *cobra.Command {
	var user string
	c := &cobra.Command{
		Use: "list", Short: "list the browsers in which people are signed in, the newest first", Args: arguments(),
		Long: "List the browsers in which people are signed in: those of all organisations, or of one\nwith --org, or of one user.",
	}
	c.Flags().String("org", core.DefaultOrganisation, "only people of the organisation (default: of all)")
	c.Flags().StringVar(&user, "user", "", "only the `USER`")
	limit := c.Flags().Int("limit", 100, "at most so many")
	c.PreRunE = func(*cobra.Command, []string) error {
		if *limit < 1 {
			return usagef("give a number from 1 up", "%d is no value for --limit", *limit)
		}
		return nil
	}
	c.RunE = p.with(func(ctx context.Context, s *session, _ []string) error {
		filter := core.SessionFilter{Org: s.scope(c)}
		if user != "" {
			found, err := s.FindUser(ctx, orgOf(c), user)
			if err != nil {
				return err
			}
			filter.Org, filter.UserID = found.Org, found.ID
		}
		sessions, err := liveSessions(ctx, s, filter, *limit)
		if err != nil {
			return err
		}
		return p.printLive(sessions)
	})
	return c
}

// liveSessions gives at most so many, page by page.
func liveSessions(ctx context.Context, s *session, filter core.SessionFilter, most int) ([]core.LiveSession, error) {
	var all []core.LiveSession
	for len(all) < most {
		filter.Limit = min(most-len(all), sessionPage)
		page, err := s.LiveSessions(ctx, filter)
		if err != nil {
			return nil, err
		}
		all = append(all, page...)
		if len(page) < filter.Limit {
			break
		}
		filter.Before = page[len(page)-1].Session.ID
	}
	return all, nil
}

func (p *program) printLive(sessions []core.LiveSession) error {
	views := make([]liveView, len(sessions))
	rows := make([][]string, len(sessions))
	for i := range sessions {
		l := &sessions[i]
		v := viewSession(&l.Session)
		views[i] = liveView{v, l.User, l.Session.UserID, l.Org}
		how := strings.TrimSpace(v.ACR + " " + strings.Join(v.AMR, " "))
		rows[i] = []string{l.User, l.Org, string(v.ID), stamp(l.Session.AuthTime), how, dash(v.IP), dash(core.BrowserName(v.UserAgent))}
	}
	return p.print(views, func(w io.Writer) {
		table(w, "nobody is signed in", []string{"USER", "ORGANISATION", "ID", "SIGNED IN", "HOW", "FROM", "BROWSER"}, rows)
	})
}

func (p *program) sessionEnd() *cobra.Command {
	c := &cobra.Command{
		Use: "end USER ID", Short: "end a session of a user, and revoke the tokens that it gave", Args: arguments("USER", "ID"),
		Example: "  postern session end alice 01999c2e-8f00-7000-8000-000000000000",
	}
	orgFlag(c)
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		user, err := s.FindUser(ctx, orgOf(c), args[0])
		if err != nil {
			return err
		}
		if err := s.EndUserSession(ctx, user.ID, core.ID(args[1])); err != nil {
			return err
		}
		return p.done(deleted{true, args[1], user.Name}, "ended session %s of user %s", args[1], user.Name)
	})
	return c
}

package cli

import (
	"context"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core"
)

// sessionView is a session as JSON.
type sessionView struct {
	ID         core.ID    `json:"id"`
	SignedInAt *time.Time `json:"signed_in_at"`
	ACR        string     `json:"acr"`
	AMR        []string   `json:"amr"`
	Connector  string     `json:"connector"` // empty: signed in here
	IP         string     `json:"ip"`
	UserAgent  string     `json:"user_agent"`
	CreatedAt  *time.Time `json:"created_at"`
	ExpiresAt  *time.Time `json:"expires_at"`
}

func viewSession(s *core.Session) sessionView {
	view := sessionView{
		ID: s.ID, SignedInAt: jsonTime(s.AuthTime), ACR: s.ACR, AMR: list(s.AMR), IP: s.IP, UserAgent: s.UserAgent,
		CreatedAt: jsonTime(s.CreatedAt), ExpiresAt: jsonTime(s.ExpiresAt),
	}
	if s.Upstream != nil {
		view.Connector = s.Upstream.Connector
	}
	return view
}

func (p *program) userSessions() *cobra.Command {
	var end string
	var all bool
	c := &cobra.Command{
		Use: "sessions USER", Short: "list a user's sessions, or end them", Args: arguments("USER"),
		Long:    "List the browsers in which a user is signed in. With --end one of the sessions ends\nand the tokens that it gave are revoked, with --all they all do.",
		Example: "  postern user sessions alice\n  postern user sessions alice --end 01999c2e-8f00-7000-8000-000000000000",
	}
	c.Flags().StringVar(&end, "end", "", "end the session with this `ID`")
	c.Flags().BoolVar(&all, "all", false, "end all of them")
	c.PreRunE = oneOf("end", "all")
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		user, err := s.FindUser(ctx, orgOf(c), args[0])
		if err != nil {
			return err
		}
		switch {
		case all:
			if err := s.SignOutUser(ctx, user.ID); err != nil {
				return err
			}
			return p.changedUser(ctx, s, user, "signed %s out everywhere")
		case c.Flags().Changed("end"):
			if err := s.EndUserSession(ctx, user.ID, core.ID(end)); err != nil {
				return err
			}
			return p.done(deleted{true, end, user.Name}, "ended session %s of user %s", end, user.Name)
		}
		sessions, err := s.UserSessions(ctx, user.ID)
		if err != nil {
			return err
		}
		return p.printSessions(sessions)
	})
	return c
}

func (p *program) printSessions(sessions []core.Session) error {
	views := make([]sessionView, len(sessions))
	rows := make([][]string, len(sessions))
	for i := range sessions {
		v := viewSession(&sessions[i])
		views[i] = v
		how := strings.TrimSpace(v.ACR + " " + strings.Join(v.AMR, " "))
		if v.Connector != "" {
			how += " with " + v.Connector
		}
		rows[i] = []string{string(v.ID), stamp(sessions[i].AuthTime), strings.TrimSpace(how), dash(v.IP), dash(core.BrowserName(v.UserAgent)), stamp(sessions[i].ExpiresAt)}
	}
	return p.print(views, func(w io.Writer) {
		table(w, "there are no sessions", []string{"ID", "SIGNED IN", "HOW", "FROM", "BROWSER", "UNTIL"}, rows)
	})
}

// oneOf refuses two flags that are given together.
func oneOf(one, other string) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, _ []string) error {
		if c.Flags().Changed(one) && c.Flags().Changed(other) {
			return usagef("give one of them", "--%s and --%s are both given", one, other)
		}
		return nil
	}
}

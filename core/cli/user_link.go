package cli

import (
	"context"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core"
)

// linkView is a link as JSON.
type linkView struct {
	Connector  string     `json:"connector"`
	Subject    string     `json:"subject"`
	Name       string     `json:"name"` // whom the provider takes them for
	Groups     []string   `json:"groups"`
	KeepsToken bool       `json:"keeps_tokens"`
	CreatedAt  *time.Time `json:"created_at"`
	LastUsedAt *time.Time `json:"last_used_at"`
}

func viewLink(l *core.Link) linkView {
	return linkView{l.Connector, l.Subject, l.Name, list(l.Groups), len(l.Tokens) > 0, jsonTime(l.CreatedAt), jsonTime(l.LastUsedAt)}
}

func (p *program) userLinks() *cobra.Command {
	c := &cobra.Command{Use: "links USER", Short: "list the accounts elsewhere that a user signs in with", Args: arguments("USER")}
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		user, err := s.FindUser(ctx, orgOf(c), args[0])
		if err != nil {
			return err
		}
		links, err := s.UserLinks(ctx, user.ID)
		if err != nil {
			return err
		}
		views := make([]linkView, len(links))
		rows := make([][]string, len(links))
		for i := range links {
			l := &links[i]
			views[i] = viewLink(l)
			used := "never"
			if !l.LastUsedAt.IsZero() {
				used = stamp(l.LastUsedAt)
			}
			rows[i] = []string{l.Connector, l.Subject, dash(l.Name), dash(joined(l.Groups)), stamp(l.CreatedAt), used}
		}
		return p.print(views, func(w io.Writer) {
			table(w, "there are no links", []string{"CONNECTOR", "SUBJECT", "NAME THERE", "GROUPS", "LINKED", "LAST USED"}, rows)
		})
	})
	return c
}

func (p *program) userLink() *cobra.Command {
	c := &cobra.Command{
		Use: "link USER CONNECTOR SUBJECT", Short: "let a user sign in with an account elsewhere", Args: arguments("USER", "CONNECTOR", "SUBJECT"),
		Long: "Let a user sign in with an account elsewhere. SUBJECT is what the provider names\nthe account by and never gives to another: sub of an OpenID provider, or the\nidentifier of the account. " +
			"The audit log has it where somebody was refused. You\nanswer for it that it is the same person.",
		Example: "  postern user link alice github 583231",
	}
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		user, err := s.FindUser(ctx, orgOf(c), args[0])
		if err != nil {
			return err
		}
		link, err := s.LinkUser(ctx, user.ID, args[1], args[2])
		if err != nil {
			return err
		}
		return p.done(viewLink(link), "linked user %s to %s at %s", user.Name, link.Subject, link.Connector)
	})
	return c
}

func (p *program) userUnlink() *cobra.Command {
	c := &cobra.Command{
		Use: "unlink USER CONNECTOR [SUBJECT]", Short: "end a user's link to an account elsewhere", Args: upTo(3, "USER", "CONNECTOR"),
		Long: "End a user's link to an account elsewhere, and the memberships that it gave.\nSUBJECT is needed where the user has several links at the connector. Sessions go\n" +
			"on; 'postern user sign-out' ends them.",
		Example: "  postern user unlink alice github",
	}
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		user, err := s.FindUser(ctx, orgOf(c), args[0])
		if err != nil {
			return err
		}
		links, err := s.UserLinks(ctx, user.ID)
		if err != nil {
			return err
		}
		subject := third(args)
		if subject == "" {
			if subject, err = onlySubject(links, user.Name, args[1]); err != nil {
				return err
			}
		}
		if err := s.UnlinkUser(ctx, user.ID, args[1], subject); err != nil {
			return err
		}
		if len(links) == 1 && user.PasswordHash == "" {
			p.note("note: %s has no password and no other link, and so no way in; 'postern user password %s' sets one", user.Name, user.Name)
		}
		return p.done(deleted{Deleted: true, ID: subject, Name: args[1]}, "unlinked user %s from %s at %s", user.Name, subject, args[1])
	})
	return c
}

// onlySubject gives the subject of the user's only link at the connector.
func onlySubject(links []core.Link, user, connector string) (string, error) {
	var found []string
	for _, l := range links {
		if l.Connector == connector {
			found = append(found, l.Subject)
		}
	}
	switch len(found) {
	case 0:
		return "", failf("run 'postern user links "+user+"' to see them", "user %q has no link at connector %q", user, connector)
	case 1:
		return found[0], nil
	}
	return "", failf("give one of them: "+joined(found), "user %q has %d links at connector %q", user, len(found), connector)
}

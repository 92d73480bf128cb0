package cli

import (
	"context"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// handedView is a link that somebody gets, as JSON. The link is there only right after it
// was made, and only if it is to be handed over.
type handedView struct {
	Link      string     `json:"link"`    // empty: it was sent
	SentTo    string     `json:"sent_to"` // empty: it is to be handed over
	ExpiresAt *time.Time `json:"expires_at"`
}

func viewHanded(h *admin.Handed) handedView {
	return handedView{h.Link, h.SentTo, jsonTime(h.ExpiresAt)}
}

// reportHanded tells how the link gets to whom it is for, and prints it if that is by
// hand. Done says what was done.
func (p *program) reportHanded(s *session, document any, h *admin.Handed, done, name string) error {
	if h.SentTo != "" {
		return p.done(document, done+"; a mail to %s brings a link that works until %s", name, h.SentTo, stamp(h.ExpiresAt))
	}
	p.note(done+"; hand them this link, which works once, until %s, and is not shown again", name, stamp(h.ExpiresAt))
	if s.guessed {
		p.note("note: the server was not started yet, so the address is a guess; give --issuer")
	}
	return p.print(document, func(w io.Writer) { io.WriteString(w, h.Link+"\n") })
}

func (p *program) userInvite() *cobra.Command {
	var groups []string
	var again, byHand bool
	c := &cobra.Command{
		Use: "invite NAME", Short: "make a user who chooses a password or a passkey", Args: arguments("NAME"),
		Long: "Make a user without a password, and a link with which they choose one, or a passkey.\n" +
			"The link is sent if there is an e-mail address and the server sends mail; otherwise,\nand with --link, it is printed for you to hand over. Whoever has it takes the account\n" +
			"over. With --again a user who has not used theirs gets another one.",
		Example: "  postern user invite alice --email alice@example.com --name \"Alice Liddell\" --group staff\n  postern user invite alice --again --link",
	}
	flags := newPersonFlags(c)
	c.Flags().StringArrayVar(&groups, "group", nil, "put the user into the `GROUP` (repeatable)")
	c.Flags().BoolVar(&byHand, "link", false, "print the link, even if it could be sent")
	c.Flags().BoolVar(&again, "again", false, "give another link to a user who is there and has not used theirs")
	issuerFlag(c)
	c.PreRunE = flags.check
	c.RunE = p.making(func(ctx context.Context, s *session, args []string) error {
		if again {
			return p.inviteAgain(ctx, s, c, args[0], byHand)
		}
		var draft core.User
		flags.apply(&draft)
		// A mail that is answered proves the address; until then it takes somebody's word.
		vouched := draft.EmailVerified && c.Flags().Changed("email-verified")
		invited, err := s.InviteUser(ctx, admin.NewUser{
			Org: orgOf(c), Name: args[0], Email: draft.Email, EmailVerified: vouched, Admin: draft.Admin,
			Profile: draft.Profile, Attributes: draft.Attributes, Groups: groups,
		}, byHand)
		if err != nil {
			return err
		}
		for _, group := range invited.NewGroups {
			p.note("note: made the group %q", group)
		}
		return p.reportInvited(s, invited)
	})
	return c
}

func (p *program) inviteAgain(ctx context.Context, s *session, c *cobra.Command, login string, byHand bool) error {
	user, err := s.FindUser(ctx, orgOf(c), login)
	if err != nil {
		return err
	}
	invited, err := s.InviteAgain(ctx, user.ID, byHand)
	if err != nil {
		return err
	}
	return p.reportInvited(s, invited)
}

func (p *program) reportInvited(s *session, invited *admin.Invited) error {
	document := struct {
		userView
		handedView
		CreatedGroups []string `json:"created_groups"`
	}{viewUser(&invited.User), viewHanded(&invited.Handed), list(invited.NewGroups)}
	return p.reportHanded(s, document, &invited.Handed, "invited user %s", invited.User.Name)
}

func (p *program) userResetLink() *cobra.Command {
	var send bool
	c := &cobra.Command{
		Use: "reset-link USER", Short: "make a link with which a user sets a new password", Args: arguments("USER"),
		Long: "Make a link with which a user sets a new password, and print it for you to hand\nover; with --send it goes to their e-mail address. It works once, for 30 minutes, and\n" +
			"ends the link before. Be sure who asks for it: whoever has it takes the account over,\nbut for a second factor, which it does not stand in for.",
		Example: "  postern user reset-link alice",
	}
	c.Flags().BoolVar(&send, "send", false, "send the link to the user's e-mail address")
	issuerFlag(c)
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		user, err := s.FindUser(ctx, orgOf(c), args[0])
		if err != nil {
			return err
		}
		handed, err := s.ResetLink(ctx, user.ID, send)
		if err != nil {
			return err
		}
		document := struct {
			User string `json:"user"`
			handedView
		}{user.Name, viewHanded(&handed)}
		return p.reportHanded(s, document, &handed, "made a link for user %s", user.Name)
	})
	return c
}

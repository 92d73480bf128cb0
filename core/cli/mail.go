package cli

import (
	"context"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core"
)

// mailView is a mail as JSON. What it says is not in it: that is for who gets it.
type mailView struct {
	ID        core.ID    `json:"id"`
	To        string     `json:"to"`
	Template  string     `json:"template"`
	Org       string     `json:"organisation"`
	Failures  int        `json:"failures"`
	CreatedAt *time.Time `json:"created_at"`
	NextAt    *time.Time `json:"next_at"` // null: at once
	ExpiresAt *time.Time `json:"expires_at"`
}

func (p *program) mail() *cobra.Command {
	return family("mail", "see whether mails get through, and what waits to be sent", p.mailTest(), p.mailList(), p.mailRetry())
}

func (p *program) mailTest() *cobra.Command {
	c := &cobra.Command{
		Use: "test ADDRESS", Short: "send a mail to an address at once", Args: arguments("ADDRESS"),
		Long: "Send a mail to an address at once, by the mail server of the configuration\n" +
			"(mail_smtp), and say what that answered. That it was taken does not mean that it\narrives: look into the mailbox, and among the spam.",
		Example: "  POSTERN_CONFIG=postern.toml postern mail test ada@example.org",
	}
	c.RunE = p.making(func(ctx context.Context, s *session, args []string) error {
		if err := s.TestMail(ctx, args[0]); err != nil {
			return err
		}
		server := "the mail server"
		if _, here := s.Desk.(local); here {
			server = s.config.Mail.Server
		}
		return p.done(map[string]any{"sent": true, "to": args[0]}, "%s took the mail to %s: look whether it arrives", server, args[0])
	})
	return c
}

func (p *program) mailList() *cobra.Command {
	c := &cobra.Command{Use: "list", Short: "list the mails that wait to be sent, the newest first", Args: arguments()}
	c.RunE = p.with(func(ctx context.Context, s *session, _ []string) error {
		mails, err := s.QueuedMails(ctx)
		if err != nil {
			return err
		}
		views, rows := make([]mailView, len(mails)), make([][]string, len(mails))
		for i, m := range mails {
			views[i] = mailView{m.ID, m.To, m.Template, m.Org, m.Failures, jsonTime(m.CreatedAt), jsonTime(m.NextAt), jsonTime(m.ExpiresAt)}
			rows[i] = []string{string(m.ID), m.To, m.Template, strconv.Itoa(m.Failures), stamp(m.CreatedAt), stamp(m.NextAt), stamp(m.ExpiresAt)}
		}
		return p.print(views, func(w io.Writer) {
			table(w, "no mail waits", []string{"ID", "TO", "TEMPLATE", "FAILURES", "MADE", "NEXT TRY", "GIVEN UP"}, rows)
		})
	})
	return c
}

func (p *program) mailRetry() *cobra.Command {
	c := &cobra.Command{
		Use: "retry [ID]", Short: "send a mail that was put off now, or all of them", Args: upTo(1),
		Long: "Send a mail that was put off now; without an ID, all that were put off. A server\n" +
			"that runs takes them within a minute. A mail that is being sent right now may come\ntwice.",
	}
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		var id core.ID
		if len(args) > 0 {
			id = core.ID(args[0])
		}
		n, err := s.RetryMails(ctx, id)
		if err != nil {
			return err
		}
		return p.done(map[string]int{"retried": n}, "mails that will be sent now: %d", n)
	})
	return c
}

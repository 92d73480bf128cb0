package cli

import (
	"context"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/config"
)

// initialView is an initial access token as JSON. The token itself is there only right
// after it was made.
type initialView struct {
	ID           core.ID    `json:"id"`
	Organisation string     `json:"organisation"`
	Name         string     `json:"name"`
	Token        string     `json:"token,omitempty"`
	MaxUses      int        `json:"max_uses"` // 0: any number
	Uses         int        `json:"uses"`
	CreatedAt    *time.Time `json:"created_at"`
	ExpiresAt    *time.Time `json:"expires_at"`
}

func viewInitial(t *core.InitialToken, text string) initialView {
	return initialView{t.ID, t.Org, t.Name, text, t.MaxUses, t.Uses, jsonTime(t.CreatedAt), jsonTime(t.ExpiresAt)}
}

func (p *program) registration() *cobra.Command {
	tokens := family("token", "make and end tokens with which clients register themselves", p.initialCreate(), p.initialList(), p.initialRevoke())
	c := family("registration", "say who may register clients by itself", tokens)
	orgFlag(c)
	return c
}

func (p *program) initialCreate() *cobra.Command {
	c := &cobra.Command{
		Use: "create NAME", Short: "make a token and print it", Args: arguments("NAME"),
		Long: "Make an initial access token and print it: it is shown this once. Whoever has it\n" +
			"registers clients in the organisation, if the server runs with --registration\ntoken or open.",
	}
	uses := c.Flags().Int("uses", 1, "how many clients it registers; 0 is any number")
	ttl := c.Flags().String("lifetime", "24h", "how long it works, such as 24h or 30d")
	c.RunE = p.making(func(ctx context.Context, s *session, args []string) error {
		lifetime, err := config.ParseDuration(*ttl)
		if err != nil {
			return usagef("write it like 24h or 30d", "%q is no value for --lifetime", *ttl)
		}
		token, text, err := s.CreateInitialToken(ctx, admin.NewInitialToken{Org: orgOf(c), Name: args[0], MaxUses: *uses, TTL: lifetime})
		if err != nil {
			return err
		}
		p.note("made token %s, which works until %s; it is not shown again", token.ID, stamp(token.ExpiresAt))
		return p.print(viewInitial(token, text), func(w io.Writer) { io.WriteString(w, text+"\n") })
	})
	return c
}

func (p *program) initialList() *cobra.Command {
	c := &cobra.Command{Use: "list", Short: "list the tokens", Args: arguments()}
	c.RunE = p.with(func(ctx context.Context, s *session, _ []string) error {
		tokens, err := s.InitialTokens(ctx, orgOf(c))
		if err != nil {
			return err
		}
		views := make([]initialView, len(tokens))
		rows := make([][]string, len(tokens))
		for i := range tokens {
			views[i] = viewInitial(&tokens[i], "")
			rows[i] = []string{string(tokens[i].ID), tokens[i].Name, usesOf(&tokens[i]), stamp(tokens[i].ExpiresAt)}
		}
		return p.print(views, func(w io.Writer) {
			table(w, "there are no tokens", []string{"ID", "NAME", "USES", "UNTIL"}, rows)
		})
	})
	return c
}

func usesOf(t *core.InitialToken) string {
	if t.MaxUses == 0 {
		return strconv.Itoa(t.Uses)
	}
	return strconv.Itoa(t.Uses) + " of " + strconv.Itoa(t.MaxUses)
}

func (p *program) initialRevoke() *cobra.Command {
	c := &cobra.Command{Use: "revoke ID", Short: "end a token; what was registered with it stays", Args: arguments("ID")}
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		if err := s.RevokeInitialToken(ctx, core.ID(args[0])); err != nil {
			return err
		}
		return p.done(deleted{true, args[0], ""}, "revoked token %s", args[0])
	})
	return c
}

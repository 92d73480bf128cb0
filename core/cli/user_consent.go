package cli

import (
	"context"
	"io"
	"time"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core"
)

// consentView is what a user allowed a client, as JSON.
type consentView struct {
	ClientID  string     `json:"client_id"`
	Client    string     `json:"client"` // its name
	Scopes    []string   `json:"scopes"`
	GrantedAt *time.Time `json:"granted_at"`
	UpdatedAt *time.Time `json:"updated_at"`
}

func (p *program) userConsents() *cobra.Command {
	c := &cobra.Command{
		Use: "consents USER", Short: "list what a user allowed which client", Args: arguments("USER"),
		Long: "List what a user allowed which client. 'postern user sign-out USER --client CLIENT'\ntakes it back.",
	}
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		user, err := s.FindUser(ctx, orgOf(c), args[0])
		if err != nil {
			return err
		}
		consents, err := s.UserConsents(ctx, user.ID)
		if err != nil {
			return err
		}
		views := make([]consentView, len(consents))
		rows := make([][]string, len(consents))
		for i := range consents {
			views[i] = viewConsent(ctx, s, &consents[i])
			rows[i] = []string{views[i].Client, views[i].ClientID, joined(views[i].Scopes), stamp(consents[i].GrantedAt)}
		}
		return p.print(views, func(w io.Writer) {
			table(w, user.Name+" allowed nothing yet", []string{"CLIENT", "CLIENT ID", "MAY", "SINCE"}, rows)
		})
	})
	return c
}

// viewConsent names the client, where whoever asks may see it.
func viewConsent(ctx context.Context, s *session, c *core.Consent) consentView {
	v := consentView{ClientID: c.ClientID, Scopes: list(c.Scopes), GrantedAt: jsonTime(c.GrantedAt), UpdatedAt: jsonTime(c.UpdatedAt)}
	if client, err := s.Client(ctx, c.ClientID); err == nil {
		v.Client = client.Name
	}
	return v
}

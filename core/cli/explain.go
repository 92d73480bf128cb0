package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core"
)

func (p *program) explain() *cobra.Command {
	var user, client string
	var scopes []string
	c := &cobra.Command{
		Use: "explain", Short: "show what a client would get about a user, and which plugin set it", Args: arguments(),
		Example: "  postern explain --user alice --client Confluence",
	}
	c.Flags().StringVar(&user, "user", "", "the user, by name, e-mail address or identifier")
	c.Flags().StringVar(&client, "client", "", "the client, by name or client ID")
	c.Flags().StringArrayVar(&scopes, "scope", nil, "`SCOPE` that was granted (repeatable; default: all that the client may ask for)")
	orgFlag(c)
	c.PreRunE = func(*cobra.Command, []string) error {
		if user == "" || client == "" {
			return usagef("give --user USER and --client CLIENT", "the user or the client is missing")
		}
		return nil
	}
	c.RunE = p.with(func(ctx context.Context, s *session, _ []string) error {
		person, err := s.Admin.FindUser(ctx, orgOf(c), user)
		if err != nil {
			return err
		}
		relying, err := s.Admin.FindClient(ctx, orgOf(c), client)
		if err != nil {
			return err
		}
		granted, err := grantedScopes(relying, scopes)
		if err != nil {
			return err
		}
		explanation, err := s.Explain(ctx, person, relying, granted)
		if err != nil {
			return err
		}
		return p.print(explanation, func(w io.Writer) {
			fmt.Fprintf(w, "what %s gets about %s, with the scopes %s\n", relying.Name, person.Name, strings.Join(explanation.Scopes, " "))
			var rows [][]string
			if explanation.IDToken != nil {
				for _, claim := range explanation.IDToken.Claims {
					rows = append(rows, []string{claim.Name, string(claim.Value), claim.Origin.String()})
				}
			}
			claimTable(w, "ID token", rows)
			rows = nil
			if explanation.UserInfo != nil {
				for _, claim := range explanation.UserInfo.Claims {
					rows = append(rows, []string{claim.Name, string(claim.Value), claim.Origin.String()})
				}
			}
			claimTable(w, "UserInfo", rows)
			fmt.Fprintf(w, "\naccount%s\n%s\n", shapedBy(explanation.AccountShaped), pretty(explanation.Account))
		})
	})
	return c
}

// grantedScopes gives the scopes to explain; nil stands for all of the client's.
func grantedScopes(client *core.Client, given []string) ([]string, error) {
	var scopes []string
	for _, scope := range strings.Fields(strings.Join(given, " ")) {
		if !slices.Contains(client.Scopes, scope) {
			return nil, failf("it may ask for "+strings.Join(client.Scopes, " "), "client %q may not ask for the scope %q", client.Name, scope)
		}
		scopes = append(scopes, scope)
	}
	return scopes, nil
}

func claimTable(w io.Writer, name string, rows [][]string) {
	fmt.Fprintf(w, "\n%s\n", name)
	table(w, "none: the scope openid is not granted", []string{"CLAIM", "VALUE", "FROM"}, rows)
}

func shapedBy(plugin bool) string {
	if plugin {
		return " (shaped by a plugin)"
	}
	return ""
}

func pretty(document []byte) string {
	var out bytes.Buffer
	if json.Indent(&out, document, "", "  ") != nil {
		return string(document)
	}
	return out.String()
}

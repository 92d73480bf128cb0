package cli

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
)

// explainFlags are the circumstances to explain.
type explainFlags struct {
	user, client, at, signedInAt string
	scopes                       []string
	inquiry                      admin.Inquiry
}

func (p *program) explain() *cobra.Command {
	c := &cobra.Command{
		Use: "explain", Short: "show what a client would get about a user, and which plugin decided it", Args: arguments(),
		Long: "Show whether a client gets anything about a user, what each policy says, how the user\n" +
			"has to sign in and why, and the documents with the origin of each claim. Nothing is\n" +
			"issued. Without flags it is a sign-in by password, now; where the address is not\ngiven, policies do not know it.",
		Example: "  postern explain --user alice --client Confluence\n" +
			"  postern explain --user alice --client Confluence --address 192.0.2.7 --at 2026-11-25T23:00:00+01:00",
	}
	f := newExplainFlags(c)
	orgFlag(c)
	issuerFlag(c)
	c.PreRunE = f.check
	c.RunE = p.with(func(ctx context.Context, s *session, _ []string) error {
		q, err := f.find(ctx, s, orgOf(c))
		if err != nil {
			return err
		}
		explanation, err := s.Explain(ctx, q)
		if err != nil {
			return err
		}
		return p.print(explanation, func(w io.Writer) { describeExplanation(w, q, explanation) })
	})
	return c
}

func newExplainFlags(c *cobra.Command) *explainFlags {
	f := &explainFlags{}
	set := c.Flags()
	set.SortFlags = false
	set.StringVar(&f.user, "user", "", "the user, by name, e-mail address or identifier")
	set.StringVar(&f.client, "client", "", "the client, by name or client ID")
	set.StringArrayVar(&f.scopes, "scope", nil, "`SCOPE` that is asked for (repeatable; default: all that the client may ask for)")
	set.StringVar(&f.inquiry.GrantType, "grant-type", core.GrantAuthorizationCode, "`TYPE`: authorization_code, refresh_token or client_credentials")
	set.StringVar(&f.inquiry.Address, "address", "", "`ADDRESS` of the browser, or of the client at a refresh")
	set.StringVar(&f.at, "at", "", "`TIME` of the request, such as 2026-11-25T23:00:00+01:00 (default: now)")
	set.StringVar(&f.signedInAt, "signed-in-at", "", "`TIME` of the sign-in (default: that of the request)")
	set.StringVar(&f.inquiry.Connector, "connector", "", "plugin `INSTANCE` that the user signed in with (default: a password of Postern's own)")
	set.StringVar(&f.inquiry.ACR, "acr", "", "`CLASS` of the sign-in (default: a password's, unless --connector or --amr is given)")
	set.StringArrayVar(&f.inquiry.ACRValues, "acr-value", nil, "`CLASS` that the request would like (repeatable; default: those that the client registered)")
	set.BoolVar(&f.inquiry.Trusted, "trusted-browser", false, "the user trusts the browser, if the organisation lets them")
	set.StringArrayVar(&f.inquiry.AMR, "amr", nil, "`METHOD` of the sign-in (repeatable; default: as with --acr)")
	return f
}

// check reads what needs no data directory.
func (f *explainFlags) check(*cobra.Command, []string) (err error) {
	alone := f.inquiry.GrantType == core.GrantClientCredentials
	switch {
	case f.client == "" || f.user == "" && !alone:
		return usagef("give --user USER and --client CLIENT", "the user or the client is missing")
	case f.user != "" && alone:
		return usagef("leave --user out", "with client_credentials no user takes part")
	}
	if known := []string{core.GrantAuthorizationCode, core.GrantRefreshToken, core.GrantClientCredentials}; !slices.Contains(known, f.inquiry.GrantType) {
		return usagef("use "+joined(known), "%q is no grant type that can be explained", f.inquiry.GrantType)
	}
	if f.inquiry.At, err = readMoment("at", f.at); err != nil {
		return err
	}
	f.inquiry.SignedInAt, err = readMoment("signed-in-at", f.signedInAt)
	return err
}

func readMoment(flag, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return at, usagef("write it like 2026-11-25T23:00:00+01:00 or 2026-11-25T22:00:00Z", "%q is no value for --%s", text, flag)
	}
	return at, nil
}

// find looks up whom and what the flags name.
func (f *explainFlags) find(ctx context.Context, s *session, org string) (q admin.Inquiry, err error) {
	q = f.inquiry
	if f.user != "" {
		if q.User, err = s.FindUser(ctx, org, f.user); err != nil {
			return q, err
		}
	}
	if q.Client, err = s.FindClient(ctx, org, f.client); err != nil {
		return q, err
	}
	q.Scopes, err = grantedScopes(q.Client, f.scopes)
	return q, err
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

func describeExplanation(w io.Writer, q admin.Inquiry, e *admin.Explanation) {
	d, about := &e.Decision, "for itself"
	if q.User != nil {
		about = "about " + q.User.Name
	}
	if d.Refused != "" {
		fmt.Fprintf(w, "%s gets nothing %s: %s\n", q.Client.Name, about, cmp.Or(d.Failure, d.Refused))
	} else {
		fmt.Fprintf(w, "what %s gets %s, with the scopes %s\n", q.Client.Name, about, strings.Join(d.Granted, " "))
	}
	describeDecision(w, q.Client, d)
	if e.Given == nil {
		return
	}
	var rows [][]string
	if e.IDToken != nil {
		for _, claim := range e.IDToken.Claims {
			rows = append(rows, []string{claim.Name, string(claim.Value), claim.Origin.String()})
		}
	}
	claimTable(w, "ID token", rows)
	rows = nil
	if e.UserInfo != nil {
		for _, claim := range e.UserInfo.Claims {
			rows = append(rows, []string{claim.Name, string(claim.Value), claim.Origin.String()})
		}
	}
	claimTable(w, "UserInfo", rows)
	fmt.Fprintf(w, "\naccount%s\n%s\n", shapedBy(e.AccountShaped), pretty(e.Account))
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

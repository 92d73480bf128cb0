package cli

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/config"
)

// clientView is a client as JSON: what its relying party must be told, then what
// it may do. The secret is there only right after it was made.
type clientView struct {
	admin.Connection
	Organisation           string              `json:"organisation"`
	Name                   string              `json:"name"`
	DisplayName            string              `json:"display_name"`
	Preset                 string              `json:"preset"`
	RedirectURIs           []string            `json:"redirect_uris"`
	PostLogoutRedirectURIs []string            `json:"post_logout_redirect_uris"`
	AllowedGroups          []string            `json:"allowed_groups"` // empty: everybody
	SignIn                 signInView          `json:"sign_in"`        // besides the rules of the organisation
	GrantTypes             []string            `json:"grant_types"`
	ResponseTypes          []string            `json:"response_types"`
	AuthMethods            []string            `json:"token_endpoint_auth_methods"`
	IDTokenAlg             string              `json:"id_token_signed_response_alg"`
	Native                 bool                `json:"native"`
	RequirePKCE            bool                `json:"require_pkce"`
	SkipConsent            bool                `json:"skip_consent"`
	OfflineWithoutPrompt   bool                `json:"offline_without_prompt"`
	QueryToken             bool                `json:"query_token"`
	Registered             bool                `json:"registered"` // by itself
	Shared                 bool                `json:"shared"`
	Disabled               bool                `json:"disabled"`
	LogoURI                string              `json:"logo_uri"`
	ClientURI              string              `json:"client_uri"`
	PolicyURI              string              `json:"policy_uri"`
	TermsURI               string              `json:"terms_uri"`
	AccessSeconds          int                 `json:"access_token_lifetime"` // 0: the server's default
	IDTokenSeconds         int                 `json:"id_token_lifetime"`
	RefreshSeconds         int                 `json:"refresh_token_lifetime"`
	Metadata               core.ClientMetadata `json:"metadata"` // what else it registered
	CreatedAt              *time.Time          `json:"created_at"`
	UpdatedAt              *time.Time          `json:"updated_at"`
}

func viewClient(issuer string, c *core.Client, secret string) clientView {
	return clientView{
		Connection: admin.Connect(issuer, c, secret), Organisation: c.Org, Name: c.Name, DisplayName: c.Title(), Preset: c.Preset,
		RedirectURIs: list(c.RedirectURIs), PostLogoutRedirectURIs: list(c.PostLogoutRedirectURIs), AllowedGroups: list(c.AllowedGroups), SignIn: viewSignIn(c.SignIn), GrantTypes: list(c.GrantTypes),
		ResponseTypes: list(c.ResponseTypes), AuthMethods: list(c.AuthMethods), IDTokenAlg: c.IDTokenAlg, Native: c.Native,
		RequirePKCE: c.RequirePKCE, SkipConsent: c.SkipConsent, OfflineWithoutPrompt: c.OfflineWithoutPrompt, QueryToken: c.QueryToken,
		Registered: c.Registered(), Shared: c.Shared, Disabled: c.Disabled, LogoURI: c.LogoURI, ClientURI: c.ClientURI, PolicyURI: c.PolicyURI, TermsURI: c.TermsURI,
		AccessSeconds: seconds(c.AccessTTL), IDTokenSeconds: seconds(c.IDTokenTTL), RefreshSeconds: seconds(c.RefreshTTL),
		Metadata:  c.Metadata,
		CreatedAt: jsonTime(c.CreatedAt), UpdatedAt: jsonTime(c.UpdatedAt),
	}
}

func subjectType(c *core.Client) string { return cmp.Or(c.Metadata.SubjectType, core.SubjectPublic) }

func seconds(d time.Duration) int { return int(d / time.Second) }

func (p *program) client() *cobra.Command {
	c := family("client", "make and change relying parties",
		p.clientCreate(), p.clientList(), p.clientShow(), p.clientGuide(), p.clientUpdate(), p.clientRotateSecret(), p.clientDelete())
	orgFlag(c)
	return c
}

// issuerFlag lets a command print other addresses than those of the last start.
func issuerFlag(c *cobra.Command) {
	for _, s := range config.Settings() {
		if s.Key == "issuer" {
			addSetting(c.Flags(), s)
		}
	}
}

func (p *program) clientCreate() *cobra.Command {
	var names, usage []string
	for _, preset := range admin.Presets() {
		names = append(names, preset.Name)
		usage = append(usage, fmt.Sprintf("  %-21s %s", preset.Name, preset.Description))
	}
	c := &cobra.Command{
		Use: "create NAME", Short: "make a client and print what to paste into it", Args: arguments("NAME"),
		Long:    "Make a client and print what to paste into it, with the secret, which is shown\nthis once. The presets:\n\n" + strings.Join(usage, "\n"),
		Example: "  postern client create Confluence --preset confluence --address https://wiki.example.org",
	}
	preset := c.Flags().String("preset", admin.PresetWeb, joined(names))
	address := c.Flags().String("address", "", "address of the application, of which the preset of a product makes the redirect URIs")
	flags := p.newClientFlags(c)
	c.PreRunE = flags.check
	issuerFlag(c)
	c.RunE = p.making(func(ctx context.Context, s *session, args []string) error {
		created, err := s.CreateClient(ctx, admin.NewClient{Org: orgOf(c), Name: args[0], Preset: *preset, Address: *address, Edit: flags.apply})
		if err != nil {
			return err
		}
		if err := p.noteGroups(ctx, s, &created.Client); err != nil {
			return err
		}
		return p.reportClient(s, &created.Client, created.Secret, "created client %s")
	})
	return c
}

// reportClient prints a client that has just got a secret.
func (p *program) reportClient(s *session, client *core.Client, secret, done string) error {
	view := viewClient(s.issuer, client, secret)
	p.note(done, client.Name)
	if s.guessed {
		p.note("note: the server was not started yet, so the addresses are guesses; give --issuer, or run 'postern client show %s' after its start", client.Name)
	}
	p.noteCallbacks(client)
	if err := p.print(view, func(w io.Writer) { describeConnection(w, client, view.Connection) }); err != nil {
		return err
	}
	if secret != "" && !p.json {
		p.note("the secret is not shown again; 'postern client rotate-secret %s' makes another", client.Name)
	}
	return nil
}

// noteCallbacks points at a callback that the product does not have: the mistake
// shows only at the first sign-in otherwise.
func (p *program) noteCallbacks(client *core.Client) {
	stray := admin.StrayRedirects(client)
	for _, uri := range stray.Redirects {
		p.note("note: %s is not where %s usually listens, which is %s", uri, stray.Product, strings.Join(stray.Listens, " or "))
	}
}

// noteGroups points at groups that nobody is in because there is none of that name.
func (p *program) noteGroups(ctx context.Context, s *session, client *core.Client) error {
	missing, err := s.MissingGroups(ctx, client)
	for _, name := range missing {
		p.note("note: the organisation %s has no group %q yet", client.Org, name)
	}
	return err
}

// describeConnection prints what to paste, under the names of the form that it is
// pasted into, and what to do with it.
func describeConnection(w io.Writer, client *core.Client, c admin.Connection) {
	guide := admin.GuideOf(client, c)
	describeGuide(w, &guide)
}

func describeGuide(w io.Writer, guide *admin.Guide) {
	for i, form := range guide.Forms {
		if i > 0 {
			fmt.Fprintln(w)
		}
		fmt.Fprintf(w, "%s:\n\n", form.Title)
		fields(w, form.Rows)
	}
	for _, snippet := range guide.Snippets {
		fmt.Fprintf(w, "\n%s:\n\n%s\n", snippet.Title, snippet.Text)
	}
	fmt.Fprintln(w, "\nWhat to do:")
	for i, step := range guide.Steps {
		fmt.Fprintf(w, "%3d. %s\n", i+1, step)
	}
	if guide.Source != "" {
		fmt.Fprintf(w, "\nSee also %s\n", guide.Source)
	}
}

func (p *program) clientList() *cobra.Command {
	var filter core.ClientFilter
	c := &cobra.Command{Use: "list", Short: "list clients", Args: arguments()}
	c.Flags().StringVar(&filter.Search, "search", "", "only clients with this `TEXT` in name, full name or client ID")
	everywhere := allFlag(c)
	issuerFlag(c)
	c.RunE = p.with(func(ctx context.Context, s *session, _ []string) error {
		if filter.Org = orgOf(c); *everywhere {
			filter.Org = ""
		}
		clients, err := s.FindClients(ctx, filter)
		if err != nil {
			return err
		}
		views := make([]clientView, len(clients))
		rows := make([][]string, len(clients))
		for i := range clients {
			views[i] = viewClient(s.issuer, &clients[i], "")
			rows[i] = []string{clients[i].Name, clients[i].ID, clients[i].Preset, joined(clients[i].RedirectURIs), clientState(&clients[i])}
		}
		headings := []string{"NAME", "CLIENT ID", "PRESET", "REDIRECT URIS", "STATE"}
		if *everywhere {
			headings = withOrg(headings, rows, func(i int) string { return clients[i].Org })
		}
		return p.print(views, func(w io.Writer) { table(w, "there are no clients", headings, rows) })
	})
	return c
}

func clientState(c *core.Client) string {
	if c.Disabled {
		return "disabled"
	}
	return "active"
}

func (p *program) clientShow() *cobra.Command {
	c := &cobra.Command{Use: "show CLIENT", Short: "show a client, by name or client ID, and what to paste into it", Args: arguments("CLIENT")}
	issuerFlag(c)
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		client, err := s.FindClient(ctx, orgOf(c), args[0])
		if err != nil {
			return err
		}
		if err := p.noteManaged(ctx, s, core.ManagedClient, client.ID); err != nil {
			return err
		}
		view := viewClient(s.issuer, client, "")
		return p.print(view, func(w io.Writer) {
			fields(w, describeClient(client))
			fmt.Fprintln(w)
			describeConnection(w, client, view.Connection)
		})
	})
	return c
}

func describeClient(c *core.Client) []admin.Row {
	rows := []admin.Row{
		{Field: "Name", Value: c.Name}, {Field: "Shown as", Value: c.Title()}, {Field: "Organisation", Value: c.Org},
		{Field: "Preset", Value: c.Preset}, {Field: "State", Value: clientState(c)},
		{Field: "Redirect URIs", Value: joined(c.RedirectURIs)}, {Field: "Redirect URIs after logout", Value: joined(c.PostLogoutRedirectURIs)},
		{Field: "Grant types", Value: joined(c.GrantTypes)}, {Field: "Response types", Value: joined(c.ResponseTypes)}, {Field: "Who may sign in", Value: whoMay(c)},
		{Field: "Authentication", Value: joined(c.AuthMethods)}, {Field: "ID token algorithm", Value: c.IDTokenAlg},
		{Field: "Subject type", Value: subjectType(c)},
	}
	if age := c.Metadata.DefaultMaxAge; age != nil {
		rows = append(rows, admin.Row{Field: "Default max age", Value: (time.Duration(*age) * time.Second).String()})
	}
	for _, row := range []admin.Row{{Field: "Sign in with", Value: joined(c.SignIn.Methods)}, {Field: "Asked for", Value: classText(c.SignIn.Require)}} {
		if row.Value != "" {
			rows = append(rows, row)
		}
	}
	rows = append(rows, describeKeys(&c.Metadata)...)
	for _, b := range clientBools() {
		rows = append(rows, admin.Row{Field: title(strings.NewReplacer("-", " ", "pkce", "PKCE").Replace(b.flag)), Value: yes(*b.field(c))})
	}
	for _, l := range []admin.Row{{Field: "Loaded at a logout", Value: c.Metadata.FrontchannelLogoutURI}, {Field: "Told of a logout at", Value: c.Metadata.BackchannelLogoutURI}} {
		if l.Value != "" {
			rows = append(rows, l)
		}
	}
	for _, d := range clientTTLs() {
		if ttl := *d.field(c); ttl != 0 {
			rows = append(rows, admin.Row{Field: title(strings.ReplaceAll(d.flag, "-", " ")), Value: ttl.String()})
		}
	}
	if c.Registered() {
		rows = append(rows, admin.Row{Field: "Registered", Value: "by itself"})
	}
	return append(rows, admin.Row{Field: "Created", Value: stamp(c.CreatedAt)}, admin.Row{Field: "Changed", Value: stamp(c.UpdatedAt)})
}

// describeKeys leaves out what the client does not have.
func describeKeys(m *core.ClientMetadata) []admin.Row {
	var rows []admin.Row
	if len(m.JWKS) > 0 {
		rows = append(rows, admin.Row{Field: "Keys", Value: "registered"})
	}
	for _, row := range []admin.Row{{Field: "Keys", Value: m.JWKSURI}, {Field: "Signs assertions with", Value: m.TokenAuthAlg},
		{Field: "Signs requests with", Value: m.RequestObjectAlg}, {Field: "UserInfo algorithm", Value: m.UserInfoAlg},
		{Field: "ID token encryption", Value: encryption(m.IDTokenEncryptionAlg, m.IDTokenEncryptionEnc)},
		{Field: "UserInfo encryption", Value: encryption(m.UserInfoEncryptionAlg, m.UserInfoEncryptionEnc)}} {
		if row.Value != "" {
			rows = append(rows, row)
		}
	}
	if len(m.RequestURIs) > 0 {
		rows = append(rows, admin.Row{Field: "Request URIs", Value: joined(m.RequestURIs)})
	}
	return rows
}

// asksPeople reports whether people sign in to the client in a browser that it sends here.
func asksPeople(c *core.Client) bool {
	return slices.Contains(c.GrantTypes, core.GrantAuthorizationCode) || slices.Contains(c.GrantTypes, core.GrantImplicit)
}
func encryption(alg, enc string) string { return strings.TrimSpace(alg + " " + enc) }

func whoMay(c *core.Client) string {
	switch {
	case !asksPeople(c) && !slices.Contains(c.GrantTypes, core.GrantDevice):
		return "nobody"
	case len(c.AllowedGroups) == 0:
		return "everybody"
	}
	return "members of " + joined(c.AllowedGroups)
}

func (p *program) clientUpdate() *cobra.Command {
	var rename string
	var disabled bool
	c := &cobra.Command{
		Use: "update CLIENT", Short: "change a client", Args: arguments("CLIENT"),
		Long: "Change a client. A list that is given replaces the list that was there.",
	}
	flags := p.newClientFlags(c)
	c.PreRunE = flags.check
	c.Flags().StringVar(&rename, "rename", "", "new name")
	c.Flags().BoolVar(&disabled, "disabled", false, "refuse everything that the client asks for")
	issuerFlag(c)
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		client, err := s.FindClient(ctx, orgOf(c), args[0])
		if err != nil {
			return err
		}
		client, err = s.UpdateClient(ctx, client.ID, "", func(edited *core.Client) {
			flags.apply(edited)
			if c.Flags().Changed("rename") {
				edited.Name = rename
			}
			if c.Flags().Changed("disabled") {
				edited.Disabled = disabled
			}
		})
		if err != nil {
			return err
		}
		p.noteCallbacks(client)
		if admin.LacksSecret(client) {
			p.note("note: client %s needs another secret now; 'postern client rotate-secret %s' makes it", client.Name, client.Name)
		}
		if err := p.noteGroups(ctx, s, client); err != nil {
			return err
		}
		return p.done(viewClient(s.issuer, client, ""), "updated client %s", client.Name)
	})
	return c
}

func (p *program) clientRotateSecret() *cobra.Command {
	c := &cobra.Command{
		Use: "rotate-secret CLIENT", Short: "make a new secret; the old one stops working at once", Args: arguments("CLIENT"),
	}
	issuerFlag(c)
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		client, err := s.FindClient(ctx, orgOf(c), args[0])
		if err != nil {
			return err
		}
		secret, err := s.RotateSecret(ctx, client.ID)
		if err != nil {
			return err
		}
		return p.reportClient(s, client, secret, "made a new secret for client %s")
	})
	return c
}

func (p *program) clientDelete() *cobra.Command {
	c := &cobra.Command{Use: "delete CLIENT", Short: "delete a client with consents and tokens", Args: arguments("CLIENT")}
	sure := yesFlag(c)
	c.RunE = p.with(func(ctx context.Context, s *session, args []string) error {
		client, err := s.FindClient(ctx, orgOf(c), args[0])
		if err != nil {
			return err
		}
		contents := func() ([]core.Content, error) { return s.ClientContents(ctx, client.ID) }
		if err := p.lost(ctx, *sure, "client", client.Name, contents); err != nil {
			return err
		}
		if err := s.DeleteClient(ctx, client.ID); err != nil {
			return err
		}
		return p.done(deleted{true, client.ID, client.Name}, "deleted client %s", client.Name)
	})
	return c
}

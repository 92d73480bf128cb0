package console

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/web"
)

type clientField = SheetField[core.Client]

// clientSettings is the page on which everything about a client is edited.
func (c *Console) clientSettings() Route {
	return SheetPage[core.Client]{
		Path: clientsPath + "/:id/edit", Menu: clientsPath, Fresh: true, Permission: core.WriteClients,
		Read: func(v *Visit) (*core.Client, string, admin.Version, error) {
			client, err := v.theClient()
			if err != nil {
				return nil, "", "", err
			}
			return client, client.Org, admin.VersionOf(client.UpdatedAt), nil
		},
		Sheet: func(v *Visit, client *core.Client) Sheet[core.Client] {
			sheet := clientSheet(v, client)
			sheet.Fill = saving(sheet.Fill, at(clientsPath, client.ID))
			return sheet
		},
		Page: func(v *Visit, client *core.Client, form web.Form) *web.Console {
			return clientPage(v, client, "edit", form)
		},
		Update: func(v *Visit, client *core.Client, was admin.Version, edit func(*core.Client)) (string, string, error) {
			_, err := v.Desk.UpdateClient(v, client.ID, was, edit)
			return at(clientsPath, client.ID), "The settings were saved.", err
		},
	}.Route()
}

func clientSheet(v *Visit, client *core.Client) Sheet[core.Client] {
	return Sheet[core.Client]{
		Groups: []SheetGroup[core.Client]{
			{Title: "What people see", Fields: []clientField{
				textOf(web.Input{Name: "display_name", Label: "Name that people see", Kind: "text"}, func(c *core.Client) *string { return &c.DisplayName }),
				textOf(web.Input{Name: "name", Label: "Short name", Kind: "text", Required: true, Code: true}, func(c *core.Client) *string { return &c.Name }),
				textOf(web.Input{Name: "client_uri", Label: "Its page", Kind: "url", Optional: true}, func(c *core.Client) *string { return &c.ClientURI }),
				textOf(web.Input{Name: "logo_uri", Label: "Logo", Kind: "text", Optional: true, Hint: "An https address, or a data:image URI."}, func(c *core.Client) *string { return &c.LogoURI }),
				textOf(web.Input{Name: "policy_uri", Label: "Privacy policy", Kind: "url", Optional: true}, func(c *core.Client) *string { return &c.PolicyURI }),
				textOf(web.Input{Name: "terms_uri", Label: "Terms of use", Kind: "url", Optional: true}, func(c *core.Client) *string { return &c.TermsURI }),
			}},
			{Title: "Addresses", Fields: []clientField{
				linesOf(web.Input{Name: "redirect_uris", Label: "Redirect URIs", Code: true, Rows: 3, Hint: "Where it gets its answers, one on each line."}, func(c *core.Client) *[]string { return &c.RedirectURIs }),
				linesOf(web.Input{Name: "post_logout_redirect_uris", Label: "Redirect URIs after signing out", Code: true, Rows: 2, Optional: true}, func(c *core.Client) *[]string { return &c.PostLogoutRedirectURIs }),
			}},
			{Title: "Who may sign in", Fields: whoFields(v, client)},
			{Title: "Consent", Fields: []clientField{
				boxOf(web.Input{Name: "skip_consent", Label: "You consent for everybody", Hint: "Nobody is asked whether the application may know them."}, func(c *core.Client) *bool { return &c.SkipConsent }),
				boxOf(web.Input{Name: "offline_without_prompt", Label: "Refresh tokens without asking", Hint: "For offline_access without prompt=consent."}, func(c *core.Client) *bool { return &c.OfflineWithoutPrompt }),
			}},
			{Title: "Protocol", Folds: true, Fields: protocolFields(client)},
			{Title: "Lifetimes", Text: "Like 15m or 8h; empty: as the server has it.", Folds: true, Fields: []clientField{
				lastingOf("access_ttl", "Access tokens", func(c *core.Client) *time.Duration { return &c.AccessTTL }),
				lastingOf("id_token_ttl", "ID tokens", func(c *core.Client) *time.Duration { return &c.IDTokenTTL }),
				lastingOf("refresh_ttl", "Refresh tokens, from the sign-in", func(c *core.Client) *time.Duration { return &c.RefreshTTL }),
			}},
			{Title: "Signing out", Folds: true, Fields: logoutFields()},
			{Title: "Everything else that a client may register", Text: "As in OpenID Connect Dynamic Client Registration: jwks, jwks_uri, subject_type, algorithms and so on.", Folds: true, Fields: []clientField{metadataField()}},
		},
		Aliases: map[string]string{
			"jwks": "metadata", "jwks_uri": "metadata", "subject_type": "metadata", "sector_identifier_uri": "metadata", "contacts": "metadata",
			"token_endpoint_auth_signing_alg": "metadata", "request_uris": "metadata", "sign_in": "methods", "require": "require",
		},
	}
}

func whoFields(v *Visit, client *core.Client) []clientField {
	fields := []clientField{
		linesOf(web.Input{Name: "allowed_groups", Label: "Groups", Rows: 3, Hint: "One on each line. Without any, everybody may.", Optional: true}, func(c *core.Client) *[]string { return &c.AllowedGroups }),
	}
	if v.May(core.WriteClients, "") {
		fields = append(fields, boxOf(web.Input{Name: "shared", Label: "People of every organisation", Hint: "Else those of " + client.Org + " alone."}, func(c *core.Client) *bool { return &c.Shared }))
	}
	return append(fields,
		checksOf(web.Input{Name: "methods", Label: "They sign in with", Hint: "None ticked: whatever the organisation allows.", Options: []web.Option{
			{Value: core.MethodPassword, Label: "Password"}, {Value: core.MethodPasskey, Label: "Passkey"}, {Value: core.MethodEmail, Label: "Link by mail"},
			{Value: core.MethodTOTP, Label: "Code of an app"}, {Value: core.MethodUpstream, Label: "Another provider"},
		}}, func(c *core.Client) *[]string { return &c.SignIn.Methods }),
		textOf(web.Input{Name: "require", Label: "A second factor", Kind: "select", Options: []web.Option{
			{Value: "", Label: "As the organisation wants it"}, {Value: core.ACRTwo, Label: "Always"}, {Value: core.ACRPhishingResistant, Label: "Always, and one that cannot be phished"},
		}}, func(c *core.Client) *string { return &c.SignIn.Require }))
}

func protocolFields(client *core.Client) []clientField {
	box := func(values ...string) (list []web.Option) {
		for _, value := range values {
			list = append(list, web.Option{Value: value, Label: value})
		}
		return list
	}
	methods := []string{core.AuthBasic, core.AuthPost, core.AuthSecretJWT, core.AuthPrivateKeyJWT}
	if client.Public() {
		methods = []string{core.AuthNone}
	}
	return []clientField{
		wordsOf(web.Input{Name: "scopes", Label: "Scopes", Code: true, Wide: true, Kind: "text", Hint: "What it may ask for, with blanks between them."}, func(c *core.Client) *[]string { return &c.Scopes }),
		checksOf(web.Input{Name: "grant_types", Label: "Grant types", Options: box(grantTypes(client)...)}, func(c *core.Client) *[]string { return &c.GrantTypes }),
		linesOf(web.Input{Name: "response_types", Label: "Response types", Code: true, Rows: 2, Hint: "One on each line: code, for nearly all."}, func(c *core.Client) *[]string { return &c.ResponseTypes }),
		checksOf(web.Input{Name: "auth_methods", Label: "It proves who it is by", Options: box(methods...)}, func(c *core.Client) *[]string { return &c.AuthMethods }),
		textOf(web.Input{Name: "id_token_alg", Label: "ID tokens are signed with", Kind: "select", Options: box("RS256", "ES256", "EdDSA", "PS256")}, func(c *core.Client) *string { return &c.IDTokenAlg }),
		boxOf(web.Input{Name: "require_pkce", Label: "PKCE is required", Hint: "The application proves that the code is its own."}, func(c *core.Client) *bool { return &c.RequirePKCE }),
		boxOf(web.Input{Name: "native", Label: "It runs on computers or phones", Hint: "The port of http://127.0.0.1 is free, and schemes of its own are allowed."}, func(c *core.Client) *bool { return &c.Native }),
		boxOf(web.Input{Name: "query_token", Label: "Access tokens in the address", Hint: "At the account endpoint alone. They end up in logs: only for what cannot do otherwise."}, func(c *core.Client) *bool { return &c.QueryToken }),
	}
}

// grantTypes are those that can be given, and what the client has besides.
func grantTypes(client *core.Client) []string {
	types := []string{core.GrantAuthorizationCode, core.GrantRefreshToken, core.GrantClientCredentials, core.GrantImplicit}
	for _, other := range client.GrantTypes {
		if !slices.Contains(types, other) {
			types = append(types, other)
		}
	}
	return types
}

func logoutFields() []clientField {
	return []clientField{
		textOf(web.Input{Name: "backchannel_logout_uri", Label: "Told of it at", Kind: "url", Wide: true, Optional: true, Hint: "Where the server posts a logout token (back channel)."}, func(c *core.Client) *string { return &c.Metadata.BackchannelLogoutURI }),
		boxOf(web.Input{Name: "backchannel_logout_session_required", Label: "It wants to know which session"}, func(c *core.Client) *bool { return &c.Metadata.BackchannelLogoutSession }),
		textOf(web.Input{Name: "frontchannel_logout_uri", Label: "Loaded in the browser", Kind: "url", Wide: true, Optional: true, Hint: "A page that is loaded when somebody signs out (front channel)."}, func(c *core.Client) *string { return &c.Metadata.FrontchannelLogoutURI }),
		boxOf(web.Input{Name: "frontchannel_logout_session_required", Label: "It wants to know which session there too"}, func(c *core.Client) *bool { return &c.Metadata.FrontchannelLogoutSession }),
	}
}

// wordsOf is a field that is a list, with blanks between its words.
func wordsOf(input web.Input, of func(*core.Client) *[]string) clientField {
	return clientField{
		Input: input, Get: func(c *core.Client) string { return strings.Join(*of(c), " ") },
		Set: func(c *core.Client, text string) { *of(c) = strings.Fields(text) },
	}
}

// lastingOf is a field that is a time; nothing is the server's.
func lastingOf(name, label string, of func(*core.Client) *time.Duration) clientField {
	return clientField{
		Input: web.Input{Name: name, Label: label, Kind: "text", Placeholder: "15m", Optional: true},
		Get: func(c *core.Client) string {
			if *of(c) == 0 {
				return ""
			}
			return strings.TrimSuffix(strings.TrimSuffix(of(c).String(), "0s"), "0m")
		},
		Set: func(c *core.Client, text string) {
			*of(c) = 0
			if d, err := time.ParseDuration(text); err == nil { // Check saw to it
				*of(c) = d
			}
		},
		Check: func(text string) string {
			if _, err := time.ParseDuration(text); err != nil && text != "" {
				return "Write it like 15m, 8h or 1h30m."
			}
			return ""
		},
	}
}

// metadataField is the rest of what a client may register, as JSON. What has a field of its
// own is not in it.
func metadataField() clientField {
	return clientField{
		Input: web.Input{Name: "metadata", Label: "Metadata", Kind: "textarea", Code: true, Rows: 8},
		Get: func(c *core.Client) string {
			text, err := json.MarshalIndent(withoutLogout(c.Metadata), "", "  ")
			if err != nil {
				return "{}"
			}
			return string(text)
		},
		Set: func(c *core.Client, text string) {
			read, err := readMetadata(text)
			if err != nil { // Check saw to it
				return
			}
			own := c.Metadata
			c.Metadata = read
			c.Metadata.BackchannelLogoutURI, c.Metadata.BackchannelLogoutSession = own.BackchannelLogoutURI, own.BackchannelLogoutSession
			c.Metadata.FrontchannelLogoutURI, c.Metadata.FrontchannelLogoutSession = own.FrontchannelLogoutURI, own.FrontchannelLogoutSession
		},
		Check: func(text string) string {
			if _, err := readMetadata(text); err != nil {
				return "This is no JSON object of client metadata: " + err.Error() + "."
			}
			return ""
		},
	}
}

func withoutLogout(m core.ClientMetadata) core.ClientMetadata {
	m.BackchannelLogoutURI, m.BackchannelLogoutSession, m.FrontchannelLogoutURI, m.FrontchannelLogoutSession = "", false, "", false
	return m
}

// readMetadata refuses members that it does not know: a misspelt one would be lost.
func readMetadata(text string) (m core.ClientMetadata, err error) {
	if text == "" {
		return m, nil
	}
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.DisallowUnknownFields()
	return m, decoder.Decode(&m)
}

package intake

import (
	"slices"
	"strings"
	"time"

	"github.com/postern-id/postern/core/admin"
)

type casdoorApplication struct {
	Owner, Name, DisplayName, Organization, Logo, HomepageURL, TermsOfUse text
	ClientID, ClientSecret, BackchannelLogoutURI, SamlReplyURL            text
	TokenFormat, IPWhitelist                                              text
	RedirectURIs, GrantTypes, TokenFields, Tags                           texts
	TokenAttributes                                                       listOf[struct{}]
	Providers                                                             listOf[struct{ Name text }]
	DisableSignin, IsShared                                               flag
	EnablePassword                                                        *flag
	ExpireInHours, RefreshExpireInHours                                   number
}

// miniOrange is the path at which the app for Confluence and Jira takes its answers.
const miniOrange = "/plugins/servlet/oauth/callback"

func (d *casdoorData) planApplications(plan *admin.ImportPlan) {
	for i := range d.applications {
		app := &d.applications[i]
		switch {
		case app.Name == "app-built-in":
			left(plan, "application", casdoorOwn, string(app.Name), "it is Casdoor's own console")
		default:
			plan.Clients = append(plan.Clients, app.plan(d.keys[string(app.Organization)]))
		}
	}
}

func (a *casdoorApplication) plan(org string) admin.ImportClient {
	in := admin.ImportClient{
		Org: org, ID: string(a.ClientID), Name: clientName(string(a.Name)), DisplayName: string(a.DisplayName),
		Secret: string(a.ClientSecret), Preset: admin.PresetWeb, RedirectURIs: plainURIs(a.RedirectURIs), BackchannelLogoutURI: string(a.BackchannelLogoutURI),
		LogoURI: webAddress(a.Logo), ClientURI: string(a.HomepageURL), TermsURI: webAddress(a.TermsOfUse), Shared: bool(a.IsShared), Disabled: bool(a.DisableSignin),
	}
	if strings.Trim(in.Secret, "*") == "" {
		in.Secret = ""
	}
	if slices.ContainsFunc(in.RedirectURIs, func(uri string) bool { return strings.Contains(uri, miniOrange) }) {
		in.Preset = admin.PresetConfluence
		in.Notes = append(in.Notes, "gets the preset confluence: its redirect URI is that of the miniOrange app")
	}
	in.Notes = append(renamed(in.Notes, string(a.Name), in.Name), a.notes()...)
	if hours := float64(a.ExpireInHours); hours > 0 && hours <= 24 {
		in.AccessTTL = time.Duration(hours * float64(time.Hour))
	}
	if hours := float64(a.RefreshExpireInHours); hours > 0 && hours <= 400*24 {
		in.RefreshTTL = time.Duration(hours * float64(time.Hour))
	}
	return in
}

// notes say what of the application has no place here. Casdoor turns every kind of grant
// on by itself, so those that few use are not taken.
func (a *casdoorApplication) notes() []string {
	grant := func(names ...string) bool {
		return slices.ContainsFunc(names, func(name string) bool { return slices.Contains(a.GrantTypes, name) })
	}
	return noted([]note{
		{grant("token", "id_token", "implicit"), "the implicit grant was left out; if the application uses it, 'postern client update --response-type' turns it on"},
		{grant("client_credentials"), "client_credentials was left out; if the application uses it, make it a client of the preset service besides"},
		{grant("password"), "the password grant was left out: nobody types a password into an application here"},
		{a.SamlReplyURL != "", "SAML was left out: it is not spoken here"},
		{len(a.TokenFields) > 0 || len(a.TokenAttributes) > 0, "what the tokens hold was left out: a plugin for claims.map says it here"},
		{a.EnablePassword != nil && !bool(*a.EnablePassword), "passwords are turned off for it there; 'postern client update --sign-in-method' does so here"},
		{len(a.Tags) > 0, "lets in there only who has one of its tags, which was left out: 'postern client update --allow-group' says it here"},
		{a.IPWhitelist != "", "from which addresses people may sign in to it was left out: let a proxy in front of this server say so"},
		{a.ExpireInHours > 24 || a.RefreshExpireInHours > 400*24, "tokens live shorter here: access tokens at most a day, refresh tokens at most 400 days"},
	})
}

// plainURIs gives redirect URIs as they are sent. There they are patterns, in which a full
// stop may stand behind a backslash; those that match more than one address are left as they
// are, and refused.
func plainURIs(patterns []string) (uris []string) {
	for _, pattern := range patterns {
		plain := strings.ReplaceAll(strings.TrimSuffix(strings.TrimPrefix(pattern, "^"), "$"), `\.`, ".")
		if strings.ContainsAny(plain, `\*+()[]{}|^$`) {
			plain = pattern
		}
		uris = append(uris, plain)
	}
	return uris
}

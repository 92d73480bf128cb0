package wire

import (
	"slices"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/sdk/api"
)

// Client gives the client as it is answered.
func Client(c *core.Client) api.Client {
	return api.Client{
		ID: c.ID, Version: string(admin.VersionOf(c.UpdatedAt)), Organisation: c.Org, Preset: c.Preset, Registered: c.Registered(), Public: c.Public(),
		LacksSecret: admin.LacksSecret(c), Name: c.Name, ClientSettings: ClientSettings(c), CreatedAt: at(c.CreatedAt), UpdatedAt: at(c.UpdatedAt),
	}
}

// ClientSettings gives what may be changed of it, besides the name.
func ClientSettings(c *core.Client) api.ClientSettings {
	return api.ClientSettings{
		DisplayName: c.DisplayName, Disabled: c.Disabled, AuthMethods: list(c.AuthMethods), RedirectURIs: list(c.RedirectURIs),
		PostLogoutRedirectURIs: list(c.PostLogoutRedirectURIs), GrantTypes: list(c.GrantTypes), ResponseTypes: list(c.ResponseTypes), Scopes: list(c.Scopes),
		IDTokenAlg: c.IDTokenAlg, Native: c.Native, RequirePKCE: c.RequirePKCE, SkipConsent: c.SkipConsent, OfflineWithoutPrompt: c.OfflineWithoutPrompt,
		QueryToken: c.QueryToken, Shared: c.Shared, AllowedGroups: list(c.AllowedGroups), SignInMethods: list(c.SignIn.Methods), RequireSignIn: c.SignIn.Require,
		LogoURI: c.LogoURI, ClientURI: c.ClientURI, PolicyURI: c.PolicyURI, TermsURI: c.TermsURI,
		AccessTTL: seconds(c.AccessTTL), IDTokenTTL: seconds(c.IDTokenTTL), RefreshTTL: seconds(c.RefreshTTL),
		ClientMetadata: api.ClientMetadata(c.Metadata),
	}
}

// someHash stands for a hash that nobody is told: a secret has it with a probability that
// nothing need reckon with.
func someHash() (h core.Hash) { return core.Hash{1} }

// CoreClient is the way back. Of secrets it says only whether there are any.
func CoreClient(c *api.Client) core.Client {
	back := core.Client{ID: c.ID, Org: c.Organisation, Preset: c.Preset, Name: c.Name, CreatedAt: c.CreatedAt, UpdatedAt: c.UpdatedAt}
	if c.Registered {
		back.RegistrationHash = someHash()
	}
	SetClient(&back, &c.ClientSettings)
	if back.UsesSecret() && !c.LacksSecret {
		back.SecretHash = someHash()
		if back.SignsWithSecret() {
			back.SealedSecret = []byte("sealed")
		}
	}
	return back
}

// SetClient lets the client be what may be changed of it, besides the name.
func SetClient(c *core.Client, to *api.ClientSettings) {
	c.DisplayName, c.Disabled, c.AuthMethods, c.RedirectURIs = to.DisplayName, to.Disabled, some(to.AuthMethods), some(to.RedirectURIs)
	c.PostLogoutRedirectURIs, c.GrantTypes, c.ResponseTypes, c.Scopes = some(to.PostLogoutRedirectURIs), some(to.GrantTypes), some(to.ResponseTypes), some(to.Scopes)
	c.IDTokenAlg, c.Native, c.RequirePKCE, c.SkipConsent = to.IDTokenAlg, to.Native, to.RequirePKCE, to.SkipConsent
	c.OfflineWithoutPrompt, c.QueryToken, c.Shared, c.AllowedGroups = to.OfflineWithoutPrompt, to.QueryToken, to.Shared, some(to.AllowedGroups)
	c.SignIn = core.SignInRules{Methods: some(to.SignInMethods), Require: to.RequireSignIn}
	c.LogoURI, c.ClientURI, c.PolicyURI, c.TermsURI = to.LogoURI, to.ClientURI, to.PolicyURI, to.TermsURI
	c.AccessTTL, c.IDTokenTTL, c.RefreshTTL = fromSeconds(to.AccessTTL), fromSeconds(to.IDTokenTTL), fromSeconds(to.RefreshTTL)
	c.Metadata = core.ClientMetadata(to.ClientMetadata)
	for _, values := range []*[]string{&c.Metadata.Contacts, &c.Metadata.RequestURIs, &c.Metadata.DefaultACRValues} {
		*values = some(*values)
	}
}

// some gives a copy, nil where the list is empty: so what was not changed compares as
// unchanged.
func some(values []string) []string {
	if len(values) == 0 {
		return nil
	}
	return slices.Clone(values)
}

// CreatedClient gives what was made.
func CreatedClient(c *admin.CreatedClient) api.CreatedClient {
	return api.CreatedClient{Client: Client(&c.Client), Secret: c.Secret}
}

// AdminCreatedClient is the way back.
func AdminCreatedClient(c *api.CreatedClient) admin.CreatedClient {
	return admin.CreatedClient{Client: CoreClient(&c.Client), Secret: c.Secret}
}

// Preset gives a kind of client.
func Preset(p *admin.Preset) api.Preset { return api.Preset{Name: p.Name, Description: p.Description} }

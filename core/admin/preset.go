package admin

import (
	"context"
	"net/url"
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/oauth"
)

// Names of the presets.
const (
	PresetConfluence          = "confluence"
	PresetConfluenceAtlassian = "confluence-atlassian"
	PresetJira                = "jira"
	PresetJiraAtlassian       = "jira-atlassian"
	PresetJenkins             = "jenkins"
	PresetGitLab              = "gitlab"
	PresetGitea               = "gitea"
	PresetGrafana             = "grafana"
	PresetNextcloud           = "nextcloud"
	PresetKubernetes          = "kubernetes"
	PresetOAuth2Proxy         = "oauth2-proxy"
	PresetWeb                 = "web"
	PresetSPA                 = "spa"
	PresetNative              = "native"
	PresetDevice              = "device"
	PresetService             = "service"
)

// Preset is a kind of client with everything that its relying party needs.
type Preset struct {
	Name        string
	Title       string // "Confluence (miniOrange)"
	Description string
	// Product says that it is for one product: whoever makes the client need not know what
	// it registers.
	Product bool

	client   core.Client
	bindings []binding
	listens  places
	limits   limits
	recipe   recipe
}

// binding is an instance of a shipped plugin, and a hook that a preset binds it to. The
// instance is made with the settings if there is none.
type binding struct{ instance, plugin, settings, hook string }

// places are where a product listens, below its own address.
type places struct {
	redirect, logout []string
	backchannel      string
}

// limits are what the relying party of a preset cannot do.
type limits struct{ rsaOnly, noPKCE bool }

// miniorange is the shipped plugin that shapes claims and account for Confluence. What it
// adds to the ID token (login name, e-mail, groups) other products want there too, but with
// the full name under the claim "name", as the standard has it: for them it has another
// instance.
const (
	miniorange = "miniorange"
	profile    = "profile-in-id-token"
)

// Presets gives all of them, in the order in which they are shown.
func Presets() []Preset {
	return append(products(), generic()...)
}

// confidential is a client that keeps a secret.
func confidential() core.Client {
	return core.Client{
		AuthMethods:   []string{core.AuthBasic, core.AuthPost},
		GrantTypes:    []string{core.GrantAuthorizationCode, core.GrantRefreshToken},
		ResponseTypes: []string{"code"},
		Scopes:        []string{"openid", "profile", "email", "address", "phone", "offline_access"},
		IDTokenAlg:    "RS256",
	}
}

// public is a client without a secret.
func public(native bool) core.Client {
	c := confidential()
	c.AuthMethods, c.RequirePKCE, c.Native = []string{core.AuthNone}, true, native
	return c
}

// inHouse is a client that the operator consented to for everybody, also to refresh
// tokens, as it runs on machines of their own.
func inHouse(scopes ...string) core.Client {
	c := confidential()
	c.SkipConsent, c.OfflineWithoutPrompt, c.Scopes = true, true, scopes
	return c
}

func generic() []Preset {
	service := core.Client{AuthMethods: confidential().AuthMethods, GrantTypes: []string{core.GrantClientCredentials}, IDTokenAlg: "RS256"}
	device := public(false)
	device.GrantTypes, device.ResponseTypes = []string{core.GrantDevice, core.GrantRefreshToken}, nil
	return []Preset{
		{Name: PresetWeb, Title: "Web application", Description: "an application on a server, which keeps a secret", client: confidential(), recipe: webRecipe()},
		{Name: PresetSPA, Title: "Single-page application", Description: "an application in the browser, without a secret, with PKCE", client: public(false), recipe: publicRecipe()},
		{Name: PresetNative, Title: "Native application", Description: "an application on a computer or phone, without a secret, with PKCE", client: public(true), recipe: publicRecipe()},
		{Name: PresetDevice, Title: "Device", Description: "a program without a browser (a command line, a television), by the device flow", client: device, recipe: deviceRecipe()},
		{Name: PresetService, Title: "Service", Description: "a program that acts for itself, without people, by client_credentials; give it a scope", client: service, recipe: serviceRecipe()},
	}
}

// Asks reports whether the preset makes the redirect URIs of the application's address.
func (p *Preset) Asks() bool { return len(p.listens.redirect) > 0 }

// place gives the client the addresses that an application of the preset has below its own.
func (p *Preset) place(client *core.Client, address string) problems {
	var wrong problems
	base := strings.TrimRight(address, "/")
	u, err := url.Parse(base)
	switch {
	case !p.Asks() && (len(client.RedirectURIs) > 0 || !asksPeople(client)):
		wrong.add("address", "leave it out", "what the preset %q is for has no address", p.Name)
	case !p.Asks():
		wrong.add("address", "give the redirect URIs themselves", "the preset %q does not know where its application listens", p.Name)
	case err != nil || u.RawQuery != "" || oauth.CheckRedirectURI(base, false) != nil:
		wrong.add("address", "write it as the browser shows it, like https://wiki.example.org", "%q is no address of an application", shown(address))
	}
	if len(wrong) > 0 {
		return wrong
	}
	for _, path := range p.listens.redirect {
		client.RedirectURIs = append(client.RedirectURIs, base+path)
	}
	for _, path := range p.listens.logout {
		client.PostLogoutRedirectURIs = append(client.PostLogoutRedirectURIs, base+path)
	}
	if path := p.listens.backchannel; path != "" {
		client.Metadata.BackchannelLogoutURI, client.Metadata.BackchannelLogoutSession = base+path, true
	}
	return nil
}

// listensAt reports whether the application listens at such a redirect URI.
func (p *Preset) listensAt(uri string) bool {
	u, err := url.Parse(uri)
	return err != nil || !p.Asks() || slices.ContainsFunc(p.listens.redirect, func(path string) bool {
		return strings.HasSuffix(u.Path, path)
	})
}

// product is the name without how it is connected.
func (p *Preset) product() string {
	name, _, _ := strings.Cut(p.Title, " (")
	return name
}

// Stray is what a client registered, beside where its product listens.
type Stray struct {
	Product   string
	Redirects []string // at which it does not usually listen
	Listens   []string // paths
}

// StrayRedirects compares the redirect URIs of the client with where the product of its
// preset usually listens.
func StrayRedirects(client *core.Client) Stray {
	preset, err := presetOf(client.Preset)
	if err != nil {
		return Stray{}
	}
	stray := Stray{Product: preset.product(), Listens: preset.listens.redirect}
	for _, uri := range client.RedirectURIs {
		if !preset.listensAt(uri) {
			stray.Redirects = append(stray.Redirects, uri)
		}
	}
	return stray
}

func presetOf(name string) (*Preset, error) {
	if name == "" {
		name = PresetWeb
	}
	presets := Presets()
	names := make([]string, len(presets))
	for i, preset := range presets {
		if preset.Name == name {
			return &presets[i], nil
		}
		names[i] = preset.Name
	}
	return nil, invalid("preset", "use "+strings.Join(names, ", "), "there is no preset %q", shown(name))
}

// Draft gives a client as a preset has it for an application at an address, "" if that is not
// known: what Edit of [NewClient] is given to change.
func Draft(preset, address string) (*core.Client, error) {
	known, err := presetOf(preset)
	if err != nil {
		return nil, err
	}
	client := known.client
	client.Preset = known.Name
	if address == "" {
		return &client, nil
	}
	wrong := known.place(&client, address)
	return &client, wrong.err()
}

// checkPreset refuses what the relying party of the preset cannot do.
func checkPreset(p *problems, c *core.Client) {
	preset, err := presetOf(c.Preset)
	if err != nil {
		return
	}
	product := preset.product()
	if preset.limits.rsaOnly && c.IDTokenAlg != "RS256" {
		p.add("id_token_alg", "use RS256", "the relying party %s verifies no %s", product, shown(c.IDTokenAlg))
	}
	if preset.limits.noPKCE && c.RequirePKCE {
		p.add("require_pkce", "", "the relying party %s cannot do PKCE", product)
	}
	if preset.Product && !slices.Contains(c.Scopes, oauth.ScopeOpenID) {
		p.add("scopes", "add openid", "the relying party %s needs the scope openid", product)
	}
}

// bindPreset gives the changes that bind the preset's plugins to the client. An
// instance of the plugin's own name is made if there is none; the settings of one
// that exists are the operator's.
func (s *Service) bindPreset(ctx context.Context, actor Actor, client *core.Client, bindings []binding) ([]core.Change, error) {
	if len(bindings) == 0 {
		return nil, nil
	}
	config, err := s.Store.Plugins(ctx)
	if err != nil {
		return nil, wrap("read the plugins", err)
	}
	var changes []core.Change
	var made []string
	now := s.Now()
	for _, b := range bindings {
		if !slices.Contains(made, b.instance) && instanceOf(config, b.instance) == nil {
			made = append(made, b.instance)
			instance := newInstance(b.instance, b.plugin, core.BuiltinModule, []byte(b.settings), now)
			changes = append(changes, core.SaveInstance{Instance: instance, New: true}, s.createdRecord(actor, &instance))
		}
		changes = append(changes, s.bindChanges(actor, now, core.PluginBinding{Instance: b.instance, Hook: b.hook, ClientID: client.ID, Position: DefaultPosition})...)
	}
	return changes, nil
}

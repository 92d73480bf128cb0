package admin

import (
	"context"
	"slices"
	"strings"

	"github.com/postern-id/postern/core"
)

// Names of the presets.
const (
	PresetConfluence = "confluence"
	PresetWeb        = "web"
	PresetSPA        = "spa"
	PresetNative     = "native"
	PresetService    = "service"
)

// Preset is a kind of client with everything that its relying party needs.
type Preset struct {
	Name        string
	Description string

	client   core.Client
	bindings []binding
}

// binding is a plugin, and a hook that a preset binds it to.
type binding struct{ plugin, hook string }

// miniorange is the shipped plugin that shapes claims and account for Confluence.
const miniorange = "miniorange"

// Presets gives all of them, in the order in which they are shown.
func Presets() []Preset {
	confidential := core.Client{
		AuthMethods:   []string{core.AuthBasic, core.AuthPost},
		GrantTypes:    []string{core.GrantAuthorizationCode, core.GrantRefreshToken},
		ResponseTypes: []string{"code"},
		Scopes:        []string{"openid", "profile", "email", "address", "phone", "offline_access"},
		IDTokenAlg:    "RS256",
	}
	public := confidential
	public.AuthMethods, public.RequirePKCE = []string{core.AuthNone}, true
	native := public
	native.Native = true
	// The administrator of Confluence's client consents for everybody, also to
	// refresh tokens: its relying party sends offline_access without
	// prompt=consent. It knows neither PKCE nor keys other than RSA.
	confluence := confidential
	confluence.SkipConsent, confluence.OfflineWithoutPrompt = true, true
	// In this order the scopes are pasted into miniOrange.
	confluence.Scopes = []string{"address", "phone", "openid", "profile", "offline_access", "email"}
	service := core.Client{
		AuthMethods: confidential.AuthMethods, GrantTypes: []string{core.GrantClientCredentials}, IDTokenAlg: "RS256",
	}
	return []Preset{
		{Name: PresetConfluence, Description: "Confluence or Jira, by the miniOrange app or Atlassian's own client", client: confluence,
			bindings: []binding{{miniorange, core.HookClaims}, {miniorange, core.HookAccount}}},
		{Name: PresetWeb, Description: "an application on a server, which keeps a secret", client: confidential},
		{Name: PresetSPA, Description: "an application in the browser, without a secret, with PKCE", client: public},
		{Name: PresetNative, Description: "an application on a computer or phone, without a secret, with PKCE", client: native},
		{Name: PresetService, Description: "a program that acts for itself, without people, by client_credentials; give it a scope", client: service},
	}
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
		if !slices.Contains(made, b.plugin) && instanceOf(config, b.plugin) == nil {
			made = append(made, b.plugin)
			instance := newInstance(b.plugin, b.plugin, core.BuiltinModule, nil, now)
			changes = append(changes, core.SaveInstance{Instance: instance}, s.createdRecord(actor, &instance))
		}
		changes = append(changes, s.bindChanges(actor, now, core.PluginBinding{Instance: b.plugin, Hook: b.hook, ClientID: client.ID, Position: DefaultPosition})...)
	}
	return changes, nil
}

package google

import (
	"slices"

	"github.com/postern-id/postern/plugins/oidc"
	"github.com/postern-id/postern/sdk/hook"
)

type settings struct {
	provider      oidc.Provider
	ask           oidc.Ask
	mapping       oidc.Mapping
	admission     oidc.Admission
	hostedDomains []string
	trustAll      bool
}

func schema() hook.Value {
	return oidc.Schema(`"client_id"`, oidc.PropertyClientID+oidc.PropertyScopes+`
		"hosted_domains": {
			"description": "Only accounts of the Google Workspace organisations with these primary domains may sign in.",
			"type": "array", "minItems": 1, "maxItems": 1000, "items": {"type": "string", "minLength": 1, "maxLength": 253}
		},
		"select_account": {"description": "Let people choose among their Google accounts each time.", "type": "boolean", "default": true},
		"trust_other_email": {
			"description": "Take addresses for verified too that Google verified once and does not host.",
			"type": "boolean", "default": false
		},
		`+oidc.PropertyDomains+oidc.PropertyAttributes+oidc.PropertyParameters)
}

func readSettings(v hook.Value) settings {
	s := oidc.Settings{Members: v.Object()}
	read := settings{
		provider: oidc.Provider{
			Issuer:     issuer,
			ClientID:   s.Text("client_id", ""),
			AuthMethod: oidc.AuthPost,
			Scopes:     s.List("scopes", "profile", "email"),
		},
		ask: oidc.Ask{
			Extra:   s.Object("parameters"),
			Passes:  []string{oidc.LoginHint},
			Prompts: []string{oidc.PromptSelectAccount, oidc.PromptConsent},
			// Google asks nobody to sign in anew.
			Instead: [2]string{oidc.PromptLogin, oidc.PromptSelectAccount},
		},
		mapping:       oidc.Mapping{Trust: oidc.TrustProvider, Attributes: s.Object("attributes")},
		admission:     s.Admission(),
		hostedDomains: s.List("hosted_domains"),
		trustAll:      s.Flag("trust_other_email", false),
	}
	if s.Flag("select_account", true) {
		read.ask.Prompt = oidc.PromptSelectAccount
	}
	if hd := hint(read.hostedDomains); hd != "" {
		read.ask.Extra = slices.Clone(read.ask.Extra)
		read.ask.Extra.Set("hd", hook.String(hd))
	}
	return read
}

// hint is the parameter hd: one organisation, or any.
func hint(domains []string) string {
	switch len(domains) {
	case 0:
		return ""
	case 1:
		return domains[0]
	default:
		return "*"
	}
}

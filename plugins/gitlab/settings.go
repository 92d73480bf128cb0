package gitlab

import (
	"github.com/postern-id/postern/plugins/oidc"
	"github.com/postern-id/postern/sdk/hook"
)

type settings struct {
	provider    oidc.Provider
	ask         oidc.Ask
	mapping     oidc.Mapping
	admission   oidc.Admission
	groupClaims []string
}

func schema() hook.Value {
	return oidc.Schema(`"client_id"`, `
		"issuer": {
			"description": "The URL of a GitLab of one's own. Left out: https://gitlab.com.",
			"type": "string", "maxLength": 1024, "pattern": `+oidc.PatternIssuer+`, "default": "https://gitlab.com", "examples": ["https://git.example.com"]
		},
		`+oidc.PropertyClientID+oidc.PropertyScopes+oidc.PropertyTrust+`
		"groups": {
			"description": "Which groups count: all of the person's, by groups above too; those that they were put into themselves (direct); those in which they are at least a developer, a maintainer or an owner; none.",
			"type": "string", "enum": ["all", "direct", "developer", "maintainer", "owner", "none"], "default": "all"
		},
		`+oidc.PropertyDomains+oidc.PropertyGroups+oidc.PropertyAttributes+oidc.PropertyParameters)
}

func readSettings(v hook.Value) settings {
	s := oidc.Settings{Members: v.Object()}
	groups := s.Text("groups", "all")
	read := settings{
		provider: oidc.Provider{
			Issuer:   s.Text("issuer", issuer),
			ClientID: s.Text("client_id", ""),
			Scopes:   s.List("scopes", "profile", "email"),
			UserInfo: groups != "none" && groups != "direct",
		},
		ask: oidc.Ask{
			Extra:   s.Object("parameters"),
			Passes:  []string{oidc.LoginHint, oidc.UILocales},
			Prompts: []string{oidc.PromptLogin, oidc.PromptConsent},
			// GitLab answers select_account with a failure. It always says auth_time.
			Instead: [2]string{oidc.PromptSelectAccount, oidc.PromptLogin},
		},
		mapping:     oidc.Mapping{Attributes: s.Object("attributes")},
		admission:   s.Admission(),
		groupClaims: groupClaims(groups),
	}
	if s.Flag("trust_email", true) {
		read.mapping.Trust = oidc.TrustProvider
	}
	return read
}

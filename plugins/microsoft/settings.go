package microsoft

import (
	"slices"

	"github.com/postern-id/postern/plugins/oidc"
	"github.com/postern-id/postern/sdk/hook"
)

func schema() hook.Value {
	return oidc.Schema(`"tenant", "client_id"`, `
		"tenant": {
			"description": "Whose accounts: the id of a tenant, or a domain that it verified; organizations for all work and school accounts, consumers for personal ones, common for all.",
			"type": "string", "maxLength": 253, "examples": ["72f988bf-86f1-41af-91ab-2d7cd011db47", "contoso.com", "organizations", "consumers", "common"],
			"pattern": "^(common|organizations|consumers|[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}|([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\\.)+[A-Za-z]{2,})$"
		},
		`+oidc.PropertyClientID+`
		"cloud": {"description": "Microsoft's cloud.", "type": "string", "enum": ["global", "us", "china"], "default": "global"},
		"allowed_tenants": {
			"description": "With a tenant that stands for many: only people of the tenants with these ids may sign in.",
			"type": "array", "minItems": 1, "maxItems": 1000, "items": {
				"type": "string", "pattern": "^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$", "examples": ["72f988bf-86f1-41af-91ab-2d7cd011db47"]
			}
		},
		"scopes": {
			"description": "Scopes to ask for besides openid, profile, email, and what groups need.",
			"type": "array", "maxItems": 100, "items": {"type": "string", "minLength": 1, "maxLength": 255}
		},
		`+oidc.PropertyPrompt+`
		"domain_hint": {"description": "Whose sign-in page to show at once: a domain, organizations or consumers.", "type": "string", "minLength": 1, "maxLength": 253},
		"groups": {
			"description": "Where groups come from: the claim groups of the token; the app roles in the claim roles; Microsoft Graph; nowhere.",
			"type": "string", "enum": ["token", "roles", "graph", "none"], "default": "token"
		},
		"graph_names": {
			"description": "What groups from Graph are called: their id, or their display name, which whoever may make a group can choose.",
			"type": "string", "enum": ["id", "display_name"], "default": "id"
		},
		`+oidc.PropertyDomains+oidc.PropertyGroups+oidc.PropertyAttributes+oidc.PropertyParameters)
}

type settings struct {
	tenant         string // as findTenant takes it
	cloud          cloud
	clientID       string
	scopes         []string
	allowedTenants []string
	ask            oidc.Ask
	mapping        oidc.Mapping
	admission      oidc.Admission
	from           string // groupsToken, ...
	byName         bool   // groups from Graph
}

func readSettings(v hook.Value) *settings {
	s := oidc.Settings{Members: v.Object()}
	read := &settings{
		tenant:         oidc.Lower(s.Text("tenant", "")), // as tokens have it
		cloud:          cloudOf(s.Text("cloud", "global")),
		clientID:       s.Text("client_id", ""),
		allowedTenants: s.List("allowed_tenants"),
		ask: oidc.Ask{
			Extra:   slices.Clone(s.Object("parameters")),
			Passes:  []string{oidc.LoginHint},
			Prompts: []string{oidc.PromptLogin, oidc.PromptSelectAccount, oidc.PromptConsent},
			Prompt:  s.Text("prompt", ""),
		},
		mapping:   oidc.Mapping{Attributes: s.Object("attributes")},
		admission: s.Admission(),
		from:      s.Text("groups", groupsToken),
		byName:    s.Text("graph_names", "id") == "display_name",
	}
	if read.tenant == tenantConsumers {
		read.tenant = consumers
	}
	read.scopes = append([]string{"profile", "email"}, s.List("scopes")...)
	switch {
	case read.from == groupsGraph && read.byName:
		read.scopes = append(read.scopes, "GroupMember.Read.All") // names are hidden without it
	case read.from == groupsGraph:
		read.scopes = append(read.scopes, "User.Read")
	}
	if hint := s.Text("domain_hint", ""); hint != "" {
		read.ask.Extra.Set("domain_hint", hook.String(hint))
	}
	return read
}

// provider is Microsoft for a tenant that findTenant gave.
func (s *settings) provider(tenant string) oidc.Provider {
	return oidc.Provider{
		Issuer:     s.cloud.issuer(tenant),
		AnyIssuer:  isMany(tenant),
		ClientID:   s.clientID,
		AuthMethod: oidc.AuthPost, // secrets have characters that are read in two ways in a header
		Scopes:     s.scopes,
	}
}

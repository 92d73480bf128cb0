package apple

import (
	"slices"

	"github.com/postern-id/postern/plugins/oidc"
	"github.com/postern-id/postern/sdk/hook"
)

type settings struct {
	provider  oidc.Provider
	admission oidc.Admission
}

func schema() hook.Value {
	return oidc.Schema(`"client_id", "team_id", "key_id"`, `
		"client_id": {"description": "The identifier of the Services ID.", "type": "string", "minLength": 1, "maxLength": 255, "examples": ["com.example.signin"]},
		"team_id": {"description": "The Team ID: ten letters and digits.", "type": "string", "pattern": "^[A-Z0-9]{10}$", "examples": ["ABCDE12345"]},
		"key_id": {"description": "The Key ID of the private key: ten letters and digits.", "type": "string", "pattern": "^[A-Z0-9]{10}$", "examples": ["ABCDE12345"]},
		"scopes": {
			"description": "What to ask people for. Left out: both.",
			"type": "array", "maxItems": 2, "items": {"type": "string", "enum": ["name", "email"]}
		},
		"allowed_domains": {
			"description": "Only people with a verified e-mail address of one of these domains may sign in. Private addresses are of privaterelay.appleid.com.",
			"type": "array", "minItems": 1, "maxItems": 1000, "items": {"type": "string", "minLength": 1, "maxLength": 253}
		}`)
}

func readSettings(v hook.Value) settings {
	s := oidc.Settings{Members: v.Object()}
	scopes := s.List("scopes", "name", "email")
	mode := ""
	if slices.Contains(scopes, "name") || slices.Contains(scopes, "email") {
		mode = "form_post" // Apple refuses any other
	}
	return settings{
		provider: oidc.Provider{
			Issuer:       issuer,
			ClientID:     s.Text("client_id", ""),
			AuthMethod:   oidc.AuthSignedSecret,
			KeyID:        s.Text("key_id", ""),
			KeyIssuer:    s.Text("team_id", ""),
			Scopes:       scopes,
			ResponseMode: mode,
		},
		admission: s.Admission(),
	}
}

package oauth2

import (
	"github.com/postern-id/postern/plugins/document"
	"github.com/postern-id/postern/plugins/oidc"
	"github.com/postern-id/postern/sdk/hook"
)

func schema() hook.Value {
	endpoint := func(name, description string) string {
		return `"` + name + `": {"description": "` + description + `", "type": "string", "maxLength": 1024, "pattern": "^https?://", "examples": ["https://login.example.com/me"]},`
	}
	return oidc.Schema(`"client_id", "authorization_endpoint", "token_endpoint", "userinfo_endpoint", "paths"`,
		oidc.PropertyClientID+
			endpoint("authorization_endpoint", "Where the browser is sent.")+
			endpoint("token_endpoint", "Where the code is exchanged.")+
			endpoint("userinfo_endpoint", "What says who signed in, to whoever has the token: a JSON document.")+`
		"userinfo_method": {"description": "How it is asked.", "type": "string", "enum": ["GET", "POST"], "default": "GET"},
		"headers": {
			"description": "Headers that the API wants besides the token, such as a version.",
			"type": "object", "maxProperties": 16, "additionalProperties": {"type": "string", "minLength": 1, "maxLength": 1024}
		},
		"scopes": {"type": "array", "maxItems": 100, "items": {"type": "string", "minLength": 1, "maxLength": 255}},
		"auth_method": {
			"description": "How the client proves who it is: with the secret client_secret in the header or in the form, or not at all.",
			"type": "string", "enum": ["client_secret_basic", "client_secret_post", "none"], "default": "client_secret_basic"
		},
		"pkce": {"description": "Whether the request has a challenge (RFC 7636). Only for a provider that refuses it.", "type": "boolean", "default": true},
		"login_hint_parameter": {"description": "The name of the parameter for whom to sign in, if the provider has one.", "type": "string", "minLength": 1, "maxLength": 64},
		"paths": `+document.PathsSchema(`"subject"`)+`,
		"emails": {
			"description": "A second document with the addresses of the person. The primary one counts, as verified or not as the list says.",
			"type": "object", "additionalProperties": false, "required": ["endpoint", "address", "primary", "verified"],
			"properties": {
				"endpoint": {"type": "string", "maxLength": 1024, "pattern": "^https?://", "examples": ["https://api.example.com/emails"]},
				"list": {"description": "Where in it the list is. Left out: it is the list.", "type": "string", "minLength": 1, "maxLength": 255},
				"address": {"type": "string", "minLength": 1, "maxLength": 255},
				"primary": {"description": "A boolean.", "type": "string", "minLength": 1, "maxLength": 255},
				"verified": {"description": "A boolean.", "type": "string", "minLength": 1, "maxLength": 255}
			}
		},
		"trust_email": {
			"description": "Whether addresses are verified although the provider does not say so. Say so only if it lets nobody in without.",
			"type": "boolean", "default": false
		},
		`+oidc.PropertyDomains+oidc.PropertyGroups+`
		"attributes": {
			"description": "Attributes of the person, each with its path in the answer.",
			"type": "object", "additionalProperties": {"type": "string", "minLength": 1, "maxLength": 255}
		},`+oidc.PropertyParameters)
}

// settings are those of an instance. The host checked them against the schema.
type settings struct {
	clientID         string
	authorize, token string
	userinfo, method string
	headers          hook.Object
	scopes           []string
	authMethod       string
	noPKCE           bool
	hint             string // name of a parameter
	parameters       hook.Object
	mapping          document.Mapping
	emails           emails
	admission        oidc.Admission
}

// emails are a document with addresses; without an endpoint there is none.
type emails struct{ endpoint, list, address, primary, verified string }

func readSettings(v hook.Value) settings {
	from := oidc.Settings{Members: v.Object()}
	list := oidc.Settings{Members: from.Object("emails")}
	s := settings{
		clientID:   from.Text("client_id", ""),
		authorize:  from.Text("authorization_endpoint", ""),
		token:      from.Text("token_endpoint", ""),
		userinfo:   from.Text("userinfo_endpoint", ""),
		method:     from.Text("userinfo_method", ""),
		headers:    from.Object("headers"),
		scopes:     from.List("scopes"),
		authMethod: from.Text("auth_method", ""),
		noPKCE:     !from.Flag("pkce", true),
		hint:       from.Text("login_hint_parameter", ""),
		parameters: from.Object("parameters"),
		mapping:    document.ReadMapping(from.Object("paths")),
		emails:     emails{list.Text("endpoint", ""), list.Text("list", ""), list.Text("address", ""), list.Text("primary", ""), list.Text("verified", "")},
		admission:  oidc.Admission{Domains: from.List("allowed_domains"), Groups: from.List("allowed_groups")},
	}
	s.mapping.Attributes, s.mapping.TrustEmail = from.Object("attributes"), from.Flag("trust_email", false)
	return s
}

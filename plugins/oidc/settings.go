package oidc

import "github.com/postern-id/postern/sdk/hook"

// Settings reads settings, which the host checked against the schema.
type Settings struct{ Members hook.Object }

// Text gives a string, or what stands for one that is left out.
func (s Settings) Text(name, otherwise string) string {
	if v, ok := s.Members.Get(name); ok {
		return v.Text()
	}
	return otherwise
}

// List gives a list of strings, or what stands for one that is left out.
func (s Settings) List(name string, otherwise ...string) []string {
	if v, ok := s.Members.Get(name); ok {
		return v.Strings()
	}
	return otherwise
}

// Flag gives a boolean, or what stands for one that is left out.
func (s Settings) Flag(name string, otherwise bool) bool {
	if v, ok := s.Members.Get(name); ok {
		return v.Bool()
	}
	return otherwise
}

// Object gives an object.
func (s Settings) Object(name string) hook.Object {
	v, _ := s.Members.Get(name)
	return v.Object()
}

// PatternIssuer is a pattern, in JSON, of an issuer: an https URL without query and
// fragment, or an http URL of this machine. It has no place that is still to be filled in,
// as https://{tenant}.example.com has.
const PatternIssuer = `"^(https://(\\[[0-9A-Fa-f:.]+\\]|[A-Za-z0-9._-]+)|http://(localhost|127(\\.[0-9]{1,3}){3}|\\[::1\\]))(:[0-9]{1,5})?(/[A-Za-z0-9._~!&'()+,;=:@%/-]*)?$"`

// Schema is a schema of settings: an object with these properties, written in JSON, and
// no others. The names of those that must be there are put between commas and quotes.
func Schema(required, properties string) hook.Value {
	return Constant(`{"type": "object", "additionalProperties": false, "required": [` + required + `], "properties": {` + properties + `}}`)
}

// Properties of several plugins, each with a comma after it but the last.
const (
	PropertyClientID = `"client_id": {"description": "Our client id at the provider.", "type": "string", "minLength": 1, "maxLength": 255},`
	PropertyScopes   = `"scopes": {
		"description": "Scopes to ask for besides openid. Left out: profile and email.",
		"type": "array", "maxItems": 100, "items": {"type": "string", "minLength": 1, "maxLength": 255}
	},`
	PropertyPrompt  = `"prompt": {"description": "Sent as prompt where nothing else is asked for.", "type": "string", "enum": ["login", "select_account", "consent"]},`
	PropertyTrust   = `"trust_email": {"description": "Believe the provider that an address is verified, if it says so with the boolean true.", "type": "boolean", "default": true},`
	PropertyDomains = `"allowed_domains": {
		"description": "Only people with a verified e-mail address of one of these domains may sign in.",
		"type": "array", "minItems": 1, "maxItems": 1000, "items": {"type": "string", "minLength": 1, "maxLength": 253}
	},`
	PropertyGroups = `"allowed_groups": {
		"description": "Only people in one of these groups of the provider may sign in.",
		"type": "array", "minItems": 1, "maxItems": 1000, "items": {"type": "string", "minLength": 1}
	},`
	PropertyAttributes = `"attributes": {
		"description": "Attributes of the person, each with the claim that has it.",
		"type": "object", "additionalProperties": {"type": "string", "minLength": 1, "maxLength": 255}
	},`
	PropertyParameters = `"parameters": {
		"description": "Parameters that are added to the authorization request.",
		"type": "object", "additionalProperties": {"type": "string"}
	}`
)

func schema() hook.Value {
	return Schema(`"issuer", "client_id"`, `
		"issuer": {
			"description": "The provider's issuer, exactly as its discovery document has it: an https URL, or http for this machine.",
			"type": "string", "maxLength": 1024, "pattern": `+PatternIssuer+`, "examples": ["https://login.example.com"]
		},
		`+PropertyClientID+PropertyScopes+`
		"auth_method": {
			"description": "How the client proves who it is: with the secret client_secret, with the secret private_key (private_key_jwt), or not at all (none).",
			"type": "string", "enum": ["client_secret_basic", "client_secret_post", "private_key_jwt", "none"], "default": "client_secret_basic"
		},
		"key_id": {"description": "The kid of the private key.", "type": "string", "maxLength": 255},
		"userinfo": {"description": "Ask the UserInfo endpoint too. Some providers say in the ID token no more than who it is.", "type": "boolean", "default": true},
		"response_mode": {"description": "How the provider answers: form_post keeps the answer out of URLs.", "type": "string", "enum": ["query", "form_post"], "default": "query"},
		`+PropertyPrompt+`
		"max_age": {
			"description": "Send max_age=0 with prompt=login, so that the provider says when the person signed in. Set false for one that does not come back from that.",
			"type": "boolean", "default": true
		},
		"select_account": {
			"description": "Pass prompt=select_account on. Set false for a provider that does not know it, and refuses a request that has it.",
			"type": "boolean", "default": true
		},
		"acr_values": {
			"description": "Classes of sign-in to ask for where the application asks for none.",
			"type": "array", "maxItems": 16, "items": {"type": "string", "minLength": 1, "maxLength": 128}
		},
		"name_claim": {"description": "The claim with the login name. Left out: preferred_username, else nickname.", "type": "string", "minLength": 1, "maxLength": 255},
		"display_name_claim": {"description": "The claim with the full name.", "type": "string", "minLength": 1, "maxLength": 255, "default": "name"},
		"email_claim": {"description": "The claim with the e-mail address.", "type": "string", "minLength": 1, "maxLength": 255, "default": "email"},
		"email_verified_claim": {
			"description": "The claim that says whether that address is verified. Left out: email_verified if email_claim is email; else no address is.",
			"type": "string", "minLength": 1, "maxLength": 255
		},
		`+PropertyTrust+`
		"assume_email_verified": {
			"description": "Take every address for verified of which the provider does not say that it is not. Only for providers that give addresses nobody can choose.",
			"type": "boolean", "default": false
		},
		"groups_claim": {
			"description": "The claim with the groups: a list of strings, a string, or an object whose members have their names. May be a path, such as realm_access.roles.",
			"type": "string", "minLength": 1, "maxLength": 255, "default": "groups"
		},
		`+PropertyDomains+PropertyGroups+PropertyAttributes+PropertyParameters)
}

type settings struct {
	provider  Provider
	ask       Ask
	mapping   Mapping
	admission Admission
}

func readSettings(v hook.Value) settings {
	s := Settings{v.Object()}
	return settings{
		provider: Provider{
			Issuer:       s.Text("issuer", ""),
			ClientID:     s.Text("client_id", ""),
			AuthMethod:   s.Text("auth_method", ""),
			KeyID:        s.Text("key_id", ""),
			Scopes:       s.List("scopes", "profile", "email"),
			ResponseMode: s.Text("response_mode", ""),
			UserInfo:     s.Flag("userinfo", true),
		},
		ask: Ask{
			Extra:     s.Object("parameters"),
			Passes:    []string{LoginHint, UILocales, ACRValues},
			Prompts:   s.prompts(),
			Prompt:    s.Text("prompt", ""),
			MaxAge:    s.Flag("max_age", true),
			ACRValues: s.List("acr_values"),
		},
		mapping: Mapping{
			Name:          s.names("name_claim"),
			DisplayName:   s.Text("display_name_claim", ""),
			Email:         s.Text("email_claim", ""),
			EmailVerified: s.Text("email_verified_claim", ""),
			Trust:         s.trust(),
			Groups:        s.Text("groups_claim", "groups"),
			Attributes:    s.Object("attributes"),
		},
		admission: s.Admission(),
	}
}

// Admission reads allowed_domains and allowed_groups.
func (s Settings) Admission() Admission {
	return Admission{Domains: s.List("allowed_domains"), Groups: s.List("allowed_groups")}
}

func (s Settings) names(setting string) []string {
	if name := s.Text(setting, ""); name != "" {
		return []string{name}
	}
	return nil
}

// prompts are the values of prompt that the provider knows.
func (s Settings) prompts() []string {
	if s.Flag("select_account", true) {
		return []string{PromptLogin, PromptSelectAccount, PromptConsent}
	}
	return []string{PromptLogin, PromptConsent}
}

func (s Settings) trust() Trust {
	switch {
	case !s.Flag("trust_email", true):
		return TrustNobody
	case s.Flag("assume_email_verified", false):
		return TrustAlways
	default:
		return TrustProvider
	}
}

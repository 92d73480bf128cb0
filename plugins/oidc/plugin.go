// Package oidc is the plugin that signs people in at any OpenID provider
// (connector.login/v1), and what the plugins for single providers share.
//
// It owns how a sign-in is asked for, and how a person is read from the claims of an
// ID token and of UserInfo. The host does everything that a sign-in can be broken at:
// state, nonce, PKCE, the exchange of the code, the check of the ID token; this package
// never sees a code or a token. The account at the provider is known by sub and by
// nothing else. Package builtin imports it, and so do the plugins for Google, Microsoft,
// GitLab and Apple.
package oidc

import (
	postern "github.com/postern-id/postern/sdk/go"
	"github.com/postern-id/postern/sdk/hook"
)

// ID is the plugin's id.
const ID = "oidc"

// Names of secrets.
const (
	ClientSecret = "client_secret"
	PrivateKey   = "private_key"
)

// Plugin returns the plugin.
func Plugin() postern.Plugin {
	return postern.Plugin{
		Manifest: hook.Manifest{
			ID:          ID,
			Version:     "1.0.0",
			Description: "Signs people in at an OpenID provider.",
			Capabilities: []hook.CapabilityWish{{
				Name: hook.OIDCExchange, Reason: "It signs in at the issuer in the settings; grant it that host.",
			}},
			Secrets: []hook.SecretWish{
				{Name: ClientSecret, Description: "Client secret at the provider.", Optional: true},
				{Name: PrivateKey, Description: "Private key in PEM, for private_key_jwt.", Optional: true},
			},
			Settings: schema(),
			Presets:  presets(),
			Samples:  samples(),
		},
		LoginBegin:  begin,
		LoginFinish: finish,
	}
}

func begin(in *hook.LoginInput) (*hook.LoginOutput, error) {
	s := readSettings(in.Settings)
	return s.provider.Begin(in, s.ask), nil
}

func finish(in *hook.LoginInput) (*hook.LoginOutput, error) {
	s := readSettings(in.Settings)
	claims, err := s.provider.Finish()
	if err != nil {
		return nil, err
	}
	identity, err := claims.Identity(s.mapping)
	if err != nil {
		return nil, err
	}
	return s.admission.Admit(identity), nil
}

func samples() []hook.Sample {
	const settings = `{"issuer":"https://login.example.com","client_id":"postern","groups_claim":"realm_access.roles","allowed_domains":["example.com"],"attributes":{"department":"department"}}`
	return Samples(settings,
		`{"issuer":"https://login.example.com","client_id":"postern","secret":"client_secret","userinfo":true}`,
		`{"claims":{"iss":"https://login.example.com","sub":"248289761001","aud":"postern","exp":1767225900,"iat":1767225600,"auth_time":1767225590,"nonce":"n","acr":"1","amr":["pwd"],"realm_access":{"roles":["staff"]}},"userinfo":{"sub":"248289761001","preferred_username":"jane","name":"Jane Doe","given_name":"Jane","family_name":"Doe","email":"jane@example.com","email_verified":true,"picture":"https://login.example.com/jane.png","locale":"en-GB","department":"R&D"},"scope":"openid profile email"}`)
}

// Samples are a begin and a finish, with the request of oidc.exchange and its answer.
func Samples(settings, request, answer string) []hook.Sample {
	input := func(phase hook.Phase) hook.Value {
		in := hook.LoginInput{Phase: phase, Settings: Constant(settings), RedirectURI: "https://id.example.com/callback/sample"}
		return Constant(string(in.AppendJSON(nil)))
	}
	return []hook.Sample{
		{Hook: hook.ConnectorLogin, Input: input(hook.PhaseBegin)},
		{Hook: hook.ConnectorLogin, Input: input(hook.PhaseFinish), Calls: []hook.HostCall{
			{Capability: hook.OIDCExchange, Request: Constant(request), Answer: Constant(answer)},
		}},
	}
}

// Constant is the JSON of a plugin's own source. It panics if that is none.
func Constant(text string) hook.Value {
	v, err := hook.Parse([]byte(text))
	if err != nil {
		panic(err)
	}
	return v
}

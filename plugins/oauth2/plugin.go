// Package oauth2 is the connector for providers that speak OAuth 2 and not OpenID Connect
// (connector.login/v1).
//
// It owns where such a provider has its endpoints, and where in the answers of its API a
// person is, as the settings say. State, PKCE, code, client secret and token are the
// host's. It is for providers without ID tokens: where there is a discovery document,
// package oidc knows more and trusts less. Package builtin imports it.
package oauth2

import (
	"github.com/postern-id/postern/plugins/oidc"
	postern "github.com/postern-id/postern/sdk/go"
	"github.com/postern-id/postern/sdk/hook"
)

// ID is the plugin's id.
const ID = "oauth2"

// Plugin returns the plugin.
func Plugin() postern.Plugin {
	return postern.Plugin{
		Manifest: hook.Manifest{
			ID:          ID,
			Version:     "1.0.0",
			Description: "Signs people in at a provider that speaks OAuth 2, and not OpenID Connect.",
			Capabilities: []hook.CapabilityWish{
				{Name: hook.HTTPFetch, Reason: "It asks the endpoints in the settings who signed in; grant it their hosts."},
				{Name: hook.OAuthExchange, Reason: "The host exchanges the code at the token endpoint in the settings."},
			},
			Secrets:  []hook.SecretWish{{Name: oidc.ClientSecret, Description: "Client secret at the provider.", Optional: true}},
			Settings: schema(),
			Presets:  presets(),
			Samples:  samples(),
		},
		LoginBegin:  Begin,
		LoginFinish: Finish,
	}
}

// samples are a sign-in with everything that is asked for.
func samples() []hook.Sample {
	const settings = `"settings":{"client_id":"c","authorization_endpoint":"https://p.example/authorize","token_endpoint":"https://p.example/token",
		"userinfo_endpoint":"https://api.p.example/me","scopes":["profile"],"paths":{"subject":"data.id","name":"data.login","display_name":"data.name","groups":"data.teams.*.name"},
		"emails":{"endpoint":"https://api.p.example/emails","list":"values","address":"email","primary":"is_primary","verified":"is_confirmed"}}`
	request := func(url string) string {
		return `{"url":"` + url + `","headers":{"accept":"application/json"},"exchanged":true}`
	}
	return []hook.Sample{
		{Hook: hook.ConnectorLogin, Input: oidc.Constant(`{"phase":"begin",` + settings + `}`)},
		{Hook: hook.ConnectorLogin, Input: oidc.Constant(`{"phase":"finish",` + settings + `}`), Calls: []hook.HostCall{
			{
				Capability: hook.OAuthExchange,
				Request:    oidc.Constant(`{"token_endpoint":"https://p.example/token","client_id":"c","secret":"client_secret"}`),
				Answer:     oidc.Constant(`{"token_type":"bearer","scope":"profile"}`),
			},
			{
				Capability: hook.HTTPFetch,
				Request:    oidc.Constant(`{"requests":[` + request("https://api.p.example/me") + `,` + request("https://api.p.example/emails") + `]}`),
				Answer: oidc.Constant(`{"responses":[
					{"status":200,"body":"{\"data\":{\"id\":42,\"login\":\"jane\",\"name\":\"Jane Doe\",\"teams\":[{\"name\":\"staff\"}]}}"},
					{"status":200,"body":"{\"values\":[{\"email\":\"jane@example.com\",\"is_primary\":true,\"is_confirmed\":true}]}"}
				]}`),
			},
		}},
	}
}

// Package github is the connector for GitHub, GitHub Enterprise Cloud and GitHub
// Enterprise Server (connector.login/v1).
//
// It owns what is GitHub's own: where to send the browser, which documents of its API
// say who somebody is, which of several e-mail addresses counts, what membership of
// organisations and teams is worth, and what GitHub's refusals mean. State, PKCE, code,
// client secret and token are the host's. It never links anybody and keeps nothing.
// Package builtin imports it.
package github

import (
	postern "github.com/postern-id/postern/sdk/go"
	"github.com/postern-id/postern/sdk/hook"
)

// ID is the plugin's id.
const ID = "github"

// secret is the name of the OAuth app's client secret.
const secret = "client_secret"

// Plugin returns the plugin.
func Plugin() postern.Plugin {
	return postern.Plugin{
		Manifest: hook.Manifest{
			ID:          ID,
			Version:     "1.0.0",
			Description: "Signs people in with GitHub, or with a GitHub Enterprise Server.",
			Capabilities: []hook.CapabilityWish{
				{Name: hook.HTTPFetch, Reason: "It asks the API who signed in: api.github.com, or the host of the settings."},
				{Name: hook.OAuthExchange, Reason: "The host exchanges the code at github.com, or at the host of the settings."},
			},
			Secrets:  []hook.SecretWish{{Name: secret, Description: "Client secret of the OAuth app."}},
			Settings: schema(),
			Presets: []hook.Preset{
				{Name: "github", Title: "GitHub", Icon: "github", Settings: hook.FromObject(nil), Targets: []string{"github.com", "api.github.com"}},
				{Name: "github-enterprise", Title: "GitHub Enterprise", Icon: "github", Settings: hook.FromObject(nil)},
			},
			Samples: samples(),
		},
		LoginBegin:  Begin,
		LoginFinish: Finish,
	}
}

// samples are a sign-in with everything that is asked for.
func samples() []hook.Sample {
	return []hook.Sample{
		{Hook: hook.ConnectorLogin, Input: mustParse(`{"phase":"begin","settings":{"client_id":"c"}}`)},
		{
			Hook:  hook.ConnectorLogin,
			Input: mustParse(`{"phase":"finish","settings":{"client_id":"c","groups":"teams"}}`),
			Calls: []hook.HostCall{
				{
					Capability: hook.OAuthExchange,
					Request:    mustParse(`{"token_endpoint":"https://github.com/login/oauth/access_token","client_id":"c","secret":"client_secret","auth_method":"client_secret_post"}`),
					Answer:     mustParse(`{"token_type":"bearer","scope":"read:org,read:user,user:email"}`),
				},
				{
					Capability: hook.HTTPFetch,
					Request: mustParse(`{"requests":[` + sampleRequest("/user") + `,` + sampleRequest("/user/emails?per_page=100") + `,` +
						sampleRequest("/user/orgs?per_page=100") + `,` + sampleRequest("/user/teams?per_page=50") + `]}`),
					Answer: mustParse(`{"responses":[
						{"status":200,"body":"{\"login\":\"octocat\",\"id\":1,\"type\":\"User\",\"name\":\"monalisa octocat\"}"},
						{"status":200,"body":"[{\"email\":\"octocat@github.com\",\"verified\":true,\"primary\":true,\"visibility\":\"public\"}]"},
						{"status":200,"body":"[{\"login\":\"github\",\"id\":1}]"},
						{"status":200,"body":"[{\"id\":1,\"slug\":\"justice-league\",\"organization\":{\"login\":\"github\",\"id\":1}}]"}
					]}`),
				},
			},
		},
	}
}

func sampleRequest(path string) string {
	return `{"url":"https://api.github.com` + path + `","headers":{"accept":"application/vnd.github+json","x-github-api-version":"` + apiVersion + `"},"exchanged":true}`
}

func mustParse(text string) hook.Value {
	v, err := hook.Parse([]byte(text))
	if err != nil {
		panic(err) // of this package's own constants
	}
	return v
}

// Package httppassword is the connector that has names and passwords checked by a service
// over HTTP (connector.password/v1): a user database that nothing else speaks to.
//
// It owns the request and what the answers mean; its README is the description for whoever
// writes the service. It never tries a password twice, and never takes an answer that it
// does not understand for a yes, or for a no. Package builtin imports it.
package httppassword

import (
	postern "github.com/postern-id/postern/sdk/go"
	"github.com/postern-id/postern/sdk/hook"
)

// ID is the plugin's id.
const ID = "httppassword"

// secret is the name of the token with which the service knows Postern.
const secret = "token"

// Plugin returns the plugin.
func Plugin() postern.Plugin {
	return postern.Plugin{
		Manifest: hook.Manifest{
			ID:          ID,
			Version:     "1.0.0",
			Description: "Has names and passwords checked by a service over HTTP.",
			Capabilities: []hook.CapabilityWish{{
				Name: hook.HTTPFetch, Reason: "It sends names and passwords to the service in the settings; grant it that host.",
			}},
			Secrets:  []hook.SecretWish{{Name: secret, Description: "Token with which the service knows this server.", Optional: true}},
			Settings: schema(),
			Presets:  []hook.Preset{{Name: ID, Title: "Password service", Icon: "key", Settings: hook.FromObject(nil)}},
			Samples:  samples(),
		},
		Password: Check,
	}
}

// samples are a person, and a wrong password.
func samples() []hook.Sample {
	call := func(password, answer string) hook.HostCall {
		return hook.HostCall{
			Capability: hook.HTTPFetch,
			Request: mustParse(`{"requests":[{"method":"POST","url":"https://users.example.com/check","headers":{"accept":"application/json","content-type":"application/json"},
				"body":"{\"name\":\"jane\",\"password\":\"` + password + `\",\"organisation\":\"built-in\"}","secrets":[{"header":"authorization","name":"token","prefix":"Bearer "}]}]}`),
			Answer: mustParse(answer),
		}
	}
	sample := func(password, answer string) hook.Sample {
		return hook.Sample{
			Hook:  hook.ConnectorPassword,
			Input: mustParse(`{"settings":{"url":"https://users.example.com/check"},"organisation":{"name":"built-in"},"name":"jane","password":"` + password + `"}`),
			Calls: []hook.HostCall{call(password, answer)},
		}
	}
	return []hook.Sample{
		sample("right", `{"responses":[{"status":200,"body":"{\"subject\":\"4711\",\"name\":\"jane\",\"email\":\"jane@example.com\",\"email_verified\":true,\"groups\":[\"staff\"],\"attributes\":{\"department\":\"R&D\"}}"}]}`),
		sample("wrong", `{"responses":[{"status":401}]}`),
	}
}

func mustParse(text string) hook.Value {
	v, err := hook.Parse([]byte(text))
	if err != nil {
		panic(err) // of this package's own constants
	}
	return v
}

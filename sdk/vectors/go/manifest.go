package main

import "github.com/postern-id/postern/sdk/hook"

func manifest() hook.Manifest {
	return hook.Manifest{
		ID: "vectors", Version: "1.0.0", Description: "The plugin of the test vectors.",
		Capabilities: []hook.CapabilityWish{
			wish(hook.Clock), wish(hook.HTTPFetch, "api.example"), wish(hook.JWTVerify, "issuer.example"), wish(hook.KV),
			wish(hook.SecretGet, "api"), wish(hook.OIDCExchange, "issuer.example"), wish(hook.OAuthExchange, "issuer.example"),
			wish(hook.LDAPBind, "directory.example:636"), wish(hook.LDAPSearch, "directory.example:389"),
		},
		Secrets:  []hook.SecretWish{{Name: "api", Description: "Any text."}},
		Settings: parse(schema),
		Presets: []hook.Preset{
			{
				Name: "issuer-example", Title: "Issuer é", Icon: "openid", Settings: parse(`{"issuer":"https://issuer.example","keep":[]}`),
				Targets: []string{"issuer.example", "api.example"},
			},
			{Name: "plain", Title: "Plain", Settings: parse(`{}`)},
		},
		Samples: []hook.Sample{
			{Hook: hook.ClaimsMap, Input: parse(`{"target":"id_token","settings":{},"user":{},"organisation":{},"client":{},"authentication":{}}`)},
			{
				Hook:  hook.ClaimsMap,
				Input: parse(`{"target":"id_token","settings":{"calls":["kv.get"]},"user":{},"organisation":{},"client":{},"authentication":{}}`),
				Calls: []hook.HostCall{{
					Capability: hook.KV, Request: parse(`{"op":"get","key":"count"}`), Answer: parse(`{"found":true,"value":"41 é"}`),
				}},
			},
			{Hook: hook.AccountShape, Input: parse(`{"settings":{},"user":{},"organisation":{},"client":{},"authentication":{}}`)},
			{Hook: hook.ScopePolicy, Input: parse(`{"settings":{},"user":{},"organisation":{},"client":{},"authentication":{}}`)},
			{Hook: hook.ConnectorLogin, Input: parse(`{"phase":"begin","settings":{},"organisation":{},"client":{}}`)},
			{Hook: hook.ConnectorLogin, Input: parse(`{"phase":"finish","settings":{},"organisation":{},"client":{}}`)},
			{Hook: hook.ConnectorPassword, Input: parse(`{"settings":{},"organisation":{},"client":{},"name":"alice","password":"correct horse"}`)},
			{Hook: hook.EventSink, Input: parse(`{"settings":{},"event":{"id":"e1","type":"signin.succeeded"}}`)},
		},
	}
}

const schema = `{"type":"object","properties":{"fail":{"type":"string"},"calls":{"type":"array","items":{"type":"string"}},
	"remove":{"type":"array","items":{"type":"string"}},"keep":{"type":"array","items":{"type":"string"}},
	"deny":{"type":"string"},"acr":{"type":"string"},"fresh":{"type":"boolean"},"consent":{"type":"boolean"},
	"issuer":{"type":"string"},"detail":{"type":"string"}},"additionalProperties":false}`

func wish(name string, targets ...string) hook.CapabilityWish {
	return hook.CapabilityWish{Name: name, Targets: targets, Reason: "For the test vectors."}
}

func parse(text string) hook.Value {
	v, err := hook.Parse([]byte(text))
	if err != nil {
		panic(err)
	}
	return v
}

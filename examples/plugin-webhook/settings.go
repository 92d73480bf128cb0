package main

import "github.com/postern-id/postern/sdk/hook"

// secret is the name of the receiver's access token.
const secret = "token"

// settings are what the operator set. The host checked them against the schema.
type settings struct{ members hook.Object }

// text gives a string, or what stands for one that is left out.
func (s settings) text(name, otherwise string) string {
	if v, ok := s.members.Get(name); ok {
		return v.Text()
	}
	return otherwise
}

func (s settings) list(name string) []string {
	v, _ := s.members.Get(name)
	return v.Strings()
}

func manifest() hook.Manifest {
	return hook.Manifest{
		ID:          "webhook",
		Version:     "1.0.0",
		Description: "Posts events of the audit log to a URL.",
		Capabilities: []hook.CapabilityWish{{
			Name: hook.HTTPFetch, Reason: "It posts to the URL in the settings; grant it that host.",
		}},
		Secrets:  []hook.SecretWish{{Name: secret, Description: "Access token of the receiver."}},
		Settings: parse(schema),
		Samples: []hook.Sample{
			{Hook: hook.EventSink, Input: parse(sample), Calls: []hook.HostCall{{
				Capability: hook.HTTPFetch, Request: parse(sampleRequest), Answer: parse(sampleAnswer),
			}}},
		},
	}
}

const (
	schema = `{
		"type": "object",
		"properties": {
			"url": {"type": "string", "minLength": 9, "description": "where events are posted"},
			"types": {
				"type": "array", "items": {"type": "string", "minLength": 1},
				"description": "types of the events, such as signin.failed, or signin for all that begin so; all events if it is left out"
			},
			"header": {"type": "string", "minLength": 1, "description": "header of the access token; authorization if it is left out"},
			"prefix": {"type": "string", "description": "stands before the access token; Bearer and a space if it is left out"}
		},
		"required": ["url"],
		"additionalProperties": false
	}`
	sample = `{
		"settings": {"url": "https://events.example/postern", "types": ["signin"]},
		"event": {"id": "e1", "at": "2026-01-02T03:04:05.678Z", "type": "signin.failed", "detail": {"reason": "wrong_password"}}
	}`
	sampleRequest = `{"requests": [{
		"method": "POST", "url": "https://events.example/postern", "headers": {"content-type": "application/json"},
		"body": "{\"id\":\"e1\",\"at\":\"2026-01-02T03:04:05.678Z\",\"type\":\"signin.failed\",\"detail\":{\"reason\":\"wrong_password\"}}",
		"timeout_ms": 4000,
		"secrets": [{"header": "authorization", "name": "token", "prefix": "Bearer "}]
	}]}`
	sampleAnswer = `{"responses": [{"status": 204}]}`
)

func parse(text string) hook.Value {
	v, err := hook.Parse([]byte(text))
	if err != nil {
		panic(err)
	}
	return v
}

package main

import "github.com/postern-id/postern/sdk/hook"

// secret is the name of the directory's access token.
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

func (s settings) object(name string) hook.Object {
	v, _ := s.members.Get(name)
	return v.Object()
}

func manifest() hook.Manifest {
	return hook.Manifest{
		ID:          "directory",
		Version:     "1.0.0",
		Description: "Adds claims that an HTTP directory has of a person.",
		Capabilities: []hook.CapabilityWish{{
			Name: hook.HTTPFetch, Reason: "It asks the directory in the settings; grant it that host.",
		}},
		Secrets:  []hook.SecretWish{{Name: secret, Description: "Access token of the directory."}},
		Settings: parse(schema),
		Samples: []hook.Sample{
			{Hook: hook.ClaimsMap, Input: parse(sample), Calls: []hook.HostCall{{
				Capability: hook.HTTPFetch, Request: parse(sampleRequest), Answer: parse(sampleAnswer),
			}}},
		},
	}
}

const (
	schema = `{
		"type": "object",
		"properties": {
			"url": {
				"type": "string", "minLength": 9,
				"description": "URL of a person: {id}, {name}, {email} and {external_id} stand for what the user has"
			},
			"claims": {
				"type": "object", "additionalProperties": {"type": "string", "minLength": 1},
				"description": "for each claim, where its value is in the directory's answer: names with points between them"
			},
			"header": {"type": "string", "minLength": 1, "description": "header of the access token; authorization if it is left out"},
			"prefix": {"type": "string", "description": "stands before the access token; Bearer and a space if it is left out"}
		},
		"required": ["url", "claims"],
		"additionalProperties": false
	}`
	sample = `{
		"target": "id_token",
		"settings": {"url": "https://directory.example/people/{name}", "claims": {"department": "unit.name", "title": "title"}},
		"user": {"id": "u1", "name": "alice"}
	}`
	sampleRequest = `{"requests": [{
		"url": "https://directory.example/people/alice", "headers": {"accept": "application/json"}, "timeout_ms": 2000,
		"secrets": [{"header": "authorization", "name": "token", "prefix": "Bearer "}]
	}]}`
	sampleAnswer = `{"responses": [{"status": 200, "body": "{\"unit\":{\"name\":\"R&D\"},\"title\":\"Dr\"}"}]}`
)

func parse(text string) hook.Value {
	v, err := hook.Parse([]byte(text))
	if err != nil {
		panic(err)
	}
	return v
}

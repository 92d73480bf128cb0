package main

import (
	"strings"

	"github.com/postern-id/postern/sdk/hook"
)

// Names of the secrets: the access tokens of both sides.
const (
	secretSource = "source"
	secretTarget = "target"
)

// settings are what the operator set. The host checked them against the schema.
type settings struct{ members hook.Object }

// text gives an address without a slash at its end.
func (s settings) text(name string) string {
	v, _ := s.members.Get(name)
	return strings.TrimRight(v.Text(), "/")
}

// flag gives a boolean, or what stands for one that is left out.
func (s settings) flag(name string, otherwise bool) bool {
	if v, ok := s.members.Get(name); ok {
		return v.Bool()
	}
	return otherwise
}

func manifest() hook.Manifest {
	return hook.Manifest{
		ID:          "scim-out",
		Version:     "1.0.0",
		Description: "Keeps the users and groups of another system by SCIM.",
		Capabilities: []hook.CapabilityWish{{
			Name: hook.HTTPFetch, Reason: "It asks this server's SCIM what changed, and changes the other one; grant it both hosts.",
		}},
		Secrets: []hook.SecretWish{
			{Name: secretSource, Description: "API token of this server that may read users and groups."},
			{Name: secretTarget, Description: "Access token of the other SCIM server."},
		},
		Settings: parse(schema),
		Samples: []hook.Sample{
			{Hook: hook.EventSink, Input: parse(sample), Calls: []hook.HostCall{
				{Capability: hook.HTTPFetch, Request: parse(sampleGet), Answer: parse(`{"responses": [{"status": 404}]}`)},
				{Capability: hook.HTTPFetch, Request: parse(sampleFind), Answer: parse(`{"responses": [{"status": 200, "body": "{\"Resources\":[]}"}]}`)},
			}},
		},
	}
}

const (
	schema = `{
		"type": "object",
		"properties": {
			"source": {"type": "string", "minLength": 9, "description": "this server's SCIM: the issuer with /scim/v2 behind it"},
			"target": {"type": "string", "minLength": 9, "description": "the other server's SCIM, such as https://wiki.example/scim/v2"},
			"groups": {"type": "boolean", "description": "whether groups are kept too; true if it is left out"},
			"deactivate": {"type": "boolean", "description": "keeps people there who are deleted here, but lets them in no more; false if it is left out"}
		},
		"required": ["source", "target"],
		"additionalProperties": false
	}`
	sample = `{
		"settings": {"source": "https://id.example/scim/v2", "target": "https://wiki.example/scim/v2"},
		"event": {"id": "e1", "at": "2026-01-02T03:04:05.678Z", "type": "user.deleted", "user_id": "01a21328-a68b-74c0-bf84-7176343fee6d", "detail": {}}
	}`
	sampleGet = `{"requests": [{
		"method": "GET", "url": "https://id.example/scim/v2/Users/01a21328-a68b-74c0-bf84-7176343fee6d",
		"headers": {"accept": "application/scim+json"}, "timeout_ms": 3000,
		"secrets": [{"header": "authorization", "name": "source", "prefix": "Bearer "}]
	}]}`
	sampleFind = `{"requests": [{
		"method": "GET", "url": "https://wiki.example/scim/v2/Users?excludedAttributes=members&filter=externalId+eq+%2201a21328-a68b-74c0-bf84-7176343fee6d%22",
		"headers": {"accept": "application/scim+json"}, "timeout_ms": 3000,
		"secrets": [{"header": "authorization", "name": "target", "prefix": "Bearer "}]
	}]}`
)

func parse(text string) hook.Value {
	v, err := hook.Parse([]byte(text))
	if err != nil {
		panic(err)
	}
	return v
}

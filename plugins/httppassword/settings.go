package httppassword

import (
	"github.com/postern-id/postern/plugins/document"
	"github.com/postern-id/postern/sdk/hook"
)

func schema() hook.Value {
	return mustParse(`{
		"type": "object", "additionalProperties": false, "required": ["url"],
		"properties": {
			"url": {
				"description": "Where the service is: https, or http for a machine of your own that is listed in outbound-allow-private.",
				"type": "string", "maxLength": 1024, "pattern": "^https?://", "examples": ["https://users.example.com/check"]
			},
			"send_token": {"description": "Whether the secret token is sent along.", "type": "boolean", "default": true},
			"token_header": {"description": "The header that has it.", "type": "string", "minLength": 1, "maxLength": 64, "default": "authorization"},
			"token_prefix": {"description": "What stands before it.", "type": "string", "maxLength": 64, "default": "Bearer "},
			"paths": ` + document.PathsSchema(`"subject"`) + `,
			"attributes": {
				"description": "Attributes of the person, each with its path in the answer. Left out: the texts of the object attributes.",
				"type": "object", "additionalProperties": {"type": "string", "minLength": 1, "maxLength": 255}
			},
			"trust_email": {
				"description": "Whether addresses are verified although the answer does not say so.",
				"type": "boolean", "default": false
			}
		}
	}`)
}

// settings are those of an instance. The host checked them against the schema.
type settings struct {
	url     string
	token   []hook.FetchSecret // none, or one
	mapping document.Mapping
	// attributes says that those of the answer are taken as they are.
	attributes bool
}

func readSettings(v hook.Value) settings {
	o := v.Object()
	text := func(name, otherwise string) string {
		if v, ok := o.Get(name); ok {
			return v.Text()
		}
		return otherwise
	}
	s := settings{url: text("url", ""), mapping: ownMapping(), attributes: true}
	if sent, said := o.Get("send_token"); !said || sent.Bool() {
		s.token = []hook.FetchSecret{{Header: text("token_header", "authorization"), Name: secret, Prefix: text("token_prefix", "Bearer ")}}
	}
	if paths, said := o.Get("paths"); said {
		s.mapping = document.ReadMapping(paths.Object())
	}
	if attributes, said := o.Get("attributes"); said {
		s.mapping.Attributes, s.attributes = attributes.Object(), false
	}
	trusted, _ := o.Get("trust_email")
	s.mapping.TrustEmail = trusted.Bool()
	return s
}

// ownMapping is the document that this package describes: each member is called what it
// is. It says whether an address is verified, unless it is trusted anyway.
func ownMapping() document.Mapping {
	var names hook.Object
	for _, name := range document.PathNames {
		names.Set(name, hook.String(name))
	}
	return document.ReadMapping(names)
}

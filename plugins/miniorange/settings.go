package miniorange

import "github.com/postern-id/postern/sdk/hook"

func schema() hook.Value {
	return mustParse([]byte(`{
		"type": "object",
		"additionalProperties": false,
		"properties": {
			"login": {
				"description": "Which login name the application gets: the person's name, or their e-mail address once it is verified.",
				"type": "string", "enum": ["name", "email"], "default": "name"
			},
			"name": {
				"description": "What the claim name of the ID token is: the login name, as Casdoor has it, or the full name, as the standard has it.",
				"type": "string", "enum": ["login", "full"], "default": "login"
			},
			"group_names": {
				"description": "How groups are named: bare, or with the organisation in front, as organisation/group.",
				"type": "string", "enum": ["bare", "organisation"], "default": "bare"
			},
			"include_groups": {
				"description": "Only these groups are told. A name that ends in * stands for all that begin so.",
				"type": "array", "items": {"type": "string", "minLength": 1}, "maxItems": 1000
			},
			"exclude_groups": {
				"description": "These groups are not told, although they are included.",
				"type": "array", "items": {"type": "string", "minLength": 1}, "maxItems": 1000
			},
			"rename_groups": {
				"description": "Groups that have another name in the application. The new name is told as it is written here.",
				"type": "object", "additionalProperties": {"type": "string", "minLength": 1}
			}
		}
	}`))
}

type settings struct {
	loginByEmail     bool
	fullName         bool
	withOrganisation bool
	include, exclude []string
	includeSome      bool
	rename           hook.Object
}

// readSettings trusts the host: it checked them against the schema.
func readSettings(v hook.Value) settings {
	o := v.Object()
	login, _ := o.Get("login")
	name, _ := o.Get("name")
	names, _ := o.Get("group_names")
	include, includeSome := o.Get("include_groups")
	exclude, _ := o.Get("exclude_groups")
	rename, _ := o.Get("rename_groups")
	return settings{
		loginByEmail:     login.Text() == "email",
		fullName:         name.Text() == "full",
		withOrganisation: names.Text() == "organisation",
		include:          include.Strings(),
		includeSome:      includeSome,
		exclude:          exclude.Strings(),
		rename:           rename.Object(),
	}
}

package access

// schema describes the settings. A mistake that it cannot find (a network with bits
// beyond its length) fails every decision, so the host finds it by the samples when the
// settings are given.
const schema = `{
	"type": "object",
	"additionalProperties": false,
	"required": ["rules"],
	"properties": {
		"utc_offset": ` + offset + `,
		"rules": {
			"description": "Rules in their order. Each that applies adds its effects, until one denies or stops.",
			"type": "array", "maxItems": 200,
			"items": {
				"type": "object",
				"additionalProperties": false,
				"required": ["then"],
				"properties": {
					"name": {"description": "For whoever reads the rules.", "type": "string", "minLength": 1, "maxLength": 100},
					"when": ` + conditions + `,
					"unless": ` + conditions + `,
					"then": ` + effects + `
				}
			}
		}
	}
}`

const conditions = `{
	"type": "object",
	"additionalProperties": false,
	"minProperties": 1,
	"properties": {
		"clients": {"description": "Ids or names of clients.", ` + names + `},
		"grant_types": {
			"type": "array", "minItems": 1,
			"items": {"type": "string", "enum": [
				"authorization_code", "refresh_token", "client_credentials", "registration",
				"urn:ietf:params:oauth:grant-type:device_code", "urn:ietf:params:oauth:grant-type:token-exchange"
			]}
		},
		"scopes": {"description": "One of them is asked for.", ` + names + `},
		"groups": {
			"type": "object",
			"additionalProperties": false,
			"minProperties": 1,
			"properties": {
				"any": {"description": "The person is in one of them.", ` + names + `},
				"all": {"description": "The person is in each of them.", ` + names + `},
				"none": {"description": "The person is in none of them.", ` + names + `}
			}
		},
		"organisations": {"description": "Names of organisations that the person belongs to one of.", ` + names + `},
		"email_domains": {
			"description": "The person's verified e-mail address is of one of these domains, not of one below it.",
			"type": "array", "minItems": 1, "maxItems": 1000,
			"items": {"type": "string", "pattern": "^[^@\\s]+$", "examples": ["example.com"]}
		},
		"networks": {
			"description": "The browser, or the client, has an address in one of these networks.",
			"type": "array", "minItems": 1, "maxItems": 1000,
			"items": {
				"type": "string",
				"pattern": "^([0-9]{1,3}(\\.[0-9]{1,3}){3}(/([12]?[0-9]|3[0-2]))?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*(/([1-9]?[0-9]|1[01][0-9]|12[0-8]))?)$",
				"examples": ["192.0.2.0/24", "2001:db8::/32", "192.0.2.7"]
			}
		},
		"time": {
			"description": "It is within a part of the week. From 22:00 to 06:00 ends on the day after the one that days names.",
			"type": "object",
			"additionalProperties": false,
			"minProperties": 1,
			"properties": {
				"days": {"type": "array", "minItems": 1, "items": {"type": "string", "enum": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]}},
				"from": ` + clock + `,
				"to": ` + clock + `,
				"utc_offset": ` + offset + `
			}
		},
		"connectors": {"description": "Plugin instances that the person signed in with; - stands for a password of Postern's own.", ` + names + `},
		"acr": {"description": "The sign-in is of one of these classes.", ` + names + `},
		"amr": {"description": "The sign-in used one of these methods.", ` + names + `},
		"sign_in_older_than_minutes": {"type": "integer", "minimum": 0, "maximum": 5256000}
	}
}`

const effects = `{
	"type": "object",
	"additionalProperties": false,
	"minProperties": 1,
	"properties": {
		"deny": {"description": "Refuses; this is the reason, which the person and the client may see.", "type": "string", "minLength": 1, "maxLength": 200},
		"remove_scopes": {"description": "Scopes to take out.", ` + names + `},
		"keep_scopes": {"description": "The only scopes to leave in. An empty list leaves none.", "type": "array", "maxItems": 1000, "items": {"type": "string", "minLength": 1}},
		"require_acr": {"description": "The sign-in must be of this class.", "type": "string", "minLength": 1, "maxLength": 128},
		"max_age": {"description": "The sign-in must be younger than so many seconds.", "type": "integer", "minimum": 0, "maximum": 315360000},
		"consent": {"description": "The person is asked for consent although they gave it before.", "type": "boolean", "enum": [true]},
		"stop": {"description": "Later rules are not looked at.", "type": "boolean", "enum": [true]}
	}
}`

const (
	names  = `"type": "array", "minItems": 1, "maxItems": 1000, "items": {"type": "string", "minLength": 1}`
	clock  = `{"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$", "examples": ["08:00", "22:30"]}`
	offset = `{
		"description": "The clock that times are meant by. It does not follow summer time.",
		"type": "string", "pattern": "^[+-](0[0-9]|1[0-4]):[0-5][0-9]$", "examples": ["+01:00", "-05:30"], "default": "+00:00"
	}`
)

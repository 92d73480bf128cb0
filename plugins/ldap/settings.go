package ldap

import (
	"strings"

	"github.com/postern-id/postern/plugins/document"
	"github.com/postern-id/postern/sdk/hook"
)

func schema() hook.Value {
	return mustParse(`{
		"type": "object",
		"additionalProperties": false,
		"required": ["url", "user_base"],
		"properties": {
			"url": {
				"description": "Where the directory is: ldaps://dc1.example.com, or ldap://dc1.example.com:389.",
				"type": "string", "maxLength": 255, "pattern": "^ldaps?://[^/?#@]+/?$", "examples": ["ldaps://dc1.example.com"]
			},
			"start_tls": {"description": "Begins TLS at an ldap:// URL.", "type": "boolean", "default": false},
			"bind_dn": {
				"description": "Who searches, with the secret bind_password. Without it nobody does, which few directories answer.",
				"type": "string", "minLength": 1, "maxLength": 1024
			},
			"user_base": {"description": "Where people are: ou=people,dc=example,dc=com.", "type": "string", "minLength": 1, "maxLength": 1024},
			"user_scope": {"description": "Whether people are also below the entries there.", "type": "string", "enum": ["sub", "one"], "default": "sub"},
			"user_filter": {
				"description": "Which entry is the person's. {0} stands for the name that was typed, {1} for the same with upn_domain.",
				"type": "string", "maxLength": 1024, "pattern": "^\\(.*\\{[01]\\}.*\\)$", "examples": ["(uid={0})"], "default": "(&(objectClass=inetOrgPerson)(uid={0}))"
			},
			"upn_domain": {
				"description": "What {1} gets behind a name without @: corp.example.com makes alice alice@corp.example.com.",
				"type": "string", "minLength": 1, "maxLength": 255
			},
			"attributes": {
				"description": "Which attribute of an entry says what. An empty text takes none.",
				"type": "object", "additionalProperties": false,
				"properties": {
					"subject": {"description": "What never changes and is never given to somebody else.", "type": "string", "minLength": 1, "default": "entryUUID"},
					"name": {"type": "string", "default": "uid"},
					"email": {"type": "string", "default": "mail"},
					"display_name": {"type": "string", "default": "cn"},
					"given_name": {"type": "string", "default": "givenName"},
					"family_name": {"type": "string", "default": "sn"},
					"phone": {"type": "string", "default": "telephoneNumber"},
					"locale": {"type": "string", "default": ""},
					"picture": {"description": "An attribute with the URL of a picture.", "type": "string", "default": ""}
				}
			},
			"more_attributes": {
				"description": "Attributes that the user gets here, each with the attribute of the entry: {\"department\": \"departmentNumber\"}.",
				"type": "object", "additionalProperties": {"type": "string", "minLength": 1}
			},
			"email_verified": {
				"description": "Whether addresses in this directory are known to be their people's. Say so only if people cannot change their own.",
				"type": "boolean", "default": false
			},
			"group_base": {"description": "Where groups are. Without it nobody is in any.", "type": "string", "minLength": 1, "maxLength": 1024},
			"group_scope": {"type": "string", "enum": ["sub", "one"], "default": "sub"},
			"group_filter": {
				"description": "Which groups somebody is in. {0} stands for the DN of the person, {1} for the login name of the entry.",
				"type": "string", "maxLength": 1024, "pattern": "^\\(.*\\{[01]\\}.*\\)$", "examples": ["(member={0})"],
				"default": "(|(&(objectClass=groupOfNames)(member={0}))(&(objectClass=groupOfUniqueNames)(uniqueMember={0})))"
			},
			"group_name": {"description": "Which attribute names a group.", "type": "string", "minLength": 1, "default": "cn"},
			"group_attribute": {
				"description": "An attribute of the person with the DNs of their groups, in place of a search: memberOf. Those below group_base count.",
				"type": "string", "minLength": 1
			},
			"nested_groups": {"description": "Follows group_filter from the groups to those that they are in.", "type": "boolean", "default": false},
			"allowed_groups": {
				"description": "Only members of one of these may sign in.",
				"type": "array", "minItems": 1, "maxItems": 100, "items": {"type": "string", "minLength": 1}
			}
		}
	}`)
}

// What holds where the settings do not say it.
const (
	ownUserFilter  = "(&(objectClass=inetOrgPerson)(uid={0}))"
	ownGroupFilter = "(|(&(objectClass=groupOfNames)(member={0}))(&(objectClass=groupOfUniqueNames)(uniqueMember={0})))"
)

// settings are those of an instance. The host checked them against the schema.
type settings struct {
	server         hook.LDAPServer // without who searches
	searcher       hook.LDAPServer // with
	userBase       string
	userScope      string
	userFilter     string
	upnDomain      string
	fields         fields
	more           hook.Object
	emailVerified  bool
	groupBase      string // empty: there are no groups
	groupScope     string
	groupFilter    string
	groupName      string
	groupAttribute string
	nested         bool
	allowed        []string
	onlySome       bool // who is in none of allowed stays out
}

// fields are the attributes that say what an identity has; empty: none does.
type fields struct {
	subject, name, email, displayName, givenName, familyName, phone, locale, picture string
}

func readSettings(v hook.Value) settings {
	o := v.Object()
	text := func(name, otherwise string) string { return textOf(o, name, otherwise) }
	flag := func(name string) bool { v, _ := o.Get(name); return v.Bool() }
	attributes, _ := o.Get("attributes")
	more, _ := o.Get("more_attributes")
	allowed, onlySome := o.Get("allowed_groups")
	s := settings{
		server:        hook.LDAPServer{URL: text("url", ""), StartTLS: flag("start_tls")},
		userBase:      text("user_base", ""),
		userScope:     text("user_scope", "sub"),
		userFilter:    text("user_filter", ownUserFilter),
		upnDomain:     strings.TrimPrefix(text("upn_domain", ""), "@"),
		fields:        readFields(attributes.Object()),
		more:          more.Object(),
		emailVerified: flag("email_verified"),
		groupBase:     text("group_base", ""),
		groupScope:    text("group_scope", "sub"),
		groupFilter:   text("group_filter", ownGroupFilter),
		groupName:     text("group_name", "cn"),

		groupAttribute: text("group_attribute", ""),
		nested:         flag("nested_groups"),
		allowed:        allowed.Strings(),
		onlySome:       onlySome,
	}
	s.searcher = s.server
	if s.searcher.BindDN = text("bind_dn", ""); s.searcher.BindDN != "" {
		s.searcher.BindSecret = secret
	}
	return s
}

func readFields(o hook.Object) fields {
	return fields{
		subject: textOf(o, "subject", "entryUUID"), name: textOf(o, "name", "uid"), email: textOf(o, "email", "mail"),
		displayName: textOf(o, "display_name", "cn"), givenName: textOf(o, "given_name", "givenName"), familyName: textOf(o, "family_name", "sn"),
		phone: textOf(o, "phone", "telephoneNumber"), locale: textOf(o, "locale", ""), picture: textOf(o, "picture", ""),
	}
}

func textOf(o hook.Object, name, otherwise string) string {
	if v, ok := o.Get(name); ok {
		return v.Text()
	}
	return otherwise
}

// wanted lists what is asked of a person's entry, each once.
func (s *settings) wanted() []string {
	f := &s.fields
	all := []string{f.subject, f.name, f.email, f.displayName, f.givenName, f.familyName, f.phone, f.locale, f.picture, s.groupAttribute}
	for _, member := range s.more {
		all = append(all, member.Value.Text())
	}
	var list []string
	for _, name := range all {
		if name != "" && !document.HasFold(list, name) {
			list = append(list, name)
		}
	}
	return list
}

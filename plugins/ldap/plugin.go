// Package ldap is the connector that checks names and passwords at a directory: Active
// Directory, OpenLDAP, FreeIPA and others that speak LDAP (connector.password/v1).
//
// It owns what to search for, which attribute says what of a person, and which groups
// somebody is in. Connections, TLS, the password of whoever searches, and the escaping of
// what people type are the host's. It never writes to a directory, and never lets a
// directory decide that somebody's e-mail address is verified: the operator does. Package
// builtin imports it.
package ldap

import (
	postern "github.com/postern-id/postern/sdk/go"
	"github.com/postern-id/postern/sdk/hook"
)

// ID is the plugin's id.
const ID = "ldap"

// secret is the name of the password with which the directory is searched.
const secret = "bind_password"

// Plugin returns the plugin.
func Plugin() postern.Plugin {
	return postern.Plugin{
		Manifest: hook.Manifest{
			ID:          ID,
			Version:     "1.0.0",
			Description: "Checks names and passwords at Active Directory, OpenLDAP, FreeIPA, or another directory.",
			Capabilities: []hook.CapabilityWish{
				{Name: hook.LDAPBind, Reason: "It checks passwords at the directory of the settings; grant it that host and port."},
				{Name: hook.LDAPSearch, Reason: "It finds people and their groups in the directory of the settings."},
			},
			Secrets:  []hook.SecretWish{{Name: secret, Description: "Password of bind_dn, who searches.", Optional: true}},
			Settings: schema(),
			Presets:  presets(),
			Samples:  samples(),
		},
		Password: Check,
	}
}

// presets are the settings that fit what each directory has from the start.
func presets() []hook.Preset {
	return []hook.Preset{
		{Name: "openldap", Title: "OpenLDAP", Icon: "directory", Settings: hook.FromObject(nil)},
		{Name: "active-directory", Title: "Active Directory", Icon: "directory", Settings: mustParse(`{
			"user_filter": "(&(objectCategory=person)(objectClass=user)(|(sAMAccountName={0})(userPrincipalName={1}))(!(userAccountControl:1.2.840.113556.1.4.803:=2)))",
			"attributes": {"subject": "objectGUID", "name": "sAMAccountName", "display_name": "displayName"},
			"group_filter": "(&(objectClass=group)(member:1.2.840.113556.1.4.1941:={0}))"
		}`)},
		{Name: "freeipa", Title: "FreeIPA", Icon: "directory", Settings: mustParse(`{
			"user_filter": "(&(objectClass=posixAccount)(uid={0})(!(nsAccountLock=TRUE)))",
			"attributes": {"subject": "ipaUniqueID", "display_name": "displayName"},
			"group_attribute": "memberOf"
		}`)},
	}
}

// samples are a person who is in a group, and a wrong password.
func samples() []hook.Sample {
	const server = `"server":{"url":"ldaps://directory.example","bind_dn":"cn=reader,dc=example,dc=org","bind_secret":"bind_password"}`
	const settings = `"settings":{"url":"ldaps://directory.example","bind_dn":"cn=reader,dc=example,dc=org","user_base":"ou=people,dc=example,dc=org","group_base":"ou=groups,dc=example,dc=org","nested_groups":true}`
	const groups = `"base_dn":"ou=groups,dc=example,dc=org","scope":"sub","filter":"`
	const groupFilter = `(|(&(objectClass=groupOfNames)(member={0}))(&(objectClass=groupOfUniqueNames)(uniqueMember={0})))`
	find := hook.HostCall{
		Capability: hook.LDAPSearch,
		Request: mustParse(`{` + server + `,"base_dn":"ou=people,dc=example,dc=org","scope":"sub","filter":"(&(objectClass=inetOrgPerson)(uid={0}))","values":["jane"],
			"attributes":["entryUUID","uid","mail","cn","givenName","sn","telephoneNumber"],"limit":2}`),
		Answer: mustParse(`{"entries":[{"dn":"uid=jane,ou=people,dc=example,dc=org","attributes":{"entryUUID":["6d6a1ab0-5ee5-103e-8dd7-4f1d7f4a6f0b"],"uid":["jane"],"cn":["Jane Doe"],"mail":["jane@example.org"]}}]}`),
	}
	bind := func(password, answer string) hook.HostCall {
		return hook.HostCall{
			Capability: hook.LDAPBind,
			Request:    mustParse(`{"server":{"url":"ldaps://directory.example"},"dn":"uid=jane,ou=people,dc=example,dc=org","password":"` + password + `"}`),
			Answer:     mustParse(answer),
		}
	}
	search := func(filter, values, answer string) hook.HostCall {
		return hook.HostCall{
			Capability: hook.LDAPSearch,
			Request:    mustParse(`{` + server + `,` + groups + filter + `","values":[` + values + `],"attributes":["cn"],"limit":1000}`),
			Answer:     mustParse(answer),
		}
	}
	return []hook.Sample{
		{Hook: hook.ConnectorPassword, Input: mustParse(`{` + settings + `,"name":"jane","password":"wrong"}`), Calls: []hook.HostCall{find, bind("wrong", `{}`)}},
		{Hook: hook.ConnectorPassword, Input: mustParse(`{` + settings + `,"name":"jane","password":"right"}`), Calls: []hook.HostCall{
			find, bind("right", `{"ok":true}`),
			search(groupFilter, `"uid=jane,ou=people,dc=example,dc=org"`, `{"entries":[{"dn":"cn=staff,ou=groups,dc=example,dc=org","attributes":{"cn":["staff"]}}]}`),
			search(`(|`+groupFilter+`)`, `"cn=staff,ou=groups,dc=example,dc=org"`, `{}`),
		}},
	}
}

func mustParse(text string) hook.Value {
	v, err := hook.Parse([]byte(text))
	if err != nil {
		panic(err) // of this package's own constants
	}
	return v
}

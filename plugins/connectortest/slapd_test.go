package connectortest_test

import (
	"testing"

	"github.com/go-ldap/ldap/v3"

	"github.com/postern-id/postern/core/needs"
	"github.com/postern-id/postern/plugins/connectortest"
)

// slapdConfig has OpenLDAP's own schemas, the overlay that writes memberOf, and as much
// of Active Directory's schema as a search for its people needs.
const slapdConfig = `include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
include /etc/ldap/schema/nis.schema
attributetype ( 1.2.840.113556.1.4.2 NAME 'objectGUID' EQUALITY octetStringMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.40 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.221 NAME 'sAMAccountName' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.656 NAME 'userPrincipalName' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.8 NAME 'userAccountControl' EQUALITY integerMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.27 SINGLE-VALUE )
attributetype ( 1.2.840.113556.1.4.782 NAME 'objectCategory' EQUALITY caseIgnoreMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
objectclass ( 1.2.840.113556.1.5.9 NAME 'user' SUP inetOrgPerson STRUCTURAL MAY ( objectGUID $ sAMAccountName $ userPrincipalName $ userAccountControl $ objectCategory ) )
modulepath /usr/lib/ldap
moduleload back_mdb
moduleload memberof
pidfile DIR/slapd.pid
TLSCertificateFile DIR/cert.pem
TLSCertificateKeyFile DIR/key.pem
database mdb
suffix "dc=example,dc=org"
rootdn "cn=admin,dc=example,dc=org"
rootpw r00t-secret
directory DIR/db
overlay memberof
memberof-group-oc groupOfNames
access to attrs=userPassword by anonymous auth by * none
access to * by users read by * none
`

const slapdData = `dn: dc=example,dc=org
objectClass: domain
dc: example

dn: ou=people,dc=example,dc=org
objectClass: organizationalUnit
ou: people

dn: ou=groups,dc=example,dc=org
objectClass: organizationalUnit
ou: groups

dn: ou=roles,dc=example,dc=org
objectClass: organizationalUnit
ou: roles

dn: ou=corp,dc=example,dc=org
objectClass: organizationalUnit
ou: corp

dn: cn=reader,dc=example,dc=org
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: reader-secret

dn: uid=jane,ou=people,dc=example,dc=org
objectClass: inetOrgPerson
entryUUID: 6d6a1ab0-5ee5-103e-8dd7-4f1d7f4a6f0b
uid: jane
cn: Jane Doe
givenName: Jane
sn: Doe
mail: jane@example.org
mail: j.doe@example.org
telephoneNumber: +1 555 0100
departmentNumber: D1
userPassword: correct horse

dn: uid=j*n(e)\5c,ou=people,dc=example,dc=org
objectClass: inetOrgPerson
uid: j*n(e)\
cn: Odd Name
sn: Größe
mail: shared@example.org
userPassword: odd-secret

dn: uid=nobody-s-password,ou=people,dc=example,dc=org
objectClass: inetOrgPerson
uid: nobody-s-password
cn: No Password
sn: No
mail: shared@example.org

dn: cn=Doe\, John,ou=corp,dc=example,dc=org
objectClass: user
objectCategory: person
cn: Doe, John
displayName: Doe, John
sn: Doe
objectGUID:: MyIRAFVEd2aImaq7zN3u/w==
sAMAccountName: john
userPrincipalName: john@corp.example.org
userAccountControl: 512
userPassword: john-secret

dn: cn=Left,ou=corp,dc=example,dc=org
objectClass: user
objectCategory: person
cn: Left
sn: Left
objectGUID: ABCDEFGHIJKLMNOP
sAMAccountName: left
userPrincipalName: left@corp.example.org
userAccountControl: 514
userPassword: left-secret
`

// slapdGroups are added to the running server, so that the overlay sees them.
var slapdGroups = []struct {
	dn, class, attribute string
	members              []string
}{
	{"cn=developers,ou=groups,dc=example,dc=org", "groupOfNames", "member", []string{"uid=jane,ou=people,dc=example,dc=org", "cn=everybody,ou=groups,dc=example,dc=org"}},
	{"cn=engineering,ou=groups,dc=example,dc=org", "groupOfNames", "member", []string{"cn=developers,ou=groups,dc=example,dc=org"}},
	{"cn=everybody,ou=groups,dc=example,dc=org", "groupOfNames", "member", []string{"cn=engineering,ou=groups,dc=example,dc=org"}},
	{"cn=Größe\\, (all*),ou=groups,dc=example,dc=org", "groupOfUniqueNames", "uniqueMember", []string{"cn=engineering,ou=groups,dc=example,dc=org"}},
	{"cn=others,ou=groups,dc=example,dc=org", "groupOfNames", "member", []string{"uid=nobody-s-password,ou=people,dc=example,dc=org"}},
	{"cn=helpdesk,ou=roles,dc=example,dc=org", "groupOfNames", "member", []string{"uid=jane,ou=people,dc=example,dc=org"}},
	{"cn=shell,ou=groups,dc=example,dc=org", "posixGroup", "memberUid", []string{"jane"}},
}

// slapd starts OpenLDAP's server for the time of a test: directory.example.org, with TLS
// and without, and elsewhere.example.org, whose certificate is of another name.
func slapd(t *testing.T, w *connectortest.World) {
	t.Helper()
	plain, secure := needs.Slapd(t, w.Certificate("directory.example.org"), slapdConfig, slapdData)
	addGroups(t, plain)
	for _, name := range []string{"directory.example.org", "elsewhere.example.org"} {
		w.Route(name+":389", plain)
		w.Route(name+":636", secure)
	}
}

func addGroups(t *testing.T, address string) {
	t.Helper()
	conn, err := ldap.DialURL("ldap://" + address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.Bind("cn=admin,dc=example,dc=org", "r00t-secret"); err != nil {
		t.Fatal(err)
	}
	for i, group := range slapdGroups {
		request := ldap.NewAddRequest(group.dn, nil)
		request.Attribute("objectClass", []string{group.class})
		request.Attribute(group.attribute, group.members)
		if group.class == "posixGroup" {
			request.Attribute("gidNumber", []string{string(rune('1' + i))})
		}
		if err := conn.Add(request); err != nil {
			t.Fatalf("%s: %v", group.dn, err)
		}
	}
}

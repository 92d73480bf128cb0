package capability_test

import (
	"crypto/tls"
	"fmt"
	"strings"

	"github.com/postern-id/postern/core/needs"
)

const slapdConfig = `include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/inetorgperson.schema
modulepath /usr/lib/ldap
moduleload back_mdb
pidfile DIR/slapd.pid
TLSCertificateFile DIR/cert.pem
TLSCertificateKeyFile DIR/key.pem
database mdb
suffix "dc=example,dc=org"
rootdn "cn=admin,dc=example,dc=org"
rootpw r00t-secret
directory DIR/db
access to attrs=userPassword by anonymous auth by * none
access to * by users read by * none
`

const slapdData = `dn: dc=example,dc=org
objectClass: domain
dc: example

dn: ou=people,dc=example,dc=org
objectClass: organizationalUnit
ou: people

dn: cn=reader,dc=example,dc=org
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: reader
userPassword: reader-secret

dn: uid=jane,ou=people,dc=example,dc=org
objectClass: inetOrgPerson
uid: jane
cn: Jane Doe
sn: Doe
mail: jane@example.org
mail: j.doe@example.org
description: base64:no
jpegPhoto:: /9j/4A==
userPassword: correct horse

dn: uid=j*n(e)\5c,ou=people,dc=example,dc=org
objectClass: inetOrgPerson
uid: j*n(e)\
cn: Odd Name
sn: Größe

dn: ou=elsewhere,dc=example,dc=org
objectClass: referral
objectClass: extensibleObject
ou: elsewhere
ref: ldap://127.0.0.1:9/ou=elsewhere,dc=example,dc=org
`

// slapd is a directory of a domain with two people; directory.internal and, for all
// the world, directory.example.org.
func (w *world) slapd() {
	w.t.Helper()
	var people strings.Builder
	for i := range 20 {
		fmt.Fprintf(&people, "\ndn: uid=p%d,ou=people,dc=example,dc=org\nobjectClass: inetOrgPerson\nuid: p%d\ncn: P\nsn: Many\n", i, i)
	}
	plain, secure := needs.Slapd(w.t, &w.server.TLS.Certificates[0], slapdConfig, slapdData+people.String())
	w.directory(plain, secure)
}

// directory is where the names of the directory lead.
func (w *world) directory(plain, secure string) {
	w.names["directory.internal"] = []string{"127.0.0.1"}
	for _, address := range []string{"127.0.0.1", public} {
		w.servers[address+":389"], w.servers[address+":636"] = plain, secure
	}
}

// serverTLS is for directories that the tests write themselves.
func (w *world) serverTLS() *tls.Config {
	return &tls.Config{Certificates: w.server.TLS.Certificates}
}

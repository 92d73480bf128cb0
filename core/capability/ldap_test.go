package capability_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/postern-id/postern/sdk/hook"
)

const jane = "uid=jane,ou=people,dc=example,dc=org"

func ldapWorld(t *testing.T) *world {
	t.Helper()
	w := newWorld(t, "directory.internal:389", "directory.internal:636")
	w.slapd()
	return w
}

// ldapServers are all ways to reach the directory.
var ldapServers = []string{
	`{"url":"ldap://directory.internal:389"}`,
	`{"url":"ldap://directory.internal"}`,
	`{"url":"ldap://directory.internal:389","start_tls":true}`,
	`{"url":"ldaps://directory.internal:636"}`,
	`{"url":"ldap://directory.example.org:389","start_tls":true}`,
	`{"url":"ldaps://Directory.Example.org/"}`,
}

func TestLDAPBind(t *testing.T) {
	w := ldapWorld(t)
	caller := w.caller("ldap.bind directory.internal:389", "ldap.bind directory.internal:636", "ldap.bind directory.example.org:389", "ldap.bind directory.example.org:636")
	for _, server := range ldapServers {
		w.does(caller, hook.LDAPBind, `{"server":`+server+`,"dn":"`+jane+`","password":"correct horse"}`, `{"ok":true}`)
		w.does(caller, hook.LDAPBind, `{"server":`+server+`,"dn":"`+jane+`","password":"wrong"}`, `{}`)
	}
	server := ldapServers[2]
	w.does(caller, hook.LDAPBind, `{"server":`+server+`,"dn":"uid=nobody,ou=people,dc=example,dc=org","password":"correct horse"}`, `{}`)
	w.does(caller, hook.LDAPBind, `{"server":`+server+`,"dn":"UID=Jane, OU=People, DC=example, DC=org","password":"correct horse"}`, `{"ok":true}`)
	w.refuses(caller, hook.LDAPBind, `{"server":`+server+`,"dn":"no dn","password":"x"}`, hook.CodeRefused, "Invalid DN Syntax", "LDAP result 34")
}

// TestLDAPBindRefuses is number 110: what a directory could take for nobody, and so
// say yes to, never gets there.
func TestLDAPBindRefuses(t *testing.T) {
	w := newWorld(t)
	for _, test := range []struct{ rest, code, words string }{
		{`"dn":"` + jane + `"`, hook.CodeRefused, "an empty password is refused"},
		{`"dn":"` + jane + `","password":""`, hook.CodeRefused, "an empty password is refused"},
		{`"dn":"` + jane + `","password":"\u0000"`, hook.CodeRefused, "and no NUL"},
		{`"dn":"` + jane + `","password":"` + strings.Repeat("x", 1025) + `"`, hook.CodeRefused, "at most 1024 bytes"},
		{`"dn":"","password":"x"`, hook.CodeInvalidRequest, "there is no dn"},
		{`"dn":"` + strings.Repeat("x", 1025) + `","password":"x"`, hook.CodeInvalidRequest, "a DN has at most 1024 bytes"},
		{`"dn":"a\u0000b","password":"x"`, hook.CodeInvalidRequest, "and no NUL"},
	} {
		w.refuses(w.caller("ldap.bind directory.example.org:636"), hook.LDAPBind, `{"server":{"url":"ldaps://directory.example.org"},`+test.rest+`}`, test.code, test.words)
	}
	w.refuses(w.caller("ldap.bind directory.example.org"), hook.LDAPBind, `{"server":{"url":"ldaps://directory.example.org","bind_dn":"cn=a"},"dn":"x","password":"x"}`,
		hook.CodeInvalidRequest, "no bind_dn and bind_secret")
}

func TestLDAPServerRefuses(t *testing.T) {
	w := newWorld(t)
	w.names["inside.example.org"] = []string{"10.0.0.7"}
	caller := w.caller("ldap.bind directory.example.org:389", "ldap.bind directory.example.org:636", "ldap.bind inside.example.org:636", "ldap.search other.example.org:636")
	for _, test := range []struct{ server, code, words string }{
		{`{"url":"ldaps://other.example.org"}`, hook.CodeDenied, "may not check passwords at other.example.org:636; the operator allows it with: postern plugin grant directory ldap.bind other.example.org:636"},
		{`{"url":"ldap://directory.example.org:3268","start_tls":true}`, hook.CodeDenied, "ldap.bind directory.example.org:3268"},
		{`{"url":"ldaps://127.0.0.1"}`, hook.CodeDenied, "may not check passwords at 127.0.0.1:636"},
		{`{"url":"ldap://directory.example.org"}`, hook.CodeInvalidRequest, "cannot be asked without TLS"},
		{`{"url":"ldaps://inside.example.org"}`, hook.CodeDenied, "the address 10.0.0.7 of inside.example.org is private"},
		{`{"url":"ldaps://directory.example.org","start_tls":true}`, hook.CodeInvalidRequest, "has TLS already"},
		{`{"url":""}`, hook.CodeInvalidRequest, "the server is ldap://HOST:PORT"},
		{`{"url":"ldapi:///var/run/slapd/ldapi"}`, hook.CodeInvalidRequest, "the server is ldap://HOST:PORT"},
		{`{"url":"cldap://directory.example.org"}`, hook.CodeInvalidRequest, "the server is ldap://HOST:PORT"},
		{`{"url":"ldaps://u:p@directory.example.org"}`, hook.CodeInvalidRequest, "the server is ldap://HOST:PORT"},
		{`{"url":"ldaps://directory.example.org/dc=example,dc=org?uid"}`, hook.CodeInvalidRequest, "nothing behind it"},
		{`{"url":"ldaps://directory.example.org#x"}`, hook.CodeInvalidRequest, "nothing behind it"},
		{`{"url":"ldaps://directory.example.org:0"}`, hook.CodeInvalidRequest, "is no HOST or HOST:PORT"},
		{`{"url":"ldaps://0x7f.1"}`, hook.CodeInvalidRequest, "is no HOST or HOST:PORT"},
		{`{"url":"ldaps://directory.example.org"}`, hook.CodeUnavailable, "no connection to directory.example.org"},
	} {
		w.refuses(caller, hook.LDAPBind, `{"server":`+test.server+`,"dn":"`+jane+`","password":"x"}`, test.code, test.words)
	}
}

// TestLDAPTLS holds that the certificate is that of the name.
func TestLDAPTLS(t *testing.T) {
	w := ldapWorld(t)
	w.names["directory.other.example"] = []string{public}
	caller := w.caller("ldap.bind *.other.example:389", "ldap.bind *.other.example:636", "ldap.bind directory.example.org:636")
	for _, server := range []string{`{"url":"ldaps://directory.other.example"}`, `{"url":"ldap://directory.other.example","start_tls":true}`} {
		w.refuses(caller, hook.LDAPBind, `{"server":`+server+`,"dn":"`+jane+`","password":"correct horse"}`, hook.CodeUnavailable, "is not valid for it")
	}
	w.servers[public+":636"] = w.servers[public+":389"]
	w.refuses(caller, hook.LDAPBind, `{"server":{"url":"ldaps://directory.example.org"},"dn":"`+jane+`","password":"correct horse"}`, hook.CodeUnavailable, "TLS")
}

func TestLDAPSearch(t *testing.T) {
	w := ldapWorld(t)
	caller := w.caller("ldap.search directory.internal:389", "ldap.search directory.internal:636", "ldap.search directory.example.org:389", "ldap.search directory.example.org:636")
	w.secret(caller, "reader", "reader-secret")
	const who = `"bind_dn":"cn=reader,dc=example,dc=org","bind_secret":"reader"`
	for _, server := range ldapServers {
		server = strings.TrimSuffix(server, "}") + "," + who + "}"
		w.does(caller, hook.LDAPSearch, `{"server":`+server+`,"base_dn":"dc=example,dc=org","filter":"(&(objectClass=inetOrgPerson)(uid={0}))","values":["jane"],"attributes":["cn","mail"]}`,
			`{"entries":[{"dn":"uid=jane,ou=people,dc=example,dc=org","attributes":{"cn":["Jane Doe"],"mail":["jane@example.org","j.doe@example.org"]}}]}`)
	}
	search := func(rest string) string {
		return `{"server":{"url":"ldap://directory.internal",` + who + `},"base_dn":"ou=people,dc=example,dc=org","attributes":["sn"],` + rest + `}`
	}
	const odd = `{"entries":[{"dn":"uid=j*n(e)\\5C,ou=people,dc=example,dc=org","attributes":{"sn":["Größe"]}}]}`
	for request, want := range map[string]string{
		search(`"filter":"(uid={0})","values":["j*n(e)\\"]`):                                                    odd,
		search(`"filter":"(uid={0})","values":["*"]`):                                                           `{}`,
		search(`"filter":"(uid={0})","values":["jane)(uid=*"]`):                                                 `{}`,
		search(`"filter":"(|(uid={0})(uid={1}))","values":["x)(objectClass=*","*))(|(a=b"]`):                    `{}`,
		search(`"filter":"(&(uid={0})(sn={1}))","values":["jane","Doe"]`):                                       `{"entries":[{"dn":"` + jane + `","attributes":{"sn":["Doe"]}}]}`,
		search(`"filter":"(cn=*{0}*)","values":["ane D"]`):                                                      `{"entries":[{"dn":"` + jane + `","attributes":{"sn":["Doe"]}}]}`,
		search(`"scope":"base","filter":"(objectClass=*)"`):                                                     `{"entries":[{"dn":"ou=people,dc=example,dc=org"}]}`,
		search(`"scope":"one","filter":"(uid=jane)"`):                                                           `{"entries":[{"dn":"` + jane + `","attributes":{"sn":["Doe"]}}]}`,
		strings.Replace(search(`"scope":"one","filter":"(uid=jane)"`), "ou=people,", "", 1):                     `{}`,
		strings.Replace(search(`"filter":"(uid=jane)"`), `"sn"`, `"jpegPhoto","description","userPassword"`, 1): `{"entries":[{"dn":"` + jane + `","attributes":{"description":["base64:YmFzZTY0Om5v"],"jpegPhoto":["base64:/9j/4A=="]}}]}`,
		strings.Replace(search(`"filter":"(ou=elsewhere)"`), "ou=people,", "", 1):                               `{}`,
		strings.Replace(search(`"filter":"(uid=jane)"`), `"sn"`, `"1.1"`, 1):                                    `{"entries":[{"dn":"` + jane + `"}]}`,
	} {
		w.does(caller, hook.LDAPSearch, request, want)
	}
	for _, test := range []struct {
		limit, entries int
		truncated      bool
	}{{0, 20, false}, {20, 20, false}, {19, 19, true}, {1, 1, true}, {1000, 20, false}} {
		answer, code := w.call(caller, hook.LDAPSearch, search(fmt.Sprintf(`"filter":"(sn=Many)","limit":%d`, test.limit)))
		if code != "" || strings.Count(answer, `"dn":`) != test.entries || strings.HasSuffix(answer, `,"truncated":true}`) != test.truncated {
			t.Errorf("%+v: %s (%s)", test, answer, code)
		}
	}
	w.refuses(caller, hook.LDAPSearch, strings.Replace(search(`"filter":"(uid=jane)"`), "ou=people,", "ou=nobody,", 1), hook.CodeRefused, "No Such Object", "LDAP result 32")
	w.refuses(caller, hook.LDAPSearch, strings.Replace(search(`"filter":"(uid=jane)"`), "ou=people,", "ou=elsewhere,", 1), hook.CodeRefused, "refers to another server")
	w.refuses(caller, hook.LDAPSearch, strings.Replace(search(`"filter":"(uid=jane)"`), "cn=reader,", "cn=writer,", 1), hook.CodeRefused, "Invalid Credentials")
	// Nobody sees nothing.
	w.refuses(caller, hook.LDAPSearch, strings.Replace(search(`"filter":"(uid=jane)"`), ","+who, "", 1), hook.CodeRefused, "No Such Object")
}

func TestLDAPSearchRefuses(t *testing.T) {
	w := newWorld(t)
	caller := w.caller("ldap.search directory.example.org:636")
	w.secret(caller, "empty", "")
	for _, test := range []struct{ server, rest, code, words string }{
		{``, `"filter":"(uid=a)","scope":"children"`, hook.CodeInvalidRequest, "scope is sub, one or base"},
		{``, `"filter":"(uid=a)","limit":1001`, hook.CodeInvalidRequest, "limit is 1 to 1000"},
		{``, `"filter":"(uid=a)","limit":-1`, hook.CodeInvalidRequest, "limit is 1 to 1000"},
		{``, `"filter":"(uid=a)","attributes":["cn","a b"]`, hook.CodeInvalidRequest, "is no name of an attribute"},
		{``, `"filter":"(uid=a)","attributes":[""]`, hook.CodeInvalidRequest, "is no name of an attribute"},
		{``, `"filter":"(uid=a)","attributes":[` + strings.Repeat(`"cn",`, 64) + `"cn"]`, hook.CodeInvalidRequest, "at most 64 attributes"},
		{``, `"filter":"(uid=a)","base_dn":"` + strings.Repeat("x", 1025) + `"`, hook.CodeInvalidRequest, "a DN has at most"},
		{``, `"filter":""`, hook.CodeInvalidRequest, "is no LDAP filter"},
		{``, `"filter":"(uid={0})"`, hook.CodeInvalidRequest, "the filter has {0} and there are 0 values"},
		{`,"bind_dn":"cn=a"`, `"filter":"(uid=a)"`, hook.CodeInvalidRequest, "bind_dn and bind_secret go together"},
		{`,"bind_secret":"a"`, `"filter":"(uid=a)"`, hook.CodeInvalidRequest, "bind_dn and bind_secret go together"},
		{`,"bind_dn":"cn=a","bind_secret":"unset"`, `"filter":"(uid=a)"`, hook.CodeUnavailable, "is not set"},
		{`,"bind_dn":"cn=a","bind_secret":"empty"`, `"filter":"(uid=a)"`, hook.CodeRefused, "an empty password is refused"},
	} {
		w.refuses(caller, hook.LDAPSearch, `{"server":{"url":"ldaps://directory.example.org"`+test.server+`},`+test.rest+`}`, test.code, test.words)
	}
	w.refuses(w.caller("ldap.bind directory.example.org:636"), hook.LDAPSearch, `{"server":{"url":"ldaps://directory.example.org","bind_dn":"cn=a","bind_secret":"unset"},"filter":"(uid=a)"}`,
		hook.CodeDenied, "may not search in directory.example.org:636; the operator allows it with: postern plugin grant directory ldap.search directory.example.org:636")
}

package connectortest_test

import (
	"encoding/json"
	"maps"
	"strings"
	"testing"

	"github.com/postern-id/postern/plugins/connectortest"
	"github.com/postern-id/postern/plugins/ldap"
)

// directory is the connector at slapd, with a preset and settings over it.
func directory(t *testing.T, presetName string, more map[string]any) connectortest.Instance {
	t.Helper()
	settings := map[string]any{
		"url": "ldaps://directory.example.org", "bind_dn": "cn=reader,dc=example,dc=org",
		"user_base": "ou=people,dc=example,dc=org", "group_base": "ou=groups,dc=example,dc=org",
	}
	for _, preset := range ldap.Plugin().Manifest.Presets {
		if preset.Name == presetName {
			if err := json.Unmarshal(preset.Settings.AppendJSON(nil), &settings); err != nil {
				t.Fatal(err)
			}
		}
	}
	maps.Copy(settings, more)
	text, err := json.Marshal(settings)
	if err != nil {
		t.Fatal(err)
	}
	return connectortest.Instance{
		Plugin: "ldap", Settings: string(text), Secrets: map[string]string{"bind_password": "reader-secret"},
		Grants: []string{
			"ldap.search directory.example.org:636", "ldap.bind directory.example.org:636",
			"ldap.search directory.example.org:389", "ldap.bind directory.example.org:389",
			"ldap.search elsewhere.example.org:636", "ldap.search elsewhere.example.org:389",
			"ldap.search away.example.org:636",
		},
	}
}

// TestLDAP asks one server all through: starting it takes longer than asking.
func TestLDAP(t *testing.T) {
	w := connectortest.New(t)
	slapd(t, w)
	t.Run("people", func(t *testing.T) { ldapPeople(t, w) })
	t.Run("groups", func(t *testing.T) { ldapGroups(t, w) })
	t.Run("denies", func(t *testing.T) { ldapDenies(t, w) })
	t.Run("active directory", func(t *testing.T) { ldapActiveDirectory(t, w) })
	t.Run("TLS", func(t *testing.T) { ldapTLS(t, w) })
	t.Run("fails", func(t *testing.T) { ldapFails(t, w) })
}

func ldapPeople(t *testing.T, w *connectortest.World) {
	const jane = `{"identity":{"subject":"6d6a1ab0-5ee5-103e-8dd7-4f1d7f4a6f0b","name":"jane","email":"jane@example.org","display_name":"Jane Doe","given_name":"Jane","family_name":"Doe",` +
		`"phone":"+1 555 0100","groups":["developers"],"attributes":{"department":"D1"},"amr":["pwd"],"claims":{"dn":"uid=jane,ou=people,dc=example,dc=org"}}}`
	i := directory(t, "openldap", map[string]any{"more_attributes": map[string]string{"department": "departmentNumber"}})
	for _, typed := range []string{"jane", "JANE", " jane "} { // one person, however the name is written
		out, err := w.Password(i, typed, "correct horse")
		if err != nil {
			t.Fatal(err)
		}
		if got := string(out.AppendJSON(nil)); got != jane {
			t.Errorf("%q:\ngot  %s\nwant %s", typed, got, jane)
		}
	}
	out, err := w.Password(i, `j*n(e)\`, "odd-secret")
	if err != nil || out.Identity == nil || out.Identity.Name != `j*n(e)\` || out.Identity.FamilyName != "Größe" || out.Identity.Subject == "" {
		t.Errorf("an odd name: %+v, %v", out, err)
	}
}

func ldapGroups(t *testing.T, w *connectortest.World) {
	for name, test := range map[string]struct {
		more map[string]any
		want string
	}{
		"direct":     {nil, "developers"},
		"nested":     {map[string]any{"nested_groups": true}, "Größe, (all*), developers, engineering, everybody"},
		"memberOf":   {map[string]any{"group_attribute": "memberOf"}, "developers"},
		"all of it":  {map[string]any{"group_attribute": "memberOf", "group_base": "dc=example,dc=org"}, "developers, helpdesk"},
		"from there": {map[string]any{"group_attribute": "memberOf", "nested_groups": true}, "Größe, (all*), developers, engineering, everybody"},
		"posixGroup": {map[string]any{"group_filter": "(&(objectClass=posixGroup)(memberUid={1}))"}, "shell"},
		"both kinds": {map[string]any{"group_filter": "(|(member={0})(memberUid={1}))", "nested_groups": true}, "developers, engineering, everybody, shell"},
		"one level":  {map[string]any{"group_base": "dc=example,dc=org", "group_scope": "one"}, ""},
		"allowed":    {map[string]any{"nested_groups": true, "allowed_groups": []string{"EVERYBODY"}}, "Größe, (all*), developers, engineering, everybody"},
	} {
		out, err := w.Password(directory(t, "openldap", test.more), "jane", "correct horse")
		if err != nil || out.Identity == nil {
			t.Errorf("%s: %+v, %v", name, out, err)
			continue
		}
		if got := strings.Join(out.Identity.Groups, ", "); got != test.want {
			t.Errorf("%s: %s, want %s", name, got, test.want)
		}
	}
}

func ldapDenies(t *testing.T, w *connectortest.World) {
	for name, test := range map[string]struct {
		more            map[string]any
		typed, password string
		why             string
	}{
		"a wrong password":         {nil, "jane", "correct horses", "the password is wrong"},
		"no password":              {nil, "jane", "", "nothing was typed"},
		"a password that is NUL":   {nil, "jane", "\x00", "nothing was typed"},
		"an entry without one":     {nil, "nobody-s-password", "x", "the password is wrong"},
		"nobody":                   {nil, "john", "x", "no entry"},
		"everybody":                {nil, "*", "correct horse", "no entry"},
		"whoever begins so":        {nil, "j*", "correct horse", "no entry"},
		"another filter":           {nil, "x)(uid=jane", "correct horse", "no entry"},
		"another filter with more": {nil, "*)(|(uid=jane)", "correct horse", "no entry"},
		"a name that ends early":   {nil, "jane\x00", "correct horse", "no entry"},
		"escapes":                  {nil, `\6aane`, "correct horse", "no entry"},
		"a value's place":          {nil, "{0}", "correct horse", "no entry"},
		"a DN":                     {nil, "uid=jane,ou=people,dc=example,dc=org", "correct horse", "no entry"},
		"two":                      {map[string]any{"user_filter": "(mail={0})"}, "shared@example.org", "odd-secret", "several entries"},
		"many":                     {map[string]any{"user_filter": "(|(uid={0})(objectClass=*))"}, "jane", "correct horse", "several entries"},
		"not in a group":           {map[string]any{"allowed_groups": []string{"engineering"}}, "jane", "correct horse", "none of the allowed groups"},
	} {
		out, err := w.Password(directory(t, "openldap", test.more), test.typed, test.password)
		if err != nil || !out.Deny || out.Identity != nil || !strings.Contains(out.Reason, test.why) {
			t.Errorf("%s: %+v, %v; want %s", name, out, err, test.why)
		}
	}
}

func ldapActiveDirectory(t *testing.T, w *connectortest.World) {
	i := directory(t, "active-directory", map[string]any{"user_base": "ou=corp,dc=example,dc=org", "upn_domain": "corp.example.org"})
	for _, typed := range []string{"john", "John@corp.example.org", "JOHN"} {
		out, err := w.Password(i, typed, "john-secret")
		if err != nil || out.Identity == nil {
			t.Errorf("%s: %+v, %v", typed, out, err)
			continue
		}
		if who := out.Identity; who.Subject != "00112233-4455-6677-8899-aabbccddeeff" || who.Name != "john" || who.DisplayName != "Doe, John" {
			t.Errorf("%s: %+v", typed, who)
		}
	}
	for _, typed := range []string{"left", "left@corp.example.org", "john@example.org", "*"} {
		if out, err := w.Password(i, typed, "left-secret"); err != nil || !out.Deny || !strings.Contains(out.Reason, "no entry") {
			t.Errorf("%s: %+v, %v", typed, out, err)
		}
	}
	// Without the mark of the account it opens: it is the filter that keeps it out. Its
	// bytes are text by chance.
	i = directory(t, "active-directory", map[string]any{"user_base": "ou=corp,dc=example,dc=org", "user_filter": "(sAMAccountName={0})"})
	if out, err := w.Password(i, "left", "left-secret"); err != nil || out.Identity == nil || out.Identity.Subject != "44434241-4645-4847-494a-4b4c4d4e4f50" {
		t.Errorf("without the preset's filter: %+v, %v", out, err)
	}
}

func ldapTLS(t *testing.T, w *connectortest.World) {
	out, err := w.Password(directory(t, "openldap", map[string]any{"url": "ldap://directory.example.org", "start_tls": true}), "jane", "correct horse")
	if err != nil || out.Identity == nil {
		t.Errorf("StartTLS: %+v, %v", out, err)
	}
	for url, why := range map[string]string{
		"ldaps://elsewhere.example.org": "certificate",
		"ldap://elsewhere.example.org":  "certificate",
		"ldaps://directory.example.org": "leave start_tls out",
	} {
		more := map[string]any{"url": url, "start_tls": !strings.Contains(url, "ldaps://elsewhere")}
		if out, err := w.Password(directory(t, "openldap", more), "jane", "correct horse"); err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s: %+v, %v; want %s", url, out, err, why)
		}
	}
	// The address is one that anybody may reach, and not listed: nothing goes there in the clear.
	if out, err := w.Password(directory(t, "openldap", map[string]any{"url": "ldap://directory.example.org"}), "jane", "correct horse"); err == nil {
		t.Errorf("without TLS: %+v", out)
	}
}

func ldapFails(t *testing.T, w *connectortest.World) {
	for name, test := range map[string]struct {
		more   map[string]any
		change func(*connectortest.Instance)
		why    string
	}{
		"away":               {map[string]any{"url": "ldaps://away.example.org:636"}, nil, "away.example.org"},
		"the reader":         {nil, func(i *connectortest.Instance) { i.Secrets["bind_password"] = "wrong" }, "LDAP result 49"},
		"no secret":          {nil, func(i *connectortest.Instance) { i.Secrets = nil }, "bind_password"},
		"no base for people": {map[string]any{"user_base": "ou=nowhere,dc=example,dc=org"}, nil, "LDAP result 32"},
		"no base for groups": {map[string]any{"group_base": "ou=nowhere,dc=example,dc=org"}, nil, "LDAP result 32"},
		"no filter":          {map[string]any{"user_filter": "(uid={0}))(x)"}, nil, "the filter is no LDAP filter"},
		"not granted":        {nil, func(i *connectortest.Instance) { i.Grants = i.Grants[:1] }, "postern plugin grant"},
		"no subject":         {map[string]any{"attributes": map[string]string{"subject": "employeeNumber"}}, nil, "has 0 values of employeeNumber"},
	} {
		i := directory(t, "openldap", test.more)
		if test.change != nil {
			test.change(&i)
		}
		out, err := w.Password(i, "jane", "correct horse")
		if err == nil || !strings.Contains(err.Error(), test.why) {
			t.Errorf("%s: %+v, %v; want %s", name, out, err, test.why)
			continue
		}
		if text := err.Error(); strings.Contains(text, "correct horse") || strings.Contains(text, "reader-secret") {
			t.Errorf("%s: it tells a password: %s", name, text)
		}
	}
}

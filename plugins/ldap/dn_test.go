package ldap

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// shown writes a DN so that each part of it can be seen.
func shown(d dn) string {
	var parts []string
	for _, part := range d {
		var assertions []string
		for _, a := range part {
			assertions = append(assertions, a.attribute+":"+a.value)
		}
		parts = append(parts, strings.Join(assertions, "&"))
	}
	return strings.Join(parts, "/")
}

func TestParseDN(t *testing.T) {
	for text, want := range map[string]string{
		"cn=staff,ou=groups,dc=example,dc=org": "cn:staff/ou:groups/dc:example/dc:org",
		"CN=Domain Admins , OU=Groups":         "CN:Domain Admins/OU:Groups",
		"cn = a , ou= b":                       "cn:a/ou:b",
		"cn=a+uid=b,dc=c":                      "cn:a&uid:b/dc:c",
		"cn=a;dc=c":                            "cn:a/dc:c",
		`CN=Doe\, Jane,DC=x`:                   "CN:Doe, Jane/DC:x",
		`cn=a\2cb\5C\20,dc=x`:                  `cn:a,b\ /dc:x`,
		`cn=\ a\ ,dc=x`:                        "cn: a /dc:x",
		`cn=\#1 b#2,dc=x`:                      "cn:#1 b#2/dc:x",
		`cn=Gr\c3\b6\C3\9Fe,dc=x`:              "cn:Größe/dc:x",
		`cn=\"a\"\<\>\;\=\+,dc=x`:              `cn:"a"<>;=+/dc:x`,
		"cn=a=b,dc=x":                          "cn:a=b/dc:x",
		"1.2.840=Größe":                        "1.2.840:Größe",
	} {
		if got, ok := parseDN(text); !ok || shown(got) != want {
			t.Errorf("%s gives %s (%v), want %s", text, shown(got), ok, want)
		}
	}
	for _, text := range []string{
		"", "cn", "cn=", "cn=,dc=x", "=a", ",cn=a", "cn=a,", "cn=a,,dc=x", `cn=a\`, `cn=a\z`, `cn=a\4`, `cn="a"`, "cn=#0401", "cn=a,dc", `c\n=a`, `cn=\ff`, "cn=a+", "cn= ",
	} {
		if got, ok := parseDN(text); ok {
			t.Errorf("%q gives %s", text, shown(got))
		}
	}
}

func TestBelow(t *testing.T) {
	const base = "CN=groups,cn=accounts,dc=example,dc=org"
	for text, want := range map[string]bool{
		"cn=admins,cn=groups,cn=accounts,dc=example,dc=org":   true,
		"cn=admins, CN=Groups, cn=ACCOUNTS,dc=Example,dc=org": true,
		base:                            true,
		"cn=accounts,dc=example,dc=org": false,
		"cn=r,cn=roles,cn=accounts,dc=example,dc=org":               false,
		"cn=a,cn=notgroups,cn=accounts,dc=example,dc=org":           false,
		`cn=a\,cn=groups,cn=accounts,dc=example,dc=org`:             false,
		"cn=a,ou=groups,cn=accounts,dc=example,dc=org":              false,
		"cn=a,cn=groups+uid=x,cn=accounts,dc=example,dc=org":        false,
		"cn=a,cn=groups,cn=accounts,dc=example,dc=org,dc=elsewhere": false,
	} {
		parent, _ := parseDN(base)
		if got, ok := parseDN(text); !ok || got.below(parent) != want {
			t.Errorf("%s: %v, want %v", text, got.below(parent), want)
		}
	}
}

func FuzzParseDN(f *testing.F) {
	for _, text := range []string{"cn=a,dc=b", `cn=Doe\, Jane+uid=\2c,dc=x`, "cn=#04", `cn=\`, "=,=+"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		d, ok := parseDN(text)
		if !ok {
			return
		}
		if len(d) == 0 || !d.below(d) {
			t.Fatalf("%q gives %s, which is not in itself", text, shown(d))
		}
		// What was read is written with every sign escaped, and means the same.
		var parts []string
		for _, part := range d {
			var assertions []string
			for _, a := range part {
				if a.attribute == "" || a.value == "" || utf8.ValidString(text) && !utf8.ValidString(a.value) {
					t.Fatalf("%q gives the part %+v", text, part)
				}
				assertions = append(assertions, a.attribute+"="+escaped(a.value))
			}
			parts = append(parts, strings.Join(assertions, "+"))
		}
		again, ok := parseDN(strings.Join(parts, ","))
		if !ok || shown(again) != shown(d) {
			t.Fatalf("%q gives %s, and again %s (%v)", text, shown(d), shown(again), ok)
		}
	})
}

func escaped(value string) string {
	const digits = "0123456789abcdef"
	var out []byte
	for i := range len(value) {
		out = append(out, '\\', digits[value[i]>>4], digits[value[i]&15])
	}
	return string(out)
}

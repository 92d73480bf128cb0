package capability

import (
	"fmt"
	"strings"
	"testing"

	ber "github.com/go-asn1-ber/asn1-ber"
	"github.com/go-ldap/ldap/v3"
)

func TestFillFilter(t *testing.T) {
	for _, test := range []struct {
		filter string
		values []string
		want   string // or
		words  string
	}{
		{"(uid=jane)", nil, "(uid=jane)", ""},
		{"(uid={0})", []string{"jane"}, "(uid=jane)", ""},
		{"(|(uid={0})(mail={0}))", []string{"a*b(c)\\d\x00e"}, `(|(uid=a\2ab\28c\29\5cd\00e)(mail=a\2ab\28c\29\5cd\00e))`, ""},
		{"(&(uid={1})(sn={0}))", []string{"{1}", "{0}"}, "(&(uid={0})(sn={1}))", ""},
		{"(cn=*{0}*)", []string{"Größe"}, `(cn=*Gr\c3\b6\c3\9fe*)`, ""},
		{`(cn=\7b0})`, nil, `(cn=\7b0})`, ""},
		{"(memberOf:1.2.840.113556.1.4.1941:={0})", []string{"cn=a,dc=b"}, "(memberOf:1.2.840.113556.1.4.1941:=cn=a,dc=b)", ""},

		{"", nil, "", "is no LDAP filter"},
		{"uid=jane", nil, "", "is no LDAP filter"},
		{"(uid=jane))", nil, "", "is no LDAP filter"},
		{"(uid=jane", nil, "", "is no LDAP filter"},
		{"(uid={0})", []string{""}, "", "the value {0} of the filter is empty"},
		{"(uid={0})", nil, "", "the filter has {0} and there are 0 values"},
		{"(uid={1})", []string{"a"}, "", "the filter has {1} and there are 1 values"},
		{"(uid={0})", []string{"a", "b"}, "", "the filter has no {1}"},
		{"(uid=a)", []string{"a"}, "", "the filter has no {0}"},
		{"(uid={x})", []string{"a"}, "", "a brace in a filter begins {0}"},
		{"(uid={})", []string{"a"}, "", "a brace in a filter begins {0}"},
		{"(uid={-1})", []string{"a"}, "", "a brace in a filter begins {0}"},
		{"(uid={256})", []string{"a"}, "", "a brace in a filter begins {0}"},
		{"(uid={0", []string{"a"}, "", "a brace in a filter begins {0}"},
		{"(uid={{0}})", []string{"a"}, "", "a brace in a filter begins {0}"},
		{"(uid={0})", []string{strings.Repeat("x", 5000)}, "", "at most 4096 bytes"},
		{"(uid={0})", make([]string, 17), "", "at most 16 values"},
		{strings.Repeat("(!", 5000), nil, "", "at most 4096 bytes"},
	} {
		got, err := fillFilter(test.filter, test.values)
		if test.words == "" && (err != nil || got != test.want) {
			t.Errorf("%s %q: %s, %v; want %s", test.filter, test.values, got, err, test.want)
		}
		if test.words != "" && (err == nil || !strings.Contains(err.Error(), test.words)) {
			t.Errorf("%s %q: %s, %v; want %q", test.filter, test.values, got, err, test.words)
		}
	}
}

// FuzzFillFilter: a value never changes what a filter is, only what it looks for.
func FuzzFillFilter(f *testing.F) {
	for _, value := range []string{"jane", "*", ")(uid=*", "a\\2a", "{0}", "\x00", "\xff", "a)(|(b=c"} {
		f.Add("(&(objectClass=person)(uid={0}))", value)
		f.Add("(|(cn=*{0}*)(!(mail>={0})))", value)
		f.Add("(cn:dn:2.5.13.2:={0})", value)
	}
	f.Fuzz(func(t *testing.T, filter, value string) {
		plain, err := fillFilter(filter, []string{"plain"})
		if err != nil || value == "" {
			return
		}
		filled, err := fillFilter(filter, []string{value})
		if err != nil {
			if len(filter)+3*len(value)*strings.Count(filter, "{0}") <= maxFilter {
				t.Errorf("%q with %q: %v", filter, value, err)
			}
			return
		}
		if a, b := shape(t, plain), shape(t, filled); a != b {
			t.Errorf("%q with %q is %s, and not %s", filter, value, b, a)
		}
	})
}

// shape writes tags and nesting of a filter.
func shape(t *testing.T, filter string) string {
	t.Helper()
	packet, err := ldap.CompileFilter(filter)
	if err != nil {
		t.Fatalf("%q: %v", filter, err)
	}
	return shapeOf(packet)
}

func shapeOf(p *ber.Packet) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%d:%d(", p.ClassType, p.Tag)
	for _, child := range p.Children {
		b.WriteString(shapeOf(child))
	}
	return b.String() + ")"
}

package ldap_test

import (
	"encoding/base64"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/postern-id/postern/plugins/ldap"
	postern "github.com/postern-id/postern/sdk/go"
	"github.com/postern-id/postern/sdk/go/posterntest"
	"github.com/postern-id/postern/sdk/hook"
)

func TestCases(t *testing.T) { posterntest.Run(t, postern.NewModule(ldap.Plugin()), "cases") }

// preset gives the settings of a preset with more laid over them.
func preset(t *testing.T, name, more string) hook.Value {
	t.Helper()
	presets := ldap.Plugin().Manifest.Presets
	i := slices.IndexFunc(presets, func(p hook.Preset) bool { return p.Name == name })
	if i < 0 {
		t.Fatalf("there is no preset %s", name)
	}
	o := slices.Clone(presets[i].Settings.Object())
	for _, member := range posterntest.Value(t, more).Object() {
		o.Set(member.Name, member.Value)
	}
	return hook.FromObject(o)
}

// tree is a directory that answers with functions.
type tree struct {
	searched []*hook.LDAPSearchRequest
	bound    []*hook.LDAPBindRequest
	people   []hook.LDAPEntry
	groups   func(*hook.LDAPSearchRequest) (*hook.LDAPSearchAnswer, error)
	password string
	bindErr  error
	findErr  error
}

func (d *tree) use(t *testing.T) {
	t.Helper()
	(&posterntest.Host{
		LDAPSearch: func(r *hook.LDAPSearchRequest) (*hook.LDAPSearchAnswer, error) {
			d.searched = append(d.searched, r)
			if len(d.searched) == 1 {
				return &hook.LDAPSearchAnswer{Entries: d.people}, d.findErr
			}
			return d.groups(r)
		},
		LDAPBind: func(r *hook.LDAPBindRequest) (bool, error) {
			d.bound = append(d.bound, r)
			return r.Password == d.password && d.bindErr == nil, d.bindErr
		},
	}).Use(t)
}

// entry makes one of pairs of an attribute and its values, separated by "|".
func entry(dn string, pairs ...string) hook.LDAPEntry {
	e := hook.LDAPEntry{DN: dn}
	for i := 0; i < len(pairs); i += 2 {
		e.Attributes.Set(pairs[i], hook.Strings(strings.Split(pairs[i+1], "|")))
	}
	return e
}

func check(t *testing.T, settings hook.Value, name, password string) (string, error) {
	t.Helper()
	out, err := ldap.Check(&hook.PasswordInput{Settings: settings, Name: name, Password: password})
	if err != nil {
		return "", err
	}
	return string(out.AppendJSON(nil)), nil
}

const place = `{"url":"ldaps://d.example","user_base":"ou=people,dc=x","bind_dn":"cn=reader,dc=x"}`

var jane = entry("uid=jane,ou=people,dc=x", "entryUUID", "6d6a1ab0-5ee5-103e-8dd7-4f1d7f4a6f0b", "uid", "jane", "mail", "jane@example.org|j.doe@example.org",
	"cn", "Jane Doe", "givenName", "Jane", "sn", "Doe", "telephoneNumber", "+1 555 0100")

func TestIdentity(t *testing.T) {
	const claims = `"amr":["pwd"],"claims":{"dn":"uid=jane,ou=people,dc=x"}}}`
	const all = `{"identity":{"subject":"6d6a1ab0-5ee5-103e-8dd7-4f1d7f4a6f0b","name":"jane","email":"jane@example.org","display_name":"Jane Doe","given_name":"Jane","family_name":"Doe","phone":"+1 555 0100",`
	for name, test := range map[string]struct {
		settings string
		person   hook.LDAPEntry
		want     string
	}{
		"OpenLDAP": {`{}`, jane, all + claims},
		"an address that the operator vouches for": {
			`{"email_verified":true}`, jane, strings.Replace(all, `,"display_name"`, `,"email_verified":true,"display_name"`, 1) + claims,
		},
		"no address to vouch for": {
			`{"email_verified":true}`, entry("uid=jane,ou=people,dc=x", "entryUUID", "u"), `{"identity":{"subject":"u",` + claims,
		},
		"attributes in another case": {
			`{}`, entry("uid=jane,ou=people,dc=x", "ENTRYuuid", "u", "UID", "jane"), `{"identity":{"subject":"u","name":"jane",` + claims,
		},
		"other attributes, and none": {
			`{"attributes":{"subject":"employeeNumber","name":"cn","email":"","display_name":"","picture":"photoURL","locale":"preferredLanguage"},"more_attributes":{"department":"departmentNumber","room":"roomNumber"}}`,
			entry("uid=jane,ou=people,dc=x", "employeeNumber", "007", "cn", "jdoe", "mail", "jane@example.org", "photoURL", "https://p.example/j.png", "preferredLanguage", "de", "departmentNumber", "D1|D2"),
			`{"identity":{"subject":"007","name":"jdoe","picture":"https://p.example/j.png","locale":"de","attributes":{"department":"D1"},` + claims,
		},
		"a picture that is no URL": {
			`{"attributes":{"picture":"jpegPhoto"}}`, entry("uid=jane,ou=people,dc=x", "entryUUID", "u", "jpegPhoto", "base64:/9j/4A=="), `{"identity":{"subject":"u",` + claims,
		},
		"a text that begins as bytes do": {
			`{}`, entry("uid=jane,ou=people,dc=x", "entryUUID", "u", "cn", "base64:YmFzZTY0Om5v"), `{"identity":{"subject":"u","display_name":"base64:no",` + claims,
		},
		"the first value that is text": {
			`{}`, entry("uid=jane,ou=people,dc=x", "entryUUID", "u", "cn", "base64:/9j/4A==|Jane"), `{"identity":{"subject":"u","display_name":"Jane",` + claims,
		},
	} {
		t.Run(name, func(t *testing.T) {
			(&tree{people: []hook.LDAPEntry{test.person}, password: "right"}).use(t)
			settings := posterntest.Value(t, place).Object()
			for _, member := range posterntest.Value(t, test.settings).Object() {
				settings.Set(member.Name, member.Value)
			}
			if got, err := check(t, hook.FromObject(settings), "jane", "right"); err != nil || got != test.want {
				t.Errorf("got  %s (%v)\nwant %s", got, err, test.want)
			}
		})
	}
}

// TestActiveDirectory holds how the identifiers of Active Directory are written: as its
// own tools write them, also where their bytes happen to be text.
func TestActiveDirectory(t *testing.T) {
	raw := "base64:" + base64.StdEncoding.EncodeToString([]byte{0x33, 0x22, 0x11, 0x00, 0x55, 0x44, 0x77, 0x66, 0x88, 0x99, 0xaa, 0xbb, 0xcc, 0xdd, 0xee, 0xff})
	sid := "base64:" + base64.StdEncoding.EncodeToString([]byte{1, 5, 0, 0, 0, 0, 0, 5, 21, 0, 0, 0, 0xa0, 0x65, 0xcf, 0x7e, 0x78, 0x4b, 0x9b, 0x5f, 0xe7, 0x7c, 0x87, 0x70, 0x91, 0xe4, 1, 0})
	for name, test := range map[string]struct{ attribute, value, want string }{
		"objectGUID":             {"objectGUID", raw, "00112233-4455-6677-8899-aabbccddeeff"},
		"bytes that are text":    {"objectGUID", "ABCDEFGHIJKLMNOP", "44434241-4645-4847-494a-4b4c4d4e4f50"},
		"the anchor of Entra ID": {"mS-DS-ConsistencyGuid", raw, "00112233-4455-6677-8899-aabbccddeeff"},
		"objectSid":              {"objectSid", sid, "S-1-5-21-2127521184-1604012920-1887927527-124049"},
	} {
		settings := preset(t, "active-directory", `{"url":"ldaps://dc1.x","user_base":"dc=x","attributes":{"subject":"`+test.attribute+`","name":"sAMAccountName"}}`)
		(&tree{people: []hook.LDAPEntry{entry("CN=Jane,DC=x", test.attribute, test.value)}, password: "right"}).use(t)
		got, err := check(t, settings, "jane", "right")
		if want := `{"identity":{"subject":"` + test.want + `","amr":["pwd"],"claims":{"dn":"CN=Jane,DC=x"}}}`; err != nil || got != want {
			t.Errorf("%s: got  %s (%v)\nwant %s", name, got, err, want)
		}
	}
}

func TestWrongSubject(t *testing.T) {
	for name, test := range map[string]struct{ attribute, value, want string }{
		"missing":              {"entryUUID", "", "has 0 values of entryUUID"},
		"two":                  {"entryUUID", "a|b", "has 2 values of entryUUID"},
		"bytes":                {"entryUUID", "base64:/9j/4A==", "is no text"},
		"no base64":            {"entryUUID", "base64:*", "cannot be read"},
		"a GUID of 15 bytes":   {"objectGUID", "ABCDEFGHIJKLMNO", "a GUID has 16 bytes, not 15"},
		"a SID of 7 bytes":     {"objectSid", "ABCDEFG", "a SID has not 7 bytes"},
		"a SID that is longer": {"objectSid", "base64:AQUAAAAAAAUVAAAA", "a SID has not 12 bytes"},
	} {
		person := entry("CN=Jane,DC=x")
		if test.value != "" {
			person = entry("CN=Jane,DC=x", test.attribute, test.value)
		}
		(&tree{people: []hook.LDAPEntry{person}, password: "right"}).use(t)
		out, err := check(t, posterntest.Value(t, `{"url":"ldaps://d.example","user_base":"dc=x","attributes":{"subject":"`+test.attribute+`"}}`), "jane", "right")
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %s, %v; want %s", name, out, err, test.want)
		}
	}
}

// TestNobodySignsInWithoutAPassword holds that what could be a bind of nobody never
// reaches the directory.
func TestNobodySignsInWithoutAPassword(t *testing.T) {
	for name, typed := range map[string][2]string{
		"no password":       {"jane", ""},
		"NUL":               {"jane", "\x00"},
		"NUL behind it":     {"jane", "right\x00"},
		"a giant password":  {"jane", strings.Repeat("x", 1025)},
		"no name":           {"", "right"},
		"a name of spaces":  {" \t", "right"},
		"a giant name":      {strings.Repeat("x", 257), "right"},
		"nothing of either": {"", ""},
	} {
		d := &tree{people: []hook.LDAPEntry{jane}, password: "right"}
		d.use(t)
		got, err := check(t, posterntest.Value(t, place), typed[0], typed[1])
		if err != nil || !strings.HasPrefix(got, `{"deny":true,`) || len(d.searched)+len(d.bound) > 0 {
			t.Errorf("%s: %s, %v, asked %d times", name, got, err, len(d.searched)+len(d.bound))
		}
	}
}

// TestDenies holds that a name which nobody has takes the same steps as a wrong password.
func TestDenies(t *testing.T) {
	for name, test := range map[string]struct {
		people  []hook.LDAPEntry
		bindErr error
		dn      string
		reason  string
	}{
		"a wrong password":  {[]hook.LDAPEntry{jane}, nil, jane.DN, "the password is wrong"},
		"nobody":            {nil, nil, "cn=nobody,ou=people,dc=x", "no entry goes by that name"},
		"two":               {[]hook.LDAPEntry{jane, jane}, nil, "cn=nobody,ou=people,dc=x", "several entries go by that name"},
		"nobody is refused": {nil, &hook.CapabilityError{Code: hook.CodeRefused, Message: "invalid DN (LDAP result 34)"}, "cn=nobody,ou=people,dc=x", "no entry goes by that name"},
		"locked":            {[]hook.LDAPEntry{jane}, &hook.CapabilityError{Code: hook.CodeRefused, Message: "Constraint Violation (LDAP result 19): Exceed password retry limit."}, jane.DN, "the password is wrong"},
		"inactivated":       {[]hook.LDAPEntry{jane}, &hook.CapabilityError{Code: hook.CodeRefused, Message: "Unwilling To Perform (LDAP result 53): Account inactivated."}, jane.DN, "the password is wrong"},
	} {
		d := &tree{people: test.people, password: "right", bindErr: test.bindErr}
		d.use(t)
		got, err := check(t, posterntest.Value(t, place), "jane", "wrong")
		if err != nil || got != `{"deny":true,"reason":"`+test.reason+`"}` {
			t.Errorf("%s: %s, %v", name, got, err)
		}
		if len(d.searched) != 1 || len(d.bound) != 1 || d.bound[0].DN != test.dn || d.bound[0].Server != (hook.LDAPServer{URL: "ldaps://d.example"}) {
			t.Errorf("%s: searched %d times, bound %+v", name, len(d.searched), d.bound)
		}
	}
}

func TestFails(t *testing.T) {
	away := &hook.CapabilityError{Code: hook.CodeUnavailable, Message: "the directory hung up"}
	for name, test := range map[string]struct {
		tree *tree
		more string
		want string
	}{
		"no search":               {&tree{findErr: away}, `"x":0`, "the directory hung up"},
		"the reader's password":   {&tree{findErr: &hook.CapabilityError{Code: hook.CodeRefused, Message: "Invalid Credentials (LDAP result 49)"}}, `"x":0`, "LDAP result 49"},
		"no bind":                 {&tree{people: []hook.LDAPEntry{jane}, bindErr: away}, `"x":0`, "the directory hung up"},
		"no bind of nobody":       {&tree{bindErr: away}, `"x":0`, "the directory hung up"},
		"bind not granted":        {&tree{bindErr: &hook.CapabilityError{Code: hook.CodeDenied, Message: "postern plugin grant"}}, `"x":0`, "postern plugin grant"},
		"another refusal":         {&tree{people: []hook.LDAPEntry{jane}, bindErr: &hook.CapabilityError{Code: hook.CodeRefused, Message: "Confidentiality Required (LDAP result 13)"}}, `"x":0`, "LDAP result 13"},
		"groups that are nowhere": {&tree{people: []hook.LDAPEntry{jane}}, `"allowed_groups":["staff"]`, "allowed_groups needs group_base"},
		"a filter for everybody":  {&tree{people: []hook.LDAPEntry{jane}}, `"user_filter":"(uid=*)"`, "user_filter has neither {0} nor {1}"},
	} {
		d := test.tree
		d.password = "right"
		d.use(t)
		out, err := check(t, posterntest.Value(t, place[:len(place)-1]+`,`+test.more+`}`), "jane", "right")
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %s, %v; want %s", name, out, err, test.want)
		}
	}
}

// TestFilters holds which names a directory is searched for. The host escapes them.
func TestFilters(t *testing.T) {
	for name, test := range map[string]struct {
		settings hook.Value
		typed    string
		filter   string
		values   string
	}{
		"OpenLDAP":           {preset(t, "openldap", place), "ja*ne)(uid=*", "(&(objectClass=inetOrgPerson)(uid={0}))", "ja*ne)(uid=*"},
		"FreeIPA":            {preset(t, "freeipa", place), "jane", "(&(objectClass=posixAccount)(uid={0})(!(nsAccountLock=TRUE)))", "jane"},
		"AD":                 {preset(t, "active-directory", place), "jane", "(&(objectCategory=person)(objectClass=user)(|(sAMAccountName={0})(userPrincipalName={1}))(!(userAccountControl:1.2.840.113556.1.4.803:=2)))", "jane|jane"},
		"AD with a domain":   {preset(t, "active-directory", place[:len(place)-1]+`,"upn_domain":"corp.example"}`), "jane", "(&(objectCategory=person)(objectClass=user)(|(sAMAccountName={0})(userPrincipalName={1}))(!(userAccountControl:1.2.840.113556.1.4.803:=2)))", "jane|jane@corp.example"},
		"AD with its domain": {preset(t, "active-directory", place[:len(place)-1]+`,"upn_domain":"@corp.example","user_filter":"(userPrincipalName={1})"}`), "jane@other.example", "(userPrincipalName={0})", "jane@other.example"},
		"the UPN alone":      {posterntest.Value(t, place[:len(place)-1]+`,"upn_domain":"@corp.example","user_filter":"(|(mail={1})(upn={1}))"}`), "jane", "(|(mail={0})(upn={0}))", "jane@corp.example"},
	} {
		d := &tree{}
		d.use(t)
		if _, err := check(t, test.settings, test.typed, "x"); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		r := d.searched[0]
		if r.Filter != test.filter || strings.Join(r.Values, "|") != test.values || r.BaseDN != "ou=people,dc=x" || r.Limit != 2 ||
			r.Server != (hook.LDAPServer{URL: "ldaps://d.example", BindDN: "cn=reader,dc=x", BindSecret: "bind_password"}) {
			t.Errorf("%s: searches with %+v", name, r)
		}
	}
}

// groupTree answers a search for groups by who their members are.
func groupTree(members map[string][]string) func(*hook.LDAPSearchRequest) (*hook.LDAPSearchAnswer, error) {
	return func(r *hook.LDAPSearchRequest) (*hook.LDAPSearchAnswer, error) {
		answer := &hook.LDAPSearchAnswer{}
		for name, inside := range members {
			if slices.ContainsFunc(inside, func(dn string) bool { return slices.Contains(r.Values, dn) }) {
				answer.Entries = append(answer.Entries, entry("cn="+name+",ou=groups,dc=x", "cn", name))
			}
		}
		slices.SortFunc(answer.Entries, func(a, b hook.LDAPEntry) int { return strings.Compare(a.DN, b.DN) })
		return answer, nil
	}
}

func groupsIn(t *testing.T, text string) string {
	t.Helper()
	out, err := hook.ParsePasswordOutput([]byte(text))
	if err != nil || out.Identity == nil {
		t.Fatalf("no identity: %s, %v", text, err)
	}
	return strings.Join(out.Identity.Groups, " ")
}

const withGroups = `{"url":"ldaps://d.example","user_base":"ou=people,dc=x","group_base":"ou=groups,dc=x"`

func TestNestedGroups(t *testing.T) {
	members := map[string][]string{
		"a": {jane.DN}, "b": {jane.DN}, "c": {"cn=a,ou=groups,dc=x"}, "d": {"cn=c,ou=groups,dc=x", "cn=b,ou=groups,dc=x"},
		"round": {"cn=d,ou=groups,dc=x"}, "e": {"cn=f,ou=groups,dc=x"},
	}
	members["a"] = append(members["a"], "cn=round,ou=groups,dc=x")
	for settings, want := range map[string]string{
		`,"nested_groups":false}`:                                  "a b",
		`,"nested_groups":true}`:                                   "a b c d round",
		`,"group_filter":"(member:1.2.840.113556.1.4.1941:={0})"}`: "a b",
	} {
		d := &tree{people: []hook.LDAPEntry{jane}, password: "right", groups: groupTree(members)}
		d.use(t)
		got, err := check(t, posterntest.Value(t, withGroups+settings), "jane", "right")
		if err != nil || groupsIn(t, got) != want {
			t.Errorf("%s: %s, %v; want %s", settings, got, err, want)
		}
		if len(d.searched) > 1+1+4 {
			t.Errorf("%s: %d searches", settings, len(d.searched))
		}
	}
}

// TestManyGroups holds that searches have no more values than the host takes, and what
// is too much.
func TestManyGroups(t *testing.T) {
	many := map[string][]string{}
	for i := range 100 {
		many["g"+strconv.Itoa(i)] = []string{jane.DN}
	}
	many["top"] = []string{"cn=g99,ou=groups,dc=x"}
	d := &tree{people: []hook.LDAPEntry{jane}, password: "right", groups: groupTree(many)}
	d.use(t)
	got, err := check(t, posterntest.Value(t, withGroups+`,"nested_groups":true,"group_filter":"(|(member={0})(memberUid={1}))"}`), "jane", "right")
	if err != nil || len(strings.Fields(groupsIn(t, got))) != 101 {
		t.Errorf("%s, %v", got, err)
	}
	for _, r := range d.searched[2:] {
		if len(r.Values) > 16 || len(r.Values) < 2 || r.Values[len(r.Values)-1] != "jane" || len(r.Filter)+3*len(strings.Join(r.Values, "")) > 4096 ||
			strings.Count(r.Filter, "(memberUid={"+strconv.Itoa(len(r.Values)-1)+"})") != len(r.Values)-1 {
			t.Errorf("searches with %s and %d values", r.Filter, len(r.Values))
		}
	}

	long := strings.Repeat("g", 1000)
	d = &tree{people: []hook.LDAPEntry{jane}, password: "right", groups: groupTree(map[string][]string{long + "1": {jane.DN}, long + "2": {jane.DN}})}
	d.use(t)
	if got, err := check(t, posterntest.Value(t, withGroups+`,"nested_groups":true}`), "jane", "right"); err != nil || len(d.searched) != 1+1+2 {
		t.Errorf("long names: %d searches, %.100s, %v", len(d.searched), got, err)
	}
}

func TestGroupsFail(t *testing.T) {
	for name, test := range map[string]struct {
		more   string
		groups func(*hook.LDAPSearchRequest) (*hook.LDAPSearchAnswer, error)
		want   string
	}{
		"truncated": {``, func(*hook.LDAPSearchRequest) (*hook.LDAPSearchAnswer, error) {
			return &hook.LDAPSearchAnswer{Truncated: true}, nil
		}, "more groups than can be read"},
		"away": {``, func(*hook.LDAPSearchRequest) (*hook.LDAPSearchAnswer, error) {
			return nil, &hook.CapabilityError{Code: hook.CodeTimeout, Message: "did not answer in time"}
		}, "did not answer in time"},
		"without a name": {``, func(*hook.LDAPSearchRequest) (*hook.LDAPSearchAnswer, error) {
			return &hook.LDAPSearchAnswer{Entries: []hook.LDAPEntry{entry("ou=x,dc=x")}}, nil
		}, "a group has no cn"},
		"one above the other without end": {`,"nested_groups":true`, func(r *hook.LDAPSearchRequest) (*hook.LDAPSearchAnswer, error) {
			return &hook.LDAPSearchAnswer{Entries: []hook.LDAPEntry{entry(r.Values[0]+",dc=x", "cn", "deeper")}}, nil
		}, "more groups than can be read"},
		"too many": {``, func(r *hook.LDAPSearchRequest) (*hook.LDAPSearchAnswer, error) {
			answer := &hook.LDAPSearchAnswer{}
			for i := range 1001 {
				answer.Entries = append(answer.Entries, entry("cn="+strconv.Itoa(i), "cn", "g"))
			}
			return answer, nil
		}, "more groups than can be read"},
		"the same for everybody": {`,"group_filter":"(cn=staff)"`, nil, "group_filter has neither {0} nor {1}"},
		"no base":                {`,"group_attribute":"memberOf","group_base":"groups"`, nil, "group_base is no DN"},
		"values that are no DNs": {`,"group_attribute":"cn"`, nil, "a value of cn is no DN"},
	} {
		(&tree{people: []hook.LDAPEntry{jane}, password: "right", groups: test.groups}).use(t)
		settings := posterntest.Value(t, withGroups+`}`).Object()
		for _, member := range posterntest.Value(t, `{"x":0`+test.more+`}`).Object() {
			settings.Set(member.Name, member.Value)
		}
		out, err := check(t, hook.FromObject(settings), "jane", "right")
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %.200s, %v; want %s", name, out, err, test.want)
		}
	}
}

func TestGroupsOfTheEntry(t *testing.T) {
	person := entry("uid=jane,ou=people,dc=x", "entryUUID", "u", "memberof",
		`cn=ipausers,cn=groups,cn=accounts,dc=x|cn=Doe\2c Jane's,CN=Groups,cn=accounts,dc=x|cn=helpdesk,cn=roles,cn=accounts,dc=x|ou=odd,cn=groups,cn=accounts,dc=x|cn=ipausers,cn=groups,cn=accounts,dc=x`)
	(&tree{people: []hook.LDAPEntry{person}, password: "right"}).use(t)
	settings := `{"url":"ldaps://d.example","user_base":"ou=people,dc=x","group_base":"cn=groups,cn=accounts,dc=x","group_attribute":"memberOf"}`
	got, err := check(t, posterntest.Value(t, settings), "jane", "right")
	if err != nil || groupsIn(t, got) != "Doe, Jane's ipausers" {
		t.Errorf("%s, %v", got, err)
	}

	person = entry("uid=jane,ou=people,dc=x", "entryUUID", "u", "memberOf;range=0-1499", "cn=a,cn=groups,cn=accounts,dc=x")
	(&tree{people: []hook.LDAPEntry{person}, password: "right"}).use(t)
	if got, err := check(t, posterntest.Value(t, settings), "jane", "right"); err == nil || !strings.Contains(err.Error(), "more groups than can be read") {
		t.Errorf("a part of the groups: %s, %v", got, err)
	}
}

func TestAllowedGroups(t *testing.T) {
	const denied = `{"deny":true,"reason":"the person is in none of the allowed groups"}`
	groups := groupTree(map[string][]string{"Staff": {jane.DN}})
	for settings, allowed := range map[string]bool{
		withGroups + `,"allowed_groups":["staff"]}`:         true,
		withGroups + `,"allowed_groups":["other","STAFF"]}`: true,
		withGroups + `,"allowed_groups":["staff2","sta"]}`:  false,
	} {
		(&tree{people: []hook.LDAPEntry{jane}, password: "right", groups: groups}).use(t)
		got, err := check(t, posterntest.Value(t, settings), "jane", "right")
		if err != nil || (got != denied) != allowed {
			t.Errorf("%s: %s, %v", settings, got, err)
		}
	}
}

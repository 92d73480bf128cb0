package hook_test

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/postern-id/postern/sdk/hook"
)

func normativeText(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile("../abi.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// tables says where in sdk/abi.md the members of each message stand: below which
// heading, and in the table with which first words.
var tables = []struct {
	heading, table string
	message        any
}{
	{"## 3. Capabilities", "`error`", hook.CapabilityError{}},
	{"### `http.fetch`", "Request", hook.FetchRequest{}},
	{"### `http.fetch`", "Each of `requests`", hook.Fetch{}},
	{"### `http.fetch`", "Each of `secrets`", hook.FetchSecret{}},
	{"### `http.fetch`", "Answer", hook.FetchAnswer{}},
	{"### `http.fetch`", "Each of `responses`", hook.FetchResponse{}},
	{"### `jwt.verify`", "Request", hook.JWTVerifyRequest{}},
	{"### `jwt.verify`", "Answer", hook.JWTVerifyAnswer{}},
	{"### `kv`", "Request", hook.KVRequest{}},
	{"### `kv`", "Answer", hook.KVAnswer{}},
	{"### `secret.get`", "Request", hook.SecretGetRequest{}},
	{"### `secret.get`", "Answer", hook.SecretGetAnswer{}},
	{"### `oidc.exchange`", "Request", hook.OIDCExchangeRequest{}},
	{"### `oidc.exchange`", "Answer", hook.OIDCExchangeAnswer{}},
	{"### `oauth.exchange`", "Request", hook.OAuthExchangeRequest{}},
	{"### `oauth.exchange`", "Answer", hook.OAuthExchangeAnswer{}},
	{"### `ldap.bind` and `ldap.search`", "Request of `ldap.bind`", hook.LDAPBindRequest{}},
	{"### `ldap.bind` and `ldap.search`", "Answer of `ldap.bind`", hook.LDAPBindAnswer{}},
	{"### `ldap.bind` and `ldap.search`", "Request of `ldap.search`", hook.LDAPSearchRequest{}},
	{"### `ldap.bind` and `ldap.search`", "Answer of `ldap.search`", hook.LDAPSearchAnswer{}},
	{"### `ldap.bind` and `ldap.search`", "Each of `entries`", hook.LDAPEntry{}},
	{"### `ldap.bind` and `ldap.search`", "`server`", hook.LDAPServer{}},
	{"## 4. The manifest", "Member", hook.Manifest{}},
	{"## 4. The manifest", "Each of `capabilities`", hook.CapabilityWish{}},
	{"## 4. The manifest", "Each of `secrets`", hook.SecretWish{}},
	{"## 4. The manifest", "Each of `presets`", hook.Preset{}},
	{"## 4. The manifest", "Each of `samples`", hook.Sample{}},
	{"### `claims.map/v1`", "Input", hook.ClaimsInput{}},
	{"### `claims.map/v1`", "Output", hook.ClaimsOutput{}},
	{"### `account.shape/v1`", "Input", hook.AccountInput{}},
	{"### `scope.policy/v1`", "Input", hook.ScopeInput{}},
	{"### `scope.policy/v1`", "Output", hook.ScopeOutput{}},
	{"### `connector.login/v1`", "Input", hook.LoginInput{}},
	{"### `connector.login/v1`", "Output", hook.LoginOutput{}},
	{"### `connector.login/v1`", "`redirect`", hook.LoginRedirect{}},
	{"### `connector.password/v1`", "Input", hook.PasswordInput{}},
	{"### `connector.password/v1`", "Output", hook.PasswordOutput{}},
	{"### `event.sink/v1`", "Input", hook.EventInput{}},
	{"## 10.", "Each call", hook.HostCall{}},
}

// lists are the parts of section 7, which stand in running text.
var lists = map[string]any{
	"user": hook.User{}, "organisation": hook.Organisation{}, "client": hook.Client{},
	"authentication": hook.Authentication{}, "identity": hook.Identity{}, "event": hook.Event{},
}

// TestNormativeText holds that sdk/abi.md has the members of every message, in
// their order, and no others.
func TestNormativeText(t *testing.T) {
	text := normativeText(t)
	written := map[reflect.Type]bool{reflect.TypeFor[hook.EventOutput](): true}
	for _, where := range tables {
		typ := reflect.TypeOf(where.message)
		written[typ] = true
		want := membersOf(typ)
		if strings.HasPrefix(where.table, "Answer") || where.table == "Each of `responses`" {
			want = slices.DeleteFunc(want, func(name string) bool { return name == "error" && where.table != "Each of `responses`" })
		}
		if got := tableRows(text, where.heading, where.table); !slices.Equal(got, want) {
			t.Errorf("%s, %s:\ngot  %q\nwant %q", where.heading, where.table, got, want)
		}
	}
	for name, part := range lists {
		typ := reflect.TypeOf(part)
		written[typ] = true
		paragraph := between(between(text, "## 7. Parts of messages", "\n## "), "\n`"+name+"`: ", "\n\n")
		at := 0
		for _, member := range membersOf(typ) {
			i := strings.Index(paragraph[at:], "`"+member+"`")
			if i < 0 {
				t.Errorf("section 7: %s has no %s, or not in its place", name, member)
				continue
			}
			at += i
		}
	}
	for _, m := range messageTypes() {
		for _, part := range parts(m.typ) {
			if !written[part] {
				t.Errorf("no table for %s", part)
			}
		}
	}
}

func membersOf(typ reflect.Type) (names []string) {
	for i := range typ.NumField() {
		names = append(names, typ.Field(i).Tag.Get("json"))
	}
	return names
}

func between(text, from, to string) string {
	_, rest, _ := strings.Cut(text, from)
	rest, _, _ = strings.Cut(rest, to)
	return rest
}

// tableRows gives the first cells of a table.
func tableRows(text, heading, table string) (names []string) {
	section := between(text, "\n"+heading, "\n#")
	for _, row := range strings.Split(between(section, "\n| "+table+" | Type |", "\n\n"), "\n") {
		if cell := strings.Split(row, " | ")[0]; strings.HasPrefix(cell, "| `") {
			names = append(names, strings.Trim(cell, "| `"))
		}
	}
	return names
}

// TestNormativeNames holds that sdk/abi.md has every hook, capability, import, code
// and operation, and every claim of the host.
func TestNormativeNames(t *testing.T) {
	text := normativeText(t)
	for _, name := range hook.Names {
		if !strings.Contains(text, "\n### `"+name+"`\n") {
			t.Errorf("no heading for %s", name)
		}
	}
	var functions []string
	for _, name := range hook.Capabilities {
		functions = append(functions, "| `"+name+"` | `"+strings.ReplaceAll(name, ".", "_")+"` |")
	}
	names := slices.Concat(hook.Protected[:], []string{
		hook.CodeDenied, hook.CodeInvalidRequest, hook.CodeUnavailable, hook.CodeTimeout, hook.CodeTooLarge, hook.CodeLimit, hook.CodeRefused,
		hook.KVGet, hook.KVSet, hook.KVAdd, hook.KVDelete, string(hook.PhaseBegin), string(hook.PhaseFinish),
		string(hook.TargetIDToken), string(hook.TargetUserInfo), string(hook.TargetAccessToken),
		"input_len", "input_read", "output_write", "fail", "log", "random", "answer_read",
	})
	for i := range names {
		names[i] = "`" + names[i] + "`"
	}
	for _, want := range append(names, functions...) {
		if !strings.Contains(text, want) {
			t.Errorf("sdk/abi.md does not have %s", want)
		}
	}
	for _, limit := range []string{strconv.Itoa(hook.MaxDepth) + " levels", strconv.Itoa(hook.MaxNumber) + " characters"} {
		if !strings.Contains(strings.ReplaceAll(text, "\n", " "), limit) {
			t.Errorf("sdk/abi.md does not say %s", limit)
		}
	}
}

// TestPluginInText holds that the texts of the example in sdk/abi.md are messages,
// and have the lengths that the example says.
func TestPluginInText(t *testing.T) {
	text := normativeText(t)
	lengths := map[string]string{}
	for _, call := range regexp.MustCompile(`\(call \$output_write \(i32.const (\d+)\) \(i32.const (\d+)\)\)`).FindAllStringSubmatch(text, -1) {
		lengths[call[1]] = call[2]
	}
	var texts []string
	for _, segment := range regexp.MustCompile(`\(data \(i32.const (\d+)\) "(.*)"\)`).FindAllStringSubmatch(text, -1) {
		data := strings.ReplaceAll(segment[2], `\"`, `"`)
		if strconv.Itoa(len(data)) != lengths[segment[1]] {
			t.Errorf("the text at %s has %d bytes, the example says %s", segment[1], len(data), lengths[segment[1]])
		}
		texts = append(texts, data)
	}
	if len(texts) != 2 {
		t.Fatalf("%d texts", len(texts))
	}
	manifests, err := hook.ParseManifests([]byte(texts[0]))
	if err != nil || len(manifests) != 1 || !slices.Equal(manifests[0].Hooks, []string{hook.ClaimsMap}) {
		t.Errorf("%+v, %v", manifests, err)
	}
	if out, err := hook.ParseClaimsOutput([]byte(texts[1])); err != nil || len(out.Set) != 1 {
		t.Errorf("%+v, %v", out, err)
	}
}

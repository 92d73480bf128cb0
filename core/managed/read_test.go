package managed_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/postern-id/postern/core"
	"github.com/postern-id/postern/core/admin"
	"github.com/postern-id/postern/core/managed"
	"github.com/postern-id/postern/core/wire"
)

// secrets has a few, beside the file and in the environment.
func secrets() managed.Secrets {
	return managed.Secrets{
		ReadFile: func(name string) ([]byte, error) {
			switch filepath.ToSlash(name) {
			case "etc/idp.secret", "/run/idp.secret":
				return []byte("from the file\n"), nil
			case "etc/empty":
				return nil, nil
			}
			return nil, fmt.Errorf("open %s: %w", name, os.ErrNotExist)
		},
		Env: func(name string) (string, bool) { return "from the environment", name == "WIKI" },
	}
}

func read(t *testing.T, text string) (*managed.Files, error) {
	t.Helper()
	return managed.Read([]managed.File{{Name: "etc/acme.yaml", Data: []byte(text)}}, secrets())
}

// sent gives what was read as it would be sent, without what is not there.
func sent(t *testing.T, files *managed.Files) string {
	t.Helper()
	declarations, err := wire.ToDeclarations(files.Declarations)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(declarations[0])
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestRead(t *testing.T) {
	for _, test := range []struct{ name, text, want string }{
		{"all kinds", `
source: acme
organisations:
  - name: acme
    display_name: ACME
    registration_groups: [staff]
groups: [{organisation: acme, name: staff, external_id: null}]
clients:
  - name: Wiki
    id: wiki
    preset: confluence
    client_secret: {env: WIKI}
    redirect_uris: [https://wiki.example/cb]
    access_ttl: 600
    default_max_age: 60
    jwks: {keys: []}
plugins:
  - name: claims
    plugin: miniorange
    settings: {a: 1, b: [x, 1.5, null, true], c: {d: "1"}}
    limits: {memory: 8}
    grants: [clock, {capability: http.fetch, target: api.example}]
    bindings: [{hook: claims.map/v1, client: wiki, fail_open: true}]
connectors:
  - name: idp
    plugin: oidc
    disabled: false
    hidden: true
    clients: []
    secrets: {client_secret: {file: idp.secret}}
`,
			`{"source":"acme","file":"etc/acme.yaml","organisations":[{"name":"acme","settings":{"display_name":"ACME","registration_groups":["staff"]}}],` +
				`"groups":[{"organisation":"acme","name":"staff","settings":{"external_id":""}}],` +
				`"clients":[{"id":"wiki","name":"Wiki","preset":"confluence","client_secret":"from the environment","settings":{"access_ttl":600,"default_max_age":60,"jwks":{"keys":[]},"redirect_uris":["https://wiki.example/cb"]}}],` +
				`"plugins":[{"name":"claims","plugin":"miniorange","settings":{"a":1,"b":["x",1.5,null,true],"c":{"d":"1"}},"limits":{"cpu":0,"memory":8,"wait":0},"grants":["clock","http.fetch=api.example"],"bindings":[{"hook":"claims.map/v1","client":"wiki","fail_open":true}]}],` +
				`"connectors":[{"name":"idp","plugin":"oidc","disabled":false,"secrets":{"client_secret":"from the file"},"clients":[],"connector":{"hidden":true}}]}`},
		{"JSON, and a path of its own", `{"connectors":[{"name":"idp","secrets":{"a":{"file":"/run/idp.secret"}}}]}`,
			`{"source":"etc/acme.yaml","file":"etc/acme.yaml","connectors":[{"name":"idp","secrets":{"a":"from the file"}}]}`},
		{"several documents, and an alias", "groups: [{name: a, display_name: &it The group}]\n---\ngroups:\n- name: b\n  display_name: *it\n",
			`{"source":"etc/acme.yaml","file":"etc/acme.yaml","groups":[{"name":"a","settings":{"display_name":"The group"}},{"name":"b","settings":{"display_name":"The group"}}]}`},
		{"what the REST API answered", `{"plugins":[{"name":"p","version":"1","plugin":"p","module":"builtin","release":"1","hooks":["claims.map/v1"],"settings":{},"limits":{"memory":0,"cpu":0,"wait":0},
			"grants":[{"capability":"clock"}],"secrets":[{"name":"s","updated_at":"2026-01-01T00:00:00Z"}],"asked":[],"unasked":{"grants":[],"secrets":[]},
			"bindings":[{"id":"1","instance":"p","hook":"claims.map/v1","position":100,"fail_open":false,"shadow":false,"created_at":"2026-01-01T00:00:00Z"}],"created_at":"2026-01-01T00:00:00Z","updated_at":"2026-01-01T00:00:00Z"}]}`,
			`{"source":"etc/acme.yaml","file":"etc/acme.yaml","plugins":[{"name":"p","plugin":"p","settings":{},"limits":{"cpu":0,"memory":0,"wait":0},"grants":["clock"],"bindings":[{"hook":"claims.map/v1","position":100}]}]}`},
	} {
		files, err := read(t, test.text)
		if err != nil {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		if got := sent(t, files); got != test.want {
			t.Errorf("%s:\n got %s\nwant %s", test.name, got, test.want)
		}
	}
}

// All that is wrong is told at once, each with its line, its member, and what to do.
func TestMistakes(t *testing.T) {
	for _, test := range []struct {
		name, text string
		want       []string
	}{
		{"members", "organisations:\n- name: acme\n  display_nam: A\n  logo: 7\n  disabled: yes please\n  password_min: ten\nclient: []\n", []string{
			`etc/acme.yaml:3: organisations[0]: there is no member "display_nam" | did you mean display_name?`,
			"etc/acme.yaml:4: organisations[0].logo: 7 is no text | put quotes around it",
			"etc/acme.yaml:5: organisations[0].disabled: yes please is neither true nor false | write true or false",
			"etc/acme.yaml:6: organisations[0].password_min: ten is no whole number | write it in digits",
			`etc/acme.yaml:7: there is no member "client" | did you mean clients?`,
		}},
		{"lists", "groups: {name: a}\nclients:\n- name: w\n  scopes: openid\n  redirect_uris:\n  - https://a.example\n  - 7\n", []string{
			"etc/acme.yaml:1: groups: this is no list | begin each of them with a hyphen",
			"etc/acme.yaml:4: clients[0].scopes: this is no list | begin each value with a hyphen, or write [one, two]",
			"etc/acme.yaml:7: clients[0].redirect_uris[1]: 7 is no text | put quotes around it",
		}},
		{"secrets", "clients:\n- name: w\n  client_secret: hunter2\n- name: v\n  client_secret: {env: NONE}\nconnectors:\n- name: idp\n  secrets:\n    a: {file: nowhere}\n    b: {file: empty, env: WIKI}\n    c: {file: empty}\n", []string{
			"etc/acme.yaml:3: clients[0].client_secret: a secret never stands in the file itself | write {file: PATH} or {env: NAME} in its place",
			"etc/acme.yaml:5: clients[1].client_secret: the variable NONE is not set | set it where this runs",
			"etc/acme.yaml:9: connectors[0].secrets.a: the secret cannot be read: open etc/nowhere: file does not exist | check its name, and that you may read it; it is looked for beside this file",
			"etc/acme.yaml:10: connectors[0].secrets.b: it does not say where the secret is, or says it twice | write {file: PATH} or {env: NAME} in its place",
			"etc/acme.yaml:11: connectors[0].secrets.c: the file etc/empty is empty | put the secret into it",
		}},
		{"twice", "groups:\n- name: a\n- {name: a, organisation: built-in}\n- {name: a, organisation: acme}\nplugins:\n- name: p\nconnectors:\n- name: p\nclients:\n- {name: W, id: w}\n- {name: w}\n- {name: x, id: w}\n- {name: x, name: y}\n", []string{
			"etc/acme.yaml:3: groups[1]: this is declared already at etc/acme.yaml:2 | leave one of them out",
			"etc/acme.yaml:8: connectors[0]: this is declared already at etc/acme.yaml:6 | leave one of them out",
			"etc/acme.yaml:11: clients[1]: this is declared already at etc/acme.yaml:10 | leave one of them out",
			"etc/acme.yaml:12: clients[2]: this is declared already at etc/acme.yaml:10 | leave one of them out",
			"etc/acme.yaml:13: clients[3].name: the member is there twice | leave one of them out",
		}},
		{"no name", "groups:\n- display_name: x\nplugins:\n- {name: p, bindings: [{client: x}]}\n", []string{
			"etc/acme.yaml:2: groups[0]: the name is missing | say what it is called: 'name: NAME'",
			"etc/acme.yaml:4: plugins[0].bindings[0]: the hook is missing | say which hook it serves: 'hook: claims.map/v1'",
		}},
		{"no YAML", "groups:\n- name: a\n  - b\n", []string{"etc/acme.yaml:1: the file is no YAML: did not find expected key | mind how far each line is indented"}},
		{"nothing", "# all of it was taken out\n", []string{"etc/acme.yaml:1: the file says nothing | to give up what it managed, run 'postern apply --release'"}},
		{"no mapping", "- groups\n", []string{"etc/acme.yaml:1: this has no members | write 'name: value' in a line for each member"}},
		{"no settings", "plugins:\n- {name: p, settings: 7}\n", []string{"etc/acme.yaml:2: plugins[0].settings: this has no members | write 'name: value' in a line for each member"}},
	} {
		_, err := read(t, test.text)
		wrong, ok := errors.AsType[*admin.InvalidError](err)
		if !ok {
			t.Errorf("%s: %v", test.name, err)
			continue
		}
		var got []string
		for _, p := range wrong.Problems {
			got = append(got, p.Text+" | "+p.Hint)
		}
		if strings.Join(got, "\n") != strings.Join(test.want, "\n") {
			t.Errorf("%s:\n got %s\nwant %s", test.name, strings.Join(got, "\n     "), strings.Join(test.want, "\n     "))
		}
	}
}

// What many aliases come to is bounded, and what refers to itself ends.
func TestAliasesEnd(t *testing.T) {
	bomb := "groups: [{name: g}]\nx0: &x0 [a, a, a, a, a, a, a, a, a, a]\n"
	for i := range 8 {
		bomb += fmt.Sprintf("x%d: &x%d [*x%d, *x%d, *x%d, *x%d, *x%d, *x%d, *x%d, *x%d, *x%d, *x%d]\n", i+1, i+1, i, i, i, i, i, i, i, i, i, i)
	}
	bomb += "plugins:\n- name: p\n  settings: {a: *x8}\n"
	loop := "plugins:\n- name: p\n  settings: &s\n    a: *s\n"
	for name, text := range map[string]string{"bomb": bomb, "loop": loop} {
		if _, err := read(t, text); err == nil {
			t.Errorf("%s: it is read", name)
		}
	}
}

// What somebody else finds wrong with what was declared is told with its line.
func TestExplain(t *testing.T) {
	files, err := managed.Read([]managed.File{
		{Name: "a.yaml", Data: []byte("groups:\n- name: g\n")},
		{Name: "b.yaml", Data: []byte("clients:\n- name: w\n  redirect_uris:\n  - a\n  - b\n")},
	}, secrets())
	if err != nil {
		t.Fatal(err)
	}
	found := &admin.InvalidError{Problems: []admin.Problem{
		{Field: "files[0].groups[0].name", Text: "no"}, {Field: "files[1].clients[0].redirect_uris[1]", Text: "no"}, {Field: "files[1].clients[0].grant_types", Text: "no"},
		{Field: "files[1].source", Text: "no"}, {Field: "elsewhere", Text: "no"},
	}}
	var got []string
	for _, p := range files.Explain(found).(*admin.InvalidError).Problems {
		got = append(got, p.Text)
	}
	want := "a.yaml:2: groups[0].name: no\nb.yaml:5: clients[0].redirect_uris[1]: no\nb.yaml:2: clients[0].grant_types: no\nb.yaml: no\nno"
	if strings.Join(got, "\n") != want {
		t.Errorf("got %s", strings.Join(got, "\n"))
	}
	if other := errors.New("other"); files.Explain(other) != other {
		t.Error("another error is another one then")
	}
}

func TestSource(t *testing.T) {
	for text, want := range map[string]string{"source: acme\nclients: 7\n": "acme", "groups: []\n": "etc/acme.yaml"} {
		if got, err := managed.Source(managed.File{Name: "./etc//acme.yaml", Data: []byte(text)}); err != nil || got != want {
			t.Errorf("%q: %q, %v", text, got, err)
		}
	}
	if _, err := managed.Source(managed.File{Name: "x", Data: []byte("a: [")}); err == nil {
		t.Error("what is no YAML has a source")
	}
	if _, err := managed.Read([]managed.File{{Name: "-", Data: []byte("groups: [{name: a}]")}}, secrets()); err == nil || !strings.Contains(err.Error(), "standard input") {
		t.Error(err)
	}
}

// Whatever is in a file, reading it ends, and gives what can be sent or what is wrong.
func FuzzRead(f *testing.F) {
	for _, text := range []string{
		"source: a\ngroups: [{name: a}]\n", "clients: [{name: w, jwks: {keys: [1e400]}}]", "plugins: [{name: p, settings: {a: .inf, 2: x}}]",
		"a: &a [*a]", "connectors:\n- &c\n  name: x\n- *c\n", "organisations: [{name: x, rules: !!binary aGk=}]", "clients: [{name: !!str 7, disabled: !!bool \"true\"}]", "<<: {groups: []}",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		files, err := managed.Read([]managed.File{{Name: "f", Data: []byte(text)}}, secrets())
		if wrong, is := errors.AsType[*admin.InvalidError](err); err != nil && (!is || len(wrong.Problems) == 0) {
			t.Fatalf("%q: %v", text, err)
		}
		if err != nil {
			return
		}
		declarations, err := wire.ToDeclarations(files.Declarations)
		if err != nil {
			t.Fatalf("%q cannot be sent: %v", text, err)
		}
		if _, err := wire.Declarations(declarations); err != nil {
			t.Fatalf("%q cannot be read again: %v", text, err)
		}
		for _, d := range files.Declarations {
			for _, c := range d.Clients {
				c.Edit(&core.Client{})
			}
		}
	})
}

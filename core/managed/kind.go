package managed

import (
	"encoding/json"
	"path/filepath"
	"reflect"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/postern-id/postern/sdk/api"
)

// kind is what kind of object a list has.
type kind struct {
	list string
	// declared is the type of sdk/api that takes the object. settings is the type of the
	// part of it that is a patch, under its own member: a file has all members side by side,
	// as the answers of the REST API do.
	declared, settings reflect.Type
	patch              string
	// answer is what the API answers: members of it that are the server's to say may be
	// there, and say nothing.
	answer reflect.Type
	// space is where the name must be the only one of its kind; inOrganisation says that it
	// is one in each organisation.
	space          string
	inOrganisation bool
}

func kinds() []kind {
	return []kind{
		{"organisations", reflect.TypeFor[api.DeclaredOrganisation](), reflect.TypeFor[api.OrganisationRules](), "settings", reflect.TypeFor[api.Organisation](), "organisations", false},
		{"groups", reflect.TypeFor[api.DeclaredGroup](), reflect.TypeFor[api.GroupSettings](), "settings", reflect.TypeFor[api.Group](), "groups", true},
		{"clients", reflect.TypeFor[api.DeclaredClient](), reflect.TypeFor[api.ClientSettings](), "settings", reflect.TypeFor[api.Client](), "clients", true},
		{"plugins", reflect.TypeFor[api.DeclaredInstance](), nil, "", reflect.TypeFor[api.Instance](), "instances", false},
		{"connectors", reflect.TypeFor[api.DeclaredConnector](), reflect.TypeFor[api.ConnectorSettings](), "connector", reflect.TypeFor[api.Connector](), "instances", false},
	}
}

func kindOf(list string) *kind {
	for _, kind := range kinds() {
		if kind.list == list {
			return &kind
		}
	}
	return nil
}

func listNames() (names []string) {
	for _, kind := range kinds() {
		names = append(names, kind.list)
	}
	return names
}

// read gives the object as its type in sdk/api has it.
func (k *kind) read(r *reader, node *yaml.Node, path string) map[string]any {
	object, patch := map[string]any{}, map[string]any{}
	own, settings, told := fieldsOf(k.declared), fieldsOf(k.settings), fieldsOf(k.answer)
	if k.patch != "" {
		delete(own, k.patch)
	}
	for _, m := range r.members(node, path) {
		inner := join(path, m.name)
		r.line(inner, m.key)
		field, is := own[m.name]
		set, said := settings[m.name]
		answered, ignored := told[m.name]
		switch {
		case is:
			r.own(object, m, field, inner)
		case said && isNull(r.follow(m.value)):
			patch[m.name] = nil // as in a merge patch: empty
		case said:
			patch[m.name] = r.value(m.value, set.Type, inner)
		case ignored && answered.Tag.Get("readOnly") == "true":
		default:
			r.unknown(m.key, path, m.name, names(own, settings))
		}
	}
	if len(patch) > 0 {
		object[k.patch] = patch
	}
	if k.list == "plugins" && object["plugin"] == nil && object["name"] != nil {
		object["plugin"] = object["name"]
	}
	return object
}

// own reads a member of the object itself. Without a value it says nothing.
func (r *reader) own(object map[string]any, m member, field reflect.StructField, path string) {
	node := r.follow(m.value)
	switch {
	case isNull(node):
	case m.name == "client_secret":
		if value, ok := r.secret(node, path); ok {
			object[m.name] = value
		}
	case m.name == "secrets":
		r.secretsOf(object, node, path)
	case m.name == "grants":
		object[m.name] = r.grants(node, path)
	case m.name == "bindings":
		object[m.name] = r.bindings(node, path)
	case m.name == "limits":
		object[m.name] = r.structure(node, reflect.TypeFor[api.Limits](), path)
	default:
		object[m.name] = r.value(node, field.Type, path)
	}
}

// value reads what a field of a type of sdk/api holds.
func (r *reader) value(node *yaml.Node, t reflect.Type, path string) any {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t == reflect.TypeFor[json.RawMessage]():
		return r.object(node, path)
	case t == reflect.TypeFor[time.Time](), t.Kind() == reflect.String:
		if value, ok := r.text(node, path); ok {
			return value
		}
		return nil
	case t.Kind() == reflect.Bool:
		return r.boolean(node, path)
	case t.Kind() == reflect.Slice:
		return r.texts(node, path)
	case t.Kind() == reflect.Struct:
		return r.structure(node, t, path)
	}
	return r.number(node, path)
}

// object reads JSON that is an object.
func (r *reader) object(node *yaml.Node, path string) any {
	if node = r.follow(node); node.Kind != yaml.MappingNode {
		r.mistake(node, path, "write 'name: value' in a line for each member", "this has no members")
		return nil
	}
	return r.anything(node, path)
}

func (r *reader) structure(node *yaml.Node, t reflect.Type, path string) any {
	object, fields := map[string]any{}, fieldsOf(t)
	for _, m := range r.members(node, path) {
		inner := join(path, m.name)
		r.line(inner, m.key)
		field, is := fields[m.name]
		if !is {
			r.unknown(m.key, path, m.name, names(fields))
			continue
		}
		object[m.name] = r.value(m.value, field.Type, inner)
	}
	return object
}

// grants reads capabilities as words, or as the REST API answers them.
func (r *reader) grants(node *yaml.Node, path string) any {
	if node = r.follow(node); node.Kind != yaml.SequenceNode {
		return r.texts(node, path)
	}
	all := []string{}
	for i, item := range node.Content {
		inner := path + "[" + strconv.Itoa(i) + "]"
		r.lines[inner] = item.Line
		if item = r.follow(item); item.Kind != yaml.MappingNode {
			if value, ok := r.text(item, inner); ok {
				all = append(all, value)
			}
			continue
		}
		grant, _ := r.structure(item, reflect.TypeFor[api.Grant](), inner).(map[string]any)
		capability, _ := grant["capability"].(string)
		if target, _ := grant["target"].(string); target != "" {
			capability += "=" + target
		}
		all = append(all, capability)
	}
	return all
}

func (r *reader) bindings(node *yaml.Node, path string) any {
	if node = r.follow(node); node.Kind != yaml.SequenceNode {
		r.mistake(node, path, "begin each binding with a hyphen", "this is no list")
		return nil
	}
	k := kind{declared: reflect.TypeFor[api.DeclaredBinding](), answer: reflect.TypeFor[answeredBinding]()}
	all := []any{}
	for i, item := range node.Content {
		inner := path + "[" + strconv.Itoa(i) + "]"
		r.lines[inner] = item.Line
		binding := k.read(r, item, inner)
		if binding["hook"] == nil {
			r.mistake(item, inner, "say which hook it serves: 'hook: claims.map/v1'", "the hook is missing")
		}
		all = append(all, binding)
	}
	return all
}

// answeredBinding has what [api.Binding] has besides, which is the server's to say.
type answeredBinding struct {
	ID        string    `json:"id" readOnly:"true"`
	Instance  string    `json:"instance" readOnly:"true"`
	CreatedAt time.Time `json:"created_at" readOnly:"true"`
}

// secretsOf reads where secrets come from, by their names. A list is what the REST API
// answers, which says only which are set.
func (r *reader) secretsOf(object map[string]any, node *yaml.Node, path string) {
	if node.Kind == yaml.SequenceNode {
		return
	}
	values := map[string]any{}
	for _, m := range r.members(node, path) {
		inner := join(path, m.name)
		r.line(inner, m.key)
		if value, ok := r.secret(m.value, inner); ok {
			values[m.name] = value
		}
	}
	object["secrets"] = values
}

// secret reads a secret from where the file says that it is.
func (r *reader) secret(node *yaml.Node, path string) (string, bool) {
	const hint = "write {file: PATH} or {env: NAME} in its place"
	if node = r.follow(node); node.Kind != yaml.MappingNode {
		r.mistake(node, path, hint, "a secret never stands in the file itself")
		return "", false
	}
	var from []member
	for _, m := range r.members(node, path) {
		if m.name != "file" && m.name != "env" {
			r.unknown(m.key, path, m.name, []string{"file", "env"})
			return "", false
		}
		from = append(from, m)
	}
	if len(from) != 1 {
		r.mistake(node, path, hint, "it does not say where the secret is, or says it twice")
		return "", false
	}
	name, ok := r.text(from[0].value, join(path, from[0].name))
	if !ok {
		return "", false
	}
	value, hint2, err := r.fetched(from[0].name, name)
	if err != "" {
		r.mistake(from[0].key, path, hint2, "%s", err)
	}
	return value, err == ""
}

// maxSecret is the size in bytes of a secret.
const maxSecret = 64 << 10

// fetched gives the secret, or what is wrong in words that have nothing of it.
func (r *reader) fetched(from, name string) (value, hint, wrong string) {
	if from == "env" {
		value, set := r.secrets.Env(name)
		if !set || value == "" {
			return "", "set it where this runs", "the variable " + shortened(name) + " is not set"
		}
		return value, "", ""
	}
	if !filepath.IsAbs(name) && r.name != "-" {
		name = filepath.Join(filepath.Dir(r.name), name)
	}
	data, err := r.secrets.ReadFile(name)
	if err != nil {
		return "", "check its name, and that you may read it; it is looked for beside this file", "the secret cannot be read: " + err.Error()
	}
	value = strings.TrimSuffix(strings.TrimSuffix(string(data), "\n"), "\r")
	switch {
	case value == "":
		return "", "put the secret into it", "the file " + shortened(name) + " is empty"
	case len(value) > maxSecret || !utf8.ValidString(value):
		return "", "check that it is the right file", "the file " + shortened(name) + " is too long for a secret, or no text"
	}
	return value, "", ""
}

// fieldsOf gives the fields of a struct by the names of their members.
func fieldsOf(t reflect.Type) map[string]reflect.StructField {
	fields := map[string]reflect.StructField{}
	if t == nil {
		return fields
	}
	for _, field := range reflect.VisibleFields(t) {
		if name, _, _ := strings.Cut(field.Tag.Get("json"), ","); name != "" && name != "-" {
			fields[name] = field
		}
	}
	return fields
}

func names(of ...map[string]reflect.StructField) (all []string) {
	for _, fields := range of {
		for name := range fields {
			all = append(all, name)
		}
	}
	return all
}

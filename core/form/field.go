package form

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/postern-id/postern/sdk/hook"
)

// Kind is what a field is shown as.
type Kind string

// The kinds of fields.
const (
	Text   Kind = "text"
	Long   Kind = "long" // text of several lines
	Number Kind = "number"
	Switch Kind = "switch" // on or off
	Choice Kind = "choice" // one of Options
	Some   Kind = "some"   // any of Options, each a switch of its own: see [Field.Box]
	List   Kind = "list"   // a text or a number on each line
	Pairs  Kind = "pairs"  // "name = text" on each line
	JSON   Kind = "json"
	Group  Kind = "group" // has Fields and no value
)

// Field is a control of the form, or a group of them.
type Field struct {
	// Name is that of the control: "settings", with the path of the member behind it,
	// "settings.attributes.email". It is where the host of the plugins says a mistake is.
	Name  string
	Label string // "Client id"
	Help  string // what the author of the plugin says of it
	Kind  Kind
	// Value is what is in the control: the setting, or else its default. Of a switch it is
	// On or empty, of some of several a line for each that is on.
	Value    string
	Options  []Option
	Required bool
	Default  string // what is if nothing is set; may be empty
	Example  string
	Fields   []Field // of a group
	// Least and Most bound a number; empty: nothing does. Whole says that it has no
	// fraction.
	Least, Most string
	Whole       bool

	member string     // its name in the object that it is of
	was    hook.Value // the setting, null if there is none
	set    bool
	schema hook.Object
}

// Option is one of a choice.
type Option struct{ Value, Label string }

// Box names the switch of an option of some.
func (f *Field) Box(option string) string { return f.Name + "." + option }

// On is the value of a switch that is on.
const On = "on"

// root is the name of the whole.
const root = "settings"

// deepest is how deep groups are shown in each other; what is below is JSON text.
const deepest = 3

// Fields gives the form for the settings, a JSON object, under a schema that a manifest may
// have. The error says that one of them is no JSON object.
func Fields(schema, settings []byte) ([]Field, error) {
	described, err := hook.ParseObject(schema)
	if err != nil {
		return nil, err
	}
	values, err := hook.ParseObject(settings)
	if err != nil {
		return nil, err
	}
	whole := field(root, "", described, hook.FromObject(values), true, 0)
	if whole.Kind == Group {
		return whole.Fields, nil
	}
	whole.Label = "Settings"
	return []Field{whole}, nil
}

func field(path, name string, schema hook.Object, was hook.Value, set bool, depth int) Field {
	f := Field{Name: path, Label: cmp.Or(text(schema, "title"), label(name)), Help: text(schema, "description"), member: name, was: was, set: set, schema: schema}
	f.Kind = kindOf(schema, was, set, depth)
	f.Default, f.Example = write(f.Kind, value(schema, "default")), example(f.Kind, schema)
	if f.Kind == Number {
		f.Least, f.Most, f.Whole = value(schema, "minimum").Text(), value(schema, "maximum").Text(), text(schema, "type") == "integer"
	}
	switch {
	case f.Kind == Group:
		f.Fields = members(path, schema, was.Object(), depth)
		return f
	case set:
		f.Value = write(f.Kind, was)
	default:
		f.Value = f.Default
	}
	if f.Kind == Some {
		f.Options = options(value(schema, "items").Object(), false)
		for _, word := range lines(f.Value) {
			if !slices.ContainsFunc(f.Options, func(o Option) bool { return o.Value == word }) {
				f.Options = append(f.Options, Option{word, word + " (not allowed any more)"})
			}
		}
	}
	if f.Kind == Choice {
		f.Options = options(schema, f.Default == "")
		if !slices.ContainsFunc(f.Options, func(o Option) bool { return o.Value == f.Value }) {
			f.Options = append(f.Options, Option{f.Value, f.Value + " (not allowed any more)"})
		}
	}
	return f
}

func members(path string, schema, was hook.Object, depth int) []Field {
	var fields []Field
	required, _ := schema.Get("required")
	for _, property := range value(schema, "properties").Object() {
		v, set := was.Get(property.Name)
		f := field(path+"."+property.Name, property.Name, property.Value.Object(), v, set, depth+1)
		f.Required = slices.Contains(required.Strings(), property.Name)
		if f.Required && f.Kind == Choice && f.Value != "" && f.Options[0].Value == "" {
			f.Options = f.Options[1:]
		}
		fields = append(fields, f)
	}
	return fields
}

// kindOf chooses a control that can show whatever the schema allows, and what is there
// already.
func kindOf(schema hook.Object, was hook.Value, set bool, depth int) Kind {
	kind := kindOfSchema(schema, depth)
	if set && (!holds(kind, was) || kind == List && !listed(schema, was)) {
		return JSON
	}
	if kind == Text && strings.Contains(was.Text(), "\n") {
		return Long
	}
	return kind
}

func kindOfSchema(schema hook.Object, depth int) Kind {
	if _, closed := schema.Get("enum"); closed {
		if toldApart(schema) {
			return Choice
		}
		return JSON
	}
	switch text(schema, "type") {
	case "string":
		if most, _ := value(schema, "maxLength").Int(); most > 4096 {
			return Long
		}
		return Text
	case "integer", "number":
		return Number
	case "boolean":
		return Switch
	case "array":
		return kindOfArray(value(schema, "items").Object())
	case "object":
		return kindOfObject(schema, depth)
	}
	return JSON
}

// mostBoxes is how many there are to choose some of, before they are typed as a list.
const mostBoxes = 12

func kindOfArray(items hook.Object) Kind {
	_, closed := items.Get("enum")
	switch kind := text(items, "type"); {
	case closed && kind == "string" && toldApart(items) && len(value(items, "enum").List()) <= mostBoxes:
		return Some
	case kind == "string", kind == "integer", kind == "number":
		return List
	}
	return JSON
}

// toldApart reports whether all that an enumeration allows are texts, numbers and truth
// values, and differ as they are written.
func toldApart(schema hook.Object) bool {
	seen := map[string]bool{}
	for _, v := range value(schema, "enum").List() {
		word, ok := plain(v)
		if !ok || seen[word] || word == "" || strings.ContainsAny(word, "\r\n") || strings.TrimSpace(word) != word {
			return false
		}
		seen[word] = true
	}
	return len(seen) > 0
}

// plain gives a text, a number or a truth value as it is written in a control.
func plain(v hook.Value) (word string, ok bool) {
	switch v.Kind() {
	case hook.KindString, hook.KindNumber:
		return v.Text(), true
	case hook.KindBool:
		return strconv.FormatBool(v.Bool()), true
	}
	return "", false
}

func kindOfObject(schema hook.Object, depth int) Kind {
	properties := value(schema, "properties").Object()
	more, limited := schema.Get("additionalProperties")
	switch {
	case len(properties) > 0 && depth < deepest && (depth == 0 || limited && more.Kind() == hook.KindBool && !more.Bool()):
		return Group
	case len(properties) == 0 && limited && text(more.Object(), "type") == "string":
		return Pairs
	}
	return JSON
}

// holds reports whether a control of the kind can show the value.
func holds(kind Kind, v hook.Value) bool {
	switch kind {
	case Text, Long:
		return v.Kind() == hook.KindString
	case Choice:
		_, ok := plain(v)
		return ok
	case Number:
		return v.Kind() == hook.KindNumber
	case Switch:
		return v.Kind() == hook.KindBool
	case List:
		return v.Kind() == hook.KindArray && !slices.ContainsFunc(v.List(), func(e hook.Value) bool { return !isLine(e) })
	case Some:
		return v.Kind() == hook.KindArray && isSome(v.List())
	case Pairs:
		return v.Kind() == hook.KindObject && !slices.ContainsFunc(v.Object(), func(m hook.Member) bool {
			return m.Value.Kind() != hook.KindString || !isLine(m.Value) || strings.ContainsAny(m.Name, "=\n\r") || m.Name != strings.TrimSpace(m.Name) || m.Name == ""
		})
	case Group:
		return v.Kind() == hook.KindObject
	}
	return true
}

// listed reports whether all elements are of the kind that the list is of.
func listed(schema hook.Object, list hook.Value) bool {
	kind := hook.KindNumber
	if text(value(schema, "items").Object(), "type") == "string" {
		kind = hook.KindString
	}
	return !slices.ContainsFunc(list.List(), func(e hook.Value) bool { return e.Kind() != kind })
}

// isSome reports whether the texts are of a kind that boxes can be: each is there once.
func isSome(list []hook.Value) bool {
	seen := map[string]bool{}
	for _, v := range list {
		if !isLine(v) || v.Kind() != hook.KindString || seen[v.Text()] || v.Text() == "" {
			return false
		}
		seen[v.Text()] = true
	}
	return true
}

// isLine reports whether the value is a number, or a text that is the same after it was a
// line of a field.
func isLine(v hook.Value) bool {
	return v.Kind() == hook.KindNumber || v.Kind() == hook.KindString && !strings.ContainsAny(v.Text(), "\r\n") && v.Text() == strings.TrimSpace(v.Text())
}

// write gives a value as it stands in a control.
func write(kind Kind, v hook.Value) string {
	if v.Kind() == hook.KindNull {
		return ""
	}
	switch kind {
	case Group:
		return ""
	case Switch:
		if v.Bool() {
			return On
		}
		return ""
	case Choice:
		word, _ := plain(v)
		return word
	case List, Some:
		var lines []string
		for _, element := range v.List() {
			lines = append(lines, element.Text())
		}
		return strings.Join(lines, "\n")
	case Pairs:
		var lines []string
		for _, m := range v.Object() {
			lines = append(lines, m.Name+" = "+m.Value.Text())
		}
		return strings.Join(lines, "\n")
	case JSON:
		return indented(v)
	}
	return v.Text()
}

func options(schema hook.Object, unset bool) []Option {
	var list []Option
	if unset {
		list = append(list, Option{"", "(not set)"})
	}
	for _, v := range value(schema, "enum").List() {
		word, _ := plain(v)
		list = append(list, Option{word, word})
	}
	return list
}

func example(kind Kind, schema hook.Object) string {
	if examples := value(schema, "examples").List(); len(examples) > 0 {
		return write(kind, examples[0])
	}
	return ""
}

func text(schema hook.Object, name string) string { return value(schema, name).Text() }

func value(schema hook.Object, name string) hook.Value {
	v, _ := schema.Get(name)
	return v
}

// label makes words of a member's name: "user_base" is "User base".
func label(name string) string {
	words := strings.NewReplacer("_", " ", "-", " ").Replace(name)
	first, size := utf8.DecodeRuneInString(words)
	if size == 0 {
		return ""
	}
	return string(unicode.ToUpper(first)) + words[size:]
}

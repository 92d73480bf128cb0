package plugin

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/postern-id/postern/sdk/hook"
)

// SettingsError says what is wrong with the settings of a plugin instance.
type SettingsError struct {
	Where string // "settings.rules[0].groups"
	What  string // "must be an array"
}

func (e *SettingsError) Error() string { return e.Where + " " + e.What }

// The subset of JSON Schema (draft 2020-12) that settings are described in. A
// manifest that uses another word is refused, because a word that is ignored
// looks like a rule that holds.
var (
	schemaNotes = []string{"$schema", "title", "description", "default", "examples"}
	schemaTypes = []string{"object", "array", "string", "integer", "number", "boolean", "null"}
)

// checkSchema reports whether a manifest's schema is one that checkSettings
// understands, for an object.
func checkSchema(schema hook.Value) error {
	if kind, _ := schema.Object().Get("type"); kind.Text() != "object" {
		return errors.New(`the schema of the settings must have the type "object"`)
	}
	return checkSubschema("settings", schema)
}

func checkSubschema(where string, schema hook.Value) error {
	if schema.Kind() != hook.KindObject {
		return fmt.Errorf("%s: a schema must be an object", where)
	}
	for _, member := range schema.Object() {
		if err := checkKeyword(where, member.Name, member.Value); err != nil {
			return err
		}
	}
	return nil
}

func checkKeyword(where, word string, v hook.Value) error {
	switch word {
	case "type":
		if !slices.Contains(schemaTypes, v.Text()) {
			return fmt.Errorf("%s: unknown type %q", where, v.Text())
		}
	case "properties":
		for _, property := range v.Object() {
			if err := checkSubschema(where+"."+property.Name, property.Value); err != nil {
				return err
			}
		}
		return expectKind(where, word, v, hook.KindObject)
	case "items":
		return checkSubschema(where+"[]", v)
	case "additionalProperties":
		if v.Kind() != hook.KindBool {
			return checkSubschema(where+".*", v)
		}
	case "required", "enum":
		return expectKind(where, word, v, hook.KindArray)
	case "pattern":
		if _, err := regexp.Compile(v.Text()); err != nil || v.Kind() != hook.KindString {
			return fmt.Errorf("%s: the pattern is no regular expression of RE2", where)
		}
	case "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "minimum", "maximum":
		if _, ok := v.Int(); !ok {
			return fmt.Errorf("%s: %s must be an integer", where, word)
		}
	default:
		if !slices.Contains(schemaNotes, word) {
			return fmt.Errorf("%s: the word %q of JSON Schema is not supported", where, word)
		}
	}
	return nil
}

func expectKind(where, word string, v hook.Value, kind hook.Kind) error {
	if v.Kind() != kind {
		return fmt.Errorf("%s: %s has the wrong type", where, word)
	}
	return nil
}

// mostProblems bounds what is said of settings at once.
const mostProblems = 20

// SettingsErrors are several mistakes of the same settings.
type SettingsErrors []*SettingsError

func (e SettingsErrors) Error() string {
	var texts []string
	for _, one := range e {
		texts = append(texts, one.Error())
	}
	return strings.Join(texts, "; ")
}

// Unwrap gives each of them.
func (e SettingsErrors) Unwrap() []error {
	var list []error
	for _, one := range e {
		list = append(list, one)
	}
	return list
}

// checkSettings checks a value against a schema that checkSchema accepted. The
// error is a [*SettingsError], or [SettingsErrors].
func checkSettings(schema, v hook.Value) error {
	var found SettingsErrors
	found.value("settings", schema.Object(), v)
	switch len(found) {
	case 0:
		return nil
	case 1:
		return found[0]
	}
	return found
}

// says notes what is wrong at a place, as long as there is room for it.
func (e *SettingsErrors) says(where, format string, args ...any) {
	if len(*e) < mostProblems {
		*e = append(*e, &SettingsError{where, fmt.Sprintf(format, args...)})
	}
}

// value looks at a value and what is in it. Of one that is of the wrong type, or none of
// those that there may be, no more is said.
func (e *SettingsErrors) value(where string, schema hook.Object, v hook.Value) {
	if kind, ok := schema.Get("type"); ok && !isOfType(v, kind.Text()) {
		e.says(where, "must be %s", article(kind.Text()))
		return
	}
	if allowed, ok := schema.Get("enum"); ok && !slices.ContainsFunc(allowed.List(), func(a hook.Value) bool { return equal(a, v) }) {
		e.says(where, "must be one of %s", allowed.AppendJSON(nil))
		return
	}
	switch v.Kind() {
	case hook.KindObject:
		e.members(where, schema, v.Object())
	case hook.KindArray:
		e.elements(where, schema, v.List())
	case hook.KindString:
		e.text(where, schema, v.Text())
	case hook.KindNumber:
		e.number(where, schema, v)
	}
}

func (e *SettingsErrors) text(where string, schema hook.Object, text string) {
	e.limits(where, schema, "Length", "characters", int64(utf8.RuneCountInString(text)))
	pattern, ok := schema.Get("pattern")
	if !ok || regexp.MustCompile(pattern.Text()).MatchString(text) { // checkSchema compiled it
		return
	}
	if examples, _ := schema.Get("examples"); len(examples.List()) > 0 {
		var texts []string
		for _, example := range examples.List() {
			texts = append(texts, string(example.AppendJSON(nil)))
		}
		e.says(where, "must be written like %s", strings.Join(texts, ", "))
		return
	}
	e.says(where, "must match the pattern %s", pattern.Text())
}

func (e *SettingsErrors) members(where string, schema, members hook.Object) {
	e.limits(where, schema, "Properties", "members", int64(len(members)))
	required, _ := schema.Get("required")
	for _, name := range required.Strings() {
		if _, ok := members.Get(name); !ok {
			e.says(where, "must have %s", strconv.Quote(name))
		}
	}
	properties, _ := schema.Get("properties")
	additional, limited := schema.Get("additionalProperties")
	for _, member := range members {
		inside := where + "." + member.Name
		property, known := properties.Object().Get(member.Name)
		switch {
		case known:
			e.value(inside, property.Object(), member.Value)
		case limited && additional.Kind() == hook.KindBool && !additional.Bool():
			e.says(inside, "is unknown")
		case limited:
			e.value(inside, additional.Object(), member.Value)
		}
	}
}

func (e *SettingsErrors) elements(where string, schema hook.Object, list []hook.Value) {
	e.limits(where, schema, "Items", "elements", int64(len(list)))
	items, _ := schema.Get("items")
	for i, element := range list {
		e.value(where+"["+strconv.Itoa(i)+"]", items.Object(), element)
	}
}

func (e *SettingsErrors) limits(where string, schema hook.Object, word, unit string, n int64) {
	if least, ok := limit(schema, "min"+word); ok && n < least {
		e.says(where, "must have at least %d %s", least, unit)
	}
	if most, ok := limit(schema, "max"+word); ok && n > most {
		e.says(where, "must have at most %d %s", most, unit)
	}
}

func (e *SettingsErrors) number(where string, schema hook.Object, v hook.Value) {
	n, err := strconv.ParseFloat(v.Text(), 64)
	if err != nil {
		e.says(where, "is out of range")
		return
	}
	if least, ok := limit(schema, "minimum"); ok && n < float64(least) {
		e.says(where, "must be at least %d", least)
	}
	if most, ok := limit(schema, "maximum"); ok && n > float64(most) {
		e.says(where, "must be at most %d", most)
	}
}

func limit(schema hook.Object, word string) (n int64, ok bool) {
	v, _ := schema.Get(word)
	return v.Int()
}

func isOfType(v hook.Value, name string) bool {
	switch name {
	case "object":
		return v.Kind() == hook.KindObject
	case "array":
		return v.Kind() == hook.KindArray
	case "string":
		return v.Kind() == hook.KindString
	case "boolean":
		return v.Kind() == hook.KindBool
	case "null":
		return v.Kind() == hook.KindNull
	case "number":
		return v.Kind() == hook.KindNumber
	default: // integer
		_, ok := v.Int()
		return ok
	}
}

func article(name string) string {
	switch name {
	case "object", "array", "integer":
		return "an " + name
	case "null":
		return name
	default:
		return "a " + name
	}
}

// equal compares as text: enumerations are of strings and whole numbers.
func equal(a, b hook.Value) bool {
	return a.Kind() == b.Kind() && string(a.AppendJSON(nil)) == string(b.AppendJSON(nil))
}

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

// checkSettings checks a value against a schema that checkSchema accepted. The
// error is a [*SettingsError].
func checkSettings(schema, v hook.Value) error { return checkValue("settings", schema.Object(), v) }

func checkValue(where string, schema hook.Object, v hook.Value) error {
	if kind, ok := schema.Get("type"); ok && !isOfType(v, kind.Text()) {
		return &SettingsError{where, "must be " + article(kind.Text())}
	}
	if allowed, ok := schema.Get("enum"); ok && !slices.ContainsFunc(allowed.List(), func(a hook.Value) bool { return equal(a, v) }) {
		return &SettingsError{where, "must be one of " + string(allowed.AppendJSON(nil))}
	}
	switch v.Kind() {
	case hook.KindObject:
		return checkMembers(where, schema, v.Object())
	case hook.KindArray:
		return checkElements(where, schema, v.List())
	case hook.KindString:
		return checkText(where, schema, v.Text())
	case hook.KindNumber:
		return checkRange(where, schema, v)
	default:
		return nil
	}
}

func checkText(where string, schema hook.Object, text string) error {
	if err := checkLimits(where, schema, "Length", "characters", int64(utf8.RuneCountInString(text))); err != nil {
		return err
	}
	pattern, ok := schema.Get("pattern")
	if !ok || regexp.MustCompile(pattern.Text()).MatchString(text) { // checkSchema compiled it
		return nil
	}
	if examples, _ := schema.Get("examples"); len(examples.List()) > 0 {
		var texts []string
		for _, example := range examples.List() {
			texts = append(texts, string(example.AppendJSON(nil)))
		}
		return &SettingsError{where, "must be written like " + strings.Join(texts, ", ")}
	}
	return &SettingsError{where, "must match the pattern " + pattern.Text()}
}

func checkMembers(where string, schema, members hook.Object) error {
	if err := checkLimits(where, schema, "Properties", "members", int64(len(members))); err != nil {
		return err
	}
	required, _ := schema.Get("required")
	for _, name := range required.Strings() {
		if _, ok := members.Get(name); !ok {
			return &SettingsError{where, "must have " + strconv.Quote(name)}
		}
	}
	properties, _ := schema.Get("properties")
	additional, limited := schema.Get("additionalProperties")
	for _, member := range members {
		inside := where + "." + member.Name
		property, known := properties.Object().Get(member.Name)
		switch {
		case known:
			if err := checkValue(inside, property.Object(), member.Value); err != nil {
				return err
			}
		case limited && additional.Kind() == hook.KindBool && !additional.Bool():
			return &SettingsError{inside, "is unknown"}
		case limited:
			if err := checkValue(inside, additional.Object(), member.Value); err != nil {
				return err
			}
		}
	}
	return nil
}

func checkElements(where string, schema hook.Object, list []hook.Value) error {
	if err := checkLimits(where, schema, "Items", "elements", int64(len(list))); err != nil {
		return err
	}
	items, _ := schema.Get("items")
	for i, element := range list {
		if err := checkValue(where+"["+strconv.Itoa(i)+"]", items.Object(), element); err != nil {
			return err
		}
	}
	return nil
}

func checkLimits(where string, schema hook.Object, word, unit string, n int64) error {
	if least, ok := limit(schema, "min"+word); ok && n < least {
		return &SettingsError{where, fmt.Sprintf("must have at least %d %s", least, unit)}
	}
	if most, ok := limit(schema, "max"+word); ok && n > most {
		return &SettingsError{where, fmt.Sprintf("must have at most %d %s", most, unit)}
	}
	return nil
}

func checkRange(where string, schema hook.Object, v hook.Value) error {
	n, err := strconv.ParseFloat(v.Text(), 64)
	if err != nil {
		return &SettingsError{where, "is out of range"}
	}
	if least, ok := limit(schema, "minimum"); ok && n < float64(least) {
		return &SettingsError{where, fmt.Sprintf("must be at least %d", least)}
	}
	if most, ok := limit(schema, "maximum"); ok && n > float64(most) {
		return &SettingsError{where, fmt.Sprintf("must be at most %d", most)}
	}
	return nil
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

package form

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/postern-id/postern/core/place"
	"github.com/postern-id/postern/sdk/hook"
)

// Problem says what is wrong with what was typed into a field.
type Problem struct {
	Name string // of the field
	Text string // lower case, without a full stop
}

// Read gives the settings that the form says, of what was typed into its fields: value
// gives it by their names, "" for what was not sent. The settings of before are those that
// [Fields] was given: what the form does not show stays. With a problem the settings are
// nil.
func Read(fields []Field, before []byte, value func(name string) string) (settings []byte, problems []Problem) {
	was, err := hook.ParseObject(before)
	if err != nil {
		return nil, []Problem{{root, "the settings are no JSON object"}}
	}
	if len(fields) == 1 && fields[0].Name == root {
		whole, err := hook.ParseObject([]byte(value(root)))
		if err != nil {
			return nil, []Problem{{root, "this is no JSON object: " + placed(value(root), err)}}
		}
		return whole.AppendJSON(nil), nil
	}
	after := read(fields, was, value, &problems)
	if len(problems) > 0 {
		return nil, problems
	}
	return after.AppendJSON(nil), nil
}

func read(fields []Field, was hook.Object, value func(string) string, problems *[]Problem) hook.Object {
	after := append(hook.Object(nil), was...)
	for i := range fields {
		f := &fields[i]
		v, set, err := f.read(value, problems)
		switch {
		case err != nil:
			*problems = append(*problems, Problem{f.Name, err.Error()})
		case set:
			after.Set(f.member, v)
		default:
			after.Remove(f.member)
		}
	}
	return after
}

// read gives the value of the field, and whether it is to be set at all: what is as it is
// by default, or empty, is left out.
func (f *Field) read(value func(string) string, problems *[]Problem) (v hook.Value, set bool, err error) {
	if f.Kind == Group {
		inside := read(f.Fields, f.was.Object(), value, problems)
		return hook.FromObject(inside), len(inside) > 0 || f.Required || f.set, nil
	}
	typed := f.typed(value)
	if f.set && (typed == f.Value || f.Kind == Some && sameLines(typed, f.Value)) {
		return f.was, true, nil // untouched, and written as it was
	}
	if f.Kind != Long {
		typed = strings.TrimSpace(typed)
	}
	if typed == f.Default && !f.Required {
		return v, false, nil
	}
	return f.parse(typed)
}

// typed gives what was sent of the field, as its value is written.
func (f *Field) typed(value func(string) string) string {
	if f.Kind != Some {
		return strings.ReplaceAll(value(f.Name), "\r\n", "\n")
	}
	var on []string
	for _, option := range f.Options {
		if value(f.Box(option.Value)) != "" {
			on = append(on, option.Value)
		}
	}
	return strings.Join(on, "\n")
}

// sameLines reports whether both have the same lines, in any order.
func sameLines(a, b string) bool {
	one, other := lines(a), lines(b)
	slices.Sort(one)
	slices.Sort(other)
	return slices.Equal(one, other)
}

func (f *Field) parse(typed string) (v hook.Value, set bool, err error) {
	switch f.Kind {
	case Switch:
		return hook.Bool(typed == On), true, nil
	case Number:
		return f.number(typed)
	case Choice:
		return f.choice(typed)
	case Some:
		// None of them says so where there is a default.
		return hook.Strings(lines(typed)), typed != "" || f.Default != "", nil
	case List:
		return f.list(typed)
	case Pairs:
		v, set, err = pairs(typed)
		return v, set || f.Default != "", err
	case JSON:
		if typed == "" {
			return v, false, nil
		}
		if v, err = hook.Parse([]byte(typed)); err != nil {
			return v, false, fmt.Errorf("this is no JSON: %s", placed(typed, err))
		}
		return v, true, nil
	}
	// What is empty says so where there is a default, and nothing otherwise.
	return hook.String(typed), typed != "" || f.Default != "", nil
}

// choice gives what the enumeration has for the word.
func (f *Field) choice(typed string) (v hook.Value, set bool, err error) {
	if typed == "" {
		return v, false, nil
	}
	for _, allowed := range value(f.schema, "enum").List() {
		if word, _ := plain(allowed); word == typed {
			return allowed, true, nil
		}
	}
	if text(f.schema, "type") == "string" {
		return hook.String(typed), true, nil // which the host refuses, together with all else
	}
	return v, false, fmt.Errorf("%q is none of those that there are", typed)
}

// list gives the lines as texts, or as numbers where the list is of these.
func (f *Field) list(typed string) (v hook.Value, set bool, err error) {
	lines := lines(typed)
	if text(value(f.schema, "items").Object(), "type") == "string" {
		return hook.Strings(lines), len(lines) > 0 || f.Default != "", nil
	}
	var list []hook.Value
	for _, line := range lines {
		element, _, err := f.number(line)
		if err != nil {
			return v, false, err
		}
		list = append(list, element)
	}
	return hook.Array(list...), len(list) > 0 || f.Default != "", nil
}

// placed says where a text is no JSON, and why.
func placed(typed string, err error) string {
	wrong, ok := errors.AsType[*hook.ParseError](err)
	if !ok {
		return err.Error()
	}
	line, column := place.Line([]byte(typed), wrong.Offset)
	where := fmt.Sprintf("line %d, character %d", line, column)
	if member := strings.TrimPrefix(place.Member([]byte(typed), wrong.Offset), "."); member != "" {
		where += ", in " + member
	}
	return where + ": " + wrong.What
}

func (f *Field) number(typed string) (v hook.Value, set bool, err error) {
	if typed == "" {
		return v, false, nil
	}
	if _, err := strconv.ParseFloat(typed, 64); err != nil {
		return v, false, fmt.Errorf("%q is no number", typed)
	}
	if v, err = hook.Parse([]byte(typed)); err != nil || v.Kind() != hook.KindNumber {
		return v, false, fmt.Errorf("%q is no number as it is written here", typed)
	}
	return v, true, nil
}

// lines gives the lines that are not empty.
func lines(typed string) []string {
	list := []string{}
	for line := range strings.Lines(typed) {
		if line = strings.TrimSpace(line); line != "" {
			list = append(list, line)
		}
	}
	return list
}

func pairs(typed string) (v hook.Value, set bool, err error) {
	var o hook.Object
	for _, line := range lines(typed) {
		name, text, found := strings.Cut(line, "=")
		if name = strings.TrimSpace(name); !found || name == "" {
			return v, false, fmt.Errorf("%q is not written as name = text", line)
		}
		if _, twice := o.Get(name); twice {
			return v, false, fmt.Errorf("%q is there twice", name)
		}
		o.Set(name, hook.String(strings.TrimSpace(text)))
	}
	return hook.FromObject(o), len(o) > 0, nil
}

// Retyped gives the fields with what was typed in place of what is set, to show the form
// once more.
func Retyped(fields []Field, value func(name string) string) []Field {
	again := make([]Field, len(fields))
	for i, f := range fields {
		if f.Kind == Group {
			f.Fields = Retyped(f.Fields, value)
		} else {
			f.Value = f.typed(value)
		}
		again[i] = f
	}
	return again
}

// Owner gives the name of the field that a mistake at a place in the settings is shown
// beside: the longest that the place begins with; empty if there is none. A member that is
// missing is not at a place: its object is, and text has its name in quotes.
func Owner(fields []Field, where, text string) string {
	if name, found := strings.CutPrefix(text, "must have "); found {
		if name, err := strconv.Unquote(name); err == nil {
			where += "." + name
		}
	}
	best := ""
	for _, f := range Leaves(fields) {
		if (where == f.Name || strings.HasPrefix(where, f.Name+".") || strings.HasPrefix(where, f.Name+"[")) && len(f.Name) > len(best) {
			best = f.Name
		}
	}
	return best
}

// Leaves gives the fields that have a control, in their order.
func Leaves(fields []Field) []Field {
	var list []Field
	for _, f := range fields {
		if f.Kind == Group {
			list = append(list, Leaves(f.Fields)...)
		} else {
			list = append(list, f)
		}
	}
	return list
}

// indented writes JSON for people, its members in their order.
func indented(v hook.Value) string {
	var out bytes.Buffer
	if err := json.Indent(&out, v.AppendJSON(nil), "", "  "); err != nil {
		return string(v.AppendJSON(nil))
	}
	return out.String()
}

package standin

import (
	"fmt"
	"strings"
)

// Attribute is a value of the provider's answer under the flat name that
// miniOrange gives it.
type Attribute struct {
	Name   string   // "email", "data.email", "roles[0].name"
	Values []string // several if the answer has an array of strings
}

// Text is what miniOrange shows: the values joined by semicolons.
func (a Attribute) Text() string { return strings.Join(a.Values, ";") }

// flatten gives a document's attributes in order: a nested member with a dot, an
// array of strings as one attribute, an array of objects with an index, nothing
// for an empty array and for null.
func flatten(document value) []Attribute {
	var flat []Attribute
	for _, m := range document.members {
		flat = appendFlat(flat, m.name, m.value)
	}
	return flat
}

func appendFlat(flat []Attribute, name string, v value) []Attribute {
	if values, ok := v.values(); ok {
		return append(flat, Attribute{name, values})
	}
	for _, m := range v.members {
		flat = appendFlat(flat, name+"."+m.name, m.value)
	}
	for i, item := range v.items {
		flat = appendFlat(flat, fmt.Sprintf("%s[%d]", name, i), item)
	}
	return flat
}

// values gives a scalar, or the scalars of an array that has nothing else.
func (v value) values() ([]string, bool) {
	if v.scalar() {
		return []string{v.text}, true
	}
	var values []string
	for _, item := range v.items {
		if !item.scalar() {
			return nil, false
		}
		values = append(values, item.text)
	}
	return values, len(values) > 0
}

// lookup finds the attribute that the administrator named: at the top of the
// document, under its flat name, or by [search].
func lookup(document value, name string) ([]string, bool) {
	if top, found := document.get(name); found {
		return top.values()
	}
	for _, attribute := range flatten(document) {
		if attribute.Name == name {
			return attribute.Values, true
		}
	}
	if found, ok := search(document, name); ok {
		return found.values()
	}
	return nil, false
}

// search is miniOrange's search for a name that is not at the top: member by
// member, down the first nested object, never back, and not behind an array. So
// it depends on the order of the members. What "behind" covers is read at its
// strictest, inside the array and after it: an answer that passes here passes
// the laxer reading, too.
func search(document value, name string) (value, bool) {
	for _, m := range document.members {
		switch {
		case m.name == name:
			return m.value, true
		case m.value.kind == objectKind:
			return search(m.value, name)
		case m.value.kind == arrayKind:
			return value{}, false
		}
	}
	return value{}, false
}

// firstText gives an attribute's first value without the blanks around it.
func firstText(document value, name string) string {
	values, found := lookup(document, name)
	if !found {
		return ""
	}
	return strings.TrimSpace(values[0])
}

package hook

import "strconv"

// Kind says what a [Value] is.
type Kind uint8

// The kinds of JSON value (RFC 8259 section 3).
const (
	KindNull Kind = iota
	KindBool
	KindNumber
	KindString
	KindArray
	KindObject
)

// Value is a JSON value. The zero Value is null. Values are immutable: they are
// made by the functions below or by [Parse].
type Value struct {
	kind Kind
	flag bool
	text string // a string's text, or a number as it is written
	tree *tree  // nil for what has no elements
}

// tree is apart from Value because most values are strings, and a guest pays for
// every byte that is copied.
type tree struct {
	list []Value
	obj  Object
}

// Member is a name with its value.
type Member struct {
	Name  string
	Value Value
}

// Object is a JSON object whose members keep their order: relying parties read
// the order of an account's keys.
type Object []Member

// Bool returns true or false.
func Bool(b bool) Value { return Value{kind: KindBool, flag: b} }

// Int returns a number.
func Int(n int64) Value { return Value{kind: KindNumber, text: strconv.FormatInt(n, 10)} }

// String returns a string.
func String(s string) Value { return Value{kind: KindString, text: s} }

// Array returns an array.
func Array(values ...Value) Value {
	if len(values) == 0 {
		return Value{kind: KindArray}
	}
	return Value{kind: KindArray, tree: &tree{list: values}}
}

// Strings returns an array of strings, empty for nil.
func Strings(list []string) Value {
	values := make([]Value, len(list))
	for i, s := range list {
		values[i] = String(s)
	}
	return Array(values...)
}

// FromObject returns an object.
func FromObject(o Object) Value {
	if len(o) == 0 {
		return Value{kind: KindObject}
	}
	return Value{kind: KindObject, tree: &tree{obj: o}}
}

// Kind says what the value is.
func (v Value) Kind() Kind { return v.kind }

// Bool returns the value of a boolean; false for any other kind.
func (v Value) Bool() bool { return v.kind == KindBool && v.flag }

// Int returns the value of a number that is written as an integer; ok is false for
// any other value.
func (v Value) Int() (n int64, ok bool) {
	if v.kind != KindNumber {
		return 0, false
	}
	n, err := strconv.ParseInt(v.text, 10, 64)
	return n, err == nil
}

// Text returns the text of a string, or a number as it is written; empty for any
// other kind.
func (v Value) Text() string { return v.text }

// List returns the elements of an array; nil if there are none, and for any other
// kind.
func (v Value) List() []Value {
	if v.tree == nil {
		return nil
	}
	return v.tree.list
}

// Strings returns the strings of an array, leaving out whatever else it has; nil
// for any other kind.
func (v Value) Strings() []string {
	var list []string
	for _, element := range v.List() {
		if element.kind == KindString {
			list = append(list, element.text)
		}
	}
	return list
}

// Object returns the members of an object; nil if there are none, and for any
// other kind.
func (v Value) Object() Object {
	if v.tree == nil {
		return nil
	}
	return v.tree.obj
}

// Get returns the member of that name; ok is false if there is none.
func (o Object) Get(name string) (v Value, ok bool) {
	for i := range o {
		if o[i].Name == name {
			return o[i].Value, true
		}
	}
	return Value{}, false
}

// Set replaces the member of that name in its place, or appends it.
func (o *Object) Set(name string, v Value) {
	for i := range *o {
		if (*o)[i].Name == name {
			(*o)[i].Value = v
			return
		}
	}
	*o = append(*o, Member{name, v})
}

// Remove takes the member of that name out, if there is one.
func (o *Object) Remove(name string) {
	for i := range *o {
		if (*o)[i].Name == name {
			*o = append((*o)[:i:i], (*o)[i+1:]...)
			return
		}
	}
}

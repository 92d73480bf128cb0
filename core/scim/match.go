package scim

import (
	"strings"
	"time"
)

// matcher reports whether a resource, or a complex value, passes a filter.
type matcher func(object) bool

// scope says what the paths of a filter lead to.
type scope struct {
	rt *resourceType
	// of is the attribute whose values are filtered; nil: resources are.
	of *attribute
	// lenient lets paths lead nowhere: it is of a search among resources of several types,
	// where an attribute that a type does not have is one without a value (RFC 7644 section
	// 3.4.2.1).
	lenient bool
}

// compile makes a matcher of a filter. Names that lead nowhere and comparisons that make no
// sense are an [*Error] of the type invalidFilter.
func (s scope) compile(e expression) (matcher, error) {
	switch e := e.(type) {
	case *conjunction:
		left, right, err := s.pair(e.left, e.right)
		return func(o object) bool { return left(o) && right(o) }, err
	case *disjunction:
		left, right, err := s.pair(e.left, e.right)
		return func(o object) bool { return left(o) || right(o) }, err
	case *negation:
		of, err := s.compile(e.of)
		return func(o object) bool { return !of(o) }, err
	case *selection:
		return s.compileSelection(e)
	case *comparison:
		return s.compileComparison(e)
	}
	return nil, refuse(typeInvalidFilter, "There is no filter.")
}

func (s scope) pair(left, right expression) (matchLeft, matchRight matcher, err error) {
	if matchLeft, err = s.compile(left); err != nil {
		return nil, nil, err
	}
	matchRight, err = s.compile(right)
	return matchLeft, matchRight, err
}

func (s scope) compileSelection(e *selection) (matcher, error) {
	if s.of != nil {
		return nil, refuse(typeInvalidFilter, "A filter in brackets has no other one within it.")
	}
	f, is := s.rt.find(e.path)
	switch {
	case !is && s.lenient, f.unheld:
		return never, nil
	case !is:
		return nil, s.unknown(e.path)
	case f.sub != nil || f.attribute == nil || f.attribute.kind != kindComplex:
		return nil, refuse(typeInvalidFilter, "%s has no parts to filter.", cut(e.path))
	}
	inner := scope{rt: s.rt, of: f.attribute}
	match, err := inner.compile(e.filter)
	if err != nil {
		return nil, err
	}
	then := matcher(func(object) bool { return true })
	if e.then != nil {
		if then, err = inner.compile(e.then); err != nil {
			return nil, err
		}
	}
	return func(o object) bool {
		for _, value := range complexValues(holder(o, f.urn), f.attribute) {
			if match(value) && then(value) {
				return true
			}
		}
		return false
	}, nil
}

func never(object) bool { return false }

func (s scope) unknown(path string) error {
	if s.of != nil {
		return refuse(typeInvalidFilter, "The attribute %s has no sub-attribute %q.", s.of.name, cut(path))
	}
	return refuse(typeInvalidFilter, "The resource type %s has no attribute %q.", s.rt.name, cut(path))
}

// compileComparison finds the attribute, and what of a resource is compared.
func (s scope) compileComparison(e *comparison) (matcher, error) {
	if s.of != nil {
		sub := s.of.sub(e.path)
		if sub == nil {
			return nil, s.unknown(e.path)
		}
		test, err := compare(sub, e)
		return func(o object) bool { return test(some(o[sub.name])) }, err
	}
	f, is := s.rt.find(e.path)
	switch {
	case !is && s.lenient, f.unheld:
		return func(object) bool { return e.op == opNotEqual && e.value != nil || e.op == opEqual && e.value == nil }, nil
	case !is || f.attribute == nil:
		return nil, s.unknown(e.path)
	case f.attribute.may == writeOnly:
		return nil, refuse(typeInvalidFilter, "Nobody may filter by the attribute %s.", f.attribute.name)
	}
	if f.attribute.kind == kindComplex && f.sub == nil && e.op != opPresent && e.value != nil {
		// What a complex attribute is worth is its value (RFC 7643 section 2.4).
		if f.sub = f.attribute.sub("value"); f.sub == nil {
			return nil, refuse(typeInvalidFilter, "The attribute %s can be compared by its parts alone.", f.attribute.name)
		}
	}
	compared := f.attribute
	if f.sub != nil {
		compared = f.sub
	}
	test, err := compare(compared, e)
	return func(o object) bool { return test(valuesOf(o, f)) }, err
}

// valuesOf gives the values of an attribute, or of a sub-attribute of all its values.
func valuesOf(resource object, f found) []any {
	from := holder(resource, f.urn)
	if f.sub == nil {
		return some(from[f.attribute.name])
	}
	var values []any
	for _, complex := range complexValues(from, f.attribute) {
		values = append(values, some(complex[f.sub.name])...)
	}
	return values
}

// some gives the values of an attribute as a list.
func some(value any) []any {
	switch value := value.(type) {
	case nil:
		return nil
	case []any:
		return value
	}
	return []any{value}
}

func complexValues(o object, a *attribute) []object {
	if a.many {
		return list(o, a.name)
	}
	if complex, is := o[a.name].(object); is {
		return []object{complex}
	}
	return nil
}

// compare makes a test of the values that an attribute has: whether one of them compares so.
func compare(a *attribute, e *comparison) (func([]any) bool, error) {
	test, err := compareOne(a, e)
	if err != nil {
		return nil, err
	}
	anyOf := func(values []any) bool {
		for _, value := range values {
			if test(value) {
				return true
			}
		}
		return false
	}
	switch {
	case e.op == opPresent, e.op == opNotEqual && e.value == nil:
		return func(values []any) bool { return len(values) > 0 }, nil
	case e.op == opEqual && e.value == nil:
		return func(values []any) bool { return len(values) == 0 }, nil
	case e.op == opNotEqual: // what has no value is not equal either
		return func(values []any) bool { return !anyOf(values) }, nil
	}
	return anyOf, nil
}

// compareOne tests one value; for [opNotEqual] whether it is equal.
func compareOne(a *attribute, e *comparison) (func(any) bool, error) {
	wrong := refuse(typeInvalidFilter, "The attribute %s is of the type %s, which does not compare by %s with that value.", a.name, a.isKind(), e.op)
	equality := e.op == opEqual || e.op == opNotEqual
	if e.op == opPresent || e.value == nil {
		if !equality && e.op != opPresent {
			return nil, wrong
		}
		return nil, nil
	}
	if a.kind == kindBoolean {
		want, err := readOne(a, e.value)
		if err != nil || !equality {
			return nil, wrong
		}
		return func(have any) bool { return have == want }, nil
	}
	want, is := e.value.(string)
	switch {
	case !is:
		return nil, wrong
	case a.kind == kindDateTime:
		return compareTime(want, e.op, wrong)
	case a.exact:
		return func(have any) bool { return compareText(asText(have), e.op, want) }, nil
	}
	want = fold(want)
	return func(have any) bool { return compareText(fold(asText(have)), e.op, want) }, nil
}

func asText(value any) string {
	text, _ := value.(string)
	return text
}

// fold gives the form in which texts compare whose capitals do not matter.
func fold(text string) string { return strings.ToLower(text) }

func compareText(have string, op operator, want string) bool {
	switch op {
	case opEqual, opNotEqual:
		return have == want
	case opContains:
		return strings.Contains(have, want)
	case opStartsWith:
		return strings.HasPrefix(have, want)
	case opEndsWith:
		return strings.HasSuffix(have, want)
	}
	return ordered(strings.Compare(have, want), op)
}

func ordered(sign int, op operator) bool {
	switch op {
	case opEqual, opNotEqual:
		return sign == 0
	case opGreater:
		return sign > 0
	case opGreaterOrEqual:
		return sign >= 0
	case opLess:
		return sign < 0
	case opLessOrEqual:
		return sign <= 0
	}
	return false
}

func compareTime(text string, op operator, wrong *Error) (func(any) bool, error) {
	want, err := time.Parse(time.RFC3339, text)
	if err != nil || op == opContains || op == opStartsWith || op == opEndsWith {
		return nil, wrong
	}
	return func(value any) bool {
		have, err := time.Parse(time.RFC3339, asText(value))
		return err == nil && ordered(have.Compare(want), op)
	}, nil
}

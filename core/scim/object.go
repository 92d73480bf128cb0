package scim

import (
	"reflect"
	"strings"
)

// object is a JSON object: a resource, or a complex value. Its values are strings, booleans,
// objects, and lists ([]any) of these. Names are spelled as in the schema; an extension is a
// member named after its URN. What is unassigned is left out.
type object = map[string]any

// holder gives the object that the attributes of the URN are in: the resource itself, or its
// extension; nil if it has none.
func holder(resource object, urn string) object {
	if urn == "" {
		return resource
	}
	extension, _ := resource[urn].(object)
	return extension
}

// makeHolder is [holder], and makes the extension if it is missing.
func makeHolder(resource object, urn string) object {
	if found := holder(resource, urn); found != nil {
		return found
	}
	made := object{}
	resource[urn] = made
	return made
}

// dropEmpty takes away what holds nothing: that is the same as unassigned (RFC 7643 section
// 2.5).
func dropEmpty(o object) {
	for name, value := range o {
		switch value := value.(type) {
		case object:
			if dropEmpty(value); len(value) == 0 {
				delete(o, name)
			}
		case []any:
			if len(value) == 0 {
				delete(o, name)
			}
		case nil:
			delete(o, name)
		}
	}
}

func text(o object, name string) string {
	value, _ := o[name].(string)
	return value
}

// put sets a text, or nothing where it is empty.
func put(o object, name, value string) {
	if value != "" {
		o[name] = value
	}
}

// list gives the complex values of a multi-valued attribute.
func list(o object, name string) []object {
	values, _ := o[name].([]any)
	var found []object
	for _, value := range values {
		if complex, is := value.(object); is {
			found = append(found, complex)
		}
	}
	return found
}

func equal(a, b any) bool { return reflect.DeepEqual(a, b) }

// read makes an attribute's value of what a client sent: names as the schema spells them,
// what is unknown or read-only left out. Two things are taken that the standard does not
// have, because large services send them: "True" for true, and the value of a complex
// attribute where the attribute is to be. Nil stands for unassigned. The error is an [*Error].
func read(a *attribute, raw any) (any, error) {
	if raw == nil {
		return nil, nil
	}
	elements, is := raw.([]any)
	if !a.many {
		return readOne(a, single(a, elements, raw))
	}
	if !is {
		elements = []any{raw}
	}
	values := []any{}
	for _, element := range elements {
		value, err := readOne(a, element)
		if err != nil {
			return nil, err
		}
		if value != nil {
			values = append(values, value)
		}
	}
	return values, nil
}

// single gives the value of an attribute that has one at most: a large service sends it as
// the only element of a list, and a text as {"value": text} in it.
func single(a *attribute, elements []any, raw any) any {
	if len(elements) != 1 {
		return raw
	}
	if members, is := elements[0].(object); is && a.kind != kindComplex && len(members) == 1 {
		return memberFold(members, "value")
	}
	return elements[0]
}

func readOne(a *attribute, raw any) (any, error) {
	switch value := raw.(type) {
	case nil:
		return nil, nil
	case string:
		switch {
		case a.kind == kindBoolean && strings.EqualFold(value, "true"):
			return true, nil
		case a.kind == kindBoolean && strings.EqualFold(value, "false"):
			return false, nil
		case a.kind == kindComplex && a.sub("value") != nil:
			return object{"value": value}, nil
		case a.kind != kindBoolean && a.kind != kindComplex:
			return value, nil
		}
	case bool:
		if a.kind == kindBoolean {
			return value, nil
		}
	case object:
		if a.kind == kindComplex {
			return readComplex(a, value)
		}
	}
	return nil, refuse(typeInvalidValue, "The attribute %s is of the type %s.", a.name, a.isKind())
}

func readComplex(a *attribute, raw object) (any, error) {
	value := object{}
	for name, part := range raw {
		sub := a.sub(name)
		if sub == nil || sub.may == readOnly {
			continue
		}
		got, err := read(sub, part)
		if err != nil {
			return nil, err
		}
		if got != nil {
			value[sub.name] = got
		}
	}
	if len(value) == 0 {
		return nil, nil
	}
	return value, nil
}

// readResource makes a resource of what a client sent, as [read] does. What is unknown is
// left out.
func (rt *resourceType) readResource(raw object) (object, error) {
	if err := rt.checkSchemas(raw); err != nil {
		return nil, err
	}
	resource := object{}
	if err := readInto(resource, rt.all(), raw); err != nil {
		return nil, err
	}
	if rt.extension != nil {
		for name, part := range raw {
			members, is := part.(object)
			if !is || !strings.EqualFold(name, rt.extension.urn) {
				continue
			}
			if err := readInto(makeHolder(resource, rt.extension.urn), rt.extension.attributes, members); err != nil {
				return nil, err
			}
		}
	}
	dropEmpty(resource)
	return resource, nil
}

func readInto(o object, attributes []attribute, raw object) error {
	for name, part := range raw {
		a := named(attributes, name)
		if a == nil || a.may == readOnly {
			continue
		}
		value, err := read(a, part)
		if err != nil {
			return err
		}
		o[a.name] = value
	}
	return nil
}

// checkSchemas refuses a resource that does not say what it is, or says to be another one
// (RFC 7643 section 3: schemas is required). Those that are unknown besides are passed over.
func (rt *resourceType) checkSchemas(raw object) error { return checkMessage(raw, rt.schema.urn) }
